//! One node: its anchor and tag, and what begins after them.

use crate::text::source::Span;
use crate::text::yaml::error::YamlError;
use crate::text::yaml::scanner::{ScalarStyle, TextRef, Token, TokenKind};

use super::event::{Event, EventKind, EventTag};
use super::machine::{Parser, State};

impl Parser<'_> {
    /// A node, in block context or not, where a sequence may be written without indentation or not.
    pub(super) fn node(&mut self, is_block: bool, may_be_indentless: bool) -> Result<Event, YamlError> {
        let token = self.scanner.peek()?;
        if token.kind == TokenKind::Alias {
            self.pop_state();
            self.scanner.take();
            let mut event = self.event_at(EventKind::Alias, token);
            event.text = token.text;
            return Ok(event);
        }
        let first = token;
        let (anchor, tag, token) = self.properties(token)?;
        let tag = match tag {
            Some(tag) => Some(self.resolve_tag(tag, first)?),
            None => None,
        };
        let tag_text = tag.and_then(|tag| self.tags.get(tag.index)).map_or("", String::as_str);
        let is_untagged = tag_text.is_empty();
        let is_plain_tag = tag_text == "!";
        let mut event = Event {
            kind: EventKind::Alias,
            span: Span::new(token.start, token.end),
            line: first.line,
            text: TextRef::default(),
            anchor: anchor.map(|token| Span::new(token.start, token.end)),
            tag,
            is_implicit: is_untagged,
        };
        match token.kind {
            TokenKind::Scalar(style) => {
                event.kind = EventKind::Scalar(style);
                event.text = token.text;
                event.is_implicit = is_plain_tag || (is_untagged && style == ScalarStyle::Plain);
                self.pop_state();
                self.scanner.take();
            }
            TokenKind::BlockEntry if may_be_indentless => {
                event.kind = EventKind::SequenceStart { is_flow: false };
                self.state = State::IndentlessSequenceEntry;
            }
            TokenKind::FlowSequenceStart => {
                event.kind = EventKind::SequenceStart { is_flow: true };
                self.state = State::FlowSequenceFirstEntry;
            }
            TokenKind::FlowMappingStart => {
                event.kind = EventKind::MappingStart { is_flow: true };
                self.state = State::FlowMappingFirstKey;
            }
            TokenKind::BlockSequenceStart if is_block => {
                event.kind = EventKind::SequenceStart { is_flow: false };
                self.state = State::BlockSequenceFirstEntry;
            }
            TokenKind::BlockMappingStart if is_block => {
                event.kind = EventKind::MappingStart { is_flow: false };
                self.state = State::BlockMappingFirstKey;
            }
            _ if anchor.is_some() || !is_untagged => {
                let end = anchor
                    .map_or(0, |token| token.end)
                    .max(tag.map_or(0, |tag| tag.span.end));
                event.kind = EventKind::Scalar(ScalarStyle::Plain);
                event.span = Span::new(end, end);
                self.pop_state();
            }
            _ => return Err(Self::error(token, first.line, "did not find expected node content")),
        }
        Ok(event)
    }

    /// Consumes an anchor and a tag, in either order; returns them and the token after them.
    fn properties(&mut self, mut token: Token) -> Result<(Option<Token>, Option<Token>, Token), YamlError> {
        let mut anchor = None;
        let mut tag = None;
        if token.kind == TokenKind::Anchor {
            anchor = Some(token);
            token = self.advance()?;
            if token.kind == TokenKind::Tag {
                tag = Some(token);
                token = self.advance()?;
            }
        } else if token.kind == TokenKind::Tag {
            tag = Some(token);
            token = self.advance()?;
            if token.kind == TokenKind::Anchor {
                anchor = Some(token);
                token = self.advance()?;
            }
        }
        Ok((anchor, tag, token))
    }

    fn resolve_tag(&mut self, token: Token, first: Token) -> Result<EventTag, YamlError> {
        let tag = self.scanner.tag(token);
        let resolved = if tag.handle.is_empty() {
            tag.suffix
        } else {
            let directive = self.tag_directives.iter().find(|(handle, _)| *handle == tag.handle);
            let resolved = directive
                .map(|(_, prefix)| format!("{prefix}{}", tag.suffix))
                .unwrap_or_default();
            if resolved.is_empty() {
                return Err(Self::error(token, first.line, "found undefined tag handle"));
            }
            resolved
        };
        self.tags.push(resolved);
        Ok(EventTag {
            index: self.tags.len() - 1,
            span: Span::new(token.start, token.end),
        })
    }
}
