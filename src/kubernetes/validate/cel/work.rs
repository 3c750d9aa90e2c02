//! The most that evaluating an expression here can take, for the value at hand: steps, and bytes in memory at once. The API server's
//! estimate (`cost.rs`) says what its own evaluator does, which makes lists without copying them and has patterns compiled; the one
//! of the crate `cel` copies a value wherever it becomes part of another, and compiles a pattern for each text.

use std::sync::Arc;

use cel::common::ast::{CallExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};

use super::extent::{Extent, VALUE_BYTES};
use crate::text::go::pattern::{positions, size};

/// Bytes that are copied in the time of a step, about 70 nanoseconds.
const BYTES_OF_A_STEP: u64 = 64;
/// How often what a macro collects is copied.
const COPIES_OF_COLLECTED: u64 = 3;
/// Steps to compile any pattern, and each part of one.
const PATTERN_STEPS: u64 = 300;
const PART_STEPS: u64 = 2;
/// Parts of a pattern that is computed: as many as the crate `regex` compiles.
const UNKNOWN_PARTS: u64 = 500_000;
/// Positions of a pattern that are looked at with a byte of a text in the time of a step.
const POSITIONS_OF_A_STEP: u64 = 6;
/// Deepest nesting of an expression.
const MAX_DEPTH: usize = 400;

/// What an evaluation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Work {
    /// Steps.
    pub(super) steps: u64,
    /// Bytes in memory at once.
    pub(super) bytes: u64,
}

/// The most that an expression about a value can take.
pub(super) fn work(expression: &IdedExpr, value: &Arc<Extent>) -> Work {
    let mut estimator = Estimator {
        own: value,
        variables: Vec::new(),
        depth: 0,
    };
    let part = estimator.part(expression);
    Work {
        steps: part.steps,
        bytes: part.bytes.saturating_add(part.extent.weight),
    }
}

/// A part of an expression: what evaluating it takes, and what it gives.
struct Part {
    steps: u64,
    bytes: u64,
    extent: Arc<Extent>,
    /// Whether it is a value that is there already, so that nothing need be copied to look into it.
    is_borrowed: bool,
}

impl Part {
    fn made(steps: u64, bytes: u64, extent: Extent) -> Self {
        Self {
            steps,
            bytes,
            extent: Arc::new(extent),
            is_borrowed: false,
        }
    }
}

/// Steps to copy or compare so many bytes.
const fn copying(bytes: u64) -> u64 {
    bytes / BYTES_OF_A_STEP + 1
}

struct Estimator<'e> {
    own: &'e Arc<Extent>,
    variables: Vec<(&'e str, Arc<Extent>)>,
    depth: usize,
}

impl<'e> Estimator<'e> {
    fn part(&mut self, expression: &'e IdedExpr) -> Part {
        if self.depth > MAX_DEPTH {
            // The evaluator gives up, too: its stack has an end.
            return Part::made(u64::MAX, u64::MAX, Extent::scalar());
        }
        self.depth += 1;
        let found = self.part_of(expression);
        self.depth -= 1;
        found
    }

    fn part_of(&mut self, expression: &'e IdedExpr) -> Part {
        match &expression.expr {
            Expr::Literal(literal) => Part {
                is_borrowed: true,
                ..Part::made(1, 0, literal_extent(literal))
            },
            Expr::Ident(name) => Part {
                steps: 1 + self.variables.len() as u64,
                bytes: 0,
                extent: self.variable(name.trim_start_matches('.')),
                is_borrowed: true,
            },
            Expr::Select(select) => {
                let operand = self.part(&select.operand);
                let extent = operand.extent.field(&select.field);
                looked_into(&operand, extent)
            }
            Expr::Call(call) => self.collection(call).unwrap_or_else(|| self.call(call)),
            Expr::List(list) => self.list(&list.elements),
            Expr::Map(map) => {
                let (mut steps, mut bytes, mut held): (u64, u64, u64) = (1, 0, 0);
                let mut largest: Option<(Arc<Extent>, Arc<Extent>)> = None;
                for entry in &map.entries {
                    let EntryExpr::MapEntry(entry) = &entry.expr else {
                        continue;
                    };
                    let (key, value) = (self.part(&entry.key), self.part(&entry.value));
                    let weight = key.extent.weight.saturating_add(value.extent.weight);
                    held = held.saturating_add(weight);
                    bytes = bytes.max(key.bytes).max(value.bytes);
                    for more in [key.steps, value.steps, copying(weight)] {
                        steps = steps.saturating_add(more);
                    }
                    largest = Some(match largest {
                        Some((keys, values)) => {
                            (Extent::most(&keys, &key.extent), Extent::most(&values, &value.extent))
                        }
                        None => (key.extent, value.extent),
                    });
                }
                let (key, value) = largest.unwrap_or_default();
                let extent = Extent::mapping(map.entries.len() as u64, &key, value);
                Part::made(steps, bytes.saturating_add(held), extent)
            }
            Expr::Struct(message) => {
                let values = message.entries.iter().filter_map(|entry| match &entry.expr {
                    EntryExpr::StructField(field) => Some(&field.value),
                    EntryExpr::MapEntry(_) => None,
                });
                let values: Vec<&IdedExpr> = values.collect();
                self.all(&values)
            }
            Expr::Comprehension(_) | Expr::Unspecified => Part::made(u64::MAX, u64::MAX, Extent::scalar()),
        }
    }

    fn variable(&self, name: &str) -> Arc<Extent> {
        let bound = self.variables.iter().rev().find(|(known, _)| *known == name);
        match bound {
            Some((_, extent)) => Arc::clone(extent),
            None if matches!(name, "self" | "oldSelf") => Arc::clone(self.own),
            None => Arc::new(Extent::scalar()),
        }
    }

    fn list(&mut self, items: &'e [IdedExpr]) -> Part {
        let (mut steps, mut bytes, mut held): (u64, u64, u64) = (1, 0, 0);
        let mut largest: Option<Arc<Extent>> = None;
        for item in items {
            let item = self.part(item);
            held = held.saturating_add(item.extent.weight);
            bytes = bytes.max(item.bytes);
            steps = steps
                .saturating_add(item.steps)
                .saturating_add(copying(item.extent.weight));
            largest = Some(match largest {
                Some(largest) => Extent::most(&largest, &item.extent),
                None => item.extent,
            });
        }
        let mut extent = Extent::list(items.len() as u64, largest.unwrap_or_default());
        extent.weight = extent.weight.min(held.saturating_add(VALUE_BYTES));
        Part::made(steps, bytes.saturating_add(held), extent)
    }

    /// A function that gives no more than it gets, and looks at all of it.
    fn all(&mut self, operands: &[&'e IdedExpr]) -> Part {
        let (mut steps, mut bytes, mut held): (u64, u64, u64) = (1, 0, 0);
        let mut extent: Option<Arc<Extent>> = None;
        for operand in operands {
            let part = self.part(operand);
            held = held.saturating_add(part.extent.weight);
            bytes = bytes.max(part.bytes);
            steps = steps
                .saturating_add(part.steps)
                .saturating_add(copying(part.extent.weight));
            extent = Some(match extent {
                Some(extent) => Arc::new(Extent::joined(&extent, &part.extent)),
                None => part.extent,
            });
        }
        Part {
            steps,
            bytes: bytes.saturating_add(held),
            extent: extent.unwrap_or_else(|| Arc::new(Extent::scalar())),
            is_borrowed: false,
        }
    }

    fn call(&mut self, call: &'e CallExpr) -> Part {
        let operands: Vec<&IdedExpr> = call.target.as_deref().into_iter().chain(&call.args).collect();
        match (call.func_name.as_str(), operands.as_slice()) {
            (operators::CONDITIONAL, [condition, one, other]) => {
                let (condition, one, other) = (self.part(condition), self.part(one), self.part(other));
                Part {
                    steps: condition.steps.saturating_add(one.steps.max(other.steps)),
                    bytes: condition.bytes.max(one.bytes).max(other.bytes),
                    extent: Extent::most(&one.extent, &other.extent),
                    is_borrowed: one.is_borrowed && other.is_borrowed,
                }
            }
            (operators::INDEX | operators::OPT_INDEX, [collection, index]) => {
                let (collection, index) = (self.part(collection), self.part(index));
                let extent = collection.extent.inner();
                let found = looked_into(&collection, extent);
                Part {
                    steps: found
                        .steps
                        .saturating_add(index.steps)
                        .saturating_add(copying(index.extent.weight)),
                    bytes: found.bytes.max(index.bytes),
                    ..found
                }
            }
            (operators::IN, [one, other]) => {
                let (one, other) = (self.part(one), self.part(other));
                let looks = if other.extent.key > 0 { 1 } else { other.extent.count };
                let each = copying(one.extent.weight.min(other.extent.inner().weight.max(other.extent.key)));
                truth(&[one, other], looks.saturating_mul(each))
            }
            (
                operators::EQUALS
                | operators::NOT_EQUALS
                | operators::LESS
                | operators::LESS_EQUALS
                | operators::GREATER
                | operators::GREATER_EQUALS,
                [one, other],
            ) => {
                let (one, other) = (self.part(one), self.part(other));
                let compared = copying(one.extent.weight.min(other.extent.weight));
                truth(&[one, other], compared)
            }
            (operators::LOGICAL_AND | operators::LOGICAL_OR, [one, other]) => {
                let parts = [self.part(one), self.part(other)];
                truth(&parts, 1)
            }
            ("size", [one]) => {
                let part = self.part(one);
                let counted = copying(part.extent.count);
                truth(&[part], counted)
            }
            ("contains" | "startsWith" | "endsWith", [one, other]) => {
                let (one, other) = (self.part(one), self.part(other));
                let compared = copying(one.extent.count.saturating_add(other.extent.count));
                truth(&[one, other], compared)
            }
            ("matches", [text, pattern]) => {
                let (parts, positions) = match &pattern.expr {
                    Expr::Literal(LiteralValue::String(pattern)) => {
                        (size(pattern.inner()).unwrap_or(1), positions(pattern.inner()))
                    }
                    _ => (UNKNOWN_PARTS, UNKNOWN_PARTS),
                };
                let (text, pattern) = (self.part(text), self.part(pattern));
                let compiled = parts.saturating_mul(PART_STEPS).saturating_add(PATTERN_STEPS);
                let searched = text.extent.count.saturating_mul(positions) / POSITIONS_OF_A_STEP;
                truth(&[text, pattern], compiled.saturating_add(searched))
            }
            (_, operands) => self.all(operands),
        }
    }

    /// A macro that goes through a list or a mapping; nothing if the call is not one.
    fn collection(&mut self, call: &'e CallExpr) -> Option<Part> {
        const MACROS: [&str; 12] = [
            "all",
            "exists",
            "exists_one",
            "existsOne",
            "filter",
            "map",
            "optFlatMap",
            "optMap",
            "sortBy",
            "transformList",
            "transformMap",
            "transformMapEntry",
        ];
        let target = call.target.as_deref()?;
        let name = call.func_name.as_str();
        if !MACROS.contains(&name) {
            return None;
        }
        let (first, rest) = call.args.split_first()?;
        let range = self.part(target);
        let (count, item) = (range.extent.count, range.extent.inner());
        let key = Arc::new(Extent::text(range.extent.key));
        let outer = self.variables.len();
        let mut bodies = rest;
        let is_mapping = range.extent.key > 0;
        let largest = if is_mapping {
            Extent::most(&key, &item)
        } else {
            Arc::clone(&item)
        };
        self.variables.push((identifier(first)?, Arc::clone(&largest)));
        if let Some((second, after)) = rest.split_first()
            && !after.is_empty()
            && let Some(name) = identifier(second).filter(|_| has_two_variables(name, rest.len()))
        {
            self.variables.push((name, item));
            bodies = after;
        }
        let (mut steps, mut bytes): (u64, u64) = (copying(largest.weight).saturating_add(4), 0);
        let mut last = Arc::new(Extent::scalar());
        for body in bodies {
            let body = self.part(body);
            steps = steps.saturating_add(body.steps);
            bytes = bytes.max(body.bytes.saturating_add(body.extent.weight));
            last = body.extent;
        }
        self.variables.truncate(outer);
        let mut found = Part::made(
            steps.saturating_mul(count).saturating_add(range.steps),
            range.bytes.saturating_add(bytes).saturating_add(largest.weight),
            Extent::scalar(),
        );
        let collected = match name {
            "all" | "exists" | "exists_one" | "existsOne" => return Some(found),
            "filter" | "sortBy" => Extent::list(count, largest),
            "map" | "transformList" => Extent::list(count, last),
            "transformMap" | "transformMapEntry" => Extent::mapping(count, &key, last),
            _ => last.as_ref().clone(),
        };
        // The evaluator makes a new mapping for each entry.
        let copies = match name {
            "filter" | "map" => COPIES_OF_COLLECTED,
            _ => count.saturating_add(COPIES_OF_COLLECTED),
        };
        found.steps = found
            .steps
            .saturating_add(copying(collected.weight).saturating_mul(copies));
        found.bytes = found.bytes.saturating_add(collected.weight.saturating_mul(2));
        found.extent = Arc::new(collected);
        Some(found)
    }
}

/// Whether a macro with so many arguments after its first has a second variable.
fn has_two_variables(name: &str, others: usize) -> bool {
    match name {
        "all" | "exists" | "exists_one" | "existsOne" => others == 2,
        "transformList" | "transformMap" | "transformMapEntry" => true,
        _ => false,
    }
}

/// A value inside of another.
fn looked_into(operand: &Part, extent: Arc<Extent>) -> Part {
    let copied = if operand.is_borrowed { 1 } else { copying(extent.weight) };
    Part {
        steps: operand.steps.saturating_add(copied),
        bytes: if operand.is_borrowed {
            operand.bytes
        } else {
            operand.bytes.saturating_add(operand.extent.weight)
        },
        extent,
        is_borrowed: operand.is_borrowed,
    }
}

/// What is true or false, or a number, made from operands with some more steps.
fn truth(operands: &[Part], steps: u64) -> Part {
    let mut held: u64 = 0;
    let mut bytes: u64 = 0;
    let mut all = steps;
    for operand in operands {
        if !operand.is_borrowed {
            held = held.saturating_add(operand.extent.weight);
        }
        bytes = bytes.max(operand.bytes);
        all = all.saturating_add(operand.steps);
    }
    Part::made(all, bytes.saturating_add(held), Extent::scalar())
}

fn literal_extent(literal: &LiteralValue) -> Extent {
    match literal {
        LiteralValue::String(text) => Extent::text(text.inner().len() as u64),
        LiteralValue::Bytes(bytes) => Extent::text(bytes.inner().len() as u64),
        _ => Extent::scalar(),
    }
}

fn identifier(expression: &IdedExpr) -> Option<&str> {
    match &expression.expr {
        Expr::Ident(name) => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::compile::parsed;
    use super::*;

    fn taken(expression: &str, value: &serde_json::Value) -> Work {
        let parsed = parsed(expression).expect(expression);
        work(&parsed.0, &Arc::new(Extent::of(value)))
    }

    #[test]
    fn what_is_copied_counts() {
        let value = json!({"l": vec!["a"; 1_000], "s": "x".repeat(1_000), "m": {"a": 1}});
        for (expression, steps, bytes) in [
            ("self.l.all(x, x != 'b')", 3_000..15_000, 0..1_000),
            ("self.l.all(x, self.l.all(y, x != y))", 3_000_000..15_000_000, 0..1_000),
            // A list of a thousand for each of a thousand.
            (
                "self.l.map(x, self.l).size() > 0",
                1_000_000..10_000_000,
                90_000_000..400_000_000,
            ),
            (
                "self.l.map(x, self.l + self.l).size() > 0",
                2_000_000..20_000_000,
                180_000_000..900_000_000,
            ),
            // One at a time.
            (
                "self.l.all(x, (self.l + self.l).size() > 0)",
                2_000_000..10_000_000,
                100_000..1_000_000,
            ),
            ("[self.s, self.s, self.s].size() == 3", 40..200, 3_000..20_000),
            ("self.l.all(x, x.matches('^a$'))", 300_000..1_000_000, 0..10_000),
            (
                "self.l.all(x, x.matches('(\\\\pL{100}){5}'))",
                20_000_000..2_000_000_000,
                0..10_000,
            ),
            (
                "self.l.all(x, x.matches(self.s))",
                100_000_000..5_000_000_000,
                0..10_000,
            ),
            ("'a' in self.m && 'b' in self.l", 1_000..10_000, 0..10_000),
            ("self.m.all(k, v, k != 'x' && v > 0)", 1..100, 0..1_000),
        ] {
            let found = taken(expression, &value);
            assert!(steps.contains(&found.steps), "{expression}: {found:?}");
            assert!(bytes.contains(&found.bytes), "{expression}: {found:?}");
        }
    }

    #[test]
    fn what_doubles_has_no_end() {
        let doubled = format!("[self]{}.size() > 0", ".map(x, [x, x, x, x, x, x, x, x])".repeat(30));
        let found = taken(&doubled, &json!("abc"));
        assert!(found.bytes > 1 << 60, "{found:?}");
    }
}
