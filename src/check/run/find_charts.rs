//! Which charts there are below a directory.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use crate::engine::chart::{LinkPolicy, is_archive_name};
use crate::text::compact_sort::{sort, sort_by};
use crate::text::source::{Links, Visit, WalkEntry, WalkError, WalkLimits, walk};

/// Bounds of a search for charts.
const LIMITS: WalkLimits = WalkLimits {
    depth: 32,
    entries: 1_000_000,
    links: Links::PassedOver,
};

/// The directories below `root` that hold a Chart.yaml, sorted. Hidden directories, those named in `exclude`, and what lies
/// inside a chart are not searched.
///
/// # Errors
/// When a directory cannot be read.
pub fn find_charts(root: &Path, exclude: &[String]) -> Result<Vec<PathBuf>, WalkError> {
    if is_chart(root) {
        return Ok(vec![root.to_owned()]);
    }
    let mut charts = Vec::new();
    walk(root, LIMITS, &mut |entry| {
        let entry = match entry {
            Ok(entry) => entry,
            // Deeper than anyone keeps charts.
            Err(WalkError::TooDeep(_)) => return Ok(Visit::PassOver),
            Err(error) => return Err(error),
        };
        let name = file_name(&entry);
        if !entry.file_type.is_dir() || name.starts_with('.') || exclude.iter().any(|excluded| *excluded == name) {
            return Ok(Visit::PassOver);
        }
        if is_chart(&entry.path) {
            charts.push(entry.path);
            return Ok(Visit::PassOver);
        }
        Ok(Visit::Enter)
    })?;
    sort(&mut charts);
    charts.dedup();
    Ok(charts)
}

/// The same of a tree that is not on this disk: the directories among the names of its files that hold a Chart.yaml, relative to it. Empty
/// for the tree itself.
pub fn chart_directories(names: &[String], exclude: &[String]) -> Vec<String> {
    let directories = names.iter().filter_map(|name| match name.as_str() {
        "Chart.yaml" => Some(""),
        name => name.strip_suffix("/Chart.yaml"),
    });
    let is_searched = |step: &str| !step.starts_with('.') && !exclude.iter().any(|excluded| excluded == step);
    let directories = directories.filter(|name| name.is_empty() || name.split('/').all(is_searched));
    let mut found: Vec<String> = Vec::new();
    let mut directories: Vec<&str> = directories.collect();
    sort_by(&mut directories, |a, b| a.split('/').cmp(b.split('/')));
    for directory in directories {
        // What lies inside a chart comes after it.
        let is_inside = found.iter().any(|chart| {
            let rest = directory.strip_prefix(chart.as_str());
            chart.is_empty() || rest.is_some_and(|rest| rest.starts_with('/'))
        });
        if !is_inside {
            found.push(directory.to_owned());
        }
    }
    found
}

pub(super) fn is_chart(directory: &Path) -> bool {
    directory.join("Chart.yaml").is_file()
}

fn file_name(entry: &WalkEntry) -> &str {
    entry.name.rsplit('/').next().unwrap_or(&entry.name)
}

/// Charts below the `charts/` directory of a chart, directories and archives, in the order of their paths. Those outside of the
/// chart, where links lead, only if they may.
pub fn find_subcharts(chart: &Path, links: LinkPolicy) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let limits = WalkLimits {
        links: match links {
            LinkPolicy::StayInside => Links::Inside,
            LinkPolicy::Follow => Links::Followed,
        },
        entries: 100_000,
        ..LIMITS
    };
    let walked: Result<(), Infallible> = walk(chart, limits, &mut |entry| {
        if let Ok(entry) = entry
            && (entry.depth > 0 || entry.name == "charts")
        {
            if entry.file_type.is_dir() {
                return Ok(Visit::Enter);
            }
            if file_name(&entry) == "Chart.yaml" {
                found.extend(entry.path.parent().map(Path::to_owned));
            } else if is_archive_name(&entry.path) {
                found.push(entry.path);
            }
        }
        // What cannot be read has no charts; the chart itself says so when it is loaded.
        Ok(Visit::PassOver)
    });
    match walked {
        Ok(()) => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_are_found_where_they_may_be() {
        let root = tempfile::tempdir().unwrap();
        for name in [
            "b",
            "a/inner",
            "a/inner/charts/sub",
            ".hidden/x",
            "excluded/y",
            "node/excluded",
        ] {
            let directory = root.path().join(name);
            std::fs::create_dir_all(&directory).unwrap();
            std::fs::write(directory.join("Chart.yaml"), "").unwrap();
        }
        std::fs::write(root.path().join("a/inner/charts/z-1.0.0.tgz"), "").unwrap();
        let names = |found: Vec<PathBuf>| -> Vec<String> {
            let shown = found
                .iter()
                .map(|path| path.strip_prefix(root.path()).unwrap().display().to_string());
            shown.collect()
        };
        let exclude = ["excluded".to_owned()];
        assert_eq!(names(find_charts(root.path(), &exclude).unwrap()), ["a/inner", "b"]);
        let in_tree = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            chart_directories(&names, &exclude)
        };
        let files = [
            "b/Chart.yaml",
            "a/inner/charts/sub/Chart.yaml",
            "a/inner/Chart.yaml",
            ".hidden/x/Chart.yaml",
        ];
        assert_eq!(in_tree(&files), ["a/inner", "b"]);
        assert_eq!(
            in_tree(&["excluded/y/Chart.yaml", "b-c/Chart.yaml", "b/Chart.yaml", "b/x.yaml"]),
            ["b", "b-c"]
        );
        assert_eq!(in_tree(&["charts/sub/Chart.yaml", "Chart.yaml"]), [""]);
        assert_eq!(names(find_charts(&root.path().join("b"), &exclude).unwrap()), ["b"]);
        assert_eq!(
            names(find_subcharts(&root.path().join("a/inner"), LinkPolicy::StayInside)),
            ["a/inner/charts/sub", "a/inner/charts/z-1.0.0.tgz"]
        );
        assert!(find_charts(&root.path().join("nowhere"), &[]).is_err());
        assert_eq!(
            find_subcharts(&root.path().join("b"), LinkPolicy::StayInside),
            Vec::<PathBuf>::new()
        );
    }
}
