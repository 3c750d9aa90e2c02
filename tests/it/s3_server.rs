//! An S3 server in the test's own process: objects in memory, conditional writes as S3 does them, and faults on request.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;

use super::faults::Fault;
use super::remote_server::{Answer, Request, Server};
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
    server: Server,
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
    /// Every request gets the same answer: status, `Retry-After`, code and message.
    AlwaysAnswers {
        status: u16,
        retry_after: Option<&'static str>,
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
        Self::start_with(behaviour, None)
    }

    /// The same behind TLS.
    pub(crate) fn start_with(behaviour: Behaviour, tls: Option<Arc<ServerConfig>>) -> Self {
        let objects: Objects = Arc::default();
        let served = Arc::clone(&objects);
        let count = AtomicUsize::new(0);
        let server = Server::start_with(tls, move |request, _| {
            let number = count.fetch_add(1, Ordering::Relaxed);
            respond(request, &served, number, behaviour)
        });
        Self {
            endpoint: server.url.clone(),
            objects,
            server,
        }
    }

    /// How many requests arrived.
    pub(crate) fn requests(&self) -> usize {
        self.server.requests().len()
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

fn respond(request: &Request, objects: &Objects, number: usize, behaviour: Behaviour) -> Answer {
    let answer = match behaviour {
        Behaviour::AlwaysAnswers {
            status,
            retry_after,
            code,
        } => {
            let answer = error(status, code);
            match retry_after {
                Some(pause) => answer.with("Retry-After", pause),
                None => answer,
            }
        }
        Behaviour::IsFaulty => match Fault::of(number, request.method == "PUT") {
            Some(fault) if fault.is_carried_out() => faulty(fault, answer(request, objects, number, behaviour)),
            Some(fault) => faulty(fault, Answer::default()),
            None => answer(request, objects, number, behaviour),
        },
        _ => answer(request, objects, number, behaviour),
    };
    let answer = match behaviour {
        // The work is done, but the client does not learn of it.
        Behaviour::LosesAnswers { every } if number % every == every - 1 => error(503, "SlowDown"),
        Behaviour::CutsFirstContent
            if answer.status == 200
                && !answer.body.is_empty()
                && mark(&mut objects.lock().expect("not poisoned"), CUT) =>
        {
            answer.cut_in_half()
        }
        _ => answer,
    };
    answer.with("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
}

/// An answer that is at fault.
fn faulty(fault: Fault, answer: Answer) -> Answer {
    match fault.status() {
        Some(409) => error(409, "ConditionalRequestConflict"),
        Some(412) => error(412, "PreconditionFailed"),
        Some(429) => error(429, "TooManyRequests").with("Retry-After", "1"),
        Some(500) => error(500, "InternalError"),
        Some(_) => error(503, "SlowDown"),
        None => fault.interrupted(answer),
    }
}

/// Whether something happens for the first time.
fn mark(objects: &mut HashMap<String, (Vec<u8>, String)>, name: &str) -> bool {
    objects.insert(name.to_owned(), (Vec::new(), String::new())).is_none()
}

fn error(status: u16, code: &str) -> Answer {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>About {code}.</Message></Error>");
    Answer::new(status, body)
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
        let (_, query) = request.target.split_once('?').unwrap_or_default();
        let found = query
            .split('&')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        decoded(found.unwrap_or_default())
    };
    let (prefix, after) = (parameter("prefix"), parameter("continuation-token"));
    assert_eq!(parameter("encoding-type"), "url", "names may have any character");
    let bucket = format!("{}/", decoded(request.path()).trim_end_matches('/'));
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

fn answer(request: &Request, objects: &Objects, number: usize, behaviour: Behaviour) -> Answer {
    let path = decoded(request.path());
    let mut objects = objects.lock().expect("not poisoned");
    let must_match = request.headers.get("if-match");
    let is_removing = matches!(behaviour, Behaviour::RemovesBeforeFirstUpdate);
    if is_removing && must_match.is_some() && mark(&mut objects, REMOVED) {
        objects.remove(&path);
        return error(404, "NoSuchKey");
    }
    let found = objects.get(&path).cloned();
    match request.method.as_str() {
        "GET" if request.target.contains("list-type=2") => Answer::new(200, listing(request, &objects)),
        "DELETE" => {
            objects.remove(&path);
            Answer::new(204, "")
        }
        "GET" | "HEAD" => match found {
            Some((bytes, etag)) => Answer::new(200, bytes).with("ETag", &etag),
            None => error(404, "NoSuchKey"),
        },
        "PUT" if matches!(behaviour, Behaviour::RefusesWrites) => error(403, "AccessDenied"),
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
                return error(412, "PreconditionFailed");
            }
            let etag = format!("\"{number}\"");
            objects.insert(path.clone(), (request.body.clone(), etag.clone()));
            for header in RECORDED {
                if let Some(value) = request.headers.get(header) {
                    let name = format!("{header} of {path}");
                    objects.insert(name, (value.clone().into_bytes(), String::new()));
                }
            }
            Answer::new(200, "").with("ETag", &etag)
        }
        _ => Answer::new(405, ""),
    }
}
