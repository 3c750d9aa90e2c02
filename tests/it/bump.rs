//! `bump` as users run it: a refusal changes no file, and several files change together or not at all.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Instant;

use sha2::{Digest as _, Sha256};

/// The record of a change of several files; where it is a directory, none can be written.
const JOURNAL: &str = ".chartwright.journal";

fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartwright"));
    command.arg("bump").args(arguments).current_dir(directory).env_clear();
    command
}

fn bump(directory: &Path, arguments: &[&str]) -> Output {
    command(directory, arguments).output().expect("the program starts")
}

fn write(directory: &Path, name: &str, text: &str) {
    std::fs::write(directory.join(name), text).expect("writes");
}

fn read(directory: &Path, name: &str) -> String {
    std::fs::read_to_string(directory.join(name)).expect("a file")
}

/// The names in a directory.
fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).expect("a directory");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Files, arguments, exit code, a part of standard error, and the files afterwards where they change.
#[test]
#[expect(clippy::too_many_lines, reason = "a table, one row per command line")]
fn a_bump_applies_all_its_changes_or_none() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let pinned = format!("image: acme/web:1@{digest}\n");
    let shared = "base: &b {tag: v1}\nother: *b\n";
    for (text, arguments, code, message, want) in [
        (
            shared,
            &["--set", "base.tag=v2"][..],
            1,
            "values.yaml:1:16: `base.tag` is shared through the anchor `b`",
            shared,
        ),
        (
            &pinned,
            &["--image", "acme/web:2"],
            1,
            "`image` pins a digest, which wins over the tag",
            &pinned,
        ),
        (
            "t: &t v1\nimage: {repository: acme/web, tag: *t}\n",
            &["--image", "acme/web:2"],
            1,
            "values.yaml:2:36: `image.tag` is shared through the anchor `t`, so other values would change with it\n  help: give --through-anchors",
            "t: &t v1\nimage: {repository: acme/web, tag: *t}\n",
        ),
        (
            "t: &t v1\nimage: {repository: acme/web, tag: *t}\n",
            &["--image", "acme/web:v2", "--through-anchors"],
            0,
            "",
            "t: &t v2\nimage: {repository: acme/web, tag: *t}\n",
        ),
        (
            "i: &i acme/web:1\nimages: [*i]\n",
            &["--image", "acme/web:2", "--through-anchors"],
            0,
            "",
            "i: &i acme/web:2\nimages: [*i]\n",
        ),
        (
            "image: |\n  acme/web:1\n",
            &["--image", "acme/web:2"],
            0,
            "",
            "image: |\n  acme/web:2\n",
        ),
        (
            "image:\n  repository: >-\n    acme/web\n  tag: |- # now\n    v1\n",
            &["--image", "acme/web:v2"],
            0,
            "",
            "image:\n  repository: >-\n    acme/web\n  tag: |- # now\n    v2\n",
        ),
        (
            "image: >\n  acme/web:1\n",
            &["--image", "acme/web:2"],
            0,
            "",
            "image: >\n  acme/web:2\n",
        ),
        (
            "image: |\n  acme/web:1\n  acme/other:1\n",
            &["--image", "acme/web:2"],
            1,
            "no value names the image",
            "image: |\n  acme/web:1\n  acme/other:1\n",
        ),
        ("a=b: 1 # c\n", &["--set", r"a\=b=2"], 0, "", "a=b: 2 # c\n"),
        ("- \n- b\n", &["--set", "[0]=a"], 0, "", "- a\n- b\n"),
        (
            "a: 1\n",
            &["--set", "a"],
            2,
            "`a` is not an assignment: write path.to.key=value",
            "a: 1\n",
        ),
        (
            "a: [1]\n",
            &["--set", "a[0=2"],
            2,
            "`a[0=2` is not a path: an index ends with `]`",
            "a: [1]\n",
        ),
        (
            "a: 1\n",
            &[],
            2,
            "give --set, --set-string, --append, --append-json, --remove or --image",
            "a: 1\n",
        ),
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("values.yaml");
        std::fs::write(&file, text).expect("writes");
        let output = bump(directory.path(), &[&["-f", "values.yaml"], arguments].concat());
        let message_text = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {message_text}");
        assert!(message_text.contains(message), "{arguments:?}: {message_text}");
        assert_eq!(std::fs::read_to_string(&file).expect("a file"), want, "{arguments:?}");
    }
}

/// Files, arguments, exit code, a part of standard output or standard error, and the files afterwards.
#[test]
#[expect(clippy::too_many_lines, reason = "a table, one row per command line")]
fn values_are_added_removed_and_changed_where_only_one_place_is_meant() {
    let two = "kind: A\nn: 1\n---\nkind: B\nn: 1\n";
    let shared = "a: &x {t: 1}\nb: {<<: *x}\n";
    let sops = "a: ENC[AES256_GCM,data:x,type:str]\nsops:\n  mac: x\n";
    for (text, arguments, code, message, want) in [
        (
            "a: 1\n",
            &["--set", "b.c=2"][..],
            1,
            "help: give --create to add it",
            "a: 1\n",
        ),
        (
            "a: 1\n",
            &["--set", "b.c=2", "--create"],
            0,
            "v.yaml:2: b.c: 2 added",
            "a: 1\nb:\n  c: 2\n",
        ),
        (
            "tag: 1\n",
            &["--set", "tga=2"],
            1,
            "v.yaml:1:1: no value at `tga`; did you mean `tag`?",
            "tag: 1\n",
        ),
        (
            "l:\n- a\n",
            &["--append", "l=b"],
            0,
            "v.yaml:3: l: b added",
            "l:\n- a\n- b\n",
        ),
        (
            "l:\n- a\n",
            &["--append-json", r#"l={"name": "x", "ports": [80]}"#],
            0,
            "v.yaml:3: l: {name: x, ports: 80} added",
            "l:\n- a\n- name: x\n  ports:\n  - 80\n",
        ),
        (
            "a: 1\n# b\nb: 2\n",
            &["--remove", "b"],
            0,
            "v.yaml:3: b: removed",
            "a: 1\n",
        ),
        (
            "a: 1\n",
            &["--remove", "a[x]"],
            2,
            "a selector is `key=value`",
            "a: 1\n",
        ),
        (
            "l: [{name: web, n: 1}, {name: db, n: 1}]\n",
            &["--set", "l[name=db].n=2"],
            0,
            "v.yaml:1: l[name=db].n: 1 -> 2",
            "l: [{name: web, n: 1}, {name: db, n: 2}]\n",
        ),
        (
            two,
            &["--set", "n=2"],
            1,
            "`n` is in 2 documents (lines 2 and 5): say which one",
            two,
        ),
        (
            two,
            &["--set", "n=2", "--document", "kind=B"],
            0,
            "v.yaml:5: n: 1 -> 2",
            "kind: A\nn: 1\n---\nkind: B\nn: 2\n",
        ),
        (
            two,
            &["--set", "n=2", "--document", "1"],
            0,
            "v.yaml:2: n: 1 -> 2",
            "kind: A\nn: 2\n---\nkind: B\nn: 1\n",
        ),
        (
            two,
            &["--set", "n=2", "--document", "3"],
            1,
            "0 of the 2 documents are the chosen one",
            two,
        ),
        (
            two,
            &["--set", "n=2", "--document", "x"],
            2,
            "`x` is not a document",
            two,
        ),
        (
            shared,
            &["--set", "b.t=2"],
            1,
            "give --through-anchors to change every place",
            shared,
        ),
        (
            shared,
            &["--set", "b.t=2", "--through-anchors"],
            0,
            "v.yaml:1: b.t: 1 -> 2",
            "a: &x {t: 2}\nb: {<<: *x}\n",
        ),
        (sops, &["--set", "a=2"], 1, "sops edit FILE", sops),
        (
            "{\"a\": 1}\n",
            &["--set", "b=x", "--create"],
            0,
            "b: x added",
            "{\"a\": 1, \"b\": \"x\"}\n",
        ),
        (
            "password: 1\n",
            &["--set", "token=s3cr3tvalue", "--create"],
            0,
            "token: *** added",
            "password: 1\ntoken: s3cr3tvalue\n",
        ),
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        write(directory.path(), "v.yaml", text);
        let dry = bump(directory.path(), &[&["-f", "v.yaml", "--dry-run"], arguments].concat());
        assert_eq!(dry.status.code(), Some(code), "{arguments:?}: {}", stderr(&dry));
        assert_eq!(dry.stdout.is_empty(), code != 0, "{arguments:?}");
        assert_eq!(read(directory.path(), "v.yaml"), text, "a dry run changes nothing");
        let output = bump(directory.path(), &[&["-f", "v.yaml"], arguments].concat());
        let shown = format!("{}{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {shown}");
        assert!(shown.contains(message), "{arguments:?}: {shown}");
        assert_eq!(read(directory.path(), "v.yaml"), want, "{arguments:?}");
    }
}

/// As git prints them: what `git apply` and `patch -p1` read back.
#[test]
fn the_headers_of_diffs_are_those_of_git() {
    let directory = tempfile::tempdir().expect("a directory");
    let root = directory.path().canonicalize().expect("a path");
    std::fs::create_dir_all(root.join("tree/.git")).expect("a directory");
    std::fs::create_dir_all(root.join("tree/charts")).expect("a directory");
    write(&root, "tree/charts/v.yaml", "a: 1\n");
    write(&root, "v.yaml", "a: 1\n");
    let outside = root.join("v.yaml").display().to_string();
    let inside = root.join("tree/charts/v.yaml").display().to_string();
    for (from, file, shown) in [
        ("tree/charts", "v.yaml", "v.yaml"),
        ("tree", "./charts/v.yaml", "charts/v.yaml"),
        ("tree", &inside, "charts/v.yaml"),
        ("", &inside, "charts/v.yaml"),
        ("tree/charts", "../charts/v.yaml", "charts/v.yaml"),
        ("", &outside, outside.trim_start_matches('/')),
    ] {
        let output = bump(&root.join(from), &["-f", file, "--set", "a=2", "--dry-run"]);
        let diff = String::from_utf8_lossy(&output.stdout).into_owned();
        let head = format!("--- a/{shown}\n+++ b/{shown}\n@@ ");
        assert!(diff.starts_with(&head), "{from} {file}: {diff}{}", stderr(&output));
    }
}

#[test]
fn a_secret_in_a_diff_does_not_show_its_length() {
    let directory = tempfile::tempdir().expect("a directory");
    write(
        directory.path(),
        "v.yaml",
        "password: hunter2hunter2 # ** old\ntoken: 'é*t'\nurl: https://h/?x=hunter2hunter2\nstars: '****'\n",
    );
    let output = bump(
        directory.path(),
        &["-f", "v.yaml", "--set", "password=abcdefghijk", "--dry-run"],
    );
    let diff = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        diff.ends_with(
            "\n-password: *** # ** old\n+password: *** # ** old\n token: ***\n url: https://h/?***\n stars: '****'\n"
        ),
        "{diff}{}",
        stderr(&output)
    );
}

#[test]
fn a_change_that_cannot_be_recorded_leaves_all_files_as_they_were() {
    let directory = tempfile::tempdir().expect("a directory");
    let files = ["first.yaml", "last.yaml"];
    for name in files {
        write(directory.path(), name, "tag: v1\n");
    }
    std::fs::create_dir(directory.path().join(JOURNAL)).expect("a directory");
    let output = bump(
        directory.path(),
        &["--set", "tag=v2", "-f", "first.yaml", "-f", "last.yaml"],
    );
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("nothing was changed"), "{}", stderr(&output));
    for name in files {
        assert_eq!(read(directory.path(), name), "tag: v1\n", "{name}");
    }
    assert_eq!(names(directory.path()), [JOURNAL, "first.yaml", "last.yaml"]);
}

/// Containers give all their processes the same id, so a name that contains it is used again and again.
#[test]
fn what_a_killed_bump_left_behind_is_removed_by_the_next() {
    let directory = tempfile::tempdir().expect("a directory");
    write(directory.path(), "v.yaml", "a: 1\n");
    write(directory.path(), ".chartwright-0123456789abcdef.tmp", "a: ");
    let output = bump(directory.path(), &["-f", "v.yaml", "--set", "a=2"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(names(directory.path()), ["v.yaml"]);
}

#[test]
fn bumps_at_the_same_time_all_arrive() {
    let directory = tempfile::tempdir().expect("a directory");
    write(directory.path(), "v.yaml", "k0: 0\nk1: 0\nk2: 0\nk3: 0\n");
    for round in 1..=10 {
        let start = |key| {
            let set = format!("k{key}={round}");
            let mut command = command(directory.path(), &["-f", "v.yaml", "--set", &set]);
            command.stdout(Stdio::null()).spawn().expect("the program starts")
        };
        let processes: Vec<_> = (0..4).map(start).collect();
        for mut process in processes {
            assert_eq!(process.wait().expect("it ends").code(), Some(0));
        }
        let want = format!("k0: {round}\nk1: {round}\nk2: {round}\nk3: {round}\n");
        assert_eq!(read(directory.path(), "v.yaml"), want);
    }
    assert_eq!(names(directory.path()), ["v.yaml"]);
}

/// Writes what a bump of `tag` from 1 to 2 in two files leaves behind that is killed after the first rename.
fn interrupt(directory: &Path) {
    const TEMPORARY: &str = ".chartwright-0123456789abcdef.tmp";

    let digest = |text: &str| format!("{:x}", Sha256::digest(text));
    let (old, new) = (digest("tag: 1\n"), digest("tag: 2\n"));
    write(directory, "a.yaml", "tag: 2\n");
    write(directory, "b.yaml", "tag: 1\n");
    write(directory, TEMPORARY, "tag: 2\n");
    let missing = TEMPORARY.replace('0', "f");
    let fields = ["chartwright journal 1", "."];
    let first = ["rename", ".", &missing, "a.yaml", &old, &new];
    let second = ["rename", ".", TEMPORARY, "b.yaml", &old, &new];
    let fields = fields.iter().chain(&first).chain(&second).copied();
    let text: Vec<&str> = fields.flat_map(|field| [field, "\0"]).collect();
    write(directory, JOURNAL, &text.concat());
}

#[test]
fn an_interrupted_change_is_completed_or_left_and_reported() {
    for (restored, arguments, message, a, b) in [
        (
            None,
            &[][..],
            "note: completed an earlier change",
            "tag: 2\n",
            "tag: 3\n",
        ),
        (
            Some("tag: 1\n"),
            &[],
            "note: an earlier change was interrupted and is not completed",
            "tag: 1\n",
            "tag: 3\n",
        ),
        (None, &["--dry-run"], "", "tag: 2\n", "tag: 1\n"),
    ] {
        let directory = tempfile::tempdir().expect("a directory");
        interrupt(directory.path());
        if let Some(text) = restored {
            write(directory.path(), "a.yaml", text);
        }
        let output = bump(
            directory.path(),
            &[&["-f", "b.yaml", "--set", "tag=3"], arguments].concat(),
        );
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stderr(&output).starts_with(message), "{}", stderr(&output));
        assert_eq!(read(directory.path(), "a.yaml"), a);
        assert_eq!(read(directory.path(), "b.yaml"), b);
        let is_clean = names(directory.path()) == ["a.yaml", "b.yaml"];
        assert_eq!(is_clean, arguments.is_empty(), "a dry run changes nothing");
    }
}

#[cfg(unix)]
#[test]
fn more_files_are_written_than_may_be_open() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut arguments = Vec::new();
    for number in 0..100 {
        let name = format!("{number}.yaml");
        write(directory.path(), &name, "a: 1\n");
        arguments.extend(["-f".to_owned(), name]);
    }
    let output = Command::new("sh")
        .args([
            "-c",
            "ulimit -n 90; exec \"$0\" bump --set a=2 \"$@\"",
            env!("CARGO_BIN_EXE_chartwright"),
        ])
        .args(arguments)
        .current_dir(directory.path())
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(names(directory.path()).len(), 100);
    assert_eq!(read(directory.path(), "99.yaml"), "a: 2\n");
}

/// The moments spread over the time that a bump takes; `.ci/bump_race.py` tries many more.
#[test]
fn a_bump_that_is_killed_changes_all_files_or_none() {
    const MOMENTS: u32 = 12;

    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    std::fs::create_dir(directory.join("sub")).expect("a directory");
    let files = ["a.yaml", "b.yaml", "sub/c.yaml"];
    for name in files {
        write(directory, name, "tag: 0\nother: 0\n");
    }
    let with_files = |set: &str| {
        let files = files.iter().flat_map(|name| ["-f", name]);
        let mut command = command(directory, &["--set", set]);
        command.args(files).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let started = Instant::now();
    assert!(with_files("tag=1").status().expect("the program starts").success());
    let whole = started.elapsed();
    let mut before = "tag: 1\n".to_owned();
    for moment in 1..=MOMENTS {
        let set = format!("tag={}", moment + 1);
        let mut process = with_files(&set).spawn().expect("the program starts");
        std::thread::sleep(whole.mul_f64(f64::from(moment) / f64::from(MOMENTS)));
        // It may have ended.
        let _killed = process.kill();
        process.wait().expect("it ends");
        let output = bump(directory, &["-f", "sub/c.yaml", "--set", &format!("other={moment}")]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let tags = files.map(|name| read(directory, name).split_inclusive('\n').next().map(str::to_owned));
        let [first, ..] = &tags;
        let after = format!("tag: {}\n", moment + 1);
        let is_one_of_both = [Some(&before), Some(&after)].contains(&first.as_ref());
        assert!(
            is_one_of_both && tags.iter().all(|tag| tag == first),
            "{moment}: {tags:?}"
        );
        assert_eq!(names(&directory.join("sub")), ["c.yaml"]);
        before = first.clone().expect("a line");
    }
    // What is left in the other directory is removed by a bump of a file there.
    let output = bump(directory, &["-f", "a.yaml", "--set", "other=99"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(names(directory), ["a.yaml", "b.yaml", "sub"]);
}

#[test]
fn a_chart_yaml_that_is_edited_and_raised_keeps_both_edits() {
    let directory = tempfile::tempdir().expect("a directory");
    write(
        directory.path(),
        "Chart.yaml",
        "name: x\nversion: 1.0.0\nappVersion: \"1\"\n",
    );
    let arguments = ["-f", "Chart.yaml", "--set", "appVersion=2", "--chart-version", "minor"];
    let output = bump(directory.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(
        read(directory.path(), "Chart.yaml"),
        "name: x\nversion: 1.1.0\nappVersion: \"2\"\n"
    );
}
