//! Repositories in memory: charts by repository, name and version, with counts of what was asked for, and faults.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chartwright::artifact::package::pack;
use chartwright::artifact::remote::{ChartSource, FetchedChart, ListedVersion, SourceError};
use chartwright::engine::chart::ChartFile;
use sha2::{Digest as _, Sha256};

/// A version and its archive.
type Offered = (String, Vec<u8>);

/// Repositories in memory.
#[derive(Debug, Default)]
pub(super) struct MemoryCharts {
    /// By repository and chart: version and archive, in the order in which they were added.
    charts: BTreeMap<(String, String), Vec<Offered>>,
    /// Repositories that do not answer.
    down: Vec<String>,
    /// What was asked for, in order.
    asked: Mutex<Vec<String>>,
}

impl MemoryCharts {
    /// Adds a chart with a note in its values.
    pub(super) fn add(&mut self, repository: &str, name: &str, version: &str, note: &str) -> &mut Self {
        self.add_archive(repository, name, version, archive(name, version, note))
    }

    /// Adds any bytes as a chart.
    pub(super) fn add_archive(&mut self, repository: &str, name: &str, version: &str, bytes: Vec<u8>) -> &mut Self {
        let key = (repository.to_owned(), name.to_owned());
        self.charts.entry(key).or_default().push((version.to_owned(), bytes));
        self
    }

    /// Removes all versions of a chart.
    pub(super) fn remove(&mut self, repository: &str, name: &str) {
        self.charts.remove(&(repository.to_owned(), name.to_owned()));
    }

    /// A repository does not answer any more.
    pub(super) fn take_down(&mut self, repository: &str) {
        self.down.push(repository.to_owned());
    }

    /// What was asked for since the last call, sorted.
    pub(super) fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let mut asked = std::mem::take(&mut *asked);
        asked.sort();
        asked
    }

    fn find(&self, what: String, repository: &str, chart: &str) -> Result<&[Offered], SourceError> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(what);
        if self.down.iter().any(|down| down == repository) {
            return Err(SourceError {
                message: format!("{repository} does not answer"),
                hint: Some("try again later".to_owned()),
                is_missing: false,
                is_usage: false,
            });
        }
        let key = (repository.to_owned(), chart.to_owned());
        self.charts.get(&key).map(Vec::as_slice).ok_or_else(|| SourceError {
            message: format!("{repository} has no chart {chart}"),
            hint: None,
            is_missing: true,
            is_usage: false,
        })
    }
}

impl ChartSource for MemoryCharts {
    fn versions(&self, repository: &str, chart: &str) -> Result<Vec<ListedVersion>, SourceError> {
        let found = self.find(format!("versions {chart}"), repository, chart)?;
        let listed = found.iter().map(|(version, _)| ListedVersion {
            version: version.clone(),
            digest: None,
            urls: vec![format!("{repository}/{chart}-{version}.tgz")],
        });
        Ok(listed.collect())
    }

    fn fetch(&self, repository: &str, chart: &str, version: &str) -> Result<FetchedChart, SourceError> {
        let found = self.find(format!("fetch {chart} {version}"), repository, chart)?;
        let (_, archive) = found
            .iter()
            .find(|(known, _)| known == version)
            .ok_or_else(|| SourceError {
                message: format!("{repository} has no {chart} {version}"),
                hint: None,
                is_missing: true,
                is_usage: false,
            })?;
        Ok(FetchedChart {
            digest: hex(archive),
            manifest: None,
            archive: archive.clone(),
            url: format!("{repository}/{chart}-{version}.tgz"),
            provenance: None,
        })
    }
}

/// Hex SHA-256.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// The archive of a chart with a note in its values.
pub(super) fn archive(name: &str, version: &str, note: &str) -> Vec<u8> {
    let file = |name: &str, text: String| ChartFile::new(name.to_owned(), text.into_bytes());
    let files = [
        file(
            "Chart.yaml",
            format!("apiVersion: v2\nname: {name}\nversion: {version}\n"),
        ),
        file("values.yaml", format!("note: {note}\n")),
        file(
            "templates/c.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {note: \"{{ .Values.note }}\"}\n".to_owned(),
        ),
    ];
    pack(&files, name).expect("packs")
}
