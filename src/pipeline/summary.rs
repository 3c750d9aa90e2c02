//! The one table at the end of a run.

use super::ci::CiOutcome;
use crate::report::unevaluated_sentence;
use crate::text::rule::Severity;
use crate::text::visible::{visible, without_commands};

/// Columns aligned with spaces: chart, version, renderings, documents, findings that count, and result. Lines below say how
/// many findings are left out, and why nothing is published, if it is `withheld`.
pub fn summary_table<E>(outcome: &CiOutcome<E>, withheld: Option<&str>) -> String {
    let mut rows = vec![
        [
            "CHART",
            "VERSION",
            "RENDERINGS",
            "DOCUMENTS",
            "ERRORS",
            "WARNINGS",
            "RESULT",
        ]
        .map(str::to_owned),
    ];
    for (chart, result) in outcome.checked.charts.iter().zip(&outcome.results) {
        let count = |severity| {
            chart
                .findings
                .iter()
                .filter(|finding| finding.severity == severity)
                .count()
                .to_string()
        };
        let documents = match chart.rendered.skipped {
            0 => chart.rendered.documents.to_string(),
            skipped => format!("{} (+{skipped} without schema)", chart.rendered.documents),
        };
        rows.push([
            visible(&chart.name).into_owned(),
            visible(&chart.version).into_owned(),
            chart.rendered.renderings.to_string(),
            documents,
            count(Severity::Error),
            count(Severity::Warning),
            result.name().to_owned(),
        ]);
    }
    let mut widths = [0; 7];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut table = String::new();
    for row in &rows {
        let cells: Vec<String> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        table.push_str(cells.join("  ").trim_end());
        table.push('\n');
    }
    let withheld = withheld.map(str::to_owned);
    let unevaluated = unevaluated_sentence(outcome.checked.unevaluated());
    let hidden = outcome.checked.hidden.sentence();
    for remark in hidden.into_iter().chain(withheld).chain(unevaluated) {
        table.push_str(&visible(&remark));
        table.push('\n');
    }
    without_commands(&table).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::ci::ChartResult;
    use super::*;
    use crate::check::finding::{Finding, Location};
    use crate::check::run::{CheckOutcome, CheckedChart, Rendered};
    use crate::text::rule::Rule;
    use crate::text::source::SourceFile;

    #[test]
    fn the_table_counts_what_counts() {
        let finding = |rule| Finding::new(rule, Location::whole(SourceFile::without_text("web/x")), "x");
        let chart = |name: &str, findings: Vec<Finding>, skipped| CheckedChart {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            rendered: Rendered {
                renderings: 2,
                documents: 7,
                skipped,
                unevaluated: 0,
            },
            findings,
            ..CheckedChart::default()
        };
        let mut outcome: CiOutcome<()> = CiOutcome {
            checked: CheckOutcome {
                charts: vec![
                    chart(
                        "web",
                        vec![finding(Rule::Type), finding(Rule::ImageTag), finding(Rule::ChartIcon)],
                        0,
                    ),
                    chart("api-server", Vec::new(), 3),
                ],
                ..CheckOutcome::default()
            },
            results: vec![ChartResult::Failed, ChartResult::NotPublished],
            published: Vec::new(),
            error: None,
        };
        let want = "\
CHART       VERSION  RENDERINGS  DOCUMENTS              ERRORS  WARNINGS  RESULT
web         1.0.0    2           7                      1       1         failed
api-server  1.0.0    2           7 (+3 without schema)  0       0         not published
";
        assert_eq!(summary_table(&outcome, None), want);
        let withheld = summary_table(&outcome, Some("not published: a\u{1b}b"));
        assert_eq!(withheld, format!("{want}not published: a␛b\n"));
        outcome.checked.hidden.comments = 4;
        let hidden = summary_table(&outcome, None);
        assert_eq!(hidden, format!("{want}4 findings are hidden: 4 by comments\n"));
    }
}
