//! What the spelling of a text means (cel-go `parser/unescape.go`).

/// The text that a literal with quotation marks, perhaps with an `r` before them, means.
///
/// # Errors
/// What is wrong with an escape, in cel-go's words.
pub(super) fn text(literal: &str) -> Result<String, String> {
    let bytes = unescape(literal, false)?;
    String::from_utf8(bytes).map_err(|_| UNABLE.to_owned())
}

/// The bytes that such a literal means, where `\x` and octal escapes are bytes.
///
/// # Errors
/// As for [`text`].
pub(super) fn bytes(literal: &str) -> Result<Vec<u8>, String> {
    unescape(literal, true)
}

const UNABLE: &str = "unable to unescape string";

fn unescape(literal: &str, is_bytes: bool) -> Result<Vec<u8>, String> {
    let literal = literal.replace("\r\n", "\n").replace('\r', "\n");
    let (is_raw, quoted) = match literal.strip_prefix(['r', 'R']) {
        Some(quoted) => (true, quoted),
        None => (false, literal.as_str()),
    };
    let marks = if quoted.len() >= 6 && (quoted.starts_with("'''") || quoted.starts_with("\"\"\"")) {
        3
    } else {
        1
    };
    let inner = quoted.len().checked_sub(marks).and_then(|end| quoted.get(marks..end));
    let inner = inner.ok_or_else(|| UNABLE.to_owned())?;
    if is_raw || !inner.contains('\\') {
        return Ok(inner.as_bytes().to_vec());
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let rest = letters.as_str();
        let (code, length) = escape(rest, is_bytes)?;
        match code {
            Code::Byte(byte) => out.push(byte),
            Code::Letter(code) => {
                let letter = char::from_u32(code).ok_or("invalid unicode code point")?;
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        letters = rest.get(length..).unwrap_or_default().chars();
    }
    Ok(out)
}

/// What an escape means.
enum Code {
    Byte(u8),
    Letter(u32),
}

/// What the escape means whose letters, without the backslash, begin a text, and how long it is.
fn escape(rest: &str, is_bytes: bool) -> Result<(Code, usize), String> {
    let letter = rest.bytes().next().unwrap_or_default();
    let plain = match letter {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'\\' | b'\'' | b'"' | b'`' | b'?' => letter,
        b'x' | b'X' | b'u' | b'U' => {
            let length = match letter {
                b'u' => 5,
                b'U' => 9,
                _ => 3,
            };
            if is_bytes && length > 3 {
                return Err(UNABLE.to_owned());
            }
            let digits = rest.get(1..length).ok_or(UNABLE)?;
            let code = u32::from_str_radix(digits, 16).map_err(|_| UNABLE.to_owned())?;
            return Ok((of(code, is_bytes), length));
        }
        b'0'..=b'3' => {
            let octal = "unable to unescape octal sequence in string";
            let digits = rest.get(..3).ok_or(octal)?;
            let code = u32::from_str_radix(digits, 8).map_err(|_| octal.to_owned())?;
            return Ok((of(code, is_bytes), 3));
        }
        _ => return Err(UNABLE.to_owned()),
    };
    Ok((Code::Byte(plain), 1))
}

fn of(code: u32, is_bytes: bool) -> Code {
    match u8::try_from(code) {
        Ok(byte) if is_bytes => Code::Byte(byte),
        _ => Code::Letter(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_letters_or_bytes() {
        for (literal, wanted) in [
            ("'a'", "a"),
            ("'''a\r\nb'''", "a\nb"),
            (r#""\a\b\f\n\r\t\v\\\'\"\?\`""#, "\u{7}\u{8}\u{c}\n\r\t\u{b}\\'\"?`"),
            (r"'\x41\u00e9\U0001F600\101'", "Aé😀A"),
            (r"r'\d'", r"\d"),
            ("''", ""),
        ] {
            assert_eq!(text(literal).as_deref(), Ok(wanted), "{literal}");
        }
        assert_eq!(bytes(r"'\xff\377é'").as_deref(), Ok(&b"\xff\xff\xc3\xa9"[..]));
        assert_eq!(text(r"'\ud800'").unwrap_err(), "invalid unicode code point");
        assert_eq!(bytes(r"'\u0041'").unwrap_err(), UNABLE);
    }
}
