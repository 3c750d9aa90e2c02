//! A page for people who did not see the log: charts with their results, then findings by chart and file, each with the lines it is
//! about, what changes in rendered objects, the images of the charts, and what of their templates is reached. A finding is shown once, below
//! the chart that its file is in. The page has a limit: what does not fit is counted.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::check::finding::Finding;
use crate::report::coverage::add_coverage;
use crate::report::diff::add_changes;
use crate::report::html::{Mood, Page, escaped};
use crate::text::compact_sort::{sort, sort_by_key};
use crate::text::counted::counted;
use crate::text::ordered::CollectOrdered as _;
use crate::text::rule::Severity;
use crate::text::visible::shown_line;

use super::excerpt::{Excerpt, excerpts, notes};
use super::images::{add_images, has_images};
use super::report::{Group, Report};

/// Bytes of a page: browsers show larger ones slowly, or not at all.
const MOST_BYTES: usize = 24 << 20;
/// Findings up to which all are unfolded; of more, errors alone, up to as many findings as these.
const MOST_UNFOLDED: usize = 40;
const MOST_WITH_ERRORS_UNFOLDED: usize = 200;
/// Charts without findings up to which they are listed with the others.
const MOST_WELL: usize = 8;
/// All severities, the highest first.
const SEVERITIES: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Info];

pub(super) fn text(report: &Report<'_>) -> String {
    limited(report, MOST_BYTES)
}

fn limited(report: &Report<'_>, most_bytes: usize) -> String {
    let mood = if report.groups.iter().any(|group| group.has_failed) {
        Mood::Failed
    } else {
        Mood::Well
    };
    let title = concat!("chartwright ", env!("CARGO_PKG_VERSION"));
    let remarks = report.remark_lines().map(|remark| shown_line(&remark));
    let mut page = Page::new(title, mood, &report.verdict(), remarks);
    filter(report, &mut page);
    let sections = Sections::of(report);
    charts(report, &sections, &mut page);
    links(report, &mut page);
    let count = report.findings.len();
    let unfolded = if count <= MOST_UNFOLDED {
        &SEVERITIES[..]
    } else if count <= MOST_WITH_ERRORS_UNFOLDED {
        &[Severity::Error][..]
    } else {
        &[]
    };
    let mut left_out = 0;
    for (number, section) in sections.0.iter().enumerate() {
        if section.findings.is_empty() {
            continue;
        }
        page.line(&heading(number, section.group));
        let mut file = None;
        for finding in &section.findings {
            if page.len() > most_bytes {
                left_out += 1;
                continue;
            }
            let path = finding.primary.file.path();
            if file.replace(path) != Some(path) {
                page.line(&format!("<h3>{}</h3>", escaped(&shown_line(path))));
            }
            page.line(&entry(finding, unfolded.contains(&finding.severity)));
        }
    }
    if left_out > 0 {
        let sentence = format!("{left_out} more findings do not fit on this page. The report as JSON has all of them.");
        page.paragraph("remark", &sentence);
    }
    changes(report, &mut page, most_bytes);
    add_images(report.remarks.images, &mut page, most_bytes);
    if !report.remarks.coverage.is_empty() {
        page.line("<h2 id=\"coverage\">Coverage</h2>");
        add_coverage(report.remarks.coverage, &mut page, most_bytes, "h3");
    }
    page.finish()
}

/// Links to what comes after the findings.
fn links(report: &Report<'_>, page: &mut Page) {
    let parts = [
        (
            report.remarks.changes.is_some_and(|found| found.is_shown()),
            "changes",
            "Rendered changes",
        ),
        (has_images(report.remarks.images), "images", "Images"),
        (!report.remarks.coverage.is_empty(), "coverage", "Coverage"),
    ];
    let parts = parts.iter().filter(|(is_there, ..)| *is_there);
    let links: Vec<String> = parts
        .map(|(_, name, words)| format!("<a href=\"#{name}\">{words}</a>"))
        .collect();
    if !links.is_empty() {
        page.line(&format!("<p class=\"remark\">{}</p>", links.join(" · ")));
    }
}

/// What changes in the rendered objects, by chart.
fn changes(report: &Report<'_>, page: &mut Page, most_bytes: usize) {
    let Some(changes) = &report.remarks.changes else { return };
    if !changes.is_shown() {
        return;
    }
    page.line(&format!(
        "<h2 id=\"changes\">Rendered changes <small>since {}</small></h2>",
        escaped(&shown_line(changes.since))
    ));
    if let Some(sentence) = changes.sentence() {
        page.paragraph("remark", &shown_line(&sentence));
    } else if let Ok(outcome) = changes.found {
        add_changes(outcome, page, most_bytes, "h3");
    }
}

/// Switches for the severities, by which findings are hidden without a script, and how many there are.
fn filter(report: &Report<'_>, page: &mut Page) {
    if report.findings.is_empty() {
        return;
    }
    page.line("<fieldset class=\"filter\">");
    for severity in SEVERITIES {
        let (name, count) = (severity.name(), report.count(severity));
        if count > 0 {
            page.line(&format!(
                "<label class=\"{name}\"><input type=\"checkbox\" id=\"show-{name}\" checked> {}</label>",
                counted(count, name)
            ));
        }
    }
    page.line("</fieldset>");
}

/// What has a heading: a chart or file that was checked, or what is outside of all of them.
struct Section<'r> {
    group: Option<&'r Group<'r>>,
    findings: Vec<&'r Finding>,
}

struct Sections<'r>(Vec<Section<'r>>);

impl<'r> Sections<'r> {
    /// Charts that failed come first. Each finding belongs to the chart with the longest path that its file is in.
    fn of(report: &Report<'r>) -> Self {
        let mut groups: Vec<&Group<'_>> = report.groups.iter().collect();
        sort_by_key(&mut groups, |group| (!group.has_failed, group.findings.is_empty()));
        let section = |group| Section {
            group,
            findings: Vec::new(),
        };
        let mut sections: Vec<Section<'_>> = groups.iter().map(|group| section(Some(*group))).collect();
        sections.push(section(None));
        let mut by_name: Vec<(&str, usize)> = groups.iter().enumerate().map(|(at, group)| (group.name, at)).collect();
        sort(&mut by_name);
        for finding in report.findings {
            let path = finding.primary.file.path();
            let found = directories(path).find_map(|directory| {
                let at = by_name.binary_search_by_key(&directory, |(name, _)| name).ok()?;
                by_name.get(at).map(|(_, place)| *place)
            });
            if let Some(section) = sections.get_mut(found.unwrap_or(groups.len())) {
                section.findings.push(finding);
            }
        }
        Self(sections)
    }
}

/// A path and the directories and archives it is in, the longest first, and `.` at the end.
fn directories(path: &str) -> impl Iterator<Item = &str> {
    let ends = path
        .char_indices()
        .rev()
        .filter(|(_, character)| matches!(character, '/' | '!'));
    let above = ends.filter_map(|(end, _)| path.get(..end));
    std::iter::once(path).chain(above).chain(std::iter::once("."))
}

fn heading(number: usize, group: Option<&Group<'_>>) -> String {
    let Some(group) = group else {
        return "<h2>Other files</h2>".to_owned();
    };
    let parts = [group.version, group.shown_result()].map(shown_line);
    let parts: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    format!(
        "<h2 id=\"c{number}\">{} <small>{}</small></h2>",
        escaped(&shown_line(group.name)),
        escaped(&parts.join(" · "))
    )
}

/// The charts with their results; many that are well are folded.
fn charts(report: &Report<'_>, sections: &Sections<'_>, page: &mut Page) {
    let changed = report.remarks.changes.and_then(|changes| changes.found.ok());
    let changed = changed.map_or(&[][..], |outcome| outcome.charts.as_slice());
    let changed: BTreeMap<&str, usize> = changed
        .iter()
        .enumerate()
        .map(|(number, chart)| (chart.shown.as_str(), number))
        .collect_map();
    let reached = report.remarks.coverage.iter().enumerate();
    let reached: BTreeMap<&str, String> = reached
        .map(|(number, chart)| {
            let share = chart.coverage.totals().lines_and_branches().percent();
            let cell = format!("<td class=\"n\"><a href=\"#v{number}\">{share}</a></td>");
            (chart.path, cell)
        })
        .collect_map();
    let reached_cell = |group: &Group<'_>| match reached.get(group.name) {
        Some(cell) => cell.as_str(),
        None if reached.is_empty() => "",
        None => "<td class=\"n zero\">–</td>",
    };
    let rows = sections.0.iter().enumerate();
    let rows: Vec<(bool, String)> = rows
        .filter_map(|(number, section)| {
            let group = section.group?;
            let changes = changed.get(group.name).copied();
            let has_findings = !group.findings.is_empty() || !section.findings.is_empty();
            let is_well = !group.has_failed && !has_findings && changes.is_none();
            let row = row(
                number,
                group,
                !section.findings.is_empty(),
                changes,
                reached_cell(group),
            );
            Some((is_well, row))
        })
        .collect();
    let (well, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(is_well, _)| *is_well);
    let is_folded = well.len() > MOST_WELL;
    let head = format!(
        "<table>\n<tr><th>{}</th><th>Result</th><th class=\"n\">Errors</th><th class=\"n\">Warnings</th>{}</tr>",
        report.remarks.subject.heading(),
        if reached.is_empty() {
            ""
        } else {
            "<th class=\"n\">Coverage</th>"
        }
    );
    let table = |page: &mut Page, rows: &[&String]| {
        if !rows.is_empty() {
            page.line(&head);
            for row in rows {
                page.line(row);
            }
            page.line("</table>");
        }
    };
    let listed = others.iter().chain(well.iter().filter(|_| !is_folded));
    table(page, &listed.map(|(_, row)| row).collect::<Vec<_>>());
    if is_folded {
        page.line(&format!(
            "<details class=\"rest\">\n<summary>{} without findings</summary>",
            report.remarks.subject.counted(well.len())
        ));
        table(page, &well.iter().map(|(_, row)| row).collect::<Vec<_>>());
        page.line("</details>");
    }
}

/// A chart. `changes` is the place of what changes in it, `reached` the cell with what is reached of it.
fn row(number: usize, group: &Group<'_>, has_section: bool, changes: Option<usize>, reached: &str) -> String {
    let name = escaped(&shown_line(group.name));
    let name = if has_section {
        format!("<a href=\"#c{number}\">{name}</a>")
    } else {
        name
    };
    let class = if group.has_failed { " class=\"failed\"" } else { "" };
    let changes = changes.map_or_else(String::new, |number| {
        format!(" <small><a href=\"#d{number}\">changes</a></small>")
    });
    format!(
        "<tr><td>{name} <small>{}</small>{changes}</td><td{class}>{}</td>{}{}{reached}</tr>",
        escaped(&shown_line(group.version)),
        escaped(&shown_line(group.shown_result())),
        number_cell(group.count(Severity::Error)),
        number_cell(group.count(Severity::Warning))
    )
}

fn number_cell(number: usize) -> String {
    let class = if number == 0 { "n zero" } else { "n" };
    format!("<td class=\"{class}\">{number}</td>")
}

fn entry(finding: &Finding, is_open: bool) -> String {
    let severity = finding.severity.name();
    let open = if is_open { " open" } else { "" };
    let at = finding.primary.position();
    let at = match finding.primary.span {
        Some(_) => format!("{}:{}", at.line, at.column),
        None => String::new(),
    };
    let mut out = format!(
        "<details class=\"item {severity}\"{open}>\n<summary><span class=\"severity {severity}\">{severity}</span> <span \
         class=\"what\">{}</span> <span class=\"where\">{at} <a href=\"{}\">{}</a></span></summary>\n<div class=\"body\">\n",
        escaped(&shown_line(&finding.message)),
        escaped(&finding.rule.rule.page()),
        escaped(&finding.rule.to_string())
    );
    for (number, excerpt) in excerpts(finding).iter().enumerate() {
        let is_own = number == 0 && excerpt.words.is_empty();
        push_excerpt(&mut out, excerpt, !is_own);
    }
    for note in notes(finding) {
        _ = writeln!(out, "<p class=\"note\">{}</p>", escaped(&note));
    }
    for help in &finding.help {
        _ = writeln!(out, "<p class=\"help\">{}</p>", escaped(&shown_line(help)));
    }
    out.push_str("</div>\n</details>");
    out
}

/// Lines with their numbers. Places of other files, or of other lines, are named above.
fn push_excerpt(out: &mut String, excerpt: &Excerpt, is_named: bool) {
    if is_named {
        let words = escaped(&excerpt.words);
        _ = writeln!(
            out,
            "<p class=\"label\">{words} <code>{}</code></p>",
            escaped(&excerpt.path)
        );
    }
    out.push_str("<pre>");
    for line in excerpt.lines() {
        let class = if line.is_own { " class=\"own\"" } else { "" };
        _ = write!(
            out,
            "<span{class}><i>{}</i>{}</span>",
            line.number,
            marked(&line.text, line.mark)
        );
    }
    out.push_str("</pre>\n");
}

fn marked(text: &str, mark: Option<std::ops::Range<usize>>) -> String {
    let parts = mark.and_then(|mark| {
        let (start, rest) = text.split_at_checked(mark.start)?;
        let (marked, end) = rest.split_at_checked(mark.len())?;
        Some([start, marked, end].map(escaped))
    });
    match parts {
        Some([start, marked, end]) => format!("{start}<mark>{marked}</mark>{end}"),
        None => escaped(text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::Remarks;
    use super::*;
    use crate::check::finding::Location;
    use crate::text::rule::Rule;
    use crate::text::source::SourceFile;

    fn finding(path: &str, rule: Rule) -> Finding {
        Finding::new(rule, Location::at(SourceFile::new(path, &b"a: 1\nb: 2\n"[..]), 5), path)
    }

    fn page(findings: &[Finding], groups: &[Group<'_>], most_bytes: usize) -> String {
        let report = Report {
            findings,
            groups,
            remarks: Remarks::default(),
            coloured: false,
        };
        limited(&report, most_bytes)
    }

    fn group(name: &str, has_failed: bool) -> Group<'_> {
        Group {
            name,
            has_failed,
            ..Group::default()
        }
    }

    #[test]
    fn findings_are_shown_once_below_their_chart() {
        let findings = [
            finding("charts/web/charts/db/x.yaml", Rule::Type),
            finding("charts/web/values.yaml", Rule::ImageTag),
            finding("charts/web-2.tgz!Chart.yaml", Rule::Type),
            finding("elsewhere/values.yaml", Rule::Type),
        ];
        let names = ["charts/ok", "charts/web", "charts/web-2.tgz", "charts/web/charts/db"];
        let groups = names.map(|name| group(name, name == "charts/web"));
        let page = page(&findings, &groups, MOST_BYTES);
        let shown: Vec<&str> = page
            .lines()
            .filter(|line| line.starts_with("<h2") || line.starts_with("<h3"))
            .collect();
        assert_eq!(
            shown,
            [
                "<h2 id=\"c0\">charts/web <small>failed</small></h2>",
                "<h3>charts/web/values.yaml</h3>",
                "<h2 id=\"c2\">charts/web-2.tgz <small>ok</small></h2>",
                "<h3>charts/web-2.tgz!Chart.yaml</h3>",
                "<h2 id=\"c3\">charts/web/charts/db <small>ok</small></h2>",
                "<h3>charts/web/charts/db/x.yaml</h3>",
                "<h2>Other files</h2>",
                "<h3>elsewhere/values.yaml</h3>",
            ]
        );
        assert_eq!(page.matches("<details class=\"item").count(), findings.len());
        assert!(page.contains("<i>2</i><mark>b:</mark> 2</span>"), "{page}");
        assert!(
            page.contains("<h1>1 of 4 charts failed: 3 errors, 1 warning</h1>"),
            "{page}"
        );
    }

    #[test]
    fn what_does_not_fit_is_counted_and_what_is_well_is_folded() {
        let many: Vec<Finding> = (0..50)
            .map(|number| finding(&format!("a/{number}"), Rule::ImageTag))
            .collect();
        let names: Vec<String> = (0..9).map(|number| format!("chart-{number}")).collect();
        let groups: Vec<Group<'_>> = names.iter().map(|name| group(name, false)).collect();
        let text = page(&many, &groups, 12_000);
        let shown = text.matches("<details class=\"item").count();
        assert!(
            shown > 0 && text.contains(&format!("{} more findings do not fit", 50 - shown)),
            "{text}"
        );
        assert!(!text.contains("\" open>"), "many warnings are folded");
        assert!(text.contains("<summary>9 charts without findings</summary>"), "{text}");
        let text = page(&many[..2], &groups[..8], MOST_BYTES);
        assert!(
            text.contains("warning\" open>") && !text.contains("without findings"),
            "{text}"
        );
    }
}
