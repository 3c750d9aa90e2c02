//! Values as Go's `%#v` shows them in messages about keys, and the parts of them that JSON would refuse.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::decode::Builder;
use super::resolve::Scalar;
use crate::text::compact_sort::sort_by;
use crate::text::go::float_format::{format_shortest, word};
use crate::text::go::quote::quote;

/// Builds the text of a value.
pub(super) struct GoSyntax;

/// A value's text, and the first error that converting it to JSON gives.
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) refusal: Option<Refusal>,
}

/// Why there is no JSON. Keys are looked at before numbers.
pub(super) struct Refusal {
    is_number: bool,
    pub(super) message: String,
}

/// A map entry: order and text of the key, whether it is refused, the value.
pub(super) struct Entry {
    order: (u8, i128, String),
    key: String,
    refused_type: Option<&'static str>,
    value: Shown,
}

impl Shown {
    fn plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            refusal: None,
        }
    }
}

fn first_refusal(refusals: impl Iterator<Item = Option<Refusal>>) -> Option<Refusal> {
    let mut number = None;
    for refusal in refusals.flatten() {
        if !refusal.is_number {
            return Some(refusal);
        }
        number.get_or_insert(refusal);
    }
    number
}

impl Builder for GoSyntax {
    type Value = Shown;
    type Map = Vec<Entry>;

    fn null(&mut self) -> Shown {
        Shown::plain("interface {}(nil)")
    }

    fn bool(&mut self, value: bool) -> Shown {
        Shown::plain(value.to_string())
    }

    fn int(&mut self, value: i64) -> Shown {
        Shown::plain(value.to_string())
    }

    fn uint(&mut self, value: u64) -> Shown {
        Shown::plain(format!("{value:#x}"))
    }

    fn float(&mut self, value: f64) -> Option<Shown> {
        let Some(text) = word(value) else {
            return Some(Shown::plain(format_shortest(value)));
        };
        let message = format!("json: unsupported value: {text}");
        Some(Shown {
            text: text.to_owned(),
            refusal: Some(Refusal {
                is_number: true,
                message,
            }),
        })
    }

    fn string(&mut self, text: Cow<'_, str>) -> Shown {
        Shown::plain(quote(text.as_bytes()))
    }

    fn sequence(&mut self, items: Vec<Shown>) -> Shown {
        let texts: Vec<&str> = items.iter().map(|item| item.text.as_str()).collect();
        let text = format!("[]interface {{}}{{{}}}", texts.join(", "));
        Shown {
            text,
            refusal: first_refusal(items.into_iter().map(|item| item.refusal)),
        }
    }

    fn map(&mut self, pairs: usize) -> Vec<Entry> {
        Vec::with_capacity(pairs)
    }

    fn insert(&mut self, map: &mut Vec<Entry>, _: Cow<'_, str>, scalar: &Scalar<'_>, value: Shown) {
        let key = key_syntax(scalar);
        let refused_type = match scalar {
            Scalar::Null => Some("%!s(<nil>)"),
            Scalar::Uint(_) => Some("uint64"),
            _ => None,
        };
        let entry = Entry {
            order: key_order(scalar),
            key,
            refused_type,
            value,
        };
        match map.iter_mut().find(|known| known.order == entry.order) {
            Some(known) => *known = entry,
            None => map.push(entry),
        }
    }

    fn end_map(&mut self, mut map: Vec<Entry>) -> Shown {
        sort_by(&mut map, |a, b| a.order.cmp(&b.order));
        let mut text = String::from("map[interface {}]interface {}{");
        for (index, entry) in map.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            let key = if entry.key == "<nil>" {
                "interface {}(nil)"
            } else {
                &entry.key
            };
            // Writing to a string cannot fail.
            let _ = write!(text, "{comma}{key}:{}", entry.value.text);
        }
        text.push('}');
        let refusals = map.into_iter().map(|entry| match entry.refused_type {
            Some(go_type) => {
                let shown = if entry.value.text == "interface {}(nil)" {
                    "<nil>"
                } else {
                    &entry.value.text
                };
                let message = format!(
                    "unsupported map key of type: {go_type}, key: {}, value: {shown}",
                    entry.key
                );
                Some(Refusal {
                    is_number: false,
                    message,
                })
            }
            None => entry.value.refusal,
        });
        Shown {
            refusal: first_refusal(refusals),
            text,
        }
    }

    fn accepts_any_key(&self) -> bool {
        true
    }
}

/// Where Go prints a key: nil first, then by type as Helm's binary happens to lay types out, then by value.
fn key_order(key: &Scalar<'_>) -> (u8, i128, String) {
    let (rank, number) = match key {
        Scalar::Null => (0, 0),
        Scalar::Str(text) => return (1, 0, text.clone().into_owned()),
        Scalar::Timestamp(text) => return (1, 0, (*text).to_owned()),
        Scalar::Uint(value) => (2, i128::from(*value)),
        Scalar::Int(value) => (3, i128::from(*value)),
        Scalar::Float(value) if value.is_nan() => (4, i128::MIN),
        Scalar::Float(value) => {
            // The bits of a magnitude grow with it.
            let magnitude = i128::from(value.abs().to_bits());
            (4, if *value < 0.0 { -magnitude } else { magnitude })
        }
        Scalar::Bool(value) => (5, i128::from(*value)),
    };
    (rank, number, String::new())
}

/// A key as `%#v` shows it.
pub(super) fn key_syntax(key: &Scalar<'_>) -> String {
    match key {
        Scalar::Null => "<nil>".to_owned(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Int(value) => value.to_string(),
        Scalar::Uint(value) => format!("{value:#x}"),
        Scalar::Float(value) => format_shortest(*value),
        Scalar::Str(text) => quote(text.as_bytes()),
        Scalar::Timestamp(text) => quote(text.as_bytes()),
    }
}
