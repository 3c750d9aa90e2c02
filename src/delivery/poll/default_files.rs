//! The files that are looked at where none is named: those of the directory, and not those below it.

use std::convert::Infallible;
use std::path::Path;

use crate::artifact::dependency::is_chart_metadata;
use crate::text::compact_sort::sort;
use crate::text::source::{Links, Visit, WalkLimits, walk};

const LIMITS: WalkLimits = WalkLimits {
    depth: 1,
    entries: 10_000,
    links: Links::Followed,
};

/// The names of the values files of a directory, sorted.
pub fn values_files(directory: &Path) -> Vec<String> {
    files_named(directory, &is_values_file)
}

/// The same, and then those that say what its chart depends on.
pub fn polled_files(directory: &Path) -> Vec<String> {
    let mut files = values_files(directory);
    files.extend(files_named(directory, &is_chart_metadata));
    files
}

fn files_named(directory: &Path, is_wanted: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut names = Vec::new();
    // What cannot be read has no name that is wanted.
    let _: Result<(), Infallible> = walk(directory, LIMITS, &mut |entry| {
        if let Ok(entry) = entry
            && let Some(name) = entry.path.file_name().and_then(|name| name.to_str())
            && entry.file_type.is_file()
            && is_wanted(name)
        {
            names.push(name.to_owned());
        }
        Ok(Visit::PassOver)
    });
    sort(&mut names);
    names
}

fn is_values_file(name: &str) -> bool {
    let end = Path::new(name).extension();
    let is_yaml = end.is_some_and(|end| end == "yaml" || end == "yml");
    is_yaml && (name.starts_with("values.") || name.starts_with("values-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_directory_are_found_by_their_names() {
        let directory = tempfile::tempdir().unwrap();
        let names = [
            "values.yaml",
            "values-prod.yml",
            "values.staging.yaml",
            "values.schema.json",
            "Chart.yaml",
            "Chart.lock",
            "other.yaml",
        ];
        for name in names {
            std::fs::write(directory.path().join(name), "").unwrap();
        }
        std::fs::create_dir(directory.path().join("values-dir.yaml")).unwrap();
        let values = ["values-prod.yml", "values.staging.yaml", "values.yaml"];
        assert_eq!(values_files(directory.path()), values);
        let polled = [&values[..], &["Chart.lock", "Chart.yaml"]].concat();
        assert_eq!(polled_files(directory.path()), polled);
        assert!(polled_files(&directory.path().join("nowhere")).is_empty());
    }
}
