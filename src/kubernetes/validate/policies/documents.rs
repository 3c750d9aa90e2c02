//! Policies, their bindings, and what they need, out of documents.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::super::cel::{Composition, Expression, Wanted};
use super::matching::NAME_LABEL;

/// Policies, ready to judge objects.
#[derive(Debug, Default)]
pub struct Policies {
    pub(super) all: Vec<Policy>,
    /// Namespaces by their names.
    pub(super) namespaces: BTreeMap<String, Json>,
    /// Objects of the kinds that policies have parameters of.
    pub(super) params: Vec<Json>,
    /// The namespace of objects that do not say it.
    pub(super) default_namespace: String,
}

/// A policy with its bindings.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) name: String,
    pub(super) constraints: Json,
    /// `apiVersion` and `kind` of its parameters.
    pub(super) param_kind: Option<(String, String)>,
    /// Whether an error counts as if the policy were not there.
    pub(super) ignores_errors: bool,
    pub(super) composition: Composition,
    pub(super) conditions: Vec<Expression>,
    pub(super) validations: Vec<Validation>,
    /// The values of audit annotations.
    pub(super) annotations: Vec<Expression>,
    pub(super) bindings: Vec<Binding>,
}

/// One of the conditions that an object must satisfy.
#[derive(Debug)]
pub(super) struct Validation {
    pub(super) text: String,
    pub(super) expression: Expression,
    pub(super) message: String,
    pub(super) computed: Option<Expression>,
    pub(super) reason: String,
}

/// Where a policy applies, and what follows.
#[derive(Debug)]
pub(super) struct Binding {
    pub(super) name: String,
    pub(super) resources: Option<Json>,
    pub(super) param_ref: Option<Json>,
    pub(super) actions: Vec<String>,
}

impl Policies {
    /// The policies among documents, which are whole objects; others are looked at for what policies need.
    /// `default_namespace` is that of objects that do not say it.
    pub fn read(documents: &[Json], default_namespace: &str) -> Self {
        let mut policies: Vec<Policy> = documents
            .iter()
            .filter(|document| is_admission(document, "ValidatingAdmissionPolicy"))
            .map(policy)
            .collect();
        for document in documents {
            if is_admission(document, "ValidatingAdmissionPolicyBinding") {
                let wanted = text(spec(document), "policyName");
                let bound = policies.iter_mut().find(|policy| policy.name == wanted);
                if let Some(policy) = bound {
                    policy.bindings.push(binding(document));
                }
            }
        }
        let is_param = |document: &Json| {
            let of_kind =
                |kind: &(String, String)| kind.0 == text(document, "apiVersion") && kind.1 == text(document, "kind");
            policies
                .iter()
                .any(|policy| policy.param_kind.as_ref().is_some_and(of_kind))
        };
        let mut namespaces = BTreeMap::new();
        for document in documents {
            if text(document, "apiVersion") == "v1" && text(document, "kind") == "Namespace" {
                namespaces.insert(name(document), labelled(document));
            }
        }
        Self {
            params: documents
                .iter()
                .filter(|document| is_param(document))
                .cloned()
                .collect(),
            all: policies,
            namespaces,
            default_namespace: default_namespace.to_owned(),
        }
    }

    /// Why the first expression that does not compile is refused by the server: a sentence.
    pub(super) fn compile_fault(&self) -> Option<String> {
        self.all.iter().find_map(|policy| {
            let conditions = policy.conditions.iter().map(|condition| ("matchConditions", condition));
            let validations = policy
                .validations
                .iter()
                .flat_map(|one| [Some(&one.expression), one.computed.as_ref()].into_iter().flatten());
            let annotations = policy
                .annotations
                .iter()
                .map(|annotation| ("auditAnnotations", annotation));
            let all = policy.composition.expressions().map(|variable| ("variables", variable));
            let all = all
                .chain(conditions)
                .chain(validations.map(|validation| ("validations", validation)))
                .chain(annotations);
            let mut faults = all.filter_map(|(place, expression)| Some((place, expression.fault()?)));
            let (place, fault) = faults.next()?;
            Some(format!(
                "ValidatingAdmissionPolicy {}: /spec/{place}: {fault}",
                policy.name
            ))
        })
    }

    /// Whether there are no policies.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

/// A namespace with the label that the server gives it.
fn labelled(namespace: &Json) -> Json {
    let mut labelled = namespace.clone();
    if let Some(metadata) = labelled.get_mut("metadata").and_then(Json::as_object_mut)
        && let Some(labels) = metadata.entry("labels").or_insert_with(|| json!({})).as_object_mut()
    {
        labels.insert(NAME_LABEL.to_owned(), json!(name(namespace)));
    }
    labelled
}

fn is_admission(document: &Json, kind: &str) -> bool {
    text(document, "kind") == kind && text(document, "apiVersion").starts_with("admissionregistration.k8s.io/")
}

fn spec(document: &Json) -> &Json {
    document.get("spec").unwrap_or(&Json::Null)
}

/// A text in an object; empty if it is not there.
pub(super) fn text<'j>(object: &'j Json, key: &str) -> &'j str {
    object.get(key).and_then(Json::as_str).unwrap_or_default()
}

/// The name of an object.
pub(super) fn name(document: &Json) -> String {
    document
        .get("metadata")
        .map_or("", |metadata| text(metadata, "name"))
        .to_owned()
}

pub(super) fn list<'j>(object: &'j Json, key: &str) -> impl Iterator<Item = &'j Json> {
    object.get(key).and_then(Json::as_array).into_iter().flatten()
}

/// A policy without bindings (`compilePolicy`).
fn policy(document: &Json) -> Policy {
    let spec = spec(document);
    let param_kind = spec
        .get("paramKind")
        .filter(|kind| kind.is_object())
        .map(|kind| (text(kind, "apiVersion").to_owned(), text(kind, "kind").to_owned()));
    let mut composition = Composition::new(param_kind.is_some());
    for variable in list(spec, "variables") {
        composition.add(text(variable, "name"), text(variable, "expression"));
    }
    let validation = |validation: &Json| {
        let expression = text(validation, "expression");
        let computed = Some(text(validation, "messageExpression")).filter(|computed| !computed.is_empty());
        let reason = Some(text(validation, "reason")).filter(|reason| !reason.is_empty());
        Validation {
            text: expression.trim().to_owned(),
            expression: composition.compile(expression, Wanted::Bool, true),
            message: text(validation, "message").trim().to_owned(),
            computed: computed.map(|computed| composition.compile(computed, Wanted::Text, false)),
            reason: reason.unwrap_or("Invalid").to_owned(),
        }
    };
    Policy {
        name: name(document),
        constraints: spec.get("matchConstraints").cloned().unwrap_or_default(),
        param_kind,
        ignores_errors: text(spec, "failurePolicy") == "Ignore",
        conditions: list(spec, "matchConditions")
            .map(|condition| composition.compile(text(condition, "expression"), Wanted::Bool, true))
            .collect(),
        validations: list(spec, "validations").map(validation).collect(),
        annotations: list(spec, "auditAnnotations")
            .map(|annotation| composition.compile(text(annotation, "valueExpression"), Wanted::TextOrNull, true))
            .collect(),
        composition,
        bindings: Vec::new(),
    }
}

fn binding(document: &Json) -> Binding {
    let spec = spec(document);
    let object = |key: &str| spec.get(key).filter(|value| value.is_object()).cloned();
    Binding {
        name: name(document),
        resources: object("matchResources"),
        param_ref: object("paramRef"),
        actions: list(spec, "validationActions")
            .filter_map(Json::as_str)
            .map(str::to_owned)
            .collect(),
    }
}
