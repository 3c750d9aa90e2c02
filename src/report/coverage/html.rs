//! A page, or a part of one: for each chart a table of its templates, and the lines of each template with what is reached of them. The page has
//! a limit: templates that are reached as a whole are left out first, and what does not fit is counted.

use super::charts::{CoveredChart, totals};
use super::source_view::{LEGEND, SourceView, least_bytes, source_view};
use super::text::ranges_of;
use crate::check::coverage::{Counted, FileCoverage, Totals, ValueUse};
use crate::report::html::{Mood, Page, escaped};
use crate::text::counted::counted;
use crate::text::visible::shown_line;

/// Bytes of a page: browsers show larger ones slowly, or not at all.
const MOST_BYTES: usize = 24 << 20;
/// Charts up to which all are unfolded.
const MOST_UNFOLDED: usize = 1;
/// Paths of values of a chart that are listed, of those that are read and of those that are not.
const MOST_PATHS: usize = 1000;
/// Renderings that are named one by one.
const NAMED_RENDERINGS: usize = 12;

/// All that is known, as far as it fits.
pub(super) fn text(charts: &[CoveredChart<'_>]) -> String {
    limited(charts, MOST_BYTES)
}

fn limited(charts: &[CoveredChart<'_>], most_bytes: usize) -> String {
    let name = concat!("chartwright coverage ", env!("CARGO_PKG_VERSION"));
    let mut page = Page::new(name, Mood::Neutral, &verdict(charts), std::iter::empty());
    add_coverage(charts, &mut page, most_bytes, "h2");
    page.finish()
}

/// `2 charts: 83.3 % of the lines and branches are reached`
fn verdict(charts: &[CoveredChart<'_>]) -> String {
    let share = totals(charts).lines_and_branches().percent();
    match charts {
        [] => "no chart was rendered".to_owned(),
        [chart] => format!(
            "{}: {share} of the lines and branches are reached",
            shown_line(chart.path)
        ),
        charts => format!(
            "{}: {share} of the lines and branches are reached",
            counted(charts.len(), "chart")
        ),
    }
}

/// Adds what is reached of charts to a page of so many bytes at most. Each chart has a heading, and something below it whose `id` is `v` and
/// the chart's place.
pub fn add_coverage(charts: &[CoveredChart<'_>], page: &mut Page, most_bytes: usize, heading: &str) {
    if charts.is_empty() {
        return;
    }
    page.line(LEGEND);
    if charts.len() > MOST_UNFOLDED {
        overview(charts, page);
    }
    // An eighth is for the tables.
    let room = most_bytes.saturating_sub(page.len()) / 8 * 7;
    let views = views(charts, room);
    let (mut charts_left_out, mut files_left_out) = (0, 0);
    for (number, (chart, views)) in charts.iter().zip(&views).enumerate() {
        if page.len() > most_bytes {
            charts_left_out += 1;
            // Links to it lead to the line about those that are left out.
            page.line(&format!("<span id=\"v{number}\"></span>"));
            continue;
        }
        files_left_out += views.iter().filter(|view| view.is_none()).count();
        let section = Section { chart, number, views };
        section.add(page, heading, charts.len() <= MOST_UNFOLDED);
    }
    for (count, noun) in [(files_left_out, "template"), (charts_left_out, "chart")] {
        if count > 0 {
            let sentence = format!(
                "The lines of {} do not fit on this page. `chartwright coverage CHART --report html` shows one chart.",
                counted(count, noun)
            );
            page.paragraph("remark", &sentence);
        }
    }
}

/// The lines of all templates that fit, first those that have something that is not reached.
fn views(charts: &[CoveredChart<'_>], room: usize) -> Vec<Vec<Option<SourceView>>> {
    let none = |chart: &CoveredChart<'_>| vec![None; chart.coverage.files.len()];
    let mut views: Vec<Vec<Option<SourceView>>> = charts.iter().map(none).collect();
    let mut used = 0;
    for is_whole in [false, true] {
        for (number, (chart, views)) in charts.iter().zip(&mut views).enumerate() {
            for (place, (file, slot)) in chart.coverage.files.iter().zip(views).enumerate() {
                if is_reached_whole(file.totals()) != is_whole || used + least_bytes(file) > room {
                    continue;
                }
                let view = source_view(chart.coverage, file, &format!("v{number}-{place}"));
                if used + view.html.len() <= room {
                    used += view.html.len();
                    *slot = Some(view);
                }
            }
        }
    }
    views
}

/// Whether nothing is missing, and nothing is unreachable.
fn is_reached_whole(totals: Totals) -> bool {
    let all = [totals.lines, totals.branches, totals.definitions];
    all.iter()
        .all(|counted| counted.covered == counted.total && counted.unreachable == 0)
}

/// The charts with their figures.
fn overview(charts: &[CoveredChart<'_>], page: &mut Page) {
    page.line("<div class=\"wide\">\n<table>");
    page.line(&head("Chart", "Values read"));
    for (number, chart) in charts.iter().enumerate() {
        let totals = chart.coverage.totals();
        let name = escaped(&shown_line(chart.path));
        let name = format!(
            "<a href=\"#v{number}\">{name}</a> <small>{}</small>",
            escaped(&shown_line(chart.version))
        );
        page.line(&row(&name, totals, &cell(totals.values)));
    }
    let all = totals(charts);
    page.line(&sum("all charts", all, &cell(all.values)));
    page.line("</table>\n</div>");
}

fn head(first: &str, last: &str) -> String {
    let class = if last == "Not reached" { "" } else { " class=\"n\"" };
    format!(
        "<tr><th>{first}</th><th class=\"n\">Lines</th><th class=\"n\">Branches</th><th \
         class=\"n\">Definitions</th><th{class}>{last}</th></tr>"
    )
}

/// A row of figures. The name is HTML, and the last cell.
fn row(name: &str, totals: Totals, last: &str) -> String {
    let cells = [totals.lines, totals.branches, totals.definitions].map(cell);
    format!("<tr><td>{name}</td>{}{last}</tr>", cells.concat())
}

/// The row of the sums.
fn sum(name: &str, totals: Totals, last: &str) -> String {
    row(name, totals, last).replacen("<tr>", "<tr class=\"sum\">", 1)
}

/// `80.0 % 8/10`
fn cell(counted: Counted) -> String {
    if counted.total == 0 {
        return "<td class=\"n zero\">–</td>".to_owned();
    }
    let Counted { covered, total, .. } = counted;
    format!(
        "<td class=\"n\">{} <small>{covered}/{total}</small></td>",
        counted.percent()
    )
}

/// The class of a figure.
const fn class(counted: Counted) -> &'static str {
    match counted.covered {
        all if all == counted.total => "well",
        0 => "error",
        _ => "warning",
    }
}

/// A chart, its place, and the lines of its templates.
struct Section<'s> {
    chart: &'s CoveredChart<'s>,
    number: usize,
    views: &'s [Option<SourceView>],
}

impl Section<'_> {
    fn add(&self, page: &mut Page, heading: &str, is_open: bool) {
        let CoveredChart {
            path,
            version,
            coverage,
            ..
        } = *self.chart;
        let totals = coverage.totals();
        let open = if is_open { " open" } else { "" };
        let share = totals.lines_and_branches().percent();
        page.line(&format!(
            "<details class=\"chart\"{open}>\n<summary><{heading}>{} <small>{} · {share} of lines and \
             branches</small></{heading}></summary>",
            escaped(&shown_line(path)),
            escaped(&shown_line(version)),
        ));
        page.line(&format!("<div id=\"v{}\">", self.number));
        page.paragraph("remark", &shown_line(&renderings(&coverage.renderings)));
        self.table(page);
        for (place, (file, view)) in coverage.files.iter().zip(self.views).enumerate() {
            if let Some(view) = view {
                self.file(file, place, view, page);
            }
        }
        self.values(totals.values, page);
        page.line("</div>\n</details>");
    }

    /// The templates with their figures.
    fn table(&self, page: &mut Page) {
        let coverage = self.chart.coverage;
        page.line("<div class=\"wide\">\n<table>");
        page.line(&head("Template", "Not reached"));
        for (place, (file, view)) in coverage.files.iter().zip(self.views).enumerate() {
            let id = format!("v{}-{place}", self.number);
            let name = linked(&id, &file.inside, view.is_some());
            let shown = view.as_ref().map_or(0, |view| view.lines);
            let missed = ranges_of(&file.missed_lines(), |first, range| {
                if first <= shown {
                    format!("<a href=\"#{id}-{first}\">{range}</a>")
                } else {
                    range
                }
            });
            page.line(&row(&name, file.totals(), &format!("<td>{missed}</td>")));
        }
        let totals = coverage.totals();
        if coverage.files.len() > 1 {
            page.line(&sum("all templates", totals, "<td></td>"));
        }
        if totals.values.total > 0 {
            let name = linked(&format!("v{}-values", self.number), "values.yaml", true);
            let Counted { covered, total, .. } = totals.values;
            let share = totals.values.percent();
            page.line(&format!(
                "<tr><td>{name}</td><td class=\"n\" colspan=\"3\">{share} <small>{covered}/{total}</small> of the values are \
                 read</td><td></td></tr>"
            ));
        }
        page.line("</table>\n</div>");
    }

    fn file(&self, file: &FileCoverage, place: usize, view: &SourceView, page: &mut Page) {
        let totals = file.totals();
        let share = totals.lines_and_branches();
        let mut parts = Vec::new();
        for (counted, words) in [
            (totals.lines, "lines not reached"),
            (totals.branches, "branches not taken"),
            (totals.definitions, "definitions not included"),
        ] {
            let missed = counted.total - counted.covered;
            if missed > 0 {
                parts.push(format!("{missed} {words}"));
            }
        }
        let figure = if share.total == 0 {
            "–".to_owned()
        } else {
            share.percent()
        };
        begin_item(class(share), &figure, &file.inside, &parts.join(" · "), page);
        page.line(&format!("<div class=\"body\" id=\"v{}-{place}\">", self.number));
        page.line(view.html.trim_end());
        page.line("</div>\n</details>");
    }

    /// The values of values.yaml that were read, and those that were not.
    fn values(&self, counted_values: Counted, page: &mut Page) {
        if counted_values.total == 0 {
            return;
        }
        let unread = counted_values.total - counted_values.covered;
        let words = match unread {
            0 => String::new(),
            more => format!("{} not read", counted(more, "value")),
        };
        begin_item(
            class(counted_values),
            &counted_values.percent(),
            "values.yaml",
            &words,
            page,
        );
        page.line(&format!("<div class=\"body\" id=\"v{}-values\">", self.number));
        for (is_read, label) in [
            (false, "No rendering reads these values:"),
            (true, "Values that are read:"),
        ] {
            let paths = self.chart.coverage.values.iter();
            let paths: Vec<&ValueUse> = paths.filter(|value| value.is_read == is_read).collect();
            if paths.is_empty() {
                continue;
            }
            page.paragraph("label", label);
            page.line("<ul class=\"paths\">");
            for value in paths.iter().take(MOST_PATHS) {
                let path = shown_line(&self.chart.coverage.secrets.hide(&value.path.join(".")));
                page.line(&format!("<li><code>{}</code></li>", escaped(&path)));
            }
            page.line("</ul>");
            if paths.len() > MOST_PATHS {
                page.paragraph("label", &format!("{} more", paths.len() - MOST_PATHS));
            }
        }
        page.line("</div>\n</details>");
    }
}

fn linked(id: &str, name: &str, is_there: bool) -> String {
    let name = escaped(&shown_line(name));
    if is_there {
        format!("<a href=\"#{id}\">{name}</a>")
    } else {
        name
    }
}

/// The badge alone has a class: on a page with findings, those are hidden by theirs.
fn begin_item(class: &str, badge: &str, what: &str, place: &str, page: &mut Page) {
    page.line(&format!(
        "<details class=\"item\">\n<summary><span class=\"severity {class}\">{badge}</span> <span class=\"what\">{}</span> <span \
         class=\"where\">{}</span></summary>",
        escaped(&shown_line(what)),
        escaped(place)
    ));
}

/// `2 renderings: default values, ci/all-values.yaml`
fn renderings(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(NAMED_RENDERINGS).map(String::as_str).collect();
    let more = names.len().saturating_sub(NAMED_RENDERINGS);
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("{}: {}{rest}", counted(names.len(), "rendering"), shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::coverage::{ChartCoverage, LineRuns};
    use crate::text::source::SourceFile;

    /// A template with so many lines; every third did not run if `is_missed`.
    fn file(name: &str, lines: u32, is_missed: bool) -> FileCoverage {
        let text: Vec<String> = (1..=lines).map(|line| format!("key-{line}: x\n")).collect();
        let text = text.concat();
        let lines = (1..=lines).map(|line| LineRuns {
            line,
            runs: u32::from(!is_missed || line % 3 > 0),
            unreachable: None,
        });
        FileCoverage {
            file: SourceFile::new(format!("c/{name}"), text.as_bytes()),
            inside: name.to_owned(),
            template: format!("c/{name}"),
            lines: lines.collect(),
            branches: Vec::new(),
            definitions: Vec::new(),
        }
    }

    fn coverage(files: Vec<FileCoverage>) -> ChartCoverage {
        let value = |key: &str, is_read| ValueUse {
            path: vec!["a".to_owned(), key.to_owned()],
            is_read,
        };
        ChartCoverage {
            renderings: (0..20).map(|number| format!("r{number}")).collect(),
            files,
            values: vec![value("b", true), value("c", false)],
            ..ChartCoverage::default()
        }
    }

    fn page(charts: &[ChartCoverage], most_bytes: usize) -> String {
        let charts = charts.iter().map(|coverage| CoveredChart {
            path: "charts/c",
            name: "c",
            version: "1.0.0",
            coverage,
        });
        limited(&charts.collect::<Vec<_>>(), most_bytes)
    }

    /// Asserts that every link leads to something on the page.
    fn assert_links(page: &str) {
        for link in page.split("href=\"#").skip(1) {
            let id = link.split('"').next().unwrap_or_default();
            assert_eq!(page.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}: {page}");
        }
    }

    #[test]
    fn a_chart_has_a_table_that_leads_to_its_lines() {
        let chart = coverage(vec![file("a.yaml", 8, true), file("b.yaml", 2, false)]);
        let text = page(&[chart], MOST_BYTES);
        for part in [
            "<h1>charts/c: 80.0 % of the lines and branches are reached</h1>",
            "20 renderings: r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11 and 8 more",
            "<details class=\"chart\" open>",
            "<tr><td><a href=\"#v0-0\">a.yaml</a></td><td class=\"n\">75.0 % <small>6/8</small></td>",
            "<td><a href=\"#v0-0-3\">3</a>, <a href=\"#v0-0-6\">6</a></td></tr>",
            "<tr class=\"m\" id=\"v0-0-3\"><th>3</th><td>0</td><td>key-3: x</td></tr>",
            "<tr class=\"r\"><th>1</th><td>1</td><td>key-1: x</td></tr>",
            "50.0 % <small>1/2</small> of the values are read",
            "No rendering reads these values:</p>\n<ul class=\"paths\">\n<li><code>a.c</code></li>\n</ul>",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("do not fit"), "{text}");
        assert_eq!(text.matches("<details class=\"item\">").count(), 3, "all are folded");
        assert_links(&text);
        assert!(page(&[], MOST_BYTES).contains("<h1>no chart was rendered</h1>"));
    }

    #[test]
    fn what_does_not_fit_is_counted_and_is_first_what_is_reached_as_a_whole() {
        let chart = || coverage(vec![file("a.yaml", 400, false), file("b.yaml", 400, true)]);
        let whole = page(&[chart(), chart()], MOST_BYTES);
        assert_eq!(whole.matches("<table class=\"source\">").count(), 4);
        assert!(!whole.contains("<details class=\"chart\" open>"), "several are folded");
        assert_links(&whole);
        let begun = whole.find("<details class=\"chart\"").unwrap();
        let text = page(&[chart(), chart()], begun + 70_000);
        assert_eq!(text.matches("<table class=\"source\">").count(), 2);
        assert_eq!(
            text.matches("id=\"v0-1\"").count() + text.matches("id=\"v1-1\"").count(),
            2
        );
        assert!(text.contains("The lines of 2 templates do not fit"), "{text}");
        assert_links(&text);
        let text = page(&[chart(), chart()], begun + 10);
        assert!(text.contains("The lines of 1 chart do not fit"), "{text}");
        assert_links(&text);
    }

    #[test]
    fn of_a_long_template_the_first_lines_are_shown() {
        let text = page(&[coverage(vec![file("a.yaml", 100_000, true)])], MOST_BYTES);
        let shown = text.matches("<tr class=\"m\"").count() * 3;
        assert!(shown > 50_000 && shown < 99_000, "{shown}");
        let (before, _) = text
            .split_once(" more lines of this file do not fit on this page.")
            .expect("a sentence");
        let left_out: usize = before.rsplit('>').next().unwrap().parse().unwrap();
        assert!(shown.abs_diff(100_000 - left_out) < 3, "{shown} {left_out}");
        assert_links(&text);
    }
}
