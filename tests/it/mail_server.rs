//! A server of e-mail in the test's own process: it takes messages, plain, with STARTTLS or all encrypted, and records what was said.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// How connections are encrypted.
#[derive(Clone)]
pub(crate) enum Encryption {
    /// Not at all.
    None,
    /// Once the client asks for it.
    StartTls(Arc<ServerConfig>),
    /// From the beginning.
    Always(Arc<ServerConfig>),
}

/// What a client said: commands, logins decoded, and messages as they arrived.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conversation {
    pub(crate) commands: Vec<String>,
    pub(crate) messages: Vec<String>,
    /// The commands that came encrypted.
    pub(crate) encrypted: Vec<String>,
}

/// A running server.
pub(crate) struct MailServer {
    /// `127.0.0.1:PORT`
    pub(crate) host: String,
    said: Arc<Mutex<Conversation>>,
}

impl MailServer {
    /// Gives each message this answer, such as `250 ok`.
    pub(crate) fn start(encryption: Encryption, answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let host = listener.local_addr().expect("an address").to_string();
        let said: Arc<Mutex<Conversation>> = Arc::default();
        let record = Arc::clone(&said);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (record, encryption) = (Arc::clone(&record), encryption.clone());
                std::thread::spawn(move || serve(stream, &encryption, &record, answer));
            }
        });
        Self { host, said }
    }

    pub(crate) fn said(&self) -> Conversation {
        self.said.lock().expect("not poisoned").clone()
    }
}

fn serve(stream: TcpStream, encryption: &Encryption, record: &Mutex<Conversation>, answer: &str) {
    let encrypted = |stream: TcpStream, tls: &Arc<ServerConfig>| {
        let connection = ServerConnection::new(Arc::clone(tls)).expect("settings that fit together");
        StreamOwned::new(connection, stream)
    };
    match encryption {
        Encryption::None => drop(talk(stream, (false, false, true), record, answer)),
        Encryption::Always(tls) => drop(talk(encrypted(stream, tls), (false, true, true), record, answer)),
        Encryption::StartTls(tls) => {
            if let Some(stream) = talk(stream, (true, false, true), record, answer) {
                drop(talk(encrypted(stream, tls), (false, true, false), record, answer));
            }
        }
    }
}

/// Talks until the client leaves, or wants encryption: then the stream is given back.
fn talk<S: Read + Write>(
    stream: S,
    (offers_tls, is_encrypted, greets): (bool, bool, bool),
    record: &Mutex<Conversation>,
    answer: &str,
) -> Option<S> {
    let mut reader = BufReader::new(stream);
    if greets {
        reader.get_mut().write_all(b"220 mail ESMTP\r\n").ok()?;
    }
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let command = line.trim_end().to_owned();
        {
            let mut said = record.lock().expect("not poisoned");
            said.commands.push(command.clone());
            if is_encrypted {
                said.encrypted.push(command.clone());
            }
        }
        let word = command.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        let reply = match word.as_str() {
            "EHLO" if offers_tls => "250-mail\r\n250 STARTTLS".to_owned(),
            "EHLO" => "250-mail\r\n250 AUTH PLAIN LOGIN".to_owned(),
            "STARTTLS" if offers_tls => {
                reader.get_mut().write_all(b"220 go ahead\r\n").ok()?;
                return Some(reader.into_inner());
            }
            "AUTH" => "235 welcome".to_owned(),
            "MAIL" | "RCPT" => "250 ok".to_owned(),
            "QUIT" => "221 bye".to_owned(),
            "DATA" => {
                reader.get_mut().write_all(b"354 go on\r\n").ok()?;
                let mut message = String::new();
                while !message.ends_with("\r\n.\r\n") {
                    if reader.read_line(&mut message).ok()? == 0 {
                        return None;
                    }
                }
                record.lock().expect("not poisoned").messages.push(message);
                answer.to_owned()
            }
            _ => "500 what".to_owned(),
        };
        reader.get_mut().write_all(format!("{reply}\r\n").as_bytes()).ok()?;
    }
}
