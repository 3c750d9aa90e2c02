//! What the objects of one rendering say of each other: selectors, backends, targets, names. Objects that are not
//! rendered may be in the cluster already, so what is missing is a warning, and only where the chart itself should
//! have made it.

use std::collections::HashSet;

use serde_json::{Map, Value as Json};

use super::message::LintSeverity;
use super::objects::{Object, RenderedText, objects};

/// Something that is wrong between objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectFault {
    /// Index of the rendered file.
    pub file: usize,
    /// Byte in it.
    pub offset: usize,
    /// How bad it is.
    pub severity: LintSeverity,
    /// Stable name of the rule.
    pub rule: &'static str,
    /// What is wrong.
    pub message: String,
}

/// Checks the objects of a rendering of the release `release` against each other, and each for what only a chart gets
/// wrong.
pub fn check_objects(files: &[RenderedText<'_>], release: &str) -> Vec<ObjectFault> {
    let objects = objects(files);
    let mut check = ObjectsCheck {
        objects: &objects,
        release,
        faults: Vec::new(),
    };
    check.duplicates();
    for object in &objects {
        match object.kind() {
            "Service" => check.service(object),
            "Ingress" => check.ingress(object),
            "HorizontalPodAutoscaler" => check.autoscaler(object),
            "PodDisruptionBudget" => check.budget(object),
            _ => {}
        }
        if let Some(pod) = object.pod() {
            check.names(object, pod);
            check.images(object, pod);
        }
    }
    let mut faults = check.faults;
    for fault in &mut faults {
        // What is UTF-16 was read as UTF-8, and its places are those of that text.
        fault.offset = fault
            .offset
            .min(files.get(fault.file).map_or(0, |file| file.text.len()));
    }
    faults
}

struct ObjectsCheck<'o> {
    objects: &'o [Object],
    release: &'o str,
    faults: Vec<ObjectFault>,
}

impl<'o> ObjectsCheck<'o> {
    fn warn(&mut self, object: &Object, pointer: &str, rule: &'static str, message: &str) {
        if object.silences(rule) {
            return;
        }
        self.faults.push(ObjectFault {
            file: object.file,
            offset: object.offset(pointer),
            severity: LintSeverity::Warning,
            rule,
            message: format!("{} {}: {message}", object.kind(), object.name()),
        });
    }

    /// Two objects of one name: the second cannot be created.
    fn duplicates(&mut self) {
        let mut seen = HashSet::new();
        for object in self
            .objects
            .iter()
            .filter(|object| !object.is_hook() && !object.name().is_empty())
        {
            let key = (
                object.group(),
                object.kind(),
                object.text("/metadata/namespace"),
                object.name(),
            );
            if !seen.insert(key) {
                self.warn(object, "/metadata/name", "duplicate-object", "is rendered twice");
                if let Some(fault) = self.faults.last_mut().filter(|fault| fault.rule == "duplicate-object") {
                    fault.severity = LintSeverity::Error;
                }
            }
        }
    }

    /// The pods that labels select: their owners and the pointers to the templates. Labels that are set while pods run
    /// are in no template, and do not count.
    fn pods(&self, selector: &Map<String, Json>) -> Vec<(&'o Object, &'static str)> {
        let owners = self.objects.iter().filter_map(|object| Some((object, object.pod()?)));
        let selected = owners.filter(|(object, pod)| {
            let labels = object
                .json
                .pointer(&format!("{pod}/metadata/labels"))
                .and_then(Json::as_object);
            labels.is_some_and(|labels| {
                selector
                    .iter()
                    .all(|(key, value)| is_set_at_run_time(key) || labels.get(key) == Some(value))
            })
        });
        selected.collect()
    }

    /// Whether the chart runs pods itself, so that selectors can be judged. Those that custom resources lead to are not
    /// rendered.
    fn runs_pods_alone(&self) -> bool {
        let is_custom = |object: &Object| {
            let group = object.group();
            group.contains('.') && !group.ends_with(".k8s.io")
        };
        self.objects.iter().any(|object| object.pod().is_some()) && !self.objects.iter().any(is_custom)
    }

    fn service(&mut self, service: &Object) {
        let Some(selector) = service.json.pointer("/spec/selector").and_then(Json::as_object) else {
            return;
        };
        if selector.is_empty() || !self.runs_pods_alone() {
            return;
        }
        let pods = self.pods(selector);
        if pods.is_empty() {
            let message = "the selector matches no pod of this rendering";
            self.warn(service, "/spec/selector", "service-selector", message);
            return;
        }
        let names: HashSet<&str> = pods
            .iter()
            .flat_map(|(object, pod)| {
                let lists = ["containers", "initContainers"].map(|list| format!("{pod}/spec/{list}"));
                let containers = lists.into_iter().flat_map(|pointer| object.items(&pointer).iter());
                containers.flat_map(|container| container.get("ports").and_then(Json::as_array).into_iter().flatten())
            })
            .filter_map(|port| port.get("name").and_then(Json::as_str))
            .collect();
        for (index, port) in service.items("/spec/ports").iter().enumerate() {
            let target = port.get("targetPort").and_then(Json::as_str).unwrap_or_default();
            if !target.is_empty() && !names.contains(target) {
                let message = format!("no container of the selected pods has a port named {target:?}");
                self.warn(
                    service,
                    &format!("/spec/ports/{index}/targetPort"),
                    "service-port",
                    &message,
                );
            }
        }
    }

    fn ingress(&mut self, ingress: &Object) {
        if ingress.text("/apiVersion") != "networking.k8s.io/v1" {
            return;
        }
        let mut backends = vec!["/spec/defaultBackend".to_owned()];
        for (rule, entry) in ingress.items("/spec/rules").iter().enumerate() {
            let paths = entry
                .pointer("/http/paths")
                .and_then(Json::as_array)
                .map_or(0, Vec::len);
            backends.extend((0..paths).map(|path| format!("/spec/rules/{rule}/http/paths/{path}/backend")));
        }
        for backend in backends {
            let name = ingress.text(&format!("{backend}/service/name"));
            if name.is_empty() || !self.is_own(name) {
                continue;
            }
            let service = self
                .objects
                .iter()
                .find(|object| object.kind() == "Service" && object.name() == name);
            let Some(service) = service else {
                let message = format!("there is no Service {name:?} in this rendering");
                self.warn(ingress, &format!("{backend}/service/name"), "ingress-backend", &message);
                continue;
            };
            let port = ingress.json.pointer(&format!("{backend}/service/port"));
            let has = |key: &str, wanted: &Json| {
                service
                    .items("/spec/ports")
                    .iter()
                    .any(|port| port.get(key) == Some(wanted))
            };
            let (number, port_name) = (
                port.and_then(|port| port.get("number")),
                port.and_then(|port| port.get("name")),
            );
            let is_there =
                number.is_none_or(|number| has("port", number)) && port_name.is_none_or(|name| has("name", name));
            if !is_there {
                let message = format!("Service {name:?} has no such port");
                self.warn(ingress, &format!("{backend}/service/port"), "ingress-backend", &message);
            }
        }
    }

    fn autoscaler(&mut self, autoscaler: &Object) {
        let (kind, name) = (
            autoscaler.text("/spec/scaleTargetRef/kind"),
            autoscaler.text("/spec/scaleTargetRef/name"),
        );
        let is_there = self
            .objects
            .iter()
            .any(|object| object.kind().eq_ignore_ascii_case(kind) && object.name() == name);
        if !is_there && self.is_own(name) {
            let message = format!("there is no {kind} {name:?} in this rendering to scale");
            self.warn(autoscaler, "/spec/scaleTargetRef/name", "autoscaler-target", &message);
        }
    }

    fn budget(&mut self, budget: &Object) {
        let Some(labels) = budget
            .json
            .pointer("/spec/selector/matchLabels")
            .and_then(Json::as_object)
        else {
            return;
        };
        if self.runs_pods_alone() && !labels.is_empty() && self.pods(labels).is_empty() {
            let message = "the selector matches no pod of this rendering";
            self.warn(budget, "/spec/selector", "budget-selector", message);
        }
    }

    /// Whether a name is one the chart makes: it begins with that of the release.
    fn is_own(&self, name: &str) -> bool {
        name == self.release
            || name
                .strip_prefix(self.release)
                .is_some_and(|rest| rest.starts_with('-'))
    }

    /// Whether something the chart runs may create Secrets, so that they need not be rendered.
    fn makes_secrets(&self) -> bool {
        let holds = |rule: &Json, field: &str, wanted: &[&str]| {
            let items = rule.get(field).and_then(Json::as_array).into_iter().flatten();
            items.filter_map(Json::as_str).any(|item| wanted.contains(&item))
        };
        let roles = self
            .objects
            .iter()
            .filter(|object| matches!(object.kind(), "Role" | "ClusterRole"));
        let mut rules = roles.flat_map(|role| role.items("/rules"));
        rules.any(|rule| holds(rule, "resources", &["secrets", "*"]) && holds(rule, "verbs", &["create", "*"]))
    }

    /// `ConfigMaps`, Secrets and service accounts that a pod names.
    fn names(&mut self, object: &Object, pod: &str) {
        if !self.runs_pods_alone() {
            return;
        }
        let spec = format!("{pod}/spec");
        let account = format!("{spec}/serviceAccountName");
        let mut used = vec![("ServiceAccount", account)];
        for (index, volume) in object.items(&format!("{spec}/volumes")).iter().enumerate() {
            let at = format!("{spec}/volumes/{index}");
            add_reference(volume, "/configMap/name", "ConfigMap", &at, &mut used);
            add_reference(volume, "/secret/secretName", "Secret", &at, &mut used);
        }
        for list in ["containers", "initContainers"] {
            for (index, container) in object.items(&format!("{spec}/{list}")).iter().enumerate() {
                let env = container.get("env").and_then(Json::as_array).into_iter().flatten();
                for (position, variable) in env.enumerate() {
                    let at = format!("{spec}/{list}/{index}/env/{position}");
                    add_reference(variable, "/valueFrom/configMapKeyRef/name", "ConfigMap", &at, &mut used);
                    add_reference(variable, "/valueFrom/secretKeyRef/name", "Secret", &at, &mut used);
                }
                let sources = container.get("envFrom").and_then(Json::as_array).into_iter().flatten();
                for (position, source) in sources.enumerate() {
                    let at = format!("{spec}/{list}/{index}/envFrom/{position}");
                    add_reference(source, "/configMapRef/name", "ConfigMap", &at, &mut used);
                    add_reference(source, "/secretRef/name", "Secret", &at, &mut used);
                }
            }
        }
        let makes_secrets = self.makes_secrets();
        for (kind, pointer) in used {
            let name = object.text(&pointer);
            let mut others = self.objects.iter();
            let is_there =
                others.any(|other| other.kind() == kind && other.name() == name) || (kind == "Secret" && makes_secrets);
            if !name.is_empty() && !is_there && self.is_own(name) {
                let message = format!("there is no {kind} {name:?} in this rendering");
                self.warn(object, &pointer, "missing-reference", &message);
            }
        }
    }

    fn images(&mut self, object: &Object, pod: &str) {
        for list in ["containers", "initContainers"] {
            let pointer = format!("{pod}/spec/{list}");
            for index in 0..object.items(&pointer).len() {
                let at = format!("{pointer}/{index}/image");
                let image = object.text(&at);
                if image.is_empty() || image.contains('@') {
                    continue;
                }
                let name = image.rsplit('/').next().unwrap_or(image);
                let fault = match name.split_once(':') {
                    None => format!("image {image:?} has no tag, which means latest"),
                    Some((_, "latest")) => format!("image {image:?} is whatever latest is when a pod starts"),
                    Some((_, "")) => format!("image {image:?} has an empty tag"),
                    Some(_) => continue,
                };
                self.warn(object, &at, "image-tag", &fault);
            }
        }
    }
}

/// Whether a label is one that controllers set: of a pod's place in its set, or of its part in a cluster.
fn is_set_at_run_time(label: &str) -> bool {
    const CONTROLLERS: [&str; 6] = [
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
        "controller-revision-hash",
        "pod-template-hash",
        "job-name",
        "batch.kubernetes.io/job-name",
    ];
    let lower = label.to_lowercase();
    let parts = ["role", "master", "leader", "primary"];
    CONTROLLERS.contains(&label) || parts.iter().any(|word| lower.contains(word))
}

/// Notes a reference that is not optional.
fn add_reference(holder: &Json, inner: &str, kind: &'static str, at: &str, used: &mut Vec<(&'static str, String)>) {
    let owner = inner.rsplit_once('/').map_or("", |(owner, _)| owner);
    let is_optional = holder
        .pointer(&format!("{owner}/optional"))
        .and_then(Json::as_bool)
        .unwrap_or(false);
    if holder.pointer(inner).is_some() && !is_optional {
        used.push((kind, format!("{at}{inner}")));
    }
}

/// Text that only a template's mistake leaves in a rendering: `<nil>`, `%!s(…)`, a Go map printed as text.
pub fn check_text_artifacts(text: &[u8]) -> Vec<(usize, &'static str, String)> {
    let mut found = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        let content = String::from_utf8_lossy(line);
        if !content.trim_start().starts_with('#') {
            if let Some(at) = printed_nil(&content) {
                let message = "`<nil>`: a value is missing, and the template prints it all the same".to_owned();
                found.push((offset + at, "no-value", message));
            }
            if let Some(at) = printf_error(&content) {
                let message = "`%!`: printf got an argument that does not fit its verb, or none".to_owned();
                found.push((offset + at, "printf-error", message));
            }
            if let Some(at) = printed_map(&content) {
                let message = "`map[`: a map is printed as text; use toYaml or toJson".to_owned();
                found.push((offset + at, "printed-map", message));
            }
        }
        offset += line.len();
    }
    found
}

/// `%!s(int=1)`, `%!d(MISSING)`, `%!(EXTRA …)`.
fn printf_error(line: &str) -> Option<usize> {
    line.match_indices("%!").map(|(at, _)| at).find(|&at| {
        let rest = line.get(at + 2..).unwrap_or_default();
        let mut characters = rest.chars();
        match characters.next() {
            Some('(') => rest.starts_with("(EXTRA ") || rest.starts_with("(NOVERB"),
            Some(verb) if verb.is_ascii_alphabetic() => {
                let inner = characters.as_str().strip_prefix('(').unwrap_or_default();
                let kind: String = inner.chars().take_while(|c| *c != '=' && *c != ')').collect();
                ["<nil>", "MISSING", "string", "int", "int64", "float64", "bool"].contains(&kind.as_str())
                    || kind.starts_with("map[")
                    || kind.starts_with("[]")
            }
            _ => false,
        }
    })
}

/// `<nil>`, but where printf complains of it. (`<no value>` Helm takes out.)
fn printed_nil(line: &str) -> Option<usize> {
    line.match_indices("<nil>")
        .map(|(at, _)| at)
        .find(|&at| !line.get(..at).unwrap_or_default().ends_with('('))
}

/// `: map[a:1]` as a whole value.
fn printed_map(line: &str) -> Option<usize> {
    let line_end = line.trim_end();
    let at = line_end.find("map[")?;
    let before = line_end.get(..at)?.trim_end_matches(['"', '\'']);
    let inner = line_end
        .get(at + 4..)?
        .trim_end_matches(['"', '\''])
        .strip_suffix(']')?;
    let is_value = before.ends_with(": ") || before.ends_with("- ");
    let is_map = inner.is_empty()
        || inner.split_once(':').is_some_and(|(key, _)| {
            !key.is_empty()
                && key
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte))
        });
    (is_value && is_map).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Vec<&'static str> {
        let files = [RenderedText { text: text.as_bytes() }];
        check_objects(&files, "r").into_iter().map(|fault| fault.rule).collect()
    }

    const POD: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: r-a}\nspec: {template: {metadata: {labels: {app: a}}, spec: {containers: [{name: a, image: 'a:1', ports: [{name: http, containerPort: 80}]}]}}}\n---\n";

    #[test]
    fn objects_are_held_against_each_other() {
        for (text, rule) in [
            (
                "kind: Service\nmetadata: {name: s}\nspec: {selector: {app: b}}",
                "service-selector",
            ),
            (
                "kind: Service\nmetadata: {name: s}\nspec: {selector: {app: a}, ports: [{port: 1, targetPort: web}]}",
                "service-port",
            ),
            (
                "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i}\nspec: {rules: [{http: {paths: [{backend: {service: {name: r-x}}}]}}]}",
                "ingress-backend",
            ),
            (
                "kind: HorizontalPodAutoscaler\nmetadata: {name: h}\nspec: {scaleTargetRef: {kind: Deployment, name: r-b}}",
                "autoscaler-target",
            ),
            (
                "kind: PodDisruptionBudget\nmetadata: {name: p}\nspec: {selector: {matchLabels: {app: c}}}",
                "budget-selector",
            ),
            (
                "kind: Pod\nmetadata: {name: p}\nspec: {serviceAccountName: r-sa, containers: []}",
                "missing-reference",
            ),
            (
                "kind: Pod\nmetadata: {name: p}\nspec: {containers: [{image: nginx}]}",
                "image-tag",
            ),
            (
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: r-a}",
                "duplicate-object",
            ),
        ] {
            assert_eq!(rules(&format!("{POD}{text}\n")), [rule], "{text}");
        }
        let good = "kind: Service\nmetadata: {name: r-s}\nspec: {selector: {app: a}, ports: [{port: 80, targetPort: http}]}\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i}\nspec: {rules: [{http: {paths: [{backend: {service: {name: r-s, port: {number: 80}}}}]}}]}\n";
        assert!(rules(&format!("{POD}{good}")).is_empty());
    }

    #[test]
    fn what_templates_leave_behind_is_found() {
        let found = |text: &str| -> Vec<&'static str> {
            check_text_artifacts(text.as_bytes())
                .into_iter()
                .map(|(_, rule, _)| rule)
                .collect()
        };
        assert_eq!(found("a: <nil>\n"), ["no-value"]);
        assert_eq!(
            found("a: x-%!s(<nil>)\nb: %!d(string=a)\nc: %!(EXTRA int=1)\n"),
            ["printf-error"; 3]
        );
        assert_eq!(found("a: map[b:1]\n- map[]\n"), ["printed-map"; 2]);
        assert!(found("# <nil>\na: 100%!\nb: 'std::map[a]'\nc: %!important\n").is_empty());
    }
}
