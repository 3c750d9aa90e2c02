//! The one table at the end of a run, and the verdict below it.

use super::ci::{ChartResult, CiOutcome};
use crate::check::run::CheckedChart;
use crate::report::{Subject, unevaluated_sentence, verdict_line};
use crate::text::compact_sort::sort_by_key;
use crate::text::rule::Severity;
use crate::text::visible::{visible, without_commands};

/// What a summary has besides the charts themselves.
#[derive(Debug, Clone, Copy, Default)]
pub struct SummaryOptions<'s> {
    /// Why nothing is published, if that is so.
    pub withheld: Option<&'s str>,
    /// Whether charts that are well are left out of the table.
    pub is_quiet: bool,
}

/// Columns aligned with spaces: chart, version, renderings, documents, findings that count, and result; charts that failed come last.
/// Lines below say how many findings are left out, why nothing is published, and how many charts failed.
pub fn summary_table<E>(outcome: &CiOutcome<E>, options: SummaryOptions<'_>) -> String {
    let has_coverage = outcome.checked.charts.iter().any(|chart| chart.coverage.is_some());
    let mut head = vec!["CHART", "VERSION", "RENDERINGS", "DOCUMENTS"];
    head.extend(has_coverage.then_some("COVERAGE"));
    head.extend(["ERRORS", "WARNINGS", "RESULT"]);
    let mut rows: Vec<Vec<String>> = vec![head.into_iter().map(str::to_owned).collect()];
    for (chart, result) in ordered(outcome, options.is_quiet) {
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
        let mut row = vec![
            visible(&chart.name).into_owned(),
            visible(&chart.version).into_owned(),
            chart.rendered.renderings.to_string(),
            documents,
        ];
        if has_coverage {
            let coverage = chart.coverage.as_ref();
            row.push(coverage.map_or_else(String::new, |coverage| coverage.totals().lines_and_branches().percent()));
        }
        row.extend([
            count(Severity::Error),
            count(Severity::Warning),
            visible(&result.name()).into_owned(),
        ]);
        rows.push(row);
    }
    if rows.len() == 1 {
        rows.clear();
    }
    let mut widths = vec![0; rows.first().map_or(0, Vec::len)];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut table = String::new();
    for row in &rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, &width)| format!("{cell:width$}"))
            .collect();
        table.push_str(cells.join("  ").trim_end());
        table.push('\n');
    }
    let withheld = options.withheld.map(str::to_owned);
    let unevaluated = unevaluated_sentence(outcome.checked.unevaluated());
    let hidden = outcome.checked.hidden.sentence();
    let verdict = std::iter::once(verdict(outcome));
    for remark in hidden.into_iter().chain(withheld).chain(unevaluated).chain(verdict) {
        table.push_str(&visible(&remark));
        table.push('\n');
    }
    without_commands(&table).into_owned()
}

/// The charts with their results: those that failed last, and only what is not well if the summary is quiet.
fn ordered<E>(outcome: &CiOutcome<E>, is_quiet: bool) -> Vec<(&CheckedChart, &ChartResult)> {
    let severity = |result: &ChartResult| match result {
        ChartResult::Failed => 2,
        ChartResult::NotPublished(_) => 1,
        _ => 0,
    };
    let charts = outcome.checked.charts.iter().zip(&outcome.results);
    let mut charts: Vec<_> = charts.filter(|(_, result)| !is_quiet || severity(result) > 0).collect();
    sort_by_key(&mut charts, |(_, result)| severity(result));
    charts
}

fn verdict<E>(outcome: &CiOutcome<E>) -> String {
    let results = outcome.results.iter();
    let failed = results.filter(|result| **result == ChartResult::Failed).count();
    verdict_line(Subject::Charts, outcome.results.len(), failed, &outcome.findings())
}

#[cfg(test)]
mod tests {
    use super::super::ci::Withheld;
    use super::*;
    use crate::check::finding::{Finding, Location};
    use crate::check::run::{CheckOutcome, Rendered};
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
            explored: Vec::new(),
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
            results: vec![
                ChartResult::Failed,
                ChartResult::NotPublished(Withheld::Needs("web".to_owned())),
            ],
            published: Vec::new(),
            error: None,
        };
        // Charts that failed come last.
        let want = "\
CHART       VERSION  RENDERINGS  DOCUMENTS              ERRORS  WARNINGS  RESULT
api-server  1.0.0    2           7 (+3 without schema)  0       0         not published: depends on web
web         1.0.0    2           7                      1       1         failed
";
        let verdict = "1 of 2 charts failed: 1 error, 1 warning\n";
        let plain = SummaryOptions::default();
        assert_eq!(summary_table(&outcome, plain), format!("{want}{verdict}"));
        let withheld = SummaryOptions {
            withheld: Some("not published: a\u{1b}b"),
            ..plain
        };
        let text = summary_table(&outcome, withheld);
        assert_eq!(text, format!("{want}not published: a␛b\n{verdict}"));
        outcome.checked.hidden.comments = 4;
        let hidden = summary_table(&outcome, plain);
        assert_eq!(hidden, format!("{want}4 findings are hidden: 4 by comments\n{verdict}"));
    }

    #[test]
    fn a_quiet_summary_has_what_is_not_well() {
        let outcome = |results: &[ChartResult]| -> CiOutcome<()> {
            let chart = |place: usize| CheckedChart {
                name: format!("chart-{place}"),
                version: "1.0.0".to_owned(),
                ..CheckedChart::default()
            };
            CiOutcome {
                explored: Vec::new(),
                checked: CheckOutcome {
                    charts: (0..results.len()).map(chart).collect(),
                    ..CheckOutcome::default()
                },
                results: results.to_vec(),
                published: Vec::new(),
                error: None,
            }
        };
        let quiet = SummaryOptions {
            is_quiet: true,
            ..SummaryOptions::default()
        };
        for (results, rows, verdict) in [
            (&[][..], 0, "no chart was checked\n"),
            (&[ChartResult::Ok], 0, "1 chart passed\n"),
            (
                &[ChartResult::Published, ChartResult::Unchanged],
                0,
                "2 charts passed\n",
            ),
            (&[ChartResult::Failed, ChartResult::Ok], 2, "1 of 2 charts failed\n"),
        ] {
            let text = summary_table(&outcome(results), quiet);
            assert_eq!(text.lines().count(), rows + 1, "{text}");
            assert!(text.ends_with(verdict), "{text}");
        }
    }
}
