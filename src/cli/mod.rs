//! The command line: arguments to library calls to an exit code.

mod bool_flag;
mod agent;
mod adopt;
mod apply;
mod bump;
mod chart_json;
mod chart_reference;
mod charts_to_check;
mod chart_update_flags;
mod ci;
mod ci_plan;
mod cluster_run;
mod command_error;
mod comment_flags;
mod completion;
mod contexts;
mod coverage;
mod dependency;
mod dependency_flags;
mod diff;
mod doctor;
mod environment_flags;
mod event;
mod destination_flags;
mod exit_code;
mod explain;
mod explore;
mod explore_flag;
mod fix_versions;
mod forge_connection;
mod github_files;
mod helm_flags;
mod help;
mod history;
mod images;
mod init;
mod kept_random;
mod keyring_flags;
mod link_flags;
mod lint;
mod load_chart;
mod man;
mod manifest_inputs;
mod manual;
mod move_environments;
mod move_images;
mod network;
mod notify;
mod output_directory;
mod package;
mod policy_flags;
mod poll;
mod post_renderer;
mod promote;
mod publish;
mod pull;
mod push;
mod repo;
mod release_flags;
mod remote_flags;
mod report;
mod report_flags;
mod repository_flags;
mod run_context;
mod summary_flags;
mod schema_flags;
mod status;
mod template;
mod time_flag;
mod validate;
mod verify;
mod verify_environment;
mod version;
mod value_flags;
mod values;
mod write_back_flags;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use self::bool_flag::GoBooleans;
use crate::text::stop;
use crate::text::threads::{STACK_BYTES, widen_heap};

pub use command_error::{CommandError, ErrorKind};
pub use exit_code::Exit;
pub use run_context::RunContext;

/// Lint, render, validate, package and push Helm charts, and move image tags into them.
#[derive(Debug, Parser)]
#[command(name = "chartwright", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

// Flags of a command are made when it is the one that is named: making those of all commands takes a millisecond.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
enum Command {
    /// Lint, render, validate, package and push every chart below a directory.
    Ci(GoBooleans<ci::CiArguments>),
    /// Write the settings, the pipeline and the hooks that a repository with charts lacks.
    Init(GoBooleans<init::InitArguments>),
    /// Say what of git, the settings, the credentials and the repositories works.
    Doctor(GoBooleans<doctor::DoctorArguments>),
    /// Join reports of several runs.
    Report(GoBooleans<report::ReportArguments>),
    /// Render a chart's templates, the same bytes as `helm template`.
    Template(GoBooleans<Box<template::TemplateArguments>>),
    /// Examine charts for possible issues.
    Lint(GoBooleans<Box<lint::LintArguments>>),
    /// Show which lines and branches of a chart's templates its renderings reach.
    Coverage(GoBooleans<Box<coverage::CoverageArguments>>),
    /// Find values that break a chart, by following the conditions of its templates.
    Explore(GoBooleans<Box<explore::ExploreArguments>>),
    /// Validate manifests against the Kubernetes schemas in this binary.
    Validate(GoBooleans<Box<validate::ValidateArguments>>),
    /// Show what changes in the rendered objects between two commits, packages or versions of a chart.
    Diff(GoBooleans<Box<diff::DiffArguments>>),
    /// Fetch the charts that charts depend on, or list them.
    #[command(visible_alias = "dep", alias = "dependencies")]
    Dependency(GoBooleans<dependency::DependencyArguments>),
    /// Package charts into reproducible archives.
    Package(GoBooleans<package::PackageArguments>),
    /// Check that an archive is the one that its provenance file was signed for.
    Verify(GoBooleans<verify::VerifyArguments>),
    /// Push archives to a chart repository, never losing another's push.
    Push(GoBooleans<push::PushArguments>),
    /// Look after a chart repository: list, index, check, delete, prune, copy.
    Repo(GoBooleans<repo::RepoArguments>),
    /// Fetch a chart from a repository or registry.
    Pull(GoBooleans<Box<pull::PullArguments>>),
    /// Set values and move images in YAML files, changing nothing else.
    Bump(GoBooleans<Box<bump::BumpArguments>>),
    /// List the images of charts with the values that name them, and the images that other files name.
    Images(GoBooleans<Box<images::ImagesArguments>>),
    /// List images that files name and what is newer in their registries, and write the newer tags.
    Poll(GoBooleans<Box<poll::PollArguments>>),
    /// Read what a registry or pipeline says was pushed, and write its tag to the files that name it.
    #[command(alias = "observe")]
    Event(GoBooleans<Box<event::EventArguments>>),
    /// List what each environment runs, and how far it is behind the first one.
    Status(GoBooleans<status::StatusArguments>),
    /// Print the values of a release in an environment, and where each comes from.
    Values(GoBooleans<values::ValuesArguments>),
    /// List keys that one environment sets and another does not.
    Vars(GoBooleans<values::VarsArguments>),
    /// Write the versions that one environment runs to the files of another.
    Promote(GoBooleans<Box<promote::PromoteArguments>>),
    /// Write the versions that an environment ran before to its files.
    Rollback(GoBooleans<Box<promote::RollbackArguments>>),
    /// Bring environments to what their files say: render, judge, show, upgrade, test, and take back what fails.
    #[command(visible_alias = "deploy")]
    Apply(GoBooleans<Box<apply::ApplyArguments>>),
    /// Show what differs between clusters and what the files of their environments say; exit with 2 if something does.
    Drift(GoBooleans<Box<history::DriftArguments>>),
    /// List the revisions of releases in a cluster: when, which chart and images, from which commit, by whom, and how it ended.
    History(GoBooleans<history::HistoryArguments>),
    /// Find what was applied by a commit, an image, a chart's version or a revision.
    Trace(GoBooleans<history::TraceArguments>),
    /// Keep environments at what the newest commit of a repository says, with a page, metrics and webhooks.
    Agent(GoBooleans<Box<agent::AgentArguments>>),
    /// Make the clusters of environments reachable: chart repositories, credentials, and a context for each environment.
    Contexts(GoBooleans<contexts::ContextsArguments>),
    /// Make the context of an environment the current one.
    Use(GoBooleans<contexts::UseArguments>),
    /// Explain a rule with examples, or list the rules.
    Explain(GoBooleans<explain::ExplainArguments>),
    /// Print a script with which a shell completes commands and flags.
    Completion(GoBooleans<completion::CompletionArguments>),
    /// Print the manual page of a command, or write all pages into a directory.
    Man(GoBooleans<man::ManArguments>),
    /// Print the version, its commit, and the versions of Helm and Kubernetes that it follows.
    Version(GoBooleans<version::VersionArguments>),
}

/// Runs the program: parses `arguments` (the program's name first), does the work, reports errors on standard error.
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    let worker = std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(move || run_here(arguments));
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(exit)) => exit.into(),
        Ok(Err(_)) => Exit::Bug.into(),
        Err(error) => {
            RunContext::from_process().report(&format!("Error: cannot start a thread: {error}"));
            Exit::CouldNotRun.into()
        }
    }
}

fn run_here(arguments: Vec<OsString>) -> Exit {
    widen_heap();
    let context = RunContext::from_process();
    let parsed = match parse(arguments) {
        Ok(parsed) => parsed,
        Err(error) => return command_error::report_usage(context, &error),
    };
    let context = match &parsed.command {
        Command::Template(_) => context.in_helms_words(),
        Command::Lint(arguments) if arguments.speaks_as_helm() => context.in_helms_words(),
        _ => context,
    };
    let outcome = match &parsed.command {
        Command::Template(arguments) => template::run(context, arguments),
        Command::Lint(arguments) => lint::run(context, arguments),
        Command::Coverage(arguments) => coverage::run(context, arguments),
        Command::Explore(arguments) => explore::run(context, arguments),
        Command::Validate(arguments) => validate::run(context, arguments),
        Command::Diff(arguments) => diff::run(context, arguments),
        Command::Dependency(arguments) => dependency::run(context, arguments),
        Command::Package(arguments) => package::run(context, arguments),
        Command::Verify(arguments) => verify::run(context, arguments),
        Command::Push(arguments) => push::run(context, arguments),
        Command::Repo(arguments) => repo::run(context, arguments),
        Command::Pull(arguments) => pull::run(context, arguments),
        Command::Ci(arguments) => ci::run(context, arguments),
        Command::Init(arguments) => init::run(context, arguments),
        Command::Doctor(arguments) => doctor::run(context, arguments),
        Command::Report(arguments) => report::run(context, arguments),
        Command::Bump(arguments) => bump::run(context, arguments),
        Command::Images(arguments) => images::run(context, arguments),
        Command::Poll(arguments) => poll::run(context, arguments),
        Command::Event(arguments) => event::run(context, arguments),
        Command::Status(arguments) => status::run(context, arguments),
        Command::Values(arguments) => values::run(context, arguments),
        Command::Vars(arguments) => values::run_vars(context, arguments),
        Command::Promote(arguments) => promote::run(context, arguments),
        Command::Rollback(arguments) => promote::run_rollback(context, arguments),
        Command::Apply(arguments) => apply::run(context, arguments),
        Command::Drift(arguments) => history::run_drift(context, arguments),
        Command::History(arguments) => history::run(context, arguments),
        Command::Trace(arguments) => history::run_trace(context, arguments),
        Command::Agent(arguments) => agent::run(context, arguments),
        Command::Contexts(arguments) => contexts::run(context, arguments),
        Command::Use(arguments) => contexts::run_use(context, arguments),
        Command::Explain(arguments) => explain::run(context, arguments),
        Command::Completion(arguments) => completion::run(context, arguments, program()),
        Command::Man(arguments) => man::run(context, arguments, &program()),
        Command::Version(arguments) => version::run(context, arguments),
    };
    let exit = match outcome {
        Ok(exit) => exit,
        Err(error) => {
            error.report(context);
            error.exit()
        }
    };
    match stop::reason() {
        // What stopped counts as not done, whatever was found before.
        Some(reason) if exit == Exit::Findings => {
            context.report(&format!("Error: {reason}"));
            Exit::CouldNotRun
        }
        _ => exit,
    }
}

/// The commands and flags, with their help.
fn program() -> clap::Command {
    let mut program = Arguments::command();
    program.build();
    help::with_help(program)
}

fn parse(arguments: Vec<OsString>) -> Result<Arguments, clap::Error> {
    let arguments = with_kubeconform_spellings(arguments);
    let is_help = |argument: &OsString| ["--help", "-h", "help"].iter().any(|help| argument == help);
    // Most runs print no help, and do not wait until its text is made.
    let program = if arguments.len() < 2 || arguments.iter().any(is_help) {
        program()
    } else {
        Arguments::command()
    };
    Arguments::from_arg_matches(&program.try_get_matches_from(arguments)?)
}

/// Whether arguments (the program's name first) are those of a command, for tests of examples. Nothing runs.
///
/// # Errors
/// What is wrong with them; a request for help is not.
pub fn check_usage(arguments: Vec<OsString>) -> Result<(), String> {
    use clap::error::ErrorKind as Clap;
    match parse(arguments) {
        Err(error) if !matches!(error.kind(), Clap::DisplayHelp | Clap::DisplayVersion) => Err(error.to_string()),
        _ => Ok(()),
    }
}

/// `validate` takes kubeconform's flags as Go spells them.
fn with_kubeconform_spellings(arguments: Vec<OsString>) -> Vec<OsString> {
    if arguments.get(1).is_none_or(|command| command != "validate") {
        return arguments;
    }
    arguments
        .into_iter()
        .map(|argument| match argument.to_str().and_then(validate::usual_spelling) {
            Some(usual) => OsString::from(usual),
            None => argument,
        })
        .collect()
}
