//! A node and a definition, side by side.

use std::borrow::Cow;

use crate::yaml::{NodeId, NodeKind, Scalar, Tree};

use super::catalog::Catalog;
use super::quantity::{is_base64, is_date_time, is_quantity};
use super::resource::Violation;
use super::schema::{Property, Schema};

/// Deepest nesting that is looked at; the API server reads no deeper documents either.
const MAX_DEPTH: usize = 1000;

/// How strictly documents are held against definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Strictness {
    /// Unknown fields are violations.
    pub(super) refuses_unknown: bool,
    /// Only what a JSON schema can say is checked.
    pub(super) schema_only: bool,
}

/// What a node is, in JSON's words.
#[derive(Debug, Clone)]
enum Found<'t> {
    Null,
    Bool,
    Integer(i128),
    Float,
    Text(Cow<'t, str>),
    Array,
    Object,
}

impl Found<'_> {
    const fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "boolean",
            Self::Integer(_) | Self::Float => "number",
            Self::Text(_) => "string",
            Self::Array => "array",
            Self::Object => "object",
        }
    }
}

/// Walks one document.
pub(super) struct Walk<'w> {
    tree: &'w Tree<'w>,
    catalog: &'w Catalog,
    strictness: Strictness,
    /// Added to offsets, since documents are read one by one.
    base: usize,
    path: Vec<Cow<'w, str>>,
    violations: Vec<Violation>,
}

impl<'w> Walk<'w> {
    pub(super) const fn new(tree: &'w Tree<'w>, catalog: &'w Catalog, strictness: Strictness, base: usize) -> Self {
        Self {
            tree,
            catalog,
            strictness,
            base,
            path: Vec::new(),
            violations: Vec::new(),
        }
    }

    /// The violations of the document at `root`.
    pub(super) fn run(mut self, root: NodeId, schema: &'w Schema) -> Vec<Violation> {
        self.value(root, schema, false);
        self.violations
    }

    fn report(&mut self, node: NodeId, rule: &'static str, message: String) {
        let mut path = String::new();
        for step in &self.path {
            path.push('/');
            path.push_str(&step.replace('~', "~0").replace('/', "~1"));
        }
        let offset = self.base + self.tree.span(node).start as usize;
        self.violations.push(Violation {
            path,
            message,
            offset,
            rule,
        });
    }

    fn found(&self, node: NodeId) -> Found<'w> {
        match self.tree.kind(node) {
            NodeKind::Mapping => Found::Object,
            NodeKind::Sequence => Found::Array,
            NodeKind::Alias | NodeKind::Scalar(_) => match self.tree.scalar(node) {
                Ok(Scalar::Null) | Err(_) => Found::Null,
                Ok(Scalar::Bool(_)) => Found::Bool,
                Ok(Scalar::Int(number)) => Found::Integer(i128::from(number)),
                Ok(Scalar::Uint(number)) => Found::Integer(i128::from(number)),
                Ok(Scalar::Float(number)) => whole_number(number).map_or(Found::Float, Found::Integer),
                Ok(Scalar::Str(text)) => Found::Text(text),
                Ok(Scalar::Timestamp(text)) => Found::Text(Cow::Borrowed(text)),
            },
        }
    }

    fn value(&mut self, node: NodeId, schema: &'w Schema, may_be_null: bool) {
        let node = self.tree.target(node);
        if let Schema::Reference(name) = schema {
            if let Some(schema) = self.catalog.definition(*name)
                && self.path.len() < MAX_DEPTH
            {
                self.value(node, schema, may_be_null);
            }
            return;
        }
        let found = self.found(node);
        if matches!(found, Found::Null) && may_be_null {
            return;
        }
        match (schema, &found) {
            (Schema::Any, _)
            | (Schema::AnyObject, Found::Object)
            | (
                Schema::String | Schema::Bytes | Schema::DateTime | Schema::IntOrString | Schema::Quantity,
                Found::Text(_),
            )
            | (
                Schema::Integer
                | Schema::Int32
                | Schema::Int64
                | Schema::Number
                | Schema::IntOrString
                | Schema::Quantity,
                Found::Integer(_),
            )
            | (Schema::Number | Schema::Quantity, Found::Float)
            | (Schema::Boolean, Found::Bool) => self.content(node, schema, &found),
            (Schema::Array(items), Found::Array) => self.array(node, items),
            (Schema::Map(values), Found::Object) => self.map(node, values),
            (Schema::Object(properties), Found::Object) => self.object(node, properties),
            (schema, found) => {
                let nullable = if may_be_null { "null or " } else { "" };
                let message = format!("got {}, want {nullable}{}", found.type_name(), schema.type_name());
                self.report(node, "type", message);
            }
        }
    }

    /// What the API server finds while decoding, beyond the type.
    fn content(&mut self, node: NodeId, schema: &Schema, found: &Found<'_>) {
        if self.strictness.schema_only {
            return;
        }
        match (schema, found) {
            (Schema::Int32 | Schema::IntOrString, Found::Integer(number)) if i32::try_from(*number).is_err() => {
                self.report(node, "int32", format!("{number} does not fit 32 bits"));
            }
            (Schema::Int64, Found::Integer(number)) if i64::try_from(*number).is_err() => {
                self.report(node, "int64", format!("{number} does not fit 64 bits"));
            }
            (Schema::Quantity, Found::Text(text)) if !is_quantity(text) => {
                let message =
                    format!("{text:?} is no quantity: want a number and a suffix such as m, k, M, Ki, Mi or Gi");
                self.report(node, "quantity", message);
            }
            (Schema::Bytes, Found::Text(text)) if !is_base64(text) => {
                self.report(node, "base64", "the value is not base64".to_owned());
            }
            (Schema::DateTime, Found::Text(text)) if !is_date_time(text) => {
                self.report(node, "date-time", format!("{text:?} is no RFC 3339 time"));
            }
            _ => {}
        }
    }

    fn array(&mut self, node: NodeId, items: &'w Schema) {
        let tree = self.tree;
        for (index, item) in tree.children(node).enumerate() {
            self.path.push(Cow::Owned(index.to_string()));
            // A null item is an empty one to the API server, which then misses what is required of it.
            let may_be_null = !self.has_required(items);
            self.value(item, items, may_be_null);
            self.path.pop();
        }
    }

    fn has_required(&self, schema: &Schema) -> bool {
        match schema {
            Schema::Reference(name) => self
                .catalog
                .definition(*name)
                .is_some_and(|schema| self.has_required(schema)),
            Schema::Object(properties) => properties.iter().any(|property| property.is_required),
            _ => false,
        }
    }

    fn map(&mut self, node: NodeId, values: &'w Schema) {
        for (name, _, value) in self.entries(node) {
            self.path.push(name);
            self.value(value, values, true);
            self.path.pop();
        }
    }

    fn object(&mut self, node: NodeId, properties: &'w [Property]) {
        let entries = self.entries(node);
        let mut missing: Vec<&str> = properties
            .iter()
            .filter(|property| property.is_required)
            .map(|property| property.name)
            .collect();
        for (name, key, value) in entries {
            match properties.binary_search_by(|property| property.name.cmp(&name)) {
                Ok(at) => {
                    missing.retain(|wanted| *wanted != name);
                    let Some(property) = properties.get(at) else { continue };
                    self.path.push(name);
                    self.value(value, &property.schema, !property.is_required);
                    self.path.pop();
                }
                Err(_) if self.strictness.refuses_unknown => {
                    let near = nearest(&name, properties);
                    let hint = near.map_or_else(String::new, |near| format!(" (did you mean '{near}'?)"));
                    self.report(
                        key,
                        "unknown-field",
                        format!("additional properties '{name}' not allowed{hint}"),
                    );
                }
                Err(_) => {}
            }
        }
        if let [only] = missing.as_slice() {
            self.report(node, "required", format!("missing property '{only}'"));
        } else if !missing.is_empty() {
            let names: Vec<String> = missing.iter().map(|name| format!("'{name}'")).collect();
            self.report(node, "required", format!("missing properties {}", names.join(", ")));
        }
    }

    /// Name, key and value of every entry, merge keys followed, the last of equal names kept.
    fn entries(&self, node: NodeId) -> Vec<(Cow<'w, str>, NodeId, NodeId)> {
        let mut entries: Vec<(Cow<'w, str>, NodeId, NodeId)> = Vec::with_capacity(self.tree.len(node));
        self.collect_entries(node, &mut entries, 0);
        entries
    }

    fn collect_entries(&self, node: NodeId, entries: &mut Vec<(Cow<'w, str>, NodeId, NodeId)>, depth: usize) {
        let tree = self.tree;
        for (key, value) in tree.pairs(tree.target(node)) {
            if tree.is_merge_key(key) && depth < 8 {
                let merged = tree.target(value);
                match tree.kind(merged) {
                    NodeKind::Sequence => {
                        for item in tree.children(merged) {
                            self.collect_entries(item, entries, depth + 1);
                        }
                    }
                    _ => self.collect_entries(merged, entries, depth + 1),
                }
                continue;
            }
            let name = self.key_text(key);
            match entries.iter_mut().find(|(existing, ..)| *existing == name) {
                Some(entry) => *entry = (name, key, value),
                None => entries.push((name, key, value)),
            }
        }
    }

    /// A key as JSON has it: `yes` is `true`.
    fn key_text(&self, key: NodeId) -> Cow<'w, str> {
        let tree = self.tree;
        match tree.scalar(tree.target(key)) {
            Ok(Scalar::Bool(value)) => Cow::Borrowed(if value { "true" } else { "false" }),
            Ok(Scalar::Int(number)) => Cow::Owned(number.to_string()),
            Ok(Scalar::Str(text)) => text,
            _ => Cow::Borrowed(tree.text(tree.target(key))),
        }
    }
}

/// A float that JSON prints as a whole number.
fn whole_number(number: f64) -> Option<i128> {
    const LARGEST: f64 = 1e21;
    if number.fract() != 0.0 || number.abs() >= LARGEST {
        return None;
    }
    format!("{number:.0}").parse().ok()
}

/// The property whose name is closest to a misspelt one.
fn nearest<'p>(name: &str, properties: &'p [Property]) -> Option<&'p str> {
    let mut best: Option<(usize, &str)> = None;
    for property in properties {
        let distance = distance(&name.to_lowercase(), &property.name.to_lowercase());
        if distance <= 2 && distance * 3 < name.len().max(4) && best.is_none_or(|(found, _)| distance < found) {
            best = Some((distance, property.name));
        }
    }
    best.map(|(_, name)| name)
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (y, place) in b.iter().zip(row.iter_mut().skip(1)) {
            let above = *place;
            left = (diagonal + usize::from(x != *y)).min(left + 1).min(above + 1);
            diagonal = above;
            *place = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}
