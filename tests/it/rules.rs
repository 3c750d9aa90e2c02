//! `docs/rules.md` has a section of every rule, and its examples agree with the section.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use chartwright::text::rule::RULES;

/// One example: its rule, whether it breaks the rule, and its kind and text.
struct Example<'t> {
    rule: &'t str,
    is_bad: bool,
    is_chart: bool,
    text: String,
}

const CHART: &str =
    "apiVersion: v2\nname: c\nversion: 0.1.0\nicon: https://example.org/i.png\nmaintainers: [{name: me}]\n";
/// What begins a file of an example, and one as it was before.
const FILE: &str = "# file: ";
const BEFORE: &str = "# before: ";
const TEMPLATE: &str = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n";

fn sections(text: &str) -> Vec<(&str, &str)> {
    let sections = text.split("\n## ").skip(1);
    sections
        .map(|section| section.split_once('\n').expect("a section has a body"))
        .collect()
}

fn examples<'t>(rule: &'t str, body: &str) -> Vec<Example<'t>> {
    let blocks = body.split("```yaml ").skip(1);
    blocks
        .map(|block| {
            let (heading, rest) = block.split_once('\n').expect("a block has a heading");
            let text = rest.split("\n```").next().expect("a block ends").to_owned() + "\n";
            Example {
                rule,
                is_bad: heading.starts_with("bad"),
                is_chart: heading.ends_with("chart"),
                text,
            }
        })
        .collect()
}

/// Writes the files and links of a chart; a name with `-` in front is left out. The parts of a file begin with `mark` and its name.
fn write_chart(directory: &Path, text: &str, mark: &str) {
    let mut files = vec![
        ("Chart.yaml", CHART),
        ("values.yaml", "{}\n"),
        ("templates/t.yaml", TEMPLATE),
    ];
    for part in text.split(mark).skip(1) {
        let end = ["# link: ", FILE, BEFORE]
            .iter()
            .filter_map(|next| part.find(next))
            .min();
        let (part, _) = part.split_at(end.unwrap_or(part.len()));
        let (name, content) = part.split_once('\n').expect("a file has a name");
        match name.strip_prefix('-') {
            Some(left_out) => files.retain(|(known, _)| !known.starts_with(left_out)),
            None => files.push((name, content)),
        }
    }
    for (name, content) in files {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, content).expect("a file");
    }
    for part in text.split("# link: ").skip(1) {
        let line = part.lines().next().expect("a line");
        let (name, target) = line.split_once(" -> ").expect("a link has a target");
        link(target, &directory.join(name));
    }
}

#[cfg(unix)]
fn link(target: &str, path: &Path) {
    std::os::unix::fs::symlink(target, path).expect("a link");
}

#[cfg(windows)]
fn link(target: &str, path: &Path) {
    std::os::windows::fs::symlink_file(target, path).expect("a link");
}

/// The rules and severities of the findings in an example.
fn found(example: &Example<'_>) -> BTreeSet<(String, String)> {
    let directory = tempfile::tempdir().expect("a directory");
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
    command.current_dir(directory.path()).stdin(Stdio::null());
    if example.text.contains(BEFORE) {
        write_chart(&directory.path().join("c"), &example.text, BEFORE);
        let commit = "git init -q . && git add . && git -c user.name=x -c user.email=x commit -q -m x";
        let made = Command::new("sh")
            .args(["-c", commit])
            .current_dir(directory.path())
            .status();
        assert!(made.expect("git runs").success(), "{commit}");
        write_chart(&directory.path().join("c"), &example.text, FILE);
        command.args(["ci", ".", "--since", "HEAD", "--report", "json"]);
    } else if example.is_chart {
        write_chart(&directory.path().join("c"), &example.text, FILE);
        command.args(["lint", "--report", "json", "c"]);
    } else {
        fs::write(directory.path().join("m.yaml"), &example.text).expect("a file");
        command.args(["validate", "--strict", "--report", "json", "m.yaml"]);
    }
    let output = command.output().expect("the program starts");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{}: {error}: {}", example.rule, String::from_utf8_lossy(&output.stderr)));
    let findings = report["findings"].as_array().expect("findings");
    let text = |finding: &serde_json::Value, key: &str| finding[key].as_str().expect("a text").to_owned();
    findings
        .iter()
        .map(|finding| {
            let rule = text(finding, "rule");
            let rule = rule.split_once('/').map_or(rule.as_str(), |(rule, _)| rule).to_owned();
            (rule, text(finding, "severity"))
        })
        .collect()
}

#[test]
fn every_rule_is_documented_and_tested() {
    let text = fs::read_to_string("docs/rules.md").expect("docs/rules.md");
    let sections = sections(&text);
    let documented: Vec<&str> = sections.iter().map(|(rule, _)| *rule).collect();
    let known: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(documented, known, "the rules and their documentation");
    let mut faults = Vec::new();
    for ((rule, body), known) in sections.iter().zip(RULES) {
        let severity = known.severity.name();
        let heading = format!("**{severity}**: {}.\n\n", known.summary);
        assert!(
            body.trim_start().starts_with(&heading),
            "{rule} is documented as {heading}"
        );
        let examples = examples(rule, body);
        assert!(
            examples.len() == 2 && examples[0].is_bad && !examples[1].is_bad,
            "{rule}: a bad and a good example"
        );
        for example in examples {
            let found = found(&example);
            let has = found.contains(&((*rule).to_owned(), severity.to_owned()));
            if has != example.is_bad {
                let kind = if example.is_bad { "bad" } else { "good" };
                faults.push(format!("{rule}, the {kind} example: {found:?}"));
            } else if !example.is_bad && found.iter().any(|(_, severity)| severity == "error") {
                faults.push(format!("{rule}, the good example has errors of others: {found:?}"));
            }
            for (name, _) in &found {
                assert!(known_rule(name), "{name} is in no documentation");
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn known_rule(name: &str) -> bool {
    RULES.iter().any(|rule| rule.id == name)
}
