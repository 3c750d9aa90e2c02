//! A table of templates, and below it what is not reached, with its text.

use std::fmt::Write as _;

use super::charts::{CoveredChart, totals};
use super::source_lines::{missed_words, shown_text};
use crate::check::coverage::{ChartCoverage, Counted, FileCoverage, Totals};
use crate::text::counted::counted;
use crate::text::visible::{shown_line, without_commands};

/// Most characters of a line that are shown.
const MOST_SHOWN: usize = 100;

pub(super) fn text(charts: &[CoveredChart<'_>]) -> String {
    let mut out = String::new();
    for chart in charts {
        let renderings = &chart.coverage.renderings;
        _ = writeln!(
            out,
            "{}: {}: {}",
            shown_line(chart.path),
            counted(renderings.len(), "rendering"),
            shown_line(&renderings.join(", "))
        );
        table(&mut out, chart.coverage);
        missed(&mut out, chart.coverage);
        out.push('\n');
    }
    if charts.len() > 1 {
        _ = writeln!(out, "all charts: {}", sum(totals(charts)));
    }
    // Paths may begin a line.
    without_commands(&out).into_owned()
}

fn table(out: &mut String, coverage: &ChartCoverage) {
    let width = coverage.files.iter().map(|file| file.inside.chars().count()).max();
    let width = width.unwrap_or_default().max("template".len());
    _ = writeln!(
        out,
        "  {:width$}  {:>9}  {:>9}  not reached",
        "template", "lines", "branches"
    );
    for file in &coverage.files {
        let totals = file.totals();
        let row = format!(
            "  {:width$}  {:>9}  {:>9}  {}",
            shown_line(&file.inside),
            share(totals.lines),
            share(totals.branches),
            ranges(&file.missed_lines())
        );
        _ = writeln!(out, "{}", row.trim_end());
    }
    _ = writeln!(out, "  {}", sum(coverage.totals()));
}

fn share(counted: Counted) -> String {
    if counted.total == 0 {
        "-".to_owned()
    } else {
        counted.percent()
    }
}

/// The totals in one line.
fn sum(totals: Totals) -> String {
    let part = |name: &str, counted: Counted| {
        let beyond = match counted.unreachable {
            0 => String::new(),
            count => format!(", {count} that nothing can reach"),
        };
        format!(
            "{name} {}/{} ({}{beyond})",
            counted.covered,
            counted.total,
            counted.percent()
        )
    };
    format!(
        "{} of lines and branches: {}, {}, {}, {}",
        totals.lines_and_branches().percent(),
        part("lines", totals.lines),
        part("branches", totals.branches),
        part("definitions", totals.definitions),
        part("values read", totals.values),
    )
}

/// Most ranges of lines in a table.
const MOST_RANGES: usize = 12;

/// `3-5, 9`
pub(super) fn ranges(missed: &[(u32, u32)]) -> String {
    ranges_of(missed, |_, range| range)
}

/// The same with what is made of each range and its first line.
pub(super) fn ranges_of(missed: &[(u32, u32)], shown: impl Fn(u32, String) -> String) -> String {
    let mut ranges: Vec<String> = missed
        .iter()
        .take(MOST_RANGES)
        .map(|&(first, last)| {
            let range = if first == last {
                first.to_string()
            } else {
                format!("{first}-{last}")
            };
            shown(first, range)
        })
        .collect();
    if missed.len() > MOST_RANGES {
        ranges.push(format!("{} more", missed.len() - MOST_RANGES));
    }
    ranges.join(", ")
}

fn missed(out: &mut String, coverage: &ChartCoverage) {
    let texts: Vec<String> = coverage.files.iter().map(|file| shown_text(coverage, file)).collect();
    let shown = coverage.files.iter().zip(&texts).map(|(file, text)| Shown {
        file,
        lines: text.lines().collect(),
    });
    let shown: Vec<Shown<'_>> = shown.collect();
    for shown in &shown {
        let file = shown.file;
        for (first, last) in file.missed_lines() {
            let lines = if first == last {
                String::new()
            } else {
                format!("-{last}")
            };
            _ = writeln!(
                out,
                "  {}:{first}{lines}: not reached: {}",
                shown_line(file.file.path()),
                shown.line(first)
            );
        }
        for branch in file.missed_branches() {
            _ = writeln!(
                out,
                "  {}:{}:{}: {}: {}",
                shown_line(file.file.path()),
                branch.position.line,
                branch.position.column,
                missed_words(branch),
                shown.line(branch.position.line)
            );
        }
    }
    let unread: Vec<String> = coverage
        .values
        .iter()
        .filter(|value| !value.is_read)
        .map(|value| value.path.join("."))
        .collect();
    if !unread.is_empty() {
        _ = writeln!(
            out,
            "  values that no rendering reads: {}",
            shown_line(&unread.join(", "))
        );
    }
    let unreachable = shown.iter().flat_map(|shown| {
        let lines = shown.file.lines.iter().filter(|line| line.runs == 0);
        lines.filter_map(move |line| Some((shown, line.line, line.unreachable?)))
    });
    let mut previous = None;
    for (shown, line, reason) in unreachable {
        let path = shown.file.file.path();
        // The first of lines that follow each other for the same reason.
        let follows = previous == Some((path, line.saturating_sub(1), reason));
        previous = Some((path, line, reason));
        if !follows {
            _ = writeln!(
                out,
                "  {}:{line}: nothing can reach this ({}): {}",
                shown_line(path),
                reason.name(),
                shown.line(line)
            );
        }
    }
}

/// A template, and its lines as they are shown.
struct Shown<'s> {
    file: &'s FileCoverage,
    lines: Vec<&'s str>,
}

impl Shown<'_> {
    /// What a line has, by its number from 1.
    fn line(&self, number: u32) -> String {
        let place = (number as usize).saturating_sub(1);
        let text = self.lines.get(place).copied().unwrap_or_default().trim();
        let shown: String = text.chars().take(MOST_SHOWN).collect();
        let end = if shown.len() < text.len() { "…" } else { "" };
        format!("{}{end}", shown_line(&shown))
    }
}
