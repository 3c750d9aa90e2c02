//! `chartwright validate`: manifests against Kubernetes' schemas, offline.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, ValueEnum};
use regex::Regex;
use serde_json::{Value as Json, json};

use crate::source::LineIndex;
use crate::threads::map_with_state;
use crate::validate::{Catalog, KindFilter, Options, Resource, SchemaLocations, Status, check_text};

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::run_context::RunContext;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(super) struct ValidateArguments {
    /// Files, directories (*.yaml, *.yml, *.json), or - for standard input.
    #[arg(value_name = "FILE|DIR|-")]
    inputs: Vec<String>,
    /// Kubernetes version, such as 1.31.
    #[arg(long, default_value = "latest", value_name = "VERSION")]
    kubernetes_version: String,
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
    /// Where JSON schemas are: a directory, a path with `{{ .ResourceKind }}` and the like, or `default` (repeatable,
    /// tried in order).
    #[arg(long, value_name = "LOCATION")]
    schema_location: Vec<String>,
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
    /// Files to read at once (default: one for each processor).
    #[arg(short = 'n', value_name = "NUMBER")]
    workers: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// One input and what was found in it.
struct CheckedFile {
    path: String,
    text: Vec<u8>,
    resources: Vec<Resource>,
    /// Why it could not be read.
    failure: Option<String>,
}

impl CheckedFile {
    fn has_failed(&self) -> bool {
        self.failure.is_some() || self.resources.iter().any(Resource::has_failed)
    }
}

/// kubeconform's spellings with one dash become the usual ones with two.
pub(super) fn with_double_dashes(argument: &str) -> Option<String> {
    const FLAGS: [&str; 12] = [
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
    ];
    let name = argument.strip_prefix('-')?;
    let flag = name.split('=').next()?;
    FLAGS.contains(&flag).then(|| format!("--{name}"))
}

pub(super) fn run(context: RunContext, arguments: &ValidateArguments) -> Result<Exit, CommandError> {
    let catalog = Catalog::find(&arguments.kubernetes_version).map_err(CommandError::usage)?;
    let locations = match arguments.schema_location.as_slice() {
        [] => None,
        given => {
            let locations = SchemaLocations::new(given, &arguments.kubernetes_version, arguments.strict);
            Some(Arc::new(locations.map_err(CommandError::usage)?))
        }
    };
    let options = Options {
        locations,
        custom: None,
        stops_at_first: arguments.exit_on_error,
        strict: arguments.strict,
        schema_only: arguments.schema_only,
        ignore_missing_schemas: arguments.ignore_missing_schemas,
        skip: KindFilter::new(&arguments.skip),
        reject: KindFilter::new(&arguments.reject),
    };
    let ignored = arguments
        .ignore_filename_pattern
        .iter()
        .map(|pattern| {
            Regex::new(pattern).map_err(|error| CommandError::usage(format!("--ignore-filename-pattern: {error}")))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let inputs = inputs(context, arguments, &ignored)?;
    let files = check_all(&inputs, &catalog, &options, arguments);
    let text = match arguments.output {
        Format::Text => as_text(&files, arguments),
        Format::Json => as_json(&files, arguments),
    };
    context.write_stdout(text.as_bytes())?;
    let has_failed = files.iter().any(CheckedFile::has_failed);
    Ok(if has_failed { Exit::Findings } else { Exit::Clean })
}

/// What to read: a path still to be read, or a text at hand.
enum Input {
    Path(String),
    Text(String, Vec<u8>),
}

fn inputs(context: RunContext, arguments: &ValidateArguments, ignored: &[Regex]) -> Result<Vec<Input>, CommandError> {
    let is_ignored = |path: &str| ignored.iter().any(|pattern| pattern.is_match(path));
    let mut inputs = Vec::new();
    let names: Vec<&str> = arguments.inputs.iter().map(String::as_str).collect();
    let names = if names.is_empty() { vec!["-"] } else { names };
    for name in names {
        if name == "-" {
            inputs.push(Input::Text("stdin".to_owned(), context.read_stdin()?));
        } else if Path::new(name).is_dir() {
            let mut paths = Vec::new();
            collect(Path::new(name), 0, &mut paths);
            let paths = paths.into_iter().map(|path| path.display().to_string());
            inputs.extend(paths.filter(|path| !is_ignored(path)).map(Input::Path));
        } else if !is_ignored(name) {
            inputs.push(Input::Path(name.to_owned()));
        }
    }
    Ok(inputs)
}

/// Deepest directory that is searched.
const MAX_DEPTH: usize = 64;

fn collect(directory: &Path, depth: usize, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let is_manifest = path.extension().is_some_and(|extension| {
            ["yaml", "yml", "json"]
                .iter()
                .any(|wanted| extension.eq_ignore_ascii_case(wanted))
        });
        if path.is_dir() && depth < MAX_DEPTH {
            collect(&path, depth + 1, paths);
        } else if is_manifest && path.is_file() {
            paths.push(path);
        }
    }
}

/// Checks the inputs on several threads; results come back in the order of the inputs.
fn check_all(
    inputs: &[Input],
    catalog: &Catalog,
    options: &Options,
    arguments: &ValidateArguments,
) -> Vec<CheckedFile> {
    let stopped = AtomicBool::new(false);
    let files = map_with_state(
        inputs,
        arguments.workers,
        || (),
        |(), input| {
            if stopped.load(Ordering::Relaxed) {
                return None;
            }
            let file = check_one(input, catalog, options);
            if arguments.exit_on_error && file.has_failed() {
                stopped.store(true, Ordering::Relaxed);
            }
            Some(file)
        },
    );
    files.into_iter().flatten().collect()
}

fn check_one(input: &Input, catalog: &Catalog, options: &Options) -> CheckedFile {
    let (path, text) = match input {
        Input::Text(name, text) => (name.clone(), Ok(text.clone())),
        Input::Path(path) => (path.clone(), std::fs::read(path)),
    };
    match text {
        Ok(text) => {
            let resources = check_text(&text, catalog, options);
            CheckedFile {
                path,
                text,
                resources,
                failure: None,
            }
        }
        Err(error) => {
            let failure = super::run_context::open_error(&path, &error);
            CheckedFile {
                path,
                text: Vec::new(),
                resources: Vec::new(),
                failure: Some(failure),
            }
        }
    }
}

const fn is_shown(status: Status, verbose: bool) -> bool {
    verbose || matches!(status, Status::Invalid | Status::Error)
}

fn label(resource: &Resource) -> String {
    match (resource.kind.as_str(), resource.name.as_str()) {
        ("", _) => "document".to_owned(),
        (kind, "") => kind.to_owned(),
        (kind, name) => format!("{kind} {name}"),
    }
}

fn as_text(files: &[CheckedFile], arguments: &ValidateArguments) -> String {
    let mut text = String::new();
    for file in files {
        if let Some(failure) = &file.failure {
            text.push_str(&format!("{}: error: {failure}\n", file.path));
        }
        let index = LineIndex::new(&file.text);
        for resource in file
            .resources
            .iter()
            .filter(|resource| is_shown(resource.status, arguments.verbose))
        {
            let label = label(resource);
            let place = |offset: usize| {
                let position = index.position(&file.text, u32::try_from(offset).unwrap_or(u32::MAX));
                format!("{}:{}:{}", file.path, position.line, position.column)
            };
            match resource.status {
                Status::Valid => text.push_str(&format!("{}: {label} is valid\n", place(resource.offset))),
                Status::Skipped => text.push_str(&format!("{}: {label} skipped\n", place(resource.offset))),
                Status::Invalid | Status::Error => {
                    for violation in &resource.violations {
                        let path = if violation.path.is_empty() {
                            String::new()
                        } else {
                            format!("{}: ", violation.path)
                        };
                        let (message, rule) = (&violation.message, violation.rule);
                        let place = place(violation.offset);
                        text.push_str(&format!("{place}: error: {label}: {path}{message} [{rule}]\n"));
                    }
                }
            }
        }
    }
    if arguments.summary {
        let [valid, invalid, errors, skipped] = counts(files);
        let resources = valid + invalid + errors + skipped;
        let plural = if resources == 1 { "" } else { "s" };
        let files_plural = if files.len() == 1 { "" } else { "s" };
        text.push_str(&format!(
            "Summary: {resources} resource{plural} found in {} file{files_plural} - Valid: {valid}, Invalid: {invalid}, Errors: {errors}, Skipped: {skipped}\n",
            files.len()
        ));
    }
    text
}

/// Valid, invalid, errors, skipped.
fn counts(files: &[CheckedFile]) -> [usize; 4] {
    let count = |wanted: Status| {
        files
            .iter()
            .flat_map(|file| &file.resources)
            .filter(|r| r.status == wanted)
            .count()
    };
    let unreadable = files.iter().filter(|file| file.failure.is_some()).count();
    [
        count(Status::Valid),
        count(Status::Invalid),
        count(Status::Error) + unreadable,
        count(Status::Skipped),
    ]
}

/// kubeconform's JSON, with line and column added.
fn as_json(files: &[CheckedFile], arguments: &ValidateArguments) -> String {
    let mut resources: Vec<Json> = Vec::new();
    for file in files {
        if let Some(failure) = &file.failure {
            resources.push(json!({"filename": file.path, "kind": "", "name": "", "version": "", "status": "statusError", "msg": failure}));
        }
        let index = LineIndex::new(&file.text);
        for resource in file
            .resources
            .iter()
            .filter(|resource| is_shown(resource.status, arguments.verbose))
        {
            resources.push(resource_json(file, &index, resource));
        }
    }
    let mut document = json!({"resources": resources});
    if arguments.summary
        && let Some(entries) = document.as_object_mut()
    {
        let [valid, invalid, errors, skipped] = counts(files);
        let summary = json!({"valid": valid, "invalid": invalid, "errors": errors, "skipped": skipped});
        entries.insert("summary".to_owned(), summary);
    }
    format!("{document:#}\n")
}

fn resource_json(file: &CheckedFile, index: &LineIndex, resource: &Resource) -> Json {
    let status = match resource.status {
        Status::Valid => "statusValid",
        Status::Invalid => "statusInvalid",
        Status::Error => "statusError",
        Status::Skipped => "statusSkipped",
    };
    let position = |offset: usize| index.position(&file.text, u32::try_from(offset).unwrap_or(u32::MAX));
    let violations: Vec<Json> = resource
        .violations
        .iter()
        .map(|violation| {
            let at = position(violation.offset);
            json!({"path": violation.path, "msg": violation.message, "rule": violation.rule, "line": at.line, "column": at.column})
        })
        .collect();
    let message: Vec<String> = resource
        .violations
        .iter()
        .map(|violation| {
            if violation.path.is_empty() {
                violation.message.clone()
            } else {
                format!("at '{}': {}", violation.path, violation.message)
            }
        })
        .collect();
    let at = position(resource.offset);
    let mut entry = json!({
        "filename": file.path,
        "kind": resource.kind,
        "name": resource.name,
        "version": resource.api_version,
        "status": status,
        "msg": message.join("; "),
        "line": at.line,
        "column": at.column,
    });
    if resource.status == Status::Invalid
        && let Some(fields) = entry.as_object_mut()
    {
        fields.insert("validationErrors".to_owned(), Json::Array(violations));
    }
    entry
}
