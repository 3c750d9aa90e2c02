//! Literal and folded block scalars.

use crate::text::source::offset;
use crate::text::yaml::error::YamlError;

use super::cursor::{Mark, Scanner};
use super::token::{ScalarStyle, TextRef, Token, TokenKind};

/// How the line breaks at the end are treated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Clip,
    Strip,
    Keep,
}

impl<'a> Scanner<'a> {
    pub(super) fn scan_block_scalar(&mut self, is_literal: bool) -> Result<Token, YamlError> {
        let start = self.mark();
        let (chomping, increment) = self.scan_block_header(start)?;
        let header_end = self.position;
        let width = self.break_width(self.position);
        if width > 0 {
            self.take_break(width);
        }
        let mut indent = if increment > 0 {
            self.indent.max(0) + increment
        } else {
            0
        };
        let decoded_start = self.decoded.len();
        // The token ends before the last line break that belongs to it, so that an edit keeps that break.
        let mut end = header_end;
        self.breaks.clear();
        let mut kept_end = self.scan_block_breaks(&mut indent, start)?.unwrap_or(header_end);
        let mut line_break: Option<&'a str> = None;
        let mut after_blank = false;
        self.look(1);
        while self.column() == indent && !self.is_at_end() {
            let begins_blank = self.is_blank();
            match line_break.take() {
                Some("\n") if !is_literal && !after_blank && !begins_blank => {
                    self.decoded.push_str(if self.breaks.is_empty() { " " } else { "" });
                }
                Some(line_break) => self.decoded.push_str(line_break),
                None => {}
            }
            self.decoded.push_str(&self.breaks);
            self.breaks.clear();
            after_blank = begins_blank;
            end = self.find_break();
            let line = self.slice(self.position, end);
            self.decoded.push_str(line);
            self.position = end;
            self.look(2);
            let width = self.break_width(end);
            kept_end = end;
            if width > 0 {
                line_break = Some(self.read_break(width));
            }
            if let Some(last) = self.scan_block_breaks(&mut indent, start)? {
                kept_end = last;
            }
        }
        if chomping != Chomping::Strip {
            self.decoded.push_str(line_break.unwrap_or_default());
        }
        if chomping == Chomping::Keep {
            self.decoded.push_str(&self.breaks);
            end = kept_end;
        }
        self.breaks.clear();
        let style = if is_literal {
            ScalarStyle::Literal
        } else {
            ScalarStyle::Folded
        };
        Ok(Token {
            kind: TokenKind::Scalar(style),
            start: offset(start.position),
            end: offset(end),
            line: start.line,
            text: TextRef {
                start: offset(decoded_start),
                end: offset(self.decoded.len()),
                is_decoded: true,
            },
        })
    }

    /// The indicators after `|` or `>`, up to the end of the line.
    fn scan_block_header(&mut self, start: Mark) -> Result<(Chomping, i64), YamlError> {
        self.position += 1;
        self.look(1);
        let mut chomping = self.take_chomping();
        let increment = self.take_increment(start)?;
        if chomping.is_none() && increment > 0 {
            chomping = self.take_chomping();
        }
        self.skip_blanks();
        self.skip_comment();
        if !self.is_at_end() && self.break_width(self.position) == 0 {
            return Err(self.error(start, "did not find expected comment or line break"));
        }
        Ok((chomping.unwrap_or(Chomping::Clip), increment))
    }

    fn take_chomping(&mut self) -> Option<Chomping> {
        let chomping = match self.current() {
            b'+' => Chomping::Keep,
            b'-' => Chomping::Strip,
            _ => return None,
        };
        self.position += 1;
        self.look(1);
        Some(chomping)
    }

    fn take_increment(&mut self, start: Mark) -> Result<i64, YamlError> {
        match self.current() {
            b'0' => Err(self.error(start, "found an indentation indicator equal to 0")),
            digit @ b'1'..=b'9' => {
                self.position += 1;
                self.look(1);
                Ok(i64::from(digit - b'0'))
            }
            _ => Ok(0),
        }
    }

    /// Consumes indentation and empty lines, finds the indentation when it is not known yet (0), and returns where the
    /// last empty line's break begins.
    fn scan_block_breaks(&mut self, indent: &mut i64, start: Mark) -> Result<Option<usize>, YamlError> {
        let mut deepest = 0;
        let mut last = None;
        loop {
            // Only spaces precede on this line, so bytes are columns.
            let mut column = self.column();
            while (*indent == 0 || column < *indent) && self.current() == b' ' {
                self.position += 1;
                column += 1;
            }
            self.look(1);
            deepest = deepest.max(column);
            if (*indent == 0 || column < *indent) && self.current() == b'\t' {
                return Err(self.error(start, "found a tab character where an indentation space is expected"));
            }
            let width = self.break_width(self.position);
            if width == 0 {
                break;
            }
            last = Some(self.position);
            let line_break = self.read_break(width);
            self.breaks.push_str(line_break);
        }
        if *indent == 0 {
            *indent = deepest.max(self.indent + 1).max(1);
        }
        Ok(last)
    }
}
