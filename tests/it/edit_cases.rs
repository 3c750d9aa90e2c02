//! Edits of `fixtures/edits`: `before.yaml` (or `.json`) with the arguments of `bump`, one a line, becomes `after.yaml` byte for byte, or is
//! refused with the message in `refused`. In an argument `\n` is a line break. `EDIT_CASES_UPDATE=1` writes what is found.

use std::path::{Path, PathBuf};
use std::process::Command;

fn directories(root: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root).expect("a directory");
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    found.sort();
    found
}

/// What a file holds, or is to hold if the expectations are updated.
fn expected(file: &Path, found: &[u8]) -> Vec<u8> {
    if std::env::var_os("EDIT_CASES_UPDATE").is_some() {
        std::fs::write(file, found).expect("writes");
    }
    std::fs::read(file).unwrap_or_default()
}

#[test]
fn files_are_edited_byte_for_byte() {
    let cases = directories(Path::new("fixtures/edits"));
    assert!(cases.len() > 10, "{}", cases.len());
    for case in cases {
        let name = case.display().to_string();
        let extension = if case.join("before.json").exists() {
            "json"
        } else {
            "yaml"
        };
        let before = std::fs::read(case.join(format!("before.{extension}"))).expect("a file");
        let arguments = std::fs::read_to_string(case.join("arguments")).expect("a file");
        let directory = tempfile::tempdir().expect("a directory");
        let file = format!("file.{extension}");
        std::fs::write(directory.path().join(&file), &before).expect("writes");
        let output = Command::new(env!("CARGO_BIN_EXE_chartwright"))
            .args(["bump", "-f", &file])
            .args(arguments.lines().map(|argument| argument.replace("\\n", "\n")))
            .current_dir(directory.path())
            .env_clear()
            .output()
            .expect("the program starts");
        let after = std::fs::read(directory.path().join(&file)).expect("a file");
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        if name.ends_with("-refused") {
            assert_eq!(output.status.code(), Some(1), "{name}: {message}");
            assert_eq!(after, before, "{name}");
            let want = expected(&case.join("refused"), &output.stderr);
            assert_eq!(message, String::from_utf8_lossy(&want), "{name}");
        } else {
            assert_eq!(output.status.code(), Some(0), "{name}: {message}");
            let want = expected(&case.join(format!("after.{extension}")), &after);
            assert!(after == want, "{name}:\n{}", String::from_utf8_lossy(&after));
        }
    }
}
