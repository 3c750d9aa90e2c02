//! The order in which Helm 4 installs kinds (`pkg/release/v1/util/kind_sorter.go`).

use crate::engine::chart::Compat;

/// Kinds in install order; all others follow, sorted by name. Helm 3 does not know the last two.
const INSTALL_ORDER: [&str; 38] = [
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// A key to sort by: known kinds by their place, unknown ones after them by name. Sort stably.
pub fn install_rank(kind: &str, compat: Compat) -> (usize, &str) {
    let known_kinds = match compat {
        Compat::Helm4 => INSTALL_ORDER.len(),
        Compat::Helm3 => INSTALL_ORDER.len() - 2,
    };
    let known = INSTALL_ORDER.iter().take(known_kinds);
    match known.into_iter().position(|&known| known == kind) {
        Some(place) => (place, ""),
        None => (INSTALL_ORDER.len(), kind),
    }
}
