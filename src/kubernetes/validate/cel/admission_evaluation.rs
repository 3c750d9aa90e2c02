//! The evaluation of the expressions of admission policies (`k8s.io/apiserver/pkg/admission/plugin/cel/activation.go`).
//!
//! The server evaluates a variable when an expression gets to it; here those that an expression names are evaluated before
//! it. That differs only in what is spent if it does not get to them.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::text::go::quote::quote;

use super::admission::{Composition, Expression, INPUTS};
use super::budget::{Fault, Stop};
use super::compile::Program;
use super::evaluation::{Variable, evaluate};
use super::mapping::{Key, Mapping, MappingKind};
use super::typed_values::untyped;
use super::value::Value;

/// Most steps of the evaluation of all expressions of one kind for an object here.
const STEPS: u64 = 100_000_000;
const COST: &str = "operation cancelled: actual cost limit exceeded";

/// What an expression gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::kubernetes::validate) enum Answer {
    Bool(bool),
    Text(String),
    Null,
    /// A value of another type.
    Other,
    /// Why it has no value, in the server's words.
    Error(String),
    /// All expressions together cost more than the server allows.
    Spent,
    /// Only a cluster knows, or it takes too long here.
    Unknown,
}

/// What expressions see, in the order of their names.
#[derive(Debug)]
pub(in crate::kubernetes::validate) struct Inputs([Value; INPUTS.len()]);

/// What is known of a value.
#[derive(Debug, Clone, Copy)]
pub(in crate::kubernetes::validate) enum Known<'j> {
    /// There is none.
    Nothing,
    Value(&'j Json),
    /// Only a cluster knows.
    Unknown,
}

/// What expressions see of an object that is created, its request without the user, its namespace and a parameter.
pub(in crate::kubernetes::validate) fn inputs(
    object: &Json,
    request: &Json,
    namespace: Known<'_>,
    param: Option<&Json>,
) -> Inputs {
    let mut fields = Mapping::new(MappingKind::Plain);
    for (name, field) in request.as_object().into_iter().flatten() {
        fields.insert(Key::String(Arc::from(name.as_str())), untyped(field));
    }
    for name in ["userInfo", "options"] {
        fields.insert(Key::String(Arc::from(name)), Value::Unknown);
    }
    Inputs([
        untyped(object),
        Value::Null,
        Value::Map(Arc::new(fields)),
        match namespace {
            Known::Nothing => Value::Null,
            Known::Value(namespace) => untyped(namespace),
            Known::Unknown => Value::Unknown,
        },
        param.map_or(Value::Null, untyped),
        Value::Unknown,
        Value::Unknown,
    ])
}

/// The evaluation of expressions of one kind, which share what they may spend.
#[derive(Debug)]
pub(in crate::kubernetes::validate) struct Evaluations<'p> {
    composition: &'p Composition,
    inputs: &'p Inputs,
    values: Vec<Option<Value>>,
    left: u64,
    steps: u64,
}

impl<'p> Evaluations<'p> {
    /// Evaluations that may cost `most`.
    pub(in crate::kubernetes::validate) fn new(composition: &'p Composition, inputs: &'p Inputs, most: u64) -> Self {
        Self {
            composition,
            inputs,
            values: vec![None; composition.variables.len()],
            left: most,
            steps: 0,
        }
    }

    /// The same for expressions of another kind, which may spend what is left.
    pub(in crate::kubernetes::validate) fn again(&self) -> Self {
        Self {
            values: vec![None; self.values.len()],
            ..*self
        }
    }

    /// Evaluates an expression.
    pub(in crate::kubernetes::validate) fn answer(&mut self, expression: &Expression) -> Answer {
        let program = match &expression.program {
            Err(fault) => return Answer::Error(format!("compilation error: {fault}")),
            Ok(None) => return Answer::Unknown,
            Ok(Some(program)) => program,
        };
        let Some(mut cost) = self.prepare(&expression.named) else {
            return Answer::Unknown;
        };
        let (result, own) = self.value(program, expression);
        cost = cost.saturating_add(own);
        if matches!(result, Err(Fault::Stop(Stop::Here))) {
            return Answer::Unknown;
        }
        let Some(left) = self.left.checked_sub(cost) else {
            self.left = 0;
            return Answer::Spent;
        };
        self.left = left;
        let failed =
            |words: &str| Answer::Error(format!("expression '{}' resulted in error: {words}", expression.text));
        match result {
            Ok(Value::Bool(value)) => Answer::Bool(value),
            Ok(Value::String(text)) => Answer::Text(text.to_string()),
            Ok(Value::Null) => Answer::Null,
            Ok(_) => Answer::Other,
            Err(Fault::Error(words)) => failed(&words),
            Err(Fault::Stop(_)) => failed(COST),
        }
    }

    /// Evaluates the variables that an expression needs, and gives what that costs; nothing if it takes too long.
    fn prepare(&mut self, named: &[usize]) -> Option<u64> {
        let composition = self.composition;
        let mut needed = BTreeSet::new();
        let mut left = named.to_vec();
        while let Some(place) = left.pop() {
            if self.values.get(place).is_some_and(Option::is_none)
                && needed.insert(place)
                && let Some((_, expression)) = composition.variables.get(place)
            {
                left.extend(&expression.named);
            }
        }
        let mut cost = 0_u64;
        for place in needed {
            let (name, expression) = composition.variables.get(place)?;
            let name = quote(name.as_bytes());
            let value = match &expression.program {
                Err(fault) => invalid(&format!("composited variable {name} fails to compile: {fault}")),
                Ok(None) => Value::Unknown,
                Ok(Some(program)) => {
                    let (result, own) = self.value(program, expression);
                    cost = cost.saturating_add(own);
                    let failed =
                        |words: &str| invalid(&format!("composited variable {name} fails to evaluate: {words}"));
                    match result {
                        Ok(value) => value,
                        Err(Fault::Error(words)) => failed(&words),
                        Err(Fault::Stop(Stop::Cost)) => failed(COST),
                        Err(Fault::Stop(Stop::Here)) => Value::Unknown,
                    }
                }
            };
            *self.values.get_mut(place)? = Some(value);
        }
        (self.steps < STEPS).then_some(cost)
    }

    fn value(&mut self, program: &Program, expression: &Expression) -> (Result<Value, Fault>, u64) {
        if self.steps >= STEPS {
            return (Err(Fault::Stop(Stop::Here)), 0);
        }
        let mut variables = Mapping::new(MappingKind::Plain);
        for place in &expression.named {
            if let (Some((name, _)), Some(Some(value))) =
                (self.composition.variables.get(*place), self.values.get(*place))
            {
                variables.insert(Key::String(Arc::from(name.as_str())), value.clone());
            }
        }
        let variables = Value::Map(Arc::new(variables));
        let seen: Vec<Variable<'_>> = expression
            .seen
            .iter()
            .map(|name| {
                let input = INPUTS.iter().position(|known| known == name);
                let value = input.and_then(|place| self.inputs.0.get(place));
                (*name, Some(value.unwrap_or(&variables).clone()))
            })
            .collect();
        let (result, budget) = evaluate(&program.plan, &seen);
        self.steps = self.steps.saturating_add(budget.steps());
        (result, budget.cost())
    }
}

fn invalid(words: &str) -> Value {
    Value::Invalid(Arc::from(words))
}
