//! kubeconform's JSON, with lines and columns.

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::checked_file::{CheckedFile, ResourceOptions, counts, is_shown, message, unevaluated_rules};
use crate::kubernetes::validate::{PlacedResource, Positions, Status};
use crate::report::json_text::{self, Rows};
use crate::text::redact::redact_message;
use crate::text::source::Position;

pub(super) fn text(files: &[CheckedFile], options: ResourceOptions) -> String {
    let resources = || files.iter().flat_map(|file| rows(file, options));
    let unevaluated = Some(unevaluated_rules(files)).filter(|&count| count > 0);
    let summary = options.summary.then(|| {
        let [valid, invalid, errors, skipped] = counts(files);
        json!({"valid": valid, "invalid": invalid, "errors": errors, "skipped": skipped})
    });
    json_text::text(&Document {
        resources: Rows(resources),
        unevaluated,
        summary,
    })
}

#[derive(Serialize)]
struct Document<R> {
    resources: R,
    #[serde(rename = "unevaluatedRules", skip_serializing_if = "Option::is_none")]
    unevaluated: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<Json>,
}

/// The rows of a file: that it cannot be read, and its resources.
fn rows(file: &CheckedFile, options: ResourceOptions) -> impl Iterator<Item = Json> {
    let failure = file.failure.iter().map(|failure| {
        json!({"filename": file.path, "kind": "", "name": "", "version": "", "status": "statusError", "msg": redact_message(failure)})
    });
    let positions = file.text.positions();
    let shown = file
        .resources
        .iter()
        .filter(move |resource| is_shown(resource.verdict.status, options.verbose));
    failure.chain(shown.map(move |resource| resource_json(file, &positions, resource)))
}

fn status_name(status: Status) -> &'static str {
    match status {
        Status::Valid => "statusValid",
        Status::Invalid => "statusInvalid",
        Status::Error => "statusError",
        Status::Skipped => "statusSkipped",
    }
}

fn resource_json(file: &CheckedFile, positions: &Positions<'_>, placed: &PlacedResource) -> Json {
    let resource = &*placed.verdict;
    let violations: Vec<Json> = resource
        .violations
        .iter()
        .map(|violation| {
            let Position { line, column } = positions.position(placed.at(violation.offset));
            json!({"path": violation.path, "msg": redact_message(&violation.message), "rule": violation.rule.to_string(), "line": line, "column": column})
        })
        .collect();
    let Position { line, column } = positions.position(placed.offset());
    let mut entry = json!({
        "filename": file.path,
        "kind": resource.kind,
        "name": resource.name,
        "version": resource.api_version,
        "status": status_name(resource.status),
        "msg": redact_message(&message(resource)),
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
