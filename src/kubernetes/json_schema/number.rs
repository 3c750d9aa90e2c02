//! Numbers: exact decimals as in Go's `big.Rat`, and how `x/text` prints numbers in English.

use std::cmp::Ordering;

use num_bigint::BigInt;

use crate::text::go::float_format::format_float;

/// Largest exponent that is computed with; a number beyond it is not compared.
const MAX_EXPONENT: i32 = 5_000;

/// An exact decimal: `digits` times ten to the power of `exponent`.
#[derive(Debug, Clone)]
pub(super) struct Decimal {
    digits: BigInt,
    exponent: i32,
    /// The nearest floating-point number.
    float: f64,
}

impl Decimal {
    /// From a JSON number, or one as Go prints it (`1e+06`).
    pub(super) fn parse(text: &str) -> Option<Self> {
        let float = text.parse().ok()?;
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}").parse().ok()?;
        let exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        (exponent.abs() <= MAX_EXPONENT).then_some(Self {
            digits,
            exponent,
            float,
        })
    }

    /// The digits of both for one exponent.
    fn aligned(&self, other: &Self) -> (BigInt, BigInt) {
        let least = self.exponent.min(other.exponent);
        let scaled = |number: &Self| {
            let power = u32::try_from(number.exponent - least).unwrap_or_default();
            &number.digits * BigInt::from(10).pow(power)
        };
        (scaled(self), scaled(other))
    }

    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let (a, b) = self.aligned(other);
        a.cmp(&b)
    }

    /// Whether this is a whole number of times `other`.
    pub(super) fn is_multiple_of(&self, other: &Self) -> bool {
        let zero = BigInt::from(0);
        let (a, b) = self.aligned(other);
        b != zero && a % b == zero
    }

    pub(super) fn is_integer(&self) -> bool {
        self.exponent >= 0 || &self.digits % BigInt::from(10).pow(self.exponent.unsigned_abs()) == BigInt::from(0)
    }

    /// The number as a count, if it is a whole one.
    pub(super) fn as_count(&self) -> Option<i64> {
        let (digits, one) = self.aligned(&Self {
            digits: BigInt::from(1),
            exponent: 0,
            float: 1.0,
        });
        self.is_integer().then(|| i64::try_from(digits / one).ok()).flatten()
    }

    /// As messages print it.
    pub(super) fn shown(&self) -> String {
        show_float(self.float)
    }
}

/// A floating-point number as `x/text` prints it for `%v`: grouped digits below a million, a power of ten from there on.
fn show_float(float: f64) -> String {
    if float == 0.0 {
        return "0".to_owned();
    }
    let scientific = format_float(float, b'e', None);
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let power: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&power) {
        let plain = format_float(float, b'f', None);
        let (sign, plain) = plain.strip_prefix('-').map_or(("", plain.as_str()), |rest| ("-", rest));
        return match plain.split_once('.') {
            Some((whole, fraction)) => format!("{sign}{}.{fraction}", group_digits(whole)),
            None => format!("{sign}{}", group_digits(plain)),
        };
    }
    let raised: String = exponent
        .chars()
        .filter_map(|c| match c {
            '-' => Some('⁻'),
            '+' => None,
            digit => "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(digit.to_digit(10)? as usize),
        })
        .collect();
    format!("{mantissa}×10{raised}")
}

/// A count as `x/text` prints it for `%d`: digits in groups of three.
pub(in crate::kubernetes) fn show_count(number: i64) -> String {
    let text = number.unsigned_abs().to_string();
    format!("{}{}", if number < 0 { "-" } else { "" }, group_digits(&text))
}

fn group_digits(digits: &str) -> String {
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_as_in_english() {
        for (number, want) in [
            ("0", "0"),
            ("-0.0", "0"),
            ("0.1", "0.1"),
            ("999999", "999,999"),
            ("1000000", "1×10⁰⁶"),
            ("1234567.8", "1.2345678×10⁰⁶"),
            ("-1e21", "-1×10²¹"),
            ("12345.678", "12,345.678"),
            ("0.0001", "0.0001"),
            ("0.000012345", "1.2345×10⁻⁰⁵"),
            ("1e-100", "1×10⁻¹⁰⁰"),
            ("9007199254740993", "9.007199254740992×10¹⁵"),
            ("-2.25", "-2.25"),
        ] {
            assert_eq!(Decimal::parse(number).expect(number).shown(), want, "{number}");
        }
        assert_eq!(show_count(1_234_567), "1,234,567");
        assert_eq!(show_count(-12), "-12");
    }

    #[test]
    fn decimals_are_exact() {
        let parse = |text: &str| Decimal::parse(text).expect(text);
        assert!(parse("0.3").is_multiple_of(&parse("0.1")));
        assert!(!parse("0.35").is_multiple_of(&parse("0.1")));
        assert!(!parse("1").is_multiple_of(&parse("0")));
        assert!(parse("1e3").is_integer() && parse("1.50e1").is_integer() && !parse("1.5").is_integer());
        assert_eq!(
            parse("9007199254740993").compare(&parse("9007199254740992")),
            Ordering::Greater
        );
        assert_eq!(parse("2.0").as_count(), Some(2));
        assert_eq!(parse("2.5").as_count(), None);
        assert!(Decimal::parse("1e999999999").is_none());
    }
}
