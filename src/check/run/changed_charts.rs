//! Which charts changed files are part of: what each chart is made from and the files in, the charts with the number of their files, and
//! those that depend on them, out. A file is part of the nearest chart above it, as `ct list-changed` has it; of a chart that is deployed
//! with it as a values file; and, where it is in a chart that is not one of those in question, of the charts that depend on that by path.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::path::{Path, PathBuf};

use super::values::{is_meant, split_glob};
use crate::text::limits::METADATA_BYTES;
use crate::text::ordered::CollectOrdered as _;
use crate::text::source::{Named, place_of, read_file};
use crate::text::yaml;

/// Longest chain of charts that depend on each other by path.
const MAX_DEPTH: usize = 16;

/// The files that name a chart and what it depends on.
pub const METADATA_FILES: [&str; 2] = ["Chart.yaml", "requirements.yaml"];

/// What a chart is made from. Paths are absolute, with links followed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChartParts {
    /// Its directory.
    pub directory: PathBuf,
    /// Charts that are not among those in question, and that it depends on by path.
    pub elsewhere: BTreeSet<PathBuf>,
    /// The values files that it is deployed with, wherever they are.
    pub values: BTreeSet<PathBuf>,
    /// Directories elsewhere, and patterns of the names of values files in them.
    pub globs: BTreeSet<(PathBuf, String)>,
}

/// What a chart depends on by path, directly or through charts that are not among those in question.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathNeeds {
    /// Places among the charts.
    pub charts: BTreeSet<usize>,
    /// The directories of other charts.
    pub elsewhere: BTreeSet<PathBuf>,
}

impl ChartParts {
    /// The globs of values files that lead out of the chart. `real` follows links.
    #[must_use]
    pub fn with_globs(mut self, globs: &[String], real: impl Fn(&Path) -> PathBuf) -> Self {
        let outside = globs.iter().map(|glob| split_glob(glob));
        let outside = outside.filter(|(directory, _)| directory.starts_with(".."));
        let found = outside.map(|(directory, name)| (real(&self.directory.join(directory)), name.to_owned()));
        self.globs = found.collect_set();
        self
    }
}

/// The charts that changed files are part of, with the number of files.
pub fn changed_charts(charts: &[&ChartParts], files: &[PathBuf]) -> BTreeMap<usize, usize> {
    let each = || charts.iter().enumerate();
    let directories: HashMap<&Path, usize> = each().map(|(at, one)| (one.directory.as_path(), at)).collect();
    let elsewhere = grouped(each().flat_map(|(at, one)| one.elsewhere.iter().map(move |path| (path.as_path(), at))));
    let values = grouped(each().flat_map(|(at, one)| one.values.iter().map(move |path| (path.as_path(), at))));
    let globs = each().flat_map(|(at, one)| {
        let globs = one.globs.iter();
        globs.map(move |(directory, name)| (directory.as_path(), (name.as_str(), at)))
    });
    let globs = grouped(globs);
    let mut counts = BTreeMap::new();
    for file in files {
        let above = || file.ancestors().skip(1);
        let mut found = BTreeSet::new();
        found.extend(above().find_map(|directory| directories.get(directory)));
        // A chart has the files of those inside it.
        found.extend(above().filter_map(|directory| elsewhere.get(directory)).flatten());
        found.extend(values.get(file.as_path()).into_iter().flatten());
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let near = file.parent().and_then(|directory| globs.get(directory));
        let meant = near
            .into_iter()
            .flatten()
            .filter(|(pattern, _)| is_meant(pattern, &name));
        found.extend(meant.map(|(_, at)| *at));
        for chart in found {
            *counts.entry(chart).or_default() += 1;
        }
    }
    counts
}

fn grouped<K: Eq + Hash, V>(pairs: impl Iterator<Item = (K, V)>) -> HashMap<K, Vec<V>> {
    let mut groups: HashMap<K, Vec<V>> = HashMap::new();
    for (key, value) in pairs {
        groups.entry(key).or_default().push(value);
    }
    groups
}

/// The charts that depend on some, directly or not, with those themselves. `needs` has what each chart depends on.
pub fn with_dependents(needs: &[&BTreeSet<usize>], charts: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut found = charts.clone();
    // Only circles need more than one round.
    loop {
        let before = found.len();
        for (place, needed) in needs.iter().enumerate() {
            if needed.iter().any(|one| found.contains(one)) {
                found.insert(place);
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

/// What each chart depends on by path. `direct` has the directories that a chart, one of these or another, names itself.
pub fn path_needs(directories: &[PathBuf], direct: &dyn Fn(&Path) -> Vec<PathBuf>) -> Vec<PathNeeds> {
    // The first of several with one path counts.
    let places = directories.iter().enumerate().rev();
    let places: HashMap<&Path, usize> = places.map(|(at, path)| (path.as_path(), at)).collect();
    let needs = directories.iter().enumerate().map(|(own, directory)| {
        let mut needs = PathNeeds::default();
        let mut waiting: Vec<(PathBuf, usize)> = direct(directory).into_iter().map(|path| (path, 0)).collect();
        while let Some((path, depth)) = waiting.pop() {
            match places.get(path.as_path()) {
                Some(&place) if place == own => {}
                Some(&place) => _ = needs.charts.insert(place),
                // Who depends on so many is reported when it is loaded.
                None if depth < MAX_DEPTH && needs.elsewhere.insert(path.clone()) => {
                    waiting.extend(direct(&path).into_iter().map(|next| (next, depth + 1)));
                }
                None => {}
            }
        }
        needs
    });
    needs.collect()
}

/// The directories of the charts that a chart on the disk depends on by path, with links followed.
pub fn neighbours(chart: &Path) -> Vec<PathBuf> {
    let read = |name| read_file(&chart.join(name), Named::ByInput, METADATA_BYTES as u64).unwrap_or_default();
    neighbours_by(chart, &METADATA_FILES.map(read))
}

/// The same by the texts of its [`METADATA_FILES`], wherever they are from.
pub fn neighbours_by(chart: &Path, texts: &[Vec<u8>]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for text in texts {
        if memchr::memmem::find(text, b"file://").is_none() {
            continue;
        }
        let document = yaml::json_from_bytes(text).unwrap_or_default();
        let declared = document.get("dependencies").and_then(|list| list.as_array());
        let paths = declared.into_iter().flatten().filter_map(|dependency| {
            let repository = dependency.get("repository")?.as_str()?;
            repository.strip_prefix("file://")
        });
        found.extend(paths.filter_map(|path| place_of(&chart.join(path)).ok()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of charts that have a file, or depend by path on one that has.
    fn affected(charts: &[PathBuf], file: PathBuf) -> Vec<String> {
        let needs = path_needs(charts, &neighbours);
        let parts: Vec<ChartParts> = charts
            .iter()
            .zip(&needs)
            .map(|(chart, needs)| ChartParts {
                directory: chart.clone(),
                elsewhere: needs.elsewhere.clone(),
                ..ChartParts::default()
            })
            .collect();
        let changed = changed_charts(&parts.iter().collect::<Vec<_>>(), &[file]);
        let needs: Vec<&BTreeSet<usize>> = needs.iter().map(|needs| &needs.charts).collect();
        let all = with_dependents(&needs, &changed.into_keys().collect());
        let name = |place: usize| charts[place].file_name().unwrap().display().to_string();
        let mut names: Vec<String> = all.into_iter().map(name).collect();
        names.sort();
        names
    }

    #[test]
    fn charts_are_affected_by_their_files_and_those_of_their_neighbours() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        for (name, dependency) in [
            ("a", ""),
            ("b", "../a"),
            ("c", "../b/"),
            ("d", "../a/inner"),
            ("a-b", ""),
        ] {
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
            let mut wanted = wanted.to_vec();
            wanted.sort_unstable();
            assert_eq!(affected(&charts, root.join(file)), wanted, "{file}");
        }
        // Where only one of them is in question, the others are parts of it.
        for (charts, file, wanted) in [
            (&["c"][..], "a/values.yaml", &["c"][..]),
            (&["a", "c"], "a/values.yaml", &["a", "c"]),
            (&["a", "c"], "b/x", &["c"]),
            (&["a", "a-b"], "b/x", &[]),
            (&["c", "d"], "a/inner/x", &["c", "d"]),
        ] {
            let charts: Vec<PathBuf> = charts.iter().map(|name| root.join(name)).collect();
            assert_eq!(affected(&charts, root.join(file)), wanted, "{file}");
        }
    }

    #[test]
    fn values_files_elsewhere_are_part_of_the_charts_that_are_deployed_with_them() {
        let path = |name: &str| Path::new("/top").join(name);
        let chart = |name: &str, values: &[&str]| ChartParts {
            directory: path(name),
            values: values.iter().map(|name| path(name)).collect(),
            ..ChartParts::default()
        };
        let lexical = |path: &Path| crate::engine::chart::lexical(path);
        let globs = ["../env/*.yaml".to_owned(), "values-*.yaml".to_owned()];
        let charts = [
            chart("charts/a", &["live/a.yaml", "charts/a/live.yaml"]),
            chart("charts/b", &["live/a.yaml"]).with_globs(&globs, lexical),
        ];
        for (files, want) in [
            (&["live/a.yaml"][..], &[(0, 1), (1, 1)][..]),
            (&["charts/a/live.yaml", "charts/a/x"], &[(0, 2)]),
            (
                &["charts/env/x.yaml", "charts/env/x.txt", "charts/env/.x.yaml"],
                &[(1, 1)],
            ),
            (&["charts/env/inner/x.yaml", "charts/values-x.yaml", "live/b.yaml"], &[]),
        ] {
            let files: Vec<PathBuf> = files.iter().map(|name| path(name)).collect();
            let found = changed_charts(&charts.iter().collect::<Vec<_>>(), &files);
            assert_eq!(found.into_iter().collect::<Vec<_>>(), want, "{files:?}");
        }
    }
}
