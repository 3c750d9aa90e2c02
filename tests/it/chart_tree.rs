//! Work trees with charts, and what their dependencies become of repositories in memory.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::chart_source::{MemoryCharts, hex};
use chartwright::artifact::dependency::{DependencyError, PreparedChart, ResolveOptions, Way, place, prepare, settle};
use chartwright::engine::chart::LinkPolicy;

pub(super) const X: &str = "https://x.example.com/charts";
pub(super) const R: &str = "oci://r.example.com/charts";
/// 2020-01-01T00:00:00Z.
pub(super) const NOW: i128 = 1_577_836_800_000_000_000;

/// A work tree with charts.
pub(super) struct Tree(pub(super) tempfile::TempDir);

impl Tree {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("has a parent")).expect("creates");
        std::fs::write(path, bytes).expect("writes");
        self
    }

    /// A chart `name`, version 1.0.0, with dependencies given as `NAME VERSION REPOSITORY`.
    pub(super) fn chart(&self, name: &str, dependencies: &[&str]) -> &Self {
        self.write(&format!("{name}/Chart.yaml"), chart_yaml(name, "1.0.0", dependencies))
    }

    pub(super) fn read(&self, name: &str) -> String {
        let bytes = std::fs::read(self.path(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// All files with their contents' digests.
    pub(super) fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        let mut open = vec![self.0.path().to_owned()];
        while let Some(directory) = open.pop() {
            for entry in std::fs::read_dir(directory).expect("lists") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    open.push(path);
                    continue;
                }
                let name = path
                    .strip_prefix(self.0.path())
                    .expect("is inside")
                    .display()
                    .to_string();
                files.insert(name, hex(&std::fs::read(&path).expect("reads")));
            }
        }
        files
    }

    pub(super) fn charts(&self, chart: &str) -> Vec<String> {
        let inside = format!("{chart}/charts/");
        let files = self.files();
        let names = files.keys().filter_map(|name| name.strip_prefix(&inside));
        names.map(str::to_owned).collect()
    }
}

pub(super) fn chart_yaml(name: &str, version: &str, dependencies: &[&str]) -> String {
    let mut text = format!("apiVersion: v2\nname: {name}\nversion: {version}\n");
    if !dependencies.is_empty() {
        text += "dependencies:\n";
    }
    for dependency in dependencies {
        let mut fields = dependency.splitn(3, ' ');
        let mut field = || fields.next().unwrap_or_default();
        text += &format!("- name: {}\n  version: \"{}\"\n", field(), field());
        let repository = field();
        if !repository.is_empty() {
            text += &format!("  repository: \"{repository}\"\n");
        }
    }
    text
}

pub(super) type Prepared = Vec<Result<PreparedChart, Vec<DependencyError>>>;

pub(super) fn prepare_in(
    tree: &Tree,
    charts: &[&str],
    source: &MemoryCharts,
    way: Way,
    record_digests: bool,
) -> Prepared {
    let directories: Vec<PathBuf> = charts.iter().map(|name| tree.path(name)).collect();
    settle(&directories).expect("settles");
    let names = |name: &str| (name == "x").then(|| X.to_owned());
    let options = ResolveOptions {
        way,
        names: &names,
        links: LinkPolicy::StayInside,
        record_digests,
        now_nanos: NOW,
        progress: &|_, _| {},
    };
    prepare(&directories, source, &options)
}

/// Prepares and places one chart; gives the reasons on failure.
pub(super) fn run(tree: &Tree, chart: &str, source: &MemoryCharts, way: Way) -> Result<PreparedChart, String> {
    let mut prepared = prepare_in(tree, &[chart], source, way, false);
    let shown = |errors: Vec<DependencyError>| {
        let shown: Vec<String> = errors.iter().map(ToString::to_string).collect();
        shown.join("\n")
    };
    let prepared = prepared.remove(0).map_err(shown)?;
    place(&prepared).map_err(|error| error.to_string())?;
    Ok(prepared)
}

pub(super) fn repositories() -> MemoryCharts {
    let mut source = MemoryCharts::default();
    source
        .add(X, "redis", "1.0.0", "one")
        .add(X, "redis", "1.2.0", "two")
        .add(X, "redis", "2.0.0-rc.1", "three")
        .add(R, "db", "0.1.0", "a")
        .add(R, "db", "0.2.0+b1", "b");
    source
}
