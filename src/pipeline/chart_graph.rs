//! Charts of a repository that depend on each other.
//!
//! In: directories of charts, and which addresses of repositories are our own. Out: the charts in topological order, dependencies before
//! their dependents and ties by path, each with those that it needs. A dependency is one of our charts where it is `file://` and leads
//! to its directory, directly or through charts that are not ours, or where its repository is one that we publish to and our chart has the
//! name and a version in the range.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use crate::check::run::{ChartParts, METADATA_FILES, neighbours, path_needs, with_dependents};
use crate::engine::chart::{ChartFile, LinkPolicy, Metadata, load_files};
use crate::text::compact_sort::sort_by;
use crate::text::limits::FILE_BYTES;
use crate::text::ordered::CollectOrdered as _;
use crate::text::semver::is_compatible_range;
use crate::text::source::{Named, place_of, read_file, read_inside};

/// A chart among others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GraphChart {
    /// Its directory, as it was given.
    pub directory: PathBuf,
    /// The files that it is made from.
    pub parts: ChartParts,
    /// Its metadata; nothing but defaults where they cannot be read.
    pub metadata: Metadata,
    /// The charts that it depends on, by their place in the order.
    pub needs: BTreeSet<usize>,
}

/// Charts in topological order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChartGraph {
    /// Dependencies before their dependents.
    pub charts: Vec<GraphChart>,
}

impl GraphChart {
    /// Its name; that of its directory where it has none.
    pub fn name(&self) -> String {
        if !self.metadata.name.is_empty() {
            return self.metadata.name.clone();
        }
        let name = self.parts.directory.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }
}

impl ChartGraph {
    /// Reads the metadata of charts. What cannot be read depends on nothing: checking the chart says what is wrong.
    pub fn read(directories: &[PathBuf], links: LinkPolicy, is_ours: &dyn Fn(&str) -> bool) -> Self {
        let mut charts: Vec<GraphChart> = directories
            .iter()
            .map(|directory| GraphChart {
                directory: directory.clone(),
                parts: ChartParts {
                    directory: real(directory),
                    ..ChartParts::default()
                },
                metadata: chart_metadata(directory, links).unwrap_or_default(),
                needs: BTreeSet::new(),
            })
            .collect();
        sort_by(&mut charts, |a, b| a.directory.cmp(&b.directory));
        let real_paths: Vec<PathBuf> = charts.iter().map(|chart| chart.parts.directory.clone()).collect();
        let known = places(&charts, |chart| chart.parts.directory.clone());
        let by_path = path_needs(&real_paths, &|path| {
            let known = known.get(path).and_then(|&place| charts.get(place));
            known.map_or_else(|| neighbours(path), declared_neighbours)
        });
        let by_name: HashMap<String, usize> = places(&charts, |chart| chart.metadata.name.clone());
        let needs: Vec<BTreeSet<usize>> = charts
            .iter()
            .zip(&by_path)
            .enumerate()
            .map(|(own, (chart, by_path))| {
                let needed = chart.metadata.declared_dependencies().filter_map(|dependency| {
                    let place = by_name.get(&dependency.name).copied()?;
                    let version = &charts.get(place)?.metadata.version;
                    let is_ours = is_ours(dependency.repository.trim_end_matches('/'));
                    (is_ours && is_compatible_range(&dependency.version, version)).then_some(place)
                });
                let needed = needed.filter(|&needed| needed != own);
                needed.chain(by_path.charts.iter().copied()).collect_set()
            })
            .collect();
        for (chart, by_path) in charts.iter_mut().zip(by_path) {
            chart.parts.elsewhere = by_path.elsewhere;
        }
        let order = topological(&needs);
        let mut place_of = vec![0; order.len()];
        for (place, &chart) in order.iter().enumerate() {
            if let Some(slot) = place_of.get_mut(chart) {
                *slot = place;
            }
        }
        let ordered = order.iter().filter_map(|&index| {
            let needs = needs
                .get(index)?
                .iter()
                .filter_map(|&needed| place_of.get(needed).copied());
            let chart = charts.get(index)?.clone();
            Some(GraphChart {
                needs: needs.collect_set(),
                ..chart
            })
        });
        Self {
            charts: ordered.collect(),
        }
    }

    /// The same with the values files that charts are deployed with, by their directories, and those that globs name.
    #[must_use]
    pub fn with_values(mut self, values: impl Fn(&Path) -> Vec<PathBuf>, globs: &[String]) -> Self {
        for chart in &mut self.charts {
            let files = values(&chart.directory);
            chart.parts = std::mem::take(&mut chart.parts).with_globs(globs, real);
            chart.parts.values = files.iter().map(|file| real(file)).collect_set();
        }
        self
    }

    /// The charts that depend on some of `charts`, directly or not, with those themselves.
    pub fn with_dependents(&self, charts: &BTreeSet<usize>) -> BTreeSet<usize> {
        let needs: Vec<&BTreeSet<usize>> = self.charts.iter().map(|chart| &chart.needs).collect();
        with_dependents(&needs, charts)
    }
}

fn places<K: std::hash::Hash + Eq>(charts: &[GraphChart], key: impl Fn(&GraphChart) -> K) -> HashMap<K, usize> {
    // The first of several with one name counts.
    let places = charts.iter().enumerate().rev();
    places.map(|(place, chart)| (key(chart), place)).collect()
}

fn real(path: &Path) -> PathBuf {
    place_of(path).unwrap_or_else(|_| path.to_owned())
}

/// The directories that a chart names as dependencies, by its metadata that were read.
fn declared_neighbours(chart: &GraphChart) -> Vec<PathBuf> {
    let declared = chart.metadata.declared_dependencies();
    let paths = declared.filter_map(|dependency| dependency.repository.strip_prefix("file://"));
    paths.map(|path| real(&chart.directory.join(path))).collect()
}

/// The metadata of a chart, from its files with metadata alone; nothing where these cannot be read.
pub fn chart_metadata(directory: &Path, links: LinkPolicy) -> Option<Metadata> {
    let read = |name: &str| {
        let path = directory.join(name);
        match links {
            LinkPolicy::StayInside => read_inside(directory, &path, FILE_BYTES).ok().flatten(),
            LinkPolicy::Follow => read_file(&path, Named::ByInput, FILE_BYTES).ok(),
        }
    };
    let files = METADATA_FILES.iter();
    let files = files.filter_map(|name| Some(ChartFile::new((*name).to_owned(), read(name)?)));
    load_files(files.collect()).ok().map(|chart| chart.metadata)
}

/// Places in an order in which everything comes after what it needs, and otherwise stays in order. Of a circle, the first comes first.
fn topological(needs: &[BTreeSet<usize>]) -> Vec<usize> {
    let mut waiting: BTreeSet<usize> = (0..needs.len()).collect_set();
    let mut order = Vec::with_capacity(needs.len());
    while let Some(&first) = waiting.first() {
        let is_free = |place: &usize| {
            let needed = needs.get(*place);
            needed.is_none_or(|needed| needed.is_disjoint(&waiting))
        };
        let next = waiting.iter().copied().find(is_free).unwrap_or(first);
        waiting.remove(&next);
        order.push(next);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chart and its dependencies: name, range and repository.
    type Row<'t> = (&'t str, &'t [(&'t str, &'t str, &'t str)]);

    fn graph(charts: &[Row<'_>]) -> Vec<String> {
        let root = tempfile::tempdir().unwrap();
        let mut directories = Vec::new();
        for (name, dependencies) in charts {
            let directory = root.path().join(name);
            std::fs::create_dir_all(&directory).unwrap();
            let mut text = format!("apiVersion: v2\nname: {name}\nversion: 1.2.3\ndependencies:\n");
            for (name, range, repository) in *dependencies {
                text += &format!("- {{name: {name}, version: \"{range}\", repository: \"{repository}\"}}\n");
            }
            std::fs::write(directory.join("Chart.yaml"), text).unwrap();
            directories.push(directory);
        }
        let graph = ChartGraph::read(&directories, LinkPolicy::StayInside, &|url| url == "oci://host/charts");
        let name = |place: &usize| graph.charts[*place].name();
        let shown = graph.charts.iter().map(|chart| {
            let needs: Vec<String> = chart.needs.iter().map(name).collect();
            format!("{}({})", chart.name(), needs.join(" "))
        });
        shown.collect()
    }

    #[test]
    fn charts_come_after_what_they_depend_on() {
        for (charts, want) in [
            (&[("b", &[][..]), ("a", &[][..])][..], &["a()", "b()"][..]),
            (
                &[("a", &[("z", "1.x", "file://../z")]), ("b", &[]), ("z", &[])],
                &["b()", "z()", "a(z)"],
            ),
            (
                &[
                    ("a", &[("c", "~1.2.0", "oci://host/charts/")]),
                    ("b", &[("c", ">=2", "oci://host/charts")]),
                    ("c", &[("d", "1.x", "oci://elsewhere/charts")]),
                    ("d", &[]),
                ],
                &["b()", "c()", "a(c)", "d()"],
            ),
            (
                &[("a", &[("b", "", "file://../b")]), ("b", &[("a", "", "file://../a")])],
                &["a(b)", "b(a)"],
            ),
            (&[("a", &[("a", "", "file://.")])], &["a()"]),
        ] {
            assert_eq!(graph(charts), want);
        }
    }

    #[test]
    fn dependents_are_found_through_others_and_circles() {
        let chart = |needs: &[usize]| GraphChart {
            needs: needs.iter().copied().collect(),
            ..GraphChart::default()
        };
        let graph = ChartGraph {
            charts: vec![chart(&[]), chart(&[0]), chart(&[1, 4]), chart(&[]), chart(&[2])],
        };
        for (from, want) in [(0, &[0, 1, 2, 4][..]), (3, &[3]), (4, &[2, 4])] {
            let found: Vec<usize> = graph.with_dependents(&BTreeSet::from([from])).into_iter().collect();
            assert_eq!(found, want);
        }
    }
}
