//! Whether two archives contain the same chart.
//!
//! In: two archives. Out: whether Helm would package the charts in them to the same files. Helm writes Chart.yaml and Chart.lock
//! anew from their values, unpacks the archives in `charts/`, and drops files that are not part of a chart
//! (`pkg/chart/v2/util/save.go`), so the same chart in an archive of ours has other bytes and other members.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::chart::{Chart, ChartFile, Lock, Metadata, load_files, read_archive};
use crate::text::compact_sort::{sort, sort_by};
use crate::text::ordered::CollectOrdered as _;

/// The file that is kept as it was read.
const VALUES: &str = "values.yaml";

/// A chart as Helm packages it. Two charts are the same if these are equal.
#[derive(Debug, PartialEq)]
struct Content {
    metadata: Metadata,
    lock: Option<LockContent>,
    schema: Option<Arc<[u8]>>,
    files: BTreeMap<String, Arc<[u8]>>,
    /// Sorted by name and version.
    dependencies: Vec<Self>,
}

/// A lock file whose time can be compared: Helm spells it anew.
#[derive(Debug, PartialEq)]
struct LockContent {
    lock: Lock,
    generated: Option<jiff::Timestamp>,
}

/// Whether the charts of two archives are the same. Archives without a chart that loads are compared file by file.
pub fn is_same_content(a: &[u8], b: &[u8]) -> bool {
    if a == b {
        return true;
    }
    let (Ok(a), Ok(b)) = (read_archive(a), read_archive(b)) else {
        return false;
    };
    match (load_files(a.clone()), load_files(b.clone())) {
        (Ok(a), Ok(b)) => content(&a) == content(&b),
        (Err(_), Err(_)) => by_name(&a) == by_name(&b),
        _ => false,
    }
}

fn content(chart: &Chart) -> Content {
    let mut metadata = chart.metadata.clone();
    if let Some(annotations) = &mut metadata.annotations {
        sort(annotations);
    }
    // An empty map is not printed.
    metadata.annotations = metadata.annotations.filter(|annotations| !annotations.is_empty());
    let is_v1 = metadata.api_version == "v1";
    if is_v1 {
        // They are in requirements.yaml, which is one of the files.
        metadata.dependencies.clear();
    }
    let values = chart.raw.iter().filter(|file| file.name == VALUES);
    let files = chart.templates.iter().chain(&*chart.files).chain(values);
    let mut dependencies: Vec<Content> = chart.dependencies.iter().map(content).collect();
    sort_by(&mut dependencies, |a, b| {
        let key = |one: &Content| (one.metadata.name.clone(), one.metadata.version.clone());
        key(a).cmp(&key(b))
    });
    Content {
        metadata,
        lock: chart.lock.as_ref().filter(|_| !is_v1).map(lock_content),
        schema: chart.schema.clone(),
        files: files
            .map(|file| (file.name.clone(), Arc::clone(&file.data)))
            .collect_map(),
        dependencies,
    }
}

fn lock_content(lock: &Lock) -> LockContent {
    let mut lock = lock.clone();
    let generated = lock.generated.parse().ok();
    if generated.is_some() {
        lock.generated.clear();
    }
    LockContent { lock, generated }
}

fn by_name(files: &[ChartFile]) -> BTreeMap<&str, &[u8]> {
    files.iter().map(|file| (file.name.as_str(), &*file.data)).collect_map()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::package::pack;

    /// Names and contents.
    type Files<'f> = &'f [(&'f str, &'f [u8])];

    fn archive(files: Files<'_>) -> Vec<u8> {
        let files: Vec<ChartFile> = files
            .iter()
            .map(|(name, data)| ChartFile::new((*name).to_owned(), *data))
            .collect();
        pack(&files, "c").unwrap()
    }

    /// `helm package` of 4.3 writes the second of each pair for the first.
    #[test]
    fn what_helm_spells_anew_is_the_same() {
        let sub = archive(&[("Chart.yaml", b"# sub\nname: s\nversion: 1.0.0\napiVersion: v2\n")]);
        let pairs: [(Files<'_>, Files<'_>); 5] = [
            (
                &[
                    (
                        "Chart.yaml",
                        b"# a comment\nname: c\nversion: 1.0.0\napiVersion: v2\nunknown: x\nkeywords: ['a']\nannotations: {b: c, a: b}\n",
                    ),
                    ("values.yaml", b"a: 1\n"),
                ],
                &[
                    ("values.yaml", b"a: 1\n"),
                    (
                        "Chart.yaml",
                        b"annotations:\n  a: b\n  b: c\napiVersion: v2\nkeywords:\n- a\nname: c\nversion: 1.0.0\n",
                    ),
                ],
            ),
            (
                &[
                    ("Chart.yaml", b"name: c\nversion: 1.0.0\napiVersion: v2\n"),
                    ("charts/s-1.0.0.tgz", &sub),
                    ("charts/_note.md", b"for people"),
                ],
                &[
                    ("Chart.yaml", b"apiVersion: v2\nname: c\nversion: 1.0.0\n"),
                    ("charts/s/Chart.yaml", b"apiVersion: v2\nname: s\nversion: 1.0.0\n"),
                ],
            ),
            (
                &[
                    ("Chart.yaml", b"name: c\nversion: 1.0.0\napiVersion: v2\n"),
                    (
                        "Chart.lock",
                        b"digest: 'sha256:aa'\ndependencies: []\ngenerated: \"2020-05-12T11:24:10.10-05:00\"\n",
                    ),
                ],
                &[
                    ("Chart.yaml", b"apiVersion: v2\nname: c\nversion: 1.0.0\n"),
                    (
                        "Chart.lock",
                        b"dependencies: []\ndigest: sha256:aa\ngenerated: \"2020-05-12T11:24:10.1-05:00\"\n",
                    ),
                ],
            ),
            (
                &[
                    ("Chart.yaml", b"name: c\nversion: 1.0.0\n"),
                    ("requirements.yaml", b"dependencies: []\n"),
                ],
                &[
                    ("Chart.yaml", b"apiVersion: v1\nname: c\nversion: 1.0.0\n"),
                    ("requirements.yaml", b"dependencies: []\n"),
                ],
            ),
            (
                &[(
                    "Chart.yaml",
                    b"apiVersion: v1\nname: c\nversion: 1.0.0\ndependencies: [{name: s}]\nannotations: {}\n",
                )],
                &[("Chart.yaml", b"apiVersion: v1\nname: c\nversion: 1.0.0\n")],
            ),
        ];
        for (ours, theirs) in pairs {
            assert!(is_same_content(&archive(ours), &archive(theirs)), "{ours:?}");
        }
    }

    #[test]
    fn another_chart_is_not_the_same() {
        let chart = |text: &'static str, name: &'static str, data: &'static str| {
            archive(&[("Chart.yaml", text.as_bytes()), (name, data.as_bytes())])
        };
        let c = "name: c\nversion: 1.0.0\napiVersion: v2\n";
        let base = chart(c, "values.yaml", "a: 1\n");
        for (text, name, data) in [
            (c, "values.yaml", "a: 2\n"),
            (c, "values.yaml", "a: 1 # comment\n"),
            (c, "templates/a.yaml", "a: 1\n"),
            (
                "name: c\nversion: 1.0.0\napiVersion: v2\ndescription: d\n",
                "values.yaml",
                "a: 1\n",
            ),
            (
                "name: c\nversion: 1.0.0\napiVersion: v2\ndependencies: [{name: a}]\n",
                "values.yaml",
                "a: 1\n",
            ),
            ("name: c\nversion: 1.0.0\napiVersion: v1\n", "values.yaml", "a: 1\n"),
        ] {
            assert!(
                !is_same_content(&base, &chart(text, name, data)),
                "{text} {name} {data}"
            );
        }
        let lock = |digest: &str| format!("digest: {digest}\ngenerated: 2020-05-12T11:24:10Z\n");
        let locked = |digest: &str| archive(&[("Chart.yaml", c.as_bytes()), ("Chart.lock", lock(digest).as_bytes())]);
        assert!(!is_same_content(&locked("aa"), &locked("bb")));
        assert!(!is_same_content(&base, b"not an archive"));
    }
}
