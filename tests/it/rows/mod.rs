//! Compares the engine with rows made by Helm itself: one template, its data, the exact output or error.
//!
//! `tests/rows/helm.jsonl` has rows of our own, which must all agree: templates and `--set` flags changed at random,
//! answered by Helm (`cargo xtask rows`). Then every `*.jsonl` of the directories in `ORACLE_DIR` and `ROWS_DIR` is
//! read, or else of the conformance data next to the project, if it exists; the rows that may differ are listed in
//! `tests/known/rows.tsv` and `tests/known/rows-last-lines.tsv`. `ROWS_ONLY` is a part of an id: only such rows are
//! compared.

mod report;
mod set_rows;
mod template_rows;
mod version_rows;

use std::path::{Path, PathBuf};

use chartwright::text::threads::map_in_parallel;
use serde_json::Value as Json;

use self::report::{Report, Verdict};
use crate::data;
use crate::known::Extent;

/// Rows of our own.
const OWN_ROWS: &str = "tests/rows/helm.jsonl";

/// Groups of whole commands, which a different check runs.
const COMMAND_GROUPS: [&str; 3] = ["coalesce", "manifest", "lint"];

/// Rows of our own: on any machine.
#[test]
fn own_rows_have_helms_answer() {
    let report = run_all(|report| add_file(Path::new(OWN_ROWS), None, report));
    report.print_totals();
    report.assert_known("own-rows", extent());
}

/// The rows of the conformance data.
#[test]
fn conformance_rows_have_helms_answer() {
    let given: Vec<PathBuf> = ["ORACLE_DIR", "ROWS_DIR"]
        .into_iter()
        .filter_map(|variable| std::env::var_os(variable).map(PathBuf::from))
        .collect();
    let directories = if given.is_empty() {
        let Some(conformance) = data::conformance() else { return };
        vec![conformance.join("oracle"), conformance.join("rows")]
    } else {
        given.clone()
    };
    let report = run_all(|report| {
        for directory in &directories {
            add_directory(directory, report);
        }
    });
    report.print_groups();
    report.print_totals();
    let extent = if given.is_empty() { extent() } else { Extent::Part };
    report.assert_known("rows", extent);
    if extent == Extent::Whole {
        assert_eq!(
            report.count(),
            data::ROWS,
            "tests/it/data.rs has another number of rows"
        );
    }
}

fn only() -> String {
    #[expect(clippy::disallowed_methods, reason = "a test's own settings")]
    std::env::var("ROWS_ONLY").unwrap_or_default()
}

fn extent() -> Extent {
    if only().is_empty() { Extent::Whole } else { Extent::Part }
}

fn run_all(add: impl FnOnce(&mut Report) + Send) -> Report {
    let run = || {
        let mut report = Report::default();
        add(&mut report);
        report
    };
    chartwright::text::threads::on_large_stack(run).expect("a thread starts")
}

fn add_directory(directory: &Path, report: &mut Report) {
    let base = std::fs::read(directory.join("base.json")).ok();
    let base: Option<Json> = base.map(|text| serde_json::from_slice(&text).expect("base.json is JSON"));
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let is_rows = |file: &&PathBuf| file.extension().is_some_and(|extension| extension == "jsonl");
    for file in files.iter().filter(is_rows) {
        add_file(file, base.as_ref(), report);
    }
}

fn add_file(file: &Path, base: Option<&Json>, report: &mut Report) {
    let only = only();
    let text = std::fs::read_to_string(file).expect("UTF-8 rows");
    let lines: Vec<&str> = text.lines().collect();
    let verdicts = map_in_parallel(&lines, |line| {
        let row: Json = serde_json::from_str(line).expect("a row is JSON");
        let text_of = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let (group, id) = (text_of("group"), text_of("id"));
        let is_compared = !COMMAND_GROUPS.contains(&group.as_str()) && id.contains(&only);
        is_compared.then(|| {
            let verdict = judge(&row, &group, base);
            (group, id, verdict)
        })
    });
    for (group, id, verdict) in verdicts.into_iter().flatten() {
        report.add(&group, &id, verdict);
    }
}

fn judge(row: &Json, group: &str, base: Option<&Json>) -> Verdict {
    match group {
        "semver.pick" => version_rows::pick(row),
        "semver.sort" => version_rows::sort(row),
        "semver.parse" => version_rows::parse(row),
        "semver.constraint" => version_rows::constraint(row),
        _ if row.get("flag").is_some() => set_rows::judge(row),
        _ => template_rows::judge(row, base),
    }
}
