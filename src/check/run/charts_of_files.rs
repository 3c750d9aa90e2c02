//! The charts that files belong to: what changed, as a hook or `git diff --name-only` lists it.
//!
//! In: paths, which need not exist any more. Out: for each the nearest directory above it with a Chart.yaml, each chart once.

use std::path::{Component, Path, PathBuf};

use super::find_charts::is_chart;
use crate::engine::chart::lexical;
use crate::text::compact_sort::sort;

/// The charts of files, and the files that belong to none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChartsOfFiles {
    /// Directories, sorted.
    pub charts: Vec<PathBuf>,
    /// As they were given.
    pub outside: Vec<PathBuf>,
}

/// Finds the charts of files. A relative path is below `working_directory`, and its chart may be above that.
pub fn charts_of_files(files: &[PathBuf], working_directory: &Path) -> ChartsOfFiles {
    let mut found = ChartsOfFiles::default();
    for file in files {
        match chart_of(file, working_directory) {
            Some(chart) => found.charts.push(chart),
            None => found.outside.push(file.clone()),
        }
    }
    sort(&mut found.charts);
    found.charts.dedup();
    found
}

/// A chart below the working directory keeps the spelling of the file, so that it is shown as the user wrote it.
fn chart_of(file: &Path, working_directory: &Path) -> Option<PathBuf> {
    let goes_down = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if file.components().all(goes_down) {
        let mut inside = file.ancestors().filter(|path| !path.as_os_str().is_empty());
        if let Some(chart) = inside.find(|path| is_chart(&working_directory.join(path))) {
            return Some(chart.to_owned());
        }
        if is_chart(working_directory) {
            return Some(PathBuf::from("."));
        }
    }
    // A directory that no longer exists cannot be resolved by the file system.
    let absolute = lexical(&working_directory.join(file));
    absolute.ancestors().find(|path| is_chart(path)).map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_the_nearest_chart_above() {
        let root = tempfile::tempdir().unwrap();
        for chart in ["web", "web/charts/sub", "orders"] {
            let directory = root.path().join(chart);
            std::fs::create_dir_all(directory.join("templates")).unwrap();
            std::fs::write(directory.join("Chart.yaml"), "").unwrap();
        }
        let at = |directory: &str, files: &[&str]| {
            let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
            let found = charts_of_files(&files, &root.path().join(directory));
            let names = |paths: Vec<PathBuf>| -> Vec<String> {
                let name = |path: PathBuf| match path.strip_prefix(root.path()) {
                    Ok(below) => format!("ROOT/{}", below.display()),
                    Err(_) => path.display().to_string(),
                };
                paths.into_iter().map(name).collect()
            };
            (names(found.charts), names(found.outside))
        };
        // The working directory, a file, and its chart.
        for (directory, file, chart) in [
            ("web/templates", "a.yaml", "ROOT/web"),
            ("web", "templates/a.yaml", "."),
            ("web", ".", "."),
            ("orders", "../web/values.yaml", "ROOT/web"),
            ("orders", "../web/charts/sub/removed/a.tpl", "ROOT/web/charts/sub"),
        ] {
            assert_eq!(
                at(directory, &[file]),
                (vec![chart.to_owned()], vec![]),
                "{directory}: {file}"
            );
        }
        let absolute = root.path().join("orders/Chart.yaml");
        assert_eq!(at("web", &[absolute.to_str().unwrap()]).0, ["ROOT/orders"]);
    }

    #[test]
    fn each_chart_is_named_once_and_other_files_are_passed_over() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("web")).unwrap();
        std::fs::write(root.path().join("web/Chart.yaml"), "").unwrap();
        let files = [
            "web/values.yaml",
            "README.md",
            "web/templates/a.yaml",
            "web/charts/x.tgz",
        ]
        .map(PathBuf::from);
        let found = charts_of_files(&files, root.path());
        assert_eq!(found.charts, [PathBuf::from("web")]);
        assert_eq!(found.outside, [PathBuf::from("README.md")]);
    }
}
