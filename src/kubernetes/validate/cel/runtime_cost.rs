//! What calling a function costs, as the API server counts it while it evaluates (`CallCost` of
//! `k8s.io/apiserver/pkg/cel/library/cost.go`, the cost trackers of cel-go `ext`, and its `interpreter/runtimecost.go`).

use super::declarations::Overload;
use super::ranges::scaled;
use super::types::Type;
use super::value::Value;

/// Of going through a text, for each character.
const PER_CHARACTER: f64 = 0.1;
/// Of a pattern, for each character.
const PER_PATTERN_CHARACTER: f64 = 0.25;
/// Making a list.
pub const LIST: u64 = 10;
/// Making a mapping.
pub const MAP: u64 = 30;
/// Making a message.
pub const MESSAGE: u64 = 40;

/// How the cost of a call depends on its arguments and its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    One,
    /// Going through the first argument.
    First,
    /// Going through the first argument and making something of its size.
    FirstTwice,
    /// Going through the first argument and all in it.
    Deep,
    /// Making the result.
    Result,
    /// Searching the first argument for a pattern.
    Pattern,
    /// Checking the second argument with a format.
    Format,
    /// Looking for an address in a network, which is a text or not.
    Address(bool),
    /// Looking for a network in another, which is a text or not.
    Network(bool),
    /// Making a list as long as the result.
    NewList,
    /// Making a list of those in the first argument.
    Flatten,
    /// Comparing the items of an argument with each other.
    Pairs(usize),
    /// Comparing the items of two lists, so many times.
    Sets(u64),
    /// Comparing an item with those of a list.
    In,
    /// Going through the smaller argument.
    Least,
    /// Going through both arguments.
    Both,
    /// Looking for the second argument in the first.
    Contains,
}

/// How a function is charged; `overload` is the one that fits, if it is the only one.
pub fn charge(name: &str, overload: Option<&Overload>) -> Charge {
    let argument = |index: usize| overload.and_then(|overload| overload.arguments.get(index));
    let is = |index: usize, wanted: &Type| argument(index) == Some(wanted);
    let is_text = |index: usize| is(index, &Type::String);
    let of_list = |charge: Charge| {
        if matches!(argument(0), Some(Type::List(_))) {
            charge
        } else {
            Charge::One
        }
    };
    match name {
        "isSorted" | "sum" | "max" | "min" | "indexOf" | "lastIndexOf" => Charge::Deep,
        "url" | "lowerAscii" | "upperAscii" | "substring" | "trim" | "cidr" | "isIP" | "isCIDR" | "quantity"
        | "isQuantity" | "semver" | "isSemver" | "startsWith" | "endsWith" | "strings.quote" | "format" => {
            Charge::First
        }
        "ip" if overload.is_some_and(|overload| overload.is_member) => Charge::One,
        "ip" => Charge::First,
        "replace" | "split" | "ip.isCanonical" => Charge::FirstTwice,
        "join" => Charge::Result,
        "find" | "findAll" => Charge::Pattern,
        "matches" if overload.is_some_and(|overload| overload.is_member) => Charge::Pattern,
        "validate" => Charge::Format,
        "containsIP" => Charge::Address(is_text(1)),
        "containsCIDR" => Charge::Network(is_text(1)),
        "slice" | "reverse" => of_list(Charge::NewList),
        "lists.range" => Charge::NewList,
        "flatten" => of_list(Charge::Flatten),
        "distinct" | "sort" => of_list(Charge::Pairs(0)),
        "@sortByAssociatedKeys" => of_list(Charge::Pairs(1)),
        "sets.contains" | "sets.intersects" => Charge::Sets(1),
        "sets.equivalent" => Charge::Sets(2),
        "bytes" if is_text(0) => Charge::First,
        "string" if is(0, &Type::Bytes) => Charge::First,
        "@in" if matches!(argument(1), Some(Type::List(_))) => Charge::In,
        "_<_" | "_<=_" | "_>_" | "_>=_" if is_text(0) || is(0, &Type::Bytes) => Charge::Least,
        "_+_" if is_text(0) || is(0, &Type::Bytes) => Charge::Both,
        "contains" => Charge::Contains,
        _ => Charge::One,
    }
}

fn traversal(size: u64) -> u64 {
    scaled(size, PER_CHARACTER)
}

impl Charge {
    /// The cost of a call. Arguments that are errors are null.
    pub fn cost(self, arguments: &[Value], result: Option<&Value>) -> u64 {
        let value = |index: usize| arguments.get(index);
        let size = |index: usize| value(index).map_or(1, Value::size);
        let result_size = || result.map_or(1, Value::size);
        match self {
            Self::One => 1,
            Self::First => traversal(size(0)),
            Self::FirstTwice => scaled(size(0), 2.0 * PER_CHARACTER),
            Self::Deep => value(0).map_or(1, deep),
            Self::Result => scaled(result_size(), 2.0 * PER_CHARACTER),
            Self::Pattern => {
                let text = traversal(size(0).saturating_add(1));
                text.saturating_mul(scaled(size(1), PER_PATTERN_CHARACTER))
            }
            Self::Format => match value(0) {
                Some(Value::Format(format)) => {
                    let text = traversal(size(1).saturating_add(1));
                    text.saturating_mul(scaled(format.pattern_length(), PER_PATTERN_CHARACTER))
                }
                _ => 1,
            },
            Self::Address(is_text) => traversal(2 * size(0)) + if is_text { traversal(size(1)) } else { 0 },
            Self::Network(is_text) => {
                traversal(2 * size(0)) + traversal(size(0)) + 1 + if is_text { traversal(size(1)) } else { 0 }
            }
            Self::NewList => result_size() + 1 + LIST,
            Self::Flatten => {
                let depth = match value(1) {
                    Some(Value::Int(depth)) => *depth,
                    _ => 1,
                };
                // Go wraps a negative product.
                let product = i128::from(depth) * i128::from(size(0));
                let product = product.clamp(i128::from(i64::MIN), i128::from(u64::MAX >> 1));
                i64::try_from(product)
                    .unwrap_or(i64::MAX)
                    .cast_unsigned()
                    .wrapping_add(1 + LIST)
            }
            Self::Pairs(index) => pairs(value(index)),
            Self::Sets(times) => size(0).saturating_mul(size(1)).saturating_mul(times).saturating_add(1),
            Self::In => size(1),
            Self::Least => traversal(size(0).min(size(1))),
            Self::Both => traversal(size(0).saturating_add(size(1))),
            Self::Contains => traversal(size(0)).saturating_mul(traversal(size(1))),
        }
    }
}

/// Whether comparing a value for equality costs the same however large it is.
pub const fn is_simple(value: &Value) -> bool {
    matches!(
        value,
        Value::Quantity(_) | Value::Ip(_) | Value::Network(_) | Value::Format(_) | Value::Url(_) | Value::Version(_)
    )
}

/// Going through a value and all in it (`traversalCost`).
fn deep(value: &Value) -> u64 {
    // Go cuts off what is behind the point here.
    let cut = |length: usize| length as u64 / 10;
    match value {
        Value::String(text) => cut(text.len()),
        Value::Bytes(bytes) => cut(bytes.len()),
        Value::List(list) => list.items.iter().map(deep).fold(0, u64::saturating_add),
        Value::Map(map) => {
            let entries = map.entries().iter();
            entries
                .map(|(key, value)| deep(&key.value()).saturating_add(deep(value)))
                .fold(0, u64::saturating_add)
        }
        _ => 1,
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as in Go; a conversion to an integer saturates"
)]
fn pairs(list: Option<&Value>) -> u64 {
    let items = match list {
        Some(Value::List(list)) => list.items.as_slice(),
        _ => &[],
    };
    let factor = match items.first() {
        Some(Value::String(_) | Value::Bytes(_)) => 2.0 + PER_CHARACTER,
        _ => 2.0,
    };
    let count = items.len() as f64;
    (count * count * factor) as u64 + 1 + LIST
}
