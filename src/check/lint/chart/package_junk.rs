//! `package-junk`: files that editors, tools and accidents leave behind, which would be packaged.

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

/// The findings of the rule: the chart's own files, not those of subcharts.
pub fn check_package_junk(chart: &Chart) -> Vec<Finding> {
    let own = chart
        .raw
        .iter()
        .filter(|file| !file.name.starts_with("charts/") && is_junk(&file.name));
    own.map(|file| {
        let message = format!(
            "{} goes into the package: remove it, or name it in .helmignore",
            file.name
        );
        Finding::new(Rule::PackageJunk, Location::whole(chart.source_of(file)), message)
    })
    .collect()
}

fn is_junk(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    NAMES.contains(&base)
        || ENDINGS.iter().any(|end| base.ends_with(end))
        || DIRECTORIES
            .iter()
            .any(|inner| name.starts_with(inner) || name.contains(&format!("/{inner}")))
        // Packages of the chart itself; those of subcharts belong in charts/.
        || (base.ends_with(ARCHIVE) && !name.starts_with("charts/"))
}

#[cfg(test)]
mod tests {
    use super::is_junk;

    #[test]
    fn leftovers_are_distinguished_from_files_of_the_chart() {
        for (name, want) in [
            ("values.yaml", false),
            ("values.yaml~", true),
            ("templates/x.yaml.orig", true),
            (".env", true),
            ("sub/.DS_Store", true),
            (".git/config", true),
            ("files/node_modules/x.js", true),
            ("web-0.1.0.tgz", true),
            ("charts/db-1.0.0.tgz", false),
            ("environment", false),
        ] {
            assert_eq!(is_junk(name), want, "{name}");
        }
    }
}
