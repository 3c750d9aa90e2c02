//! `chartwright repo` on registries: what is listed, found, removed and copied, and what is refused.

use std::path::Path;
use std::process::{Command, Output};

use super::remote_oci_server::{Behaviour, Deletes, Fault, OciServer};
use super::remote_settings::{packed, sha256};

fn chartwright(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
    command.args(arguments).env_clear().env("HOME", home).current_dir(home);
    command.output().expect("runs")
}

fn all(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// Runs a command, which has to end with an exit code.
fn run(home: &Path, code: i32, arguments: &[&str]) -> String {
    let output = chartwright(home, arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", all(&output));
    all(&output)
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A registry, a directory beside it, and some charts in the registry.
struct Registry {
    home: tempfile::TempDir,
    server: OciServer,
}

impl Registry {
    fn with(behaviour: Behaviour, charts: &[(&str, &str)]) -> Self {
        let registry = Self {
            home: tempfile::tempdir().expect("a directory"),
            server: OciServer::start(behaviour),
        };
        for (name, version) in charts {
            let archive = registry.archive(name, version);
            registry.run(0, &["push", &archive, &registry.address(), "--plain-http"]);
        }
        registry
    }

    fn address(&self) -> String {
        self.server.repository()
    }

    fn archive(&self, name: &str, version: &str) -> String {
        let path = self.home.path().join(format!("{name}-{version}.tgz"));
        std::fs::write(&path, packed(name, version)).expect("writes");
        path.display().to_string()
    }

    fn run(&self, code: i32, arguments: &[&str]) -> String {
        run(self.home.path(), code, arguments)
    }

    fn repo(&self, code: i32, command: &str, arguments: &[&str]) -> String {
        let address = self.address();
        self.run(
            code,
            &[&["repo", command, &address], arguments, &["--plain-http"]].concat(),
        )
    }

    /// The tags that are there, with their repositories.
    fn tags(&self) -> Vec<String> {
        let content = self.server.content.lock().expect("not poisoned");
        let keys = content.manifests.keys().filter(|key| !key.contains("sha256:"));
        let mut tags: Vec<String> = keys.cloned().collect();
        tags.sort();
        tags
    }
}

const CHARTS: [(&str, &str); 4] = [
    ("web", "1.0.0"),
    ("web", "1.10.0+b.1"),
    ("web", "1.9.0"),
    ("api", "0.1.0"),
];

#[test]
fn charts_are_listed_by_the_catalog_or_by_their_name() {
    let with_catalog = Registry::with(
        Behaviour {
            has_catalog: true,
            page: Some(2),
            ..Behaviour::default()
        },
        &CHARTS,
    );
    let listed = json(&with_catalog.repo(0, "list", &["-o", "json"]));
    let charts = listed["charts"].as_array().expect("a list");
    let names: Vec<String> = charts
        .iter()
        .map(|chart| format!("{} {}", chart["name"], chart["version"]).replace('"', ""))
        .collect();
    assert_eq!(names, ["api 0.1.0", "web 1.10.0+b.1", "web 1.9.0", "web 1.0.0"]);
    assert_eq!(charts[3]["digest"], sha256(&packed("web", "1.0.0")));
    assert_eq!(charts[3]["description"], "A chart.");
    assert_eq!(
        charts[1]["urls"][0],
        format!("{}/web:1.10.0_b.1", with_catalog.address())
    );

    let without = Registry::with(Behaviour::default(), &CHARTS);
    let refused = without.repo(3, "list", &[]);
    for words in [
        "is not a chart, and the registry does not list what is below it",
        "401",
        "help: name one chart",
    ] {
        assert!(refused.contains(words), "{words}: {refused}");
    }
    let named = without.repo(0, "list", &["web"]);
    assert_eq!(named.lines().count(), 4, "{named}");
    let by_address = format!("{}/web", without.address());
    assert_eq!(without.run(0, &["repo", "list", &by_address, "--plain-http"]), named);
    without.repo(3, "list", &["other"]);
}

#[test]
fn what_a_tag_has_is_checked() {
    let registry = Registry::with(
        Behaviour {
            has_catalog: true,
            ..Behaviour::default()
        },
        &CHARTS,
    );
    let clean = registry.repo(0, "check", &[]);
    assert!(clean.contains("the tags have the charts that they name"), "{clean}");
    {
        let mut content = registry.server.content.lock().expect("not poisoned");
        let lost = sha256(&packed("web", "1.9.0"));
        content.blobs.remove(&format!("sha256:{lost}"));
        let changed = format!("sha256:{}", sha256(&packed("web", "1.10.0+b.1")));
        content.blobs.insert(changed, packed("web", "6.6.6"));
        // The manifest of one version under the tag of another, and one chart in the repository of another.
        let manifest = content.manifests["charts/web:1.0.0"].clone();
        content
            .manifests
            .insert("charts/web:2.0.0".to_owned(), manifest.clone());
        content.manifests.insert("charts/api:1.0.0".to_owned(), manifest);
        content.manifests.insert(
            "charts/web:3.0.0".to_owned(),
            br#"{"config": {"mediaType": "application/vnd.oci.image.config.v1+json"}}"#.to_vec(),
        );
        content.tags.extend(["2.0.0".to_owned(), "3.0.0".to_owned()]);
    }
    let report = json(&registry.repo(1, "check", &["-o", "json"]));
    let mut found: Vec<String> = report["faults"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|fault| format!("{} {}", fault["object"], fault["kind"]).replace('"', ""))
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            "api:1.0.0 not-the-chart",
            "web:1.10.0_b.1 digest-differs",
            "web:1.9.0 tag-without-layer",
            "web:2.0.0 not-the-chart",
            "web:3.0.0 not-the-chart",
        ]
    );
    let text = registry.repo(1, "check", &[]);
    assert!(
        text.contains("its archive has the version 1.0.0, whose tag is 1.0.0"),
        "{text}"
    );
}

#[test]
fn a_version_is_removed_where_the_registry_removes_at_all() {
    for (deletes, code) in [(Deletes::Tags, 0), (Deletes::Manifests, 0), (Deletes::Nothing, 3)] {
        let registry = Registry::with(
            Behaviour {
                deletes,
                ..Behaviour::default()
            },
            &CHARTS,
        );
        let dry = registry.repo(0, "delete", &["web", "1.10.0+b.1", "--dry-run"]);
        assert!(dry.starts_with("Would remove web 1.10.0+b.1 ("), "{dry}");
        assert_eq!(registry.tags().len(), 4, "{deletes:?}");
        let text = registry.repo(code, "delete", &["web", "1.10.0+b.1"]);
        if deletes == Deletes::Nothing {
            for words in [
                "405",
                "UNSUPPORTED",
                "does not remove charts on request",
                "REGISTRY_STORAGE_DELETE_ENABLED",
            ] {
                assert!(text.contains(words), "{words}: {text}");
            }
            assert_eq!(registry.tags().len(), 4);
            continue;
        }
        assert_eq!(
            registry.tags(),
            ["charts/api:0.1.0", "charts/web:1.0.0", "charts/web:1.9.0"]
        );
        // The port of the server can have the digits of the status too.
        let missing = registry.repo(3, "list", &["none"]);
        let missing = missing.replace(&registry.server.server.host().to_string(), "");
        assert!(
            missing.contains("does not have a chart `none`") && !missing.contains("404"),
            "{missing}"
        );
        let missing = registry.repo(3, "delete", &["web", "1.10.0+b.1"]);
        assert!(missing.contains("does not have web 1.10.0+b.1"), "{missing}");
    }
}

#[test]
fn a_manifest_with_another_tag_is_not_removed() {
    let registry = Registry::with(
        Behaviour {
            deletes: Deletes::Manifests,
            ..Behaviour::default()
        },
        &CHARTS,
    );
    {
        let mut content = registry.server.content.lock().expect("not poisoned");
        let manifest = content.manifests["charts/web:1.0.0"].clone();
        content.manifests.insert("charts/web:stable".to_owned(), manifest);
        content.tags.push("stable".to_owned());
    }
    let text = registry.repo(3, "delete", &["web", "1.0.0"]);
    assert!(text.contains("has the same manifest as stable"), "{text}");
    assert_eq!(registry.tags().len(), 5);
}

#[test]
fn old_versions_are_removed_and_new_ones_stay() {
    let registry = Registry::with(
        Behaviour {
            has_catalog: true,
            deletes: Deletes::Tags,
            ..Behaviour::default()
        },
        &CHARTS,
    );
    let young = registry.repo(0, "prune", &["--keep", "1", "--older-than", "36500d"]);
    assert!(young.starts_with("Nothing to remove"), "{young}");
    let dry = json(&registry.repo(0, "prune", &["--keep", "2", "--dry-run", "-o", "json"]));
    assert_eq!(dry["removed"][0]["url"], format!("{}/web:1.0.0", registry.address()));
    registry.repo(0, "prune", &["--keep", "2"]);
    assert_eq!(
        registry.tags(),
        ["charts/api:0.1.0", "charts/web:1.10.0_b.1", "charts/web:1.9.0"]
    );
}

/// One more tag for the manifest of another.
fn tag(registry: &Registry, repository: &str, from: &str, to: &str) {
    let mut content = registry.server.content.lock().expect("not poisoned");
    let manifest = content.manifests[&format!("{repository}:{from}")].clone();
    content.manifests.insert(format!("{repository}:{to}"), manifest);
    content.tags.push(to.to_owned());
}

#[test]
fn versions_with_a_tag_that_stays_are_kept() {
    for deletes in [Deletes::Tags, Deletes::Manifests] {
        let registry = Registry::with(
            Behaviour {
                has_catalog: true,
                deletes,
                ..Behaviour::default()
            },
            &CHARTS,
        );
        tag(&registry, "charts/web", "1.9.0", "stable");
        // Two old versions of one manifest go together.
        tag(&registry, "charts/web", "1.0.0", "0.9.0");
        let dry = json(&registry.repo(0, "prune", &["--keep", "1", "--dry-run", "-o", "json"]));
        let text = registry.repo(0, "prune", &["--keep", "1"]);
        assert!(text.contains("Kept web 1.9.0, which is also tagged stable\n"), "{text}");
        assert_eq!(dry["kept"][0]["tags"][0], "stable", "{dry}");
        let promised: Vec<&str> = dry["removed"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|one| one["url"].as_str())
            .collect();
        assert_eq!(promised.len(), 2, "{dry}");
        assert!(promised.iter().all(|url| text.contains(url)), "{promised:?}: {text}");
        assert_eq!(
            registry.tags(),
            [
                "charts/api:0.1.0",
                "charts/web:1.10.0_b.1",
                "charts/web:1.9.0",
                "charts/web:stable"
            ],
            "{deletes:?}"
        );
    }
}

#[test]
fn what_was_removed_before_a_failure_is_reported() {
    let registry = Registry::with(
        Behaviour {
            has_catalog: true,
            deletes: Deletes::OneTag,
            ..Behaviour::default()
        },
        &CHARTS,
    );
    let text = registry.repo(3, "prune", &["--keep", "1"]);
    for words in ["Removed web 1.9.0 (oci://", "Error: ", "403"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("Removed web 1.0.0"), "{text}");
    assert_eq!(registry.tags().len(), 3);
}

#[test]
fn pages_that_bring_nothing_new_end() {
    let registry = Registry::with(
        Behaviour {
            page: Some(2),
            fault: Fault::EndlessTags,
            ..Behaviour::default()
        },
        &CHARTS[..3],
    );
    let text = registry.repo(3, "list", &["web"]);
    assert!(text.contains("pages of tags do not end"), "{text}");
    assert!(registry.server.server.lines().len() < 100);
}

#[test]
fn a_registry_has_no_index() {
    let registry = Registry::with(Behaviour::default(), &[]);
    let text = registry.run(2, &["repo", "index", &registry.address()]);
    assert!(text.contains("there is nothing to rebuild"), "{text}");
}

#[test]
fn a_copy_has_the_same_bytes_wherever_it_goes() {
    let registry = Registry::with(Behaviour::default(), &[]);
    let archive = registry.archive("web", "1.0.0+b.1");
    std::fs::write(format!("{archive}.prov"), "a signature").expect("writes");
    registry.run(0, &["push", &archive, &registry.address(), "--plain-http"]);
    let manifest = registry.server.content.lock().expect("not poisoned").manifests["charts/web:1.0.0_b.1"].clone();
    let copy = |code: i32, from: &str, to: &str, more: &[&str]| {
        registry.run(
            code,
            &[&["repo", "copy", from, to, "web", "1.0.0+b.1", "--plain-http"], more].concat(),
        )
    };

    // Within a registry the blobs are mounted: none is sent.
    let before = registry.server.server.lines().len();
    let promoted = registry.address().replace("/charts", "/stable");
    let dry = copy(0, &registry.address(), &promoted, &["--dry-run"]);
    assert!(dry.starts_with("Would copy web 1.0.0+b.1"), "{dry}");
    copy(0, &registry.address(), &promoted, &[]);
    let sent = registry.server.server.lines().split_off(before);
    let puts: Vec<&String> = sent.iter().filter(|line| line.starts_with("PUT")).collect();
    assert_eq!(puts, ["PUT /v2/stable/web/manifests/1.0.0_b.1"]);
    assert_eq!(sent.iter().filter(|line| line.contains("?mount=sha256")).count(), 3);
    let again = copy(0, &registry.address(), &promoted, &[]);
    assert!(again.starts_with("Unchanged: web"), "{again}");
    // To another registry they are sent.
    let other = OciServer::start(Behaviour::default());
    copy(0, &registry.address(), &other.repository(), &[]);
    for (content, key) in [
        (&registry.server.content, "stable/web:1.0.0_b.1"),
        (&other.content, "charts/web:1.0.0_b.1"),
    ] {
        assert_eq!(content.lock().expect("not poisoned").manifests[key], manifest, "{key}");
    }
    // To a directory and back: the archive and the signature are the same files.
    let directory = registry.home.path().join("indexed");
    std::fs::create_dir(&directory).expect("a directory");
    let address = format!("file://{}", directory.display());
    copy(0, &registry.address(), &address, &[]);
    assert_eq!(
        std::fs::read(directory.join("web-1.0.0+b.1.tgz")).expect("is there"),
        packed("web", "1.0.0+b.1")
    );
    assert_eq!(
        std::fs::read(directory.join("web-1.0.0+b.1.tgz.prov")).expect("is there"),
        b"a signature"
    );
    let third = OciServer::start(Behaviour::default());
    copy(0, &address, &third.repository(), &[]);
    assert_eq!(
        third.content.lock().expect("not poisoned").manifests["charts/web:1.0.0_b.1"],
        manifest
    );
}

#[test]
fn a_copy_does_not_replace_other_content_unless_told_to() {
    let registry = Registry::with(Behaviour::default(), &[("web", "1.0.0")]);
    let other = OciServer::start(Behaviour::default());
    let from = tempfile::tempdir().expect("a directory");
    let archive = from.path().join("web-1.0.0.tgz");
    let files = [
        ("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        ("values.yaml", "other: content\n"),
    ];
    let files = files.map(|(name, text)| chartwright::engine::chart::ChartFile::new(name.to_owned(), text.as_bytes()));
    std::fs::write(
        &archive,
        chartwright::artifact::package::pack(&files, "web").expect("packs"),
    )
    .expect("writes");
    registry.run(
        0,
        &[
            "push",
            &archive.display().to_string(),
            &other.repository(),
            "--plain-http",
        ],
    );
    let (address, target) = (registry.address(), other.repository());
    let copy = ["repo", "copy", &address, &target, "web", "1.0.0", "--plain-http"];
    let refused = registry.run(1, &copy);
    assert!(refused.contains("with different content"), "{refused}");
    registry.run(0, &[&copy[..], &["--force"]].concat());
    let key = "charts/web:1.0.0";
    let manifest = |server: &OciServer| server.content.lock().expect("not poisoned").manifests[key].clone();
    assert_eq!(manifest(&other), manifest(&registry.server));
    let missing = registry.run(3, &["repo", "copy", &address, &target, "web", "9.9.9", "--plain-http"]);
    assert!(missing.contains("does not have web 9.9.9"), "{missing}");
}
