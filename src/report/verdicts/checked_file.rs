//! What all formats of verdicts need: the inputs with their verdicts, what to show of them, counts, and the line for a document.

use std::sync::Arc;

use crate::check::finding::SecretValues;
use crate::kubernetes::validate::{JoinedText, PlacedResource, Resource, Status, Violation};
use crate::report::unevaluated::unevaluated_sentence;
use crate::text::counted::counted;
use crate::text::rule::Severity;
use crate::text::visible::shown_line;

/// One input and what was found in it.
#[derive(Debug)]
pub struct CheckedFile {
    /// As the user knows it; `stdin` for standard input.
    pub path: String,
    /// Its bytes.
    pub text: JoinedText,
    /// The verdicts.
    pub resources: Vec<PlacedResource>,
    /// Why it could not be read.
    pub failure: Option<String>,
    /// Secrets of the text, which the verdicts do not show.
    pub secrets: Arc<SecretValues>,
}

impl CheckedFile {
    /// Whether anything in it is invalid or cannot be judged.
    pub fn has_failed(&self) -> bool {
        self.failure.is_some() || self.verdicts().any(Resource::has_failed)
    }

    /// The verdicts, without their places.
    pub(super) fn verdicts(&self) -> impl Iterator<Item = &Resource> {
        self.resources.iter().map(|resource| &*resource.verdict)
    }
}

/// What to show.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub struct ResourceOptions {
    /// Valid and skipped resources too.
    pub verbose: bool,
    /// Counts at the end.
    pub summary: bool,
    /// Several versions were requested, so each verdict names its own.
    pub names_versions: bool,
    /// With colours.
    pub coloured: bool,
}

pub(super) const fn is_shown(status: Status, verbose: bool) -> bool {
    verbose || matches!(status, Status::Invalid | Status::Error)
}

/// `Kind name` of a document.
pub(super) fn label(resource: &Resource) -> String {
    match (shown_line(&resource.kind), shown_line(&resource.name)) {
        (kind, _) if kind.is_empty() => "document".to_owned(),
        (kind, name) if name.is_empty() => kind,
        (kind, name) => format!("{kind} {name}"),
    }
}

/// ` (Kubernetes 1.25, 1.26)`, where it says anything.
pub(super) fn versions(resource: &Resource, options: ResourceOptions) -> String {
    if !options.names_versions || resource.minors.is_empty() {
        return String::new();
    }
    let minors: Vec<String> = resource.minors.iter().map(|minor| format!("1.{minor}")).collect();
    format!(" (Kubernetes {})", minors.join(", "))
}

/// The line of counts at the end.
pub(super) fn summary(files: &[CheckedFile]) -> String {
    let [valid, invalid, errors, skipped] = counts(files);
    let resources = valid + invalid + errors + skipped;
    let resources = counted(resources, "resource");
    let mut counts = format!("Valid: {valid}, Invalid: {invalid}, Errors: {errors}, Skipped: {skipped}");
    if let Some(sentence) = unevaluated_sentence(unevaluated_rules(files)) {
        counts.push_str(&format!(" - {sentence}"));
    }
    match files {
        [only] if only.path == "stdin" => {
            format!("Summary: {resources} found parsing stdin - {counts}\n")
        }
        _ => format!(
            "Summary: {resources} found in {} - {counts}\n",
            counted(files.len(), "file")
        ),
    }
}

/// How many rules of definitions could not be evaluated for the resources of files.
pub fn unevaluated_rules(files: &[CheckedFile]) -> usize {
    let resources = files.iter().flat_map(CheckedFile::verdicts);
    resources.map(|resource| resource.unevaluated.len()).sum()
}

/// Valid, invalid, errors, skipped.
pub(super) fn counts(files: &[CheckedFile]) -> [usize; 4] {
    let count = |wanted: Status| {
        let resources = files.iter().flat_map(CheckedFile::verdicts);
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
pub(super) fn message(resource: &Resource) -> String {
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
