//! The tokens of common expressions (the lexer rules of cel-go `parser/gen/CEL.g4`).
//!
//! In: an expression. Out: its tokens, or nothing where it has what is rare: letters that are not ASCII, comments, bytes,
//! unsigned and hexadecimal numbers, exponents, texts in three quotation marks, escapes that need a table.

use std::ops::Range;

/// A kind of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    /// Digits.
    Whole,
    /// Digits with a point.
    Fraction,
    /// A text, its quotation marks included.
    Text,
    /// An operator or a bracket.
    Sign(&'static str),
}

/// A token and its place.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) place: Range<usize>,
}

/// Operators and brackets; longer ones before those that they begin with.
const SIGNS: [&str; 25] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!", "?", ":", "+", "*",
    "//", "/", "%",
];
const COMMENT: &str = "//";

/// The tokens of an expression without blanks; nothing where it has something rare.
pub(super) fn tokens(expression: &str) -> Option<Vec<Token>> {
    if !expression.is_ascii() {
        return None;
    }
    let bytes = expression.as_bytes();
    let mut tokens = Vec::with_capacity(bytes.len() / 3);
    let mut at = 0;
    while let Some(&first) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        let (kind, length) = match first {
            b' ' | b'\t' | b'\r' | b'\n' | 0x0c => {
                at += 1;
                continue;
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => (Kind::Name, name(rest)?),
            b'0'..=b'9' => number(rest)?,
            b'"' | b'\'' => (Kind::Text, text(rest, first)?),
            _ => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(sign.as_bytes()))?;
                if *sign == COMMENT {
                    return None;
                }
                (Kind::Sign(sign), sign.len())
            }
        };
        let place = at..at + length;
        at = place.end;
        tokens.push(Token { kind, place });
    }
    Some(tokens)
}

/// The number of bytes at the start that satisfy a condition.
fn run(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|&byte| !belongs(byte)).unwrap_or(bytes.len())
}

/// The length of a name; nothing for the prefix of a text.
fn name(rest: &[u8]) -> Option<usize> {
    let length = run(rest, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_prefix = matches!(rest.get(length), Some(b'"' | b'\''));
    (!is_prefix).then_some(length)
}

fn number(rest: &[u8]) -> Option<(Kind, usize)> {
    let whole = run(rest, |byte| byte.is_ascii_digit());
    let after = rest.get(whole..).unwrap_or_default();
    let fraction = match after {
        [b'.', digits @ ..] => run(digits, |byte| byte.is_ascii_digit()),
        _ => 0,
    };
    let (kind, length) = if fraction > 0 {
        (Kind::Fraction, whole + 1 + fraction)
    } else {
        (Kind::Whole, whole)
    };
    // A letter makes it another number, or two tokens.
    let next = rest.get(length).copied().unwrap_or(b' ');
    (!next.is_ascii_alphabetic() && next != b'_').then_some((kind, length))
}

/// The length of a text in single quotation marks of either kind.
fn text(rest: &[u8], mark: u8) -> Option<usize> {
    if rest.starts_with(&[mark; 3]) {
        return None;
    }
    let mut at = 1;
    loop {
        match *rest.get(at)? {
            b'\n' | b'\r' => return None,
            b'\\' => {
                unescaped(*rest.get(at + 1)?)?;
                at += 2;
            }
            byte if byte == mark => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// What a backslash and a letter stand for.
pub(super) const fn unescaped(letter: u8) -> Option<char> {
    Some(match letter {
        b'\\' | b'"' | b'\'' => letter as char,
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        _ => return None,
    })
}
