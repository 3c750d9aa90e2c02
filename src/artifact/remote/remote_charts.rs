//! The charts of all repositories of a run, by the repository's URL: [`ChartSource`] over HTTP, registries, files and object stores.
//!
//! The index of a repository is fetched once, and the versions of a chart are read from its text once. An archive whose digest is
//! known is looked for in the cache first; one that is fetched must have the digest that the index lists.

use std::fmt;
use std::sync::Arc;

use crate::artifact::credential::{CertificateFiles, Login, RepositoryEntry};
use crate::artifact::network::{TlsSettings, Url};
use crate::artifact::oci::{OciReference, Registry, tag_of};
use crate::artifact::repository::INDEX;
use crate::artifact::repository::{IndexError, IndexReader, ListedEntry};
use crate::text::limits::SETTINGS_BYTES;
use crate::text::redact::redact_url;
use crate::text::sha256::sha256_hex;

use super::archive_cache::ArchiveCache;
use super::chart_source::{ChartSource, FetchedChart, ListedVersion, SourceError};
use super::choose_version::no_version;
use super::connections::{Access, Connections, Wanted, status_error};
use super::once_map::OnceMap;
use super::registry_charts::{NamedBy, chart_in_registry};
use super::remote_settings::RemoteSettings;
use super::resolve_url::{percent_decoded, resolve};
use super::stored_repository::StoredRepository;

/// How archives begin.
const GZIP_START: &[u8] = &[0x1f, 0x8b];
/// The text of an index, where its charts are, and the versions that were read from it.
struct LoadedIndex {
    text: Vec<u8>,
    reader: IndexReader,
    charts: OnceMap<Result<Vec<ListedEntry>, SourceError>>,
}

/// Charts by the URL of their repository.
pub struct RemoteCharts {
    pub(super) settings: RemoteSettings,
    cache: Option<ArchiveCache>,
    pub(super) connections: Connections,
    indexes: OnceMap<Result<Arc<LoadedIndex>, SourceError>>,
    pub(super) registries: OnceMap<Result<Arc<Registry>, SourceError>>,
    pub(super) tags: OnceMap<Result<Vec<ListedVersion>, SourceError>>,
}

impl fmt::Debug for RemoteCharts {
    /// Without the indexes, whose addresses may be signed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteCharts")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl RemoteCharts {
    /// Charts of all repositories. Nothing is read or sent yet.
    pub fn new(settings: RemoteSettings) -> Self {
        let stores = &settings.stores;
        Self {
            connections: Connections::new(stores.network.clone(), stores.retry, Arc::clone(&stores.clock)),
            cache: settings.cache.clone().map(ArchiveCache::new),
            indexes: OnceMap::default(),
            registries: OnceMap::default(),
            tags: OnceMap::default(),
            settings,
        }
    }

    /// What the user should know besides the result, a line each. They are given once.
    pub fn take_notes(&self) -> Vec<String> {
        self.connections.notes.take()
    }

    /// The archive with a digest, if the cache has it.
    pub fn cached(&self, digest: &str) -> Option<Vec<u8>> {
        self.cache.as_ref()?.get(digest)
    }

    /// The address of the repository that has a name in Helm's list.
    pub fn address_of(&self, name: &str) -> Option<String> {
        Some(self.settings.repositories.get(name).ok()?.url.clone())
    }

    /// The address behind `@name` or `alias:name`; any other text is an address already.
    ///
    /// # Errors
    /// When Helm's list has no repository of that name.
    pub fn resolve_alias(&self, repository: &str) -> Result<String, SourceError> {
        let resolved = self.settings.repositories.resolve_alias(repository);
        resolved
            .map(str::to_owned)
            .map_err(|error| SourceError::new(error).with_hint("add it with `helm repo add NAME URL`"))
    }

    /// Whether the address can be that of a repository, and the name that of a chart in it.
    ///
    /// # Errors
    /// When one of them cannot be.
    pub(super) fn check_chart(&self, repository: &str, chart: &str) -> Result<(), SourceError> {
        let checked = if is_oci(repository) {
            chart_in_registry(repository, chart).map(drop)
        } else if is_http(repository) {
            parse(repository).map(drop)
        } else {
            self.stored(repository).map(drop)
        };
        checked.map_err(|error| SourceError {
            is_usage: true,
            ..error
        })
    }

    /// Fetches an archive by its own address, `https://…/web-1.0.0.tgz`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn fetch_address(&self, address: &str) -> Result<FetchedChart, SourceError> {
        let url = parse(address)?;
        let access = self.access(address, self.settings.repositories.above(&url))?;
        self.fetch_from(&access, address, None)
    }

    /// What opens the repository at an address.
    fn access(&self, address: &str, entry: Option<&RepositoryEntry>) -> Result<Access, SourceError> {
        let mut url = parse(address)?;
        let user = (url.username().to_owned(), url.password().map(str::to_owned));
        // Both fail for addresses without a host only, which have neither.
        let _removed = url.set_username("").and_then(|()| url.set_password(None));
        let in_address = user
            .1
            .as_deref()
            .map(|password| Login::new(&percent_decoded(&user.0), &percent_decoded(password)));
        let settings = &self.settings;
        let of_entry = entry.and_then(|entry| entry.login.clone());
        let passes = match entry {
            Some(entry) if of_entry.is_some() => entry.passes_credentials,
            _ => settings.passes_credentials,
        };
        let certificates = entry
            .map(|entry| &entry.certificates)
            .filter(|certificates| **certificates != CertificateFiles::default())
            .unwrap_or(&settings.certificates);
        Ok(Access {
            url,
            login: of_entry.or_else(|| settings.login.clone()).or(in_address),
            tls: certificates.read().map_err(SourceError::new)?,
            passes_credentials: passes,
        })
    }

    /// What opens a repository that charts are uploaded to. The login of the environment comes after those of Helm's list and the
    /// flags.
    pub(super) fn upload_access(&self, repository: &str) -> Result<Access, SourceError> {
        let access = self.http_access(repository)?;
        if access.login.is_some() {
            return Ok(access);
        }
        let login = self.settings.uploads.login.clone().map_err(SourceError::new)?;
        Ok(Access { login, ..access })
    }

    fn http_access(&self, repository: &str) -> Result<Access, SourceError> {
        self.access(repository, self.settings.repositories.at(repository))
    }

    fn stored(&self, repository: &str) -> Result<StoredRepository, SourceError> {
        StoredRepository::new(repository, &self.settings.base, self.settings.stores.clone())
    }

    fn index(&self, repository: &str) -> Result<Arc<LoadedIndex>, SourceError> {
        self.indexes.get_or_make(repository.trim_end_matches('/'), || {
            let text = self.index_text(repository)?;
            Ok(Arc::new(LoadedIndex {
                reader: IndexReader::open(&text).map_err(|error| broken(repository, &error))?,
                text,
                charts: OnceMap::default(),
            }))
        })
    }

    fn index_text(&self, repository: &str) -> Result<Vec<u8>, SourceError> {
        let shown = redact_url(repository);
        let what = format!("{shown} is not a chart repository, or cannot be read");
        if is_http(repository) {
            let access = self.http_access(repository)?;
            let url = resolve(&access.url, INDEX).map_err(SourceError::new)?;
            let answer = self
                .connections
                .get(&access, &url, Wanted::Index, self.settings.limits.index)?;
            if !answer.is_success() {
                return Err(status_error(&answer, &what));
            }
            return Ok(answer.body);
        }
        let text = self.stored(repository)?.read(INDEX, self.settings.limits.index)?;
        text.ok_or_else(|| SourceError::missing(format!("{shown} is not a chart repository: it has no {INDEX}")))
    }

    /// The names of the charts of a repository.
    pub(super) fn chart_names(&self, repository: &str) -> Result<Vec<String>, SourceError> {
        Ok(self.index(repository)?.reader.charts().map(str::to_owned).collect())
    }

    pub(super) fn indexed(&self, repository: &str, chart: &str) -> Result<Vec<ListedEntry>, SourceError> {
        let index = self.index(repository)?;
        index.charts.get_or_make(chart, || {
            let shown = redact_url(repository);
            let versions = index
                .reader
                .versions(&index.text, chart)
                .map_err(|error| broken(repository, &error))?;
            versions
                .filter(|versions| !versions.is_empty())
                .ok_or_else(|| SourceError::missing(format!("{shown} does not have a chart `{chart}`")))
        })
    }

    /// The addresses of a version, resolved; one that is not an address stays as it is written.
    fn resolved(&self, repository: &str, urls: &[String]) -> Result<Vec<String>, SourceError> {
        if is_http(repository) {
            let access = self.http_access(repository)?;
            let full = |url: &String| resolve(&access.url, url).map_or_else(|_| url.clone(), |url| url.to_string());
            return Ok(urls.iter().map(full).collect());
        }
        let stored = self.stored(repository)?;
        Ok(urls.iter().map(|url| stored.resolve(url)).collect())
    }

    /// Fetches the archive at an address that an index of the repository behind `access` names.
    fn fetch_from(&self, access: &Access, address: &str, digest: Option<&str>) -> Result<FetchedChart, SourceError> {
        let url = parse(address)?;
        let shown = redact_url(address);
        let cached = digest.and_then(|digest| self.cached(digest));
        let is_cached = cached.is_some();
        let archive = if let Some(archive) = cached {
            archive
        } else {
            let limit = self.settings.limits.archive;
            let answer = self.connections.get(access, &url, Wanted::Archive, limit)?;
            if !answer.is_success() {
                return Err(status_error(&answer, "the archive cannot be fetched"));
            }
            answer.body
        };
        let provenance = if self.settings.with_provenance {
            let mut url = url.clone();
            url.set_path(&format!("{}.prov", url.path()));
            let answer = self.connections.get(access, &url, Wanted::Provenance, SETTINGS_BYTES)?;
            match answer.status {
                404 | 410 => None,
                _ if answer.is_success() => Some(answer.body),
                _ => return Err(status_error(&answer, "the provenance file cannot be fetched")),
            }
        } else {
            None
        };
        let fetched = FetchedChart {
            digest: sha256_hex(&archive),
            manifest: None,
            archive,
            url: shown,
            provenance,
        };
        if is_cached {
            Ok(fetched)
        } else {
            self.verified(fetched, digest)
        }
    }

    /// What was fetched, if it has the digest that it should have. It is kept for other runs.
    pub(super) fn verified(&self, fetched: FetchedChart, listed: Option<&str>) -> Result<FetchedChart, SourceError> {
        let FetchedChart { url, digest, .. } = &fetched;
        if let Some(listed) = listed.filter(|listed| listed != digest) {
            return Err(SourceError::new(format!(
                "{url} has the SHA-256 digest {digest}, but the repository lists {listed}: it was replaced, or is not what was published"
            )));
        }
        if !fetched.archive.starts_with(GZIP_START) {
            return Err(SourceError::new(format!(
                "{url} is not a chart's archive: it does not begin as gzip does"
            ))
            .with_hint("the address may lead to a page that asks for a login"));
        }
        if let Some(cache) = &self.cache {
            cache.put(digest, &fetched.archive);
        }
        Ok(fetched)
    }

    /// Fetches what the index of a stored repository names.
    fn fetch_stored(&self, repository: &str, address: &str, digest: Option<&str>) -> Result<FetchedChart, SourceError> {
        let stored = self.stored(repository)?;
        let names = stored.names(address);
        let Some(first) = names.first() else {
            return Err(foreign(repository, address));
        };
        let shown = redact_url(address);
        let cached = digest.and_then(|digest| self.cached(digest));
        let is_cached = cached.is_some();
        let (name, archive) = match cached {
            Some(archive) => (stored.existing(&names).unwrap_or(first), archive),
            None => stored
                .read_first(&names, "", self.settings.limits.archive)?
                .ok_or_else(|| SourceError::missing(format!("{shown} does not exist, although the index lists it")))?,
        };
        let provenance = if self.settings.with_provenance {
            let found = stored.read_first(&names, ".prov", SETTINGS_BYTES)?;
            found.map(|(_, provenance)| provenance)
        } else {
            None
        };
        let fetched = FetchedChart {
            digest: sha256_hex(&archive),
            manifest: None,
            archive,
            url: stored.address(name),
            provenance,
        };
        if is_cached {
            Ok(fetched)
        } else {
            self.verified(fetched, digest)
        }
    }
}

impl ChartSource for RemoteCharts {
    fn versions(&self, repository: &str, chart: &str) -> Result<Vec<ListedVersion>, SourceError> {
        if is_oci(repository) {
            return self.tagged(&chart_in_registry(repository, chart)?);
        }
        let indexed = self.indexed(repository, chart)?;
        let listed = indexed.into_iter().map(|one| {
            Ok(ListedVersion {
                urls: self.resolved(repository, &one.urls)?,
                digest: one.digest.as_deref().and_then(plain_digest),
                version: one.version,
            })
        });
        listed.collect()
    }

    fn fetch(&self, repository: &str, chart: &str, version: &str) -> Result<FetchedChart, SourceError> {
        if is_oci(repository) {
            let reference = OciReference {
                tag: Some(tag_of(version)),
                ..chart_in_registry(repository, chart)?
            };
            return self.fetch_reference(&reference);
        }
        let shown = redact_url(repository);
        let indexed = self.indexed(repository, chart)?;
        let listed = || indexed.iter().map(|one| one.version.clone()).collect();
        let found = indexed.iter().find(|one| one.version == version);
        let found = found.ok_or_else(|| no_version(&format!("`{chart}` of {shown}"), version, listed()))?;
        let digest = found.digest.as_deref().and_then(plain_digest);
        if let (Some(listed), None) = (&found.digest, &digest) {
            return Err(SourceError::new(format!(
                "{shown} lists {chart} {version} with the digest `{listed}`, which is not a SHA-256 digest"
            )));
        }
        // Helm uses the first as well.
        let urls = self.resolved(repository, &found.urls)?;
        let Some(address) = urls.first() else {
            return Err(SourceError::new(format!(
                "{shown} lists {chart} {version} without an address"
            )));
        };
        match address.split("://").next() {
            Some("http" | "https") => {
                let access = if is_http(repository) {
                    self.http_access(repository)?
                } else {
                    // The index of a store has no credentials sent anywhere.
                    Access {
                        url: parse(address)?,
                        login: None,
                        tls: TlsSettings::default(),
                        passes_credentials: false,
                    }
                };
                self.fetch_from(&access, address, digest.as_deref())
            }
            Some("oci") => {
                let reference = OciReference::parse(address).map_err(SourceError::new)?;
                self.fetch_tagged(&reference, NamedBy::Index, digest.as_deref())
            }
            _ if is_http(repository) => Err(foreign(repository, address)),
            _ => self.fetch_stored(repository, address, digest.as_deref()),
        }
    }
}

fn broken(repository: &str, error: &IndexError) -> SourceError {
    SourceError::new(format!("{} is not a chart repository: {error}", redact_url(repository)))
}

/// An address of another kind in an index: it would have us read files of this machine, or objects of other buckets.
fn foreign(repository: &str, address: &str) -> SourceError {
    SourceError::new(format!(
        "the index of {} names the archive {}, which is not below the repository, nor an address of http, https or oci",
        redact_url(repository),
        redact_url(address)
    ))
}

fn is_oci(address: &str) -> bool {
    address.starts_with("oci://")
}

fn is_http(address: &str) -> bool {
    let scheme = address.split_once("://").map_or("", |(scheme, _)| scheme);
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

fn parse(address: &str) -> Result<Url, SourceError> {
    Url::parse(address).map_err(|error| SourceError::new(format!("`{}` is not a URL: {error}", redact_url(address))))
}

/// The hexadecimal digits of a digest that may begin with `sha256:`, in lower case.
fn plain_digest(text: &str) -> Option<String> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    let is_digest = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| digits.to_ascii_lowercase())
}
