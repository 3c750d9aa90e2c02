//! A compiled schema, and the arena in which schemas refer to each other.

use std::collections::BTreeMap;

use super::draft::{Draft, Metaschemas};
use super::formats::FormatCheck;
use super::node::{Node, types};
use super::number::Decimal;
use super::patterns::Pattern;

/// A schema of an arena, or one of the schemas of schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Id {
    index: u32,
    is_meta: bool,
}

/// What `additionalProperties` and `additionalItems` allow.
#[derive(Debug)]
pub(super) enum Additional {
    Allowed(bool),
    Schema(Id),
}

/// `items` before 2020-12.
#[derive(Debug)]
pub(super) enum Items {
    Each(Id),
    List(Vec<Id>),
}

/// What an entry of `dependencies` wants.
#[derive(Debug)]
pub(super) enum Dependency {
    Properties(Vec<String>),
    Schema(Id),
}

/// A format that is checked.
#[derive(Debug)]
pub(super) enum Format {
    Regex,
    Named(String, FormatCheck),
}

/// One schema. Keywords that are absent are empty.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "one field for each keyword")]
pub(super) struct Schema {
    /// `URL#pointer`.
    pub(super) location: String,
    pub(super) draft: Draft,
    /// The schema with an identifier that contains it.
    pub(super) resource: Id,
    /// Of a schema with an identifier.
    pub(super) dynamic_anchors: BTreeMap<String, Id>,
    pub(super) all_properties_evaluated: bool,
    pub(super) all_items_evaluated: bool,
    pub(super) items_evaluated: usize,

    pub(super) boolean: Option<bool>,
    pub(super) reference: Option<Id>,
    pub(super) recursive_reference: Option<Id>,
    pub(super) recursive_anchor: bool,
    pub(super) dynamic_reference: Option<(Id, Option<String>)>,
    pub(super) dynamic_anchor: Option<String>,

    /// Bits of the types; none if any type is allowed.
    pub(super) types: u8,
    pub(super) enumeration: Option<Vec<Node>>,
    pub(super) constant: Option<Node>,
    pub(super) format: Option<Format>,

    pub(super) not: Option<Id>,
    pub(super) all_of: Vec<Id>,
    pub(super) any_of: Vec<Id>,
    pub(super) one_of: Vec<Id>,
    pub(super) condition: Option<Id>,
    pub(super) then: Option<Id>,
    pub(super) otherwise: Option<Id>,

    pub(super) min_properties: Option<i64>,
    pub(super) max_properties: Option<i64>,
    pub(super) required: Vec<String>,
    pub(super) properties: BTreeMap<String, Id>,
    pub(super) pattern_properties: Vec<(Pattern, Id)>,
    pub(super) additional_properties: Option<Additional>,
    pub(super) dependencies: BTreeMap<String, Dependency>,
    pub(super) property_names: Option<Id>,
    pub(super) dependent_schemas: BTreeMap<String, Id>,
    pub(super) dependent_required: BTreeMap<String, Vec<String>>,
    pub(super) unevaluated_properties: Option<Id>,

    pub(super) min_items: Option<i64>,
    pub(super) max_items: Option<i64>,
    pub(super) unique_items: bool,
    pub(super) items: Option<Items>,
    pub(super) additional_items: Option<Additional>,
    pub(super) prefix_items: Vec<Id>,
    pub(super) items_2020: Option<Id>,
    pub(super) contains: Option<Id>,
    pub(super) min_contains: Option<i64>,
    pub(super) max_contains: Option<i64>,
    pub(super) unevaluated_items: Option<Id>,

    pub(super) min_length: Option<i64>,
    pub(super) max_length: Option<i64>,
    pub(super) pattern: Option<Pattern>,

    pub(super) minimum: Option<Decimal>,
    pub(super) maximum: Option<Decimal>,
    pub(super) exclusive_minimum: Option<Decimal>,
    pub(super) exclusive_maximum: Option<Decimal>,
    pub(super) multiple_of: Option<Decimal>,
}

impl Schema {
    /// A schema that accepts everything, and is its own resource.
    pub(super) const fn new(location: String, draft: Draft, id: Id) -> Self {
        Self {
            location,
            draft,
            resource: id,
            dynamic_anchors: BTreeMap::new(),
            all_properties_evaluated: false,
            all_items_evaluated: false,
            items_evaluated: 0,
            boolean: None,
            reference: None,
            recursive_reference: None,
            recursive_anchor: false,
            dynamic_reference: None,
            dynamic_anchor: None,
            types: 0,
            enumeration: None,
            constant: None,
            format: None,
            not: None,
            all_of: Vec::new(),
            any_of: Vec::new(),
            one_of: Vec::new(),
            condition: None,
            then: None,
            otherwise: None,
            min_properties: None,
            max_properties: None,
            required: Vec::new(),
            properties: BTreeMap::new(),
            pattern_properties: Vec::new(),
            additional_properties: None,
            dependencies: BTreeMap::new(),
            property_names: None,
            dependent_schemas: BTreeMap::new(),
            dependent_required: BTreeMap::new(),
            unevaluated_properties: None,
            min_items: None,
            max_items: None,
            unique_items: false,
            items: None,
            additional_items: None,
            prefix_items: Vec::new(),
            items_2020: None,
            contains: None,
            min_contains: None,
            max_contains: None,
            unevaluated_items: None,
            min_length: None,
            max_length: None,
            pattern: None,
            minimum: None,
            maximum: None,
            exclusive_minimum: None,
            exclusive_maximum: None,
            multiple_of: None,
        }
    }
}

/// The bit of a type by its name; none for a name that is not a type.
pub(super) fn type_bit(name: &str) -> u8 {
    types::NAMES
        .iter()
        .find(|(_, known)| *known == name)
        .map_or(0, |(bit, _)| *bit)
}

/// The schemas that one compilation made.
#[derive(Debug)]
pub(super) struct Arena {
    is_meta: bool,
    schemas: Vec<Schema>,
    /// Stands for a schema that does not exist.
    empty: Schema,
}

impl Arena {
    pub(super) const fn new(is_meta: bool) -> Self {
        let id = Id { index: 0, is_meta };
        Self {
            is_meta,
            schemas: Vec::new(),
            empty: Schema::new(String::new(), Draft::V2020, id),
        }
    }

    /// Adds a schema without keywords.
    pub(super) fn add(&mut self, location: String, draft: Draft) -> Id {
        let id = Id {
            index: u32::try_from(self.schemas.len()).unwrap_or(u32::MAX),
            is_meta: self.is_meta,
        };
        self.schemas.push(Schema::new(location, draft, id));
        id
    }

    pub(super) fn get(&self, id: Id) -> &Schema {
        if id.is_meta && !self.is_meta {
            return Metaschemas::all().arena.get(id);
        }
        self.schemas.get(id.index as usize).unwrap_or(&self.empty)
    }

    pub(super) fn get_mut(&mut self, id: Id) -> Option<&mut Schema> {
        if id.is_meta != self.is_meta {
            return None;
        }
        self.schemas.get_mut(id.index as usize)
    }
}
