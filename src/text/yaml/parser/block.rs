//! Block sequences and mappings.

use crate::text::yaml::error::YamlError;
use crate::text::yaml::scanner::TokenKind;

use super::event::{Event, EventKind};
use super::machine::{Parser, State};

impl Parser<'_> {
    pub(super) fn block_sequence_entry(&mut self, is_first: bool) -> Result<Event, YamlError> {
        if is_first {
            self.enter()?;
        }
        let token = self.scanner.peek()?;
        match token.kind {
            TokenKind::BlockEntry => {
                let next = self.advance()?;
                if matches!(next.kind, TokenKind::BlockEntry | TokenKind::BlockEnd) {
                    return Ok(self.empty_scalar(State::BlockSequenceEntry, token.end, token.line));
                }
                self.states.push(State::BlockSequenceEntry);
                self.node(true, false)
            }
            TokenKind::BlockEnd => Ok(self.leave(EventKind::SequenceEnd, token)),
            _ => Err(self.collection_error(token, "did not find expected '-' indicator")),
        }
    }

    pub(super) fn indentless_sequence_entry(&mut self) -> Result<Event, YamlError> {
        let token = self.scanner.peek()?;
        if token.kind != TokenKind::BlockEntry {
            self.pop_state();
            return Ok(self.event_at(EventKind::SequenceEnd, token));
        }
        let next = self.advance()?;
        if next.kind == TokenKind::BlockEntry || Self::ends_block_entry(next.kind) {
            return Ok(self.empty_scalar(State::IndentlessSequenceEntry, token.end, token.line));
        }
        self.states.push(State::IndentlessSequenceEntry);
        self.node(true, false)
    }

    pub(super) fn block_mapping_key(&mut self, is_first: bool) -> Result<Event, YamlError> {
        if is_first {
            self.enter()?;
        }
        let token = self.scanner.peek()?;
        match token.kind {
            TokenKind::Key => {
                let next = self.advance()?;
                if Self::ends_block_entry(next.kind) {
                    return Ok(self.empty_scalar(State::BlockMappingValue, token.end, token.line));
                }
                self.states.push(State::BlockMappingValue);
                self.node(true, true)
            }
            TokenKind::BlockEnd => Ok(self.leave(EventKind::MappingEnd, token)),
            _ => Err(self.collection_error(token, "did not find expected key")),
        }
    }

    pub(super) fn block_mapping_value(&mut self) -> Result<Event, YamlError> {
        let token = self.scanner.peek()?;
        if token.kind != TokenKind::Value {
            return Ok(self.empty_scalar(State::BlockMappingKey, token.start, token.line));
        }
        let next = self.advance()?;
        if Self::ends_block_entry(next.kind) {
            return Ok(self.empty_scalar(State::BlockMappingKey, token.end, token.line));
        }
        self.states.push(State::BlockMappingKey);
        self.node(true, true)
    }
}
