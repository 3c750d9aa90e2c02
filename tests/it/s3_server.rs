//! An S3 server in the test's own process: objects in memory, conditional writes as S3 does them, and faults on request.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Objects by path: content and entity tag.
type Objects = Arc<Mutex<HashMap<String, (Vec<u8>, String)>>>;

/// A running server.
pub(crate) struct S3Server {
    pub(crate) endpoint: String,
    objects: Objects,
}

/// Which requests go wrong: every `every`-th write is carried out but answered with 503, every `every`-th read fails.
#[derive(Clone, Copy)]
pub(crate) struct Faults {
    pub(crate) every: usize,
}

impl S3Server {
    pub(crate) fn start(faults: Option<Faults>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let objects: Objects = Arc::default();
        let served = Arc::clone(&objects);
        let count = Arc::new(AtomicUsize::new(0));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (objects, count) = (Arc::clone(&served), Arc::clone(&count));
                std::thread::spawn(move || serve(&stream, &objects, &count, faults));
            }
        });
        Self { endpoint, objects }
    }

    /// The content of an object, by `bucket/key`.
    pub(crate) fn object(&self, path: &str) -> Option<Vec<u8>> {
        let objects = self.objects.lock().expect("not poisoned");
        objects.get(&format!("/{path}")).map(|(bytes, _)| bytes.clone())
    }
}

struct Request {
    method: String,
    path: String,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

fn read_request(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.split('?').next()?.to_owned());
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request {
        method,
        path,
        headers,
        body,
    })
}

fn serve(stream: &TcpStream, objects: &Objects, count: &AtomicUsize, faults: Option<Faults>) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let is_faulty = faults.is_some_and(|faults| number % faults.every == faults.every - 1);
        let (mut status, etag, body) = answer(&request, objects, number);
        if is_faulty {
            // The work is done, but the client does not learn of it.
            status = "503 Slow Down";
        }
        let etag = etag.map_or_else(String::new, |etag| format!("ETag: {etag}\r\n"));
        let head = format!(
            "HTTP/1.1 {status}\r\n{etag}Content-Length: {}\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n\r\n",
            body.len()
        );
        let mut out = stream;
        let body: &[u8] = if request.method == "HEAD" { &[] } else { &body };
        if out
            .write_all(head.as_bytes())
            .and_then(|()| out.write_all(body))
            .is_err()
        {
            return;
        }
    }
}

fn answer(request: &Request, objects: &Objects, number: usize) -> (&'static str, Option<String>, Vec<u8>) {
    let mut objects = objects.lock().expect("not poisoned");
    let found = objects.get(&request.path).cloned();
    match request.method.as_str() {
        "GET" | "HEAD" => match found {
            Some((bytes, etag)) => ("200 OK", Some(etag), bytes),
            None => ("404 Not Found", None, b"<Error><Code>NoSuchKey</Code></Error>".to_vec()),
        },
        "PUT" => {
            let must_be_absent = request.headers.get("if-none-match").is_some_and(|value| value == "*");
            let must_match = request.headers.get("if-match");
            let is_current = must_match.is_none_or(|wanted| found.as_ref().is_some_and(|(_, etag)| etag == wanted));
            if (must_be_absent && found.is_some()) || !is_current {
                return (
                    "412 Precondition Failed",
                    None,
                    b"<Error><Code>PreconditionFailed</Code></Error>".to_vec(),
                );
            }
            let etag = format!("\"{number}\"");
            objects.insert(request.path.clone(), (request.body.clone(), etag.clone()));
            ("200 OK", Some(etag), Vec::new())
        }
        _ => ("405 Method Not Allowed", None, Vec::new()),
    }
}
