//! `ci` over the charts of a repository that changed: which they are, in which order, what is published of them, and how their versions
//! must rise. Each test makes its own repository.

use serde_json::Value as Json;

use super::git_repositories::{Clone, Repositories};

/// A chart with a template, and dependencies by path.
fn chart(name: &str, needs: &[&str]) -> (String, String) {
    let mut text = format!(
        "apiVersion: v2\nname: {name}\nversion: 1.0.0\nicon: https://example.org/i.png\nmaintainers: [{{name: me}}]\n"
    );
    if !needs.is_empty() {
        text += "dependencies:\n";
    }
    for needed in needs {
        text += &format!("- {{name: {needed}, version: 1.x, repository: \"file://../{needed}\"}}\n");
    }
    (format!("charts/{name}/Chart.yaml"), text)
}

/// Charts of a repository: `app` depends on `lib` through `base`, `web` on nothing.
fn repository() -> Repositories {
    let mut files = vec![
        chart("app", &["base"]),
        chart("base", &["lib"]),
        chart("lib", &[]),
        chart("web", &[]),
        ("README.md".to_owned(), "Charts\n".to_owned()),
    ];
    for name in ["app", "base", "lib", "web"] {
        files.push((format!("charts/{name}/values.yaml"), "{}\n".to_owned()));
        files.push((
            format!("charts/{name}/templates/a.yaml"),
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n"),
        ));
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    Repositories::with(&files)
}

/// A chart's Chart.yaml with another version.
fn raise(clone: &Clone<'_>, name: &str, version: &str) {
    let path = format!("charts/{name}/Chart.yaml");
    let text = clone.read(&path);
    let raised: Vec<String> = text
        .lines()
        .map(|line| match line.strip_prefix("version: ") {
            Some(_) => format!("version: {version}"),
            None => line.to_owned(),
        })
        .collect();
    clone.write(&path, &(raised.join("\n") + "\n"));
}

/// The names of the charts in a summary, in its order, with their results.
fn table(said: &str) -> Vec<String> {
    let rows = said.lines().skip_while(|line| !line.starts_with("CHART")).skip(1);
    let rows = rows.take_while(|line| !line.contains(" chart"));
    rows.map(|line| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        format!("{} {}", cells[0], cells[6..].join(" "))
    })
    .collect()
}

#[test]
fn charts_that_changed_and_their_dependents_are_checked_in_order() {
    let repositories = repository();
    let clone = repositories.clone("work");
    clone.git(&["checkout", "--quiet", "-b", "topic"]);
    let ci = |since: &str| clone.run(0, &["ci", ".", "--since", since], &[]);
    let said = ci("origin/main");
    assert!(said.contains("none of 4 charts changed since origin/main ("), "{said}");
    assert!(table(&said).is_empty(), "{said}");
    // Files that are in no chart, and a chart that was removed.
    clone.write("README.md", "More\n");
    clone.git(&["rm", "--quiet", "-r", "charts/web"]);
    clone.commit_all("Remove");
    assert!(ci("origin/main").contains("none of 3 charts changed"));
    // What is not committed counts, tracked or not.
    clone.write("charts/app/templates/b.yaml", "{{/* new */}}\n");
    raise(&clone, "app", "1.0.1");
    assert_eq!(table(&ci("origin/main")), ["app ok"]);
    clone.git(&["checkout", "--quiet", "."]);
    clone.git(&["clean", "--quiet", "-fd"]);
    // A library is checked before the charts that depend on it, although they come first by name.
    for name in ["app", "base", "lib"] {
        raise(&clone, name, "1.1.0");
    }
    clone.commit_all("Raise");
    clone.write("charts/lib/values.yaml", "a: 1\n");
    assert_eq!(table(&ci("origin/main")), ["lib ok", "base ok", "app ok"]);
    clone.write("chartwright.yaml", "checkVersionIncrement: false\n");
    let said = ci("HEAD");
    assert!(said.contains("3 of 3 charts: 1 changed since HEAD ("), "{said}");
    assert!(said.contains("2 depend on them"), "{said}");
    // Commits of the base that the branch lacks are not its changes.
    let other = repositories.clone("other");
    other.write("charts/web/values.yaml", "b: 1\n");
    other.commit_all("Other");
    other.git(&["push", "--quiet"]);
    clone.git(&["fetch", "--quiet"]);
    assert_eq!(table(&ci("origin/main")), ["lib ok", "base ok", "app ok"]);
}

#[test]
fn the_base_is_found_in_variables_and_branches() {
    let repositories = repository();
    let clone = repositories.clone("work");
    let start = clone.head();
    let short = start.get(..7).expect("a commit");
    clone.git(&["checkout", "--quiet", "-b", "release"]);
    clone.git(&["push", "--quiet", "origin", "release"]);
    clone.git(&["checkout", "--quiet", "-b", "topic"]);
    clone.write("charts/web/README.md", "web\n");
    raise(&clone, "web", "1.0.1");
    clone.commit_all("Change");
    let event = clone.path.join("../event.json");
    std::fs::write(&event, format!("{{\"before\": \"{start}\"}}")).expect("writes");
    let event = event.display().to_string();
    for (variables, since) in [
        (&[][..], "origin/main"),
        (&[("GITHUB_BASE_REF", "release")], "origin/release"),
        (&[("CI_MERGE_REQUEST_DIFF_BASE_SHA", start.as_str())], short),
        (&[("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main")], "origin/main"),
        (&[("CF_PULL_REQUEST_TARGET", "release")], "origin/release"),
        (
            &[("GITHUB_EVENT_NAME", "push"), ("GITHUB_EVENT_PATH", event.as_str())],
            short,
        ),
    ] {
        let said = clone.run(0, &["ci", ".", "--changed", "--no-push"], variables);
        let want = format!("1 of 4 charts: 1 changed since {since}");
        assert!(said.contains(&want), "{variables:?}: {said}");
    }
    clone.git(&["branch", "--quiet", "--set-upstream-to=origin/release"]);
    let said = clone.run(0, &["ci", ".", "--changed"], &[]);
    assert!(said.contains("changed since origin/release"), "{said}");
    for (arguments, code, want) in [
        (&["--since", "nowhere"][..], 3, "there is no commit or branch `nowhere`"),
        (&["--since", "--upload-pack=x"], 2, ""),
        (&["--since=--upload-pack=x"], 3, "there is no commit or branch"),
        (&["--since", "origin/gone"], 3, "fetch-depth: 0"),
        (&["--since", "main", "--changed"], 2, "cannot be used with"),
    ] {
        let said = clone.run(code, &[&["ci", "."], arguments].concat(), &[]);
        assert!(said.contains(want), "{arguments:?}: {said}");
    }
    let alone = tempfile::tempdir().expect("a directory");
    std::fs::write(
        alone.path().join("Chart.yaml"),
        "apiVersion: v2\nname: x\nversion: 1.0.0\n",
    )
    .expect("writes");
    let outside = alone.path().display().to_string();
    let said = clone.run(3, &["ci", &outside, "--changed"], &[("GIT_CEILING_DIRECTORIES", "/")]);
    assert!(said.contains("changed charts are found with git"), "{said}");
}

#[test]
fn shallow_clones_fetch_what_they_lack() {
    let repositories = repository();
    let main = repositories.clone("main");
    let topic = repositories.clone("topic");
    topic.git(&["checkout", "--quiet", "-b", "topic"]);
    for number in 0..3 {
        topic.write("charts/web/values.yaml", &format!("a: {number}\n"));
        topic.commit_all("Change");
    }
    raise(&topic, "web", "1.0.1");
    topic.commit_all("Raise");
    topic.git(&["push", "--quiet", "origin", "topic"]);
    for number in 0..60 {
        main.write("charts/lib/values.yaml", &format!("a: {number}\n"));
        main.commit_all("Change");
    }
    main.git(&["push", "--quiet"]);
    let pull_request = [("GITHUB_BASE_REF", "main")];
    let ci = ["ci", ".", "--changed"];
    // A branch: its history and the base's are fetched until they meet.
    let shallow = repositories.clone_with("shallow", &["--depth=1", "--branch=topic"]);
    assert_eq!(shallow.git(&["rev-list", "--count", "HEAD"]).trim(), "1");
    assert_eq!(table(&shallow.run(0, &ci, &pull_request)), ["web ok"]);
    // The merge of a pull request, as GitHub makes it: one more commit is enough.
    main.git(&["fetch", "--quiet"]);
    main.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", "origin/topic"]);
    main.git(&["push", "--quiet", "origin", "HEAD:refs/heads/merged"]);
    let merged = repositories.clone_with("shallow-merge", &["--depth=1", "--branch=merged"]);
    assert_eq!(table(&merged.run(0, &ci, &pull_request)), ["web ok"]);
    let known = merged.git(&["rev-list", "--count", "--all"]);
    assert_eq!(known.trim(), "2", "the merge and the base");
    // A server that is gone.
    let cut = repositories.clone_with("cut", &["--depth=1", "--branch=topic"]);
    cut.git(&["remote", "set-url", "origin", "/nowhere"]);
    let said = cut.run(3, &ci, &pull_request);
    assert!(said.contains("fetch-depth: 0"), "{said}");
    // Histories without a common commit.
    main.git(&["checkout", "--quiet", "--orphan", "alone"]);
    main.commit_all("Alone");
    let said = main.run(3, &ci, &pull_request);
    assert!(said.contains("HEAD and origin/main have no commit in common"), "{said}");
}

#[test]
fn a_report_is_written_where_nothing_changed() {
    let repositories = repository();
    let clone = repositories.clone("work");
    let output = clone
        .command(&["ci", ".", "--since", "HEAD", "--report", "json"], &[])
        .output()
        .expect("runs");
    let report: Json = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["checked"], serde_json::json!([]));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn versions_rise_with_what_is_packaged() {
    let repositories = repository();
    let clone = repositories.clone("work");
    clone.write("charts/web/.helmignore", "/docs/\nnotes.md\n");
    clone.commit_all("Ignore");
    clone.git(&["push", "--quiet"]);
    clone.git(&["checkout", "--quiet", "-b", "topic"]);
    let ci = |code: i32| clone.run(code, &["ci", ".", "--changed"], &[]);
    // What is not packaged.
    clone.write("charts/web/docs/a.md", "a\n");
    clone.write("charts/web/notes.md", "a\n");
    assert_eq!(table(&ci(0)), ["web ok"]);
    clone.write("charts/web/values.yaml", "a: 1\n");
    let said = ci(1);
    let want = "charts/web/Chart.yaml:3:10: error: the chart has changed since origin/main, which has the version 1.0.0 as well \
                [version-increment]";
    assert!(said.contains(want), "{said}");
    raise(&clone, "web", "1.0.1");
    ci(0);
    clone.write("chartwright.yaml", "checkVersionIncrement: false\n");
    raise(&clone, "web", "0.9.0");
    ci(0);
    clone.git(&["stash", "--quiet", "--include-untracked"]);
    // The packages of charts that take another one from beside them have its files.
    clone.write("charts/lib/values.yaml", "a: 1\n");
    raise(&clone, "lib", "1.1.0");
    let said = ci(1);
    for (name, is_wrong) in [("lib", false), ("base", true), ("app", true)] {
        assert_eq!(
            said.contains(&format!("charts/{name}/Chart.yaml:3:10")),
            is_wrong,
            "{said}"
        );
    }
    // A version that another branch has taken since.
    clone.git(&["checkout", "--quiet", "."]);
    clone.write("charts/web/values.yaml", "a: 1\n");
    raise(&clone, "web", "1.0.1");
    clone.commit_all("Raise");
    ci(0);
    let other = repositories.clone("other");
    raise(&other, "web", "1.0.2");
    other.commit_all("Raise");
    other.git(&["push", "--quiet"]);
    clone.git(&["fetch", "--quiet"]);
    let said = ci(1);
    assert!(said.contains("its version 1.0.1 is lower than 1.0.2 there"), "{said}");
    raise(&clone, "web", "1.0.3");
    ci(0);
    // Without a base, nothing is compared; a chart that is new has no version to be higher than.
    raise(&clone, "web", "0.1.0");
    clone.run(0, &["ci", "."], &[]);
    clone.git(&["checkout", "--quiet", "."]);
    let (path, text) = chart("new", &[]);
    clone.write(&path, &text);
    clone.write("charts/new/templates/a.yaml", "{{/* nothing */}}\n");
    raise(&clone, "web", "1.0.3");
    assert_eq!(table(&ci(0)), ["new ok", "web ok"]);
}

#[test]
fn plans_and_shards_are_parts_of_one_run() {
    let repositories = repository();
    let clone = repositories.clone("work");
    clone.write("charts/web/ci/a-values.yaml", "a: 1\n");
    clone.write("charts/web/templates/b.yaml", "kind: ConfigMap\n");
    clone.write(
        "charts/lib/templates/b.yaml",
        "kind: ConfigMap\napiVersion: v1\nmetadata: {name: b}\ndta: {}\n",
    );
    clone.commit_all("Change");
    let json = |arguments: &[&str], code: i32| -> Json {
        let output = clone.command(arguments, &[]).output().expect("runs");
        assert_eq!(
            output.status.code(),
            Some(code),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let plan = json(&["ci", ".", "--since", "HEAD~1", "--plan"], 0);
    let shown = |plan: &Json| -> Vec<String> {
        let charts = plan["charts"].as_array().expect("charts").iter();
        charts
            .map(|chart| {
                format!(
                    "{} {} {} {}",
                    chart["path"], chart["reason"]["kind"], chart["dependsOn"], chart["values"]
                )
            })
            .collect()
    };
    assert_eq!(
        shown(&plan),
        [
            r#""charts/lib" "changed" [] []"#,
            r#""charts/base" "dependent" ["charts/lib"] []"#,
            r#""charts/app" "dependent" ["charts/base"] []"#,
            r#""charts/web" "changed" [] ["ci/a-values.yaml"]"#,
        ]
    );
    assert_eq!(
        (&plan["total"], &plan["version"]),
        (&serde_json::json!(4), &serde_json::json!(1))
    );
    assert_eq!(plan["since"]["commit"].as_str().map(str::len), Some(40));
    let whole = clone.run(1, &["ci", ".", "--report", "json=whole.json"], &[]);
    assert!(whole.contains("4 of 4 charts failed"), "{whole}");
    let mut planned = Vec::new();
    for shard in 1..=3 {
        let share = format!("{shard}/3");
        planned.extend(shown(&json(&["ci", ".", "--plan", "--shard", &share], 0)));
        let report = format!("json=shard{shard}.json");
        let repository = format!("file://{}", clone.path.join("repository").display());
        let arguments = [
            "ci",
            ".",
            "--shard",
            &share,
            "--report",
            &report,
            "--repository",
            &repository,
        ];
        clone.command(&arguments, &[]).output().expect("runs");
    }
    assert_eq!(planned.len(), 4, "{planned:?}");
    assert!(!clone.path.join("repository").exists(), "a shard publishes nothing");
    let files = ["shard1.json", "shard2.json", "shard3.json"];
    let merge = [&["report", "merge", "--output", "merged.json"], &files[..]].concat();
    let said = clone.run(0, &merge, &[]);
    assert!(said.contains("4 charts in 3 reports: "), "{said}");
    assert_eq!(clone.read("merged.json"), clone.read("whole.json"));
    formats_join(&clone, &files);
    clone.run(1, &[&["report", "merge", "--fail"], &files[..]].concat(), &[]);
}

/// Joined reports are those of one run, in every format.
fn formats_join(clone: &Clone<'_>, files: &[&str]) {
    for format in [
        "json", "sarif", "junit", "tap", "github", "gitlab", "markdown", "dotenv",
    ] {
        let of_whole = clone
            .command(&["ci", ".", "--report", format], &[])
            .output()
            .expect("runs");
        let merge = [&["report", "merge", "--report", format], files].concat();
        let merged = clone.command(&merge, &[]).output().expect("runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(text(&merged.stdout), text(&of_whole.stdout), "{format}");
    }
    // These show lines of files, which the JSON does not have.
    for (format, want) in [("text", "error: "), ("html", "4 of 4 charts failed")] {
        let said = clone.run(0, &[&["report", "merge", "--report", format], files].concat(), &[]);
        assert!(said.contains(want), "{said}");
    }
}

#[test]
fn what_is_no_report_and_no_shard_is_refused() {
    let repositories = repository();
    let clone = repositories.clone("work");
    clone.write("not.json", "{}\n");
    let said = clone.run(3, &["report", "merge", "not.json"], &[]);
    assert!(said.contains("not.json: is not a report"), "{said}");
    for share in ["0/3", "4/3", "x"] {
        let said = clone.run(2, &["ci", ".", "--shard", share], &[]);
        assert!(said.contains("a shard is written as 2/5"), "{said}");
    }
}

#[test]
fn charts_that_depend_on_one_that_fails_are_not_published() {
    let repositories = repository();
    let clone = repositories.clone("work");
    clone.write(
        "charts/base/templates/b.yaml",
        "kind: ConfigMap\napiVersion: v1\nmetadata: {name: b}\ndta: {}\n",
    );
    let repository = format!("file://{}", clone.path.join("repository").display());
    let said = clone.run(1, &["ci", ".", "--repository", &repository], &[]);
    assert_eq!(
        table(&said),
        ["lib published", "web published", "base failed", "app failed",],
        "{said}"
    );
    assert!(said.contains("2 of 4 charts failed: 1 error"), "{said}");
    let said = clone.run(1, &["ci", ".", "--quiet", "--no-push"], &[]);
    assert_eq!(table(&said), ["base failed", "app failed"], "{said}");
    // A version that the repository has with other content keeps only its chart back.
    let clone = repositories.clone("again");
    clone.write("charts/lib/values.yaml", "a: 1\n");
    raise(&clone, "web", "1.0.1");
    let said = clone.run(1, &["ci", ".", "--repository", &repository], &[]);
    assert_eq!(
        table(&said),
        [
            "web published",
            "lib not published: the repository does not have it",
            "base not published: depends on lib",
            "app not published: depends on lib",
        ],
        "{said}"
    );
}

#[test]
fn the_configuration_of_chart_testing_is_read() {
    let repositories = repository();
    let clone = repositories.clone("work");
    clone.write("stable/one/Chart.yaml", &chart("one", &[]).1);
    clone.write("stable/one/values.yaml", "name: ''\n");
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ required \"a name\" .Values.name }}}\n";
    clone.write("stable/one/templates/a.yaml", template);
    clone.write("stable/one/ci/test-values.yaml", "name: a\n");
    clone.write("stable/group/deep/Chart.yaml", &chart("deep", &[]).1);
    clone.write("stable/two/Chart.yaml", &chart("two", &[]).1);
    clone.write(
        "ct.yaml",
        "chart-dirs: [stable]\nexcluded-charts: [two]\ntarget-branch: main\nlint-conf: lint.yaml\n",
    );
    let said = clone.run(0, &["ci", ".", "--changed"], &[]);
    assert_eq!(table(&said), ["one ok"], "{said}");
    assert!(
        said.contains("note: ./ct.yaml: `lint-conf` has no effect: yamllint is not run"),
        "{said}"
    );
    assert!(said.contains("since origin/main"), "{said}");
    // What is left out is left out of every command.
    let old = clone
        .read("stable/one/Chart.yaml")
        .replace("name: one", "name: old\ndeprecated: true");
    clone.write("stable/old/Chart.yaml", &old);
    clone.write("ct.yaml", "chart-dirs: [stable]\nexclude-deprecated: true\n");
    for arguments in [&["ci", "."][..], &["lint"], &["doctor", "--offline"]] {
        let said = clone.command(arguments, &[]).output().expect("runs");
        let said = String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr);
        assert!(
            said.contains("one") && said.contains("two") && !said.contains("old"),
            "{arguments:?}: {said}"
        );
    }
    // None is left: that is no reason to fail.
    for arguments in [&["ci", "stable/old"][..], &["ci", "stable/old", "--plan"]] {
        let said = clone.run(0, arguments, &[]);
        assert!(!said.contains("no chart below"), "{arguments:?}: {said}");
    }
    clone.git(&["mv", "--force", "README.md", "ct.yaml"]);
    clone.write("ct.yaml", "additional-commands:\n- rm -rf /\n");
    let said = clone.run(2, &["ci", "."], &[]);
    assert!(
        said.contains("ct.yaml:1:1: `additional-commands` is not supported"),
        "{said}"
    );
    clone.write("ct.yaml", "chart-dirs: [../elsewhere]\n");
    let said = clone.run(2, &["ci", "."], &[]);
    assert!(said.contains("ct.yaml:1:14: ./../elsewhere leads out of ."), "{said}");
    clone.write(".github/ct.yaml", "chart-dirs: [charts]\n");
    let said = clone.run(0, &["ci", ".", "--config", ".github/ct.yaml"], &[]);
    assert_eq!(table(&said).len(), 4, "{said}");
    clone.write("chartwright.yaml", "charts: [charts]\n");
    assert_eq!(table(&clone.run(0, &["ci", "."], &[])).len(), 4, "ours comes first");
}

/// A comment, quotes and line ends stay.
#[test]
fn versions_that_must_rise_are_raised() {
    let repositories = repository();
    let clone = repositories.clone("work");
    clone.write(
        "charts/web/Chart.yaml",
        "# web\r\napiVersion: v2\r\nname: web\r\nversion: '1.0.0' # now\r\n",
    );
    clone.commit_all("Line ends");
    clone.git(&["push", "--quiet"]);
    clone.git(&["checkout", "--quiet", "-b", "topic"]);
    for name in ["lib", "web"] {
        clone.write(&format!("charts/{name}/values.yaml"), "a: 1\n");
    }
    raise(&clone, "app", "2.0.0");
    clone.commit_all("Change");
    let head = clone.head();
    let fix = |code, how| clone.run(code, &["ci", ".", "--no-push", "--since", "origin/main", how], &[]);
    // Written only: `lib` and `base`, which is packaged with it, and `web`; `app` is higher already.
    let said = fix(0, "--fix=files");
    for line in [
        "charts/base/Chart.yaml: version 1.0.0 -> 1.0.1",
        "charts/lib/Chart.yaml: version 1.0.0 -> 1.0.1",
        "charts/web/Chart.yaml: version 1.0.0 -> 1.0.1",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert!(!said.contains("charts/app/Chart.yaml: version"), "{said}");
    // Which charts are meant is said once, although the raised versions are read after it.
    assert_eq!(said.matches(" changed since ").count(), 1, "{said}");
    assert!(table(&said).iter().all(|row| row.ends_with(" ok")), "{said}");
    assert_eq!(
        clone.read("charts/web/Chart.yaml"),
        "# web\r\napiVersion: v2\r\nname: web\r\nversion: '1.0.1' # now\r\n"
    );
    assert_eq!(clone.head(), head);
    // The second time there is nothing to raise, and changes of the user are not committed.
    let before = clone.git(&["diff"]);
    let said = fix(0, "--fix");
    assert!(!said.contains("version 1.0") && !said.contains("committed"), "{said}");
    assert_eq!((clone.git(&["diff"]), clone.head()), (before, head.clone()));
    clone.git(&["checkout", "--quiet", "."]);
    clone.write("charts/web/templates/b.yaml", "{{/* mine */}}\n");
    let said = fix(0, "--fix");
    assert!(said.contains("on topic: Raise the versions of 3 charts"), "{said}");
    assert_eq!(said.matches(" changed since ").count(), 1, "{said}");
    assert_eq!(clone.git(&["rev-parse", "HEAD^"]).trim(), head);
    let names = clone.git(&["show", "--format=%B", "--name-only"]);
    assert_eq!(
        names.split_whitespace().collect::<Vec<_>>().join(" "),
        "Raise the versions of 3 charts In charts/base/Chart.yaml, charts/lib/Chart.yaml, charts/web/Chart.yaml charts/base/Chart.yaml \
         charts/lib/Chart.yaml charts/web/Chart.yaml"
    );
    assert_eq!(
        clone.git(&["status", "--porcelain"]).trim(),
        "?? charts/web/templates/b.yaml"
    );
}

#[test]
fn a_raised_version_is_pushed_unless_a_fork_asks() {
    let repositories = repository();
    let clone = repositories.clone("work");
    clone.git(&["checkout", "--quiet", "-b", "topic"]);
    clone.git(&["push", "--quiet", "--set-upstream", "origin", "topic"]);
    clone.write("charts/web/values.yaml", "a: 1\n");
    clone.commit_all("Change");
    clone.git(&["push", "--quiet"]);
    let head = clone.head();
    let fix = ["ci", ".", "--no-push", "--since", "origin/main", "--fix=push"];
    let said = clone.run(3, &fix, &[("CF_PULL_REQUEST_IS_FORK", "true")]);
    assert!(said.contains("nothing is written or pushed"), "{said}");
    assert_eq!(clone.head(), head);
    let said = clone.run(0, &fix, &[]);
    assert!(
        said.contains("to topic of origin: Raise the version in charts/web/Chart.yaml to 1.0.1"),
        "{said}"
    );
    assert_eq!(repositories.origin(&["rev-parse", "topic"]).trim(), clone.head());
    // What it needs.
    let said = clone.run(2, &["ci", ".", "--no-push", "--fix"], &[]);
    assert!(said.contains("name the base with --since"), "{said}");
}
