//! JSON, for programs. docs/diff.md describes it. Reports of findings have the same, and are read again when they are joined.

use serde_json::{Value as Json, json};

use crate::check::diff::{ChartDiff, DiffOutcome, ObjectDiff};
use crate::report::json_text::text;

use super::summary::Counts;

/// One document with everything.
pub fn diff_as_json(outcome: &DiffOutcome) -> String {
    text(&diff_document(outcome))
}

/// The same as a value.
pub(in crate::report) fn diff_document(outcome: &DiffOutcome) -> Json {
    let charts: Vec<Json> = outcome.charts.iter().map(chart).collect();
    json!({"charts": charts, "summary": diff_summary(outcome)})
}

/// The numbers of an outcome.
pub(in crate::report) fn diff_summary(outcome: &DiffOutcome) -> Json {
    let counts = Counts::of_all(outcome);
    json!({
        "compared": outcome.compared,
        "added": counts.added,
        "removed": counts.removed,
        "changed": counts.changed,
        "risks": counts.risks,
        "failures": counts.failures,
    })
}

fn chart(chart: &ChartDiff) -> Json {
    let state = |state: &Option<(String, String)>| match state {
        Some((name, version)) => json!({"name": name, "version": version}),
        None => Json::Null,
    };
    let failures = chart.failures.iter().map(
        |failure| json!({"side": failure.side.name(), "rendering": failure.rendering, "message": failure.message}),
    );
    json!({
        "chart": chart.shown,
        "before": state(&chart.old),
        "after": state(&chart.new),
        "whole": chart.is_whole,
        "renderings": chart.renderings,
        "objects": chart.objects.iter().map(object).collect::<Vec<_>>(),
        "failures": failures.collect::<Vec<_>>(),
        "notes": chart.notes,
    })
}

fn object(object: &ObjectDiff) -> Json {
    let fields = object.fields.iter().map(|field| {
        // A field that is missing has no member; one that is null has.
        let mut entry = json!({"path": field.path});
        for (member, value) in [("before", &field.old), ("after", &field.new)] {
            if let (Some(entry), Some(value)) = (entry.as_object_mut(), value) {
                entry.insert(member.to_owned(), value.clone());
            }
        }
        entry
    });
    let risks = object
        .risks
        .iter()
        .map(|risk| json!({"id": risk.kind.id(), "message": risk.message}));
    json!({
        "change": object.change.name(),
        "group": object.id.group,
        "kind": object.id.kind,
        "namespace": object.id.namespace,
        "name": object.id.name,
        "apiVersionBefore": object.old_api_version,
        "apiVersionAfter": object.new_api_version,
        "renderings": object.renderings,
        "risks": risks.collect::<Vec<_>>(),
        "fields": fields.collect::<Vec<_>>(),
        "lines": object.lines,
    })
}
