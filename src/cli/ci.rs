//! `chartwright ci`: the whole pipeline as one step.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::artifact::package::PackageOptions;
use crate::artifact::remote::{NamedRepositories, PublishTarget, TargetsRequest};
use crate::artifact::repository::{Existing, Item};
use crate::check::finding::Finding;
use crate::check::run::{CheckRequest, find_charts, values_files};
use crate::config::Settings;
use crate::delivery::git::{BaseName, RemoteName};
use crate::engine::chart::LinkPolicy;
use crate::kubernetes::validate::{KindFilter, Options};
use crate::kubernetes::version::parse_versions;
use crate::pipeline::{
    ChangesError, ChartGraph, CiOutcome, Plan, PublishFailure, Publishing, Shard, SummaryOptions, change_base,
    changed_files, plan_document, run_ci, summary_table, version_bases,
};
use crate::report::{Group, Remarks, concise};

use super::command_error::CommandError;
use super::dependency_flags::{DependencyFlags, report_notes};
use super::destination_flags::{DestinationFlags, fork, read_event, read_settings, with_suffix};
use super::exit_code::Exit;
use super::link_flags::LinkFlags;
use super::lint::check_error;
use super::package::{package_error, package_time};
use super::publish::{Connections, NamesServer, first_failure, outcome_lines, parse_target, publish};
use super::remote_flags::LoginFlags;
use super::report_flags::{ReportFlags, Reporting};
use super::run_context::RunContext;
use super::schema_flags::FetchFlags;
use super::time_flag::TimeFlag;

#[derive(Debug, Args)]
pub(super) struct CiArguments {
    /// Directory with charts below it.
    #[arg(default_value = ".", value_name = "DIR")]
    directory: PathBuf,
    /// Configuration, instead of the directory's chartwright.yaml, if it has one. It may name any path; the directory's own only
    /// what is below the directory.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Only charts that changed, and those that depend on them: since the base of the pull request or push that the CI system names,
    /// else since the branch that the checked out one is for.
    #[arg(long, conflicts_with = "since")]
    changed: bool,
    /// The same since the newest commit that HEAD and this branch or commit have in common.
    #[arg(long, value_name = "REF")]
    since: Option<String>,
    /// Print the charts that would be checked as JSON, with the reason, values files and version of each, and do nothing else.
    #[arg(long)]
    plan: bool,
    /// Check one of several shares of the charts, such as 2/5, and publish nothing.
    #[arg(long, value_name = "N/M")]
    shard: Option<Shard>,
    /// Repository to publish charts to that do not fail, instead of the configured one.
    #[arg(long, value_name = "URL", conflicts_with = "to")]
    repository: Option<String>,
    /// Check only, publish nothing.
    #[arg(long)]
    no_push: bool,
    /// Publish all charts or none. Without this, a chart that fails keeps itself and the charts that depend on it from being published.
    #[arg(long)]
    all_or_nothing: bool,
    /// Show only the findings and charts that fail, and the verdict.
    #[arg(long, short)]
    quiet: bool,
    /// Publish in a run for a pull request from a fork too. Its author then decides what is published.
    #[arg(long)]
    publish_from_forks: bool,
    /// Kubernetes versions to render and validate for, instead of the configured ones: 1.31, latest, 1.28..1.35, or a list with
    /// commas.
    #[arg(long, alias = "kube-version", value_delimiter = ',', value_name = "VERSIONS")]
    kubernetes_version: Vec<String>,
    #[command(flatten)]
    schemas: FetchFlags,
    #[command(flatten)]
    links: LinkFlags,
    #[command(flatten)]
    time: TimeFlag,
    #[command(flatten)]
    report: ReportFlags,
    // What follows has a heading in the help, which would be that of all later flags.
    #[command(flatten)]
    destination: DestinationFlags,
    #[command(flatten)]
    dependencies: DependencyFlags,
}

pub(super) fn run(context: RunContext, arguments: &CiArguments) -> Result<Exit, CommandError> {
    arguments.time.start()?;
    arguments.dependencies.remote().check_certificates()?;
    if !arguments.directory.is_dir() {
        let message = format!("{} is not a directory", arguments.directory.display());
        return Err(CommandError::could_not_run(message));
    }
    let settings = read_settings(arguments.config.as_deref(), &arguments.directory)?;
    let config = &settings.config;
    for note in config.ct.iter().flat_map(|ct| &ct.notes) {
        context.report(&format!("note: {note}"));
    }
    let repositories = repositories(context, arguments, &settings)?;
    let withheld = repositories.as_ref().and_then(|_| withheld(context, arguments));
    if let Some(reason) = &withheld {
        context.report(reason);
    }
    let directories = std::slice::from_ref(&arguments.directory);
    let reporting = arguments
        .report
        .prepare(context, directories, config.silenced(), config.fail_on)?;
    let plan = plan(context, arguments, &settings)?;
    if let Some(sentence) = plan.sentence() {
        context.report(&sentence);
    }
    let plan = match arguments.shard {
        Some(shard) => share(context, plan, shard),
        None => plan,
    };
    let mut request = request(arguments, &settings, &reporting, plan.directories())?;
    if arguments.plan {
        let root = &reporting.root;
        let versions: Vec<String> = request
            .versions
            .iter()
            .map(|one| one.kube_version.version.clone())
            .collect();
        let values = |chart: &Path| {
            let files = values_files(chart, &request.values);
            (!request.values_replace_defaults || files.is_empty(), files)
        };
        let document = plan_document(&plan, root, &versions, &values);
        return context.write_stdout(document.as_bytes()).map(|()| Exit::Clean);
    }
    if settings.config.check_version_increment {
        let bases = version_bases(&plan, request.links);
        request.version_bases = bases.map_err(CommandError::could_not_run)?;
    }
    request.documents = arguments.schemas.documents(context);
    let supply = arguments.dependencies.supply(context)?;
    request.supply = supply.clone().map(|supply| supply as _);
    let shows_progress = context.is_interactive() && std::io::stderr().is_terminal();
    let total = request.charts.len();
    let progress = |done: usize| {
        if shows_progress {
            context.report(&format!("{done} of {total} charts"));
        }
    };
    // A baseline is a list of what is wrong: nothing is published while one is made.
    let repositories = repositories.filter(|_| withheld.is_none() && !reporting.writes_baseline());
    let source = arguments.destination.source(context, &arguments.directory);
    let destinations = match &repositories {
        Some(repositories) => arguments.destination.destinations(repositories, &source)?,
        None => Vec::new(),
    };
    for destination in destinations.iter().filter(|destination| destination.name.is_some()) {
        context.report(&destination.reason);
    }
    let targets: Vec<PublishTarget> = destinations.iter().map(|one| one.target.clone()).collect();
    let mut publish = |items: &[Item]| {
        let connections = Connections {
            login: &LoginFlags::default(),
            remote: arguments.dependencies.remote(),
            names_server: NamesServer::ByConfiguration,
        };
        let request = TargetsRequest {
            targets: &targets,
            items,
            existing: Existing::Refuse,
            is_dry_run: false,
        };
        let outcomes = publish(context, connections, request)?;
        for outcome in &outcomes {
            context.report(outcome_lines(items, outcome, false).trim_end());
        }
        Ok(outcomes)
    };
    let options = PackageOptions {
        links: request.links,
        time: package_time(context)?,
        supply: request.supply.clone(),
        ..PackageOptions::default()
    };
    let options = with_suffix(options, &destinations, &source)?;
    let needs: Vec<BTreeSet<usize>> = plan.charts.iter().map(|chart| chart.needs.clone()).collect();
    let publishing = repositories.is_some().then(|| Publishing {
        options: &options,
        publish: &mut publish,
        is_about_charts: &|error: &CommandError| error.exit() == Exit::Findings,
        all_or_nothing: arguments.all_or_nothing,
        needs: &needs,
    });
    let outcome = run_ci(&request, &|| context.check_world(), &progress, publishing).map_err(check_error);
    report_notes(context, supply.as_deref());
    let outcome = outcome?;
    print(context, &reporting, &outcome, withheld.as_deref(), arguments.quiet)?;
    let has_failed = outcome.has_failed();
    match outcome.error {
        Some(PublishFailure::Package(error)) => Err(package_error(error)),
        Some(PublishFailure::Repository(error)) => Err(error),
        None if has_failed && !reporting.writes_baseline() => Ok(Exit::Findings),
        None => first_failure(outcome.published).map(|()| Exit::Clean),
    }
}

/// Findings and the summary on standard output; the summary on standard error where standard output may be a report that a
/// program reads.
fn print(
    context: RunContext,
    reporting: &Reporting,
    outcome: &CiOutcome<CommandError>,
    withheld: Option<&str>,
    is_quiet: bool,
) -> Result<(), CommandError> {
    let findings = outcome.findings();
    let mut groups: Vec<Group<'_>> = outcome
        .checked
        .charts
        .iter()
        .map(|chart| Group {
            name: &chart.path,
            findings: &chart.findings,
        })
        .collect();
    // Reports of shards can be joined to what one run reports.
    groups.sort_by_key(|group| group.name);
    let options = SummaryOptions { withheld, is_quiet };
    let summary = summary_table(outcome, options);
    if reporting.is_asked() {
        let remarks = Remarks {
            hidden: outcome.checked.hidden,
            withheld,
            unevaluated: outcome.checked.unevaluated(),
        };
        reporting.write(context, &findings, &groups, remarks)?;
        context.report(summary.trim_end());
        return Ok(());
    }
    let is_shown = |finding: &&Finding| !is_quiet || finding.severity >= reporting.judgement.fail_on;
    let shown = findings.iter().filter(is_shown);
    let mut text: String = shown.map(|finding| concise(finding) + "\n").collect();
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&summary);
    context.write_stdout(text.as_bytes())?;
    reporting.write_known(&groups)
}

/// Why nothing is published in this run, if it is for a pull request from a fork.
fn withheld(context: RunContext, arguments: &CiArguments) -> Option<String> {
    if arguments.publish_from_forks {
        return None;
    }
    let reason = fork(context)?;
    Some(format!(
        "not published: {reason}; --publish-from-forks publishes all the same"
    ))
}

/// The repositories that charts can be published to: nowhere unless one is given or configured.
fn repositories(
    context: RunContext,
    arguments: &CiArguments,
    settings: &Settings,
) -> Result<Option<NamedRepositories>, CommandError> {
    if arguments.no_push || arguments.shard.is_some() {
        return Ok(None);
    }
    if let Some(url) = &arguments.repository {
        return Ok(Some(NamedRepositories {
            named: Vec::new(),
            unnamed: Some(parse_target(context, url)?),
        }));
    }
    let configured = settings.repositories(&context.working_directory());
    let configured = configured.map_err(CommandError::usage)?;
    let is_wanted = !configured.is_empty() || arguments.destination.is_given();
    Ok(Some(configured).filter(|_| is_wanted))
}

/// The charts that the run is about.
fn plan(context: RunContext, arguments: &CiArguments, settings: &Settings) -> Result<Plan, CommandError> {
    let config = &settings.config;
    let mut charts = Vec::new();
    for root in settings.chart_roots().map_err(CommandError::usage)? {
        let found = find_charts(&root, &config.exclude).map_err(CommandError::could_not_run)?;
        // chart-testing's directories have charts as their own subdirectories, and nowhere else.
        let is_meant = |chart: &PathBuf| config.ct.is_none() || *chart == root || chart.parent() == Some(&root);
        charts.extend(found.into_iter().filter(is_meant));
    }
    charts.sort();
    charts.dedup();
    if charts.is_empty() {
        return Err(
            CommandError::usage(format!("no chart below {}", arguments.directory.display()))
                .with_hint("a chart is a directory with a Chart.yaml; `charts` in chartwright.yaml says where to look"),
        );
    }
    settings.check_values(&charts).map_err(CommandError::usage)?;
    // Where nothing is published, it does not matter whether the repositories are written correctly.
    let configured = settings.repositories(&context.working_directory());
    let mut addresses = configured.map_or_else(|_| Vec::new(), |configured| configured.addresses());
    addresses.extend(
        arguments
            .repository
            .as_ref()
            .map(|url| url.trim_end_matches('/').to_owned()),
    );
    let is_ours = |address: &str| addresses.iter().any(|ours| ours == address);
    let ct = config.ct.as_ref();
    let mut graph = ChartGraph::read(&charts, links(arguments, settings), &is_ours);
    if ct.is_some_and(|ct| ct.exclude_deprecated) {
        graph = graph.without(|chart| chart.metadata.deprecated);
    }
    let base = match &arguments.since {
        Some(name) => Some(BaseName::Commit(name.clone())),
        None => change_base(&|name| context.variable(name), &read_event)
            .or_else(|| ct?.target_branch.clone().map(BaseName::Branch)),
    };
    let remote = ct.map_or_else(RemoteName::origin, |ct| ct.remote.clone());
    if arguments.since.is_none() && !arguments.changed {
        return Ok(Plan::new(graph, None));
    }
    let changed = changed_files(&arguments.directory, base, &remote);
    Ok(Plan::new(graph, Some(&changed.map_err(changes_error)?)))
}

/// The charts of a shard.
fn share(context: RunContext, plan: Plan, shard: Shard) -> Plan {
    let all = plan.charts.len();
    let plan = plan.shard(shard);
    let Shard { number, count } = shard;
    context.report(&format!(
        "shard {number}/{count}: {} of {all} charts",
        plan.charts.len()
    ));
    plan
}

fn changes_error(error: ChangesError) -> CommandError {
    let hint = error.hint();
    let error = CommandError::could_not_run(error);
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

fn links(arguments: &CiArguments, settings: &Settings) -> LinkPolicy {
    match arguments.links.policy() {
        LinkPolicy::StayInside => settings.links(),
        LinkPolicy::Follow => LinkPolicy::Follow,
    }
}

fn request(
    arguments: &CiArguments,
    settings: &Settings,
    reporting: &Reporting,
    charts: Vec<PathBuf>,
) -> Result<CheckRequest, CommandError> {
    let config = &settings.config;
    let versions = if arguments.kubernetes_version.is_empty() {
        &config.kubernetes_versions
    } else {
        &arguments.kubernetes_version
    };
    let versions = parse_versions(versions).map_err(CommandError::usage)?;
    Ok(CheckRequest {
        links: links(arguments, settings),
        values_root: settings.values_root(),
        values: config.values.clone(),
        values_replace_defaults: config.ct.is_some(),
        validation: Options {
            strict: config.strict,
            ignore_missing_schemas: config.ignore_missing_schemas,
            skip: KindFilter::new(&config.skip_kinds),
            ..Options::default()
        },
        release_name: config.release_name.clone(),
        namespace: config.namespace.clone(),
        judgement: reporting.judgement.clone(),
        ..CheckRequest::new(charts, reporting.root.clone(), versions)
    })
}
