//! Template text to tokens: `{{`, trim markers, comments, the words of an action.
//!
//! Follows Go's `text/template/parse/lex.go`. Tokens are byte ranges of the source; line numbers are counted only when
//! an error needs one.

use crate::text::go::quote::quote;
use crate::text::go::unicode::{is_digit, is_letter, is_print};
use crate::text::go::utf8::decode_char;
use crate::text::limits::TEMPLATE_TOKENS;
use crate::text::source::offset;
use memchr::{memchr, memmem};

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// The lexer cannot go on; the text is in `Lexer::error`.
    Error,
    Bool,
    /// A printable ASCII character with no other role, such as a comma.
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Keyword(Keyword),
}

/// Words with a meaning of their own; `.` counts among them, as in Go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

/// A token: `source[start..end]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) kind: TokenKind,
}

impl Token {
    /// The token before anything was read.
    pub(super) const NONE: Self = Self {
        kind: TokenKind::Error,
        start: 0,
        end: 0,
    };
}

/// The part that the lexer reads next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Text,
    Action,
    /// Nothing: there was an error.
    Failed,
}

/// A reader of tokens.
pub(super) struct Lexer<'s> {
    source: &'s [u8],
    start: usize,
    position: usize,
    state: State,
    paren_depth: usize,
    /// How many tokens of actions may follow.
    pub(super) left: u32,
    /// Text of the error behind a `TokenKind::Error`.
    pub(super) error: String,
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || is_letter(c) || is_digit(c)
}

/// Letters, digits and `_` of ASCII, by byte.
static ASCII_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        #[expect(clippy::indexing_slicing, reason = "computed at compile time, below the length")]
        {
            table[byte as usize] = byte == b'_' || byte.is_ascii_alphanumeric();
        }
        byte += 1;
    }
    table
};

fn is_ascii_word(byte: u8) -> bool {
    ASCII_WORD.get(usize::from(byte)).copied().unwrap_or(false)
}

/// Where the first `{{` is.
fn find_left_delimiter(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr(b'{', text.get(from..)?)?;
        if text.get(at + 1) == Some(&b'{') {
            return Some(at);
        }
        from = at + 1;
    }
}

fn word_kind(word: &[u8]) -> TokenKind {
    TokenKind::Keyword(match word {
        b"block" => Keyword::Block,
        b"break" => Keyword::Break,
        b"continue" => Keyword::Continue,
        b"define" => Keyword::Define,
        b"else" => Keyword::Else,
        b"end" => Keyword::End,
        b"if" => Keyword::If,
        b"nil" => Keyword::Nil,
        b"range" => Keyword::Range,
        b"template" => Keyword::Template,
        b"with" => Keyword::With,
        b"true" | b"false" => return TokenKind::Bool,
        _ => return TokenKind::Identifier,
    })
}

impl<'s> Lexer<'s> {
    /// A reader of at most `left` tokens of actions.
    pub(super) const fn new(source: &'s [u8], left: u32) -> Self {
        Self {
            source,
            start: 0,
            position: 0,
            state: State::Text,
            paren_depth: 0,
            left,
            error: String::new(),
        }
    }

    /// The next token; always `Eof` after the end or an error.
    pub(super) fn next_token(&mut self) -> Token {
        match self.state {
            State::Text => self.lex_text(),
            State::Action => self.lex_action(),
            State::Failed => self.token(TokenKind::Eof),
        }
    }

    /// The next token that is not a space.
    pub(super) fn next_non_space(&mut self) -> Token {
        loop {
            let token = self.next_token();
            if token.kind != TokenKind::Space {
                return token;
            }
        }
    }

    fn rest(&self) -> &'s [u8] {
        self.source.get(self.position..).unwrap_or_default()
    }

    fn peek_byte(&self) -> Option<u8> {
        self.source.get(self.position).copied()
    }

    #[inline]
    fn token(&mut self, kind: TokenKind) -> Token {
        let token = Token {
            kind,
            start: offset(self.start),
            end: offset(self.position),
        };
        self.start = self.position;
        token
    }

    #[cold]
    fn fail(&mut self, message: impl Into<String>) -> Token {
        self.state = State::Failed;
        self.error = message.into();
        Token {
            kind: TokenKind::Error,
            start: offset(self.start),
            end: offset(self.start),
        }
    }

    fn current(&self) -> &'s [u8] {
        self.source.get(self.start..self.position).unwrap_or_default()
    }

    #[inline(never)]
    fn lex_text(&mut self) -> Token {
        loop {
            let rest = self.rest();
            let Some(text_length) = find_left_delimiter(rest) else {
                self.position = self.source.len();
                let kind = if self.position > self.start {
                    TokenKind::Text
                } else {
                    TokenKind::Eof
                };
                return self.token(kind);
            };
            let (text, delimiter) = rest.split_at_checked(text_length).unwrap_or_default();
            let after = delimiter.get(2..).unwrap_or_default();
            let trims = matches!(after, [b'-', second, ..] if is_space(*second));
            if text_length > 0 {
                let kept = if trims {
                    text.iter()
                        .rposition(|&byte| !is_space(byte))
                        .map_or(0, |last| last + 1)
                } else {
                    text_length
                };
                let token_start = self.position;
                self.position += text_length;
                self.start = self.position;
                if kept > 0 {
                    return Token {
                        kind: TokenKind::Text,
                        start: offset(token_start),
                        end: offset(token_start + kept),
                    };
                }
            }
            let marker = if trims { 2 } else { 0 };
            if after.get(marker..).unwrap_or_default().starts_with(b"/*") {
                self.position += 2 + marker;
                self.start = self.position;
                if let Err(token) = self.skip_comment() {
                    return token;
                }
                continue;
            }
            self.position += 2;
            let token = self.token(TokenKind::LeftDelim);
            self.state = State::Action;
            self.position += marker;
            self.start = self.position;
            self.paren_depth = 0;
            return token;
        }
    }

    fn skip_comment(&mut self) -> Result<(), Token> {
        self.position += 2;
        let Some(length) = memmem::find(self.rest(), b"*/") else {
            return Err(self.fail("unclosed comment"));
        };
        self.position += length + 2;
        let Some(trims) = self.right_delimiter() else {
            return Err(self.fail("comment ends before closing delimiter"));
        };
        self.position += if trims { 4 } else { 2 };
        if trims {
            self.skip_spaces();
        }
        self.start = self.position;
        Ok(())
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.position += rest.iter().position(|&byte| !is_space(byte)).unwrap_or(rest.len());
    }

    /// Whether `}}` is here, and whether a trim marker comes before it.
    fn right_delimiter(&self) -> Option<bool> {
        match self.rest() {
            [space, b'-', b'}', b'}', ..] if is_space(*space) => Some(true),
            [b'}', b'}', ..] => Some(false),
            _ => None,
        }
    }

    fn lex_right_delimiter(&mut self, trims: bool) -> Token {
        if trims {
            self.position += 2;
            self.start = self.position;
        }
        self.position += 2;
        let token = self.token(TokenKind::RightDelim);
        if trims {
            self.skip_spaces();
            self.start = self.position;
        }
        self.state = State::Text;
        token
    }

    fn lex_action(&mut self) -> Token {
        let Some(left) = self.left.checked_sub(1) else {
            return self.fail(format!(
                "the actions of the chart's templates have more than {TEMPLATE_TOKENS} words and signs"
            ));
        };
        self.left = left;
        let [first, after @ ..] = self.rest() else {
            return self.fail("unclosed action");
        };
        let next = after.first().copied();
        match *first {
            b' ' | b'\t' | b'\r' | b'\n' => return self.lex_space(),
            b'}' if next == Some(b'}') => return self.close_action(false),
            0x80.. => return self.lex_wide(),
            _ => self.position += 1,
        }
        match *first {
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => self.lex_identifier(),
            b'.' if next.is_some_and(|byte| !byte.is_ascii_digit()) => self.lex_word(TokenKind::Field),
            b'$' => self.lex_word(TokenKind::Variable),
            b'"' => self.lex_quoted(b'"', TokenKind::String, "unterminated quoted string"),
            b'(' => {
                self.paren_depth += 1;
                self.token(TokenKind::LeftParen)
            }
            b')' => {
                if self.paren_depth == 0 {
                    return self.fail("unexpected right paren");
                }
                self.paren_depth -= 1;
                self.token(TokenKind::RightParen)
            }
            b'|' => self.token(TokenKind::Pipe),
            b'=' => self.token(TokenKind::Assign),
            b':' => {
                if next != Some(b'=') {
                    return self.fail("expected :=");
                }
                self.position += 1;
                self.token(TokenKind::Declare)
            }
            b'\'' => self.lex_quoted(b'\'', TokenKind::CharConstant, "unterminated character constant"),
            b'`' => match memchr(b'`', after) {
                Some(length) => {
                    self.position += length + 1;
                    self.token(TokenKind::RawString)
                }
                None => self.fail("unterminated raw quoted string"),
            },
            b'.' | b'+' | b'-' | b'0'..=b'9' => {
                self.position -= 1;
                self.lex_number()
            }
            b' '..=b'~' => self.token(TokenKind::Char),
            other => self.fail_unrecognized(char::from(other)),
        }
    }

    /// A token that begins with a character outside ASCII.
    fn lex_wide(&mut self) -> Token {
        let (c, width) = decode_char(self.rest()).unwrap_or((char::REPLACEMENT_CHARACTER, 1));
        self.position += width;
        if is_alphanumeric(c) {
            return self.lex_identifier();
        }
        self.fail_unrecognized(c)
    }

    fn fail_unrecognized(&mut self, c: char) -> Token {
        self.fail(format!("unrecognized character in action: {}", describe_char(c)))
    }

    /// `}}`, or ` -}}` when it `trims`.
    fn close_action(&mut self, trims: bool) -> Token {
        if self.paren_depth == 0 {
            return self.lex_right_delimiter(trims);
        }
        self.fail("unclosed left paren")
    }

    /// A run of spaces, except the one that belongs to ` -}}`.
    fn lex_space(&mut self) -> Token {
        let rest = self.rest();
        let mut length = rest.iter().position(|&byte| !is_space(byte)).unwrap_or(rest.len());
        if let Some([b'-', b'}', b'}', ..]) = rest.get(length..) {
            length -= 1;
            if length == 0 {
                return self.close_action(true);
            }
        }
        self.position += length;
        self.token(TokenKind::Space)
    }

    fn skip_word(&mut self) {
        loop {
            let rest = self.rest();
            let length = rest.iter().position(|&byte| !is_ascii_word(byte)).unwrap_or(rest.len());
            self.position += length;
            let rest = rest.get(length..).unwrap_or_default();
            if rest.first().is_none_or(u8::is_ascii) {
                break;
            }
            match decode_char(rest) {
                Some((c, width)) if is_alphanumeric(c) => self.position += width,
                _ => break,
            }
        }
    }

    fn at_terminator(&self) -> bool {
        match self.peek_byte() {
            None | Some(b'.' | b',' | b'|' | b':' | b')' | b'(') => true,
            Some(byte) => is_space(byte) || self.rest().starts_with(b"}}"),
        }
    }

    fn fail_bad_character(&mut self) -> Token {
        let c = decode_char(self.rest()).map_or(char::REPLACEMENT_CHARACTER, |(c, _)| c);
        self.fail(format!("bad character {}", describe_char(c)))
    }

    fn lex_identifier(&mut self) -> Token {
        self.skip_word();
        if !self.at_terminator() {
            return self.fail_bad_character();
        }
        self.token(word_kind(self.current()))
    }

    /// A field or variable; its `.` or `$` has been read.
    fn lex_word(&mut self, kind: TokenKind) -> Token {
        if self.at_terminator() {
            return self.token(if kind == TokenKind::Variable {
                TokenKind::Variable
            } else {
                TokenKind::Keyword(Keyword::Dot)
            });
        }
        self.skip_word();
        if !self.at_terminator() {
            return self.fail_bad_character();
        }
        self.token(kind)
    }

    fn lex_quoted(&mut self, quote: u8, kind: TokenKind, unterminated: &str) -> Token {
        let rest = self.rest();
        let mut at = 0;
        loop {
            let ahead = rest.get(at..).unwrap_or_default();
            let Some(plain) = ahead
                .iter()
                .position(|&byte| byte == quote || byte == b'\\' || byte == b'\n')
            else {
                return self.fail(unterminated);
            };
            at += plain + 1;
            match ahead.get(plain) {
                Some(b'\\') if rest.get(at).is_some_and(|&escaped| escaped != b'\n') => at += 1,
                Some(&byte) if byte == quote => break,
                _ => return self.fail(unterminated),
            }
        }
        self.position += at;
        self.token(kind)
    }

    fn lex_number(&mut self) -> Token {
        if !self.scan_number() {
            return self.fail_number();
        }
        if matches!(self.peek_byte(), Some(b'+' | b'-')) {
            if !self.scan_number() || !self.current().ends_with(b"i") {
                return self.fail_number();
            }
            return self.token(TokenKind::Complex);
        }
        self.token(TokenKind::Number)
    }

    fn fail_number(&mut self) -> Token {
        let text = quote(self.current());
        self.fail(format!("bad number syntax: {text}"))
    }

    fn accept(&mut self, set: &[u8]) -> bool {
        let accepted = self.peek_byte().is_some_and(|byte| set.contains(&byte));
        if accepted {
            self.position += 1;
        }
        accepted
    }

    fn accept_run(&mut self, set: &[u8]) {
        while self.accept(set) {}
    }

    fn scan_number(&mut self) -> bool {
        self.accept(b"+-");
        let mut digits: &[u8] = b"0123456789_";
        let mut base = 10;
        if self.accept(b"0") {
            if self.accept(b"xX") {
                digits = b"0123456789abcdefABCDEF_";
                base = 16;
            } else if self.accept(b"oO") {
                digits = b"01234567_";
                base = 8;
            } else if self.accept(b"bB") {
                digits = b"01_";
                base = 2;
            }
        }
        self.accept_run(digits);
        if self.accept(b".") {
            self.accept_run(digits);
        }
        if (base == 10 && self.accept(b"eE")) || (base == 16 && self.accept(b"pP")) {
            self.accept(b"+-");
            self.accept_run(b"0123456789_");
        }
        self.accept(b"i");
        match decode_char(self.rest()) {
            Some((c, width)) if is_alphanumeric(c) => {
                self.position += width;
                false
            }
            _ => true,
        }
    }
}

/// How many tokens a source has, up to the end or the first error; for measuring the lexer.
pub fn token_count(source: &[u8]) -> usize {
    let mut lexer = Lexer::new(source, u32::MAX);
    let mut count = 0;
    while !matches!(lexer.next_token().kind, TokenKind::Eof | TokenKind::Error) {
        count += 1;
    }
    count
}

/// Go's `%#U`: `U+002D '-'`.
fn describe_char(c: char) -> String {
    let code = u32::from(c);
    if is_print(c) {
        format!("U+{code:04X} '{c}'")
    } else {
        format!("U+{code:04X}")
    }
}
