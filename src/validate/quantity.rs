//! Texts with a syntax of their own: quantities, base64, times.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

/// Go's decoder does not mind bits set after the last byte.
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

/// Whether a text decodes as Go decodes `[]byte` in JSON: standard base64 with padding, line breaks passed over.
pub(super) fn is_base64(text: &str) -> bool {
    if text.bytes().any(|byte| byte == b'\n' || byte == b'\r') {
        let joined: String = text.chars().filter(|&c| c != '\n' && c != '\r').collect();
        return GO_BASE64.decode(joined).is_ok();
    }
    GO_BASE64.decode(text).is_ok()
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
    fn quantities_are_told_from_other_texts() {
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
    }
}
