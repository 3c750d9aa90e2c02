//! The type of an expression, or why it has none (cel-go `checker/checker.go`, with the settings of the API server:
//! numbers of different types can be compared). That literals have one type of items is checked later.
//!
//! Where the type cannot be known, everything fits: a fault is only reported where the server reports one.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::bindings::{Bindings, wider};
use super::declarations::{Overload, is_type, overloads};
use super::schema_types::is_reserved;
use super::tree::{Call, Entry, Expr, Item, Literal, Node, Select, operators, qualified};
use super::types::{Object, Type};

/// The types of the parts of an expression, by their numbers.
pub(super) type Types = HashMap<u32, Type, RandomState>;

/// The overloads of calls, by their numbers.
pub(super) type Single = HashMap<u32, &'static Overload, RandomState>;

/// Deepest nesting of an expression that is checked.
const MAX_DEPTH: usize = 400;

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The part of the expression, by its number.
    pub(super) id: u32,
    pub(super) message: String,
}

/// Finds the types of the parts of an expression.
#[derive(Default)]
pub(super) struct Checker {
    pub(super) bindings: Bindings,
    /// Variables and their types, the innermost last.
    pub(super) variables: Vec<(String, Type)>,
    /// In the order in which they are found.
    pub(super) faults: Vec<Fault>,
    /// The types of all parts.
    types: Types,
    /// The overloads of the calls for which only one fits.
    single: Single,
    /// Names of variables that occur.
    used: Vec<String>,
    /// Whether something occurs that is not known here.
    is_unsure: bool,
    depth: usize,
}

/// What is known of an expression that was checked.
pub(super) struct Checked {
    pub(super) result: Type,
    /// In the order in which they are found; empty if anything is not known.
    pub(super) faults: Vec<Fault>,
    /// The types of all parts.
    pub(super) types: Types,
    /// The overloads of the calls for which only one fits.
    pub(super) single: Single,
    /// Names of variables that occur.
    pub(super) used: Vec<String>,
    pub(super) is_unsure: bool,
}

/// Checks an expression, whose macros are still calls, over some variables.
pub(super) fn check(expression: &Node, variables: &[(&str, Type)]) -> Checked {
    let mut checker = Checker {
        variables: variables
            .iter()
            .map(|(name, found)| ((*name).to_owned(), found.clone()))
            .collect(),
        ..Checker::default()
    };
    let result = checker.check(expression);
    let bindings = &checker.bindings;
    let types = checker.types.iter().map(|(id, found)| (*id, bindings.closed(found)));
    let types: Types = types.collect();
    let result = bindings.closed(&result);
    checker.is_unsure |= bindings.is_exhausted();
    if checker.is_unsure {
        checker.faults.clear();
    }
    Checked {
        result,
        types,
        faults: checker.faults,
        single: checker.single,
        used: checker.used,
        is_unsure: checker.is_unsure,
    }
}

impl Checker {
    pub(super) fn fault(&mut self, id: u32, message: String) -> Type {
        self.faults.push(Fault { id, message });
        Type::Error
    }

    /// The type of an expression; [`Type::Error`] after a fault.
    pub(super) fn check(&mut self, expression: &Node) -> Type {
        if self.depth > MAX_DEPTH {
            self.is_unsure = true;
            return Type::Dyn;
        }
        self.depth += 1;
        let found = self.check_kind(expression);
        self.depth -= 1;
        self.types.insert(expression.id, found.clone());
        found
    }

    fn check_kind(&mut self, expression: &Node) -> Type {
        let id = expression.id;
        match &expression.expr {
            Expr::Literal(literal) => match literal {
                Literal::Bool(_) => Type::Bool,
                Literal::Bytes(_) => Type::Bytes,
                Literal::Double(_) => Type::Double,
                Literal::Int(_) => Type::Int,
                Literal::Null => Type::Null,
                Literal::String(_) => Type::String,
                Literal::Uint(_) => Type::Uint,
            },
            Expr::Ident(name) => match self.name(name) {
                Some(found) => found,
                None => self.undeclared(id, name),
            },
            Expr::Select(select) => self.select(id, select),
            Expr::Call(call) => self.call(id, call),
            Expr::List(list) => self.list(list),
            Expr::Map(map) => self.map(map),
            Expr::Struct(object) => {
                let name = object.name.trim_start_matches('.');
                if let Some(found) = message(name) {
                    for (_, value) in &object.fields {
                        self.check(value);
                    }
                    return found;
                }
                if name.starts_with("google.") {
                    self.is_unsure = true;
                    return Type::Dyn;
                }
                if is_type(name) {
                    return self.fault(id, format!("'{name}' is not a message type"));
                }
                self.undeclared(id, name)
            }
        }
    }

    fn undeclared(&mut self, id: u32, name: &str) -> Type {
        if name.starts_with("google.") {
            self.is_unsure = true;
            return Type::Dyn;
        }
        self.fault(id, format!("undeclared reference to '{name}' (in container '')"))
    }

    /// The type of a variable or of the name of a type.
    fn name(&mut self, name: &str) -> Option<Type> {
        let name = name.trim_start_matches('.');
        if let Some((_, found)) = self.variables.iter().rev().find(|(known, _)| known == name) {
            let found = found.clone();
            self.used.push(name.to_owned());
            return Some(found);
        }
        is_type(name).then_some(Type::Meta)
    }

    fn select(&mut self, id: u32, select: &Select) -> Type {
        if let Some(name) = qualified(&select.operand, &select.field)
            && let Some(found) = self.name(&name)
        {
            return found;
        }
        self.field(id, &select.operand, &select.field, false)
    }

    /// The type of a field of an object or of a key of a mapping.
    pub(super) fn field(&mut self, id: u32, operand: &Node, name: &str, is_optional: bool) -> Type {
        if let Some(qualified) = qualified(operand, name)
            && qualified.starts_with("google.")
        {
            self.is_unsure = true;
            return Type::Dyn;
        }
        let operand = self.check(operand);
        let operand = self.bindings.resolved(&operand);
        let target = operand.optional_value();
        let was_optional = target.is_some();
        let found = match target.unwrap_or(&operand) {
            Type::Map(entry) => entry.1.clone(),
            Type::Object(object) => match field_of(object, name) {
                Some(found) => found.clone(),
                None => self.fault(id, format!("undefined field '{name}'")),
            },
            Type::Variable(number) => {
                self.bindings.fits(&Type::Dyn, &Type::Variable(*number));
                Type::Dyn
            }
            other => {
                if !other.is_open() {
                    let message = format!("type '{other}' does not support field selection");
                    self.fault(id, message);
                }
                Type::Dyn
            }
        };
        let found = self.bindings.resolved(&found);
        if was_optional || is_optional {
            Type::optional(found)
        } else {
            found
        }
    }

    fn call(&mut self, id: u32, call: &Call) -> Type {
        if let Some(found) = self.expand(id, call) {
            return found;
        }
        if call.function == operators::OPT_SELECT {
            let [operand, field] = call.arguments.as_slice() else {
                self.is_unsure = true;
                return Type::Dyn;
            };
            let Expr::Literal(Literal::String(name)) = &field.expr else {
                return self.fault(id, "unsupported optional field selection".to_owned());
            };
            return self.field(id, operand, name, true);
        }
        let mut arguments: Vec<Type> = call.arguments.iter().map(|argument| self.check(argument)).collect();
        let Some(target) = &call.target else {
            let name = call.function.trim_start_matches('.');
            let Some(overloads) = overloads(name) else {
                return self.undeclared(id, name);
            };
            if matches!(name, operators::LOGICAL_AND | operators::LOGICAL_OR) {
                return self.all_true(call, &arguments);
            }
            return self.resolve(id, name, overloads, false, &arguments);
        };
        if let Some(name) = qualified(target, &call.function)
            && let Some(overloads) = overloads(&name)
        {
            return self.resolve(id, &name, overloads, false, &arguments);
        }
        let target = self.check(target);
        let Some(overloads) = overloads(&call.function) else {
            return self.undeclared(id, &call.function);
        };
        arguments.insert(0, target);
        self.resolve(id, &call.function, overloads, true, &arguments)
    }

    /// Operands of `&&` and `||`.
    fn all_true(&mut self, call: &Call, arguments: &[Type]) -> Type {
        let mut result = Type::Bool;
        for (operand, found) in call.arguments.iter().zip(arguments) {
            if !self.bindings.fits(found, &Type::Bool) {
                let found = self.bindings.closed(found);
                result = self.fault(operand.id, format!("expected type 'bool' but found '{found}'"));
            }
        }
        result
    }

    /// The result of a function for arguments of some types.
    pub(super) fn apply(&mut self, id: u32, name: &str, is_member: bool, arguments: &[Type]) -> Type {
        if let Some(overloads) = overloads(name) {
            return self.resolve(id, name, overloads, is_member, arguments);
        }
        self.is_unsure = true;
        Type::Dyn
    }

    fn resolve(
        &mut self,
        id: u32,
        name: &str,
        overloads: &'static [Overload],
        is_member: bool,
        arguments: &[Type],
    ) -> Type {
        let mut result: Option<Type> = None;
        self.single.remove(&id);
        for overload in overloads.iter().filter(|overload| overload.is_member == is_member) {
            let parameters: Vec<Type> = (0..overload.parameters).map(|_| self.bindings.fresh()).collect();
            let wanted: Vec<Type> = overload
                .arguments
                .iter()
                .map(|wanted| self.bindings.instance(wanted, &parameters))
                .collect();
            if !self.bindings.all_fit(arguments, &wanted) {
                continue;
            }
            let found = self.bindings.instance(&overload.result, &parameters);
            let found = self.bindings.resolved(&found);
            if result.is_none() {
                self.single.insert(id, overload);
            } else {
                self.single.remove(&id);
            }
            result = match result {
                Some(before) if before != Type::Dyn && before != found => Some(Type::Dyn),
                Some(before) => Some(before),
                None => Some(found),
            };
        }
        result.unwrap_or_else(|| self.no_overload(id, name, is_member, arguments))
    }

    fn no_overload(&mut self, id: u32, name: &str, is_member: bool, arguments: &[Type]) -> Type {
        let names: Vec<String> = arguments
            .iter()
            .map(|argument| self.bindings.closed(argument).to_string())
            .collect();
        let signature = match names.split_first() {
            Some((receiver, rest)) if is_member => format!("{receiver}.({})", rest.join(", ")),
            _ => format!("({})", names.join(", ")),
        };
        self.fault(
            id,
            format!("found no matching overload for '{name}' applied to '{signature}'"),
        )
    }

    fn list(&mut self, items: &[Item]) -> Type {
        let mut common = None;
        for item in items {
            let mut found = self.check(&item.value);
            if item.is_optional {
                found = self.unwrapped(&item.value, found);
            }
            common = Some(self.joined(common, found));
        }
        let item = common.unwrap_or_else(|| self.bindings.fresh());
        Type::list(item)
    }

    fn map(&mut self, entries: &[Entry]) -> Type {
        let (mut keys, mut values) = (None, None);
        for entry in entries {
            let key = self.check(&entry.key);
            keys = Some(self.joined(keys, key));
            let mut value = self.check(&entry.value);
            if entry.is_optional {
                value = self.unwrapped(&entry.value, value);
            }
            values = Some(self.joined(values, value));
        }
        if let (Some(keys), Some(values)) = (keys, values) {
            return Type::map(keys, values);
        }
        let (keys, values) = (self.bindings.fresh(), self.bindings.fresh());
        Type::map(keys, values)
    }

    /// The type of the value of an optional item.
    fn unwrapped(&mut self, item: &Node, found: Type) -> Type {
        if let Some(value) = found.optional_value() {
            return value.clone();
        }
        if found != Type::Dyn {
            let message = format!("expected type 'optional_type({found})' but found '{found}'");
            self.fault(item.id, message);
        }
        found
    }

    /// The common type of the items of a literal.
    fn joined(&mut self, before: Option<Type>, found: Type) -> Type {
        let Some(before) = before else { return found };
        if self.bindings.fits(&before, &found) {
            return wider(&before, &found).clone();
        }
        Type::Dyn
    }
}

/// The type of a field of an object. Words of the language may be spelt as they are.
fn field_of<'o>(object: &'o Object, name: &str) -> Option<&'o Type> {
    let escaped = || is_reserved(name).then(|| object.fields.get(&format!("__{name}__")));
    object.fields.get(name).or_else(|| escaped().flatten())
}

/// The type of a message of the language, by its name.
fn message(name: &str) -> Option<Type> {
    match name {
        "google.protobuf.Duration" => Some(Type::Duration),
        "google.protobuf.Timestamp" => Some(Type::Timestamp),
        _ => None,
    }
}
