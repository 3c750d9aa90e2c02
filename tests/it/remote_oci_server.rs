//! An OCI registry in the test's own process: manifests, blobs and tags in memory, a token service, and faults on request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use serde_json::json;

use super::remote_server::{Answer, Request, Server};
use super::remote_settings::{BASIC, sha256};

const USER_TOKEN: &str = "user-token-hunter2";
const PUBLIC_TOKEN: &str = "public-token";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// What the registry has: manifests by repository and tag or digest, blobs by digest.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// How often something was removed.
    pub(crate) deleted: usize,
    pub(crate) manifests: HashMap<String, Vec<u8>>,
    pub(crate) blobs: HashMap<String, Vec<u8>>,
    pub(crate) tags: Vec<String>,
}

/// Who may read and write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Access {
    /// Everyone, without a token.
    #[default]
    Open,
    /// Everyone may read, with a token that everyone gets; only `me` may write.
    PublicToken,
    /// Only `me`, with a token.
    PrivateToken,
    /// Only `me`, with user and password.
    Basic,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Fault {
    /// Its list of tags begins again at its end, at another address.
    EndlessTags,
    #[default]
    None,
    /// Each request is answered with 429 once, to be repeated after two seconds.
    Throttles,
    /// Each request is answered with 503 once.
    IsUnavailable,
    /// The first answer to each `PUT` is lost after it was carried out.
    LosesAnswers,
    /// The first answer with a blob ends in the middle.
    CutsBlobs,
    /// Blobs are not what they should be.
    ChangesBlobs,
    /// Manifests are not what they should be.
    ChangesManifests,
    /// All uploads are refused.
    RefusesUploads,
    /// Uploads are accepted, and the manifests of charts after the first are refused.
    RefusesSecondChart,
}

/// What a registry removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Deletes {
    /// Nothing.
    #[default]
    Nothing,
    /// Manifests by their digest, with all tags.
    Manifests,
    /// Tags.
    Tags,
    /// One tag, and then no more.
    OneTag,
}

/// How a registry behaves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Behaviour {
    pub(crate) access: Access,
    pub(crate) fault: Fault,
    /// Tags of a page of the list.
    pub(crate) page: Option<usize>,
    /// What is removed on request.
    pub(crate) deletes: Deletes,
    /// Whether it lists its repositories.
    pub(crate) has_catalog: bool,
    /// The server to which blobs are redirected.
    pub(crate) blobs_elsewhere: Option<String>,
}

/// A running registry.
pub(crate) struct OciServer {
    pub(crate) server: Server,
    pub(crate) content: Arc<Mutex<Content>>,
}

impl OciServer {
    pub(crate) fn start(behaviour: Behaviour) -> Self {
        Self::start_with(behaviour, None)
    }

    /// The same behind TLS.
    pub(crate) fn start_with(behaviour: Behaviour, tls: Option<Arc<ServerConfig>>) -> Self {
        let (server, content) = Server::start_with_content(tls, move |content, request, before| {
            answer(&behaviour, content, request, before)
        });
        Self { server, content }
    }

    /// Sets a chart of a repository, by its tag.
    pub(crate) fn insert(&self, repository: &str, tag: &str, archive: &[u8]) {
        let mut content = self.content.lock().expect("not poisoned");
        let descriptor = |kind: &str, bytes: &[u8]| json!({"mediaType": kind, "digest": format!("sha256:{}", sha256(bytes)), "size": bytes.len()});
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor("application/vnd.cncf.helm.config.v1+json", b"{}"),
            "layers": [descriptor("application/vnd.cncf.helm.chart.content.v1.tar+gzip", archive)],
        })
        .to_string()
        .into_bytes();
        for blob in [b"{}", archive] {
            let digest = format!("sha256:{}", sha256(blob));
            content.blobs.insert(digest, blob.to_vec());
        }
        let digest = format!("sha256:{}", sha256(&manifest));
        for reference in [tag, &digest] {
            let key = format!("{repository}:{reference}");
            content.manifests.insert(key, manifest.clone());
        }
        content.tags.push(tag.to_owned());
    }

    /// `oci://127.0.0.1:PORT/charts`
    pub(crate) fn repository(&self) -> String {
        format!("oci://{}/charts", self.server.host())
    }
}

fn host(request: &Request) -> String {
    request.header("host").unwrap_or_default().to_owned()
}

fn answer(behaviour: &Behaviour, content: &mut Content, request: &Request, before: usize) -> Answer {
    if behaviour.fault == Fault::Throttles && before == 0 {
        return Answer::new(429, r#"{"errors": [{"code": "TOOMANYREQUESTS"}]}"#).with("Retry-After", "2");
    }
    if behaviour.fault == Fault::IsUnavailable && before == 0 {
        return Answer::new(503, "<html>Back soon</html>");
    }
    if request.path() == "/token" {
        return token(request);
    }
    if let Some(refusal) = refusal(behaviour, request) {
        return refusal;
    }
    let answer = carried_out(behaviour, content, request, before);
    if behaviour.fault == Fault::LosesAnswers && request.method == "PUT" && before == 0 {
        return answer.cut_after(0).with("Content-Length", "10");
    }
    answer
}

fn token(request: &Request) -> Answer {
    let body = String::from_utf8_lossy(&request.body);
    let is_user = request.header("authorization") == Some(BASIC)
        || (request.method == "POST"
            && body.contains("grant_type=refresh_token")
            && body.ends_with("refresh_token=hunter2"));
    match (request.header("authorization"), is_user) {
        (_, true) => Answer::new(200, format!(r#"{{"access_token": "{USER_TOKEN}"}}"#)),
        (None, false) if request.method == "GET" => Answer::new(200, format!(r#"{{"token": "{PUBLIC_TOKEN}"}}"#)),
        _ => Answer::new(401, r#"{"errors": [{"code": "UNAUTHORIZED", "message": "expired"}]}"#),
    }
}

fn refusal(behaviour: &Behaviour, request: &Request) -> Option<Answer> {
    let is_read = matches!(request.method.as_str(), "GET" | "HEAD");
    let given = request.header("authorization").unwrap_or_default();
    let is_user = given == format!("Bearer {USER_TOKEN}");
    let may = match behaviour.access {
        Access::Open => true,
        Access::PublicToken => is_user || (is_read && given == format!("Bearer {PUBLIC_TOKEN}")),
        Access::PrivateToken => is_user,
        Access::Basic => given == BASIC,
    };
    let challenge = match behaviour.access {
        Access::Basic => "Basic realm=\"x\"".to_owned(),
        _ => format!(
            "Bearer realm=\"http://{}/token\",service=\"test\",scope=\"x\"",
            host(request)
        ),
    };
    let body = r#"{"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}"#;
    (!may).then(|| Answer::new(401, body).with("WWW-Authenticate", &challenge))
}

fn missing(code: &str) -> Answer {
    Answer::new(
        404,
        format!(r#"{{"errors": [{{"code": "{code}", "message": "not known"}}]}}"#),
    )
}

fn carried_out(behaviour: &Behaviour, content: &mut Content, request: &Request, before: usize) -> Answer {
    let path = request.path().to_owned();
    let rest = path.strip_prefix("/v2/").unwrap_or_default();
    if rest == "_catalog" {
        return catalog(behaviour, content);
    }
    if let Some((repository, reference)) = rest.split_once("/manifests/") {
        if request.method == "DELETE" {
            return delete(behaviour, content, repository, reference);
        }
        return manifest(behaviour, content, request, repository, reference);
    }
    if let Some((_, digest)) = rest.split_once("/blobs/sha256:") {
        return blob(behaviour, content, request, &format!("sha256:{digest}"), before);
    }
    if rest.ends_with("/tags/list") {
        return tags(behaviour, content, request, rest.trim_end_matches("/tags/list"));
    }
    if rest.contains("/blobs/uploads/") {
        return upload(behaviour, content, request);
    }
    missing("NAME_UNKNOWN")
}

fn manifest(
    behaviour: &Behaviour,
    content: &mut Content,
    request: &Request,
    repository: &str,
    reference: &str,
) -> Answer {
    if request.method == "PUT" {
        let is_first = content.tags.is_empty();
        if behaviour.fault == Fault::RefusesSecondChart && !is_first {
            return Answer::new(403, r#"{"errors": [{"code": "DENIED", "message": "quota"}]}"#);
        }
        let digest = format!("sha256:{}", sha256(&request.body));
        for name in [reference, &digest] {
            content
                .manifests
                .insert(format!("{repository}:{name}"), request.body.clone());
        }
        if !content.tags.iter().any(|tag| tag == reference) {
            content.tags.push(reference.to_owned());
        }
        return Answer::new(201, "").with("Docker-Content-Digest", &digest);
    }
    let Some(found) = content.manifests.get(&format!("{repository}:{reference}")) else {
        return missing("MANIFEST_UNKNOWN");
    };
    let digest = format!("sha256:{}", sha256(found));
    let mut body = found.clone();
    if behaviour.fault == Fault::ChangesManifests {
        body.push(b' ');
    }
    Answer::new(200, body)
        .with("Content-Type", MANIFEST)
        .with("Docker-Content-Digest", &digest)
}

fn blob(behaviour: &Behaviour, content: &Content, request: &Request, digest: &str, before: usize) -> Answer {
    let Some(found) = content.blobs.get(digest) else {
        return missing("BLOB_UNKNOWN");
    };
    if let Some(elsewhere) = behaviour.blobs_elsewhere.as_ref().filter(|_| request.method == "GET") {
        return Answer::new(307, "").with("Location", &format!("{elsewhere}/{digest}?signature=s"));
    }
    let mut body = found.clone();
    match behaviour.fault {
        Fault::ChangesBlobs => body[0] ^= 1,
        Fault::CutsBlobs if request.method == "GET" && before == 0 => return Answer::new(200, body).cut_after(20),
        _ => {}
    }
    Answer::new(200, body)
}

fn catalog(behaviour: &Behaviour, content: &Content) -> Answer {
    if !behaviour.has_catalog {
        return Answer::new(
            401,
            r#"{"errors": [{"code": "UNAUTHORIZED", "message": "not for you"}]}"#,
        );
    }
    let names = content.manifests.keys().filter_map(|key| key.split(':').next());
    let names: std::collections::BTreeSet<&str> = names.collect();
    Answer::new(200, serde_json::json!({"repositories": names}).to_string())
}

fn delete(behaviour: &Behaviour, content: &mut Content, repository: &str, reference: &str) -> Answer {
    let is_digest = reference.starts_with("sha256:");
    match (behaviour.deletes, is_digest) {
        (Deletes::Nothing, _) => return Answer::new(405, r#"{"errors": [{"code": "UNSUPPORTED"}]}"#),
        (Deletes::Manifests, false) => return Answer::new(400, r#"{"errors": [{"code": "DIGEST_INVALID"}]}"#),
        (Deletes::OneTag, _) if content.deleted > 0 => {
            return Answer::new(403, r#"{"errors": [{"code": "DENIED", "message": "retention"}]}"#);
        }
        _ => {}
    }
    content.deleted += 1;
    let key = format!("{repository}:{reference}");
    let Some(removed) = content.manifests.remove(&key) else {
        return missing("MANIFEST_UNKNOWN");
    };
    if is_digest {
        let prefix = format!("{repository}:");
        content
            .manifests
            .retain(|key, manifest| !key.starts_with(&prefix) || *manifest != removed);
    }
    Answer::new(202, "")
}

fn tags(behaviour: &Behaviour, content: &Content, request: &Request, repository: &str) -> Answer {
    let has =
        |tag: &&String| content.manifests.is_empty() || content.manifests.contains_key(&format!("{repository}:{tag}"));
    let all: Vec<&String> = content.tags.iter().filter(has).collect();
    if all.is_empty() && !content.manifests.is_empty() {
        return missing("NAME_UNKNOWN");
    }
    let after = request.target.split_once("last=").map(|(_, last)| last.to_owned());
    let start = match after {
        Some(last) => all.iter().position(|tag| **tag == last).map_or(0, |at| at + 1),
        None => 0,
    };
    let end = behaviour.page.map_or(all.len(), |page| (start + page).min(all.len()));
    let page = &all[start..end];
    let answer = Answer::new(200, serde_json::json!({"name": repository, "tags": page}).to_string());
    match page.last() {
        Some(last) if end < all.len() => {
            answer.with("Link", &format!("<{}?last={last}>; rel=\"next\"", request.path()))
        }
        // The list begins again.
        _ if behaviour.fault == Fault::EndlessTags => {
            answer.with("Link", &format!("<{}?last=none>; rel=\"next\"", request.path()))
        }
        _ => answer,
    }
}

fn upload(behaviour: &Behaviour, content: &mut Content, request: &Request) -> Answer {
    if behaviour.fault == Fault::RefusesUploads {
        return Answer::new(403, r#"{"errors": [{"code": "DENIED", "message": "read only"}]}"#);
    }
    if let Some((_, mounted)) = request.target.split_once("mount=") {
        let digest = mounted.split('&').next().unwrap_or_default().replace("%3A", ":");
        if content.blobs.contains_key(&digest) {
            return Answer::new(201, "");
        }
    }
    if request.method == "DELETE" {
        return Answer::new(204, "");
    }
    if request.method == "POST" {
        return Answer::new(202, "").with("Location", &format!("{}one?state=s", request.path()));
    }
    let digest = request
        .target
        .split_once("digest=")
        .map(|(_, digest)| digest.replace("%3A", ":"));
    let found = format!("sha256:{}", sha256(&request.body));
    if digest.as_deref() != Some(&found) {
        return Answer::new(400, r#"{"errors": [{"code": "DIGEST_INVALID"}]}"#);
    }
    content.blobs.insert(found, request.body.clone());
    Answer::new(201, "")
}
