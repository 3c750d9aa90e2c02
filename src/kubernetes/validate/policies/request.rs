//! The request to create an object, as policies see it (`CreateAdmissionRequest` of
//! `k8s.io/apiserver/pkg/admission/plugin/cel/condition.go`).

use serde_json::{Value as Json, json};

/// An object that is created.
#[derive(Debug, Clone, Copy)]
pub struct Request<'j> {
    /// The group of its kind; nothing for the core.
    pub group: &'j str,
    /// The version that it is written in.
    pub version: &'j str,
    /// Its kind.
    pub kind: &'j str,
    /// The plural name of its kind.
    pub resource: &'j str,
    /// Its namespace, also where it is not written; nothing for an object of the cluster.
    pub namespace: Option<&'j str>,
    /// Other groups and versions in which the server has the kind.
    pub equivalents: &'j [(&'j str, &'j str)],
    /// The object, with the defaults that are known.
    pub object: &'j Json,
}

/// What stands for the random end of a name that the server makes: as long, and of the letters that it uses.
const RANDOM: &str = "x2x4x";
/// Resources that no policy judges (`admissionResources` of `k8s.io/apiserver/pkg/admission/plugin/policy/generic/plugin.go`, and
/// `excluded` of `k8s.io/kubernetes/pkg/kubeapiserver/admission/exclusion`).
const EXEMPT: [(&str, &[&str]); 3] = [
    (
        "admissionregistration.k8s.io",
        &[
            "validatingadmissionpolicies",
            "validatingadmissionpolicybindings",
            "mutatingadmissionpolicies",
            "mutatingadmissionpolicybindings",
        ],
    ),
    ("authentication.k8s.io", &["selfsubjectreviews", "tokenreviews"]),
    (
        "authorization.k8s.io",
        &[
            "localsubjectaccessreviews",
            "selfsubjectaccessreviews",
            "selfsubjectrulesreviews",
            "subjectaccessreviews",
        ],
    ),
];

impl Request<'_> {
    /// Whether no policy judges it.
    pub(super) fn is_exempt(&self) -> bool {
        EXEMPT
            .iter()
            .any(|(group, resources)| *group == self.group && resources.contains(&self.resource))
    }

    /// Whether it creates a namespace.
    pub(super) fn is_namespace(&self) -> bool {
        self.group.is_empty() && self.resource == "namespaces"
    }

    /// The name of the object; nothing if the server makes one.
    pub(super) fn name(&self) -> &str {
        let metadata = self.object.get("metadata");
        let name = metadata.and_then(|metadata| metadata.get("name"));
        name.and_then(Json::as_str).unwrap_or_default()
    }

    /// `request` for the object as the server has it, without what only a cluster knows.
    pub(super) fn seen(&self, stored: &Json) -> Json {
        let kind = json!({"group": self.group, "version": self.version, "kind": self.kind});
        let resource = json!({"group": self.group, "version": self.version, "resource": self.resource});
        let mut request = json!({
            "uid": "", "kind": kind, "resource": resource, "requestKind": kind, "requestResource": resource,
            "operation": "CREATE", "dryRun": false
        });
        let name = stored.pointer("/metadata/name").and_then(Json::as_str);
        // The namespace of a Namespace is itself.
        let namespace = if self.is_namespace() { name } else { self.namespace };
        if let Some(fields) = request.as_object_mut() {
            let texts = [("name", name), ("namespace", namespace)];
            let texts = texts
                .into_iter()
                .filter_map(|(key, text)| Some((key.to_owned(), json!(text?))));
            fields.extend(texts);
        }
        request
    }

    /// The object as the server has it when policies judge it: with its namespace, and with a name.
    pub(super) fn stored(&self) -> Json {
        let mut object = self.object.clone();
        let Some(metadata) = object.get_mut("metadata").and_then(Json::as_object_mut) else {
            return object;
        };
        if let Some(namespace) = self.namespace {
            metadata.insert("namespace".to_owned(), json!(namespace));
        }
        let prefix = metadata.get("generateName").and_then(Json::as_str);
        if let Some(prefix) = prefix.filter(|_| self.name().is_empty()) {
            let name = format!("{prefix}{RANDOM}");
            metadata.insert("name".to_owned(), json!(name));
        }
        object
    }
}
