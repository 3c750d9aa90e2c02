//! The most that the evaluation of an expression can cost, as the API server estimates it from the limits in a schema
//! (cel-go `checker/cost.go`, `k8s.io/apiserver/pkg/cel/library/cost.go`). What is not known here costs nothing, so that
//! the estimate is never above the server's.

use super::check_types::Types;
use super::declarations::overloads;
use super::function_costs::of_call;
use super::ranges::Range;
use super::schema_types::is_reserved;
use super::sizes::Sizes;
use super::tree::{Call, Entry, Expr, Item, Literal, Node, operators, qualified};
use super::types::Type;

const LIST: u64 = 10;
const MAP: u64 = 30;
const MESSAGE: u64 = 40;
/// Deepest nesting of an expression.
const MAX_DEPTH: usize = 400;

/// The sizes of the keys and values of a list or a mapping.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entries {
    pub(super) is_list: bool,
    pub(super) key: Range,
    pub(super) value: Range,
}

impl Entries {
    pub(super) fn or(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        let (one, other) = (one?, other?);
        Some(Self {
            key: one.key.or(other.key),
            value: one.value.or(other.value),
            ..one
        })
    }
}

/// What is known of a part of an expression.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Part<'s> {
    pub(super) cost: u64,
    pub(super) size: Option<Range>,
    pub(super) entries: Option<Entries>,
    /// Where in the schema its values are described.
    pub(super) place: Place<'s>,
}

/// A place in a schema.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Place<'s> {
    /// None: the values are computed. The server takes a step from there for one to the root.
    #[default]
    Computed,
    /// Where the schema describes nothing that is known.
    Lost,
    /// That of a value.
    At(&'s Sizes),
}

impl<'s> Place<'s> {
    /// The place after a step.
    fn step(self, root: &'s Sizes, step: impl FnOnce(&'s Sizes) -> Option<&'s Sizes>) -> Self {
        match self {
            Self::Computed => Self::At(root),
            Self::Lost => Self::Lost,
            Self::At(place) => step(place).map_or(Self::Lost, Self::At),
        }
    }

    /// The size of the values there.
    pub(super) fn size(self) -> Option<Range> {
        match self {
            Self::At(place) => Some(Range::up_to(place.most)),
            Self::Computed | Self::Lost => None,
        }
    }

    /// The size of the items of the lists there.
    pub(super) fn item_size(self) -> Option<Range> {
        match self {
            Self::At(place) => Some(Range::up_to(place.inner.as_ref()?.most)),
            Self::Computed | Self::Lost => None,
        }
    }
}

/// A part with its type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operand<'t, 's> {
    pub(super) part: Part<'s>,
    pub(super) kind: &'t Type,
}

impl Part<'_> {
    pub(super) fn size(&self) -> Range {
        self.size.unwrap_or(Range::UNKNOWN)
    }
}

struct Estimator<'e, 's> {
    types: &'e Types,
    root: &'s Sizes,
    variables: Vec<(&'e str, Part<'s>)>,
    depth: usize,
}

/// The most that an expression, whose types are known, can cost for a value of some sizes.
pub(super) fn cost(expression: &Node, types: &Types, root: &Sizes) -> u64 {
    let mut estimator = Estimator {
        types,
        root,
        variables: Vec::new(),
        depth: 0,
    };
    estimator.part(expression).cost
}

impl<'e, 's> Estimator<'e, 's> {
    fn kind(&self, expression: &Node) -> &'e Type {
        self.types.get(&expression.id).unwrap_or(&Type::Dyn)
    }

    /// A part with the size that the schema or the type gives it, if it has none yet.
    fn sized(&self, expression: &Node, mut part: Part<'s>) -> Part<'s> {
        part.size = part
            .size
            .or_else(|| part.place.size())
            .or_else(|| is_scalar(self.kind(expression)).then_some(Range::exactly(1)));
        part
    }

    fn part(&mut self, expression: &'e Node) -> Part<'s> {
        if self.depth > MAX_DEPTH {
            return Part::default();
        }
        self.depth += 1;
        let found = self.part_of(expression);
        self.depth -= 1;
        found
    }

    fn part_of(&mut self, expression: &'e Node) -> Part<'s> {
        match &expression.expr {
            Expr::Literal(literal) => literal_part(literal),
            Expr::Ident(name) => self.variable(expression, name.trim_start_matches('.')),
            Expr::Select(select) => {
                let operand = self.part(&select.operand);
                let is_counted = matches!(self.kind(&select.operand), Type::Map(_) | Type::Object(_));
                let part = Part {
                    cost: operand.cost.saturating_add(u64::from(is_counted)),
                    place: operand.place.step(self.root, |place| field(place, &select.field)),
                    ..Part::default()
                };
                self.sized(expression, part)
            }
            Expr::Call(call) => self
                .expand(expression, call)
                .unwrap_or_else(|| self.call(expression, call)),
            Expr::List(list) => self.list(list),
            Expr::Map(map) => self.map(map),
            Expr::Struct(message) => {
                let mut cost = MESSAGE;
                for (_, value) in &message.fields {
                    cost = self.part(value).cost.saturating_add(cost);
                }
                self.sized(
                    expression,
                    Part {
                        cost,
                        ..Part::default()
                    },
                )
            }
        }
    }

    fn variable(&self, expression: &Node, name: &str) -> Part<'s> {
        let known = self.variables.iter().rev().find(|(known, _)| *known == name);
        let known = known.map_or_else(
            || Part {
                place: Place::At(self.root),
                ..Part::default()
            },
            |(_, known)| *known,
        );
        let part = Part {
            cost: 1,
            size: None,
            ..known
        };
        let found = self.sized(expression, part);
        Part {
            size: found.size.or(known.size),
            ..found
        }
    }

    fn list(&mut self, items: &'e [Item]) -> Part<'s> {
        let mut cost = LIST;
        let mut value: Option<Range> = None;
        for item in items {
            let item = self.part(&item.value);
            cost = cost.saturating_add(item.cost);
            value = Some(value.map_or(item.size(), |value| value.or(item.size())));
        }
        Part {
            cost,
            size: Some(Range::exactly(items.len() as u64)),
            entries: Some(Entries {
                is_list: true,
                key: Range::exactly(1),
                value: value.unwrap_or(Range::NOTHING),
            }),
            place: Place::Computed,
        }
    }

    fn map(&mut self, entries: &'e [Entry]) -> Part<'s> {
        let mut cost = MAP;
        let mut sizes: Option<(Range, Range)> = None;
        for entry in entries {
            let (key, value) = (self.part(&entry.key), self.part(&entry.value));
            cost = cost.saturating_add(key.cost).saturating_add(value.cost);
            let (keys, values) = sizes.unwrap_or((key.size(), value.size()));
            sizes = Some((keys.or(key.size()), values.or(value.size())));
        }
        let (key, value) = sizes.unwrap_or((Range::NOTHING, Range::NOTHING));
        Part {
            cost,
            size: Some(Range::exactly(entries.len() as u64)),
            entries: Some(Entries {
                is_list: false,
                key,
                value,
            }),
            place: Place::Computed,
        }
    }

    /// The cost of a macro, as that of the expression it stands for; nothing if the call is not one.
    fn expand(&mut self, expression: &'e Node, call: &'e Call) -> Option<Part<'s>> {
        let name = call.function.as_str();
        let Some(target) = call.target.as_deref() else {
            let ("has", [argument]) = (name, call.arguments.as_slice()) else {
                return None;
            };
            let Expr::Select(select) = &argument.expr else {
                return None;
            };
            let cost = self.part(&select.operand).cost;
            return Some(self.sized(
                expression,
                Part {
                    cost,
                    ..Part::default()
                },
            ));
        };
        let truth = |found: &Loop<'s>, each: u64, after: u64| Part {
            cost: found.cost(each, after),
            size: Some(Range::exactly(1)),
            ..Part::default()
        };
        Some(match (name, call.arguments.as_slice()) {
            ("all", [names @ .., body]) if matches!(names.len(), 1 | 2) => {
                truth(&self.loop_over(target, names, std::slice::from_ref(body))?, 3, 1)
            }
            ("exists", [names @ .., body]) if matches!(names.len(), 1 | 2) => {
                truth(&self.loop_over(target, names, std::slice::from_ref(body))?, 4, 1)
            }
            ("exists_one" | "existsOne", [names @ .., body]) if matches!(names.len(), 1 | 2) => {
                truth(&self.loop_over(target, names, std::slice::from_ref(body))?, 2, 2)
            }
            ("filter", [name, condition]) => {
                let found = self.loop_over(target, std::slice::from_ref(name), std::slice::from_ref(condition))?;
                found.list(found.item.size(), 13)
            }
            ("map", [name, parts @ ..]) if matches!(parts.len(), 1 | 2) => {
                let found = self.loop_over(target, std::slice::from_ref(name), parts)?;
                found.list(found.last, 12)
            }
            ("transformList", [names @ .., body]) if names.len() == 2 => {
                let found = self.loop_over(target, names, std::slice::from_ref(body))?;
                found.list(found.last, 12)
            }
            // The server's estimate of the others is not below that of what they go through.
            (
                "transformList" | "transformMap" | "transformMapEntry" | "sortBy" | "optMap" | "optFlatMap",
                [_, _] | [_, _, _] | [_, _, _, _],
            ) => Part {
                cost: self.part(target).cost,
                size: Some(Range::NOTHING),
                ..Part::default()
            },
            _ => return None,
        })
    }

    /// Goes through a list or a mapping, with its items as variables.
    fn loop_over(&mut self, target: &'e Node, names: &'e [Node], bodies: &'e [Node]) -> Option<Loop<'s>> {
        static KEY: Sizes = Sizes::scalar(0, 0);
        let range = self.part(target);
        let is_list = range
            .entries
            .map_or_else(|| matches!(self.kind(target), Type::List(_)), |entries| entries.is_list);
        let inner = range.place.step(self.root, |place| place.inner.as_deref());
        let key = Part {
            size: range.entries.map(|entries| entries.key),
            place: match range.place {
                Place::Computed => Place::At(self.root),
                _ if is_list => Place::Lost,
                Place::At(place) if place.inner.is_some() => Place::At(&KEY),
                Place::At(_) | Place::Lost => Place::Lost,
            },
            ..Part::default()
        };
        let value = Part {
            size: range.entries.map(|entries| entries.value),
            place: inner,
            ..Part::default()
        };
        let item = if is_list { value } else { key };
        let outer = self.variables.len();
        match names {
            [name] => self.variables.push((identifier(name)?, item)),
            [first, second] => {
                self.variables.push((identifier(first)?, key));
                self.variables.push((identifier(second)?, value));
            }
            _ => return None,
        }
        let (mut body, mut last) = (0, Range::NOTHING);
        for part in bodies {
            let part = self.part(part);
            body = part.cost.saturating_add(body);
            last = part.size();
        }
        self.variables.truncate(outer);
        let item = Part {
            size: item.place.size().or(item.size),
            ..item
        };
        Some(Loop {
            range,
            item,
            body,
            last,
        })
    }

    fn call(&mut self, expression: &'e Node, call: &'e Call) -> Part<'s> {
        let mut operands: Vec<Operand<'e, 's>> = Vec::with_capacity(call.arguments.len());
        let mut cost: u64 = 0;
        for argument in &call.arguments {
            let part = self.part(argument);
            cost = cost.saturating_add(part.cost);
            let kind = self.kind(argument);
            operands.push(Operand { part, kind });
        }
        let receiver = match call.target.as_deref() {
            // The first part of a function's name is not a value.
            Some(target) if !is_namespace(target, &call.function) => {
                let part = self.part(target);
                cost = cost.saturating_add(part.cost);
                let kind = self.kind(target);
                Some(Operand { part, kind })
            }
            _ => None,
        };
        let mut found = of_call(&call.function, receiver.as_ref(), &operands, cost);
        if let (operators::INDEX, [list, _]) = (call.function.as_str(), operands.as_slice())
            && matches!(list.kind, Type::List(_) | Type::Map(_))
        {
            found.place = list.part.place.step(self.root, |place| place.inner.as_deref());
        }
        self.sized(expression, found)
    }
}

/// What goes through a list or a mapping.
struct Loop<'s> {
    range: Part<'s>,
    /// The variable, if there is only one.
    item: Part<'s>,
    /// The cost of what is done for each item.
    body: u64,
    /// The size of the last of what is made for each item.
    last: Range,
}

impl<'s> Loop<'s> {
    /// The cost of all, with `each` more for every item and `after` at the end.
    const fn cost(&self, each: u64, after: u64) -> u64 {
        let (range, body) = (&self.range, self.body);
        let count = match range.size {
            Some(size) => size.most,
            None => u64::MAX,
        };
        count
            .saturating_mul(body.saturating_add(each))
            .saturating_add(range.cost)
            .saturating_add(after)
    }

    /// A list that is made, whose items have a size.
    fn list(&self, item: Range, each: u64) -> Part<'s> {
        Part {
            cost: self.cost(each, LIST + 1),
            size: Some(self.range.size()),
            entries: Some(Entries {
                is_list: true,
                key: Range::exactly(1),
                value: item.or(Range::NOTHING),
            }),
            place: Place::Computed,
        }
    }
}

fn literal_part<'s>(literal: &Literal) -> Part<'s> {
    let size = match literal {
        Literal::String(text) => text.chars().count() as u64,
        Literal::Bytes(bytes) => bytes.len() as u64,
        _ => 1,
    };
    Part {
        size: Some(Range::exactly(size)),
        ..Part::default()
    }
}

fn identifier(expression: &Node) -> Option<&str> {
    match &expression.expr {
        Expr::Ident(name) => Some(name),
        _ => None,
    }
}

/// Whether what stands before a function is a part of its name.
fn is_namespace(target: &Node, name: &str) -> bool {
    qualified(target, name).is_some_and(|name| overloads(&name).is_some())
}

fn field<'s>(place: &'s Sizes, name: &str) -> Option<&'s Sizes> {
    let escaped = || is_reserved(name).then(|| place.fields.get(&format!("__{name}__")));
    place.fields.get(name).or_else(|| escaped().flatten())
}

/// Whether all values of a type have the same size.
fn is_scalar(kind: &Type) -> bool {
    match kind {
        Type::Bool | Type::Double | Type::Duration | Type::Int | Type::Timestamp | Type::Uint => true,
        other => other.optional_value().is_some_and(is_scalar),
    }
}
