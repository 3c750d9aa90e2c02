//! `package-junk`: files that editors, tools and accidents leave behind, which would be packaged.

use std::collections::BTreeSet;

use crate::check::finding::{Finding, Location};
use crate::engine::chart::Chart;
use crate::text::rule::Rule;

/// Endings of such files.
const ENDINGS: [&str; 10] = [
    "~", ".bak", ".orig", ".rej", ".swp", ".swo", ".tmp", ".dec", ".pyc", ".log",
];
const ARCHIVE: &str = ".tgz";
/// Names of such files.
const NAMES: [&str; 4] = [".DS_Store", "Thumbs.db", ".envrc", ".env"];
/// Directories that tools leave behind.
const DIRECTORIES: [&str; 6] = [
    ".git/",
    ".idea/",
    ".vscode/",
    ".terraform/",
    "node_modules/",
    "__pycache__/",
];

/// The findings of the rule: the chart's own files, not those of subcharts. A directory is one finding, however many files it has.
pub fn check_package_junk(chart: &Chart) -> Vec<Finding> {
    let finding = |place, name: &str| {
        let message = format!("{name} goes into the package: remove it, or name it in .helmignore");
        Finding::new(Rule::PackageJunk, Location::whole(place), message)
    };
    let mut findings = Vec::new();
    let mut directories = BTreeSet::new();
    for file in chart.raw.iter().filter(|file| !file.name.starts_with("charts/")) {
        match junk(&file.name) {
            Some(Junk::File) => findings.push(finding(chart.source_of(file), &file.name)),
            Some(Junk::Below(directory)) if directories.insert(directory) => {
                findings.push(finding(chart.source_file("Chart.yaml"), directory));
            }
            Some(Junk::Below(_)) | None => {}
        }
    }
    findings
}

/// What should not be in a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Junk<'n> {
    /// The file.
    File,
    /// A whole directory, with a slash at its end.
    Below(&'n str),
}

fn junk(name: &str) -> Option<Junk<'_>> {
    let directory = |inner: &&str| {
        let at = if name.starts_with(inner) {
            0
        } else {
            name.find(&format!("/{inner}"))? + 1
        };
        name.get(..at + inner.len())
    };
    if let Some(directory) = DIRECTORIES.iter().filter_map(directory).min_by_key(|found| found.len()) {
        return Some(Junk::Below(directory));
    }
    let base = name.rsplit('/').next().unwrap_or(name);
    let is_junk = NAMES.contains(&base)
        || ENDINGS.iter().any(|end| base.ends_with(end))
        // Packages of the chart itself; those of subcharts belong in charts/.
        || (base.ends_with(ARCHIVE) && !name.starts_with("charts/"));
    is_junk.then_some(Junk::File)
}

#[cfg(test)]
mod tests {
    use super::{Junk, junk};

    #[test]
    fn leftovers_are_distinguished_from_files_of_the_chart() {
        let file = Some(Junk::File);
        for (name, want) in [
            ("values.yaml", None),
            ("values.yaml~", file),
            ("templates/x.yaml.orig", file),
            (".env", file),
            ("sub/.DS_Store", file),
            (".git/config", Some(Junk::Below(".git/"))),
            (".git/hooks/a.bak", Some(Junk::Below(".git/"))),
            ("a/.git/node_modules/x", Some(Junk::Below("a/.git/"))),
            ("files/node_modules/x.js", Some(Junk::Below("files/node_modules/"))),
            ("a.git/config", None),
            ("web-0.1.0.tgz", file),
            ("charts/db-1.0.0.tgz", None),
            ("environment", None),
        ] {
            assert_eq!(junk(name), want, "{name}");
        }
    }
}
