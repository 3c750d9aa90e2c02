//! `chartwright ci`: the whole pipeline as one step.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::Args;

use crate::artifact::package::PackageOptions;
use crate::artifact::remote::{NamedRepositories, PublishTarget, TargetOutcome, TargetsRequest};
use crate::artifact::repository::{Existing, Item};
use crate::check::diff::DiffOutcome;
use crate::check::finding::Finding;
use crate::check::lint::chart::VersionBase;
use crate::check::run::{CheckRequest, DeployedEnvironment};
use crate::config::Settings;
use crate::delivery::image::image_names;
use crate::engine::chart::LinkPolicy;
use crate::kubernetes::validate::{KindFilter, Options};
use crate::kubernetes::version::parse_versions;
use crate::pipeline::{
    ChartEnvironments, ChartResult, ChartsPlace, CiOutcome, NoticedChange, Plan, PublishFailure, Publishing,
    SummaryOptions, rendered_changes, run_ci, summary_table, version_bases,
};
use crate::report::{Changes, ChartImages, Group, Remarks, concise, json_list, packages_list};
use crate::text::compact_sort::sort_by_key;
use crate::text::ordered::CollectOrdered as _;

use super::ci_plan::{Charts, SelectionFlags, print_plan};
use super::command_error::CommandError;
use super::coverage::covered_charts;
use super::dependency_flags::{DependencyFlags, report_notes};
use super::destination_flags::{DestinationFlags, fork, read_settings, with_suffix};
use super::exit_code::Exit;
use super::explore_flag::{ExploreFlag, MOST_REFUSALS, begin_time, budget, explored_lines};
use super::fix_versions::{Fix, fix_versions};
use super::link_flags::LinkFlags;
use super::lint::check_error;
use super::notify::notify;
use super::package::{package_error, package_time};
use super::policy_flags::PolicyFlags;
use super::publish::{
    Connections, NamesServer, first_failure, new_packages, outcome_lines, parse_target, publish, published_packages,
};
use super::remote_flags::LoginFlags;
use super::report_flags::{ReportFlags, Reporting};
use super::run_context::{RunContext, check_directory};
use super::schema_flags::FetchFlags;
use super::time_flag::TimeFlag;

#[expect(clippy::struct_excessive_bools, reason = "the flags of a command")]
#[derive(Debug, Args)]
pub(super) struct CiArguments {
    /// Directory with charts below it.
    #[arg(default_value = ".", value_name = "DIR")]
    directory: PathBuf,
    /// Configuration, instead of the chartwright.yaml of the directory, or of the nearest one above it in the repository. Its paths are
    /// relative to the directory, and it may name any; one that was found only names what is below its own directory.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    selection: SelectionFlags,
    /// Repository to publish charts to that do not fail, instead of the configured one.
    #[arg(long, value_name = "URL", conflicts_with = "to")]
    repository: Option<String>,
    /// Check only, publish nothing.
    #[arg(long)]
    no_push: bool,
    /// Publish all charts or none. Without this, a chart that fails keeps itself and the charts that depend on it from being published.
    #[arg(long)]
    all_or_nothing: bool,
    /// Raise the versions of charts that have changed and are no newer than the base, before the checks, and commit that; with =files only
    /// write it, with =push push the commit as well.
    #[arg(long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "commit", conflicts_with_all = ["plan", "shard"])]
    fix: Option<Fix>,
    /// Fail where templates refuse a chart's default values with `fail` or `required`. Without this, that is info if the chart
    /// renders with another of its values files.
    #[arg(long)]
    require_defaults: bool,
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
    /// API versions that clusters have besides those of Kubernetes, for `.Capabilities.APIVersions`, instead of the configured ones
    /// (repeatable, or comma-separated).
    #[arg(short = 'a', long, value_delimiter = ',', value_name = "VERSIONS")]
    api_versions: Vec<String>,
    #[command(flatten)]
    schemas: FetchFlags,
    #[command(flatten)]
    policy: PolicyFlags,
    #[command(flatten)]
    links: LinkFlags,
    #[command(flatten)]
    time: TimeFlag,
    #[command(flatten)]
    explore: ExploreFlag,
    /// Say in the table how much of each chart's templates the renderings reach, and in an HTML report which lines: see `chartwright coverage`.
    #[arg(long)]
    coverage: bool,
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
    check_directory(&arguments.directory)?;
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
    let charts = Charts {
        directory: &arguments.directory,
        settings: &settings,
        links: links(arguments, &settings),
        repository: arguments.repository.as_deref(),
    };
    let mut plan = arguments
        .selection
        .plan(context, &charts, &|line| context.report(line))?;
    let mut request = request(context, arguments, &settings, &reporting, plan.directories())?;
    if arguments.selection.plan {
        return print_plan(context, &plan, &request, &reporting.root).map(|()| Exit::Clean);
    }
    if arguments.fix.is_some() && plan.since.is_none() {
        return Err(CommandError::usage("--fix raises versions above those of a base")
            .with_hint("name the base with --since, or give --changed"));
    }
    let are_compared = settings.config.check_version_increment;
    if are_compared || arguments.fix.is_some() {
        request.version_bases = bases(&plan, request.links)?;
    }
    if let Some(fix) = arguments.fix
        && fix_versions(context, fix, &request.version_bases)?
    {
        // The same charts, with their new versions.
        plan = arguments.selection.plan(context, &charts, &|_| {})?;
        request.charts = plan.directories();
        request.version_bases = bases(&plan, request.links)?;
    }
    if !are_compared {
        request.version_bases.clear();
    }
    // A baseline is a list of what is wrong: nothing is published while one is made.
    let repositories = repositories.filter(|_| withheld.is_none() && !reporting.writes_baseline());
    let run = Run {
        context,
        arguments,
        settings: &settings,
        reporting,
        repositories,
        withheld,
    };
    run.check_and_publish(&plan, request)
}

/// The versions that charts must be newer than.
fn bases(plan: &Plan, links: LinkPolicy) -> Result<BTreeMap<PathBuf, VersionBase>, CommandError> {
    version_bases(plan, links).map_err(CommandError::could_not_run)
}

/// What a run is made with, once the charts are known.
struct Run<'r> {
    context: RunContext,
    arguments: &'r CiArguments,
    settings: &'r Settings,
    reporting: Reporting,
    repositories: Option<NamedRepositories>,
    withheld: Option<String>,
}

impl Run<'_> {
    #[expect(clippy::too_many_lines, reason = "the steps of a run in their order")]
    fn check_and_publish(self, plan: &Plan, mut request: CheckRequest) -> Result<Exit, CommandError> {
        let Self {
            context,
            arguments,
            settings,
            reporting,
            repositories,
            withheld,
        } = self;
        request.documents = arguments.schemas.documents(context);
        request.coverage = arguments.coverage;
        let supply = arguments.dependencies.supply(context)?;
        request.supply = supply.clone().map(|supply| supply as _);
        let shows_progress = context.is_interactive() && std::io::stderr().is_terminal();
        let total = request.charts.len();
        let progress = |done: usize| {
            if shows_progress {
                context.report(&format!("{done} of {total} charts"));
            }
        };
        let source = arguments.destination.source(context, &arguments.directory);
        let destinations = match &repositories {
            Some(repositories) => arguments.destination.destinations(repositories, &source)?,
            None => Vec::new(),
        };
        for destination in destinations.iter().filter(|destination| destination.name.is_some()) {
            context.report(&destination.reason);
        }
        let targets: Vec<PublishTarget> = destinations.iter().map(|one| one.target.clone()).collect();
        let (mut packages, mut new) = (Vec::new(), Vec::new());
        let mut publish = |items: &[Item]| {
            let outcomes = publish_items(context, arguments, &targets, items)?;
            packages.extend(outcomes.iter().flat_map(|outcome| published_packages(items, outcome)));
            new.extend(new_packages(items, &outcomes));
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
        let limit = arguments.explore.limit()?;
        let begin = || begin_time(limit.unwrap_or_default());
        let explored = limit.map(|_| budget(&begin));
        let world = || context.check_world();
        let outcome = run_ci(&request, &world, &progress, explored, publishing).map_err(check_error);
        report_notes(context, supply.as_deref());
        if let Some(change) = NoticedChange::published(&new) {
            notify(context, "ci", &arguments.directory, change);
        }
        let outcome = outcome?;
        explored_lines(context, &outcome.explored, MOST_REFUSALS);
        let changed: Vec<String> = plan
            .changed()
            .map(|chart| reporting.root.shown(&chart.directory))
            .collect();
        let since = plan.since_name().unwrap_or_default();
        let rendered = changes(context, arguments, settings, &reporting, plan, &request);
        let outputs = [
            ("changed-charts", json_list(&changed)),
            ("packages", packages_list(&packages)),
        ];
        let shown = Shown {
            withheld: withheld.as_deref(),
            is_quiet: arguments.quiet,
            outputs: &outputs,
            changes: rendered.as_ref().map(|found| Changes::new(&since, found)),
        };
        print(context, &reporting, &outcome, shown)?;
        let has_failed = outcome.has_failed();
        match outcome.error {
            Some(PublishFailure::Package(error)) => Err(package_error(error)),
            Some(PublishFailure::Repository(error)) => Err(error),
            None if has_failed && !reporting.writes_baseline() => Ok(Exit::Findings),
            None => first_failure(outcome.published).map(|()| Exit::Clean),
        }
    }
}

/// What changes in the rendered objects since the base, where a report shows it.
fn changes(
    context: RunContext,
    arguments: &CiArguments,
    settings: &Settings,
    reporting: &Reporting,
    plan: &Plan,
    request: &CheckRequest,
) -> Option<Result<DiffOutcome, String>> {
    if !reporting.shows_changes() {
        return None;
    }
    let place = ChartsPlace {
        directory: &arguments.directory,
        exclude: &settings.config.exclude,
        is_meant: &|chart| settings.mean_chart(chart),
        leaves_out_deprecated: settings.leave_out_deprecated(),
        environments: &ChartEnvironments::new(settings.environments().unwrap_or_default(), settings.base()),
    };
    rendered_changes(plan, request, place, &|| context.comparison_world())
}

/// Publishes packages to all targets, and reports what was done.
fn publish_items(
    context: RunContext,
    arguments: &CiArguments,
    targets: &[PublishTarget],
    items: &[Item],
) -> Result<Vec<TargetOutcome>, CommandError> {
    let connections = Connections {
        login: &LoginFlags::default(),
        remote: arguments.dependencies.remote(),
        names_server: NamesServer::ByConfiguration,
    };
    let request = TargetsRequest {
        targets,
        items,
        existing: Existing::Refuse,
        is_dry_run: false,
    };
    let outcomes = publish(context, connections, request)?;
    for outcome in &outcomes {
        context.report(outcome_lines(items, outcome, false).trim_end());
    }
    Ok(outcomes)
}

/// What is printed besides the findings.
#[derive(Clone, Copy)]
struct Shown<'s> {
    withheld: Option<&'s str>,
    is_quiet: bool,
    /// Of the step, where it is one of GitHub Actions.
    outputs: &'s [(&'static str, String)],
    /// What changes in what is rendered.
    changes: Option<Changes<'s>>,
}

/// Findings and the summary on standard output; the summary on standard error where standard output may be a report that a
/// program reads.
fn print(
    context: RunContext,
    reporting: &Reporting,
    outcome: &CiOutcome<CommandError>,
    Shown {
        withheld,
        is_quiet,
        outputs,
        changes,
    }: Shown<'_>,
) -> Result<(), CommandError> {
    let findings = outcome.findings();
    let results: Vec<String> = outcome.results.iter().map(ChartResult::name).collect();
    let charts = outcome.checked.charts.iter().zip(&results);
    let mut groups: Vec<Group<'_>> = charts
        .map(|(chart, result)| Group {
            name: &chart.path,
            findings: &chart.findings,
            version: &chart.version,
            result,
            ..Group::default()
        })
        .collect();
    // Reports of shards can be joined to what one run reports.
    sort_by_key(&mut groups, |group| group.name);
    let mut images: Vec<ChartImages<'_>> = outcome
        .checked
        .charts
        .iter()
        .map(|chart| ChartImages {
            chart: &chart.path,
            renderings: &chart.images,
        })
        .collect();
    sort_by_key(&mut images, |one| one.chart);
    let mut coverage = covered_charts(&outcome.checked.charts);
    sort_by_key(&mut coverage, |one| one.path);
    let options = SummaryOptions { withheld, is_quiet };
    let summary = summary_table(outcome, options);
    let remarks = Remarks {
        hidden: outcome.checked.hidden,
        withheld,
        unevaluated: outcome.checked.unevaluated(),
        changes,
        images: &images,
        coverage: &coverage,
        ..Remarks::default()
    };
    reporting.write_summary(context, &findings, &groups, remarks, outputs);
    if reporting.is_asked() {
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
    if arguments.no_push || arguments.selection.shard.is_some() {
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

fn links(arguments: &CiArguments, settings: &Settings) -> LinkPolicy {
    match arguments.links.policy() {
        LinkPolicy::StayInside => settings.links(),
        LinkPolicy::Follow => LinkPolicy::Follow,
    }
}

/// The environments of each chart.
fn environments(
    settings: &Settings,
    charts: &[PathBuf],
) -> Result<BTreeMap<PathBuf, Vec<DeployedEnvironment>>, CommandError> {
    let declared = settings.environments().map_err(CommandError::usage)?;
    let environments = ChartEnvironments::new(declared, settings.base());
    let each = charts.iter().map(|chart| (chart.clone(), environments.of(chart)));
    Ok(each.collect_map())
}

fn request(
    context: RunContext,
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
    let api_versions = if arguments.api_versions.is_empty() {
        &config.api_versions
    } else {
        &arguments.api_versions
    };
    let named = settings.policies().map_err(CommandError::usage)?;
    let options = (links(arguments, settings), config.namespace.as_str());
    let policies = arguments.policy.read(context, options, &named)?;
    Ok(CheckRequest {
        links: links(arguments, settings),
        values_root: settings.values_root(),
        values: config.values.clone(),
        values_replace_defaults: config.ct.is_some(),
        environments: environments(settings, &charts)?,
        require_defaults: arguments.require_defaults,
        validation: Options {
            strict: config.strict,
            ignore_missing_schemas: config.ignore_missing_schemas,
            skip: KindFilter::new(&config.skip_kinds),
            policies,
            ..Options::default()
        },
        release_name: config.release_name.clone(),
        namespace: config.namespace.clone(),
        api_versions: api_versions.clone(),
        judgement: reporting.judgement.clone(),
        find_images: reporting.shows_images().then_some(image_names),
        ..CheckRequest::new(charts, reporting.root.clone(), versions)
    })
}
