//! What the policies of a cluster say of an object, and of the pods that it makes, as faults of it.

use serde_json::{Value as Json, json};

use super::catalog::Catalog;
use super::custom::Fault;
use super::defaults::set_defaults;
use super::ids;
use super::policies::{Effect, Policies, PolicyVerdict, Request};

/// The namespace of objects that do not say it, if the user does not either.
pub(super) const DEFAULT_NAMESPACE: &str = "default";

/// An object that policies judge.
#[derive(Debug, Clone, Copy)]
pub(super) struct Admitted<'a> {
    pub(super) api_version: &'a str,
    pub(super) kind: &'a str,
    /// The plural name of its kind.
    pub(super) resource: &'a str,
    pub(super) is_namespaced: bool,
    /// The namespace of objects that do not say it; empty for Kubernetes' own default.
    pub(super) namespace: &'a str,
    /// The object, with the defaults that are known.
    pub(super) object: &'a Json,
}

/// What policies find.
#[derive(Debug, Default)]
pub(super) struct PolicyFaults {
    pub(super) faults: Vec<Fault>,
    /// What only a cluster knows.
    pub(super) unknown: Vec<String>,
}

impl Admitted<'_> {
    /// What policies say of the object. Of its pods, only that they are refused, which the server does when the object is there.
    pub(super) fn judge(&self, policies: &Policies, catalog: &Catalog) -> PolicyFaults {
        let mut found = PolicyFaults::default();
        let verdicts = self.verdicts(policies, catalog);
        if let Some((steps, mut pod)) = self.pod() {
            set_defaults(catalog, "v1", "Pod", &mut pod);
            let pod = Admitted {
                api_version: "v1",
                kind: "Pod",
                resource: "pods",
                is_namespaced: true,
                object: &pod,
                ..*self
            };
            // A policy that is about the object and about its pods says the same of both.
            let is_new = |of_pod: &PolicyVerdict| {
                let is_same = |known: &PolicyVerdict| known.policy == of_pod.policy && known.place == of_pod.place;
                !verdicts.iter().any(is_same)
            };
            let of_pods = pod.verdicts(policies, catalog).into_iter().filter(is_new);
            for verdict in of_pods.filter(|verdict| verdict.effect == Effect::Denied) {
                found.faults.push(Fault {
                    path: steps
                        .iter()
                        .map(|step| (*step).to_owned())
                        .chain(verdict.steps)
                        .collect(),
                    message: format!("of its pods: {}", verdict.message),
                    rule: ids::POLICY_PODS,
                });
            }
        }
        for verdict in verdicts {
            found.add(verdict);
        }
        found
    }

    fn verdicts(&self, policies: &Policies, catalog: &Catalog) -> Vec<PolicyVerdict> {
        let (group, version) = self.group_and_version();
        let written = self.object.pointer("/metadata/namespace").and_then(Json::as_str);
        let namespace = match (written, self.namespace) {
            _ if !self.is_namespaced => None,
            (Some(written), _) if !written.is_empty() => Some(written),
            (_, "") => Some(DEFAULT_NAMESPACE),
            (_, given) => Some(given),
        };
        // The versions of a kind that a server has are those of its group.
        let equivalents: Vec<(&str, &str)> = catalog
            .kinds()
            .filter(|(known, _, kind, _)| *known == group && *kind == self.kind)
            .map(|(group, version, _, _)| (group, version))
            .collect();
        policies.judge(&Request {
            group,
            version,
            kind: self.kind,
            resource: self.resource,
            namespace,
            equivalents: &equivalents,
            object: self.object,
        })
    }

    fn group_and_version(&self) -> (&str, &str) {
        self.api_version.split_once('/').unwrap_or(("", self.api_version))
    }

    /// A pod as the controllers of Kubernetes make it of the object, and the steps to its template.
    fn pod(&self) -> Option<(&'static [&'static str], Json)> {
        let steps: &[&str] = match (self.group_and_version().0, self.kind) {
            ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
            | ("batch", "Job")
            | ("", "ReplicationController") => &["spec", "template"],
            ("batch", "CronJob") => &["spec", "jobTemplate", "spec", "template"],
            _ => return None,
        };
        let template = steps.iter().try_fold(self.object, |at, step| at.get(step))?;
        let metadata = |key: &str| self.object.pointer(&format!("/metadata/{key}")).and_then(Json::as_str);
        let mut own = template
            .get("metadata")
            .and_then(Json::as_object)
            .cloned()
            .unwrap_or_default();
        own.insert(
            "generateName".to_owned(),
            json!(format!("{}-", metadata("name").unwrap_or_default())),
        );
        own.remove("namespace");
        if let Some(namespace) = metadata("namespace") {
            own.insert("namespace".to_owned(), json!(namespace));
        }
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": own, "spec": template.get("spec")?});
        Some((steps, pod))
    }
}

impl PolicyFaults {
    fn add(&mut self, verdict: PolicyVerdict) {
        let PolicyVerdict {
            policy,
            binding,
            effect,
            message,
            place,
            steps,
            ..
        } = verdict;
        let (rule, message) = match effect {
            Effect::Denied => (ids::POLICY_DENY, message),
            Effect::Warned => (ids::POLICY_WARN, message),
            Effect::Audited => {
                let about = format!("ValidatingAdmissionPolicy '{policy}' with binding '{binding}'");
                (ids::POLICY_AUDIT, format!("{about} audits: {message}"))
            }
            Effect::Unknown => {
                self.unknown
                    .push(format!("ValidatingAdmissionPolicy '{policy}' {place}: {message}"));
                return;
            }
        };
        self.faults.push(Fault {
            path: steps,
            message,
            rule,
        });
    }
}
