//! What a chart has of its dependencies: a chart in, a row with a status for each out, and the table that `helm dependency list`
//! prints. Follows Helm's `pkg/action/dependency.go` and gosuri/uitable.

use std::path::{Path, PathBuf};

use crate::engine::chart::{Chart, Dependency, LoadError};
use crate::text::go::path_match::path_match;
use crate::text::go::quote::quote;
use crate::text::limits::CHART_FILES;
use crate::text::semver::{Constraint, Version};
use crate::text::source::{Links, Visit, WalkLimits, walk};

use super::declared::declares_list;
use super::load::load;

/// Widest column; Helm's default.
pub const COLUMN_WIDTH: usize = 80;

/// A declared dependency and what the chart has of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DependencyRow {
    /// Its name.
    pub name: String,
    /// Its version constraint.
    pub version: String,
    /// Its repository, as written.
    pub repository: String,
    /// Helm's word: `ok`, `unpacked`, `missing`, `wrong version`, `too many matches`, `corrupt`, `misnamed`, `invalid version`,
    /// `bad pattern`.
    pub status: &'static str,
}

/// The dependencies of a chart, and what else is in `charts/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DependencyTable {
    /// One for each dependency, in their order; none where the chart has no list of them.
    pub rows: Option<Vec<DependencyRow>>,
    /// Helm's warnings about the rest of `charts/`.
    pub warnings: Vec<String>,
}

/// Lists the dependencies of a chart directory or archive.
///
/// # Errors
/// When the chart does not load.
pub fn list_dependencies(path: &Path) -> Result<DependencyTable, LoadError> {
    let chart = load(path)?;
    let charts = path.join("charts");
    let declared: Vec<&Dependency> = chart.metadata.declared_dependencies().collect();
    if !declares_list(&chart) {
        return Ok(DependencyTable {
            rows: None,
            warnings: vec![format!("WARNING: no dependencies at {}", charts.display())],
        });
    }
    let entries = entries(&charts);
    let rows = declared.iter().map(|dependency| DependencyRow {
        name: dependency.name.clone(),
        version: dependency.version.clone(),
        repository: dependency.repository.clone(),
        status: status(dependency, &chart, &entries),
    });
    let rows = rows.collect();
    let mut warnings = Vec::new();
    for entry in entries
        .iter()
        .filter(|entry| entry.is_directory || entry.name.strip_suffix(".tgz").is_some())
    {
        let shown = quote(entry.path.display().to_string().as_bytes());
        match load(&entry.path) {
            Err(_) => warnings.push(format!("WARNING: {shown} is not a chart.")),
            Ok(found) if declared.iter().all(|dependency| dependency.name != found.name()) => {
                warnings.push(format!("WARNING: {shown} is not in Chart.yaml."));
            }
            Ok(_) => {}
        }
    }
    Ok(DependencyTable {
        rows: Some(rows),
        warnings,
    })
}

struct Entry {
    name: String,
    path: PathBuf,
    is_directory: bool,
}

/// What `charts/` has, by name. One that cannot be read has nothing, as for Go's `Glob`.
fn entries(charts: &Path) -> Vec<Entry> {
    let limits = WalkLimits {
        depth: 1,
        entries: CHART_FILES,
        links: Links::Followed,
    };
    let mut entries = Vec::new();
    let _unreadable: Result<(), ()> = walk(charts, limits, &mut |entry| {
        if let Ok(entry) = entry {
            entries.push(Entry {
                name: entry.name,
                path: entry.path,
                is_directory: entry.file_type.is_dir(),
            });
        }
        Ok(Visit::PassOver)
    });
    entries
}

fn status(dependency: &Dependency, chart: &Chart, entries: &[Entry]) -> &'static str {
    let pattern = format!("{}-*.tgz", dependency.name);
    let mut archives = Vec::new();
    for entry in entries {
        match path_match(&pattern, &entry.name) {
            Ok(true) => archives.push(entry),
            Ok(false) => {}
            Err(_) => return "bad pattern",
        }
    }
    // An archive of `redis-cluster` matches too; what follows the name must be a version.
    if archives.len() > 1 {
        archives.retain(|entry| {
            let version = entry.name.strip_prefix(&format!("{}-", dependency.name));
            let version = version.and_then(|rest| rest.strip_suffix(".tgz"));
            version.is_some_and(|version| Version::parse_strict(version).is_ok())
        });
    }
    match archives.as_slice() {
        [] => {}
        [archive] => return archive_status(&archive.path, dependency),
        _ => return "too many matches",
    }
    let unpacked = chart
        .dependencies
        .iter()
        .rfind(|subchart| subchart.name() == dependency.name);
    match unpacked {
        None => "missing",
        Some(unpacked) => version_status(&unpacked.metadata.version, dependency).unwrap_or("unpacked"),
    }
}

fn archive_status(archive: &Path, dependency: &Dependency) -> &'static str {
    match load(archive) {
        Err(_) => "corrupt",
        Ok(chart) if chart.name() != dependency.name => "misnamed",
        Ok(chart) => version_status(&chart.metadata.version, dependency).unwrap_or("ok"),
    }
}

/// What is wrong with a version; none if it satisfies.
fn version_status(found: &str, dependency: &Dependency) -> Option<&'static str> {
    if found == dependency.version {
        return None;
    }
    match (Constraint::parse(&dependency.version), Version::parse(found)) {
        (Ok(constraint), Ok(version)) if constraint.check(&version) => None,
        (Ok(_), Ok(_)) => Some("wrong version"),
        _ => Some("invalid version"),
    }
}

impl DependencyTable {
    /// The table as Helm prints it, columns of at most `width` characters, without the line break at the end.
    pub fn text(rows: &[DependencyRow], width: usize) -> String {
        let mut lines = vec![["NAME", "VERSION", "REPOSITORY", "STATUS"]];
        lines.extend(rows.iter().map(|row| {
            [
                row.name.as_str(),
                row.version.as_str(),
                row.repository.as_str(),
                row.status,
            ]
        }));
        let mut widths = [0; 4];
        for line in &lines {
            for (widest, cell) in widths.iter_mut().zip(line) {
                *widest = cell.chars().count().min(width).max(*widest);
            }
        }
        let padded = lines.iter().map(|line| {
            let cells = line.iter().zip(widths).map(|(cell, width)| resized(cell, width));
            cells.collect::<Vec<_>>().join("\t")
        });
        padded.collect::<Vec<_>>().join("\n")
    }
}

/// The text with blanks up to the width, or cut to it, with dots for what is cut.
fn resized(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return format!("{text}{}", " ".repeat(width - length));
    }
    let kept: String = text.chars().take(width.saturating_sub(3).max(1)).collect();
    kept + "..."
}
