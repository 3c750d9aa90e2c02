//! Strings, numbers, dates and bools of TOML as they are written.
//!
//! Follows the value states of `lex.go`: only the form of a value is checked here, the value itself in `decode`.

use super::lexer::{Lexer, Step, is_line_end, shown};
use crate::text::go::unicode::is_letter;

/// Whether a character belongs to a number.
type Belongs = fn(char) -> bool;

/// A value's first part.
#[derive(Debug)]
pub(super) enum Token {
    /// A string without escapes, or with all of them still in it.
    Text {
        text: Vec<u8>,
        escaped: bool,
        multiline: bool,
    },
    Integer(String),
    Float(String),
    Bool(bool),
    Date(String),
    Array,
    InlineTable,
}

impl Lexer<'_> {
    /// Reads the first part of a value, after white space.
    pub(super) fn value(&mut self) -> Step<Token> {
        self.skip_spaces()?;
        let start = self.position;
        let character = self.next()?;
        match character {
            Some('0'..='9') => {
                self.back(character);
                return self.number_or_date();
            }
            Some('[') => return Ok(Token::Array),
            Some('{') => return Ok(Token::InlineTable),
            Some(quote @ ('"' | '\'')) => return self.string_after(quote),
            Some('.') => return self.fault("floats must start with a digit, not '.'"),
            Some('i' | 'n') => {
                let infinite = self.accept('n')? && self.accept('f')?;
                if infinite || self.accept('a')? && self.accept('n')? {
                    return Ok(Token::Float(self.shown_since(start)));
                }
                // Everything accepted so far except the last letter stays read, as in the original.
                self.position = self.position.saturating_sub(1);
                return self.word();
            }
            Some('-' | '+') => return self.signed_number(start),
            Some(letter) if is_letter(letter) => {
                self.back(character);
                return self.word();
            }
            None => return self.fault("unexpected EOF; expected value"),
            _ => {}
        }
        let message = format!("expected value but found {} instead", shown(character));
        if character == Some('\n') {
            return self.fault_before(message);
        }
        self.fault(message)
    }

    fn word(&mut self) -> Step<Token> {
        let start = self.position;
        self.take_while(is_letter)?;
        match self.since(start) {
            b"true" => Ok(Token::Bool(true)),
            b"false" => Ok(Token::Bool(false)),
            _ => self.fault(format!("expected value but found {} instead", self.quoted_since(start))),
        }
    }

    /// A string whose first quote was read.
    pub(super) fn string_after(&mut self, quote: char) -> Step<Token> {
        if self.accept(quote)? {
            if self.accept(quote)? {
                return self.multiline_string(quote);
            }
            return Ok(Token::Text {
                text: Vec::new(),
                escaped: false,
                multiline: false,
            });
        }
        self.line_string(quote)
    }

    /// A string on one line whose opening quote was read.
    pub(super) fn line_string(&mut self, quote: char) -> Step<Token> {
        let start = self.position;
        let mut escaped = false;
        loop {
            let character = self.next()?;
            match character {
                None if quote == '"' => return self.fault("unexpected EOF; expected '\"'"),
                None => return self.fault("unexpected EOF; expected \"'\""),
                _ if is_line_end(character) => return self.fault_before("strings cannot contain newlines"),
                Some('\\') if quote == '"' => {
                    escaped = true;
                    self.escape()?;
                }
                Some(character) if character == quote => {
                    let text = self.since(start);
                    let text = text.get(..text.len() - 1).unwrap_or_default().to_vec();
                    return Ok(Token::Text {
                        text,
                        escaped,
                        multiline: false,
                    });
                }
                Some(_) => {}
            }
        }
    }

    fn multiline_string(&mut self, quote: char) -> Step<Token> {
        let start = self.position;
        let basic = quote == '"';
        loop {
            match self.next()? {
                None if basic => return self.fault("unexpected EOF; expected '\"\"\"'"),
                None => return self.fault("unexpected EOF; expected \"'''\""),
                Some('\\') if basic => {
                    if is_line_end(self.peek()?) {
                        self.next()?;
                    } else {
                        self.escape()?;
                    }
                }
                Some(character) if character == quote && self.ends_multiline(start, quote)? => {
                    let text = self.since(start);
                    let text = text.get(..text.len() - 3).unwrap_or_default().to_vec();
                    return Ok(Token::Text {
                        text,
                        escaped: basic,
                        multiline: true,
                    });
                }
                Some(_) => {}
            }
        }
    }

    /// After one quote: whether two more end the string. Up to two quotes may come right before the end.
    fn ends_multiline(&mut self, start: usize, quote: char) -> Step<bool> {
        if !self.accept(quote)? {
            return Ok(false);
        }
        if !self.accept(quote)? {
            self.back(Some(quote));
            return Ok(false);
        }
        if self.peek()? != Some(quote) {
            return Ok(true);
        }
        let mark = quote.to_string();
        let current = self.since(start);
        let five = current.ends_with(mark.repeat(5).as_bytes());
        let escaped = quote == '"' && current.ends_with(b"\\\"\"\"\"\"");
        if five && !escaped {
            let wrapper = if quote == '"' { '\'' } else { '"' };
            return self.fault(format!("unexpected {wrapper}{}{wrapper}", mark.repeat(6)));
        }
        self.back(Some(quote));
        self.back(Some(quote));
        Ok(false)
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Step<()> {
        let start = self.position.saturating_sub(1);
        let (count, name, mark) = match self.next()? {
            Some('e' | 'b' | 't' | 'n' | 'f' | 'r' | '"' | ' ' | '\t' | '\\') => return Ok(()),
            Some('x') => (2, "two", 'x'),
            Some('u') => (4, "four", 'u'),
            Some('U') => (8, "eight", 'U'),
            other => {
                let other = other.unwrap_or('\0');
                return self.plain_fault(format!("invalid escape in string '\\{other}'"));
            }
        };
        for _ in 0..count {
            let digit = self.next()?;
            if !digit.is_some_and(|digit| digit.is_ascii_hexdigit()) {
                let current = self.quoted_since(self.string_start(start));
                return self.fault(format!(
                    "expected {name} hexadecimal digits after '\\{mark}', but got {current} instead"
                ));
            }
        }
        Ok(())
    }

    /// Where the string around a position began: after its opening quote, which is all that matters for a message.
    fn string_start(&self, position: usize) -> usize {
        let before = self.text.get(..position).unwrap_or_default();
        let mut start = position;
        for (at, byte) in before.iter().enumerate().rev() {
            if *byte == b'"' && before.get(at.wrapping_sub(1)) != Some(&b'\\') {
                break;
            }
            start = at;
        }
        start
    }

    fn signed_number(&mut self, start: usize) -> Step<Token> {
        let character = self.next()?;
        match character {
            Some(first @ ('i' | 'n')) => {
                let (second, third) = if first == 'i' { ('n', 'f') } else { ('a', 'n') };
                if !self.accept(second)? || !self.accept(third)? {
                    return self.fault(format!("invalid float: '{}'", self.shown_since(start)));
                }
                return Ok(Token::Float(self.shown_since(start)));
            }
            Some('0') => {
                if let Some(base @ ('b' | 'o' | 'x')) = self.peek()? {
                    let current = self.shown_since(start);
                    return self.fault(format!("cannot use sign with non-decimal numbers: '{current}{base}'"));
                }
            }
            Some('.') => return self.fault("floats must start with a digit, not '.'"),
            _ => {}
        }
        if character.is_some_and(|digit| digit.is_ascii_digit()) {
            return self.decimal(start);
        }
        self.fault(format!("expected a digit but got {}", shown(character)))
    }

    fn number_or_date(&mut self) -> Step<Token> {
        let start = self.position;
        if self.next()? == Some('0') {
            let base: Option<(Belongs, &str)> = match self.peek()? {
                Some('b') => Some((|digit| digit.is_digit(2), "a binary")),
                Some('o') => Some((|digit| digit.is_digit(8), "an octal")),
                Some('x') => Some((|digit| digit.is_ascii_hexdigit(), "a hexadecimal")),
                _ => None,
            };
            if let Some((is_digit, name)) = base {
                self.next()?;
                let first = self.peek()?;
                if !first.is_some_and(is_digit) {
                    let current = self.shown_since(start);
                    let found = first.unwrap_or('\0');
                    return self.fault(format!("not {name} number: '{current}{found}'"));
                }
                self.take_while(|digit| is_digit(digit) || digit == '_')?;
                return Ok(Token::Integer(self.shown_since(start)));
            }
            // Only after a second digit can this be a date.
            if !self.peek()?.is_some_and(|digit| digit.is_ascii_digit()) {
                return self.decimal(start);
            }
        }
        self.take_while(|digit| digit.is_ascii_digit())?;
        if matches!(self.peek()?, Some('-' | ':')) {
            self.take_while(|character| {
                character.is_ascii_digit() || matches!(character, '-' | ':' | 'T' | 't' | ' ' | '.' | 'Z' | 'z' | '+')
            })?;
            return Ok(Token::Date(self.shown_since(start).trim().to_owned()));
        }
        self.decimal(start)
    }

    /// The rest of a decimal number or float.
    fn decimal(&mut self, start: usize) -> Step<Token> {
        self.take_while(|digit| digit.is_ascii_digit() || digit == '_')?;
        if matches!(self.peek()?, Some('.' | 'e' | 'E')) {
            self.take_while(|character| {
                character.is_ascii_digit() || matches!(character, '_' | '.' | '-' | '+' | 'e' | 'E')
            })?;
            return Ok(Token::Float(self.shown_since(start)));
        }
        Ok(Token::Integer(self.shown_since(start)))
    }
}
