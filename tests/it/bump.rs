//! `bump` as users run it: a refusal changes no file, and several files change together or not at all.

use std::path::Path;
use std::process::{Command, Output};

/// A name so long that a temporary file beside it has a name that no file system accepts.
const UNWRITABLE: usize = 250;

fn bump(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_chartwright"))
        .arg("bump")
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .output()
        .expect("the program starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Files, arguments, exit code, a part of standard error, and the files afterwards where they change.
#[test]
fn a_bump_applies_all_its_changes_or_none() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let pinned = format!("image: acme/web:1@{digest}\n");
    let shared = "base: &b {tag: v1}\nother: *b\n";
    for (text, arguments, code, message, want) in [
        (
            shared,
            &["--set", "base.tag=v2"][..],
            1,
            "line 1: `base.tag` is shared through the anchor `b`",
            shared,
        ),
        (
            &pinned,
            &["--image", "acme/web:2"],
            1,
            "`image` pins a digest, which wins over the tag",
            &pinned,
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
            "`a[0` is not a path: an index ends with `]`",
            "a: [1]\n",
        ),
        ("a: 1\n", &[], 2, "give --set, --set-string or --image", "a: 1\n"),
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

#[test]
fn a_file_that_cannot_be_written_leaves_the_others_as_they_were() {
    let directory = tempfile::tempdir().expect("a directory");
    let unwritable = "x".repeat(UNWRITABLE);
    let names = ["first.yaml", unwritable.as_str(), "last.yaml"];
    for name in names {
        std::fs::write(directory.path().join(name), "tag: v1\n").expect("writes");
    }
    let mut arguments = vec!["--set", "tag=v2"];
    for name in names {
        arguments.extend(["--file", name]);
    }
    let output = bump(directory.path(), &arguments);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("nothing was changed"), "{}", stderr(&output));
    for name in names {
        let text = std::fs::read_to_string(directory.path().join(name)).expect("a file");
        assert_eq!(text, "tag: v1\n", "{name}");
    }
    let files = std::fs::read_dir(directory.path()).expect("a directory");
    assert_eq!(files.count(), names.len(), "a temporary file was left behind");
}

#[test]
fn a_chart_yaml_that_is_edited_and_raised_keeps_both_edits() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("Chart.yaml");
    std::fs::write(&file, "name: x\nversion: 1.0.0\nappVersion: \"1\"\n").expect("writes");
    let arguments = ["-f", "Chart.yaml", "--set", "appVersion=2", "--chart-version", "minor"];
    let output = bump(directory.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(
        std::fs::read_to_string(&file).expect("a file"),
        "name: x\nversion: 1.1.0\nappVersion: \"2\"\n"
    );
}
