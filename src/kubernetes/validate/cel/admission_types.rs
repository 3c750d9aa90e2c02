//! The types of a request and of a namespace, as the expressions of admission policies see them (`BuildRequestType` and
//! `BuildNamespaceType` of `k8s.io/apiserver/pkg/admission/plugin/cel/compile.go`).

use std::sync::Arc;

use crate::text::ordered::CollectOrdered as _;

use super::types::{Object, Type};

fn object(name: &str, fields: impl IntoIterator<Item = (&'static str, Type)>) -> Type {
    let fields = fields.into_iter().map(|(name, found)| (name.to_owned(), found));
    Type::Object(Arc::new(Object {
        name: name.to_owned(),
        fields: fields.collect_map(),
    }))
}

/// The type of `request`.
pub(super) fn request_type() -> Type {
    let of_group = |name: &str, last: &'static str| {
        object(
            name,
            [("group", Type::String), ("version", Type::String), (last, Type::String)],
        )
    };
    let kind = of_group("kubernetes.GroupVersionKind", "kind");
    let resource = of_group("kubernetes.GroupVersionResource", "resource");
    let texts = || Type::list(Type::String);
    let user = object(
        "kubernetes.UserInfo",
        [
            ("username", Type::String),
            ("uid", Type::String),
            ("groups", texts()),
            ("extra", Type::map(Type::String, texts())),
        ],
    );
    object(
        "kubernetes.AdmissionRequest",
        [
            ("kind", kind.clone()),
            ("resource", resource.clone()),
            ("subResource", Type::String),
            ("requestKind", kind),
            ("requestResource", resource),
            ("requestSubResource", Type::String),
            ("name", Type::String),
            ("namespace", Type::String),
            ("operation", Type::String),
            ("userInfo", user),
            ("dryRun", Type::Bool),
            ("options", Type::Dyn),
        ],
    )
}

/// The type of `namespaceObject`.
pub(super) fn namespace_type() -> Type {
    let texts = || Type::list(Type::String);
    let labels = || Type::map(Type::String, Type::String);
    let spec = object("kubernetes.NamespaceSpec", [("finalizers", texts())]);
    let condition = object(
        "kubernetes.NamespaceCondition",
        [
            ("status", Type::String),
            ("type", Type::String),
            ("lastTransitionTime", Type::Timestamp),
            ("message", Type::String),
            ("reason", Type::String),
        ],
    );
    let status = object(
        "kubernetes.NamespaceStatus",
        [("conditions", Type::list(condition)), ("phase", Type::String)],
    );
    let metadata = object(
        "kubernetes.NamespaceMetadata",
        [
            ("name", Type::String),
            ("generateName", Type::String),
            ("namespace", Type::String),
            ("labels", labels()),
            ("annotations", labels()),
            ("UID", Type::String),
            ("creationTimestamp", Type::Timestamp),
            ("deletionGracePeriodSeconds", Type::Int),
            ("deletionTimestamp", Type::Timestamp),
            ("generation", Type::Int),
            ("resourceVersion", Type::String),
            ("finalizers", texts()),
        ],
    );
    object(
        "kubernetes.Namespace",
        [("metadata", metadata), ("spec", spec), ("status", status)],
    )
}
