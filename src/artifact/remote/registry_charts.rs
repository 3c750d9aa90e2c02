//! The registries among the repositories of a run: their tags as versions, and charts by tag or digest.

use std::sync::Arc;

use crate::artifact::oci::{OciError, OciReference, PullOptions, Registry, RegistrySettings, hex, version_of};
use crate::text::semver::{Version, sort_newest_first};

use super::chart_source::{FetchedChart, ListedVersion, SourceError};
use super::choose_version::no_version;
use super::remote_charts::RemoteCharts;

/// Who named an address, and so which credentials it may get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NamedBy {
    /// The user, or a chart that the user named.
    User,
    /// The index of another server.
    Index,
}

impl RemoteCharts {
    /// The registry of a host that the user names, for what is written to it.
    ///
    /// # Errors
    /// When the host is not one, or certificates cannot be used.
    pub fn registry_of(&self, host: &str) -> Result<Arc<Registry>, SourceError> {
        self.registry(host, NamedBy::User)
    }

    /// The registry of a host.
    fn registry(&self, host: &str, named: NamedBy) -> Result<Arc<Registry>, SourceError> {
        let settings = &self.settings;
        let gets_login = named == NamedBy::User || settings.passes_credentials;
        self.registries.get_or_make(&format!("{gets_login} {host}"), || {
            let tls = settings.certificates.read().map_err(SourceError::new)?;
            let logins = settings.registries.clone();
            let registry = Registry::new(
                host,
                RegistrySettings {
                    client: self.connections.client(&tls)?,
                    logins: if gets_login { logins } else { logins.without_given() },
                    plain_http: settings.plain_http,
                    notes: Arc::clone(&self.connections.notes),
                },
            );
            Ok(Arc::new(registry.map_err(SourceError::from)?))
        })
    }

    /// The versions among the tags of a chart, newest first: the order of a registry has no meaning.
    pub(super) fn tagged(&self, reference: &OciReference) -> Result<Vec<ListedVersion>, SourceError> {
        self.tags.get_or_make(&reference.to_string(), || {
            let registry = self.registry(&reference.host, NamedBy::User)?;
            let tags = registry
                .tags(&reference.repository)
                .map_err(|error| not_found(error, &reference.without_tag()))?;
            let versions = tags.iter().map(|tag| version_of(tag));
            let listed = versions
                .filter(|version| Version::parse_strict(version).is_ok())
                .map(|version| ListedVersion {
                    version,
                    digest: None,
                    urls: Vec::new(),
                });
            let listed = sort_newest_first(listed.collect(), |one: &ListedVersion| one.version.clone());
            if listed.is_empty() {
                return Err(
                    SourceError::missing(format!("{reference} has no tag that is a version")).with_hint(CHECK_ADDRESS),
                );
            }
            Ok(listed)
        })
    }

    /// Fetches a chart by its address in a registry, which has a tag or a digest.
    ///
    /// # Errors
    /// When it cannot be read, or is not a chart.
    pub fn fetch_reference(&self, reference: &OciReference) -> Result<FetchedChart, SourceError> {
        self.fetch_tagged(reference, NamedBy::User, None)
    }

    pub(super) fn fetch_tagged(
        &self,
        reference: &OciReference,
        named: NamedBy,
        listed: Option<&str>,
    ) -> Result<FetchedChart, SourceError> {
        let Some(tag_or_digest) = reference.digest.as_ref().or(reference.tag.as_ref()) else {
            return Err(SourceError::new(format!("{reference} has neither a tag nor a digest")));
        };
        let options = PullOptions {
            with_provenance: self.settings.with_provenance,
            cached: &|digest| self.cached(digest),
            limit: self.settings.limits.archive,
        };
        let registry = self.registry(&reference.host, named)?;
        let pulled = registry
            .pull_chart(&reference.repository, tag_or_digest, &options)
            .map_err(|error| self.missing(error, reference, named))?;
        let fetched = FetchedChart {
            archive: pulled.archive,
            digest: pulled.digest,
            manifest: Some(hex(&pulled.manifest)),
            url: reference.to_string(),
            provenance: pulled.provenance,
        };
        self.verified(fetched, listed)
    }

    /// What a registry does not have, in words: the chart, its version, or a part of it. One more question finds out which.
    fn missing(&self, error: OciError, reference: &OciReference, named: NamedBy) -> SourceError {
        if !error.is_missing() {
            return error.into();
        }
        let chart = reference.without_tag();
        let tags = match self.registry(&reference.host, named) {
            Ok(registry) => registry.tags(&reference.repository),
            Err(error) => return error,
        };
        match (tags, &reference.tag, &reference.digest) {
            (Err(missing), ..) if missing.is_missing() => not_found(missing, &chart),
            (Ok(tags), Some(tag), None) if !tags.contains(tag) => {
                let versions = tags.iter().map(|tag| version_of(tag));
                let versions = versions.filter(|version| Version::parse_strict(version).is_ok());
                let versions: Vec<String> = versions.collect();
                if versions.is_empty() {
                    let what = format!("{reference} does not exist, and {chart} has no tag that is a version");
                    return SourceError::missing(what).with_hint(CHECK_ADDRESS);
                }
                no_version(&chart.to_string(), &version_of(tag), versions)
            }
            (Ok(_), _, Some(digest)) => {
                SourceError::missing(format!("{chart} does not have the manifest {digest}, or a part of it"))
                    .with_hint("leave the digest out to fetch what the tag has now")
            }
            // The tags cannot be read, or the tag is there and a part of it is not.
            _ => error.into(),
        }
    }
}

/// What to do about a chart that a registry does not have.
const CHECK_ADDRESS: &str = "check the address: oci://host/path/name, or the name with --repo oci://host/path; `chartwright repo list oci://host/path` lists what is below it";

/// A chart that a registry does not have in any version.
fn not_found(error: OciError, chart: &OciReference) -> SourceError {
    if error.is_missing() {
        SourceError::missing(format!("the registry does not have the chart {chart}")).with_hint(CHECK_ADDRESS)
    } else {
        error.into()
    }
}

/// The address of a chart in a registry.
pub(super) fn chart_in_registry(repository: &str, chart: &str) -> Result<OciReference, SourceError> {
    OciReference::parse(repository)
        .and_then(|reference| reference.join(chart))
        .map_err(SourceError::new)
}
