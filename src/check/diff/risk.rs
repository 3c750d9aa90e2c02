//! Changes that deserve a second look: an upgrade that the API server refuses, data or traffic that is lost, objects that go away. Two
//! states of an object in, risks out, each with a stable name and a sentence.

use serde_json::Value as Json;

use super::fields::FieldChange;
use super::immutable::refused;
use super::objects::DiffObject;
use crate::engine::manifest::HookEvent;
use crate::kubernetes::validate::Quantity;
use crate::text::compact_sort::{sort, sort_by};

/// What is risky.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RiskKind {
    /// The API server refuses to change the field.
    ImmutableField,
    /// Data is lost, or left behind.
    StorageRemoved,
    /// The definition of custom resources is removed.
    DefinitionRemoved,
    /// Helm does not change definitions of `crds/`.
    DefinitionNotUpgraded,
    /// An object is removed.
    ObjectRemoved,
    /// No replica is left.
    ScaledToZero,
    /// A service has another type.
    ServiceTypeChanged,
    /// A service sends traffic to other pods.
    ServiceSelectorChanged,
    /// A hook is added.
    HookAdded,
    /// A hook is removed.
    HookRemoved,
    /// A hook runs at another time, or an object becomes one or stops being one.
    HookChanged,
    /// Another image.
    ImageChanged,
}

impl RiskKind {
    /// All of them, the gravest first.
    pub const ALL: [Self; 12] = [
        Self::ImmutableField,
        Self::StorageRemoved,
        Self::DefinitionRemoved,
        Self::DefinitionNotUpgraded,
        Self::ObjectRemoved,
        Self::ScaledToZero,
        Self::ServiceTypeChanged,
        Self::ServiceSelectorChanged,
        Self::HookAdded,
        Self::HookRemoved,
        Self::HookChanged,
        Self::ImageChanged,
    ];

    /// The one with a name.
    pub fn find(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == id)
    }

    /// Its name, which does not change.
    pub const fn id(self) -> &'static str {
        match self {
            Self::ImmutableField => "immutable-field",
            Self::StorageRemoved => "storage-removed",
            Self::DefinitionRemoved => "definition-removed",
            Self::DefinitionNotUpgraded => "definition-not-upgraded",
            Self::ObjectRemoved => "object-removed",
            Self::ScaledToZero => "scaled-to-zero",
            Self::ServiceTypeChanged => "service-type-changed",
            Self::ServiceSelectorChanged => "service-selector-changed",
            Self::HookAdded => "hook-added",
            Self::HookRemoved => "hook-removed",
            Self::HookChanged => "hook-changed",
            Self::ImageChanged => "image-changed",
        }
    }
}

/// A change that deserves a second look.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Risk {
    /// What it is.
    pub kind: RiskKind,
    /// A sentence about it.
    pub message: String,
}

/// The annotation that makes an object a hook.
const HOOK: &str = "helm.sh/hook";

/// The fields that have lists of containers.
const CONTAINERS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// The risks of a change, the gravest first.
pub(super) fn risks(old: Option<&DiffObject>, new: Option<&DiffObject>, fields: &[FieldChange]) -> Vec<Risk> {
    let mut found = Vec::new();
    let mut add = |kind, message: String| found.push(Risk { kind, message });
    match (old, new) {
        (Some(old), Some(new)) => changed(old, new, fields, &mut add),
        (Some(old), None) => removed(old, &mut add),
        (None, Some(new)) if new.is_in_crds => {
            let message =
                "Helm installs definitions of crds/ with a new release only: in an upgrade, apply it with kubectl";
            add(RiskKind::DefinitionNotUpgraded, message.to_owned());
        }
        (None, Some(new)) if runs_by_itself(new) => {
            let events = new.annotation(HOOK).unwrap_or_default();
            add(RiskKind::HookAdded, format!("it is a hook that runs at {events}"));
        }
        _ => {}
    }
    sort_by(&mut found, |a, b| (a.kind, &a.message).cmp(&(b.kind, &b.message)));
    found.dedup();
    found
}

/// Whether an object is a hook that runs without being asked to, as those of tests do not.
fn runs_by_itself(object: &DiffObject) -> bool {
    object.events.iter().any(|event| *event != HookEvent::Test)
}

fn removed(old: &DiffObject, add: &mut dyn FnMut(RiskKind, String)) {
    let kind = old.id.kind.as_str();
    if !old.events.is_empty() {
        if runs_by_itself(old) {
            let events = old.annotation(HOOK).unwrap_or_default();
            add(
                RiskKind::HookRemoved,
                format!("the hook that ran at {events} is removed"),
            );
        }
        return;
    }
    if old.is_in_crds {
        let message = "Helm does not delete definitions of crds/: it stays in the cluster, and so do its resources";
        add(RiskKind::DefinitionNotUpgraded, message.to_owned());
        return;
    }
    if old.is_kept() {
        let message = "it is no longer part of the release, and stays in the cluster: helm.sh/resource-policy is keep";
        add(RiskKind::ObjectRemoved, message.to_owned());
        return;
    }
    match (old.id.group.as_str(), kind) {
        ("apiextensions.k8s.io", "CustomResourceDefinition") => add(
            RiskKind::DefinitionRemoved,
            "the upgrade deletes the definition, and with it all resources of its kind in the cluster".to_owned(),
        ),
        ("", "PersistentVolumeClaim") => add(
            RiskKind::StorageRemoved,
            "the upgrade deletes the claim, and its data unless the volume is retained".to_owned(),
        ),
        ("apps", "StatefulSet") => {
            if has_templates(old) {
                let message = "the claims of its pods stay behind, and are not used any more";
                add(RiskKind::StorageRemoved, message.to_owned());
            }
            add(RiskKind::ObjectRemoved, "the upgrade deletes it".to_owned());
        }
        ("", "Namespace") => add(
            RiskKind::ObjectRemoved,
            "the upgrade deletes the namespace with everything in it".to_owned(),
        ),
        _ => add(RiskKind::ObjectRemoved, "the upgrade deletes it".to_owned()),
    }
}

fn has_templates(object: &DiffObject) -> bool {
    let templates = object
        .value
        .get("spec")
        .and_then(|spec| spec.get("volumeClaimTemplates"));
    templates.and_then(Json::as_array).is_some_and(|list| !list.is_empty())
}

fn changed(old: &DiffObject, new: &DiffObject, fields: &[FieldChange], add: &mut dyn FnMut(RiskKind, String)) {
    if new.is_in_crds && old.is_in_crds {
        let message = "Helm does not change definitions of crds/ in an upgrade: apply it with kubectl";
        add(RiskKind::DefinitionNotUpgraded, message.to_owned());
    }
    if old.events != new.events {
        let events = |object: &DiffObject| object.annotation(HOOK).map_or("no hook".to_owned(), str::to_owned);
        let message = format!("its hook was {}, and is {}", events(old), events(new));
        add(RiskKind::HookChanged, message);
    }
    let mut immutable: Vec<&str> = fields.iter().filter_map(|field| refused(old, new, field)).collect();
    sort(&mut immutable);
    if let [first, rest @ ..] = immutable.as_slice() {
        let more = match rest.len() {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        let message = format!(
            "the API server refuses to change {first}{more}: the upgrade fails unless the object is deleted first"
        );
        add(RiskKind::ImmutableField, message);
    }
    for field in fields {
        changed_field(old, field, add);
    }
}

fn changed_field(object: &DiffObject, field: &FieldChange, add: &mut dyn FnMut(RiskKind, String)) {
    let path = field.path.as_str();
    let is_service = object.id.group.is_empty() && object.id.kind == "Service";
    let is_claim = object.id.group.is_empty() && object.id.kind == "PersistentVolumeClaim";
    let text = |value: &Option<Json>| value.as_ref().and_then(Json::as_str).unwrap_or_default().to_owned();
    if path == "spec.replicas" && field.new.as_ref().is_some_and(|value| value == 0) {
        let was = field.old.as_ref().map_or("1".to_owned(), ToString::to_string);
        add(RiskKind::ScaledToZero, format!("no replica is left of {was}"));
    }
    if is_service && path == "spec.type" {
        let shown = |value: &Option<Json>| value.as_ref().and_then(Json::as_str).unwrap_or("ClusterIP").to_owned();
        let (was, is) = (shown(&field.old), shown(&field.new));
        if was != is {
            add(RiskKind::ServiceTypeChanged, format!("its type was {was}, and is {is}"));
        }
    }
    if is_service && path.starts_with("spec.selector") {
        let key = field.steps.last().map_or("", String::as_str);
        let shown = |value: &Option<Json>| {
            value
                .as_ref()
                .map_or("nothing".to_owned(), |value| text(&Some(value.clone())))
        };
        let message = format!(
            "it selects other pods: {key} was {}, and is {}",
            shown(&field.old),
            shown(&field.new)
        );
        add(RiskKind::ServiceSelectorChanged, message);
    }
    if is_claim && path == "spec.resources.requests.storage" {
        let (was, is) = (text(&field.old), text(&field.new));
        if Quantity::parse(&is) < Quantity::parse(&was) {
            let message = format!("the API server refuses to make the claim smaller, from {was} to {is}");
            add(RiskKind::ImmutableField, message);
        }
    }
    let is_claim_name =
        field.steps.iter().any(|step| step == "volumes") && path.ends_with(".persistentVolumeClaim.claimName");
    if is_claim_name && field.old.is_some() {
        let message = match &field.new {
            Some(new) => format!(
                "another claim is mounted: {} in the place of {}",
                text(&Some(new.clone())),
                text(&field.old)
            ),
            None => format!("the claim {} is not mounted any more", text(&field.old)),
        };
        add(RiskKind::StorageRemoved, message);
    }
    if path.starts_with("spec.volumeClaimTemplates") && path.ends_with("].metadata.name") && field.new.is_none() {
        let message = format!(
            "the volumes of the claim template {} are not used any more",
            text(&field.old)
        );
        add(RiskKind::StorageRemoved, message);
    }
    let is_image = field.steps.last().is_some_and(|step| step == "image")
        && (field.steps.len() < 3 || is_of_container(&field.steps) || text(&field.new).contains([':', '/']));
    if is_image && let (Some(Json::String(was)), Some(Json::String(is))) = (&field.old, &field.new) {
        add(RiskKind::ImageChanged, format!("{was} → {is}"));
    }
}

/// Whether a field is directly in a container.
fn is_of_container(steps: &[String]) -> bool {
    let list = steps.len().checked_sub(3).and_then(|at| steps.get(at));
    list.is_some_and(|list| CONTAINERS.contains(&list.as_str()))
}
