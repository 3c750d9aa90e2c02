//! A node and a definition, side by side.

use std::borrow::Cow;
use std::collections::HashSet;

use foldhash::fast::RandomState;

use crate::text::json_pointer;
use crate::text::limits::{FINDING_BYTES, FINDINGS};
use crate::text::near::nearest;
use crate::text::rule::{Rule, RuleId};
use crate::text::yaml::{NodeId, NodeKind, Scalar, Tree};

use super::catalog::{Catalog, Definition};
use super::ids;
use super::places::Places;
use super::quantity::{is_base64, is_date_time, is_quantity};
use super::resource::Violation;
use super::rules;
use super::schema::{Property, Schema, find_property};

/// Deepest nesting that is validated; the API server does not read deeper documents either.
const MAX_DEPTH: usize = 1000;

/// Required fields, by definition, for which the API server has a value of its own.
const FILLED_IN: [(&str, &str); 14] = [
    ("rbac.v1.RoleRef", "apiGroup"),
    ("scheduling.v1.PriorityClass", "value"),
    ("storage.v1.CSIDriver", "spec"),
    ("resource.v1.DeviceClass", "spec"),
    ("apiextensions.v1.CustomResourceDefinitionVersion", "served"),
    ("apiextensions.v1.CustomResourceDefinitionVersion", "storage"),
    ("apiextensions.v1.WebhookConversion", "conversionReviewVersions"),
    ("core.v1.Sysctl", "value"),
    ("core.v1.HTTPHeader", "value"),
    ("core.v1.PreferredSchedulingTerm", "preference"),
    ("core.v1.LimitRangeSpec", "limits"),
    ("storage.v1.TokenRequest", "audience"),
    ("batch.v1.PodFailurePolicy", "rules"),
    ("discovery.v1.EndpointSlice", "endpoints"),
];

/// How strictly documents are validated against definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Strictness {
    /// Unknown fields are violations.
    pub(super) refuses_unknown: bool,
    /// Only violations that a JSON schema can express are found.
    pub(super) schema_only: bool,
    /// Only faults that keep a document from being decoded are found.
    pub(super) types_only: bool,
}

/// Which object some metadata is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MetadataOf {
    /// The document.
    Root,
    /// An object inside a custom resource.
    Embedded,
    /// An object inside a status that the server drops after it has read it.
    Dropped,
}

/// The type of a node, by its name in JSON.
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
    pub(super) tree: &'w Tree<'w>,
    pub(super) catalog: &'w Catalog,
    /// Whether keys mean what their text says: see [`Tree::is_plain`].
    pub(super) is_plain: bool,
    strictness: Strictness,
    path: Vec<Cow<'w, str>>,
    violations: Vec<Violation>,
    /// Bytes of their texts.
    violation_bytes: usize,
    /// Whether violations are left out.
    is_full: bool,
    /// Paths at which a violation of the schema has been reported, so that rules do not report it again.
    reported_paths: HashSet<String, RandomState>,
    /// Name of the current definition, for its special cases.
    definition_name: &'static str,
    /// Names of volumes that are made from claim templates.
    pub(super) claim_templates: Vec<Cow<'w, str>>,
    /// The object whose checks are running, and the [`key_bit`]s of its keys.
    pub(super) checked: Option<(NodeId, u64)>,
    /// Where faults were found last.
    pub(super) places: Places<'w, 'w>,
}

impl<'w> Walk<'w> {
    pub(super) fn new(tree: &'w Tree<'w>, catalog: &'w Catalog, strictness: Strictness, is_plain: bool) -> Self {
        Self {
            tree,
            catalog,
            is_plain,
            strictness,
            path: Vec::new(),
            violations: Vec::new(),
            violation_bytes: 0,
            is_full: false,
            reported_paths: HashSet::default(),
            definition_name: "",
            claim_templates: Vec::new(),
            checked: None,
            places: Places::new(tree),
        }
    }

    /// The violations of the document at `root`.
    pub(super) fn run(mut self, root: NodeId, definition: Definition<'w>) -> Vec<Violation> {
        self.claim_templates = self.claim_templates_of(root);
        self.definition_name = definition.name;
        self.value(root, definition.schema, false);
        self.check_definition(root, definition);
        self.violations
    }

    /// Validates `metadata` only against the rules, for kinds without a known definition.
    pub(super) fn run_metadata(
        mut self,
        root: NodeId,
        api_version: &str,
        kind: &str,
        is_namespaced: bool,
    ) -> Vec<Violation> {
        rules::check_root(&mut self, root, api_version, kind, is_namespaced);
        self.violations
    }

    /// Validates the metadata of an object whose definition does not describe it, at a path from the document's root:
    /// types and fields, and for an object inside a custom resource the rules too.
    pub(super) fn run_object_meta(mut self, object: NodeId, path: &[String], owner: MetadataOf) -> Vec<Violation> {
        let (Some(definition), Some(metadata)) = (self.catalog.object_meta(), self.field(object, "metadata")) else {
            return self.violations;
        };
        self.path.extend(path.iter().cloned().map(Cow::Owned));
        self.path.push(Cow::Borrowed("metadata"));
        self.definition_name = definition.name;
        self.value(metadata, definition.schema, true);
        match owner {
            MetadataOf::Root => self.as_applied(metadata),
            MetadataOf::Embedded if self.tree.kind(metadata) == NodeKind::Mapping => {
                rules::check_embedded(&mut self, metadata);
            }
            MetadataOf::Embedded | MetadataOf::Dropped => {}
        }
        self.violations
    }

    /// What server-side apply, which Helm 4 uses, judges otherwise than a create: it overwrites the times, whatever text or
    /// number they are.
    fn as_applied(&mut self, metadata: NodeId) {
        for name in ["creationTimestamp", "deletionTimestamp"] {
            if self
                .field(metadata, name)
                .is_some_and(|time| matches!(self.tree.kind(time), NodeKind::Scalar(_)))
            {
                let path = format!("/metadata/{name}");
                self.violations.retain(|violation| violation.path != path);
            }
        }
    }

    /// Names of the volumes that a `StatefulSet` makes from its claim templates.
    fn claim_templates_of(&self, root: NodeId) -> Vec<Cow<'w, str>> {
        let Some(spec) = self.field(root, "spec") else {
            return Vec::new();
        };
        let templates = self.items(spec, "volumeClaimTemplates").into_iter();
        templates
            .filter_map(|template| self.text(self.field(template, "metadata")?, "name"))
            .collect()
    }

    /// Checks an object of a definition beyond types, as the API server does.
    fn check_definition(&mut self, node: NodeId, definition: Definition<'w>) {
        let is_judged = !self.strictness.schema_only && !self.strictness.types_only;
        // An item that is null is an object without any field.
        let is_item = self
            .path
            .last()
            .is_some_and(|step| step.bytes().all(|byte| byte.is_ascii_digit()));
        let is_object = self.tree.kind(node) == NodeKind::Mapping || (is_item && self.is_null(node));
        if is_judged && is_object {
            self.check_object(node, definition.checks);
        }
    }

    /// Goes one step down for the duration of `work`.
    pub(super) fn descend(&mut self, step: impl Into<Cow<'w, str>>, work: impl FnOnce(&mut Self)) {
        self.path.push(step.into());
        work(self);
        self.path.pop();
    }

    /// Whether the current path ends with a step.
    pub(super) fn path_ends_with(&self, step: &str) -> bool {
        self.path.last().is_some_and(|last| last == step)
    }

    /// The current path as a JSON pointer.
    pub(super) fn pointer(&self) -> String {
        let mut path = String::new();
        for step in &self.path {
            path.push('/');
            path.push_str(&json_pointer::escape(step));
        }
        path
    }

    /// Where a node begins in the file.
    pub(super) fn offset_of(&self, node: NodeId) -> usize {
        self.tree.span(node).start as usize
    }

    /// The part of a rule that is about the current definition.
    pub(super) fn rule_id(&self, rule: Rule) -> RuleId {
        let type_name = self.definition_name.rsplit('.').next().unwrap_or_default();
        RuleId::part_of(rule, type_name)
    }

    /// Adds a rule's violation, unless the schema has already been violated at its path.
    pub(super) fn add(&mut self, violation: Violation) {
        if !self.reported_paths.contains(&violation.path) {
            self.push(violation);
        }
    }

    /// Adds a violation, if the document has not too many.
    fn push(&mut self, violation: Violation) {
        if self.is_full {
            return;
        }
        self.violation_bytes += violation.path.len() + violation.message.len();
        self.is_full = self.violations.len() >= FINDINGS || self.violation_bytes > FINDING_BYTES;
        self.violations.push(if self.is_full {
            Violation {
                path: String::new(),
                message: format!("{FINDINGS} faults of a document are reported at most: the others are left out"),
                offset: violation.offset,
                rule: Rule::NotChecked.into(),
            }
        } else {
            violation
        });
    }

    /// Whether unknown fields are violations.
    pub(super) const fn refuses_unknown(&self) -> bool {
        self.strictness.refuses_unknown
    }

    /// How many violations have been found so far.
    pub(super) const fn violation_count(&self) -> usize {
        self.violations.len()
    }

    fn report(&mut self, node: NodeId, rule: Rule, message: String) {
        if self.is_full {
            return;
        }
        let (path, offset) = (self.pointer(), self.offset_of(node));
        self.reported_paths.insert(path.clone());
        self.push(Violation {
            path,
            message,
            offset,
            rule: rule.into(),
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
        // Most values are texts, which may be anything here.
        if matches!(schema, Schema::String) && self.tree.is_known_text(node) {
            return;
        }
        let node = self.tree.target(node);
        if let Schema::Reference(name) = schema {
            let may_be_schema = !self.strictness.schema_only && self.tree.kind(node) == NodeKind::Mapping;
            let target = if may_be_schema {
                self.catalog.json_schema_of(*name)
            } else {
                *name
            };
            if let Some(definition) = self.catalog.definition(target)
                && self.path.len() < MAX_DEPTH
            {
                let outer = self.strictness;
                // Go's strict decoder does not look for unknown fields where a type decodes itself.
                self.strictness.refuses_unknown &= target == *name;
                let outer_name = std::mem::replace(&mut self.definition_name, definition.name);
                self.value(node, definition.schema, may_be_null);
                self.strictness = outer;
                self.check_definition(node, definition);
                self.definition_name = outer_name;
            }
            return;
        }
        let found = self.found(node);
        if matches!(found, Found::Null) && (may_be_null || self.strictness.types_only) {
            return;
        }
        match (schema, &found) {
            (Schema::Any, _)
            | (Schema::AnyObject, Found::Object)
            | (
                Schema::String
                | Schema::Enum(_)
                | Schema::Bytes
                | Schema::DateTime
                | Schema::IntOrString
                | Schema::Quantity,
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
            // Go's decoder turns a list of numbers into bytes too; only an empty one occurs.
            (Schema::Bytes, Found::Array) if !self.strictness.schema_only && self.tree.len(node) == 0 => {}
            (Schema::Array(items), Found::Array) => self.array(node, items),
            (Schema::Map(values), Found::Object) => self.map(node, values),
            (Schema::Object(properties), Found::Object) => self.object(node, properties),
            (schema, found) => {
                let nullable = if may_be_null { "null or " } else { "" };
                let message = format!("got {}, want {nullable}{}", found.type_name(), schema.type_name());
                self.report(node, ids::TYPE, message);
            }
        }
    }

    /// Faults that the API server finds while decoding, beyond the type.
    fn content(&mut self, node: NodeId, schema: &Schema, found: &Found<'_>) {
        if self.strictness.schema_only {
            return;
        }
        match (schema, found) {
            (Schema::Int32 | Schema::IntOrString, Found::Integer(number)) if i32::try_from(*number).is_err() => {
                self.report(node, ids::INTEGER_SIZE, format!("{number} does not fit 32 bits"));
            }
            (Schema::Int64, Found::Integer(number)) if i64::try_from(*number).is_err() => {
                self.report(node, ids::INTEGER_SIZE, format!("{number} does not fit 64 bits"));
            }
            (Schema::Quantity, Found::Text(text)) if !is_quantity(text.trim_matches(' ')) => {
                let message =
                    format!("{text:?} is not a quantity: want a number and a suffix such as m, k, M, Ki, Mi or Gi");
                self.report(node, ids::QUANTITY, message);
            }
            (Schema::Bytes, Found::Text(text)) if !is_base64(text) => {
                self.report(node, ids::BASE64, "the value is not base64".to_owned());
            }
            (Schema::DateTime, Found::Text(text)) if !is_date_time(text) => {
                self.report(node, ids::DATE_TIME, format!("{text:?} is not an RFC 3339 time"));
            }
            (Schema::Enum(set), Found::Text(text)) if !self.strictness.types_only => {
                let is_known = set.values.iter().any(|value| value == text) || (set.allows_empty && text.is_empty());
                // The server treats an empty one as absent, although the field is a pointer.
                let is_known = is_known || text.is_empty() && self.is_below("reclaimPolicy");
                if !is_known {
                    self.report(node, ids::ENUM, rules::unsupported(text, &set.values));
                }
            }
            _ => {}
        }
    }

    fn array(&mut self, node: NodeId, items: &'w Schema) {
        let tree = self.tree;
        for (index, item) in tree.children(node).enumerate() {
            self.path.push(index_step(index));
            // The API server treats a null item as an empty one, and then reports its required fields.
            let may_be_null =
                !self.has_required(items) && (self.strictness.schema_only || !matches!(items, Schema::Enum(_)));
            self.value(item, items, may_be_null);
            self.path.pop();
        }
    }

    /// Whether the API server accepts an object without a field that the OpenAPI document requires, since zero is a
    /// valid value.
    fn is_filled_in(&self, property: &Property) -> bool {
        !self.strictness.schema_only
            && FILLED_IN
                .iter()
                .any(|&(owner, name)| name == property.name && self.definition_name.ends_with(owner))
    }

    /// Whether the current path leads through a field.
    pub(super) fn is_below(&self, field: &str) -> bool {
        self.path.iter().any(|step| step == field)
    }

    fn has_required(&self, schema: &Schema) -> bool {
        match schema {
            Schema::Reference(name) => self
                .catalog
                .definition(*name)
                .is_some_and(|definition| self.has_required(definition.schema)),
            Schema::Object(properties) => properties.iter().any(|property| property.is_required),
            _ => false,
        }
    }

    fn map(&mut self, node: NodeId, values: &'w Schema) {
        self.each_entry(node, |walk, name, _, value| {
            walk.path.push(name);
            walk.value(value, values, true);
            walk.path.pop();
        });
    }

    /// Does something with every entry, which is what [`Walk::entries`] gives.
    fn each_entry(&mut self, node: NodeId, mut work: impl FnMut(&mut Self, Cow<'w, str>, NodeId, NodeId)) {
        let tree = self.tree;
        if self.is_plain {
            for (key, value) in tree.pairs(node) {
                work(self, Cow::Borrowed(tree.text(key)), key, value);
            }
            return;
        }
        for (name, key, value) in self.entries(node) {
            work(self, name, key, value);
        }
    }

    fn object(&mut self, node: NodeId, properties: &'w [Property]) {
        let required = properties.iter().filter(|property| property.is_required);
        let mut absent = required.count();
        self.each_entry(node, |walk, name, key, value| {
            absent = absent.saturating_sub(usize::from(walk.entry(properties, name, key, value)));
        });
        if absent > 0 && !self.strictness.types_only {
            self.check_required(node, properties);
        }
    }

    /// Checks an entry of an object; says whether it is a required property.
    fn entry(&mut self, properties: &'w [Property], name: Cow<'w, str>, key: NodeId, value: NodeId) -> bool {
        let Some(property) = find_property(properties, &name) else {
            if self.strictness.refuses_unknown {
                let near = nearest(&name, properties.iter().map(|property| property.name));
                let hint = near.map_or_else(String::new, |near| format!(" (did you mean '{near}'?)"));
                let message = format!("additional properties '{name}' not allowed{hint}");
                self.report(key, ids::UNKNOWN_FIELD, message);
            }
            return false;
        };
        self.path.push(name);
        // Fields that controllers write are dropped when an object is created.
        let outer = self.strictness;
        self.strictness.types_only |= self.path.len() == 1 && property.name == "status";
        let may_be_null = !property.is_required || self.is_filled_in(property);
        self.value(value, &property.schema, may_be_null);
        self.strictness = outer;
        self.path.pop();
        property.is_required
    }

    /// Reports required properties that an object lacks.
    fn check_required(&mut self, node: NodeId, properties: &'w [Property]) {
        let mut missing: Vec<&str> = properties
            .iter()
            .filter(|property| property.is_required && !self.is_filled_in(property))
            .map(|property| property.name)
            .collect();
        for (name, ..) in self.entries(node) {
            missing.retain(|wanted| *wanted != name);
        }
        for name in &missing {
            self.reported_paths.insert(format!("{}/{name}", self.pointer()));
        }
        if let [only] = missing.as_slice() {
            self.report(node, ids::REQUIRED, format!("missing property '{only}'"));
        } else if !missing.is_empty() {
            let names: Vec<String> = missing.iter().map(|name| format!("'{name}'")).collect();
            self.report(node, ids::REQUIRED, format!("missing properties {}", names.join(", ")));
        }
    }

    /// Name, key and value of every entry, merge keys followed, the last of equal names kept.
    pub(super) fn entries(&self, node: NodeId) -> Vec<(Cow<'w, str>, NodeId, NodeId)> {
        let mut entries: Vec<(Cow<'w, str>, NodeId, NodeId)> = Vec::with_capacity(self.tree.len(node));
        if self.is_plain {
            let named = |(key, value)| (Cow::Borrowed(self.tree.text(key)), key, value);
            entries.extend(self.tree.pairs(node).map(named));
            return entries;
        }
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

/// An index as a step of a path. Most are small, and need no memory.
fn index_step(index: usize) -> Cow<'static, str> {
    const SMALL: [&str; 16] = [
        "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15",
    ];
    SMALL
        .get(index)
        .map_or_else(|| Cow::Owned(index.to_string()), |step| Cow::Borrowed(*step))
}

/// A float that JSON prints as a whole number.
fn whole_number(number: f64) -> Option<i128> {
    const LARGEST: f64 = 1e21;
    if number.fract() != 0.0 || number.abs() >= LARGEST {
        return None;
    }
    format!("{number:.0}").parse().ok()
}
