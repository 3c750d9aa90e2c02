//! Go's built-in functions except the comparisons: `index`, `slice`, `len`, `print` and the like.
//!
//! Follows Go's `text/template/funcs.go`.

use super::call::Expected;
use super::compare;
use super::escape;
use super::evaluate::{Call, holds_interfaces, zero_element};
use super::no_value::NO_VALUE;
use super::{Executor, Failure, Operand, limits};
use crate::engine::template::function::{CallError, Growth, Parameter, Price};
use crate::engine::template::node_text::node_text;
use crate::engine::template::printf::{sprint, sprintf, sprintln};
use crate::engine::template::text::Text;
use crate::engine::template::tree::Builtin;
use crate::engine::template::value::{List, ListType, Value};

type BuiltinResult = Result<Operand, String>;

/// Number of parameters, and whether the last accepts any number of arguments.
pub(super) const fn arity(builtin: Builtin) -> (usize, bool) {
    match builtin {
        Builtin::And
        | Builtin::Or
        | Builtin::Call
        | Builtin::Index
        | Builtin::Slice
        | Builtin::Printf
        | Builtin::Eq => (2, true),
        Builtin::Html | Builtin::Js | Builtin::Urlquery | Builtin::Print | Builtin::Println => (1, true),
        Builtin::Len | Builtin::Not => (1, false),
        Builtin::Ge | Builtin::Gt | Builtin::Le | Builtin::Lt | Builtin::Ne => (2, false),
    }
}

const fn expected(builtin: Builtin, index: usize) -> Expected {
    match builtin {
        Builtin::Printf if index == 0 => Expected::Parameter(Parameter::Str),
        Builtin::Printf | Builtin::Print | Builtin::Println | Builtin::Html | Builtin::Js | Builtin::Urlquery => {
            Expected::Parameter(Parameter::Any)
        }
        _ => Expected::Reflect,
    }
}

const fn name_of(builtin: Builtin) -> &'static str {
    match builtin {
        Builtin::And => "and",
        Builtin::Call => "call",
        Builtin::Html => "html",
        Builtin::Index => "index",
        Builtin::Slice => "slice",
        Builtin::Js => "js",
        Builtin::Len => "len",
        Builtin::Not => "not",
        Builtin::Or => "or",
        Builtin::Print => "print",
        Builtin::Printf => "printf",
        Builtin::Println => "println",
        Builtin::Urlquery => "urlquery",
        Builtin::Eq => "eq",
        Builtin::Ge => "ge",
        Builtin::Gt => "gt",
        Builtin::Le => "le",
        Builtin::Lt => "lt",
        Builtin::Ne => "ne",
    }
}

/// Steps that a kibibyte of the texts of `printf` and `js` counts as: they look at each byte, and may write six for it.
const FORMATTING_COST: u64 = 320;

/// Operands that a call may have for the steps that its words count as.
const FEW_OPERANDS: usize = 2;

/// Steps that sixteen bytes count as that a value has when it is written out.
const WRITING_COST: u64 = 2;

/// How large the result of a call gets.
const fn growth(builtin: Builtin) -> Growth {
    match builtin {
        Builtin::Print | Builtin::Println | Builtin::Printf | Builtin::Html | Builtin::Js | Builtin::Urlquery => {
            Growth::WrittenOut
        }
        _ => Growth::None,
    }
}

impl Executor<'_> {
    pub(super) fn call_builtin(&mut self, call: Call<'_>, builtin: Builtin) -> Result<Operand, Failure> {
        let Call {
            frame,
            dot,
            node: command,
            arguments,
        } = call;
        let (words, last) = (call.words(), arguments.last);
        if matches!(builtin, Builtin::And | Builtin::Or) {
            return self.short_circuit(call, builtin);
        }
        let mut operands: Vec<Operand> = Vec::with_capacity(words.len() + 1);
        for (index, &word) in words.iter().enumerate() {
            operands.push(self.evaluate_argument(frame, dot, expected(builtin, index), word)?);
        }
        if let Some(last) = last {
            operands.push(self.validate(frame, last.clone(), expected(builtin, words.len()))?);
        }
        if let Some(trace) = &mut self.trace {
            let values: Vec<Value> = operands.iter().map(|operand| operand.value.clone()).collect();
            trace.call(name_of(builtin), &values, frame.unit, frame.unit.node(command).position);
        }
        if let Err(refusal) = self.spend_on_builtin(builtin, &operands) {
            self.at = command;
            return Err(self.call_failure(frame, name_of(builtin), refusal.into()));
        }
        let result = match builtin {
            Builtin::Call => {
                let callee = match words.first() {
                    Some(&word) => node_text(frame.unit, word),
                    None => piped_callee(operands.first()),
                };
                Err(refuse_call(&callee, operands.first()))
            }
            _ => run(builtin, &operands),
        };
        let result = result.and_then(|made| {
            self.spend_on_result(&made.value)?;
            Ok(made)
        });
        result.map_err(|message| {
            self.at = command;
            self.call_failure(frame, name_of(builtin), CallError::Message(message))
        })
    }
}

impl Executor<'_> {
    fn spend_on_builtin(&mut self, builtin: Builtin, operands: &[Operand]) -> Result<(), String> {
        let growth = growth(builtin);
        // Each of many operands is looked at.
        self.spend_steps(operands.len().saturating_sub(FEW_OPERANDS) as u64)?;
        let is_large = |operand: &Operand| match &operand.value {
            Value::Map(_) | Value::List(_) => growth != Growth::None,
            value => limits::may_grow(value),
        };
        if !operands.iter().any(is_large) {
            return Ok(());
        }
        let values: Vec<Value> = operands.iter().map(|operand| operand.value.clone()).collect();
        let mut price = Price::growing(growth);
        if matches!(builtin, Builtin::Printf | Builtin::Js) {
            price.of_kibibyte = FORMATTING_COST;
        }
        price.of_growth = WRITING_COST;
        self.spend_on_call(price, &values)
    }
}

fn run(builtin: Builtin, operands: &[Operand]) -> BuiltinResult {
    let text = |bytes: Vec<u8>| Ok(Operand::concrete(Value::Str(Text::from(bytes))));
    let boolean = |result: Result<bool, String>| result.map(|value| Operand::concrete(Value::Bool(value)));
    let values = || -> Vec<Value> { operands.iter().map(|operand| operand.value.clone()).collect() };
    let first = || operands.first().cloned().unwrap_or_default();
    let pair = || match operands {
        [left, right] => Ok((&left.value, &right.value)),
        _ => Err("missing argument for comparison".to_owned()),
    };
    match builtin {
        Builtin::Html => text(escape::html(&escapable(&values()))),
        Builtin::Js => text(escape::js(&escapable(&values()))),
        Builtin::Urlquery => text(escape::url_query(&escapable(&values()))),
        Builtin::Print => text(sprint(&values())),
        Builtin::Println => text(sprintln(&values())),
        Builtin::Printf => {
            let values = values();
            match values.split_first() {
                Some((Value::Str(format), arguments)) => text(sprintf(format.as_bytes(), arguments)),
                _ => Err("missing format".to_owned()),
            }
        }
        Builtin::Not => boolean(Ok(!first().value.is_true())),
        Builtin::Len => length(&first()),
        Builtin::Index => index(operands),
        Builtin::Slice => slice(operands),
        Builtin::Eq => boolean(compare::equal_any(&values())),
        Builtin::Ne => boolean(
            pair()
                .and_then(|(left, right)| compare::equal(left, right))
                .map(|equal| !equal),
        ),
        Builtin::Lt => boolean(pair().and_then(|(left, right)| compare::less(left, right))),
        Builtin::Le => boolean(pair().and_then(|(left, right)| compare::less_or_equal(left, right))),
        Builtin::Gt => boolean(
            pair()
                .and_then(|(left, right)| compare::less_or_equal(left, right))
                .map(|result| !result),
        ),
        Builtin::Ge => boolean(
            pair()
                .and_then(|(left, right)| compare::less(left, right))
                .map(|result| !result),
        ),
        Builtin::And | Builtin::Or | Builtin::Call => Ok(first()),
    }
}

/// The text that escaping functions work on; nil shows as `<no value>`.
fn escapable(values: &[Value]) -> Vec<u8> {
    if let [Value::Str(text)] = values {
        return text.as_bytes().to_vec();
    }
    let shown: Vec<Value> = values
        .iter()
        .map(|value| match value {
            Value::Nil => Value::str(NO_VALUE),
            value => value.clone(),
        })
        .collect();
    sprint(&shown)
}

/// The name Go gives to what is piped into `call`: `reflect.Value.String`.
fn piped_callee(callee: Option<&Operand>) -> String {
    match callee.map(|callee| &callee.value) {
        Some(Value::Str(text)) => text.to_str_lossy().into_owned(),
        Some(value) => format!("<{} Value>", value.type_name()),
        None => String::new(),
    }
}

fn refuse_call(name: &str, callee: Option<&Operand>) -> String {
    match callee {
        Some(callee) if !callee.is_nil() => format!("non-function {name} of type {}", callee.value.type_name()),
        _ => "call of nil".to_owned(),
    }
}

fn length(item: &Operand) -> BuiltinResult {
    if item.is_invalid() {
        return Err("reflect: call of reflect.Value.Type on zero Value".to_owned());
    }
    if item.is_nil() {
        return Err("len of nil pointer".to_owned());
    }
    match item.value.length() {
        Some(length) => Ok(Operand::concrete(super::walk::int_value(length))),
        None => Err(format!("len of type {}", item.value.type_name())),
    }
}

/// A position in a slice or string; `limit` itself is let through, as in Go.
fn position(index: &Value, limit: usize) -> Result<usize, String> {
    let number = match (index, index.as_int(), index.as_uint()) {
        (Value::Nil, ..) => return Err("cannot index slice/array with nil".to_owned()),
        (_, Some(number), _) => number,
        #[expect(clippy::cast_possible_wrap, reason = "Go converts the same way")]
        (_, _, Some(number)) => number as i64,
        _ => return Err(format!("cannot index slice/array with type {}", index.type_name())),
    };
    usize::try_from(number)
        .ok()
        .filter(|&position| position <= limit)
        .ok_or_else(|| format!("index out of range: {number}"))
}

fn index(operands: &[Operand]) -> BuiltinResult {
    let Some((item, indexes)) = operands.split_first() else {
        return Err("index of untyped nil".to_owned());
    };
    if item.is_nil() {
        return Err("index of untyped nil".to_owned());
    }
    let mut item = item.clone();
    for index in indexes {
        if item.is_nil() {
            return Err("index of nil pointer".to_owned());
        }
        item = index_once(&item.value, &index.value)?;
    }
    Ok(item)
}

fn index_once(item: &Value, index: &Value) -> BuiltinResult {
    let map = match item {
        Value::Map(map) => Some(map.clone()),
        Value::Object(object) => object.as_map(),
        _ => None,
    };
    if let Some(map) = map {
        return match index {
            Value::Str(key) => Ok(map.entry(key).map_or_else(
                || zero_element(&map),
                |value| Operand {
                    value,
                    is_interface: holds_interfaces(&map),
                },
            )),
            Value::Nil => Err("value is nil; should be of type string".to_owned()),
            _ => Err(format!("value has type {}; should be string", index.type_name())),
        };
    }
    if let Value::Object(object) = item
        && let Some(list) = object.as_list()
    {
        return index_once(&Value::List(list), index);
    }
    let Some(length) = item.length() else {
        return Err(format!("can't index item of type {}", item.type_name()));
    };
    let at = position(index, length)?;
    let found = match item {
        Value::Str(text) => text
            .as_bytes()
            .get(at)
            .map(|&byte| Operand::concrete(Value::Uint8(byte))),
        Value::Bytes(bytes) => bytes.get(at).map(|&byte| Operand::concrete(Value::Uint8(byte))),
        Value::List(list) => list.items().get(at).map(|value| Operand {
            value: value.clone(),
            is_interface: list.element == ListType::Any,
        }),
        _ => None,
    };
    let of = if matches!(item, Value::Str(_)) {
        "string"
    } else {
        "slice"
    };
    found.ok_or_else(|| format!("reflect: {of} index out of range"))
}

fn slice(operands: &[Operand]) -> BuiltinResult {
    let Some((item, indexes)) = operands.split_first() else {
        return Err("slice of untyped nil".to_owned());
    };
    if item.is_nil() {
        return Err("slice of untyped nil".to_owned());
    }
    if indexes.len() > 3 {
        return Err(format!("too many slice indexes: {}", indexes.len()));
    }
    let length = match &item.value {
        Value::Str(_) if indexes.len() == 3 => return Err("cannot 3-index slice a string".to_owned()),
        Value::Str(_) | Value::List(_) | Value::Bytes(_) => item.value.length().unwrap_or(0),
        value => return Err(format!("can't slice item of type {}", value.type_name())),
    };
    let mut bounds = [0, length, length];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        *bound = position(&index.value, length)?;
    }
    let [start, end, most] = bounds;
    if start > end {
        return Err(format!("invalid slice index: {start} > {end}"));
    }
    if indexes.len() == 3 && end > most {
        return Err(format!("invalid slice index: {end} > {most}"));
    }
    Ok(Operand::concrete(match &item.value {
        Value::Str(text) => Value::str(text.as_bytes().get(start..end).unwrap_or_default()),
        Value::Bytes(bytes) => Value::Bytes(bytes.get(start..end).unwrap_or_default().into()),
        Value::List(list) => Value::List(List::typed(
            list.element,
            list.items().get(start..end).unwrap_or_default().to_vec(),
        )),
        value => value.clone(),
    }))
}
