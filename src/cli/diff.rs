//! `chartwright diff`: what changes in the rendered objects between two states of a chart, or of all charts of a directory: commits and the
//! work tree, two directories or packages, two versions in a repository.

use std::path::Path;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use crate::check::diff::{ChartPair, DiffSettings, StatePlace, compare_charts};
use crate::check::run::{DEFAULT_VALUES, GivenValues, ValuesRoot};
use crate::config::Settings;
use crate::delivery::git::{GitError, GitTree, WorkTree};
use crate::engine::chart::{Compat, FileTree as _};
use crate::engine::render::default_release_name;
use crate::pipeline::{ChartEnvironments, ComparedCharts, ComparedStates};
use crate::report::{DiffTextOptions, diff_as_html, diff_as_json, diff_as_markdown, diff_as_text, json_list};
use crate::text::limits::{FILE_BYTES, SETTINGS_BYTES};
use crate::text::source::place_of;

use super::chart_reference::{ChartFinder, ChartReferenceFlags, Fetching, FoundChart, name_error};
use super::cluster_run::{ClusterRun, PlanFlags};
use super::command_error::CommandError;
use super::dependency_flags::{DependencyFlags, report_notes};
use super::destination_flags::{read_settings, settings_error};
use super::environment_flags::{EnvironmentFlags, environments};
use super::exit_code::Exit;
use super::history::compare;
use super::keyring_flags::KeyringFlags;
use super::link_flags::LinkFlags;
use super::release_flags::ReleaseFlags;
use super::repository_flags::OutputFormat;
use super::run_context::RunContext;
use super::summary_flags::{Summary, SummaryFlags};
use super::time_flag::TimeFlag;
use super::value_flags::ValueFlags;

#[derive(Debug, Args)]
pub(super) struct DiffArguments {
    /// A chart or a directory of charts, compared with a commit; or two charts: directories, .tgz files, charts of repositories
    /// [default: the working directory]. Or the name of an environment, whose files are compared with what its cluster has.
    #[arg(value_name = "CHART", num_args = 0..=2)]
    charts: Vec<String>,
    /// Compare with the commit at which HEAD, or --to, left this branch: what a pull request changes.
    #[arg(long, value_name = "REF", conflicts_with = "from")]
    since: Option<String>,
    /// Compare with this commit [default: HEAD].
    #[arg(long, value_name = "REF")]
    from: Option<String>,
    /// The commit that is compared [default: the files as they are].
    #[arg(long, value_name = "REF")]
    to: Option<String>,
    /// The version of a chart of a repository that --version is compared with.
    #[arg(long, value_name = "VERSION", conflicts_with_all = ["since", "from", "to"])]
    from_version: Option<String>,
    /// The version of a chart of a repository [default: the newest that is not a pre-release].
    #[arg(long, value_name = "VERSION", conflicts_with_all = ["since", "from", "to"])]
    version: Option<String>,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = DiffFormat::Text, value_name = "FORMAT")]
    output: DiffFormat,
    /// End with exit code 1 when something differs.
    #[arg(long, alias = "detailed-exitcode")]
    exit_code: bool,
    /// Print all lines of objects that are added or removed.
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    summary: SummaryFlags,
    /// Context of the kubeconfig, for an environment, instead of its own.
    #[arg(long, value_name = "CONTEXT")]
    kube_context: Option<String>,
    /// Name of the release, apart from environments that name theirs.
    #[arg(long, value_name = "NAME", default_value = default_release_name())]
    release: String,
    /// Do not validate values against values.schema.json.
    #[arg(long)]
    skip_schema_validation: bool,
    #[command(flatten)]
    release_flags: ReleaseFlags,
    #[command(flatten)]
    links: LinkFlags,
    #[command(flatten)]
    time: TimeFlag,
    // What follows has a heading in the help, which would be that of all later flags.
    #[command(flatten)]
    values: ValueFlags,
    #[command(flatten)]
    reference: ChartReferenceFlags,
    #[command(flatten)]
    keyring: KeyringFlags,
    #[command(flatten)]
    dependencies: DependencyFlags,
}

/// How differences are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DiffFormat {
    /// Lines for people.
    Text,
    /// One JSON object.
    Json,
    /// Markdown for a pull request, 60,000 bytes at most.
    Markdown,
    /// A page for a browser, complete in one file.
    Html,
}

impl DiffArguments {
    fn names_commits(&self) -> bool {
        self.since.is_some() || self.from.is_some() || self.to.is_some()
    }
}

/// Compares the cluster of an environment with its files, if that is what the name means: there is no such path.
fn with_cluster(context: RunContext, arguments: &DiffArguments, name: &str) -> Result<Option<Exit>, CommandError> {
    let flags = EnvironmentFlags::of_working_directory();
    if Path::new(name).exists() || arguments.names_commits() || name.contains(['/', ':']) {
        return Ok(None);
    }
    let run = ClusterRun::new(context, &flags)?;
    let reader = flags.reader(context);
    let Ok(all) = environments(&run.place, &|path| reader.read(path)) else {
        return Ok(None);
    };
    let Ok(environment) = all.named(name) else {
        return Ok(None);
    };
    let output = match arguments.output {
        DiffFormat::Text => OutputFormat::Text,
        DiffFormat::Json => OutputFormat::Json,
        DiffFormat::Markdown | DiffFormat::Html => {
            return Err(CommandError::usage(
                "what differs from a cluster is printed as text or json",
            ));
        }
    };
    let plan = PlanFlags::new(
        arguments.kube_context.clone(),
        arguments.links,
        arguments.dependencies.remote().clone(),
    );
    let differs = compare(&run, (&all, &[environment]), (output, arguments.full), &plan)?;
    Ok(Some(if differs && arguments.exit_code {
        Exit::Findings
    } else {
        Exit::Clean
    }))
}

/// What is compared, and with which values.
struct Compared {
    pairs: Vec<ChartPair>,
    values: Vec<String>,
    values_root: ValuesRoot,
    /// The commits, where the states are such.
    states: Option<ComparedStates>,
    /// Whether values files are rendered instead of the defaults.
    values_replace_defaults: bool,
}

pub(super) fn run(context: RunContext, arguments: &DiffArguments) -> Result<Exit, CommandError> {
    arguments.time.start()?;
    if let [one] = arguments.charts.as_slice()
        && let Some(exit) = with_cluster(context, arguments, one)?
    {
        return Ok(exit);
    }
    let compared = match arguments.charts.as_slice() {
        [old, new] => two_charts(context, arguments, (old, new))?,
        [one] if arguments.from_version.is_some() => two_charts(context, arguments, (one, one))?,
        [one] => commits(arguments, Path::new(one))?,
        _ if arguments.from_version.is_some() => {
            return Err(
                CommandError::usage("--from-version is for a chart of a repository").with_hint("name the chart")
            );
        }
        _ => commits(arguments, Path::new("."))?,
    };
    let (given, _) = arguments.values.read(context, Compat::Helm4, &str::to_owned)?;
    let given = (!given.is_empty()).then(|| match &compared.states {
        Some(states) => {
            let at = |tree: Option<&GitTree>| tree.map_or_else(|| given.clone(), |tree| given_at(&given, tree));
            (at(Some(&states.old)), at(states.new.as_deref()))
        }
        None => (given.clone(), given),
    });
    let supply = arguments.dependencies.supply(context)?;
    let settings = DiffSettings {
        given,
        values: compared.values,
        values_root: compared.values_root,
        values_replace_defaults: compared.values_replace_defaults,
        kube_version: arguments.release_flags.kube_version()?,
        api_versions: arguments.release_flags.api_versions().to_vec(),
        release_name: arguments.release.clone(),
        namespace: arguments.release_flags.namespace(context),
        links: arguments.links.policy(),
        supply: supply.clone().map(|supply| supply as _),
        skip_schema_validation: arguments.skip_schema_validation,
    };
    let outcome = compare_charts(&compared.pairs, &settings, &|| context.comparison_world());
    report_notes(context, supply.as_deref());
    let text = match arguments.output {
        DiffFormat::Json => diff_as_json(&outcome),
        DiffFormat::Markdown => diff_as_markdown(&outcome, None),
        DiffFormat::Html => diff_as_html(&outcome),
        DiffFormat::Text => diff_as_text(
            &outcome,
            DiffTextOptions {
                is_coloured: context.has_colour(),
                is_full: arguments.full,
            },
        ),
    };
    context.write_stdout(text.as_bytes())?;
    let differing = outcome.charts.iter().filter(|chart| chart.differs());
    let differing: Vec<String> = differing.map(|chart| chart.shown.clone()).collect();
    let summary = Summary {
        says_something: outcome.says_something(),
        text: &|most_bytes| diff_as_markdown(&outcome, Some(most_bytes)),
        outputs: &[("changed-charts", json_list(&differing))],
    };
    arguments.summary.places(context, "diff").write(context, summary);
    let is_finding = outcome.has_failures() || (arguments.exit_code && outcome.differs());
    Ok(if is_finding { Exit::Findings } else { Exit::Clean })
}

/// Two directories, packages or charts of repositories.
fn two_charts(
    context: RunContext,
    arguments: &DiffArguments,
    (old, new): (&str, &str),
) -> Result<Compared, CommandError> {
    if arguments.names_commits() {
        return Err(CommandError::usage(
            "--since, --from and --to are for one chart or directory, not for two",
        ));
    }
    let find = |name: &str, version: Option<&str>| {
        let fetching = Fetching {
            version,
            keyring: &arguments.keyring,
            remote: arguments.dependencies.remote(),
        };
        let mut finder = ChartFinder::new(context, &arguments.reference, fetching);
        finder.check_flags(&[name.to_owned()])?;
        match finder.find(name)? {
            FoundChart::Here(path) if path.exists() => Ok(StatePlace::Path(path)),
            FoundChart::Here(path) => {
                let message = format!("{}: no such file or directory", path.display());
                Err(CommandError::could_not_run(message).with_hint("name the directory of a chart, or a .tgz"))
            }
            FoundChart::Fetched(chart) => Ok(StatePlace::Archive(chart.file_name, chart.fetched.archive)),
            FoundChart::Nowhere(error) => Err(name_error(&error)),
        }
    };
    let version = arguments.version.as_deref();
    let from_version = arguments.from_version.as_deref().or(version);
    let pair = ChartPair {
        shown: new.to_owned(),
        old: Some(find(old, from_version)?),
        new: Some(find(new, version)?),
        environments: Vec::new(),
    };
    Ok(Compared {
        pairs: vec![pair],
        values: DEFAULT_VALUES.map(str::to_owned).to_vec(),
        values_root: ValuesRoot::Chart,
        states: None,
        values_replace_defaults: false,
    })
}

/// A chart, or the charts of a directory, in two commits, or in one and as the files are.
fn commits(arguments: &DiffArguments, path: &Path) -> Result<Compared, CommandError> {
    if arguments.version.is_some() {
        return Err(CommandError::usage("--version is for charts of repositories")
            .with_hint("name the version that it is compared with: --from-version"));
    }
    if path.is_file() {
        let message = format!("{}: only directories are compared with commits", path.display());
        return Err(CommandError::usage(message).with_hint("name two packages to compare them"));
    }
    let states = states(arguments, path)?;
    let settings = settings_of(&states, path)?;
    let declared = settings.environments().map_err(CommandError::usage)?;
    let pairs = states.pairs(
        path,
        ComparedCharts {
            exclude: &settings.config.exclude,
            values: &settings.config.values,
            environments: &ChartEnvironments::new(declared, settings.base()),
        },
    );
    let pairs = pairs.map_err(CommandError::could_not_run)?.ok_or_else(|| {
        CommandError::could_not_run(format!("{}: there is no chart, in either state", path.display()))
            .with_hint("name the directory of a chart, or one with charts below it")
    })?;
    Ok(Compared {
        pairs,
        values: settings.config.values.clone(),
        values_root: settings.values_root(),
        values_replace_defaults: settings.config.ct.is_some(),
        states: Some(states),
    })
}

fn states(arguments: &DiffArguments, path: &Path) -> Result<ComparedStates, CommandError> {
    let work_tree = WorkTree::around(path)
        .map_err(|error| git_error(&error).with_hint("name two charts, or run this in a repository of git"))?;
    let commit = |name: &str| {
        work_tree.commit_named(name).map_err(|error| match error {
            GitError::Failed { .. } if name == "HEAD" => CommandError::could_not_run("there is no commit yet")
                .with_hint("commit something: the files are compared with a commit"),
            GitError::Failed { .. } => CommandError::could_not_run(format!("git has no commit `{name}` here"))
                .with_hint("`git fetch origin BRANCH` fetches that of a branch; a shallow clone has few"),
            error => git_error(&error),
        })
    };
    let to = arguments.to.as_deref().map(commit).transpose()?;
    let from = match &arguments.since {
        Some(branch) => {
            let branch_commit = commit(branch)?;
            let head = to.as_deref().unwrap_or("HEAD");
            let base = work_tree
                .merge_base(&branch_commit, head)
                .map_err(|error| git_error(&error))?;
            base.ok_or_else(|| {
                let message = format!("{branch} and {head} have no commit in common");
                let error = CommandError::could_not_run(message);
                if work_tree.is_shallow().unwrap_or(false) {
                    error.with_hint(
                        "the clone is shallow: `git fetch --unshallow`, or `fetch-depth: 0` of actions/checkout",
                    )
                } else {
                    error
                }
            })?
        }
        None => commit(arguments.from.as_deref().unwrap_or("HEAD"))?,
    };
    Ok(ComparedStates {
        old: Arc::new(work_tree.tree(from)),
        new: to.map(|to| Arc::new(work_tree.tree(to))),
        work_tree,
    })
}

fn git_error(error: &GitError) -> CommandError {
    CommandError::could_not_run(error)
}

/// The settings that count for a path, in the state that is compared.
fn settings_of(states: &ComparedStates, path: &Path) -> Result<Settings, CommandError> {
    let Some(tree) = &states.new else {
        return read_settings(None, path);
    };
    let place = place_of(path).unwrap_or_else(|_| path.to_owned());
    let read = |file: &Path| tree.file(file, SETTINGS_BYTES);
    Settings::found_by(&place, &states.work_tree.top, &read).map_err(settings_error)
}

/// What is given, with values files as a commit has them. Those that it does not have are as they are.
fn given_at(given: &GivenValues, tree: &GitTree) -> GivenValues {
    let mut given = given.clone();
    for source in &mut given.values.files {
        let path = Path::new(&source.name);
        let (Some(name), directory) = (path.file_name(), path.parent().unwrap_or(Path::new(""))) else {
            continue;
        };
        let read = tree.read(directory, &[name.to_string_lossy().into_owned()], FILE_BYTES);
        if let Ok(text) = read.map(|texts| texts.concat()) {
            source.text = text;
        }
    }
    given
}
