//! Simple keys: a token is known to be a key only once the `:` after it is seen, on the same line and close by.

use crate::text::yaml::error::YamlError;

use super::cursor::{Mark, Scanner};
use super::token::{TextRef, Token, TokenKind};
use super::{MAX_FLOW_LEVEL, MAX_INDENTS};

/// Farthest a `:` may be from the start of its key, in characters.
const MAX_SIMPLE_KEY: usize = 1024;

/// A token that may turn out to be a key. There is one place for each flow level.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SimpleKey {
    pub(super) is_possible: bool,
    is_required: bool,
    /// Whether tokens are held back for it.
    is_awaited: bool,
    pub(super) token_number: usize,
    pub(super) mark: Mark,
}

impl Scanner<'_> {
    /// Number that the next token queued will have.
    fn next_token_number(&self) -> usize {
        self.tokens_taken + self.tokens.len()
    }

    /// Whether the token at the head of the queue may still turn out to be a key.
    pub(super) fn head_may_be_key(&mut self) -> Result<bool, YamlError> {
        let number = self.tokens_taken;
        // Numbers never fall from one level to the next, and at most two levels share one.
        let first = self.simple_keys.partition_point(|key| key.token_number < number);
        for level in first..self.simple_keys.len().min(first + 2) {
            let Some(&key) = self.simple_keys.get(level) else { break };
            if key.token_number == number && key.is_awaited && key.is_possible {
                return self.is_simple_key_valid(level);
            }
        }
        Ok(false)
    }

    /// Whether the possible key of a level may still become one; a key that must be one and cannot is an error.
    pub(super) fn is_simple_key_valid(&mut self, level: usize) -> Result<bool, YamlError> {
        let Some(&key) = self.simple_keys.get(level) else {
            return Ok(false);
        };
        if !key.is_possible {
            return Ok(false);
        }
        if key.mark.line < self.line || key.mark.index + MAX_SIMPLE_KEY < self.index() {
            if key.is_required {
                return Err(self.error(key.mark, "could not find expected ':'"));
            }
            if let Some(key) = self.simple_keys.get_mut(level) {
                key.is_possible = false;
            }
            return Ok(false);
        }
        Ok(true)
    }

    /// Notes that the next token may be a key.
    pub(super) fn save_simple_key(&mut self) -> Result<(), YamlError> {
        if !self.simple_key_allowed {
            return Ok(());
        }
        let mark = self.mark();
        let is_required = self.flow_level == 0 && self.indent == mark.column;
        let token_number = self.next_token_number();
        self.remove_simple_key()?;
        if let Some(key) = self.simple_keys.last_mut() {
            *key = SimpleKey {
                is_possible: true,
                is_required,
                is_awaited: true,
                token_number,
                mark,
            };
        }
        Ok(())
    }

    /// Gives up the possible key of the current level.
    pub(super) fn remove_simple_key(&mut self) -> Result<(), YamlError> {
        let Some(key) = self.simple_keys.last_mut() else {
            return Ok(());
        };
        if key.is_possible {
            let (mark, is_required) = (key.mark, key.is_required);
            key.is_possible = false;
            if is_required {
                return Err(self.error(mark, "could not find expected ':'"));
            }
        }
        Ok(())
    }

    /// Enters a flow collection.
    pub(super) fn increase_flow_level(&mut self) -> Result<(), YamlError> {
        let mark = self.mark();
        let token_number = self.next_token_number();
        self.simple_keys.push(SimpleKey {
            is_possible: false,
            is_required: false,
            is_awaited: false,
            token_number,
            mark,
        });
        self.flow_level += 1;
        if self.flow_level > MAX_FLOW_LEVEL {
            return Err(self.error(mark, "exceeded max depth of 10000"));
        }
        Ok(())
    }

    /// Leaves a flow collection.
    pub(super) fn decrease_flow_level(&mut self) {
        if self.flow_level > 0 {
            self.flow_level -= 1;
            // go-yaml forgets awaited keys by the number of their token, and an empty collection has that of the key
            // it may be: `[]` is no longer awaited, and what follows is not its value.
            let number = self.simple_keys.pop().map(|key| key.token_number);
            if let Some(key) = self
                .simple_keys
                .last_mut()
                .filter(|key| Some(key.token_number) == number)
            {
                key.is_awaited = false;
            }
        }
    }

    /// Opens a block collection when `mark` is deeper than the current one. `before` is the number of the token that
    /// the new token goes before.
    pub(super) fn roll_indent(&mut self, mark: Mark, before: Option<usize>, kind: TokenKind) -> Result<(), YamlError> {
        if self.flow_level > 0 || self.indent >= mark.column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = mark.column;
        if self.indents.len() > MAX_INDENTS {
            let context = self.simple_keys.last().map(|key| key.mark).unwrap_or_default();
            return Err(self.error(context, "exceeded max depth of 10000"));
        }
        let start = crate::text::source::offset(mark.position);
        let token = Token {
            kind,
            start,
            end: start,
            line: mark.line,
            text: TextRef::default(),
        };
        match before {
            None => self.tokens.push_back(token),
            Some(number) => self.insert_token(number, token),
        }
        Ok(())
    }

    /// Closes block collections deeper than `column`.
    pub(super) fn unroll_indent(&mut self, column: i64) {
        if self.flow_level > 0 || self.indent <= column {
            return;
        }
        let mark = self.mark();
        let token = self.token(TokenKind::BlockEnd, mark, TextRef::default());
        while self.indent > column {
            self.tokens.push_back(token);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    /// Queues a token before the one with this number, or last when that one is gone.
    pub(super) fn insert_token(&mut self, number: usize, token: Token) {
        match number.checked_sub(self.tokens_taken) {
            Some(at) => self.tokens.insert(at.min(self.tokens.len()), token),
            None => self.tokens.push_back(token),
        }
    }
}
