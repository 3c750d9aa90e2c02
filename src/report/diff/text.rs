//! For a terminal: each object with its risks and the lines that change, as git shows them.

use std::fmt::Write as _;

use crate::check::diff::{Change, ChartDiff, DiffOutcome, ObjectDiff};
use crate::text::visible::{fitting, shown_line, visible_lines};

use super::summary::{renderings, sentence, title};

/// How to print.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiffTextOptions {
    /// With colours.
    pub is_coloured: bool,
    /// Objects that are added or removed with all their lines.
    pub is_full: bool,
}

/// Bold, red, green, cyan, yellow.
const BOLD: &str = "\u{1b}[1m";
const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const CYAN: &str = "\u{1b}[36m";
const YELLOW: &str = "\u{1b}[33m";
const PLAIN: &str = "\u{1b}[0m";

/// All that differs, and a sentence about it at the end.
pub fn diff_as_text(outcome: &DiffOutcome, options: DiffTextOptions) -> String {
    let mut text = Text {
        out: String::new(),
        options,
    };
    for chart in &outcome.charts {
        text.chart(chart);
    }
    text.out.push_str(&sentence(outcome));
    text.out.push('\n');
    text.out
}

struct Text {
    out: String,
    options: DiffTextOptions,
}

impl Text {
    fn line(&mut self, colour: &str, line: &str) {
        let line = visible_lines(line);
        if self.options.is_coloured && !colour.is_empty() {
            _ = writeln!(self.out, "{colour}{line}{PLAIN}");
        } else {
            _ = writeln!(self.out, "{line}");
        }
    }

    fn chart(&mut self, chart: &ChartDiff) {
        let heading = format!("{}: {}", shown_line(&chart.shown), shown_line(&title(chart)));
        self.line(BOLD, &heading);
        for note in &chart.notes {
            self.line("", &format!("  note: {}", shown_line(note)));
        }
        for failure in &chart.failures {
            let rendering = if failure.rendering.is_empty() {
                String::new()
            } else {
                format!("{}, ", shown_line(&failure.rendering))
            };
            let message = fitting(&failure.message);
            let message: Vec<String> = message.lines().map(shown_line).collect();
            let message = message.join("\n    ");
            self.line(RED, &format!("  error: {rendering}{}: {message}", failure.side.name()));
        }
        for object in &chart.objects {
            self.object(object, chart);
        }
        self.out.push('\n');
    }

    fn object(&mut self, object: &ObjectDiff, chart: &ChartDiff) {
        let (sign, colour) = match object.change {
            Change::Added => ('+', GREEN),
            Change::Removed => ('-', RED),
            Change::Changed => ('~', BOLD),
        };
        let mut heading = format!("{sign} {} {}", object.id, object.change.name());
        if !object.renderings.is_empty() {
            heading.push_str(&format!(" in {}", renderings(&object.renderings, chart)));
        }
        self.out.push('\n');
        self.line(colour, &shown_line(&heading));
        for risk in &object.risks {
            let message = shown_line(&fitting(&risk.message));
            self.line(YELLOW, &format!("  ! {message} [{}]", risk.kind.id()));
        }
        if object.change != Change::Changed && !self.options.is_full {
            return;
        }
        for line in object.lines.lines() {
            let colour = match line.as_bytes().first() {
                Some(b'+') => GREEN,
                Some(b'-') => RED,
                Some(b'@') => CYAN,
                _ => "",
            };
            self.line(colour, &format!("  {}", shown_line(line)));
        }
    }
}
