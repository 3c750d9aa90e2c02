//! The compact form of the definitions of all versions. `src/kubernetes/validate/bundle.rs` reads it; the layout is described there.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::enums::{Enums, Values};

/// Tags of schema nodes; `src/kubernetes/validate/schema.rs` has the same numbers.
mod tag {
    pub(super) const ANY: u8 = 0;
    pub(super) const STRING: u8 = 1;
    pub(super) const BYTES: u8 = 2;
    pub(super) const DATE_TIME: u8 = 3;
    pub(super) const INTEGER: u8 = 4;
    pub(super) const INT32: u8 = 5;
    pub(super) const INT64: u8 = 6;
    pub(super) const NUMBER: u8 = 7;
    pub(super) const BOOLEAN: u8 = 8;
    pub(super) const INT_OR_STRING: u8 = 9;
    pub(super) const QUANTITY: u8 = 10;
    pub(super) const ARRAY: u8 = 11;
    pub(super) const MAP: u8 = 12;
    pub(super) const OBJECT: u8 = 13;
    pub(super) const REFERENCE: u8 = 14;
    pub(super) const ANY_OBJECT: u8 = 15;
    pub(super) const ENUM: u8 = 16;
}

const MAGIC: &[u8] = b"CWKS2\n";

/// Definitions of values that are written as scalars.
const QUANTITY: &str = "io.k8s.apimachinery.pkg.api.resource.Quantity";
const INT_OR_STRING: &str = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";

#[derive(Default)]
pub(crate) struct Bundle {
    strings: BTreeMap<String, u32>,
    string_list: Vec<String>,
    definitions: BTreeMap<Vec<u8>, u32>,
    definition_list: Vec<Vec<u8>>,
    versions: Vec<VersionEntry>,
}

struct VersionEntry {
    minor: u8,
    /// Name and definition.
    names: Vec<(u32, u32)>,
    /// Group, version, kind, name of the definition.
    kinds: Vec<(u32, u32, u32, u32)>,
}

/// The definition whose fields are encoded.
#[derive(Clone, Copy)]
struct Owner<'e> {
    name: &'e str,
    enums: &'e Enums,
}

impl Bundle {
    pub(crate) fn definition_count(&self) -> usize {
        self.definition_list.len()
    }

    /// Adds the definitions of one version, with the closed sets of values of their fields.
    pub(crate) fn add(&mut self, minor: u8, document: &Value, enums: &Enums) {
        let mut entry = VersionEntry {
            minor,
            names: Vec::new(),
            kinds: Vec::new(),
        };
        let definitions: BTreeMap<&String, &Value> = document
            .get("definitions")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .collect();
        for (name, definition) in definitions {
            let mut encoded = Vec::new();
            match name.as_str() {
                QUANTITY => encoded.push(tag::QUANTITY),
                INT_OR_STRING => encoded.push(tag::INT_OR_STRING),
                _ => self.schema(definition, Owner { name, enums }, None, &mut encoded),
            }
            let index = self.definition(encoded);
            let name_index = self.string(name);
            entry.names.push((name_index, index));
            for kind in definition
                .get("x-kubernetes-group-version-kind")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                let text = |key: &str| kind.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
                let (group, version, kind) = (text("group"), text("version"), text("kind"));
                let key = (
                    self.string(&group),
                    self.string(&version),
                    self.string(&kind),
                    name_index,
                );
                entry.kinds.push(key);
            }
        }
        self.versions.push(entry);
    }

    fn string(&mut self, text: &str) -> u32 {
        if let Some(&index) = self.strings.get(text) {
            return index;
        }
        let index = to_u32(self.string_list.len());
        self.strings.insert(text.to_owned(), index);
        self.string_list.push(text.to_owned());
        index
    }

    fn definition(&mut self, encoded: Vec<u8>) -> u32 {
        if let Some(&index) = self.definitions.get(&encoded) {
            return index;
        }
        let index = to_u32(self.definition_list.len());
        self.definitions.insert(encoded.clone(), index);
        self.definition_list.push(encoded);
        index
    }

    /// `values` are those that a field may have, when they are a closed set.
    fn schema(&mut self, schema: &Value, owner: Owner<'_>, values: Option<&Values>, out: &mut Vec<u8>) {
        let text = |key: &str| schema.get(key).and_then(Value::as_str).unwrap_or_default();
        if let Some(reference) = text("$ref").strip_prefix("#/definitions/") {
            let index = self.string(reference);
            out.push(tag::REFERENCE);
            varint(index, out);
            return;
        }
        match (text("type"), text("format")) {
            ("string", "byte") => out.push(tag::BYTES),
            ("string", "date-time") => out.push(tag::DATE_TIME),
            ("string", "int-or-string") => out.push(tag::INT_OR_STRING),
            ("string", _) => match values {
                Some(values) => self.values(values, out),
                None => out.push(tag::STRING),
            },
            ("integer", "int32") => out.push(tag::INT32),
            ("integer", "int64") => out.push(tag::INT64),
            ("integer", _) => out.push(tag::INTEGER),
            ("number", _) => out.push(tag::NUMBER),
            ("boolean", _) => out.push(tag::BOOLEAN),
            ("array", _) => {
                out.push(tag::ARRAY);
                self.schema(schema.get("items").unwrap_or(&Value::Null), owner, values, out);
            }
            _ => self.object(schema, owner, out),
        }
    }

    fn values(&mut self, values: &Values, out: &mut Vec<u8>) {
        out.push(tag::ENUM);
        varint(to_u32(values.values.len()) * 2 + u32::from(values.allows_empty), out);
        for value in &values.values {
            let index = self.string(value);
            varint(index, out);
        }
    }

    fn object(&mut self, schema: &Value, owner: Owner<'_>, out: &mut Vec<u8>) {
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            let required: Vec<&str> = schema
                .get("required")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let properties: BTreeMap<&String, &Value> = properties.iter().collect();
            out.push(tag::OBJECT);
            varint(to_u32(properties.len()), out);
            for (name, property) in properties {
                let index = self.string(name);
                varint(index * 2 + u32::from(required.contains(&name.as_str())), out);
                let values = owner.enums.get(&(owner.name.to_owned(), name.clone()));
                self.schema(property, owner, values, out);
            }
        } else if let Some(values) = schema.get("additionalProperties") {
            out.push(tag::MAP);
            self.schema(values, owner, None, out);
        } else if schema.get("type").and_then(Value::as_str) == Some("object") {
            out.push(tag::ANY_OBJECT);
        } else {
            out.push(tag::ANY);
        }
    }

    /// The whole bundle. The same definitions give the same bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        varint(to_u32(self.string_list.len()), &mut out);
        for text in &self.string_list {
            varint(to_u32(text.len()), &mut out);
            out.extend_from_slice(text.as_bytes());
        }
        varint(to_u32(self.definition_list.len()), &mut out);
        for definition in &self.definition_list {
            varint(to_u32(definition.len()), &mut out);
            out.extend_from_slice(definition);
        }
        varint(to_u32(self.versions.len()), &mut out);
        for version in &self.versions {
            let mut body = Vec::new();
            varint(to_u32(version.names.len()), &mut body);
            for &(name, definition) in &version.names {
                varint(name, &mut body);
                varint(definition, &mut body);
            }
            varint(to_u32(version.kinds.len()), &mut body);
            for &(group, api, kind, name) in &version.kinds {
                for number in [group, api, kind, name] {
                    varint(number, &mut body);
                }
            }
            out.push(version.minor);
            varint(to_u32(body.len()), &mut out);
            out.extend_from_slice(&body);
        }
        out
    }
}

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Seven bits per byte, lowest first.
fn varint(mut number: u32, out: &mut Vec<u8>) {
    let low = |number: u32| u8::try_from(number & 0x7F).unwrap_or_default();
    while number >= 0x80 {
        out.push(low(number) | 0x80);
        number >>= 7;
    }
    out.push(low(number));
}
