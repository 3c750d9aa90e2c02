//! Verdicts on resources in kubeconform's formats: text, `json`, `junit`, `tap`, `pretty`.

use std::cell::LazyCell;
use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use crate::kubernetes::validate::{Resource, Status, Violation};
use crate::text::rule::Severity;
use crate::text::source::LineIndex;
use crate::text::threads::map_in_parallel;

use super::xml::escaped;

/// One input and what was found in it.
#[derive(Debug)]
pub struct CheckedFile {
    /// As the user knows it; `stdin` for standard input.
    pub path: String,
    /// Its bytes.
    pub text: Vec<u8>,
    /// The verdicts.
    pub resources: Vec<Resource>,
    /// Why it could not be read.
    pub failure: Option<String>,
}

impl CheckedFile {
    /// Whether anything in it is invalid or cannot be judged.
    pub fn has_failed(&self) -> bool {
        self.failure.is_some() || self.resources.iter().any(Resource::has_failed)
    }

    fn place(&self, index: &LineIndex, offset: usize) -> (u32, u32) {
        let position = index.position(&self.text, u32::try_from(offset).unwrap_or(u32::MAX));
        (position.line, position.column)
    }
}

/// One of kubeconform's formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceFormat {
    /// A line a violation, with its place.
    Text,
    /// kubeconform's JSON, with line and column added.
    Json,
    /// `JUnit`'s XML, a suite a file.
    Junit,
    /// The Test Anything Protocol.
    Tap,
    /// A line a resource, with a mark.
    Pretty,
}

/// What to show.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub struct ResourceOptions {
    /// Valid and skipped resources too.
    pub verbose: bool,
    /// Counts at the end.
    pub summary: bool,
    /// Several versions were asked for, so each verdict names its own.
    pub names_versions: bool,
    /// With colours.
    pub coloured: bool,
}

/// The verdicts in a format.
pub fn resources_as(format: ResourceFormat, files: &[CheckedFile], options: ResourceOptions) -> String {
    match format {
        ResourceFormat::Text => text(files, options),
        ResourceFormat::Json => json_text(files, options),
        ResourceFormat::Junit => junit(files),
        ResourceFormat::Tap => tap(files),
        ResourceFormat::Pretty => pretty(files, options),
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

/// ` (Kubernetes 1.25, 1.26)`, where it says anything.
fn versions(resource: &Resource, options: ResourceOptions) -> String {
    if !options.names_versions || resource.minors.is_empty() {
        return String::new();
    }
    let minors: Vec<String> = resource.minors.iter().map(|minor| format!("1.{minor}")).collect();
    format!(" (Kubernetes {})", minors.join(", "))
}

fn text(files: &[CheckedFile], options: ResourceOptions) -> String {
    let mut text = map_in_parallel(files, |file| file_text(file, options)).concat();
    if options.summary {
        text.push_str(&summary(files));
    }
    text
}

fn file_text(file: &CheckedFile, options: ResourceOptions) -> String {
    let mut text = String::new();
    let path = &file.path;
    if let Some(failure) = &file.failure {
        _ = writeln!(text, "{path}: error: {failure}");
    }
    let index = LazyCell::new(|| LineIndex::new(&file.text));
    let shown = file
        .resources
        .iter()
        .filter(|resource| options.verbose || !resource.violations.is_empty());
    for resource in shown {
        let (label, versions) = (label(resource), versions(resource, options));
        let (line, column) = file.place(&index, resource.offset);
        match resource.status {
            Status::Valid if options.verbose => {
                _ = writeln!(text, "{path}:{line}:{column}: {label} is valid{versions}");
            }
            Status::Skipped if options.verbose => {
                _ = writeln!(text, "{path}:{line}:{column}: {label} skipped{versions}");
            }
            _ => {}
        }
        for violation in &resource.violations {
            let (line, column) = file.place(&index, violation.offset);
            let place = if violation.path.is_empty() {
                String::new()
            } else {
                format!("{}: ", violation.path)
            };
            let severity = if violation.severity() < Severity::Error || resource.status == Status::Skipped {
                "warning"
            } else {
                "error"
            };
            let (message, rule) = (&violation.message, violation.rule);
            _ = writeln!(
                text,
                "{path}:{line}:{column}: {severity}: {label}: {place}{message}{versions} [{rule}]"
            );
        }
    }
    text
}

fn summary(files: &[CheckedFile]) -> String {
    let [valid, invalid, errors, skipped] = counts(files);
    let resources = valid + invalid + errors + skipped;
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let counts = format!("Valid: {valid}, Invalid: {invalid}, Errors: {errors}, Skipped: {skipped}");
    match files {
        [only] if only.path == "stdin" => {
            format!(
                "Summary: {resources} resource{} found parsing stdin - {counts}\n",
                plural(resources)
            )
        }
        _ => format!(
            "Summary: {resources} resource{} found in {} file{} - {counts}\n",
            plural(resources),
            files.len(),
            plural(files.len())
        ),
    }
}

/// Valid, invalid, errors, skipped.
fn counts(files: &[CheckedFile]) -> [usize; 4] {
    let count = |wanted: Status| {
        let resources = files.iter().flat_map(|file| &file.resources);
        resources.filter(|resource| resource.status == wanted).count()
    };
    let unreadable = files.iter().filter(|file| file.failure.is_some()).count();
    [
        count(Status::Valid),
        count(Status::Invalid),
        count(Status::Error) + unreadable,
        count(Status::Skipped),
    ]
}

/// All violations of a resource that fail it in one line, as kubeconform has it.
fn message(resource: &Resource) -> String {
    let message = |violation: &Violation| {
        if violation.path.is_empty() {
            violation.message.clone()
        } else {
            format!("at '{}': {}", violation.path, violation.message)
        }
    };
    let failing = resource
        .violations
        .iter()
        .filter(|violation| violation.severity() == Severity::Error);
    failing.map(message).collect::<Vec<_>>().join("; ")
}

fn json_text(files: &[CheckedFile], options: ResourceOptions) -> String {
    let mut resources: Vec<Json> = Vec::new();
    for file in files {
        if let Some(failure) = &file.failure {
            resources.push(json!({"filename": file.path, "kind": "", "name": "", "version": "", "status": "statusError", "msg": failure}));
        }
        let index = LazyCell::new(|| LineIndex::new(&file.text));
        let shown = file
            .resources
            .iter()
            .filter(|resource| is_shown(resource.status, options.verbose));
        resources.extend(shown.map(|resource| resource_json(file, &index, resource)));
    }
    let mut document = json!({"resources": resources});
    if options.summary
        && let Some(entries) = document.as_object_mut()
    {
        let [valid, invalid, errors, skipped] = counts(files);
        let summary = json!({"valid": valid, "invalid": invalid, "errors": errors, "skipped": skipped});
        entries.insert("summary".to_owned(), summary);
    }
    format!("{document:#}\n")
}

fn status_name(status: Status) -> &'static str {
    match status {
        Status::Valid => "statusValid",
        Status::Invalid => "statusInvalid",
        Status::Error => "statusError",
        Status::Skipped => "statusSkipped",
    }
}

fn resource_json(file: &CheckedFile, index: &LineIndex, resource: &Resource) -> Json {
    let violations: Vec<Json> = resource
        .violations
        .iter()
        .map(|violation| {
            let (line, column) = file.place(index, violation.offset);
            json!({"path": violation.path, "msg": violation.message, "rule": violation.rule.to_string(), "line": line, "column": column})
        })
        .collect();
    let (line, column) = file.place(index, resource.offset);
    let mut entry = json!({
        "filename": file.path,
        "kind": resource.kind,
        "name": resource.name,
        "version": resource.api_version,
        "status": status_name(resource.status),
        "msg": message(resource),
        "line": line,
        "column": column,
        "kubernetesVersions": resource.minors.iter().map(|minor| format!("1.{minor}")).collect::<Vec<_>>(),
    });
    if !violations.is_empty()
        && let Some(fields) = entry.as_object_mut()
    {
        fields.insert("validationErrors".to_owned(), Json::Array(violations));
    }
    entry
}

fn junit(files: &[CheckedFile]) -> String {
    let [valid, invalid, errors, skipped] = counts(files);
    let tests = valid + invalid + errors + skipped;
    let mut xml = format!(
        "<testsuites name=\"chartwright\" tests=\"{tests}\" failures=\"{invalid}\" disabled=\"{skipped}\" errors=\"{errors}\">\n"
    );
    for (index, file) in files.iter().enumerate() {
        let [valid, invalid, errors, skipped] = counts(std::slice::from_ref(file));
        let (path, id, tests) = (escaped(&file.path), index + 1, valid + invalid + errors + skipped);
        _ = writeln!(
            xml,
            "  <testsuite name=\"{path}\" id=\"{id}\" tests=\"{tests}\" failures=\"{invalid}\" errors=\"{errors}\" disabled=\"0\" skipped=\"{skipped}\">"
        );
        if let Some(failure) = &file.failure {
            let message = escaped(failure);
            _ = writeln!(
                xml,
                "    <testcase name=\"\" classname=\"@\" time=\"0\">\n      <error message=\"{message}\" type=\"\"></error>\n    </testcase>"
            );
        }
        for resource in &file.resources {
            let (name, class) = (
                escaped(&resource.name),
                escaped(&format!("{}@{}", resource.kind, resource.api_version)),
            );
            let message = escaped(&message(resource));
            let inner = match resource.status {
                Status::Valid => String::new(),
                Status::Skipped => "\n      <skipped message=\"\"></skipped>\n    ".to_owned(),
                Status::Invalid => format!("\n      <failure message=\"{message}\" type=\"\"></failure>\n    "),
                Status::Error => format!("\n      <error message=\"{message}\" type=\"\"></error>\n    "),
            };
            _ = writeln!(
                xml,
                "    <testcase name=\"{name}\" classname=\"{class}\" time=\"0\">{inner}</testcase>"
            );
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn tap(files: &[CheckedFile]) -> String {
    let mut text = "TAP version 13\n".to_owned();
    let mut number = 0;
    for file in files {
        let path = &file.path;
        if let Some(failure) = &file.failure {
            number += 1;
            _ = writeln!(text, "not ok {number} - {path}: {failure}");
        }
        for resource in &file.resources {
            number += 1;
            let name = format!("{}/{}//{}", resource.api_version, resource.kind, resource.name);
            let message = message(resource).replace('\n', " ");
            _ = match resource.status {
                Status::Valid => writeln!(text, "ok {number} - {path} ({name})"),
                Status::Skipped => writeln!(text, "ok {number} - {path} ({name}) # skip"),
                Status::Invalid => writeln!(text, "not ok {number} - {path} ({name}): {message}"),
                Status::Error => writeln!(text, "not ok {number} - {path}: {message}"),
            };
        }
    }
    _ = writeln!(text, "1..{number}");
    text
}

fn pretty(files: &[CheckedFile], options: ResourceOptions) -> String {
    let [red, green, yellow, reset] = if options.coloured {
        ["\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m", "\u{1b}[0m"]
    } else {
        [""; 4]
    };
    let mut text = String::new();
    for file in files {
        let path = &file.path;
        if let Some(failure) = &file.failure {
            _ = writeln!(text, "{red}✖{reset} {path}: {red}failed validation: {failure}{reset}");
        }
        for resource in file
            .resources
            .iter()
            .filter(|resource| is_shown(resource.status, options.verbose))
        {
            let (label, versions) = (label(resource), versions(resource, options));
            let message = message(resource);
            _ = match resource.status {
                Status::Valid => writeln!(text, "{green}✔{reset} {path}: {green}{label} is valid{versions}{reset}"),
                Status::Skipped => writeln!(
                    text,
                    "{yellow}-{reset} {path}: {yellow}{label} skipped{versions}{reset}"
                ),
                Status::Invalid => {
                    writeln!(
                        text,
                        "{red}✖{reset} {path}: {red}{label} is invalid: {message}{versions}{reset}"
                    )
                }
                Status::Error => {
                    writeln!(
                        text,
                        "{red}✖{reset} {path}: {red}{label} failed validation: {message}{versions}{reset}"
                    )
                }
            };
        }
    }
    if options.summary {
        text.push_str(&summary(files));
    }
    text
}
