//! What Helm's linter says of an object's name: from its kind and name to problems in Kubernetes' words. Follows
//! `validateMetadataNameFunc` of Helm 4.3 (`pkg/chart/v2/lint/rules/template.go`).

use crate::kubernetes::names::{NameSyntax, path_segment_problems};

/// What is wrong with an object's name; nothing when it is fine.
pub(super) fn name_problems(kind: &str, name: &str) -> Vec<String> {
    match kind.to_lowercase().as_str() {
        "service" => NameSyntax::Label1035.problems(name),
        "namespace" => NameSyntax::Label.problems(name),
        "certificatesigningrequest" => Vec::new(),
        "role" | "clusterrole" | "rolebinding" | "clusterrolebinding" => path_segment_problems(name),
        _ => NameSyntax::Subdomain.problems(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of some names are refused for a kind: each syntax refuses others.
    #[test]
    fn kinds_have_a_syntax_of_their_own() {
        let names = ["a", "1a", "a.b", "system:a", "a/b", "A B"];
        for (kind, refused) in [
            ("Service", &["1a", "a.b", "system:a", "a/b", "A B"][..]),
            ("service", &["1a", "a.b", "system:a", "a/b", "A B"]),
            ("Namespace", &["a.b", "system:a", "a/b", "A B"]),
            ("ConfigMap", &["system:a", "a/b", "A B"]),
            ("ServiceAccount", &["system:a", "a/b", "A B"]),
            ("NoSuchKind", &["system:a", "a/b", "A B"]),
            ("Role", &["a/b"]),
            ("ClusterRole", &["a/b"]),
            ("RoleBinding", &["a/b"]),
            ("ClusterRoleBinding", &["a/b"]),
            ("CertificateSigningRequest", &[]),
        ] {
            let found: Vec<&str> = names
                .into_iter()
                .filter(|name| !name_problems(kind, name).is_empty())
                .collect();
            assert_eq!(found, refused, "{kind}");
        }
    }
}
