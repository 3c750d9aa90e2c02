//! What server-side apply refuses before anything else: fields without a schema, values of other types, items of sets and
//! keyed lists that occur twice (`sigs.k8s.io/structured-merge-diff/typed`, with the schema that
//! `k8s.io/kube-openapi/pkg/schemaconv` makes of a definition). Null is of every type here.

use std::collections::HashSet;
use std::fmt::Write as _;

use serde_json::{Map, Value as Json};

use crate::kubernetes::json_schema::words::quote;
use crate::text::near::nearest;

use super::super::fields::Step;
use super::super::ids;
use super::fault::Fault;
use super::schema::{Additional, ListType, Schema, Type, Types};

/// The faults of a resource. Fields without a schema are faults only if they are refused.
pub(super) fn type_faults(schema: &Schema, resource: &Json, refuses_unknown: bool) -> Vec<Fault> {
    let mut walk = Walk {
        refuses_unknown,
        path: Vec::new(),
        faults: Vec::new(),
    };
    walk.object(schema, resource, Place::Root, schema.preserves_unknown);
    walk.faults
}

/// Where an object stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Inside,
}

struct Walk<'v> {
    refuses_unknown: bool,
    path: Vec<Step<'v>>,
    faults: Vec<Fault>,
}

/// The name of a value's type.
pub(super) const fn type_name(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

impl<'v> Walk<'v> {
    fn at(&mut self, step: Step<'v>, work: impl FnOnce(&mut Self)) {
        self.path.push(step);
        work(self);
        self.path.pop();
    }

    /// Anything below a schema that keeps unknown fields keeps them too.
    fn value(&mut self, schema: &Schema, value: &'v Json, preserves: bool) {
        let preserves = preserves || schema.preserves_unknown;
        // A text with a format may be anything that is not a list or an object.
        let is_scalar_of = |types: Types| match value {
            Json::Bool(_) => types.contains(Type::Boolean),
            Json::Number(_) => types.contains(Type::Integer) || types.contains(Type::Number),
            Json::String(_) => types.contains(Type::String),
            _ => false,
        };
        let types = schema.types;
        let fits = match value {
            Json::Null => return,
            _ if types.is_empty() || schema.is_int_or_string => true,
            Json::Object(_) => types.contains(Type::Object),
            Json::Array(_) => types.contains(Type::Array),
            _ => is_scalar_of(types) || (types.contains(Type::String) && schema.has_format),
        };
        if !fits {
            let message = format!("got {}, want {}", type_name(value), types.names());
            self.faults.push(Fault::at(&self.path, ids::SCHEMA, message));
            return;
        }
        match value {
            Json::Object(_) => self.object(schema, value, Place::Inside, preserves),
            Json::Array(items) => self.list(schema, items, preserves),
            _ => {}
        }
    }

    fn object(&mut self, schema: &Schema, value: &'v Json, place: Place, preserves: bool) {
        // An object may have any field if the schema says nothing about its fields.
        let has_fields = !schema.properties.is_empty() || place == Place::Root || schema.is_embedded;
        let is_closed = match schema.additional {
            Additional::Unset => has_fields && !preserves,
            Additional::Any(is_allowed) => !is_allowed,
            Additional::Of(_) => false,
        };
        for (name, value) in value.as_object().into_iter().flatten() {
            let is_meta = place == Place::Root || schema.is_embedded;
            if is_meta && matches!(name.as_str(), "apiVersion" | "kind" | "metadata") {
                continue;
            }
            let step = Step::Key(name);
            match schema.field(name) {
                Some(field) => self.at(step, |walk| walk.value(field, value, preserves)),
                None if is_closed && self.refuses_unknown => {
                    let near = nearest(name, schema.properties.keys().map(String::as_str));
                    let hint = near.map_or_else(String::new, |near| format!(" (did you mean '{near}'?)"));
                    let message = format!("additional properties {} not allowed{hint}", quote(name));
                    self.at(step, |walk| {
                        walk.faults.push(Fault::at(&walk.path, ids::SCHEMA, message));
                    });
                }
                None => {}
            }
        }
    }

    fn list(&mut self, schema: &Schema, items: &'v [Json], preserves: bool) {
        let mut seen = HashSet::new();
        for (index, item) in items.iter().enumerate() {
            let step = Step::Index(index);
            if schema.list_type != ListType::Atomic {
                let fault = match identity(schema, item) {
                    Err(reason) => Some((ids::SCHEMA, reason.to_owned())),
                    Ok(key) if seen.contains(&key) => Some((ids::DUPLICATE, format!("Duplicate value: {key}"))),
                    Ok(key) => {
                        seen.insert(key);
                        None
                    }
                };
                if let Some((rule, message)) = fault {
                    self.at(step, |walk| walk.faults.push(Fault::at(&walk.path, rule, message)));
                }
            }
            if let Some(schema) = &schema.items {
                self.at(step, |walk| walk.value(schema, item, preserves));
            }
        }
    }
}

/// What tells an item of a set or of a keyed list from the others, or why it has nothing of the kind.
fn identity(schema: &Schema, item: &Json) -> Result<String, &'static str> {
    match (schema.list_type, item) {
        (ListType::Map, Json::Object(fields)) => keys_of(schema, fields),
        (ListType::Map, Json::Null) => Err("null is not allowed in a list of type map"),
        (ListType::Map, _) => Err("must be an object for an array of list-type map"),
        (_, Json::Null) => Err("null is not allowed in a list of type set"),
        (_, Json::Object(_) | Json::Array(_)) => {
            Err("server-side apply does not accept objects and lists in a list of type set")
        }
        (_, scalar) => Ok(scalar.to_string()),
    }
}

fn keys_of(schema: &Schema, fields: &Map<String, Json>) -> Result<String, &'static str> {
    let mut key = String::new();
    for name in &schema.list_map_keys {
        let default = || schema.items.as_ref()?.properties.get(name)?.default.as_ref();
        if let Some(value) = fields.get(name).or_else(default) {
            let separator = if key.is_empty() { "" } else { ", " };
            // Writing to a string cannot fail.
            _ = write!(key, "{separator}{name}: {value}");
        }
    }
    if key.is_empty() && !schema.list_map_keys.is_empty() {
        return Err("an item of a list of type map has none of its keys");
    }
    Ok(key)
}
