//! Scalars outside of flow collections; those that are not a piece of one line are read by the scanner.

use crate::text::source::{Span, offset};
use crate::text::yaml::byte_class::{PLAIN_STOP, class};
use crate::text::yaml::resolve::begins_text;
use crate::text::yaml::scanner::{Place, ScalarStyle, TextRef, Token};
use crate::text::yaml::tree::{Node, NodeKind};

use super::reader::BlockReader;

impl BlockReader<'_, '_> {
    /// Reads the scalar under the cursor, up to its end.
    #[inline]
    pub(super) fn scalar(&mut self) -> Option<Node> {
        let (first, second) = (self.at(self.position), self.at(self.position + 1));
        match first {
            b'|' | b'>' => {
                let indent = self.indent();
                let token = self.scanner.block_scalar_at(self.place(), indent, first == b'|').ok()?;
                Some(self.scanned(
                    token,
                    if first == b'|' {
                        ScalarStyle::Literal
                    } else {
                        ScalarStyle::Folded
                    },
                ))
            }
            b'\'' => self.quoted(true),
            b'"' => self.quoted(false),
            b'-' | b'?' | b':' if matches!(second, b' ' | b'\t' | b'\n' | 0) => None,
            b'{' | b'}' | b'[' | b']' | b',' | b'&' | b'*' | b'!' | b'%' | b'@' | b'`' | b'\t' => None,
            _ => self.plain(),
        }
    }

    /// Follows the scanner to the end of a scalar.
    fn scanned(&mut self, token: Token, style: ScalarStyle) -> Node {
        let place = self.scanner.place();
        (self.position, self.line, self.line_start) = (place.position, place.line, place.line_start);
        scalar(style, Span::new(token.start, token.end), token.line, token.text)
    }

    /// Reads a quoted scalar; by the scanner if it has escapes or several lines.
    pub(super) fn quoted(&mut self, is_single: bool) -> Option<Node> {
        let style = if is_single {
            ScalarStyle::SingleQuoted
        } else {
            ScalarStyle::DoubleQuoted
        };
        let inside = self.position + 1;
        let rest = self.bytes.get(inside..).unwrap_or_default();
        let length = if is_single {
            memchr::memchr2(b'\'', b'\n', rest)
        } else {
            memchr::memchr3(b'"', b'\\', b'\n', rest)
        };
        let end = inside + length?;
        let is_simple = match self.at(end) {
            b'"' => true,
            b'\'' => self.at(end + 1) != b'\'',
            _ => false,
        };
        if !is_simple {
            let token = self.scanner.quoted_scalar_at(self.place(), is_single).ok()?;
            return Some(self.scanned(token, style));
        }
        let span = Span::between(self.position, end + 1);
        self.position = end + 1;
        Some(scalar(style, span, self.line, literal(inside, end)))
    }

    /// Reads the line that a plain scalar has.
    #[inline]
    fn plain(&mut self) -> Option<Node> {
        let start = self.position;
        let mut at = start;
        let mut end = start;
        loop {
            let run = at;
            let rest = self.bytes.get(at..).unwrap_or_default();
            at += rest
                .iter()
                .position(|&byte| class(byte) & PLAIN_STOP != 0)
                .unwrap_or(rest.len());
            if at > run {
                end = at;
            }
            match self.at(at) {
                b'\n' | 0 => break,
                b' ' => {
                    while self.at(at) == b' ' {
                        at += 1;
                    }
                    if self.at(at) == b'#' {
                        break;
                    }
                    if !self.has_tabs {
                        (at, end) = self.end_of_words(end, at);
                        break;
                    }
                }
                b':' if self.at(at + 1) == b' ' || self.is_end(at + 1) => break,
                b':' if self.at(at + 1) == b'\t' => return None,
                b'\t' => return None,
                _ => {
                    at += 1;
                    end = at;
                }
            }
        }
        self.position = at;
        Some(self.plain_scalar(start, end))
    }

    /// Where the rest of a plain scalar of several words ends, and where the scalar itself does: `end` if nothing but spaces
    /// follows. Only the bytes that can end one are looked at.
    fn end_of_words(&self, end: usize, from: usize) -> (usize, usize) {
        let mut at = from;
        loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            at += memchr::memchr3(b'\n', b':', b'#', rest).unwrap_or(rest.len());
            let is_end = match self.at(at) {
                b':' => self.at(at + 1) == b' ' || self.is_end(at + 1),
                b'#' => self.at(at.wrapping_sub(1)) == b' ',
                _ => true,
            };
            if is_end {
                break;
            }
            at += 1;
        }
        let words = self.bytes.get(from..at).unwrap_or_default();
        let last = words.iter().rposition(|&byte| byte != b' ');
        (at, last.map_or(end, |last| from + last + 1))
    }

    /// The plain scalar that is written between two places of the line under the cursor.
    #[inline]
    pub(super) fn plain_scalar(&self, start: usize, end: usize) -> Node {
        let span = Span::between(start, end);
        Node {
            is_text: start < end && begins_text(self.at(start)),
            ..scalar(ScalarStyle::Plain, span, self.line, literal(start, end))
        }
    }

    /// Reads the scalar that was just read once more, since it continues on the line under the cursor.
    pub(super) fn continue_plain(&mut self) -> Option<()> {
        let indent = self.indent();
        let node = *self.nodes.last()?;
        if node.kind != NodeKind::Scalar(ScalarStyle::Plain) {
            return None;
        }
        // The last scalar of a flow collection does not continue.
        let mut after = node.span.end as usize;
        while self.at(after) == b' ' {
            after += 1;
        }
        if self.at(after) != b'\n' {
            return None;
        }
        let start = node.span.start as usize;
        let before = self.bytes.get(..start)?;
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let place = Place {
            position: start,
            line: node.line,
            line_start,
        };
        let token = self.scanner.plain_scalar_at(place, indent).ok()?;
        if token.end <= node.span.end {
            return None;
        }
        *self.nodes.last_mut()? = Node {
            end: node.end,
            is_text: node.is_text,
            ..self.scanned(token, ScalarStyle::Plain)
        };
        self.end_node(token.end)
    }
}

/// A piece of the source.
#[inline]
pub(super) fn literal(start: usize, end: usize) -> TextRef {
    TextRef {
        start: offset(start),
        end: offset(end),
        is_decoded: false,
    }
}

/// A scalar that is not written.
pub(super) fn empty_scalar(at: u32, line: u32) -> Node {
    scalar(ScalarStyle::Plain, Span::new(at, at), line, TextRef::default())
}

#[inline]
pub(super) fn scalar(style: ScalarStyle, span: Span, line: u32, text: TextRef) -> Node {
    Node {
        kind: NodeKind::Scalar(style),
        is_flow: false,
        is_implicit: style == ScalarStyle::Plain,
        is_text: style != ScalarStyle::Plain,
        span,
        line,
        end: 0,
        text,
        properties: 0,
    }
}
