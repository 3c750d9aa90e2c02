//! Single and double quoted scalars.

use crate::text::source::offset;
use crate::text::yaml::byte_class::{DOUBLE_STOP, SINGLE_STOP, class};
use crate::text::yaml::error::YamlError;

use super::cursor::{Mark, Scanner};
use super::token::{ScalarStyle, TextRef, Token, TokenKind};

/// Text collected so far: the pieces already copied, and the piece of the source still going on.
struct Pieces {
    decoded_start: Option<usize>,
    piece: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn scan_quoted_scalar(&mut self, is_single: bool) -> Result<Token, YamlError> {
        let start = self.mark();
        self.position += 1;
        let mut pieces = Pieces {
            decoded_start: None,
            piece: self.position,
        };
        let quote = if is_single { b'\'' } else { b'"' };
        loop {
            self.look(4);
            if self.is_at_document_indicator() {
                return Err(self.error(start, "found unexpected document indicator"));
            }
            if self.is_at_end() {
                return Err(self.error(start, "found unexpected end of stream"));
            }
            let joined = self.take_quoted_run(is_single, start, &mut pieces)?;
            self.look(1);
            if self.current() == quote {
                break;
            }
            self.take_quoted_white_space(joined, &mut pieces);
        }
        let end = self.position;
        let text = match pieces.decoded_start {
            None => TextRef {
                start: offset(pieces.piece),
                end: offset(end),
                is_decoded: false,
            },
            Some(decoded_start) => {
                self.decoded
                    .push_str(self.text.get(pieces.piece..end).unwrap_or_default());
                TextRef {
                    start: offset(decoded_start),
                    end: offset(self.decoded.len()),
                    is_decoded: true,
                }
            }
        };
        self.position += 1;
        let style = if is_single {
            ScalarStyle::SingleQuoted
        } else {
            ScalarStyle::DoubleQuoted
        };
        Ok(self.token(TokenKind::Scalar(style), start, text))
    }

    /// Copies the piece up to the cursor; the next piece begins at `next`.
    fn flush_piece(&mut self, pieces: &mut Pieces, end: usize, next: usize) {
        pieces.decoded_start.get_or_insert(self.decoded.len());
        self.decoded
            .push_str(self.text.get(pieces.piece..end).unwrap_or_default());
        pieces.piece = next;
    }

    /// Consumes text up to the quote, a blank, a break or the end. True when it ended with an escaped line break.
    fn take_quoted_run(&mut self, is_single: bool, start: Mark, pieces: &mut Pieces) -> Result<bool, YamlError> {
        let stop = if is_single { SINGLE_STOP } else { DOUBLE_STOP };
        loop {
            let rest = self.bytes.get(self.position..).unwrap_or_default();
            let forward = rest
                .iter()
                .position(|&byte| class(byte) & stop != 0)
                .unwrap_or(rest.len());
            self.position += forward;
            self.look(2);
            match self.current() {
                b'\'' if is_single && self.at(self.position + 1) == b'\'' => {
                    self.flush_piece(pieces, self.position + 1, self.position + 2);
                    self.position += 2;
                }
                b'\\' if !is_single => {
                    let at = self.position;
                    self.look(3);
                    let width = self.break_width(at + 1);
                    if width > 0 {
                        self.position += 1;
                        self.take_break(width);
                        self.flush_piece(pieces, at, self.position);
                        return Ok(true);
                    }
                    self.flush_piece(pieces, at, at);
                    self.take_escape(start)?;
                    pieces.piece = self.position;
                }
                0xC2 | 0xE2 if self.break_width(self.position) == 0 => self.position += 1,
                _ => return Ok(false),
            }
        }
    }

    /// Consumes the escape under the cursor and adds what it stands for.
    fn take_escape(&mut self, start: Mark) -> Result<(), YamlError> {
        let (character, digits) = match self.at(self.position + 1) {
            b'0' => ('\0', 0),
            b'a' => ('\x07', 0),
            b'b' => ('\x08', 0),
            b't' | b'\t' => ('\t', 0),
            b'n' => ('\n', 0),
            b'v' => ('\x0B', 0),
            b'f' => ('\x0C', 0),
            b'r' => ('\r', 0),
            b'e' => ('\x1B', 0),
            b' ' => (' ', 0),
            b'"' => ('"', 0),
            b'\'' => ('\'', 0),
            b'\\' => ('\\', 0),
            b'N' => ('\u{85}', 0),
            b'_' => ('\u{A0}', 0),
            b'L' => ('\u{2028}', 0),
            b'P' => ('\u{2029}', 0),
            b'x' => ('\0', 2),
            b'u' => ('\0', 4),
            b'U' => ('\0', 8),
            _ => return Err(self.error(start, "found unknown escape character")),
        };
        self.position += 2;
        if digits == 0 {
            self.decoded.push(character);
            return Ok(());
        }
        self.look(digits);
        let mut value: u32 = 0;
        for at in self.position..self.position + digits {
            let Some(digit) = char::from(self.at(at)).to_digit(16) else {
                return Err(self.error(start, "did not find expected hexdecimal number"));
            };
            value = value << 4 | digit;
        }
        let Some(character) = char::from_u32(value) else {
            return Err(self.error(start, "found invalid Unicode character escape code"));
        };
        self.position += digits;
        self.decoded.push(character);
        Ok(())
    }

    /// Consumes blanks and breaks between runs. `joined`: an escaped line break came before, so blanks are dropped.
    fn take_quoted_white_space(&mut self, joined: bool, pieces: &mut Pieces) {
        let blanks = self.position;
        let mut first_break: Option<&'a str> = None;
        self.breaks.clear();
        loop {
            if self.is_blank() {
                self.position += 1;
                continue;
            }
            let width = self.break_width(self.position);
            if width == 0 {
                break;
            }
            let line_break = self.read_break(width);
            if first_break.is_none() {
                first_break = Some(line_break);
            } else {
                self.breaks.push_str(line_break);
            }
        }
        self.look(1);
        if let Some(line_break) = first_break {
            self.flush_piece(pieces, blanks, self.position);
            self.push_folded_breaks(line_break);
        } else if joined {
            pieces.piece = self.position;
            let breaks = std::mem::take(&mut self.breaks);
            self.decoded.push_str(&breaks);
            self.breaks = breaks;
        }
    }
}
