//! What ran in an environment: the revisions that Helm has of releases, joined with what the records say of them.

use super::live::LiveCluster;
use super::program::ProgramError;
use super::record::{Record, RecordResult, Records};
use super::stored_release::StoredRelease;
use crate::delivery::image::image_names;

/// A revision of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    /// The release.
    pub release: String,
    /// Its revision.
    pub revision: u64,
    /// When it was deployed, as RFC 3339.
    pub time: String,
    /// Name and version of its chart.
    pub chart: String,
    /// Its images.
    pub images: Vec<String>,
    /// What Helm calls its status.
    pub status: String,
    /// What Helm says of it.
    pub description: String,
    /// What the records say of it.
    pub record: Option<Record>,
}

impl HistoryRow {
    /// How it ended: what the records say, else Helm.
    pub fn result(&self) -> &str {
        match &self.record {
            Some(record) if record.result != RecordResult::Deployed => record.result.name(),
            _ => &self.status,
        }
    }
}

/// The revisions of a release, the oldest first.
///
/// # Errors
/// When kubectl fails.
pub fn history(cluster: &LiveCluster<'_>, records: &Records, release: &str) -> Result<Vec<HistoryRow>, ProgramError> {
    let revisions = cluster.revisions(release)?;
    Ok(revisions.iter().map(|revision| row(revision, records)).collect())
}

/// The newest revision of each release of an environment, by name.
///
/// # Errors
/// When kubectl fails.
pub fn newest(cluster: &LiveCluster<'_>, records: &Records) -> Result<Vec<HistoryRow>, ProgramError> {
    let releases = cluster.newest_releases()?;
    Ok(releases.values().map(|revision| row(revision, records)).collect())
}

fn row(revision: &StoredRelease, records: &Records) -> HistoryRow {
    let about = |record: &&Record| record.release == revision.name && record.revision == revision.revision;
    let hooks = revision.hooks.iter().map(|hook| hook.manifest.as_str());
    let mut images: Vec<String> = Vec::new();
    for text in hooks.chain([revision.manifest.as_str()]) {
        for image in image_names(text.as_bytes()) {
            if !images.contains(&image) {
                images.push(image);
            }
        }
    }
    HistoryRow {
        release: revision.name.clone(),
        revision: revision.revision,
        time: revision.info.last_deployed.clone(),
        chart: revision.chart_name(),
        images,
        status: revision.info.status.to_string(),
        description: revision.info.description.clone(),
        record: records.list.iter().rev().find(about).cloned(),
    }
}

/// Whether a record is about a commit, a chart, an image or its digest: by a whole name, or by the beginning of a commit or digest.
pub fn is_about(record: &Record, wanted: &str) -> bool {
    const LEAST: usize = 7;
    let begins = |text: &str| wanted.len() >= LEAST && text.starts_with(wanted);
    let version = |chart: &str| chart.strip_suffix(wanted).is_some_and(|name| name.ends_with('-'));
    let digest = wanted.strip_prefix("sha256:").unwrap_or(wanted);
    let has_image = |image: &String| {
        image == wanted
            || image
                .rsplit_once("@sha256:")
                .is_some_and(|(_, own)| digest.len() >= LEAST && own.starts_with(digest))
            || image.rsplit_once(':').is_some_and(|(_, tag)| tag == wanted)
    };
    begins(&record.commit)
        || record.commit == wanted
        || record.chart == wanted
        || version(&record.chart)
        || (digest.len() >= LEAST && record.chart_digest.starts_with(digest))
        || record.images.iter().any(has_image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_found_by_commit_chart_and_image() {
        let record = Record {
            commit: "0c0ebcf48858c2d735ffa90dc0b3eaea82904a8c".to_owned(),
            chart: "web-1.2.0".to_owned(),
            chart_digest: "7f0634264124a9a7b36cbfc1a1dd8df4".to_owned(),
            images: vec![
                "registry/web:1.9".to_owned(),
                "registry/api@sha256:abcdef0123".to_owned(),
            ],
            ..Record::default()
        };
        for (wanted, is_found) in [
            ("0c0ebcf", true),
            ("0c0ebc", false),
            ("web-1.2.0", true),
            ("1.2.0", true),
            ("2.0", false),
            ("registry/web:1.9", true),
            ("1.9", true),
            ("sha256:abcdef0123", true),
            ("sha256:7f06342", true),
            ("web", false),
            ("", false),
        ] {
            assert_eq!(is_about(&record, wanted), is_found, "{wanted}");
        }
    }
}
