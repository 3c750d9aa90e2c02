//! `verify`: what is deployed in an environment tested once more. In: the environment and its cluster. Out: for each release with tests, and for
//! each Job, whether it succeeded, and why it did not.

use super::apply::ApplyError;
use super::blame::Explanation;
use super::carry_out::{Application, ApplySettings, Progress};
use super::live::LiveCluster;
use super::plan::{EnvironmentPlan, plan_environment};
use super::plan_request::PlanRequest;
use super::record::Records;
use super::stored_release::StoredRelease;
use super::test_jobs::TestJob;

/// How a test ended.
#[derive(Debug)]
pub struct TestOutcome {
    /// The release, or the Job and its file.
    pub name: String,
    /// Whether it succeeded.
    pub is_success: bool,
    /// What Helm or Kubernetes says of the failure.
    pub words: String,
    /// Why it failed.
    pub explanations: Vec<Explanation>,
}

/// What was tested in an environment.
#[derive(Debug, Default)]
pub struct Verification {
    /// The tests, in the order in which they ran.
    pub outcomes: Vec<TestOutcome>,
    /// What was not tested, and why.
    pub notes: Vec<String>,
    /// What should have been tested and could not be.
    pub untested: Vec<String>,
}

/// Tests what is deployed in an environment: the tests of its releases, then Jobs. Nothing is taken back.
///
/// # Errors
/// When the cluster cannot be asked.
pub fn verify_environment(
    request: &PlanRequest<'_>,
    cluster: &LiveCluster<'_>,
    (settings, jobs): (&ApplySettings, &[TestJob]),
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Verification, ApplyError> {
    let plan = plan_environment(request, cluster)?;
    let mut found = Verification {
        notes: notes(&plan),
        untested: plan
            .refused
            .iter()
            .map(|refused| format!("{} is not tested: {}", refused.name, refused.refusal.message))
            .collect(),
        ..Verification::default()
    };
    let mut application = Application {
        cluster,
        settings,
        records: &mut Records::default(),
        is_lost: &|| false,
        progress,
    };
    for release in plan.releases.iter().filter(|release| release.own.is_there()) {
        // Helm runs the tests of what is deployed, whatever the files say now.
        if !release.own.was.as_ref().is_some_and(StoredRelease::has_tests) {
            continue;
        }
        let tested = application.test(&release.own.name, &release.own.rendered)?;
        found.add(
            release.own.name.clone(),
            tested.map_err(|failure| (failure.words, failure.explanations)),
        );
    }
    // Those of the environment are about all of its releases.
    let own = plan.jobs.iter().filter(|_| request.releases.is_empty());
    for job in own.chain(jobs) {
        let tested = application.test_job(job)?;
        let name = format!("{} ({})", job.name, job.path.display());
        found.add(name, tested.map_err(|failure| (failure.words, failure.explanations)));
    }
    Ok(found)
}

impl Verification {
    fn add(&mut self, name: String, result: Result<(), (String, Vec<Explanation>)>) {
        let is_success = result.is_ok();
        let (words, explanations) = result.err().unwrap_or_default();
        self.outcomes.push(TestOutcome {
            name,
            is_success,
            words,
            explanations,
        });
    }

    /// Whether everything that was tested succeeded.
    pub fn is_success(&self) -> bool {
        self.untested.is_empty() && self.outcomes.iter().all(|outcome| outcome.is_success)
    }
}

/// What is not tested, or is not what the files say.
fn notes(plan: &EnvironmentPlan) -> Vec<String> {
    let mut notes = Vec::new();
    for release in &plan.releases {
        let name = &release.name;
        if !release.own.is_there() {
            notes.push(format!("{name} is not tested: it is not installed"));
        } else if !release.differences.is_empty() {
            notes.push(format!("{name} is tested as it runs, and the files say something else"));
        }
    }
    notes
}
