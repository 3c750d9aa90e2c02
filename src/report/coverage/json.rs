//! Everything that is known of coverage, for programs.

use serde_json::{Value as Json, json};

use super::charts::{CoveredChart, totals};
use crate::check::coverage::{Counted, FileCoverage, Totals, Unreachable};
use crate::report::json_text;

pub(super) fn text(charts: &[CoveredChart<'_>]) -> String {
    json_text::text(&json!({
        "version": 1,
        "charts": charts.iter().map(chart_as_json).collect::<Vec<_>>(),
        "totals": totals_as_json(totals(charts)),
    }))
}

fn chart_as_json(chart: &CoveredChart<'_>) -> Json {
    let coverage = chart.coverage;
    let values = coverage.values.iter();
    json!({
        "path": chart.path,
        "name": chart.name,
        "version": chart.version,
        "renderings": coverage.renderings,
        "files": coverage.files.iter().map(file_as_json).collect::<Vec<_>>(),
        "values": values.map(|value| json!({"path": value.path, "read": value.is_read})).collect::<Vec<_>>(),
        "totals": totals_as_json(coverage.totals()),
    })
}

fn file_as_json(file: &FileCoverage) -> Json {
    let lines = file
        .lines
        .iter()
        .map(|line| with_reason(json!({"line": line.line, "hits": line.runs}), line.unreachable));
    let branches = file.branches.iter().map(|branch| {
        let entry = json!({
            "line": branch.position.line,
            "column": branch.position.column,
            "kind": branch.kind.name(),
            "outcome": branch.outcome,
            "hits": branch.runs,
        });
        with_reason(entry, branch.unreachable)
    });
    let definitions = file.definitions.iter().map(|definition| {
        let entry = json!({"name": definition.name, "line": definition.line, "hits": definition.runs});
        with_reason(entry, definition.unreachable)
    });
    json!({
        "path": file.file.path(),
        "template": file.template,
        "lines": lines.collect::<Vec<_>>(),
        "branches": branches.collect::<Vec<_>>(),
        "definitions": definitions.collect::<Vec<_>>(),
        "totals": totals_as_json(file.totals()),
    })
}

fn with_reason(mut entry: Json, unreachable: Option<Unreachable>) -> Json {
    if let (Some(reason), Some(fields)) = (unreachable, entry.as_object_mut()) {
        fields.insert("unreachable".to_owned(), reason.name().into());
    }
    entry
}

/// Totals by their names; `percent` is about lines and branches together.
fn totals_as_json(totals: Totals) -> Json {
    let all = totals.lines_and_branches();
    json!({
        "templates": counted(totals.templates),
        "lines": counted(totals.lines),
        "branches": counted(totals.branches),
        "definitions": counted(totals.definitions),
        "values": counted(totals.values),
        "percent": hundredths(all.share()),
    })
}

fn counted(counted: Counted) -> Json {
    json!({
        "covered": counted.covered,
        "total": counted.total,
        "unreachable": counted.unreachable,
        "percent": hundredths(counted.share()),
    })
}

/// A number with two decimals.
#[expect(clippy::cast_precision_loss, reason = "there are ten thousand hundredths")]
fn hundredths(share: u64) -> f64 {
    share as f64 / 100.0
}
