//! Go's `strconv.ParseFloat` with 64 bits: decimal and hexadecimal, underscores between digits, infinities, NaN.
//!
//! In: bytes. Out: the nearest number, ties to even, or what is wrong. Follows `strconv/atof.go`.

use super::integer::{NumberError, split_sign, underscores_separate_digits};

/// Exponents as large as this are out of range, or zero, whatever the digits.
const MAX_EXPONENT: i64 = 10_000;

/// `strconv.ParseFloat(text, 64)`.
///
/// # Errors
/// For a text that is not a number, or a number that is too large.
pub fn parse_float(text: &[u8]) -> Result<f64, NumberError<f64>> {
    let (is_negative, body) = split_sign(text);
    let magnitude = match body {
        [b'0', b'x' | b'X', digits @ ..] => hexadecimal(digits, text)?,
        [b'0'..=b'9' | b'.', ..] => decimal(body, text)?,
        _ => return special(text, is_negative, body),
    };
    let number = if is_negative { -magnitude } else { magnitude };
    if number.is_infinite() {
        return Err(NumberError::Range(number));
    }
    Ok(number)
}

fn special(text: &[u8], is_negative: bool, body: &[u8]) -> Result<f64, NumberError<f64>> {
    if body.eq_ignore_ascii_case(b"inf") || body.eq_ignore_ascii_case(b"infinity") {
        return Ok(if is_negative { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    if text.eq_ignore_ascii_case(b"nan") {
        return Ok(f64::NAN);
    }
    Err(NumberError::Syntax)
}

fn decimal(body: &[u8], text: &[u8]) -> Result<f64, NumberError<f64>> {
    // Rust's parser also accepts words such as `inf`.
    let is_number_byte = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-' | b'_');
    if !body.iter().all(is_number_byte) {
        return Err(NumberError::Syntax);
    }
    let parse = |body: &[u8]| std::str::from_utf8(body).ok()?.parse().ok();
    let number = if body.contains(&b'_') {
        if !underscores_separate_digits(text) {
            return Err(NumberError::Syntax);
        }
        let digits: Vec<u8> = body.iter().copied().filter(|&byte| byte != b'_').collect();
        parse(&digits)
    } else {
        parse(body)
    };
    number.ok_or(NumberError::Syntax)
}

/// The part after `0x`: digits with at most one point, then `p` and a decimal exponent of two.
fn hexadecimal(body: &[u8], text: &[u8]) -> Result<f64, NumberError<f64>> {
    if body.contains(&b'_') && !underscores_separate_digits(text) {
        return Err(NumberError::Syntax);
    }
    let mut bytes = body.iter().copied().filter(|&byte| byte != b'_');
    let mut mantissa = 0_u64;
    let mut exponent = 0_i64;
    let (mut has_digits, mut has_point) = (false, false);
    loop {
        match bytes.next() {
            Some(b'p' | b'P') if has_digits => break,
            Some(b'.') if !has_point => has_point = true,
            Some(byte) => {
                let digit = char::from(byte).to_digit(16).ok_or(NumberError::Syntax)?;
                has_digits = true;
                if mantissa >> 60 == 0 {
                    mantissa = mantissa << 4 | u64::from(digit);
                    exponent -= if has_point { 4 } else { 0 };
                } else {
                    // Digits that no longer fit only decide which way to round.
                    mantissa |= u64::from(digit != 0);
                    exponent += if has_point { 0 } else { 4 };
                }
            }
            None => return Err(NumberError::Syntax),
        }
    }
    exponent += decimal_exponent(bytes)?;
    Ok(scaled(mantissa, exponent))
}

fn decimal_exponent(bytes: impl Iterator<Item = u8>) -> Result<i64, NumberError<f64>> {
    let mut bytes = bytes.peekable();
    let sign = bytes.next_if(|byte| matches!(byte, b'+' | b'-'));
    bytes.peek().ok_or(NumberError::Syntax)?;
    let mut exponent = 0;
    for byte in bytes {
        let digit = char::from(byte).to_digit(10).ok_or(NumberError::Syntax)?;
        if exponent < MAX_EXPONENT {
            exponent = exponent * 10 + i64::from(digit);
        }
    }
    Ok(if sign == Some(b'-') { -exponent } else { exponent })
}

/// `mantissa × 2^exponent`, rounded to the nearest number, ties to even; infinite when it is too large.
fn scaled(mantissa: u64, exponent: i64) -> f64 {
    // Bits of a number, and the exponent of the last bit of the smallest one.
    const PRECISION: i64 = 53;
    const LOWEST: i64 = -1074;
    let bits = i64::from(u64::BITS - mantissa.leading_zeros());
    // The exponent of the last bit kept.
    let last = (exponent + bits - PRECISION).max(LOWEST);
    let dropped = last - exponent;
    let kept = match u32::try_from(dropped) {
        Ok(dropped) => round_off(mantissa, dropped),
        Err(_) => mantissa << dropped.unsigned_abs().min(63),
    };
    if kept == 0 {
        return 0.0;
    }
    if last > 1023 {
        return f64::INFINITY;
    }
    #[expect(clippy::cast_precision_loss, reason = "at most 53 bits are kept")]
    let kept = kept as f64;
    kept * power_of_two(last)
}

/// The mantissa without its last bits, rounded to even.
fn round_off(mantissa: u64, dropped: u32) -> u64 {
    if dropped == 0 {
        return mantissa;
    }
    let kept = mantissa.checked_shr(dropped).unwrap_or(0);
    // Beyond 64 bits the remainder is always below one half.
    let Some(half) = 1_u64.checked_shl(dropped - 1) else {
        return 0;
    };
    let rest = mantissa & (half | (half - 1));
    kept + u64::from(rest > half || rest == half && kept % 2 == 1)
}

/// Two to a power from -1074 to 1023, which is exact.
fn power_of_two(exponent: i64) -> f64 {
    let bits = match exponent {
        ..-1022 => 1_u64 << (exponent + 1074).clamp(0, 51),
        _ => u64::try_from(exponent + 1023).unwrap_or(0) << 52,
    };
    f64::from_bits(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers that Go 1.26 reads, as bits.
    #[test]
    fn numbers_are_read_as_go_reads_them() {
        for (text, bits) in [
            ("0x10000000000000800000000000000001p0", 0x47b0_0000_0000_0001_u64),
            ("1_0.5", 0x4025_0000_0000_0000),
            ("1_23.50_0_0e+1_2", 0x42dc_14a5_684e_0000),
            ("1_000", 0x408f_4000_0000_0000),
            ("0x1p-2", 0x3fd0_0000_0000_0000),
            ("0x_1p4", 0x4030_0000_0000_0000),
            ("0x1p1_0", 0x4090_0000_0000_0000),
            ("0x1p-1074", 0x0000_0000_0000_0001),
            ("0x1p-1075", 0x0000_0000_0000_0000),
            ("0x1.8p-1075", 0x0000_0000_0000_0001),
            ("0x3p-1075", 0x0000_0000_0000_0002),
            ("0x2.0000000000001p-1075", 0x0000_0000_0000_0001),
            ("0x1.00000000000008p0", 0x3ff0_0000_0000_0000),
            ("0x1.00000000000018p0", 0x3ff0_0000_0000_0002),
            ("0x1.000000000000080001p0", 0x3ff0_0000_0000_0001),
            (
                "0x1.00000000000010000000000000000000000000001p-1030",
                0x0000_1000_0000_0000,
            ),
            ("0x.8p1", 0x3ff0_0000_0000_0000),
            ("0x8.p1", 0x4030_0000_0000_0000),
            ("0x0p99999999999", 0x0000_0000_0000_0000),
            ("0x1p-99999999999", 0x0000_0000_0000_0000),
            ("0x1.fffffffffffffp1023", 0x7fef_ffff_ffff_ffff),
            ("0x1.fffffffffffff7p1023", 0x7fef_ffff_ffff_ffff),
            ("0x123456789abcdef01234p-4", 0x4472_3456_789a_bcdf),
            (".5", 0x3fe0_0000_0000_0000),
            ("5.", 0x4014_0000_0000_0000),
            ("+.5e1", 0x4014_0000_0000_0000),
            ("1E5", 0x40f8_6a00_0000_0000),
            ("08.5", 0x4021_0000_0000_0000),
            ("9007199254740993", 0x4340_0000_0000_0000),
            ("0.1e1_0", 0x41cd_cd65_0000_0000),
            ("1e-400", 0x0000_0000_0000_0000),
            ("-Inf", 0xfff0_0000_0000_0000),
            ("+inf", 0x7ff0_0000_0000_0000),
            ("INFINITY", 0x7ff0_0000_0000_0000),
        ] {
            let number = parse_float(text.as_bytes()).map(f64::to_bits);
            assert_eq!(number, Ok(bits), "{text}");
        }
        assert!(parse_float(b"nan").is_ok_and(f64::is_nan));
    }

    #[test]
    fn anything_else_is_refused_as_go_refuses_it() {
        for text in [
            "0x1_p4", "1__0", "_1", "1_", "0x1", "0x1.", "0xp1", "0x1p", "0x1p+", "0x1..p1", "1e", "1e+", ".", "+nan",
            "-nan", "infi", "1 ", "", "-", "--1", "0b1", "0o7", "1p4", "0x1e2", "٣", "1_e5", "1._5", "0x1p1x",
        ] {
            assert_eq!(parse_float(text.as_bytes()), Err(NumberError::Syntax), "{text}");
        }
        for (text, nearest) in [
            ("1e400", f64::INFINITY),
            ("-1e400", f64::NEG_INFINITY),
            ("0x1p1024", f64::INFINITY),
            ("0x1.fffffffffffff8p1023", f64::INFINITY),
            ("-0x1p99999999999", f64::NEG_INFINITY),
            ("1.7976931348623159e308", f64::INFINITY),
            ("1e99999999999999", f64::INFINITY),
        ] {
            assert_eq!(parse_float(text.as_bytes()), Err(NumberError::Range(nearest)), "{text}");
        }
    }
}
