//! The cost of functions, and the size of what they return (`k8s.io/apiserver/pkg/cel/library/cost.go`, cel-go
//! `checker/cost.go`). Functions that are not known here cost nothing and return nothing.

use super::cost::{Entries, Operand, Part, Place};
use super::ranges::{Range, scaled};
use super::tree::operators;
use super::types::Type;

/// Of a regular expression, for each byte of it.
const PER_PATTERN_BYTE: f64 = 0.25;
/// Of going through a text twice, for each byte.
const PER_BYTE_TWICE: f64 = 0.2;
/// Longest regular expression of a format.
const FORMAT_PATTERN: f64 = 128.0;

/// A call, `before` being the cost of its operands.
pub(super) fn of_call<'s>(
    name: &str,
    receiver: Option<&Operand<'_, 's>>,
    arguments: &[Operand<'_, 's>],
    before: u64,
) -> Part<'s> {
    let found = match (receiver, arguments) {
        (None, [one]) if name == "dyn" => Some(Part {
            cost: 1,
            place: Place::Computed,
            ..one.part
        }),
        (None, [one, other]) => binary(name, one, other),
        (None, [condition, one, other]) if name == operators::CONDITIONAL => {
            let most = one.part.cost.max(other.part.cost);
            return Part {
                cost: condition.part.cost.saturating_add(most),
                size: Some(one.part.size().or(other.part.size())),
                entries: Entries::or(one.part.entries, other.part.entries),
                place: Place::Computed,
            };
        }
        (None, [one]) => of_text(name, one),
        (Some(receiver), arguments) => method(name, receiver, arguments),
        _ => None,
    };
    let found = found.unwrap_or_else(|| if is_simple(name) { costs(1) } else { UNKNOWN });
    Part {
        cost: found.cost.saturating_add(before),
        ..found
    }
}

const UNKNOWN: Part<'static> = Part {
    cost: 0,
    size: Some(Range::NOTHING),
    entries: None,
    place: Place::Computed,
};

/// Only the cost.
const fn costs<'s>(cost: u64) -> Part<'s> {
    Part {
        cost,
        size: None,
        entries: None,
        place: Place::Computed,
    }
}

const fn returns<'s>(cost: u64, size: Range) -> Part<'s> {
    Part {
        cost,
        size: Some(size),
        entries: None,
        place: Place::Computed,
    }
}

const fn is_text(kind: &Type) -> bool {
    matches!(kind, Type::String | Type::Bytes)
}

fn binary<'s>(name: &str, one: &Operand<'_, 's>, other: &Operand<'_, 's>) -> Option<Part<'s>> {
    let (first, second) = (one.part.size(), other.part.size());
    Some(match name {
        operators::LOGICAL_AND | operators::LOGICAL_OR => costs(0),
        operators::ADD => match (one.kind, other.kind) {
            (Type::List(_), _) | (_, Type::List(_)) => Part {
                cost: 1,
                size: Some(first.plus(second)),
                entries: Entries::or(one.part.entries, other.part.entries),
                place: Place::Computed,
            },
            (one, other) if is_text(one) || is_text(other) => {
                let size = first.plus(second);
                returns(size.traversal(), size)
            }
            (Type::Dyn, Type::Dyn) => UNKNOWN,
            _ => costs(1),
        },
        operators::LESS | operators::LESS_EQUALS | operators::GREATER | operators::GREATER_EQUALS => {
            if is_text(one.kind) || is_text(other.kind) {
                costs(smaller(first, second).traversal())
            } else {
                costs(1)
            }
        }
        operators::EQUALS if matches!(one.kind, Type::Opaque(name, _) if &**name != "optional_type") => costs(1),
        operators::EQUALS | operators::NOT_EQUALS => costs(smaller(first, second).traversal()),
        operators::IN => match other.kind {
            Type::List(_) => costs(second.most),
            _ => costs(1),
        },
        operators::INDEX => Part {
            cost: 1,
            size: one.part.entries.map(|entries| entries.value),
            entries: None,
            place: Place::Computed,
        },
        _ => return None,
    })
}

fn smaller(one: Range, other: Range) -> Range {
    Range::up_to(one.most.min(other.most))
}

/// Functions of one text, and some that have more arguments.
fn of_text<'s>(name: &str, text: &Operand<'_, 's>) -> Option<Part<'s>> {
    let size = text.part.size();
    Some(match name {
        "url" => returns(size.traversal(), size),
        "ip" | "cidr" | "isIP" | "isCIDR" | "quantity" | "isQuantity" | "semver" | "isSemver" => {
            costs(size.traversal())
        }
        "ip.isCanonical" => costs(scaled(size.most, PER_BYTE_TWICE)),
        "bytes" if matches!(text.kind, Type::String) => {
            let made = Range {
                least: size.least,
                most: size.most.saturating_mul(4),
            };
            returns(size.traversal(), made)
        }
        "string" if matches!(text.kind, Type::Bytes) => {
            let made = Range {
                least: size.least / 4,
                most: size.most,
            };
            returns(size.traversal(), made)
        }
        _ => return None,
    })
}

fn method<'s>(name: &str, receiver: &Operand<'_, 's>, arguments: &[Operand<'_, 's>]) -> Option<Part<'s>> {
    let size = receiver.part.size();
    let first = arguments
        .first()
        .map_or(Range::UNKNOWN, |argument| argument.part.size());
    Some(match name {
        "isSorted" | "sum" | "max" | "min" | "indexOf" | "lastIndexOf" => match receiver.kind {
            Type::List(item) => {
                let item_size = receiver.part.place.item_size().unwrap_or(Range::UNKNOWN);
                let each = if is_text(item) { item_size.traversal() } else { 0 };
                costs(size.most.saturating_mul(each.saturating_add(1)))
            }
            _ => costs(size.traversal()),
        },
        "lowerAscii" | "upperAscii" | "substring" | "trim" => returns(size.traversal(), size),
        // The size of what these return is not estimated.
        "replace" | "split" => returns(scaled(size.most, PER_BYTE_TWICE), Range::NOTHING),
        "find" | "findAll" => {
            let cost = size
                .plus(Range::exactly(1))
                .traversal()
                .saturating_mul(scaled(first.most, PER_PATTERN_BYTE));
            returns(cost, Range::up_to(size.most))
        }
        "matches" => {
            let text = size.plus(Range::exactly(1)).traversal();
            costs(text.saturating_mul(scaled(first.most, PER_PATTERN_BYTE)))
        }
        "contains" => costs(size.traversal().saturating_mul(first.traversal())),
        "startsWith" | "endsWith" => costs(first.traversal()),
        "format" => costs(size.traversal()),
        "validate" => {
            let pattern = FORMAT_PATTERN * PER_PATTERN_BYTE;
            costs(scaled(first.traversal(), pattern))
        }
        _ => return None,
    })
}

/// Functions that cost the same whatever their operands are.
fn is_simple(name: &str) -> bool {
    const SIMPLE: [&str; 66] = [
        operators::LOGICAL_NOT,
        operators::NEGATE,
        operators::SUBTRACT,
        operators::MULTIPLY,
        operators::DIVIDE,
        operators::MODULO,
        operators::OPT_INDEX,
        operators::OPT_SELECT,
        "add",
        "asApproximateFloat",
        "asInteger",
        "bool",
        "bytes",
        "charAt",
        "compareTo",
        "double",
        "duration",
        "family",
        "getDate",
        "getDayOfMonth",
        "getDayOfWeek",
        "getDayOfYear",
        "getEscapedPath",
        "getFullYear",
        "getHost",
        "getHostname",
        "getHours",
        "getMilliseconds",
        "getMinutes",
        "getMonth",
        "getPort",
        "getQuery",
        "getScheme",
        "getSeconds",
        "hasValue",
        "int",
        "ip",
        "isGlobalUnicast",
        "isGreaterThan",
        "isInteger",
        "isLessThan",
        "isLinkLocalMulticast",
        "isLinkLocalUnicast",
        "isLoopback",
        "isURL",
        "isUnspecified",
        "major",
        "masked",
        "minor",
        "none",
        "of",
        "ofNonZeroValue",
        "or",
        "orValue",
        "patch",
        "prefixLength",
        "sign",
        "size",
        "string",
        "sub",
        "timestamp",
        "type",
        "uint",
        "value",
        "validate",
        "named",
    ];
    SIMPLE.contains(&name)
}
