//! TOML to values.
//!
//! In: bytes. Out: a map (integers are int64, dates times); or `toml: line N (last key "k"): …` as `parse.go` words it.

use super::super::go_time::{Time, Zone, parse_time};
use super::key_text;
use super::lexer::{Fault, Lexer, Step, is_bare_key, is_line_end, is_space, shown};
use super::lexer_values::Token;
use super::scalars::{
    has_leading_zero, underscores_are_between_digits, unescape, without_escaped_breaks, without_first_break,
};
use super::tables::{Path, Tables};
use crate::engine::template::{Dict, Map, Text, Value};
use crate::text::go::float_parse::parse_float;
use crate::text::go::integer::{NumberError, parse_int};
use crate::text::go::quote::quote;

/// Deepest nesting of arrays, inline tables and keys.
const MAX_DEPTH: usize = 200;

/// Reads a document.
pub(super) fn decode(text: &[u8], local: &Zone) -> Result<Value, String> {
    let text = [&b"\xff\xfe"[..], b"\xfe\xff", b"\xef\xbb\xbf"]
        .into_iter()
        .find_map(|mark| text.strip_prefix(mark))
        .unwrap_or(text);
    if text.iter().take(6).any(|byte| *byte == 0) {
        let problem = "files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8";
        return Err(format!("toml: line 1: {problem}"));
    }
    let mut parser = Parser {
        lexer: Lexer::new(text),
        tables: Tables::default(),
        context: Vec::new(),
        current: Vec::new(),
        key_line: 0,
        depth: 0,
        local,
    };
    match parser.document() {
        Ok(()) => Ok(parser.tables.into_value()),
        Err(fault) => Err(parser.explain(&fault)),
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    tables: Tables,
    /// Key of the table being read.
    context: Path,
    /// Key of the entry being read; empty between entries.
    current: Vec<u8>,
    /// Line of the last key, which faults about keys name.
    key_line: usize,
    /// How many arrays and inline tables are open.
    depth: usize,
    local: &'a Zone,
}

impl Parser<'_> {
    fn explain(&self, fault: &Fault) -> String {
        let mut last_key = key_text(self.context.iter().map(Vec::as_slice));
        if !self.current.is_empty() {
            if !last_key.is_empty() {
                last_key.push(b'.');
            }
            last_key.extend_from_slice(&self.current);
        }
        let Fault { line, message } = fault;
        if last_key.is_empty() {
            return format!("toml: line {line}: {message}");
        }
        format!("toml: line {line} (last key {}): {message}", quote(&last_key))
    }

    fn document(&mut self) -> Step<()> {
        loop {
            let character = self.lexer.next()?;
            match character {
                None => return Ok(()),
                _ if is_space(character) || is_line_end(character) => continue,
                Some('#') => {
                    self.comment()?;
                    continue;
                }
                Some('[') => self.table_header()?,
                _ => {
                    self.lexer.back(character);
                    let outer = self.context.clone();
                    self.entry()?;
                    self.context = outer;
                    self.current.clear();
                }
            }
            self.end_of_item()?;
        }
    }

    fn comment(&mut self) -> Step<()> {
        self.lexer.take_while(|character| !is_line_end(Some(character)))
    }

    fn end_of_item(&mut self) -> Step<()> {
        loop {
            let character = self.lexer.next()?;
            match character {
                None => {
                    self.lexer.back(None);
                    return Ok(());
                }
                Some('#') => return self.comment(),
                _ if is_line_end(character) => return Ok(()),
                _ if is_space(character) => {}
                _ => {
                    let found = shown(character);
                    return self.lexer.fault(format!(
                        "expected a top-level item to end with a newline, comment, or EOF, but got {found} instead"
                    ));
                }
            }
        }
    }

    /// A fault about a key.
    fn about_key<T>(&self, result: Result<T, String>) -> Step<T> {
        result.map_err(|message| Fault {
            line: self.key_line,
            message,
        })
    }

    fn table_header(&mut self) -> Step<()> {
        let array = self.lexer.accept('[')?;
        let mut key = Path::new();
        loop {
            self.lexer.skip_spaces()?;
            match self.lexer.peek()? {
                None | Some(']') => {
                    return self
                        .lexer
                        .fault("unexpected end of table name (table names cannot be empty)");
                }
                Some('.') => {
                    return self
                        .lexer
                        .fault("unexpected table separator (table names cannot be empty)");
                }
                _ => {}
            }
            self.key_part(&mut key)?;
            self.lexer.skip_spaces()?;
            match self.lexer.next()? {
                Some('.') => {}
                Some(']') => break,
                other => {
                    let found = shown(other);
                    let message = format!("expected '.' or ']' to end table name, but got {found} instead");
                    return self.lexer.fault(message);
                }
            }
        }
        if array {
            let end = self.lexer.next()?;
            if end != Some(']') {
                let found = shown(end);
                return self.lexer.fault(format!(
                    "expected end of table array name delimiter ']', but got {found} instead"
                ));
            }
        }
        self.enter(&key, array)?;
        self.tables.set_array(&key, false);
        Ok(())
    }

    /// Makes a key's table the one being read.
    fn enter(&mut self, key: &Path, array: bool) -> Step<()> {
        let opened = self.tables.open(key, array);
        self.context.clone_from(key);
        if opened.is_err() {
            // The fault names the table around the one that could not be opened.
            self.context.pop();
        }
        self.about_key(opened)
    }

    /// One part of a key, bare or in quotes.
    fn key_part(&mut self, key: &mut Path) -> Step<()> {
        if key.len() >= MAX_DEPTH {
            return self.lexer.fault("key is nested too deeply");
        }
        let start = self.lexer.position;
        let part = if let Some(quote @ ('"' | '\'')) = self.lexer.peek()? {
            self.lexer.next()?;
            let token = self.lexer.line_string(quote)?;
            self.text(token)?
        } else {
            self.lexer.take_while(is_bare_key)?;
            self.lexer.since(start).to_vec()
        };
        if key.is_empty() {
            self.key_line = self.lexer.line;
        }
        key.push(part);
        Ok(())
    }

    /// A dotted key up to its equals sign.
    fn key(&mut self) -> Step<Path> {
        self.lexer.skip_spaces()?;
        match self.lexer.peek()? {
            None | Some('=') => return self.lexer.fault("unexpected '=': key name appears blank"),
            Some('.') => return self.lexer.fault("unexpected '.': keys cannot start with a '.'"),
            _ => {}
        }
        let mut key = Path::new();
        loop {
            self.lexer.skip_spaces()?;
            match self.lexer.peek()? {
                None | Some('=') => return self.lexer.fault("unexpected '='"),
                Some('.') => return self.lexer.fault("unexpected '.'"),
                _ => {}
            }
            self.key_part(&mut key)?;
            self.lexer.skip_spaces()?;
            let character = self.lexer.next()?;
            match character {
                None => return self.lexer.fault("unexpected EOF; expected key separator '='"),
                Some('.') => {}
                Some('=') => return Ok(key),
                _ => {
                    let message = format!("expected '.' or '=', but got {} instead", shown(character));
                    if character == Some('\n') {
                        return self.lexer.fault_before(message);
                    }
                    return self.lexer.fault(message);
                }
            }
        }
    }

    /// `key = value` in the current table; the key and its value.
    fn entry(&mut self) -> Step<(Path, Value)> {
        let key = self.key()?;
        if let Some((last, parents)) = key.split_last() {
            self.current.clone_from(last);
            for part in parents {
                let mut path = self.context.clone();
                path.push(part.clone());
                if path.len() > MAX_DEPTH {
                    return self.lexer.fault("key is nested too deeply");
                }
                self.tables.imply(&path);
                self.enter(&path, false)?;
            }
        }
        let value = self.value(false)?;
        let mut path = self.context.clone();
        path.push(self.current.clone());
        let set = self.tables.set(&path, value.clone());
        self.about_key(set)?;
        self.tables.set_array(&path, matches!(value, Value::List(_)));
        Ok((key, value))
    }

    fn value(&mut self, in_array: bool) -> Step<Value> {
        if self.depth >= MAX_DEPTH {
            return self.lexer.fault("value is nested too deeply");
        }
        self.depth += 1;
        let token = self.lexer.value()?;
        let value = self.value_of(token, in_array);
        self.depth -= 1;
        value
    }

    fn value_of(&mut self, token: Token, in_array: bool) -> Step<Value> {
        match token {
            Token::Text { .. } => self.text(token).map(Value::str),
            Token::Bool(flag) => Ok(Value::Bool(flag)),
            Token::Integer(written) => self.integer(&written),
            Token::Float(written) => self.float(&written),
            Token::Date(written) => self.date(&written),
            Token::Array => self.array(),
            Token::InlineTable => self.inline_table(in_array),
        }
    }

    fn here<T>(&self, message: impl Into<String>) -> Step<T> {
        Err(Fault {
            line: self.lexer.line,
            message: message.into(),
        })
    }

    fn text(&self, token: Token) -> Step<Vec<u8>> {
        let Token::Text {
            text,
            escaped,
            multiline,
        } = token
        else {
            return Ok(Vec::new());
        };
        let text = if multiline { without_first_break(&text) } else { &text };
        if !escaped {
            return Ok(text.to_vec());
        }
        let joined;
        let text = if multiline {
            joined = without_escaped_breaks(text);
            &joined
        } else {
            text
        };
        unescape(text).or_else(|message| self.here(message))
    }

    fn integer(&self, written: &str) -> Step<Value> {
        if !underscores_are_between_digits(written) {
            return self.here(format!(
                "Invalid integer \"{written}\": underscores must be surrounded by digits"
            ));
        }
        if has_leading_zero(written) {
            return self.here(format!("Invalid integer \"{written}\": cannot have leading zeroes"));
        }
        match parse_int(written.as_bytes(), 0) {
            Ok(number) => Ok(Value::Int64(number)),
            Err(NumberError::Range(_)) => self.here(format!("{written} is out of range for int64")),
            Err(NumberError::Syntax) => self.here(format!("Expected integer value, but got '{written}'.")),
        }
    }

    fn float(&self, written: &str) -> Step<Value> {
        let mut parts = written.split(['.', 'e', 'E']).filter(|part| !part.is_empty());
        if !parts.clone().all(underscores_are_between_digits) {
            return self.here(format!(
                "Invalid float \"{written}\": underscores must be surrounded by digits"
            ));
        }
        if parts.next().is_some_and(has_leading_zero) {
            return self.here(format!("Invalid float \"{written}\": cannot have leading zeroes"));
        }
        let mut after_period = written.split('.').skip(1);
        if !after_period.all(|part| part.starts_with(|digit: char| digit.is_ascii_digit())) {
            return self.here(format!(
                "Invalid float \"{written}\": '.' must be followed by one or more digits"
            ));
        }
        let plain = written.replace('_', "");
        match plain.as_str() {
            "+nan" | "nan" => return Ok(Value::Float(f64::NAN)),
            "-nan" => return Ok(Value::Float(-f64::NAN)),
            _ => {}
        }
        match parse_float(plain.as_bytes()) {
            Ok(number) => Ok(Value::Float(number)),
            Err(NumberError::Range(_)) => self.here(format!("{written} is out of range for float64")),
            Err(NumberError::Syntax) => self.here(format!("Invalid float value: \"{written}\"")),
        }
    }

    fn date(&self, written: &str) -> Step<Value> {
        let text = written.replace('z', "Z").replace(['t', ' '], "T");
        match self.read_date(&text) {
            Some(time) => Ok(time.into()),
            None => self.here(format!("invalid datetime: {}", quote(text.as_bytes()))),
        }
    }

    fn read_date(&self, text: &str) -> Option<Time> {
        let fixed = |name: &str| Zone::Fixed(name.to_owned(), 0);
        let layouts = [
            ("2006-01-02T15:04:05.999999999Z07:00", self.local.clone()),
            ("2006-01-02T15:04:05.999999999", fixed("datetime-local")),
            ("2006-01-02", fixed("date-local")),
            ("15:04:05.999999999", fixed("time-local")),
            ("2006-01-02T15:04Z07:00", self.local.clone()),
            ("2006-01-02T15:04", fixed("datetime-local")),
            ("15:04", fixed("time-local")),
        ];
        layouts.into_iter().find_map(|(layout, zone)| {
            let time = parse_time(layout.as_bytes(), text.as_bytes(), &zone).ok()?;
            // Go's layouts accept one digit where TOML requires two.
            let misplaced = layout
                .bytes()
                .zip(text.bytes())
                .take_while(|(mark, _)| !matches!(mark, b'.' | b'Z'))
                .any(|(mark, found)| !mark.is_ascii_digit() && mark != found);
            (!misplaced).then_some(time)
        })
    }

    fn array(&mut self) -> Step<Value> {
        let mut path = self.context.clone();
        path.push(self.current.clone());
        self.tables.set_array(&path, true);
        let mut items = Vec::new();
        loop {
            let character = self.next_in_collection()?;
            match character {
                Some(',') => return self.lexer.fault("unexpected comma"),
                Some(']') => return Ok(Value::list(items)),
                _ => self.lexer.back(character),
            }
            items.push(self.value(true)?);
            if self.ends_collection(']', "array terminator (']'), but got {}")? {
                return Ok(Value::list(items));
            }
        }
    }

    /// After an item: a comma, or the closing bracket.
    fn ends_collection(&mut self, close: char, expected: &str) -> Step<bool> {
        let character = self.next_in_collection()?;
        match character {
            Some(',') => Ok(false),
            Some(found) if found == close => Ok(true),
            _ => {
                let found = character.map_or_else(|| "end of file".to_owned(), |found| format!("'{found}'"));
                let article = if close == ']' {
                    "a comma (',') or "
                } else {
                    "a comma or an "
                };
                let expected = expected.replace("{}", &found);
                self.lexer.fault(format!("expected {article}{expected}"))
            }
        }
    }

    /// The next character in an array or inline table that is not a space, a line end or part of a comment.
    fn next_in_collection(&mut self) -> Step<Option<char>> {
        loop {
            match self.lexer.next()? {
                character if is_space(character) || is_line_end(character) => {}
                Some('#') => self.comment()?,
                character => return Ok(character),
            }
        }
    }

    fn inline_table(&mut self, in_array: bool) -> Step<Value> {
        let top = Map::new(Dict::new());
        let outer_context = self.context.clone();
        let outer_key = std::mem::take(&mut self.current);
        self.context.push(outer_key.clone());
        let context = self.context.clone();
        self.tables.imply(&context);
        self.enter(&context, in_array)?;
        loop {
            let character = self.next_in_collection()?;
            match character {
                Some(',') => return self.lexer.fault("unexpected comma"),
                Some('}') => break,
                _ => self.lexer.back(character),
            }
            let (key, value) = self.entry()?;
            self.store(&top, &key, value)?;
            self.context.clone_from(&context);
            if self.ends_collection('}', "inline table terminator '}', but got {} instead")? {
                break;
            }
        }
        self.context = outer_context;
        self.current = outer_key;
        Ok(Value::Map(top))
    }

    /// Sets a dotted key of an inline table.
    fn store(&self, top: &Map, key: &Path, value: Value) -> Step<()> {
        let Some((last, parents)) = key.split_last() else {
            return Ok(());
        };
        let mut table = top.clone();
        for part in parents {
            let next = match table.get(part) {
                None => {
                    let next = Map::new(Dict::new());
                    table.insert(Text::from(part.as_slice()), Value::Map(next.clone()));
                    next
                }
                Some(Value::Map(next)) => next,
                Some(_) => {
                    let parts: Vec<String> = self.context.iter().map(|part| quote(part)).collect();
                    return self.about_key(Err(format!("[{}] is not a table", parts.join(" "))));
                }
            };
            table = next;
        }
        table.insert(Text::from(last.as_slice()), value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::decode;
    use crate::engine::functions::go_time::Zone;
    use crate::engine::functions::json::to_go_json;

    #[test]
    fn documents() {
        for (text, expected) in [
            (
                "a = 1\n[b]\nc = 'x'\nd = [1, 2.5, true]",
                r#"{"a":1,"b":{"c":"x","d":[1,2.5,true]}}"#,
            ),
            ("x = 0x1f\ny = 1_000\nz = -0b0", ""),
            ("[[t]]\nx = 1\n[[t]]\n[t.u]\ny = 2", r#"{"t":[{"x":1},{"u":{"y":2}}]}"#),
            ("a.b.c = 1\na.d = 2", r#"{"a":{"b":{"c":1},"d":2}}"#),
            (
                "p = { x = 1, y.z = 'q' }\nl = [ { a = 1 }, { a = 2 } ]",
                r#"{"l":[{"a":1},{"a":2}],"p":{"x":1,"y":{"z":"q"}}}"#,
            ),
            ("s = \"\"\"\na\\\n   b\\u00e9\"\"\"", r#"{"s":"abé"}"#),
            ("d = 2020-01-01T00:00:00Z # c", r#"{"d":"2020-01-01T00:00:00Z"}"#),
        ] {
            match decode(text.as_bytes(), &Zone::Utc) {
                Ok(value) => assert_eq!(
                    String::from_utf8(to_go_json(&value).expect("JSON")).expect("UTF-8"),
                    expected
                ),
                Err(problem) => assert!(expected.is_empty(), "{text}: {problem}"),
            }
        }
    }

    #[test]
    fn errors() {
        for (text, expected) in [
            ("a = ", "toml: line 1 (last key \"a\"): unexpected EOF; expected value"),
            ("[a]\n[a]", "toml: line 2: Key 'a' has already been defined."),
            (
                "a=1\na=2",
                "toml: line 2 (last key \"a\"): Key 'a' has already been defined.",
            ),
            ("= 1", "toml: line 1: unexpected '=': key name appears blank"),
            ("hello World", "toml: line 1: expected '.' or '=', but got 'W' instead"),
            ("a\n", "toml: line 1: expected '.' or '=', but got '\\n' instead"),
            (
                "a = 01",
                "toml: line 1 (last key \"a\"): Invalid integer \"01\": cannot have leading zeroes",
            ),
        ] {
            assert_eq!(decode(text.as_bytes(), &Zone::Utc).unwrap_err(), expected, "{text}");
        }
        let deep = format!("a = {}", "[".repeat(100_000));
        assert!(decode(deep.as_bytes(), &Zone::Utc).is_err());
    }
}
