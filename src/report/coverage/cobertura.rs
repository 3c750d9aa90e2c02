//! Cobertura's XML: a package a chart, a class a template. Lines that cannot run are left out, as its readers know no such thing.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::charts::{CoveredChart, totals};
use crate::check::coverage::{Counted, FileCoverage, Totals};
use crate::report::xml::escaped;

pub(super) fn text(charts: &[CoveredChart<'_>]) -> String {
    let all = totals(charts);
    let (lines, branches) = (all.lines, all.branches);
    let mut xml = format!(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE coverage SYSTEM \"http://cobertura.sourceforge.net/xml/coverage-04.dtd\">\n<coverage {} lines-covered=\"{}\" lines-valid=\"{}\" branches-covered=\"{}\" branches-valid=\"{}\" complexity=\"0\" version=\"chartwright {}\" timestamp=\"0\">\n  <sources>\n    <source>.</source>\n  </sources>\n  <packages>\n",
        rates(all),
        lines.covered,
        lines.total,
        branches.covered,
        branches.total,
        env!("CARGO_PKG_VERSION"),
    );
    for chart in charts {
        let name = escaped(chart.name);
        _ = writeln!(
            xml,
            "    <package name=\"{name}\" {} complexity=\"0\">\n      <classes>",
            rates(chart.coverage.totals())
        );
        for file in &chart.coverage.files {
            class(&mut xml, file);
        }
        xml.push_str("      </classes>\n    </package>\n");
    }
    xml.push_str("  </packages>\n</coverage>\n");
    xml
}

fn class(xml: &mut String, file: &FileCoverage) {
    let (name, path) = (escaped(&file.inside), escaped(file.file.path()));
    _ = writeln!(
        xml,
        "        <class name=\"{name}\" filename=\"{path}\" {} complexity=\"0\">\n          <methods/>\n          <lines>",
        rates(file.totals())
    );
    let mut ways: BTreeMap<u32, Counted> = BTreeMap::new();
    for branch in file.branches.iter().filter(|branch| branch.unreachable.is_none()) {
        let counted = ways.entry(branch.position.line).or_default();
        counted.total += 1;
        counted.covered += usize::from(branch.runs > 0);
    }
    for line in file.lines.iter().filter(|line| line.unreachable.is_none()) {
        let conditions = ways.get(&line.line).map(|counted| {
            let Counted { covered, total, .. } = counted;
            let percent = counted.share() / 100;
            format!(" branch=\"true\" condition-coverage=\"{percent}% ({covered}/{total})\"")
        });
        let conditions = conditions.unwrap_or_default();
        _ = writeln!(
            xml,
            "            <line number=\"{}\" hits=\"{}\"{conditions}/>",
            line.line, line.runs
        );
    }
    xml.push_str("          </lines>\n        </class>\n");
}

/// The attributes for the shares of lines and branches.
fn rates(totals: Totals) -> String {
    let rate = |counted: Counted| {
        let share = counted.share();
        format!("{}.{:04}", share / 10_000, share % 10_000)
    };
    format!(
        "line-rate=\"{}\" branch-rate=\"{}\"",
        rate(totals.lines),
        rate(totals.branches)
    )
}
