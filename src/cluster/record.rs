//! Records of what was applied to an environment: a `ConfigMap` in its namespace with the last runs, so that history, rollbacks and the next run
//! know of each what was begun, from which commit, by whom, and how it ended. Nothing in a record is secret.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::live::LiveCluster;
use super::program::ProgramError;
use crate::text::sha256::sha256_hex;

/// Records that are kept.
const MOST: usize = 50;
/// Member of the `ConfigMap`.
const MEMBER: &str = "records.json";
/// Longest message that is kept, in bytes.
const MESSAGE: usize = 1024;

/// How what was applied to a release ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordResult {
    /// It has begun; nothing is known of its end.
    #[default]
    Running,
    /// It is deployed, and its tests succeeded.
    Deployed,
    /// It failed, and what was there before is there again.
    RolledBack,
    /// It failed, and nothing was there before.
    Removed,
    /// It failed, and what was there before could not be brought back.
    Failed,
    /// What began it was killed.
    Interrupted,
}

impl RecordResult {
    /// Whether what was applied is known to have failed.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::RolledBack | Self::Removed | Self::Failed)
    }

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Deployed => "deployed",
            Self::RolledBack => "rolled-back",
            Self::Removed => "removed",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

/// What was applied to one release.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Record {
    /// The run.
    pub run: String,
    /// The release.
    pub release: String,
    /// What was done: `install`, `upgrade`, `rollback`.
    pub action: String,
    /// When it began, as RFC 3339.
    pub started: String,
    /// When it ended.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ended: String,
    /// How.
    pub result: RecordResult,
    /// The revision of Helm's that it made; 0 where it made none.
    pub revision: u64,
    /// The revision that was there before and is there again.
    #[serde(skip_serializing_if = "is_zero")]
    pub restored: u64,
    /// Name and version of the chart.
    pub chart: String,
    /// SHA-256 of its archive.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub chart_digest: String,
    /// The images.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// The commit of the repository that it was applied from.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub commit: String,
    /// Who applied it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub who: String,
    /// Who approved it, and when.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub approved: String,
    /// Why it failed, in a line.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The records of an environment, the oldest first.
#[derive(Debug, Clone, Default)]
pub struct Records {
    name: String,
    /// The records.
    pub list: Vec<Record>,
    version: Option<String>,
}

/// The name of the `ConfigMap`, and of the Lease, of an environment.
pub fn object_name(environment: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    if environment.bytes().all(is_plain) && environment.ends_with(|c: char| c.is_ascii_alphanumeric()) {
        return format!("chartwright-{environment}");
    }
    // Names of objects have less letters than those of environments.
    let plain: String = environment
        .to_ascii_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let digest = sha256_hex(environment.as_bytes());
    format!("chartwright-{plain}-{}", digest.get(..8).unwrap_or_default())
}

impl Records {
    /// The records of an environment; none where there are none yet.
    ///
    /// # Errors
    /// When kubectl fails.
    pub fn read(cluster: &LiveCluster<'_>, environment: &str) -> Result<Self, ProgramError> {
        Self::named(cluster, object_name(environment))
    }

    fn named(cluster: &LiveCluster<'_>, name: String) -> Result<Self, ProgramError> {
        let found = cluster.find(&["configmaps", &name])?;
        let text = found
            .as_ref()
            .and_then(|found| found.pointer("/data")?.get(MEMBER)?.as_str());
        // What cannot be read is begun anew: records must not keep anybody from deploying.
        let list = text
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        let version = found
            .as_ref()
            .and_then(|found| found.pointer("/metadata/resourceVersion")?.as_str());
        Ok(Self {
            version: version.map(str::to_owned),
            name,
            list,
        })
    }

    /// Reads them again: another run may have written.
    ///
    /// # Errors
    /// When kubectl fails.
    pub fn reread(&mut self, cluster: &LiveCluster<'_>) -> Result<(), ProgramError> {
        *self = Self::named(cluster, self.name.clone())?;
        Ok(())
    }

    /// Whether a run has begun something and not ended it.
    pub fn has_running(&self) -> bool {
        self.list.iter().any(|record| record.result == RecordResult::Running)
    }

    /// Writes them back.
    ///
    /// # Errors
    /// When kubectl fails, or another has written meanwhile.
    pub fn write(&mut self, cluster: &LiveCluster<'_>) -> Result<(), ProgramError> {
        let from = self.list.len().saturating_sub(MOST);
        self.list.drain(..from);
        for record in &mut self.list {
            let mut end = record.message.len().min(MESSAGE);
            while !record.message.is_char_boundary(end) {
                end -= 1;
            }
            record.message.truncate(end);
        }
        let namespace = &cluster.target.namespace;
        let mut map = json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": self.name,
                "namespace": namespace,
                "labels": {"app.kubernetes.io/managed-by": "chartwright"},
            },
            "data": {MEMBER: serde_json::to_string(&self.list).unwrap_or_default()},
        });
        let verb = match (
            &self.version,
            map.pointer_mut("/metadata").and_then(Json::as_object_mut),
        ) {
            (Some(version), Some(metadata)) => {
                metadata.insert("resourceVersion".to_owned(), Json::from(version.as_str()));
                "replace"
            }
            _ => "create",
        };
        let call = cluster
            .target
            .kubectl(["--namespace", namespace, verb, "-f", "-", "-o", "json"]);
        let written = cluster.programs.json(&call, map.to_string().as_bytes())?;
        let version = written.pointer("/metadata/resourceVersion").and_then(Json::as_str);
        self.version = version.map(str::to_owned);
        Ok(())
    }

    /// Whether a revision of a release is known to be bad: it failed, or was rolled back after Helm had deployed it, such as for its tests.
    /// Of one whose run was killed that is not known.
    pub fn is_bad(&self, release: &str, revision: u64) -> bool {
        let about = |record: &&Record| record.release == release && record.revision == revision;
        self.list
            .iter()
            .rev()
            .find(about)
            .is_some_and(|record| record.result.is_failure())
    }

    /// Whether a run of ours began a revision of a release, and its end is not recorded.
    pub fn has_begun(&self, release: &str, revision: u64) -> bool {
        let is_open = |record: &Record| matches!(record.result, RecordResult::Running | RecordResult::Interrupted);
        let is_about = |record: &&Record| record.release == release && record.revision == revision;
        self.list.iter().rev().find(is_about).is_some_and(is_open)
    }

    /// Ends what runs that are over have begun, and gives what that was.
    pub fn end_interrupted(&mut self, run: &str, now: &str) -> Vec<Record> {
        let begun = self
            .list
            .iter_mut()
            .filter(|record| record.result == RecordResult::Running && record.run != run);
        begun
            .map(|record| {
                record.result = RecordResult::Interrupted;
                now.clone_into(&mut record.ended);
                record.clone()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_objects_are_valid_and_do_not_collide() {
        for (environment, want) in [
            ("testing", "chartwright-testing"),
            ("a.b-1", "chartwright-a.b-1"),
            ("QA_1", "chartwright-qa-1-"),
            ("x-", "chartwright-x--"),
        ] {
            let name = object_name(environment);
            assert!(name.starts_with(want), "{name}");
            assert!(name.ends_with(|c: char| c.is_ascii_alphanumeric()), "{name}");
        }
        assert_ne!(object_name("qa_1"), object_name("qa-1"));
    }

    #[test]
    fn what_a_killed_run_began_is_ended_by_the_next_one() {
        let record = |run: &str, result| Record {
            run: run.to_owned(),
            release: "web".to_owned(),
            revision: 2,
            result,
            ..Record::default()
        };
        let mut records = Records {
            list: vec![
                record("a", RecordResult::Deployed),
                record("b", RecordResult::Running),
                record("c", RecordResult::Running),
            ],
            ..Records::default()
        };
        let ended = records.end_interrupted("c", "now");
        assert_eq!(ended.len(), 1);
        let results: Vec<&str> = records.list.iter().map(|record| record.result.name()).collect();
        assert_eq!(results, ["deployed", "interrupted", "running"]);
        // Of an interrupted one it is not known.
        assert!(!records.is_bad("web", 2) && records.has_begun("web", 2) && !records.has_begun("web", 3));
        for (result, is_bad) in [
            (RecordResult::Deployed, false),
            (RecordResult::RolledBack, true),
            (RecordResult::Removed, true),
            (RecordResult::Failed, true),
        ] {
            records.list.push(record("d", result));
            assert_eq!(records.is_bad("web", 2), is_bad, "{}", result.name());
            assert!(!records.has_begun("web", 2) && !records.is_bad("web", 3) && !records.is_bad("other", 2));
        }
    }
}
