//! Packages and what a repository over HTTP has of them, for commands that only read. In: packages, and an address. Out: for each
//! package whether the repository has it. Any server with an index will do, and the credentials are those of `pull`.

use crate::artifact::repository::{Item, is_same_content};
use crate::text::sha256::sha256_hex;

use super::super::chart_source::{ChartSource as _, SourceError};
use super::super::remote_charts::RemoteCharts;
use super::address::HttpRepository;

/// What a repository has of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The version, with the same content.
    Same,
    /// The version, with other content.
    Different,
    /// Not the version.
    Missing,
}

/// Compares packages with what a repository has, in the order of the packages. Where digests differ, contents are compared:
/// another program may have packed the same content.
///
/// # Errors
/// When the repository or an archive cannot be read.
pub fn compare_with_repository(
    charts: &RemoteCharts,
    repository: &HttpRepository,
    items: &[Item],
) -> Result<Vec<Comparison>, SourceError> {
    let names = charts.chart_names(repository.address())?;
    let compared = items.iter().map(|item| {
        if names.contains(&item.metadata.name) {
            compare(charts, repository.address(), item)
        } else {
            Ok(Comparison::Missing)
        }
    });
    compared.collect()
}

fn compare(charts: &RemoteCharts, repository: &str, item: &Item) -> Result<Comparison, SourceError> {
    let (name, version) = (&item.metadata.name, &item.metadata.version);
    let listed = charts.versions(repository, name)?;
    let Some(listed) = listed.into_iter().find(|listed| listed.version == *version) else {
        return Ok(Comparison::Missing);
    };
    if listed.digest.as_deref() == Some(&sha256_hex(&item.archive)) {
        return Ok(Comparison::Same);
    }
    let found = charts.fetch(repository, name, version)?;
    Ok(if is_same_content(&found.archive, &item.archive) {
        Comparison::Same
    } else {
        Comparison::Different
    })
}
