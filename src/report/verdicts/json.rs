//! kubeconform's JSON, with lines and columns.

use serde_json::{Value as Json, json};

use super::checked_file::{CheckedFile, ResourceOptions, counts, is_shown, message, unevaluated_rules};
use crate::kubernetes::validate::{PlacedResource, Positions, Status};
use crate::report::json_text;
use crate::text::redact::redact_message;
use crate::text::source::Position;

pub(super) fn text(files: &[CheckedFile], options: ResourceOptions) -> String {
    let mut resources: Vec<Json> = Vec::new();
    for file in files {
        if let Some(failure) = &file.failure {
            resources.push(json!({"filename": file.path, "kind": "", "name": "", "version": "", "status": "statusError", "msg": redact_message(failure)}));
        }
        let positions = file.text.positions();
        let shown = file
            .resources
            .iter()
            .filter(|resource| is_shown(resource.verdict.status, options.verbose));
        resources.extend(shown.map(|resource| resource_json(file, &positions, resource)));
    }
    let mut document = json!({"resources": resources});
    let unevaluated = unevaluated_rules(files);
    if unevaluated > 0
        && let Some(entries) = document.as_object_mut()
    {
        entries.insert("unevaluatedRules".to_owned(), json!(unevaluated));
    }
    if options.summary
        && let Some(entries) = document.as_object_mut()
    {
        let [valid, invalid, errors, skipped] = counts(files);
        let summary = json!({"valid": valid, "invalid": invalid, "errors": errors, "skipped": skipped});
        entries.insert("summary".to_owned(), summary);
    }
    json_text::text(&document)
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
