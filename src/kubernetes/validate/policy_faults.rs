//! What the policies of a cluster say of an object, and of the pods that it makes, as faults of it.

use serde_json::{Map, Value as Json, json};

use super::catalog::Catalog;
use super::custom::Fault;
use super::defaults::set_defaults;
use super::ids;
use super::policies::{Effect, Policies, PolicyVerdict, Request};

/// An object that policies judge.
#[derive(Debug, Clone, Copy)]
pub(super) struct Admitted<'a> {
    pub(super) api_version: &'a str,
    pub(super) kind: &'a str,
    /// The plural name of its kind.
    pub(super) resource: &'a str,
    pub(super) is_namespaced: bool,
    /// Whether its schema is known, and so its defaults.
    pub(super) is_known: bool,
    /// The namespace of objects that do not say it.
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
                is_known: true,
                object: &pod,
                ..*self
            };
            // A policy that is about the object and about its pods says the same of both.
            let is_new = |of_pod: &PolicyVerdict| {
                let is_same = |known: &&PolicyVerdict| known.policy == of_pod.policy && known.place == of_pod.place;
                let mut denied = verdicts.iter().filter(|known| known.effect == Effect::Denied);
                !denied.any(|known| is_same(&known))
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
        for mut verdict in verdicts {
            // Without its definition, its defaults are not known, and other fields may be there.
            if !self.is_known && verdict.steps.first().is_some_and(|step| step != "metadata") {
                verdict.effect = Effect::Unknown;
                "the definition of the kind is not known".clone_into(&mut verdict.message);
            }
            found.add(verdict);
        }
        found
    }

    fn verdicts(&self, policies: &Policies, catalog: &Catalog) -> Vec<PolicyVerdict> {
        let (group, version) = self.group_and_version();
        let written = self.object.pointer("/metadata/namespace").and_then(Json::as_str);
        let namespace = written.filter(|written| !written.is_empty()).unwrap_or(self.namespace);
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
            namespace: self.is_namespaced.then_some(namespace),
            equivalents: &equivalents,
            object: self.object,
        })
    }

    fn group_and_version(&self) -> (&str, &str) {
        self.api_version.split_once('/').unwrap_or(("", self.api_version))
    }

    /// A pod as the controllers of Kubernetes make it of the object, and the steps to its template.
    fn pod(&self) -> Option<(&'static [&'static str], Json)> {
        let (steps, owner): (&[&str], &str) = match (self.group_and_version().0, self.kind) {
            ("apps", "Deployment") => (&["spec", "template"], "ReplicaSet"),
            ("apps", "ReplicaSet" | "StatefulSet" | "DaemonSet") | ("batch", "Job") | ("", "ReplicationController") => {
                (&["spec", "template"], self.kind)
            }
            ("batch", "CronJob") => (&["spec", "jobTemplate", "spec", "template"], "Job"),
            _ => return None,
        };
        let template = steps.iter().try_fold(self.object, |at, step| at.get(step))?;
        let text = |key: &str| self.object.pointer(&format!("/metadata/{key}")).and_then(Json::as_str);
        let name = text("name").unwrap_or_default();
        let mut metadata = template
            .get("metadata")
            .and_then(Json::as_object)
            .cloned()
            .unwrap_or_default();
        metadata.insert("generateName".to_owned(), json!(format!("{name}-")));
        metadata.remove("namespace");
        if let Some(namespace) = text("namespace") {
            metadata.insert("namespace".to_owned(), json!(namespace));
        }
        let made = json!([{
            "apiVersion": self.api_version, "kind": owner, "name": name, "uid": "", "controller": true, "blockOwnerDeletion": true
        }]);
        metadata.insert("ownerReferences".to_owned(), made);
        let labels = metadata.entry("labels").or_insert_with(|| json!({}));
        if let Some(labels) = labels.as_object_mut() {
            labels.extend(labels_of_pods(owner, name));
        }
        let mut spec = template.get("spec")?.clone();
        if let Some(spec) = spec.as_object_mut() {
            let claims = self
                .object
                .pointer("/spec/volumeClaimTemplates")
                .and_then(Json::as_array);
            add_claims(spec, claims.map_or(&[][..], Vec::as_slice), name);
        }
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec});
        Some((steps, pod))
    }
}

/// The labels that a controller gives the pods of an object.
fn labels_of_pods(owner: &str, name: &str) -> Map<String, Json> {
    let labels: &[(&str, &str)] = match owner {
        "ReplicaSet" => &[("pod-template-hash", "x2x4x")],
        "StatefulSet" => &[
            ("apps.kubernetes.io/pod-index", "0"),
            ("controller-revision-hash", "x2x4x"),
            ("statefulset.kubernetes.io/pod-name", ""),
        ],
        "DaemonSet" => &[("controller-revision-hash", "x2x4x"), ("pod-template-generation", "1")],
        "Job" => &[("batch.kubernetes.io/job-name", ""), ("job-name", "")],
        _ => &[],
    };
    let own = if owner == "StatefulSet" {
        format!("{name}-0")
    } else {
        name.to_owned()
    };
    let labels = labels.iter().map(|(key, value)| {
        let value = if value.is_empty() { own.as_str() } else { value };
        ((*key).to_owned(), json!(value))
    });
    labels.collect()
}

/// Adds the volumes of the claims that a `StatefulSet` makes, instead of those of the same name.
fn add_claims(spec: &mut Map<String, Json>, claims: &[Json], name: &str) {
    let claims: Vec<&str> = claims
        .iter()
        .filter_map(|claim| claim.pointer("/metadata/name")?.as_str())
        .collect();
    if claims.is_empty() {
        return;
    }
    let Some(volumes) = spec.entry("volumes").or_insert_with(|| json!([])).as_array_mut() else {
        return;
    };
    volumes.retain(|volume| {
        volume
            .get("name")
            .and_then(Json::as_str)
            .is_none_or(|name| !claims.contains(&name))
    });
    for claim in claims {
        volumes.push(json!({"name": claim, "persistentVolumeClaim": {"claimName": format!("{claim}-{name}-0")}}));
    }
}

/// Puts something in the place of what the server chooses for a Service before policies see it: addresses and node ports.
pub(super) fn allocate(api_version: &str, kind: &str, object: &mut Json) {
    const ADDRESS: &str = "10.96.0.10";
    const FIRST_PORT: usize = 30_000;
    let Some(spec) = object.get_mut("spec").and_then(Json::as_object_mut) else {
        return;
    };
    let of_type = |wanted: &str| spec.get("type").and_then(Json::as_str) == Some(wanted);
    if (api_version, kind) != ("v1", "Service") || of_type("ExternalName") {
        return;
    }
    let has_node_ports = of_type("NodePort") || of_type("LoadBalancer");
    let address = spec.entry("clusterIP").or_insert_with(|| json!(ADDRESS)).clone();
    for (key, value) in [
        ("clusterIPs", json!([address])),
        ("ipFamilies", json!(["IPv4"])),
        ("ipFamilyPolicy", json!("SingleStack")),
    ] {
        spec.entry(key).or_insert(value);
    }
    let ports = spec.get_mut("ports").and_then(Json::as_array_mut);
    for (place, port) in ports.into_iter().flatten().enumerate().filter(|_| has_node_ports) {
        if let Some(port) = port.as_object_mut() {
            port.entry("nodePort").or_insert_with(|| json!(FIRST_PORT + place));
        }
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
