//! `chartwright poll` against a registry: what is newer, what is written, and what is said where something fails.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value as Json, json};

use super::remote_oci_server::{Access, Behaviour, OciServer};
use super::remote_settings::sha256;

/// A registry with images, and a directory with a values file.
pub(super) struct Registry {
    pub(super) home: tempfile::TempDir,
    pub(super) server: OciServer,
}

impl Registry {
    /// The tags of `acme/web`, each made an hour after the one before it.
    pub(super) fn with(behaviour: Behaviour, tags: &[&str]) -> Self {
        let registry = Self {
            home: tempfile::tempdir().expect("a directory"),
            server: OciServer::start(behaviour),
        };
        for (hour, tag) in tags.iter().enumerate() {
            registry.add("acme/web", tag, hour);
        }
        registry
    }

    /// An image for two platforms, as buildx pushes it: a list whose first entry is an attestation.
    pub(super) fn add(&self, repository: &str, tag: &str, hour: usize) -> String {
        let mut content = self.server.content.lock().expect("not poisoned");
        let mut blob = |text: String| {
            let digest = format!("sha256:{}", sha256(text.as_bytes()));
            let size = text.len();
            content.blobs.insert(digest.clone(), text.into_bytes());
            (digest, size)
        };
        let (config, size) = blob(
            json!({
                "created": format!("2026-11-27T{hour:02}:00:00.5Z"), "tag": tag,
                "config": {"Labels": {
                    "org.opencontainers.image.source": "https://me:hunter2@github.com/acme/web.git",
                    "org.opencontainers.image.revision": format!("{hour:07x}"),
                }},
            })
            .to_string(),
        );
        let manifest = json!({"config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": size}, "layers": []});
        let mut manifest_of = |names: &[&str], manifest: &Json| {
            let text = manifest.to_string();
            let digest = format!("sha256:{}", sha256(text.as_bytes()));
            for name in names.iter().copied().chain([digest.as_str()]) {
                content
                    .manifests
                    .insert(format!("{repository}:{name}"), text.clone().into_bytes());
            }
            digest
        };
        let platform = manifest_of(&[], &manifest);
        let entry = |digest: &str, os: &str| json!({"digest": digest, "size": 1, "platform": {"os": os, "architecture": "amd64"}});
        let attestation = format!("sha256:{}", "0".repeat(64));
        let list = json!({"manifests": [entry(&attestation, "unknown"), entry(&platform, "linux")]});
        let digest = manifest_of(&[tag], &list);
        content.tags.push(tag.to_owned());
        digest
    }

    pub(super) fn image(&self) -> String {
        format!("{}/acme/web", self.server.server.host())
    }

    pub(super) fn write(&self, file: &str, text: &str) {
        std::fs::write(self.home.path().join(file), text).expect("writes");
    }

    pub(super) fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.home.path().join(file)).expect("is there")
    }

    fn poll(&self, code: i32, arguments: &[&str]) -> String {
        let arguments: Vec<&str> = ["poll"].iter().chain(arguments).copied().collect();
        self.run(code, &arguments, &[])
    }

    /// Runs a command, and gives what it says with `HOST` for the registry's host.
    pub(super) fn run(&self, code: i32, arguments: &[&str], environment: &[(&str, &str)]) -> String {
        let output = chartwright(self.home.path(), arguments, environment);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(self.server.server.host(), "HOST");
        let all = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {all}");
        all
    }
}

fn chartwright(home: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
    command.args(arguments).arg("--plain-http");
    command.env_clear().env("HOME", home).current_dir(home);
    command.envs(environment.iter().copied());
    command.output().expect("runs")
}

#[test]
fn newer_tags_are_listed_and_written() {
    let registry = Registry::with(Behaviour::default(), &["1.0.0", "1.0.1", "1.2.0", "2.0.0", "latest"]);
    let values = format!(
        "# of the shop\nweb:\n  image: {}:1.0.0 # now\nold:\n  image:\n    registry: {}\n    repository: acme/web\n    tag: \"2.0.0\"\n",
        registry.image(),
        registry.server.server.host()
    );
    registry.write("values.yaml", &values);
    registry.write(
        "values-prod.yaml",
        &format!("image: {{repository: {}, tag: v1}}\n", registry.image()),
    );
    let shown = registry.poll(0, &[]);
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = shown.lines().map(words).collect();
    assert_eq!(
        lines,
        [
            "IMAGE TAG NEWEST CHANGE PLACE",
            "HOST/acme/web v1 v1 current values-prod.yaml:1",
            "HOST/acme/web 1.0.0 1.2.0 minor values.yaml:3",
            "HOST/acme/web 2.0.0 2.0.0 current values.yaml:8",
        ]
    );
    assert_eq!(registry.read("values.yaml"), values, "nothing is written unless asked");
    registry.poll(10, &["--detailed-exitcode", "-f", "values.yaml"]);
    let diff = registry.poll(
        0,
        &["-f", "values.yaml", "--patch", "--dry-run", "--track", "PatchLevel"],
    );
    assert!(diff.contains("+  image: HOST/acme/web:1.0.1 # now"), "{diff}");
    assert_eq!(registry.read("values.yaml"), values);
    registry.poll(0, &["-f", "values.yaml", "--patch"]);
    assert_eq!(registry.read("values.yaml"), values.replace("1.0.0", "1.2.0"));
    registry.poll(0, &["-f", "values.yaml", "--detailed-exitcode"]);
}

#[test]
fn digests_and_times_come_from_the_registry() {
    let registry = Registry::with(Behaviour::default(), &["main-3842bd0", "main-9842bd1", "dev-9842bd2"]);
    let old = format!("sha256:{}", "a".repeat(64));
    registry.write(
        "values.yaml",
        &format!("image: {}:main-3842bd0@{old}\n", registry.image()),
    );
    let newest = registry.add("acme/web", "main-0842bd3", 9);
    let shown = registry.poll(0, &["--track", "Newest", "--patch", "-o", "json"]);
    let found: Json = serde_json::from_str(&shown).expect(&shown);
    assert_eq!(
        found,
        json!({
            "images": [{
                "image": "HOST/acme/web", "tag": "main-3842bd0", "digest": old, "file": "values.yaml", "line": 1,
                "status": "newer", "newTag": "main-0842bd3", "newDigest": newest,
            }],
            "updates": 1, "failures": 0, "left": [], "written": true,
        })
    );
    assert_eq!(
        registry.read("values.yaml"),
        format!("image: {}:main-0842bd3@{newest}\n", registry.image())
    );
}

#[test]
fn one_registry_that_fails_does_not_hide_the_others() {
    let private = Behaviour {
        access: Access::PrivateToken,
        ..Behaviour::default()
    };
    let closed = Registry::with(private, &["1.0.0", "1.0.1"]);
    let open = Registry::with(Behaviour::default(), &["1.0.0", "1.0.1"]);
    let values = format!(
        "a: {{image: {}:1.0.0}}\nb: {{image: {}:1.0.0}}\n",
        closed.image(),
        open.image()
    );
    open.write("values.yaml", &values);
    let shown = open.poll(3, &["--patch"]);
    assert!(shown.contains("unknown  values.yaml:1"), "{shown}");
    assert!(
        shown.contains("401 Unauthorized: UNAUTHORIZED: authentication required") && shown.contains("login"),
        "{shown}"
    );
    let edited = format!(
        "a: {{image: {}:1.0.0}}\nb: {{image: {}:1.0.1}}\n",
        closed.image(),
        open.image()
    );
    assert_eq!(open.read("values.yaml"), edited);
}

/// One that is refused does not keep the others where they are, and the list names the line that the patch changes.
#[test]
fn tags_behind_aliases_and_in_blocks_are_found() {
    let registry = Registry::with(Behaviour::default(), &["1.0.0", "1.2.0"]);
    let image = registry.image();
    let values = format!(
        "x-tag: &t 1.0.0\nweb:\n  image:\n    repository: {image}\n    pullPolicy: Always\n    tag: *t\nside:\n  image: |\n    {image}:1.0.0\nother:\n  image: >-\n    {image}:1.0.0\n"
    );
    registry.write("values.yaml", &values);
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
    let listed = registry.poll(0, &[]);
    let lines: Vec<String> = listed.lines().map(words).collect();
    let refusal = "HOST/acme/web:1.0.0 stays: values.yaml:6:10: `web.image.tag` is shared through the anchor `t`, so other values would change with it";
    assert_eq!(
        lines,
        [
            "IMAGE TAG NEWEST CHANGE PLACE",
            "HOST/acme/web 1.0.0 1.2.0 minor values.yaml:1",
            "HOST/acme/web 1.0.0 1.2.0 minor values.yaml:8",
            "HOST/acme/web 1.0.0 1.2.0 minor values.yaml:11",
            &format!("note: {refusal}"),
        ]
    );
    let shown = registry.poll(1, &["--patch"]);
    let error =
        format!("Error: {refusal}\n  help: give --through-anchors to change every place that uses the anchor\n");
    assert!(shown.ends_with(&error), "{shown}");
    assert!(
        shown.contains("values.yaml:8: side.image: ") && shown.contains("values.yaml:11: other.image: "),
        "{shown}"
    );
    let blocks = values.replace(&format!("{image}:1.0.0"), &format!("{image}:1.2.0"));
    assert_eq!(registry.read("values.yaml"), blocks);
    let shown = registry.poll(0, &["--patch", "--through-anchors"]);
    assert!(
        shown.contains("values.yaml:1: web.image.tag: 1.0.0 -> 1.2.0"),
        "{shown}"
    );
    assert_eq!(registry.read("values.yaml"), blocks.replace("&t 1.0.0", "&t 1.2.0"));
}

#[test]
fn an_image_that_is_asked_for_has_to_be_named() {
    let registry = Registry::with(Behaviour::default(), &["1.0.0"]);
    registry.write("values.yaml", &format!("image: {}:1.0.0\n", registry.image()));
    let shown = registry.poll(1, &["--image", "typo/web", "--image", &registry.image()]);
    assert_eq!(
        shown,
        "Error: no value names the image `typo/web` in values.yaml\n  help: without --image, `chartwright poll` lists the images that the files name\n"
    );
    registry.poll(0, &["--image", &registry.image()]);
}

#[test]
fn wrong_usage_says_what_to_do() {
    let registry = Registry::with(Behaviour::default(), &["1.0.0"]);
    for (arguments, words) in [
        (
            &["--track", "Newset"][..],
            "unknown track `Newset` (did you mean `Newest`?)",
        ),
        (&["--filter", "("], "unclosed group"),
        (&["--image", "acme/web:1.0.0"], "this is not a repository"),
        (&[], "there is no values.yaml, values-*.yaml or Chart.yaml here"),
        (&["--dry-run"], "--patch"),
    ] {
        let shown = registry.poll(2, arguments);
        assert!(shown.contains(words), "{arguments:?}: {shown}");
    }
    registry.write("values.yaml", "a: b\n");
    assert_eq!(registry.poll(0, &[]), "no image is named\n");
}

/// A tag that a digest in another file wins over does not move alone, nor does the digest.
#[test]
fn a_digest_in_another_file_keeps_a_tag_where_it_is() {
    let registry = Registry::with(Behaviour::default(), &["1.0.0", "1.1.0"]);
    let digest = format!("sha256:{}", "b".repeat(64));
    std::fs::create_dir_all(registry.home.path().join("templates")).expect("is made");
    registry.write("Chart.yaml", "apiVersion: v2\nname: shop\nversion: 0.1.0\n");
    registry.write(
        "templates/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: {{ .Values.image.repository }}:{{ .Values.image.tag }}@{{ .Values.image.digest }}\n",
    );
    let values = format!(
        "image:\n  repository: {}\n  tag: 1.0.0\n  digest: {digest}\n",
        registry.image()
    );
    let testing = "image:\n  tag: 1.0.0\n";
    registry.write("values.yaml", &values);
    registry.write("values-testing.yaml", testing);
    let new = format!("{}:1.1.0", registry.image());
    let said = registry.run(
        0,
        &["event", "-f", "values-testing.yaml", "--image", &new, "--patch"],
        &[],
    );
    assert!(
        said.contains("is pinned by a digest that is not in this file, but is `image.digest` of values.yaml:4"),
        "{said}"
    );
    let said = registry.poll(0, &["--patch"]);
    assert!(
        said.contains("its digest also pins the tag in values-testing.yaml:2"),
        "{said}"
    );
    assert_eq!(registry.read("values.yaml"), values);
    assert_eq!(registry.read("values-testing.yaml"), testing);
    // With a digest of its own, each file moves.
    registry.write("values-testing.yaml", &format!("{testing}  digest: {digest}\n"));
    registry.poll(0, &["--patch"]);
    for file in ["values.yaml", "values-testing.yaml"] {
        let text = registry.read(file);
        assert!(text.contains("tag: 1.1.0") && !text.contains(&digest), "{text}");
    }
}

/// A chart that depends on charts of the registry, with a lock that is of it.
fn application_chart(registry: &Registry, range: &str) -> String {
    let repository = format!("oci://{}/charts", registry.server.server.host());
    let chart = format!(
        "apiVersion: v2\nname: shop\nversion: 0.1.0\ndependencies:\n# ours\n- name: web\n  version: '1.2.0' # now\n  repository: {repository}\n- {{name: db, repository: '{repository}', version: {range}}}\n- {{name: near, repository: 'file://near', version: 1.0.0}}\n"
    );
    registry.write("Chart.yaml", &chart);
    std::fs::create_dir_all(registry.home.path().join("near")).expect("is made");
    registry.write("near/Chart.yaml", "apiVersion: v2\nname: near\nversion: 1.0.0\n");
    let entry = |name: &str| format!("- name: {name}\n  repository: {repository}\n  version: 1.2.0\n");
    let near = "- name: near\n  repository: file://near\n  version: 1.0.0\n";
    let lock = |digest: &str| {
        format!(
            "dependencies:\n{}{}{near}digest: {digest}\ngenerated: \"2026-11-28T00:00:00Z\"\n",
            entry("web"),
            entry("db")
        )
    };
    let request =
        |name: &str, range: &str| format!(r#"{{"name":"{name}","version":"{range}","repository":"{repository}"}}"#);
    let near = r#"{"name":"near","version":"1.0.0","repository":"file://near"}"#;
    let list = |db: &str| format!("[{},{},{near}]", request("web", "1.2.0"), request("db", db));
    let digest = format!(
        "sha256:{}",
        sha256(format!("[{},{}]", list(range), list("1.2.0")).as_bytes())
    );
    registry.write("Chart.lock", &lock(&digest));
    chart
}

#[test]
fn charts_that_a_chart_depends_on_move_with_their_lock() {
    let registry = Registry::with(Behaviour::default(), &[]);
    for version in ["1.2.0", "1.3.0", "2.0.0"] {
        registry.add("charts/web", version, 0);
        registry.add("charts/db", version, 0);
    }
    let chart = application_chart(&registry, "^1.0.0");
    let files = ["-f", "Chart.yaml", "-f", "Chart.lock"];
    let poll = |more: &[&str]| registry.poll(0, &[&files[..], more].concat());
    let all = poll(&["--track", "MajorVersion", "-o", "json"]);
    let json: Json = serde_json::from_str(&all).expect("JSON");
    let shown =
        |row: &Json| format!("{} {} {} {}", row["chart"], row["tag"], row["newTag"], row["file"]).replace('"', "");
    let rows: Vec<String> = json["images"].as_array().expect("rows").iter().map(shown).collect();
    // The range allows no other major version; what is in a directory is not looked up.
    let wanted = [
        "oci://HOST/charts/web 1.2.0 2.0.0 Chart.yaml",
        "oci://HOST/charts/db 1.2.0 1.3.0 Chart.lock",
    ];
    assert_eq!(rows, wanted, "{all}");
    let old = registry.read("Chart.lock");
    registry.write("Chart.lock.sums", "");
    let said = poll(&["--patch"]);
    assert!(
        said.contains("Chart.lock.sums has no digests of the new versions"),
        "{said}"
    );
    std::fs::remove_file(registry.home.path().join("Chart.lock.sums")).expect("is removed");
    assert_eq!(
        registry.read("Chart.yaml"),
        chart.replace("'1.2.0'", "'1.3.0'"),
        "{said}"
    );
    let digest = |lock: &str| {
        lock.lines()
            .find(|line| line.starts_with("digest: "))
            .expect("has one")
            .to_owned()
    };
    let new = registry.read("Chart.lock");
    assert_ne!(digest(&new), digest(&old));
    assert_eq!(new, old.replace("1.2.0", "1.3.0").replace(&digest(&old), &digest(&new)));
    // It is in sync: a build takes what it says.
    assert!(
        !registry
            .run(3, &["dependency", "build", "."], &[])
            .contains("out of sync")
    );
    // A chart that was pushed moves what depends on it, by hand too.
    application_chart(&registry, "^1.0.0");
    let pushed = format!("oci://{}/charts/web:1.3.0", registry.server.server.host());
    registry.run(0, &["event", "--chart", &pushed, "--patch", "-f", "Chart.yaml"], &[]);
    assert_eq!(registry.read("Chart.yaml"), chart.replace("'1.2.0'", "'1.3.0'"));
    let lock = registry.read("Chart.lock");
    assert_eq!(lock.matches("1.3.0").count(), 1, "{lock}");
    // A range needs its lock, and that is said where the lock is not looked at.
    registry.write("Chart.yaml", &chart);
    registry.write("Chart.lock", &old);
    let db = format!("oci://{}/charts/db:1.3.0", registry.server.server.host());
    let said = registry.run(0, &["event", "--chart", &db, "-f", "Chart.yaml"], &[]);
    let stays = "db in Chart.yaml:9 stays: it is a range, `^1.0.0`, and the version is in Chart.lock, which is not one of the files";
    assert!(said.contains(stays), "{said}");
    // One that is not in sync stays, and that is said.
    registry.write("Chart.lock", &old.replace("digest: sha256:", "digest: sha256:0"));
    registry.write("Chart.yaml", &chart);
    let said = poll(&["--patch"]);
    assert!(said.contains("note: Chart.lock stays: it is not in sync"), "{said}");
}
