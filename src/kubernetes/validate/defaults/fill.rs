//! An object and the definitions of its types, side by side.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::catalog::Catalog;
use super::super::quantity::decode_base64;
use super::super::schema::{Property, Schema, find_property};
use super::field_paths::{Fields, default_to, is_set, object_or_new, text};
use super::quantity_text::{Precision, canonical};
use super::table::{Name, Presence, Rule};
use super::time_text::{Digits, canonical_time};
use super::{admission, dependent};

/// Changes an object of a built-in kind into what validating admission sees when the object is created: what was read is written again
/// with the defaults of the kind, as the server's own types write it (quantities in their canonical form, `status: {}`, empty lists left
/// out), and with what the plugins of admission that are always there and the registry add. Other kinds stay as they are.
///
/// What is random or only known to a cluster is left out: `uid`, `creationTimestamp` and `managedFields`; a name out of `generateName`; the
/// namespace of the request; addresses, node ports and IP families of Services; the volume with the token of a Pod and the secrets of its service
/// account; the labels of a Job with its UID; the user who makes a `CertificateSigningRequest`; times that are now; default classes of
/// storage, ingress and priority; the limits of a `LimitRange`, what a `RuntimeClass` adds, and what mutating webhooks and policies change.
///
/// Follows `Create` of `k8s.io/apiserver/pkg/registry/generic/registry/store.go`: validating admission runs after `BeforeCreate`, so the status
/// that a client sends is gone. Feature gates have their defaults; fields of a gate that is off are not dropped, and `matchLabelKeys` of a Pod not
/// yet part of its selectors.
pub fn set_defaults(catalog: &Catalog, api_version: &str, kind: &str, object: &mut Value) {
    let (Some(definition), Value::Object(fields)) = (catalog.root(api_version, kind), object) else {
        return;
    };
    let Schema::Object(properties) = definition.schema else {
        return;
    };
    let name = Name::of(definition.name);
    admission::drop_system_fields(fields);
    for rule in name.rules() {
        if rule.value == "-" && holds(rule, fields, catalog.minor()) {
            fields.remove(rule.field);
        }
    }
    let filling = Filling { catalog };
    filling.object(&name, properties, fields);
    admission::admit(&name.short, catalog.minor(), fields);
}

struct Filling<'c> {
    catalog: &'c Catalog,
}

impl Filling<'_> {
    fn value(&self, value: &mut Value, schema: &Schema) {
        match (schema, value) {
            (Schema::Reference(name), value) => self.referred(value, *name),
            (Schema::Array(inner), Value::Array(items)) => {
                for item in items {
                    self.item(item, inner);
                    self.value(item, inner);
                }
            }
            (Schema::Map(inner), Value::Object(entries)) => {
                for value in entries.values_mut() {
                    self.item(value, inner);
                    match self.resolved(inner) {
                        Schema::Quantity => canonical(value, Precision::Thousandths),
                        _ => self.value(value, inner),
                    }
                }
            }
            (Schema::Object(properties), Value::Object(fields)) => self.object(&Name::of(""), properties, fields),
            (Schema::Quantity, value) => canonical(value, Precision::Billionths),
            (Schema::Bytes, Value::String(text)) => {
                if let Some(bytes) = decode_base64(text) {
                    *text = STANDARD.encode(bytes);
                }
            }
            (Schema::DateTime, Value::String(text)) => canonical_time(text, Digits::None),
            _ => {}
        }
    }

    /// A value of the type with this name.
    fn referred(&self, value: &mut Value, name: u32) {
        let Some(definition) = self.catalog.definition(self.catalog.json_schema_of(name)) else {
            return;
        };
        match (definition.schema, value) {
            (Schema::Object(properties), Value::Object(fields)) => {
                self.object(&Name::of(definition.name), properties, fields);
            }
            // A list of schemas, where a schema is expected.
            (Schema::Object(_), Value::Array(items)) => {
                for item in items {
                    self.referred(item, name);
                }
            }
            (Schema::DateTime, Value::String(text)) if definition.name.ends_with("MicroTime") => {
                canonical_time(text, Digits::Six);
            }
            (Schema::Reference(_), _) => {}
            (schema, value) => self.value(value, schema),
        }
    }

    /// An item of a list or value of a map that is null is zero.
    fn item(&self, item: &mut Value, schema: &Schema) {
        if item.is_null() {
            *item = self.zero(schema);
        }
    }

    /// What a type is in the end.
    fn resolved<'s>(&'s self, schema: &'s Schema) -> &'s Schema {
        match schema {
            Schema::Reference(name) => {
                let found = self.catalog.definition(*name);
                found.map_or(schema, |definition| definition.schema)
            }
            _ => schema,
        }
    }

    fn has_fields(&self, schema: &Schema) -> bool {
        matches!(
            self.resolved(schema),
            Schema::Object(_) | Schema::AnyObject | Schema::Any
        )
    }

    /// The zero of a Go type as JSON.
    fn zero(&self, schema: &Schema) -> Value {
        match self.resolved(schema) {
            Schema::String | Schema::Enum(_) => json!(""),
            Schema::Quantity => json!("0"),
            Schema::Boolean => json!(false),
            Schema::Integer | Schema::Int32 | Schema::Int64 | Schema::Number | Schema::IntOrString => json!(0),
            Schema::Object(_) => json!({}),
            _ => Value::Null,
        }
    }

    #[inline(never)]
    fn presence(&self, name: &Name, property: &Property) -> Presence {
        let has_fields = self.has_fields(&property.schema);
        name.presence(property.name, property.is_required, has_fields)
    }

    fn object(&self, name: &Name, properties: &[Property], fields: &mut Fields) {
        fields.retain(|key, value| {
            find_property(properties, key)
                .is_some_and(|property| !is_read_as_zero(value, self.presence(name, property)))
        });
        for property in properties {
            let is_object = matches!(self.resolved(&property.schema), Schema::Object(_));
            if is_object && self.presence(name, property) == Presence::Always {
                object_or_new(fields, property.name);
            }
        }
        for rule in name.rules() {
            if rule.value != "-" && holds(rule, fields, self.catalog.minor()) {
                default_to(fields, rule.field, rule.value);
            }
        }
        dependent::complete(&name.short, self.catalog.minor(), fields);
        for (key, value) in fields.iter_mut() {
            if let Some(property) = find_property(properties, key) {
                self.value(value, &property.schema);
            }
        }
        for property in properties {
            let zero = match self.presence(name, property) {
                Presence::Always => self.zero(&property.schema),
                Presence::Null => Value::Null,
                Presence::Kept | Presence::NonZero => continue,
            };
            fields.entry(property.name).or_insert(zero);
        }
    }
}

/// Whether a value is what Go has for a field that is absent.
fn is_read_as_zero(value: &Value, presence: Presence) -> bool {
    let is_scalar_zero = match value {
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Bool(is_true) => !is_true,
        _ => false,
    };
    match presence {
        _ if value.is_null() => true,
        Presence::Always => is_scalar_zero,
        Presence::NonZero => {
            let is_empty = match value {
                Value::Array(items) => items.is_empty(),
                Value::Object(entries) => entries.is_empty(),
                _ => false,
            };
            is_scalar_zero || is_empty
        }
        Presence::Kept | Presence::Null => false,
    }
}

/// Whether the conditions of a rule hold.
fn holds(rule: Rule, fields: &Fields, minor: u8) -> bool {
    rule.conditions().all(|condition| {
        if let Some(since) = condition.strip_prefix("1.") {
            return since.parse::<u8>().is_ok_and(|since| minor >= since);
        }
        if let Some(path) = condition.strip_prefix('!') {
            return !is_set(fields, path);
        }
        match condition.split_once('=') {
            Some((path, texts)) => texts.split('|').any(|wanted| wanted == text(fields, path)),
            None => is_set(fields, condition),
        }
    })
}
