//! `chartwright template`: what `helm template` prints, without a cluster and without Helm.

use std::collections::BTreeSet;
use std::mem::ManuallyDrop;
use std::path::Path;

use clap::Args;

use crate::check::explain::{
    Subject, explain_kube_version, explain_manifests, explain_missing_dependencies, explain_schema, explain_templates,
    notice_lines,
};
use crate::engine::chart::{Chart, Compat, Notice};
use crate::engine::manifest::{Document, HookEvent, ManifestSorter, Manifests, split_manifests, trim, trim_start};
use crate::engine::render::{
    Operation, Release, RenderedFile, Rendering, SchemaCheck, default_release_name, refuse_kube_version,
    render_chart_with, render_text, render_values, validate_release_name,
};
use crate::engine::template::Options;
use crate::engine::values::process_dependencies;
use crate::text::go::boolean::parse_bool;
use crate::text::go::path_match::path_match;
use crate::text::ordered::CollectOrdered as _;

use super::chart_reference::{ChartFinder, ChartReferenceFlags, Fetching};
use super::command_error::CommandError;
use super::exit_code::Exit;
use super::helm_flags::{GlobalFlags, InstallFlags};
use super::keyring_flags::KeyringFlags;
use super::load_chart::load_chart;
use super::output_directory::OutputDirectory;
use super::post_renderer::PostRenderer;
use super::release_flags::ReleaseFlags;
use super::remote_flags::RemoteFlags;
use super::run_context::RunContext;
use super::schema_flags::OfflineFlags;
use super::time_flag::TimeFlag;
use super::value_flags::ValueFlags;

/// What Helm adds to an error after rendering has begun.
const DEBUG_ADVICE: &str = "\n\nUse --debug flag to render out invalid YAML";

#[derive(Debug, Args)]
#[command(args_override_self = true)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(super) struct TemplateArguments {
    /// Name of the release (optional) and the chart: a directory or a .tgz.
    #[arg(required = true, num_args = 1.., value_names = ["NAME", "CHART"])]
    name_and_chart: Vec<String>,
    #[command(flatten)]
    release: ReleaseFlags,
    /// Set `.Release.IsUpgrade` instead of `.Release.IsInstall`.
    #[arg(long)]
    is_upgrade: bool,
    /// Print the files of crds/ too.
    #[arg(long)]
    include_crds: bool,
    /// Leave out hooks.
    #[arg(long)]
    no_hooks: bool,
    /// Leave out test hooks.
    #[arg(long)]
    skip_tests: bool,
    /// Print only these templates, such as templates/deployment.yaml (repeatable, globs allowed).
    #[arg(short, long, value_name = "TEMPLATE")]
    show_only: Vec<String>,
    /// Write files into this directory instead of standard output.
    #[arg(long, value_name = "DIR")]
    output_dir: Option<String>,
    /// Put a directory named after the release into the output directory.
    #[arg(long)]
    release_name: bool,
    /// Template for the name of the release.
    #[arg(long, value_name = "TEMPLATE")]
    name_template: Option<String>,
    /// Generate the name of the release.
    #[arg(short, long)]
    generate_name: bool,
    /// Do not validate values against values.schema.json.
    #[arg(long)]
    skip_schema_validation: bool,
    #[command(flatten)]
    schemas: OfflineFlags,
    /// Print the rendered text even when it is not valid YAML.
    #[arg(long)]
    debug: bool,
    /// Whose bytes to print where two generations of Helm differ.
    #[arg(long, value_name = "HELM", default_value = "helm4")]
    compat: CompatName,
    /// A program that gets the manifests on standard input and prints what to use instead; hooks do not pass through it.
    #[arg(long, value_name = "PROGRAM")]
    post_renderer: Option<String>,
    /// Arguments of the post-renderer (repeatable).
    #[arg(long, value_name = "ARGUMENT", allow_hyphen_values = true)]
    post_renderer_args: Vec<String>,
    /// Draw random numbers from a fixed seed and stop the clock, so that two renderings can be compared.
    #[arg(long)]
    deterministic: bool,
    #[command(flatten)]
    time: TimeFlag,
    /// Version, or a range of versions, of a chart that is fetched [default: the newest that is not a pre-release].
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// Fetch dependencies that charts/ lacks, from the cache, their repositories, or beside the chart; nothing is written.
    #[arg(long)]
    dependency_update: bool,
    // What follows has a heading in the help, which would be that of all later flags.
    #[command(flatten)]
    values: ValueFlags,
    #[command(flatten)]
    reference: ChartReferenceFlags,
    #[command(flatten)]
    keyring: KeyringFlags,
    #[command(flatten)]
    remote: RemoteFlags,
    #[command(flatten)]
    install: InstallFlags,
    #[command(flatten)]
    global: GlobalFlags,
}

/// `--compat`
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum CompatName {
    /// Helm 4.3.
    Helm4,
    /// Helm 3.22.
    Helm3,
}

impl TemplateArguments {
    const fn compat(&self) -> Compat {
        match self.compat {
            CompatName::Helm4 => Compat::Helm4,
            CompatName::Helm3 => Compat::Helm3,
        }
    }
}

pub(super) fn run(context: RunContext, arguments: &TemplateArguments) -> Result<Exit, CommandError> {
    arguments.install.check()?;
    arguments.time.start()?;
    let post_renderer = arguments.post_renderer.as_deref().filter(|name| !name.is_empty());
    if post_renderer.is_some() && arguments.output_dir.is_some() {
        return Err(CommandError::usage(
            "--post-renderer and --output-dir do not go together",
        ));
    }
    let post_renderer = post_renderer
        .map(|name| PostRenderer::find(context, name))
        .transpose()?;
    let capabilities = arguments.release.capabilities()?.of(arguments.compat());
    let (name, chart_path) = name_and_chart(context, arguments)?;
    let (given, values) = arguments.values.read(context, arguments.compat(), &str::to_owned)?;
    let chart = chart(context, arguments, &chart_path)?;
    // The process ends soon: taking large structures apart would only cost time, here and below.
    let mut chart = ManuallyDrop::new(chart);
    report(context, arguments, &chart.notices);
    check_installable(&chart)?;
    if chart.metadata.deprecated {
        report(context, arguments, &[Notice::Deprecated]);
    }
    check_dependencies(&chart).map_err(|error| error.explained(explain_missing_dependencies(&chart)))?;
    let release = Release {
        name,
        namespace: arguments.release.namespace(context),
        operation: if arguments.is_upgrade {
            Operation::Upgrade
        } else {
            Operation::Install
        },
    };
    validate_release_name(&release.name).map_err(|error| {
        CommandError::usage(error)
            .with_hint("use small letters, digits, `-` and `.`, and begin and end with a letter or digit")
    })?;
    let mut notices = Vec::new();
    let processed = process_dependencies(&mut chart, &values, &mut notices);
    for line in notice_lines(&notices, arguments.compat(), &chart, &given.sources, &values) {
        context.report(&line);
    }
    processed.map_err(|error| {
        CommandError::findings(match arguments.compat() {
            Compat::Helm4 => {
                report(context, arguments, &[Notice::NotProcessed(error.to_string())]);
                format!("chart dependencies processing failed: {error}")
            }
            Compat::Helm3 => error.to_string(),
        })
    })?;
    let subject = Subject {
        chart: &chart,
        given: &given.sources,
        values: &values,
        release: &release,
        capabilities: &capabilities,
        options: Options::default(),
    };
    let mut sorter = ManifestSorter::new(arguments.compat());
    let rendering = ManuallyDrop::new(render(context, arguments, &subject, &mut sorter)?);
    print(
        context,
        arguments,
        &subject,
        &rendering,
        (sorter, post_renderer.as_ref()),
    )
}

/// The chart that a name means.
fn chart(context: RunContext, arguments: &TemplateArguments, name: &str) -> Result<Chart, CommandError> {
    let fetching = Fetching {
        version: arguments.version.as_deref(),
        keyring: &arguments.keyring,
        remote: &arguments.remote,
    };
    let mut finder = ChartFinder::new(context, &arguments.reference, fetching);
    finder.check_flags(&[name.to_owned()])?;
    let found = finder.find(name)?;
    let supply = arguments.dependency_update.then_some(&arguments.remote);
    load_chart(context, found, supply, arguments.compat())
}

fn report(context: RunContext, arguments: &TemplateArguments, notices: &[Notice]) {
    for notice in notices {
        context.report(&notice.line(arguments.compat()));
    }
}

/// The release name and the chart's path, by Helm's rules.
fn name_and_chart(context: RunContext, arguments: &TemplateArguments) -> Result<(String, String), CommandError> {
    match arguments.name_and_chart.as_slice() {
        [chart] => {
            if let Some(template) = &arguments.name_template {
                let name = render_text(template, &mut context.render_world(arguments.deterministic))
                    .map_err(CommandError::usage)?;
                return Ok((name, chart.clone()));
            }
            Ok((default_release_name().to_owned(), chart.clone()))
        }
        [name, chart] => {
            if arguments.generate_name {
                return Err(CommandError::usage(
                    "cannot set --generate-name and also specify a name",
                ));
            }
            if arguments.name_template.is_some() {
                return Err(CommandError::usage(
                    "cannot set --name-template and also specify a name",
                ));
            }
            Ok((name.clone(), chart.clone()))
        }
        [_, _, rest @ ..] => Err(CommandError::usage(format!(
            "expected at most two arguments, unexpected arguments: {}",
            rest.join(", ")
        ))),
        [] => Err(CommandError::usage(
            "\"chartwright template\" requires at least 1 argument",
        )),
    }
}

fn check_installable(chart: &Chart) -> Result<(), CommandError> {
    let kind = &chart.metadata.chart_type;
    if !matches!(kind.as_str(), "" | "application") {
        return Err(CommandError::findings(format!("{kind} charts are not installable")));
    }
    Ok(())
}

fn check_dependencies(chart: &Chart) -> Result<(), CommandError> {
    let missing = chart.missing_dependencies();
    if missing.is_empty() {
        return Ok(());
    }
    let advice = match chart.compat {
        Compat::Helm4 => {
            "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch"
        }
        Compat::Helm3 => {
            "An error occurred while checking for chart dependencies. You may need to run `helm dependency build` to fetch"
        }
    };
    Err(CommandError::findings(format!(
        "{advice} missing dependencies: found in Chart.yaml, but missing in charts/ directory: {}",
        missing.join(", ")
    )))
}

fn render(
    context: RunContext,
    arguments: &TemplateArguments,
    subject: &Subject<'_>,
    sorter: &mut ManifestSorter,
) -> Result<Rendering, CommandError> {
    let (chart, release, capabilities) = (subject.chart, subject.release, subject.capabilities);
    let mut notices = Vec::new();
    let documents = arguments.schemas.documents(context);
    let check = SchemaCheck::new(arguments.skip_schema_validation, documents.as_deref());
    let top = render_values(chart, subject.values, release, capabilities, check, &mut notices);
    for line in notice_lines(&notices, arguments.compat(), chart, subject.given, subject.values) {
        context.report(&line);
    }
    let top = ManuallyDrop::new(top.map_err(|error| {
        let message = error.to_string();
        CommandError::findings(message.as_str()).explained(explain_schema(
            chart,
            subject.values,
            subject.given,
            &message,
        ))
    })?);
    let kube_version = &capabilities.kube_version;
    if let Some(refusal) = refuse_kube_version(chart, kube_version) {
        return Err(CommandError::findings(format!("{refusal}{DEBUG_ADVICE}"))
            .explained([explain_kube_version(chart, &kube_version.version)]));
    }
    let mut world = context.render_world(arguments.deterministic);
    let mut show = |file: &RenderedFile| {
        if file.is_manifest() {
            sorter.add(&file.name, &file.text);
        }
    };
    render_chart_with(chart, &top, subject.options, &mut world, &mut show).map_err(|error| {
        // Nothing of it is printed, so keys need not be made again.
        let diagnostics = explain_templates(subject, &error, &mut context.check_world());
        CommandError::findings(format!("{}{DEBUG_ADVICE}", error.text(arguments.compat()))).explained(diagnostics)
    })
}

fn print(
    context: RunContext,
    arguments: &TemplateArguments,
    subject: &Subject<'_>,
    rendering: &Rendering,
    (sorter, post_renderer): (ManifestSorter, Option<&PostRenderer>),
) -> Result<Exit, CommandError> {
    let (chart, release) = (subject.chart, subject.release);
    let sorted = sorter.finish();
    report(
        context,
        arguments,
        sorted
            .as_ref()
            .map_or_else(|error| &error.notices, |sorted| &sorted.notices),
    );
    let sorted = match sorted {
        Ok(sorted) => sorted,
        Err(error) if arguments.debug || is_set(context.variable("HELM_DEBUG").as_deref()) => {
            let mut text = Vec::new();
            for (path, content) in rendering
                .manifest_files()
                .filter(|(_, content)| !trim(content).is_empty())
            {
                push_document(&mut text, path, content);
            }
            context.write_stdout(&printed(text))?;
            return Err(CommandError::findings(error));
        }
        Err(error) => {
            let diagnostics = explain_manifests(subject, &mut context.render_world(arguments.deterministic), rendering);
            return Err(CommandError::findings(format!("{error}{DEBUG_ADVICE}")).explained(diagnostics));
        }
    };
    if let Some(directory) = &arguments.output_dir {
        return write_files(context, arguments, chart, release, &sorted, directory);
    }
    let bytes = sorted
        .manifests
        .iter()
        .chain(&sorted.hooks)
        .map(|document| document.text().len() + document.path.len());
    let mut text = Vec::with_capacity(bytes.map(|bytes| bytes + FRAME_BYTES).sum());
    if arguments.include_crds {
        for crd in chart.crds(chart.name()) {
            push_document(&mut text, &crd.path, &crd.file.data);
        }
    }
    for document in &sorted.manifests {
        push_document(&mut text, &document.path, document.text());
    }
    if let Some(program) = post_renderer {
        text = program.run(context, &arguments.post_renderer_args, &text, arguments.compat())?;
    }
    let mut text = printed(text);
    for hook in printed_hooks(arguments, &sorted) {
        push_document(&mut text, &hook.path, hook.text());
    }
    if !arguments.show_only.is_empty() {
        text = show_only(&text, &arguments.show_only, arguments.compat())?;
    }
    context.write_stdout(&text)?;
    Ok(Exit::Clean)
}

fn is_set(variable: Option<&str>) -> bool {
    variable.and_then(parse_bool).unwrap_or(false)
}

fn printed_hooks<'s>(arguments: &TemplateArguments, sorted: &'s Manifests) -> impl Iterator<Item = &'s Document> {
    let (no_hooks, skip_tests) = (arguments.no_hooks, arguments.skip_tests);
    let hooks = sorted.hooks.iter().filter(move |_| !no_hooks);
    hooks.filter(move |hook| !(skip_tests && hook.events.contains(&HookEvent::Test)))
}

/// What [`push_document`] writes around a path and a text.
const FRAME_BYTES: usize = b"---\n# Source: \n\n".len();

fn push_document(text: &mut Vec<u8>, path: &str, content: &[u8]) {
    text.extend_from_slice(b"---\n# Source: ");
    text.extend_from_slice(path.as_bytes());
    text.push(b'\n');
    text.extend_from_slice(content);
    text.push(b'\n');
}

/// Helm trims the manifests as a whole, before it appends the hooks untrimmed.
fn printed(mut text: Vec<u8>) -> Vec<u8> {
    let start = text.len() - trim_start(&text).len();
    text.truncate(start + trim(&text).len());
    text.drain(..start.min(text.len()));
    text.push(b'\n');
    text
}

/// The documents whose `# Source:` path matches one of the patterns, in the order of the patterns.
fn show_only(text: &[u8], patterns: &[String], compat: Compat) -> Result<Vec<u8>, CommandError> {
    let documents = split_manifests(text, compat);
    let mut shown = Vec::new();
    for pattern in patterns {
        let mut found = false;
        for document in &documents {
            let Some(path) = source_path(document.text) else {
                continue;
            };
            if path_match(pattern, &path).unwrap_or(false) {
                found = true;
                shown.extend_from_slice(b"---\n");
                shown.extend_from_slice(document.text);
                shown.push(b'\n');
            }
        }
        if !found {
            return Err(CommandError::findings(format!(
                "could not find template {pattern} in chart"
            )));
        }
    }
    Ok(shown)
}

/// What follows the chart's name in the first `# Source: chart/…` of a document.
fn source_path(document: &[u8]) -> Option<String> {
    const MARK: &[u8] = b"# Source: ";
    memchr::memmem::find_iter(document, MARK).find_map(|at| {
        let rest = document.get(at + MARK.len()..)?;
        let line = rest.split(|&byte| byte == b'\n').next()?;
        let line = String::from_utf8_lossy(line);
        let (chart, path) = line.split_once('/')?;
        (!chart.is_empty() && !path.is_empty()).then(|| path.to_owned())
    })
}

fn write_files(
    context: RunContext,
    arguments: &TemplateArguments,
    chart: &Chart,
    release: &Release,
    sorted: &Manifests,
    directory: &str,
) -> Result<Exit, CommandError> {
    let plain = Path::new(directory);
    let named = if arguments.release_name {
        plain.join(&release.name)
    } else {
        plain.to_owned()
    };
    let mut output = OutputDirectory::default();
    if arguments.include_crds {
        for crd in chart.crds(chart.name()) {
            output.add(plain, &crd.path, &crd.file.data);
        }
    }
    for document in &sorted.manifests {
        output.add(&named, &document.path, document.text());
    }
    for hook in printed_hooks(arguments, sorted) {
        output.add(&named, &hook.path, hook.text());
    }
    output.write(context)?;
    let known: BTreeSet<&str> = sorted
        .manifests
        .iter()
        .chain(&sorted.hooks)
        .map(|d| d.path.as_str())
        .collect_set();
    for pattern in &arguments.show_only {
        let matches = |path: &&str| {
            path.split_once('/')
                .is_some_and(|(_, path)| path_match(pattern, path).unwrap_or(false))
        };
        if !known.iter().any(matches) {
            return Err(CommandError::findings(format!(
                "could not find template {pattern} in chart"
            )));
        }
    }
    Ok(Exit::Clean)
}
