//! The archive of a dependency: from its repository, or packed from the directory beside the chart. What is not a chart, or not
//! the one that was asked for, is refused.

use std::path::Path;
use std::sync::Arc;

use crate::artifact::package::{TIME, pack_chart};
use crate::artifact::remote::ChartSource;
use crate::engine::chart::{
    LinkPolicy, SupplyDependencies, archive_name, files_with_dependencies, load_files, read_archive,
};
use crate::text::go::url;
use crate::text::sha256::sha256_hex;

use super::choose_version::is_registry;
use super::chosen::{Chosen, Origin};
use super::error::DependencyError;

/// An archive, ready to be written to `charts/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Its name in `charts/`.
    pub file_name: String,
    /// Its bytes.
    pub archive: Arc<[u8]>,
    /// Hex SHA-256 of the bytes.
    pub digest: String,
    /// Where it came from, without credentials: an address, or a directory.
    pub url: String,
    /// The version that the chart in it has.
    pub found: String,
}

/// Fetches or packs a dependency; none for one that is in `charts/` unpacked.
///
/// # Errors
/// When it cannot be had, or is another chart.
pub fn fetch(
    chosen: &Chosen,
    source: &dyn ChartSource,
    links: LinkPolicy,
    supply: &dyn SupplyDependencies,
) -> Result<Option<Fetched>, DependencyError> {
    match &chosen.origin {
        Origin::Unpacked => Ok(None),
        Origin::Neighbour(directory) => pack_neighbour(directory, links, supply).map(Some),
        Origin::Repository(repository) => fetch_from(repository, chosen, source).map(Some),
    }
}

fn fetch_from(repository: &str, chosen: &Chosen, source: &dyn ChartSource) -> Result<Fetched, DependencyError> {
    let fetched = source
        .fetch(repository, &chosen.name, &chosen.listed)
        .map_err(|source| DependencyError::Source {
            name: chosen.name.clone(),
            repository: repository.to_owned(),
            source,
        })?;
    let not_a_chart = |source| DependencyError::NotAChart {
        url: fetched.url.clone(),
        source,
    };
    let files = read_archive(&fetched.archive).map_err(|error| not_a_chart(error.into()))?;
    let chart = load_files(files).map_err(not_a_chart)?;
    if chart.name() != chosen.name {
        return Err(DependencyError::OtherChart {
            name: chosen.name.clone(),
            found: chart.name().to_owned(),
            url: fetched.url,
        });
    }
    Ok(Fetched {
        file_name: file_name(repository, &fetched.url, chosen),
        digest: sha256_hex(&fetched.archive),
        archive: fetched.archive.into(),
        url: fetched.url,
        found: chart.metadata.version,
    })
}

/// The name that Helm gives an archive in `charts/`: the last part of the path of its address. What could not be loaded from
/// there by that name, or is not one part of a path, gets the name of a package.
fn file_name(repository: &str, address: &str, chosen: &Chosen) -> String {
    let usual = || format!("{}-{}.tgz", chosen.name, chosen.version);
    if is_registry(repository) {
        return usual();
    }
    let Ok(parsed) = url::parse(address.as_bytes()) else {
        return usual();
    };
    let path = String::from_utf8(parsed.path).unwrap_or_default();
    let base = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let is_plain = !base.contains('\\') && !base.starts_with(['.', '_']) && !base.chars().any(char::is_control);
    if is_plain && base.strip_suffix(".tgz").is_some_and(|stem| !stem.is_empty()) {
        base.to_owned()
    } else {
        usual()
    }
}

fn pack_neighbour(
    directory: &Path,
    links: LinkPolicy,
    supply: &dyn SupplyDependencies,
) -> Result<Fetched, DependencyError> {
    let files = files_with_dependencies(directory, links, Some(supply))?.files;
    let url = directory.display().to_string();
    let chart = load_files(files).map_err(|source| DependencyError::NotAChart {
        url: url.clone(),
        source,
    })?;
    let archive = pack_chart(&chart, TIME)?;
    Ok(Fetched {
        file_name: archive_name(&chart.metadata),
        digest: sha256_hex(&archive),
        archive: archive.into(),
        url,
        found: chart.metadata.version,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_are_named_as_helm_names_them_and_never_lead_out_of_the_directory() {
        let chosen = Chosen {
            name: "redis".to_owned(),
            version: "1.0.0+b".to_owned(),
            listed: "1.0.0+b".to_owned(),
            origin: Origin::Unpacked,
        };
        let http = "https://charts.example.com";
        for (repository, address, expected) in [
            (
                http,
                "https://x.example.com/a/redis-1.0.0.tgz?token=1",
                "redis-1.0.0.tgz",
            ),
            (http, "https://x.example.com/a/redis-1.0.0%2Bb.tgz", "redis-1.0.0+b.tgz"),
            (http, "https://x.example.com/a/b%2Fredis.tgz", "redis.tgz"),
            (http, "https://x.example.com/download", "redis-1.0.0+b.tgz"),
            (http, "https://x.example.com/..%2F..%2F.tgz", "redis-1.0.0+b.tgz"),
            (http, "https://x.example.com/a%5C..%5Cx.tgz", "redis-1.0.0+b.tgz"),
            (http, "https://x.example.com/_x.tgz", "redis-1.0.0+b.tgz"),
            (http, "", "redis-1.0.0+b.tgz"),
            ("s3://bucket/charts", "s3://bucket/charts/redis-1.tgz", "redis-1.tgz"),
            (
                "oci://r.example.com/c",
                "oci://r.example.com/c/redis:1.0.0_b",
                "redis-1.0.0+b.tgz",
            ),
        ] {
            assert_eq!(file_name(repository, address, &chosen), expected, "{address}");
        }
    }
}
