//! A server that keeps the index of a chart repository itself, in the test's own process: like ChartMuseum, Artifactory or Nexus, with
//! faults on request. The repository is `/repo`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::remote_server::{Answer, Request, Server};
use super::remote_settings::{BASIC, is_archive, sha256};

/// Which server it is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Like {
    #[default]
    ChartMuseum,
    Artifactory,
    Nexus,
    /// One that does not say what it is, and accepts what Nexus accepts.
    Nothing,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Fault {
    #[default]
    None,
    /// Every fifth answer to an upload, the first included, is lost after it was carried out.
    LosesAnswers,
    /// The first upload is answered with a status, and not carried out; `Retry-After: 1` is added.
    First(u16),
    /// All uploads are answered with a status and a message.
    Refuses(u16, &'static str),
    /// The first index ends in the middle.
    CutsIndex,
    /// Each upload is replaced by another archive of the same version.
    Replaces,
    /// Uploads are redirected.
    Redirects,
}

/// How a server behaves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Behaviour {
    pub(crate) like: Like,
    pub(crate) fault: Fault,
    /// Whether only `me` may read and write.
    pub(crate) is_private: bool,
    /// The header and the key that are needed to write.
    pub(crate) key: Option<(&'static str, &'static str)>,
    /// How often the index is read before it lists an upload.
    pub(crate) lag: usize,
    /// The server to which requests for the index are redirected.
    pub(crate) index_elsewhere: Option<String>,
}

/// What it has.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// By file name.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Readings of the index since the file was uploaded.
    seen: BTreeMap<String, usize>,
}

/// A running server.
pub(crate) struct UploadServer {
    pub(crate) server: Server,
    pub(crate) content: Arc<Mutex<Content>>,
}

impl UploadServer {
    pub(crate) fn start(behaviour: Behaviour) -> Self {
        let (server, content) = Server::start_with_content(None, move |content, request, before| {
            answer(&behaviour, content, request, before)
        });
        Self { server, content }
    }

    /// `http://127.0.0.1:PORT/repo`
    pub(crate) fn repository(&self) -> String {
        format!("{}/repo", self.server.url)
    }

    /// The names of the files that are there.
    pub(crate) fn names(&self) -> Vec<String> {
        self.content
            .lock()
            .expect("not poisoned")
            .files
            .keys()
            .cloned()
            .collect()
    }

    pub(crate) fn file(&self, name: &str) -> Option<Vec<u8>> {
        self.content.lock().expect("not poisoned").files.get(name).cloned()
    }

    /// The uploads that arrived: method and path.
    pub(crate) fn uploads(&self) -> Vec<String> {
        let lines = self.server.lines();
        lines.into_iter().filter(|line| !line.starts_with("GET")).collect()
    }
}

fn answer(behaviour: &Behaviour, content: &mut Content, request: &Request, before: usize) -> Answer {
    let answer = match (request.method.as_str(), request.path()) {
        _ if behaviour.is_private && request.header("authorization") != Some(BASIC) => {
            Answer::new(401, r#"{"error": "unauthorized"}"#)
        }
        ("GET", "/repo/index.yaml") => index(behaviour, content, before),
        ("GET", path) => match content.files.get(path.rsplit('/').next().unwrap_or_default()) {
            Some(file) => Answer::new(200, file.clone()),
            None => Answer::new(404, r#"{"error": "object not found"}"#),
        },
        _ => upload(behaviour, content, request, before),
    };
    match behaviour.like {
        Like::Artifactory => answer.with("X-Artifactory-Id", "abc:1"),
        Like::Nexus => answer.with("Server", "Nexus/3.70.1-02 (OSS)"),
        Like::ChartMuseum | Like::Nothing => answer,
    }
}

fn index(behaviour: &Behaviour, content: &mut Content, before: usize) -> Answer {
    if let Some(elsewhere) = &behaviour.index_elsewhere {
        return Answer::new(302, "").with("Location", elsewhere);
    }
    let mut charts: BTreeMap<&str, String> = BTreeMap::new();
    for (name, file) in content.files.iter().filter(|(name, _)| is_archive(name)) {
        let seen = content.seen.entry(name.clone()).or_default();
        *seen += 1;
        if *seen <= behaviour.lag {
            continue;
        }
        let (chart, version) = name
            .trim_end_matches(".tgz")
            .split_once('-')
            .expect("a name and a version");
        let url = match behaviour.like {
            Like::ChartMuseum => format!("charts/{name}"),
            Like::Artifactory => format!("local://{name}"),
            Like::Nexus | Like::Nothing => name.clone(),
        };
        charts.entry(chart).or_default().push_str(&format!(
            "  - name: {chart}\n    version: {version}\n    digest: {}\n    urls: ['{url}']\n",
            sha256(file)
        ));
    }
    let mut entries = String::new();
    for (chart, versions) in &charts {
        entries.push_str(&format!("  {chart}:\n{versions}"));
    }
    let info = if behaviour.like == Like::ChartMuseum {
        "serverInfo: {}\n"
    } else {
        ""
    };
    let entries = if entries.is_empty() {
        " {}\n".to_owned()
    } else {
        format!("\n{entries}")
    };
    let answer = Answer::new(200, format!("apiVersion: v1\nentries:{entries}{info}"));
    if behaviour.fault == Fault::CutsIndex && before == 0 {
        return answer.cut_after(10);
    }
    answer
}

fn upload(behaviour: &Behaviour, content: &mut Content, request: &Request, before: usize) -> Answer {
    match behaviour.fault {
        Fault::First(status) if before == 0 => return Answer::new(status, "").with("Retry-After", "1"),
        Fault::Refuses(status, message) => {
            return Answer::new(status, format!(r#"{{"error": "{message}"}}"#));
        }
        Fault::Redirects => return Answer::new(307, "").with("Location", "http://127.0.0.1:9/elsewhere"),
        _ => {}
    }
    if let Some((header, key)) = behaviour.key
        && request.header(header) != Some(key)
    {
        return Answer::new(403, r#"{"errors": [{"status": 403, "message": "not with this key"}]}"#);
    }
    let files = match files_of(behaviour, content, request) {
        Ok(files) => files,
        Err(refusal) => return refusal,
    };
    for (name, file) in files {
        let kept = if behaviour.fault == Fault::Replaces {
            super::remote_settings::packed("web", "6.6.6")
        } else {
            file
        };
        content.seen.remove(&name);
        content.files.insert(name, kept);
    }
    let answer = Answer::new(201, r#"{"saved": true}"#);
    if behaviour.fault == Fault::LosesAnswers && before.is_multiple_of(5) {
        return answer.cut_after(0).with("Content-Length", "10");
    }
    answer
}

/// The files of an upload by name, or why it is refused.
fn files_of(behaviour: &Behaviour, content: &Content, request: &Request) -> Result<Vec<(String, Vec<u8>)>, Answer> {
    if behaviour.like != Like::ChartMuseum {
        let name = request.path().rsplit('/').next().unwrap_or_default().to_owned();
        if request.method != "PUT" || request.path() != format!("/repo/{name}") {
            return Err(Answer::new(405, ""));
        }
        let digest = sha256(&request.body);
        if behaviour.like == Like::Artifactory {
            if request.header("x-checksum-deploy").is_some() {
                return Err(Answer::new(404, ""));
            }
            if request.header("x-checksum-sha256") != Some(&digest) {
                return Err(Answer::new(
                    409,
                    r#"{"errors": [{"status": 409, "message": "Checksum error"}]}"#,
                ));
            }
        }
        return Ok(vec![(name, request.body.clone())]);
    }
    let parts = match request
        .header("content-type")
        .and_then(|text| text.split_once("boundary="))
    {
        Some((_, boundary)) => parts(&request.body, boundary),
        None => vec![request.body.clone()],
    };
    let mut files = Vec::new();
    for part in parts {
        let name = match request.path() {
            "/api/repo/prov" => "web-1.0.0.tgz.prov".to_owned(),
            "/api/repo/charts" if part.starts_with(b"a signature") => "web-1.0.0.tgz.prov".to_owned(),
            "/api/repo/charts" => match archive_name(&part) {
                Some(name) => name,
                None => return Err(Answer::new(400, r#"{"error": "not a chart"}"#)),
            },
            _ => return Err(Answer::new(404, "")),
        };
        if content.files.contains_key(&name) && !request.target.ends_with("?force") {
            return Err(Answer::new(409, r#"{"error": "file already exists"}"#));
        }
        files.push((name, part));
    }
    Ok(files)
}

fn archive_name(archive: &[u8]) -> Option<String> {
    let chart = chartwright::engine::chart::load_files(chartwright::engine::chart::read_archive(archive).ok()?).ok()?;
    Some(format!("{}-{}.tgz", chart.metadata.name, chart.metadata.version))
}

/// The contents of a form's files.
fn parts(body: &[u8], boundary: &str) -> Vec<Vec<u8>> {
    let find = |from: usize, wanted: &[u8]| {
        let rest = &body[from..];
        rest.windows(wanted.len())
            .position(|part| part == wanted)
            .map(|at| from + at)
    };
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(head) = find(at, b"\r\n\r\n") {
        let Some(end) = find(head + 4, format!("\r\n--{boundary}").as_bytes()) else {
            break;
        };
        parts.push(body[head + 4..end].to_vec());
        at = end;
    }
    parts
}
