//! `chartwright validate`: manifests against Kubernetes' schemas, offline.

use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use regex::Regex;

use crate::artifact::network::CertificateCheck;
use crate::check::finding::{Finding, FindingList, Hidden, Location, hide_secrets, join};
use crate::check::lint::chart::check_ignore_comments;
use crate::check::run::{chart_definitions, is_chart};
use crate::kubernetes::validate::{
    Catalog, CustomSchemas, Documents, Judging, KindFilter, Options, PlacedResource, Policies, SchemaLocations, Status,
    Target, is_remote,
};
use crate::kubernetes::version::parse_versions;
use crate::report::{
    CheckedFile, Group, Remarks, ResourceFormat, ResourceOptions, Subject, resources_as, unevaluated_rules,
    unevaluated_sentence,
};
use crate::text::limits::MANIFEST_BYTES;
use crate::text::redact::redact_message;
use crate::text::rule::{Rule, Severity};
use crate::text::source::{Named, SourceFile, read_file};

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::link_flags::LinkFlags;
use super::lint::report_hidden;
use super::manifest_inputs::{Input, STDIN, inputs, manifest_files, read_input};
use super::network::remote_schemas;
use super::policy_flags::{PolicyFlags, report_remarks};
use super::report_flags::{ReportFlags, Reporting};
use super::run_context::{RunContext, open_error};
use super::time_flag::TimeFlag;
use super::version;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(super) struct ValidateArguments {
    /// Files, directories (*.yaml, *.yml, *.json), or - for standard input [default: standard input if something is piped into it, else
    /// the manifests of the working directory, without those in charts].
    #[arg(value_name = "FILE|DIR|-")]
    inputs: Vec<String>,
    /// Kubernetes versions: 1.31, latest, 1.28..1.35, or a list with commas (repeatable).
    #[arg(long, default_value = "latest", value_delimiter = ',', value_name = "VERSION")]
    kubernetes_version: Vec<String>,
    /// Refuse unknown fields and duplicate keys.
    #[arg(long)]
    strict: bool,
    /// Skip kinds that have no schema instead of refusing them.
    #[arg(long)]
    ignore_missing_schemas: bool,
    /// Check what a JSON schema can say and nothing more, as kubeconform does.
    #[arg(long)]
    schema_only: bool,
    /// Kinds to pass over: Kind or apiVersion/Kind, comma-separated.
    #[arg(long, value_name = "KINDS")]
    skip: Vec<String>,
    /// Kinds to refuse: Kind or apiVersion/Kind, comma-separated.
    #[arg(long, value_name = "KINDS")]
    reject: Vec<String>,
    /// Where JSON schemas are: a directory, a path or a URL with `{{ .ResourceKind }}` and the like, or `default`
    /// (repeatable, tried in order).
    #[arg(long, value_name = "LOCATION")]
    schema_location: Vec<String>,
    /// Files or directories with `CustomResourceDefinitions`, or charts (directories or archives) that bring them: in `crds/` or
    /// rendered by their templates (repeatable). Those among the inputs are used anyway.
    #[arg(long, value_name = "FILE|DIR|CHART")]
    crd: Vec<PathBuf>,
    #[command(flatten)]
    policy: PolicyFlags,
    /// Namespace of objects that do not say it, for policies that ask for it.
    #[arg(long, default_value = "default")]
    namespace: String,
    /// Pass over files whose path matches this regular expression (repeatable).
    #[arg(long, value_name = "REGEX")]
    ignore_filename_pattern: Vec<String>,
    /// How to print.
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    output: Format,
    /// Print a summary at the end.
    #[arg(long)]
    summary: bool,
    /// Print valid and skipped resources too.
    #[arg(long)]
    verbose: bool,
    /// Stop at the first resource that is invalid or cannot be judged.
    #[arg(long)]
    exit_on_error: bool,
    /// Accepted for kubeconform's sake, which prints nothing more with it either.
    #[arg(long)]
    debug: bool,
    /// Print the version and do nothing else.
    #[arg(short = 'v')]
    version: bool,
    /// Keep schemas that are fetched in this directory.
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Accept any certificate of a server that has schemas.
    #[arg(long)]
    insecure_skip_tls_verify: bool,
    #[command(flatten)]
    links: LinkFlags,
    #[command(flatten)]
    time: TimeFlag,
    #[command(flatten)]
    report: ReportFlags,
    /// Files to read at once (default: one for each processor).
    #[arg(short = 'n', value_name = "NUMBER")]
    workers: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Junit,
    Tap,
    Pretty,
}

impl Format {
    const fn format(self) -> ResourceFormat {
        match self {
            Self::Text => ResourceFormat::Text,
            Self::Json => ResourceFormat::Json,
            Self::Junit => ResourceFormat::Junit,
            Self::Tap => ResourceFormat::Tap,
            Self::Pretty => ResourceFormat::Pretty,
        }
    }
}

/// kubeconform's spellings: names of several letters with one dash become the usual ones with two, and those of one letter have one.
pub(super) fn usual_spelling(argument: &str) -> Option<String> {
    const FLAGS: [&str; 16] = [
        "cache",
        "insecure-skip-tls-verify",
        "crd",
        "schema-location",
        "kubernetes-version",
        "strict",
        "ignore-missing-schemas",
        "skip",
        "reject",
        "ignore-filename-pattern",
        "output",
        "summary",
        "verbose",
        "exit-on-error",
        "schema-only",
        "debug",
    ];
    let name = argument.strip_prefix('-')?;
    if let Some(name) = name.strip_prefix('-') {
        let flag = name.split('=').next()?;
        return ["h", "n", "v"].contains(&flag).then(|| format!("-{name}"));
    }
    let flag = name.split('=').next()?;
    FLAGS.contains(&flag).then(|| format!("--{name}"))
}

pub(super) fn run(context: RunContext, arguments: &ValidateArguments) -> Result<Exit, CommandError> {
    if arguments.version {
        return version::print(context);
    }
    arguments.time.start()?;
    let paths: Vec<PathBuf> = arguments
        .inputs
        .iter()
        .filter(|input| *input != "-")
        .map(PathBuf::from)
        .collect();
    let report = &arguments.report;
    let is_reporting = report.is_used();
    let reporting = (is_reporting || report.writes_summary(context))
        .then(|| report.prepare(context, &paths, Vec::new(), Severity::Error))
        .transpose()?;
    let targets = targets(context, arguments)?;
    let patterns = arguments.ignore_filename_pattern.iter();
    let ignored = patterns
        .map(|pattern| {
            Regex::new(pattern).map_err(|error| CommandError::usage(format!("--ignore-filename-pattern: {error}")))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let inputs = inputs(context, &arguments.inputs, &ignored, arguments.links.policy())?;
    let (mut documents, read, options) = judged(context, arguments, &inputs, &targets)?;
    let secrets = Arc::new(hide_secrets(&mut documents, arguments.workers));
    let sources: Vec<(&Input, &Read)> = inputs.iter().zip(&read).collect();
    let file = |index: usize, resources: Vec<PlacedResource>| {
        let &(input, read) = sources.get(index)?;
        Some(CheckedFile {
            path: redact_message(input.path()),
            text: documents.text(index),
            resources,
            failure: read.as_ref().err().map(|failure| redact_message(failure)),
            secrets: Arc::clone(&secrets),
        })
    };
    let files = documents.texts(arguments.workers, file);
    let mut files: Vec<CheckedFile> = files.into_iter().flatten().collect();
    if arguments.exit_on_error {
        end_at_first_failure(&mut files);
    }
    // The process ends soon: taking large structures apart would only cost time.
    let (_, files, _) = (
        ManuallyDrop::new(documents),
        ManuallyDrop::new(files),
        ManuallyDrop::new(options),
    );
    let shown = ResourceOptions {
        verbose: arguments.verbose,
        summary: arguments.summary,
        names_versions: targets.len() > 1,
        coloured: context.has_colour(),
    };
    let has_failed = files.iter().any(CheckedFile::has_failed);
    if let Some(reporting) = reporting {
        let found = Found::of(&files, &reporting);
        found.write_summary(context, &reporting);
        if is_reporting {
            return found.report(context, &reporting);
        }
    }
    context.write_stdout(resources_as(arguments.output.format(), &files, shown).as_bytes())?;
    if arguments.verbose {
        name_unevaluated(context, &files);
    } else {
        count_unevaluated(context, &files);
    }
    let verdict = if has_failed { Exit::Findings } else { Exit::Clean };
    Ok(exit(&files, verdict))
}

/// The definitions of custom resources: those of `--crd`, and those among the inputs.
fn definitions(
    context: RunContext,
    arguments: &ValidateArguments,
    documents: &Documents,
) -> Result<CustomSchemas, CommandError> {
    let mut custom = CustomSchemas::default();
    if arguments.schema_only {
        return Ok(custom);
    }
    for chart in arguments.crd.iter().filter(|path| is_chart(path)) {
        let texts = chart_definitions(chart, &mut context.check_world());
        let texts = texts.map_err(|error| CommandError::usage(format!("--crd {}: {error}", chart.display())))?;
        if texts.is_empty() {
            context.report(&format!(
                "warning: --crd {}: the chart brings no definitions",
                chart.display()
            ));
        }
        for text in &texts {
            custom.add_text(text);
        }
    }
    for given in arguments.crd.iter().filter(|path| !is_chart(path)) {
        let mut why = Some("there are no YAML or JSON files in it".to_owned());
        for path in manifest_files(given, "--crd", arguments.links.policy())? {
            let text = read_file(&path, Named::ByUser, MANIFEST_BYTES)
                .map_err(|error| CommandError::could_not_run(open_error(&path, &error)))?;
            custom.add_text(&text);
            // One usable file of a directory is enough.
            if why.is_some() {
                why = CustomSchemas::why_unusable(&text);
            }
        }
        if let Some(why) = why {
            context.report(&format!(
                "warning: --crd {}: no definition can be used: {why}",
                given.display()
            ));
        }
    }
    documents.add_definitions(&mut custom);
    Ok(custom)
}

/// What reading each input gives.
type Read = Result<(), String>;

/// The documents of the inputs, judged, and with what.
fn judged(
    context: RunContext,
    arguments: &ValidateArguments,
    inputs: &[Input],
    targets: &[Target],
) -> Result<(Documents, Vec<Read>, Options), CommandError> {
    let options = options(arguments);
    let judging = Judging {
        targets,
        options: &options,
    };
    // Policies may be among the inputs, too; then all is judged once they are known.
    let judging = Some(judging).filter(|_| !arguments.policy.are_given());
    let (mut documents, read) = Documents::read(inputs, arguments.workers, judging, read_input);
    let policies = policies(context, arguments, &documents)?;
    if policies.is_some() {
        documents.forget_verdicts();
    }
    let options = Options {
        custom: Some(Arc::new(definitions(context, arguments, &documents)?)),
        policies,
        ..options
    };
    documents.judge(arguments.workers, targets, &options);
    Ok((documents, read, options))
}

/// The policies of `--policy` and those among the inputs; nothing if there are none.
fn policies(
    context: RunContext,
    arguments: &ValidateArguments,
    documents: &Documents,
) -> Result<Option<Arc<Policies>>, CommandError> {
    if arguments.schema_only {
        if arguments.policy.are_given() {
            return Err(CommandError::usage("--policy and --schema-only exclude each other"));
        }
        return Ok(None);
    }
    let mut objects = arguments.policy.objects(context, arguments.links.policy())?;
    documents.add_policies(&mut objects);
    if objects.is_empty() {
        return Ok(None);
    }
    report_remarks(context, &objects);
    let policies = objects.policies(&arguments.namespace);
    Ok((!policies.is_empty()).then(|| Arc::new(policies)))
}

/// The options, without the definitions of custom resources.
fn options(arguments: &ValidateArguments) -> Options {
    Options {
        custom: None,
        policies: None,
        namespace: arguments.namespace.clone(),
        strict: arguments.strict,
        schema_only: arguments.schema_only,
        ignore_missing_schemas: arguments.ignore_missing_schemas,
        skip: KindFilter::new(&arguments.skip),
        reject: KindFilter::new(&arguments.reject),
    }
}

/// The requested versions of Kubernetes, each once.
fn targets(context: RunContext, arguments: &ValidateArguments) -> Result<Vec<Target>, CommandError> {
    let mut targets: Vec<Target> = Vec::new();
    let is_fetching = arguments.schema_location.iter().any(|location| is_remote(location));
    let certificates = if arguments.insecure_skip_tls_verify {
        CertificateCheck::AcceptAny
    } else {
        CertificateCheck::Verify
    };
    let fetcher = is_fetching.then(|| remote_schemas(context, certificates, arguments.cache.clone()));
    let fetcher = fetcher.transpose()?;
    for version in parse_versions(&arguments.kubernetes_version).map_err(CommandError::usage)? {
        // Patch versions of one minor version have the same schemas.
        if targets.iter().any(|known| known.catalog.minor() == version.minor) {
            continue;
        }
        let locations = match arguments.schema_location.as_slice() {
            [] => None,
            given => {
                let locations = SchemaLocations::new(given, &version.text, arguments.strict, fetcher.clone());
                Some(locations.map_err(CommandError::usage)?)
            }
        };
        let catalog = Catalog::of(&version).map_err(CommandError::usage)?;
        targets.push(Target { catalog, locations });
    }
    Ok(targets)
}

/// The violations of a file as findings, and comments in it that silence nothing.
fn findings_of(file: &CheckedFile, reporting: &Reporting) -> Vec<Finding> {
    let path = if file.path == STDIN {
        STDIN.to_owned()
    } else {
        reporting.root.shown(Path::new(&file.path))
    };
    let source = SourceFile::new(path, file.text.as_slice());
    let unreadable = file.failure.iter();
    let unreadable = unreadable.map(|failure| Finding::new(Rule::Document, Location::whole(source.clone()), failure));
    let violations = file.resources.iter().flat_map(|placed| {
        let (source, resource) = (source.clone(), &*placed.verdict);
        resource.violations.iter().map(move |violation| {
            let mut finding = Finding::of_violation(
                resource,
                violation,
                Location::at(source.clone(), placed.at(violation.offset)),
            );
            if resource.status == Status::Skipped {
                // The user said that kinds may be unknown here.
                finding.severity = finding.severity.min(Severity::Warning);
            }
            finding.without(&file.secrets)
        })
    });
    let mut findings = FindingList::default();
    findings.extend(unreadable.chain(violations).chain(check_ignore_comments(&source)));
    findings.into_findings()
}

/// The verdicts as findings, those that count.
struct Found<'f> {
    files: &'f [CheckedFile],
    of_files: Vec<Vec<Finding>>,
    findings: Vec<Finding>,
    hidden: Hidden,
}

impl<'f> Found<'f> {
    fn of(files: &'f [CheckedFile], reporting: &Reporting) -> Self {
        let mut judge = reporting.judgement.start();
        let judged = files.iter().map(|file| judge.keep(join(findings_of(file, reporting))));
        let of_files: Vec<Vec<Finding>> = judged.collect();
        Self {
            files,
            findings: join(of_files.concat()),
            of_files,
            hidden: judge.hidden(),
        }
    }

    fn groups(&self) -> Vec<Group<'_>> {
        let files = self.files.iter().zip(&self.of_files);
        files
            .map(|(file, findings)| Group {
                name: &file.path,
                findings,
                ..Group::default()
            })
            .collect()
    }

    fn remarks(&self) -> Remarks<'static> {
        Remarks {
            hidden: self.hidden,
            unevaluated: unevaluated_rules(self.files),
            subject: Subject::Files,
            ..Remarks::default()
        }
    }

    fn write_summary(&self, context: RunContext, reporting: &Reporting) {
        reporting.write_summary(context, &self.findings, &self.groups(), self.remarks(), &[]);
    }

    /// Reports findings instead of verdicts.
    fn report(&self, context: RunContext, reporting: &Reporting) -> Result<Exit, CommandError> {
        reporting.write(context, &self.findings, &self.groups(), self.remarks())?;
        report_hidden(context, self.hidden);
        count_unevaluated(context, self.files);
        Ok(exit(self.files, reporting.exit(&self.findings)))
    }
}

/// Names the rules of definitions that could not be evaluated.
fn name_unevaluated(context: RunContext, files: &[CheckedFile]) {
    for file in files {
        let source = SourceFile::new(file.path.clone(), file.text.as_slice());
        for placed in &file.resources {
            let resource = &placed.verdict;
            for rule in &resource.unevaluated {
                let position = source.position(u32::try_from(placed.at(rule.offset)).unwrap_or(u32::MAX));
                context.report(&format!(
                    "note: {}:{}:{}: {} {}: the rule `{}` cannot be evaluated here and counts as satisfied",
                    file.path, position.line, position.column, resource.kind, resource.name, rule.expression,
                ));
            }
        }
    }
}

/// Says how many rules could not be evaluated, if there are any.
fn count_unevaluated(context: RunContext, files: &[CheckedFile]) {
    if let Some(sentence) = unevaluated_sentence(unevaluated_rules(files)) {
        context.report(&format!("note: {sentence}; validate --verbose names them"));
    }
}

/// How a run ends: a file that cannot be read outranks what is wrong with others.
fn exit(files: &[CheckedFile], verdict: Exit) -> Exit {
    if files.iter().any(|file| file.failure.is_some()) {
        Exit::CouldNotRun
    } else {
        verdict
    }
}

/// Leaves out what comes after the first failure.
fn end_at_first_failure(files: &mut Vec<CheckedFile>) {
    let Some(at) = files.iter().position(CheckedFile::has_failed) else {
        return;
    };
    files.truncate(at + 1);
    if let Some(last) = files.last_mut()
        && let Some(failed) = last.resources.iter().position(|placed| placed.verdict.has_failed())
    {
        last.resources.truncate(failed + 1);
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use crate::cli::check_usage;

    /// What `kubeconform -h` of 0.8.0 prints, with a value for those that take one.
    const KUBECONFORM: [(&str, Option<&str>); 17] = [
        ("cache", Some("dir")),
        ("debug", None),
        ("exit-on-error", None),
        ("h", None),
        ("ignore-filename-pattern", Some("x.*")),
        ("ignore-missing-schemas", None),
        ("insecure-skip-tls-verify", None),
        ("kubernetes-version", Some("1.33.0")),
        ("n", Some("4")),
        ("output", Some("json")),
        ("reject", Some("Secret,v1/Pod")),
        ("schema-location", Some("default")),
        ("skip", Some("Secret")),
        ("strict", None),
        ("summary", None),
        ("v", None),
        ("verbose", None),
    ];

    #[test]
    fn all_flags_of_kubeconform_are_accepted_in_all_of_its_spellings() {
        for (flag, value) in KUBECONFORM {
            for dashes in ["-", "--"] {
                let flag = format!("{dashes}{flag}");
                let spellings = match value {
                    Some(value) => vec![vec![flag.clone(), value.to_owned()], vec![format!("{flag}={value}")]],
                    None => vec![vec![flag]],
                };
                for spelling in spellings {
                    let words = ["chartwright", "validate"].map(str::to_owned).into_iter();
                    let words = words.chain(spelling).chain(["m.yaml".to_owned()]);
                    let words: Vec<OsString> = words.map(OsString::from).collect();
                    assert_eq!(check_usage(words.clone()), Ok(()), "{words:?}");
                }
            }
        }
    }
}
