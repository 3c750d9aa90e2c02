//! Go's `strconv.ParseInt` and `ParseUint` with 64 bits.
//!
//! In: bytes and a base; base 0 reads prefixes (`0x`, `0o`, `0b`, `0`) and underscores. Out: the number, or what is wrong with
//! it. Follows `strconv/atoi.go`.

/// Why a text is not a number of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberError<T> {
    /// Not a number at all.
    Syntax,
    /// Out of the type's range; contains the nearest number, which Go returns along with the error.
    Range(T),
}

/// `strconv.ParseInt(text, base, 64)`.
///
/// # Errors
/// For a text that is not an integer in this base, or does not fit.
pub fn parse_int(text: &[u8], base: u32) -> Result<i64, NumberError<i64>> {
    let (is_negative, digits) = split_sign(text);
    let nearest = if is_negative { i64::MIN } else { i64::MAX };
    let magnitude = parse_uint(digits, base).map_err(|error| match error {
        NumberError::Syntax => NumberError::Syntax,
        NumberError::Range(_) => NumberError::Range(nearest),
    })?;
    let number = if is_negative {
        0_i64.checked_sub_unsigned(magnitude)
    } else {
        i64::try_from(magnitude).ok()
    };
    number.ok_or(NumberError::Range(nearest))
}

/// `strconv.ParseUint(text, base, 64)`: no sign is allowed.
///
/// # Errors
/// For a text that is not an integer in this base, or does not fit.
pub fn parse_uint(text: &[u8], base: u32) -> Result<u64, NumberError<u64>> {
    let (radix, digits) = if base == 0 { split_prefix(text) } else { (base, text) };
    if digits.is_empty() {
        return Err(NumberError::Syntax);
    }
    let mut has_underscores = false;
    let mut total = 0_u64;
    for &byte in digits {
        if base == 0 && byte == b'_' {
            has_underscores = true;
            continue;
        }
        let digit = char::from(byte).to_digit(radix).ok_or(NumberError::Syntax)?;
        // Go reports a number out of range at once, whatever follows.
        total = total
            .checked_mul(u64::from(radix))
            .and_then(|total| total.checked_add(u64::from(digit)))
            .ok_or(NumberError::Range(u64::MAX))?;
    }
    if has_underscores && !underscores_separate_digits(text) {
        return Err(NumberError::Syntax);
    }
    Ok(total)
}

/// Whether there is a minus, and the text after the sign.
pub(super) const fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// Radix and digits of a literal with an optional prefix.
const fn split_prefix(text: &[u8]) -> (u32, &[u8]) {
    match text {
        [b'0', b'b' | b'B', digits @ ..] if !digits.is_empty() => (2, digits),
        [b'0', b'o' | b'O', digits @ ..] if !digits.is_empty() => (8, digits),
        [b'0', b'x' | b'X', digits @ ..] if !digits.is_empty() => (16, digits),
        [b'0', digits @ ..] if !digits.is_empty() => (8, digits),
        _ => (10, text),
    }
}

/// Whether underscores come only between digits, or right after a base prefix.
pub(super) fn underscores_separate_digits(text: &[u8]) -> bool {
    let (_, unsigned) = split_sign(text);
    let (mut last, is_hexadecimal, body) = match unsigned {
        [b'0', b'x' | b'X', body @ ..] => (Last::Digit, true, body),
        [b'0', b'b' | b'B' | b'o' | b'O', body @ ..] => (Last::Digit, false, body),
        _ => (Last::Other, false, unsigned),
    };
    for &byte in body {
        let next = match byte {
            b'0'..=b'9' => Last::Digit,
            b'a'..=b'f' | b'A'..=b'F' if is_hexadecimal => Last::Digit,
            b'_' => Last::Underscore,
            _ => Last::Other,
        };
        let is_bad = next == Last::Underscore && last != Last::Digit || last == Last::Underscore && next == Last::Other;
        if is_bad {
            return false;
        }
        last = next;
    }
    last != Last::Underscore
}

/// The kind of the previous byte.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Digit,
    Underscore,
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `ParseInt` and `ParseUint` of Go 1.26 with base 0 and base 10.
    #[test]
    fn integers_are_read_as_go_reads_them() {
        const BAD: Result<i64, NumberError<i64>> = Err(NumberError::Syntax);
        const BAD_UINT: Result<u64, NumberError<u64>> = Err(NumberError::Syntax);
        for (text, any_base, unsigned, decimal) in [
            ("017", Ok(15), Ok(15), Ok(17)),
            ("0x1F", Ok(31), Ok(31), BAD),
            ("0o17", Ok(15), Ok(15), BAD),
            ("0B11", Ok(3), Ok(3), BAD),
            ("1_000", Ok(1000), Ok(1000), BAD),
            ("0x_1F", Ok(31), Ok(31), BAD),
            ("0_7", Ok(7), Ok(7), BAD),
            ("0_8", BAD, BAD_UINT, BAD),
            ("1__0", BAD, BAD_UINT, BAD),
            ("_1", BAD, BAD_UINT, BAD),
            ("1_", BAD, BAD_UINT, BAD),
            ("0_", BAD, BAD_UINT, BAD),
            ("08", BAD, BAD_UINT, Ok(8)),
            ("0", Ok(0), Ok(0), Ok(0)),
            ("0x", BAD, BAD_UINT, BAD),
            ("+5", Ok(5), BAD_UINT, Ok(5)),
            ("-", BAD, BAD_UINT, BAD),
            ("", BAD, BAD_UINT, BAD),
            ("--5", BAD, BAD_UINT, BAD),
            ("1e3", BAD, BAD_UINT, BAD),
            ("-9223372036854775808", Ok(i64::MIN), BAD_UINT, Ok(i64::MIN)),
            (
                "-9223372036854775809",
                Err(NumberError::Range(i64::MIN)),
                BAD_UINT,
                Err(NumberError::Range(i64::MIN)),
            ),
            (
                "9223372036854775808",
                Err(NumberError::Range(i64::MAX)),
                Ok(9_223_372_036_854_775_808),
                Err(NumberError::Range(i64::MAX)),
            ),
            (
                "99999999999999999999z",
                Err(NumberError::Range(i64::MAX)),
                Err(NumberError::Range(u64::MAX)),
                Err(NumberError::Range(i64::MAX)),
            ),
        ] {
            assert_eq!(parse_int(text.as_bytes(), 0), any_base, "{text}");
            assert_eq!(parse_uint(text.as_bytes(), 0), unsigned, "{text}");
            assert_eq!(parse_int(text.as_bytes(), 10), decimal, "{text}");
        }
    }
}
