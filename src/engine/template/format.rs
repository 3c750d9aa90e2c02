//! Go's `fmt`: how a value looks under a verb, with flags, width and precision.
//!
//! Follows `fmt/print.go` and `fmt/format.go`.

use std::fmt::Write as _;

use super::value::{List, ListType, Map, Value};
use crate::text::go::float_format::format_float;
use crate::text::go::quote::{can_backquote, quote, quote_rune, quote_to_ascii};
use crate::text::go::unicode::is_print;

/// Nesting below which values print; cycles (a map `set` into itself) end here instead of overflowing the stack.
const MAX_PRINT_DEPTH: u32 = 200;

/// Flags, width and precision of one verb.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the flags of a printf verb")]
pub(super) struct Flags {
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%#v`: Go syntax.
    pub(super) sharp_v: bool,
    /// `%+v`: names of fields.
    pub(super) plus_v: bool,
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
}

/// Writes formatted values to a buffer.
pub(super) struct Formatter<'o> {
    pub(super) out: &'o mut Vec<u8>,
    pub(super) flags: Flags,
}

/// Radix and letters of an integer verb.
#[derive(Clone, Copy)]
struct Radix {
    base: u64,
    upper: bool,
    verb: char,
}

const DECIMAL: Radix = Radix {
    base: 10,
    upper: false,
    verb: 'd',
};

impl<'o> Formatter<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        Self {
            out,
            flags: Flags::default(),
        }
    }

    pub(super) fn push(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn write_padding(&mut self, count: usize) {
        let fill = if self.flags.zero && !self.flags.minus {
            b'0'
        } else {
            b' '
        };
        self.out.resize(self.out.len() + count, fill);
    }

    fn pad(&mut self, text: &[u8]) {
        let missing = self
            .flags
            .width
            .map_or(0, |width| width.saturating_sub(count_runes(text)));
        if !self.flags.minus {
            self.write_padding(missing);
        }
        self.out.extend_from_slice(text);
        if self.flags.minus {
            self.write_padding(missing);
        }
    }

    fn pad_without_zeros(&mut self, text: &[u8]) {
        let zero = std::mem::replace(&mut self.flags.zero, false);
        self.pad(text);
        self.flags.zero = zero;
    }

    /// `%!d(string=x)`
    fn bad_verb(&mut self, verb: char, value: &Value, depth: u32) {
        self.push("%!");
        self.push(verb.encode_utf8(&mut [0; 4]));
        self.push("(");
        if let Value::Nil = value {
            self.push("<nil>");
        } else {
            self.push(value.type_name());
            self.push("=");
            self.write_value(value, 'v', depth.max(1));
        }
        self.push(")");
    }

    /// One argument of a print function.
    pub(super) fn write_argument(&mut self, value: &Value, verb: char) {
        match (value, verb) {
            (Value::Nil, 'T' | 'v') => self.pad(b"<nil>"),
            (Value::Nil, _) => self.bad_verb(verb, value, 0),
            (_, 'T') => self.write_string(value.type_name().as_bytes(), 's', value),
            (Value::Map(_) | Value::List(_) | Value::Bytes(_) | Value::Object(_), 'p') => {
                // Addresses differ from run to run in Go as well.
                self.pad(b"0xc000012345");
            }
            (Value::Bytes(bytes), _) => self.write_bytes(bytes, verb, value),
            _ => self.write_value(value, verb, 0),
        }
    }

    /// A value, or an element of one.
    pub(super) fn write_value(&mut self, value: &Value, verb: char, depth: u32) {
        if depth > MAX_PRINT_DEPTH {
            self.push("...");
            return;
        }
        match value {
            Value::Nil if self.flags.sharp_v => self.push("interface {}(nil)"),
            Value::Nil => self.push("<nil>"),
            Value::Bool(boolean) => match verb {
                't' | 'v' => self.pad(if *boolean { b"true" } else { b"false" }),
                _ => self.bad_verb(verb, value, depth),
            },
            Value::Int(_) | Value::Int64(_) | Value::Int32(_) => {
                let number = value.as_int().unwrap_or(0);
                self.write_integer(number.unsigned_abs(), number < 0, true, verb, value);
            }
            Value::Uint8(_) | Value::Uint32(_) | Value::Uint64(_) => {
                self.write_integer(value.as_uint().unwrap_or(0), false, false, verb, value);
            }
            Value::Float(number) => self.write_float(*number, verb, value),
            Value::Complex(real, imaginary) => self.write_complex(*real, *imaginary, verb, value),
            Value::Str(text) => self.write_string(text.as_bytes(), verb, value),
            Value::Bytes(bytes) => match verb {
                's' | 'q' | 'x' | 'X' => self.write_bytes(bytes, verb, value),
                _ => self.write_byte_list(bytes, "[]uint8", verb),
            },
            Value::List(list) => self.write_list(list, value.type_name(), verb, depth),
            Value::Map(map) => self.write_map(map, value.type_name(), verb, depth),
            Value::Object(object) => self.write_object(object.as_ref(), verb, depth),
        }
    }

    pub(super) fn write_list(&mut self, list: &List, type_name: &str, verb: char, depth: u32) {
        if self.flags.sharp_v {
            self.push(type_name);
            if list.is_nil() {
                self.push("(nil)");
                return;
            }
        }
        self.push(if self.flags.sharp_v { "{" } else { "[" });
        for (index, item) in list.items().iter().enumerate() {
            if index > 0 {
                self.push(if self.flags.sharp_v { ", " } else { " " });
            }
            if let (Value::Nil, ListType::Named(_), true) = (item, list.element, self.flags.sharp_v) {
                self.push("nil");
            } else {
                self.write_value(item, verb, depth + 1);
            }
        }
        self.push(if self.flags.sharp_v { "}" } else { "]" });
    }

    pub(super) fn write_map(&mut self, map: &Map, type_name: &str, verb: char, depth: u32) {
        if self.flags.sharp_v {
            self.push(type_name);
            if map.is_nil() {
                self.push("(nil)");
                return;
            }
        }
        self.push(if self.flags.sharp_v { "{" } else { "map[" });
        map.with(|entries| {
            for (index, (key, item)) in entries.iter().enumerate() {
                if index > 0 {
                    self.push(if self.flags.sharp_v { ", " } else { " " });
                }
                self.write_string(key.as_bytes(), verb, &Value::Str(key.clone()));
                self.push(":");
                self.write_value(item, verb, depth + 1);
            }
        });
        self.push(if self.flags.sharp_v { "}" } else { "]" });
    }

    pub(super) fn write_integer(&mut self, magnitude: u64, negative: bool, signed: bool, verb: char, value: &Value) {
        let radix = |base, upper| Radix { base, upper, verb };
        match verb {
            'v' if self.flags.sharp_v && !signed => self.write_hexadecimal(magnitude),
            'v' | 'd' => self.write_radix(magnitude, negative, DECIMAL),
            'b' => self.write_radix(magnitude, negative, radix(2, false)),
            'o' | 'O' => self.write_radix(magnitude, negative, radix(8, false)),
            'x' => self.write_radix(magnitude, negative, radix(16, false)),
            'X' => self.write_radix(magnitude, negative, radix(16, true)),
            'c' => {
                let c = as_char(magnitude, negative);
                self.pad(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            'q' => {
                let text = quote_rune(as_char(magnitude, negative), self.flags.plus);
                self.pad(text.as_bytes());
            }
            'U' => self.write_unicode(if negative { magnitude.wrapping_neg() } else { magnitude }),
            _ => self.bad_verb(verb, value, 1),
        }
    }

    fn write_hexadecimal(&mut self, number: u64) {
        let sharp = std::mem::replace(&mut self.flags.sharp, true);
        self.write_radix(
            number,
            false,
            Radix {
                base: 16,
                upper: false,
                verb: 'v',
            },
        );
        self.flags.sharp = sharp;
    }

    fn write_radix(&mut self, magnitude: u64, negative: bool, radix: Radix) {
        let flags = self.flags;
        let mut least_digits = 0;
        if let Some(precision) = flags.precision {
            least_digits = precision;
            if precision == 0 && magnitude == 0 {
                self.pad_without_zeros(b"");
                return;
            }
        } else if flags.zero
            && !flags.minus
            && let Some(width) = flags.width
        {
            least_digits = width;
            if negative || flags.plus || flags.space {
                least_digits = least_digits.saturating_sub(1);
            }
        }
        let mut reversed = Vec::with_capacity(24);
        let mut rest = magnitude;
        loop {
            let digit = u32::try_from(rest % radix.base).unwrap_or(0);
            let digit = char::from_digit(digit, 16).unwrap_or('0');
            let digit = if radix.upper { digit.to_ascii_uppercase() } else { digit };
            reversed.extend_from_slice(digit.encode_utf8(&mut [0; 4]).as_bytes());
            rest /= radix.base;
            if rest == 0 {
                break;
            }
        }
        if reversed.len() < least_digits {
            reversed.resize(least_digits, b'0');
        }
        if flags.sharp {
            match radix.base {
                2 => reversed.extend_from_slice(b"b0"),
                8 if reversed.last() != Some(&b'0') => reversed.push(b'0'),
                16 if radix.upper => reversed.extend_from_slice(b"X0"),
                16 => reversed.extend_from_slice(b"x0"),
                _ => {}
            }
        }
        if radix.verb == 'O' {
            reversed.extend_from_slice(b"o0");
        }
        if negative {
            reversed.push(b'-');
        } else if flags.plus {
            reversed.push(b'+');
        } else if flags.space {
            reversed.push(b' ');
        }
        reversed.reverse();
        self.pad_without_zeros(&reversed);
    }

    fn write_unicode(&mut self, code: u64) {
        let digits = self.flags.precision.unwrap_or(4).max(4);
        let number = format!("{code:X}");
        let mut text = format!("U+{}{number}", "0".repeat(digits.saturating_sub(number.len())));
        if self.flags.sharp
            && let Some(c) = u32::try_from(code).ok().and_then(char::from_u32)
            && is_print(c)
        {
            text.push_str(" '");
            text.push(c);
            text.push('\'');
        }
        self.pad_without_zeros(text.as_bytes());
    }

    fn write_float(&mut self, number: f64, verb: char, value: &Value) {
        let (format, default) = match verb {
            'v' | 'g' => (b'g', None),
            'b' => (b'b', None),
            'G' => (b'G', None),
            'x' => (b'x', None),
            'X' => (b'X', None),
            'f' | 'F' => (b'f', Some(6)),
            'e' => (b'e', Some(6)),
            'E' => (b'E', Some(6)),
            _ => return self.bad_verb(verb, value, 1),
        };
        self.write_float_as(number, format, self.flags.precision.or(default));
    }

    fn write_float_as(&mut self, number: f64, format: u8, precision: Option<usize>) {
        let flags = self.flags;
        let mut text = format_float(number, format, precision).into_bytes();
        if !matches!(text.first(), Some(b'-' | b'+')) {
            text.insert(0, if flags.space && !flags.plus { b' ' } else { b'+' });
        } else if text.first() == Some(&b'+') && flags.space && !flags.plus {
            text.splice(..1, *b" ");
        }
        if matches!(text.get(1), Some(b'I' | b'N')) {
            let hides_sign = text.get(1) == Some(&b'N') && !flags.space && !flags.plus
                || text.get(1) == Some(&b'I') && text.first() == Some(&b'+') && !flags.plus;
            let shown = if hides_sign {
                text.get(1..).unwrap_or_default()
            } else {
                &text[..]
            };
            // Go keeps the sign of infinity: `+Inf`.
            let shown = if text.get(1) == Some(&b'I') { &text[..] } else { shown };
            self.pad_without_zeros(shown);
            return;
        }
        if flags.sharp && format != b'b' {
            text = with_point(&text, format, precision);
        }
        if flags.plus || text.first() != Some(&b'+') {
            if flags.zero
                && !flags.minus
                && let Some(width) = flags.width
                && width > text.len()
            {
                let missing = width - text.len();
                let (sign, digits) = text.split_at_checked(1).unwrap_or_default();
                self.out.extend_from_slice(sign);
                self.write_padding(missing);
                self.out.extend_from_slice(digits);
                return;
            }
            self.pad(&text);
            return;
        }
        self.pad(text.get(1..).unwrap_or_default());
    }

    fn write_complex(&mut self, real: f64, imaginary: f64, verb: char, value: &Value) {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            return self.bad_verb(verb, value, 1);
        }
        self.push("(");
        self.write_float(real, verb, value);
        let plus = std::mem::replace(&mut self.flags.plus, true);
        self.write_float(imaginary, verb, value);
        self.push("i)");
        self.flags.plus = plus;
    }

    pub(super) fn write_string(&mut self, text: &[u8], verb: char, value: &Value) {
        match verb {
            'v' if self.flags.sharp_v => self.write_quoted(text),
            'v' | 's' => {
                let text = truncate(text, self.flags.precision);
                self.pad(text);
            }
            'x' => self.write_hex_bytes(text, false),
            'X' => self.write_hex_bytes(text, true),
            'q' => self.write_quoted(text),
            _ => self.bad_verb(verb, value, 1),
        }
    }

    fn write_quoted(&mut self, text: &[u8]) {
        let text = truncate(text, self.flags.precision);
        let quoted = if self.flags.sharp && can_backquote(text) {
            format!("`{}`", String::from_utf8_lossy(text))
        } else if self.flags.plus {
            quote_to_ascii(text)
        } else {
            quote(text)
        };
        self.pad(quoted.as_bytes());
    }

    fn write_hex_bytes(&mut self, bytes: &[u8], upper: bool) {
        let flags = self.flags;
        let bytes = bytes
            .get(..flags.precision.unwrap_or(bytes.len()).min(bytes.len()))
            .unwrap_or_default();
        let mut text = String::with_capacity(bytes.len() * 2);
        for (index, byte) in bytes.iter().enumerate() {
            if index > 0 && flags.space {
                text.push(' ');
            }
            if flags.sharp && (index == 0 || flags.space) {
                text.push_str(if upper { "0X" } else { "0x" });
            }
            // Writing to a string cannot fail.
            _ = if upper {
                write!(text, "{byte:02X}")
            } else {
                write!(text, "{byte:02x}")
            };
        }
        if text.is_empty() {
            self.write_padding(flags.width.unwrap_or(0));
        } else {
            self.pad(text.as_bytes());
        }
    }

    fn write_bytes(&mut self, bytes: &[u8], verb: char, value: &Value) {
        match verb {
            's' => {
                let text = truncate(bytes, self.flags.precision);
                self.pad(text);
            }
            'x' | 'X' | 'q' => self.write_string(bytes, verb, value),
            'v' | 'd' => self.write_byte_list(bytes, "[]byte", verb),
            _ => self.write_byte_list(bytes, "[]uint8", verb),
        }
    }

    fn write_byte_list(&mut self, bytes: &[u8], type_name: &str, verb: char) {
        let sharp_v = self.flags.sharp_v;
        if sharp_v {
            self.push(type_name);
        }
        self.push(if sharp_v { "{" } else { "[" });
        for (index, &byte) in bytes.iter().enumerate() {
            if index > 0 {
                self.push(if sharp_v { ", " } else { " " });
            }
            self.write_integer(u64::from(byte), false, false, verb, &Value::Uint8(byte));
        }
        self.push(if sharp_v { "}" } else { "]" });
    }
}

fn as_char(magnitude: u64, negative: bool) -> char {
    if negative {
        return char::REPLACEMENT_CHARACTER;
    }
    u32::try_from(magnitude)
        .ok()
        .and_then(char::from_u32)
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Number of characters, an invalid byte counting as one.
fn count_runes(text: &[u8]) -> usize {
    let mut count = 0;
    let mut rest = text;
    while let Some((_, width)) = crate::text::go::utf8::decode_char(rest) {
        count += 1;
        rest = rest.get(width..).unwrap_or_default();
    }
    count
}

/// The first `precision` characters.
fn truncate(text: &[u8], precision: Option<usize>) -> &[u8] {
    let Some(precision) = precision else { return text };
    let mut end = 0;
    for _ in 0..precision {
        let rest = text.get(end..).unwrap_or_default();
        match crate::text::go::utf8::decode_char(rest) {
            Some((_, width)) => end += width,
            None => break,
        }
    }
    text.get(..end).unwrap_or_default()
}

/// The `#` flag: always a decimal point, and trailing zeros up to the precision for `%g` and `%x`.
fn with_point(text: &[u8], format: u8, precision: Option<usize>) -> Vec<u8> {
    let hexadecimal = matches!(format, b'x' | b'X');
    let mut missing = match format {
        b'g' | b'G' | b'x' => i64::try_from(precision.unwrap_or(6)).unwrap_or(0),
        _ => 0,
    };
    let tail_at = text
        .iter()
        .skip(1)
        .position(|byte| matches!(byte, b'p' | b'P') || (!hexadecimal && matches!(byte, b'e' | b'E')))
        .map_or(text.len(), |at| at + 1);
    let (number, tail) = text.split_at_checked(tail_at).unwrap_or_default();
    let mut has_point = false;
    let mut saw_nonzero = false;
    for &byte in number.iter().skip(1) {
        if byte == b'.' {
            has_point = true;
            continue;
        }
        saw_nonzero |= byte != b'0';
        missing -= i64::from(saw_nonzero);
    }
    let mut out = number.to_vec();
    if !has_point {
        if number.len() == 2 && number.get(1) == Some(&b'0') {
            missing -= 1;
        }
        out.push(b'.');
    }
    out.resize(out.len() + usize::try_from(missing).unwrap_or(0), b'0');
    out.extend_from_slice(tail);
    out
}
