//! Go's `fmt.Sprint`, `Sprintln` and `Sprintf` over values.
//!
//! Follows `doPrint` and `doPrintf` of Go's `fmt/print.go`: argument indexes, `*`, and the `%!verb(…)` complaints.

use super::format::{Flags, Formatter};
use super::text::Text;
use super::value::Value;
use crate::text::go::utf8::decode_char;

/// Largest width or precision; greater numbers are complaints.
const MAX_FIELD: usize = 1_000_000;

impl Value {
    /// Appends the value as `fmt.Print` writes it.
    pub fn write_display(&self, out: &mut Vec<u8>) {
        match self {
            Self::Str(text) => out.extend_from_slice(text.as_bytes()),
            Self::Bool(true) => out.extend_from_slice(b"true"),
            Self::Bool(false) => out.extend_from_slice(b"false"),
            _ => Formatter::new(out).write_argument(self, 'v'),
        }
    }

    /// The value as `fmt.Sprint` writes it.
    pub fn display(&self) -> Text {
        if let Self::Str(text) = self {
            return text.clone();
        }
        let mut out = Vec::new();
        self.write_display(&mut out);
        Text::from(out)
    }
}

/// `fmt.Sprint`: a space between operands when neither is a string.
pub fn sprint(values: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut after_string = true;
    for value in values {
        let is_string = matches!(value, Value::Str(_));
        if !is_string && !after_string {
            out.push(b' ');
        }
        value.write_display(&mut out);
        after_string = is_string;
    }
    // The first operand never has a space before it.
    out
}

/// `fmt.Sprintln`
pub fn sprintln(values: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        value.write_display(&mut out);
    }
    out.push(b'\n');
    out
}

/// `fmt.Sprintf`
pub fn sprintf(format: &[u8], arguments: &[Value]) -> Vec<u8> {
    let mut printer = Printer {
        format,
        arguments,
        position: 0,
        argument: 0,
        reordered: false,
        good_index: true,
        after_index: false,
        out: Vec::with_capacity(format.len() + 16),
    };
    printer.run();
    printer.out
}

struct Printer<'a> {
    format: &'a [u8],
    arguments: &'a [Value],
    position: usize,
    argument: usize,
    reordered: bool,
    good_index: bool,
    after_index: bool,
    out: Vec<u8>,
}

impl Printer<'_> {
    fn byte(&self) -> Option<u8> {
        self.format.get(self.position).copied()
    }

    fn run(&mut self) {
        loop {
            let rest = self.format.get(self.position..).unwrap_or_default();
            let Some(length) = memchr::memchr(b'%', rest) else {
                self.out.extend_from_slice(rest);
                break;
            };
            self.out.extend_from_slice(rest.get(..length).unwrap_or_default());
            self.position += length + 1;
            self.good_index = true;
            self.after_index = false;
            self.verb();
        }
        self.extra_arguments();
    }

    fn flags(&mut self) -> Flags {
        let mut flags = Flags::default();
        while let Some(byte) = self.byte() {
            match byte {
                b'#' => flags.sharp = true,
                b'0' => flags.zero = true,
                b'+' => flags.plus = true,
                b'-' => flags.minus = true,
                b' ' => flags.space = true,
                _ => break,
            }
            self.position += 1;
        }
        flags
    }

    fn verb(&mut self) {
        let mut flags = self.flags();
        self.argument_index();
        self.width(&mut flags);
        self.precision(&mut flags);
        if !self.after_index {
            self.argument_index();
        }
        let rest = self.format.get(self.position..).unwrap_or_default();
        let Some((verb, width)) = decode_char(rest) else {
            self.out.extend_from_slice(b"%!(NOVERB)");
            return;
        };
        self.position += width;
        let complaint: &[u8] = match self.arguments.get(self.argument) {
            _ if verb == '%' => {
                self.out.push(b'%');
                return;
            }
            _ if !self.good_index => b"(BADINDEX)",
            None => b"(MISSING)",
            Some(_) if verb == 'w' => {
                if let Some(value) = self.arguments.get(self.argument) {
                    self.bad_wrap(value);
                }
                self.argument += 1;
                return;
            }
            Some(value) => {
                if verb == 'v' {
                    flags.sharp_v = std::mem::replace(&mut flags.sharp, false);
                    flags.plus_v = std::mem::replace(&mut flags.plus, false);
                }
                let mut formatter = Formatter::new(&mut self.out);
                formatter.flags = flags;
                formatter.write_argument(value, verb);
                self.argument += 1;
                return;
            }
        };
        self.out.extend_from_slice(b"%!");
        self.out.extend_from_slice(verb.encode_utf8(&mut [0; 4]).as_bytes());
        self.out.extend_from_slice(complaint);
    }

    /// `%w` is for errors only, which no value is.
    fn bad_wrap(&mut self, value: &Value) {
        self.out.extend_from_slice(b"%!w(");
        if !matches!(value, Value::Nil) {
            self.out.extend_from_slice(value.type_name().as_bytes());
            self.out.push(b'=');
        }
        value.write_display(&mut self.out);
        self.out.push(b')');
    }

    fn width(&mut self, flags: &mut Flags) {
        if self.byte() == Some(b'*') {
            self.position += 1;
            match self.integer_argument() {
                Some(width) => {
                    if width < 0 {
                        flags.minus = true;
                        flags.zero = false;
                    }
                    flags.width = usize::try_from(width.unsigned_abs()).ok();
                }
                None => self.out.extend_from_slice(b"%!(BADWIDTH)"),
            }
            self.after_index = false;
        } else {
            flags.width = self.number();
            if self.after_index && flags.width.is_some() {
                self.good_index = false;
            }
        }
    }

    fn precision(&mut self, flags: &mut Flags) {
        if self.byte() != Some(b'.') || self.position + 1 >= self.format.len() {
            return;
        }
        self.position += 1;
        if self.after_index {
            self.good_index = false;
        }
        self.argument_index();
        if self.byte() == Some(b'*') {
            self.position += 1;
            let precision = self.integer_argument().and_then(|number| usize::try_from(number).ok());
            if precision.is_none() {
                self.out.extend_from_slice(b"%!(BADPREC)");
            }
            flags.precision = precision;
            self.after_index = false;
        } else {
            flags.precision = Some(self.number().unwrap_or(0));
        }
    }

    /// A decimal number, if one is here and not too large (then the rest of the format is lost, as in Go).
    fn number(&mut self) -> Option<usize> {
        let mut number = None;
        while let Some(byte) = self.byte().filter(u8::is_ascii_digit) {
            if number.is_some_and(|number| number > MAX_FIELD) {
                self.position = self.format.len();
                return None;
            }
            number = Some(number.unwrap_or(0) * 10 + usize::from(byte - b'0'));
            self.position += 1;
        }
        number
    }

    fn integer_argument(&mut self) -> Option<i64> {
        let value = self.arguments.get(self.argument)?;
        self.argument += 1;
        let number = value
            .as_int()
            .or_else(|| value.as_uint().and_then(|number| i64::try_from(number).ok()))?;
        (number.unsigned_abs() <= MAX_FIELD as u64).then_some(number)
    }

    /// `[3]`: which argument comes next.
    fn argument_index(&mut self) {
        if self.byte() != Some(b'[') {
            self.after_index = false;
            return;
        }
        self.reordered = true;
        let rest = self.format.get(self.position..).unwrap_or_default();
        let closing = if rest.len() < 3 {
            None
        } else {
            memchr::memchr(b']', rest)
        };
        let Some(closing) = closing else {
            self.position += 1;
            self.good_index = false;
            self.after_index = false;
            return;
        };
        self.position += closing + 1;
        let digits = rest.get(1..closing).unwrap_or_default();
        let number = std::str::from_utf8(digits)
            .ok()
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse::<usize>().ok());
        match number {
            Some(number) if (1..=self.arguments.len()).contains(&number) => {
                self.argument = number - 1;
                self.after_index = true;
            }
            _ => {
                self.good_index = false;
                self.after_index = number.is_some();
            }
        }
    }

    fn extra_arguments(&mut self) {
        let extra = self.arguments.get(self.argument..).unwrap_or_default();
        if self.reordered || extra.is_empty() {
            return;
        }
        self.out.extend_from_slice(b"%!(EXTRA ");
        for (index, value) in extra.iter().enumerate() {
            if index > 0 {
                self.out.extend_from_slice(b", ");
            }
            if !matches!(value, Value::Nil) {
                self.out.extend_from_slice(value.type_name().as_bytes());
                self.out.push(b'=');
            }
            value.write_display(&mut self.out);
        }
        self.out.push(b')');
    }
}
