//! The table of JSON members in docs/repositories.md: each is printed by the command, and a command prints nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::command_output::{PUBLIC_KEYS, SECRET_KEY};
use super::remote_oci_server::{Behaviour, Deletes, OciServer};
use super::s3_server::{Behaviour as S3Behaviour, S3Server};
use super::workspace::{Workspace, run};

/// The members of each command by the table: `charts[].digest`, and whether they are always there.
fn documented() -> BTreeMap<String, BTreeMap<String, bool>> {
    let text = std::fs::read_to_string("docs/repositories.md").expect("docs/repositories.md");
    let (_, table) = text
        .split_once("| command | members |\n| --- | --- |\n")
        .expect("the table");
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let quoted = |cell: &str| -> Vec<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let mut commands = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').collect();
        let members = quoted(cells[2])
            .into_iter()
            .map(|member| match member.strip_suffix('?') {
                Some(optional) => (optional.to_owned(), false),
                None => (member, true),
            });
        let members: BTreeMap<String, bool> = members.collect();
        for command in quoted(cells[1]) {
            commands.insert(command, members.clone());
        }
    }
    commands
}

/// The paths of all members that are not objects or lists of objects.
fn paths(value: &Json, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Json::Object(members) => {
            for (name, value) in members {
                let at = if at.is_empty() {
                    name.clone()
                } else {
                    format!("{at}.{name}")
                };
                paths(value, &at, found);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| paths(item, &format!("{at}[]"), found)),
        _ => found.extend([at.to_owned()]),
    }
}

fn printed(value: &Json) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    paths(value, "", &mut found);
    found
}

/// Whether the same list item lacks a member that is always there.
fn check_always(command: &str, value: &Json, at: &str, always: &BTreeSet<String>) {
    match value {
        Json::Object(members) => {
            let prefix = if at.is_empty() { String::new() } else { format!("{at}.") };
            for path in always {
                let Some(rest) = path.strip_prefix(&prefix) else {
                    continue;
                };
                let name = rest.split(['.', '[']).next().unwrap_or_default();
                assert!(members.contains_key(name), "{command}: no `{path}` in {value}");
            }
            for (name, value) in members {
                check_always(command, value, &format!("{prefix}{name}"), always);
            }
        }
        Json::Array(items) => items
            .iter()
            .for_each(|item| check_always(command, item, &format!("{at}[]"), always)),
        _ => {}
    }
}

/// Runs commands and records what they print.
struct Recorder {
    workspace: Workspace,
    registry: OciServer,
    /// Nothing can be written to it.
    refusing: S3Server,
    printed: BTreeMap<String, Vec<Json>>,
}

impl Recorder {
    /// Runs a command line, in which `FILE` is a directory and `OCI` a registry.
    fn run(&mut self, code: i32, line: &str) {
        let line = line
            .replace(
                "FILE",
                &format!("file://{}", self.workspace.path("repository").display()),
            )
            .replace("OCI", &format!("--plain-http {}", self.registry.repository()));
        let words: Vec<&str> = line.split(' ').collect();
        let home = self.workspace.path("").display().to_string();
        let variables = [
            ("HOME", home.as_str()),
            ("AWS_ENDPOINT_URL", &self.refusing.endpoint),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ];
        let run = run(
            &self.workspace.path(""),
            &[&words, &["-o", "json"][..]].concat(),
            &variables,
        );
        assert_eq!(run.code, code, "{line}: {}", run.all());
        let json = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.all()));
        let mut command = words[0].to_owned();
        if command == "repo" {
            command = format!("repo {}", words[1]);
        }
        if words.contains(&"--check") {
            command.push_str(" --check");
        }
        self.printed.entry(command).or_default().push(json);
    }

    /// Runs a command line that prints no JSON.
    fn prepare(&self, line: &str) {
        let run = self.workspace.run(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(run.code, 0, "{line}: {}", run.all());
    }
}

/// A repository whose index does not agree with its archives: an entry without digest and archive, one of a file that is not a chart, one with a
/// wrong digest, and archives that are not listed.
fn index_that_does_not_agree(recorder: &mut Recorder) {
    recorder.prepare("package web --version 0.2.0 -d repository");
    recorder.workspace.write("repository/other.tgz", "not an archive");
    let index = std::fs::read_to_string(recorder.workspace.path("repository/index.yaml")).expect("an index");
    let gone = "  gone:\n  - {name: gone, version: 1.0.0, apiVersion: v2, urls: [gone-1.0.0.tgz]}\n";
    let broken = "  other:\n  - {name: other, version: 1.0.0, apiVersion: v2, digest: '11', urls: [other.tgz]}\n";
    let with_gone = index.replace("entries:\n", &format!("entries:\n{gone}{broken}"));
    assert_ne!(with_gone, index);
    recorder.workspace.write("repository/index.yaml", &with_gone);
    recorder.run(1, "repo check FILE");
    recorder.run(0, "repo list FILE");
    recorder.run(0, "repo index FILE --dry-run");
    let digits = index.split("digest: ").nth(1).and_then(|rest| rest.get(..64));
    let wrong = with_gone.replace(digits.expect("a digest"), &"0".repeat(64));
    recorder.workspace.write("repository/index.yaml", &wrong);
    recorder.run(0, "repo index FILE");
    recorder.run(0, "repo prune FILE --keep 1");
}

/// An old version that is also tagged `stable`, and a version with other content.
fn tags_that_stay(recorder: &mut Recorder) {
    recorder.prepare("package web --version 0.3.0 -d dist");
    recorder.run(0, "push dist/web-0.3.0.tgz --dry-run OCI");
    recorder.run(0, "push dist/web-0.3.0.tgz OCI");
    {
        let mut content = recorder.registry.content.lock().expect("not poisoned");
        let manifest = content.manifests["charts/web:0.1.0"].clone();
        content.manifests.insert("charts/web:stable".to_owned(), manifest);
        content.tags.push("stable".to_owned());
    }
    recorder.run(0, "repo prune OCI --keep 1");
    recorder.workspace.write("web/values.yaml", "other: content\n");
    recorder.prepare("package web --version 0.3.0 -d dist");
    recorder.run(1, "push dist/web-0.3.0.tgz OCI");
    recorder.run(0, "push dist/web-0.3.0.tgz --skip-existing OCI");
    recorder.run(3, "package web --version 0.3.0 -d dist --check FILE");
    recorder.prepare("package web --version 0.4.0 -d dist");
    recorder.run(0, "push dist/web-0.4.0.tgz OCI");
    recorder.run(0, "repo prune OCI --keep 1");
}

#[test]
fn commands_print_the_members_of_the_table() {
    let workspace = Workspace::chart(&[]);
    let file = workspace.path("repository").display().to_string();
    workspace.write(
        "chartwright.yaml",
        &format!("repositories: [{{name: main, url: 'file://{file}', branches: ['*']}}]\n"),
    );
    let mut recorder = Recorder {
        workspace,
        registry: OciServer::start(Behaviour {
            has_catalog: true,
            deletes: Deletes::Tags,
            ..Behaviour::default()
        }),
        refusing: S3Server::start(S3Behaviour::RefusesWrites),
        printed: BTreeMap::new(),
    };
    recorder.run(0, "package web -d dist --dry-run");
    recorder.run(
        0,
        &format!("package web -d dist --sign --key Plain --keyring {SECRET_KEY}"),
    );
    recorder.run(0, &format!("verify dist/web-0.1.0.tgz --keyring {PUBLIC_KEYS}"));
    recorder.run(0, "push dist/web-0.1.0.tgz --to main");
    recorder.run(3, "push dist/web-0.1.0.tgz s3://bucket/charts");
    recorder.run(0, "push dist/web-0.1.0.tgz OCI");
    recorder.run(0, "push dist/web-0.1.0.tgz OCI");
    recorder.run(0, "pull web --untar --untardir there --repo FILE");
    recorder.run(0, "pull OCI/web");
    for repository in ["FILE", "OCI"] {
        recorder.run(0, &format!("repo list {repository}"));
        recorder.run(0, &format!("repo delete {repository} web 0.1.0 --dry-run"));
    }
    recorder.run(0, "repo copy FILE OCI web 0.1.0");
    recorder.run(0, "repo copy OCI FILE web 0.1.0");
    index_that_does_not_agree(&mut recorder);
    tags_that_stay(&mut recorder);

    let documented = documented();
    let commands: Vec<&String> = recorder.printed.keys().collect();
    assert_eq!(documented.keys().collect::<Vec<_>>(), commands);
    for (command, reports) in &recorder.printed {
        let members = &documented[command];
        let all: BTreeSet<String> = reports.iter().flat_map(printed).collect();
        assert_eq!(members.keys().cloned().collect::<BTreeSet<_>>(), all, "{command}");
        let always = members.iter().filter(|(_, always)| **always);
        let always: BTreeSet<String> = always.map(|(member, _)| member.clone()).collect();
        for report in reports {
            check_always(command, report, "", &always);
            let text = report.to_string();
            // Errors are sentences, which write digests with their algorithm.
            assert!(
                text.contains("\"error\"") || !text.contains("sha256:"),
                "{command}: {text}"
            );
            assert!(!text.contains("igest\":\"\""), "{command}: {text}");
        }
    }
}
