//! The types of scalars: YAML 1.1 types as go-yaml v2 `resolve.go` finds them.

use std::borrow::Cow;

use super::timestamp::is_timestamp;
use crate::text::go::base64;
use crate::text::go::float_parse::parse_float;
use crate::text::go::integer::{NumberError, parse_int, parse_uint};

/// A scalar with its type.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar<'t> {
    /// Nothing, `~`, `null`.
    Null,
    /// `true`, `yes`, `on`, `y` and their opposites.
    Bool(bool),
    /// A number of 64 bits with sign.
    Int(i64),
    /// A number that needs the 64th bit.
    Uint(u64),
    /// Any other number, infinities and NaN included.
    Float(f64),
    /// Text.
    Str(Cow<'t, str>),
    /// Text that reads as a date; Helm always treats it as a string.
    Timestamp(&'t str),
}

pub(super) const STR_TAG: &str = "tag:yaml.org,2002:str";
pub(super) const BINARY_TAG: &str = "tag:yaml.org,2002:binary";
pub(super) const MERGE_TAG: &str = "tag:yaml.org,2002:merge";
const BOOL_TAG: &str = "tag:yaml.org,2002:bool";
const INT_TAG: &str = "tag:yaml.org,2002:int";
const FLOAT_TAG: &str = "tag:yaml.org,2002:float";
const NULL_TAG: &str = "tag:yaml.org,2002:null";
const TIMESTAMP_TAG: &str = "tag:yaml.org,2002:timestamp";
const LONG_PREFIX: &str = "tag:yaml.org,2002:";

/// The type of a plain scalar without tag.
pub fn resolve_plain(text: &str) -> Scalar<'_> {
    plain(text, true)
}

/// The type of a scalar with this resolved tag, or go-yaml's complaint that text and tag do not fit.
pub(super) fn resolve_tagged<'t>(tag: &str, text: &'t str) -> Result<Scalar<'t>, String> {
    let string = || Ok(Scalar::Str(Cow::Borrowed(text)));
    match tag {
        "" => return Ok(resolve_plain(text)),
        BINARY_TAG => {
            return base64::decode(text.as_bytes())
                .map(|bytes| Scalar::Str(Cow::Owned(go_json_text(&bytes))))
                .map_err(|_| "!!binary value contains invalid base64 data".to_owned());
        }
        BOOL_TAG | INT_TAG | FLOAT_TAG | NULL_TAG | TIMESTAMP_TAG => {}
        _ => return string(),
    }
    let scalar = plain(text, tag == TIMESTAMP_TAG);
    let found = match &scalar {
        Scalar::Null => NULL_TAG,
        Scalar::Bool(_) => BOOL_TAG,
        Scalar::Int(_) | Scalar::Uint(_) => INT_TAG,
        Scalar::Float(_) => FLOAT_TAG,
        Scalar::Str(_) => STR_TAG,
        Scalar::Timestamp(_) => TIMESTAMP_TAG,
    };
    match scalar {
        scalar if found == tag => Ok(scalar),
        #[expect(clippy::cast_precision_loss, reason = "Go converts the same way")]
        Scalar::Int(value) if tag == FLOAT_TAG => Ok(Scalar::Float(value as f64)),
        _ => Err(format!(
            "cannot decode {} `{text}` as a {}",
            short_tag(found),
            short_tag(tag)
        )),
    }
}

fn short_tag(tag: &str) -> String {
    tag.strip_prefix(LONG_PREFIX)
        .map_or_else(|| tag.to_owned(), |rest| format!("!!{rest}"))
}

/// Whether a plain scalar that begins with this byte is text, and not a merge key either.
pub(super) const fn begins_text(first: u8) -> bool {
    !matches!(
        first,
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' | b'.' | b'0'
            ..=b'9' | b'+' | b'-' | b'<'
    )
}

fn plain(text: &str, may_be_timestamp: bool) -> Scalar<'_> {
    let string = Scalar::Str(Cow::Borrowed(text));
    let Some(first) = text.bytes().next() else {
        return Scalar::Null;
    };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => word(text).unwrap_or(string),
        b'.' => special_float(text)
            .or_else(|| parse_float(text.as_bytes()).ok().map(Scalar::Float))
            .unwrap_or(string),
        b'0'..=b'9' | b'+' | b'-' => {
            if let Some(special) = special_float(text) {
                return special;
            }
            if may_be_timestamp && is_timestamp(text) {
                return Scalar::Timestamp(text);
            }
            number(text).unwrap_or(string)
        }
        _ => string,
    }
}

fn word(text: &str) -> Option<Scalar<'static>> {
    if text.len() > "false".len() {
        return None;
    }
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Scalar::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Scalar::Bool(false),
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        _ => return None,
    })
}

fn special_float(text: &str) -> Option<Scalar<'static>> {
    Some(Scalar::Float(match text {
        ".nan" | ".NaN" | ".NAN" => f64::NAN,
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => f64::INFINITY,
        "-.inf" | "-.Inf" | "-.INF" => f64::NEG_INFINITY,
        _ => return None,
    }))
}

/// How YAML writes a number that is not finite.
pub(super) fn special_float_text(value: f64) -> Option<&'static str> {
    if value.is_finite() {
        return None;
    }
    Some(match value {
        f64::INFINITY => ".inf",
        f64::NEG_INFINITY => "-.inf",
        _ => ".nan",
    })
}

fn number(text: &str) -> Option<Scalar<'static>> {
    let plain = if text.contains('_') {
        Cow::Owned(text.replace('_', ""))
    } else {
        Cow::Borrowed(text)
    };
    if let Some(integer) = go_integer(&plain) {
        return Some(integer);
    }
    if let Some(value) = decimal_float(&plain) {
        return Some(Scalar::Float(value));
    }
    // The one case left of go-yaml's own reading of binary numbers: a sign after the prefix.
    let digits = plain.strip_prefix("0b").filter(|rest| rest.starts_with(['+', '-']))?;
    i64::from_str_radix(digits, 2).ok().map(Scalar::Int)
}

/// Go's `strconv.ParseInt(text, 0, 64)`, then `ParseUint`.
fn go_integer(text: &str) -> Option<Scalar<'static>> {
    match parse_int(text.as_bytes(), 0) {
        Ok(value) => Some(Scalar::Int(value)),
        Err(NumberError::Syntax) => None,
        Err(NumberError::Range(_)) => parse_uint(text.as_bytes(), 0).ok().map(Scalar::Uint),
    }
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`; a number that is too large is not one.
fn decimal_float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(unsigned);
    let mut rest = unsigned.get(whole..)?;
    if let Some(fraction) = rest.strip_prefix('.') {
        let length = digits(fraction);
        if whole + length == 0 {
            return None;
        }
        rest = fraction.get(length..)?;
    } else if whole == 0 {
        return None;
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if exponent.is_empty() || digits(exponent) != exponent.len() {
            return None;
        }
    } else if !rest.is_empty() {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Each byte that is not part of UTF-8 as one U+FFFD, as Go's JSON encoder has it.
fn go_json_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '\u{FFFD}'));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_have_go_yamls_types() {
        for (text, expected) in [
            ("", Scalar::Null),
            ("~", Scalar::Null),
            ("NULL", Scalar::Null),
            ("y", Scalar::Bool(true)),
            ("Off", Scalar::Bool(false)),
            ("1_000", Scalar::Int(1000)),
            ("017", Scalar::Int(15)),
            ("0o17", Scalar::Int(15)),
            ("0x_1F", Scalar::Int(31)),
            ("-0b101", Scalar::Int(-5)),
            ("08", Scalar::Float(8.0)),
            ("0", Scalar::Int(0)),
            ("-0", Scalar::Int(0)),
            ("0b-1", Scalar::Int(-1)),
            ("-9223372036854775808", Scalar::Int(i64::MIN)),
            ("18446744073709551615", Scalar::Uint(u64::MAX)),
            ("18446744073709551616", Scalar::Float(18_446_744_073_709_551_616.0)),
            ("1.", Scalar::Float(1.0)),
            (".5e1", Scalar::Float(5.0)),
            (".5_1", Scalar::Float(0.51)),
            ("-.INF", Scalar::Float(f64::NEG_INFINITY)),
            ("2001-12-14", Scalar::Timestamp("2001-12-14")),
        ] {
            assert_eq!(resolve_plain(text), expected, "{text}");
        }
        for text in [
            "nULL",
            "1e400",
            "190:20:30",
            ".",
            "1.2.3",
            "-",
            "+-1",
            "0x",
            "1e",
            "2001-13-01",
            "inf",
            "<<",
            "=",
        ] {
            assert_eq!(resolve_plain(text), Scalar::Str(text.into()), "{text}");
        }
    }

    #[test]
    fn tags_and_texts_must_fit() {
        assert_eq!(resolve_tagged(FLOAT_TAG, "1"), Ok(Scalar::Float(1.0)));
        assert_eq!(resolve_tagged("!", "1"), Ok(Scalar::Str("1".into())));
        assert_eq!(
            resolve_tagged(INT_TAG, "a"),
            Err("cannot decode !!str `a` as a !!int".to_owned())
        );
        assert_eq!(
            resolve_tagged(BINARY_TAG, "gIGC"),
            Ok(Scalar::Str("\u{FFFD}\u{FFFD}\u{FFFD}".into()))
        );
        assert_eq!(resolve_tagged(BINARY_TAG, "YQ==\n"), Ok(Scalar::Str("a".into())));
        for bad in ["YQ", "YQ=", "YQ==YQ==", "Y===", "a b="] {
            assert!(resolve_tagged(BINARY_TAG, bad).is_err(), "{bad}");
        }
    }
}
