//! An HTTP server in the test's own process: a function from requests to answers, and a record of what was asked.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use rustls::{ServerConfig, ServerConnection};

/// A request as it arrived.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// By name in lower case.
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

/// An answer to send.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// How many bytes of the body are sent before the connection ends; all of them otherwise.
    pub(crate) cut: Option<usize>,
    /// Nothing is sent at all: the connection ends.
    pub(crate) is_lost: bool,
}

impl Answer {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            body: body.into(),
            ..Self::default()
        }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The connection ends in the middle of the body.
    pub(crate) fn cut_in_half(self) -> Self {
        let half = self.body.len() / 2;
        self.cut_after(half)
    }

    pub(crate) fn cut_after(mut self, bytes: usize) -> Self {
        self.cut = Some(bytes);
        self
    }
}

/// A running server.
pub(crate) struct Server {
    /// `http://127.0.0.1:PORT`, with `https` behind TLS.
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers each request with a function of it and of the number of requests for the same method and path before.
    pub(crate) fn start(answer: impl Fn(&Request, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_with(None, answer)
    }

    /// The same, behind TLS where its settings are given.
    pub(crate) fn start_with(
        tls: Option<Arc<ServerConfig>>,
        answer: impl Fn(&Request, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}", listener.local_addr().expect("an address"));
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let (record, answer) = (Arc::clone(&requests), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (record, answer, tls) = (Arc::clone(&record), Arc::clone(&answer), tls.clone());
                std::thread::spawn(move || match tls {
                    None => serve(&stream, &stream, &record, &*answer),
                    Some(tls) => {
                        let connection = ServerConnection::new(tls).expect("settings that fit together");
                        let mut encrypted = rustls::StreamOwned::new(connection, &stream);
                        if encrypted.conn.complete_io(&mut encrypted.sock).is_err() {
                            return refuse(&mut encrypted);
                        }
                        serve(&stream, encrypted, &record, &*answer);
                    }
                });
            }
        });
        Self { url, requests }
    }

    /// The same for a server with content that requests change, one at a time; and the content.
    pub(crate) fn start_with_content<C: Default + Send + 'static>(
        tls: Option<Arc<ServerConfig>>,
        answer: impl Fn(&mut C, &Request, usize) -> Answer + Send + Sync + 'static,
    ) -> (Self, Arc<Mutex<C>>) {
        let content: Arc<Mutex<C>> = Arc::default();
        let served = Arc::clone(&content);
        let server = Self::start_with(tls, move |request, before| {
            answer(&mut served.lock().expect("not poisoned"), request, before)
        });
        (server, content)
    }

    /// `127.0.0.1:PORT`
    pub(crate) fn host(&self) -> &str {
        self.url.split("://").nth(1).expect("an address")
    }

    /// What was asked, in order.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("not poisoned").clone()
    }

    /// `GET /path` of each request, in order.
    pub(crate) fn lines(&self) -> Vec<String> {
        let requests = self.requests();
        requests
            .iter()
            .map(|one| format!("{} {}", one.method, one.target))
            .collect()
    }

    /// The values of `Authorization` that arrived, in order; empty where there was none.
    pub(crate) fn authorizations(&self) -> Vec<String> {
        let requests = self.requests();
        requests
            .iter()
            .map(|one| one.header("authorization").unwrap_or_default().to_owned())
            .collect()
    }
}

fn read_request(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Request {
        method,
        target,
        headers,
        body,
    })
}

/// Sends the alert that says why there is no connection, and waits for the end of the client's, which would not see the alert otherwise.
fn refuse(encrypted: &mut rustls::StreamOwned<ServerConnection, &TcpStream>) {
    let _sent = encrypted.conn.write_tls(&mut encrypted.sock);
    let _closed = encrypted.sock.shutdown(Shutdown::Write);
    let _read = std::io::copy(&mut encrypted.sock, &mut std::io::sink());
}

/// Answers the requests that arrive in a text, which `socket` carries.
fn serve(
    socket: &TcpStream,
    text: impl Read + Write,
    record: &Mutex<Vec<Request>>,
    answer: &dyn Fn(&Request, usize) -> Answer,
) {
    let mut reader = BufReader::new(text);
    while let Some(request) = read_request(&mut reader) {
        let before = {
            let mut record = record.lock().expect("not poisoned");
            let same = record
                .iter()
                .filter(|one| one.method == request.method && one.path() == request.path());
            let before = same.count();
            record.push(request.clone());
            before
        };
        let answer = answer(&request, before);
        if answer.is_lost {
            let _closed = socket.shutdown(Shutdown::Both);
            return;
        }
        let mut head = format!("HTTP/1.1 {} Status\r\n", answer.status);
        for (name, value) in &answer.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !answer.headers.iter().any(|(name, _)| name == "Content-Length") {
            head.push_str(&format!("Content-Length: {}\r\n", answer.body.len()));
        }
        head.push_str("\r\n");
        let end = answer.cut.unwrap_or(answer.body.len());
        let body = if request.method == "HEAD" {
            &[]
        } else {
            &answer.body[..end]
        };
        // In one piece: a second one would wait for the first to be acknowledged.
        let sent = reader.get_mut().write_all(&[head.as_bytes(), body].concat());
        if answer.cut.is_some() {
            // The client sees the connection end.
            let _closed = socket.shutdown(Shutdown::Both);
        }
        if sent.is_err() || answer.cut.is_some() {
            return;
        }
    }
}
