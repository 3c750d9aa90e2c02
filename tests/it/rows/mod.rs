//! Holds the engine against rows made by Helm itself: one template, its data, the exact output or error.
//!
//! `helm.jsonl` holds 1,711 of them that must all agree: templates and `--set` flags changed at random, answered by Helm
//! 4.3.1. Then every `*.jsonl` of the directories in `ORACLE_DIR` and `ROWS_DIR` is read; without them, of the conformance
//! data beside the project; where that is absent too, it is left out. `ROWS_ONLY` takes a part of an id, `ROWS_SHOW` the
//! number of failures to print.

mod report;
mod set_rows;
mod template_rows;
mod version_rows;

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use self::report::{Report, Verdict};

/// Shares that must agree, in thousandths: of all rows, of the rows of every group, of the errors with their whole text.
const BAR: usize = 993;
const GROUP_BAR: usize = 980;
const WHOLE_ERROR_BAR: usize = 900;

/// Rows of our own.
const OWN_ROWS: &str = "tests/rows/helm.jsonl";

/// Groups of whole commands, which another check runs.
const COMMAND_GROUPS: [&str; 3] = ["coalesce", "manifest", "lint"];

/// Rows of our own: on any machine.
#[test]
fn own_rows_have_helms_answer() {
    let own = run_all(20, |report| add_file(Path::new(OWN_ROWS), None, report));
    own.print_totals();
    assert!(own.all_agree(), "rows of {OWN_ROWS} differ");
}

/// The rows of the conformance data.
#[test]
fn conformance_rows_have_helms_answer() {
    let directories: Vec<PathBuf> = [("ORACLE_DIR", "oracle"), ("ROWS_DIR", "rows")]
        .into_iter()
        .map(|(variable, name)| {
            #[expect(clippy::disallowed_methods, reason = "the harness is told where its data is")]
            let given = std::env::var(variable).ok();
            given.map_or_else(|| Path::new("../shared/conformance").join(name), PathBuf::from)
        })
        .filter(|directory| directory.is_dir())
        .collect();
    if directories.is_empty() {
        println!("no other conformance rows here");
        return;
    }
    let report = run_all(0, |report| {
        for directory in &directories {
            add_directory(directory, report);
        }
    });
    report.print_groups();
    report.print_totals();
    assert!(
        report.passed_share() >= BAR
            && report.worst_group_share() >= GROUP_BAR
            && report.whole_error_share() >= WHOLE_ERROR_BAR,
        "below the bar"
    );
}

fn run_all(show: usize, add: impl FnOnce(&mut Report) + Send) -> Report {
    let run = || {
        let mut report = Report::showing(show);
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
    #[expect(clippy::disallowed_methods, reason = "the harness is told what to run")]
    let only = std::env::var("ROWS_ONLY").unwrap_or_default();
    let text = std::fs::read_to_string(file).expect("UTF-8 rows");
    for line in text.lines() {
        let row: Json = serde_json::from_str(line).expect("a row is JSON");
        let id = row["id"].as_str().unwrap_or_default();
        let group = row["group"].as_str().unwrap_or_default();
        if COMMAND_GROUPS.contains(&group) || !id.contains(&only) {
            continue;
        }
        report.add(group, id, judge(&row, group, base));
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
