//! `chartwright apply`: environments brought to what their files say, by Helm and kubectl. The library decides; this reads flags and prints.

use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde_json::{Value as Json, json};

use crate::artifact::dependency::RepositorySupply;
use crate::check::finding::{Judgement, SecretValues};
use crate::cluster::apply::{Applied, ApplyError, ApplyObserver, ApplyOptions, apply_environment, needs_approval};
use crate::cluster::carry_out::Progress;
use crate::cluster::decrypt::decrypted;
use crate::cluster::live::{HelmStorage, LiveCluster};
use crate::cluster::plan::{EnvironmentPlan, PlanError, PlanRequest};
use crate::cluster::program::{ProgramError, Programs};
use crate::cluster::record::{Record, RecordResult};
use crate::cluster::run_identity::RunIdentity;
use crate::cluster::target::KubeTarget;
use crate::delivery::environment::{Environment, Environments, EnvironmentsPlace};
use crate::delivery::git::WorkTree;
use crate::engine::template::World;
use crate::pipeline::NoticedChange;
use crate::report::{
    DiffTextOptions, applied_as_json, explanation_as_text, json_document, outcome_line, plan_as_json, plan_as_text,
    problem_line,
};
use crate::text::source::replace_file;

use super::command_error::CommandError;
use super::dependency_flags::report_notes;
use super::destination_flags::read_settings;
use super::environment_flags::{EnvironmentFlags, chosen, environments};
use super::exit_code::Exit;
use super::link_flags::LinkFlags;
use super::notify::notify;
use super::remote_flags::{LoginFlags, RemoteFlags};
use super::repository_flags::{OutputFormat, print_json};
use super::run_context::RunContext;
use super::time_flag::duration;

/// Longest time for programs that only ask or write.
const PROGRAM_LIMIT: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(super) struct ApplyArguments {
    /// Environments, in this order; `auto` for those that the branch or tag decides.
    #[arg(value_name = "ENV")]
    environment: Vec<String>,
    /// All environments of a cluster.
    #[arg(short, long, value_name = "CLUSTER", conflicts_with = "environment")]
    cluster: Option<String>,
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
    /// Carry out changes of environments whose policy is `manual`, in the name of whoever runs this.
    #[arg(long)]
    approve: bool,
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
    #[command(flatten)]
    target: TargetFlags,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text, value_name = "FORMAT")]
    output: OutputFormat,
    #[command(flatten)]
    links: LinkFlags,
    #[command(flatten)]
    remote: RemoteFlags,
}

/// Which cluster and namespace, where the files do not say it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Cluster")]
pub(super) struct TargetFlags {
    /// Context of the kubeconfig, instead of that of the environment.
    #[arg(long, value_name = "CONTEXT")]
    kube_context: Option<String>,
    /// Namespace of environments that name none.
    #[arg(long, value_name = "NAMESPACE")]
    namespace: Option<String>,
}

/// What all environments of a run have in common.
pub(super) struct ClusterRun {
    pub(super) context: RunContext,
    pub(super) place: EnvironmentsPlace,
    pub(super) programs: Programs,
    pub(super) storage: HelmStorage,
    pub(super) identity: RunIdentity,
}

impl ClusterRun {
    /// Nothing is run yet.
    pub(super) fn new(context: RunContext, flags: &EnvironmentFlags) -> Result<Self, CommandError> {
        let storage = context.variable("HELM_DRIVER");
        let random = context.random_bytes();
        let random: String = random.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let identity = RunIdentity::of_this_process(&random);
        Ok(Self {
            context,
            place: flags.place(context)?,
            programs: Programs {
                run: identity.to_string(),
                limit: PROGRAM_LIMIT,
            },
            storage: HelmStorage::of_variable(storage.as_deref()).map_err(CommandError::usage)?,
            identity,
        })
    }

    /// The cluster and namespace of an environment.
    pub(super) fn cluster(&self, environment: &Environment, flags: &TargetFlags) -> LiveCluster<'_> {
        let own = (!environment.cluster.is_empty()).then(|| format!("env:{}", environment.name.text));
        let namespace = match environment.namespace.as_str() {
            "" => flags.namespace.clone().unwrap_or_default(),
            own => own.to_owned(),
        };
        let target = KubeTarget {
            context: flags.kube_context.clone().or(own),
            namespace,
        };
        LiveCluster::new(&self.programs, target, self.storage)
    }
}

/// The time as Kubernetes has it in leases.
fn now_micros() -> String {
    let nanos = RunContext::from_process().now_unix_nanos();
    let micros = i64::try_from(nanos / 1000).unwrap_or_default();
    jiff::Timestamp::from_microsecond(micros).map_or_else(|_| String::new(), |time| format!("{time:.6}"))
}

pub(super) fn run(context: RunContext, arguments: &ApplyArguments) -> Result<Exit, CommandError> {
    let run = ClusterRun::new(context, &arguments.environments)?;
    let reader = arguments.environments.reader(context);
    let read = |path: &Path| reader.read(path);
    let all = environments(&run.place, &read)?;
    let wanted = wanted(context, arguments, &run, &all)?;
    let limits = (
        duration("--timeout", &arguments.timeout)?,
        duration("--lock-timeout", &arguments.lock_timeout)?,
    );
    let about = about(context, arguments, &run)?;
    let charts = arguments.remote.charts(context, &LoginFlags::default(), false)?;
    let supply = Arc::new(RepositorySupply::new(arguments.remote.charts(
        context,
        &LoginFlags::default(),
        false,
    )?));
    let settings = read_settings(None, arguments.environments.directory())?;
    let judgement = Judgement {
        silenced: settings.config.silenced(),
        fail_on: settings.config.fail_on,
        baseline: None,
    };
    let judgement = (!arguments.skip_lint).then_some(&judgement);
    let secrets = RefCell::new(SecretValues::default());
    let decrypting = |path: &Path| -> io::Result<Vec<u8>> {
        decrypted(&run.programs, path, reader.read(path)?, &mut secrets.borrow_mut())
    };
    let make_world = || -> Box<dyn World> { Box::new(context.render_world(false)) };
    let address_of = |name: &str, _: bool| -> io::Result<Option<String>> {
        Err(io::Error::other(format!(
            "the address `{name}` of Google Cloud is not looked up"
        )))
    };
    let mut done = Outcomes::default();
    for environment in wanted {
        let cluster = run.cluster(environment, &arguments.target);
        let request = PlanRequest {
            all: &all,
            environment,
            releases: &arguments.releases,
            directory: &run.place.working_directory,
            read: &decrypting,
            address_of: &address_of,
            charts: &charts,
            supply: Some(&*supply),
            links: arguments.links.policy(),
            judgement,
            report_root: context.report_root(None, &[]),
            make_world: &make_world,
            decrypted: &secrets,
        };
        let options = ApplyOptions {
            timeout: limits.0,
            fails_fast: !arguments.no_fail_fast,
            tests: !arguments.skip_tests,
            creates_namespace: arguments.create_namespace,
            patience: limits.1,
            identity: &run.identity,
            about: about.clone(),
            agreed: None,
            now: now_micros,
        };
        let mut observer = Observer {
            context,
            arguments,
            environment,
            target: cluster.target.clone(),
            judgement,
            is_carried_out: false,
            stops: None,
            plan: Json::Null,
        };
        let applied = apply_environment(&request, &cluster, &options, &mut observer).map_err(apply_error)?;
        report_notes(context, Some(&supply));
        done.add(context, arguments, observer, applied)?;
        if done.exit != Exit::Clean {
            break;
        }
    }
    done.finish(context, arguments)
}

/// The environments that are meant.
fn wanted<'e>(
    context: RunContext,
    arguments: &ApplyArguments,
    run: &ClusterRun,
    all: &'e Environments,
) -> Result<Vec<&'e Environment>, CommandError> {
    let wanted: Vec<&Environment> = if let Some(cluster) = &arguments.cluster {
        let found: Vec<&Environment> = all.list.iter().filter(|one| one.cluster == *cluster).collect();
        if found.is_empty() {
            let known: Vec<&str> = all.clusters.iter().map(|one| one.name.text.as_str()).collect();
            return Err(
                CommandError::usage(format!("no environment is in a cluster named `{cluster}`"))
                    .with_hint(format!("there are the clusters {}", known.join(", "))),
            );
        }
        found
    } else if arguments.environment.is_empty() {
        let known: Vec<&str> = all.list.iter().map(|one| one.name.text.as_str()).collect();
        return Err(
            CommandError::usage("name the environments to apply, or their cluster with --cluster")
                .with_hint(format!("there are {}", known.join(", "))),
        );
    } else {
        let names = chosen(context, &run.place, &arguments.environment)?;
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

/// What records say of this run: the commit, and who runs it.
fn about(context: RunContext, arguments: &ApplyArguments, run: &ClusterRun) -> Result<Record, CommandError> {
    let directory = run.place.working_directory.join(&run.place.directory);
    let tree = WorkTree::of(&directory).ok();
    let state = tree
        .as_ref()
        .and_then(|tree| tree.state_of(&[directory.as_path()]).ok());
    let commit = tree.as_ref().and_then(|tree| tree.head_sha().ok()).unwrap_or_default();
    let is_clean = state.is_some_and(|state| state.differing.is_empty()) && !commit.is_empty();
    if !is_clean && !arguments.allow_dirty && !arguments.dry_run {
        let message = if commit.is_empty() {
            "what is applied is in no commit: the directory is not one of a git repository"
        } else {
            "what is applied is in no commit: files were changed since the last one"
        };
        return Err(CommandError::findings(message).with_hint("commit first, or apply it as it is with --allow-dirty"));
    }
    let actor = ["GITHUB_ACTOR", "GITLAB_USER_LOGIN", "CF_BUILD_INITIATOR", "USER"];
    let actor = actor.into_iter().find_map(|name| context.variable(name));
    let committer = tree.as_ref().and_then(|tree| tree.last_committer().ok());
    let who = actor
        .or_else(|| committer.map(|(name, email)| format!("{name} <{email}>")))
        .unwrap_or_default();
    let dirty = if is_clean { "" } else { "-dirty" };
    Ok(Record {
        run: run.identity.to_string(),
        commit: if commit.is_empty() {
            commit
        } else {
            format!("{commit}{dirty}")
        },
        approved: if arguments.approve {
            format!("{who}, {}", context.now_rfc3339())
        } else {
            String::new()
        },
        who,
        ..Record::default()
    })
}

fn apply_error(error: ApplyError) -> CommandError {
    match &error {
        ApplyError::Plan(PlanError::NoNamespace(_)) => CommandError::usage(error),
        ApplyError::Plan(PlanError::Program(ProgramError::Missing(program)))
        | ApplyError::Program(ProgramError::Missing(program)) => {
            let hint = format!("install {program}: what is done in a cluster, it does");
            CommandError::could_not_run(error).with_hint(hint)
        }
        ApplyError::Moved(_) => CommandError::findings(error),
        _ => CommandError::could_not_run(error),
    }
}

/// Prints what happens in an environment.
struct Observer<'a> {
    context: RunContext,
    arguments: &'a ApplyArguments,
    environment: &'a Environment,
    target: KubeTarget,
    judgement: Option<&'a Judgement>,
    is_carried_out: bool,
    stops: Option<&'static str>,
    plan: Json,
}

impl ApplyObserver for Observer<'_> {
    fn planned(&mut self, plan: &EnvironmentPlan) -> bool {
        let context = self.context;
        self.plan = plan_as_json(plan, &self.target);
        if matches!(self.arguments.output, OutputFormat::Text) {
            let options = DiffTextOptions {
                is_coloured: context.has_colour(),
                is_full: self.arguments.full,
            };
            // Who does not read it is not told.
            let _written = context.write_stdout(plan_as_text(plan, &self.target, options).as_bytes());
        }
        for refused in &plan.refused {
            for finding in &refused.refusal.findings {
                context.report_shown(&context.terminal().draw(finding, false));
            }
        }
        for release in &plan.releases {
            for finding in &release.findings {
                context.report_shown(&context.terminal().draw(finding, false));
            }
        }
        let waits = needs_approval(self.environment.policy) && !self.arguments.approve && plan.has_changes();
        self.stops = if plan.is_refused(self.judgement) {
            Some("nothing was applied: what is wrong above must be mended first")
        } else if self.arguments.dry_run {
            None
        } else if waits {
            Some(
                "nothing was applied: the policy of the environment is `manual`, so somebody must approve the changes with --approve",
            )
        } else {
            None
        };
        self.is_carried_out = self.stops.is_none() && !self.arguments.dry_run;
        self.is_carried_out
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
        applied: Applied,
    ) -> Result<(), CommandError> {
        let name = observer.environment.name.text.as_str();
        let mut found = applied_as_json(name, &applied);
        for outcome in &applied.outcomes {
            let mut text = format!("{}\n", outcome_line(outcome));
            for explanation in &outcome.explanations {
                text.push_str(&explanation_as_text(explanation));
            }
            if outcome.explanations.is_empty() && outcome.is_failure() {
                text.push_str(&format!("{}\n", outcome.words));
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
            found.insert("plan".to_owned(), observer.plan);
        }
        self.json.push(found);
        Ok(())
    }

    fn finish(self, context: RunContext, arguments: &ApplyArguments) -> Result<Exit, CommandError> {
        let document = json!({"version": 1, "environments": self.json});
        if let Some(path) = &arguments.record {
            let text = json_document(&document);
            replace_file(path, text.as_bytes())
                .map_err(|error| CommandError::could_not_run(format!("{}: {error}", path.display())))?;
        }
        if matches!(arguments.output, OutputFormat::Json) {
            print_json(context, &document)?;
        }
        let is_asked = arguments.detailed_exitcode && arguments.dry_run && self.has_changes;
        Ok(match self.exit {
            Exit::Clean if is_asked => Exit::Updates,
            exit => exit,
        })
    }
}
