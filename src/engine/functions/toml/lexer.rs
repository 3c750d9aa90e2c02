//! Characters of a TOML document with line numbers, and the faults of reading them.
//!
//! Follows the lower half of `lex.go`: which line a fault is reported on depends on whether the end of the input or a
//! line break was just read.

use crate::text::go::quote::{quote, quote_rune};

/// What is wrong, and on which line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) message: String,
}

pub(super) type Step<T> = Result<T, Fault>;

/// A reader of characters.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    pub(super) text: &'a [u8],
    pub(super) position: usize,
    pub(super) line: usize,
    /// Whether the last read went past the end.
    at_end: bool,
}

pub(super) const fn is_space(character: Option<char>) -> bool {
    matches!(character, Some(' ' | '\t'))
}

pub(super) const fn is_line_end(character: Option<char>) -> bool {
    matches!(character, Some('\n' | '\r'))
}

pub(super) const fn is_bare_key(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-')
}

/// A character as `%q` shows it; the end of the input is the character zero.
pub(super) fn shown(character: Option<char>) -> String {
    quote_rune(character.unwrap_or('\0'), false)
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            position: 0,
            line: 1,
            at_end: false,
        }
    }

    /// The next character without reading it; none at the end.
    pub(super) fn peek(&self) -> Step<Option<char>> {
        let rest = self.text.get(self.position..).unwrap_or_default();
        let Some((character, length)) = super::super::strings::first_character(rest) else {
            return Ok(None);
        };
        let line = self.line + usize::from(character == '\n');
        let first = rest.first().copied().unwrap_or_default();
        if character == char::REPLACEMENT_CHARACTER && length == 1 {
            let message = format!("invalid UTF-8 byte: 0x{first:02x}");
            return Err(Fault { line, message });
        }
        let lone_return = character == '\r' && rest.get(1) != Some(&b'\n');
        let control = character.is_ascii_control() && !matches!(character, '\t' | '\r' | '\n');
        if lone_return || control {
            let message = format!("TOML files cannot contain control characters: '0x{first:02x}'");
            return Err(Fault { line, message });
        }
        Ok(Some(character))
    }

    /// Reads a character; none at the end.
    pub(super) fn next(&mut self) -> Step<Option<char>> {
        let character = self.peek()?;
        match character {
            None => self.at_end = true,
            Some(character) => {
                self.position += character.len_utf8();
                self.line += usize::from(character == '\n');
            }
        }
        Ok(character)
    }

    /// Gives back the character just read.
    pub(super) fn back(&mut self, character: Option<char>) {
        match character {
            None => self.at_end = false,
            Some(character) => {
                self.position = self.position.saturating_sub(character.len_utf8());
                self.line -= usize::from(character == '\n');
            }
        }
    }

    /// Reads the next character if it is the given one.
    pub(super) fn accept(&mut self, wanted: char) -> Step<bool> {
        if self.peek()? == Some(wanted) {
            self.next()?;
            return Ok(true);
        }
        Ok(false)
    }

    pub(super) fn skip_spaces(&mut self) -> Step<()> {
        while is_space(self.peek()?) {
            self.next()?;
        }
        Ok(())
    }

    /// Reads characters while they belong.
    pub(super) fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> Step<()> {
        while self.peek()?.is_some_and(&belongs) {
            self.next()?;
        }
        Ok(())
    }

    /// The text from a position on.
    pub(super) fn since(&self, start: usize) -> &'a [u8] {
        self.text.get(start..self.position).unwrap_or_default()
    }

    /// The text from a position on, for a message.
    pub(super) fn shown_since(&self, start: usize) -> String {
        String::from_utf8_lossy(self.since(start)).into_owned()
    }

    /// The text from a position on as `%q` shows it.
    pub(super) fn quoted_since(&self, start: usize) -> String {
        quote(self.since(start))
    }

    /// A fault here; at the end of the input on the line that the last line break ends.
    pub(super) fn fault<T>(&self, message: impl Into<String>) -> Step<T> {
        let after_break = self.position.checked_sub(1).and_then(|at| self.text.get(at)) == Some(&b'\n');
        let back = usize::from(self.at_end && after_break);
        Err(Fault {
            line: self.line - back,
            message: message.into(),
        })
    }

    /// A fault on the previous line, for something that a line break ended too early.
    pub(super) fn fault_before<T>(&self, message: impl Into<String>) -> Step<T> {
        Err(Fault {
            line: self.line.saturating_sub(1),
            message: message.into(),
        })
    }

    /// A fault that `lex.go` reports without looking at the last character.
    pub(super) fn plain_fault<T>(&self, message: impl Into<String>) -> Step<T> {
        if self.at_end {
            return self.fault_before(message);
        }
        Err(Fault {
            line: self.line,
            message: message.into(),
        })
    }
}
