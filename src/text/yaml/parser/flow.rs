//! Flow sequences and mappings.

use crate::text::yaml::error::YamlError;
use crate::text::yaml::scanner::TokenKind;

use super::event::{Event, EventKind};
use super::machine::{Parser, State};

impl Parser<'_> {
    pub(super) fn flow_sequence_entry(&mut self, is_first: bool) -> Result<Event, YamlError> {
        if is_first {
            self.enter()?;
        }
        let mut token = self.scanner.peek()?;
        if !is_first && token.kind != TokenKind::FlowSequenceEnd {
            if token.kind != TokenKind::FlowEntry {
                return Err(self.collection_error(token, "did not find expected ',' or ']'"));
            }
            token = self.advance()?;
        }
        match token.kind {
            TokenKind::FlowSequenceEnd => Ok(self.leave(EventKind::SequenceEnd, token)),
            TokenKind::Key => {
                self.state = State::FlowSequenceEntryMappingKey;
                self.scanner.take();
                Ok(self.event_at(EventKind::MappingStart { is_flow: true }, token))
            }
            _ => {
                self.states.push(State::FlowSequenceEntry);
                self.node(false, false)
            }
        }
    }

    pub(super) fn flow_sequence_entry_mapping_key(&mut self) -> Result<Event, YamlError> {
        let token = self.scanner.peek()?;
        if !matches!(
            token.kind,
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd
        ) {
            self.states.push(State::FlowSequenceEntryMappingValue);
            return self.node(false, false);
        }
        self.scanner.take();
        Ok(self.empty_scalar(State::FlowSequenceEntryMappingValue, token.end, token.line))
    }

    pub(super) fn flow_sequence_entry_mapping_value(&mut self) -> Result<Event, YamlError> {
        let token = self.scanner.peek()?;
        if token.kind == TokenKind::Value {
            let next = self.advance()?;
            if !matches!(next.kind, TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
                self.states.push(State::FlowSequenceEntryMappingEnd);
                return self.node(false, false);
            }
        }
        Ok(self.empty_scalar(State::FlowSequenceEntryMappingEnd, token.start, token.line))
    }

    pub(super) fn flow_sequence_entry_mapping_end(&mut self) -> Result<Event, YamlError> {
        let token = self.scanner.peek()?;
        self.state = State::FlowSequenceEntry;
        let mut event = self.event_at(EventKind::MappingEnd, token);
        event.span.end = event.span.start;
        Ok(event)
    }

    pub(super) fn flow_mapping_key(&mut self, is_first: bool) -> Result<Event, YamlError> {
        if is_first {
            self.enter()?;
        }
        let mut token = self.scanner.peek()?;
        if !is_first && token.kind != TokenKind::FlowMappingEnd {
            if token.kind != TokenKind::FlowEntry {
                return Err(self.collection_error(token, "did not find expected ',' or '}'"));
            }
            token = self.advance()?;
        }
        match token.kind {
            TokenKind::FlowMappingEnd => Ok(self.leave(EventKind::MappingEnd, token)),
            TokenKind::Key => {
                let next = self.advance()?;
                if matches!(
                    next.kind,
                    TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd
                ) {
                    return Ok(self.empty_scalar(State::FlowMappingValue, next.start, next.line));
                }
                self.states.push(State::FlowMappingValue);
                self.node(false, false)
            }
            _ => {
                self.states.push(State::FlowMappingEmptyValue);
                self.node(false, false)
            }
        }
    }

    pub(super) fn flow_mapping_value(&mut self, is_empty: bool) -> Result<Event, YamlError> {
        let mut token = self.scanner.peek()?;
        if !is_empty && token.kind == TokenKind::Value {
            token = self.advance()?;
            if !matches!(token.kind, TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
                self.states.push(State::FlowMappingKey);
                return self.node(false, false);
            }
        }
        Ok(self.empty_scalar(State::FlowMappingKey, token.start, token.line))
    }
}
