//! Literals that an expression cannot be evaluated with: what the API server finds after the types are right (the
//! validators of `k8s.io/apiserver/pkg/cel/environment`, and cel-go's constant folding).

use crate::kubernetes::validate::quantity::is_date_time;
use crate::text::go::boolean::parse_bool;
use crate::text::go::duration::parse_duration;
use crate::text::go::float_parse::parse_float;
use crate::text::go::integer::{parse_int, parse_uint};
use crate::text::go::regexp::translate;

use super::budget::Fault as Refusal;
use super::check_types::{Fault, Types};
use super::instant::SECONDS;
use super::library::precision;
use super::tree::{Call, Expr, Literal, Node};
use super::types::Type;

/// The faults of the literals of an expression whose types are right.
pub(super) fn faults(expression: &Node, types: &Types) -> Vec<Fault> {
    let mut found = Vec::new();
    visit(expression, types, &mut found, false, 0);
    found
}

/// `mixes` says whether literals may have items of several types: within what is formatted.
fn visit(at: &Node, types: &Types, found: &mut Vec<Fault>, mixes: bool, depth: usize) {
    if depth > 400 {
        return;
    }
    let mixes = mixes || matches!(&at.expr, Expr::Call(call) if call.function == "format");
    let mut inner = |part: &Node| visit(part, types, found, mixes, depth + 1);
    match &at.expr {
        Expr::Call(call) => {
            call.target.iter().for_each(|target| inner(target));
            call.arguments.iter().for_each(inner);
            found.extend(of_call(at.id, call, types));
        }
        Expr::List(items) => {
            for item in items {
                inner(&item.value);
            }
            let items = items.iter().map(|item| (item.value.id, item.is_optional));
            found.extend(mixed(items, types).filter(|_| !mixes));
        }
        Expr::Map(entries) => {
            for entry in entries {
                inner(&entry.key);
                inner(&entry.value);
            }
            let keys = mixed(entries.iter().map(|entry| (entry.key.id, false)), types);
            let values = mixed(entries.iter().map(|entry| (entry.value.id, entry.is_optional)), types);
            found.extend(keys.into_iter().chain(values).filter(|_| !mixes));
        }
        Expr::Select(select) => inner(&select.operand),
        _ => {}
    }
}

/// Items of a literal have one type; [`Type::Dyn`] is a type of its own.
fn mixed(items: impl Iterator<Item = (u32, bool)>, types: &Types) -> Option<Fault> {
    let mut first: Option<&Type> = None;
    for (id, is_optional) in items {
        let Some(mut found) = types.get(&id) else { continue };
        if is_optional {
            found = found.optional_value().unwrap_or(found);
        }
        match first {
            None => first = Some(found),
            Some(first) if first != found => {
                let message = format!("expected type '{first}' but found '{found}'");
                return Some(Fault { id, message });
            }
            Some(_) => {}
        }
    }
    None
}

/// The fault of a literal that a function cannot use.
fn of_call(id: u32, call: &Call, types: &Types) -> Option<Fault> {
    let name = call.function.as_str();
    let first = call.arguments.first()?;
    if name == "format" {
        return of_format(id, call.target.as_deref()?, first, types);
    }
    if let ("timestamp", Expr::Literal(Literal::Int(seconds))) = (name, &first.expr)
        && !SECONDS.contains(seconds)
    {
        let (id, message) = (first.id, "invalid timestamp argument".to_owned());
        return Some(Fault { id, message });
    }
    if let ("duration", Expr::Literal(Literal::Int(_))) = (name, &first.expr) {
        let (id, message) = (first.id, "invalid duration argument".to_owned());
        return Some(Fault { id, message });
    }
    let (id, text) = literal(first)?;
    let fault = |message: String| Some(Fault { id, message });
    match (name, call.target.is_some(), call.arguments.len()) {
        // With two arguments, the server still looks at the first.
        ("matches", ..) => translate(text.as_bytes())
            .is_err()
            .then(|| "invalid matches argument".to_owned())
            .and_then(fault),
        ("find" | "findAll", true, _) => match translate(text.as_bytes()) {
            Err(reason) => fault(format!("program instantiation failed: {reason}")),
            Ok(_) => None,
        },
        ("duration", false, 1) if parse_duration(text.as_bytes()).is_err() => {
            fault("invalid duration argument".to_owned())
        }
        ("timestamp", false, 1) if !is_date_time(text) => fault("invalid timestamp argument".to_owned()),
        ("int", false, 1) if parse_int(text.as_bytes(), 10).is_err() => {
            fault("program instantiation failed: type conversion error from 'string' to 'int'".to_owned())
        }
        ("uint", false, 1) if parse_uint(text.as_bytes(), 10).is_err() => {
            fault("program instantiation failed: type conversion error from 'string' to 'uint'".to_owned())
        }
        ("double", false, 1) if parse_float(text.as_bytes()).is_err() => {
            fault("program instantiation failed: type conversion error from 'string' to 'double'".to_owned())
        }
        ("bool", false, 1) if parse_bool(text).is_none() => {
            fault("program instantiation failed: type conversion error from 'string' to 'bool'".to_owned())
        }
        _ => None,
    }
}

fn literal(expression: &Node) -> Option<(u32, &str)> {
    match &expression.expr {
        Expr::Literal(Literal::String(text)) => Some((expression.id, text)),
        _ => None,
    }
}

/// Whether a format asks for as many values as there are, of types that it can format.
fn of_format(id: u32, format: &Node, values: &Node, types: &Types) -> Option<Fault> {
    let (_, text) = literal(format)?;
    let Expr::List(list) = &values.expr else { return None };
    let mut given = list.iter().map(|item| &item.value);
    let fault = |id: u32, message: String| Some(Fault { id, message });
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('%') {
        if let Some(after) = after.strip_prefix('%') {
            rest = after;
            continue;
        }
        if after.is_empty() {
            return fault(id, "unexpected end of string".to_owned());
        }
        let Some(value) = given.next() else {
            return fault(id, format!("index {} out of range", list.len()));
        };
        let after = match precision(after) {
            Ok((_, after)) => after,
            Err(Refusal::Error(words)) => return fault(id, words),
            Err(Refusal::Stop(_)) => return None,
        };
        let verb = after.chars().next().unwrap_or_default();
        rest = after.get(verb.len_utf8()..).unwrap_or_default();
        if !"sdfebxXo".contains(verb) {
            return fault(
                id,
                format!("could not parse formatting clause: unrecognized formatting clause \"{verb}\""),
            );
        }
        let found = types.get(&value.id).unwrap_or(&Type::Dyn);
        if !formats(verb, found) {
            let message = format!("error during formatting: {}, was given {found}", formatted(verb));
            return fault(value.id, message);
        }
    }
    let left = given.count();
    (left > 0).then(|| {
        let count = list.len();
        let message = format!(
            "too many arguments supplied to string.format (expected {}, got {count})",
            count - left
        );
        Fault { id, message }
    })
}

/// Whether a verb can format values of a type.
const fn formats(verb: char, found: &Type) -> bool {
    match (verb, found) {
        (_, Type::Dyn | Type::Error | Type::Variable(_)) => true,
        ('s', Type::Opaque(..) | Type::Object(_)) => false,
        ('s', _) => true,
        ('d' | 'o' | 'b' | 'x' | 'X', Type::Int | Type::Uint) => true,
        ('b', Type::Bool) => true,
        ('x' | 'X', Type::String | Type::Bytes) => true,
        ('f' | 'e', Type::Double | Type::String) => true,
        _ => false,
    }
}

/// What a verb can format, in the server's words.
const fn formatted(verb: char) -> &'static str {
    match verb {
        'd' => "decimal clause can only be used on integers",
        'o' => "octal clause can only be used on integers",
        'b' => "only integers and bools can be formatted as binary",
        'x' | 'X' => "only integers, byte buffers, and strings can be formatted as hex",
        'f' => "fixed-point clause can only be used on doubles",
        'e' => "scientific clause can only be used on doubles",
        _ => {
            "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps"
        }
    }
}
