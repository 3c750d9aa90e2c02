//! `--set-literal`: as `--set`, but nothing after the first `=` is special. Follows Helm's
//! `pkg/strvals/literal_parser.go`.

use crate::template::{Map, Value};

use super::set_flag::{
    Input, ListOutcome, MAX_NESTED_NAMES, Stop, check_index, element_map, inner_list, inner_map, is_panic, nested_list,
    parse_index, put, set,
};

/// Deepest nesting of list indices in one key, which Helm does not limit.
const MAX_NESTED_INDICES: usize = 1000;

/// Applies one `--set-literal` argument.
pub(super) fn apply_set_literal(argument: &str, values: &Map) -> Result<(), String> {
    let mut parser = LiteralParser { input: Input::new(argument) };
    loop {
        match parser.key(values, 0) {
            Ok(()) => {}
            Err(Stop::End) => return Ok(()),
            Err(Stop::Error(message)) => return Err(message),
        }
    }
}

struct LiteralParser {
    input: Input,
}

impl LiteralParser {
    fn until(&mut self, stops: &[char]) -> (String, Option<char>) {
        let mut text = String::new();
        while let Some(c) = self.input.next() {
            if stops.contains(&c) {
                return (text, Some(c));
            }
            text.push(c);
        }
        (text, None)
    }

    fn key(&mut self, data: &Map, depth: usize) -> Result<(), Stop> {
        let (key, stop) = self.until(&['=', '[', '.']);
        match stop {
            None if key.is_empty() => Err(Stop::End),
            None => Err(format!("key {key:?} has no value").into()),
            Some('=') => {
                let (value, _) = self.until(&[]);
                set(data, &key, Value::str(value));
                Ok(())
            }
            Some('.') => {
                if depth + 1 > MAX_NESTED_NAMES {
                    return Err(format!(
                        "value name nested level is greater than maximum supported nested level of {MAX_NESTED_NAMES}"
                    )
                    .into());
                }
                let inner = inner_map(data, &key)?;
                let outcome = self.key(&inner, depth + 1);
                if outcome.is_ok() && inner.is_empty() {
                    return Err(format!("key map {key:?} has no value").into());
                }
                if !inner.is_empty() {
                    set(data, &key, Value::Map(inner));
                }
                outcome
            }
            Some(_) => {
                let index = self.index()?;
                let list = inner_list(data, &key)?;
                let (list, outcome) = self.list_item(list, index, depth, 0);
                if !matches!(&outcome, Err(Stop::Error(message)) if is_panic(message)) {
                    set(data, &key, Value::list(list));
                }
                outcome
            }
        }
    }

    fn index(&mut self) -> Result<i64, Stop> {
        let (text, stop) = self.until(&[']']);
        if stop.is_none() {
            return Err("error parsing index: EOF".to_owned().into());
        }
        Ok(parse_index(&text)?)
    }

    fn list_item(&mut self, list: Vec<Value>, index: i64, depth: usize, nesting: usize) -> ListOutcome {
        if let Err(stop) = check_index(index) {
            return (list, Err(stop));
        }
        let (key, stop) = self.until(&['[', '.', '=']);
        if !key.is_empty() {
            return (list, Err(format!("unexpected data at end of array index: {key:?}").into()));
        }
        match stop {
            None => (list, Err(Stop::End)),
            Some('=') => {
                let (value, _) = self.until(&[]);
                put(list, index, Value::str(value))
            }
            Some('.') => {
                let inner = element_map(&list, index);
                match self.key(&inner, depth) {
                    Ok(()) => put(list, index, Value::Map(inner)),
                    Err(stop) => (list, Err(stop)),
                }
            }
            Some(_) if nesting >= MAX_NESTED_INDICES => {
                (list, Err(format!("more than {MAX_NESTED_INDICES} nested list indices").into()))
            }
            Some(_) => match self.index().and_then(|next| Ok((next, nested_list(&list, index)?))) {
                Err(stop) => (list, Err(stop)),
                Ok((next, inner)) => match self.list_item(inner, next, depth, nesting + 1) {
                    (inner, Ok(())) => put(list, index, Value::list(inner)),
                    (_, Err(stop)) => (list, Err(stop)),
                },
            },
        }
    }
}
