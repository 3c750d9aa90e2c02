//! Reading `chartwright.yaml`: strict, with the position of every error. `schemas/chartwright.schema.json` describes it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

use crate::check::finding::PathRule;
use crate::check::run::DEFAULT_VALUES;
use crate::kubernetes::validate::check_rule_id;
use crate::text::rule::Severity;
use crate::text::source::{LineIndex, Position};
use crate::text::yaml::{self, NodeId, Tree};

use super::ct_file::CtSettings;
use super::environments::{EnvironmentEntry, check_environments};
use super::repositories::{EntryError, RepositoryEntry, named_repositories};

/// Name of the file, in the directory that `ci` is given.
pub const FILE_NAME: &str = "chartwright.yaml";

/// The severity from which findings fail a run, as the file spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FailOn {
    #[default]
    Error,
    Warning,
    Info,
}

fn severity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Severity, D::Error> {
    FailOn::deserialize(deserializer).map(|level| match level {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
        FailOn::Info => Severity::Info,
    })
}

/// A rule that is silenced below a path.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ignored {
    /// The rule, or `*`.
    pub rule: String,
    /// File or directory it is silenced in, as findings show paths; empty for all.
    #[serde(default)]
    pub path: String,
    /// Why.
    pub reason: String,
}

/// The settings of `ci`. Everything has a default.
#[expect(clippy::struct_excessive_bools, reason = "independent settings")]
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Config {
    /// Directories below which charts are looked for, relative to the file. Default: the file's own.
    pub charts: Vec<PathBuf>,
    /// Names of directories that are not looked into.
    pub exclude: Vec<String>,
    /// Values files of each chart that are rendered, besides its defaults; globs relative to the chart.
    pub values: Vec<String>,
    /// Kubernetes versions to render and validate for.
    pub kubernetes_versions: Vec<String>,
    /// API versions that the clusters have besides those of Kubernetes.
    pub api_versions: Vec<String>,
    /// Whether unknown fields and duplicate keys in manifests are findings.
    pub strict: bool,
    /// Whether kinds without a schema are skipped.
    pub ignore_missing_schemas: bool,
    /// Kinds that are not validated: `Kind` or `apiVersion/Kind`.
    pub skip_kinds: Vec<String>,
    /// Files, directories and charts with policies of the cluster, which manifests are judged by.
    pub policies: Vec<PathBuf>,
    /// Severity from which findings fail the run.
    #[serde(deserialize_with = "severity")]
    pub fail_on: Severity,
    /// Rules that are silenced, each with a reason.
    pub ignore: Vec<Ignored>,
    /// Name of the release that charts are rendered for.
    pub release_name: String,
    /// Namespace of the release.
    pub namespace: String,
    /// Repository to publish to when there are no findings, such as `file://dir` (relative to the file), `oci://host/charts`,
    /// `s3://bucket/prefix` or `gs://bucket/prefix`.
    pub repository: Option<String>,
    /// Repositories by name, and the branches and tags that are published to each.
    pub repositories: Vec<RepositoryEntry>,
    /// The environments of application charts, in the order in which an image goes through them.
    pub environments: Vec<EnvironmentEntry>,
    /// Whether the version of a chart that changed must be higher than before.
    pub check_version_increment: bool,
    /// Whether links may lead out of a chart; only a file that the user names may allow it.
    pub allow_links: bool,
    /// What chart-testing's configuration says, where the settings are from one.
    #[serde(skip)]
    pub ct: Option<CtSettings>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            charts: vec![PathBuf::from(".")],
            exclude: Vec::new(),
            values: DEFAULT_VALUES.map(str::to_owned).to_vec(),
            kubernetes_versions: vec!["latest".to_owned()],
            api_versions: Vec::new(),
            strict: true,
            ignore_missing_schemas: true,
            skip_kinds: Vec::new(),
            policies: Vec::new(),
            fail_on: Severity::Error,
            ignore: Vec::new(),
            release_name: "release-name".to_owned(),
            namespace: "default".to_owned(),
            repository: None,
            repositories: Vec::new(),
            environments: Vec::new(),
            check_version_increment: true,
            allow_links: false,
            ct: None,
        }
    }
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}:{}:{}: {message}", path.display(), position.line, position.column)]
pub struct ConfigError {
    /// The file.
    pub path: PathBuf,
    /// Where in it.
    pub position: Position,
    /// What is wrong.
    pub message: String,
}

impl Config {
    /// Reads the text of a configuration; `path` is for messages.
    pub fn parse(text: &[u8], path: &Path) -> Result<Self, ConfigError> {
        let error = |offset: u32, message: String| ConfigError {
            path: path.to_owned(),
            position: LineIndex::new(text).position(text, offset),
            message,
        };
        let tree =
            yaml::parse_first(text).map_err(|problem| error(problem.offset().unwrap_or(0), problem.to_string()))?;
        let json = yaml::json_from_bytes_strict(text)
            .map_err(|problem| error(problem.offset().unwrap_or(0), problem.to_string()))?;
        if json.is_null() {
            return Ok(Self::default());
        }
        let at = |path: &[&str], message: String| {
            let node = tree.root().and_then(|root| tree.find(root, path));
            error(node.map_or(0, |node| tree.span(node).start), message)
        };
        if let Some(path) = list_for_mapping(&json) {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            return Err(at(&path, "invalid type: sequence, expected a mapping".to_owned()));
        }
        let config: Self = serde_path_to_error::deserialize(json).map_err(|problem| {
            let message = problem.inner().to_string();
            let node = place(&tree, problem.path(), &message);
            error(node.map_or(0, |node| tree.span(node).start), message)
        })?;
        for (index, ignored) in config.ignore.iter().enumerate() {
            check_rule_id(&ignored.rule)
                .map_err(|unknown| at(&["ignore", &index.to_string(), "rule"], unknown.to_string()))?;
        }
        for (index, version) in config.api_versions.iter().enumerate() {
            if version.is_empty() || version.contains([',', ' ']) {
                let message = format!("`{version}` is not an API version, such as `monitoring.coreos.com/v1`");
                return Err(at(&["apiVersions", &index.to_string()], message));
            }
        }
        if config.repository.is_some() && !config.repositories.is_empty() {
            let message = "`repository` and `repositories` are both given: give the repository a name among the others";
            return Err(at(&["repository"], message.to_owned()));
        }
        let in_list = |list: &str, wrong: EntryError| {
            let path = wrong.path.iter().map(String::as_str);
            at(&std::iter::once(list).chain(path).collect::<Vec<_>>(), wrong.message)
        };
        // What relative directories are relative to does not matter here.
        named_repositories(&config.repositories, Path::new("/")).map_err(|wrong| in_list("repositories", wrong))?;
        check_environments(&config.environments).map_err(|wrong| in_list("environments", wrong))?;
        Ok(config)
    }

    /// An error at the value at a path of keys and numbers.
    pub(super) fn error_at(text: &[u8], file: &Path, path: &[&str], message: String) -> ConfigError {
        let tree = yaml::parse_first(text).ok();
        let node = tree
            .as_ref()
            .and_then(|tree| Some(tree.span(tree.find(tree.root()?, path)?).start));
        ConfigError {
            path: file.to_owned(),
            position: LineIndex::new(text).position(text, node.unwrap_or(0)),
            message,
        }
    }

    /// The rules that are silenced.
    pub fn silenced(&self) -> Vec<PathRule> {
        let silenced = self.ignore.iter().map(|ignored| PathRule {
            rule: ignored.rule.clone(),
            path: ignored.path.clone(),
        });
        silenced.collect()
    }
}

/// Where a list stands for a mapping, which would be read as its values in the order of our fields: the file itself, or an entry of a list.
/// No setting is a list of lists.
fn list_for_mapping(json: &Json) -> Option<Vec<String>> {
    if json.is_array() {
        return Some(Vec::new());
    }
    json.as_object()?.iter().find_map(|(key, value)| {
        let number = value.as_array()?.iter().position(Json::is_array)?;
        Some(vec![key.clone(), number.to_string()])
    })
}

/// The node an error is about: the unknown key it names, else the value at its path.
fn place(tree: &Tree<'_>, path: &serde_path_to_error::Path, message: &str) -> Option<NodeId> {
    use serde_path_to_error::Segment;
    let mut nodes = vec![tree.root()?];
    for segment in path {
        let node = *nodes.last()?;
        let next = match segment {
            Segment::Map { key } => tree.get(node, key),
            Segment::Seq { index } => tree.element(node, *index),
            Segment::Enum { .. } | Segment::Unknown => None,
        };
        match next {
            Some(next) => nodes.push(next),
            None => break,
        }
    }
    let unknown = message
        .strip_prefix("unknown field `")
        .and_then(|rest| rest.split('`').next());
    // The path may end with the unknown key itself, so the mapping that has it is the innermost one on the way.
    let key = unknown.and_then(|name| {
        nodes
            .iter()
            .rev()
            .find_map(|&node| tree.pairs(tree.target(node)).find(|(key, _)| tree.text(*key) == name))
    });
    key.map(|(key, _)| key).or_else(|| nodes.last().copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::environment::Policy;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text.as_bytes(), Path::new("chartwright.yaml")).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_stand_where_nothing_is_said() {
        assert_eq!(parse("").unwrap(), Config::default());
        let config = parse("kubernetesVersions: ['1.31', '1.35']\nfailOn: warning\n").unwrap();
        assert_eq!(config.kubernetes_versions, ["1.31", "1.35"]);
        assert_eq!(config.fail_on, Severity::Warning);
    }

    #[test]
    fn errors_have_their_place() {
        for (text, want) in [
            (
                "strict: true\nrepositry: x\n",
                "chartwright.yaml:2:1: unknown field `repositry`",
            ),
            ("[]", "chartwright.yaml:1:1: invalid type: sequence, expected a mapping"),
            (
                "ignore: [{rule: type, reason: x}, [type, charts, because]]\n",
                "chartwright.yaml:1:35: invalid type: sequence, expected a mapping",
            ),
            (
                "strict: maybe\n",
                "chartwright.yaml:1:9: invalid type: string \"maybe\", expected a boolean",
            ),
            (
                "values:\n- a\n- {b: c}\n",
                "chartwright.yaml:3:3: invalid type: map, expected a string",
            ),
            ("failOn: never\n", "chartwright.yaml:1:9: unknown variant `never`"),
            (
                "values: [a]\nignore:\n- rule: type\n  reason: x\n  values: c\n",
                "chartwright.yaml:5:3: unknown field `values`",
            ),
            (
                "ignore: [{rule: image-tags, reason: x}]\n",
                "chartwright.yaml:1:17: unknown rule `image-tags`, did you mean `image-tag`?",
            ),
            (
                "environments:\n- name: a\n- {name: a}\n",
                "chartwright.yaml:3:10: there is an environment `a` before this one",
            ),
            (
                "environments: [{name: a/b}]\n",
                "chartwright.yaml:1:23: `a/b` is not a name",
            ),
            (
                "environments: [{name: a, policy: maybe}]\n",
                "chartwright.yaml:1:34: unknown policy `maybe`, expected one of `auto`",
            ),
            (
                "environments: [{name: a, branches: [x, '']}]\n",
                "chartwright.yaml:1:40: ",
            ),
            (
                "environments: [{name: a, release: --post-renderer=x}]\n",
                "chartwright.yaml:1:35: the name of a release must not begin with `-`",
            ),
            (
                "environments: [{name: a, context: ''}]\n",
                "chartwright.yaml:1:35: the name of a context is empty",
            ),
            (
                "apiVersions: [a/v1, 'b/v1,c/v1']\n",
                "chartwright.yaml:1:21: `b/v1,c/v1` is not an API version",
            ),
            (
                "a: [\n",
                "chartwright.yaml:2:1: yaml: line 1: did not find expected node content",
            ),
            (
                "strict: true\nstrict: false\n",
                "chartwright.yaml:2:1: yaml: unmarshal errors",
            ),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(want), "{error}");
        }
    }

    #[test]
    fn the_schema_names_the_same_keys() {
        let schema: serde_json::Value =
            serde_json::from_slice(include_bytes!("../../schemas/chartwright.schema.json")).unwrap();
        let mut described: Vec<&str> = schema["properties"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        described.sort_unstable();
        let error = parse("x: 1\n").unwrap_err();
        let mut known: Vec<&str> = error
            .split("expected one of")
            .nth(1)
            .unwrap()
            .split('`')
            .skip(1)
            .step_by(2)
            .collect();
        known.sort_unstable();
        assert_eq!(known, described);
    }

    #[test]
    fn every_setting_is_read() {
        let text = "charts: [a, b/c]\nexclude: [x]\nvalues: ['v-*.yaml']\nkubernetesVersions: ['1.31']\napiVersions: [a/v1]\nstrict: false\nignoreMissingSchemas: false\nskipKinds: [Secret]\npolicies: [p]\nfailOn: info\ncheckVersionIncrement: false\nallowLinks: true\nreleaseName: r\nnamespace: ns\nrepository: file://repo\nenvironments: [{name: prod, chart: shop, values: [p.yaml], release: r, namespace: shop, context: c, policy: pull-request, verify: [smoke.yaml], branches: [main], tags: [v*]}]\nignore:\n- {rule: type, path: a/b, reason: why}\n- {rule: '*', reason: because}\n- {rule: range/service-port, reason: because}\n";
        let config = parse(text).unwrap();
        let silenced: Vec<(String, String)> = config
            .silenced()
            .into_iter()
            .map(|rule| (rule.rule, rule.path))
            .collect();
        assert_eq!(
            silenced,
            [("type", "a/b"), ("*", ""), ("range/service-port", "")]
                .map(|(rule, path)| (rule.to_owned(), path.to_owned()))
        );
        let texts = |items: &[&str]| -> Vec<String> { items.iter().map(|item| (*item).to_owned()).collect() };
        let want = Config {
            charts: vec!["a".into(), "b/c".into()],
            exclude: texts(&["x"]),
            values: texts(&["v-*.yaml"]),
            kubernetes_versions: texts(&["1.31"]),
            api_versions: texts(&["a/v1"]),
            strict: false,
            ignore_missing_schemas: false,
            skip_kinds: texts(&["Secret"]),
            policies: vec!["p".into()],
            fail_on: Severity::Info,
            ignore: config.ignore.clone(),
            release_name: "r".to_owned(),
            namespace: "ns".to_owned(),
            repository: Some("file://repo".to_owned()),
            repositories: Vec::new(),
            environments: vec![EnvironmentEntry {
                name: "prod".to_owned(),
                chart: "shop".into(),
                values: vec!["p.yaml".into()],
                release: Some("r".to_owned()),
                namespace: Some("shop".to_owned()),
                context: Some("c".to_owned()),
                policy: Policy::PullRequest,
                requires: Vec::new(),
                strategy: None,
                verify: vec!["smoke.yaml".into()],
                branches: texts(&["main"]),
                tags: texts(&["v*"]),
            }],
            check_version_increment: false,
            allow_links: true,
            ct: None,
        };
        assert_eq!(config, want);
        assert_eq!(parse("failOn: error\n").unwrap(), Config::default());
        assert!(
            parse("ignore: [{rule: type}]\n")
                .unwrap_err()
                .contains("missing field `reason`")
        );
    }
}
