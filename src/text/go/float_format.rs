//! Go's `strconv.FormatFloat`, and a float as `encoding/json` writes it.
//!
//! In: a number. Out: its text. Follows `strconv/ftoa.go` and `encoding/json/encode.go`.

use std::fmt::Write as _;

/// Whole numbers below this are written with all their digits by `%v`.
const PLAIN_LIMIT: f64 = 1e6;

/// Decimal digits of a finite number: `0.d1d2d3… × 10^point`.
struct Decimal {
    digits: Vec<u8>,
    point: i32,
}

/// `strconv.FormatFloat(value, 'g', -1, 64)`, which is what `%v` prints.
pub fn format_shortest(value: f64) -> String {
    format_float(value, b'g', None)
}

/// Most numbers in charts are ports and counts, whose digits need no search.
fn small_whole_number(value: f64) -> Option<String> {
    let is_negative_zero = value == 0.0 && value.is_sign_negative();
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    let text = || (value as i64).to_string();
    (value.fract() == 0.0 && value.abs() < PLAIN_LIMIT && !is_negative_zero).then(text)
}

/// `strconv.FormatFloat(value, 'g', -1, 32)`.
pub fn format_shortest_32(value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "Go rounds to 32 bits here")]
    let value = value as f32;
    let mut out = String::new();
    if let Some(word) = word(f64::from(value)) {
        return word.to_owned();
    }
    if value.is_sign_negative() {
        out.push('-');
    }
    let decimal = split(&format!("{:e}", value.abs()));
    write_decimal(&mut out, &decimal, b'g', None);
    out
}

/// A finite number as `encoding/json` writes it.
pub fn format_json(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-6..1e21).contains(&magnitude) {
        return value.to_string();
    }
    let text = format_float(value, b'e', None);
    // `e-09` is `e-9` there.
    match text.strip_suffix(|digit: char| digit.is_ascii_digit()) {
        Some(head) if head.ends_with("e-0") => text.replacen("e-0", "e-", 1),
        _ => text,
    }
}

/// The shortest decimal digits that read back as the number, and its decimal exponent: `d.ddd × 10^exponent`.
pub fn shortest_digits(value: f64) -> (String, i32) {
    let printed = format!("{:e}", value.abs());
    let (mantissa, exponent) = printed.split_once('e').unwrap_or((&printed, "0"));
    let digits = mantissa.chars().filter(char::is_ascii_digit).collect();
    (digits, exponent.parse().unwrap_or_default())
}

/// Infinities and NaN, as Go writes them.
pub fn word(value: f64) -> Option<&'static str> {
    if value.is_finite() {
        return None;
    }
    Some(match value {
        f64::INFINITY => "+Inf",
        f64::NEG_INFINITY => "-Inf",
        _ => "NaN",
    })
}

/// Formats as `strconv.FormatFloat(value, format, precision, 64)`; no precision means the shortest text that reads back.
/// Formats are `e E f g G b x X`.
pub fn format_float(value: f64, format: u8, precision: Option<usize>) -> String {
    if let Some(word) = word(value) {
        return word.to_owned();
    }
    if (format, precision) == (b'g', None)
        && let Some(text) = small_whole_number(value)
    {
        return text;
    }
    let mut out = String::new();
    if value.is_sign_negative() {
        out.push('-');
    }
    let magnitude = value.abs();
    match format {
        b'b' => write_binary(&mut out, magnitude),
        b'x' | b'X' => write_hexadecimal(&mut out, magnitude, format, precision),
        b'f' => {
            if let Some(precision) = precision {
                let exact = precision.min(EXACT_DIGITS);
                // Writing to a string cannot fail, here and below.
                _ = write!(out, "{magnitude:.exact$}");
                out.extend(std::iter::repeat_n('0', precision - exact));
            } else {
                let decimal = shortest(magnitude);
                let fraction = fraction_digits(&decimal);
                write_fixed(&mut out, &decimal, fraction);
            }
        }
        b'e' | b'E' => {
            let decimal = match precision {
                Some(precision) => rounded(magnitude, precision + 1),
                None => shortest(magnitude),
            };
            let fraction = precision.unwrap_or_else(|| decimal.digits.len().saturating_sub(1));
            write_exponent(&mut out, &decimal, fraction, format);
        }
        _ => write_general(&mut out, magnitude, format, precision),
    }
    out
}

/// Digits after the point that the shortest form needs.
fn fraction_digits(decimal: &Decimal) -> usize {
    let length = i64::try_from(decimal.digits.len()).unwrap_or(i64::MAX);
    usize::try_from(length - i64::from(decimal.point)).unwrap_or(0)
}

fn shortest(value: f64) -> Decimal {
    split(&format!("{value:e}"))
}

fn rounded(value: f64, digits: usize) -> Decimal {
    split(&format!("{value:.*e}", digits.saturating_sub(1).min(EXACT_DIGITS)))
}

/// Reads Rust's `d.ddde±x`.
fn split(text: &str) -> Decimal {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    if digits.iter().all(|&digit| digit == b'0') {
        return Decimal {
            digits: Vec::new(),
            point: 0,
        };
    }
    Decimal {
        digits,
        point: exponent + 1,
    }
}

fn write_general(out: &mut String, value: f64, format: u8, precision: Option<usize>) {
    let mut decimal = match precision {
        None => shortest(value),
        Some(precision) => rounded(value, precision.max(1)),
    };
    while decimal.digits.last() == Some(&b'0') {
        decimal.digits.pop();
    }
    write_decimal(out, &decimal, format, precision);
}

/// `%g` and `%G` of digits without trailing zeros.
fn write_decimal(out: &mut String, decimal: &Decimal, format: u8, precision: Option<usize>) {
    let count = decimal.digits.len();
    let signed_count = i32::try_from(count).unwrap_or(i32::MAX);
    let threshold = match precision {
        None => SHORTEST_LIMIT,
        Some(precision) => {
            let precision = i32::try_from(precision.max(1)).unwrap_or(i32::MAX);
            if precision > signed_count && signed_count >= decimal.point {
                signed_count
            } else {
                precision
            }
        }
    };
    let exponent = decimal.point - 1;
    if exponent < -4 || exponent >= threshold {
        let exponent_format = if format == b'G' { b'E' } else { b'e' };
        write_exponent(out, decimal, count.saturating_sub(1), exponent_format);
    } else {
        let fraction = fraction_digits(decimal);
        write_fixed(out, decimal, fraction);
    }
}

/// No number has more digits than this after the point, or in all: the rest are zeros. Rust formats at most 65,535
/// digits, Go a million.
const EXACT_DIGITS: usize = 1100;

/// The exponent from which `%v` and `%g` write `1e+06`.
const SHORTEST_LIMIT: i32 = 6;

fn digit_at(decimal: &Decimal, index: i64) -> char {
    usize::try_from(index)
        .ok()
        .and_then(|index| decimal.digits.get(index))
        .map_or('0', |&digit| char::from(digit))
}

fn write_fixed(out: &mut String, decimal: &Decimal, fraction: usize) {
    if decimal.point > 0 {
        for index in 0..i64::from(decimal.point) {
            out.push(digit_at(decimal, index));
        }
    } else {
        out.push('0');
    }
    if fraction > 0 {
        out.push('.');
        for index in 0..i64::try_from(fraction).unwrap_or(0) {
            out.push(digit_at(decimal, i64::from(decimal.point) + index));
        }
    }
}

fn write_exponent(out: &mut String, decimal: &Decimal, fraction: usize, format: u8) {
    out.push(digit_at(decimal, 0));
    if fraction > 0 {
        out.push('.');
        for index in 1..=i64::try_from(fraction).unwrap_or(0) {
            out.push(digit_at(decimal, index));
        }
    }
    let exponent = if decimal.digits.is_empty() {
        0
    } else {
        decimal.point - 1
    };
    out.push(char::from(format));
    out.push(if exponent < 0 { '-' } else { '+' });
    _ = write!(out, "{:02}", exponent.unsigned_abs());
}

const MANTISSA_BITS: u32 = 52;
const BIAS: i32 = 1023;

/// Mantissa and binary exponent of `mantissa × 2^exponent`.
fn parts(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let field = i32::try_from(bits >> MANTISSA_BITS & 0x7FF).unwrap_or(0);
    let fraction = bits & ((1 << MANTISSA_BITS) - 1);
    if field == 0 {
        (fraction, 1 - BIAS)
    } else {
        (fraction | 1 << MANTISSA_BITS, field - BIAS)
    }
}

fn write_binary(out: &mut String, value: f64) {
    let (mantissa, exponent) = parts(value);
    _ = write!(out, "{mantissa}p{:+}", exponent - 52);
}

fn write_hexadecimal(out: &mut String, value: f64, format: u8, precision: Option<usize>) {
    let (mut mantissa, mut exponent) = parts(value);
    if mantissa == 0 {
        exponent = 0;
    }
    // The leading 1 goes to bit 60: one digit before the point, fifteen after.
    mantissa <<= 60 - MANTISSA_BITS;
    while mantissa != 0 && mantissa & (1 << 60) == 0 {
        mantissa <<= 1;
        exponent -= 1;
    }
    if let Some(precision) = precision
        && precision < 15
    {
        let shift = u32::try_from(precision * 4).unwrap_or(0);
        let extra = mantissa << shift & ((1 << 60) - 1);
        mantissa >>= 60 - shift;
        if extra | (mantissa & 1) > 1 << 59 {
            mantissa += 1;
        }
        mantissa <<= 60 - shift;
        if mantissa & (1 << 61) != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let upper = format == b'X';
    let mut digits = format!("{:015x}", mantissa & ((1 << 60) - 1));
    match precision {
        None => digits.truncate(digits.trim_end_matches('0').len()),
        Some(precision) => {
            digits.truncate(precision);
            while digits.len() < precision {
                digits.push('0');
            }
        }
    }
    let point = if digits.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    let text = format!(
        "0x{}{point}{digits}p{sign}{:02}",
        mantissa >> 60 & 1,
        exponent.unsigned_abs()
    );
    if upper {
        out.push_str(&text.to_ascii_uppercase());
    } else {
        out.push_str(&text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `%v`, the same with 32 bits, and JSON, of Go 1.26.
    #[test]
    fn numbers_are_written_as_go_does() {
        for (value, general, in_32_bits, json) in [
            (1.0, "1", "1", "1"),
            (0.0, "0", "0", "0"),
            (-0.0, "-0", "-0", "-0"),
            (-2.5, "-2.5", "-2.5", "-2.5"),
            (100_000.0, "100000", "100000", "100000"),
            (999_999.0, "999999", "999999", "999999"),
            (-1e6, "-1e+06", "-1e+06", "-1000000"),
            (1e20, "1e+20", "1e+20", "100000000000000000000"),
            (1e21, "1e+21", "1e+21", "1e+21"),
            (1e-6, "1e-06", "1e-06", "0.000001"),
            (1e-7, "1e-07", "1e-07", "1e-7"),
            (-1.5e-10, "-1.5e-10", "-1.5e-10", "-1.5e-10"),
            (1e-100, "1e-100", "0", "1e-100"),
            (0.0001, "0.0001", "0.0001", "0.0001"),
            (1.5e-5, "1.5e-05", "1.5e-05", "0.000015"),
            (20_240_101.1, "2.02401011e+07", "2.0240102e+07", "20240101.1"),
            (2_024.123_456_7, "2024.1234567", "2024.1234", "2024.1234567"),
            (
                18_446_744_073_709_551_616.0,
                "1.8446744073709552e+19",
                "1.8446744e+19",
                "18446744073709552000",
            ),
            (0.1, "0.1", "0.1", "0.1"),
            (1e300, "1e+300", "+Inf", "1e+300"),
        ] {
            assert_eq!(format_shortest(value), general);
            assert_eq!(format_shortest_32(value), in_32_bits);
            assert_eq!(format_json(value), json);
        }
        assert_eq!(format_shortest(f64::NAN), "NaN");
        assert_eq!(format_shortest(f64::NEG_INFINITY), "-Inf");
    }

    #[test]
    fn precisions_beyond_rusts_are_zeros() {
        let fixed = format_float(0.1, b'f', Some(70_000));
        assert_eq!(fixed.len(), 70_002);
        assert!(fixed.starts_with("0.1000000000000000055511151231257827") && fixed.ends_with("000"));
        assert_eq!(format_float(1.5, b'e', Some(70_000)).len(), 70_006);
        assert_eq!(format_float(1.5, b'g', Some(70_000)), "1.5");
        assert_eq!(
            format_float(5e-324, b'f', Some(1074)),
            format_float(5e-324, b'f', Some(1075)).trim_end_matches('0')
        );
    }

    #[test]
    fn formats_as_go_does() {
        let cases: &[(f64, u8, Option<usize>, &str)] = &[
            (1e6, b'g', None, "1e+06"),
            (100_000.0, b'g', None, "100000"),
            (123_456_789.0, b'g', None, "1.23456789e+08"),
            (1e20, b'g', None, "1e+20"),
            (1e-5, b'g', None, "1e-05"),
            (0.0001, b'g', None, "0.0001"),
            (0.0, b'g', None, "0"),
            (-0.0, b'f', Some(2), "-0.00"),
            (2.5, b'f', Some(0), "2"),
            (3.75, b'e', Some(2), "3.75e+00"),
            (0.0, b'e', Some(2), "0.00e+00"),
            (100.0, b'g', Some(3), "100"),
            (1234.0, b'g', Some(3), "1.23e+03"),
            (1.5, b'b', None, "6755399441055744p-52"),
            (1.5, b'x', None, "0x1.8p+00"),
            (0.0, b'x', None, "0x0p+00"),
            (1e21, b'f', None, "1000000000000000000000"),
        ];
        for (value, format, precision, expected) in cases {
            assert_eq!(format_float(*value, *format, *precision), *expected);
        }
    }
}
