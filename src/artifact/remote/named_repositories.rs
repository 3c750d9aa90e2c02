//! The repositories of a configuration: by name, by the branch or tag that a chart is built from, and by an address below one.
//!
//! In: repositories in the order they are written. Out: where packages are published; for an address in a message of another system
//! (an event of a bucket, a notification of a registry) the repository it is in, with chart and version.

use std::fmt;

use crate::artifact::oci::version_of;
use crate::artifact::package::VersionSuffix;
use crate::artifact::repository::{GitRef, ObjectPathParts, ObjectPathTemplate, RefKind};
use crate::text::near::nearest;

use super::publish_targets::PublishTarget;
use super::ref_pattern::{RefPattern, RefRules};

/// A repository of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedRepository {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub target: PublishTarget,
    /// The branches and tags whose charts are published there.
    pub rules: RefRules,
    /// What the versions of charts get that are packaged for it.
    pub suffix: Option<VersionSuffix>,
}

/// All repositories of a configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedRepositories {
    /// In the order they are written: the first whose rules match is chosen.
    pub named: Vec<NamedRepository>,
    /// The one without name and rules, which every branch and tag is published to.
    pub unnamed: Option<PublishTarget>,
}

/// Where packages are published, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The name of the repository, if it has one.
    pub name: Option<String>,
    /// Where.
    pub target: PublishTarget,
    /// What the versions of charts get that are packaged for it.
    pub suffix: Option<VersionSuffix>,
    /// One line for people: `branch main: repository staging (s3://charts/staging)`.
    pub reason: String,
}

/// Packages that have no destination.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoDestination {
    /// The configuration names no repository.
    #[error("no repository is configured")]
    NoRepositories,
    /// There is no repository of that name.
    #[error("there is no repository `{name}`{}", did_you_mean(near.as_deref(), known))]
    UnknownName {
        /// The name.
        name: String,
        /// The name that was probably meant.
        near: Option<String>,
        /// All names.
        known: String,
    },
    /// No rule matches.
    #[error("no repository is configured for {git_ref}: {rules}")]
    NoRule {
        /// The branch or tag.
        git_ref: GitRef,
        /// All rules.
        rules: String,
    },
    /// The rules need a branch or a tag.
    #[error("neither the CI system nor git names a branch or tag, which decides on the repository: {0}")]
    NoGitRef(String),
}

fn did_you_mean(near: Option<&str>, known: &str) -> String {
    match near {
        Some(near) => format!(", did you mean `{near}`?"),
        None if known.is_empty() => ": none has a name".to_owned(),
        None => format!(": there are {known}"),
    }
}

impl NamedRepository {
    /// Whether charts of a branch or tag are published there.
    pub fn accepts(&self, git_ref: &GitRef) -> bool {
        self.rules.accept(git_ref)
    }

    /// The rules for branches or tags.
    pub fn rules(&self, kind: RefKind) -> &[RefPattern] {
        self.rules.of(kind)
    }

    fn destination(&self, git_ref: Option<&GitRef>, is_chosen_by_ref: bool) -> Destination {
        let (name, target) = (&self.name, self.target.clone().built_from(git_ref));
        let reason = match git_ref {
            Some(git_ref) if is_chosen_by_ref => format!("{git_ref}: repository {name} ({target})"),
            _ => format!("repository {name} ({target})"),
        };
        Destination {
            name: Some(name.clone()),
            target,
            suffix: self.suffix.clone(),
            reason,
        }
    }
}

impl NamedRepositories {
    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.named.is_empty() && self.unnamed.is_none()
    }

    /// The addresses of all of them, without a slash at the end.
    pub fn addresses(&self) -> Vec<String> {
        let named = self.named.iter().map(|repository| &repository.target);
        let targets = named.chain(&self.unnamed);
        targets
            .map(|target| target.to_string().trim_end_matches('/').to_owned())
            .collect()
    }

    /// The repository of a name.
    ///
    /// # Errors
    /// When there is none.
    pub fn by_name(&self, name: &str) -> Result<&NamedRepository, NoDestination> {
        let names = || self.named.iter().map(|repository| repository.name.as_str());
        let found = self.named.iter().find(|repository| repository.name == name);
        found.ok_or_else(|| NoDestination::UnknownName {
            name: name.to_owned(),
            near: nearest(name, names()).map(str::to_owned),
            known: names().collect::<Vec<_>>().join(", "),
        })
    }

    /// The repository of a name, for charts that are built from a branch or tag.
    ///
    /// # Errors
    /// When there is none.
    pub fn named_destination(&self, name: &str, git_ref: Option<&GitRef>) -> Result<Destination, NoDestination> {
        Ok(self.by_name(name)?.destination(git_ref, false))
    }

    /// The first repository whose rules match the branch or tag that charts are built from.
    ///
    /// # Errors
    /// When none does.
    pub fn destination_of(&self, git_ref: Option<&GitRef>) -> Result<Destination, NoDestination> {
        if let Some(target) = &self.unnamed {
            return Ok(Destination {
                name: None,
                target: target.clone(),
                suffix: None,
                reason: format!("repository {target}"),
            });
        }
        if self.named.is_empty() {
            return Err(NoDestination::NoRepositories);
        }
        let Some(git_ref) = git_ref else {
            return Err(NoDestination::NoGitRef(self.to_string()));
        };
        let found = self.named.iter().find(|repository| repository.accepts(git_ref));
        match found {
            Some(repository) => Ok(repository.destination(Some(git_ref), true)),
            None => Err(NoDestination::NoRule {
                git_ref: git_ref.clone(),
                rules: self.to_string(),
            }),
        }
    }

    /// The repository that an address is in, with the parts of its path; `None` for an address that is in none of them, or that none of
    /// their archives has. Of repositories inside each other the innermost counts. Addresses are compared part by part between slashes,
    /// without any decoding: one with `%`, `..`, an empty part, a query or a user is in no repository.
    pub fn repository_of(&self, url: &str) -> Option<(&NamedRepository, ObjectPathParts)> {
        if !is_plain_address(url) {
            return None;
        }
        let inside = self.named.iter().filter_map(|repository| {
            let base = repository.target.to_string();
            let base = base.trim_end_matches('/');
            let rest = url.strip_prefix(base)?.strip_prefix('/')?;
            Some((base.len(), repository, rest))
        });
        let inside: Vec<_> = inside.collect();
        let innermost = inside.iter().map(|(length, _, _)| *length).max()?;
        let mut innermost = inside.iter().filter(|(length, _, _)| *length == innermost);
        innermost.find_map(|(_, repository, rest)| Some((*repository, repository.target.parts_of(rest)?)))
    }
}

/// All rules, as errors name them.
impl fmt::Display for NamedRepositories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, repository) in self.named.iter().enumerate() {
            if number > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{} has ", repository.name)?;
            let rules = |word: &str, rules: &[RefPattern]| {
                let rules: Vec<String> = rules.iter().map(RefPattern::to_string).collect();
                (!rules.is_empty()).then(|| format!("{word} {}", rules.join(", ")))
            };
            let all = [
                rules("branches", &repository.rules.branches),
                rules("tags", &repository.rules.tags),
            ];
            let all: Vec<String> = all.into_iter().flatten().collect();
            f.write_str(&if all.is_empty() {
                "no rules".to_owned()
            } else {
                all.join(" and ")
            })?;
        }
        Ok(())
    }
}

/// Whether an address has nothing in it that could mean another address: escapes, queries, users, empty or relative parts.
fn is_plain_address(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else {
        return false;
    };
    let is_odd = |c: char| matches!(c, '%' | '?' | '#' | '\\') || c.is_control() || c.is_whitespace();
    let mut parts = rest.split('/');
    // `file:///directory` has no host.
    let host = parts.next().unwrap_or_default();
    !rest.contains(is_odd) && !host.contains('@') && parts.all(|part| !matches!(part, "" | "." | ".."))
}

impl PublishTarget {
    /// The parts of what is at a path below the target.
    fn parts_of(&self, path: &str) -> Option<ObjectPathParts> {
        match self {
            Self::Indexed(target) => match &target.place.template {
                Some(template) => template.parse_path(path),
                None => ObjectPathTemplate::default().parse_path(path),
            },
            Self::Registry(_) => {
                // A tag has `_` for `+`; otherwise the rules for names and versions are the same.
                let (chart, tag) = path.split_once(':')?;
                let parts = ObjectPathParts {
                    chart: chart.to_owned(),
                    version: version_of(tag),
                    git_ref: None,
                };
                let is_plain = !chart.contains('/') && !tag.contains(['/', '+', '@', ':']);
                (is_plain && parts.has_chart_and_version()).then_some(parts)
            }
            Self::Server(_) => {
                // ChartMuseum's archives are below `charts`.
                let name = path.strip_prefix("charts/").unwrap_or(path);
                ObjectPathTemplate::default().parse_path(name)
            }
        }
    }
}
