//! Which API versions are deprecated or removed in which version of Kubernetes, and what replaces them. In: the
//! `apiVersion` and kind of an object. Out: messages, our own and those of Kubernetes' `WarningMessage`
//! (`k8s.io/apiserver/pkg/endpoints/deprecation`), which `helm lint` prints. The table is made by
//! `cargo xtask lifecycles`.

use std::collections::HashMap;
use std::sync::OnceLock;

use foldhash::fast::RandomState;

use super::version::KubeVersion;

static TABLE: &str = include_str!("../../schemas/api-lifecycles.tsv");

/// When one kind of one API version is deprecated and removed, in minor versions of Kubernetes 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifecycle {
    deprecated: Option<u8>,
    removed: Option<u8>,
    /// `group/version Kind`, as the method of the Go type returns it.
    replacement: &'static str,
    /// Whether Helm's client library has the type.
    is_in_scheme: bool,
}

/// The lifecycle of a kind that is, or will be, deprecated or removed.
pub fn lifecycle(api_version: &str, kind: &str) -> Option<Lifecycle> {
    static LIFECYCLES: OnceLock<HashMap<(&str, &str, &str), Lifecycle, RandomState>> = OnceLock::new();
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
        is_in_scheme: columns.next()? == "scheme",
    };
    Some((key, lifecycle))
}

impl Lifecycle {
    /// The message that the kind is no longer served in a minor version, and what to use.
    pub fn removal(self, minor: u8, api_version: &str, kind: &str) -> Option<String> {
        let removed = self.removed.filter(|&removed| removed <= minor)?;
        let advice = self.advice(minor, kind);
        Some(format!(
            "{api_version} {kind} is no longer served as of Kubernetes 1.{removed}{advice}"
        ))
    }

    /// The message that the kind is deprecated in a minor version, when it is removed, and what to use.
    pub fn deprecation(self, minor: u8, api_version: &str, kind: &str) -> Option<String> {
        let deprecated = self.deprecated.filter(|&deprecated| deprecated <= minor)?;
        let end = self
            .removed
            .map_or_else(String::new, |removed| format!(" and removed in 1.{removed}"));
        let advice = self.advice(minor, kind);
        Some(format!(
            "{api_version} {kind} is deprecated as of Kubernetes 1.{deprecated}{end}{advice}"
        ))
    }

    /// What `helm lint` prints about the kind when it is deprecated in a version, word for word: nothing for types that its
    /// client library no longer has, and everything that is ever deprecated for version 0.0.
    pub fn client_warning(self, version: &KubeVersion, api_version: &str, kind: &str) -> Option<String> {
        let current = (version.major, version.minor);
        let deprecated = self
            .deprecated
            .filter(|&deprecated| self.is_in_scheme && (current == (0, 0) || (1, u64::from(deprecated)) <= current))?;
        let end = self
            .removed
            .map_or_else(String::new, |removed| format!(", unavailable in v1.{removed}+"));
        let advice = match self.replacement {
            "" => String::new(),
            replacement => format!("; use {replacement}"),
        };
        Some(format!(
            "{api_version} {kind} is deprecated in v1.{deprecated}+{end}{advice}"
        ))
    }

    /// What to use instead of a kind in a minor version. `networking.k8s.io/v1beta1` names the list of ingress classes as the
    /// replacement of one, which is a mistake in its source.
    fn advice(self, minor: u8, kind: &str) -> String {
        match self.served_replacement(minor) {
            "" => String::new(),
            list if !kind.ends_with("List") => format!("; use {}", list.trim_end_matches("List")),
            replacement => format!("; use {replacement}"),
        }
    }

    /// The replacement that is still served: that of the kind, or of its replacement, and so on. Empty if there is none.
    fn served_replacement(self, minor: u8) -> &'static str {
        let mut replacement = self.replacement;
        while let Some((api_version, kind)) = replacement.split_once(' ')
            && let Some(next) = lifecycle(api_version, kind)
            && next.removed.is_some_and(|removed| removed <= minor)
            && next.replacement != replacement
        {
            replacement = next.replacement;
        }
        replacement
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_deprecated_and_then_gone() {
        let budget = ("policy/v1beta1", "PodDisruptionBudget");
        let class = ("networking.k8s.io/v1beta1", "IngressClass");
        let endpoints = ("v1", "Endpoints");
        let policy = ("extensions/v1beta1", "PodSecurityPolicy");
        let capacity = ("storage.k8s.io/v1alpha1", "CSIStorageCapacity");
        for ((api_version, kind), minor, deprecation, removal) in [
            (budget, 20, None, None),
            (
                budget,
                21,
                Some("is deprecated as of Kubernetes 1.21 and removed in 1.25; use policy/v1 PodDisruptionBudget"),
                None,
            ),
            (
                budget,
                25,
                Some("is deprecated as of Kubernetes 1.21 and removed in 1.25; use policy/v1 PodDisruptionBudget"),
                Some("is no longer served as of Kubernetes 1.25; use policy/v1 PodDisruptionBudget"),
            ),
            (
                class,
                22,
                Some("is deprecated as of Kubernetes 1.19 and removed in 1.22; use networking.k8s.io/v1 IngressClass"),
                Some("is no longer served as of Kubernetes 1.22; use networking.k8s.io/v1 IngressClass"),
            ),
            (
                policy,
                16,
                Some("is deprecated as of Kubernetes 1.11 and removed in 1.16; use policy/v1beta1 PodSecurityPolicy"),
                Some("is no longer served as of Kubernetes 1.16; use policy/v1beta1 PodSecurityPolicy"),
            ),
            // What replaces it is gone too, and nothing replaces that.
            (
                policy,
                25,
                Some("is deprecated as of Kubernetes 1.11 and removed in 1.16"),
                Some("is no longer served as of Kubernetes 1.16"),
            ),
            (
                capacity,
                27,
                Some(
                    "is deprecated as of Kubernetes 1.21 and removed in 1.24; use storage.k8s.io/v1 CSIStorageCapacity",
                ),
                Some("is no longer served as of Kubernetes 1.24; use storage.k8s.io/v1 CSIStorageCapacity"),
            ),
            (endpoints, 32, None, None),
            (
                endpoints,
                33,
                Some("is deprecated as of Kubernetes 1.33; use discovery.k8s.io/v1 EndpointSlice"),
                None,
            ),
        ] {
            let lifecycle = lifecycle(api_version, kind).expect("is in the table");
            let named = |text: Option<&str>| text.map(|text| format!("{api_version} {kind} {text}"));
            assert_eq!(
                lifecycle.deprecation(minor, api_version, kind),
                named(deprecation),
                "{kind} 1.{minor}"
            );
            assert_eq!(
                lifecycle.removal(minor, api_version, kind),
                named(removal),
                "{kind} 1.{minor}"
            );
        }
        assert_eq!(lifecycle("apps/v1", "Deployment"), None);
    }

    #[test]
    fn helm_is_quoted_word_for_word() {
        let budget = "policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+; use policy/v1 PodDisruptionBudget";
        let class = "networking.k8s.io/v1beta1 IngressClass is deprecated in v1.19+, unavailable in v1.22+; use networking.k8s.io/v1 IngressClassList";
        let component = "v1 ComponentStatus is deprecated in v1.19+";
        for (api_version, kind, version, want) in [
            ("policy/v1beta1", "PodDisruptionBudget", "1.20", None),
            ("policy/v1beta1", "PodDisruptionBudget", "1.21", Some(budget)),
            ("policy/v1beta1", "PodDisruptionBudget", "2.0", Some(budget)),
            ("policy/v1beta1", "PodDisruptionBudget", "0.30", None),
            ("policy/v1beta1", "PodDisruptionBudget", "0.0", Some(budget)),
            ("networking.k8s.io/v1beta1", "IngressClass", "1.31", Some(class)),
            ("v1", "ComponentStatus", "1.31", Some(component)),
            // Its client library no longer has the type.
            ("autoscaling/v2beta1", "HorizontalPodAutoscaler", "1.31", None),
        ] {
            let version = KubeVersion::parse(version).expect("a version");
            let lifecycle = lifecycle(api_version, kind).expect("is in the table");
            assert_eq!(
                lifecycle.client_warning(&version, api_version, kind).as_deref(),
                want,
                "{api_version} {kind} {version:?}"
            );
        }
    }

    #[test]
    fn every_line_of_the_table_is_read() {
        let lines: Vec<&str> = TABLE.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(lines.len() > 150, "{}", lines.len());
        for line in lines {
            let (_, lifecycle) = read(line).expect(line);
            assert!(lifecycle.deprecated.is_some() || lifecycle.removed.is_some(), "{line}");
            assert_eq!(line.matches('\t').count(), 6, "{line}");
        }
    }
}
