//! The Service that decides which release of a strategy gets requests: the Services that charts render in, one that selects the pods of
//! the release that is meant out, and the way back.
//!
//! It is chartwright's own, beside those of the charts: a server-side apply replaces its selector as a whole, in one step.

use serde_json::{Map, Value as Json, json};

use super::commands::apply_manifests;
use super::live::LiveCluster;
use super::program::{ProgramError, Programs};
use super::rendered_release::RenderedRelease;
use super::stored_release::StoredRelease;
use super::target::KubeTarget;
use crate::engine::chart::Compat;
use crate::engine::manifest::split_manifests;
use crate::text::yaml::json_from_bytes;

/// Annotation with the release whose pods are selected.
const SELECTED: &str = "chartwright/release";
/// Annotation with the release that was selected before, until the new one has proven itself.
const BEFORE: &str = "chartwright/before";
/// Label of what chartwright makes.
const MANAGED: (&str, &str) = ("app.kubernetes.io/managed-by", "chartwright");

/// The Service, and what it was before.
#[derive(Debug, Clone, PartialEq)]
pub struct SwitchedService {
    /// Its name.
    pub name: String,
    /// What is applied.
    object: Json,
    /// What is applied to go back; the Service is deleted where there was none.
    before: Option<Json>,
    /// Whether the cluster has another one, or none.
    pub differs: bool,
}

/// The Service as the cluster has it.
pub(super) struct LiveService(Option<Json>);

fn metadata<'v>(value: &'v Json, member: &str, key: &str) -> Option<&'v str> {
    value.get("metadata")?.get(member)?.get(key)?.as_str()
}

fn selector_of(service: &Json) -> Option<&Map<String, Json>> {
    service.pointer("/spec/selector")?.as_object()
}

impl LiveService {
    /// Asks for the Service of a name.
    ///
    /// # Errors
    /// When kubectl fails.
    pub(super) fn read(cluster: &LiveCluster<'_>, name: &str) -> Result<Self, ProgramError> {
        cluster.find(&["service", name]).map(Self)
    }

    /// The release that runs, as chartwright wrote it: the one whose pods are selected, or the one before while it is not known whether that
    /// does.
    pub(super) fn selected(&self) -> Option<&str> {
        let live = self.0.as_ref()?;
        metadata(live, "annotations", BEFORE).or_else(|| metadata(live, "annotations", SELECTED))
    }

    /// Whether the cluster has what is applied, as far as that goes.
    fn has(&self, object: &Json) -> bool {
        let Some(live) = &self.0 else { return false };
        let same = |pointer: &str| {
            object
                .pointer(pointer)
                .is_none_or(|own| live.pointer(pointer) == Some(own))
        };
        let own_ports = object.pointer("/spec/ports").and_then(Json::as_array);
        let live_ports = live.pointer("/spec/ports").and_then(Json::as_array);
        let has_ports = own_ports.is_none_or(|own| {
            let mut own = own.iter();
            let live: Vec<&Json> = live_ports.into_iter().flatten().collect();
            own.len() == live.len() && own.all(|port| live.iter().any(|live| is_port(port, live)))
        });
        has_ports && same("/spec/selector") && same("/spec/type")
    }

    /// The Service that selects pods by `selector` for `release`, with the ports of a Service of its chart.
    fn switched(
        &self,
        name: &str,
        (release, selector, of_chart): (&str, &Map<String, Json>, &Json),
    ) -> SwitchedService {
        let before = self.selected().filter(|before| *before != release);
        let annotations = match before {
            Some(before) => json!({SELECTED: release, BEFORE: before}),
            None => json!({SELECTED: release}),
        };
        let is_foreign = self
            .0
            .as_ref()
            .is_some_and(|live| metadata(live, "labels", MANAGED.0) != Some(MANAGED.1));
        let object = if is_foreign {
            // Somebody else's: its ports stay theirs.
            service(
                name,
                &json!({"annotations": annotations}),
                json!({"selector": selector}),
            )
        } else {
            let labels = json!({MANAGED.0: MANAGED.1});
            let mut spec = json!({"selector": selector, "ports": ports_of(of_chart)});
            if let (Some(spec), Some(kind)) = (spec.as_object_mut(), of_chart.pointer("/spec/type")) {
                spec.insert("type".to_owned(), kind.clone());
            }
            service(name, &json!({"annotations": annotations, "labels": labels}), spec)
        };
        let before = self.0.as_ref().map(|live| {
            let old = selector_of(live).cloned().unwrap_or_default();
            let annotations = match self.selected() {
                Some(selected) => json!({SELECTED: selected}),
                None => json!({}),
            };
            let mut back = object.clone();
            if let Some(spec) = back.get_mut("spec").and_then(Json::as_object_mut) {
                spec.insert("selector".to_owned(), Json::Object(old));
            }
            if let Some(metadata) = back.get_mut("metadata").and_then(Json::as_object_mut) {
                metadata.insert("annotations".to_owned(), annotations);
            }
            back
        });
        let is_same = self.selected() == Some(release) && self.has(&object);
        SwitchedService {
            name: name.to_owned(),
            object,
            before,
            differs: !is_same,
        }
    }

    /// The Service that selects the pods of a release.
    ///
    /// # Errors
    /// When the chart renders none that could be meant.
    pub(super) fn to_release(
        &self,
        name: &str,
        (release, rendered): (&str, &RenderedRelease),
    ) -> Result<SwitchedService, String> {
        let of_chart = service_of(objects(rendered), release)?;
        let selector = selector_of(&of_chart).cloned().unwrap_or_default();
        Ok(self.switched(name, (release, &selector, &of_chart)))
    }

    /// The same for a release as Helm applied it.
    ///
    /// # Errors
    /// When it has no Service that could be meant.
    pub(super) fn to_stored(&self, name: &str, stored: &StoredRelease) -> Result<SwitchedService, String> {
        let documents = split_manifests(stored.manifest.as_bytes(), Compat::Helm4).into_iter();
        let objects = documents.filter_map(|document| json_from_bytes(document.text).ok());
        let of_chart = service_of(objects, &stored.name)?;
        let selector = selector_of(&of_chart).cloned().unwrap_or_default();
        Ok(self.switched(name, (&stored.name, &selector, &of_chart)))
    }

    /// The Service that selects the pods of two releases of a chart.
    ///
    /// # Errors
    /// When nothing selects both.
    pub(super) fn to_both(
        &self,
        name: &str,
        (release, rendered): (&str, &RenderedRelease),
        (other, other_rendered): (&str, &RenderedRelease),
    ) -> Result<SwitchedService, String> {
        let (one, two) = (
            service_of(objects(rendered), release)?,
            service_of(objects(other_rendered), other)?,
        );
        let others = selector_of(&two).cloned().unwrap_or_default();
        let mut selector = selector_of(&one).cloned().unwrap_or_default();
        selector.retain(|key, value| others.get(key) == Some(value));
        if selector.is_empty() {
            return Err(format!(
                "`strategy`: no label of the selector of Service {} is the same in {release} and in {other}, so no Service selects the pods of both",
                metadata_name(&one)
            ));
        }
        Ok(self.switched(name, (release, &selector, &one)))
    }
}

fn service(name: &str, metadata: &Json, spec: Json) -> Json {
    let mut metadata = metadata.clone();
    if let Some(metadata) = metadata.as_object_mut() {
        metadata.insert("name".to_owned(), Json::from(name));
    }
    let mut object = json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata});
    if let Some(object) = object.as_object_mut() {
        object.insert("spec".to_owned(), spec);
    }
    object
}

/// The ports of a Service, without those of nodes, which two Services cannot share.
fn ports_of(service: &Json) -> Json {
    let mut ports = service.pointer("/spec/ports").cloned().unwrap_or_default();
    for port in ports.as_array_mut().into_iter().flatten() {
        if let Some(port) = port.as_object_mut() {
            port.remove("nodePort");
        }
    }
    ports
}

/// Whether a port is as it was applied: what was not written is the server's default.
fn is_port(own: &Json, live: &Json) -> bool {
    let same = |key: &str| own.get(key).is_none_or(|own| live.get(key) == Some(own));
    let target = live.get("targetPort");
    let has_target = match own.get("targetPort") {
        Some(own) => target == Some(own),
        None => target == own.get("port"),
    };
    has_target && ["name", "port", "protocol", "appProtocol"].into_iter().all(same)
}

fn metadata_name(object: &Json) -> &str {
    object
        .pointer("/metadata/name")
        .and_then(Json::as_str)
        .unwrap_or_default()
}

/// The objects of a rendering.
fn objects(rendered: &RenderedRelease) -> impl Iterator<Item = Json> {
    let services = rendered
        .manifests
        .manifests
        .iter()
        .filter(|document| document.head.kind == "Service");
    services.filter_map(|document| json_from_bytes(document.text()).ok())
}

/// The Service of a release that clients use: the one that is called as the release, else the only one with a selector and an address.
fn service_of(objects: impl Iterator<Item = Json>, release: &str) -> Result<Json, String> {
    let is_meant = |value: &Json| {
        value.get("kind").and_then(Json::as_str) == Some("Service")
            && value.pointer("/spec/clusterIP").and_then(Json::as_str) != Some("None")
            && selector_of(value).is_some_and(|selector| !selector.is_empty())
    };
    let mut found: Vec<Json> = objects.filter(is_meant).collect();
    if let Some(named) = found.iter().position(|one| metadata_name(one) == release) {
        return Ok(found.swap_remove(named));
    }
    match found.as_slice() {
        [_] => Ok(found.swap_remove(0)),
        [] => Err(format!("`strategy`: {release} renders no Service with a selector")),
        several => {
            let names: Vec<&str> = several.iter().map(metadata_name).collect();
            Err(format!(
                "`strategy`: {release} renders the Services {}, and none of them is called {release}",
                names.join(", ")
            ))
        }
    }
}

impl SwitchedService {
    /// Applies it.
    ///
    /// # Errors
    /// When kubectl fails.
    pub(super) fn apply(&self, (programs, target): (&Programs, &KubeTarget)) -> Result<(), ProgramError> {
        apply_object(programs, target, &self.object)
    }

    /// Writes that the new release has proven itself, where another one was there before.
    ///
    /// # Errors
    /// When kubectl fails.
    pub(super) fn confirm(&self, (programs, target): (&Programs, &KubeTarget)) -> Result<(), ProgramError> {
        let confirmed = self.confirmed();
        if confirmed == self.object {
            return Ok(());
        }
        apply_object(programs, target, &confirmed)
    }

    /// Applies it for a release that is known to do.
    ///
    /// # Errors
    /// When kubectl fails.
    pub(super) fn confirm_at_once(&self, (programs, target): (&Programs, &KubeTarget)) -> Result<(), ProgramError> {
        apply_object(programs, target, &self.confirmed())
    }

    /// The same with the way back to another release, which the Service of a killed run may not select any more.
    #[must_use]
    pub(super) fn back_to(self, other: &Self) -> Self {
        Self {
            before: Some(other.confirmed()),
            ..self
        }
    }

    /// What is applied, without the release before.
    fn confirmed(&self) -> Json {
        let mut object = self.object.clone();
        if let Some(annotations) = object
            .pointer_mut("/metadata/annotations")
            .and_then(Json::as_object_mut)
        {
            annotations.remove(BEFORE);
        }
        object
    }

    /// Whether it selects the pods that a workload makes.
    pub(super) fn selects_pods_of(&self, workload: &Json) -> bool {
        let labels = [
            "/spec/template/metadata/labels",
            "/spec/jobTemplate/spec/template/metadata/labels",
        ];
        let labels = labels
            .into_iter()
            .find_map(|pointer| workload.pointer(pointer)?.as_object());
        let selector = selector_of(&self.object);
        labels
            .zip(selector)
            .is_some_and(|(labels, selector)| selector.iter().all(|(key, value)| labels.get(key) == Some(value)))
    }

    /// Applies what was there before.
    ///
    /// # Errors
    /// When kubectl fails.
    pub(super) fn undo(&self, (programs, target): (&Programs, &KubeTarget)) -> Result<(), ProgramError> {
        if let Some(before) = &self.before {
            return apply_object(programs, target, before);
        }
        let call = target.kubectl(["--namespace", &target.namespace, "delete", "service", &self.name]);
        programs.output(&call.and(["--ignore-not-found"]), b"").map(drop)
    }
}

fn apply_object(programs: &Programs, target: &KubeTarget, object: &Json) -> Result<(), ProgramError> {
    let call = apply_manifests(target, true);
    programs.output(&call, object.to_string().as_bytes()).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(value: &Json) -> Map<String, Json> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn the_selector_is_switched_and_switched_back() {
        let of_chart = json!({"spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30080}]}});
        let green = map(&json!({"app": "web", "colour": "green"}));
        let missing = LiveService(None).switched("web", ("web-green", &green, &of_chart));
        assert!(missing.differs && missing.before.is_none());
        assert_eq!(
            missing.object,
            json!({
                "apiVersion": "v1", "kind": "Service",
                "metadata": {"name": "web", "labels": {"app.kubernetes.io/managed-by": "chartwright"}, "annotations": {"chartwright/release": "web-green"}},
                "spec": {"type": "NodePort", "ports": [{"port": 80}], "selector": green},
            })
        );
        let live = LiveService(Some(missing.object.clone()));
        assert_eq!(live.selected(), Some("web-green"));
        let mut defaulted = missing.object.clone();
        defaulted["spec"]["ports"] = json!([{"port": 80, "targetPort": 80, "protocol": "TCP", "nodePort": 31000}]);
        assert!(
            !LiveService(Some(defaulted.clone()))
                .switched("web", ("web-green", &green, &of_chart))
                .differs
        );
        defaulted["spec"]["ports"][0]["targetPort"] = json!(8080);
        assert!(
            LiveService(Some(defaulted))
                .switched("web", ("web-green", &green, &of_chart))
                .differs
        );
        let blue = map(&json!({"app": "web", "colour": "blue"}));
        let switched = live.switched("web", ("web-blue", &blue, &of_chart));
        assert!(switched.differs);
        assert_eq!(switched.before, Some(missing.object));
        // Until it has proven itself, the other one counts.
        assert_eq!(LiveService(Some(switched.object.clone())).selected(), Some("web-green"));
        // A Service of somebody else keeps its ports.
        let foreign =
            json!({"metadata": {"name": "web"}, "spec": {"ports": [{"port": 8080}], "selector": {"app": "web"}}});
        let switched = LiveService(Some(foreign)).switched("web", ("web-blue", &blue, &of_chart));
        assert_eq!(switched.object["spec"], json!({"selector": blue}));
        assert_eq!(switched.before.unwrap()["spec"], json!({"selector": {"app": "web"}}));
    }
}
