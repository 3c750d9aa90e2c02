//! One version of one kind of custom resources: its schema, and the verdict on a resource.

use std::collections::HashSet;
use std::sync::OnceLock;

use serde_json::Value as Json;

use crate::text::json_pointer;
use crate::text::yaml::{self, NodeId, Tree};

use super::super::cel;
use super::super::fields::Step;
use super::super::ids;
use super::check::schema_faults;
use super::embedded::Embedded;
use super::fault::Fault;
use super::number::Number;
use super::prepare::{drop_status, set_defaults};
use super::schema::Schema;
use super::typed::type_faults;

/// Most replicas that a scale has.
const MAX_REPLICAS: i64 = i32::MAX as i64;

/// Where the numbers of a scale are: fields with dots between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Scale {
    pub(super) replicas: String,
    pub(super) status_replicas: String,
    pub(super) label_selector: Option<String>,
}

/// One version of one kind, as its definition has it.
#[derive(Debug)]
pub(in super::super) struct CustomKind {
    schema: Schema,
    /// The schema as written, if it has validations to evaluate.
    validations: Option<Json>,
    /// Its rules, compiled.
    programs: cel::RulePrograms,
    /// Whether the server refuses the definition for what its validations may cost; found when they are first needed.
    is_too_expensive: OnceLock<bool>,
    /// Whether the status is a subresource, which a create does not set.
    has_status: bool,
    scale: Option<Scale>,
    is_namespaced: bool,
    plural: Option<String>,
}

impl CustomKind {
    pub(super) fn new(
        json: Json,
        (is_namespaced, plural): (bool, Option<String>),
        has_status: bool,
        scale: Option<Scale>,
    ) -> Self {
        Self {
            plural,
            schema: Schema::of(&json),
            validations: cel::has_validations(&json).then_some(json),
            programs: cel::RulePrograms::default(),
            is_too_expensive: OnceLock::new(),
            has_status,
            scale,
            is_namespaced,
        }
    }

    /// Whether its resources are in a namespace.
    pub(in super::super) const fn is_namespaced(&self) -> bool {
        self.is_namespaced
    }

    /// The plural name of the kind, if its definition has one.
    pub(in super::super) fn plural(&self) -> Option<&str> {
        self.plural.as_deref()
    }

    /// Makes of a valid resource what policies of admission see: with its defaults, and without what a create does not set.
    pub(in super::super) fn prepare(&self, resource: &mut Json) {
        // What cannot be set is a fault of the resource.
        drop(set_defaults(&self.schema, resource));
        if self.has_status {
            drop_status(resource);
        }
    }

    /// What a server refuses about a resource, its metadata apart.
    pub(in super::super) fn judge(&self, resource: &Json, options: Judging) -> Judged {
        let mut faults = type_faults(&self.schema, resource, options.refuses_unknown);
        let mut prepared = resource.clone();
        let defaults = set_defaults(&self.schema, &mut prepared);
        if self.has_status {
            drop_status(&mut prepared);
        }
        let known: HashSet<Vec<String>> = faults.iter().map(|fault| fault.path.clone()).collect();
        let found = match defaults {
            Ok(()) => schema_faults(&self.schema, &prepared, options.minor),
            Err(message) => vec![Fault::at(&[], ids::SCHEMA, message)],
        };
        faults.extend(found.into_iter().filter(|fault| !known.contains(&fault.path)));
        let mut unevaluated = Vec::new();
        if !options.is_schema_only {
            faults.extend(self.scale_faults(&prepared));
            if let Some(validations) = self.validations.as_ref().filter(|_| faults.is_empty()) {
                let is_refused = self.is_too_expensive.get_or_init(|| cel::is_too_expensive(validations));
                let found = if *is_refused {
                    cel::unevaluated(validations, &self.programs, &prepared)
                } else {
                    cel::validations(validations, &self.programs, &prepared)
                };
                unevaluated = found.not_evaluated;
                faults.extend(found.failed.into_iter().map(|(path, message)| Fault {
                    path,
                    message,
                    rule: ids::CEL,
                }));
            }
        }
        Judged { faults, unevaluated }
    }

    /// The objects of Kubernetes inside a resource (`x-kubernetes-embedded-resource`).
    pub(in super::super) fn embedded_resources<'v>(&self, resource: &'v Json) -> Vec<Embedded<'v>> {
        let mut found = Vec::new();
        collect_embedded(&self.schema, resource, &mut Vec::new(), &mut found);
        for embedded in &mut found {
            embedded.is_dropped = self.has_status && embedded.path.first().is_some_and(|step| step == "status");
        }
        found
    }

    /// Replicas are whole numbers that are not negative, and the selector is a text.
    fn scale_faults(&self, resource: &Json) -> Vec<Fault> {
        let Some(scale) = &self.scale else {
            return Vec::new();
        };
        let mut faults = Vec::new();
        let mut report = |path: &str, message: &str| {
            let steps: Vec<Step<'_>> = path.split('.').map(Step::Key).collect();
            faults.push(Fault::at(&steps, ids::SCHEMA, message.to_owned()));
        };
        for path in [&scale.replicas, &scale.status_replicas] {
            match at_path(resource, path) {
                None => {}
                Some(Json::Number(number)) => match Number::of(number) {
                    Number::Int(0..=MAX_REPLICAS) => {}
                    Number::Int(..0) => report(path, "should be a non-negative integer"),
                    Number::Int(_) => report(path, "should be less than or equal to 2147483647"),
                    Number::Float(_) => report(path, "got number, want integer: the scale subresource reads it"),
                },
                Some(_) => report(path, "want integer: the scale subresource reads it"),
            }
        }
        if let Some(path) = &scale.label_selector
            && at_path(resource, path).is_some_and(|selector| !selector.is_string())
        {
            report(path, "want string: the scale subresource reads it");
        }
        faults
    }
}

/// The verdict on a resource.
#[derive(Debug, Default)]
pub(in super::super) struct Judged {
    pub(in super::super) faults: Vec<Fault>,
    /// Steps to a value, and a rule about it that could not be evaluated.
    pub(in super::super) unevaluated: Vec<(Vec<String>, String)>,
}

/// How a resource is judged.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Judging {
    /// The minor version of Kubernetes.
    pub(in super::super) minor: u8,
    /// Fields without a schema are faults.
    pub(in super::super) refuses_unknown: bool,
    /// Only what a JSON schema can express counts.
    pub(in super::super) is_schema_only: bool,
}

fn at_path<'v>(resource: &'v Json, path: &str) -> Option<&'v Json> {
    path.split('.').try_fold(resource, |value, step| value.get(step))
}

fn collect_embedded<'v>(schema: &Schema, value: &'v Json, path: &mut Vec<String>, found: &mut Vec<Embedded<'v>>) {
    let mut inside = |step: String, schema: &Schema, value: &'v Json| {
        path.push(step);
        if schema.is_embedded && value.is_object() {
            found.push(Embedded {
                path: path.clone(),
                object: value,
                is_dropped: false,
            });
        }
        collect_embedded(schema, value, path, found);
        path.pop();
    };
    match value {
        Json::Object(fields) => {
            for (name, value) in fields {
                if let Some(schema) = schema.field(name) {
                    inside(name.clone(), schema, value);
                }
            }
        }
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                if let Some(schema) = &schema.items {
                    inside(index.to_string(), schema, item);
                }
            }
        }
        _ => {}
    }
}

/// The first thing wrong with a default under its own schema, after its path inside the default; nothing if the schema or
/// the default is not JSON. Defaults inside the schema are not set in it (`pkg/apiserver/schema/defaulting/validation.go`).
pub(in super::super) fn default_fault(tree: &Tree<'_>, schema: NodeId, value: NodeId, minor: u8) -> Option<String> {
    let json = yaml::json_from_node(tree, schema).ok()?;
    let value = yaml::json_from_node(tree, value).ok()?;
    let schema = Schema::of(&json);
    let types = type_faults(&schema, &value, false).into_iter();
    let mut duplicates = types.filter(|fault| fault.rule == ids::DUPLICATE);
    let fault = schema_faults(&schema, &value, minor)
        .into_iter()
        .next()
        .or_else(|| duplicates.next());
    let (path, message) = match fault {
        Some(fault) => (fault.path, fault.message),
        None if cel::has_validations(&json) => {
            let programs = cel::RulePrograms::default();
            cel::validations(&json, &programs, &value).failed.into_iter().next()?
        }
        None => return None,
    };
    if path.is_empty() {
        return Some(message);
    }
    let steps: Vec<_> = path.iter().map(|step| json_pointer::escape(step)).collect();
    Some(format!("at /{}: {message}", steps.join("/")))
}
