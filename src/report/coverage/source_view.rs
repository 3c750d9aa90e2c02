//! The lines of a template as a table of a page: number, how often it ran, text; below a line what never happens there.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;

use super::source_lines::{LineState, SourceLine, shown_text, source_lines};
use crate::check::coverage::{ChartCoverage, FileCoverage};
use crate::report::html::escaped;
use crate::text::counted::counted;
use crate::text::visible::shown_line;

/// Bytes of the table of one template at most.
const MOST_BYTES: usize = 4 << 20;

/// What the classes of lines look like, and what they mean.
pub(super) const LEGEND: &str = "<p class=\"legend\">How often each line ran: <span class=\"r\">3</span> it ran, <span class=\"p\">3 ◐</span> it ran, \
     but a decision never went one of its ways, <span class=\"m\">0</span> it never ran, <span class=\"u\">–</span> nothing can reach it. \
     Lines without a number have nothing that can run.</p>";

/// The table of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SourceView {
    /// As HTML.
    pub html: String,
    /// Lines that it has.
    pub lines: u32,
}

/// Bytes that the table of a template has at least.
pub(super) fn least_bytes(file: &FileCoverage) -> usize {
    file.file.text().len().min(MOST_BYTES)
}

/// The table of a template. `id` begins the ids of lines that others lead to: those that lines begin with that never ran, and those
/// with a decision that never went a way.
pub(super) fn source_view(coverage: &ChartCoverage, file: &FileCoverage, id: &str) -> SourceView {
    let text = shown_text(coverage, file);
    let begun: BTreeSet<u32> = file.missed_lines().into_iter().map(|(first, _)| first).collect();
    let mut view = SourceView {
        html: "<table class=\"source\">\n<tr><th>Line</th><th>Runs</th><th>Text</th></tr>\n".to_owned(),
        lines: 0,
    };
    let total = text.lines().count();
    for line in source_lines(file, &text) {
        if view.html.len() > MOST_BYTES {
            break;
        }
        view.lines = line.number;
        let is_led_to = begun.contains(&line.number) || line.state == LineState::Partly;
        view.push(&line, is_led_to.then_some(id), coverage);
    }
    view.html.push_str("</table>\n");
    let left_out = total.saturating_sub(view.lines as usize);
    if left_out > 0 {
        let sentence = format!(
            "{} of this file do not fit on this page.",
            counted(left_out, "more line")
        );
        _ = writeln!(view.html, "<p class=\"remark\">{sentence}</p>");
    }
    view
}

impl SourceView {
    fn push(&mut self, line: &SourceLine<'_>, id: Option<&str>, coverage: &ChartCoverage) {
        let number = line.number;
        let class = class(line.state);
        let id = id.map_or_else(String::new, |id| format!(" id=\"{id}-{number}\""));
        let of_class = if class.is_empty() {
            String::new()
        } else {
            format!(" class=\"{class}\"")
        };
        let end = if line.is_cut { "…" } else { "" };
        _ = writeln!(
            self.html,
            "<tr{of_class}{id}><th>{number}</th><td>{}</td><td>{}{end}</td></tr>",
            runs(line),
            marked(line.text, &line.marks)
        );
        for note in &line.notes {
            let note = shown_line(&coverage.secrets.hide(note));
            _ = writeln!(
                self.html,
                "<tr class=\"{class} note\"><td colspan=\"2\"></td><td>{}</td></tr>",
                escaped(&note)
            );
        }
    }
}

/// The class of lines in a state; none of those that have nothing to say.
const fn class(state: LineState) -> &'static str {
    match state {
        LineState::Uncounted => "",
        LineState::Reached => "r",
        LineState::Partly => "p",
        LineState::Missed => "m",
        LineState::Unreachable => "u",
    }
}

/// How often a line ran. Colours alone do not say in which state it is.
fn runs(line: &SourceLine<'_>) -> String {
    match line.state {
        LineState::Uncounted => String::new(),
        LineState::Unreachable => "–".to_owned(),
        LineState::Partly => format!("{} ◐", line.runs),
        LineState::Reached | LineState::Missed => line.runs.to_string(),
    }
}

fn marked(text: &str, marks: &[Range<usize>]) -> String {
    let mut out = String::new();
    let mut from = 0;
    for mark in marks {
        let before = text.get(from..mark.start).unwrap_or_default();
        let own = text.get(mark.clone()).unwrap_or_default();
        _ = write!(out, "{}<mark>{}</mark>", escaped(before), escaped(own));
        from = mark.end;
    }
    out.push_str(&escaped(text.get(from..).unwrap_or_default()));
    out
}
