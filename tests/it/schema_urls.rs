//! Schemas that `validate --schema-location` fetches, from a server of our own.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

const WIDGETS: &str = "\
apiVersion: example.com/v1
kind: Widget
metadata: {name: good}
spec: {size: 1}
---
apiVersion: example.com/v1
kind: Widget
metadata: {name: bad}
spec: {size: big}
---
apiVersion: example.com/v1
kind: Gadget
metadata: {name: unknown}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: own}
";
const SCHEMA: &str = r#"{"properties": {"spec": {"properties": {"size": {"type": "integer"}}}}}"#;

/// A host that only a proxy reaches.
const PROXIED: &str = "http://schemas.invalid";

/// A server that has the schema of widgets, fails the first request for each path if requested, and records all
/// requests.
struct SchemaServer {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl SchemaServer {
    fn start(fails_first: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, fails_first, &log);
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("the log").clone()
    }
}

fn answer(mut stream: TcpStream, fails_first: bool, log: &Mutex<Vec<String>>) {
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(length) if length > 0 => request.extend(buffer.iter().take(length)),
            _ => return,
        }
    }
    let text = String::from_utf8_lossy(&request).into_owned();
    let path = text.split([' ', '?']).nth(1).unwrap_or_default();
    // A request to a proxy has the whole address.
    let path = path.strip_prefix(PROXIED).unwrap_or(path).to_owned();
    let mut log = log.lock().expect("the log");
    let is_first = !log.contains(&path);
    log.push(path.clone());
    let (status, body) = match path.as_str() {
        _ if fails_first && is_first => ("503 Service Unavailable", ""),
        "/example.com/widget_v1.json" => ("200 OK", SCHEMA),
        "/forbidden/widget.json" => ("403 Forbidden", ""),
        _ => ("404 Not Found", ""),
    };
    let length = body.len();
    // A client that hangs up has received its answer.
    let _sent = write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
}

fn validate(arguments: &[&str]) -> Output {
    validate_with(arguments, &[])
}

fn validate_with(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_chartwright"))
        .arg("validate")
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(WIDGETS.as_bytes()).expect("it reads");
    drop(input);
    child.wait_with_output().expect("it ends")
}

#[test]
fn schemas_are_fetched_once_and_kept() {
    for fails_first in [false, true] {
        let server = SchemaServer::start(fails_first);
        let cache = tempfile::tempdir().expect("a directory");
        let url = format!(
            "http://{}/{{{{.Group}}}}/{{{{.ResourceKind}}}}_{{{{.ResourceAPIVersion}}}}.json",
            server.address
        );
        let cache = cache.path().join("schemas");
        let cache = cache.to_str().expect("a name");
        let arguments = [
            "--schema-location",
            "default",
            "--schema-location",
            &url,
            "--cache",
            cache,
            "--summary",
        ];
        for run in ["first", "second"] {
            let output = validate(&arguments);
            let text = String::from_utf8_lossy(&output.stdout);
            assert_eq!(output.status.code(), Some(1), "{run}: {text}");
            assert!(
                text.contains("Widget bad: /spec/size: got string, want integer"),
                "{run}: {text}"
            );
            assert!(text.contains("could not find schema for Gadget"), "{run}: {text}");
            assert!(
                text.contains("Valid: 2, Invalid: 1, Errors: 1, Skipped: 0"),
                "{run}: {text}"
            );
        }
        let asked = server.asked();
        let widgets = asked.iter().filter(|path| path.ends_with("widget_v1.json")).count();
        assert_eq!(widgets, if fails_first { 2 } else { 1 }, "{asked:?}");
    }
}

#[test]
fn failed_fetches_are_errors_without_credentials() {
    let server = SchemaServer::start(false);
    let url = format!(
        "http://me:hunter2@{}/forbidden/widget.json?token=hunter2.json",
        server.address
    );
    for (url, reason) in [
        (url.as_str(), "received HTTP status 403 Forbidden"),
        ("http://me:hunter2@127.0.0.1:1/widget.json", "error sending request"),
    ] {
        let output = validate(&["--schema-location", url]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains(reason) && !text.contains("hunter2"), "{text}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("hunter2"));
    }
}

#[test]
fn a_bad_location_is_shown_without_credentials() {
    let output = validate(&[
        "--schema-location",
        "http://me:hunter2@host/{{ .Nothing }}.json?t=hunter2",
    ]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(
        text.contains("unknown variable \".Nothing\"") && text.contains("http://host/"),
        "{text}"
    );
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn proxies_come_from_the_environment() {
    let server = SchemaServer::start(false);
    let proxy = format!("http://{}", server.address);
    let url = format!("{PROXIED}/{{{{.Group}}}}/{{{{.ResourceKind}}}}_{{{{.ResourceAPIVersion}}}}.json");
    let arguments = ["--schema-location", "default", "--schema-location", &url];
    let output = validate_with(&arguments, &[("http_proxy", &proxy)]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("Widget bad: /spec/size: got string, want integer"),
        "{text}"
    );
    assert!(!server.asked().is_empty());
    let asked = server.asked().len();
    let output = validate_with(&arguments, &[("http_proxy", &proxy), ("no_proxy", "schemas.invalid")]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("cannot read schema http://schemas.invalid/"), "{text}");
    assert_eq!(server.asked().len(), asked, "the proxy is passed by");
}
