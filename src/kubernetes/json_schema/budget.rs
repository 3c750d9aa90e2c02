//! What the validation of a value may use: steps, and bytes of errors. Alternatives of a schema can double the work at every
//! level; the library that Helm uses then runs out of time or memory instead.

use std::cell::{Cell, RefCell};

use super::error::{Kind, Step, ValidationError, all_steps};
use super::node::Node;
use super::words::quote;
use crate::text::limits::{SCHEMA_ERROR_BYTES, SCHEMA_STEPS};
use crate::text::stop;

/// Bytes of a text that are compared, counted or matched in the time of a step.
const TEXT_OF_A_STEP: u64 = 64;
/// Bytes of an error besides its texts.
const ERROR: u64 = 64;

/// What was used so far.
pub(super) struct Budget {
    steps: Cell<u64>,
    bytes: Cell<u64>,
    most_steps: u64,
    most_bytes: u64,
    /// Where and why validation stopped.
    stop: RefCell<Option<ValidationError>>,
}

impl Budget {
    /// Nothing used, under the limits for a value.
    pub(super) const fn new() -> Self {
        Self::of(SCHEMA_STEPS, SCHEMA_ERROR_BYTES)
    }

    pub(super) const fn of(most_steps: u64, most_bytes: u64) -> Self {
        Self {
            steps: Cell::new(0),
            bytes: Cell::new(0),
            most_steps,
            most_bytes,
            stop: RefCell::new(None),
        }
    }

    /// Counts steps; whether no more may be made.
    pub(super) fn spend(&self, steps: u64, schema: &str, step: Option<&Step<'_>>) -> bool {
        let all = self.steps.get().saturating_add(steps);
        self.steps.set(all);
        if all > self.most_steps {
            self.stop_at(schema, step, || {
                format!(
                    "it exceeds the limit of {} steps: its alternatives or lists multiply",
                    self.most_steps
                )
            });
        } else if let Some(reason) = stop::reason() {
            self.stop_at(schema, step, || reason);
        }
        self.is_spent()
    }

    /// Counts the memory of an error.
    pub(super) fn spend_on_error(&self, error: &ValidationError, schema: &str, step: Option<&Step<'_>>) {
        let steps: usize = error.steps.iter().map(|step| 24 + step.len()).sum();
        let words = match &error.kind {
            Kind::Words(words) | Kind::Schema(words) => words.len(),
            Kind::Group | Kind::Reference => 0,
        };
        let all = self.bytes.get().saturating_add(ERROR + (steps + words) as u64);
        self.bytes.set(all);
        if all > self.most_bytes {
            self.stop_at(schema, step, || {
                format!("its errors exceed the limit of {} bytes", self.most_bytes)
            });
        }
    }

    /// Whether validation has stopped.
    pub(super) fn is_spent(&self) -> bool {
        self.stop.borrow().is_some()
    }

    fn stop_at(&self, schema: &str, step: Option<&Step<'_>>, reason: impl FnOnce() -> String) {
        let mut stop = self.stop.borrow_mut();
        if stop.is_none() {
            *stop = Some(ValidationError {
                steps: all_steps(step),
                kind: Kind::Words(format!(
                    "validation stopped at the schema {}: {}",
                    quote(schema),
                    reason()
                )),
                causes: Vec::new(),
            });
        }
    }

    /// Why validation stopped, if it did.
    pub(super) fn into_stop(self) -> Option<ValidationError> {
        self.stop.into_inner()
    }
}

/// Steps that reading a text counts as.
pub(super) const fn cost_of_text(text: &str) -> u64 {
    text.len() as u64 / TEXT_OF_A_STEP
}

/// Steps that comparing a value with others counts as: those of its parts.
pub(super) fn cost_of_value(value: &Node) -> u64 {
    match value {
        Node::Text(text) | Node::Number(text) => 1 + cost_of_text(text),
        Node::List(items) => 1 + items.iter().map(cost_of_value).sum::<u64>(),
        Node::Map(map) => {
            let entries = map
                .iter()
                .map(|(name, value)| cost_of_text(name) + cost_of_value(value));
            1 + entries.sum::<u64>()
        }
        Node::Null | Node::Bool(_) | Node::Other(_) => 1,
    }
}
