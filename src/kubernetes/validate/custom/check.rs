//! A value against its schema, as `k8s.io/kube-openapi/pkg/validation/validate` validates custom resources. It differs from JSON
//! Schema: a text with a format fits every type but numbers, null is validated against types and enumerations only, and
//! limits on integers are integers.

use std::borrow::Cow;

use boon::ErrorKind;
use serde_json::{Map, Value as Json};

use crate::kubernetes::json_schema::{message, quote};

use super::super::ids;
use super::fault::{Fault, Step};
use super::number::Number;
use super::schema::{Additional, Count, Schema, Type};
use super::typed::type_name;

/// What server-side apply does with null where the schema does not allow it.
const NULL_HINT: &str = " (server-side apply, which Helm 4 uses, refuses null here; leave the field out)";

/// The faults of a value, for a minor version of Kubernetes.
pub(super) fn schema_faults(schema: &Schema, value: &Json, minor: u8) -> Vec<Fault> {
    let mut check = Check {
        minor,
        path: Vec::new(),
        faults: Vec::new(),
    };
    check.value(schema, value);
    check.faults
}

struct Check<'v> {
    minor: u8,
    path: Vec<Step<'v>>,
    faults: Vec<Fault>,
}

impl<'v> Check<'v> {
    fn report(&mut self, message: String) {
        self.faults.push(Fault::at(&self.path, ids::SCHEMA, message));
    }

    fn report_kind(&mut self, kind: &ErrorKind<'_, '_>) {
        self.report(message(kind));
    }

    fn at(&mut self, step: Step<'v>, schema: &Schema, value: &'v Json) {
        self.path.push(step);
        self.value(schema, value);
        self.path.pop();
    }

    fn value(&mut self, schema: &Schema, value: &'v Json) {
        if !self.fits_type(schema, value) {
            let hint = if value.is_null() { NULL_HINT } else { "" };
            self.report(format!("got {}, want {}{hint}", type_name(value), schema.types.names()));
            return;
        }
        if !schema.enumeration.is_empty() && !schema.enumeration.iter().any(|allowed| is_equal(value, allowed)) {
            let want = &schema.enumeration;
            self.report_kind(&ErrorKind::Enum { want });
        }
        if value.is_null() {
            return;
        }
        self.alternatives(schema, value);
        match value {
            Json::String(text) => self.text(schema, text),
            Json::Number(number) => self.number(schema, number),
            Json::Array(items) => self.list(schema, items),
            Json::Object(fields) => self.object(schema, fields),
            Json::Null | Json::Bool(_) => {}
        }
    }

    fn fits_type(&self, schema: &Schema, value: &Json) -> bool {
        let types = schema.types;
        let has_format = schema.format.is_some_and(|format| format.is_known(self.minor));
        let takes_numbers = types.contains(Type::Integer) || types.contains(Type::Number);
        match value {
            Json::Null => types.is_empty() || schema.is_nullable,
            _ if types.is_empty() && !has_format => true,
            Json::String(_) | Json::Array(_) if has_format && !takes_numbers => true,
            Json::Bool(_) => types.contains(Type::Boolean),
            Json::Number(number) => {
                let is_whole = Number::of(number).is_whole();
                types.contains(Type::Number) || (is_whole && types.contains(Type::Integer))
            }
            Json::String(_) => types.contains(Type::String),
            Json::Array(_) => types.contains(Type::Array),
            Json::Object(_) => types.contains(Type::Object),
        }
    }

    /// The faults of a value under an alternative.
    fn faults_under(&mut self, schema: &Schema, value: &'v Json) -> Vec<Fault> {
        let outer = std::mem::take(&mut self.faults);
        self.value(schema, value);
        std::mem::replace(&mut self.faults, outer)
    }

    /// `allOf`, `anyOf`, `oneOf` and `not`. Of several alternatives that do not fit, the one with the fewest faults is the
    /// one that was meant.
    fn alternatives(&mut self, schema: &Schema, value: &'v Json) {
        for part in &schema.all_of {
            self.value(part, value);
        }
        let of = |check: &mut Self, alternatives: &[Schema]| -> Vec<Vec<Fault>> {
            alternatives
                .iter()
                .map(|part| check.faults_under(part, value))
                .collect()
        };
        let any_of = of(self, &schema.any_of);
        if !any_of.is_empty() && !any_of.iter().any(Vec::is_empty) {
            self.report_kind(&ErrorKind::AnyOf);
            self.faults.extend(fewest(any_of));
        }
        let one_of = of(self, &schema.one_of);
        let mut fitting = (0..)
            .zip(&one_of)
            .filter(|(_, faults)| faults.is_empty())
            .map(|(at, _)| at);
        match (fitting.next(), fitting.next()) {
            _ if one_of.is_empty() => {}
            (Some(_), None) => {}
            (Some(first), Some(second)) => self.report_kind(&ErrorKind::OneOf(Some((first, second)))),
            (None, _) => {
                self.report_kind(&ErrorKind::OneOf(None));
                self.faults.extend(fewest(one_of));
            }
        }
        if let Some(not) = &schema.not
            && self.faults_under(not, value).is_empty()
        {
            self.report_kind(&ErrorKind::Not);
        }
    }

    fn text(&mut self, schema: &Schema, text: &'v str) {
        let length = text.chars().count();
        match bound(&schema.length, length) {
            Some(Bound::Below(want)) => self.report_kind(&ErrorKind::MinLength { got: length, want }),
            Some(Bound::Above(want)) => self.report_kind(&ErrorKind::MaxLength { got: length, want }),
            None => {}
        }
        if let Some(pattern) = &schema.pattern
            && pattern.is_match(text) != Some(true)
        {
            self.report_kind(&ErrorKind::Pattern {
                got: Cow::Borrowed(text),
                want: pattern.text(),
            });
        }
        if let Some(format) = schema
            .format
            .filter(|format| format.is_known(self.minor) && !format.fits(text))
        {
            self.report(format!("{} is not a valid {}", quote(text), format.name()));
        }
    }

    fn number(&mut self, schema: &Schema, json: &serde_json::Number) {
        let number = Number::of(json);
        let range = &schema.range;
        let got = || Cow::Owned(json.clone());
        let limit = serde_json::Number::from_f64;
        if let Some(want) = range
            .minimum
            .filter(|&limit| number.falls_below(limit, range.excludes_minimum))
            .and_then(limit)
        {
            let (got, want) = (got(), &want);
            self.report_kind(&if range.excludes_minimum {
                ErrorKind::ExclusiveMinimum { got, want }
            } else {
                ErrorKind::Minimum { got, want }
            });
        }
        if let Some(want) = range
            .maximum
            .filter(|&limit| number.exceeds(limit, range.excludes_maximum))
            .and_then(limit)
        {
            let (got, want) = (got(), &want);
            self.report_kind(&if range.excludes_maximum {
                ErrorKind::ExclusiveMaximum { got, want }
            } else {
                ErrorKind::Maximum { got, want }
            });
        }
        if let Some(want) = range
            .multiple_of
            .filter(|&factor| !number.is_multiple_of(factor))
            .and_then(limit)
        {
            self.report_kind(&ErrorKind::MultipleOf {
                got: got(),
                want: &want,
            });
        }
    }

    fn list(&mut self, schema: &Schema, items: &'v [Json]) {
        match bound(&schema.item_count, items.len()) {
            Some(Bound::Below(want)) => self.report_kind(&ErrorKind::MinItems { got: items.len(), want }),
            Some(Bound::Above(want)) => self.report_kind(&ErrorKind::MaxItems { got: items.len(), want }),
            None => {}
        }
        if let Some(schema) = &schema.items {
            for (index, item) in items.iter().enumerate() {
                self.at(Step::Index(index), schema, item);
            }
        }
    }

    fn object(&mut self, schema: &Schema, fields: &'v Map<String, Json>) {
        match bound(&schema.property_count, fields.len()) {
            Some(Bound::Below(want)) => self.report_kind(&ErrorKind::MinProperties {
                got: fields.len(),
                want,
            }),
            Some(Bound::Above(want)) => self.report_kind(&ErrorKind::MaxProperties {
                got: fields.len(),
                want,
            }),
            None => {}
        }
        let missing: Vec<&str> = schema
            .required
            .iter()
            .map(String::as_str)
            .filter(|name| !fields.contains_key(*name))
            .collect();
        if !missing.is_empty() {
            self.report_kind(&ErrorKind::Required { want: missing });
        }
        for (name, value) in fields {
            match schema.field(name) {
                Some(field) => self.at(Step::Key(name), field, value),
                None if matches!(schema.additional, Additional::Any(false)) => {
                    self.path.push(Step::Key(name));
                    self.report(format!("additional properties {} not allowed", quote(name)));
                    self.path.pop();
                }
                None => {}
            }
        }
    }
}

enum Bound {
    Below(usize),
    Above(usize),
}

/// Which limit of a count is not kept.
fn bound(count: &Count, number: usize) -> Option<Bound> {
    let limit = |limit: Option<u64>| limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
    match (limit(count.at_least), limit(count.at_most)) {
        (Some(least), _) if number < least => Some(Bound::Below(least)),
        (_, Some(most)) if number > most => Some(Bound::Above(most)),
        _ => None,
    }
}

fn fewest(alternatives: Vec<Vec<Fault>>) -> Vec<Fault> {
    alternatives.into_iter().min_by_key(Vec::len).unwrap_or_default()
}

/// Whether a value equals one of an enumeration after Go's conversion between numbers. Null equals none.
fn is_equal(value: &Json, allowed: &Json) -> bool {
    match (value, allowed) {
        (Json::Null, _) => false,
        (Json::Number(value), Json::Number(allowed)) => Number::of(value).is_converted_to(Number::of(allowed)),
        _ => value == allowed,
    }
}
