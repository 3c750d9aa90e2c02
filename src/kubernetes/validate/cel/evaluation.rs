//! Evaluates planned expressions (cel-go `interpreter/interpretable.go` and `attributes.go`), and counts what that costs as
//! the API server does (`interpreter/runtimecost.go`).

use std::sync::Arc;

use super::budget::{Budget, Fault, Outcome};
use super::equality::equal;
use super::instant::{Instant, NANOS, SECONDS};
use super::library::Implementation;
use super::lookup::find;
use super::mapping::{Key, Mapping};
use super::plan::{Attribute, Base, Call, Lookup, LookupKey, Plan, Step};
use super::runtime_cost::{LIST, MAP, MESSAGE, is_simple};
use super::value::Value;

/// A variable of an expression: nothing if it has no value.
pub type Variable<'v> = (&'v str, Option<Value>);

/// The result of a plan over the values of its variables, in their order, and what it cost.
pub fn evaluate(plan: &Plan, variables: &[Variable<'_>]) -> (Outcome<Value>, Budget) {
    let mut machine = Machine {
        budget: Budget::of_call(),
        slots: vec![None; plan.slots],
        variables,
    };
    let result = machine.step(&plan.root).and_then(checked);
    (result, machine.budget)
}

/// A value, unless it is an error.
pub(super) fn checked(value: Value) -> Outcome<Value> {
    value.fault().map_or(Ok(value), Err)
}

pub(super) struct Machine<'p> {
    pub(super) budget: Budget,
    pub(super) slots: Vec<Option<Value>>,
    variables: &'p [Variable<'p>],
}

impl Machine<'_> {
    pub(super) fn step(&mut self, step: &Step) -> Outcome<Value> {
        match step {
            Step::Literal(value) => Ok(value.clone()),
            Step::Attribute(attribute) => self.attribute(attribute),
            Step::And(terms) => self.logic(terms, false),
            Step::Or(terms) => self.logic(terms, true),
            Step::Equal(operands, is_equal) => self.equal(operands, *is_equal),
            Step::Call(call) => self.call(call),
            Step::OptionalOr(operands) => self.optional_or(operands, false),
            Step::OptionalOrValue(operands) => self.optional_or(operands, true),
            Step::List(items) => {
                let result = self.list(items);
                self.after(result, LIST)
            }
            Step::Map(entries) => {
                let result = self.map(entries);
                self.after(result, MAP)
            }
            Step::Time(is_instant, fields) => {
                let result = self.time(*is_instant, fields);
                self.after(result, MESSAGE)
            }
            Step::Member(item, set) => {
                let item = self.step(item)?;
                Ok(Value::Bool(Key::of(&item).is_some_and(|key| set.contains(&key))))
            }
            Step::Fold(fold) => self.fold(fold),
            Step::Bind(bind) => {
                if let Some(slot) = self.slots.get_mut(bind.slot) {
                    *slot = None;
                }
                self.step(&bind.body)
            }
            Step::Shared(step) => self.step(step),
        }
    }

    /// Counts what a part costs once it is evaluated, whether it has a value or not.
    fn after(&mut self, result: Outcome<Value>, cost: u64) -> Outcome<Value> {
        if matches!(result, Err(Fault::Stop(_))) {
            return result;
        }
        self.budget.spend(cost)?;
        result
    }

    fn attribute(&mut self, attribute: &Attribute) -> Outcome<Value> {
        let result = self.resolve(attribute);
        let is_conditional = matches!(attribute.base, Base::Conditional(_));
        let result = self.after(result, u64::from(!is_conditional));
        if attribute.is_test {
            self.budget.refund(1);
            return result.map(|found| match found {
                Value::Optional(found) => Value::Bool(found.is_some()),
                found => found,
            });
        }
        result
    }

    /// A value without what looking at it costs.
    fn resolve(&mut self, attribute: &Attribute) -> Outcome<Value> {
        let value = match &attribute.base {
            Base::Root(index) => match self.variables.get(*index) {
                Some((_, Some(value))) => value.clone(),
                Some((name, None)) => return Err(Fault::error(format!("no such attribute(s): {name}"))),
                None => return Err(Fault::error("invalid attribute")),
            },
            Base::Slot(slot) => self
                .slots
                .get(*slot)
                .cloned()
                .flatten()
                .ok_or_else(|| Fault::error("invalid attribute"))?,
            Base::Bound(slot, value) => self.bound(*slot, value)?,
            Base::Operand(operand) => self.step(operand)?,
            Base::Conditional(conditional) => match self.step(&conditional.condition)? {
                Value::Bool(true) => self.branch(&conditional.then)?,
                Value::Bool(false) => self.branch(&conditional.otherwise)?,
                _ => return Err(Fault::no_overload()),
            },
        };
        self.look_up(checked(value)?, &attribute.lookups, attribute.is_test)
    }

    /// A branch of a conditional: looking at what is an attribute itself costs nothing there.
    fn branch(&mut self, step: &Step) -> Outcome<Value> {
        match step {
            Step::Attribute(attribute) => self.resolve(attribute),
            step => self.step(step),
        }
    }

    /// A variable that is evaluated when it is first looked at.
    fn bound(&mut self, slot: usize, value: &Arc<Step>) -> Outcome<Value> {
        if let Some(Some(known)) = self.slots.get(slot) {
            return Ok(known.clone());
        }
        let found = match self.step(value) {
            Ok(found) => found,
            Err(Fault::Error(words)) => Value::Invalid(Arc::from(words)),
            Err(stop) => return Err(stop),
        };
        if let Some(place) = self.slots.get_mut(slot) {
            *place = Some(found.clone());
        }
        Ok(found)
    }

    fn look_up(&mut self, value: Value, lookups: &[Lookup], is_test: bool) -> Outcome<Value> {
        let mut is_optional = false;
        let mut at = match value {
            Value::Optional(None) => return Ok(Value::Optional(None)),
            Value::Optional(Some(value)) => {
                is_optional = true;
                Value::clone(&value)
            }
            value => value,
        };
        for (index, lookup) in lookups.iter().enumerate() {
            is_optional |= lookup.is_optional;
            let only_tests = is_test && index + 1 == lookups.len();
            let key = self.key(&lookup.key);
            if is_optional {
                match find(&at, &key?, true)? {
                    Some(found) => {
                        self.budget.spend(1)?;
                        at = found;
                    }
                    None => return Ok(Value::Optional(None)),
                }
                continue;
            }
            let found = key.and_then(|key| find(&at, &key, only_tests));
            if !matches!(found, Err(Fault::Stop(_))) {
                self.budget.spend(1)?;
            }
            at = match found? {
                found if only_tests => Value::Bool(found.is_some()),
                Some(found) => found,
                None => return Err(Fault::error("invalid attribute")),
            };
        }
        Ok(if is_optional { Value::some(at) } else { at })
    }

    fn key(&mut self, key: &LookupKey) -> Outcome<Value> {
        match key {
            LookupKey::Constant(value) => Ok(value.clone()),
            LookupKey::Computed(Step::Attribute(attribute)) => self.resolve(attribute),
            LookupKey::Computed(step) => self.step(step),
        }
    }

    /// `&&`, or `||` if `decisive` is true: the decisive operand makes up for errors.
    fn logic(&mut self, terms: &[Step; 2], decisive: bool) -> Outcome<Value> {
        self.budget.work(1)?;
        let mut fault = None;
        for term in terms {
            match self.step(term) {
                Ok(Value::Bool(value)) if value == decisive => return Ok(Value::Bool(decisive)),
                Ok(Value::Bool(_)) => {}
                Ok(_) => fault = fault.or_else(|| Some(Fault::no_overload())),
                Err(Fault::Stop(stop)) => return Err(Fault::Stop(stop)),
                Err(error) => fault = fault.or(Some(error)),
            }
        }
        match fault {
            Some(fault) => Err(fault),
            None => Ok(Value::Bool(!decisive)),
        }
    }

    fn equal(&mut self, [one, other]: &[Step; 2], is_equal: bool) -> Outcome<Value> {
        let (one, other) = (self.operand(one)?, self.operand(other)?);
        let cost = match &one {
            Ok(value) if is_equal && is_simple(value) => 1,
            _ => {
                let size = |operand: &Outcome<Value>| operand.as_ref().map_or(1, Value::size);
                super::ranges::scaled(size(&one).min(size(&other)), 0.1)
            }
        };
        let result = one.and_then(|one| other.and_then(|other| equal(&one, &other, &mut self.budget)));
        match result {
            Err(Fault::Stop(stop)) => Err(Fault::Stop(stop)),
            result => {
                self.budget.spend(cost)?;
                match result {
                    Ok(found) => Ok(Value::Bool(found == is_equal)),
                    Err(error) => Err(error),
                }
            }
        }
    }

    /// The value or the error of an operand; only what stops the evaluation is returned as such.
    fn operand(&mut self, step: &Step) -> Outcome<Outcome<Value>> {
        match self.step(step) {
            Err(Fault::Stop(stop)) => Err(Fault::Stop(stop)),
            result => Ok(result),
        }
    }

    fn optional_or(&mut self, [one, other]: &[Step; 2], unwraps: bool) -> Outcome<Value> {
        self.budget.work(1)?;
        match self.step(one)? {
            Value::Optional(None) => self.step(other),
            Value::Optional(Some(value)) if unwraps => Ok(Value::clone(&value)),
            found => Ok(found),
        }
    }

    fn call(&mut self, call: &Call) -> Outcome<Value> {
        let mut arguments = Vec::with_capacity(call.arguments.len());
        let mut fault = None;
        for (index, argument) in call.arguments.iter().enumerate() {
            match self.operand(argument)? {
                Ok(value) => arguments.push(value),
                Err(error) if call.is_hasty && index + 1 < call.arguments.len() => return Err(error),
                Err(error) => {
                    arguments.push(Value::Null);
                    fault = fault.or(Some(error));
                }
            }
        }
        let result = match fault {
            Some(fault) => Err(fault),
            None => self.apply(call, &arguments),
        };
        if let Err(Fault::Stop(_)) = result {
            return result;
        }
        let cost = call.charge.cost(&arguments, result.as_ref().ok());
        self.budget.spend(cost)?;
        result.and_then(checked)
    }

    fn apply(&mut self, call: &Call, arguments: &[Value]) -> Outcome<Value> {
        match call.implementation {
            Implementation::Code(code) => code(&call.name, arguments, &mut self.budget),
            Implementation::Pattern(pattern) => {
                pattern.call(&call.name, arguments, call.pattern.as_ref(), &mut self.budget)
            }
            Implementation::Unknown => Err(Fault::Stop(super::budget::Stop::Here)),
        }
    }

    fn list(&mut self, items: &[(Step, bool)]) -> Outcome<Value> {
        self.budget.make(items.len() * size_of::<Value>())?;
        let mut made = Vec::with_capacity(items.len());
        for (item, is_optional) in items {
            match (self.step(item)?, is_optional) {
                (value, false) => made.push(value),
                (Value::Optional(None), true) => {}
                (Value::Optional(Some(value)), true) => made.push(Value::clone(&value)),
                (other, true) => {
                    let shown = other.shown();
                    return Err(Fault::error(format!(
                        "cannot initialize optional list element from non-optional value {shown}"
                    )));
                }
            }
        }
        Ok(Value::list(made))
    }

    fn map(&mut self, entries: &[(Step, Step, bool)]) -> Outcome<Value> {
        self.budget.make(entries.len() * 3 * size_of::<Value>())?;
        let mut map = Mapping::default();
        for (key, value, is_optional) in entries {
            let (shown, value) = (self.step(key)?, self.step(value)?);
            let Some(key) = Key::of(&shown) else {
                return Err(Fault::error(format!("unsupported key type: {}", shown.type_name())));
            };
            match (value, is_optional) {
                (value, false) => map.insert(key, value),
                (Value::Optional(None), true) => map.remove(&key),
                (Value::Optional(Some(value)), true) => map.insert(key, Value::clone(&value)),
                (other, true) => {
                    let (key, value) = (shown.shown(), other.shown());
                    return Err(Fault::error(format!(
                        "cannot initialize optional entry '{key}' from non-optional value {value}"
                    )));
                }
            }
        }
        Ok(Value::Map(Arc::new(map)))
    }

    /// `google.protobuf.Duration{seconds: 1}` and the like.
    fn time(&mut self, is_instant: bool, fields: &[(String, Step)]) -> Outcome<Value> {
        let (mut seconds, mut nanos) = (0_i64, 0_i64);
        for (name, value) in fields {
            let value = self.step(value)?;
            let place = match name.as_str() {
                "seconds" => &mut seconds,
                "nanos" => &mut nanos,
                _ => return Err(Fault::error(format!("no such field '{name}'"))),
            };
            let Value::Int(number) = value else {
                return Err(Fault::error("unsupported field type"));
            };
            *place = number;
        }
        if is_instant {
            let base = SECONDS.contains(&seconds).then(|| Instant::of_seconds(seconds));
            let instant = base.and_then(|instant| instant.plus(nanos));
            return instant
                .map(Value::Timestamp)
                .ok_or_else(|| Fault::error("timestamp overflow"));
        }
        let total = seconds.checked_mul(NANOS).and_then(|total| total.checked_add(nanos));
        total
            .map(Value::Duration)
            .ok_or_else(|| Fault::error("duration overflow"))
    }
}
