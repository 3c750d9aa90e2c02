//! The tokens of expressions (the lexer rules of cel-go `parser/gen/CEL.g4`).
//!
//! In: an expression. Out: its tokens without blanks and comments, and what cannot be one.

use std::ops::Range;

use super::tree::shown;

/// A kind of token, in the order in which messages list them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// The end of the expression.
    End,
    /// An operator, a bracket or a keyword, by its number in [`SIGNS`].
    Sign(u8),
    Float,
    Int,
    Uint,
    /// A text, its quotation marks included.
    String,
    Bytes,
    Name,
    /// A name in backquotes.
    QuotedName,
}

impl Kind {
    /// The kind of an operator, a bracket or a keyword.
    pub(super) fn sign(text: &str) -> Self {
        let number = SIGNS.iter().position(|sign| *sign == text);
        number
            .and_then(|number| u8::try_from(number).ok())
            .map_or(Self::End, Self::Sign)
    }

    /// The name in messages.
    pub(super) fn name(self) -> String {
        match self {
            Self::End => "<EOF>".to_owned(),
            Self::Sign(number) => format!("'{}'", SIGNS.get(usize::from(number)).unwrap_or(&"")),
            Self::Float => "NUM_FLOAT".to_owned(),
            Self::Int => "NUM_INT".to_owned(),
            Self::Uint => "NUM_UINT".to_owned(),
            Self::String => "STRING".to_owned(),
            Self::Bytes => "BYTES".to_owned(),
            Self::Name => "IDENTIFIER".to_owned(),
            Self::QuotedName => "ESC_IDENTIFIER".to_owned(),
        }
    }

    /// Whether it is an operator, a bracket or a keyword.
    pub(super) fn is(self, text: &str) -> bool {
        matches!(self, Self::Sign(number) if SIGNS.get(usize::from(number)) == Some(&text))
    }
}

/// A token and its place.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) place: Range<usize>,
}

/// What cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SyntaxFault {
    pub(super) offset: usize,
    pub(super) message: String,
}

/// Operators, brackets and keywords in the order of the grammar.
const SIGNS: [&str; 28] = [
    "==", "!=", "in", "<", "<=", ">=", ">", "&&", "||", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!", "?", ":",
    "+", "*", "/", "%", "true", "false", "null",
];

/// Quotation marks of texts on one line and on several.
const QUOTES: [&str; 4] = ["\"\"\"", "'''", "\"", "'"];

/// The tokens of an expression, the end last, and what is none.
pub(super) fn tokens(expression: &str) -> (Vec<Token>, Vec<SyntaxFault>) {
    let mut tokens = Vec::with_capacity(expression.len() / 3 + 1);
    let mut faults = Vec::new();
    let mut at = 0;
    while let Some(rest) = expression.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(length) = hidden(rest) {
            at += length;
            continue;
        }
        match token(rest) {
            Ok((kind, length)) => {
                tokens.push(Token {
                    kind,
                    place: at..at + length,
                });
                at += length;
            }
            Err(length) => {
                // The character that does not fit is left out as well.
                let text = rest.get(..length).unwrap_or(rest);
                faults.push(SyntaxFault {
                    offset: at,
                    message: format!("token recognition error at: {}", shown(text)),
                });
                at += text.len().max(1);
            }
        }
    }
    tokens.push(Token {
        kind: Kind::End,
        place: expression.len()..expression.len(),
    });
    (tokens, faults)
}

/// The length of blanks or of a comment.
fn hidden(rest: &str) -> Option<usize> {
    let length = run(rest.as_bytes(), |byte| {
        matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0x0c)
    });
    if length > 0 {
        return Some(length);
    }
    rest.starts_with("//").then(|| rest.find('\n').unwrap_or(rest.len()))
}

/// The number of bytes at the start that satisfy a condition.
fn run(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|&byte| !belongs(byte)).unwrap_or(bytes.len())
}

/// The kind and length of the token at the start; otherwise the length of what is none, with the character that does not fit.
fn token(rest: &str) -> Result<(Kind, usize), usize> {
    let bytes = rest.as_bytes();
    let first = bytes.first().copied().unwrap_or_default();
    match first {
        b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
            if let Some(found) = prefixed(rest) {
                return Ok(found);
            }
            let length = run(bytes, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let kind = match rest.get(..length).unwrap_or_default() {
                word @ ("in" | "true" | "false" | "null") => Kind::sign(word),
                _ => Kind::Name,
            };
            Ok((kind, length))
        }
        b'0'..=b'9' => Ok(number(bytes)),
        b'.' if bytes.get(1).is_some_and(u8::is_ascii_digit) => Ok(number(bytes)),
        b'"' | b'\'' => text(rest).map(|length| (Kind::String, length)),
        b'`' => {
            let inner = bytes.get(1..).unwrap_or_default();
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/' | b' ');
            let length = run(inner, allowed);
            match inner.get(length) {
                Some(b'`') if length > 0 => Ok((Kind::QuotedName, length + 2)),
                _ => Err(through(rest, length + 1)),
            }
        }
        _ => {
            let sign = SIGNS
                .iter()
                .filter(|sign| rest.starts_with(**sign))
                .max_by_key(|sign| sign.len());
            match sign {
                Some(sign) => Ok((Kind::sign(sign), sign.len())),
                None => Err(through(rest, usize::from(matches!(first, b'=' | b'&' | b'|')))),
            }
        }
    }
}

/// The length of so many bytes and the character after them.
fn through(rest: &str, length: usize) -> usize {
    let next = rest.get(length..).and_then(|rest| rest.chars().next());
    length + next.map_or(0, char::len_utf8)
}

/// A text with a prefix: `r"a"`, `b'a'`, `br'''a'''`. Nothing if the letters are a name.
fn prefixed(rest: &str) -> Option<(Kind, usize)> {
    let (is_bytes, after_bytes) = match rest.strip_prefix(['b', 'B']) {
        Some(after) => (true, after),
        None => (false, rest),
    };
    let (is_raw, literal) = match after_bytes.strip_prefix(['r', 'R']) {
        Some(after) => (true, after),
        None => (false, after_bytes),
    };
    let prefix = rest.len() - literal.len();
    if prefix == 0 || !literal.starts_with(['"', '\'']) {
        return None;
    }
    let length = if is_raw {
        raw_text(literal)?
    } else {
        text(literal).ok()?
    };
    let kind = if is_bytes { Kind::Bytes } else { Kind::String };
    Some((kind, prefix + length))
}

/// The length of a text whose backslashes are plain.
fn raw_text(rest: &str) -> Option<usize> {
    let quote = QUOTES.iter().find(|quote| rest.starts_with(**quote))?;
    let inner = rest.get(quote.len()..)?;
    let length = match inner.find(quote) {
        Some(length) if quote.len() == 3 || !inner.get(..length)?.contains(['\n', '\r']) => length,
        _ if quote.len() == 3 => return short_raw(rest),
        _ => return None,
    };
    Some(length + 2 * quote.len())
}

/// Two quotation marks are an empty text if what is behind the third does not end.
fn short_raw(rest: &str) -> Option<usize> {
    (rest.starts_with("\"\"") || rest.starts_with("''")).then_some(2)
}

/// The length of a text with quotation marks; otherwise of what is none.
fn text(rest: &str) -> Result<usize, usize> {
    let quote = QUOTES
        .iter()
        .find(|quote| rest.starts_with(**quote))
        .copied()
        .unwrap_or("\"");
    let mut at = quote.len();
    loop {
        let Some(next) = rest.get(at..).and_then(|rest| rest.chars().next()) else {
            // An empty text, if what is behind the third quotation mark does not end.
            return if quote.len() == 3 { Ok(2) } else { Err(rest.len()) };
        };
        if rest.get(at..).is_some_and(|rest| rest.starts_with(quote)) {
            return Ok(at + quote.len());
        }
        match next {
            '\\' => {
                let escape = rest.get(at..).unwrap_or_default();
                match escape_length(escape) {
                    Ok(length) => at += length,
                    Err(_) if quote.len() == 3 => return Ok(2),
                    Err(length) => return Err(through(rest, at + length)),
                }
            }
            '\n' | '\r' if quote.len() == 1 => return Err(through(rest, at)),
            other => at += other.len_utf8(),
        }
    }
}

/// The length of an escape; otherwise how much of it fits.
fn escape_length(rest: &str) -> Result<usize, usize> {
    let bytes = rest.as_bytes();
    let digits = |count: usize, belongs: fn(u8) -> bool, from: usize| {
        let found = run(bytes.get(from..).unwrap_or_default(), belongs).min(count);
        if found == count {
            Ok(from + count)
        } else {
            Err(from + found)
        }
    };
    let is_hexadecimal = |byte: u8| byte.is_ascii_hexdigit();
    match bytes.get(1) {
        Some(b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'"' | b'\'' | b'\\' | b'?' | b'`') => Ok(2),
        Some(b'x' | b'X') => digits(2, is_hexadecimal, 2),
        Some(b'u') => digits(4, is_hexadecimal, 2),
        Some(b'U') => digits(8, is_hexadecimal, 2),
        Some(b'0'..=b'3') => digits(2, |byte| (b'0'..=b'7').contains(&byte), 2),
        _ => Err(1),
    }
}

/// The kind and length of a number.
fn number(bytes: &[u8]) -> (Kind, usize) {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let from = |at: usize| bytes.get(at..).unwrap_or_default();
    if bytes.starts_with(b"0x") {
        let digits = run(from(2), |byte| byte.is_ascii_hexdigit());
        if digits > 0 {
            return with_suffix(bytes, 2 + digits);
        }
    }
    let whole = run(bytes, is_digit);
    let fraction = match from(whole) {
        [b'.', digits @ ..] => run(digits, is_digit),
        _ => 0,
    };
    let mantissa = if fraction > 0 { whole + 1 + fraction } else { whole };
    let exponent = match from(mantissa) {
        [b'e' | b'E', b'+' | b'-', digits @ ..] => Some(run(digits, is_digit))
            .filter(|&count| count > 0)
            .map(|count| count + 2),
        [b'e' | b'E', digits @ ..] => Some(run(digits, is_digit))
            .filter(|&count| count > 0)
            .map(|count| count + 1),
        _ => None,
    };
    match exponent {
        Some(exponent) => (Kind::Float, mantissa + exponent),
        None if fraction > 0 => (Kind::Float, mantissa),
        None => with_suffix(bytes, whole),
    }
}

/// A whole number, which a `u` behind it makes unsigned.
fn with_suffix(bytes: &[u8], length: usize) -> (Kind, usize) {
    match bytes.get(length) {
        Some(b'u' | b'U') => (Kind::Uint, length + 1),
        _ => (Kind::Int, length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(expression: &str) -> Vec<Kind> {
        let (tokens, faults) = tokens(expression);
        assert_eq!(faults, [], "{expression}");
        tokens
            .into_iter()
            .map(|token| token.kind)
            .filter(|kind| *kind != Kind::End)
            .collect()
    }

    #[test]
    fn tokens_have_a_kind() {
        for (expression, kind) in [
            ("12", Kind::Int),
            ("0x1F", Kind::Int),
            ("12u", Kind::Uint),
            ("0xffU", Kind::Uint),
            ("1.5", Kind::Float),
            (".5e-3", Kind::Float),
            ("1e3", Kind::Float),
            ("'a\\'\\x41é'", Kind::String),
            ("r'\\d'", Kind::String),
            ("'''a\n'b'''", Kind::String),
            ("\"\"", Kind::String),
            ("b'\\377'", Kind::Bytes),
            ("bR\"\\\"", Kind::Bytes),
            ("in_", Kind::Name),
            ("in", Kind::sign("in")),
            ("`a-b`", Kind::QuotedName),
            ("<=", Kind::sign("<=")),
            ("a // b", Kind::Name),
        ] {
            assert_eq!(kinds(expression), [kind], "{expression}");
        }
        assert_eq!(kinds("1.a").len(), 3);
        assert_eq!(kinds("''''"), [Kind::String, Kind::String]);
    }

    #[test]
    fn what_cannot_be_a_token_is_reported() {
        for (expression, text) in [
            ("a = b", "'= '"),
            ("a & b", "'& '"),
            ("1 + $", "'$'"),
            ("'a", "''a'"),
            ("'a\n'", "''a\\n'"),
            ("\"\\xFh\"", "'\"\\xFh'"),
            ("é", "'é'"),
            ("`a$`", "'`a$'"),
        ] {
            let (_, faults) = tokens(expression);
            let message = faults.first().map(|fault| fault.message.clone());
            assert_eq!(
                message,
                Some(format!("token recognition error at: {text}")),
                "{expression}"
            );
        }
    }
}
