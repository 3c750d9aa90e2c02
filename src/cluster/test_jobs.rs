//! Jobs that test the releases of an environment together: a file in; the Job run under a name of its own, waited for, and removed again, out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::blame::{Explanation, explain_in_file};
use super::live::LiveCluster;
use super::pods::Problem;
use super::program::ProgramError;
use super::rollout::Rollout;
use super::step_result::{CarryOutError, StepFailure};
use crate::check::finding::SecretValues;
use crate::engine::chart::Compat;
use crate::engine::manifest::split_manifests;
use crate::text::source::SourceFile;
use crate::text::yaml::json_from_bytes;

/// Pause between looks.
const PAUSE: Duration = Duration::from_millis(500);
/// Longest name of a Job whose pods can still have names.
const LONGEST_NAME: usize = 52;

/// A Job of a file.
#[derive(Debug, Clone)]
pub struct TestJob {
    /// The file.
    pub path: PathBuf,
    /// The name in the file.
    pub name: String,
    file: SourceFile,
    object: Json,
}

impl TestJob {
    /// Reads the Jobs of a file.
    ///
    /// # Errors
    /// When there is anything else in it, or no Job.
    pub fn read(path: &Path, text: &[u8]) -> Result<Vec<Self>, String> {
        let file = SourceFile::new(path.display().to_string(), text);
        let mut jobs = Vec::new();
        for document in split_manifests(text, Compat::Helm4) {
            let object = json_from_bytes(document.text).map_err(|error| format!("{}: {error}", path.display()))?;
            if object.is_null() {
                continue;
            }
            let member = |pointer: &str| object.pointer(pointer).and_then(Json::as_str).unwrap_or_default();
            let (kind, name) = (member("/kind"), member("/metadata/name"));
            if kind != "Job" || member("/apiVersion") != "batch/v1" {
                let kind = if kind.is_empty() {
                    "an object without a kind"
                } else {
                    kind
                };
                return Err(format!(
                    "{}: {kind} is not a Job of batch/v1: other objects belong to a chart, or to `resourceFiles`",
                    path.display()
                ));
            }
            if name.is_empty() {
                return Err(format!("{}: the Job has no `metadata.name`", path.display()));
            }
            jobs.push(Self {
                path: path.to_owned(),
                name: name.to_owned(),
                file: file.clone(),
                object,
            });
        }
        if jobs.is_empty() {
            return Err(format!("{}: there is no Job in it", path.display()));
        }
        Ok(jobs)
    }

    /// The Job under another name, so that one of an earlier run is not in its way.
    fn renamed(&self, suffix: &str) -> (String, Json) {
        let kept = LONGEST_NAME.saturating_sub(suffix.len() + 1);
        let mut end = self.name.len().min(kept);
        while !self.name.is_char_boundary(end) {
            end -= 1;
        }
        let name = format!(
            "{}-{suffix}",
            self.name.get(..end).unwrap_or_default().trim_end_matches(['-', '.'])
        );
        let mut object = self.object.clone();
        // A Job that Kubernetes removes by itself could not be seen to end.
        if let Some(spec) = object.get_mut("spec").and_then(Json::as_object_mut) {
            spec.remove("ttlSecondsAfterFinished");
        }
        if let Some(metadata) = object.get_mut("metadata").and_then(Json::as_object_mut) {
            metadata.insert("name".to_owned(), Json::from(name.as_str()));
            metadata.remove("namespace");
            let labels = metadata.entry("labels").or_insert_with(|| json!({}));
            if let Some(labels) = labels.as_object_mut() {
                labels.insert("app.kubernetes.io/managed-by".to_owned(), Json::from("chartwright"));
            }
        }
        (name, object)
    }
}

/// How Jobs are run.
#[derive(Debug, Clone, Copy)]
pub struct TestJobRun<'r> {
    /// What names of this run end with.
    pub suffix: &'r str,
    /// Longest time for one.
    pub timeout: Duration,
    /// Whether one that is certain not to run is not waited for.
    pub fails_fast: bool,
}

/// What is asked and reported while a Job runs.
pub(super) struct JobObserver<'o> {
    /// Whether another may be at work by now.
    pub(super) is_lost: &'o dyn Fn() -> bool,
    /// Gets what keeps it from running.
    pub(super) report: &'o mut dyn FnMut(&str, &Problem),
}

/// Runs a Job and waits for its end; the Job is removed afterwards.
///
/// # Errors
/// When kubectl fails, or the lease is lost.
pub(super) fn run_test_job(
    cluster: &LiveCluster<'_>,
    job: &TestJob,
    run: TestJobRun<'_>,
    watched: &mut JobObserver<'_>,
) -> Result<Result<(), StepFailure>, CarryOutError> {
    let target = &cluster.target;
    let (name, object) = job.renamed(run.suffix);
    let mut secrets = SecretValues::default();
    secrets.add_text(object.to_string().as_bytes());
    // What is seen before the Job is there is not of it.
    let workloads = BTreeSet::from([("Job".to_owned(), name.clone())]);
    let mut rollout = Rollout::of_workloads(cluster, workloads, (run.timeout, run.fails_fast));
    let create = target.kubectl(["--namespace", &target.namespace, "create", "-f", "-"]);
    match cluster.programs.output(&create, object.to_string().as_bytes()) {
        Ok(_) => {}
        Err(ProgramError::Failed { words, .. }) => {
            return Ok(Err(StepFailure {
                words: secrets.hide(&words).into_owned(),
                explanations: Vec::new(),
            }));
        }
        Err(error) => return Err(error.without(&secrets).into()),
    }
    let waited = wait(cluster, (job, &name, &mut rollout), run, &secrets, watched);
    let call = target.kubectl(["--namespace", &target.namespace, "delete", "job", &name]);
    let removed = cluster
        .programs
        .output(&call.and(["--ignore-not-found", "--wait=false"]), b"");
    let waited = waited?;
    removed?;
    Ok(waited)
}

fn wait(
    cluster: &LiveCluster<'_>,
    (job, name, rollout): (&TestJob, &str, &mut Rollout<'_, '_>),
    run: TestJobRun<'_>,
    secrets: &SecretValues,
    watched: &mut JobObserver<'_>,
) -> Result<Result<(), StepFailure>, CarryOutError> {
    let end = Instant::now() + run.timeout;
    let words = loop {
        thread::sleep(PAUSE);
        if (watched.is_lost)() {
            return Err(CarryOutError::LeaseLost);
        }
        let found = cluster.find(&["job", name])?.unwrap_or_default();
        match ended(&found) {
            Some(Ok(())) => return Ok(Ok(())),
            Some(Err(words)) => break words,
            None if rollout.must_stop(&mut |problem| (watched.report)(&job.name, problem)) => {
                break "it is certain that it does not run".to_owned();
            }
            None if Instant::now() >= end => {
                break format!("it did not end within {} s", run.timeout.as_secs());
            }
            None => {}
        }
    };
    let explanations: Vec<Explanation> = rollout
        .problems()
        .into_iter()
        .map(|mut problem| {
            let log = rollout.log(&problem);
            job.name.clone_into(&mut problem.name);
            explain_in_file(&job.file, problem, &log, secrets)
        })
        .collect();
    Ok(Err(StepFailure {
        words: format!("Job {}: {}", job.name, secrets.hide(&words)),
        explanations,
    }))
}

/// How a Job ended; nothing while it runs.
fn ended(job: &Json) -> Option<Result<(), String>> {
    let conditions = job.pointer("/status/conditions")?.as_array()?;
    let text = |condition: &Json, member: &str| {
        condition
            .get(member)
            .and_then(Json::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    conditions.iter().find_map(|condition| {
        let is_true = text(condition, "status") == "True";
        match text(condition, "type").as_str() {
            "Complete" if is_true => Some(Ok(())),
            "Failed" if is_true => Some(Err(format!(
                "{}: {}",
                text(condition, "reason"),
                text(condition, "message")
            ))),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_jobs_hold_jobs() {
        for (text, want) in [
            ("apiVersion: batch/v1\nkind: Job\nmetadata: {name: smoke}\n", Ok(1)),
            (
                "---\n---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\n---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: b}\n",
                Ok(2),
            ),
            ("", Err("there is no Job in it")),
            (
                "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n",
                Err("Pod is not a Job"),
            ),
            ("apiVersion: batch/v1\nkind: Job\n", Err("no `metadata.name`")),
            ("a: [", Err("smoke.yaml")),
        ] {
            let found = TestJob::read(Path::new("smoke.yaml"), text.as_bytes()).map(|jobs| jobs.len());
            match want {
                Ok(count) => assert_eq!(found, Ok(count), "{text}"),
                Err(words) => assert!(
                    found.clone().is_err_and(|error| error.contains(words)),
                    "{text}: {found:?}"
                ),
            }
        }
    }

    #[test]
    fn each_run_has_a_job_of_its_own() {
        let long = "x".repeat(80);
        for (name, want) in [
            ("smoke", "smoke-ab12".to_owned()),
            (&long, format!("{}-ab12", "x".repeat(47))),
        ] {
            let text = format!("apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {name}, namespace: other}}\n");
            let job = TestJob::read(Path::new("a.yaml"), text.as_bytes()).unwrap().remove(0);
            let (found, object) = job.renamed("ab12");
            assert_eq!(found, want);
            assert_eq!(object["metadata"]["name"], Json::from(want));
            assert!(object["metadata"].get("namespace").is_none());
        }
    }

    #[test]
    fn a_job_ends_by_its_conditions() {
        let job = |kind: &str, status: &str| json!({"status": {"conditions": [{"type": "SuccessCriteriaMet", "status": "True"}, {"type": kind, "status": status, "reason": "BackoffLimitExceeded", "message": "it failed"}]}});
        assert_eq!(ended(&json!({})), None);
        assert_eq!(ended(&job("Complete", "True")), Some(Ok(())));
        assert_eq!(ended(&job("Complete", "False")), None);
        assert_eq!(
            ended(&job("Failed", "True")),
            Some(Err("BackoffLimitExceeded: it failed".to_owned()))
        );
    }
}
