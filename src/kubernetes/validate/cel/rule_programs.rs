//! The rules of a schema, compiled once for all values of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;

use super::compile::{Program, program};
use super::field_path;
use super::schema_types::type_of;
use super::types::Type;

/// The variables of rules.
pub const VARIABLES: [&str; 2] = ["self", "oldSelf"];

/// The compiled rules of a definition, by the place of their schema. They are compiled when they are first needed.
#[derive(Debug, Default)]
pub struct RulePrograms {
    known: Mutex<BTreeMap<String, Arc<[Rule]>>>,
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its text without blanks around it.
    pub text: String,
    /// Nothing if it cannot be evaluated.
    pub program: Option<Program>,
    /// The message that it has, without blanks around it.
    pub message: Option<String>,
    /// What the message is computed by.
    pub message_program: Option<(String, Program)>,
    /// Steps to the field that it is about.
    pub field: Vec<String>,
    pub reason: Option<String>,
    /// Whether the value before is optional.
    pub is_optional: bool,
}

impl Rule {
    /// What the server calls the rule.
    pub fn name(&self) -> &str {
        self.message.as_deref().unwrap_or(&self.text)
    }

    /// Whether it compares with the value before.
    pub fn is_transition(&self) -> bool {
        self.program
            .as_ref()
            .is_some_and(|program| program.used.iter().any(|name| name == "oldSelf"))
    }
}

impl RulePrograms {
    /// The rules of a schema at a place.
    pub fn rules(&self, place: &str, schema: &Json, rules: &[Json], is_resource: bool) -> Arc<[Rule]> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rules) = known().get(place) {
            return Arc::clone(rules);
        }
        let own = type_of(schema, is_resource, "selfType", 0);
        let compiled: Arc<[Rule]> = rules
            .iter()
            .filter_map(|rule| compiled(rule, schema, own.as_ref()))
            .collect();
        known().insert(place.to_owned(), Arc::clone(&compiled));
        compiled
    }
}

/// A rule of a schema; nothing for one without an expression.
fn compiled(rule: &Json, schema: &Json, own: Option<&Type>) -> Option<Rule> {
    let text = |key: &str| rule.get(key).and_then(Json::as_str).unwrap_or_default();
    let expression = text("rule");
    if expression.trim().is_empty() {
        return None;
    }
    let is_optional = rule.get("optionalOldSelf").and_then(Json::as_bool) == Some(true);
    let program = |expression: &str, wanted: &Type| {
        let found = program(expression, &variables(own?, is_optional)).ok()??;
        (found.result == *wanted).then_some(found)
    };
    let message = text("message");
    let computed = text("messageExpression");
    let computed = (!computed.is_empty()).then(|| Some((computed.to_owned(), program(computed, &Type::String)?)));
    Some(Rule {
        text: expression.trim().to_owned(),
        program: program(expression, &Type::Bool),
        message: (!message.is_empty()).then(|| message.trim().to_owned()),
        message_program: computed.flatten(),
        field: field_path::steps(text("fieldPath"), schema).unwrap_or_default(),
        reason: rule.get("reason").and_then(Json::as_str).map(str::to_owned),
        is_optional,
    })
}

/// The variables of a rule about values of a type.
pub fn variables(own: &Type, is_optional: bool) -> [(&'static str, Type); 2] {
    let before = if is_optional {
        Type::optional(own.clone())
    } else {
        own.clone()
    };
    let [this, that] = VARIABLES;
    [(this, own.clone()), (that, before)]
}
