//! A module imports only modules above it in the list of `src/lib.rs`, and files keep to their size.

use std::fs;
use std::path::{Path, PathBuf};

/// No file is longer, tests and comments included.
const MAX_LINES: usize = 700;

fn modules() -> Vec<String> {
    let text = fs::read_to_string("src/lib.rs").expect("src/lib.rs");
    let names = text
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    names.map(str::to_owned).collect()
}

fn sources(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn modules_import_only_what_is_above_them() {
    let modules = modules();
    assert!(modules.len() > 8, "src/lib.rs lists the modules");
    for (index, module) in modules.iter().enumerate() {
        let mut files = Vec::new();
        sources(&Path::new("src").join(module), &mut files);
        for file in files {
            let text = fs::read_to_string(&file).expect("a source file");
            for lower in modules.iter().skip(index + 1) {
                let import = format!("crate::{lower}::");
                assert!(
                    !text.contains(&import),
                    "{} imports {lower}, which is below {module}",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn files_are_short_and_begin_with_their_purpose() {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file");
        let lines = text.lines().count();
        assert!(lines <= MAX_LINES, "{} has {lines} lines", file.display());
        assert!(
            text.starts_with("//!"),
            "{} does not say what it is for",
            file.display()
        );
    }
}
