//! Numeric and character constants, with every type a constant can take.
//!
//! Follows `newNumber` of Go's `text/template/parse/node.go` and the syntax of `strconv.ParseInt` and `ParseFloat`.

use super::lexer::TokenKind;
use super::tree::Number;
use crate::text::go::float_parse::parse_float;
use crate::text::go::integer::{parse_int, parse_uint};
use crate::text::go::quote::{Piece, quote, unquote_char};

/// Reads the constant, or gives Go's error text.
pub(super) fn parse_number(text: &[u8], kind: TokenKind) -> Result<Number, String> {
    match kind {
        TokenKind::CharConstant => parse_char(text),
        TokenKind::Complex => parse_complex(text),
        _ => parse_real(text),
    }
}

fn parse_char(text: &[u8]) -> Result<Number, String> {
    let inner = text.get(1..).unwrap_or_default();
    let (piece, width) = unquote_char(inner, b'\'').ok_or("invalid syntax")?;
    if inner.get(width..) != Some(b"'") {
        return Err(format!(
            "malformed character constant: {}",
            String::from_utf8_lossy(text)
        ));
    }
    let code = match piece {
        Piece::Char(c) => u32::from(c),
        Piece::Byte(byte) => u32::from(byte),
    };
    Ok(Number {
        int: Some(i64::from(code)),
        uint: Some(u64::from(code)),
        float: Some(f64::from(code)),
        complex: None,
    })
}

fn parse_complex(text: &[u8]) -> Result<Number, String> {
    let failed = || "syntax error scanning complex number".to_owned();
    let body = text.strip_suffix(b"i").ok_or_else(failed)?;
    // The sign of the imaginary part is the last one that is not an exponent's.
    let split = (1..body.len())
        .rev()
        .find(|&at| {
            let exponents: &[u8] = if is_hexadecimal(body) { b"pP" } else { b"eEpP" };
            matches!(body.get(at), Some(b'+' | b'-'))
                && body.get(at - 1).is_some_and(|before| !exponents.contains(before))
        })
        .ok_or_else(failed)?;
    let (real, imaginary) = body.split_at_checked(split).ok_or_else(failed)?;
    let real = parse_float(real).map_err(|_| failed())?;
    let imaginary = parse_float(imaginary).map_err(|_| failed())?;
    Ok(simplify(real, imaginary))
}

fn is_hexadecimal(text: &[u8]) -> bool {
    text.windows(2).any(|pair| matches!(pair, [b'0', b'x' | b'X']))
}

/// A complex constant without imaginary part can be any number.
fn simplify(real: f64, imaginary: f64) -> Number {
    let is_real = imaginary == 0.0;
    Number {
        int: if is_real { exact_int(real) } else { None },
        uint: if is_real { exact_uint(real) } else { None },
        float: is_real.then_some(real),
        complex: Some((real, imaginary)),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn exact_int(value: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    (value.fract() == 0.0 && (-LIMIT..LIMIT).contains(&value)).then_some(value as i64)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked"
)]
fn exact_uint(value: f64) -> Option<u64> {
    const LIMIT: f64 = 18_446_744_073_709_551_616.0;
    (value.fract() == 0.0 && (0.0..LIMIT).contains(&value)).then_some(value as u64)
}

fn parse_real(text: &[u8]) -> Result<Number, String> {
    if let Some(body) = text.strip_suffix(b"i")
        && let Ok(imaginary) = parse_float(body)
    {
        return Ok(simplify(0.0, imaginary));
    }
    let mut number = Number {
        uint: parse_uint(text, 0).ok(),
        int: parse_int(text, 0).ok(),
        ..Number::default()
    };
    if number.int == Some(0) {
        number.uint = Some(0);
    }
    #[expect(clippy::cast_precision_loss, reason = "Go converts the same way")]
    if let Some(int) = number.int {
        number.float = Some(int as f64);
    } else if let Some(uint) = number.uint {
        number.float = Some(uint as f64);
    } else if let Ok(float) = parse_float(text) {
        if !text.iter().any(|byte| b".eEpP".contains(byte)) {
            return Err(format!("integer overflow: {}", quote(text)));
        }
        number.float = Some(float);
        number.int = exact_int(float);
        number.uint = exact_uint(float);
    }
    if number.float.is_none() {
        return Err(format!("illegal number syntax: {}", quote(text)));
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_constants_as_go_does() {
        let cases: &[(&str, Option<i64>, Option<f64>)] = &[
            ("0x1F", Some(31), Some(31.0)),
            ("017", Some(15), Some(15.0)),
            ("1_000", Some(1000), Some(1000.0)),
            ("-0", Some(0), Some(0.0)),
            ("1e3", Some(1000), Some(1000.0)),
            ("1.5", None, Some(1.5)),
            ("0x1p4", Some(16), Some(16.0)),
            ("1_0.5", None, Some(10.5)),
            ("18446744073709551615", None, Some(18_446_744_073_709_551_615.0)),
        ];
        for (text, int, float) in cases {
            let number = parse_number(text.as_bytes(), TokenKind::Number).unwrap();
            assert_eq!((number.int, number.float), (*int, *float), "{text}");
        }
        for text in ["1__0", "_1", "08", "1e400", "99999999999999999999", "1_", "0x"] {
            assert!(parse_number(text.as_bytes(), TokenKind::Number).is_err(), "{text}");
        }
        assert_eq!(
            parse_number(b"1+2i", TokenKind::Complex).unwrap().complex,
            Some((1.0, 2.0))
        );
    }
}
