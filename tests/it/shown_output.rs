//! Commands on the pages for newcomers print what the pages show.
//!
//! On a page, the blocks of `sh` that make files and those that a block of `text` follows run in order in one directory, which pages call
//! [`SHOWN`]. What such a block prints, on both outputs, is the `text`. Blocks of `console` do not run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The directory of the commands, as pages show it.
const SHOWN: &str = "/home/ada/shop";

struct Block<'p> {
    language: &'p str,
    text: &'p str,
    line: usize,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    let mut begin: Option<(&str, usize, usize)> = None;
    let mut offset = 0;
    for (number, line) in (1..).zip(page.split_inclusive('\n')) {
        if let Some(language) = line.strip_prefix("```") {
            begin = match begin {
                None => Some((language.trim_end(), offset + line.len(), number)),
                Some((language, start, line)) => {
                    let text = page.get(start..offset).unwrap_or_default();
                    found.push(Block { language, text, line });
                    None
                }
            };
        }
        offset += line.len();
    }
    found
}

/// Runs a block as a shell would, with the program in PATH.
fn run(script: &str, directory: &Path) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_chartwright"));
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", program.parent().expect("a directory").display());
    // One pipe for both outputs, so that lines keep their order.
    let script = format!("exec 2>&1\n{script}");
    let mut command = Command::new("sh");
    command.args(["-c", &script]).current_dir(directory).env_clear();
    command
        .env("PATH", path)
        .env("HOME", directory)
        .env("LC_ALL", "C.UTF-8");
    let output = command.output().expect("sh runs");
    let shown = directory.display().to_string();
    String::from_utf8_lossy(&output.stdout).replace(&shown, SHOWN)
}

/// The number of outputs that were compared.
fn check(page: &Path, faults: &mut Vec<String>) -> usize {
    let text = fs::read_to_string(page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
    let blocks = blocks(&text);
    let directory = tempfile::tempdir().expect("a directory");
    // Names of temporary directories may be links, and the program shows where they lead.
    let directory = directory.path().canonicalize().expect("a path");
    fs::create_dir_all(&directory).expect("a directory");
    let mut compared = 0;
    for (number, block) in blocks.iter().enumerate() {
        let next = blocks.get(number + 1).filter(|next| next.language == "text");
        let makes_files = block.text.contains("<<'EOF'");
        if block.language != "sh" || (next.is_none() && !makes_files) {
            continue;
        }
        let printed = run(block.text, &directory);
        let wanted = next.map_or("", |next| next.text);
        compared += usize::from(next.is_some());
        if printed != wanted {
            let place = format!("{}:{}", page.display(), block.line);
            faults.push(format!(
                "{place}:\n{}printed\n{printed}instead of\n{wanted}",
                block.text
            ));
        }
    }
    compared
}

#[test]
fn commands_print_what_the_pages_show() {
    let mut pages: Vec<PathBuf> = ["getting-started", "coverage", "explore"]
        .iter()
        .map(|page| PathBuf::from(format!("docs/{page}.md")))
        .collect();
    let entries = fs::read_dir("docs/migrate").expect("docs/migrate");
    pages.extend(entries.map(|entry| entry.expect("an entry").path()));
    pages.sort();
    let mut faults = Vec::new();
    let compared: usize = pages.iter().map(|page| check(page, &mut faults)).sum();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(compared >= 8, "only {compared} outputs were compared");
}

#[test]
fn blocks_are_found_with_their_lines() {
    let page = "a\n```sh\nx\ny\n```\n\n```text\n```\n";
    let found: Vec<(&str, &str, usize)> = blocks(page)
        .iter()
        .map(|block| (block.language, block.text, block.line))
        .collect();
    assert_eq!(found, [("sh", "x\ny\n", 2), ("text", "", 7)]);
}
