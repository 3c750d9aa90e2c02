//! Which charts files are part of: charts and files that differ in, the charts whose rendering may differ out. A chart has the files of its
//! directory, and those of charts beside it that it depends on by path.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::engine::chart::without_dots;
use crate::text::limits::METADATA_BYTES;
use crate::text::source::{Named, read_file};
use crate::text::yaml;

/// Longest chain of charts that depend on each other by path.
const MAX_DEPTH: usize = 16;

/// The charts, by their absolute paths, that have one of the files, or depend by path on a chart that has.
pub fn affected_charts(charts: &[PathBuf], files: &[PathBuf]) -> BTreeSet<PathBuf> {
    // Sorted, the files of a directory are beside each other.
    let files: BTreeSet<&Path> = files.iter().map(PathBuf::as_path).collect();
    let charts = charts.iter().filter(|chart| is_affected(chart, &files, 0));
    charts.cloned().collect()
}

fn is_affected(chart: &Path, files: &BTreeSet<&Path>, depth: usize) -> bool {
    let mut from = files.range(chart..);
    if from.next().is_some_and(|file| file.starts_with(chart)) {
        return true;
    }
    // Who depends on so many is reported when it is loaded.
    depth > MAX_DEPTH
        || neighbours(chart)
            .iter()
            .any(|neighbour| is_affected(neighbour, files, depth + 1))
}

/// The directories of the charts that a chart depends on by path.
fn neighbours(chart: &Path) -> Vec<PathBuf> {
    let read = |name: &str| read_file(&chart.join(name), Named::ByInput, METADATA_BYTES as u64).unwrap_or_default();
    let mut found = Vec::new();
    for text in [read("Chart.yaml"), read("requirements.yaml")] {
        if memchr::memmem::find(&text, b"file://").is_none() {
            continue;
        }
        let document = yaml::json_from_bytes(&text).unwrap_or_default();
        let declared = document.get("dependencies").and_then(|list| list.as_array());
        let paths = declared.into_iter().flatten().filter_map(|dependency| {
            let repository = dependency.get("repository")?.as_str()?;
            repository.strip_prefix("file://")
        });
        found.extend(paths.map(|path| without_dots(&chart.join(path))));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_are_affected_by_their_files_and_those_of_their_neighbours() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        for (name, dependency) in [("a", ""), ("b", "../a"), ("c", "../b/"), ("a-b", "")] {
            std::fs::create_dir(root.join(name)).unwrap();
            let text = format!("name: {name}\ndependencies: [{{name: x, repository: \"file://{dependency}\"}}]\n");
            let text = if dependency.is_empty() {
                "name: x\n".to_owned()
            } else {
                text
            };
            std::fs::write(root.join(name).join("Chart.yaml"), text).unwrap();
        }
        let charts: Vec<PathBuf> = ["a", "b", "c", "a-b", "gone"]
            .iter()
            .map(|name| root.join(name))
            .collect();
        for (file, wanted) in [
            ("a/values.yaml", &["a", "b", "c"][..]),
            ("b/x", &["b", "c"]),
            ("c/templates/x.yaml", &["c"]),
            ("a-b/x", &["a-b"]),
            ("gone/Chart.yaml", &["gone"]),
            ("README.md", &[]),
        ] {
            let found = affected_charts(&charts, &[root.join(file)]);
            let names: Vec<String> = found
                .iter()
                .map(|path| path.file_name().unwrap().display().to_string())
                .collect();
            assert_eq!(names, wanted, "{file}");
        }
    }
}
