//! The scanner's state and the smallest steps: looking at bytes, consuming line breaks, counting columns.

use std::collections::VecDeque;

use crate::text::source::Span;
use crate::text::source::offset;
use crate::text::yaml::byte_class::{BLANK, BREAK_START, class};
use crate::text::yaml::error::YamlError;

use super::handover::Place;
use super::simple_key::SimpleKey;
use super::tag::TagText;
use super::token::{TextRef, Token, TokenKind};

/// A place: what go-yaml calls a mark. Index and column count characters from 0.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mark {
    pub(super) position: usize,
    pub(super) index: usize,
    pub(super) line: u32,
    pub(super) column: i64,
}

/// Makes tokens of a text, on demand.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts about the scanner's position"
)]
pub(in crate::text::yaml) struct Scanner<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    /// Where the text begins, after a byte order mark.
    pub(super) start: usize,
    pub(super) position: usize,
    pub(super) line: u32,
    /// Offset of the current line's first byte.
    pub(super) line_start: usize,
    /// Character index of `line_start`.
    line_index: usize,
    is_ascii: bool,
    /// Up to where continuation bytes are counted, and how many there are.
    counted: (usize, usize),
    /// Whether anything read past the end.
    pub(in crate::text::yaml) touched_end: bool,

    pub(super) tokens: VecDeque<Token>,
    pub(super) tokens_taken: usize,
    pub(super) token_available: bool,
    pub(super) stream_ended: bool,
    pub(super) indent: i64,
    pub(super) indents: Vec<i64>,
    pub(super) flow_level: usize,
    pub(super) simple_key_allowed: bool,
    pub(super) simple_keys: Vec<SimpleKey>,

    /// Text of scalars that are not a piece of the source.
    pub(in crate::text::yaml) decoded: String,
    /// Line breaks waiting to be folded.
    pub(super) breaks: String,
    pub(super) tags: Vec<TagText>,
    pub(in crate::text::yaml) comments: Vec<Span>,
}

impl<'a> Scanner<'a> {
    /// A scanner of `text` from the byte at `start`.
    pub(in crate::text::yaml) fn new(text: &'a str, start: usize, is_ascii: bool) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            start,
            position: start,
            line: 0,
            line_start: start,
            line_index: 0,
            is_ascii,
            counted: (start, start),
            touched_end: false,
            tokens: VecDeque::with_capacity(16),
            tokens_taken: 0,
            token_available: false,
            stream_ended: false,
            indent: -1,
            indents: Vec::new(),
            flow_level: 0,
            simple_key_allowed: true,
            simple_keys: vec![SimpleKey::default()],
            decoded: String::new(),
            breaks: String::new(),
            tags: Vec::new(),
            comments: Vec::new(),
        }
    }

    /// The byte at `position`; 0 past the end.
    #[inline]
    pub(super) fn at(&self, position: usize) -> u8 {
        self.bytes.get(position).copied().unwrap_or(0)
    }

    /// The byte under the cursor.
    #[inline]
    pub(super) fn current(&self) -> u8 {
        self.at(self.position)
    }

    /// Notes that `count` characters from here on are looked at.
    #[inline]
    pub(super) fn look(&mut self, count: usize) {
        if self.position + count > self.bytes.len() {
            self.touched_end = true;
        }
    }

    /// The source between two offsets.
    #[inline]
    pub(super) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// A piece of the source.
    pub(in crate::text::yaml) fn source(&self, text: TextRef) -> &'a str {
        self.slice(text.start as usize, text.end as usize)
    }

    /// Bytes of the line break at `position`; 0 when there is none.
    #[inline]
    pub(super) fn break_width(&self, position: usize) -> usize {
        match self.at(position) {
            b'\n' => 1,
            b'\r' => 1 + usize::from(self.at(position + 1) == b'\n'),
            0xC2 if self.at(position + 1) == 0x85 => 2,
            0xE2 if self.at(position + 1) == 0x80 && matches!(self.at(position + 2), 0xA8 | 0xA9) => 3,
            _ => 0,
        }
    }

    /// Whether a space, a tab, a line break or the end is at `position`.
    #[inline]
    pub(super) fn is_blank_or_end(&self, position: usize) -> bool {
        let byte = self.at(position);
        let classes = class(byte);
        classes & BLANK != 0
            || byte == b'\n'
            || byte == 0
            || (classes & BREAK_START != 0 && self.break_width(position) > 0)
    }

    /// Whether a space or a tab is under the cursor.
    #[inline]
    pub(super) fn is_blank(&self) -> bool {
        class(self.current()) & BLANK != 0
    }

    /// Whether nothing is left.
    #[inline]
    pub(super) fn is_at_end(&self) -> bool {
        self.position >= self.bytes.len()
    }

    /// Consumes the line break under the cursor, which is `width` bytes long.
    #[inline]
    pub(super) fn take_break(&mut self, width: usize) {
        self.position += width;
        self.line += 1;
        self.line_start = self.position;
        self.line_index = self.index();
    }

    /// Where the cursor is.
    pub(in crate::text::yaml) fn place(&self) -> Place {
        Place {
            position: self.position,
            line: self.line,
            line_start: self.line_start,
        }
    }

    /// Moves the cursor, also backwards. Characters are counted from the start of its line then.
    pub(super) fn go_to(&mut self, place: Place) {
        self.line = place.line;
        self.line_start = place.line_start;
        self.counted = (place.line_start, place.line_start);
        self.position = place.line_start;
        self.line_index = self.index();
        self.position = place.position;
    }

    /// Consumes the line break under the cursor and returns it as scalars keep it: `\n`, or U+2028 and U+2029 as they
    /// are.
    #[inline]
    pub(super) fn read_break(&mut self, width: usize) -> &'a str {
        let start = self.position;
        self.take_break(width);
        if width == 3 { self.slice(start, start + 3) } else { "\n" }
    }

    /// Offset of the next line break, or the end.
    pub(super) fn find_break(&self) -> usize {
        let mut at = self.position;
        loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            let found = if self.is_ascii {
                memchr::memchr2(b'\n', b'\r', rest)
            } else {
                rest.iter().position(|&byte| class(byte) & BREAK_START != 0)
            };
            match found {
                None => return self.bytes.len(),
                Some(forward) if self.break_width(at + forward) > 0 => return at + forward,
                Some(forward) => at += forward + 1,
            }
        }
    }

    /// Character index of the cursor.
    pub(super) fn index(&mut self) -> usize {
        if self.is_ascii {
            return self.position;
        }
        let (upto, mut continuation) = self.counted;
        let passed = self.bytes.get(upto..self.position).unwrap_or_default();
        continuation += passed.iter().filter(|&&byte| byte & 0xC0 == 0x80).count();
        self.counted = (self.position.max(upto), continuation);
        self.position - continuation.min(self.position)
    }

    /// Character column of the cursor.
    #[inline]
    pub(super) fn column(&mut self) -> i64 {
        let index = self.index();
        i64::try_from(index - self.line_index.min(index)).unwrap_or(i64::MAX)
    }

    /// The cursor's place.
    #[inline]
    pub(super) fn mark(&mut self) -> Mark {
        let column = self.column();
        Mark {
            position: self.position,
            index: self.index(),
            line: self.line,
            column,
        }
    }

    /// Whether `---` or `...` is a word of its own at the start of the current line.
    #[inline]
    pub(super) fn is_at_document_indicator(&self) -> bool {
        self.position == self.line_start
            && matches!(self.bytes.get(self.position..self.position + 3), Some(b"---" | b"..."))
            && self.is_blank_or_end(self.position + 3)
    }

    /// Records and skips the comment under the cursor, if there is one.
    pub(super) fn skip_comment(&mut self) {
        if self.current() == b'#' {
            let end = self.find_break();
            self.comments.push(Span::new(offset(self.position), offset(end)));
            self.position = end;
            self.look(1);
        }
    }

    /// Records a comment.
    #[inline]
    pub(in crate::text::yaml) fn add_comment(&mut self, span: Span) {
        self.comments.push(span);
    }

    /// Skips spaces and tabs.
    pub(super) fn skip_blanks(&mut self) {
        while self.is_blank() {
            self.position += 1;
        }
        self.look(1);
    }

    /// A token from `start` to the cursor.
    pub(super) fn token(&self, kind: TokenKind, start: Mark, text: TextRef) -> Token {
        Token {
            kind,
            start: offset(start.position),
            end: offset(self.position),
            line: start.line,
            text,
        }
    }

    /// go-yaml's scanner error: it names the line after the cursor's, or the context's when the cursor is on the first.
    pub(super) fn error(&self, context: Mark, problem: &'static str) -> YamlError {
        let line = if self.line != 0 { self.line + 1 } else { context.line };
        YamlError::Syntax {
            line,
            offset: offset(self.position),
            problem: problem.into(),
        }
    }
}
