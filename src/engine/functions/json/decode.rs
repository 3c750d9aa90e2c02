//! JSON to values, with the error texts of Go's `encoding/json`.
//!
//! In: bytes. Out: maps, lists, strings, bools, nil and float64 numbers; or the message of Go's scanner. One pass with
//! its own stack, so that nesting costs no recursion.

use crate::engine::template::{Dict, Text, Value};
use crate::text::go::float_parse::parse_float;
use crate::text::go::quote::quote_rune;

/// Deepest nesting; Go's own limit is ten times as deep.
const MAX_DEPTH: usize = 1_000;

/// `json.Unmarshal` into an `interface {}`.
///
/// # Errors
/// Go's error text.
pub fn from_go_json(text: &[u8]) -> Result<Value, String> {
    let (value, problem) = parse(text)?;
    match problem {
        Some(problem) => Err(problem),
        None => Ok(value),
    }
}

/// The value, and the error of a number out of range, which Go reports only after everything else was read.
pub(crate) fn parse(text: &[u8]) -> Result<(Value, Option<String>), String> {
    let mut reader = Reader {
        text,
        position: 0,
        number_problem: None,
    };
    let value = reader.document()?;
    Ok((value, reader.number_problem))
}

/// Why the next value of a stream cannot be read. The texts are those of Go's `json.Decoder`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StreamError {
    /// A byte that is not allowed at its position.
    #[error("{text}")]
    Syntax {
        /// Which byte, and why.
        text: String,
        /// Bytes read so far, that one included.
        offset: usize,
    },
    /// The text ends within a value.
    #[error("unexpected EOF")]
    UnexpectedEnd,
}

/// The next value from `from` on, of a text that may contain several, and where it ends; none if nothing but space
/// is left.
pub(crate) fn next_value(text: &[u8], from: usize) -> Result<Option<(Value, usize)>, StreamError> {
    let mut reader = Reader {
        text,
        position: from,
        number_problem: None,
    };
    reader.skip_space();
    if reader.peek().is_none() {
        return Ok(None);
    }
    match reader.value() {
        Ok(value) => Ok(Some((value, reader.position))),
        Err(text) if text == UNEXPECTED_END || reader.position > reader.text.len() => {
            drop(text);
            Err(StreamError::UnexpectedEnd)
        }
        Err(text) => Err(StreamError::Syntax {
            text,
            offset: reader.position,
        }),
    }
}

const UNEXPECTED_END: &str = "unexpected end of JSON input";

enum Open {
    List(Vec<Value>),
    /// Entries so far and the key whose value is being read.
    Map(Dict, Text),
}

struct Reader<'a> {
    text: &'a [u8],
    position: usize,
    number_problem: Option<String>,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<Value, String> {
        let value = self.value()?;
        self.skip_space();
        match self.peek() {
            None => Ok(value),
            Some(byte) => Err(invalid(byte, "after top-level value")),
        }
    }

    fn value(&mut self) -> Result<Value, String> {
        let mut stack: Vec<Open> = Vec::new();
        loop {
            let Some(mut value) = self.begin_value(&mut stack)? else {
                continue;
            };
            loop {
                match stack.pop() {
                    None => return Ok(value),
                    Some(Open::List(mut items)) => {
                        items.push(value);
                        match self.next_token()? {
                            b',' => {
                                stack.push(Open::List(items));
                                break;
                            }
                            b']' => value = Value::list(items),
                            byte => return Err(invalid(byte, "after array element")),
                        }
                    }
                    Some(Open::Map(mut entries, key)) => {
                        entries.insert(key, value);
                        match self.next_token()? {
                            b',' => {
                                let key = self.key()?;
                                stack.push(Open::Map(entries, key));
                                break;
                            }
                            b'}' => value = Value::map(entries),
                            byte => return Err(invalid(byte, "after object key:value pair")),
                        }
                    }
                }
            }
        }
    }

    /// A scalar or empty collection; none when a collection was opened on the stack.
    fn begin_value(&mut self, stack: &mut Vec<Open>) -> Result<Option<Value>, String> {
        let byte = self.next_token()?;
        Ok(Some(match byte {
            b'{' => {
                self.check_depth(stack)?;
                self.skip_space();
                if self.peek() == Some(b'}') {
                    self.position += 1;
                    return Ok(Some(Value::map(Dict::new())));
                }
                let key = self.key()?;
                stack.push(Open::Map(Dict::new(), key));
                return Ok(None);
            }
            b'[' => {
                self.check_depth(stack)?;
                self.skip_space();
                if self.peek() == Some(b']') {
                    self.position += 1;
                    return Ok(Some(Value::list(Vec::new())));
                }
                stack.push(Open::List(Vec::new()));
                return Ok(None);
            }
            b'"' => Value::str(self.string()?),
            b't' => self.literal("true", Value::Bool(true))?,
            b'f' => self.literal("false", Value::Bool(false))?,
            b'n' => self.literal("null", Value::Nil)?,
            b'-' | b'0'..=b'9' => self.number(byte)?,
            _ => return Err(invalid(byte, "looking for beginning of value")),
        }))
    }

    fn check_depth(&self, stack: &[Open]) -> Result<(), String> {
        if stack.len() < MAX_DEPTH {
            return Ok(());
        }
        let byte = self.position.checked_sub(1).and_then(|at| self.text.get(at)).copied();
        Err(invalid(byte.unwrap_or(b'['), "exceeded max depth"))
    }

    fn key(&mut self) -> Result<Text, String> {
        let byte = self.next_token()?;
        if byte != b'"' {
            return Err(invalid(byte, "looking for beginning of object key string"));
        }
        let key = self.string()?;
        match self.next_token()? {
            b':' => Ok(Text::from(key)),
            byte => Err(invalid(byte, "after object key")),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.position).copied()
    }

    fn next(&mut self) -> Result<u8, String> {
        let byte = self.peek().ok_or(UNEXPECTED_END)?;
        self.position += 1;
        Ok(byte)
    }

    /// The next byte where no space is allowed: there Go's scanner treats the end of the text as a space.
    fn next_in_word(&mut self) -> u8 {
        let byte = self.peek().unwrap_or(b' ');
        self.position += 1;
        byte
    }

    fn next_token(&mut self) -> Result<u8, String> {
        self.skip_space();
        self.next()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.position += 1;
        }
    }

    fn literal(&mut self, word: &str, value: Value) -> Result<Value, String> {
        for expected in word.bytes().skip(1) {
            let byte = self.next_in_word();
            if byte != expected {
                let expected = char::from(expected);
                return Err(invalid(byte, &format!("in literal {word} (expecting '{expected}')")));
            }
        }
        Ok(value)
    }

    fn number(&mut self, first: u8) -> Result<Value, String> {
        let start = self.position - 1;
        let mut first = first;
        if first == b'-' {
            first = self.next_in_word();
            if !first.is_ascii_digit() {
                return Err(invalid(first, "in numeric literal"));
            }
        }
        if first != b'0' {
            self.skip_digits();
        }
        if self.peek() == Some(b'.') {
            self.position += 1;
            let byte = self.next_in_word();
            if !byte.is_ascii_digit() {
                return Err(invalid(byte, "after decimal point in numeric literal"));
            }
            self.skip_digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.position += 1;
            let mut byte = self.next_in_word();
            if matches!(byte, b'+' | b'-') {
                byte = self.next_in_word();
            }
            if !byte.is_ascii_digit() {
                return Err(invalid(byte, "in exponent of numeric literal"));
            }
            self.skip_digits();
        }
        let literal = self.text.get(start..self.position).unwrap_or_default();
        if let Ok(number) = parse_float(literal) {
            return Ok(Value::Float(number));
        }
        if self.number_problem.is_none() {
            let shown = String::from_utf8_lossy(literal);
            self.number_problem = Some(format!(
                "json: cannot unmarshal number {shown} into Go value of type float64"
            ));
        }
        Ok(Value::Nil)
    }

    fn skip_digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.position += 1;
        }
    }

    /// The text of a string whose opening quote was read.
    fn string(&mut self) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        loop {
            let rest = self.text.get(self.position..).unwrap_or_default();
            let plain = rest
                .iter()
                .position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20)
                .unwrap_or(rest.len());
            out.extend_from_slice(rest.get(..plain).unwrap_or_default());
            self.position += plain;
            match self.next()? {
                b'"' => break,
                b'\\' => self.escape(&mut out)?,
                byte => return Err(invalid(byte, "in string literal")),
            }
        }
        if std::str::from_utf8(&out).is_ok() {
            return Ok(out);
        }
        // Go replaces byte by byte, not sequence by sequence.
        let mut replaced = String::with_capacity(out.len());
        for chunk in out.utf8_chunks() {
            replaced.push_str(chunk.valid());
            replaced.extend(std::iter::repeat_n(char::REPLACEMENT_CHARACTER, chunk.invalid().len()));
        }
        Ok(replaced.into_bytes())
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        let byte = self.next_in_word();
        out.push(match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let unit = self.hexadecimal()?;
                let character = self.with_surrogate(unit)?;
                let mut buffer = [0; 4];
                out.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
                return Ok(());
            }
            _ => return Err(invalid(byte, "in string escape code")),
        });
        Ok(())
    }

    fn hexadecimal(&mut self) -> Result<u32, String> {
        let mut unit = 0;
        for _ in 0..4 {
            let byte = self.next_in_word();
            let digit = char::from(byte).to_digit(16);
            unit = unit << 4 | digit.ok_or_else(|| invalid(byte, "in \\u hexadecimal character escape"))?;
        }
        Ok(unit)
    }

    /// The character of a UTF-16 unit, with the second half of a pair when it follows.
    fn with_surrogate(&mut self, unit: u32) -> Result<char, String> {
        if !(0xd800..0xdc00).contains(&unit) {
            return Ok(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let before = self.position;
        if self.text.get(before..before + 2) == Some(b"\\u") {
            self.position += 2;
            let second = self.hexadecimal()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x1_0000 + ((unit - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.position = before;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }
}

/// `invalid character 'x' looking for …`: a byte is shown as the character of that number.
fn invalid(byte: u8, context: &str) -> String {
    if context == "exceeded max depth" {
        return context.to_owned();
    }
    format!("invalid character {} {context}", quote_rune(char::from(byte), false))
}

#[cfg(test)]
mod tests {
    use super::from_go_json;
    use crate::engine::functions::json::to_go_json;

    #[test]
    fn values() {
        for (text, expected) in [
            (
                r#" {"a":1,"b":[true,null,"x"],"c":1.5e3} "#,
                r#"{"a":1,"b":[true,null,"x"],"c":1500}"#,
            ),
            (r#""\u00e9\ud83c\udf89\ud800x""#, "\"é🎉\u{fffd}x\""),
            ("[]", "[]"),
            ("[[],{}]", "[[],{}]"),
        ] {
            let value = from_go_json(text.as_bytes()).expect(text);
            assert_eq!(to_go_json(&value).expect("encodes"), expected.as_bytes());
        }
    }

    #[test]
    fn errors() {
        for (text, expected) in [
            ("", "unexpected end of JSON input"),
            (r#"{"a":01}"#, "invalid character '1' after object key:value pair"),
            (r#"{"a":tru}"#, "invalid character '}' in literal true (expecting 'e')"),
            ("1.2.3", "invalid character '.' after top-level value"),
            ("tr", "invalid character ' ' in literal true (expecting 'u')"),
            ("-", "invalid character ' ' in numeric literal"),
            ("[1.", "invalid character ' ' after decimal point in numeric literal"),
            ("1e+", "invalid character ' ' in exponent of numeric literal"),
            (r#""\"#, "invalid character ' ' in string escape code"),
            (r#""\u12"#, "invalid character ' ' in \\u hexadecimal character escape"),
            ("\"a", "unexpected end of JSON input"),
            ("[1", "unexpected end of JSON input"),
            ("[1,]", "invalid character ']' looking for beginning of value"),
            (
                r#"{"a":1,}"#,
                "invalid character '}' looking for beginning of object key string",
            ),
            ("\"a\nb\"", "invalid character '\\n' in string literal"),
            (
                "1e999",
                "json: cannot unmarshal number 1e999 into Go value of type float64",
            ),
        ] {
            assert_eq!(from_go_json(text.as_bytes()).unwrap_err(), expected, "{text}");
        }
        let deep = "[".repeat(20_000);
        assert_eq!(from_go_json(deep.as_bytes()).unwrap_err(), "exceeded max depth");
    }
}
