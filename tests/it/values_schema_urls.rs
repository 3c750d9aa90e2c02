//! Schemas that a values.schema.json refers to by URL, from a server of our own.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::workspace::{Run, Workspace, run};

/// A host that only a proxy reaches.
const PROXIED: &str = "http://schemas.invalid";

/// A server with `/count.json`, an address that leads to it, and others that have no schema. It records all requests.
struct Server {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, &log);
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("the log").clone()
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

fn answer(mut stream: TcpStream, log: &Mutex<Vec<String>>) {
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(length) if length > 0 => request.extend(buffer.iter().take(length)),
            _ => return,
        }
    }
    let text = String::from_utf8_lossy(&request).into_owned();
    let path = text.split(' ').nth(1).unwrap_or_default();
    // A request to a proxy has the whole address.
    let path = path.strip_prefix(PROXIED).unwrap_or(path);
    log.lock().expect("the log").push(path.to_owned());
    let (status, location, body) = match path {
        "/count.json" => ("200 OK", "", r#"{"definitions": {"count": {"type": "integer"}}}"#),
        "/moved.json" => ("302 Found", "location: /count.json\r\n", ""),
        "/page" => ("200 OK", "", "<html>"),
        "/busy.json" => ("503 Service Unavailable", "", ""),
        _ => ("404 Not Found", "", ""),
    };
    let length = body.len();
    // A client that hangs up has received its answer.
    let _sent = write!(
        stream,
        "HTTP/1.1 {status}\r\n{location}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
}

/// A chart whose values `a` and `b` are described by a document elsewhere.
fn chart(document: &str, values: &str) -> Workspace {
    let reference = format!(r#"{{"$ref": "{document}#/definitions/count"}}"#);
    let schema = format!(r#"{{"properties": {{"a": {reference}, "b": {reference}}}}}"#);
    let template =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: \"{{ .Values.a }}{{ .Values.b }}\"}\n";
    Workspace::chart(&[
        ("values.schema.json", &schema),
        ("values.yaml", values),
        ("templates/a.yaml", template),
        ("values-other.yaml", "b: 3\n"),
    ])
}

fn has_line(run: &Run, line: &str) -> bool {
    run.all().lines().any(|each| each == line)
}

#[test]
fn template_fetches_as_helm_does_and_once() {
    let server = Server::start();
    for path in ["/count.json", "/moved.json"] {
        let url = server.url(path);
        let fits = chart(&url, "a: 1\nb: 2\n").run(&["template", "web"]);
        assert_eq!((fits.code, fits.stderr.as_str()), (0, ""), "{}", fits.all());
        let breaks = chart(&url, "a: x\nb: 2\n").run(&["template", "web"]);
        assert_eq!(breaks.code, 1, "{}", breaks.all());
        assert!(
            has_line(&breaks, "- at '/a': got string, want integer"),
            "{}",
            breaks.all()
        );
    }
    // Twice each, and the address that the second leads to.
    assert_eq!(server.asked().iter().filter(|path| *path == "/moved.json").count(), 2);
    assert_eq!(server.asked().iter().filter(|path| *path == "/count.json").count(), 4);
}

#[test]
fn offline_fetches_nothing_and_says_so_once() {
    let server = Server::start();
    let url = server.url("/count.json");
    let run = chart(&url, "a: x\nb: 2\n").run(&["template", "web", "--offline"]);
    assert_eq!(run.code, 0, "{}", run.all());
    let warning = format!(
        "level=WARN msg=\"values.schema.json: {url} is not fetched, so the values it describes are not checked\"\n"
    );
    assert_eq!(run.stderr, warning);
    assert_eq!(server.asked(), Vec::<String>::new());
}

#[test]
fn fetched_schemas_are_kept() {
    let server = Server::start();
    let workspace = chart(&server.url("/count.json"), "a: x\n");
    for _ in 0..2 {
        let run = workspace.run(&["template", "web", "--cache", "kept"]);
        assert!(has_line(&run, "- at '/a': got string, want integer"), "{}", run.all());
        assert_eq!(server.asked().len(), 1);
    }
}

#[test]
fn failures_are_in_helms_words_and_at_the_reference() {
    let server = Server::start();
    let address = &server.address;
    for (url, want) in [
        (
            server.url("/none.json"),
            format!("HTTP request to http://{address}/none.json returned status 404 (Not Found)"),
        ),
        (
            server.url("/busy.json"),
            format!("HTTP request to http://{address}/busy.json returned status 503 (Service Unavailable)"),
        ),
        (server.url("/page"), "invalid character '<' looking for beginning of value".to_owned()),
        (
            "http://127.0.0.1:1/x.json".to_owned(),
            "HTTP request failed for http://127.0.0.1:1/x.json: Get \"http://127.0.0.1:1/x.json\": dial tcp 127.0.0.1:1: connect: connection refused"
                .to_owned(),
        ),
    ] {
        let run = chart(&url, "a: 1\n").run(&["template", "web"]);
        assert_eq!(run.code, 1, "{}", run.all());
        assert!(has_line(&run, &format!("failing loading \"{url}\": {want}")), "{}", run.all());
        assert!(run.stderr.contains("web/values.schema.json:1:31\n"), "{}", run.all());
    }
    assert_eq!(server.asked().len(), 3, "nothing is fetched again after a failure");
}

#[test]
fn credentials_are_not_shown() {
    let run = chart("http://me:hunter2@127.0.0.1:1/x.json?token=hunter2", "a: 1\n").run(&["template", "web"]);
    let text = run
        .stderr
        .lines()
        .find(|line| line.starts_with("failing loading"))
        .unwrap_or_default();
    let (_, cause) = text.split_once(": HTTP request").expect(text);
    assert!(!cause.contains("hunter2"), "{text}");
}

#[test]
fn proxies_come_from_the_environment() {
    let server = Server::start();
    let workspace = chart(&format!("{PROXIED}/count.json"), "a: x\n");
    let proxy = format!("http://{}", server.address);
    let run = run(&workspace.path("."), &["template", "web"], &[("http_proxy", &proxy)]);
    assert!(has_line(&run, "- at '/a': got string, want integer"), "{}", run.all());
    assert_eq!(server.asked(), ["/count.json"]);
}

#[test]
fn lint_and_ci_fetch_only_on_request() {
    let server = Server::start();
    let url = server.url("/count.json");
    let workspace = chart(&url, "a: x\nb: 2\n");
    for arguments in [
        &["lint", "web"][..],
        &["lint", "web", "--offline"],
        &["ci", "--no-push"],
    ] {
        let run = workspace.run(arguments);
        assert_eq!(run.code, 0, "{}", run.all());
        let told = run
            .stdout
            .matches("is not fetched, so the values it describes are not checked")
            .count();
        assert_eq!(told, 1, "{}", run.all());
        assert!(run.stdout.contains("values-schema-unchecked"), "{}", run.all());
    }
    let helm = workspace.run(&["lint", "web", "--helm-rules"]);
    assert_eq!(helm.code, 0, "{}", helm.all());
    assert_eq!(
        helm.stderr,
        format!(
            "level=WARN msg=\"values.schema.json: {url} is not fetched, so the values it describes are not checked\"\n"
        )
    );
    assert_eq!(server.asked(), Vec::<String>::new());
    for (arguments, want) in [
        (
            &["lint", "web", "--fetch-schemas"][..],
            "`a` does not match values.schema.json: got string, want integer",
        ),
        (
            &["ci", "--no-push", "--fetch-schemas"],
            "`a` does not match values.schema.json: got string, want integer",
        ),
        (
            &["lint", "web", "--fetch-schemas", "--helm-rules"],
            "- at '/a': got string, want integer",
        ),
    ] {
        let before = server.asked().len();
        let run = workspace.run(arguments);
        assert_eq!(run.code, 1, "{}", run.all());
        assert!(run.stdout.contains(want), "{}", run.all());
        assert_eq!(server.asked().len(), before + 1, "{arguments:?}");
    }
    let both = workspace.run(&["lint", "web", "--fetch-schemas", "--offline"]);
    assert_eq!(both.code, 2, "{}", both.all());
}

/// As in the charts of bjw-s: the library's schema is published with parts that .helmignore leaves out of the chart.
#[test]
fn what_a_subchart_publishes_is_read_from_its_directory() {
    const BASE: &str = "https://example.org/library";
    let library =
        format!(r#"{{"$id": "{BASE}/values.schema.json", "properties": {{"a": {{"$ref": "schemas/count.json"}}}}}}"#);
    let workspace = Workspace::chart(&[
        (
            "values.schema.json",
            &format!(r#"{{"$ref": "{BASE}/values.schema.json"}}"#),
        ),
        ("values.yaml", "a: x\n"),
        (
            "templates/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: \"{{ .Values.a }}\"}\n",
        ),
        (
            "charts/library/Chart.yaml",
            "apiVersion: v2\nname: library\nversion: 0.1.0\ntype: library\n",
        ),
        ("charts/library/values.schema.json", &library),
        ("charts/library/schemas/count.json", r#"{"type": "integer"}"#),
        (".helmignore", "schemas/\n"),
    ]);
    for arguments in [
        &["template", "web", "--offline"][..],
        &["template", "web"],
        &["lint", "web"],
        &["lint", "web", "--helm-rules"],
    ] {
        let run = workspace.run(arguments);
        assert_eq!(run.code, 1, "{arguments:?} {}", run.all());
        assert!(
            run.all().contains("got string, want integer"),
            "{arguments:?} {}",
            run.all()
        );
        assert!(!run.all().contains("not fetched"), "{arguments:?} {}", run.all());
    }
    workspace.write("web/values.yaml", "a: 1\n");
    let run = workspace.run(&["template", "web"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.all());
}
