//! Which APIs are deprecated since when, from the lifecycle methods of Kubernetes' own types.

use crate::kubernetes::version::KubeVersion;

/// apiVersion, kind, version, message, separated by tabs.
const TABLE: &str = include_str!("deprecated_apis.tsv");

/// What `helm lint` says of an API at a Kubernetes version, when it is deprecated there.
pub(super) fn deprecation(api_version: &str, kind: &str, kube_version: &KubeVersion) -> Option<&'static str> {
    TABLE.lines().find_map(|line| {
        let mut fields = line.split('\t');
        if fields.next() != Some(api_version) || fields.next() != Some(kind) {
            return None;
        }
        let (major, minor) = fields.next()?.split_once('.')?;
        let since: (u64, u64) = (major.parse().ok()?, minor.parse().ok()?);
        let message = fields.next()?;
        (since <= (kube_version.major, kube_version.minor)).then_some(message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deprecations_begin_with_their_version() {
        let at = |version: &str| {
            deprecation(
                "policy/v1beta1",
                "PodDisruptionBudget",
                &KubeVersion::parse(version).unwrap(),
            )
        };
        assert_eq!(at("1.20"), None);
        assert!(at("1.21").is_some_and(|message| message.ends_with("use policy/v1 PodDisruptionBudget")));
        assert_eq!(
            deprecation("apps/v1", "Deployment", &KubeVersion::default_version()),
            None
        );
    }
}
