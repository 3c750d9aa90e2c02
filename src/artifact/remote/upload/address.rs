//! The address of a repository that is filled over HTTP, and the requests that fill it.
//!
//! In: the address as `helm repo add` has it, and a server. Out: where its archives are, and the requests for an upload.

use std::fmt;

use reqwest::header::{CONTENT_TYPE, HeaderName};

use crate::artifact::network::{HttpRequest, Method, Url};
use crate::artifact::repository::Item;
use crate::text::limits::SETTINGS_BYTES;
use crate::text::redact::redact_url;
use crate::text::sha256::sha256_hex;

use super::api::UploadApi;
use super::form::Form;

/// Artifactory refuses an upload that does not have this digest.
const CHECKSUM: HeaderName = HeaderName::from_static("x-checksum-sha256");
/// Artifactory then uses the content of another file with the same digest, and none is sent.
const CHECKSUM_DEPLOY: HeaderName = HeaderName::from_static("x-checksum-deploy");
/// The type of an archive.
const ARCHIVE: &str = "application/gzip";
/// The type of a provenance file.
const PROVENANCE: &str = "application/pgp-signature";

/// A repository over HTTP whose server keeps the index.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRepository {
    address: String,
    /// The server, where the user names it.
    pub(super) api: Option<UploadApi>,
}

/// A text that is not such an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the address of a repository over HTTP: {reason}")]
pub struct HttpAddressError {
    text: String,
    reason: String,
}

impl HttpRepository {
    /// Whether an address is one of HTTP.
    pub fn is_http(address: &str) -> bool {
        let scheme = address.split_once("://").map_or("", |(scheme, _)| scheme);
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    }

    /// Reads an address, `https://host/path`.
    ///
    /// # Errors
    /// When it is not a URL with a host.
    pub fn parse(address: &str) -> Result<Self, HttpAddressError> {
        let error = |reason: String| HttpAddressError {
            text: redact_url(address),
            reason,
        };
        let url = Url::parse(address).map_err(|cause| error(cause.to_string()))?;
        if address.contains('\\') {
            // It would be read as `/`: what comes after it looks like the host, and is not.
            return Err(error("it has a `\\`, which is not written in addresses".to_owned()));
        }
        if url.fragment().is_some() {
            return Err(error("it has a `#`, which is not sent to a server".to_owned()));
        }
        Ok(Self {
            address: address.trim_end_matches('/').to_owned(),
            api: None,
        })
    }

    /// Whether the address has a user or a password in it.
    pub fn has_login(&self) -> bool {
        Url::parse(&self.address).is_ok_and(|url| !url.username().is_empty() || url.password().is_some())
    }

    /// The same, on a server that the user names.
    #[must_use]
    pub fn with_api(self, api: Option<UploadApi>) -> Self {
        Self { api, ..self }
    }

    /// The address with its credentials, to be sent to that host only.
    pub(in super::super) fn address(&self) -> &str {
        &self.address
    }

    /// Its scheme, host and port.
    pub(in super::super) fn host(&self) -> Option<String> {
        let url = Url::parse(&self.address).ok()?;
        Some(url.origin().ascii_serialization())
    }
}

impl fmt::Display for HttpRepository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redact_url(&self.address))
    }
}

impl fmt::Debug for HttpRepository {
    /// Without credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpRepository({self}, {:?})", self.api)
    }
}

/// What is uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The archive, with its provenance file where one request carries both.
    Archive,
    /// The provenance file alone.
    Provenance,
}

/// Where the server keeps a repository.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) api: UploadApi,
    /// The address of the repository, without credentials.
    pub(super) url: Url,
    /// The part of its path that is the server's own: ChartMuseum's `--context-path`.
    pub(super) context: String,
}

impl Place {
    /// The name of an archive below the address of the repository.
    pub(super) fn object(&self, item: &Item) -> String {
        match self.api {
            UploadApi::ChartMuseum | UploadApi::GitLab => format!("charts/{}", item.file_name),
            UploadApi::Artifactory | UploadApi::Nexus | UploadApi::Gitea => item.file_name.clone(),
        }
    }

    /// The address of an archive.
    pub(super) fn archive(&self, item: &Item) -> Url {
        below(&self.files(), &self.object(item))
    }

    /// The address of a provenance file.
    pub(super) fn provenance(&self, item: &Item) -> Url {
        below(&self.files(), &format!("{}.prov", self.object(item)))
    }

    /// Whether the server keeps provenance files.
    pub(super) const fn keeps_provenance(&self) -> bool {
        !matches!(self.api, UploadApi::GitLab | UploadApi::Gitea)
    }

    /// Whether the provenance file goes with the archive in one request.
    pub(super) const fn is_one_request(&self) -> bool {
        matches!(self.api, UploadApi::ChartMuseum)
    }

    /// Whether the server itself refuses an archive that it has; the others replace it or keep both.
    pub(super) const fn guards(&self) -> bool {
        matches!(self.api, UploadApi::ChartMuseum | UploadApi::Gitea)
    }

    /// Where files are. Artifactory's address for Helm, `/artifactory/api/helm/NAME`, is for reading.
    fn files(&self) -> Url {
        let mut url = self.url.clone();
        if self.api == UploadApi::Artifactory {
            url.set_path(&self.url.path().replacen("/api/helm/", "/", 1));
        }
        url
    }

    /// The address of the server's API for uploads.
    fn uploads(&self, name: &str) -> Url {
        let path = self.url.path().trim_end_matches('/');
        let mut url = self.url.clone();
        match self.api {
            UploadApi::ChartMuseum => {
                let context = self.context.trim_end_matches('/');
                let rest = path.strip_prefix(context).unwrap_or(path);
                url.set_path(&format!("{context}/api{rest}/{name}"));
            }
            UploadApi::GitLab => {
                // …/packages/helm/CHANNEL
                let (directory, channel) = path.rsplit_once('/').unwrap_or((path, "stable"));
                url.set_path(&format!("{directory}/api/{channel}/{name}"));
            }
            UploadApi::Gitea | UploadApi::Artifactory | UploadApi::Nexus => {
                url.set_path(&format!("{path}/api/{name}"));
            }
        }
        url
    }

    /// The request that uploads a part of an item. It is not sent again by itself, since the answer to the second could be about the
    /// first.
    pub(super) fn upload(&self, item: &Item, part: Part, is_forced: bool) -> HttpRequest {
        let provenance = item.provenance.as_deref().filter(|_| self.keeps_provenance());
        let mut request = match (self.api, part) {
            (UploadApi::Artifactory | UploadApi::Nexus, Part::Archive) => {
                self.put(self.archive(item), ARCHIVE, &item.archive)
            }
            (UploadApi::Artifactory | UploadApi::Nexus, Part::Provenance) => {
                self.put(self.provenance(item), PROVENANCE, provenance.unwrap_or_default())
            }
            (UploadApi::ChartMuseum, Part::Provenance) => post(
                self.uploads("prov"),
                PROVENANCE,
                provenance.unwrap_or_default().to_vec(),
            ),
            (UploadApi::ChartMuseum, Part::Archive) if let Some(provenance) = provenance => Form::new()
                .with_file("chart", &item.file_name, ARCHIVE, &item.archive)
                .with_file("prov", &format!("{}.prov", item.file_name), PROVENANCE, provenance)
                .post(self.uploads("charts")),
            (UploadApi::GitLab, _) => Form::new()
                .with_file("chart", &item.file_name, ARCHIVE, &item.archive)
                .post(self.uploads("charts")),
            (UploadApi::ChartMuseum | UploadApi::Gitea, _) => {
                post(self.uploads("charts"), ARCHIVE, item.archive.clone())
            }
        };
        if is_forced && self.api == UploadApi::ChartMuseum {
            request.url.query_pairs_mut().append_key_only("force");
        }
        request.is_repeated = false;
        request
    }

    fn put(&self, url: Url, media_type: &str, bytes: &[u8]) -> HttpRequest {
        let mut request = HttpRequest::new(Method::PUT, url, SETTINGS_BYTES).with_header(CONTENT_TYPE, media_type);
        if self.api == UploadApi::Artifactory {
            request = request.with_header(CHECKSUM, sha256_hex(bytes));
        }
        request.body = Some(bytes.to_vec());
        request
    }

    /// A request that writes nothing, and is refused where we may not write; `None` where there is none. `nothing` is a digest that
    /// nothing has.
    pub(super) fn question(&self, item: &Item, nothing: &str) -> Option<HttpRequest> {
        match self.api {
            UploadApi::ChartMuseum | UploadApi::GitLab | UploadApi::Gitea => {
                Some(post(self.uploads("charts"), ARCHIVE, Vec::new()))
            }
            UploadApi::Artifactory => {
                let mut request = HttpRequest::new(Method::PUT, self.archive(item), SETTINGS_BYTES)
                    .with_header(CHECKSUM_DEPLOY, "true")
                    .with_header(CHECKSUM, nothing);
                request.body = Some(Vec::new());
                Some(request)
            }
            UploadApi::Nexus => None,
        }
    }
}

fn post(url: Url, media_type: &str, body: Vec<u8>) -> HttpRequest {
    let mut request = HttpRequest::new(Method::POST, url, SETTINGS_BYTES).with_header(CONTENT_TYPE, media_type);
    request.body = Some(body);
    request
}

/// A file below an address, whose query it gets: that of a signed address opens all of it.
fn below(url: &Url, name: &str) -> Url {
    let mut url = url.clone();
    // All else that a path cannot have is escaped below.
    let name = name.replace('%', "%25");
    let path = format!("{}/{name}", url.path().trim_end_matches('/'));
    url.set_path(&path);
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::chart::Metadata;

    fn item() -> Item {
        Item {
            metadata: Metadata::default(),
            file_name: "web-1.0.0+b.1.tgz".to_owned(),
            archive: b"archive".to_vec(),
            provenance: Some(b"signature".to_vec()),
        }
    }

    #[test]
    fn what_looks_like_the_host_is_the_host() {
        for (address, reason) in [
            ("https://h\\@evil/x", "it has a `\\`"),
            ("https://h/a\\b", "it has a `\\`"),
            ("https://h/x#y", "it has a `#`"),
        ] {
            let error = HttpRepository::parse(address).unwrap_err();
            assert!(error.reason.starts_with(reason), "{address}: {}", error.reason);
        }
        assert!(HttpRepository::parse("https://h/a@b").is_ok());
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of requests")]
    fn each_server_is_sent_what_it_accepts() {
        for (api, address, context, part, is_forced, want) in [
            (
                UploadApi::ChartMuseum,
                "http://h",
                "",
                Part::Archive,
                false,
                "POST http://h/api/charts",
            ),
            (
                UploadApi::ChartMuseum,
                "http://h/a/b/",
                "",
                Part::Archive,
                true,
                "POST http://h/api/a/b/charts?force",
            ),
            (
                UploadApi::ChartMuseum,
                "http://h/v1/a",
                "/v1",
                Part::Archive,
                false,
                "POST http://h/v1/api/a/charts",
            ),
            (
                UploadApi::ChartMuseum,
                "http://h/v1",
                "/v1/",
                Part::Provenance,
                false,
                "POST http://h/v1/api/prov",
            ),
            (
                UploadApi::Artifactory,
                "http://h/artifactory/api/helm/charts",
                "",
                Part::Archive,
                true,
                "PUT http://h/artifactory/charts/web-1.0.0+b.1.tgz",
            ),
            (
                UploadApi::Artifactory,
                "http://h/artifactory/charts/dir",
                "",
                Part::Provenance,
                false,
                "PUT http://h/artifactory/charts/dir/web-1.0.0+b.1.tgz.prov",
            ),
            (
                UploadApi::Nexus,
                "http://h/repository/charts/?x=y",
                "",
                Part::Archive,
                false,
                "PUT http://h/repository/charts/web-1.0.0+b.1.tgz?x=y",
            ),
            (
                UploadApi::GitLab,
                "http://h/api/v4/projects/a%2Fb/packages/helm/stable",
                "",
                Part::Archive,
                true,
                "POST http://h/api/v4/projects/a%2Fb/packages/helm/api/stable/charts",
            ),
            (
                UploadApi::Gitea,
                "http://h/api/packages/me/helm",
                "",
                Part::Archive,
                false,
                "POST http://h/api/packages/me/helm/api/charts",
            ),
        ] {
            let place = Place {
                api,
                url: Url::parse(address).unwrap(),
                context: context.to_owned(),
            };
            let request = place.upload(&item(), part, is_forced);
            assert_eq!(format!("{} {}", request.method, request.url), want);
            let has_checksum = request.headers.iter().any(|(name, _)| *name == CHECKSUM);
            assert_eq!(has_checksum, api == UploadApi::Artifactory, "{want}");
            assert!(!request.is_repeated, "{want}");
        }
    }

    #[test]
    fn a_file_of_any_name_is_below_its_repository() {
        let repository = Url::parse("https://h/charts/?x=y").unwrap();
        for (name, want) in [
            ("web-1.0.0+b.1.tgz", "https://h/charts/web-1.0.0+b.1.tgz?x=y"),
            ("a%2fb.tgz", "https://h/charts/a%252fb.tgz?x=y"),
            ("a#b?c d.tgz", "https://h/charts/a%23b%3Fc%20d.tgz?x=y"),
            ("%2e%2e.tgz", "https://h/charts/%252e%252e.tgz?x=y"),
        ] {
            assert_eq!(below(&repository, name).as_str(), want);
        }
    }

    #[test]
    fn addresses_are_shown_without_credentials() {
        let repository = HttpRepository::parse("https://me:hunter2@h/charts/").unwrap();
        assert_eq!(repository.to_string(), "https://h/charts");
        let error = HttpRepository::parse("https://me:hunter2@").unwrap_err().to_string();
        let shown = format!("{repository:?} {error}");
        assert!(!shown.contains("hunter2"), "{shown}");
        assert_eq!(repository.host().as_deref(), Some("https://h"));
        for text in ["https://", "https://h/#x"] {
            assert!(HttpRepository::parse(text).is_err(), "{text}");
        }
    }
}
