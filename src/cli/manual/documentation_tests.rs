//! `docs/commands` has the pages of today's commands and no others. `COMMANDS_UPDATE=1 cargo test --lib documented_commands` writes them.

use std::collections::BTreeMap;
use std::path::Path;

use super::markdown::{file_name, markdown};
use super::pages;

const DIRECTORY: &str = "docs/commands";

#[test]
fn documented_commands_are_those_of_the_program() {
    let pages = pages(&crate::cli::program());
    let wanted: BTreeMap<String, String> = pages
        .iter()
        .map(|page| (file_name(page), markdown(page, &pages)))
        .collect();
    assert_eq!(wanted.len(), pages.len(), "two pages have the same file");
    let directory = Path::new(DIRECTORY);
    let update = std::env::var("COMMANDS_UPDATE").is_ok_and(|value| !value.is_empty());
    if update {
        std::fs::create_dir_all(directory).unwrap();
    }
    let mut faults = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !wanted.contains_key(&name) {
            faults.push(format!("{DIRECTORY}/{name}: there is no such command"));
            if update {
                std::fs::remove_file(&path).unwrap();
            }
        }
    }
    for (name, text) in &wanted {
        let path = directory.join(name);
        if update {
            std::fs::write(&path, text).unwrap();
            continue;
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        if found != *text {
            let line = found
                .lines()
                .zip(text.lines())
                .take_while(|(found, wanted)| found == wanted)
                .count();
            let wanted = text.lines().nth(line).unwrap_or("(the end)");
            faults.push(format!("{DIRECTORY}/{name}:{}: expected {wanted}", line + 1));
        }
    }
    assert!(
        update || faults.is_empty(),
        "`COMMANDS_UPDATE=1 cargo test --lib documented_commands` updates the pages:\n{}",
        faults.join("\n")
    );
}
