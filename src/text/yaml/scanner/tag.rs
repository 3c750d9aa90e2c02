//! Tags, anchors and aliases.

use crate::text::source::offset;
use crate::text::yaml::byte_class::{URI, class};
use crate::text::yaml::error::YamlError;

use super::cursor::{Mark, Scanner};
use super::token::{TextRef, Token, TokenKind};

/// A tag as written: handle (`!`, `!!`, `!x!` or nothing) and the rest. For a directive: handle and prefix.
#[derive(Debug, Clone, Default)]
pub(in crate::text::yaml) struct TagText {
    pub(in crate::text::yaml) handle: String,
    pub(in crate::text::yaml) suffix: String,
}

impl Scanner<'_> {
    /// The tag, or `%TAG` directive, that a token stands for.
    pub(in crate::text::yaml) fn tag(&self, token: Token) -> TagText {
        self.tags.get(token.text.start as usize).cloned().unwrap_or_default()
    }

    pub(super) fn scan_anchor(&mut self, kind: TokenKind) -> Result<Token, YamlError> {
        let start = self.mark();
        self.position += 1;
        let name_start = self.position;
        let name = self.take_name();
        let is_ended = self.is_blank_or_end(self.position)
            || matches!(self.current(), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !is_ended {
            return Err(self.error(start, "did not find expected alphabetic or numeric character"));
        }
        let text = TextRef {
            start: offset(name_start),
            end: offset(self.position),
            is_decoded: false,
        };
        Ok(self.token(kind, start, text))
    }

    /// The token's text holds the tag's index as its start.
    pub(super) fn scan_tag(&mut self) -> Result<Token, YamlError> {
        let start = self.mark();
        self.look(2);
        let mut tag = TagText::default();
        if self.at(self.position + 1) == b'<' {
            self.position += 2;
            tag.suffix = self.scan_tag_uri("", start)?;
            if self.current() != b'>' {
                return Err(self.error(start, "did not find the expected '>'"));
            }
            self.position += 1;
        } else {
            tag.handle = self.scan_tag_handle(false, start)?;
            if tag.handle.len() > 1 && tag.handle.ends_with('!') {
                tag.suffix = self.scan_tag_uri("", start)?;
            } else {
                tag.suffix = self.scan_tag_uri(&tag.handle, start)?;
                "!".clone_into(&mut tag.handle);
                if tag.suffix.is_empty() {
                    std::mem::swap(&mut tag.handle, &mut tag.suffix);
                }
            }
        }
        self.look(1);
        if !self.is_blank_or_end(self.position) {
            return Err(self.error(start, "did not find expected whitespace or line break"));
        }
        let text = self.keep_tag(tag);
        Ok(self.token(TokenKind::Tag, start, text))
    }

    /// Stores a tag; the text returned holds its index as its start.
    pub(super) fn keep_tag(&mut self, tag: TagText) -> TextRef {
        let start = offset(self.tags.len());
        self.tags.push(tag);
        TextRef {
            start,
            end: start,
            is_decoded: false,
        }
    }

    pub(super) fn scan_tag_handle(&mut self, is_directive: bool, start: Mark) -> Result<String, YamlError> {
        self.look(1);
        if self.current() != b'!' {
            return Err(self.error(start, "did not find expected '!'"));
        }
        self.position += 1;
        let mut handle = String::from("!");
        handle.push_str(self.take_name());
        if self.current() == b'!' {
            self.position += 1;
            handle.push('!');
        } else if is_directive && handle != "!" {
            return Err(self.error(start, "did not find expected '!'"));
        }
        Ok(handle)
    }

    /// A tag's URI with escapes undone. `head` is a handle that turned out to be part of it.
    pub(super) fn scan_tag_uri(&mut self, head: &str, start: Mark) -> Result<String, YamlError> {
        let mut uri = head.as_bytes().get(1..).unwrap_or_default().to_vec();
        let mut is_found = !head.is_empty();
        self.look(1);
        while class(self.current()) & URI != 0 {
            if self.current() == b'%' {
                self.take_uri_escapes(&mut uri, start)?;
            } else {
                uri.push(self.current());
                self.position += 1;
            }
            self.look(1);
            is_found = true;
        }
        if !is_found {
            return Err(self.error(start, "did not find expected tag URI"));
        }
        Ok(String::from_utf8_lossy(&uri).into_owned())
    }

    /// Consumes the `%XX` groups of one character.
    fn take_uri_escapes(&mut self, uri: &mut Vec<u8>, start: Mark) -> Result<(), YamlError> {
        let mut left: Option<usize> = None;
        while left != Some(0) {
            self.look(3);
            let digit = |at: usize| char::from(self.at(self.position + at)).to_digit(16);
            let (b'%', Some(high), Some(low)) = (self.current(), digit(1), digit(2)) else {
                return Err(self.error(start, "did not find URI escaped octet"));
            };
            let octet = u8::try_from(high << 4 | low).unwrap_or_default();
            left = Some(match left {
                Some(left) if octet & 0xC0 == 0x80 => left - 1,
                Some(_) => return Err(self.error(start, "found an incorrect trailing UTF-8 octet")),
                None => match octet {
                    0..0x80 => 0,
                    0xC0..0xE0 => 1,
                    0xE0..0xF0 => 2,
                    0xF0..0xF8 => 3,
                    _ => return Err(self.error(start, "found an incorrect leading UTF-8 octet")),
                },
            });
            uri.push(octet);
            self.position += 3;
        }
        Ok(())
    }
}
