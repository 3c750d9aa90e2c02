//! The queue of tokens and the choice of what comes next.

use crate::text::yaml::error::YamlError;

use super::cursor::Scanner;
use super::token::{TextRef, Token, TokenKind};

impl Scanner<'_> {
    /// The next token, left in the queue.
    #[inline]
    pub(in crate::text::yaml) fn peek(&mut self) -> Result<Token, YamlError> {
        if !self.token_available {
            self.fetch_more_tokens()?;
        }
        // The queue is never empty after fetching; after the stream's end its last token is repeated.
        self.tokens.front().copied().map_or_else(
            || {
                let mark = self.mark();
                Ok(self.token(TokenKind::StreamEnd, mark, TextRef::default()))
            },
            Ok,
        )
    }

    /// Drops the token that `peek` returned.
    #[inline]
    pub(in crate::text::yaml) fn take(&mut self) {
        self.token_available = false;
        self.tokens_taken += 1;
        if let Some(token) = self.tokens.pop_front() {
            self.stream_ended = token.kind == TokenKind::StreamEnd;
        }
    }

    fn fetch_more_tokens(&mut self) -> Result<(), YamlError> {
        while !self.stream_ended {
            if !self.tokens.is_empty() && !self.head_may_be_key()? {
                break;
            }
            self.fetch_next_token()?;
        }
        self.token_available = true;
        Ok(())
    }

    fn fetch_next_token(&mut self) -> Result<(), YamlError> {
        self.skip_to_next_token();
        let column = self.column();
        self.unroll_indent(column);
        self.look(4);
        if self.is_at_end() {
            return self.fetch_stream_end();
        }
        let byte = self.current();
        if self.position == self.line_start {
            if byte == b'%' {
                return self.fetch_directive();
            }
            if self.is_at_document_indicator() {
                let kind = if byte == b'-' {
                    TokenKind::DocumentStart
                } else {
                    TokenKind::DocumentEnd
                };
                return self.fetch_document_indicator(kind);
            }
        }
        let in_flow = self.flow_level > 0;
        match byte {
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if self.is_blank_or_end(self.position + 1) => self.fetch_block_entry(),
            b'?' if in_flow || self.is_blank_or_end(self.position + 1) => self.fetch_key(),
            b':' if in_flow || self.is_blank_or_end(self.position + 1) => self.fetch_value(),
            b'*' => self.fetch_anchor(TokenKind::Alias),
            b'&' => self.fetch_anchor(TokenKind::Anchor),
            b'!' => self.fetch_tag(),
            b'|' if !in_flow => self.fetch_block_scalar(true),
            b'>' if !in_flow => self.fetch_block_scalar(false),
            b'\'' => self.fetch_quoted_scalar(true),
            b'"' => self.fetch_quoted_scalar(false),
            b'\t' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => {
                let mark = self.mark();
                Err(self.error(mark, "found character that cannot start any token"))
            }
            _ => self.fetch_plain_scalar(),
        }
    }

    /// Skips white space, comments and line breaks.
    fn skip_to_next_token(&mut self) {
        // A second byte order mark is white space, one column wide.
        if self.position == self.start
            && self
                .text
                .get(self.start..)
                .is_some_and(|text| text.starts_with('\u{FEFF}'))
        {
            self.position += '\u{FEFF}'.len_utf8();
        }
        loop {
            let tabs_too = self.flow_level > 0 || !self.simple_key_allowed;
            while self.current() == b' ' || (tabs_too && self.current() == b'\t') {
                self.position += 1;
            }
            self.look(1);
            self.skip_comment();
            let width = self.break_width(self.position);
            if width == 0 {
                return;
            }
            self.take_break(width);
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    /// Queues the token of `width` bytes under the cursor.
    fn push_indicator(&mut self, kind: TokenKind, width: usize) {
        let mark = self.mark();
        self.position += width;
        let token = self.token(kind, mark, TextRef::default());
        self.tokens.push_back(token);
    }

    fn fetch_stream_end(&mut self) -> Result<(), YamlError> {
        // go-yaml ends the last line here, so that errors name it.
        if self.position != self.line_start {
            self.take_break(0);
        }
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.push_indicator(TokenKind::StreamEnd, 0);
        Ok(())
    }

    fn fetch_directive(&mut self) -> Result<(), YamlError> {
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_directive()?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_document_indicator(&mut self, kind: TokenKind) -> Result<(), YamlError> {
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.push_indicator(kind, 3);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: TokenKind) -> Result<(), YamlError> {
        self.save_simple_key()?;
        self.increase_flow_level()?;
        self.simple_key_allowed = true;
        self.push_indicator(kind, 1);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: TokenKind) -> Result<(), YamlError> {
        self.remove_simple_key()?;
        self.decrease_flow_level();
        self.simple_key_allowed = false;
        self.push_indicator(kind, 1);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<(), YamlError> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push_indicator(TokenKind::FlowEntry, 1);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), YamlError> {
        if self.flow_level == 0 {
            let mark = self.mark();
            if !self.simple_key_allowed {
                return Err(self.error(mark, "block sequence entries are not allowed in this context"));
            }
            self.roll_indent(mark, None, TokenKind::BlockSequenceStart)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push_indicator(TokenKind::BlockEntry, 1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), YamlError> {
        if self.flow_level == 0 {
            let mark = self.mark();
            if !self.simple_key_allowed {
                return Err(self.error(mark, "mapping keys are not allowed in this context"));
            }
            self.roll_indent(mark, None, TokenKind::BlockMappingStart)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.push_indicator(TokenKind::Key, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), YamlError> {
        let level = self.simple_keys.len().saturating_sub(1);
        if self.is_simple_key_valid(level)? {
            let Some(key) = self.simple_keys.last_mut() else {
                return Ok(());
            };
            key.is_possible = false;
            let key = *key;
            let start = crate::text::source::offset(key.mark.position);
            let text = TextRef::default();
            self.insert_token(
                key.token_number,
                Token {
                    kind: TokenKind::Key,
                    start,
                    end: start,
                    line: key.mark.line,
                    text,
                },
            );
            self.roll_indent(key.mark, Some(key.token_number), TokenKind::BlockMappingStart)?;
            self.simple_key_allowed = false;
        } else {
            if self.flow_level == 0 {
                let mark = self.mark();
                if !self.simple_key_allowed {
                    return Err(self.error(mark, "mapping values are not allowed in this context"));
                }
                self.roll_indent(mark, None, TokenKind::BlockMappingStart)?;
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.push_indicator(TokenKind::Value, 1);
        Ok(())
    }

    fn fetch_anchor(&mut self, kind: TokenKind) -> Result<(), YamlError> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_anchor(kind)?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_tag(&mut self) -> Result<(), YamlError> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_tag()?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_block_scalar(&mut self, is_literal: bool) -> Result<(), YamlError> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        let token = self.scan_block_scalar(is_literal)?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_quoted_scalar(&mut self, is_single: bool) -> Result<(), YamlError> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_quoted_scalar(is_single)?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_plain_scalar(&mut self) -> Result<(), YamlError> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_plain_scalar()?;
        self.tokens.push_back(token);
        Ok(())
    }
}
