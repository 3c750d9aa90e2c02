//! Values files of environments, wherever a chart has them.
//!
//! In: a chart's directory. Out: the environments that its values files are named after, and the globs with which `ci` renders them.
//! `values-NAME.yaml` and `values.NAME.yaml` beside the chart are what `status` finds too; `NAME.yaml` and `NAME/values.yaml` in a directory
//! such as `environments/` count where NAME is a usual name.

use std::collections::BTreeMap;
use std::path::Path;

use crate::check::run::{DEFAULT_VALUES, values_files};
use crate::delivery::environment::{USUAL_NAMES, environments_of_files, usual_order};

/// Directories that have values files of environments, in the chart or beside it.
const DIRECTORIES: [&str; 4] = ["environments", "envs", "env", "values"];

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct EnvironmentFiles {
    /// Globs besides the usual ones, relative to the chart.
    pub(super) globs: Vec<String>,
    /// Environments in the order in which an image goes through them, each with its values files, relative to the chart.
    pub(super) environments: Vec<(String, Vec<String>)>,
    /// Whether all are found without being declared if the chart is the directory itself.
    pub(super) are_beside: bool,
}

/// The environments of a chart. Directories beside it and up to so many levels above it count too.
pub(super) fn environment_files(chart: &Path, levels: usize) -> EnvironmentFiles {
    let mut found: BTreeMap<(usize, String), Vec<String>> = BTreeMap::new();
    let mut globs = Vec::new();
    let list = |globs: &[String]| values_files(chart, globs);
    let mut add = |name: &str, file: String| found.entry(usual_order(name)).or_default().push(file);
    for glob in ["values-*.yaml", "values-*.yml", "values.*.yaml", "values.*.yml"] {
        let files = list(&[glob.to_owned()]);
        let named = environments_of_files(Path::new(""), &files);
        let mut of_environments = Vec::new();
        for one in named.iter().filter(|one| is_name(&one.name)) {
            let files: Vec<String> = one.values.iter().map(|file| file.display().to_string()).collect();
            for file in &files {
                add(&one.name, file.clone());
            }
            of_environments.extend(files);
        }
        add_globs(&mut globs, glob.to_owned(), &files, of_environments);
    }
    let mut are_beside = true;
    for prefix in (0..=levels).map(|level| "../".repeat(level)) {
        for directory in DIRECTORIES {
            let below = format!("{prefix}{directory}/");
            let glob = format!("{below}*.yaml");
            let files = list(std::slice::from_ref(&glob));
            let mut of_environments = Vec::new();
            for file in &files {
                let name = file.strip_prefix(&below).and_then(|name| name.strip_suffix(".yaml"));
                let name = name.map(|name| name.trim_start_matches("values-").trim_start_matches("values."));
                if let Some(name) = name.filter(|name| USUAL_NAMES.contains(name)) {
                    add(name, file.clone());
                    of_environments.push(file.clone());
                }
            }
            are_beside = are_beside && of_environments.is_empty();
            add_globs(&mut globs, glob, &files, of_environments);
            for name in USUAL_NAMES {
                let file = format!("{below}{name}/values.yaml");
                if chart.join(&file).is_file() {
                    add(name, file.clone());
                    globs.push(file);
                    are_beside = false;
                }
            }
        }
    }
    // Values files are named after many things; after environments if one of the names is a usual one.
    if !found.keys().any(|(_, name)| USUAL_NAMES.contains(&name.as_str())) {
        return EnvironmentFiles::default();
    }
    globs.retain(|glob| !DEFAULT_VALUES.contains(&glob.as_str()));
    EnvironmentFiles {
        globs,
        environments: found.into_iter().map(|((_, name), files)| (name, files)).collect(),
        are_beside,
    }
}

/// The glob where it means values files of environments only, else those files.
fn add_globs(globs: &mut Vec<String>, glob: String, all: &[String], of_environments: Vec<String>) {
    if of_environments.is_empty() {
        return;
    }
    if of_environments.len() == all.len() {
        globs.push(glob);
    } else if !DEFAULT_VALUES.contains(&glob.as_str()) {
        globs.extend(of_environments);
    }
}

/// Whether it can be the name of an environment in chartwright.yaml.
fn is_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    name.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_are_found_by_the_names_of_values_files() {
        for (files, levels, globs, environments, are_beside) in [
            (vec!["values-big.yaml"], 0, vec![], vec![], false),
            (
                vec!["values-prod.yaml", "values-staging.yaml", "values.yaml"],
                0,
                vec![],
                vec!["staging: values-staging.yaml", "prod: values-prod.yaml"],
                true,
            ),
            (
                vec!["values.prod.yaml", "values.dev.yaml"],
                0,
                vec!["values.*.yaml"],
                vec!["dev: values.dev.yaml", "prod: values.prod.yaml"],
                true,
            ),
            (
                vec!["values.prod.yaml", "values.secrets.yaml"],
                0,
                vec!["values.prod.yaml"],
                vec!["prod: values.prod.yaml"],
                true,
            ),
            (
                vec!["../environments/dev.yaml", "../environments/prod.yaml"],
                1,
                vec!["../environments/*.yaml"],
                vec!["dev: ../environments/dev.yaml", "prod: ../environments/prod.yaml"],
                false,
            ),
            (vec!["../../envs/prod.yaml"], 1, vec![], vec![], false),
            (
                vec!["../../envs/prod.yaml"],
                2,
                vec!["../../envs/*.yaml"],
                vec!["prod: ../../envs/prod.yaml"],
                false,
            ),
            (
                vec!["envs/prod/values.yaml", "envs/notes.yaml"],
                0,
                vec!["envs/prod/values.yaml"],
                vec!["prod: envs/prod/values.yaml"],
                false,
            ),
        ] {
            let directory = tempfile::tempdir().unwrap();
            let chart = directory.path().join("deploy/chart");
            std::fs::create_dir_all(&chart).unwrap();
            for file in &files {
                let path = chart.join(file);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, "").unwrap();
            }
            let found = environment_files(&chart, levels);
            assert_eq!(found.globs, globs, "{files:?}");
            let shown = found
                .environments
                .iter()
                .map(|(name, files)| format!("{name}: {}", files.join(" ")));
            assert_eq!(shown.collect::<Vec<_>>(), environments, "{files:?}");
            assert_eq!(found.are_beside, are_beside, "{files:?}");
        }
    }
}
