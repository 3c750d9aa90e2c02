//! The members of a chart's archive, as `helm package` chooses and orders them (`pkg/chart/v2/util/save.go`).
//!
//! Chart.yaml and Chart.lock keep their own text, with its comments; Helm prints them anew. What no chart consists of, such as notes
//! in `charts/`, is left out.

use std::collections::HashMap;
use std::sync::Arc;

use crate::engine::chart::{Chart, ChartFile, Metadata};
use crate::text::compact_sort::{sort_by, sort_by_key};
use crate::text::yaml;

use super::archive::{ArchiveWriteError, pack_in_order};

const CHART_YAML: &str = "Chart.yaml";
const LOCK: &str = "Chart.lock";
const VALUES: &str = "values.yaml";
const SCHEMA: &str = "values.schema.json";
const REQUIREMENTS: &str = "requirements.yaml";
const REQUIREMENTS_LOCK: &str = "requirements.lock";

/// The archive of a loaded chart, with one time stamp for its files, in seconds since 1970.
///
/// # Errors
/// When tar cannot represent the name of a file or the time.
pub fn pack_chart(chart: &Chart, time: u64) -> Result<Vec<u8>, ArchiveWriteError> {
    pack_in_order(&members(chart, time)?, chart.name(), time)
}

/// The files of the archive of a chart, without its name in front. Subcharts are directories below `charts/`, also those that were
/// archives; of several with one name each is an archive, because their files would be mixed in one directory.
///
/// # Errors
/// When a subchart cannot be packed.
fn members(chart: &Chart, time: u64) -> Result<Vec<ChartFile>, ArchiveWriteError> {
    let raw = |name: &str| chart.raw.iter().find(|file| file.name == name);
    let is_v1 = chart.metadata.api_version == "v1";
    // A chart of version 2 that still has the files of version 1: Helm reads them last, and writes those of version 2.
    let lock = raw(REQUIREMENTS_LOCK).or_else(|| raw(LOCK));
    let lock = lock.filter(|_| !is_v1 && chart.lock.is_some());
    let lock = lock.map(|file| ChartFile::new(LOCK.to_owned(), Arc::clone(&file.data)));
    let requirements = raw(REQUIREMENTS).filter(|_| !is_v1);
    let chart_yaml = raw(CHART_YAML).cloned();
    let joined = requirements.and_then(|requirements| with_requirements(chart, chart_yaml.as_ref()?, requirements));
    let kept = requirements.filter(|_| joined.is_none()).cloned();
    let schema = chart.schema.as_ref().and_then(|_| raw(SCHEMA));
    let first = [joined.or(chart_yaml), lock, raw(VALUES).cloned(), schema.cloned(), kept];
    let mut members: Vec<ChartFile> = first.into_iter().flatten().collect();
    for group in [&chart.templates, &chart.files] {
        let mut sorted: Vec<ChartFile> = group.iter().cloned().collect();
        sort_by(&mut sorted, |a, b| a.name.cmp(&b.name));
        members.extend(sorted);
    }
    let mut with_name: HashMap<&str, usize> = HashMap::new();
    for subchart in &chart.dependencies {
        *with_name.entry(subchart.name()).or_default() += 1;
    }
    let mut subcharts: Vec<&Chart> = chart.dependencies.iter().collect();
    sort_by_key(&mut subcharts, |subchart| (subchart.name(), &subchart.metadata.version));
    for subchart in subcharts {
        let (name, version) = (subchart.name(), &subchart.metadata.version);
        let inside = self::members(subchart, time)?;
        if with_name.get(name).is_some_and(|&charts| charts > 1) {
            let archive = pack_in_order(&inside, name, time)?;
            members.push(ChartFile::new(format!("charts/{name}-{version}.tgz"), archive));
        } else {
            let moved = |file: ChartFile| {
                let name = format!("charts/{name}/{}", file.name);
                ChartFile::new(name, file.data)
            };
            members.extend(inside.into_iter().map(moved));
        }
    }
    Ok(members)
}

/// Chart.yaml with the dependencies of requirements.yaml behind it; nothing where that does not say the same.
fn with_requirements(chart: &Chart, chart_yaml: &ChartFile, requirements: &ChartFile) -> Option<ChartFile> {
    let mut text = chart_yaml.data.to_vec();
    if !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    text.extend_from_slice(&requirements.data);
    let joined = yaml::json_from_bytes_strict(&text).ok()?;
    let metadata = Metadata::from_json(&joined).ok()?;
    (metadata == chart.metadata).then(|| ChartFile::new(CHART_YAML.to_owned(), text))
}

#[cfg(test)]
mod tests {
    use super::super::archive::{TIME, pack};
    use super::*;
    use crate::engine::chart::{load_files, read_archive};

    fn file(name: &str, text: &str) -> ChartFile {
        ChartFile::new(name.to_owned(), text.as_bytes().to_vec())
    }

    fn names(files: &[ChartFile]) -> Vec<&str> {
        files.iter().map(|file| file.name.as_str()).collect()
    }

    fn subchart(name: &str, version: &str) -> Vec<ChartFile> {
        let text = format!("# kept\napiVersion: v2\nname: {name}\nversion: {version}\n");
        vec![file("templates/a.yaml", "a: 1\n"), file("Chart.yaml", &text)]
    }

    #[test]
    fn members_are_those_of_helm_in_its_order() {
        let lock = "dependencies: []\ndigest: sha256:aa\ngenerated: \"2026-01-02T03:04:05Z\"\n";
        let mut files = vec![
            file("README.md", "b"),
            file("templates/b.yaml", "b"),
            file("templates/NOTES.txt", "n"),
            file("crds/c.yaml", "c"),
            file("values.schema.json", "{}"),
            file("values.yaml", "a: 1\n"),
            file("Chart.lock", lock),
            file("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0 # kept\n"),
            file("charts/_note.txt", "for people"),
        ];
        let archive = pack(&subchart("sub", "1.0.0"), "sub").unwrap();
        files.push(ChartFile::new("charts/sub-1.0.0.tgz".to_owned(), archive));
        for one in subchart("dir", "0.1.0") {
            files.push(file(
                &format!("charts/dir/{}", one.name),
                std::str::from_utf8(&one.data).unwrap(),
            ));
        }
        let found = members(&load_files(files).unwrap(), TIME).unwrap();
        assert_eq!(
            names(&found),
            [
                "Chart.yaml",
                "Chart.lock",
                "values.yaml",
                "values.schema.json",
                "templates/NOTES.txt",
                "templates/b.yaml",
                "README.md",
                "crds/c.yaml",
                "charts/dir/Chart.yaml",
                "charts/dir/templates/a.yaml",
                "charts/sub/Chart.yaml",
                "charts/sub/templates/a.yaml",
            ]
        );
        assert!(found.first().unwrap().data.ends_with(b"1.0.0 # kept\n"));
        // Loaded again they are the same.
        let again = members(&load_files(found.clone()).unwrap(), TIME).unwrap();
        assert_eq!(names(&again), names(&found));
    }

    #[test]
    fn subcharts_with_one_name_stay_apart() {
        let mut files = vec![file("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n")];
        for version in ["1.0.0", "2.0.0"] {
            let archive = pack(&subchart("sub", version), "sub").unwrap();
            files.push(ChartFile::new(format!("charts/sub-{version}.tgz"), archive));
        }
        let found = members(&load_files(files).unwrap(), TIME).unwrap();
        assert_eq!(
            names(&found),
            ["Chart.yaml", "charts/sub-1.0.0.tgz", "charts/sub-2.0.0.tgz"]
        );
        let inside = read_archive(&found.last().unwrap().data).unwrap();
        assert_eq!(names(&inside), ["Chart.yaml", "templates/a.yaml"]);
    }

    #[test]
    fn a_chart_of_version_1_has_its_requirements_and_no_lock_of_version_2() {
        let files = vec![
            file("Chart.yaml", "apiVersion: v1\nname: c\nversion: 1.0.0\n"),
            file("requirements.yaml", "dependencies: []\n"),
            file(
                "requirements.lock",
                "dependencies: []\ngenerated: \"2026-01-02T03:04:05Z\"\n",
            ),
            file("Chart.lock", "dependencies: []\ngenerated: \"2026-01-02T03:04:05Z\"\n"),
        ];
        let found = members(&load_files(files).unwrap(), TIME).unwrap();
        assert_eq!(names(&found), ["Chart.yaml", "requirements.lock", "requirements.yaml"]);
    }

    #[test]
    fn a_chart_of_version_2_keeps_the_dependencies_of_its_requirements() {
        let sub = pack(&subchart("sub", "1.0.0"), "sub").unwrap();
        let lock = "dependencies: []\ngenerated: \"2026-01-02T03:04:05Z\"\n";
        for (chart_yaml, requirements, expected) in [
            (
                "apiVersion: v2\nname: c\nversion: 1.0.0",
                "dependencies:\n- {name: sub, version: 1.x}\n",
                &[
                    "Chart.yaml",
                    "Chart.lock",
                    "charts/sub/Chart.yaml",
                    "charts/sub/templates/a.yaml",
                ][..],
            ),
            (
                "{apiVersion: v2, name: c, version: 1.0.0}\n",
                "dependencies:\n- {name: sub, version: 1.x}\n",
                &[
                    "Chart.yaml",
                    "Chart.lock",
                    "requirements.yaml",
                    "charts/sub/Chart.yaml",
                    "charts/sub/templates/a.yaml",
                ],
            ),
        ] {
            let mut files = vec![
                file("Chart.yaml", chart_yaml),
                file("requirements.yaml", requirements),
                file("requirements.lock", lock),
            ];
            files.push(ChartFile::new("charts/sub-1.0.0.tgz".to_owned(), sub.clone()));
            let chart = load_files(files).unwrap();
            let found = members(&chart, TIME).unwrap();
            assert_eq!(names(&found), expected);
            assert_eq!(load_files(found).unwrap().metadata, chart.metadata);
        }
    }
}
