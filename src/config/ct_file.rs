//! Reading chart-testing's configuration, `ct.yaml`, for those who have one and no chartwright.yaml.
//!
//! In: its text. Out: settings, and what of it has no effect here. Keys are those of chart-testing 3 (`pkg/config/config.go`). Keys that say
//! how charts are installed have no effect; those that would make a run pass although something was not done are refused.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};

use crate::delivery::git::{BranchName, RemoteName};
use crate::text::near::nearest;
use crate::text::yaml;

use super::file::{Config, ConfigError, Ignored};

/// Where chart-testing looks for its configuration, below the directory that has the charts.
pub(super) const CT_FILES: [&str; 4] = ["ct.yaml", "ct.yml", ".ct/ct.yaml", ".ct/ct.yml"];

/// The values files that chart-testing renders instead of the defaults.
const CT_VALUES: &str = "ci/*-values.yaml";

/// What a configuration of chart-testing says beside the settings that ours has too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CtSettings {
    /// The remote that has the target branch.
    pub remote: RemoteName,
    /// The branch that changes are for.
    pub target_branch: Option<BranchName>,
    /// Whether deprecated charts are left out.
    pub exclude_deprecated: bool,
    /// The key with the directories: `chart-dirs`, whose own subdirectories are charts, or `charts`.
    pub roots_key: &'static str,
    /// What has no effect, a line each.
    pub notes: Vec<String>,
}

/// What is done with a key.
#[derive(Clone, Copy)]
enum Use {
    /// It is read below.
    Read,
    /// It is about installations, or about what is always done.
    NoEffect,
    /// It has no effect that its user may expect: why.
    Note(&'static str),
    /// Why it is refused, unless it is empty or false.
    Refuse(&'static str),
}

use Use::{NoEffect, Note, Read, Refuse};

/// All keys of chart-testing.
static KEYS: [(&str, Use); 35] = [
    ("remote", Read),
    ("target-branch", Read),
    ("chart-dirs", Read),
    ("charts", Read),
    ("excluded-charts", Read),
    ("exclude-deprecated", Read),
    ("check-version-increment", Read),
    ("validate-maintainers", Read),
    ("namespace", Read),
    ("release-name", Read),
    (
        "all",
        Note("all charts are checked unless --changed or --since is given"),
    ),
    ("since", Note("--since names the base of changes")),
    (
        "chart-repos",
        Note("Chart.yaml names the addresses of repositories; names such as @stable are those of Helm's own list"),
    ),
    ("lint-conf", Note("yamllint is not run")),
    (
        "chart-yaml-schema",
        Note("Chart.yaml is checked by the rules in docs/rules.md"),
    ),
    (
        "use-helmignore",
        Note("ignored files count as changes; versions are compared by what is packaged"),
    ),
    ("helm-repo-extra-args", Note("logins are those of Helm's own files")),
    (
        "helm-dependency-extra-args",
        Note("dependencies are not fetched by helm"),
    ),
    ("helm-extra-args", Note("helm is not run")),
    (
        "additional-commands",
        Refuse("a configuration cannot run programs: make each command a step of the pipeline"),
    ),
    (
        "helm-extra-set-args",
        Refuse("put the values into a values file such as ci/test-values.yaml"),
    ),
    (
        "helm-lint-extra-args",
        Refuse("helm is not run: put values into ci/test-values.yaml, and use --fail-on warning for --strict"),
    ),
    ("validate-chart-schema", NoEffect),
    ("validate-yaml", NoEffect),
    ("skip-helm-dependencies", NoEffect),
    ("build-id", NoEffect),
    ("debug", NoEffect),
    ("upgrade", NoEffect),
    ("skip-missing-values", NoEffect),
    ("skip-clean-up", NoEffect),
    ("release-label", NoEffect),
    ("kubectl-timeout", NoEffect),
    ("print-logs", NoEffect),
    ("github-groups", NoEffect),
    ("github-instance", NoEffect),
];

/// Whether a file that the user named is one of chart-testing: by its name, or by a key that only chart-testing has.
pub(super) fn is_ct_file(path: &Path, text: &[u8]) -> bool {
    if path.file_stem().is_some_and(|stem| stem == "ct") {
        return true;
    }
    let only_theirs = |key: &str| key.contains('-') && KEYS.iter().any(|(known, _)| *known == key);
    let json = yaml::json_from_bytes_strict(text).unwrap_or_default();
    json.as_object()
        .is_some_and(|map| map.keys().any(|key| only_theirs(key)))
}

/// Reads the text of a configuration of chart-testing; `path` is for messages.
pub(super) fn parse_ct(text: &[u8], path: &Path) -> Result<Config, ConfigError> {
    let at = |key: &[&str], message: String| Config::error_at(text, path, key, message);
    let json = yaml::json_from_bytes_strict(text).map_err(|problem| {
        let mut error = at(&[], problem.to_string());
        error.position = crate::text::source::LineIndex::new(text).position(text, problem.offset().unwrap_or(0));
        error
    })?;
    let empty = Map::new();
    let map = match &json {
        Json::Null => &empty,
        Json::Object(map) => map,
        _ => return Err(at(&[], "a configuration of chart-testing is a mapping".to_owned())),
    };
    let mut notes = Vec::new();
    for (key, value) in map {
        let known = KEYS.iter().find(|(known, _)| known == key);
        let Some((name, treatment)) = known else {
            let near = nearest(key, KEYS.iter().map(|(known, _)| *known));
            let near = near.map_or_else(String::new, |near| format!(", did you mean `{near}`?"));
            return Err(at_key(
                text,
                path,
                key,
                format!("unknown key `{key}` of chart-testing{near}"),
            ));
        };
        let is_given = match value {
            Json::Null | Json::Bool(false) => false,
            Json::String(text) => !text.is_empty(),
            Json::Array(list) => !list.is_empty(),
            _ => true,
        };
        match treatment {
            Refuse(reason) if is_given => {
                return Err(at_key(text, path, key, format!("`{name}` is not supported: {reason}")));
            }
            Note(reason) if is_given => notes.push(format!("{}: `{name}` has no effect: {reason}", path.display())),
            _ => {}
        }
    }
    let reader = Reader { map, at: &at };
    let branch = |name: String| BranchName::parse(&name).map_err(|error| at(&["target-branch"], error.to_string()));
    let remote = |name: String| RemoteName::parse(&name).map_err(|error| at(&["remote"], error.to_string()));
    let charts = reader.list("charts")?.filter(|charts| !charts.is_empty());
    let roots_key = if charts.is_some() { "charts" } else { "chart-dirs" };
    let roots = match charts {
        Some(charts) => charts,
        None => reader.list("chart-dirs")?.unwrap_or_else(|| vec!["charts".to_owned()]),
    };
    let defaults = Config::default();
    let mut ignore = Vec::new();
    if reader.flag("validate-maintainers")? == Some(false) {
        ignore.push(Ignored {
            rule: "chart-maintainers".to_owned(),
            path: String::new(),
            reason: "validate-maintainers is false".to_owned(),
        });
    }
    Ok(Config {
        charts: roots
            .iter()
            .map(|root| PathBuf::from(root.trim_end_matches('/')))
            .collect(),
        exclude: reader.list("excluded-charts")?.unwrap_or_default(),
        values: vec![CT_VALUES.to_owned()],
        check_version_increment: reader.flag("check-version-increment")?.unwrap_or(true),
        namespace: reader.text("namespace")?.unwrap_or(defaults.namespace.clone()),
        release_name: reader.text("release-name")?.unwrap_or(defaults.release_name.clone()),
        ignore,
        ct: Some(CtSettings {
            remote: reader
                .text("remote")?
                .map_or_else(|| Ok(RemoteName::origin()), remote)?,
            target_branch: reader.text("target-branch")?.map(branch).transpose()?,
            exclude_deprecated: reader.flag("exclude-deprecated")?.unwrap_or(false),
            roots_key,
            notes,
        }),
        ..defaults
    })
}

/// An error at a key itself, rather than at its value.
fn at_key(text: &[u8], path: &Path, key: &str, message: String) -> ConfigError {
    let mut error = Config::error_at(text, path, &[key], message);
    let tree = yaml::parse_first(text).ok();
    let offset = tree.and_then(|tree| {
        let root = tree.target(tree.root()?);
        let (found, _) = tree.pairs(root).find(|(node, _)| tree.text(*node) == key)?;
        Some(tree.span(found).start)
    });
    if let Some(offset) = offset {
        error.position = crate::text::source::LineIndex::new(text).position(text, offset);
    }
    error
}

/// Values of a mapping. As chart-testing reads them, a list may be a text with commas, and texts and flags may be each other.
struct Reader<'m> {
    map: &'m Map<String, Json>,
    at: &'m dyn Fn(&[&str], String) -> ConfigError,
}

impl Reader<'_> {
    fn text(&self, key: &str) -> Result<Option<String>, ConfigError> {
        match self.map.get(key) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(text)) if text.is_empty() => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.clone())),
            Some(Json::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err((self.at)(&[key], format!("`{key}` is not a text"))),
        }
    }

    fn flag(&self, key: &str) -> Result<Option<bool>, ConfigError> {
        match self.map.get(key) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Bool(flag)) => Ok(Some(*flag)),
            Some(Json::String(text)) if text == "true" => Ok(Some(true)),
            Some(Json::String(text)) if text == "false" => Ok(Some(false)),
            Some(_) => Err((self.at)(&[key], format!("`{key}` is neither true nor false"))),
        }
    }

    fn list(&self, key: &str) -> Result<Option<Vec<String>>, ConfigError> {
        let wrong = |path: &[&str]| (self.at)(path, format!("`{key}` is not a list of texts"));
        match self.map.get(key) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.split(',').map(|part| part.trim().to_owned()).collect())),
            Some(Json::Array(items)) => {
                let texts = items.iter().enumerate().map(|(index, item)| {
                    let text = item.as_str().map(str::to_owned);
                    text.ok_or_else(|| wrong(&[key, &index.to_string()]))
                });
                texts.collect::<Result<_, _>>().map(Some)
            }
            Some(_) => Err(wrong(&[key])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        parse_ct(text.as_bytes(), Path::new("ct.yaml")).map_err(|error| error.to_string())
    }

    #[test]
    fn settings_of_chart_testing_are_read() {
        let config = parse(
            "# See https://github.com/helm/chart-testing#configuration\nremote: upstream\ntarget-branch: master\nchart-dirs:\n  - stable/\n  - incubator\n\
             excluded-charts: [common]\nchart-repos:\n  - stable=https://charts.example.com\nhelm-extra-args: --timeout 800s\n\
             check-version-increment: false\nvalidate-maintainers: false\nnamespace: test\nexclude-deprecated: true\nadditional-commands: []\n",
        )
        .unwrap();
        assert_eq!(config.charts, ["stable", "incubator"].map(PathBuf::from));
        assert_eq!(config.exclude, ["common"]);
        assert_eq!(config.values, [CT_VALUES]);
        assert!(!config.check_version_increment);
        assert_eq!(config.namespace, "test");
        assert_eq!(
            config.silenced().first().map(|rule| rule.rule.as_str()),
            Some("chart-maintainers")
        );
        let ct = config.ct.unwrap();
        assert_eq!(ct.remote.as_str(), "upstream");
        assert_eq!(ct.target_branch.unwrap().as_str(), "master");
        assert!(ct.exclude_deprecated);
        assert_eq!(ct.notes.len(), 2, "{:?}", ct.notes);
        let empty = parse("").unwrap();
        assert_eq!(empty.charts, [PathBuf::from("charts")]);
        assert!(empty.check_version_increment && empty.ignore.is_empty());
        assert_eq!(
            parse("chart-dirs: a, b\n").unwrap().charts,
            ["a", "b"].map(PathBuf::from)
        );
        let charts = parse("charts: [charts/a, charts/b]\n").unwrap();
        assert_eq!(charts.ct.unwrap().roots_key, "charts");
    }

    #[test]
    fn errors_have_their_place_and_reason() {
        for (text, want) in [
            (
                "remote: origin\nadditional-commands:\n- helm unittest {{ .Path }}\n",
                "ct.yaml:2:1: `additional-commands` is not supported: a configuration cannot run programs",
            ),
            (
                "helm-extra-set-args: --set a=b\n",
                "ct.yaml:1:1: `helm-extra-set-args` is not supported: put the values",
            ),
            (
                "all: true\nchart-dir: [a]\n",
                "ct.yaml:2:1: unknown key `chart-dir` of chart-testing, did you mean `chart-dirs`?",
            ),
            (
                "chart-dirs:\n- a\n- {b: c}\n",
                "ct.yaml:3:3: `chart-dirs` is not a list of texts",
            ),
            (
                "check-version-increment: maybe\n",
                "ct.yaml:1:26: `check-version-increment` is neither true nor false",
            ),
            (
                "target-branch: --upload-pack=x\n",
                "ct.yaml:1:16: `--upload-pack=x` is not the name of a branch",
            ),
            ("remote: https://me:word@host/x\n", "ct.yaml:1:9: "),
            ("- a\n", "ct.yaml:1:1: a configuration of chart-testing is a mapping"),
            ("a: [\n", "ct.yaml:2:1: yaml: line 1"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(want) && !error.contains("word"), "{error}");
        }
    }

    #[test]
    fn the_page_for_users_of_chart_testing_has_every_key() {
        let page = include_str!("../../docs/migrate/chart-testing.md");
        for (key, treatment) in &KEYS {
            let row = page.lines().find(|line| line.starts_with(&format!("| `{key}` | ")));
            let row = row.unwrap_or_else(|| panic!("`{key}` does not have a row"));
            let shown = row.split(" | ").nth(1);
            let wanted = match treatment {
                Read => "read",
                NoEffect => "no effect",
                Note(_) => "note",
                Refuse(_) => "refused",
            };
            assert_eq!(shown, Some(wanted), "{row}");
        }
    }

    #[test]
    fn files_are_recognised_by_name_and_keys() {
        for (path, text, want) in [
            ("ct.yaml", "", true),
            (".github/ct.yaml", "", true),
            ("test/config.yaml", "chart-dirs: [a]", true),
            ("chartwright.yaml", "charts: [a]", false),
            ("x.yaml", "a: [", false),
        ] {
            assert_eq!(is_ct_file(Path::new(path), text.as_bytes()), want, "{path}");
        }
    }
}
