//! Every place in every report can be opened: the file exists, and the line and the column are inside it. Checked on
//! the bundled example, and on every fourth chart of the corpus if it is next to the project.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::data;
use super::workspace::{CHART, Workspace, run};

/// A place that a report names.
#[derive(Debug)]
#[expect(dead_code, reason = "messages of the assertion show it")]
struct Place {
    report: &'static str,
    path: String,
    line: u64,
    column: u64,
}

fn number(value: &Json) -> u64 {
    value.as_u64().expect("a number")
}

fn text(value: &Json) -> String {
    value.as_str().expect("a text").to_owned()
}

/// What percent signs stand for.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        if let Some(byte) = byte.filter(|_| *first == b'%') {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

fn places(directory: &Path, charts: &[String]) -> Vec<Place> {
    let reports = tempfile::tempdir().expect("a directory");
    let file = |format: &str| format!("{format}={}", reports.path().join(format).display());
    let wanted = ["json", "sarif", "gitlab", "github"].map(file);
    let mut arguments = vec!["lint", "--base", "."];
    for report in &wanted {
        arguments.extend(["--report", report]);
    }
    arguments.extend(charts.iter().map(String::as_str));
    let run = run(directory, &arguments, &[]);
    assert!(run.code <= 1, "{}", run.all());
    let read = |format: &str| std::fs::read_to_string(reports.path().join(format)).expect("a report");
    let json = |format: &str| -> Json { serde_json::from_str(&read(format)).expect("JSON") };
    let mut places = Vec::new();
    let mut add = |report, path: String, line, column| {
        places.push(Place {
            report,
            path,
            line,
            column,
        });
    };
    for finding in json("json")["findings"].as_array().expect("findings") {
        add(
            "json",
            text(&finding["file"]),
            number(&finding["line"]),
            number(&finding["column"]),
        );
        for related in finding["related"].as_array().expect("places") {
            let place = text(&related["place"]);
            let mut parts = place.rsplitn(3, ':');
            let (column, line) = (parts.next(), parts.next());
            if let (Some(Ok(column)), Some(Ok(line)), Some(path)) =
                (column.map(str::parse), line.map(str::parse), parts.next())
            {
                add("related", path.to_owned(), line, column);
            }
        }
    }
    for result in json("sarif")["runs"][0]["results"].as_array().expect("results") {
        let place = &result["locations"][0]["physicalLocation"];
        let region = &place["region"];
        add(
            "sarif",
            decoded(&text(&place["artifactLocation"]["uri"])),
            number(&region["startLine"]),
            number(&region["startColumn"]),
        );
    }
    for entry in json("gitlab").as_array().expect("entries") {
        let place = &entry["location"];
        add("gitlab", text(&place["path"]), number(&place["lines"]["begin"]), 1);
    }
    for line in read("github").lines() {
        let property = |name: &str| {
            let (_, rest) = line.split_once(name).expect("a property");
            rest.split([',', ':']).next().expect("a value")
        };
        let number = |name: &str| property(name).parse().expect("a number");
        add("github", decoded(property(" file=")), number(",line="), number(",col="));
    }
    places
}

/// What is wrong with a place; nothing when it can be opened.
fn fault(directory: &Path, place: &Place) -> Option<String> {
    let (path, is_in_archive) = match place.path.split_once('!') {
        Some((archive, _)) => (archive, true),
        None => (place.path.as_str(), false),
    };
    let path = directory.join(path);
    if !path.exists() {
        // A missing file is named by its expected place.
        let is_missed = place.line == 1 && place.column == 1 && path.parent().is_some_and(Path::is_dir);
        return (!is_missed).then(|| format!("{place:?}: no such file"));
    }
    if is_in_archive || path.is_dir() {
        return None;
    }
    let content = std::fs::read(&path).expect("a file");
    let content = String::from_utf8_lossy(&content);
    let line = content
        .split('\n')
        .nth(usize::try_from(place.line).expect("a line") - 1);
    let is_inside = line.is_some_and(|line| place.column <= line.chars().count() as u64 + 1);
    (!is_inside).then(|| format!("{place:?}: not inside the file"))
}

fn assert_can_be_opened(directory: &Path, charts: &[String]) -> usize {
    let places = places(directory, charts);
    let faults: Vec<String> = places.iter().filter_map(|place| fault(directory, place)).collect();
    assert!(
        faults.is_empty(),
        "{} of {}:\n{}",
        faults.len(),
        places.len(),
        faults.join("\n")
    );
    places.len()
}

#[test]
fn places_of_the_example_can_be_opened() {
    let charts = ["shop", "shop-v1", "orders", "storefront"].map(str::to_owned);
    assert!(assert_can_be_opened(Path::new("fixtures/shop"), &charts) > 10);
}

#[test]
fn places_of_public_charts_can_be_opened() {
    let Some(corpus) = data::corpus() else { return };
    let mut charts: Vec<PathBuf> = std::fs::read_dir(corpus.join("charts"))
        .expect("charts")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    charts.sort();
    let shown = |path: &PathBuf| format!("charts/{}", path.file_name().expect("a name").to_string_lossy());
    let sample: Vec<String> = charts.iter().step_by(4).map(shown).collect();
    assert_eq!(
        sample.len(),
        data::PLACED_CHARTS,
        "tests/it/data.rs has another number of charts"
    );
    assert!(assert_can_be_opened(&corpus, &sample) > 500);
}

#[test]
fn faults_are_where_they_can_be_mended() {
    let depends = |entry: &str| format!("{CHART}dependencies:\n- {entry}\n");
    let missing = depends("{name: b, version: 0.1.0, repository: \"file://../nowhere\"}");
    let other_version = depends("{name: b, version: 9.9.9, repository: \"file://../b\"}");
    let other_name = depends("{version: 0.1.0, name: c, repository: \"file://../b\"}");
    let not_a_range = format!("{CHART}kubeVersion: nonsense\n");
    for (name, text, want) in [
        (
            "Chart.yaml",
            missing.as_str(),
            "web/Chart.yaml:7:10: there is no chart at nowhere",
        ),
        (
            "Chart.yaml",
            &other_version,
            "web/Chart.yaml:7:10: dependency \"b\" requires version \"9.9.9\"",
        ),
        (
            "Chart.yaml",
            &other_name,
            "web/Chart.yaml:7:26: dependency \"c\" points at",
        ),
        (
            "Chart.yaml",
            &not_a_range,
            "web/Chart.yaml:6:14: kubeVersion `nonsense` is not a range of versions",
        ),
        (".helmignore", "[\n", "web/.helmignore:1:1: syntax error in pattern"),
        ("crds/x.yaml", "a: b: c\n", "web/crds/x.yaml:1:5: unable to parse YAML"),
        (
            "crds/x.yaml",
            "apiVersion: apiextensions.k8s.io/v1\n",
            "web/crds/x.yaml:1:1: object kind is not 'CustomResourceDefinition'",
        ),
    ] {
        let workspace = Workspace::chart(&[(name, text), ("../b/Chart.yaml", &CHART.replace("web", "b"))]);
        let report = workspace.run(&["lint", "web", "--report", "json"]);
        let json: Json = serde_json::from_str(&report.stdout).expect("a report");
        let findings = json["findings"].as_array().expect("findings");
        let shown: Vec<String> = findings
            .iter()
            .map(|finding| {
                let text = |key: &str| finding[key].as_str().expect("a text");
                let (line, column) = (&finding["line"], &finding["column"]);
                format!("{}:{line}:{column}: {}", text("file"), text("message"))
            })
            .collect();
        let [only] = shown.as_slice() else {
            panic!("{text}: {shown:?}");
        };
        assert!(only.starts_with(want), "{text}: {only}");
    }
}

#[cfg(unix)]
#[test]
fn a_broken_link_has_the_same_words_from_everywhere() {
    let workspace = Workspace::chart(&[]);
    std::os::unix::fs::symlink("nowhere", workspace.path("web/templates/link.yaml")).expect("a link");
    let root = workspace.path("web");
    let absolute = root.to_str().expect("a path");
    let messages = [workspace.run(&["lint", "web"]), workspace.run(&["lint", absolute])]
        .map(|run| run.stdout.lines().next().unwrap_or_default().to_owned());
    let want = "error: the link `templates/link.yaml` leads nowhere [chart-load]";
    assert_eq!(messages, [want, want]);
}
