//! Markdown, for a comment on a pull request: risks first, then each object with the lines that change, folded. What comes from input is
//! in code alone, whose fences are longer than any in it: it marks up nothing, mentions no one, and ends nothing. A comment has a limit:
//! what does not fit is counted.

use std::fmt::Write as _;

use crate::check::diff::{Change, ChartDiff, DiffOutcome, ObjectDiff};
use crate::report::markdown_text::{cell, code, fenced, html_code};
use crate::text::visible::fitting;

use super::summary::{Counts, renderings, sentence, title};

/// Bytes of a comment: GitHub allows 65,536 characters.
const MARKDOWN_BYTES: usize = 60_000;

/// Bytes for what is said about what does not fit.
const RESERVED: usize = 400;

/// Lines of a risk table.
const MOST_RISKS: usize = 100;

/// All that differs, as far as it fits in a comment, or in `most_bytes` of a step summary.
pub fn diff_as_markdown(outcome: &DiffOutcome, most_bytes: Option<usize>) -> String {
    let most_bytes = most_bytes.unwrap_or(MARKDOWN_BYTES);
    let mut page = Page {
        most_bytes,
        out: String::new(),
        left_out: 0,
        without_lines: 0,
    };
    page.out
        .push_str(&format!("**chartwright diff**: {}\n", sentence(outcome)));
    page.risks(outcome);
    for chart in &outcome.charts {
        page.chart(chart);
    }
    let (left_out, without_lines) = (page.left_out, page.without_lines);
    if left_out > 0 || without_lines > 0 {
        _ = write!(page.out, "\n_This is cut to {most_bytes} bytes: ");
        _ = match (left_out, without_lines) {
            (0, lines) => writeln!(page.out, "{lines} objects are shown without their lines._"),
            (objects, 0) => writeln!(page.out, "{objects} entries are left out._"),
            (objects, lines) => writeln!(
                page.out,
                "{objects} entries are left out, and {lines} objects are shown without their lines._"
            ),
        };
    }
    page.out
}

struct Page {
    most_bytes: usize,
    out: String,
    left_out: usize,
    without_lines: usize,
}

impl Page {
    fn fits(&self, text: &str) -> bool {
        self.out.len() + text.len() + RESERVED <= self.most_bytes
    }

    /// Adds an entry, or counts it.
    fn add(&mut self, text: &str) {
        // One that is left out is followed by none: order means something.
        if self.left_out == 0 && self.fits(text) {
            self.out.push_str(text);
        } else {
            self.left_out += 1;
        }
    }

    fn risks(&mut self, outcome: &DiffOutcome) {
        let mut rows = String::new();
        let mut more = 0;
        let all = outcome
            .charts
            .iter()
            .flat_map(|chart| chart.objects.iter().map(move |object| (chart, object)));
        let all = all.flat_map(|(chart, object)| object.risks.iter().map(move |risk| (chart, object, risk)));
        for (number, (chart, object, risk)) in all.enumerate() {
            let row = format!(
                "| {} | {} | {} | {} | {} |\n",
                risk.kind.id(),
                cell(&chart.shown),
                cell(&object.id.to_string()),
                cell(&fitting(&risk.message)),
                cell(&renderings(&object.renderings, chart))
            );
            if number >= MOST_RISKS || rows.len() + row.len() > self.most_bytes / 3 {
                more += 1;
            } else {
                rows.push_str(&row);
            }
        }
        if rows.is_empty() {
            return;
        }
        self.out
            .push_str("\n| risk | chart | object | what | where |\n| --- | --- | --- | --- | --- |\n");
        self.out.push_str(&rows);
        if more > 0 {
            _ = writeln!(self.out, "\n{more} more risks are not in this table.");
        }
    }

    fn chart(&mut self, chart: &ChartDiff) {
        let counts = Counts::of(chart);
        self.add(&format!(
            "\n### {}\n\n{}: {} added, {} removed, {} changed\n",
            code(&chart.shown),
            code(&title(chart)),
            counts.added,
            counts.removed,
            counts.changed
        ));
        for note in &chart.notes {
            self.add(&format!("\n- {}\n", code(note)));
        }
        for failure in &chart.failures {
            let rendering = if failure.rendering.is_empty() {
                "the chart"
            } else {
                &failure.rendering
            };
            let heading = format!("\n{} fails {}:\n", code(rendering), failure.side.name());
            self.add(&format!("{heading}\n{}", fenced("", &fitting(&failure.message))));
        }
        for object in &chart.objects {
            self.object(object, chart);
        }
    }

    fn object(&mut self, object: &ObjectDiff, chart: &ChartDiff) {
        let sign = match object.change {
            Change::Added => "➕",
            Change::Removed => "➖",
            Change::Changed => "✏️",
        };
        let heading = format!(
            "{sign} {} {} in {}",
            html_code(&object.id.to_string()),
            object.change.name(),
            html_code(&renderings(&object.renderings, chart))
        );
        let whole = format!(
            "\n<details><summary>{heading}</summary>\n\n{}\n</details>\n",
            fenced("diff", &object.lines)
        );
        if self.left_out == 0 && !self.fits(&whole) {
            let short = format!("\n{heading}\n");
            if self.fits(&short) {
                self.without_lines += 1;
            }
            self.add(&short);
            return;
        }
        self.add(&whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::diff::{ObjectId, RenderFailure, Risk, RiskKind, Side};

    fn object(name: &str, lines: &str) -> ObjectDiff {
        ObjectDiff {
            id: ObjectId {
                namespace: String::new(),
                kind: "ConfigMap".to_owned(),
                name: name.to_owned(),
                group: String::new(),
            },
            change: Change::Changed,
            old_api_version: "v1".to_owned(),
            new_api_version: "v1".to_owned(),
            fields: Vec::new(),
            lines: lines.to_owned(),
            risks: vec![Risk {
                kind: RiskKind::ImageChanged,
                message: name.to_owned(),
            }],
            renderings: vec![name.to_owned()],
        }
    }

    fn page(objects: Vec<ObjectDiff>) -> String {
        let outcome = DiffOutcome {
            compared: 1,
            charts: vec![ChartDiff {
                shown: "charts/web".to_owned(),
                old: Some(("web".to_owned(), "1.0.0".to_owned())),
                new: Some(("web".to_owned(), "1.1.0".to_owned())),
                objects,
                failures: vec![RenderFailure {
                    side: Side::New,
                    rendering: "x".to_owned(),
                    message: "```\n# failed".to_owned(),
                }],
                ..ChartDiff::default()
            }],
        };
        diff_as_markdown(&outcome, None)
    }

    #[test]
    fn nothing_breaks_out_of_code() {
        let text = page(vec![object(
            "a`|</summary>\n# @all <b>",
            "@@ -1 +1 @@\n-````\n+</details>\n+::error::x\n",
        )]);
        let lines: Vec<&str> = text.lines().collect();
        let mut fence = "";
        for line in &lines {
            match (fence, line.starts_with("```")) {
                ("", true) => fence = line.trim_end_matches("diff"),
                ("", false) => assert!(!line.starts_with("# ") && !line.starts_with('@'), "{text}"),
                _ if *line == fence => fence = "",
                _ => {}
            }
            assert!(!line.trim_start().starts_with("::"), "{text}");
        }
        assert!(lines.contains(&"`````diff") && lines.contains(&"`````"), "{text}");
        assert!(text.contains("````\n```\n# failed\n````\n"), "{text}");
        let row = lines.iter().find(|line| line.starts_with("| image-changed")).unwrap();
        assert_eq!(row.matches('|').count(), 6, "{row}");
        assert!(row.contains("`` a`\u{2223}</summary>␊# @all <b> ``"), "{row}");
        assert!(
            text.contains("<code>ConfigMap a&#96;&#124;&lt;/summary&gt;␊&#35; &#64;all &lt;b&gt;</code>"),
            "{text}"
        );
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let lines = "+x\n".repeat(10_000);
        let text = page(vec![
            object("a", "+x\n"),
            object("b", &lines),
            object("c", &lines),
            object("d", &lines),
        ]);
        assert!(text.len() <= MARKDOWN_BYTES, "{}", text.len());
        assert!(
            text.contains("2 objects are shown without their lines"),
            "{}",
            text.len()
        );
        let many: Vec<ObjectDiff> = (0..2000)
            .map(|number| object(&format!("name-{number}"), "+x\n"))
            .collect();
        let text = page(many);
        assert!(text.len() <= MARKDOWN_BYTES, "{}", text.len());
        assert!(text.contains("entries are left out") && text.contains("more risks are not in this table"));
        let text = page(vec![
            object(&"long".repeat(MARKDOWN_BYTES), "+x\n"),
            object("b", "+x\n"),
        ]);
        assert!(text.len() <= MARKDOWN_BYTES, "{}", text.len());
        assert!(text.contains("2 entries are left out"), "{text}");
    }
}
