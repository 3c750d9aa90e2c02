//! `status`, `values`, `vars`, `promote`, `rollback`, and `poll` and `event` of environments: application charts and `KubeCD`'s files.

use serde_json::Value as Json;

use super::git_repositories::Repositories;
use super::workspace::{Workspace, lines, run as run_with};

const TEMPLATE: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n      - name: web\n        image: \"{{ .Values.web.artifact }}:{{ .Values.web.release }}\"\n      - name: side\n        image: {{ .Values.side }}\n";

/// A chart whose values have names that no convention knows.
const CHART: [(&str, &str); 5] = [
    ("Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.2.3\n"),
    ("templates/web.yaml", TEMPLATE),
    (
        "values.yaml",
        "web:\n  artifact: ghcr.io/acme/web\n  release: 1.4.2\nside: ghcr.io/acme/side:1.0.0\n",
    ),
    (
        "values-testing.yaml",
        "# moved by machine\nweb: {release: 1.6.0}\nside: test.example.com/acme/side:1.1.0\nreplicas: 1\n",
    ),
    (
        "values-production.yaml",
        "side: ghcr.io/acme/side:1.0.0 # side\ndatabase:\n  password: hunter2-hunter2\n",
    ),
];

#[test]
fn what_runs_where_is_compared_with_the_first_environment() {
    let workspace = Workspace::new(&CHART);
    let run = workspace.run(&["status"]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert_eq!(
        lines(&run.stdout),
        [
            "ENVIRONMENT RELEASE IMAGE OR CHART VERSION COMPARED",
            "testing shop ghcr.io/acme/web 1.6.0",
            "testing shop test.example.com/acme/side 1.1.0",
            "production shop ghcr.io/acme/web 1.4.2 behind testing: 1.6.0 (minor)",
            "production shop ghcr.io/acme/side 1.0.0 behind testing: 1.1.0 (minor)",
        ]
    );
    let run = workspace.run(&["status", "production", "-o", "json"]);
    let json: Json = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(json["releases"][0]["place"], "values.yaml:3", "{}", run.all());
    assert_eq!(json["environments"][0]["policy"], "auto");
    let run = workspace.run(&["status", "prod"]);
    assert_eq!(run.code, 2, "{}", run.all());
    assert!(run.stderr.contains("there are testing, production"), "{}", run.all());
    let empty = Workspace::new(&[]).run(&["status"]);
    assert_eq!(empty.code, 2, "{}", empty.all());
}

#[test]
fn values_have_their_places_and_no_secrets() {
    let workspace = Workspace::new(&CHART);
    let run = workspace.run(&["values", "production", "--explain"]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert_eq!(
        lines(&run.stdout),
        [
            "database.password: *** # values-production.yaml:3",
            "side: ghcr.io/acme/side:1.0.0 # values-production.yaml:1",
            "wins over ghcr.io/acme/side:1.0.0 # values.yaml:4",
            "web.artifact: ghcr.io/acme/web # values.yaml:2",
            "web.release: 1.4.2 # values.yaml:3",
        ]
    );
    for arguments in [["values", "production"], ["vars", "production"]] {
        let run = workspace.run(&[&arguments[..], &["-o", "json"]].concat());
        assert!(!run.all().contains("hunter2"), "{}", run.all());
    }
    let run = workspace.run(&["vars", "--detailed-exitcode"]);
    assert_eq!(run.code, 10, "{}", run.all());
    assert_eq!(
        lines(&run.stdout),
        [
            "shop: database.password is set in production, not in testing",
            "shop: replicas is set in testing, not in production",
            "shop: web.release is set in testing, not in production",
        ]
    );
}

#[test]
fn versions_are_promoted_and_nothing_else() {
    let workspace = Workspace::new(&CHART);
    let run = workspace.run(&["promote", "testing", "production", "--dry-run"]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(
        run.stdout.contains("+side: ghcr.io/acme/side:1.1.0 # side"),
        "{}",
        run.all()
    );
    assert!(
        run.stderr
            .contains("differ in other values too: database.password, replicas"),
        "{}",
        run.all()
    );
    let run = workspace.run(&["promote", "testing", "production", "--chart-version", "auto"]);
    assert_eq!(run.code, 0, "{}", run.all());
    let read = |name: &str| std::fs::read_to_string(workspace.path(name)).expect(name);
    // The registry stays that of the environment, and a tag that only the chart has is added.
    assert_eq!(
        read("values-production.yaml"),
        "side: ghcr.io/acme/side:1.1.0 # side\ndatabase:\n  password: hunter2-hunter2\nweb:\n  release: \"1.6.0\"\n"
    );
    assert!(read("Chart.yaml").contains("version: 1.3.0"), "{}", read("Chart.yaml"));
    assert_eq!(read("values-testing.yaml"), CHART[3].1);
    assert_eq!(read("values.yaml"), CHART[2].1);
    let run = workspace.run(&["promote", "testing", "production"]);
    assert!(
        run.stdout.contains("production runs the versions of testing already"),
        "{}",
        run.all()
    );
    workspace.write("values-testing.yaml", "web: {release: 1.5.0}\n");
    let run = workspace.run(&["promote", "testing", "production"]);
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(
        run.stderr.contains("1.5.0 is older than 1.6.0, which production runs"),
        "{}",
        run.all()
    );
    let run = workspace.run(&["promote", "testing", "production", "--allow-downgrade"]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(read("values-production.yaml").contains("release: \"1.5.0\""));
}

#[test]
fn a_rollback_is_a_new_commit_of_what_was_there() {
    let repositories = Repositories::with(&CHART);
    let clone = repositories.clone("work");
    clone.run(0, &["promote", "testing", "production", "--push"], &[]);
    let promoted = clone.head();
    clone.write(
        "values-production.yaml",
        &(clone.read("values-production.yaml") + "replicas: 7\n"),
    );
    clone.commit_all("Scale");
    clone.git(&["push", "--quiet"]);
    let shown = clone.run(0, &["rollback", "production", "shop", "--push"], &[]);
    assert!(shown.contains("pushed"), "{shown}");
    let after = repositories.shown("values-production.yaml");
    assert!(
        after.contains("side:1.0.0 # side") && after.contains("release: \"1.4.2\""),
        "{after}"
    );
    assert!(after.contains("replicas: 7"), "what is no version stays: {after}");
    // Again: what ran before that is what was rolled back.
    clone.run(0, &["rollback", "production", "--to", &promoted], &[]);
    assert!(clone.read("values-production.yaml").contains("release: \"1.6.0\""));
    let shown = clone.run(2, &["rollback", "production", "--to", "no-such-commit"], &[]);
    assert!(shown.contains("no-such-commit"), "{shown}");
    let shown = clone.run(1, &["rollback", "testing"], &[]);
    assert!(shown.contains("has other versions"), "{shown}");
}

const ENVIRONMENTS: &str = "clusters:\n- name: one\n  provider: {minikube: {}}\nenvironments:\n- name: test\n  clusterName: one\n  kubeNamespace: test\n  releasesFiles: [test/releases.yaml]\n- name: prod\n  clusterName: one\n  kubeNamespace: prod\n  policy: manual\n  releasesFiles: [prod/releases.yaml]\n";

fn releases(tag: &str, version: &str) -> String {
    format!(
        "releases:\n\n  # about web\n  - name: web\n    chart: {{reference: acme/web, version: {version}}}\n    triggers:\n    - image: {{track: MinorVersion}}\n    values:\n    - key: image.repository\n      value: ghcr.io/acme/web\n    - key: image.tag\n      value: {tag} # now\n"
    )
}

fn kubecd() -> Workspace {
    Workspace::new(&[
        ("environments.yaml", ENVIRONMENTS),
        ("test/releases.yaml", &releases("1.6.0", "2.1.0")),
        ("prod/releases.yaml", &releases("1.4.2", "2.0.0")),
    ])
}

#[test]
fn releases_files_are_promoted_with_their_chart_versions() {
    let workspace = kubecd();
    let run = workspace.run(&["status"]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert_eq!(
        lines(&run.stdout)[3..],
        [
            "prod web acme/web 2.0.0 behind test: 2.1.0 (minor)",
            "prod web ghcr.io/acme/web 1.4.2 behind test: 1.6.0 (minor)",
        ]
    );
    let run = workspace.run(&["promote", "test", "prod", "web"]);
    assert_eq!(run.code, 0, "{}", run.all());
    let read = |name: &str| std::fs::read_to_string(workspace.path(name)).expect(name);
    assert_eq!(read("prod/releases.yaml"), releases("1.6.0", "2.1.0"));
    let run = workspace.run(&["promote", "test", "prod", "no"]);
    assert_eq!(run.code, 2, "{}", run.all());
    // One file of two environments.
    workspace.write(
        "environments.yaml",
        &ENVIRONMENTS.replace("prod/releases", "test/releases"),
    );
    let event = ["event", "--no-verify", "--image", "ghcr.io/acme/web:1.7.0", "--patch"];
    let run = workspace.run(&event);
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(run.stderr.contains("it is a file of prod too"), "{}", run.all());
    assert_eq!(read("test/releases.yaml"), releases("1.6.0", "2.1.0"));
}

#[test]
fn what_was_pushed_moves_releases_by_their_triggers_and_policies() {
    let workspace = kubecd();
    let event = |image: &str, more: &[&str]| {
        workspace.run(&[&["event", "--no-verify", "--image", image, "--patch"], more].concat())
    };
    let read = |name: &str| std::fs::read_to_string(workspace.path(name)).expect(name);
    let run = event("ghcr.io/acme/web:1.7.0", &[]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert_eq!(read("test/releases.yaml"), releases("1.7.0", "2.1.0"));
    assert_eq!(read("prod/releases.yaml"), releases("1.4.2", "2.0.0"));
    assert!(
        run.stderr.contains("web in prod: ghcr.io/acme/web:1.4.2 stays"),
        "{}",
        run.all()
    );
    // Beyond the track, another image, an environment that is not there.
    let run = event("ghcr.io/acme/web:2.0.0", &["-o", "json"]);
    let json: Json = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(
        (&json["updates"], &json["written"]),
        (&0.into(), &false.into()),
        "{}",
        run.all()
    );
    let run = event("ghcr.io/acme/other:2.0.0", &[]);
    assert_eq!(run.stdout, "no file names ghcr.io/acme/other\n", "{}", run.all());
    let run = event("ghcr.io/acme/web:1.8.0", &["--environment", "nope"]);
    assert_eq!(run.code, 2, "{}", run.all());
    let run = event("ghcr.io/acme/web:1.8.0", &["--releases", "nope"]);
    assert_eq!(run.code, 2, "{}", run.all());
    // An application chart's environment, by name.
    let workspace = Workspace::new(&CHART);
    let image = "test.example.com/acme/side:1.2.0";
    let run = workspace.run(&[
        "event",
        "--no-verify",
        "--image",
        image,
        "--patch",
        "--environment",
        "testing",
    ]);
    assert_eq!(run.code, 0, "{}", run.all());
    let after = std::fs::read_to_string(workspace.path("values-testing.yaml")).expect("is there");
    assert_eq!(after, CHART[3].1.replace("side:1.1.0", "side:1.2.0"), "{}", run.all());
}

#[test]
fn an_environment_that_is_changed_by_pull_requests_stays_without_one() {
    let workspace = kubecd();
    workspace.write("environments.yaml", &ENVIRONMENTS.replace("manual", "pull-request"));
    let image = "ghcr.io/acme/web:1.8.0";
    let run = workspace.run(&[
        "event",
        "--no-verify",
        "--image",
        image,
        "--patch",
        "--environment",
        "prod",
    ]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(run.stderr.contains("changed by pull requests"), "{}", run.all());
    let read = |name: &str| std::fs::read_to_string(workspace.path(name)).expect(name);
    assert_eq!(read("prod/releases.yaml"), releases("1.4.2", "2.0.0"));
    workspace.write("environments.yaml", &ENVIRONMENTS.replace("manual", "auto"));
    let run = workspace.run(&[
        "event",
        "--no-verify",
        "--image",
        image,
        "--patch",
        "--environment",
        "prod",
    ]);
    assert_eq!(read("prod/releases.yaml"), releases("1.8.0", "2.0.0"), "{}", run.all());
}

#[test]
fn shared_files_pins_and_values_that_would_win_are_refused() {
    let shared = ENVIRONMENTS.replace("test/releases.yaml", "releases.yaml");
    let shared = shared.replace("prod/releases.yaml", "releases.yaml");
    let with_default =
        |tag: &str, name: &str| format!("- name: {name}\n  defaultValues: [{{key: image.tag, value: {tag}}}]\n");
    let shared = shared.replace("- name: test\n", &with_default("1.6.0", "test"));
    let shared = shared.replace("- name: prod\n", &with_default("1.4.2", "prod"));
    let one = "releases:\n- name: web\n  chart: {reference: acme/web, version: 1.0.0}\n  trigger: {image: {track: Newest}}\n  values: [{key: image.repository, value: acme/web}]\n";
    let workspace = Workspace::new(&[("environments.yaml", &shared), ("releases.yaml", one)]);
    let read = |workspace: &Workspace, name: &str| std::fs::read_to_string(workspace.path(name)).expect(name);
    // What differs stands in environments.yaml, and only that of one environment changes.
    let run = workspace.run(&["promote", "test", "prod"]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert_eq!(read(&workspace, "environments.yaml"), shared.replace("1.4.2", "1.6.0"));
    assert_eq!(read(&workspace, "releases.yaml"), one);

    let digest = format!("sha256:{}", "a".repeat(64));
    let pinned = format!("side: acme/side:1\nimage: {{repository: acme/app, tag: 1.0.0, digest: '{digest}'}}\n");
    let chart = [
        ("Chart.yaml", CHART[0].1),
        ("templates/a.yaml", "{{ fail \"not rendered\" }}\n"),
        ("values-testing.yaml", "image: {repository: acme/app, tag: 1.1.0}\n"),
        ("values-production.yaml", &pinned),
    ];
    let workspace = Workspace::new(&chart);
    let run = workspace.run(&["promote", "testing", "production"]);
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(
        run.stderr.contains("pins it by a digest in `image.digest`"),
        "{}",
        run.all()
    );
    assert_eq!(read(&workspace, "values-production.yaml"), pinned);
}

#[test]
fn a_value_that_is_written_otherwise_is_not_missing() {
    let workspace = Workspace::new(&[
        CHART[0],
        (
            "values-testing.yaml",
            "image: acme/web:1\nextra: {a: 1, b: 1}\nonly: 1\n",
        ),
        (
            "values-production.yaml",
            "image: {repository: acme/web, tag: 1}\nextra: 2\n",
        ),
    ]);
    let run = workspace.run(&["vars"]);
    assert_eq!(
        lines(&run.stdout),
        ["shop: only is set in testing, not in production"],
        "{}",
        run.all()
    );
}

#[test]
fn merge_keys_lose_to_the_keys_beside_them() {
    let values = "base: &base {tag: {name: 1.0.0}, pull: Always}\nweb:\n  tag: 2.0.0\n  <<: *base\n";
    let workspace = Workspace::new(&[CHART[0], ("values-production.yaml", values)]);
    let run = workspace.run(&["values", "production"]);
    assert_eq!(
        lines(&run.stdout),
        [
            "base.pull: Always",
            "base.tag.name: 1.0.0",
            "web.pull: Always",
            "web.tag: 2.0.0"
        ],
        "{}",
        run.all()
    );
}

#[test]
fn files_outside_of_the_directory_are_not_read() {
    let outside = Workspace::new(&[("secret.yaml", "a: T0ken-planted\n")]);
    let path = outside.path("secret.yaml");
    let workspace = Workspace::new(&[
        (
            "environments.yaml",
            &ENVIRONMENTS.replace("test/releases.yaml", &path.display().to_string()),
        ),
        ("prod/releases.yaml", &releases("1.4.2", "2.0.0")),
    ]);
    for arguments in [
        &["status"][..],
        &["values", "test"],
        &["promote", "test", "prod"],
        &["poll"],
    ] {
        let run = workspace.run(arguments);
        assert_eq!(run.code, 1, "{}", run.all());
        assert!(
            run.stderr.contains("it is outside of") && !run.all().contains("T0ken-planted"),
            "{}",
            run.all()
        );
    }
}

const SETTINGS: &str = "environments:\n- {name: test, values: [values-testing.yaml], branches: ['*'], namespace: a}\n- {name: live, values: [values.yaml, values-production.yaml], release: acme, tags: ['v*'], policy: manual}\n";

#[test]
fn environments_of_the_configuration_have_their_own_files_and_rules() {
    let workspace = Workspace::new(&CHART);
    workspace.write("chartwright.yaml", SETTINGS);
    let run = workspace.run(&["status"]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert_eq!(
        lines(&run.stdout)[1..],
        [
            "test shop ghcr.io/acme/web 1.6.0",
            "test shop test.example.com/acme/side 1.1.0",
            "live acme ghcr.io/acme/web 1.4.2",
            "live acme ghcr.io/acme/side 1.0.0",
        ]
    );
    let image = "test.example.com/acme/side:1.2.0";
    let event = [
        "event",
        "--no-verify",
        "--image",
        image,
        "--patch",
        "--environment",
        "auto",
    ];
    let values = || std::fs::read_to_string(workspace.path("values-testing.yaml")).expect("is there");
    // What a pull request builds, what failed, and what no rule is about stays.
    for (variables, note) in [
        (
            &[("CHANGE_ID", "7")][..],
            "the run is for a pull request (Jenkins: CHANGE_ID)",
        ),
        (
            &[("TRAVIS_BRANCH", "main"), ("TRAVIS_TEST_RESULT", "1")],
            "the build failed (Travis CI: TRAVIS_TEST_RESULT)",
        ),
        (
            &[("CI_COMMIT_TAG", "x1")],
            "no environment in chartwright.yaml has a rule for tag x1",
        ),
    ] {
        let run = run_with(&workspace.path("."), &event, variables);
        assert_eq!(run.code, 0, "{}", run.all());
        assert!(run.stderr.contains(note), "{}", run.all());
        assert_eq!(values(), CHART[3].1);
    }
    // A tag belongs to the other environment.
    let run = run_with(&workspace.path("."), &event, &[("CI_COMMIT_TAG", "v1")]);
    assert_eq!((run.code, values().as_str()), (0, CHART[3].1), "{}", run.all());
    let run = run_with(&workspace.path("."), &event, &[("CI_COMMIT_BRANCH", "feature/x")]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert_eq!(
        values(),
        CHART[3].1.replace("side:1.1.0", "side:1.2.0"),
        "{}",
        run.all()
    );
    let run = workspace.run(&event);
    assert_eq!(run.code, 2, "{}", run.all());
    // Files outside of the directory belong to nobody's environment.
    workspace.write("chartwright.yaml", "environments: [{name: x, values: [../x.yaml]}]\n");
    let run = workspace.run(&["status"]);
    assert_eq!(run.code, 2, "{}", run.all());
    assert!(run.stderr.contains("chartwright.yaml:1:35: "), "{}", run.all());
}

fn declared_chart(version: &str) -> String {
    let chart = format!("  - name: shop\n    chart: {{reference: acme/shop, version: {version}}} # chart\n");
    format!("releases:\n{chart}    triggers:\n    - chart: {{track: MinorVersion}}\n")
}

/// A release whose chart has a trigger, and the repository of its chart.
fn with_chart_trigger() -> (Workspace, String) {
    let workspace = kubecd();
    let repository = workspace.path("repository").display().to_string();
    let repositories = format!("helmRepos:\n- {{name: acme, url: 'file://{repository}'}}\n");
    let entry =
        |version: &str| format!("  - {{apiVersion: v2, name: shop, version: {version}, urls: [shop-{version}.tgz]}}\n");
    let entries: String = ["1.2.0", "1.4.0-rc.1", "2.0.0", "1.3.1"].map(entry).concat();
    workspace.write(
        "repository/index.yaml",
        &format!("apiVersion: v1\nentries:\n  shop:\n{entries}"),
    );
    workspace.write("environments.yaml", &format!("{ENVIRONMENTS}{repositories}"));
    workspace.write("test/releases.yaml", &declared_chart("1.2.0"));
    workspace.write("prod/releases.yaml", &declared_chart("1.2.0"));
    (workspace, repository)
}

#[test]
fn charts_move_by_their_triggers() {
    let (workspace, _) = with_chart_trigger();
    let read = |name: &str| std::fs::read_to_string(workspace.path(name)).expect(name);
    let run = workspace.run(&["poll", "-o", "json"]);
    assert_eq!(run.code, 0, "{}", run.all());
    let json: Json = serde_json::from_str(&run.stdout).expect("JSON");
    let first = &json["images"][0];
    assert_eq!(
        [
            &first["chart"],
            &first["tag"],
            &first["newTag"],
            &first["step"],
            &first["place"]
        ],
        ["acme/shop", "1.2.0", "1.3.1", "minor", "test/releases.yaml:3:44"],
        "{}",
        run.all()
    );
    let run = workspace.run(&["poll", "--patch"]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert_eq!(read("test/releases.yaml"), declared_chart("1.3.1"));
    // It is changed by hand.
    assert_eq!(read("prod/releases.yaml"), declared_chart("1.2.0"));
    assert!(
        run.stderr.contains("shop in prod: acme/shop:1.2.0 stays"),
        "{}",
        run.all()
    );
}

#[test]
fn charts_that_were_pushed_are_looked_up_and_move() {
    let (workspace, repository) = with_chart_trigger();
    let read = |name: &str| std::fs::read_to_string(workspace.path(name)).expect(name);
    // What a pipeline says it pushed is looked up, and waited for if that is asked for.
    workspace.write("test/releases.yaml", &declared_chart("1.2.0"));
    let event = |version: &str, more: &[&str]| {
        let chart = format!("file://{repository}/shop:{version}");
        workspace.run(&[&["event", "--chart", &chart, "--patch"], more].concat())
    };
    let run = event("1.3.9", &["--wait", "0s"]);
    assert_eq!(run.code, 3, "{}", run.all());
    assert!(
        run.stderr.contains("shop:1.3.9 is not there after 0 s"),
        "{}",
        run.all()
    );
    let run = event("1.3.9", &[]);
    assert_eq!(run.code, 3, "{}", run.all());
    assert!(run.stderr.contains("does not have shop 1.3.9"), "{}", run.all());
    assert_eq!(read("test/releases.yaml"), declared_chart("1.2.0"));
    let run = event("1.3.1", &["--wait", "1s"]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert_eq!(read("test/releases.yaml"), declared_chart("1.3.1"));
    for wrong in [
        ["--chart", "web"],
        ["--chart", "oci://r.example.com/web"],
        ["--wait", "soon"],
    ] {
        let run = workspace.run(&[&["event", "--image", "a:1"], &wrong[..]].concat());
        assert_eq!(run.code, 2, "{}", run.all());
    }
    // A chart that was pushed to a registry: its payload says so, and no other chart moves.
    workspace.write(
        "test/releases.yaml",
        &declared_chart("1.2.0").replace("acme/shop", "oci://registry.example.com/charts/shop"),
    );
    let pushed = |tag: &str| {
        let media = "application/vnd.cncf.helm.config.v1+json";
        let target = format!(
            r#"{{"mediaType": "application/vnd.oci.image.manifest.v1+json", "repository": "charts/shop", "tag": "{tag}", "digest": "sha256:{}", "artifactType": "{media}", "url": "https://registry.example.com/v2/charts/shop/manifests/x"}}"#,
            "a".repeat(64)
        );
        format!(
            r#"{{"events": [{{"id": "1", "action": "push", "target": {target}, "request": {{"host": "registry.example.com"}}}}]}}"#
        )
    };
    workspace.write("payload.json", &pushed("1.2.5"));
    let run = workspace.run(&["event", "payload.json", "--no-verify", "--patch"]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(
        read("test/releases.yaml").contains("version: 1.2.5}"),
        "{}{}",
        run.all(),
        read("test/releases.yaml")
    );
    // What has no repository is an error of its own.
    workspace.write("environments.yaml", ENVIRONMENTS);
    let run = workspace.run(&["poll", "prod"]);
    assert_eq!(run.code, 3, "{}", run.all());
    assert!(
        run.stderr.contains("`helmRepos` has no repository named `acme`"),
        "{}",
        run.all()
    );
}
