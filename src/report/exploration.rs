//! What an exploration did besides its findings, as text and for programs: how far it got, and what the chart refuses on purpose.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use crate::check::explore::{Constraint, Exploration, Flag, command_line, shown_flags};
use crate::text::counted::counted;
use crate::text::redact::redact_message;
use crate::text::visible::shown_line;

/// Most other clusters that a line names.
const MAX_CLUSTERS: usize = 3;

/// A few lines about a chart, with at most so many of its refusals.
pub fn exploration_as_text(explored: &Exploration, most: usize) -> String {
    let mut out = String::new();
    let problem = explored.problem.as_ref();
    let reason = problem.map(|finding| format!("{}: {}", finding.primary, finding.message));
    if let Some(reason) = reason.or_else(|| explored.not_explored.clone()) {
        let reason = explored.secrets.hide(&reason).into_owned();
        _ = writeln!(
            out,
            "{}: not explored: {}",
            shown_line(&explored.path),
            shown_line(&reason)
        );
        return out;
    }
    let end = if explored.is_exhausted {
        "nothing is left to try"
    } else {
        "the budget is spent"
    };
    _ = writeln!(
        out,
        "{}: {}, {end}: {} of the branches reached ({}/{}), {} before; {}{}",
        shown_line(&explored.path),
        counted(explored.renderings, "rendering"),
        explored.after.percent(),
        explored.after.covered,
        explored.after.total,
        explored.before.percent(),
        counted(explored.causes.len(), "cause"),
        made_up(explored),
    );
    for constraint in explored.constraints.iter().take(most) {
        let settings = if constraint.settings.is_empty() {
            "the values as they are".to_owned()
        } else {
            constraint.settings.command_line()
        };
        _ = writeln!(
            out,
            "  refused on purpose: {}: {}: {}",
            explored.secrets.hide(&shown_line(&settings)),
            shown_line(&constraint.place.to_string()),
            explored.secrets.hide(&shown_line(&constraint.message))
        );
    }
    if explored.constraints.len() > most {
        _ = writeln!(out, "  and {} more", explored.constraints.len() - most);
    }
    add_reached(&mut out, explored);
    if explored.withheld_tests > 0 {
        let files = counted(explored.withheld_tests, "values file");
        _ = writeln!(out, "  {files} not written: secrets would be in them");
    }
    out
}

/// What values files for tests reach, and what other clusters do.
fn add_reached(out: &mut String, explored: &Exploration) {
    if let Some(reason) = explored.untestable {
        _ = writeln!(out, "  no values files: {reason}");
    }
    if let Some(tested) = explored.tested {
        let failing = explored.tests.iter().filter(|test| test.is_failing).count();
        let passing = match explored.tests.len() - failing {
            0 => "no further values file is needed".to_owned(),
            files => counted(files, "values file"),
        };
        _ = writeln!(
            out,
            "  {passing}: {} of the {} branches that a values file can reach without breaking the chart",
            tested.covered, explored.testable.covered,
        );
        let with_failing = explored.tested_with_failing.unwrap_or(tested);
        if failing > 0 {
            _ = writeln!(
                out,
                "  {} with which the chart breaks, in failing/: {} more of the branches",
                counted(failing, "values file"),
                with_failing.covered - tested.covered
            );
        }
    }
    if !explored.elsewhere.is_empty() {
        let listed = explored.elsewhere.iter().take(MAX_CLUSTERS);
        let listed = listed.map(|(flags, count)| format!("{} ({count})", shown_line(&command_line(flags))));
        let more = match explored.elsewhere.len().saturating_sub(MAX_CLUSTERS) {
            0 => String::new(),
            more => format!(" and {}", counted(more, "other cluster")),
        };
        let branches = explored.elsewhere.iter().map(|(_, count)| count).sum::<usize>();
        _ = writeln!(
            out,
            "  {branches} of the branches {} only for other clusters: {}{more}",
            if branches == 1 { "is" } else { "are" },
            listed.collect::<Vec<_>>().join(", "),
        );
    }
}

/// How many of the causes are notes.
fn made_up(explored: &Exploration) -> String {
    match explored.causes.iter().filter(|cause| cause.is_note()).count() {
        0 => String::new(),
        notes if notes == explored.causes.len() => " with made-up values".to_owned(),
        notes => format!(", {notes} of them with made-up values"),
    }
}

/// The same for programs, without secrets.
pub(super) fn exploration_as_json(explored: &Exploration) -> Json {
    let hidden = |text: &str| redact_message(&explored.secrets.hide(text));
    let problem = explored.problem.as_ref();
    let reason = problem.map(|finding| format!("{}: {}", finding.primary, finding.message));
    let reason = reason.or_else(|| explored.not_explored.clone());
    let refusal = |constraint: &Constraint| {
        let at = constraint.place.position();
        let flags = shown_flags(&explored.base, &constraint.settings).into_iter();
        json!({
            "message": hidden(&constraint.message),
            "file": constraint.place.file.path(),
            "line": at.line,
            "column": at.column,
            "settings": settings_as_json(flags.map(|(flag, argument)| (flag, hidden(&argument)))),
        })
    };
    json!({
        "chart": explored.path,
        "notExplored": reason.map(|reason| hidden(&reason)),
        "renderings": explored.renderings,
        "exhausted": explored.is_exhausted,
        "branches": {
            "total": explored.after.total,
            "before": explored.before.covered,
            "reached": explored.after.covered,
            "testable": explored.testable.covered,
            "tested": explored.tested.map(|tested| tested.covered),
            "testedWithFailing": explored.tested_with_failing.map(|tested| tested.covered),
        },
        "clusters": explored.elsewhere.iter().map(|(flags, count)| json!({
            "settings": settings_as_json(flags.iter().cloned()),
            "branches": count,
        })).collect::<Vec<Json>>(),
        "refusals": explored.constraints.iter().map(refusal).collect::<Vec<Json>>(),
    })
}

/// Flags that show something, for programs: those for values, the version of Kubernetes and API versions apart.
pub(super) fn settings_as_json(flags: impl Iterator<Item = Flag>) -> Json {
    let (mut values, mut kube_version, mut api_versions) = (Vec::new(), Json::Null, Vec::new());
    for (flag, argument) in flags {
        match flag {
            "--kube-version" => kube_version = json!(argument),
            "--api-versions" => api_versions.push(argument),
            _ => values.push(json!({"flag": flag, "argument": argument})),
        }
    }
    json!({"values": values, "kubeVersion": kube_version, "apiVersions": api_versions})
}
