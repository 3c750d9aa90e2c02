//! A value against its schema, as `k8s.io/kube-openapi/pkg/validation/validate` validates custom resources. It differs from JSON
//! Schema: a text with a format fits every type but numbers, null is validated against types and enumerations only, and
//! limits on integers are integers.

use serde_json::{Map, Number as JsonNumber, Value as Json};

use crate::kubernetes::json_schema::Node;
use crate::kubernetes::json_schema::number::show_count;
use crate::kubernetes::json_schema::words::{counts, missing, no_match, not_in_enumeration, quote};
use crate::text::limits::SCHEMA_STEPS;
use crate::text::stop;

use super::super::fields::Step;
use super::super::ids;
use super::fault::Fault;
use super::number::Number;
use super::schema::{Additional, Count, Schema, Type};
use super::typed::type_name;

/// What server-side apply does with null where the schema does not allow it.
const NULL_HINT: &str = " (server-side apply, which Helm 4 uses, refuses null here; leave the field out)";

/// Steps that keeping a fault counts as.
const STEPS_OF_A_FAULT: u64 = 20;
/// Values that are compared in the time of a step.
const COMPARED_IN_A_STEP: u64 = 8;

/// The faults of a value, for a minor version of Kubernetes.
pub(super) fn schema_faults(schema: &Schema, value: &Json, minor: u8) -> Vec<Fault> {
    let mut check = Check {
        minor,
        path: Vec::new(),
        faults: Vec::new(),
        steps: 0,
        stop: None,
    };
    check.value(schema, value);
    match check.stop {
        Some(stop) => vec![stop],
        None => check.faults,
    }
}

struct Check<'v> {
    minor: u8,
    path: Vec<Step<'v>>,
    faults: Vec<Fault>,
    /// What was looked at so far.
    steps: u64,
    /// The place where there was too much to look at.
    stop: Option<Fault>,
}

impl<'v> Check<'v> {
    /// Counts steps; whether no more may be made.
    fn is_stopped_after(&mut self, steps: u64) -> bool {
        self.steps = self.steps.saturating_add(steps);
        let reason = if self.steps > SCHEMA_STEPS {
            Some(format!("it exceeds the limit of {SCHEMA_STEPS} steps"))
        } else {
            stop::reason()
        };
        if let Some(reason) = reason
            && self.stop.is_none()
        {
            let message = format!("validation stopped here: {reason}");
            self.stop = Some(Fault::at(&self.path, ids::SCHEMA, message));
        }
        self.stop.is_some()
    }

    fn report(&mut self, message: String) {
        self.steps += STEPS_OF_A_FAULT + message.len() as u64 / 8;
        self.faults.push(Fault::at(&self.path, ids::SCHEMA, message));
    }

    fn at(&mut self, step: Step<'v>, schema: &Schema, value: &'v Json) {
        self.path.push(step);
        self.value(schema, value);
        self.path.pop();
    }

    fn value(&mut self, schema: &Schema, value: &'v Json) {
        if self.is_stopped_after(1 + schema.enumeration.len() as u64 / COMPARED_IN_A_STEP) {
            return;
        }
        if !self.fits_type(schema, value) {
            let hint = if value.is_null() { NULL_HINT } else { "" };
            self.report(format!("got {}, want {}{hint}", type_name(value), schema.types.names()));
            return;
        }
        if !schema.enumeration.is_empty() && !schema.enumeration.iter().any(|allowed| is_equal(value, allowed)) {
            let allowed: Vec<Node> = schema.enumeration.iter().map(Node::from).collect();
            self.report(not_in_enumeration(&allowed));
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
            self.report("'anyOf' failed".to_owned());
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
            (Some(first), Some(second)) => {
                self.report(format!("'oneOf' failed, subschemas {first}, {second} matched"));
            }
            (None, _) => {
                self.report("'oneOf' failed, none matched".to_owned());
                self.faults.extend(fewest(one_of));
            }
        }
        if let Some(not) = &schema.not
            && self.faults_under(not, value).is_empty()
        {
            self.report("'not' failed".to_owned());
        }
    }

    fn text(&mut self, schema: &Schema, text: &'v str) {
        self.count(&schema.length, text.chars().count(), ["minLength", "maxLength"]);
        if let Some(pattern) = &schema.pattern
            && !self.is_stopped_after(pattern.cost(text))
            && pattern.is_match(text) != Some(true)
        {
            self.report(no_match(text, pattern.text()));
        }
        if let Some(format) = schema
            .format
            .filter(|format| format.is_known(self.minor) && !format.fits(text))
        {
            self.report(format!("{} is not a valid {}", quote(text), format.name()));
        }
    }

    /// Reports a number that is not within its limits.
    fn count(&mut self, limits: &Count, number: usize, [least, most]: [&str; 2]) {
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        let shown = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        match (limits.at_least, limits.at_most) {
            (Some(limit), _) if number < limit => self.report(counts(least, shown(number), shown(limit))),
            (_, Some(limit)) if number > limit => self.report(counts(most, shown(number), shown(limit))),
            _ => {}
        }
    }

    fn number(&mut self, schema: &Schema, json: &JsonNumber) {
        let number = Number::of(json);
        let range = &schema.range;
        let (excludes_minimum, excludes_maximum) = (range.excludes_minimum, range.excludes_maximum);
        let minimum = if excludes_minimum {
            "exclusiveMinimum"
        } else {
            "minimum"
        };
        let maximum = if excludes_maximum {
            "exclusiveMaximum"
        } else {
            "maximum"
        };
        let too_small = range
            .minimum
            .filter(|&limit| number.falls_below(limit, excludes_minimum));
        let too_large = range.maximum.filter(|&limit| number.exceeds(limit, excludes_maximum));
        let uneven = range.multiple_of.filter(|&factor| !number.is_multiple_of(factor));
        for (name, limit) in [(minimum, too_small), (maximum, too_large), ("multipleOf", uneven)] {
            if let Some(limit) = limit {
                let want = json_number(limit).map_or_else(|| limit.to_string(), |limit| shown(&limit));
                self.report(format!("{name}: got {}, want {want}", shown(json)));
            }
        }
    }

    fn list(&mut self, schema: &Schema, items: &'v [Json]) {
        self.count(&schema.item_count, items.len(), ["minItems", "maxItems"]);
        if let Some(schema) = &schema.items {
            for (index, item) in items.iter().enumerate() {
                self.at(Step::Index(index), schema, item);
            }
        }
    }

    fn object(&mut self, schema: &Schema, fields: &'v Map<String, Json>) {
        self.count(&schema.property_count, fields.len(), ["minProperties", "maxProperties"]);
        let required = schema.required.iter().map(String::as_str);
        let absent: Vec<&str> = required.filter(|name| !fields.contains_key(*name)).collect();
        if !absent.is_empty() {
            self.report(missing(&absent));
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

/// A whole limit as an integer.
fn json_number(limit: f64) -> Option<JsonNumber> {
    limit.to_string().parse::<i64>().ok().map(JsonNumber::from)
}

/// A number as messages have it: whole ones with commas.
fn shown(number: &JsonNumber) -> String {
    number.as_i64().map_or_else(|| number.to_string(), show_count)
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
