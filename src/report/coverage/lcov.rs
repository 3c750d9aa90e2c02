//! LCOV's trace files, as geninfo(1) describes them: a record a template. What cannot run is left out.

use std::fmt::Write as _;

use super::charts::CoveredChart;
use crate::check::coverage::FileCoverage;
use crate::text::visible::{shown_line, without_commands};

pub(super) fn text(charts: &[CoveredChart<'_>]) -> String {
    let mut out = String::new();
    for chart in charts {
        _ = writeln!(out, "TN:{}", test_name(chart.name));
        for file in &chart.coverage.files {
            record(&mut out, file);
        }
    }
    without_commands(&out).into_owned()
}

/// Names of tests consist of letters, digits and underscores.
fn test_name(name: &str) -> String {
    let part = |character: char| {
        if character.is_ascii_alphanumeric() {
            character
        } else {
            '_'
        }
    };
    name.chars().map(part).collect()
}

fn record(out: &mut String, file: &FileCoverage) {
    let totals = file.totals();
    _ = writeln!(out, "SF:{}", shown_line(file.file.path()));
    let definitions = file
        .definitions
        .iter()
        .filter(|definition| definition.unreachable.is_none());
    for definition in definitions.clone() {
        _ = writeln!(out, "FN:{},{}", definition.line, shown_line(&definition.name));
    }
    for definition in definitions {
        _ = writeln!(out, "FNDA:{},{}", definition.runs, shown_line(&definition.name));
    }
    _ = writeln!(
        out,
        "FNF:{}\nFNH:{}",
        totals.definitions.total, totals.definitions.covered
    );
    let (mut block, mut number, mut previous) = (0, 0, None);
    for branch in &file.branches {
        let decision = (branch.position, branch.kind);
        if previous.is_some_and(|previous| previous != decision) {
            block += 1;
            number = 0;
        }
        previous = Some(decision);
        if branch.unreachable.is_none() {
            _ = writeln!(out, "BRDA:{},{block},{number},{}", branch.position.line, branch.runs);
        }
        number += 1;
    }
    _ = writeln!(out, "BRF:{}\nBRH:{}", totals.branches.total, totals.branches.covered);
    for line in file.lines.iter().filter(|line| line.unreachable.is_none()) {
        _ = writeln!(out, "DA:{},{}", line.line, line.runs);
    }
    _ = writeln!(
        out,
        "LF:{}\nLH:{}\nend_of_record",
        totals.lines.total, totals.lines.covered
    );
}
