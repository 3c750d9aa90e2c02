//! Texts with a syntax of their own: quantities, base64, times.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

/// Go's decoder ignores bits that are set after the last byte.
const GO_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// Whether a text is a Kubernetes quantity: `1`, `.5`, `100m`, `1Gi`, `2e3`. Follows `resource.ParseQuantity`.
pub(super) fn is_quantity(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at_checked(end).unwrap_or((unsigned, ""));
    let has_digit = number.bytes().any(|byte| byte.is_ascii_digit());
    let points = number.bytes().filter(|&byte| byte == b'.').count();
    if !has_digit || points > 1 {
        return false;
    }
    if matches!(
        suffix,
        "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E" | "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei"
    ) {
        return true;
    }
    let exponent = suffix
        .strip_prefix(['e', 'E'])
        .map(|digits| digits.strip_prefix(['+', '-']).unwrap_or(digits));
    exponent.is_some_and(|digits| {
        !digits.is_empty() && digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// An amount, in billionths. Smaller parts are rounded up, as the API server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Quantity(i128);

/// Billionths in one.
const UNIT: i128 = 1_000_000_000;

impl Quantity {
    /// Reads a quantity; nothing for a text that is not one.
    pub fn parse(text: &str) -> Option<Self> {
        if !is_quantity(text) {
            return None;
        }
        let is_negative = text.starts_with('-');
        let text = text.trim_start_matches(['+', '-']);
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, suffix) = text.split_at_checked(end)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = format!("{whole}{fraction}");
        // Exponents far beyond any amount all have the same effect.
        let mantissa = digits.parse::<i128>().unwrap_or(i128::MAX / UNIT);
        let (binary, decimal) = scale(suffix)?;
        let exponent = decimal - i32::try_from(fraction.len()).ok()? + 9;
        let mut amount = mantissa.saturating_mul(1_i128.checked_shl(binary)?);
        if exponent >= 0 {
            for _ in 0..exponent.min(40) {
                amount = amount.saturating_mul(10);
            }
        } else {
            let divisor = 10_i128.saturating_pow(exponent.unsigned_abs());
            amount = amount / divisor + i128::from(amount % divisor != 0);
        }
        Some(Self(if is_negative { -amount } else { amount }))
    }

    /// The amount, in billionths.
    pub(super) const fn billionths(self) -> i128 {
        self.0
    }

    /// Below zero.
    pub(super) const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Above zero.
    pub(super) const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Without a fraction.
    pub(super) const fn is_whole(self) -> bool {
        self.0 % UNIT == 0
    }
}

/// Power of two and power of ten of a suffix.
fn scale(suffix: &str) -> Option<(u32, i32)> {
    Some(match suffix {
        "n" => (0, -9),
        "u" => (0, -6),
        "m" => (0, -3),
        "" => (0, 0),
        "k" => (0, 3),
        "M" => (0, 6),
        "G" => (0, 9),
        "T" => (0, 12),
        "P" => (0, 15),
        "E" => (0, 18),
        "Ki" => (10, 0),
        "Mi" => (20, 0),
        "Gi" => (30, 0),
        "Ti" => (40, 0),
        "Pi" => (50, 0),
        "Ei" => (60, 0),
        exponent => (0, exponent.trim_start_matches(['e', 'E']).parse().ok()?),
    })
}

/// Whether a text decodes as Go decodes `[]byte` in JSON: standard base64 with padding, line breaks ignored.
pub(super) fn is_base64(text: &str) -> bool {
    let bytes = text.as_bytes();
    let data = bytes.iter().rposition(|&byte| !matches!(byte, b'=' | b'\n' | b'\r'));
    let (data, padding) = bytes.split_at(data.map_or(0, |last| last + 1));
    let mut characters = 0_usize;
    for &byte in data {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/') {
            characters += 1;
        } else if !matches!(byte, b'\n' | b'\r') {
            return false;
        }
    }
    let padding = memchr::memchr_iter(b'=', padding).count();
    matches!((characters % 4, padding), (0, 0) | (2, 2) | (3, 1))
}

/// The bytes of a text in base64.
pub(super) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    if text.bytes().any(|byte| byte == b'\n' || byte == b'\r') {
        let joined: String = text.chars().filter(|&c| c != '\n' && c != '\r').collect();
        return GO_BASE64.decode(joined).ok();
    }
    GO_BASE64.decode(text).ok()
}

/// Whether a text is a time as `metav1.Time` reads it: RFC 3339.
pub(super) fn is_date_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<u32> {
        let digits = text.get(from..to)?;
        digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| digits.parse().ok())?
    };
    let is_at = |at: usize, wanted: &[u8]| bytes.get(at).is_some_and(|byte| wanted.contains(byte));
    let (Some(_), Some(month), Some(day)) = (number(0, 4), number(5, 7), number(8, 10)) else {
        return false;
    };
    let (Some(hour), Some(minute), Some(second)) = (number(11, 13), number(14, 16), number(17, 19)) else {
        return false;
    };
    let separators = is_at(4, b"-") && is_at(7, b"-") && is_at(10, b"T") && is_at(13, b":") && is_at(16, b":");
    let in_range = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 60;
    let zone = text.get(19..).unwrap_or_default();
    let zone = match zone.strip_prefix(['.', ',']) {
        Some(fraction) => {
            let rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if rest.len() == fraction.len() {
                return false;
            }
            rest
        }
        None => zone,
    };
    separators && in_range && (zone == "Z" || is_offset(zone))
}

fn is_offset(zone: &str) -> bool {
    let Some(offset) = zone.strip_prefix(['+', '-']) else {
        return false;
    };
    let Some((hours, minutes)) = offset.split_once(':') else {
        return false;
    };
    let fits = |text: &str, below: u32| text.len() == 2 && text.parse::<u32>().is_ok_and(|number| number < below);
    fits(hours, 25) && fits(minutes, 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_distinguished_from_other_texts() {
        for text in [
            "1",
            "0.5",
            ".5",
            "5.",
            "100m",
            "1Gi",
            "2e3",
            "1E",
            "1E6",
            "-1",
            "+1k",
            "12345678901234567890",
        ] {
            assert!(is_quantity(text), "{text}");
        }
        for text in ["", "1 Gi", "1GB", "1mb", "m", "1.2.3", "0x1", "1e", "Gi", "1K"] {
            assert!(!is_quantity(text), "{text}");
        }
    }

    #[test]
    fn quantities_are_compared_by_amount() {
        for (a, b) in [
            ("1000m", "1"),
            ("1Ki", "1024"),
            ("1k", "1e3"),
            ("0.5", "500m"),
            ("1n", "0.0000000001"),
        ] {
            assert_eq!(Quantity::parse(a), Quantity::parse(b), "{a} {b}");
        }
        assert!(Quantity::parse("1G") < Quantity::parse("1Gi"));
        assert!(Quantity::parse("-1m").is_some_and(|amount| amount.is_negative() && !amount.is_whole()));
        assert!(Quantity::parse("9999999999999999999999999999999999999999E").is_some_and(Quantity::is_positive));
    }

    #[test]
    fn times_are_rfc_3339() {
        for text in ["2024-01-02T03:04:05Z", "2024-01-02T03:04:05.123+02:00"] {
            assert!(is_date_time(text), "{text}");
        }
        for text in [
            "yesterday",
            "2024-01-02",
            "2024-13-02T03:04:05Z",
            "2024-01-02T03:04:05",
            "2024-01-02 03:04:05Z",
        ] {
            assert!(!is_date_time(text), "{text}");
        }
    }

    #[test]
    fn base64_has_padding() {
        assert!(is_base64("aGVsbG8=") && is_base64("") && is_base64("aGVs\nbG8=") && is_base64("aGVsbG9="));
        assert!(!is_base64("aGVsbG8") && !is_base64("plain text!"));
        // All texts of up to five of these characters.
        let mut texts = vec![String::new()];
        for length in 0..5 {
            let longest: Vec<String> = texts.iter().filter(|text| text.len() == length).cloned().collect();
            texts.extend(
                longest
                    .iter()
                    .flat_map(|text| "aZ9/=\n-".chars().map(move |c| format!("{text}{c}"))),
            );
        }
        for text in texts {
            assert_eq!(is_base64(&text), decode_base64(&text).is_some(), "{text:?}");
        }
    }
}
