//! A page, or a part of one: risks first, then each object with the lines that change, by chart. The page has a limit: what does not fit is
//! counted.

use std::fmt::Write as _;

use crate::check::diff::{Change, ChartDiff, DiffOutcome, ObjectDiff};
use crate::report::html::{Mood, Page, escaped};
use crate::text::visible::{fitting, shown_line};

use super::summary::{Counts, renderings, sentence, title};

/// Bytes of a page: browsers show larger ones slowly, or not at all.
const MOST_BYTES: usize = 24 << 20;
/// Objects up to which all are unfolded; of more, those with risks.
const MOST_UNFOLDED: usize = 20;

/// All that differs, as far as it fits.
pub fn diff_as_html(outcome: &DiffOutcome) -> String {
    limited(outcome, MOST_BYTES)
}

fn limited(outcome: &DiffOutcome, most_bytes: usize) -> String {
    let counts = Counts::of_all(outcome);
    let mood = if counts.failures > 0 {
        Mood::Failed
    } else {
        Mood::Neutral
    };
    let name = concat!("chartwright diff ", env!("CARGO_PKG_VERSION"));
    let mut page = Page::new(name, mood, &sentence(outcome), std::iter::empty());
    add_changes(outcome, &mut page, most_bytes, "h2");
    page.finish()
}

/// Adds all that differs to a page of so many bytes at most. Each chart has a heading, whose `id` is `d` and the chart's place.
pub fn add_changes(outcome: &DiffOutcome, page: &mut Page, most_bytes: usize, heading: &str) {
    risks(outcome, page, most_bytes);
    let objects: usize = outcome.charts.iter().map(|chart| chart.objects.len()).sum();
    let mut left_out = 0;
    for (number, chart) in outcome.charts.iter().enumerate() {
        if page.len() > most_bytes {
            left_out += chart.objects.len();
            // Links to it lead to the line about those that are left out.
            page.line(&format!("<span id=\"d{number}\"></span>"));
            continue;
        }
        begin(chart, number, heading, page);
        for object in &chart.objects {
            if page.len() > most_bytes {
                left_out += 1;
                continue;
            }
            let is_open = objects <= MOST_UNFOLDED || !object.risks.is_empty();
            page.line(&entry(object, chart, is_open));
        }
    }
    if left_out > 0 {
        page.paragraph("remark", &format!("{left_out} more objects do not fit on this page."));
    }
}

fn risks(outcome: &DiffOutcome, page: &mut Page, most_bytes: usize) {
    if Counts::of_all(outcome).risks == 0 {
        return;
    }
    page.line("<table>\n<tr><th>Risk</th><th>Object</th><th>What</th></tr>");
    for chart in &outcome.charts {
        for object in &chart.objects {
            for risk in &object.risks {
                if page.len() > most_bytes {
                    break;
                }
                page.line(&format!(
                    "<tr><td class=\"risk\">{}</td><td>{} <small>{}</small></td><td>{}</td></tr>",
                    escaped(risk.kind.id()),
                    escaped(&shown_line(&object.id.to_string())),
                    escaped(&shown_line(&chart.shown)),
                    escaped(&shown_line(&fitting(&risk.message)))
                ));
            }
        }
    }
    page.line("</table>");
}

fn begin(chart: &ChartDiff, number: usize, heading: &str, page: &mut Page) {
    page.line(&format!(
        "<{heading} id=\"d{number}\">{} <small>{}</small></{heading}>",
        escaped(&shown_line(&chart.shown)),
        escaped(&shown_line(&title(chart)))
    ));
    for note in &chart.notes {
        page.paragraph("remark", &shown_line(note));
    }
    for failure in &chart.failures {
        let rendering = if failure.rendering.is_empty() {
            "the chart"
        } else {
            &failure.rendering
        };
        let side = failure.side.name();
        let what = shown_line(&fitting(&failure.message));
        page.line(&item(
            "error",
            "fails",
            &format!("{rendering} {side}"),
            "",
            true,
            &format!("<p>{}</p>", escaped(&what)),
        ));
    }
}

fn entry(object: &ObjectDiff, chart: &ChartDiff, is_open: bool) -> String {
    let class = match object.change {
        Change::Added => "well",
        Change::Removed => "error",
        Change::Changed => "info",
    };
    let mut body = String::from("<pre class=\"diff\">");
    for line in object.lines.lines() {
        let kind = match line.as_bytes().first() {
            Some(b'+') => "plus",
            Some(b'-') => "minus",
            Some(b'@') => "hunk",
            _ => "same",
        };
        _ = write!(body, "<span class=\"{kind}\">{}</span>", escaped(&shown_line(line)));
    }
    body.push_str("</pre>");
    let name = object.id.to_string();
    item(
        class,
        object.change.name(),
        &name,
        &renderings(&object.renderings, chart),
        is_open,
        &body,
    )
}

/// The badge alone has a class: on a page with findings, those are hidden by theirs.
fn item(class: &str, badge: &str, what: &str, place: &str, is_open: bool, body: &str) -> String {
    let open = if is_open { " open" } else { "" };
    format!(
        "<details class=\"item\"{open}>\n<summary><span class=\"severity {class}\">{}</span> <span class=\"what\">{}</span> \
         <span class=\"where\">{}</span></summary>\n<div class=\"body\">\n{body}\n</div>\n</details>",
        escaped(badge),
        escaped(&shown_line(what)),
        escaped(&shown_line(place))
    )
}
