//! Calls that bind variables or are not calls at all (cel-go `parser/macro.go`, `ext/comprehensions.go`, `ext/lists.go`,
//! and the macros of optional values). A macro is recognised by its name and its number of arguments, whatever it is
//! called on; its type is that of the expression it stands for.

use super::check_types::Checker;
use super::tree::{Call, Expr, Node, operators};
use super::types::Type;

const NO_LIST: &str = "sortBy can only be applied to a list, identifier, comprehension, call or select expression";
const NAME: &str = "argument must be a simple name";
const IDENTIFIER: &str = "argument is not an identifier";
const OPTIONAL_NAME: &str = "optMap() variable name must be a simple identifier";
const FLAT_NAME: &str = "optFlatMap() variable name must be a simple identifier";

const OVERWRITES: &str = "iteration variable overwrites accumulator variable";
const DUPLICATE: &str = "duplicate variable name: ";
const NO_FIELD: &str = "invalid argument to has() macro";
/// The name that the variable for the result of a macro once had.
const ACCUMULATOR: &str = "__result__";

/// Whether a fault is found before types are checked, when macros are expanded.
pub(super) fn is_of_macro(message: &str) -> bool {
    [
        NAME,
        IDENTIFIER,
        OPTIONAL_NAME,
        FLAT_NAME,
        OVERWRITES,
        NO_FIELD,
        NO_LIST,
    ]
    .contains(&message)
        || message.starts_with(DUPLICATE)
}

impl Checker {
    /// The type of a macro; nothing if the call is not one.
    pub(super) fn expand(&mut self, id: u32, call: &Call) -> Option<Type> {
        let Some(target) = &call.target else {
            let [argument] = call.arguments.as_slice() else {
                return None;
            };
            return (call.function == operators::HAS).then(|| self.has(id, argument));
        };
        let name = call.function.as_str();
        Some(match (name, call.arguments.as_slice()) {
            ("all" | "exists", [item, body]) => self.quantifier(target, &[item], body),
            ("all" | "exists", [index, item, body]) => self.quantifier(target, &[index, item], body),
            ("exists_one" | "existsOne", [item, body]) => self.only_one(id, target, &[item], body),
            ("exists_one" | "existsOne", [index, item, body]) => self.only_one(id, target, &[index, item], body),
            ("filter", [item, condition]) => self.filter(id, target, item, condition),
            ("map", [item, body]) => self.listed(id, target, &[item], None, body),
            ("map", [item, condition, body]) => self.listed(id, target, &[item], Some(condition), body),
            ("transformList", [index, item, body]) => self.listed(id, target, &[index, item], None, body),
            ("transformList", [index, item, condition, body]) => {
                self.listed(id, target, &[index, item], Some(condition), body)
            }
            ("transformMap", [key, value, body]) => self.mapped(id, target, [key, value], None, body, true),
            ("transformMap", [key, value, condition, body]) => {
                self.mapped(id, target, [key, value], Some(condition), body, true)
            }
            ("transformMapEntry", [key, value, body]) => self.mapped(id, target, [key, value], None, body, false),
            ("transformMapEntry", [key, value, condition, body]) => {
                self.mapped(id, target, [key, value], Some(condition), body, false)
            }
            ("sortBy", [item, key]) => self.sort_by(id, target, item, key),
            ("optMap", [value, body]) => self.of_optional(id, target, value, body, true),
            ("optFlatMap", [value, body]) => self.of_optional(id, target, value, body, false),
            _ => return None,
        })
    }

    fn has(&mut self, id: u32, argument: &Node) -> Type {
        match &argument.expr {
            Expr::Select(select) => {
                self.field(id, &select.operand, &select.field, false);
                Type::Bool
            }
            _ => self.fault(argument.id, NO_FIELD.to_owned()),
        }
    }

    /// The name that a macro binds.
    fn bound(&mut self, argument: &Node, message: &str) -> Option<String> {
        match &argument.expr {
            Expr::Ident(name) if name == ACCUMULATOR => {
                self.fault(argument.id, OVERWRITES.to_owned());
                None
            }
            Expr::Ident(name) if !name.starts_with('.') => Some(name.clone()),
            _ => {
                self.fault(argument.id, message.to_owned());
                None
            }
        }
    }

    /// The types of the variables of a macro that goes through a list or a mapping.
    fn range(&mut self, target: &Node, count: usize) -> Vec<Type> {
        let found = self.check(target);
        self.range_of(target.id, &found, count)
    }

    fn range_of(&mut self, id: u32, found: &Type, count: usize) -> Vec<Type> {
        let range = self.bindings.resolved(found);
        match (&range, count) {
            (Type::List(item), 1) => vec![(**item).clone()],
            (Type::List(item), _) => vec![Type::Int, (**item).clone()],
            (Type::Map(entry), 1) => vec![entry.0.clone()],
            (Type::Map(entry), _) => vec![entry.0.clone(), entry.1.clone()],
            (Type::Dyn | Type::Error, _) => vec![Type::Dyn; count],
            (Type::Variable(_), _) => {
                self.bindings.fits(&Type::Dyn, &range);
                vec![Type::Dyn; count]
            }
            (other, _) => {
                let message = format!(
                    "expression of type '{other}' cannot be range of a comprehension (must be list, map, or dynamic)"
                );
                self.fault(id, message);
                vec![Type::Error; count]
            }
        }
    }

    /// Checks parts of a macro while its variables are bound; `wanted` is the message for those that are not names.
    fn within<T>(
        &mut self,
        names: &[&Node],
        wanted: &str,
        types: Vec<Type>,
        work: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        let ids: Vec<u32> = names.iter().map(|name| name.id).collect();
        let names: Vec<String> = names.iter().filter_map(|name| self.bound(name, wanted)).collect();
        if let ([one, other], [_, id]) = (names.as_slice(), ids.as_slice())
            && one == other
        {
            self.fault(*id, format!("{DUPLICATE}{one}"));
            return None;
        }
        if names.len() != types.len() {
            return None;
        }
        let outer = self.variables.len();
        self.variables.extend(names.into_iter().zip(types));
        let result = work(self);
        self.variables.truncate(outer);
        Some(result)
    }

    fn quantifier(&mut self, target: &Node, names: &[&Node], body: &Node) -> Type {
        let types = self.range(target, names.len());
        let found = self.within(names, NAME, types, |checker| checker.check(body));
        match found {
            Some(found) if !self.bindings.fits(&found, &Type::Bool) => {
                let found = self.bindings.closed(&found);
                self.fault(body.id, format!("expected type 'bool' but found '{found}'"));
                Type::Bool
            }
            _ => Type::Bool,
        }
    }

    fn only_one(&mut self, id: u32, target: &Node, names: &[&Node], body: &Node) -> Type {
        let types = self.range(target, names.len());
        if let Some(found) = self.within(names, NAME, types, |checker| checker.check(body)) {
            self.chosen(id, &found, &Type::Int, &Type::Int);
        }
        Type::Bool
    }

    /// The type of a condition with two results.
    fn chosen(&mut self, id: u32, condition: &Type, one: &Type, other: &Type) -> Type {
        let arguments = [condition.clone(), one.clone(), other.clone()];
        self.apply(id, operators::CONDITIONAL, false, &arguments)
    }

    fn filter(&mut self, id: u32, target: &Node, item: &Node, condition: &Node) -> Type {
        let types = self.range(target, 1);
        let kept = Type::list(self.bindings.fresh());
        let one = types.first().cloned().unwrap_or(Type::Dyn);
        if let Some(condition) = self.within(&[item], IDENTIFIER, types, |checker| checker.check(condition)) {
            let longer = self.apply(id, operators::ADD, false, &[kept.clone(), Type::list(one)]);
            self.chosen(id, &condition, &longer, &kept);
        }
        self.bindings.resolved(&kept)
    }

    fn listed(&mut self, id: u32, target: &Node, names: &[&Node], condition: Option<&Node>, body: &Node) -> Type {
        let types = self.range(target, names.len());
        let made = Type::list(self.bindings.fresh());
        let wanted = if names.len() == 1 { IDENTIFIER } else { NAME };
        self.within(names, wanted, types, |checker| {
            let condition = condition.map(|condition| checker.check(condition));
            let one = checker.check(body);
            let longer = checker.apply(id, operators::ADD, false, &[made.clone(), Type::list(one)]);
            if let Some(condition) = condition {
                checker.chosen(id, &condition, &longer, &made);
            }
        });
        self.bindings.resolved(&made)
    }

    fn mapped(
        &mut self,
        id: u32,
        target: &Node,
        names: [&Node; 2],
        condition: Option<&Node>,
        body: &Node,
        keeps_keys: bool,
    ) -> Type {
        let types = self.range(target, 2);
        let key = types.first().cloned().unwrap_or(Type::Dyn);
        let (keys, values) = (self.bindings.fresh(), self.bindings.fresh());
        let made = Type::map(keys, values);
        self.within(&names, NAME, types, |checker| {
            let condition = condition.map(|condition| checker.check(condition));
            let one = checker.check(body);
            let arguments = if keeps_keys {
                vec![made.clone(), key, one]
            } else {
                vec![made.clone(), one]
            };
            let longer = checker.apply(id, "cel.@mapInsert", false, &arguments);
            if let Some(condition) = condition {
                checker.chosen(id, &condition, &longer, &made);
            }
        });
        self.bindings.resolved(&made)
    }

    fn sort_by(&mut self, id: u32, target: &Node, item: &Node, key: &Node) -> Type {
        let is_possible = matches!(
            target.expr,
            Expr::List(_) | Expr::Select(_) | Expr::Ident(_) | Expr::Call(_)
        );
        if !is_possible {
            return self.fault(target.id, NO_LIST.to_owned());
        }
        let found = self.check(target);
        let types = self.range_of(target.id, &found, 1);
        let keys = self.within(&[item], IDENTIFIER, types, |checker| checker.check(key));
        let keys = Type::list(keys.unwrap_or(Type::Dyn));
        self.apply(id, "@sortByAssociatedKeys", true, &[found, keys])
    }

    fn of_optional(&mut self, id: u32, target: &Node, name: &Node, body: &Node, wraps: bool) -> Type {
        let found = self.check(target);
        let has_value = self.apply(id, "hasValue", true, std::slice::from_ref(&found));
        let value = self.apply(id, "value", true, &[found]);
        let wanted = if wraps { OPTIONAL_NAME } else { FLAT_NAME };
        let Some(found) = self.within(&[name], wanted, vec![value.clone()], |checker| checker.check(body)) else {
            return Type::Error;
        };
        let found = if wraps { Type::optional(found) } else { found };
        let none = Type::optional(self.bindings.fresh());
        self.chosen(id, &has_value, &found, &none)
    }
}
