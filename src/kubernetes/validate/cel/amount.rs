//! Quantities as expressions calculate with them (`k8s.io/apimachinery/pkg/api/resource`): a whole number and a power of
//! ten while that is enough, or billionths.

use std::cmp::Ordering;

/// Power of ten of the smallest part.
const SMALLEST: i32 = -9;
/// Digits that a whole number always holds.
const DIGITS: i64 = 18;
const WRONG: &str = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const NUMERIC: &str = "unable to parse numeric part of quantity";
const SUFFIX: &str = "unable to parse quantity's suffix";

/// A quantity.
#[derive(Debug, Clone, Copy)]
pub enum Amount {
    /// A number times a power of ten.
    Small(i64, i32),
    /// Billionths.
    Large(i128),
}

/// The parts of a quantity's text.
struct Parts<'t> {
    is_positive: bool,
    whole: &'t str,
    fraction: &'t str,
    /// Sign, digits and point.
    number: &'t str,
    suffix: &'t str,
}

/// What a suffix multiplies by.
enum Scale {
    Decimal(i32),
    Binary(u32),
}

impl Amount {
    /// Reads a quantity.
    ///
    /// # Errors
    /// Go's words for a text that is none.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err(WRONG);
        }
        let parts = parts(text).ok_or(WRONG)?;
        let scale = scale(parts.suffix).ok_or(SUFFIX)?;
        if let Some(small) = small(&parts, &scale)? {
            return Ok(small);
        }
        large(&parts, &scale).ok_or(NUMERIC)
    }

    /// A whole number.
    pub const fn of(number: i64) -> Self {
        Self::Small(number, 0)
    }

    /// In billionths; the nearest number if it is too large.
    pub fn billionths(self) -> i128 {
        match self {
            Self::Large(amount) => amount,
            Self::Small(number, power) => {
                let power = u32::try_from(power - SMALLEST).unwrap_or_default();
                i128::from(number).saturating_mul(10_i128.saturating_pow(power))
            }
        }
    }

    /// The whole number that it is written as; nothing with a fraction, however it is written.
    pub fn whole(self) -> Option<i64> {
        match self {
            Self::Large(_) => None,
            Self::Small(number, power) => scaled(number, power),
        }
    }

    /// The nearest floating-point number.
    #[expect(clippy::cast_precision_loss, reason = "as in Go")]
    pub fn float(self) -> f64 {
        match self {
            Self::Small(number, 0) => number as f64,
            Self::Small(number, power) => number as f64 * 10_f64.powi(power),
            Self::Large(amount) => amount as f64 * 10_f64.powi(SMALLEST),
        }
    }

    /// -1, 0 or 1.
    pub fn sign(self) -> i64 {
        self.compare(Self::of(0)) as i64
    }

    /// Which is more.
    pub fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Small(one, power), Self::Small(two, same)) if power == same => one.cmp(&two),
            _ => self.billionths().cmp(&other.billionths()),
        }
    }

    /// The sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let sum = match (self, other) {
            (Self::Small(one, power), Self::Small(two, other_power)) => match (one, two) {
                (_, 0) => Some(self),
                (0, _) => Some(other),
                _ => {
                    let least = power.min(other_power);
                    let numbers = scaled(one, power - least).zip(scaled(two, other_power - least));
                    let sum = numbers.and_then(|(one, two)| one.checked_add(two));
                    sum.map(|sum| Self::Small(sum, least))
                }
            },
            _ => None,
        };
        sum.unwrap_or_else(|| Self::Large(self.billionths().saturating_add(other.billionths())))
    }

    /// The difference.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        let negative = match other {
            Self::Small(number, power) => match number.checked_neg() {
                Some(number) => Self::Small(number, power),
                None => Self::Large(-other.billionths()),
            },
            Self::Large(amount) => Self::Large(-amount),
        };
        self.plus(negative)
    }
}

/// A number times a power of ten that is not negative.
fn scaled(number: i64, power: i32) -> Option<i64> {
    let power = u32::try_from(power).ok()?;
    if number == 0 {
        return Some(0);
    }
    number.checked_mul(10_i64.checked_pow(power)?)
}

fn parts(text: &str) -> Option<Parts<'_>> {
    let is_positive = !text.starts_with('-');
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = unsigned.trim_start_matches('0');
    if digits.is_empty() {
        return Some(Parts {
            is_positive,
            whole: "0",
            fraction: "",
            number: "0",
            suffix: "",
        });
    }
    let is_digit = |letter: char| letter.is_ascii_digit();
    let after_whole = digits.trim_start_matches(is_digit);
    let whole = digits.get(..digits.len() - after_whole.len())?;
    let whole = if whole.is_empty() { "0" } else { whole };
    let (fraction, suffix) = match after_whole.strip_prefix('.') {
        Some(decimals) => {
            let after = decimals.trim_start_matches(is_digit);
            (decimals.get(..decimals.len() - after.len())?, after)
        }
        None => ("", after_whole),
    };
    let number = text.get(..text.len() - suffix.len())?;
    let after = suffix.trim_start_matches(|letter: char| "eEinumkKMGTP".contains(letter));
    let after = after
        .strip_prefix(['+', '-'])
        .unwrap_or(after)
        .trim_start_matches(is_digit);
    after.is_empty().then_some(Parts {
        is_positive,
        whole,
        fraction,
        number,
        suffix,
    })
}

fn scale(suffix: &str) -> Option<Scale> {
    const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
    const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    if let Some(index) = DECIMAL.iter().position(|known| *known == suffix) {
        return i32::try_from(index).ok().map(|index| Scale::Decimal(3 * index - 9));
    }
    if let Some(index) = BINARY.iter().position(|known| *known == suffix) {
        return u32::try_from(index).ok().map(|index| Scale::Binary(10 * (index + 1)));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    let digits = exponent.strip_prefix('+').unwrap_or(exponent);
    let exponent: i64 = (!digits.starts_with('+')).then(|| digits.parse().ok())??;
    Some(Scale::Decimal(i32::try_from(exponent).unwrap_or(i32::MAX)))
}

/// The quantity as a whole number, if Go keeps it as one.
fn small(parts: &Parts<'_>, scale: &Scale) -> Result<Option<Amount>, &'static str> {
    let length = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX);
    let (precision, power, factor) = match scale {
        Scale::Decimal(power) => (
            DIGITS - length(parts.whole) - length(parts.fraction),
            i64::from(*power),
            1_i64,
        ),
        Scale::Binary(bits) if parts.fraction.is_empty() => {
            let precision = 15 - length(parts.whole) - i64::from(*bits) * 3 / 10 - 1;
            (precision, 0, 1_i64.checked_shl(*bits).unwrap_or_default())
        }
        Scale::Binary(_) => return Ok(None),
    };
    let power = power - length(parts.fraction);
    if precision < 0 || power < i64::from(SMALLEST) {
        return Ok(None);
    }
    let number: i64 = format!("{}{}", parts.whole, parts.fraction)
        .parse()
        .map_err(|_| NUMERIC)?;
    let signed = number
        .checked_mul(factor)
        .map(|number| if parts.is_positive { number } else { -number });
    let power = i32::try_from(power).unwrap_or(i32::MAX);
    Ok(signed.map(|number| Amount::Small(number, power)))
}

/// The quantity in billionths, rounded away from zero.
fn large(parts: &Parts<'_>, scale: &Scale) -> Option<Amount> {
    let digits = parts.number.trim_start_matches(['+', '-']);
    if !digits.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let joined = digits.replace('.', "");
    let mantissa = joined.parse::<i128>().unwrap_or(i128::MAX / 1_000_000_000_000);
    let (factor, power) = match scale {
        Scale::Decimal(power) => (1, i64::from(*power)),
        Scale::Binary(bits) => (1_i128.checked_shl(*bits)?, 0),
    };
    let mut amount = mantissa.saturating_mul(factor);
    let power = power - i64::try_from(parts.fraction.len()).ok()? - i64::from(SMALLEST);
    let tens = 10_i128.saturating_pow(u32::try_from(power.unsigned_abs()).unwrap_or(u32::MAX));
    if power >= 0 {
        amount = amount.saturating_mul(tens);
    } else {
        amount = amount / tens + i128::from(amount % tens != 0);
    }
    if matches!(scale, Scale::Binary(_)) {
        amount = amount.min(i128::from(i64::MAX) * 1_000_000_000);
    }
    Some(Amount::Large(if parts.is_positive { amount } else { -amount }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Amount {
        Amount::parse(text).unwrap_or_else(|words| panic!("{text}: {words}"))
    }

    #[test]
    fn quantities_are_compared_and_added() {
        for (one, two, wanted) in [
            ("0.2G", "200M", Ordering::Equal),
            ("1Ki", "1024", Ordering::Equal),
            ("0.5Ki", "512", Ordering::Equal),
            ("1e3", "1k", Ordering::Equal),
            ("-1m", "0", Ordering::Less),
            ("0.0000000001", "1n", Ordering::Equal),
            ("1G", "1Gi", Ordering::Less),
        ] {
            assert_eq!(read(one).compare(read(two)), wanted, "{one} {two}");
        }
        assert_eq!(read("50k").plus(read("20")).compare(read("50.02k")), Ordering::Equal);
        assert_eq!(read("50k").minus(read("20")).whole(), Some(49_980));
        assert_eq!(read("9223372036854775807").plus(Amount::of(1)).whole(), None);
    }

    #[test]
    fn only_whole_numbers_that_are_written_as_such_are_whole() {
        for (text, wanted) in [
            ("20", Some(20)),
            ("2k", Some(2_000)),
            ("1000m", None),
            ("1.5", None),
            ("1Gi", Some(1 << 30)),
            ("-", Some(0)),
        ] {
            assert_eq!(read(text).whole(), wanted, "{text}");
        }
        for (text, words) in [
            ("", WRONG),
            ("10 Mo", WRONG),
            ("10Mo", WRONG),
            ("10Mm", SUFFIX),
            ("1.2.3", WRONG),
        ] {
            assert_eq!(Amount::parse(text).map(Amount::whole), Err(words), "{text}");
        }
    }
}
