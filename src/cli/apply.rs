//! `chartwright apply`: environments brought to what their files say, by Helm and kubectl. The library decides; this reads flags and prints.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value as Json, json};

use crate::check::finding::{Finding, Judgement};
use crate::cluster::apply::{Applied, ApplyError, ApplyObserver, ApplyOptions, Decision, apply_environment};
use crate::cluster::carry_out::{APPLY, Progress};
use crate::cluster::contexts::Initialisation;
use crate::cluster::plan::EnvironmentPlan;
use crate::cluster::plan_file::PlanFile;
use crate::cluster::plan_request::{Action, PlanRequest};
use crate::cluster::record::{Record, RecordResult};
use crate::cluster::step_result::CarryOutError;
use crate::cluster::target::KubeTarget;
use crate::delivery::environment::{Environment, Environments};
use crate::pipeline::NoticedChange;
use crate::report::{
    DiffTextOptions, applied_as_json, explanation_as_text, json_document, outcome_line, plan_as_json, plan_as_text,
    problem_line,
};
use crate::text::limits::SETTINGS_BYTES;
use crate::text::source::{Named, read_file, replace_file};
use crate::text::visible::visible_lines;

use super::cluster_run::{ClusterRun, PlanFlags, now_micros, plan_error, program_error};
use super::command_error::CommandError;
use super::contexts::make_reachable;
use super::destination_flags::read_settings;
use super::environment_flags::{EnvironmentFlags, chosen, environments};
use super::exit_code::Exit;
use super::notify::notify;
use super::repository_flags::{OutputFormat, print_json};
use super::run_context::{RunContext, open_error};
use super::time_flag::duration;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(super) struct ApplyArguments {
    /// Environments, in this order; `auto` for those that the branch or tag decides. Or a file that --plan-out wrote: what it was made of is
    /// applied, and nothing if anything changed since.
    #[arg(value_name = "ENV|FILE")]
    environment: Vec<String>,
    /// All environments of a cluster.
    #[arg(short, long, value_name = "CLUSTER", conflicts_with = "environment")]
    cluster: Option<String>,
    /// Make the environments reachable first, as `contexts` does.
    #[arg(long)]
    init: bool,
    /// With --init: use the access that GitLab gives to its jobs.
    #[arg(long, requires = "init")]
    gitlab: bool,
    /// Releases to apply [default: all] (repeatable).
    #[arg(
        short,
        long = "release",
        alias = "releases",
        value_name = "RELEASE",
        value_delimiter = ','
    )]
    releases: Vec<String>,
    /// Show what would change, and write nothing.
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Write the plan to a file, and nothing to the cluster.
    #[arg(long, value_name = "FILE")]
    plan_out: Option<PathBuf>,
    /// Carry out changes of environments whose policy is `manual`, in the name of whoever runs this.
    #[arg(long)]
    approve: bool,
    /// Who approves, if it is not whoever runs this.
    #[arg(long, value_name = "NAME", requires = "approve")]
    approver: Option<String>,
    /// Exit with 10 if a dry run shows changes.
    #[arg(long)]
    detailed_exitcode: bool,
    /// Apply what no commit has: changed files, or a directory without git.
    #[arg(long)]
    allow_dirty: bool,
    /// Do not judge what is rendered by the rules of `lint`.
    #[arg(long)]
    skip_lint: bool,
    /// Do not run the tests of charts.
    #[arg(long)]
    skip_tests: bool,
    /// Make namespaces that are not there.
    #[arg(long)]
    create_namespace: bool,
    /// Longest time for a release to become ready, and for its tests.
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    timeout: String,
    /// Wait the whole time for what is certain not to become ready.
    #[arg(long)]
    no_fail_fast: bool,
    /// Take over fields of resource files that others manage.
    #[arg(long)]
    force_conflicts: bool,
    /// Mend a release that another helm left pending now, and not after 15 minutes.
    #[arg(long)]
    take_over: bool,
    /// How long to wait for another run that is at work on the environment.
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    lock_timeout: String,
    /// Write what was done to a file, as JSON.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Show objects that are added or removed with all their lines.
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    environments: EnvironmentFlags,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text, value_name = "FORMAT")]
    output: OutputFormat,
    #[command(flatten)]
    plan: PlanFlags,
}

pub(super) fn run(context: RunContext, arguments: &ApplyArguments) -> Result<Exit, CommandError> {
    let run = ClusterRun::new(context, &arguments.environments)?;
    let reader = arguments.environments.reader(context);
    let all = environments(&run.place, &|path| reader.read(path))?;
    let agreed = agreed(arguments)?;
    let wanted = wanted(context, arguments, &run, (&all, agreed.as_ref()))?;
    if arguments.init {
        let initialisation = Initialisation {
            environments: &all,
            meant: wanted.clone(),
            is_gitlab: arguments.gitlab,
            contexts_only: false,
        };
        make_reachable(context, &initialisation, arguments.dry_run)?;
    }
    let limits = (
        duration("--timeout", &arguments.timeout)?,
        duration("--lock-timeout", &arguments.lock_timeout)?,
    );
    let is_strict = !arguments.allow_dirty && !arguments.writes_nothing();
    let about = run.about((arguments.approve, arguments.approver.as_deref()), is_strict)?;
    if let Some(agreed) = &agreed
        && agreed.commit != about.commit
    {
        let message = format!(
            "the plan was made from commit {}, and this is {}; nothing was applied",
            agreed.commit, about.commit
        );
        return Err(CommandError::findings(message).with_hint("plan it again"));
    }
    let releases = agreed.as_ref().map_or(&arguments.releases, |agreed| &agreed.releases);
    let mut planned = PlanFile::new(about.commit.clone(), releases.clone());
    let judgement = judgement(arguments)?;
    let judgement = judgement.as_ref();
    let mut done = Outcomes::default();
    run.with_requests((&all, &wanted), &arguments.plan, judgement, &mut |request, cluster| {
        let options = ApplyOptions {
            timeout: limits.0,
            fails_fast: !arguments.no_fail_fast,
            tests: !arguments.skip_tests,
            forces_conflicts: arguments.force_conflicts,
            creates_namespace: arguments.create_namespace,
            writes_nothing: arguments.writes_nothing(),
            is_approved: arguments.approve,
            patience: limits.1,
            takes_over: arguments.take_over,
            identity: &run.identity,
            about: about.clone(),
            agreed: agreed
                .as_ref()
                .and_then(|agreed| agreed.digest_of(&request.environment.name.text)),
            now: now_micros,
        };
        let request = PlanRequest {
            releases,
            report_root: request.report_root.clone(),
            ..*request
        };
        let mut observer = Observer {
            context,
            arguments,
            environment: request.environment,
            target: cluster.target.clone(),
            judgement,
            stops: None,
            waits: false,
            plan: Json::Null,
            planned: &mut planned,
        };
        let applied = apply_environment(&request, cluster, &options, &mut observer).map_err(apply_error)?;
        done.add(context, arguments, observer, &applied)?;
        Ok(done.exit == Exit::Clean)
    })?;
    if let Some(path) = &arguments.plan_out
        && done.exit == Exit::Clean
    {
        let text = json_document(&serde_json::to_value(&planned).unwrap_or_default());
        write_file(path, &text)?;
    }
    done.finish(context, arguments)
}

fn write_file(path: &Path, text: &str) -> Result<(), CommandError> {
    replace_file(path, text.as_bytes())
        .map_err(|error| CommandError::could_not_run(format!("{}: {error}", path.display())))
}

/// The plan that is to be carried out, where a file is named.
fn agreed(arguments: &ApplyArguments) -> Result<Option<PlanFile>, CommandError> {
    let [name] = arguments.environment.as_slice() else {
        return Ok(None);
    };
    let path = Path::new(name);
    if !(path.is_file() && path.extension().is_some_and(|ending| ending == "json")) {
        return Ok(None);
    }
    let text = read_file(path, Named::ByUser, SETTINGS_BYTES)
        .map_err(|error| CommandError::could_not_run(open_error(path, &error)))?;
    let plan = PlanFile::parse(&text).map_err(|error| CommandError::usage(format!("{}: {error}", path.display())))?;
    Ok(Some(plan))
}

impl ApplyArguments {
    /// Whether the cluster stays as it is.
    const fn writes_nothing(&self) -> bool {
        self.dry_run || self.plan_out.is_some()
    }
}

/// Which findings count; none where nothing is judged.
fn judgement(arguments: &ApplyArguments) -> Result<Option<Judgement>, CommandError> {
    if arguments.skip_lint {
        return Ok(None);
    }
    let settings = read_settings(None, arguments.environments.directory())?;
    Ok(Some(Judgement {
        silenced: settings.config.silenced(),
        fail_on: settings.config.fail_on,
        baseline: None,
    }))
}

/// The environments that are meant.
fn wanted<'e>(
    context: RunContext,
    arguments: &ApplyArguments,
    run: &ClusterRun,
    (all, agreed): (&'e Environments, Option<&PlanFile>),
) -> Result<Vec<&'e Environment>, CommandError> {
    let wanted: Vec<&Environment> = if let Some(cluster) = &arguments.cluster {
        all.in_cluster(cluster).map_err(CommandError::usage)?
    } else if arguments.environment.is_empty() {
        let known: Vec<&str> = all.list.iter().map(|one| one.name.text.as_str()).collect();
        return Err(
            CommandError::usage("name the environments to apply, or their cluster with --cluster")
                .with_hint(format!("there are {}", known.join(", "))),
        );
    } else {
        let names = match agreed {
            Some(agreed) => agreed.environments.iter().map(|one| one.environment.clone()).collect(),
            None => chosen(context, &run.place, &arguments.environment)?,
        };
        let named = names.iter().map(|name| all.named(name).map_err(CommandError::usage));
        named.collect::<Result<_, _>>()?
    };
    for environment in &wanted {
        for name in &arguments.releases {
            environment.release(name).map_err(CommandError::usage)?;
        }
    }
    Ok(wanted)
}

pub(super) fn apply_error(error: ApplyError) -> CommandError {
    match error {
        ApplyError::Plan(error) => plan_error(error),
        ApplyError::Program(error) | ApplyError::CarryOut(CarryOutError::Program(error)) => program_error(error),
        ApplyError::Lease(_) | ApplyError::Busy { .. } | ApplyError::CarryOut(CarryOutError::LeaseLost) => {
            CommandError::could_not_run(error)
        }
        ApplyError::Moved(_) | ApplyError::LacksNamespace { .. } => CommandError::findings(error),
    }
}

/// Prints what happens in an environment.
struct Observer<'a> {
    context: RunContext,
    arguments: &'a ApplyArguments,
    environment: &'a Environment,
    target: KubeTarget,
    judgement: Option<&'a Judgement>,
    stops: Option<&'static str>,
    waits: bool,
    plan: Json,
    planned: &'a mut PlanFile,
}

impl ApplyObserver for Observer<'_> {
    fn planned(&mut self, plan: &EnvironmentPlan, decision: Decision) {
        let context = self.context;
        self.plan = plan_as_json(plan, &self.target);
        self.planned.add(plan);
        if matches!(self.arguments.output, OutputFormat::Text) {
            let options = DiffTextOptions {
                is_coloured: context.has_colour(),
                is_full: self.arguments.full,
            };
            // A closed output does not keep it from being carried out.
            let _written = context.write_stdout(plan_as_text(plan, &self.target, options).as_bytes());
        }
        for refused in &plan.refused {
            for finding in &refused.refusal.findings {
                context.report_shown(&context.terminal().draw(finding, false));
            }
        }
        for release in &plan.releases {
            let fails = |finding: &&Finding| {
                self.judgement
                    .is_some_and(|judgement| finding.severity >= judgement.fail_on)
            };
            for finding in release.findings.iter().filter(fails) {
                context.report_shown(&context.terminal().draw(finding, false));
            }
        }
        self.waits = decision == Decision::WaitForApproval;
        self.stops = match decision {
            Decision::CarryOut | Decision::Show => None,
            Decision::Refuse => Some("nothing was applied: what is wrong above must be mended first"),
            Decision::WaitForApproval => Some(
                "nothing was applied: the policy of the environment is `manual`, so somebody must approve the changes with --approve",
            ),
        };
    }

    fn begins(&mut self, plan: &EnvironmentPlan) {
        let changed = plan
            .releases
            .iter()
            .filter(|release| release.action != Action::Unchanged);
        let changed = changed.map(|release| format!("{} {}", release.action.name(), release.name));
        let resources = plan.resources.iter().filter(|resources| resources.differs);
        let resources = resources.map(|resources| format!("{APPLY} {}", resources.label()));
        let changed: Vec<String> = resources.chain(changed).collect();
        self.notify(&format!("begins: {}", changed.join(", ")), json!({"begins": changed}));
    }

    fn progress(&mut self, progress: Progress<'_>) {
        let line = match progress {
            Progress::Step("", what) => what,
            Progress::Step(release, what) => format!("{release}: {what}"),
            Progress::NotReady(release, problem) => format!("{release}: not ready: {}", problem_line(problem)),
        };
        self.context.report(&line);
    }

    fn waits(&mut self, holder: &str) {
        self.context.report(&format!("waiting for another run, {holder}"));
    }

    fn interrupted(&mut self, record: &Record) {
        let line = format!(
            "{}: a run of {} was killed at its {}, from commit {}",
            record.release, record.started, record.action, record.commit
        );
        self.context.report(&line);
        self.notify(&line, json!({"interrupted": record}));
    }
}

impl Observer<'_> {
    fn notify(&self, subject: &str, details: Json) {
        let Json::Object(mut details) = details else { return };
        details.insert(
            "environment".to_owned(),
            Json::from(self.environment.name.text.as_str()),
        );
        let change = NoticedChange {
            subject: format!("{}: {subject}", self.environment.name.text),
            lines: String::new(),
            details,
        };
        notify(self.context, "apply", self.arguments.environments.directory(), change);
    }
}

/// What was done in all environments.
struct Outcomes {
    json: Vec<Json>,
    exit: Exit,
    has_changes: bool,
}

impl Default for Outcomes {
    fn default() -> Self {
        Self {
            json: Vec::new(),
            exit: Exit::Clean,
            has_changes: false,
        }
    }
}

impl Outcomes {
    fn add(
        &mut self,
        context: RunContext,
        arguments: &ApplyArguments,
        observer: Observer<'_>,
        applied: &Applied,
    ) -> Result<(), CommandError> {
        let name = observer.environment.name.text.as_str();
        let mut found = applied_as_json(name, applied);
        for outcome in &applied.outcomes {
            let mut text = format!("{}\n", outcome_line(outcome));
            for explanation in &outcome.explanations {
                text.push_str(&explanation_as_text(explanation));
            }
            if outcome.explanations.is_empty() && outcome.is_failure() {
                let words = if outcome.words.is_empty() {
                    &outcome.record.message
                } else {
                    &outcome.words
                };
                text.push_str(&format!("{}\n", visible_lines(words)));
            }
            if matches!(arguments.output, OutputFormat::Text) {
                context.write_stdout(text.as_bytes())?;
            }
            let details = json!({"release": outcome.record});
            observer.notify(outcome_line(outcome).as_str(), details);
            if outcome.record.result != RecordResult::Deployed {
                self.exit = Exit::Findings;
            }
        }
        if let Some(reason) = observer.stops {
            context.report(&format!("{name}: {reason}"));
            self.exit = Exit::Findings;
        }
        self.has_changes |= applied.has_changes;
        if let Some(found) = found.as_object_mut() {
            found.insert("waitsForApproval".to_owned(), Json::Bool(observer.waits));
            found.insert("plan".to_owned(), observer.plan);
        }
        self.json.push(found);
        Ok(())
    }

    fn finish(self, context: RunContext, arguments: &ApplyArguments) -> Result<Exit, CommandError> {
        let document = json!({"version": 1, "environments": self.json});
        if let Some(path) = &arguments.record {
            write_file(path, &json_document(&document))?;
        }
        if matches!(arguments.output, OutputFormat::Json) {
            print_json(context, &document)?;
        }
        let is_asked = arguments.detailed_exitcode && arguments.writes_nothing() && self.has_changes;
        Ok(match self.exit {
            Exit::Clean if is_asked => Exit::Updates,
            exit => exit,
        })
    }
}
