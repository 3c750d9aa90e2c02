//! The plural names of kinds, under which an API server has them.

/// The plural of a kind of Kubernetes' own, or a guess for another (`UnsafeGuessKindToResource` of
/// `k8s.io/apimachinery/pkg/api/meta/restmapper.go`).
pub(super) fn plural_of(kind: &str) -> String {
    let single = kind.to_ascii_lowercase();
    if single.ends_with("endpoints") {
        return single;
    }
    if single.ends_with('s') {
        return single + "es";
    }
    match single.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => single + "s",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_are_those_of_the_server() {
        for (kind, want) in [
            ("Deployment", "deployments"),
            ("Ingress", "ingresses"),
            ("NetworkPolicy", "networkpolicies"),
            ("Endpoints", "endpoints"),
            ("StorageClass", "storageclasses"),
            ("CSIStorageCapacity", "csistoragecapacities"),
            ("ServiceCIDR", "servicecidrs"),
        ] {
            assert_eq!(plural_of(kind), want);
        }
    }
}
