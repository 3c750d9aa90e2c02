//! The values a chart is rendered with: its defaults, or what was given, each of its values files, and those of each environment.
//!
//! Globs come from a configuration or are ours, so whoever may change the chart decides which files match. A file that is
//! outside of the directory where values files may be, by a link or by `..`, is a finding and is not read.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::{Path, PathBuf};

use crate::check::explain::{Given, explain_values_file};
use crate::check::finding::{Finding, Location};
use crate::check::lint::chart::outside_link_finding;
use crate::engine::chart::{Chart, LinkPolicy, lexical, merge_maps, read_values};
use crate::engine::template::Map;
use crate::text::compact_sort::sort;
use crate::text::go::path_match::path_match;
use crate::text::limits::FILE_BYTES;
use crate::text::ordered::CollectOrdered as _;
use crate::text::rule::Rule;
use crate::text::source::{Links, Named, SourceFile, Visit, WalkLimits, is_inside, read_file, walk};

use super::environment::DeployedEnvironment;
use super::request::{CheckRequest, ValuesRoot, no_values};

/// Directory whose values files are for tests, as `ct` has them.
const TEST_VALUES: &str = "ci/";

/// Bounds of a directory that a glob names: its own entries alone.
const LIMITS: WalkLimits = WalkLimits {
    depth: 0,
    entries: 100_000,
    links: Links::Followed,
};

/// Values of one set of renderings.
pub(in crate::check) struct ChartValues {
    /// What findings call the renderings: `default values`, `values-prod.yaml`.
    pub(in crate::check) label: String,
    pub(in crate::check) values: Map,
    /// Where the values come from.
    pub(in crate::check) given: Given,
    /// Whether they are those of the chart alone.
    pub(in crate::check) are_defaults: bool,
    /// Whether they are made up for tests, so that a secret in them is none.
    pub(in crate::check) is_for_tests: bool,
    /// Name and namespace of the release, where they are not those of the run.
    pub(in crate::check) release: (Option<String>, Option<String>),
}

/// All values that the request wants a chart rendered with, and findings for those that cannot be read. The first are the
/// defaults or those that were given; values files are those of the chart's directory, which an archive lacks.
pub(in crate::check) fn chart_values(
    chart: &Chart,
    directory: Option<&Path>,
    request: &CheckRequest,
) -> (Vec<ChartValues>, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut all = Vec::new();
    match &request.given {
        Some(given) => match given.merge() {
            Ok(values) => all.push(ChartValues {
                label: given.label.clone(),
                values,
                given: given.sources.clone(),
                are_defaults: false,
                is_for_tests: false,
                release: (None, None),
            }),
            Err(error) => {
                let place = Location::whole(chart.source_file("values.yaml"));
                findings.push(Finding::new(Rule::ValuesFormat, place, error.to_string()));
            }
        },
        None => all.push(ChartValues {
            label: "default values".to_owned(),
            values: no_values(),
            given: Given::default(),
            are_defaults: true,
            is_for_tests: false,
            release: (None, None),
        }),
    }
    let Some(directory) = directory else {
        return (all, findings);
    };
    let own = own_renderings(directory, request);
    if request.given.is_none() && !own.has_defaults {
        all.clear();
    }
    for name in own.files {
        let root = match &request.values_root {
            ValuesRoot::Anywhere => None,
            ValuesRoot::Chart => Some(directory),
            ValuesRoot::Directory(directory) => Some(directory.as_path()),
        };
        match read_inside_root(&directory.join(&name), &chart.file_path(&name), root, request) {
            Ok((file, values)) => all.push(ChartValues {
                is_for_tests: name.starts_with(TEST_VALUES),
                release: (None, None),
                are_defaults: false,
                label: name,
                values,
                given: Given {
                    files: vec![file],
                    flags: Vec::new(),
                },
            }),
            Err(finding) => findings.push(*finding),
        }
    }
    let of_environments = environment_values(directory, request);
    for found in of_environments {
        match found {
            Ok(values) => all.push(values),
            Err(finding) => findings.push(*finding),
        }
    }
    (all, findings)
}

/// The values of the environments that a chart is deployed to. Those that differ in nothing but their names are one.
fn environment_values(directory: &Path, request: &CheckRequest) -> Vec<Result<ChartValues, Box<Finding>>> {
    let declared = request.environments.get(directory).into_iter().flatten();
    let mut same: Vec<(&DeployedEnvironment, Vec<&str>)> = Vec::new();
    for environment in declared {
        let is_same = |one: &DeployedEnvironment| {
            (&one.values, &one.release, &one.namespace)
                == (&environment.values, &environment.release, &environment.namespace)
        };
        match same.iter_mut().find(|(one, _)| is_same(one)) {
            Some((_, names)) => names.push(&environment.name),
            None => same.push((environment, vec![&environment.name])),
        }
    }
    let each = same.into_iter().map(|(environment, names)| {
        let mut files = Vec::new();
        let mut merged = no_values();
        for path in &environment.values {
            let shown = request.report_root.shown(path);
            let (file, values) = read_inside_root(path, &shown, Some(&environment.root), request)?;
            files.push(file);
            merged = merge_maps(&merged, &values);
        }
        let word = if names.len() == 1 {
            "environment"
        } else {
            "environments"
        };
        Ok(ChartValues {
            label: format!("{word} {}", names.join(", ")),
            values: merged,
            given: Given {
                files,
                flags: Vec::new(),
            },
            are_defaults: false,
            is_for_tests: false,
            release: (environment.release.clone(), environment.namespace.clone()),
        })
    });
    each.collect()
}

/// Reads a values file, which must be below `root` unless links are followed.
fn read_inside_root(
    path: &Path,
    shown: &str,
    root: Option<&Path>,
    request: &CheckRequest,
) -> Result<(SourceFile, Map), Box<Finding>> {
    let root = root.filter(|_| request.links != LinkPolicy::Follow);
    if let Some(root) = root.filter(|root| !is_inside(root, path).unwrap_or(false) && path.exists()) {
        let root = request.report_root.shown(root);
        let message = match path.read_link() {
            Ok(target) => format!("the symbolic link leads out of {root}, to {}", target.display()),
            Err(_) => format!("the values file is not in {root}"),
        };
        return Err(Box::new(outside_link_finding(shown, &message)));
    }
    let text = read_file(path, Named::ByInput, FILE_BYTES).map_err(|error| {
        let file = SourceFile::without_text(shown);
        let message = format!("cannot be read: {error}");
        Box::new(Finding::new(Rule::ValuesFormat, Location::whole(file), message))
    })?;
    let file = SourceFile::new(shown, text);
    match read_values(file.text()) {
        Ok(values) => Ok((file, values)),
        Err(message) => Err(Box::new(explain_values_file(&file, &message))),
    }
}

/// How a chart is rendered besides its environments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRenderings {
    /// Whether with its defaults alone.
    pub has_defaults: bool,
    /// With each of these values files, by their names relative to the chart.
    pub files: Vec<String>,
}

impl OwnRenderings {
    /// Those of a chart with values files. Files of an environment are not rendered by themselves, and the defaults are not where files
    /// `replace_defaults`.
    pub fn new(
        chart: &Path,
        mut files: Vec<String>,
        environments: &[DeployedEnvironment],
        replace_defaults: bool,
    ) -> Self {
        let of_environments = environments.iter().flat_map(|environment| &environment.values);
        let of_environments: BTreeSet<PathBuf> = of_environments.map(|file| lexical(file)).collect_set();
        files.retain(|name| !of_environments.contains(&lexical(&chart.join(name))));
        Self {
            has_defaults: !replace_defaults || files.is_empty(),
            files,
        }
    }
}

/// How a chart is rendered besides its environments, by a request.
pub fn own_renderings(chart: &Path, request: &CheckRequest) -> OwnRenderings {
    let environments = request.environments.get(chart).map_or(&[][..], Vec::as_slice);
    let files = values_files(chart, &request.values);
    OwnRenderings::new(chart, files, environments, request.values_replace_defaults)
}

/// The values files of a chart that match one of the globs, relative to it and sorted.
pub fn values_files(chart: &Path, globs: &[String]) -> Vec<String> {
    let mut files = Vec::new();
    for glob in globs {
        let (directory, pattern) = split_glob(glob);
        let walked: Result<(), Infallible> = walk(&chart.join(directory), LIMITS, &mut |entry| {
            // A directory that is not there has no values files, and what cannot be read is none.
            let Ok(entry) = entry else { return Ok(Visit::PassOver) };
            let name = entry.name;
            if is_meant(pattern, &name) && entry.file_type.is_file() {
                files.push(if directory.is_empty() {
                    name
                } else {
                    format!("{directory}/{name}")
                });
            }
            Ok(Visit::PassOver)
        });
        match walked {
            Ok(()) => {}
        }
    }
    sort(&mut files);
    files.dedup();
    files
}

/// The same of a chart that is not on this disk. `names` lists the files of a directory relative to the chart.
pub fn matching_values_files(globs: &[String], names: &dyn Fn(&str) -> Vec<String>) -> Vec<String> {
    let mut files = BTreeSet::new();
    for glob in globs {
        let (directory, pattern) = split_glob(glob);
        let found = names(directory).into_iter().filter(|name| is_meant(pattern, name));
        files.extend(found.map(|name| match directory {
            "" => name,
            directory => format!("{directory}/{name}"),
        }));
    }
    files.into_iter().collect()
}

/// Directory and name.
pub(super) fn split_glob(glob: &str) -> (&str, &str) {
    glob.rsplit_once('/').unwrap_or(("", glob))
}

/// As in a shell, only a pattern that begins with a dot means hidden files: tools keep their settings there.
pub(super) fn is_meant(pattern: &str, name: &str) -> bool {
    (!name.starts_with('.') || pattern.starts_with('.')) && path_match(pattern, name).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::{matching_values_files, values_files};

    #[test]
    fn values_files_match_their_globs_and_come_sorted() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("ci")).unwrap();
        std::fs::create_dir(directory.path().join("values-directory.yaml")).unwrap();
        for name in [
            "values.yaml",
            "values-b.yaml",
            "values-a.yaml",
            "ci/x-values.yaml",
            "ci/.tool.yaml",
            "ci/notes.txt",
        ] {
            std::fs::write(directory.path().join(name), "").unwrap();
        }
        let names = |directory: &str| -> Vec<String> {
            let names: &[&str] = match directory {
                "" => &["values.yaml", "values-b.yaml", "values-a.yaml"],
                "ci" => &["x-values.yaml", ".tool.yaml", "notes.txt"],
                _ => &[],
            };
            names.iter().map(|&name| name.to_owned()).collect()
        };
        let found = |globs: &[&str]| {
            let globs: Vec<String> = globs.iter().map(|glob| (*glob).to_owned()).collect();
            let found = values_files(directory.path(), &globs);
            assert_eq!(matching_values_files(&globs, &names), found);
            found
        };
        assert_eq!(
            found(&["values-*.yaml", "ci/*.yaml", "values-a.yaml"]),
            ["ci/x-values.yaml", "values-a.yaml", "values-b.yaml"]
        );
        assert_eq!(found(&["ci/.*.yaml"]), ["ci/.tool.yaml"]);
        assert_eq!(found(&["none/*.yaml"]), Vec::<String>::new());
    }
}
