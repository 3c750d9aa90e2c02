//! Dependencies from repositories in memory to `charts/`: what is written, what stays, what is refused, and how often a repository
//! is asked.

use std::path::Path;

use super::chart_source::{MemoryCharts, archive, hex};
use super::chart_tree::{R, Tree, X, chart_yaml, prepare_in, repositories, run};
use chartwright::artifact::dependency::{SavedState, SuppliedDependencies, Way, list_dependencies, place};
use chartwright::engine::chart::{LinkPolicy, load_chart, load_with_dependencies};

#[test]
fn update_places_the_newest_versions_and_writes_lock_and_digests() {
    let tree = Tree::new();
    tree.chart(
        "app",
        &[
            "redis ^1 @x",
            &format!("db 0.x {R}"),
            "near 1.x file://../near",
            "own ~1.0 ",
        ],
    );
    tree.chart("near", &[]).write("near/values.yaml", "n: 1\n");
    tree.write("app/charts/own/Chart.yaml", chart_yaml("own", "1.0.3", &[]));
    tree.write("app/charts/redis-1.0.0.tgz", archive("redis", "1.0.0", "one"));
    tree.write("app/charts/other-1.0.0.tgz", archive("other", "1.0.0", "x"));
    tree.write("app/charts/.keep", "");
    let source = repositories();
    let prepared = run(&tree, "app", &source, Way::Update).expect("updates");
    assert_eq!(
        tree.charts("app"),
        [
            ".keep",
            "db-0.2.0+b1.tgz",
            "near-1.0.0.tgz",
            "own/Chart.yaml",
            "redis-1.2.0.tgz"
        ]
    );
    let states: Vec<(&str, SavedState)> = prepared
        .saved
        .iter()
        .map(|saved| (saved.version.as_str(), saved.state))
        .collect();
    assert_eq!(
        states,
        [
            ("1.2.0", SavedState::Written),
            ("0.2.0+b1", SavedState::Written),
            ("1.0.0", SavedState::Written),
            ("~1.0", SavedState::Unpacked)
        ]
    );
    let lock = tree.read("app/Chart.lock");
    let expected = format!(
        "dependencies:\n- name: redis\n  repository: {X}\n  version: 1.2.0\n- name: db\n  repository: {R}\n  version: 0.2.0+b1\n- name: \
         near\n  repository: file://../near\n  version: 1.0.0\n- name: own\n  repository: \"\"\n  version: ~1.0\ndigest: sha256:"
    );
    assert!(lock.starts_with(&expected), "{lock}");
    assert!(lock.ends_with("generated: \"2020-01-01T00:00:00Z\"\n"), "{lock}");
    let digests = format!(
        "db 0.2.0+b1 sha256:{} {R}\nredis 1.2.0 sha256:{} {X}\n",
        hex(&archive("db", "0.2.0+b1", "b")),
        hex(&archive("redis", "1.2.0", "two"))
    );
    assert_eq!(tree.read("app/Chart.lock.sums"), digests);
    // The chart is complete, and again nothing changes.
    assert!(
        load_chart(&tree.path("app"))
            .expect("loads")
            .missing_dependencies()
            .is_empty()
    );
    let before = tree.files();
    let again = run(&tree, "app", &source, Way::Update).expect("updates");
    assert!(again.files.is_empty(), "{:?}", again.files);
    assert!(again.saved.iter().all(|saved| saved.state != SavedState::Written));
    assert_eq!(tree.files(), before);
}

#[test]
fn build_takes_what_the_lock_names_and_asks_nothing_when_all_is_there() {
    let tree = Tree::new();
    tree.chart("app", &[&format!("redis ^1 {X}"), &format!("db 0.x {R}")]);
    let mut source = repositories();
    // Without a lock, a build is an update.
    run(&tree, "app", &source, Way::Build).expect("builds");
    let complete = tree.files();
    assert!(complete.contains_key("app/Chart.lock"));
    source.add(X, "redis", "1.9.0", "new").add(R, "db", "0.9.0", "new");
    source.asked();
    run(&tree, "app", &source, Way::Build).expect("builds");
    assert_eq!(source.asked(), Vec::<String>::new());
    assert_eq!(tree.files(), complete);
    std::fs::remove_dir_all(tree.path("app/charts")).expect("removes");
    run(&tree, "app", &source, Way::Build).expect("builds");
    assert_eq!(
        source.asked(),
        ["fetch db 0.2.0+b1", "fetch redis 1.2.0", "versions redis"]
    );
    assert_eq!(tree.files(), complete);
    // An update goes on.
    run(&tree, "app", &source, Way::Update).expect("updates");
    assert_eq!(tree.charts("app"), ["db-0.9.0.tgz", "redis-1.9.0.tgz"]);
    assert!(!tree.read("app/Chart.lock.sums").contains("1.2.0"));
}

#[test]
fn a_version_with_other_content_is_refused() {
    let tree = Tree::new();
    tree.chart("app", &[&format!("redis 1.0.0 {X}")]);
    let mut source = repositories();
    run(&tree, "app", &source, Way::Update).expect("updates");
    source.remove(X, "redis");
    source.add(X, "redis", "1.0.0", "evil");
    let before = tree.files();
    // The old archive is there: nothing is asked.
    run(&tree, "app", &source, Way::Build).expect("builds");
    std::fs::remove_dir_all(tree.path("app/charts")).expect("removes");
    for way in [Way::Build, Way::Update] {
        let error = run(&tree, "app", &source, way).expect_err("is refused");
        for part in [
            &format!("sha256:{}", hex(&archive("redis", "1.0.0", "one"))),
            &format!("sha256:{}", hex(&archive("redis", "1.0.0", "evil"))),
            "Chart.lock.sums lists",
        ] {
            assert!(error.contains(part), "{error}");
        }
        assert!(tree.charts("app").is_empty());
    }
    // Helm's lock alone does not notice.
    std::fs::remove_file(tree.path("app/Chart.lock.sums")).expect("removes");
    run(&tree, "app", &source, Way::Build).expect("builds");
    assert!(!before.is_empty() && !tree.path("app/Chart.lock.sums").exists());
}

#[test]
fn a_build_lists_digests_when_asked_and_keeps_the_others() {
    let tree = Tree::new();
    tree.chart("app", &[&format!("redis 1.0.0 {X}")]);
    let source = repositories();
    run(&tree, "app", &source, Way::Update).expect("updates");
    let line = tree.read("app/Chart.lock.sums");
    let kept = format!("old 1.0.0 sha256:{} {X}\n", hex(b"old"));
    tree.write("app/Chart.lock.sums", &kept);
    let prepared = run(&tree, "app", &source, Way::Build).expect("builds");
    assert_eq!(tree.read("app/Chart.lock.sums"), kept);
    assert_eq!(
        prepared.notes,
        ["redis 1.0.0 is not in Chart.lock.sums, so its content was not compared; --record-digests adds it"]
    );
    let mut prepared = prepare_in(&tree, &["app"], &source, Way::Build, true);
    place(&prepared.remove(0).expect("is ready")).expect("places");
    assert_eq!(tree.read("app/Chart.lock.sums"), format!("{kept}{line}"));
}

#[test]
fn charts_share_lists_and_archives() {
    let tree = Tree::new();
    let redis = format!("redis ^1 {X}");
    for name in ["a", "b", "c"] {
        tree.chart(name, &[&redis, "near 1.x file://../near"]);
    }
    tree.chart("near", &[&redis]);
    let source = repositories();
    let prepared = prepare_in(&tree, &["a", "b", "c"], &source, Way::Update, false);
    let asked = source.asked();
    // Once for the three, and once for the chart beside them.
    assert_eq!(
        asked.iter().filter(|what| *what == "fetch redis 1.2.0").count(),
        2,
        "{asked:?}"
    );
    assert_eq!(
        asked.iter().filter(|what| *what == "versions redis").count(),
        2,
        "{asked:?}"
    );
    for chart in prepared {
        place(&chart.expect("is ready")).expect("places");
    }
    let chart = load_chart(&tree.path("a")).expect("loads");
    let near = chart
        .dependencies
        .iter()
        .find(|chart| chart.name() == "near")
        .expect("is there");
    assert_eq!(near.dependencies[0].name(), "redis");
    assert!(tree.charts("near").is_empty(), "the neighbour itself is not changed");
}

#[test]
fn nothing_changes_when_anything_is_wrong() {
    let good = format!("redis ^1 {X}");
    let down = "https://down.example.com";
    for (dependency, part) in [
        (
            format!("gone 1.x {X}"),
            "gone: https://x.example.com/charts has no chart gone",
        ),
        (
            format!("redis >=3 {X}"),
            "can't get a valid version for 1 subchart(s): \"redis\" (repository \"https://x.example.com/charts\", version \">=3\"). Make \
             sure a matching chart version exists in the repo, or change the version constraint in Chart.yaml",
        ),
        (format!("a 1.x {down}"), "a: https://down.example.com does not answer"),
        (
            format!("redis one {X}"),
            "dependency \"redis\" has an invalid version/constraint format: improper constraint: \"one\"",
        ),
        (
            "a 1.x @y".to_owned(),
            "no repository definition for @y. Please add them via 'helm repo add'",
        ),
        ("a 1.x file://../nowhere".to_owned(), "nowhere not found"),
        (
            "other 1.x file://../near".to_owned(),
            "which contains the chart \"near\"",
        ),
        (
            "near 2.x file://../near".to_owned(),
            "can't get a valid version for 1 subchart(s): \"near\"",
        ),
        ("a 1.x ".to_owned(), "charts/a': directory not found"),
        (
            "own 2.x ".to_owned(),
            "dependency own at version 1.0.3 does not satisfy the constraint 2.x",
        ),
        (
            "../near 1.x ".to_owned(),
            "dependency \"../near\" does not have the name of a chart",
        ),
        (format!("text 1.x {X}"), "text-1.0.0.tgz is not a chart"),
        (
            format!("liar 1.x {X}"),
            "liar-1.0.0.tgz contains the chart \"redis\", and not \"liar\"",
        ),
    ] {
        let tree = Tree::new();
        let both = [dependency.as_str(), &good];
        // A name can be declared once.
        let declared = if dependency.starts_with("redis") {
            &both[..1]
        } else {
            &both
        };
        tree.chart("app", declared).chart("near", &[]);
        tree.write("app/charts/own/Chart.yaml", chart_yaml("own", "1.0.3", &[]));
        tree.write("app/charts/redis-1.0.0.tgz", archive("redis", "1.0.0", "one"));
        let mut source = repositories();
        source.add_archive(X, "text", "1.0.0", b"<html>".to_vec());
        source.add_archive(X, "liar", "1.0.0", archive("redis", "1.0.0", ""));
        source.take_down(down);
        let before = tree.files();
        let error = run(&tree, "app", &source, Way::Update).expect_err(&dependency);
        assert!(error.contains(part), "{dependency}: {error}");
        assert_eq!(tree.files(), before, "{dependency}");
    }
}

#[test]
fn a_lock_of_other_dependencies_is_refused() {
    let tree = Tree::new();
    tree.chart("app", &[&format!("redis 1.0.0 {X}")]);
    let source = repositories();
    run(&tree, "app", &source, Way::Update).expect("updates");
    tree.chart("app", &[&format!("redis ^1.0.0 {X}")]);
    let before = tree.files();
    let error = run(&tree, "app", &source, Way::Build).expect_err("is refused");
    assert!(
        error.starts_with(
            "the lock file (Chart.lock) is out of sync with the dependencies file (Chart.yaml). Please update"
        ),
        "{error}"
    );
    assert_eq!(tree.files(), before);
    // A version that was deleted from the repository.
    tree.chart("app", &[&format!("redis 1.0.0 {X}")]);
    std::fs::remove_dir_all(tree.path("app/charts")).expect("removes");
    let mut fewer = MemoryCharts::default();
    fewer.add(X, "redis", "1.2.0", "two");
    let error = run(&tree, "app", &fewer, Way::Build).expect_err("is refused");
    assert_eq!(
        error,
        "Chart.lock requires redis 1.0.0, which https://x.example.com/charts does not have"
    );
}

#[test]
fn one_chart_that_is_wrong_does_not_hide_another() {
    let tree = Tree::new();
    tree.chart("a", &[&format!("gone 1 {X}"), &format!("redis 9 {X}")]);
    tree.chart("b", &[&format!("redis 1.0.0 {X}")]);
    let prepared = prepare_in(&tree, &["a", "b", "c"], &repositories(), Way::Update, false);
    let errors = prepared.iter().map(|chart| chart.as_ref().err().map_or(0, Vec::len));
    assert_eq!(errors.collect::<Vec<_>>(), [2, 0, 1]);
}

#[test]
fn a_repository_that_does_not_answer_is_one_error() {
    let tree = Tree::new();
    let down = "https://down.example.com";
    tree.chart("app", &[&format!("a 1.x {down}"), &format!("b 1.x {down}")]);
    let mut source = repositories();
    source.take_down(down);
    let error = run(&tree, "app", &source, Way::Update).expect_err("fails");
    assert_eq!(error, "a, b: https://down.example.com does not answer");
}

#[test]
fn different_archives_of_one_name_are_refused() {
    let tree = Tree::new();
    let yaml = chart_yaml(
        "app",
        "1.0.0",
        &[&format!("redis 1.0.0 {X}"), "redis 1.0.0 https://y.example.com"],
    );
    tree.write("app/Chart.yaml", yaml + "  alias: second\n");
    let mut source = repositories();
    source.add("https://y.example.com", "redis", "1.0.0", "other");
    let error = run(&tree, "app", &source, Way::Update).expect_err("is refused");
    assert!(
        error.contains("are both named redis-1.0.0.tgz and have different contents"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn links_are_not_written_through() {
    use std::os::unix::fs::symlink;

    for link in [
        "app/charts",
        "app/charts/redis-1.0.0.tgz",
        "app/Chart.lock",
        "app/Chart.lock.sums",
    ] {
        let tree = Tree::new();
        tree.chart("app", &[&format!("redis 1.0.0 {X}")]);
        tree.write("app/inside/key", archive("redis", "1.0.0", "old"))
            .write("app/inside/lock", "digest: a\n");
        std::fs::create_dir_all(tree.path("app/charts")).expect("creates");
        let target = match link {
            "app/charts" => {
                std::fs::remove_dir(tree.path(link)).expect("removes");
                std::fs::create_dir(tree.path("outside")).expect("creates");
                "../outside"
            }
            "app/Chart.lock" => "inside/lock",
            "app/Chart.lock.sums" => "inside/empty",
            _ => "../inside/key",
        };
        tree.write("app/inside/empty", "");
        symlink(target, tree.path(link)).expect("links");
        let before = tree.files();
        let error = run(&tree, "app", &repositories(), Way::Update).expect_err(link);
        assert!(error.contains("symbolic link"), "{link}: {error}");
        assert_eq!(tree.files(), before, "{link}");
    }
}

#[test]
fn charts_of_the_old_form_have_requirements() {
    let tree = Tree::new();
    tree.write("app/Chart.yaml", "apiVersion: v1\nname: app\nversion: 1.0.0\n");
    tree.write(
        "app/requirements.yaml",
        format!("dependencies:\n- {{name: redis, version: ^1, repository: \"{X}\"}}\n"),
    );
    run(&tree, "app", &repositories(), Way::Build).expect("builds");
    assert!(tree.read("app/requirements.lock").contains("version: 1.2.0"));
    assert!(tree.path("app/requirements.lock.sums").exists());
    run(&tree, "app", &repositories(), Way::Build).expect("builds");
    // Helm 2 made its digest of what is declared alone.
    let helm2 = hex(
        format!("{{\"dependencies\":[{{\"name\":\"redis\",\"version\":\"^1\",\"repository\":\"{X}\"}}]}}").as_bytes(),
    );
    for (digest, is_accepted) in [(helm2, true), (hex(b"other"), false)] {
        let lock = format!(
            "dependencies:\n- {{name: redis, version: 1.0.0, repository: \"{X}\"}}\ndigest: sha256:{digest}\ngenerated: \"2019-01-01T00:00:00Z\"\n"
        );
        tree.write("app/requirements.lock", &lock);
        let outcome = run(&tree, "app", &repositories(), Way::Build);
        assert_eq!(outcome.is_ok(), is_accepted, "{outcome:?}");
        assert_eq!(tree.charts("app"), ["redis-1.0.0.tgz"]);
    }
}

#[test]
fn notes_say_what_helm_passes_over() {
    let tree = Tree::new();
    tree.chart("app", &[&format!("redis ^1 {X}"), &format!("db 0.x {R}")]);
    tree.write("app/charts/redis/Chart.yaml", chart_yaml("redis", "0.9.0", &[]));
    let mut source = repositories();
    source.add_archive(R, "db", "0.3.0", archive("db", "0.3.1", ""));
    let prepared = run(&tree, "app", &source, Way::Update).expect("updates");
    assert_eq!(
        prepared.notes,
        [
            "charts/redis is a directory beside redis-1.2.0.tgz: Helm loads both; delete one of them",
            "oci://r.example.com/charts/db-0.3.0.tgz is listed as version 0.3.0 and contains version 0.3.1"
        ]
    );
}

#[test]
fn what_a_chart_lacks_is_supplied_in_memory() {
    let tree = Tree::new();
    tree.chart("app", &["redis ^1 @x", "near 1.x file://../near"]);
    tree.chart("near", &[&format!("db 0.x {R}")]);
    let mut source = repositories();
    let before = tree.files();
    let names = |name: &str| (name == "x").then(|| X.to_owned());
    let version = |source: &MemoryCharts, inner: bool| {
        let supply = SuppliedDependencies::new(source, &names);
        let chart = load_with_dependencies(&tree.path("app"), LinkPolicy::Follow, Some(&supply)).expect("loads");
        assert!(chart.missing_dependencies().is_empty());
        let name = if inner { "near" } else { "redis" };
        let found = chart
            .dependencies
            .iter()
            .find(|chart| chart.name() == name)
            .expect("is there");
        let found = found.dependencies.first().unwrap_or(found);
        found.metadata.version.clone()
    };
    assert_eq!(version(&source, false), "1.2.0");
    assert_eq!(version(&source, true), "0.2.0+b1");
    assert_eq!(tree.files(), before);
    // The lock decides, as long as it is of what is declared.
    run(&tree, "app", &source, Way::Update).expect("updates");
    std::fs::remove_dir_all(tree.path("app/charts")).expect("removes");
    source.add(X, "redis", "1.9.0", "new");
    assert_eq!(version(&source, false), "1.2.0");
    tree.chart("app", &["redis ^1.0 @x", "near 1.x file://../near"]);
    assert_eq!(version(&source, false), "1.9.0");
    // Errors name the dependency and the chart that needs it.
    source.take_down(R);
    let supply = SuppliedDependencies::new(&source, &names);
    let error = load_with_dependencies(&tree.path("app"), LinkPolicy::Follow, Some(&supply)).expect_err("fails");
    assert!(
        error
            .to_string()
            .contains("near: db: oci://r.example.com/charts does not answer"),
        "{error}"
    );
}

#[test]
fn the_status_of_each_dependency_is_helms_word() {
    let tree = Tree::new();
    let names = [
        "ok", "missing", "unpacked", "wrong", "wrongdir", "many", "one", "corrupt", "misnamed", "invalid",
    ];
    let declared: Vec<String> = names
        .iter()
        .map(|name| format!("{name} {} {X}", if *name == "invalid" { "one" } else { "^1" }))
        .collect();
    tree.chart("app", &declared.iter().map(String::as_str).collect::<Vec<_>>());
    let put = |file: &str, name: &str, version: &str| {
        tree.write(&format!("app/charts/{file}"), archive(name, version, ""));
    };
    put("ok-1.0.0.tgz", "ok", "1.0.0");
    tree.write("app/charts/unpacked/Chart.yaml", chart_yaml("unpacked", "1.2.0", &[]));
    put("wrong-2.0.0.tgz", "wrong", "2.0.0");
    tree.write("app/charts/wrongdir/Chart.yaml", chart_yaml("wrongdir", "2.0.0", &[]));
    put("many-1.0.0.tgz", "many", "1.0.0");
    put("many-1.1.0.tgz", "many", "1.1.0");
    put("one-1.0.0.tgz", "one", "1.0.0");
    put("one-more-1.0.0.tgz", "one-more", "1.0.0");
    put("misnamed-1.0.0.tgz", "other", "1.0.0");
    put("invalid-1.0.0.tgz", "invalid", "1.0.0");
    let expected = [
        "ok",
        "missing",
        "unpacked",
        "wrong version",
        "wrong version",
        "too many matches",
        "ok",
        "missing",
        "misnamed",
        "invalid version",
    ];
    let table = list_dependencies(&tree.path("app")).expect("lists");
    let rows = table.rows.expect("has rows");
    let status: Vec<&str> = rows.iter().map(|row| row.status).collect();
    assert_eq!(status, expected);
    let warnings: Vec<String> = table
        .warnings
        .iter()
        .map(|line| line.replace(&tree.0.path().display().to_string(), ""))
        .collect();
    assert_eq!(
        warnings,
        [
            "WARNING: \"/app/charts/misnamed-1.0.0.tgz\" is not in Chart.yaml.",
            "WARNING: \"/app/charts/one-more-1.0.0.tgz\" is not in Chart.yaml."
        ]
    );
    // A list without entries is a list; and any apiVersion will do.
    tree.write(
        "empty/Chart.yaml",
        "apiVersion: v9\nname: empty\nversion: 1.0.0\ndependencies: []\n",
    );
    assert_eq!(
        list_dependencies(&tree.path("empty")).expect("lists").rows,
        Some(Vec::new())
    );
    let none = list_dependencies(Path::new("fixtures/shop/orders")).expect("lists");
    assert_eq!(none.rows, None);
    assert_eq!(
        none.warnings,
        ["WARNING: no dependencies at fixtures/shop/orders/charts"]
    );
}
