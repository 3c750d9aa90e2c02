//! Evaluates macros that go through lists and mappings: the comprehensions that cel-go makes of them, and what each of
//! their parts costs (`interpreter/interpretable.go`, `parser/macro.go`).

use std::sync::Arc;

use super::budget::{Fault, Outcome};
use super::evaluation::{Machine, checked};
use super::mapping::{Key, Mapping};
use super::plan::{Fold, FoldKind, Step};
use super::runtime_cost::LIST;
use super::value::{List, Value};

/// What the items of a macro are taken from.
enum Range {
    List(Arc<List>),
    Map(Arc<Mapping>),
}

impl Range {
    /// An index or a key, and a value.
    fn get(&self, index: usize) -> Option<(Value, Value)> {
        match self {
            Self::List(list) => {
                let item = list.items.get(index)?.clone();
                Some((Value::Int(i64::try_from(index).unwrap_or_default()), item))
            }
            Self::Map(map) => map
                .entries()
                .get(index)
                .map(|(key, value)| (key.value(), value.clone())),
        }
    }
}

/// The name of a value's type in cel-go's code.
const fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "types.Null",
        Value::Bool(_) => "types.Bool",
        Value::Int(_) => "types.Int",
        Value::Uint(_) => "types.Uint",
        Value::Double(_) => "types.Double",
        Value::String(_) => "types.String",
        Value::Bytes(_) => "types.Bytes",
        Value::Duration(_) => "types.Duration",
        Value::Timestamp(_) => "types.Timestamp",
        Value::Type(_) => "*types.Type",
        Value::Optional(_) => "*types.Optional",
        other => other.type_name(),
    }
}

/// Keeps the error of one part of a macro; what stops the evaluation is returned.
fn kept<T>(result: Outcome<T>) -> Outcome<Outcome<T>> {
    match result {
        Err(Fault::Stop(stop)) => Err(Fault::Stop(stop)),
        result => Ok(result),
    }
}

fn truth(value: &Value) -> Outcome<bool> {
    match value {
        Value::Bool(value) => Ok(*value),
        _ => Err(Fault::no_overload()),
    }
}

impl Machine<'_> {
    pub(super) fn fold(&mut self, fold: &Fold) -> Outcome<Value> {
        let range = match self.step(&fold.range).and_then(checked)? {
            Value::List(list) => Range::List(list),
            Value::Map(map) => Range::Map(map),
            other if fold.second.is_some() => {
                let words = format!("unsupported comprehension range type: {}", go_type(&other));
                return Err(Fault::Error(words));
            }
            other => {
                return Err(Fault::error(format!(
                    "got '{}', expected iterable type",
                    go_type(&other)
                )));
            }
        };
        let result = match fold.kind {
            FoldKind::All => self.quantified(fold, &range, true),
            FoldKind::Exists => self.quantified(fold, &range, false),
            FoldKind::ExistsOne => self.counted(fold, &range),
            FoldKind::List => self.listed(fold, &range),
            FoldKind::Map | FoldKind::Entries => self.mapped(fold, &range),
        };
        for slot in [Some(fold.first), fold.second].into_iter().flatten() {
            self.set(slot, None);
        }
        result
    }

    fn set(&mut self, slot: usize, value: Option<Value>) {
        if let Some(place) = self.slots.get_mut(slot) {
            *place = value;
        }
    }

    /// Sets the variables for an item; whether there is one.
    fn next(&mut self, fold: &Fold, range: &Range, index: usize) -> bool {
        let Some((key, value)) = range.get(index) else {
            return false;
        };
        match (fold.second, range) {
            (Some(second), _) => {
                self.set(fold.first, Some(key));
                self.set(second, Some(value));
            }
            (None, Range::List(_)) => self.set(fold.first, Some(value)),
            (None, Range::Map(_)) => self.set(fold.first, Some(key)),
        }
        true
    }

    /// `all`, or `exists`.
    fn quantified(&mut self, fold: &Fold, range: &Range, is_all: bool) -> Outcome<Value> {
        let mut found: Outcome<bool> = Ok(is_all);
        let mut index = 0;
        while self.next(fold, range, index) {
            index += 1;
            self.budget.spend(if is_all { 2 } else { 3 })?;
            if found == Ok(!is_all) {
                break;
            }
            self.budget.spend(1)?;
            let one = kept(self.step(&fold.body).and_then(|value| truth(&value)))?;
            found = match (found, one) {
                (_, Ok(value)) if value != is_all => Ok(value),
                (Ok(_), one) => one,
                (Err(first), _) => Err(first),
            };
        }
        self.budget.spend(1)?;
        found.map(Value::Bool)
    }

    /// Whether the body holds for one item alone.
    fn counted(&mut self, fold: &Fold, range: &Range) -> Outcome<Value> {
        let mut count: Outcome<u64> = Ok(0);
        let mut index = 0;
        while self.next(fold, range, index) {
            index += 1;
            match kept(self.step(&fold.body).and_then(|value| truth(&value)))? {
                Ok(true) => {
                    self.budget.spend(2)?;
                    count = count.map(|count| count + 1);
                }
                Ok(false) => self.budget.work(1)?,
                Err(fault) => count = Err(fault),
            }
        }
        self.budget.spend(2)?;
        count.map(|count| Value::Bool(count == 1))
    }

    /// Whether an item is looked at: an error is what the macro has so far.
    fn passes<T>(&mut self, fold: &Fold, found: &mut Outcome<T>) -> Outcome<bool> {
        let Some(filter) = &fold.filter else { return Ok(true) };
        Ok(match kept(self.step(filter).and_then(|value| truth(&value)))? {
            Ok(passes) => passes,
            Err(fault) => {
                *found = Err(fault);
                false
            }
        })
    }

    fn listed(&mut self, fold: &Fold, range: &Range) -> Outcome<Value> {
        let cost = if matches!(fold.body, Step::Literal(_)) {
            1
        } else {
            LIST + 1
        };
        let mut found: Outcome<Vec<Value>> = Ok(Vec::new());
        let mut index = 0;
        while self.next(fold, range, index) {
            index += 1;
            if !self.passes(fold, &mut found)? {
                self.budget.work(1)?;
                continue;
            }
            self.budget.spend(1)?;
            let one = kept(self.step(&fold.body))?;
            self.budget.spend(cost)?;
            self.budget.make(size_of::<Value>())?;
            match (&mut found, one) {
                (Ok(items), Ok(one)) => items.push(one),
                (Ok(_), Err(fault)) => found = Err(fault),
                (Err(_), _) => {}
            }
        }
        self.budget.spend(1)?;
        found.map(Value::list)
    }

    fn mapped(&mut self, fold: &Fold, range: &Range) -> Outcome<Value> {
        let mut found: Outcome<Mapping> = Ok(Mapping::default());
        let mut index = 0;
        while self.next(fold, range, index) {
            index += 1;
            if !self.passes(fold, &mut found)? {
                self.budget.work(1)?;
                continue;
            }
            self.budget.spend(1)?;
            if fold.kind == FoldKind::Map {
                if found.is_err() {
                    continue;
                }
                self.budget.spend(1)?;
            }
            let one = kept(self.step(&fold.body))?;
            self.budget.spend(1)?;
            self.budget.make(3 * size_of::<Value>())?;
            let key = self.slots.get(fold.first).cloned().flatten();
            let inserted = match (&mut found, one) {
                (Ok(map), Ok(Value::Map(entries))) if fold.kind == FoldKind::Entries => {
                    let mut entries = entries.entries().iter();
                    entries.try_for_each(|(key, value)| insert(map, key.clone(), value.clone()))
                }
                (Ok(_), Ok(other)) if fold.kind == FoldKind::Entries => {
                    let words = format!("no such overload: cel.@mapInsert(map, {})", other.type_name());
                    Err(Fault::Error(words))
                }
                (Ok(map), Ok(value)) => match key.as_ref().and_then(Key::of) {
                    Some(key) => insert(map, key, value),
                    None => Err(Fault::no_overload()),
                },
                (Ok(_), Err(fault)) => Err(fault),
                (Err(_), _) => Ok(()),
            };
            if let Err(fault) = inserted {
                found = Err(fault);
            }
        }
        self.budget.spend(1)?;
        found.map(|map| Value::Map(Arc::new(map)))
    }
}

/// Adds an entry, whose key must be new.
fn insert(map: &mut Mapping, key: Key, value: Value) -> Outcome<()> {
    if map.find(&key).is_some() {
        let shown = key.value().shown();
        return Err(Fault::error(format!("insert failed: key {shown} already exists")));
    }
    map.insert(key, value);
    Ok(())
}
