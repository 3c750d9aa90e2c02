//! Syntax trees whose types are checked, to plans.

use std::collections::HashSet;
use std::sync::Arc;

use super::budget::{Budget, Fault};
use super::check_types::Checked;
use super::declarations::{Overload, is_type, overloads};
use super::library::{Implementation, compiled, implementation};
use super::mapping::{Key, Mapping, unsigned, whole};
use super::plan::{Attribute, Base, Call, Conditional, Fold, FoldKind, Lookup, LookupKey, Plan, Step};
use super::runtime_cost::charge;
use super::tree::{Call as CallTree, Entry, Expr, Item, Literal, Node, Select, operators, qualified};
use super::types::Type;
use super::value::{ListKind, Value};

/// Plans an expression over some variables.
///
/// # Errors
/// Why a constant in it has no value, in the server's words; nothing if it has what cannot be planned.
pub fn plan(root: &Node, checked: &Checked, variables: &[&str]) -> Result<Plan, Option<String>> {
    let mut planner = Planner {
        checked,
        variables,
        bound: Vec::new(),
        slots: 0,
    };
    let root = planner.step(root)?;
    Ok(Plan {
        root,
        slots: planner.slots,
    })
}

/// Where the value of a variable of a macro is.
#[derive(Clone)]
pub(super) enum Binding {
    Slot(usize),
    Bound(usize, Arc<Step>),
}

/// Functions whose results over constants are computed with the plan.
const CONVERSIONS: [&str; 10] = [
    "bool",
    "bytes",
    "double",
    "duration",
    "dyn",
    "int",
    "string",
    "timestamp",
    "type",
    "uint",
];

pub(super) struct Planner<'p> {
    checked: &'p Checked,
    variables: &'p [&'p str],
    pub(super) bound: Vec<(String, Binding)>,
    slots: usize,
}

/// The result of planning.
pub(super) type Planned<T> = Result<T, Option<String>>;

impl Planner<'_> {
    /// A place for a variable.
    pub(super) const fn slot(&mut self) -> usize {
        self.slots += 1;
        self.slots - 1
    }

    /// The overload that a call has, if it is certain.
    pub(super) fn overload(&self, id: u32) -> Option<&'static Overload> {
        self.checked.single.get(&id).copied()
    }

    pub(super) fn step(&mut self, node: &Node) -> Planned<Step> {
        match &node.expr {
            Expr::Literal(literal) => Ok(Step::Literal(value_of(literal))),
            Expr::Ident(name) => self.name(name.trim_start_matches('.')).ok_or(None),
            Expr::Select(select) => self.select(select, false),
            Expr::Call(call) => match self.expand(node.id, call)? {
                Some(expanded) => Ok(expanded),
                None => self.call(node.id, call),
            },
            Expr::List(items) => self.list(items),
            Expr::Map(entries) => self.map(entries),
            Expr::Struct(message) => {
                let is_instant = match message.name.trim_start_matches('.') {
                    "google.protobuf.Duration" => false,
                    "google.protobuf.Timestamp" => true,
                    _ => return Err(None),
                };
                let fields = message
                    .fields
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), self.step(value)?)));
                Ok(Step::Time(is_instant, fields.collect::<Planned<_>>()?))
            }
        }
    }

    /// A variable or a type.
    fn name(&self, name: &str) -> Option<Step> {
        let bound = self.bound.iter().rev().find(|(known, _)| known == name);
        if let Some((_, binding)) = bound {
            return Some(Step::of(match binding {
                Binding::Slot(slot) => Base::Slot(*slot),
                Binding::Bound(slot, value) => Base::Bound(*slot, Arc::clone(value)),
            }));
        }
        if let Some(index) = self.variables.iter().position(|known| *known == name) {
            return Some(Step::of(Base::Root(index)));
        }
        is_type(name).then(|| Step::Literal(Value::Type(Arc::from(name))))
    }

    /// `a.b`, or whether it is there.
    pub(super) fn select(&mut self, select: &Select, is_test: bool) -> Planned<Step> {
        if !is_test
            && let Some(name) = qualified(&select.operand, &select.field)
            && let Some(found) = self.name(&name)
        {
            return Ok(found);
        }
        let operand = self.step(&select.operand)?;
        let key = LookupKey::Constant(Value::text(&select.field));
        Ok(looked_up(operand, key, false, is_test))
    }

    fn call(&mut self, id: u32, call: &CallTree) -> Planned<Step> {
        let name = call.function.as_str();
        let target = match &call.target {
            Some(target) => match qualified(target, name).filter(|name| overloads(name).is_some()) {
                Some(name) => return self.function(id, &name, &call.arguments, None),
                None => Some(self.step(target)?),
            },
            None => None,
        };
        if target.is_some() {
            return self.function(id, name, &call.arguments, target);
        }
        match (name, call.arguments.as_slice()) {
            (operators::LOGICAL_AND, [one, other]) => Ok(Step::And(self.both(one, other)?)),
            (operators::LOGICAL_OR, [one, other]) => Ok(Step::Or(self.both(one, other)?)),
            (operators::EQUALS, [one, other]) => Ok(Step::Equal(self.both(one, other)?, true)),
            (operators::NOT_EQUALS, [one, other]) => Ok(Step::Equal(self.both(one, other)?, false)),
            (operators::CONDITIONAL, [condition, then, otherwise]) => {
                let (condition, then, otherwise) = (self.step(condition)?, self.step(then)?, self.step(otherwise)?);
                Ok(conditional(condition, then, otherwise))
            }
            (operators::INDEX | operators::OPT_INDEX | operators::OPT_SELECT, [operand, key]) => {
                let operand = self.step(operand)?;
                let key = match self.step(key)? {
                    Step::Literal(value) => LookupKey::Constant(value),
                    key => LookupKey::Computed(key),
                };
                Ok(looked_up(operand, key, name != operators::INDEX, false))
            }
            (operators::IN, [item, list]) => {
                let steps = self.both(item, list)?;
                match self.member(id, &steps) {
                    Some(set) => {
                        let [item, _] = *steps;
                        Ok(if set.is_empty() {
                            Step::Literal(Value::Bool(false))
                        } else {
                            Step::Member(Box::new(item), set)
                        })
                    }
                    None => self.made(id, name, steps.into_iter().collect()),
                }
            }
            _ => self.function(id, name.trim_start_matches('.'), &call.arguments, None),
        }
    }

    fn both(&mut self, one: &Node, other: &Node) -> Planned<Box<[Step; 2]>> {
        Ok(Box::new([self.step(one)?, self.step(other)?]))
    }

    fn function(&mut self, id: u32, name: &str, arguments: &[Node], target: Option<Step>) -> Planned<Step> {
        let mut steps: Vec<Step> = target.into_iter().collect();
        for argument in arguments {
            steps.push(self.step(argument)?);
        }
        if steps.len() == 2 && matches!(name, "or" | "orValue") {
            let steps: Box<[Step; 2]> = Box::new(steps.try_into().map_err(|_| None)?);
            return Ok(match name {
                "or" => Step::OptionalOr(steps),
                _ => Step::OptionalOrValue(steps),
            });
        }
        let Some(implementation) =
            implementation(name, self.overload(id).and_then(|overload| overload.arguments.first()))
        else {
            return Err(None);
        };
        if let ([Step::Literal(value)], Implementation::Code(code)) = (steps.as_slice(), implementation)
            && CONVERSIONS.contains(&name)
        {
            let folded = code(name, std::slice::from_ref(value), &mut Budget::of_constants());
            return match folded {
                Ok(value) => Ok(Step::Literal(value)),
                Err(Fault::Error(words)) => Err(Some(format!("program instantiation failed: {words}"))),
                Err(Fault::Stop(_)) => Err(None),
            };
        }
        self.made(id, name, steps)
    }

    /// A call of a function with planned arguments.
    pub(super) fn made(&self, id: u32, name: &str, arguments: Vec<Step>) -> Planned<Step> {
        let overload = self.overload(id);
        let first = overload.and_then(|overload| overload.arguments.first());
        let implementation = implementation(name, first).unwrap_or(Implementation::Unknown);
        let pattern = match (implementation, arguments.get(1)) {
            (Implementation::Pattern(_), Some(Step::Literal(Value::String(pattern)))) => {
                let failed = |words: String| Some(format!("program instantiation failed: {words}"));
                Some(compiled(pattern).map_err(failed)?)
            }
            _ => None,
        };
        let is_hasty =
            arguments.len() > 2 || pattern.is_some() || matches!(name, "format") || is_dispatched(name, overload);
        Ok(Step::Call(Box::new(Call {
            name: name.to_owned(),
            implementation,
            charge: charge(name, overload),
            is_hasty,
            pattern,
            arguments,
        })))
    }

    /// The constants of a list that a value is looked for in.
    fn member(&self, id: u32, [_, list]: &[Step; 2]) -> Option<HashSet<Key, foldhash::fast::RandomState>> {
        let is_list = self
            .overload(id)
            .is_some_and(|overload| matches!(overload.arguments.get(1), Some(Type::List(_))));
        let Step::Literal(Value::List(list)) = list else {
            return None;
        };
        if !is_list || list.kind != ListKind::Plain {
            return None;
        }
        let mut set = HashSet::default();
        for item in &list.items {
            set.insert(Key::of(item)?);
            set.extend(same_numbers(item));
        }
        Some(set)
    }

    fn list(&mut self, items: &[Item]) -> Planned<Step> {
        let steps = items.iter().map(|item| Ok((self.step(&item.value)?, item.is_optional)));
        let steps: Vec<(Step, bool)> = steps.collect::<Planned<_>>()?;
        let constants = steps.iter().map(|(step, is_optional)| match step {
            Step::Literal(value) if !is_optional => Some(value.clone()),
            _ => None,
        });
        let constants: Option<Vec<Value>> = constants.collect();
        Ok(constants.map_or(Step::List(steps), |items| Step::Literal(Value::list(items))))
    }

    fn map(&mut self, entries: &[Entry]) -> Planned<Step> {
        let steps = entries
            .iter()
            .map(|entry| Ok((self.step(&entry.key)?, self.step(&entry.value)?, entry.is_optional)));
        let steps: Vec<(Step, Step, bool)> = steps.collect::<Planned<_>>()?;
        let mut map = Mapping::default();
        for (key, value, is_optional) in &steps {
            match (key.constant().and_then(Key::of), value.constant()) {
                (Some(key), Some(value)) if !is_optional => map.insert(key, value.clone()),
                _ => return Ok(Step::Map(steps)),
            }
        }
        Ok(Step::Literal(Value::Map(Arc::new(map))))
    }

    /// A macro that goes through a list or a mapping, with the charge for what it collects.
    pub(super) fn fold(
        &mut self,
        target: Step,
        names: &[&Node],
        kind: FoldKind,
        parts: [Option<&Node>; 2],
    ) -> Planned<Step> {
        let outer = self.bound.len();
        let mut slots = Vec::new();
        for name in names {
            let Expr::Ident(name) = &name.expr else {
                return Err(None);
            };
            let slot = self.slot();
            slots.push(slot);
            self.bound.push((name.clone(), Binding::Slot(slot)));
        }
        let [filter, body] = parts;
        let filter = filter.map(|filter| self.step(filter)).transpose()?;
        let body = match body {
            Some(body) => self.step(body)?,
            None => Step::of(Base::Slot(slots.first().copied().ok_or(None)?)),
        };
        self.bound.truncate(outer);
        Ok(Step::Fold(Box::new(Fold {
            range: target,
            first: slots.first().copied().ok_or(None)?,
            second: slots.get(1).copied(),
            kind,
            filter,
            body,
        })))
    }
}

/// Whether a function finds out which overload fits when it is called.
fn is_dispatched(name: &str, overload: Option<&Overload>) -> bool {
    const SINGLETONS: [&str; 14] = [
        "!_", "-_", "@in", "_%_", "_*_", "_+_", "_-_", "_/_", "_<=_", "_<_", "_>=_", "_>_", "size", "matches",
    ];
    overload.is_none() && !SINGLETONS.contains(&name)
}

/// A conditional, whose own cost is nothing.
pub(super) fn conditional(condition: Step, then: Step, otherwise: Step) -> Step {
    Step::of(Base::Conditional(Box::new(Conditional {
        condition,
        then,
        otherwise,
    })))
}

/// What is looked up in a value.
fn looked_up(operand: Step, key: LookupKey, is_optional: bool, is_test: bool) -> Step {
    let mut attribute = match operand {
        Step::Attribute(attribute) if !attribute.is_test => attribute,
        operand => Box::new(Attribute {
            base: Base::Operand(Arc::new(operand)),
            lookups: Vec::new(),
            is_test: false,
        }),
    };
    attribute.lookups.push(Lookup { key, is_optional });
    attribute.is_test = is_test;
    Step::Attribute(attribute)
}

/// The numbers of other types that are the same (`maybeOptimizeSetMembership` of cel-go `interpreter/decorators.go`).
#[expect(clippy::cast_precision_loss, reason = "as in Go")]
fn same_numbers(value: &Value) -> Vec<Key> {
    let found = match *value {
        Value::Double(number) => [whole(number).map(Value::Int), unsigned(number).map(Value::Uint)],
        Value::Int(number) => [
            Some(Value::Double(number as f64)),
            u64::try_from(number).ok().map(Value::Uint),
        ],
        Value::Uint(number) => [
            Some(Value::Double(number as f64)),
            i64::try_from(number).ok().map(Value::Int),
        ],
        _ => [None, None],
    };
    found.iter().flatten().filter_map(Key::of).collect()
}

fn value_of(literal: &Literal) -> Value {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(number) => Value::Int(*number),
        Literal::Uint(number) => Value::Uint(*number),
        Literal::Double(number) => Value::Double(*number),
        Literal::String(text) => Value::text(text),
        Literal::Bytes(bytes) => Value::Bytes(Arc::from(bytes.as_slice())),
    }
}
