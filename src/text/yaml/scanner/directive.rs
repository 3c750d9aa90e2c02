//! `%YAML` and `%TAG` lines.

use crate::text::yaml::byte_class::{NAME, class};
use crate::text::yaml::error::YamlError;

use super::cursor::{Mark, Scanner};
use super::tag::TagText;
use super::token::{TextRef, Token, TokenKind};

/// Most digits of each number of a version.
const MAX_VERSION_DIGITS: usize = 2;

impl Scanner<'_> {
    pub(super) fn scan_directive(&mut self) -> Result<Token, YamlError> {
        let start = self.mark();
        self.position += 1;
        let name = self.take_name();
        if name.is_empty() {
            return Err(self.error(start, "could not find expected directive name"));
        }
        if !self.is_blank_or_end(self.position) {
            return Err(self.error(start, "found unexpected non-alphabetical character"));
        }
        let token = match name {
            "YAML" => self.scan_version(start)?,
            "TAG" => self.scan_tag_directive(start)?,
            _ => return Err(self.error(start, "found unknown directive name")),
        };
        self.skip_blanks();
        self.skip_comment();
        let width = self.break_width(self.position);
        if width == 0 && !self.is_at_end() {
            return Err(self.error(start, "did not find expected comment or line break"));
        }
        if width > 0 {
            self.take_break(width);
        }
        Ok(token)
    }

    /// Letters, digits, `_` and `-`.
    pub(super) fn take_name<'t>(&mut self) -> &'t str
    where
        Self: 't,
    {
        let start = self.position;
        while class(self.current()) & NAME != 0 {
            self.position += 1;
        }
        self.look(1);
        self.slice(start, self.position)
    }

    /// The token's text holds major and minor version as its start and end.
    fn scan_version(&mut self, start: Mark) -> Result<Token, YamlError> {
        self.skip_blanks();
        let major = self.scan_version_number(start)?;
        if self.current() != b'.' {
            return Err(self.error(start, "did not find expected digit or '.' character"));
        }
        self.position += 1;
        let minor = self.scan_version_number(start)?;
        let text = TextRef {
            start: major,
            end: minor,
            is_decoded: false,
        };
        Ok(self.token(TokenKind::VersionDirective, start, text))
    }

    fn scan_version_number(&mut self, start: Mark) -> Result<u32, YamlError> {
        self.look(1);
        let mut value = 0;
        let mut length = 0;
        while let digit @ b'0'..=b'9' = self.current() {
            length += 1;
            if length > MAX_VERSION_DIGITS {
                return Err(self.error(start, "found extremely long version number"));
            }
            value = value * 10 + u32::from(digit - b'0');
            self.position += 1;
        }
        if length == 0 {
            return Err(self.error(start, "did not find expected version number"));
        }
        Ok(value)
    }

    fn scan_tag_directive(&mut self, start: Mark) -> Result<Token, YamlError> {
        self.skip_blanks();
        let handle = self.scan_tag_handle(true, start)?;
        if !self.is_blank() {
            return Err(self.error(start, "did not find expected whitespace"));
        }
        self.skip_blanks();
        let suffix = self.scan_tag_uri("", start)?;
        if !self.is_blank_or_end(self.position) {
            return Err(self.error(start, "did not find expected whitespace or line break"));
        }
        let text = self.keep_tag(TagText { handle, suffix });
        Ok(self.token(TokenKind::TagDirective, start, text))
    }
}
