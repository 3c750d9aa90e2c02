//! `--set`, `--set-string`, `--set-file`, `--set-json` and `--set-literal`: the small language of Helm's `pkg/strvals`,
//! `a.b[0].c=1,d={x,y}`.

use crate::engine::functions::json;
use crate::engine::template::{Dict, List, ListType, Map, Text, Value};
use crate::text::go::quote::{quote, quote_rune};

/// Highest list index that may be set.
const MAX_INDEX: i64 = 65_536;
/// Deepest nesting of names in one key.
const MAX_NESTED_NAMES: usize = 30;
/// Deepest nesting of list indices in one key (`a[0][0]…`), which Helm does not limit.
const MAX_NESTED_INDICES: usize = 1000;

/// How values are read.
pub enum SetFlag<'r> {
    /// `--set`: booleans, null and plain integers are typed.
    Typed,
    /// `--set-string`: everything is a string.
    Text,
    /// `--set-json`: `key=JSON`.
    Json,
    /// `--set-literal`: one key, and nothing after its `=` is special.
    Literal,
    /// `--set-file`: the value is a path, the content of the file is set.
    File(&'r dyn Fn(&str) -> Result<Vec<u8>, String>),
}

/// Why parsing stopped.
enum Stop {
    /// The end of the text: no error at the outermost level.
    End,
    Error(String),
}

impl From<String> for Stop {
    fn from(message: String) -> Self {
        Self::Error(message)
    }
}

/// Applies one flag's argument to `values`. Values set before an error stay set, as in Helm.
///
/// # Errors
/// Gives Helm's text for an argument that does not parse.
pub fn apply_set_flag(flag: &SetFlag<'_>, argument: &str, values: &Map) -> Result<(), String> {
    let mut parser = Parser {
        input: Input::new(argument),
        flag,
    };
    loop {
        match parser.key(values, 0) {
            Ok(()) => {}
            Err(Stop::End) => return Ok(()),
            Err(Stop::Error(message)) => return Err(message),
        }
    }
}

/// The characters still to be read.
struct Input {
    characters: Vec<char>,
    at: usize,
}

impl Input {
    fn new(text: &str) -> Self {
        Self {
            characters: text.chars().collect(),
            at: 0,
        }
    }

    fn next(&mut self) -> Option<char> {
        let c = self.characters.get(self.at).copied()?;
        self.at += 1;
        Some(c)
    }

    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn rest(&self) -> String {
        self.characters.iter().skip(self.at).collect()
    }

    /// Reads up to one of `stops`, which is consumed; `None` for the stop at the end of the text. A backslash keeps the
    /// next character from being special.
    fn until(&mut self, stops: &[char], has_escapes: bool) -> (String, Option<char>) {
        let mut text = String::new();
        while let Some(c) = self.next() {
            if stops.contains(&c) {
                return (text, Some(c));
            }
            if c == '\\' && has_escapes {
                match self.next() {
                    Some(escaped) => text.push(escaped),
                    None => break,
                }
            } else {
                text.push(c);
            }
        }
        (text, None)
    }
}

/// Sets a key; an empty one is skipped.
fn set(data: &Map, key: &str, value: Value) {
    if !key.is_empty() {
        data.insert(Text::from(key), value);
    }
}

/// Bytes of the JSON number or word that a text begins with; 0 for other values.
fn scalar_length(text: &str) -> usize {
    for word in ["true", "false", "null"] {
        if text.starts_with(word) {
            return word.len();
        }
    }
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let rest_from = |at: usize| text.get(at..).unwrap_or_default();
    let sign = usize::from(text.starts_with('-'));
    let mut end = sign
        + if rest_from(sign).starts_with('0') {
            1
        } else {
            digits(rest_from(sign))
        };
    if end == sign {
        return 0;
    }
    if let Some(fraction) = rest_from(end).strip_prefix('.') {
        end += 1 + digits(fraction);
    }
    if let Some(exponent) = rest_from(end).strip_prefix(['e', 'E']) {
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        end += 1 + (exponent.len() - unsigned.len()) + digits(unsigned);
    }
    end
}

/// `list` with `value` at `index`, filled up with nulls.
fn set_index(mut list: Vec<Value>, index: i64, value: Value) -> Result<Vec<Value>, String> {
    if index > MAX_INDEX {
        return Err(format!(
            "index of {index} is greater than maximum supported index of {MAX_INDEX}"
        ));
    }
    let Ok(index) = usize::try_from(index) else {
        return Err(format!("negative {index} index not allowed"));
    };
    if list.len() <= index {
        list.resize(index + 1, Value::Nil);
    }
    if let Some(place) = list.get_mut(index) {
        *place = value;
    }
    Ok(list)
}

/// The table to descend into at `key`; Go panics, and Helm reports the panic, when something else is there.
fn inner_map(data: &Map, key: &str) -> Result<Map, String> {
    match data.get(key.as_bytes()) {
        None => Ok(Map::new(Dict::new())),
        Some(Value::Map(map)) => Ok(map),
        Some(other) => Err(conversion_panic(&other, "map[string]interface {}")),
    }
}

/// The list at `key`, empty when there is none.
fn inner_list(data: &Map, key: &str) -> Result<Vec<Value>, String> {
    match data.get(key.as_bytes()) {
        None => Ok(Vec::new()),
        Some(Value::List(list)) => Ok(list.items().to_vec()),
        Some(other) => Err(conversion_panic(&other, "[]interface {}")),
    }
}

fn conversion_panic(found: &Value, wanted: &str) -> String {
    let found = match found {
        Value::Nil => "nil",
        other => other.type_name(),
    };
    format!("unable to parse key: interface conversion: interface {{}} is {found}, not {wanted}")
}

/// Go's `strconv.Atoi`, with its messages.
fn parse_index(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let reason = if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        "invalid syntax"
    } else {
        match text.parse() {
            Ok(index) => return Ok(index),
            Err(_) => "value out of range",
        }
    };
    Err(format!(
        "error parsing index: strconv.Atoi: parsing {}: {reason}",
        quote(text.as_bytes())
    ))
}

/// The element of a list at an index, if there is one.
fn element(list: &[Value], index: i64) -> Option<&Value> {
    list.get(usize::try_from(index).ok()?)
}

/// The list to descend into for `a[0][1]`.
fn nested_list(list: &[Value], index: i64) -> Result<Vec<Value>, String> {
    match element(list, index) {
        None | Some(Value::Nil) => Ok(Vec::new()),
        Some(Value::List(inner)) => Ok(inner.items().to_vec()),
        Some(other) => Err(conversion_panic(other, "[]interface {}")),
    }
}

fn check_index(index: i64) -> Result<(), Stop> {
    if index < 0 {
        Err(Stop::Error(format!("negative {index} index not allowed")))
    } else {
        Ok(())
    }
}

/// The table to descend into for `a[0].b`.
fn element_map(list: &[Value], index: i64) -> Map {
    match element(list, index) {
        Some(Value::Map(map)) => map.clone(),
        _ => Map::new(Dict::new()),
    }
}

/// The result of parsing a list item: the list as far as it got, and why it stopped, if it did. Helm keeps the list
/// even then.
type ListOutcome = (Vec<Value>, Result<(), Stop>);

struct Parser<'p, 'r> {
    input: Input,
    flag: &'p SetFlag<'r>,
}

impl Parser<'_, '_> {
    const fn is_literal(&self) -> bool {
        matches!(self.flag, SetFlag::Literal)
    }

    /// As [`Input::until`]; in a literal a backslash is a character like any other.
    fn until(&mut self, stops: &[char]) -> (String, Option<char>) {
        self.input.until(stops, !self.is_literal())
    }

    fn key(&mut self, data: &Map, depth: usize) -> Result<(), Stop> {
        let stops: &[char] = if self.is_literal() {
            &['=', '[', '.']
        } else {
            &['=', '[', ',', '.']
        };
        let (key, stop) = self.until(stops);
        match stop {
            None if key.is_empty() => Err(Stop::End),
            None => Err(format!("key {} has no value", quote(key.as_bytes())).into()),
            Some('[') => {
                let index = self.index()?;
                let list = inner_list(data, &key)?;
                let (list, outcome) = self.list_item(list, index, depth, 0);
                if !matches!(&outcome, Err(Stop::Error(message)) if is_panic(message)) {
                    set(data, &key, Value::list(list));
                }
                outcome
            }
            Some('=') => {
                let (value, outcome) = self.value()?;
                set(data, &key, value);
                outcome
            }
            Some(',') => {
                set(data, &key, Value::str(""));
                Err(format!("key {} has no value (cannot end with ,)", quote(key.as_bytes())).into())
            }
            Some(_) => {
                if depth + 1 > MAX_NESTED_NAMES {
                    return Err(format!(
                        "value name nested level is greater than maximum supported nested level of {MAX_NESTED_NAMES}"
                    )
                    .into());
                }
                let inner = inner_map(data, &key)?;
                let outcome = self.key(&inner, depth + 1);
                if outcome.is_ok() && inner.is_empty() {
                    return Err(format!("key map {} has no value", quote(key.as_bytes())).into());
                }
                if !inner.is_empty() {
                    set(data, &key, Value::Map(inner));
                }
                outcome
            }
        }
    }

    fn index(&mut self) -> Result<i64, Stop> {
        let (text, stop) = self.until(&[']']);
        if stop.is_none() {
            // Helm wraps the end of the text here, and treats it as the end of the flag.
            return Err(Stop::End);
        }
        Ok(parse_index(&text)?)
    }

    /// The value after `=`. The inner result says whether to go on after setting it.
    fn value(&mut self) -> Result<(Value, Result<(), Stop>), Stop> {
        if self.is_literal() {
            let (text, _) = self.until(&[]);
            return Ok((Value::str(text), Ok(())));
        }
        if matches!(self.flag, SetFlag::Json) {
            return Ok((self.json()?, Ok(())));
        }
        match self.input.peek() {
            None => Ok((Value::str(""), Err(Stop::End))),
            Some('{') => {
                self.input.next();
                Ok((Value::list(self.braced_list()?), Ok(())))
            }
            Some(_) => {
                let (text, _) = self.until(&[',']);
                match self.scalar(&text) {
                    Ok(value) => Ok((value, Ok(()))),
                    Err(message) => Ok((Value::Nil, Err(Stop::Error(message)))),
                }
            }
        }
    }

    fn braced_list(&mut self) -> Result<Vec<Value>, Stop> {
        let mut items = Vec::new();
        loop {
            let (text, stop) = self.until(&[',', '}']);
            match stop {
                None => return Err("list must terminate with '}'".to_owned().into()),
                Some(_) => items.push(self.scalar(&text)?),
            }
            if stop == Some('}') {
                if self.input.peek() == Some(',') {
                    self.input.next();
                }
                return Ok(items);
            }
        }
    }

    fn json(&mut self) -> Result<Value, Stop> {
        if self.skip_to_value() {
            return Ok(Value::Nil);
        }
        let rest = self.input.rest();
        // Go's decoder stops after a value whatever follows; this one refuses text directly after a number or a word.
        let scalar = rest.get(..scalar_length(&rest)).filter(|scalar| !scalar.is_empty());
        let mut stream =
            serde_json::Deserializer::from_str(scalar.unwrap_or(&rest)).into_iter::<serde::de::IgnoredAny>();
        match stream.next() {
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error.to_string().into()),
            None => return Err("EOF".to_owned().into()),
        }
        let document = rest.get(..stream.byte_offset()).unwrap_or(&rest);
        let value = json::from_go_json(document.as_bytes())?;
        self.input.at += document.chars().count();
        self.skip_to_value();
        Ok(value)
    }

    /// Skips white space; true at the end or after a comma, where the value is empty.
    fn skip_to_value(&mut self) -> bool {
        while let Some(c) = self.input.peek() {
            if c == ',' {
                self.input.next();
                return true;
            }
            if !c.is_whitespace() {
                return false;
            }
            self.input.next();
        }
        true
    }

    fn scalar(&self, text: &str) -> Result<Value, String> {
        match self.flag {
            SetFlag::Typed => Ok(typed_value(text)),
            SetFlag::Text | SetFlag::Json | SetFlag::Literal => Ok(Value::str(text)),
            SetFlag::File(read) => read(text).map(Value::str),
        }
    }

    fn list_item(&mut self, list: Vec<Value>, index: i64, depth: usize, nesting: usize) -> ListOutcome {
        if let Err(stop) = check_index(index) {
            return (list, Err(stop));
        }
        let (key, stop) = self.until(&['[', '.', '=']);
        if !key.is_empty() {
            // Go's `%q` of a slice of characters.
            let characters: Vec<String> = key.chars().map(|c| quote_rune(c, false)).collect();
            let found = characters.join(" ");
            return (
                list,
                Err(format!("unexpected data at end of array index: [{found}]").into()),
            );
        }
        match stop {
            None => (list, Err(Stop::End)),
            Some('=') => match self.value() {
                Ok((value, Ok(()) | Err(Stop::End))) => put(list, index, value),
                Ok((_, Err(stop))) | Err(stop) => (list, Err(stop)),
            },
            Some('[') => self.nested_item(list, index, depth, nesting),
            Some(_) => {
                let inner = element_map(&list, index);
                match self.key(&inner, depth) {
                    Ok(()) => put(list, index, Value::Map(inner)),
                    Err(stop) => (list, Err(stop)),
                }
            }
        }
    }

    fn nested_item(&mut self, list: Vec<Value>, index: i64, depth: usize, nesting: usize) -> ListOutcome {
        if nesting >= MAX_NESTED_INDICES {
            return (
                list,
                Err(format!("more than {MAX_NESTED_INDICES} nested list indices").into()),
            );
        }
        let inner = match self.index().and_then(|next| Ok((next, nested_list(&list, index)?))) {
            Ok((next, inner)) => self.list_item(inner, next, depth, nesting + 1),
            Err(stop) => return (list, Err(stop)),
        };
        match inner {
            (inner, Ok(())) => put(list, index, Value::List(List::typed(ListType::Any, inner))),
            (_, Err(stop)) => (list, Err(stop)),
        }
    }
}

/// [`set_index`] as an outcome.
fn put(list: Vec<Value>, index: i64, value: Value) -> ListOutcome {
    match set_index(list.clone(), index, value) {
        Ok(list) => (list, Ok(())),
        Err(message) => (list, Err(Stop::Error(message))),
    }
}

/// A panic in Go leaves the key unset.
fn is_panic(message: &str) -> bool {
    message.starts_with("unable to parse key: ")
}

/// `--set` types booleans, null and integers without a leading zero; all else stays text.
fn typed_value(text: &str) -> Value {
    if text.eq_ignore_ascii_case("true") {
        return Value::Bool(true);
    }
    if text.eq_ignore_ascii_case("false") {
        return Value::Bool(false);
    }
    if text.eq_ignore_ascii_case("null") {
        return Value::Nil;
    }
    if text == "0" {
        return Value::Int64(0);
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_integer = !text.starts_with('0') && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(integer) if is_integer => Value::Int64(integer),
        _ => Value::str(text),
    }
}
