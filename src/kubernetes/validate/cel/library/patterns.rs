//! Patterns (`matches` of cel-go, and `k8s.io/apiserver/pkg/cel/library/regex.go`).

use regex::Regex;

use crate::text::go::pattern::{compile, positions, size};

use super::super::super::kept::Kept;
use super::super::budget::{Budget, Fault, Outcome};
use super::super::value::Value;
use super::arguments::no_function;

/// Steps to compile any pattern, and each part of one.
const PATTERN_STEPS: u64 = 1_000;
const PART_STEPS: u64 = 10;
/// Positions of a pattern that are looked at with a byte of a text in the time of a step.
const POSITIONS_OF_A_STEP: u64 = 2;

/// A function that searches a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternCall {
    Matches,
    Find,
    FindAll,
}

/// A pattern that was compiled, and how many positions it has.
#[derive(Debug, Clone)]
pub struct Pattern {
    regex: Regex,
    positions: u64,
}

/// A pattern.
///
/// # Errors
/// Go's words for a text that is none.
pub fn compiled(pattern: &str) -> Result<Pattern, String> {
    static KNOWN: Kept<Result<Pattern, String>> = Kept::new(2_000);
    KNOWN.get(pattern, || {
        let regex = compile(pattern)?;
        let positions = positions(pattern);
        Ok(Pattern { regex, positions })
    })
}

impl PatternCall {
    /// Calls the function; `known` is its pattern if that does not depend on the values.
    pub fn call(self, name: &str, arguments: &[Value], known: Option<&Pattern>, budget: &mut Budget) -> Outcome<Value> {
        let (text, pattern, most) = match (self, arguments) {
            (_, [Value::String(text), Value::String(pattern)]) => (text, pattern, -1),
            (Self::FindAll, [Value::String(text), Value::String(pattern), Value::Int(most)]) => (text, pattern, *most),
            (Self::Matches, [Value::String(_), _]) => return Err(Fault::no_overload()),
            (Self::Matches, [_, _]) => return Err(Fault::error(format!("no such overload: {name}"))),
            _ => return Err(no_function(name, arguments)),
        };
        let computed;
        let pattern = if let Some(known) = known {
            known
        } else {
            let parts = size(pattern).unwrap_or(1);
            budget.work(parts.saturating_mul(PART_STEPS).saturating_add(PATTERN_STEPS))?;
            computed = compiled(pattern).map_err(|words| match self {
                Self::Matches => Fault::Error(words),
                _ => Fault::error(format!("Illegal regex: {words}")),
            })?;
            &computed
        };
        budget.work((text.len() as u64).saturating_mul(pattern.positions) / POSITIONS_OF_A_STEP)?;
        Ok(match self {
            Self::Matches => Value::Bool(pattern.regex.is_match(text)),
            Self::Find => Value::text(pattern.regex.find(text).map_or("", |found| found.as_str())),
            Self::FindAll => {
                let most = usize::try_from(most).unwrap_or(usize::MAX);
                let mut items = Vec::new();
                for found in pattern.regex.find_iter(text).take(most) {
                    budget.make(found.len() + 2 * size_of::<Value>())?;
                    items.push(Value::text(found.as_str()));
                }
                Value::list(items)
            }
        })
    }
}
