//! The charts of a report on coverage, and its formats.

use crate::check::coverage::{ChartCoverage, Totals};

use super::{cobertura, html, json, lcov, markdown, text};

/// A chart, and what is reached of it.
#[derive(Debug, Clone, Copy)]
pub struct CoveredChart<'c> {
    /// Its path as reports show it.
    pub path: &'c str,
    /// Its name.
    pub name: &'c str,
    /// Its version.
    pub version: &'c str,
    /// What is reached.
    pub coverage: &'c ChartCoverage,
}

/// A format of reports on coverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoverageFormat {
    /// A table, and what is not reached.
    Text,
    /// Everything, for programs.
    Json,
    /// Cobertura's XML: GitLab shows it in merge requests.
    Cobertura,
    /// LCOV's trace files: editors and Codecov read them.
    Lcov,
    /// A table for pull requests.
    Markdown,
    /// A page with the lines of the templates.
    Html,
}

impl CoverageFormat {
    /// All formats by their names.
    pub const ALL: [(&'static str, Self); 6] = [
        ("text", Self::Text),
        ("json", Self::Json),
        ("cobertura", Self::Cobertura),
        ("lcov", Self::Lcov),
        ("markdown", Self::Markdown),
        ("html", Self::Html),
    ];

    /// The report in this format.
    pub fn write(self, charts: &[CoveredChart<'_>]) -> String {
        match self {
            Self::Text => text::text(charts),
            Self::Json => json::text(charts),
            Self::Cobertura => cobertura::text(charts),
            Self::Lcov => lcov::text(charts),
            Self::Markdown => markdown::text(charts),
            Self::Html => html::text(charts),
        }
    }
}

/// What of all charts is reached.
pub(super) fn totals(charts: &[CoveredChart<'_>]) -> Totals {
    let each = charts.iter().map(|chart| chart.coverage.totals());
    each.fold(Totals::default(), Totals::with)
}

/// The share of the lines and branches of charts that is reached, in hundredths of a percent.
pub fn share_of(charts: &[CoveredChart<'_>]) -> u64 {
    totals(charts).lines_and_branches().share()
}
