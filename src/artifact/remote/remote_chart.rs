//! A chart as users name it on the command line, `repo/name`, `oci://…`, `https://….tgz` or a name with `--repo`, to its archive.
//! Follows Helm's `ResolveChartVersion` and `FindChartInRepoURL`; indexes are read from the repository, not from Helm's cache.

use crate::artifact::network::Url;
use crate::artifact::oci::{OciReference, tag_of, version_of};
use crate::artifact::package::{Keyring, ProvenanceError, Verified, verify};
use crate::engine::chart::{Metadata, is_file_name, load_files, read_archive};
use crate::text::semver::Version;

use super::chart_name::RemoteName;
use super::chart_source::{ChartSource as _, FetchedChart, SourceError};
use super::choose_version::{choose_version, parse_range};
use super::remote_charts::RemoteCharts;
use super::resolve_url::{file_name, last_name};

/// The range of `--devel`: pre-releases too.
const DEVELOPMENT: &str = ">0.0.0-0";

/// A chart that a user asks for.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChartRequest<'r> {
    /// `repo/name`, `oci://…`, `https://….tgz`, or a name where the repository is given.
    pub reference: &'r str,
    /// The address of its repository, `--repo`.
    pub repository: Option<&'r str>,
    /// A version or a range of versions.
    pub version: Option<&'r str>,
    /// Whether pre-releases are chosen where no version is given.
    pub is_devel: bool,
}

/// A chart that was fetched for a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteChart {
    /// The archive, and where it came from.
    pub fetched: FetchedChart,
    /// The name under which it is saved: a plain name.
    pub file_name: String,
    /// The name and the version that the repository has it under, where it was found by them.
    listed: Option<(String, String)>,
}

/// Why the signature of a chart that was fetched is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// There is none.
    #[error("{url} has no provenance file")]
    None {
        /// The chart.
        url: String,
    },
    /// It is not that of the archive, or of a key that is trusted.
    #[error("{url}: {source}")]
    Provenance {
        /// The chart.
        url: String,
        /// Why.
        source: ProvenanceError,
    },
}

impl RemoteChart {
    /// Says so if the archive is another chart, or another version, than its repository lists it as. Helm takes it without a word.
    pub fn contradiction(&self, metadata: &Metadata) -> Option<String> {
        let (name, version) = self.listed.as_ref()?;
        let is_same = metadata.name == *name && metadata.version == *version;
        (!is_same).then(|| {
            format!(
                "{} is {} {}, which the repository lists as {name} {version}",
                self.fetched.url, metadata.name, metadata.version
            )
        })
    }

    /// The same, as what the repository has under a name and a version.
    fn listed_as(self, name: &str, version: &str) -> Self {
        let name = name.rsplit('/').next().unwrap_or_default().to_owned();
        Self {
            listed: Some((name, version.to_owned())),
            ..self
        }
    }

    /// The provenance file that was fetched with the archive.
    ///
    /// # Errors
    /// When there is none.
    pub fn provenance(&self) -> Result<&[u8], SignatureError> {
        let provenance = self.fetched.provenance.as_deref();
        provenance.ok_or_else(|| SignatureError::None {
            url: self.fetched.url.clone(),
        })
    }

    /// Who signed the archive, by the provenance file that was fetched with it; `now` is in seconds since 1970.
    ///
    /// # Errors
    /// When there is no provenance file, or it is not of this archive and of a key of the keyring.
    pub fn verify(&self, keyring: &Keyring, now: u64) -> Result<Verified, SignatureError> {
        let FetchedChart { archive, url, .. } = &self.fetched;
        verify(archive, &self.file_name, self.provenance()?, keyring, now).map_err(|source| {
            SignatureError::Provenance {
                url: url.clone(),
                source,
            }
        })
    }
}

impl ChartRequest<'_> {
    /// Whether the reference can be a chart of a repository, and the version one or a range of them. Nothing is sent.
    ///
    /// # Errors
    /// When one of them cannot be, or Helm's list does not have the repository.
    pub fn check(&self, charts: &RemoteCharts) -> Result<(), SourceError> {
        let name = RemoteName::parse(self.reference, self.repository)?;
        if let Some(wanted) = self.wanted() {
            parse_range(wanted)?;
        }
        match name {
            RemoteName::InRepository { repository, chart } => {
                charts.check_chart(&charts.resolve_alias(repository)?, chart)
            }
            RemoteName::Listed { repository, chart } => {
                charts.check_chart(&charts.resolve_alias(&format!("@{repository}"))?, chart)
            }
            RemoteName::InRegistry(_) => self.in_registry().map(drop),
            RemoteName::AtAddress(_) => Ok(()),
        }
    }

    /// The address of a chart in a registry, with the tag or the digest that it names.
    fn in_registry(&self) -> Result<OciReference, SourceError> {
        let reference = OciReference::parse(self.reference).map_err(SourceError::usage)?;
        if reference.repository.is_empty() {
            return Err(SourceError::usage(format!("{reference} does not name a chart"))
                .with_hint("write oci://host/path/name"));
        }
        match (&reference.tag, self.version.filter(|version| !version.is_empty())) {
            (Some(tag), Some(version)) if *tag != tag_of(version) => Err(SourceError::usage(format!(
                "{reference} and --version {version} are different versions"
            ))),
            _ => Ok(reference),
        }
    }

    /// Whether the reference could as well be a path of this machine.
    pub fn may_be_path(&self) -> bool {
        RemoteName::parse(self.reference, self.repository).is_ok_and(|name| name.may_be_path())
    }

    /// The address of the repository or archive that the chart is fetched from, if the reference leads to one.
    pub fn address(&self, charts: &RemoteCharts) -> Option<String> {
        match RemoteName::parse(self.reference, self.repository).ok()? {
            RemoteName::InRepository { repository, .. } => charts.resolve_alias(repository).ok(),
            RemoteName::Listed { repository, .. } => charts.address_of(repository),
            RemoteName::InRegistry(_) | RemoteName::AtAddress(_) => Some(self.reference.to_owned()),
        }
    }

    fn wanted(&self) -> Option<&str> {
        let given = self.version.filter(|version| !version.is_empty());
        given.or(self.is_devel.then_some(DEVELOPMENT))
    }
}

/// Fetches a chart.
///
/// # Errors
/// When the repository is not known or cannot be read, or does not have the chart or a version that fits.
pub fn remote_chart(charts: &RemoteCharts, request: &ChartRequest<'_>) -> Result<RemoteChart, SourceError> {
    request.check(charts)?;
    match RemoteName::parse(request.reference, request.repository)? {
        RemoteName::InRepository { repository, chart } => {
            let repository = charts.resolve_alias(repository)?;
            from_repository(charts, &repository, chart, request)
        }
        RemoteName::Listed { repository, chart } => {
            let repository = charts.resolve_alias(&format!("@{repository}"))?;
            from_repository(charts, &repository, chart, request)
        }
        RemoteName::InRegistry(_) => from_registry(charts, request),
        RemoteName::AtAddress(address) => with_name(charts.fetch_address(address)?),
    }
}

/// A chart of a repository: the newest version that fits.
fn from_repository(
    charts: &RemoteCharts,
    repository: &str,
    chart: &str,
    request: &ChartRequest<'_>,
) -> Result<RemoteChart, SourceError> {
    let versions = charts.versions(repository, chart)?;
    let chosen = choose_version(chart, versions, request.wanted())?;
    let fetched = charts.fetch(repository, chart, &chosen.version)?;
    let found = if fetched.url.starts_with("oci://") {
        named_by_version(fetched, chart, &chosen.version)
    } else {
        with_name(fetched)
    };
    Ok(found?.listed_as(chart, &chosen.version))
}

/// A chart of a registry: by its digest, its tag, an exact version, or the newest version that fits.
fn from_registry(charts: &RemoteCharts, request: &ChartRequest<'_>) -> Result<RemoteChart, SourceError> {
    let mut reference = request.in_registry()?;
    let chart = reference.repository.rsplit('/').next().unwrap_or_default().to_owned();
    if reference.digest.is_none() && reference.tag.is_none() {
        let tag = match request.wanted() {
            Some(version) if Version::parse(version).is_ok() => tag_of(version),
            wanted => {
                let versions = charts.tagged(&reference)?;
                tag_of(&choose_version(&chart, versions, wanted)?.version)
            }
        };
        reference.tag = Some(tag);
    }
    let fetched = charts.fetch_reference(&reference)?;
    match &reference.tag {
        Some(tag) => {
            let version = version_of(tag);
            Ok(named_by_version(fetched, &chart, &version)?.listed_as(&chart, &version))
        }
        None => with_name(fetched),
    }
}

/// Saved as `NAME-VERSION.tgz`.
fn named_by_version(fetched: FetchedChart, chart: &str, version: &str) -> Result<RemoteChart, SourceError> {
    let file_name = format!("{}-{version}.tgz", chart.rsplit('/').next().unwrap_or_default());
    plain(file_name, fetched)
}

/// Saved under the last part of its address, as Helm does; otherwise after its Chart.yaml.
fn with_name(fetched: FetchedChart) -> Result<RemoteChart, SourceError> {
    let of_address = match fetched.url.split_once("://") {
        Some(("http" | "https", _)) => Url::parse(&fetched.url).ok().and_then(|url| file_name(&url)),
        // A directory may have any name, `#` for example.
        Some(("file" | "s3" | "gs", path)) => path.rsplit('/').next().and_then(last_name),
        _ => None,
    };
    if let Some(file_name) = of_address {
        return plain(file_name, fetched);
    }
    let chart = read_archive(&fetched.archive)
        .map_err(|error| error.to_string())
        .and_then(|files| load_files(files).map_err(|error| error.to_string()))
        .map_err(|error| SourceError::new(format!("{} is not a chart: {error}", fetched.url)))?;
    let (name, version) = (&chart.metadata.name, &chart.metadata.version);
    plain(format!("{name}-{version}.tgz"), fetched)
}

/// Refuses a name that would be saved elsewhere than in the directory it is saved to.
fn plain(file_name: String, fetched: FetchedChart) -> Result<RemoteChart, SourceError> {
    if !is_file_name(&file_name) {
        return Err(SourceError::new(format!(
            "{} would be saved as `{file_name}`, which is not the name of a file",
            fetched.url
        )));
    }
    Ok(RemoteChart {
        fetched,
        file_name,
        listed: None,
    })
}
