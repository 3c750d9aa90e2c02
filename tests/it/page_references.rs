//! What the README and the documentation refer to exists: files and headings that links lead to, and the flags in the tables of
//! `docs/migrate` that say what a flag of another tool is here.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::documented_commands::pages;

fn all_pages() -> Vec<PathBuf> {
    let names = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"];
    let mut found: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
    pages(Path::new("docs"), &mut found);
    found.sort();
    found
}

/// Lines outside of blocks, with their numbers.
fn prose(page: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_inside = false;
    (1..).zip(page.lines()).filter(move |(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_inside ^= is_fence;
        !is_inside && !is_fence
    })
}

/// The anchor that GitHub gives a heading: letters, digits, `-` and `_` in lower case, dashes for blanks.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ');
    heading
        .to_lowercase()
        .chars()
        .filter(kept)
        .collect::<String>()
        .replace(' ', "-")
}

fn anchors(page: &str) -> BTreeSet<String> {
    let headings = prose(page).filter_map(|(_, line)| {
        let heading = line.trim_start_matches('#');
        (heading.len() < line.len())
            .then(|| heading.strip_prefix(' '))
            .flatten()
    });
    headings.map(anchor).collect()
}

/// Targets of the links in a line, without those that are shown as code.
fn targets(line: &str) -> Vec<String> {
    let text: String = line.split('`').step_by(2).collect::<Vec<_>>().join("x");
    let parts = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    parts.map(str::to_owned).collect()
}

/// A path without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

/// What is wrong with a target on a page.
fn fault(page: &Path, text: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() {
        page.to_owned()
    } else {
        plain(&page.parent()?.join(file))
    };
    if !path.exists() {
        return Some(format!("{target}: there is no {}", path.display()));
    }
    if heading.is_empty() || path.extension().is_none_or(|extension| extension != "md") {
        return None;
    }
    let text = if file.is_empty() {
        text.to_owned()
    } else {
        fs::read_to_string(&path).ok()?
    };
    (!anchors(&text).contains(heading)).then(|| format!("{target}: {} does not have that heading", path.display()))
}

#[test]
fn links_lead_to_files_and_headings() {
    let mut count = 0;
    let mut faults = Vec::new();
    for page in all_pages() {
        let text = fs::read_to_string(&page).expect("a page");
        for (line, target) in
            prose(&text).flat_map(|(number, line)| targets(line).into_iter().map(move |one| (number, one)))
        {
            count += 1;
            if let Some(fault) = fault(&page, &text, &target) {
                faults.push(format!("{}:{line}: {fault}", page.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 100, "only {count} links were found");
}

#[test]
fn links_are_found_and_checked() {
    let page = Path::new("docs/ci.md");
    let text = "# a `B` c\n```sh\n# d\n```\n[x](#a-b-c) `[y](z)` [y](edits.md#paths), [u](https://e.org)\n";
    let found: Vec<(usize, String)> = prose(text)
        .flat_map(|(number, line)| targets(line).into_iter().map(move |one| (number, one)))
        .collect();
    let wanted = ["#a-b-c", "edits.md#paths", "https://e.org"];
    assert_eq!(found, wanted.map(|target| (5, target.to_owned())));
    for (target, is_fine) in [
        ("#a-b-c", true),
        ("#d", false),
        ("edits.md#paths", true),
        ("edits.md#path", false),
        ("edit.md", false),
        ("../README.md", true),
        ("ci", true),
        ("https://example.org/none", true),
    ] {
        assert_eq!(fault(page, text, target).is_none(), is_fine, "{target}");
    }
}

/// The flags in a text.
fn flags(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    let flags = words.filter(|word| word.starts_with("--") && word.len() > 2);
    flags.map(str::to_owned).collect()
}

/// The flags that pages of commands list.
fn listed(pages: &[PathBuf]) -> BTreeSet<String> {
    let texts = pages.iter().map(|page| fs::read_to_string(page).expect("a page"));
    let texts: Vec<String> = texts.collect();
    let items = texts.iter().flat_map(|text| text.lines());
    let items = items.filter_map(|line| line.strip_prefix("- `")?.split('`').next());
    items.flat_map(flags).collect()
}

/// The cells of the rows of a page's tables, whose first column belongs to the other tool.
fn rows(page: &str) -> Vec<Vec<&str>> {
    let rows = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect()
}

#[test]
fn flags_in_tables_of_migrations_exist() {
    let mut commands = Vec::new();
    pages(Path::new("docs/commands"), &mut commands);
    let known = listed(&commands);
    let of_validate = listed(&["docs/commands/validate.md".into()]);
    assert!(known.len() > 100 && of_validate.contains("--strict"), "{known:?}");
    let mut tables = Vec::new();
    pages(Path::new("docs/migrate"), &mut tables);
    let mut count = 0;
    for page in tables {
        let text = fs::read_to_string(&page).expect("a page");
        for cells in rows(&text) {
            let ours = cells.get(1).copied().unwrap_or_default();
            for flag in flags(ours) {
                count += 1;
                assert!(known.contains(&flag), "{}: {flag} in {ours}", page.display());
            }
            // kubeconform's flags have one dash.
            if ours == "the same" {
                for flag in cells[0]
                    .split('`')
                    .filter(|word| word.len() > 2 && word.starts_with('-'))
                {
                    count += 1;
                    assert!(of_validate.contains(&format!("-{flag}")), "{}: {flag}", page.display());
                }
            }
        }
    }
    assert!(count > 60, "only {count} flags were found");
}
