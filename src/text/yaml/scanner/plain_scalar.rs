//! Plain scalars: one line is a piece of the source, several are folded into decoded text.

use crate::text::source::offset;
use crate::text::yaml::byte_class::{FLOW_STOP, PLAIN_STOP, class};
use crate::text::yaml::error::YamlError;

use super::cursor::{Mark, Scanner};
use super::token::{ScalarStyle, TextRef, Token, TokenKind};

impl<'a> Scanner<'a> {
    pub(super) fn scan_plain_scalar(&mut self) -> Result<Token, YamlError> {
        let start = self.mark();
        let indent = self.indent + 1;
        let mut piece = start.position;
        let mut end = start.position;
        let mut decoded_start = None;
        let mut first_break: Option<&'a str> = None;
        loop {
            self.look(4);
            if self.is_at_document_indicator() || self.current() == b'#' {
                break;
            }
            let run = self.position;
            self.skip_plain_run();
            if self.position > run {
                if let Some(line_break) = first_break.take() {
                    decoded_start.get_or_insert(self.decoded.len());
                    let text = self.slice(piece, end);
                    self.decoded.push_str(text);
                    self.push_folded_breaks(line_break);
                    piece = run;
                }
                end = self.position;
            }
            if !self.is_blank() && self.break_width(self.position) == 0 {
                break;
            }
            self.skip_plain_white_space(start, indent, &mut first_break)?;
            if self.flow_level == 0 && self.column() < indent {
                break;
            }
        }
        if first_break.is_some() {
            self.simple_key_allowed = true;
        }
        let text = match decoded_start {
            None => TextRef {
                start: offset(piece),
                end: offset(end),
                is_decoded: false,
            },
            Some(decoded_start) => {
                let text = self.slice(piece, end);
                self.decoded.push_str(text);
                TextRef {
                    start: offset(decoded_start),
                    end: offset(self.decoded.len()),
                    is_decoded: true,
                }
            }
        };
        Ok(Token {
            kind: TokenKind::Scalar(ScalarStyle::Plain),
            start: offset(start.position),
            end: offset(end),
            line: start.line,
            text,
        })
    }

    /// Consumes characters up to a blank or an indicator that ends a plain scalar.
    fn skip_plain_run(&mut self) {
        let stop = if self.flow_level > 0 { FLOW_STOP } else { PLAIN_STOP };
        loop {
            let rest = self.bytes.get(self.position..).unwrap_or_default();
            let Some(forward) = rest.iter().position(|&byte| class(byte) & stop != 0) else {
                self.position = self.bytes.len();
                self.touched_end = true;
                return;
            };
            self.position += forward;
            match self.current() {
                b':' if !self.is_blank_or_end(self.position + 1) => self.position += 1,
                0xC2 | 0xE2 if self.break_width(self.position) == 0 => self.position += 1,
                _ => break,
            }
        }
        self.look(2);
    }

    /// Consumes blanks and line breaks after a run; remembers the first break, and the others in `breaks`.
    fn skip_plain_white_space(
        &mut self,
        start: Mark,
        indent: i64,
        first_break: &mut Option<&'a str>,
    ) -> Result<(), YamlError> {
        loop {
            match self.current() {
                b' ' => self.position += 1,
                b'\t' => {
                    if first_break.is_some() && self.column() < indent {
                        return Err(self.error(start, "found a tab character that violates indentation"));
                    }
                    self.position += 1;
                }
                _ => {
                    let width = self.break_width(self.position);
                    if width == 0 {
                        self.look(1);
                        return Ok(());
                    }
                    let line_break = self.read_break(width);
                    if first_break.is_none() {
                        *first_break = Some(line_break);
                        self.breaks.clear();
                    } else {
                        self.breaks.push_str(line_break);
                    }
                }
            }
        }
    }

    /// Adds folded line breaks to the decoded text: one `\n` is a space, others stay.
    pub(super) fn push_folded_breaks(&mut self, first: &str) {
        if first != "\n" {
            self.decoded.push_str(first);
        } else if self.breaks.is_empty() {
            self.decoded.push(' ');
        }
        self.decoded.push_str(&self.breaks);
        self.breaks.clear();
    }
}
