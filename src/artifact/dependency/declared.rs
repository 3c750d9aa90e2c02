//! What a chart directory says of its dependencies: Chart.yaml or requirements.yaml, and the lock beside it.
//!
//! In: a directory. Out: the dependencies in their order with all that Helm's digest of a lock covers, aliases of repositories
//! replaced by their addresses. Only whole charts are read: what Helm refuses to load is an error.

use std::path::{Path, PathBuf};

use crate::engine::chart::{Chart, Dependency, LinkPolicy, LocalDependencyError, missing_remote, outside_links};
use crate::engine::functions::json::to_go_json;
use crate::engine::functions::yaml_value::map_from_yaml;
use crate::engine::template::{Map, Value};
use crate::text::go::url::is_request_uri;

use super::error::DependencyError;
use super::load::load;

/// One declared or locked dependency.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Declared {
    /// What is declared, with an alias of a repository as it is written.
    pub dependency: Dependency,
    /// The address of the repository: an alias is replaced.
    pub repository: String,
    /// `import-values` as JSON; empty without them.
    pub import_values: Vec<u8>,
}

/// The dependencies of Chart.yaml or of a lock. Go tells a list without entries from no list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeclaredList {
    /// In the order of the file.
    pub entries: Vec<Declared>,
    /// Whether the file has the list.
    pub is_present: bool,
}

/// The lock of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockFile {
    /// `sha256:` and the digest.
    pub digest: String,
    /// The pinned dependencies.
    pub list: DeclaredList,
}

/// A chart directory and its dependencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartRequest {
    /// The directory.
    pub directory: PathBuf,
    /// Whether the chart is of apiVersion v1, which has requirements.yaml.
    pub is_v1: bool,
    /// What it declares.
    pub list: DeclaredList,
    /// Its lock.
    pub lock: Option<LockFile>,
    /// Names of the dependencies of other repositories that `charts/` lacks.
    pub missing: Vec<String>,
}

/// Names and addresses of repositories: what `@name` and `alias:name` stand for. It is asked for the name alone.
pub type RepositoryNames<'n> = &'n (dyn Fn(&str) -> Option<String> + Sync);

impl ChartRequest {
    /// Name of the lock file.
    pub const fn lock_name(&self) -> &'static str {
        if self.is_v1 { "requirements.lock" } else { "Chart.lock" }
    }

    /// Reads a chart directory.
    ///
    /// # Errors
    /// When it is not a chart that Helm loads, links lead out of it where they may not, or an alias of a repository is not known.
    pub fn read(directory: &Path, links: LinkPolicy, names: RepositoryNames<'_>) -> Result<Self, DependencyError> {
        if !directory.exists() {
            return Err(DependencyError::NoDirectory);
        }
        if !directory.is_dir() {
            return Err(DependencyError::NotUnpacked);
        }
        let failed = |source| LocalDependencyError::Load {
            directory: directory.to_owned(),
            source,
        };
        if links == LinkPolicy::StayInside {
            let links = outside_links(directory).map_err(failed)?;
            if !links.is_empty() {
                let directory = directory.to_owned();
                return Err(LocalDependencyError::OutsideLinks { directory, links }.into());
            }
        }
        let chart = load(directory).map_err(failed)?;
        Self::of_chart(directory, &chart, names)
    }

    /// What a chart that was loaded from a directory says.
    ///
    /// # Errors
    /// When an alias of a repository is not known.
    pub fn of_chart(directory: &Path, chart: &Chart, names: RepositoryNames<'_>) -> Result<Self, DependencyError> {
        let raw = |names: &[&str]| -> Option<Map> {
            let file = names
                .iter()
                .find_map(|name| chart.raw.iter().find(|file| file.name == *name))?;
            map_from_yaml(&file.data).ok()
        };
        let is_v1 = chart.metadata.api_version == "v1";
        let declared: Vec<Dependency> = chart.metadata.declared_dependencies().cloned().collect();
        let mut list = DeclaredList::new(declared, raw(&["requirements.yaml", "Chart.yaml"]).as_ref());
        list.is_present = declares_list(chart);
        resolve_names(&mut list.entries, names)?;
        let lock = chart.lock.as_ref().map(|lock| LockFile {
            digest: lock.digest.clone(),
            list: DeclaredList::new(
                lock.dependencies.iter().flatten().cloned().collect(),
                raw(&["requirements.lock", "Chart.lock"]).as_ref(),
            ),
        });
        Ok(Self {
            directory: directory.to_owned(),
            is_v1,
            list,
            lock,
            missing: missing_remote(chart)
                .map(|dependency| dependency.name.clone())
                .collect(),
        })
    }
}

impl DeclaredList {
    /// The dependencies, with the parts of the file that only its text has.
    fn new(dependencies: Vec<Dependency>, file: Option<&Map>) -> Self {
        let raw = file.and_then(|file| file.get(b"dependencies"));
        let raw = match &raw {
            Some(Value::List(list)) => list.items(),
            _ => &[],
        };
        let is_present = !dependencies.is_empty() || has_list(file);
        let entries = dependencies
            .into_iter()
            .enumerate()
            .map(|(index, dependency)| Declared {
                import_values: import_values(raw.get(index)),
                repository: dependency.repository.clone(),
                dependency,
            });
        Self {
            entries: entries.collect(),
            is_present,
        }
    }
}

/// Whether a chart has a list of dependencies, be it without entries.
pub fn declares_list(chart: &Chart) -> bool {
    let file = |name: &str| chart.raw.iter().find(|file| file.name == name);
    let has = |name: &str| has_list(file(name).and_then(|file| map_from_yaml(&file.data).ok()).as_ref());
    !chart.metadata.dependencies.is_empty() || has("requirements.yaml") || has("Chart.yaml")
}

fn has_list(file: Option<&Map>) -> bool {
    let list = file.and_then(|file| file.get(b"dependencies"));
    matches!(list, Some(Value::List(_)))
}

/// `import-values` of an entry as Go writes JSON; empty where there are none.
fn import_values(entry: Option<&Value>) -> Vec<u8> {
    match entry {
        Some(Value::Map(map)) => match map.get(b"import-values") {
            Some(Value::List(list)) if !list.items().is_empty() => to_go_json(&Value::List(list)).unwrap_or_default(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Replaces aliases by addresses. All that are not known are one error.
fn resolve_names(entries: &mut [Declared], names: RepositoryNames<'_>) -> Result<(), DependencyError> {
    let mut missing = Vec::new();
    for entry in entries {
        let written = &entry.dependency.repository;
        let alias = written.strip_prefix('@').or_else(|| written.strip_prefix("alias:"));
        match alias {
            Some(alias) => match names(alias) {
                Some(address) => entry.repository = address,
                None => missing.push(written.clone()),
            },
            None if written.is_empty() || written.starts_with("file://") || is_request_uri(written) => {}
            None => missing.push(written.clone()),
        }
    }
    if missing.is_empty() {
        Ok(())
    } else {
        Err(DependencyError::UnknownRepositories(missing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(files: &[(&str, &str)]) -> Result<ChartRequest, DependencyError> {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(directory.path().join(name), text).unwrap();
        }
        let names = |name: &str| (name == "stable").then(|| "https://stable.example.com".to_owned());
        ChartRequest::read(directory.path(), LinkPolicy::StayInside, &names)
    }

    const HEAD: &str = "apiVersion: v2\nname: c\nversion: 1.0.0\n";

    #[test]
    fn aliases_become_addresses_and_import_values_stay_as_written() {
        let chart = format!(
            "{HEAD}dependencies:\n- {{name: a, version: 1.x, repository: '@stable', import-values: [data, {{parent: p, child: c, m: 1}}]}}\n\
             - {{name: b, version: '>1', repository: 'alias:stable'}}\n- {{name: d, version: 1.x}}\n"
        );
        let request = request(&[("Chart.yaml", &chart)]).unwrap();
        let entries = &request.list.entries;
        let repositories: Vec<&str> = entries.iter().map(|entry| entry.repository.as_str()).collect();
        assert_eq!(
            repositories,
            ["https://stable.example.com", "https://stable.example.com", ""]
        );
        assert_eq!(
            String::from_utf8_lossy(&entries[0].import_values),
            r#"["data",{"child":"c","m":1,"parent":"p"}]"#
        );
        assert_eq!(request.missing, ["a", "b"]);
        assert_eq!(request.lock_name(), "Chart.lock");
        assert!(request.lock.is_none());
    }

    #[test]
    fn requirements_of_a_v1_chart_are_its_dependencies() {
        let request = request(&[
            ("Chart.yaml", "apiVersion: v1\nname: c\nversion: 1.0.0\n"),
            ("requirements.yaml", "dependencies:\n- {name: a, version: 1.x, repository: \"https://x.example.com\", import-values: [q]}\n"),
            ("requirements.lock", "dependencies:\n- {name: a, version: 1.2.0, repository: \"https://x.example.com\"}\ndigest: sha256:aa\ngenerated: \"2020-01-01T00:00:00Z\"\n"),
        ])
        .unwrap();
        assert_eq!(request.lock_name(), "requirements.lock");
        assert_eq!(request.list.entries[0].import_values, br#"["q"]"#);
        let lock = request.lock.unwrap();
        assert_eq!(lock.digest, "sha256:aa");
        assert_eq!(lock.list.entries[0].dependency.version, "1.2.0");
    }

    #[test]
    fn a_list_without_entries_is_not_the_same_as_none() {
        for (text, is_present) in [("", false), ("dependencies: []\n", true), ("dependencies:\n", false)] {
            let request = request(&[("Chart.yaml", &format!("{HEAD}{text}"))]).unwrap();
            assert_eq!(request.list.is_present, is_present, "{text:?}");
        }
    }

    #[test]
    fn repositories_that_nothing_names_are_one_error() {
        let chart = format!(
            "{HEAD}dependencies:\n- {{name: a, version: 1.x, repository: '@other'}}\n- {{name: b, version: 1.x, repository: stable}}\n"
        );
        let error = request(&[("Chart.yaml", &chart)]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no repository definition for @other, stable. Please add them via 'helm repo add'"
        );
        assert!(error.hint().unwrap().contains("must be URLs or aliases"), "{error:?}");
    }
}
