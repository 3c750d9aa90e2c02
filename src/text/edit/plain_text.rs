//! Which texts may be written without quotes: those that every reader takes for text, by the rules of YAML 1.1
//! (`yaml.org/type`, as `PyYAML`, libyaml, Psych and `SnakeYAML` have them), of YAML 1.2's core schema, and of go-yaml.

use crate::text::yaml::{Scalar, resolve_plain};

/// Where a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Surroundings {
    /// In lines.
    Block,
    /// Between brackets.
    Flow {
        /// Whether a text without quotes may have a colon there: old readers refuse it, so only where one has it already.
        allows_colon: bool,
    },
}

/// Whether `text` without quotes is this text to every reader.
pub(super) fn is_plain_text(text: &str, surroundings: Surroundings) -> bool {
    is_written_plainly(text, surroundings) && is_text_to_all(text)
}

/// Whether a text needs an escape, which only double quotes have.
pub(super) fn needs_escape(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
}

/// Whether no character of the text has another meaning where it is.
fn is_written_plainly(text: &str, surroundings: Surroundings) -> bool {
    const INDICATORS: [char; 20] = [
        '-', '?', ':', ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', '=',
    ];
    let Some(first) = text.chars().next() else { return false };
    let is_number_sign = first == '-' && text.len() > 1 && !text.starts_with("- ") && !text.starts_with("--");
    if (INDICATORS.contains(&first) && !is_number_sign)
        || first.is_whitespace()
        || text.ends_with(char::is_whitespace)
        || text.ends_with(':')
        || text.contains(": ")
        || text.contains(" #")
        || text.starts_with("...")
        || text.chars().any(needs_escape)
    {
        return false;
    }
    match surroundings {
        Surroundings::Block => true,
        Surroundings::Flow { allows_colon } => {
            !text.contains([',', '[', ']', '{', '}', '?', '#']) && (allows_colon || !text.contains(':'))
        }
    }
}

fn is_text_to_all(text: &str) -> bool {
    const WORDS: [&str; 11] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "<<"];
    let is_word = WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    matches!(resolve_plain(text), Scalar::Str(_)) && !is_word && !is_number(text) && !is_base_60(text) && !is_date(text)
}

/// Whether a text is a number to some reader, whatever its size: decimal, octal, hexadecimal, binary, infinite or none.
fn is_number(text: &str) -> bool {
    let text = text.replace('_', "").to_ascii_lowercase();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(&text);
    if matches!(unsigned, ".inf" | ".nan") {
        return true;
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = unsigned.strip_prefix(prefix) {
            return !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
        }
    }
    let (mantissa, exponent) = unsigned.split_once('e').unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let has_digits = !whole.is_empty() || !fraction.is_empty();
    has_digits && !exponent.is_empty() && digits(whole) && digits(fraction) && digits(exponent)
}

/// `1:30`, `190:20:30.15`: numbers of YAML 1.1.
fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut places = unsigned.split(':');
    let first = places.next().unwrap_or_default();
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let mut count = 0;
    let mut rest_fits = true;
    for place in places {
        count += 1;
        let place = place.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '_'));
        rest_fits &= place.is_empty();
    }
    count > 0 && first.starts_with(|c: char| c.is_ascii_digit()) && is_digits(first) && rest_fits
}

/// Whether a text begins as a date does and goes on with nothing or a time: some readers refuse a date that does not exist.
fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let day_digits = digits(day);
    year.len() == 4
        && digits(year) == 4
        && (1..=2).contains(&month.len())
        && digits(month) == month.len()
        && (1..=2).contains(&day_digits)
        && matches!(day.as_bytes().get(day_digits), None | Some(b'T' | b't' | b' ' | b'\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table, one row per text")]
    fn what_some_reader_takes_for_something_else_is_quoted() {
        for text in [
            "",
            "y",
            "N",
            "Yes",
            "on",
            "OFF",
            "true",
            "nULL",
            "~",
            "<<",
            "=",
            "1",
            "-1",
            "+1",
            "1.10",
            ".5",
            "1.",
            "1e3",
            "1e999",
            "12e4567",
            "0x1F",
            "0o17",
            "017",
            "08",
            "0b11",
            "1_000",
            "1:30",
            "190:20:30",
            "-1:30.5",
            ".inf",
            "-.INF",
            ".NaN",
            "2001-12-14",
            "2001-13-99",
            "2001-1-1 10:00:00",
            "2001-12-14T21:59:43Z",
            "- a",
            "-",
            "--",
            "---",
            "? a",
            "?a",
            ":a",
            "a:",
            "a: b",
            "a #b",
            "#a",
            "&a",
            "*a",
            "!a",
            "|",
            ">",
            "'a'",
            "\"a\"",
            "%a",
            "@a",
            "`a`",
            "[a]",
            "{a}",
            ",a",
            " a",
            "a ",
            "a\tb",
            "a\nb",
            "...",
            "... a",
            "a\u{2028}b",
            "\u{FEFF}a",
            "a\u{85}b",
        ] {
            assert!(!is_plain_text(text, Surroundings::Block), "{text:?}");
        }
        for text in [
            "a",
            "v1.2.3",
            "1.2.3",
            "1.2.3-rc.1",
            "sha-1234567",
            "1234567a",
            "acme/web:1.0",
            "acme/web@sha256:00",
            "a b",
            "é✓",
            "yesterday",
            "2001-12-14-abc",
            "2001-123-1",
            "10.0.0.1",
            "10.0.0.0/8",
            "a-b",
            "a#b",
            "-x",
            "1:30:",
            "100m",
            "1Gi",
            "http://a/b?c=d",
        ] {
            let is_plain = is_plain_text(text, Surroundings::Block);
            assert_eq!(is_plain, text != "1:30:", "{text:?}");
        }
        for (text, allows_colon, is_plain) in [
            ("a,b", true, false),
            ("a]b", true, false),
            ("a?b", true, false),
            ("a:1", true, true),
            ("a:1", false, false),
            ("a", false, true),
        ] {
            assert_eq!(
                is_plain_text(text, Surroundings::Flow { allows_colon }),
                is_plain,
                "{text}"
            );
        }
    }
}
