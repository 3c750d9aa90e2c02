//! Which types fit which, and what the types to be found out turn out to be (cel-go `checker/types.go`).

use std::cell::Cell;
use std::sync::Arc;

use super::types::Type;

/// The types to be found out of an expression, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    bound: Vec<Option<Type>>,
    /// What was bound before each change, to be able to undo it.
    trail: Vec<(usize, Option<Type>)>,
    /// How many parts of types have been looked at.
    steps: Cell<u32>,
}

/// Most parts of types that are looked at for one expression: an expression can make types that are far longer than it.
const MAX_STEPS: u32 = 1_000_000;

impl Bindings {
    /// A type to be found out.
    pub(super) fn fresh(&mut self) -> Type {
        self.bound.push(None);
        Type::Variable(self.bound.len() - 1)
    }

    /// Whether too much was looked at, so that nothing is known of the expression.
    pub(super) const fn is_exhausted(&self) -> bool {
        self.steps.get() > MAX_STEPS
    }

    /// Counts a step; whether it is one too many.
    fn is_over(&self) -> bool {
        self.steps.set(self.steps.get().saturating_add(1));
        self.is_exhausted()
    }

    fn found(&self, number: usize) -> Option<&Type> {
        self.bound.get(number)?.as_ref()
    }

    fn bind(&mut self, number: usize, to: Type) {
        if let Some(place) = self.bound.get_mut(number) {
            self.trail.push((number, place.replace(to)));
        }
    }

    /// A type as far as it is known.
    pub(super) fn resolved(&self, given: &Type) -> Type {
        self.substituted(given, &|number| self.found(number).map(|found| self.resolved(found)))
    }

    /// A type, with what is not known as [`Type::Dyn`].
    pub(super) fn closed(&self, given: &Type) -> Type {
        self.substituted(given, &|number| {
            Some(self.found(number).map_or(Type::Dyn, |found| self.closed(found)))
        })
    }

    /// A type with the parameters of an overload as types to be found out.
    pub(super) fn instance(&self, given: &Type, parameters: &[Type]) -> Type {
        self.substituted(given, &|number| parameters.get(number).cloned())
    }

    fn substituted(&self, given: &Type, found: &dyn Fn(usize) -> Option<Type>) -> Type {
        if self.is_over() {
            return Type::Dyn;
        }
        match given {
            Type::Variable(number) => found(*number).unwrap_or_else(|| given.clone()),
            Type::List(item) => Type::list(self.substituted(item, found)),
            Type::Map(entry) => Type::map(self.substituted(&entry.0, found), self.substituted(&entry.1, found)),
            Type::Opaque(name, parameters) if !parameters.is_empty() => {
                let parameters = parameters.iter().map(|parameter| self.substituted(parameter, found));
                Type::Opaque(Arc::clone(name), parameters.collect())
            }
            other => other.clone(),
        }
    }

    /// Whether values of `given` may stand where `wanted` is. What was to be found out is known better afterwards, if so.
    pub(super) fn fits(&mut self, given: &Type, wanted: &Type) -> bool {
        self.all_fit(std::slice::from_ref(given), std::slice::from_ref(wanted))
    }

    /// Whether every type fits the one at the same place.
    pub(super) fn all_fit(&mut self, given: &[Type], wanted: &[Type]) -> bool {
        self.trail.clear();
        let fits = self.unify_all(given, wanted);
        if !fits {
            while let Some((number, before)) = self.trail.pop() {
                if let Some(place) = self.bound.get_mut(number) {
                    *place = before;
                }
            }
        }
        fits
    }

    fn unify_all(&mut self, given: &[Type], wanted: &[Type]) -> bool {
        given.len() == wanted.len()
            && given
                .iter()
                .zip(wanted)
                .all(|(given, wanted)| self.unify(given, wanted))
    }

    fn unify(&mut self, given: &Type, wanted: &Type) -> bool {
        if self.is_over() {
            return true;
        }
        if let Type::Variable(number) = wanted {
            let had = self.found(*number).is_some();
            if self.substitutes(given, *number) {
                return true;
            }
            if had {
                return false;
            }
        }
        if let Type::Variable(number) = given {
            return self.substitutes(wanted, *number);
        }
        match (given, wanted) {
            _ if given.is_open() || wanted.is_open() => true,
            (Type::Null, other) | (other, Type::Null) => other.may_be_null(),
            (Type::List(given), Type::List(wanted)) => self.unify(given, wanted),
            (Type::Map(given), Type::Map(wanted)) => self.unify(&given.0, &wanted.0) && self.unify(&given.1, &wanted.1),
            (Type::Opaque(given, parameters), Type::Opaque(wanted, others)) => {
                given == wanted && self.unify_all(parameters, others)
            }
            (given, wanted) => given == wanted,
        }
    }

    /// Whether a type can be what was to be found out.
    fn substitutes(&mut self, given: &Type, number: usize) -> bool {
        if *given == Type::Variable(number) {
            return true;
        }
        let Some(before) = self.found(number).cloned() else {
            let is_free = !self.occurs(number, given);
            if is_free {
                self.bind(number, given.clone());
            }
            return is_free;
        };
        if *given == before {
            return true;
        }
        if !self.unify(given, &before) {
            return false;
        }
        let wider = wider(given, &before).clone();
        if !self.occurs(number, &wider) {
            self.bind(number, wider);
        }
        true
    }

    /// Whether a type contains what is to be found out.
    fn occurs(&self, number: usize, within: &Type) -> bool {
        if self.is_over() {
            return true;
        }
        match within {
            Type::Variable(other) => {
                *other == number || self.found(*other).is_some_and(|found| self.occurs(number, found))
            }
            Type::List(item) => self.occurs(number, item),
            Type::Map(entry) => self.occurs(number, &entry.0) || self.occurs(number, &entry.1),
            Type::Opaque(_, parameters) => parameters.iter().any(|parameter| self.occurs(number, parameter)),
            _ => false,
        }
    }
}

/// The more general of two types that fit each other.
pub(super) fn wider<'t>(one: &'t Type, other: &'t Type) -> &'t Type {
    if is_as_general(one, other) { one } else { other }
}

fn is_as_general(one: &Type, other: &Type) -> bool {
    match (one, other) {
        (Type::Dyn | Type::Variable(_), _) => true,
        (_, Type::Dyn | Type::Variable(_)) => false,
        (Type::List(one), Type::List(other)) => is_as_general(one, other),
        (Type::Map(one), Type::Map(other)) => is_as_general(&one.0, &other.0) && is_as_general(&one.1, &other.1),
        (Type::Opaque(name, parameters), Type::Opaque(other, others)) => {
            name == other
                && parameters.len() == others.len()
                && parameters
                    .iter()
                    .zip(others.iter())
                    .all(|(one, other)| is_as_general(one, other))
        }
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_to_be_found_out_become_known() {
        let mut bindings = Bindings::default();
        let item = bindings.fresh();
        let empty = Type::list(item.clone());
        assert!(bindings.fits(&Type::list(Type::Int), &empty));
        assert_eq!(bindings.resolved(&empty), Type::list(Type::Int));
        assert!(!bindings.fits(&Type::String, &item));
        // A failure leaves no trace.
        let (key, value) = (bindings.fresh(), bindings.fresh());
        let map = Type::map(key.clone(), value.clone());
        assert!(!bindings.all_fit(
            &[Type::map(Type::String, Type::Int), Type::Bool],
            &[map.clone(), Type::Int]
        ));
        assert_eq!(bindings.resolved(&map), map);
        assert_eq!(bindings.closed(&map), Type::map(Type::Dyn, Type::Dyn));
        // Nothing is a part of itself.
        assert!(!bindings.fits(&Type::list(key.clone()), &key));
    }

    #[test]
    fn null_and_dyn_fit() {
        let mut bindings = Bindings::default();
        for (given, wanted, fits) in [
            (Type::Null, Type::Timestamp, true),
            (Type::Null, Type::optional(Type::Int), true),
            (Type::Null, Type::String, false),
            (Type::list(Type::Int), Type::Null, false),
            (Type::Dyn, Type::list(Type::Int), true),
            (Type::list(Type::Dyn), Type::list(Type::Int), true),
            (Type::Int, Type::Double, false),
        ] {
            assert_eq!(bindings.fits(&given, &wanted), fits, "{given} {wanted}");
        }
    }
}
