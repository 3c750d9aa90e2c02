//! The escaping functions `html`, `js` and `urlquery`.

use crate::text::go::unicode::is_print;
use crate::text::go::utf8::decode_char;

/// A text in HTML: `template.HTMLEscaper` of Go.
pub fn html(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        let escaped: &[u8] = match byte {
            0 => "\u{fffd}".as_bytes(),
            b'"' => b"&#34;",
            b'\'' => b"&#39;",
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            _ => {
                out.push(byte);
                continue;
            }
        };
        out.extend_from_slice(escaped);
    }
    out
}

/// A text in a string of JavaScript: `template.JSEscaper` of Go.
pub fn js(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((c, width)) = decode_char(rest) {
        let (head, tail) = rest.split_at_checked(width).unwrap_or_default();
        match c {
            '\\' | '\'' | '"' => {
                out.push(b'\\');
                out.extend_from_slice(head);
            }
            '<' | '>' | '&' | '=' | '\0'..=' ' if c != ' ' => {
                out.extend_from_slice(format!("\\u{:04X}", u32::from(c)).as_bytes());
            }
            _ if c.is_ascii() || is_print(c) => out.extend_from_slice(head),
            _ => out.extend_from_slice(format!("\\u{:04X}", u32::from(c)).as_bytes()),
        }
        rest = tail;
    }
    out
}

/// A text in the query of an address: `template.URLQueryEscaper` of Go.
pub fn url_query(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        match byte {
            b' ' => out.push(b'+'),
            b'-' | b'_' | b'.' | b'~' => out.push(byte),
            _ if byte.is_ascii_alphanumeric() => out.push(byte),
            _ => out.extend([b'%', upper_digit(byte >> 4), upper_digit(byte & 15)]),
        }
    }
    out
}

/// A number below sixteen as a hexadecimal digit.
const fn upper_digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'A' + (value - 10) }
}
