//! Handing the text over between the scanner and the block reader, which reads the common subset without tokens.

use crate::text::yaml::error::YamlError;

use super::cursor::Scanner;
use super::simple_key::SimpleKey;
use super::token::{Token, TokenKind};

/// Where reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::text::yaml) struct Place {
    pub(in crate::text::yaml) position: usize,
    /// 0-based.
    pub(in crate::text::yaml) line: u32,
    /// Offset of the line's first byte.
    pub(in crate::text::yaml) line_start: usize,
}

/// How much of what the scanner collects was there at some time.
#[derive(Debug, Clone, Copy)]
pub(in crate::text::yaml) struct Collected {
    decoded: usize,
    comments: usize,
}

impl<'a> Scanner<'a> {
    /// The text that is scanned.
    pub(in crate::text::yaml) fn text(&self) -> &'a str {
        self.text
    }

    /// Where the document begins whose `---` is the only token waiting.
    pub(in crate::text::yaml) fn waiting_document(&self) -> Option<Place> {
        let token = self.tokens.front().filter(|_| self.tokens.len() == 1)?;
        let position = token.start as usize;
        let is_next = token.kind == TokenKind::DocumentStart && self.position == token.end as usize;
        is_next.then_some(Place {
            position,
            line: token.line,
            line_start: position,
        })
    }

    /// Begins again at the start of a document.
    pub(in crate::text::yaml) fn restart(&mut self, place: Place) {
        self.go_to(place);
        self.tokens.clear();
        self.token_available = false;
        self.stream_ended = false;
        self.indent = -1;
        self.indents.clear();
        self.flow_level = 0;
        self.simple_key_allowed = true;
        self.tokens_taken = 0;
        self.simple_keys.clear();
        self.simple_keys.push(SimpleKey::default());
    }

    /// Notes what was collected so far.
    pub(in crate::text::yaml) fn collected(&self) -> Collected {
        Collected {
            decoded: self.decoded.len(),
            comments: self.comments.len(),
        }
    }

    /// Forgets what was collected since.
    pub(in crate::text::yaml) fn forget(&mut self, since: Collected) {
        self.decoded.truncate(since.decoded);
        self.comments.truncate(since.comments);
    }

    /// Scans the plain scalar at a place inside block collections that are indented by `indent`, -1 outside of them.
    pub(in crate::text::yaml) fn plain_scalar_at(&mut self, place: Place, indent: i64) -> Result<Token, YamlError> {
        self.go_to(place);
        self.indent = indent;
        self.scan_plain_scalar()
    }

    /// Scans the quoted scalar at a place.
    pub(in crate::text::yaml) fn quoted_scalar_at(
        &mut self,
        place: Place,
        is_single: bool,
    ) -> Result<Token, YamlError> {
        self.go_to(place);
        self.scan_quoted_scalar(is_single)
    }

    /// Scans the block scalar at a place inside block collections that are indented by `indent`, -1 outside of them.
    pub(in crate::text::yaml) fn block_scalar_at(
        &mut self,
        place: Place,
        indent: i64,
        is_literal: bool,
    ) -> Result<Token, YamlError> {
        self.go_to(place);
        self.indent = indent;
        self.scan_block_scalar(is_literal)
    }
}
