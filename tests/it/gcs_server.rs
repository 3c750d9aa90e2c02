//! A server of Google Cloud Storage's JSON API in the test's own process: objects in memory, generations, listings of two objects a
//! page, and faults on request.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::ServerConfig;
use serde_json::{Value as Json, json};

use super::faults::Fault;
use super::remote_server::{Answer, Request, Server};
use super::remote_settings::is_archive;

/// An object as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) bytes: Vec<u8>,
    pub(crate) generation: u64,
    /// `name`, `contentType` and `cacheControl` as they were sent.
    pub(crate) metadata: Json,
}

/// Objects by `bucket/key`.
type Objects = Arc<Mutex<BTreeMap<String, Object>>>;

/// How the server treats requests.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Behaviour {
    /// As Google does.
    Honest,
    /// Every n-th request is carried out, but answered with 503.
    LosesAnswers { every: usize },
    /// A fifth of the answers is at fault.
    IsFaulty,
    /// Every request gets the same answer.
    AlwaysAnswers {
        status: u16,
        retry_after: Option<&'static str>,
        body: &'static str,
    },
    /// The first requests get an answer, the others what they ask for.
    FirstAnswers {
        times: usize,
        status: u16,
        retry_after: Option<&'static str>,
    },
    /// Ignores the conditions of writes: of new objects, of updates, or both.
    Ignores { absence: bool, generation: bool },
    /// The first answer with content ends in the middle.
    CutsFirstContent,
    /// The first update of an object finds it removed; the answer is 404 rather than Google's 412.
    RemovesBeforeFirstUpdate,
    /// Every answer takes its time.
    IsSlow,
    /// Requests without this value of `Authorization` are refused.
    Wants { authorization: &'static str },
}

/// A running server.
pub(crate) struct GcsServer {
    pub(crate) server: Server,
    objects: Objects,
}

impl GcsServer {
    /// A server with one bucket, `bucket`.
    pub(crate) fn start(behaviour: Behaviour) -> Self {
        Self::start_with(behaviour, None)
    }

    /// The same behind TLS.
    pub(crate) fn start_with(behaviour: Behaviour, tls: Option<Arc<ServerConfig>>) -> Self {
        let objects: Objects = Arc::default();
        let served = Arc::clone(&objects);
        let (count, marks) = (AtomicUsize::new(0), Mutex::new(HashSet::new()));
        let server = Server::start_with(tls, move |request, _| {
            let number = count.fetch_add(1, Ordering::Relaxed);
            let is_first = |what: &'static str| marks.lock().expect("not poisoned").insert(what);
            respond(request, &served, number, behaviour, &is_first)
        });
        Self { server, objects }
    }

    /// Sets an object, by `bucket/key`.
    pub(crate) fn insert(&self, path: &str, bytes: &[u8]) {
        let object = Object {
            bytes: bytes.to_vec(),
            generation: 1_700_000_000_000_000,
            metadata: Json::Null,
        };
        self.objects
            .lock()
            .expect("not poisoned")
            .insert(path.to_owned(), object);
    }

    /// The archives below a prefix, by their names.
    pub(crate) fn archives(&self, prefix: &str) -> BTreeMap<String, Vec<u8>> {
        let objects = self.objects.lock().expect("not poisoned");
        let below = objects
            .iter()
            .filter_map(|(path, object)| Some((path.strip_prefix(prefix)?, object)));
        let archives = below.filter(|(name, _)| is_archive(name));
        archives
            .map(|(name, object)| (name.to_owned(), object.bytes.clone()))
            .collect()
    }

    /// An object, by `bucket/key`.
    pub(crate) fn object(&self, path: &str) -> Option<Object> {
        self.objects.lock().expect("not poisoned").get(path).cloned()
    }
}

fn respond(
    request: &Request,
    objects: &Objects,
    number: usize,
    behaviour: Behaviour,
    is_first: &dyn Fn(&'static str) -> bool,
) -> Answer {
    let refused = |status, retry_after: Option<&str>, body: &str| {
        let answer = Answer::new(status, body);
        match retry_after {
            Some(pause) => answer.with("Retry-After", pause),
            None => answer,
        }
    };
    match behaviour {
        Behaviour::AlwaysAnswers {
            status,
            retry_after,
            body,
        } => return refused(status, retry_after, body),
        Behaviour::FirstAnswers {
            times,
            status,
            retry_after,
        } if number < times => return refused(status, retry_after, ""),
        Behaviour::IsSlow => std::thread::sleep(Duration::from_millis(50)),
        Behaviour::Wants { authorization } if request.header("authorization") != Some(authorization) => {
            return error(401, "required", "Anonymous caller does not have access.");
        }
        _ => {}
    }
    let fault = match behaviour {
        Behaviour::IsFaulty => Fault::of(number, request.method == "POST"),
        _ => None,
    };
    if let Some(fault) = fault.filter(|fault| !fault.is_carried_out()) {
        return faulty(fault, Answer::default());
    }
    let answer = answer(request, objects, number, behaviour, is_first);
    if let Some(fault) = fault {
        return faulty(fault, answer);
    }
    match behaviour {
        Behaviour::LosesAnswers { every } if number % every == every - 1 => error(503, "backendError", "Try again."),
        Behaviour::CutsFirstContent if answer.status == 200 && is_content(request) && is_first("cut") => {
            answer.cut_in_half()
        }
        _ => answer,
    }
}

/// An answer that is at fault.
fn faulty(fault: Fault, answer: Answer) -> Answer {
    match fault.status() {
        Some(429) => error(429, "rateLimitExceeded", "Slow down.").with("Retry-After", "1"),
        Some(status) => error(status, "backendError", "Try again."),
        None => fault.interrupted(answer),
    }
}

fn is_content(request: &Request) -> bool {
    request.method == "GET" && request.target.contains("alt=media")
}

fn error(status: u16, reason: &str, message: &str) -> Answer {
    let body = json!({"error": {"code": status, "message": message, "errors": [{"reason": reason}]}});
    Answer::new(status, body.to_string())
}

/// `%2F` as `/`, `+` as it is, which in a parameter is a space.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().expect("a digit"), rest.next().expect("a digit")];
            let digits = std::str::from_utf8(&digits).expect("digits");
            bytes.push(u8::from_str_radix(digits, 16).expect("digits"));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

fn parameter(request: &Request, name: &str) -> Option<String> {
    let (_, query) = request.target.split_once('?')?;
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
        .map(|text| decoded(&text.replace('+', " ")))
}

fn answer(
    request: &Request,
    objects: &Objects,
    number: usize,
    behaviour: Behaviour,
    is_first: &dyn Fn(&'static str) -> bool,
) -> Answer {
    let mut objects = objects.lock().expect("not poisoned");
    let path = request.path();
    let rest = path.strip_prefix("/upload").unwrap_or(path);
    let rest = rest.strip_prefix("/storage/v1/b/").expect("the JSON API");
    let (bucket, key) = rest.split_once("/o").expect("objects");
    if bucket != "bucket" {
        return error(404, "notFound", "The specified bucket does not exist.");
    }
    let key = decoded(key.trim_start_matches('/'));
    let wanted: Option<u64> = parameter(request, "ifGenerationMatch").map(|text| text.parse().expect("a number"));
    match (request.method.as_str(), path.starts_with("/upload")) {
        ("GET", _) if key.is_empty() => listing(request, &objects),
        ("GET", _) => match objects.get(&format!("bucket/{key}")) {
            Some(object) => {
                Answer::new(200, object.bytes.clone()).with("X-Goog-Generation", &object.generation.to_string())
            }
            // To a request for content Google answers with plain text.
            None => Answer::new(404, format!("No such object: bucket/{key}")),
        },
        ("DELETE", _) => {
            let path = format!("bucket/{key}");
            match objects.get(&path) {
                None => error(404, "notFound", "No such object"),
                Some(object) if wanted.is_some_and(|wanted| wanted != object.generation) => precondition(),
                Some(_) => {
                    objects.remove(&path);
                    Answer::new(204, "")
                }
            }
        }
        ("POST", true) => {
            let (metadata, bytes) = upload(request);
            let path = format!("bucket/{}", metadata["name"].as_str().expect("a name"));
            if matches!(behaviour, Behaviour::RemovesBeforeFirstUpdate)
                && wanted.is_some_and(|wanted| wanted > 1)
                && is_first("removed")
            {
                objects.remove(&path);
                return error(404, "notFound", "No such object");
            }
            let is_ignored = match behaviour {
                Behaviour::Ignores { absence, generation } => match wanted {
                    Some(0) => absence,
                    _ => generation,
                },
                _ => false,
            };
            let current = objects.get(&path).map_or(0, |object| object.generation);
            if wanted.is_some_and(|wanted| wanted != current) && !is_ignored {
                return precondition();
            }
            let generation = 1_700_000_000_000_001 + u64::try_from(number).expect("a number");
            objects.insert(
                path,
                Object {
                    bytes,
                    generation,
                    metadata,
                },
            );
            Answer::new(200, json!({"generation": generation.to_string()}).to_string())
        }
        _ => Answer::new(405, ""),
    }
}

fn precondition() -> Answer {
    error(
        412,
        "conditionNotMet",
        "At least one of the pre-conditions you specified did not hold.",
    )
}

/// The two parts of an upload.
fn upload(request: &Request) -> (Json, Vec<u8>) {
    assert_eq!(parameter(request, "uploadType").as_deref(), Some("multipart"));
    let kind = request.header("content-type").expect("a type");
    let boundary = kind.strip_prefix("multipart/related; boundary=").expect("a boundary");
    let find = |text: &str, from: usize| {
        let found = request.body[from..]
            .windows(text.len())
            .position(|window| window == text.as_bytes());
        from + found.expect("a part")
    };
    let first = find("\r\n\r\n", 0) + 4;
    let first_end = find(&format!("\r\n--{boundary}\r\n"), first);
    let second = find("\r\n\r\n", first_end + 2 + boundary.len()) + 4;
    let second_end = find(&format!("\r\n--{boundary}--"), second);
    let metadata = serde_json::from_slice(&request.body[first..first_end]).expect("JSON");
    (metadata, request.body[second..second_end].to_vec())
}

/// A page of two objects.
fn listing(request: &Request, objects: &BTreeMap<String, Object>) -> Answer {
    let prefix = format!("bucket/{}", parameter(request, "prefix").unwrap_or_default());
    let after = parameter(request, "pageToken").unwrap_or_default();
    let mut found = objects
        .iter()
        .filter(|(path, _)| path.starts_with(&prefix) && **path > after);
    let page: Vec<_> = found.by_ref().take(2).collect();
    let items: Vec<Json> = page
        .iter()
        .map(|(path, object)| {
            json!({"name": path.trim_start_matches("bucket/"), "size": object.bytes.len().to_string()})
        })
        .collect();
    let mut body = json!({});
    if !items.is_empty() {
        body["items"] = items.into();
    }
    if found.next().is_some() {
        body["nextPageToken"] = page.last().expect("a page").0.as_str().into();
    }
    Answer::new(200, body.to_string())
}
