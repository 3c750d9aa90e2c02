//! Text of strings and the form of numbers, as `parse.go` checks them.

/// Removes the line break right after the opening quotes.
pub(super) fn without_first_break(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\n")
        .or_else(|| text.strip_prefix(b"\r\n"))
        .unwrap_or(text)
}

/// Removes backslashes before line breaks, with all white space that follows.
pub(super) fn without_escaped_breaks(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(slash) = memchr::memchr(b'\\', rest) {
        let (before, tail) = rest.split_at_checked(slash).unwrap_or((rest, b""));
        out.extend_from_slice(before);
        let after = tail.get(1..).unwrap_or_default();
        let spaces = after
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
            .count();
        let (space, following) = after.split_at_checked(spaces).unwrap_or((after, b""));
        if space.contains(&b'\n') {
            rest = following;
            continue;
        }
        // An escape of one character stays whole, so that an escaped backslash is not mistaken for one.
        let kept = tail.len().min(2);
        let (escape, following) = tail.split_at_checked(kept).unwrap_or((tail, b""));
        out.extend_from_slice(escape);
        rest = following;
    }
    out.extend_from_slice(rest);
    out
}

/// Replaces escapes, which the lexer has seen to be of the right form.
pub(super) fn unescape(text: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let Some((&mark, tail)) = rest.split_first() else {
            break;
        };
        rest = tail;
        let digits = match mark {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => 0,
        };
        if digits == 0 {
            out.push(match mark {
                b'b' => 8,
                b't' => b'\t',
                b'n' => b'\n',
                b'f' => 12,
                b'r' => b'\r',
                b'e' => 27,
                b' ' | b'\t' => return Err(format!("invalid escape: '\\{}'", char::from(mark))),
                other => other,
            });
            continue;
        }
        let (written, tail) = rest.split_at_checked(digits).unwrap_or((rest, b""));
        rest = tail;
        let written = String::from_utf8_lossy(written);
        let character = u32::from_str_radix(&written, 16).ok().and_then(char::from_u32);
        let Some(character) = character else {
            return Err(format!("Escaped character '\\u{written}' is not valid UTF-8."));
        };
        let mut buffer = [0; 4];
        out.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
    }
    Ok(out)
}

/// Whether every underscore follows a digit and the text ends in one.
pub(super) fn underscores_are_between_digits(text: &str) -> bool {
    if matches!(text, "nan" | "+nan" | "-nan" | "inf" | "+inf" | "-inf") {
        return true;
    }
    let mut after_digit = false;
    for character in text.chars() {
        if character == '_' && !after_digit {
            return false;
        }
        after_digit = character.is_ascii_hexdigit();
    }
    after_digit
}

/// Whether a number begins with a zero it should not have.
pub(super) fn has_leading_zero(text: &str) -> bool {
    match text.as_bytes() {
        [b'0', second, ..] => !matches!(second, b'b' | b'o' | b'x'),
        [b'-' | b'+', b'0', _, ..] => true,
        _ => false,
    }
}
