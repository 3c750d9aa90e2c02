//! Tables, for the summary of a job or a comment on a pull request: the charts with their results, what changes in their rendered objects,
//! and the findings with their reasons and links to their rules. Both places have a limit: what does not fit is counted.

use std::fmt::Write as _;

use crate::check::finding::Finding;
use crate::delivery::forge::COMMENT_BYTES;
use crate::report::diff::{CHANGE_COLUMNS, change_rows};
use crate::report::markdown_text::{html_code, prose};
use crate::text::compact_sort::sort_by_key;
use crate::text::rule::Severity;

use super::excerpt::notes_with_places;
use super::report::{Changes, Group, Report};

/// Rows of the table in a comment.
const MOST_ROWS: usize = 200;
/// Rows of the table of changes.
const MOST_CHANGES: usize = 100;
/// Bytes for what is said about what does not fit.
const RESERVED: usize = 400;
/// Charts without findings up to which they are listed with the others.
const MOST_WELL: usize = 8;

pub(super) fn text(report: &Report<'_>) -> String {
    limited(report, COMMENT_BYTES, MOST_ROWS)
}

/// The same for a step summary, of so many bytes at most.
pub fn step_summary(report: &Report<'_>, most_bytes: usize) -> String {
    limited(report, most_bytes, usize::MAX)
}

fn limited(report: &Report<'_>, most_bytes: usize, most_rows: usize) -> String {
    let mut page = Page {
        out: format!("**chartwright**: {}\n", report.verdict()),
        most_bytes: most_bytes.saturating_sub(RESERVED),
    };
    for remark in report.remark_lines() {
        page.add(&format!("\n{}\n", prose(&remark)));
    }
    charts(report, &mut page);
    if let Some(found) = &report.remarks.changes {
        changes(found, &mut page);
    }
    if report.findings.is_empty() {
        return page.out;
    }
    page.add("\n| severity | where | what | rule |\n| --- | --- | --- | --- |\n");
    let rows = report.findings.iter().take(most_rows);
    let shown = rows.take_while(|finding| page.add(&finding_row(finding))).count();
    if report.findings.len() > shown {
        let left_out = report.findings.len() - shown;
        _ = writeln!(
            page.out,
            "\n{left_out} more are not shown. Reports as files have all of them."
        );
    }
    page.out
}

struct Page {
    out: String,
    most_bytes: usize,
}

impl Page {
    /// Adds a text if it fits, and says whether it did.
    fn add(&mut self, text: &str) -> bool {
        let fits = self.out.len() + text.len() <= self.most_bytes;
        if fits {
            self.out.push_str(text);
        }
        fits
    }
}

/// The charts: those that failed first, and many that are well folded.
fn charts(report: &Report<'_>, page: &mut Page) {
    let is_well = |group: &&Group<'_>| !group.has_failed && group.findings.is_empty();
    let (well, mut others): (Vec<&Group<'_>>, Vec<&Group<'_>>) = report.groups.iter().partition(is_well);
    sort_by_key(&mut others, |group| !group.has_failed);
    if well.len() <= MOST_WELL {
        others.extend(&well);
        table(report, &others, page);
        return;
    }
    table(report, &others, page);
    let summary = report.remarks.subject.counted(well.len());
    if page.add(&format!("\n<details><summary>{summary} without findings</summary>\n")) {
        table(report, &well, page);
        page.out.push_str("\n</details>\n");
    }
}

/// How much changes in which charts and renderings. Most of the space is for the findings.
fn changes(found: &Changes<'_>, page: &mut Page) {
    if let Some(sentence) = found.sentence() {
        page.add(&format!("\n{}\n", prose(&sentence)));
    }
    let Ok(outcome) = found.found else { return };
    if outcome.charts.is_empty() {
        return;
    }
    let most_bytes = page.out.len() + page.most_bytes.saturating_sub(page.out.len()) / 3;
    let since = prose(found.since);
    if !page.add(&format!(
        "\nWhat changes in the rendered objects since {since}:\n{CHANGE_COLUMNS}"
    )) {
        return;
    }
    let mut rows = change_rows(outcome);
    let mut count = 0;
    let left_out = rows.by_ref().find(|row| {
        count += 1;
        count > MOST_CHANGES || page.out.len() + row.len() > most_bytes || !page.add(row)
    });
    let left_out = usize::from(left_out.is_some()) + rows.count();
    if left_out > 0 {
        _ = writeln!(
            page.out,
            "\n{left_out} more rows are not shown. `--report html=FILE` has more of them."
        );
    }
}

fn table(report: &Report<'_>, groups: &[&Group<'_>], page: &mut Page) {
    if groups.is_empty() {
        return;
    }
    let heading = report.remarks.subject.heading().to_lowercase();
    page.add(&format!(
        "\n| {heading} | version | result | errors | warnings |\n| --- | --- | --- | ---: | ---: |\n"
    ));
    // Half of the space is for the findings.
    let most_bytes = page.out.len() + page.most_bytes.saturating_sub(page.out.len()) / 2;
    let fits = |page: &Page| page.out.len() < most_bytes;
    let shown = groups
        .iter()
        .take_while(|group| fits(page) && page.add(&chart_row(group)))
        .count();
    if groups.len() > shown {
        let left_out = report.remarks.subject.counted(groups.len() - shown);
        page.add(&format!("\n{left_out} more are not shown.\n"));
    }
}

fn chart_row(group: &Group<'_>) -> String {
    let mark = if group.has_failed { "❌" } else { "✅" };
    format!(
        "| {} | {} | {mark} {} | {} | {} |\n",
        html_code(group.name),
        prose(group.version),
        prose(group.shown_result()),
        group.count(Severity::Error),
        group.count(Severity::Warning)
    )
}

/// What is wrong, then its reasons and what to do, a line each.
fn finding_row(finding: &Finding) -> String {
    let at = finding.primary.position();
    let place = format!("{}:{}", finding.primary.file.path(), at.line);
    let mut what = prose(&finding.message);
    for note in notes_with_places(finding) {
        _ = write!(what, "<br>{}", prose(&note));
    }
    for help in &finding.help {
        _ = write!(what, "<br>help: {}", prose(help));
    }
    format!(
        "| {} | {} | {what} | [{}]({}) |\n",
        finding.severity.name(),
        html_code(&place),
        finding.rule,
        finding.rule.rule.page()
    )
}
