//! `chartwright verify ENV`: whether what is deployed in an environment passes its tests.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value as Json, json};

use crate::cluster::apply::ApplyError;
use crate::cluster::carry_out::{ApplySettings, Progress};
use crate::cluster::commands::HelmGeneration;
use crate::cluster::plan_request::PlanRequest;
use crate::cluster::test_jobs::TestJob;
use crate::cluster::verify::{TestOutcome, Verification, verify_environment};
use crate::report::{explanation_as_json, explanation_as_text, problem_line};
use crate::text::limits::FILE_BYTES;
use crate::text::source::{Named, read_file};
use crate::text::visible::{shown_line, visible_lines};

use super::apply::apply_error;
use super::cluster_run::{ClusterRun, PlanFlags, now_micros, program_error};
use super::command_error::CommandError;
use super::environment_flags::{EnvironmentFlags, environments};
use super::exit_code::Exit;
use super::repository_flags::{OutputFormat, print_json};
use super::run_context::{RunContext, open_error};
use super::time_flag::duration;

/// Flags of `verify ENV`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Tests")]
pub(super) struct EnvironmentTestFlags {
    /// Run the Jobs of a file as tests too.
    #[arg(long, value_name = "FILE")]
    job: Vec<PathBuf>,
    /// Longest time for the tests of a release, and for a Job.
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    timeout: String,
    /// Wait the whole time for what is certain not to run.
    #[arg(long)]
    no_fail_fast: bool,
    #[command(flatten)]
    environments: EnvironmentFlags,
    #[command(flatten)]
    plan: PlanFlags,
}

impl EnvironmentTestFlags {
    /// Tests an environment, or some of its releases.
    pub(super) fn run(
        &self,
        context: RunContext,
        (name, releases): (&str, &[String]),
        output: OutputFormat,
    ) -> Result<Exit, CommandError> {
        let run = ClusterRun::new(context, &self.environments)?;
        let reader = self.environments.reader(context);
        let all = environments(&run.place, &|path| reader.read(path))?;
        let environment = all.named(name).map_err(|unknown| {
            CommandError::usage(unknown)
                .with_hint("name an environment, or the archive of a chart whose signature is to be checked")
        })?;
        for release in releases {
            environment.release(release).map_err(CommandError::usage)?;
        }
        let mut jobs = Vec::new();
        for path in &self.job {
            let text = read_file(path, Named::ByUser, FILE_BYTES)
                .map_err(|error| CommandError::could_not_run(open_error(path, &error)))?;
            jobs.extend(TestJob::read(path, &text).map_err(CommandError::usage)?);
        }
        let timeout = duration("--timeout", &self.timeout)?;
        let about = run.about((false, None), false)?;
        let mut verification = Verification::default();
        run.with_requests((&all, &[environment]), &self.plan, None, &mut |request, cluster| {
            let settings = ApplySettings {
                helm: HelmGeneration::find(cluster).map_err(program_error)?,
                timeout,
                fails_fast: !self.no_fail_fast,
                tests: true,
                forces_conflicts: false,
                about: about.clone(),
                now: now_micros,
            };
            let request = PlanRequest {
                releases,
                report_root: request.report_root.clone(),
                ..*request
            };
            let mut progress = |progress: Progress<'_>| show(context, &progress);
            let found = verify_environment(&request, cluster, (&settings, &jobs), &mut progress);
            verification = found.map_err(|error: ApplyError| apply_error(error))?;
            Ok(true)
        })?;
        print(context, (name, &verification), output)?;
        Ok(if verification.is_success() {
            Exit::Clean
        } else {
            Exit::Findings
        })
    }
}

fn show(context: RunContext, progress: &Progress<'_>) {
    let line = match progress {
        Progress::Step("", what) => what.clone(),
        Progress::Step(release, what) => format!("{release}: {what}"),
        Progress::NotReady(release, problem) => format!("{release}: not ready: {}", problem_line(problem)),
    };
    context.report(&line);
}

fn print(context: RunContext, (name, found): (&str, &Verification), output: OutputFormat) -> Result<(), CommandError> {
    for untested in &found.untested {
        context.report(&format!("Error: {untested}"));
    }
    for note in &found.notes {
        context.report(&format!("note: {note}"));
    }
    if found.outcomes.is_empty() && found.untested.is_empty() {
        context.report(&format!("note: nothing in {name} has tests"));
    }
    match output {
        OutputFormat::Text => {
            let text: String = found.outcomes.iter().map(outcome_as_text).collect();
            context.write_stdout(text.as_bytes())
        }
        OutputFormat::Json => {
            let outcomes: Vec<Json> = found.outcomes.iter().map(outcome_as_json).collect();
            print_json(
                context,
                &json!({"environment": name, "isSuccess": found.is_success(), "tests": outcomes, "untested": found.untested, "notes": found.notes}),
            )
        }
    }
}

fn outcome_as_text(outcome: &TestOutcome) -> String {
    if outcome.is_success {
        return format!("{}: tests succeeded\n", shown_line(&outcome.name));
    }
    let mut text = format!("{}: tests failed\n", shown_line(&outcome.name));
    for explanation in &outcome.explanations {
        text.push_str(&explanation_as_text(explanation));
    }
    if outcome.explanations.is_empty() {
        text.push_str(&format!("{}\n", visible_lines(&outcome.words)));
    }
    text
}

fn outcome_as_json(outcome: &TestOutcome) -> Json {
    json!({
        "name": outcome.name,
        "isSuccess": outcome.is_success,
        "words": outcome.words,
        "explanations": outcome.explanations.iter().map(explanation_as_json).collect::<Vec<_>>(),
    })
}

/// Whether what `verify` is given is an archive and no environment.
pub(super) fn is_archive(name: &str) -> bool {
    let path = Path::new(name);
    path.extension().is_some_and(|ending| ending == "tgz") || name.contains('/') || path.is_file()
}
