//! Numbers: exact decimals as in Go's `big.Rat`, and how `x/text` prints numbers in English.

use std::cmp::Ordering;

use num_bigint::BigInt;

use crate::text::go::float_format::format_float;

/// Largest exponent that Go's `big.Rat` reads; a number beyond it is not compared.
const MAX_EXPONENT: i32 = 1_000_000;

/// An exact decimal: `digits` times ten to the power of `exponent`.
#[derive(Debug, Clone)]
pub(super) struct Decimal {
    digits: BigInt,
    /// How many digits there are; 0 for zero.
    length: i64,
    exponent: i32,
    /// The nearest floating-point number, which is infinite beyond the largest.
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
        let written = format!("{whole}{fraction}");
        let length = written.trim_start_matches(['+', '-', '0']).len();
        let mut exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        if length == 0 {
            exponent = 0;
        }
        (exponent.abs() <= MAX_EXPONENT).then_some(Self {
            digits: written.parse().ok()?,
            length: i64::try_from(length).ok()?,
            exponent,
            float,
        })
    }

    /// Where the first digit is: the power of ten that is larger than the number.
    fn magnitude(&self) -> i64 {
        self.length + i64::from(self.exponent)
    }

    /// The digits multiplied by ten to a power.
    fn times_ten_to(&self, power: i32) -> BigInt {
        &self.digits * BigInt::from(10).pow(u32::try_from(power).unwrap_or_default())
    }

    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let zero = BigInt::ZERO;
        let sign = self.digits.cmp(&zero);
        let signs = sign.cmp(&other.digits.cmp(&zero));
        if signs.is_ne() || sign.is_eq() {
            return signs;
        }
        let magnitudes = self.magnitude().cmp(&other.magnitude());
        if magnitudes.is_ne() {
            return if sign.is_lt() { magnitudes.reverse() } else { magnitudes };
        }
        // Both have as many digits before the point, so the powers are no larger than what was written is long.
        let least = self.exponent.min(other.exponent);
        let scaled = |number: &Self| number.times_ten_to(number.exponent - least);
        scaled(self).cmp(&scaled(other))
    }

    /// Whether this is a whole number of times `other`.
    pub(super) fn is_multiple_of(&self, other: &Self) -> bool {
        let zero = BigInt::ZERO;
        if other.digits == zero || self.digits == zero {
            return other.digits != zero;
        }
        let power = self.exponent - other.exponent;
        if power < 0 {
            // No number of so few digits is a multiple of one with more digits.
            let is_too_long = other.length - i64::from(power) > self.length;
            return !is_too_long && &self.digits % other.times_ten_to(-power) == zero;
        }
        let divisor = BigInt::from(other.digits.magnitude().clone());
        let power = BigInt::from(10).modpow(&BigInt::from(power), &divisor);
        &self.digits * power % divisor == zero
    }

    pub(super) fn is_integer(&self) -> bool {
        self.is_multiple_of(&Self {
            digits: BigInt::from(1),
            length: 1,
            exponent: 0,
            float: 1.0,
        })
    }

    /// The number as a count, if it is a whole one; of a number that is too large, the lowest 64 bits, as in Go.
    pub(super) fn as_count(&self) -> Option<i64> {
        if !self.is_integer() {
            return None;
        }
        let whole = match u32::try_from(self.exponent) {
            // Ten to this power is a multiple of two to the power of 64.
            Ok(64..) => BigInt::ZERO,
            Ok(_) => self.times_ten_to(self.exponent),
            Err(_) => &self.digits / BigInt::from(10).pow(self.exponent.unsigned_abs()),
        };
        let lowest = whole.iter_u64_digits().next().unwrap_or_default().cast_signed();
        Some(if whole < BigInt::ZERO {
            lowest.wrapping_neg()
        } else {
            lowest
        })
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
    if float.is_infinite() {
        return if float < 0.0 { "-∞" } else { "∞" }.to_owned();
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
            ("1e999", "∞"),
            ("-1e999", "-∞"),
            ("1e-999", "0"),
        ] {
            assert_eq!(Decimal::parse(number).expect(number).shown(), want, "{number}");
        }
        assert_eq!(show_count(1_234_567), "1,234,567");
        assert_eq!(show_count(-12), "-12");
    }

    #[test]
    fn decimals_are_compared_exactly() {
        for (a, b, want) in [
            ("9007199254740993", "9007199254740992", Ordering::Greater),
            ("0.30000000000000001", "0.3", Ordering::Greater),
            ("1.50e1", "15", Ordering::Equal),
            ("0e400", "-0.0", Ordering::Equal),
            ("-1", "1", Ordering::Less),
            ("0", "1e-1000000", Ordering::Less),
            ("0", "-1e-1000000", Ordering::Greater),
            ("1e999", "1e1000000", Ordering::Less),
            ("-1e999", "-1e1000000", Ordering::Greater),
            ("-100", "-99.9", Ordering::Less),
            ("10e999999", "1e1000000", Ordering::Equal),
            ("0.0001", "1e-4", Ordering::Equal),
        ] {
            let (a, b) = (parse(a), parse(b));
            assert_eq!(a.compare(&b), want, "{a:?} {b:?}");
            assert_eq!(b.compare(&a), want.reverse(), "{a:?} {b:?}");
        }
    }

    #[test]
    fn multiples_are_exact() {
        for (number, of, want) in [
            ("0.3", "0.1", true),
            ("0.35", "0.1", false),
            ("1", "0", false),
            ("0", "0", false),
            ("0", "3", true),
            ("-9", "3", true),
            ("9", "-3", true),
            ("1e1000000", "1e-1000000", true),
            ("1e1000000", "3", false),
            ("1e-1000000", "1", false),
            ("12e-1000000", "4e-1000000", true),
            ("500", "5e2", true),
            ("50", "5e2", false),
            ("1500", "5e2", true),
            ("0.5", "0.25", true),
        ] {
            assert_eq!(parse(number).is_multiple_of(&parse(of)), want, "{number} {of}");
        }
    }

    #[test]
    fn whole_numbers_are_counts() {
        for (number, is_integer, count) in [
            ("1e3", true, Some(1000)),
            ("1.50e1", true, Some(15)),
            ("1.5", false, None),
            ("2.0", true, Some(2)),
            ("0e-1000000", true, Some(0)),
            ("-0", true, Some(0)),
            ("9223372036854775807", true, Some(i64::MAX)),
            ("9223372036854775808", true, Some(i64::MIN)),
            ("18446744073709551621", true, Some(5)),
            ("-18446744073709551621", true, Some(-5)),
            ("1e999", true, Some(0)),
            ("1e-999", false, None),
        ] {
            assert_eq!(parse(number).is_integer(), is_integer, "{number}");
            assert_eq!(parse(number).as_count(), count, "{number}");
        }
        for number in ["1e1000001", "1e-1000001", "1e99999999999"] {
            assert!(Decimal::parse(number).is_none(), "{number}");
        }
    }

    fn parse(text: &str) -> Decimal {
        Decimal::parse(text).expect(text)
    }
}
