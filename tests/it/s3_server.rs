//! An S3 server in the test's own process: objects in memory, conditional writes as S3 does them, and faults on request.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::faults::Fault;
use super::remote_settings::is_archive;

/// Objects by path: content and entity tag.
type Objects = Arc<Mutex<HashMap<String, (Vec<u8>, String)>>>;

/// The names under which the server remembers that it has removed an object, or truncated an answer.
const REMOVED: &str = "removed";
const CUT: &str = "cut";

/// Headers of a write that are recorded.
const RECORDED: [&str; 6] = [
    "content-type",
    "cache-control",
    "x-amz-acl",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "authorization",
];

/// A running server.
pub(crate) struct S3Server {
    pub(crate) endpoint: String,
    objects: Objects,
    count: Arc<AtomicUsize>,
}

/// How the server treats requests.
#[derive(Clone, Copy)]
pub(crate) enum Behaviour {
    /// As S3 does.
    Honest,
    /// Every n-th request is carried out, but answered with 503.
    LosesAnswers { every: usize },
    /// A fifth of the answers is at fault.
    IsFaulty,
    /// Every request gets the same answer: status line, headers (each with its line end), code and message.
    AlwaysAnswers {
        status: &'static str,
        headers: &'static str,
        code: &'static str,
    },
    /// Ignores the conditions of writes: of new objects, of updates, or both.
    Ignores { if_none_match: bool, if_match: bool },
    /// Answers every write with 403.
    RefusesWrites,
    /// The first answer with content ends in the middle.
    CutsFirstContent,
    /// The first update of an object finds it removed, which S3 answers with 404.
    RemovesBeforeFirstUpdate,
}

impl S3Server {
    pub(crate) fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let objects: Objects = Arc::default();
        let served = Arc::clone(&objects);
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (objects, count) = (Arc::clone(&served), Arc::clone(&counted));
                std::thread::spawn(move || serve(&stream, &objects, &count, behaviour));
            }
        });
        Self {
            endpoint,
            objects,
            count,
        }
    }

    /// How many requests arrived.
    pub(crate) fn requests(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Sets an object, by `bucket/key`.
    pub(crate) fn insert(&self, path: &str, bytes: &[u8]) {
        let mut objects = self.objects.lock().expect("not poisoned");
        objects.insert(format!("/{path}"), (bytes.to_vec(), "\"inserted\"".to_owned()));
    }

    /// A header with which an object was written, by `bucket/key`.
    pub(crate) fn header(&self, path: &str, name: &str) -> Option<String> {
        let objects = self.objects.lock().expect("not poisoned");
        let (value, _) = objects.get(&format!("{name} of /{path}"))?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    /// The archives below a prefix, by their names.
    pub(crate) fn archives(&self, prefix: &str) -> BTreeMap<String, Vec<u8>> {
        let objects = self.objects.lock().expect("not poisoned");
        let prefix = format!("/{prefix}");
        let below = objects
            .iter()
            .filter_map(|(path, (bytes, _))| Some((path.strip_prefix(&prefix)?, bytes)));
        let archives = below.filter(|(name, _)| is_archive(name));
        archives.map(|(name, bytes)| (name.to_owned(), bytes.clone())).collect()
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
    query: String,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

fn read_request(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let (path, query) = (decoded(path), query.to_owned());
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
        query,
        headers,
        body,
    })
}

fn serve(stream: &TcpStream, objects: &Objects, count: &AtomicUsize, behaviour: Behaviour) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let fault = match behaviour {
            Behaviour::IsFaulty => Fault::of(number, request.method == "PUT"),
            _ => None,
        };
        let mut more_headers = "";
        let (mut status, etag, mut body) = match behaviour {
            Behaviour::AlwaysAnswers { status, headers, code } => {
                more_headers = headers;
                (status, None, error_body(code))
            }
            _ => match fault.filter(|fault| !fault.is_carried_out()) {
                Some(_) => ("", None, Vec::new()),
                None => answer(&request, objects, number, behaviour),
            },
        };
        if let Some((line, code)) = fault.and_then(Fault::status).map(faulty) {
            (status, body) = (line, error_body(code));
            if line.starts_with("429") {
                more_headers = "Retry-After: 1\r\n";
            }
        }
        if let Behaviour::LosesAnswers { every } = behaviour
            && number % every == every - 1
        {
            // The work is done, but the client does not learn of it.
            (status, body) = ("503 Slow Down", error_body("SlowDown"));
        }
        let etag = etag.map_or_else(String::new, |etag| format!("ETag: {etag}\r\n"));
        let head = format!(
            "HTTP/1.1 {status}\r\n{etag}{more_headers}Content-Length: {}\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n\r\n",
            body.len()
        );
        let mut out = stream;
        if fault == Some(Fault::LosesAnswer) || (fault == Some(Fault::Truncates) && body.is_empty()) {
            let _closed = stream.shutdown(std::net::Shutdown::Both);
            return;
        }
        if fault == Some(Fault::Truncates) {
            let half = body.get(..body.len() / 2).unwrap_or_default();
            // The client sees the connection end, whatever it has received.
            let _sent = out.write_all(head.as_bytes()).and_then(|()| out.write_all(half));
            let _closed = stream.shutdown(std::net::Shutdown::Both);
            return;
        }
        let is_cut = matches!(behaviour, Behaviour::CutsFirstContent) && status == "200 OK" && !body.is_empty();
        if is_cut && mark(&mut objects.lock().expect("not poisoned"), CUT) {
            let half = body.get(..body.len() / 2).unwrap_or_default();
            // The client sees the connection end, whatever it has received.
            let _sent = out.write_all(head.as_bytes()).and_then(|()| out.write_all(half));
            let _closed = stream.shutdown(std::net::Shutdown::Both);
            return;
        }
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

/// Status line and code of an answer that is at fault.
fn faulty(status: u16) -> (&'static str, &'static str) {
    match status {
        409 => ("409 Conflict", "ConditionalRequestConflict"),
        412 => ("412 Precondition Failed", "PreconditionFailed"),
        429 => ("429 Too Many Requests", "TooManyRequests"),
        500 => ("500 Internal Server Error", "InternalError"),
        _ => ("503 Slow Down", "SlowDown"),
    }
}

/// Whether something happens for the first time.
fn mark(objects: &mut HashMap<String, (Vec<u8>, String)>, name: &str) -> bool {
    objects.insert(name.to_owned(), (Vec::new(), String::new())).is_none()
}

fn error_body(code: &str) -> Vec<u8> {
    format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>About {code}.</Message></Error>").into_bytes()
}

/// A parameter of a request without its percent-encoding.
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal digits"));
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// A key as S3 writes it with `encoding-type=url`.
fn encoded(key: &str) -> String {
    key.bytes().fold(String::new(), |text, byte| match byte {
        b' ' => text + "+",
        b'/' | b'-' | b'.' | b'_' | b'*' => text + &char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => text + &char::from(byte).to_string(),
        byte => text + &format!("%{byte:02X}"),
    })
}

/// The objects of a bucket below a prefix, at most two on a page, as S3 lists them.
fn listing(request: &Request, objects: &HashMap<String, (Vec<u8>, String)>) -> Vec<u8> {
    let parameter = |name: &str| {
        let found = request
            .query
            .split('&')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        decoded(found.unwrap_or_default())
    };
    let (prefix, after) = (parameter("prefix"), parameter("continuation-token"));
    assert_eq!(parameter("encoding-type"), "url", "names may have any character");
    let bucket = format!("{}/", request.path.trim_end_matches('/'));
    let keys = objects.keys().filter_map(|path| path.strip_prefix(&bucket));
    let mut keys: Vec<&str> = keys
        .filter(|key| key.starts_with(&prefix) && *key > after.as_str())
        .collect();
    keys.sort_unstable();
    let page: Vec<&str> = keys.iter().take(2).copied().collect();
    let mut body = String::from("<?xml version=\"1.0\"?><ListBucketResult><EncodingType>url</EncodingType>");
    for key in &page {
        let size = objects
            .get(&format!("{bucket}{key}"))
            .map_or(0, |(bytes, _)| bytes.len());
        let key = encoded(key);
        body.push_str(&format!(
            "<Contents><Key>{key}</Key><Size>{size}</Size><LastModified>2024-01-01T00:00:00.000Z</LastModified><ETag>\"x\"</ETag></Contents>"
        ));
    }
    match page.last() {
        Some(last) if keys.len() > page.len() => {
            let last = last.replace('&', "&amp;").replace('<', "&lt;");
            body.push_str(&format!(
                "<IsTruncated>true</IsTruncated><NextContinuationToken>{last}</NextContinuationToken>"
            ));
        }
        _ => body.push_str("<IsTruncated>false</IsTruncated>"),
    }
    (body + "</ListBucketResult>").into_bytes()
}

fn answer(
    request: &Request,
    objects: &Objects,
    number: usize,
    behaviour: Behaviour,
) -> (&'static str, Option<String>, Vec<u8>) {
    let mut objects = objects.lock().expect("not poisoned");
    let must_match = request.headers.get("if-match");
    let is_removing = matches!(behaviour, Behaviour::RemovesBeforeFirstUpdate);
    if is_removing && must_match.is_some() && mark(&mut objects, REMOVED) {
        objects.remove(&request.path);
        return ("404 Not Found", None, error_body("NoSuchKey"));
    }
    let found = objects.get(&request.path).cloned();
    match request.method.as_str() {
        "GET" if request.query.contains("list-type=2") => ("200 OK", None, listing(request, &objects)),
        "DELETE" => {
            objects.remove(&request.path);
            ("204 No Content", None, Vec::new())
        }
        "GET" | "HEAD" => match found {
            Some((bytes, etag)) => ("200 OK", Some(etag), bytes),
            None => ("404 Not Found", None, error_body("NoSuchKey")),
        },
        "PUT" if matches!(behaviour, Behaviour::RefusesWrites) => ("403 Forbidden", None, error_body("AccessDenied")),
        "PUT" => {
            let (ignores_absence, ignores_match) = match behaviour {
                Behaviour::Ignores {
                    if_none_match,
                    if_match,
                } => (if_none_match, if_match),
                _ => (false, false),
            };
            let asks_absence = request.headers.get("if-none-match").is_some_and(|value| value == "*");
            let must_be_absent = asks_absence && !ignores_absence;
            let must_match = must_match.filter(|_| !ignores_match);
            let is_current = must_match.is_none_or(|wanted| found.as_ref().is_some_and(|(_, etag)| etag == wanted));
            if (must_be_absent && found.is_some()) || !is_current {
                return ("412 Precondition Failed", None, error_body("PreconditionFailed"));
            }
            let etag = format!("\"{number}\"");
            objects.insert(request.path.clone(), (request.body.clone(), etag.clone()));
            for header in RECORDED {
                if let Some(value) = request.headers.get(header) {
                    let name = format!("{header} of {}", request.path);
                    objects.insert(name, (value.clone().into_bytes(), String::new()));
                }
            }
            ("200 OK", Some(etag), Vec::new())
        }
        _ => ("405 Method Not Allowed", None, Vec::new()),
    }
}
