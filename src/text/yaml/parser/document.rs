//! Documents and their directives.

use crate::text::yaml::error::YamlError;
use crate::text::yaml::scanner::{Token, TokenKind};

use super::event::{Event, EventKind};
use super::machine::{Parser, State};

const DEFAULT_DIRECTIVES: [(&str, &str); 2] = [("!", "!"), ("!!", "tag:yaml.org,2002:")];

impl Parser<'_> {
    /// The first document may begin without `---`; others may not, but `...` may come between.
    pub(super) fn document_start(&mut self, is_first: bool) -> Result<Event, YamlError> {
        let mut token = self.scanner.peek()?;
        while !is_first && token.kind == TokenKind::DocumentEnd {
            token = self.advance()?;
        }
        let is_marked = matches!(
            token.kind,
            TokenKind::VersionDirective | TokenKind::TagDirective | TokenKind::DocumentStart
        );
        if token.kind == TokenKind::StreamEnd {
            self.state = State::End;
            return Ok(self.event_at(EventKind::StreamEnd, token));
        }
        if is_first && !is_marked {
            self.directives()?;
            self.states.push(State::DocumentEnd);
            self.state = State::BlockNode;
            return Ok(self.event_at(EventKind::DocumentStart { is_explicit: false }, token));
        }
        let last = self.directives()?;
        if last.kind != TokenKind::DocumentStart {
            return Err(Self::error(last, 0, "did not find expected <document start>"));
        }
        self.states.push(State::DocumentEnd);
        self.state = State::DocumentContent;
        let mut event = self.event_at(EventKind::DocumentStart { is_explicit: true }, token);
        event.span.end = last.end;
        self.scanner.take();
        Ok(event)
    }

    pub(super) fn document_content(&mut self) -> Result<Event, YamlError> {
        let token = self.scanner.peek()?;
        if matches!(
            token.kind,
            TokenKind::VersionDirective
                | TokenKind::TagDirective
                | TokenKind::DocumentStart
                | TokenKind::DocumentEnd
                | TokenKind::StreamEnd
        ) {
            self.pop_state();
            return Ok(self.empty_scalar(self.state, token.start, token.line));
        }
        self.node(true, false)
    }

    pub(super) fn document_end(&mut self) -> Result<Event, YamlError> {
        let token = self.scanner.peek()?;
        let mut event = self.event_at(EventKind::DocumentEnd, token);
        if token.kind == TokenKind::DocumentEnd {
            self.scanner.take();
        } else {
            event.span.end = event.span.start;
        }
        self.tag_directives.clear();
        self.state = State::DocumentStart;
        Ok(event)
    }

    /// Consumes directives; returns the token after them.
    fn directives(&mut self) -> Result<Token, YamlError> {
        let mut has_version = false;
        let mut token = self.scanner.peek()?;
        loop {
            match token.kind {
                TokenKind::VersionDirective => {
                    if has_version {
                        return Err(Self::error(token, 0, "found duplicate %YAML directive"));
                    }
                    if (token.text.start, token.text.end) != (1, 1) {
                        return Err(Self::error(token, 0, "found incompatible YAML document"));
                    }
                    has_version = true;
                }
                TokenKind::TagDirective => {
                    let tag = self.scanner.tag(token);
                    if self.tag_directives.iter().any(|(handle, _)| *handle == tag.handle) {
                        return Err(Self::error(token, 0, "found duplicate %TAG directive"));
                    }
                    self.tag_directives.push((tag.handle, tag.suffix));
                }
                _ => break,
            }
            token = self.advance()?;
        }
        for (handle, prefix) in DEFAULT_DIRECTIVES {
            if !self.tag_directives.iter().any(|(known, _)| known == handle) {
                self.tag_directives.push((handle.to_owned(), prefix.to_owned()));
            }
        }
        Ok(token)
    }
}
