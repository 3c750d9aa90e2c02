//! `environments` of the configuration: those of application charts, in the order in which an image goes through them, and the branches
//! and tags whose builds are deployed to each.
//!
//! In: the entries as written. Out: environments, or what is wrong with the place of it among the entries.

use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Deserializer, de};

use crate::check::finding::Location;
use crate::delivery::environment::{ChartEnvironment, Policy, RequirementKeys, Strategy, StrategyKeys};
use crate::text::source::SourceFile;

use super::repositories::{BY_RULE, EntryError, Wrong, ref_rules};

/// An environment, as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnvironmentEntry {
    /// Its name.
    pub name: String,
    /// Directory of the chart, relative to the file.
    #[serde(default)]
    pub chart: PathBuf,
    /// Values files, relative to the chart, those that win last; `values-NAME.yaml` where none is named.
    #[serde(default)]
    pub values: Vec<PathBuf>,
    /// The name of the release; that of the chart where none is given.
    pub release: Option<String>,
    /// The namespace.
    pub namespace: Option<String>,
    /// The context of the kubeconfig; the current one where none is given.
    pub context: Option<String>,
    /// How changes get there.
    #[serde(default, deserialize_with = "policy")]
    pub policy: Policy,
    /// What the release needs of others.
    #[serde(default)]
    pub requires: Vec<RequirementKeys>,
    /// How a new version takes the place of the old one.
    pub strategy: Option<StrategyKeys>,
    /// Files of Jobs that test what was deployed, relative to the chart.
    #[serde(default)]
    pub verify: Vec<PathBuf>,
    /// Patterns of the branches whose builds are deployed there.
    #[serde(default)]
    pub branches: Vec<String>,
    /// Patterns of the tags whose builds are deployed there.
    #[serde(default)]
    pub tags: Vec<String>,
}

fn policy<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Policy, D::Error> {
    let text = String::deserialize(deserializer)?;
    let unknown = || {
        let known = "expected one of `auto`, `pull-request`, `manual`";
        de::Error::custom(format!("unknown policy `{text}`, {known}"))
    };
    Policy::parse(&text).ok_or_else(unknown)
}

impl EnvironmentEntry {
    /// Its values files, relative to the chart.
    pub(super) fn values_files(&self) -> Vec<PathBuf> {
        if self.values.is_empty() {
            vec![PathBuf::from(format!("values-{}.yaml", self.name))]
        } else {
            self.values.clone()
        }
    }

    /// What the release needs of others; what is wrong with it.
    fn requires(&self) -> Result<Vec<RequirementKeys>, Wrong> {
        for (number, keys) in self.requires.iter().enumerate() {
            let wrong = |message| (vec!["requires".to_owned(), number.to_string()], message);
            keys.clone()
                .read(Location::whole(SourceFile::without_text(String::new())))
                .map_err(wrong)?;
        }
        Ok(self.requires.clone())
    }

    /// How a new version takes the place of the old one.
    fn strategy(&self) -> Result<Option<Strategy>, Wrong> {
        let Some(keys) = self.strategy.clone() else {
            return Ok(None);
        };
        let read = keys.read(self.release.as_deref().unwrap_or_default());
        read.map(Some).map_err(|message| (vec!["strategy".to_owned()], message))
    }

    /// The environment, of a file in `directory`.
    ///
    /// # Errors
    /// When a rule is not a pattern.
    pub(super) fn below(&self, directory: &Path) -> Result<ChartEnvironment, Wrong> {
        let chart = directory.join(&self.chart);
        let is_step = |part: &Component<'_>| part.as_os_str() != ".";
        let chart: PathBuf = chart.components().filter(is_step).collect();
        Ok(ChartEnvironment {
            name: self.name.clone(),
            values: self.values_files().iter().map(|file| chart.join(file)).collect(),
            verify: self.verify.iter().map(|file| chart.join(file)).collect(),
            chart,
            release: self.release.clone(),
            namespace: self.namespace.clone(),
            context: self.context.clone(),
            policy: self.policy,
            requires: self.requires()?,
            strategy: self.strategy()?,
            rules: ref_rules(&self.branches, &self.tags)?,
        })
    }
}

/// Checks that names can be those of environments and occur once, and that patterns are such.
pub(super) fn check_environments(entries: &[EnvironmentEntry]) -> Result<(), EntryError> {
    for (number, entry) in entries.iter().enumerate() {
        let wrong = |(mut path, message): Wrong| {
            path.insert(0, number.to_string());
            EntryError { path, message }
        };
        let name = entry.name.as_str();
        let of_name = |message: String| Err(wrong((vec!["name".to_owned()], message)));
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if name.is_empty() || !name.bytes().all(is_allowed) {
            return of_name(format!(
                "`{name}` is not a name: it has letters, digits, `-`, `_` and `.`"
            ));
        }
        if name == BY_RULE {
            return of_name(format!(
                "`{BY_RULE}` is not allowed as a name: `--environment {BY_RULE}` chooses by branch or tag"
            ));
        }
        if entries.iter().take(number).any(|earlier| earlier.name == name) {
            return of_name(format!("there is an environment `{name}` before this one"));
        }
        // Helm would read it as a flag.
        if entry.release.as_deref().is_some_and(|release| release.starts_with('-')) {
            let message = "the name of a release must not begin with `-`".to_owned();
            return Err(wrong((vec!["release".to_owned()], message)));
        }
        if entry.context.as_deref() == Some("") {
            return Err(wrong((
                vec!["context".to_owned()],
                "the name of a context is empty".to_owned(),
            )));
        }
        // What the directory is does not matter here.
        entry.below(Path::new("/")).map_err(wrong)?;
    }
    Ok(())
}
