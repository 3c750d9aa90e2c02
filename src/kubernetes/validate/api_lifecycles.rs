//! Which API versions are deprecated or gone, in which version of Kubernetes, and what replaces them. The table is made
//! by `cargo xtask schemas` from Kubernetes' own.

use std::collections::HashMap;
use std::sync::OnceLock;

static TABLE: &str = include_str!("../../../schemas/api-lifecycles.tsv");

/// What is known of one kind of one API version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lifecycle {
    deprecated: Option<u8>,
    removed: Option<u8>,
    replacement: &'static str,
}

/// The lifecycle of a kind, when it has an end.
pub(super) fn lifecycle(api_version: &str, kind: &str) -> Option<Lifecycle> {
    static LIFECYCLES: OnceLock<HashMap<(&str, &str, &str), Lifecycle>> = OnceLock::new();
    let lifecycles = LIFECYCLES.get_or_init(|| TABLE.lines().filter_map(read).collect());
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    lifecycles.get(&(group, version, kind)).copied()
}

fn read(line: &'static str) -> Option<((&'static str, &'static str, &'static str), Lifecycle)> {
    let mut columns = line.split('\t');
    let key = (columns.next()?, columns.next()?, columns.next()?);
    let lifecycle = Lifecycle {
        deprecated: columns.next()?.parse().ok(),
        removed: columns.next()?.parse().ok(),
        replacement: columns.next()?,
    };
    (lifecycle.deprecated.is_some() || lifecycle.removed.is_some()).then_some((key, lifecycle))
}

impl Lifecycle {
    /// That the kind is no longer served in a version, and what to use.
    pub(super) fn removal(self, minor: u8, api_version: &str, kind: &str) -> Option<String> {
        let removed = self.removed.filter(|&removed| removed <= minor)?;
        let advice = self.advice();
        Some(format!(
            "{api_version} {kind} is no longer served since Kubernetes 1.{removed}{advice}"
        ))
    }

    /// That the kind is deprecated in a version, when it goes, and what to use.
    pub(super) fn deprecation(self, minor: u8, api_version: &str, kind: &str) -> Option<String> {
        let deprecated = self.deprecated.filter(|&deprecated| deprecated <= minor)?;
        let end = self
            .removed
            .map_or_else(String::new, |removed| format!(" and is gone in 1.{removed}"));
        let advice = self.advice();
        Some(format!(
            "{api_version} {kind} is deprecated since Kubernetes 1.{deprecated}{end}{advice}"
        ))
    }

    fn advice(self) -> String {
        match self.replacement {
            "" => String::new(),
            replacement => format!("; use {replacement}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_deprecated_and_then_gone() {
        let budget = lifecycle("policy/v1beta1", "PodDisruptionBudget").unwrap();
        assert!(
            budget
                .deprecation(20, "policy/v1beta1", "PodDisruptionBudget")
                .is_none()
        );
        let text = budget.deprecation(24, "policy/v1beta1", "PodDisruptionBudget").unwrap();
        assert!(
            text.contains("gone in 1.25; use policy/v1 PodDisruptionBudget"),
            "{text}"
        );
        assert!(budget.removal(25, "policy/v1beta1", "PodDisruptionBudget").is_some());
        assert!(lifecycle("apps/v1", "Deployment").is_none());
        assert!(
            lifecycle("extensions/v1beta1", "Ingress")
                .unwrap()
                .removal(31, "", "")
                .is_some()
        );
    }
}
