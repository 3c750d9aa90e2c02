//! Go's `strconv.Quote` and `Unquote`, with their relatives.
//!
//! In: bytes. Out: a Go string literal, or the bytes that a literal means. Follows `strconv/quote.go`.

use std::fmt::Write as _;

use super::unicode::is_print;
use super::utf8::decode_char;

/// `strconv.Quote`.
pub fn quote(text: &[u8]) -> String {
    quote_with(text, b'"', false)
}

/// `strconv.QuoteToASCII`.
pub fn quote_to_ascii(text: &[u8]) -> String {
    quote_with(text, b'"', true)
}

/// `strconv.QuoteRune`, or `QuoteRuneToASCII`.
pub fn quote_rune(c: char, ascii_only: bool) -> String {
    let mut out = String::from("'");
    escape_char(&mut out, c, b'\'', ascii_only);
    out.push('\'');
    out
}

/// `strconv.CanBackquote`.
pub fn can_backquote(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| {
        text.chars()
            .all(|c| c != '\u{feff}' && c != '`' && c != '\u{7f}' && (c >= ' ' || c == '\t'))
    })
}

fn quote_with(text: &[u8], quote: u8, ascii_only: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(char::from(quote));
    for chunk in text.utf8_chunks() {
        // Most text needs no escapes and is copied in runs; what only needs a backslash begins the next run.
        let valid = chunk.valid();
        let (mut copied, mut at) = (0, 0);
        while let Some(&byte) = valid.as_bytes().get(at) {
            if is_plain(byte, quote) {
                at += 1;
                continue;
            }
            out.push_str(valid.get(copied..at).unwrap_or_default());
            if byte == quote || byte == b'\\' {
                out.push('\\');
                copied = at;
                at += 1;
                continue;
            }
            let Some(c) = valid.get(at..).and_then(|rest| rest.chars().next()) else {
                break;
            };
            escape_char(&mut out, c, quote, ascii_only);
            at += c.len_utf8();
            copied = at;
        }
        out.push_str(valid.get(copied..).unwrap_or_default());
        for byte in chunk.invalid() {
            // Writing to a string cannot fail, here and below.
            _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push(char::from(quote));
    out
}

const fn is_plain(byte: u8, quote: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != quote && byte != b'\\'
}

fn escape_char(out: &mut String, c: char, quote: u8, ascii_only: bool) {
    if c == char::from(quote) || c == '\\' {
        out.push('\\');
        out.push(c);
        return;
    }
    if (c.is_ascii() || !ascii_only) && is_print(c) {
        out.push(c);
        return;
    }
    let short = match c {
        '\u{7}' => "\\a",
        '\u{8}' => "\\b",
        '\u{c}' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\u{b}' => "\\v",
        _ => "",
    };
    if !short.is_empty() {
        out.push_str(short);
        return;
    }
    let code = u32::from(c);
    _ = if code < 0x20 || code == 0x7f {
        write!(out, "\\x{code:02x}")
    } else if code < 0x1_0000 {
        write!(out, "\\u{code:04x}")
    } else {
        write!(out, "\\U{code:08x}")
    };
}

/// A piece of a quoted literal: a character, or a byte from `\x` and octal escapes.
pub enum Piece {
    /// A character.
    Char(char),
    /// A byte of its own.
    Byte(u8),
}

/// One character of a literal quoted by `quote`, and how many bytes it took.
pub fn unquote_char(text: &[u8], quote: u8) -> Option<(Piece, usize)> {
    let (c, width) = decode_char(text)?;
    if c == char::from(quote) && (quote == b'\'' || quote == b'"') {
        return None;
    }
    if c != '\\' {
        return Some((Piece::Char(c), width));
    }
    let escape = *text.get(1)?;
    let simple = match escape {
        b'a' => Some('\u{7}'),
        b'b' => Some('\u{8}'),
        b'f' => Some('\u{c}'),
        b'n' => Some('\n'),
        b'r' => Some('\r'),
        b't' => Some('\t'),
        b'v' => Some('\u{b}'),
        b'\\' => Some('\\'),
        b'\'' | b'"' => {
            if escape != quote {
                return None;
            }
            Some(char::from(escape))
        }
        _ => None,
    };
    if let Some(c) = simple {
        return Some((Piece::Char(c), 2));
    }
    let digits = |from: usize, count: usize, radix: u32| -> Option<u32> {
        text.get(from..from + count)?.iter().try_fold(0_u32, |value, &byte| {
            Some(value.checked_mul(radix)? + char::from(byte).to_digit(radix)?)
        })
    };
    match escape {
        b'x' => Some((Piece::Byte(u8::try_from(digits(2, 2, 16)?).ok()?), 4)),
        b'u' => Some((Piece::Char(char::from_u32(digits(2, 4, 16)?)?), 6)),
        b'U' => Some((Piece::Char(char::from_u32(digits(2, 8, 16)?)?), 10)),
        b'0'..=b'7' => Some((Piece::Byte(u8::try_from(digits(1, 3, 8)?).ok()?), 4)),
        _ => None,
    }
}

/// `strconv.Unquote` of a double-quoted or back-quoted literal; `None` for invalid syntax.
pub fn unquote(literal: &[u8]) -> Option<Vec<u8>> {
    let (&first, rest) = literal.split_first()?;
    let (&last, inner) = rest.split_last()?;
    if first != last {
        return None;
    }
    if first == b'`' {
        if inner.contains(&b'`') {
            return None;
        }
        return Some(inner.iter().copied().filter(|&byte| byte != b'\r').collect());
    }
    if first != b'"' || inner.contains(&b'\n') {
        return None;
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while !rest.is_empty() {
        let (piece, width) = unquote_char(rest, b'"')?;
        let (head, tail) = rest.split_at_checked(width)?;
        match piece {
            // An invalid byte of the source stays U+FFFD, as Go decodes it.
            Piece::Char(c) if head.len() == c.len_utf8() && head.first() != Some(&b'\\') => {
                out.extend_from_slice(head);
            }
            Piece::Char(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Piece::Byte(byte) => out.push(byte),
        }
        rest = tail;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_as_go_does() {
        let cases: &[(&[u8], &str)] = &[
            (b"a\"b\\", r#""a\"b\\""#),
            (b"\n\t\x07\x00\x7f", r#""\n\t\a\x00\x7f""#),
            ("é日🎉".as_bytes(), "\"é日🎉\""),
            ("\u{200b}\u{feff}\u{e000}".as_bytes(), r#""\u200b\ufeff\ue000""#),
            (b"\xff", r#""\xff""#),
            (b"a\xe6\x97b\xe6", r#""a\xe6\x97b\xe6""#),
            // Newer than Go's Unicode.
            ("\u{1c89}\u{1fae9}".as_bytes(), r#""\u1c89\U0001fae9""#),
            ("\u{600}\u{ad}\u{301}".as_bytes(), "\"\\u0600\\u00ad\u{301}\""),
        ];
        for (input, expected) in cases {
            assert_eq!(quote(input), *expected);
        }
        assert_eq!(quote_to_ascii("é🎉".as_bytes()), r#""\u00e9\U0001f389""#);
        assert_eq!(quote_rune('\'', false), r"'\''");
    }

    #[test]
    fn unquotes_what_go_accepts() {
        assert_eq!(unquote(br#""a\x41\101\u00e9\"""#).unwrap(), "aAA\u{e9}\"".as_bytes());
        assert_eq!(unquote(b"`a\r\\n`").unwrap(), b"a\\n");
        assert_eq!(unquote(br#""\q""#), None);
        assert_eq!(unquote(br#""\'""#), None);
        assert_eq!(unquote(br#""\ud800""#), None);
    }
}
