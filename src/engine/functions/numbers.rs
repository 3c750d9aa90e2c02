//! Go's `strconv` for numbers: parsing with its syntax, printing with its digits.
//!
//! In: bytes or a number. Out: what `ParseInt`, `ParseFloat` and `FormatFloat` give.

use std::fmt::Write as _;

/// Why a number does not parse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberError {
    /// Not a number.
    Syntax,
    /// Beyond 64 bits; holds the nearest value, which Go returns beside the error.
    Range(i64),
}

/// `strconv.ParseInt(text, base, 64)`; base 0 reads prefixes and underscores.
pub(super) fn parse_int(text: &[u8], base: u32) -> Result<i64, NumberError> {
    let (negative, digits) = split_sign(text);
    if digits.is_empty() {
        return Err(NumberError::Syntax);
    }
    let (radix, digits, underscores) = if base == 0 {
        let (radix, digits) = split_prefix(digits);
        (radix, digits, true)
    } else {
        (base, digits, false)
    };
    if digits.is_empty() {
        return Err(NumberError::Syntax);
    }
    let magnitude = accumulate(digits, radix, underscores)?;
    if underscores && text.contains(&b'_') && !underscores_separate_digits(text) {
        return Err(NumberError::Syntax);
    }
    let limit = if negative {
        -i128::from(i64::MIN)
    } else {
        i128::from(i64::MAX)
    };
    match magnitude {
        Some(magnitude) if i128::from(magnitude) <= limit => {
            let signed = if negative {
                -i128::from(magnitude)
            } else {
                i128::from(magnitude)
            };
            Ok(i64::try_from(signed).unwrap_or_default())
        }
        _ => Err(NumberError::Range(if negative { i64::MIN } else { i64::MAX })),
    }
}

/// The digits as a number; `None` when it does not fit 64 bits.
fn accumulate(digits: &[u8], radix: u32, underscores: bool) -> Result<Option<u64>, NumberError> {
    let mut total = Some(0_u64);
    for &byte in digits {
        if underscores && byte == b'_' {
            continue;
        }
        let digit = char::from(byte).to_digit(radix).ok_or(NumberError::Syntax)?;
        total = total
            .and_then(|total| total.checked_mul(u64::from(radix)))
            .and_then(|total| total.checked_add(u64::from(digit)));
        if total.is_none() {
            // Go reports the range as soon as it is left, whatever follows.
            return Ok(None);
        }
    }
    Ok(total)
}

fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// Radix and digits of a literal with an optional prefix.
fn split_prefix(digits: &[u8]) -> (u32, &[u8]) {
    match digits {
        [b'0', b'b' | b'B', _, ..] => (2, digits.get(2..).unwrap_or_default()),
        [b'0', b'o' | b'O', _, ..] => (8, digits.get(2..).unwrap_or_default()),
        [b'0', b'x' | b'X', _, ..] => (16, digits.get(2..).unwrap_or_default()),
        [b'0', rest @ ..] if !rest.is_empty() => (8, rest),
        _ => (10, digits),
    }
}

/// Whether underscores stand only between digits, or right after a base prefix.
fn underscores_separate_digits(text: &[u8]) -> bool {
    let (_, text) = split_sign(text);
    let mut last = b'^';
    let mut body = text;
    let mut hexadecimal = false;
    if let [b'0', prefix @ (b'b' | b'B' | b'o' | b'O' | b'x' | b'X'), rest @ ..] = text {
        hexadecimal = matches!(prefix, b'x' | b'X');
        body = rest;
        last = b'0';
    }
    for &byte in body {
        if byte.is_ascii_digit() || hexadecimal && byte.is_ascii_hexdigit() {
            last = b'0';
        } else if byte == b'_' {
            if last != b'0' {
                return false;
            }
            last = b'_';
        } else {
            if last == b'_' {
                return false;
            }
            last = b'!';
        }
    }
    last != b'_'
}

/// `strconv.ParseFloat(text, 64)`; `None` on any error.
pub(super) fn parse_float(text: &[u8]) -> Option<f64> {
    let (negative, body) = split_sign(text);
    let lowered = body.to_ascii_lowercase();
    let magnitude = match lowered.as_slice() {
        b"inf" | b"infinity" => f64::INFINITY,
        b"nan" if body.len() == text.len() => f64::NAN,
        b"nan" => return None,
        [b'0', b'x', digits @ ..] => {
            if !underscores_separate_digits(&lowered) {
                return None;
            }
            parse_hexadecimal(digits)?
        }
        _ => parse_decimal(&lowered)?,
    };
    Some(if negative { -magnitude } else { magnitude })
}

fn parse_decimal(text: &[u8]) -> Option<f64> {
    let is_number_byte = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'+' | b'-' | b'_');
    if !text.iter().all(is_number_byte) || matches!(text.first(), None | Some(b'+' | b'-' | b'e')) {
        return None;
    }
    let number: f64 = if text.contains(&b'_') {
        if !underscores_separate_digits(text) {
            return None;
        }
        let digits: Vec<u8> = text.iter().copied().filter(|&byte| byte != b'_').collect();
        std::str::from_utf8(&digits).ok()?.parse().ok()?
    } else {
        std::str::from_utf8(text).ok()?.parse().ok()?
    };
    number.is_finite().then_some(number)
}

/// The part of a hexadecimal float after `0x`: digits, a required exponent in powers of two.
fn parse_hexadecimal(text: &[u8]) -> Option<f64> {
    let split = text.iter().position(|&byte| byte == b'p')?;
    let (digits, exponent) = text.split_at_checked(split)?;
    let exponent: i32 = std::str::from_utf8(exponent.get(1..)?).ok()?.parse().ok()?;
    let mut mantissa = 0_u128;
    let mut shift = 0_i32;
    let mut point = false;
    let mut any = false;
    for &byte in digits {
        match byte {
            b'_' => {}
            b'.' if point => return None,
            b'.' => point = true,
            _ => {
                let digit = char::from(byte).to_digit(16)?;
                any = true;
                if mantissa >> 120 == 0 {
                    mantissa = mantissa << 4 | u128::from(digit);
                    shift -= if point { 4 } else { 0 };
                } else if !point {
                    shift += 4;
                }
            }
        }
    }
    if !any {
        return None;
    }
    let exponent = exponent.checked_add(shift)?.clamp(-2_000, 2_000);
    #[expect(
        clippy::cast_precision_loss,
        reason = "rounding to the nearest float is what is asked for"
    )]
    let number = mantissa as f64 * 2_f64.powi(exponent / 2) * 2_f64.powi(exponent - exponent / 2);
    number.is_finite().then_some(number)
}

/// The shortest decimal digits that give the number back, and its decimal exponent (`d.ddd` times ten to it).
pub(super) fn shortest_digits(number: f64) -> (String, i32) {
    let printed = format!("{:e}", number.abs());
    let (mantissa, exponent) = printed.split_once('e').unwrap_or((&printed, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    (digits, exponent.parse().unwrap_or_default())
}

/// `strconv.FormatFloat(number, 'g', -1, 64)`, which is `%v`.
pub(super) fn format_float(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let (digits, exponent) = shortest_digits(number);
    if number != 0.0 && !(-4..6).contains(&exponent) {
        return exponent_form(number, &digits, exponent, 2);
    }
    format!("{number}")
}

/// `d.ddde±XX` with at least `width` digits of exponent.
fn exponent_form(number: f64, digits: &str, exponent: i32, width: usize) -> String {
    let mut out = String::new();
    if number.is_sign_negative() {
        out.push('-');
    }
    let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
    out.push_str(first);
    if !rest.is_empty() {
        out.push('.');
        out.push_str(rest);
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    let _ = write!(out, "e{sign}{:0width$}", exponent.unsigned_abs());
    out
}

/// A float as `encoding/json` writes it; the number is finite.
pub(super) fn format_json_float(number: f64) -> String {
    let magnitude = number.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let (digits, exponent) = shortest_digits(number);
        let width = if exponent < 0 { 1 } else { 2 };
        return exponent_form(number, &digits, exponent, width);
    }
    format!("{number}")
}

/// Go's conversion of a float to `int64` on amd64: what does not fit becomes the smallest integer.
pub(super) fn float_to_int(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if number.is_nan() || !(-LIMIT..LIMIT).contains(&number) {
        return i64::MIN;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    let whole = number as i64;
    whole
}

#[cfg(test)]
mod tests {
    use super::{NumberError, format_float, format_json_float, parse_float, parse_int};

    #[test]
    fn integers() {
        for (text, base, expected) in [
            ("017", 0, Ok(15)),
            ("0x1F", 0, Ok(31)),
            ("0o17", 0, Ok(15)),
            ("0b11", 0, Ok(3)),
            ("1_000", 0, Ok(1000)),
            ("0x_1F", 0, Ok(31)),
            ("1__0", 0, Err(NumberError::Syntax)),
            ("_1", 0, Err(NumberError::Syntax)),
            ("08", 0, Err(NumberError::Syntax)),
            ("0", 0, Ok(0)),
            ("-9223372036854775808", 10, Ok(i64::MIN)),
            ("9223372036854775808", 10, Err(NumberError::Range(i64::MAX))),
            ("", 10, Err(NumberError::Syntax)),
            ("1_0", 10, Err(NumberError::Syntax)),
        ] {
            assert_eq!(parse_int(text.as_bytes(), base), expected, "{text}");
        }
    }

    #[test]
    fn floats() {
        for (number, printed, json) in [
            (1e6, "1e+06", "1000000"),
            (1.5, "1.5", "1.5"),
            (1e21, "1e+21", "1e+21"),
            (1e-7, "1e-07", "1e-7"),
            (0.0, "0", "0"),
            (123_456_789.0, "1.23456789e+08", "123456789"),
            (0.0001, "0.0001", "0.0001"),
            (-2.5, "-2.5", "-2.5"),
        ] {
            assert_eq!(format_float(number), printed);
            assert_eq!(format_json_float(number), json);
        }
        assert_eq!(parse_float(b"0x1p-2"), Some(0.25));
        assert_eq!(parse_float(b"1_000"), Some(1000.0));
        assert_eq!(parse_float(b"1__0"), None);
        assert_eq!(parse_float(b"1e400"), None);
        assert_eq!(parse_float(b".5"), Some(0.5));
        assert_eq!(parse_float(b"5."), Some(5.0));
        assert_eq!(parse_float(b"-Inf"), Some(f64::NEG_INFINITY));
    }
}
