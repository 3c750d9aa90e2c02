//! JSON as the library reads it: numbers keep the text in which they are written.
//!
//! In: a text, or a `serde_json` value. Out: a tree, its parts by JSON pointer, and comparison as JSON Schema defines it
//! (`1` equals `1.0`).

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde::de::{Error as _, IgnoredAny};
use serde_json::Value as Json;

use super::number::Decimal;
use crate::text::limits::SCHEMA_BYTES;
use crate::text::ordered::CollectOrdered as _;

/// A JSON value. Maps are sorted: Go's have no order.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it is written.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// A map.
    Map(BTreeMap<String, Self>),
    /// A value that JSON cannot express, with Go's name of its type.
    Other(&'static str),
}

/// The types of JSON Schema, as bits.
pub(super) mod types {
    pub(in super::super) const NULL: u8 = 1;
    pub(in super::super) const BOOLEAN: u8 = 2;
    pub(in super::super) const NUMBER: u8 = 4;
    pub(in super::super) const INTEGER: u8 = 8;
    pub(in super::super) const STRING: u8 = 16;
    pub(in super::super) const ARRAY: u8 = 32;
    pub(in super::super) const OBJECT: u8 = 64;
    /// All types in the order in which messages list them.
    pub(in super::super) const NAMES: [(u8, &str); 7] = [
        (NULL, "null"),
        (BOOLEAN, "boolean"),
        (NUMBER, "number"),
        (INTEGER, "integer"),
        (STRING, "string"),
        (ARRAY, "array"),
        (OBJECT, "object"),
    ];
}

/// What is wrong with a schema that is too large to be read.
pub fn why_too_large(text: &[u8]) -> Option<String> {
    let length = text.len();
    (length > SCHEMA_BYTES).then(|| format!("the schema has {length} bytes, and may have {SCHEMA_BYTES}"))
}

impl Node {
    /// Reads JSON as Go's `encoding/json` does: numbers may be of any size and keep their text, and bytes that are not
    /// UTF-8 and halves of surrogate pairs are read as U+FFFD.
    ///
    /// # Errors
    /// When the text is not JSON, or nested too deeply.
    pub fn parse(text: &[u8]) -> Result<Self, serde_json::Error> {
        if let Some(message) = why_too_large(text) {
            return Err(serde_json::Error::custom(message));
        }
        let text = &*replace_invalid_utf8(text);
        // Only the syntax is checked here, so that no number is too large. The parser below relies on it.
        serde_json::from_slice::<IgnoredAny>(text)?;
        let mut reader = Reader { text, at: 0, depth: 0 };
        reader
            .value()
            .ok_or_else(|| serde_json::Error::custom("recursion limit exceeded"))
    }

    /// The bit of the value's type; none for values that JSON cannot express.
    pub(super) const fn kind(&self) -> u8 {
        match self {
            Self::Null => types::NULL,
            Self::Bool(_) => types::BOOLEAN,
            Self::Number(_) => types::NUMBER,
            Self::Text(_) => types::STRING,
            Self::List(_) => types::ARRAY,
            Self::Map(_) => types::OBJECT,
            Self::Other(_) => 0,
        }
    }

    pub(super) const fn as_map(&self) -> Option<&BTreeMap<String, Self>> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The value, if it is a text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The entry of a map.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_map()?.get(key)
    }

    /// A number that is the same for values that are equal to JSON Schema.
    pub(super) fn equality_hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash_equality(&mut hasher);
        hasher.finish()
    }

    fn hash_equality(&self, hasher: &mut DefaultHasher) {
        self.kind().hash(hasher);
        match self {
            // Equal numbers have the same nearest floating-point number; adding zero removes the sign of zero.
            Self::Number(text) => (text.parse().unwrap_or(f64::NAN) + 0.0).to_bits().hash(hasher),
            Self::Text(text) => text.hash(hasher),
            Self::Bool(value) => value.hash(hasher),
            Self::List(items) => items.iter().for_each(|item| item.hash_equality(hasher)),
            Self::Map(map) => {
                for (name, value) in map {
                    name.hash(hasher);
                    value.hash_equality(hasher);
                }
            }
            Self::Null | Self::Other(_) => {}
        }
    }

    /// Whether two values are equal to JSON Schema.
    pub(super) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => {
                a == b
                    || match (Decimal::parse(a), Decimal::parse(b)) {
                        (Some(a), Some(b)) => a.compare(&b) == Ordering::Equal,
                        _ => false,
                    }
            }
            (Self::List(a), Self::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.equals(b)),
            (Self::Map(a), Self::Map(b)) => {
                a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| a.equals(b)))
            }
            (Self::Number(_) | Self::List(_) | Self::Map(_), _) => false,
            (a, b) => a == b,
        }
    }
}

impl From<&Json> for Node {
    fn from(value: &Json) -> Self {
        match value {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => Self::Number(number.to_string()),
            Json::String(text) => Self::Text(text.clone()),
            Json::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Json::Object(entries) => Self::Map(
                entries
                    .iter()
                    .map(|(key, value)| (key.clone(), Self::from(value)))
                    .collect_map(),
            ),
        }
    }
}

/// A text with U+FFFD for each byte that is not UTF-8.
pub fn replace_invalid_utf8(text: &[u8]) -> Cow<'_, [u8]> {
    if std::str::from_utf8(text).is_ok() {
        return Cow::Borrowed(text);
    }
    let mut replaced = Vec::with_capacity(text.len() + 8);
    for chunk in text.utf8_chunks() {
        replaced.extend_from_slice(chunk.valid().as_bytes());
        for _ in chunk.invalid() {
            replaced.extend_from_slice("\u{FFFD}".as_bytes());
        }
    }
    Cow::Owned(replaced)
}

/// Most values inside each other.
const MAX_DEPTH: usize = 128;

/// Reads JSON whose syntax has been checked.
struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        while self.text.get(self.at)?.is_ascii_whitespace() {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    /// Skips `byte` if it comes next.
    fn skip(&mut self, byte: u8) -> bool {
        let is_next = self.next() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// The text up to the first byte that cannot belong to a word or number.
    fn word(&mut self) -> Option<&str> {
        let start = self.at;
        while self
            .text
            .get(self.at)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte))
        {
            self.at += 1;
        }
        std::str::from_utf8(self.text.get(start..self.at)?).ok()
    }

    fn string(&mut self) -> Option<String> {
        self.next()?;
        self.at += 1;
        let mut text = Vec::new();
        loop {
            let byte = *self.text.get(self.at)?;
            self.at += 1;
            match byte {
                b'"' => return String::from_utf8(text).ok(),
                b'\\' => {
                    let character = self.escaped()?;
                    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                _ => text.push(byte),
            }
        }
    }

    /// The character that an escape means, after its backslash.
    fn escaped(&mut self) -> Option<char> {
        let byte = *self.text.get(self.at)?;
        self.at += 1;
        Some(match byte {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => self.code_point()?,
            other => char::from(other),
        })
    }

    /// The character of four digits, or of two such escapes that are a surrogate pair.
    fn code_point(&mut self) -> Option<char> {
        let unit = self.unit_at(self.at)?;
        self.at += 4;
        let mut units = vec![unit];
        let second = self.text.get(self.at..self.at + 2).filter(|escape| *escape == b"\\u");
        units.extend(second.and_then(|_| self.unit_at(self.at + 2)));
        let character = char::decode_utf16(units).next()?;
        if character.as_ref().is_ok_and(|character| character.len_utf16() == 2) {
            self.at += 6;
        }
        Some(character.unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// The number of four hexadecimal digits.
    fn unit_at(&self, at: usize) -> Option<u16> {
        let digits = std::str::from_utf8(self.text.get(at..at + 4)?).ok()?;
        u16::from_str_radix(digits, 16).ok()
    }

    /// The next value; none if it is nested too deeply.
    fn value(&mut self) -> Option<Node> {
        self.depth += 1;
        let value = (self.depth <= MAX_DEPTH).then(|| self.value_here()).flatten();
        self.depth -= 1;
        value
    }

    fn value_here(&mut self) -> Option<Node> {
        Some(match self.next()? {
            b'{' => {
                self.at += 1;
                let mut map = BTreeMap::new();
                while !self.skip(b'}') {
                    self.skip(b',');
                    let key = self.string()?;
                    self.skip(b':');
                    map.insert(key, self.value()?);
                }
                Node::Map(map)
            }
            b'[' => {
                self.at += 1;
                let mut list = Vec::new();
                while !self.skip(b']') {
                    self.skip(b',');
                    list.push(self.value()?);
                }
                Node::List(list)
            }
            b'"' => Node::Text(self.string()?),
            _ => match self.word()? {
                "null" => Node::Null,
                "true" => Node::Bool(true),
                "false" => Node::Bool(false),
                "" => return None,
                number => Node::Number(number.to_owned()),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Node;

    #[test]
    fn large_schemas_are_refused() {
        let text = format!("[{}1]", "1,".repeat(crate::text::limits::SCHEMA_BYTES / 2));
        let error = Node::parse(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(error, "the schema has 8388611 bytes, and may have 8388608");
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_replaced() {
        let text = Node::parse(b"\"a\xff\xfeb\"").unwrap();
        assert_eq!(text.as_text(), Some("a\u{FFFD}\u{FFFD}b"));
        assert!(Node::parse(b"{\xff: 1}").is_err());
    }

    #[test]
    fn numbers_keep_their_text() {
        let text =
            br#" {"a": [1.0, 1e3, -0, 9007199254740993], "b\n": "x\"y", "c": {}, "d": [], "e": [null, true, false]} "#;
        let node = Node::parse(text).expect("is JSON");
        let shown = format!("{node:?}");
        for number in ["\"1.0\"", "\"1e3\"", "\"-0\"", "\"9007199254740993\""] {
            assert!(shown.contains(number), "{shown}");
        }
        assert_eq!(node.get("b\n").and_then(Node::as_text), Some("x\"y"));
        assert_eq!(
            node.get("e"),
            Some(&Node::List(vec![Node::Null, Node::Bool(true), Node::Bool(false)]))
        );
        assert!(Node::parse(b"{").is_err());
    }

    #[test]
    fn texts_and_numbers_are_read_as_in_go() {
        for (text, want) in [
            (r#""\ud800""#, "\u{FFFD}"),
            (r#""\ude00\ud83d""#, "\u{FFFD}\u{FFFD}"),
            (r#""\ud83d\ude00""#, "😀"),
            (r#""\ud83dx\u0041\ude00""#, "\u{FFFD}xA\u{FFFD}"),
            (r#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"),
            (r#""\ud83d\n""#, "\u{FFFD}\n"),
            (r#""\"\\\/\b\f\n\r\t\u00e9é""#, "\"\\/\u{8}\u{c}\n\r\téé"),
            (r#""""#, ""),
        ] {
            assert_eq!(
                Node::parse(text.as_bytes()).expect(text).as_text(),
                Some(want),
                "{text}"
            );
        }
        for number in ["1e999", "-1e-999", "1E+999999999999", "123456789012345678901234567890"] {
            let node = Node::parse(number.as_bytes()).expect(number);
            assert_eq!(node, Node::Number(number.to_owned()));
        }
        for text in [
            "01",
            "1.",
            ".5",
            "1e",
            "+1",
            "NaN",
            "\"\u{1}\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "[1,]",
            "{\"a\" 1}",
            "1 2",
            "",
        ] {
            assert!(Node::parse(text.as_bytes()).is_err(), "{text}");
        }
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Node::parse(nested(128).as_bytes()).is_ok());
        for depth in [129, 100_000] {
            let error = Node::parse(nested(depth).as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), "recursion limit exceeded");
        }
    }

    #[test]
    fn values_are_equal_as_json_schema_defines_it() {
        let parse = |text: &str| Node::parse(text.as_bytes()).expect(text);
        for (a, b, want) in [
            ("1", "1.0", true),
            ("1e3", "1000", true),
            ("9007199254740993", "9007199254740992", false),
            ("[1, {\"a\": 2}]", "[1.0, {\"a\": 2.0}]", true),
            ("[1]", "[1, 2]", false),
            ("{\"a\": 1}", "{\"b\": 1}", false),
            ("\"1\"", "1", false),
            ("null", "false", false),
        ] {
            assert_eq!(parse(a).equals(&parse(b)), want, "{a} {b}");
            assert_eq!(parse(b).equals(&parse(a)), want, "{b} {a}");
        }
    }
}
