//! Reading a path from the text of a flag: alone, or before the `=` of an assignment.

use std::iter::Peekable;
use std::str::CharIndices;

use super::yaml_path::{Step, YamlPath};

/// A text that is not a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a path: {reason}")]
pub struct PathError {
    text: String,
    reason: &'static str,
}

/// Reads the path that `text` begins with, and what follows `end`: the first such character that is part of neither a key in
/// quotes nor a selector, and that no backslash precedes. `None` follows where there is none.
///
/// # Errors
/// When the text before `end` is not a path.
pub fn read_path(text: &str, end: Option<char>) -> Result<(YamlPath, Option<&str>), PathError> {
    let mut reader = Reader {
        text,
        rest: text.char_indices().peekable(),
        end,
    };
    reader.path().map_err(|reason| PathError {
        text: text.to_owned(),
        reason,
    })
}

struct Reader<'t> {
    text: &'t str,
    rest: Peekable<CharIndices<'t>>,
    end: Option<char>,
}

impl<'t> Reader<'t> {
    fn path(&mut self) -> Result<(YamlPath, Option<&'t str>), &'static str> {
        let mut steps = Vec::new();
        let mut expects_key = true;
        loop {
            let next = self.rest.peek().map(|&(_, c)| c);
            match next {
                Some('[') if !expects_key || steps.is_empty() => {
                    self.rest.next();
                    steps.push(self.item()?);
                    expects_key = false;
                }
                Some('.') if !expects_key => {
                    self.rest.next();
                    expects_key = true;
                }
                Some(c) if !expects_key && Some(c) != self.end => {
                    return Err("`.` or `[` is expected after an index");
                }
                Some(_) if expects_key => {
                    steps.push(Step::Key(self.key()?));
                    expects_key = false;
                }
                None if expects_key => return Err("a key is empty"),
                Some(_) | None => {
                    let after = self.rest.next().and_then(|(at, c)| self.text.get(at + c.len_utf8()..));
                    return Ok((YamlPath(steps), after));
                }
            }
        }
    }

    fn key(&mut self) -> Result<String, &'static str> {
        if self.rest.next_if(|&(_, c)| c == '"').is_some() {
            let key = self.quoted()?;
            let is_whole = match self.rest.peek() {
                Some(&(_, c)) => matches!(c, '.' | '[') || Some(c) == self.end,
                None => true,
            };
            return match is_whole {
                true if key.is_empty() => Err("a key is empty"),
                true => Ok(key),
                false => Err("quotes end with the text around them"),
            };
        }
        let mut key = String::new();
        let end = self.end;
        while let Some((_, c)) = self.rest.next_if(|&(_, c)| !matches!(c, '.' | '[') && Some(c) != end) {
            match c {
                '\\' => key.push(self.escaped()?),
                c => key.push(c),
            }
        }
        if key.is_empty() { Err("a key is empty") } else { Ok(key) }
    }

    fn escaped(&mut self) -> Result<char, &'static str> {
        self.rest.next().map(|(_, c)| c).ok_or("it ends with a backslash")
    }

    /// The text up to the closing quote.
    fn quoted(&mut self) -> Result<String, &'static str> {
        let mut text = String::new();
        loop {
            match self.rest.next().ok_or("quotes do not end")?.1 {
                '"' => return Ok(text),
                '\\' => text.push(self.escaped()?),
                c => text.push(c),
            }
        }
    }

    /// What is between `[` and `]`: a number, or `key=value`.
    fn item(&mut self) -> Result<Step, &'static str> {
        let (key, ends_with) = self.side(&['=', ']'])?;
        if ends_with == ']' {
            let index = key.parse();
            return index
                .map(Step::Index)
                .map_err(|_| "an index is a number, and a selector is `key=value`");
        }
        if key.is_empty() {
            return Err("a selector needs a key, as in `[name=web]`");
        }
        let (value, _) = self.side(&[']'])?;
        Ok(Step::Item { key, value })
    }

    /// One side of a selector, and the character after it, one of `ends`.
    fn side(&mut self, ends: &[char]) -> Result<(String, char), &'static str> {
        const NO_END: &str = "an index ends with `]`";
        if self.rest.next_if(|&(_, c)| c == '"').is_some() {
            let text = self.quoted()?;
            let (_, c) = self.rest.next().ok_or(NO_END)?;
            return if ends.contains(&c) {
                Ok((text, c))
            } else {
                Err("quotes end with the text around them")
            };
        }
        let mut text = String::new();
        loop {
            let (_, c) = self.rest.next().ok_or(NO_END)?;
            if ends.contains(&c) {
                return Ok((text, c));
            }
            text.push(if c == '\\' { self.escaped()? } else { c });
        }
    }
}
