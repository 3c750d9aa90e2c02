//! Values against compiled schemas. Follows `validator.go` of the library, with its order of errors; maps are read by name.

use std::collections::BTreeSet;

use crate::text::go::pattern::check as check_pattern;
use crate::text::ordered::CollectOrdered as _;

use super::budget::{Budget, cost_of_value};
use super::documents::Resources;
use super::draft::Draft;
use super::error::{Kind, Step, ValidationError, all_steps, pointer};
use super::location::encode;
use super::node::{Node, types};
use super::schema::{Arena, Format, Id, Schema};
use super::words::{not_constant, not_in_enumeration, show};

/// Simple values that are compared in the time of a step.
const COMPARED_IN_A_STEP: u64 = 8;

/// What is needed to validate a schema against its schema of schemas.
#[derive(Clone, Copy)]
pub(super) struct Meta<'m> {
    /// The schema of schemas.
    pub(super) schema: Id,
    /// Parts of the document, which may be in another dialect.
    pub(super) resources: &'m Resources,
}

/// Validates a value.
pub(super) fn validate(arena: &Arena, schema: Id, value: &Node, meta: Option<Meta<'_>>) -> Result<(), ValidationError> {
    validate_within(arena, schema, value, meta, Budget::new())
}

/// Validates a value under a budget.
fn validate_within(
    arena: &Arena,
    schema: Id,
    value: &Node,
    meta: Option<Meta<'_>>,
    budget: Budget,
) -> Result<(), ValidationError> {
    let fault = validate_whole(arena, schema, value, meta, &budget);
    match budget.into_stop().or(fault) {
        Some(fault) => Err(fault),
        None => Ok(()),
    }
}

/// Validates a value that is not part of another one.
pub(super) fn validate_whole(
    arena: &Arena,
    schema: Id,
    value: &Node,
    meta: Option<Meta<'_>>,
    budget: &Budget,
) -> Option<ValidationError> {
    let validator = Validator {
        arena,
        budget,
        value,
        step: None,
        schema: arena.get(schema),
        scope: &Scope {
            id: schema,
            reference: "",
            value: 0,
            parent: None,
        },
        unevaluated: Unevaluated::of(value, arena.get(schema), false),
        errors: Vec::new(),
        is_silent: false,
        meta,
    };
    let fault = validator.validate().err()?;
    let causes = match fault.kind {
        Kind::Group => fault.causes,
        _ => vec![fault],
    };
    Some(ValidationError {
        steps: Vec::new(),
        kind: Kind::Schema(arena.get(schema).location.clone()),
        causes,
    })
}

/// The schemas on the way to one.
#[derive(Debug)]
pub(super) struct Scope<'p> {
    id: Id,
    /// The keyword of a reference that led here; otherwise the schema is inside its parent.
    reference: &'static str,
    /// The depth of the value: scopes of the same value have the same one.
    value: usize,
    parent: Option<&'p Self>,
}

impl Scope<'_> {
    /// The scope in which the same value is already being validated against the same schema.
    fn cycle(&self) -> Option<&Self> {
        let mut scope = self.parent;
        while let Some(outer) = scope {
            if outer.value != self.value {
                return None;
            }
            if outer.id == self.id {
                return Some(outer);
            }
            scope = outer.parent;
        }
        None
    }

    /// The keywords on the way here.
    fn keywords(&self, arena: &Arena) -> String {
        let mut text = String::new();
        let mut scope = self;
        while let Some(parent) = scope.parent {
            if scope.reference.is_empty() {
                let (own, outer) = (&arena.get(scope.id).location, &arena.get(parent.id).location);
                text.insert_str(0, own.get(outer.len()..).unwrap_or_default());
            } else {
                text = format!("/{}{text}", encode(scope.reference));
            }
            scope = parent;
        }
        text
    }
}

/// The entries of a value that no keyword has looked at.
#[derive(Debug, Default)]
pub(super) struct Unevaluated {
    pub(super) properties: BTreeSet<String>,
    pub(super) items: BTreeSet<usize>,
}

impl Unevaluated {
    fn of(value: &Node, schema: &Schema, is_wanted: bool) -> Self {
        let mut all = Self::default();
        match value {
            Node::Map(map)
                if !schema.all_properties_evaluated && (is_wanted || schema.unevaluated_properties.is_some()) =>
            {
                all.properties = map.keys().cloned().collect_set();
            }
            Node::List(items) if !schema.all_items_evaluated && (is_wanted || schema.unevaluated_items.is_some()) => {
                all.items = (schema.items_evaluated..items.len()).collect_set();
            }
            _ => {}
        }
        all
    }

    fn merge(&mut self, other: &Self) {
        self.properties.retain(|name| other.properties.contains(name));
        self.items.retain(|index| other.items.contains(index));
    }

    fn is_empty(&self) -> bool {
        self.properties.is_empty() && self.items.is_empty()
    }
}

/// One value against one schema.
pub(super) struct Validator<'v> {
    pub(super) arena: &'v Arena,
    pub(super) budget: &'v Budget,
    pub(super) value: &'v Node,
    /// The last step to it.
    pub(super) step: Option<&'v Step<'v>>,
    pub(super) schema: &'v Schema,
    scope: &'v Scope<'v>,
    pub(super) unevaluated: Unevaluated,
    pub(super) errors: Vec<ValidationError>,
    /// Whether only the verdict matters.
    pub(super) is_silent: bool,
    pub(super) meta: Option<Meta<'v>>,
}

impl Validator<'_> {
    fn validate(mut self) -> Result<Unevaluated, ValidationError> {
        let s = self.schema;
        match s.boolean {
            Some(true) => return Ok(self.unevaluated),
            Some(false) => return Err(self.fault("false schema".to_owned())),
            None => {}
        }
        if self.is_stopped_after(1) {
            return Err(Self::stopped());
        }
        if let Some(outer) = self.scope.cycle() {
            return Err(self.fault(format!(
                "both {} and {} resolve to {:?} causing reference cycle",
                self.scope.keywords(self.arena),
                outer.keywords(self.arena),
                s.location
            )));
        }
        if self.is_stopped_after(self.cost_of_comparisons()) {
            return Err(Self::stopped());
        }
        if let Some(words) = self.first_fault() {
            return Err(self.fault(words));
        }
        if let Some(target) = s.reference {
            let result = self.follow(target, "$ref");
            if s.draft < Draft::V2019 {
                return match result {
                    Some(fault) => Err(fault),
                    None => Ok(self.unevaluated),
                };
            }
            self.errors.extend(result);
        }
        match self.value {
            Node::Map(map) => self.validate_map(map),
            Node::List(items) => self.validate_list(items),
            Node::Text(text) => self.validate_text(text),
            Node::Number(number) => self.validate_number(number),
            _ => {}
        }
        if self.errors.is_empty() || !self.is_silent {
            if s.draft >= Draft::V2019 {
                self.follow_dynamic();
            }
            self.validate_conditions();
            if s.draft >= Draft::V2019 {
                self.validate_unevaluated();
            }
        }
        if self.errors.len() > 1 {
            let mut group = self.fault_of(Kind::Group);
            group.causes = self.errors;
            return Err(group);
        }
        match self.errors.pop() {
            Some(only) => Err(only),
            None => Ok(self.unevaluated),
        }
    }

    /// The keywords that end validation: type, constant, enumeration, format.
    fn first_fault(&self) -> Option<String> {
        let (s, value) = (self.schema, self.value);
        let kind = value.kind();
        if let Node::Other(name) = value {
            return Some(format!("invalid jsonType {name}"));
        }
        if s.types != 0 {
            let is_integer = || match value {
                Node::Number(text) => super::number::Decimal::parse(text).is_some_and(|number| number.is_integer()),
                _ => false,
            };
            if s.types & kind == 0 && !(s.types & types::INTEGER != 0 && is_integer()) {
                let name_of = |bits: u8| {
                    types::NAMES
                        .iter()
                        .filter(move |(bit, _)| bits & bit != 0)
                        .map(|(_, name)| *name)
                };
                let want: Vec<&str> = name_of(s.types).collect();
                let got = name_of(kind).next().unwrap_or_default();
                return Some(format!("got {got}, want {}", want.join(" or ")));
            }
        }
        if let Some(want) = &s.constant
            && !value.equals(want)
        {
            return Some(not_constant(want));
        }
        if let Some(want) = &s.enumeration
            && !want.iter().any(|want| value.equals(want))
        {
            return Some(not_in_enumeration(want));
        }
        let text = value.as_text()?;
        let (name, problem) = match s.format.as_ref()? {
            Format::Regex => ("regex", check_pattern(text).err()?),
            Format::Named(name, check) => (name.as_str(), check(text).err()?),
        };
        Some(format!("{} is not valid {name}: {problem}", show(value)))
    }

    fn validate_conditions(&mut self) {
        let s = self.schema;
        if let Some(not) = s.not
            && self.validate_self(not, "", true).is_none()
        {
            self.add("'not' failed".to_owned());
        }
        let mut errors = Vec::new();
        for id in &s.all_of {
            errors.extend(self.validate_self(*id, "", false));
            if self.is_silent && !errors.is_empty() {
                break;
            }
        }
        if !errors.is_empty() {
            self.add_group("'allOf' failed".to_owned(), errors);
        }
        if !s.any_of.is_empty() {
            self.validate_any_of();
        }
        if !s.one_of.is_empty() {
            self.validate_one_of();
        }
        if let Some(condition) = s.condition {
            let branch = match self.validate_self(condition, "", true) {
                None => s.then,
                Some(_) => s.otherwise,
            };
            if let Some(branch) = branch {
                let fault = self.validate_self(branch, "", false);
                self.errors.extend(fault);
            }
        }
    }

    fn validate_any_of(&mut self) {
        let mut errors = Vec::new();
        let mut has_match = false;
        for id in &self.schema.any_of {
            if let Some(fault) = self.validate_self(*id, "", false) {
                errors.push(fault);
                continue;
            }
            has_match = true;
            if self.unevaluated.is_empty() {
                break;
            }
        }
        if !has_match {
            self.add_group("'anyOf' failed".to_owned(), errors);
        }
    }

    fn validate_one_of(&mut self) {
        let mut errors = Vec::new();
        let mut matched = None;
        for (index, id) in self.schema.one_of.iter().enumerate() {
            match (self.validate_self(*id, "", matched.is_some()), matched) {
                (Some(fault), None) => errors.push(fault),
                (Some(_), Some(_)) => {}
                (None, None) => matched = Some(index),
                (None, Some(first)) => {
                    self.add(format!("'oneOf' failed, subschemas {first}, {index} matched"));
                    break;
                }
            }
        }
        if matched.is_none() {
            self.add_group("'oneOf' failed, none matched".to_owned(), errors);
        }
    }

    fn validate_unevaluated(&mut self) {
        let s = self.schema;
        match self.value {
            Node::Map(map) => {
                if let Some(id) = s.unevaluated_properties {
                    for name in std::mem::take(&mut self.unevaluated.properties) {
                        if let Some(value) = map.get(&name) {
                            let fault = self.validate_entry(id, value, &name);
                            self.errors.extend(fault);
                        }
                    }
                }
            }
            Node::List(items) => {
                if let Some(id) = s.unevaluated_items {
                    for index in std::mem::take(&mut self.unevaluated.items) {
                        if let Some(value) = items.get(index) {
                            let fault = self.validate_entry(id, value, &index.to_string());
                            self.errors.extend(fault);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// Validates the same value against another schema.
    pub(super) fn validate_self(
        &mut self,
        id: Id,
        reference: &'static str,
        is_silent: bool,
    ) -> Option<ValidationError> {
        let (id_now, meta) = self.dialect_of(id);
        let scope = Scope {
            id,
            reference,
            value: self.scope.value,
            parent: Some(self.scope),
        };
        let validator = Validator {
            arena: self.arena,
            budget: self.budget,
            value: self.value,
            step: self.step,
            schema: self.arena.get(id_now),
            scope: &scope,
            unevaluated: Unevaluated::of(self.value, self.arena.get(id), !self.unevaluated.is_empty()),
            errors: Vec::new(),
            is_silent: self.is_silent || is_silent,
            meta,
        };
        match validator.validate() {
            Ok(unevaluated) => {
                self.unevaluated.merge(&unevaluated);
                None
            }
            Err(fault) => Some(fault),
        }
    }

    /// Validates an entry of the value.
    pub(super) fn validate_entry(&self, id: Id, value: &Node, step: &str) -> Option<ValidationError> {
        let step = Step {
            name: step,
            outer: self.step,
        };
        let (id_now, meta) = match self.meta {
            Some(meta) if meta.schema == id => meta.at(Some(&step), id),
            meta => (id, meta),
        };
        let scope = Scope {
            id,
            reference: "",
            value: self.scope.value + 1,
            parent: Some(self.scope),
        };
        let validator = Validator {
            arena: self.arena,
            budget: self.budget,
            value,
            step: Some(&step),
            schema: self.arena.get(id_now),
            scope: &scope,
            unevaluated: Unevaluated::of(value, self.arena.get(id), false),
            errors: Vec::new(),
            is_silent: self.is_silent,
            meta,
        };
        validator.validate().err()
    }

    /// The schema of schemas for the part of the document here, which may be in another dialect.
    pub(super) fn dialect_of(&self, id: Id) -> (Id, Option<Meta<'_>>) {
        match self.meta {
            Some(meta) if meta.schema == id => meta.at(self.step, id),
            meta => (id, meta),
        }
    }

    fn follow(&mut self, id: Id, keyword: &'static str) -> Option<ValidationError> {
        let fault = self.validate_self(id, keyword, false)?;
        let mut reference = self.fault_of(Kind::Reference);
        match fault.kind {
            Kind::Group => reference.causes = fault.causes,
            _ => reference.causes.push(fault),
        }
        Some(reference)
    }

    fn follow_dynamic(&mut self) {
        let s = self.schema;
        if let Some(target) = s.recursive_reference {
            let target = if self.arena.get(target).recursive_anchor {
                let is_anchor = |id: Id| {
                    let resource = self.arena.get(self.arena.get(id).resource);
                    resource.recursive_anchor.then_some(id)
                };
                self.outermost(is_anchor).unwrap_or(target)
            } else {
                target
            };
            let fault = self.follow(target, "$recursiveRef");
            self.errors.extend(fault);
        }
        if let Some((target, anchor)) = &s.dynamic_reference {
            let is_dynamic = anchor.is_some() && self.arena.get(*target).dynamic_anchor == *anchor;
            let name = anchor.as_deref().filter(|_| is_dynamic);
            let named = name.and_then(|name| {
                self.outermost(|id| {
                    let resource = self.arena.get(self.arena.get(id).resource);
                    resource.dynamic_anchors.get(name).copied()
                })
            });
            let fault = self.follow(named.unwrap_or(*target), "$dynamicRef");
            self.errors.extend(fault);
        }
    }

    /// The last answer on the way out.
    fn outermost(&self, answer: impl Fn(Id) -> Option<Id>) -> Option<Id> {
        let mut found = answer(self.scope.id);
        let mut scope = self.scope;
        while let Some(outer) = scope.parent {
            found = answer(outer.id).or(found);
            scope = outer;
        }
        found
    }

    /// Counts steps; whether validation has to stop.
    pub(super) fn is_stopped_after(&self, steps: u64) -> bool {
        self.budget.spend(steps, &self.schema.location, self.step)
    }

    /// Steps for comparing the value with the constant and the enumeration.
    fn cost_of_comparisons(&self) -> u64 {
        let listed = self.schema.enumeration.as_ref().map_or(0, Vec::len);
        let count = listed as u64 + u64::from(self.schema.constant.is_some());
        match self.value {
            // Nothing is read twice when there is nothing to compare with.
            _ if count == 0 => 0,
            Node::List(_) | Node::Map(_) => count.saturating_mul(cost_of_value(self.value)),
            _ => count / COMPARED_IN_A_STEP,
        }
    }

    /// What stands for the error of a value that was not looked at any more.
    fn stopped() -> ValidationError {
        ValidationError {
            steps: Vec::new(),
            kind: Kind::Group,
            causes: Vec::new(),
        }
    }

    fn fault_of(&self, kind: Kind) -> ValidationError {
        let fault = ValidationError {
            steps: if self.is_silent {
                Vec::new()
            } else {
                all_steps(self.step)
            },
            kind,
            causes: Vec::new(),
        };
        self.budget.spend_on_error(&fault, &self.schema.location, self.step);
        fault
    }

    fn fault(&self, words: String) -> ValidationError {
        self.fault_of(Kind::Words(words))
    }

    pub(super) fn add(&mut self, words: String) {
        let fault = self.fault(words);
        self.errors.push(fault);
    }

    pub(super) fn add_group(&mut self, words: String, causes: Vec<ValidationError>) {
        let mut fault = self.fault(words);
        fault.causes = causes;
        self.errors.push(fault);
    }
}

impl Meta<'_> {
    /// The schema of schemas at a place of the document.
    fn at(self, step: Option<&Step<'_>>, id: Id) -> (Id, Option<Self>) {
        let resource = self.resources.get(&pointer(&all_steps(step)));
        match resource.and_then(|resource| resource.dialect.schema()) {
            Some(schema) => (schema, Some(Self { schema, ..self })),
            None => (id, Some(self)),
        }
    }
}
