//! What an exploration did besides its findings, as text: how far it got, and what the chart refuses on purpose.

use std::fmt::Write as _;

use crate::check::explore::Exploration;
use crate::text::counted::counted;
use crate::text::visible::shown_line;

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
        "{}: {}, {end}: {} of the branches reached ({}/{}), {} before; {}",
        shown_line(&explored.path),
        counted(explored.renderings, "rendering"),
        explored.after.percent(),
        explored.after.covered,
        explored.after.total,
        explored.before.percent(),
        counted(explored.causes.len(), "cause"),
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
            shown_line(&constraint.place),
            explored.secrets.hide(&shown_line(&constraint.message))
        );
    }
    if explored.constraints.len() > most {
        _ = writeln!(out, "  and {} more", explored.constraints.len() - most);
    }
    if explored.withheld_tests > 0 {
        let files = counted(explored.withheld_tests, "values file");
        _ = writeln!(out, "  {files} not written: secrets would be in them");
    }
    out
}
