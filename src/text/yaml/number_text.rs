//! Floating point numbers as Go's `strconv` and `encoding/json` write them.

/// Shortest digits that read back as the same number, and the decimal exponent of the first.
struct Shortest {
    is_negative: bool,
    digits: String,
    exponent: i32,
}

impl Shortest {
    /// Splits what Rust's `{:e}` writes: `-1.25e-7`.
    fn new(scientific: &str) -> Self {
        let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
        Self {
            is_negative: mantissa.starts_with('-'),
            digits: mantissa.chars().filter(char::is_ascii_digit).collect(),
            exponent: exponent.parse().unwrap_or_default(),
        }
    }

    /// Go's `%e` with an exponent of at least `width` digits.
    fn scientific(&self, width: usize) -> String {
        let mut text = String::from(if self.is_negative { "-" } else { "" });
        let (first, rest) = self.digits.split_at_checked(1).unwrap_or((&self.digits, ""));
        text.push_str(first);
        if !rest.is_empty() {
            text.push('.');
            text.push_str(rest);
        }
        text.push_str(if self.exponent < 0 { "e-" } else { "e+" });
        let exponent = self.exponent.unsigned_abs().to_string();
        text.extend(std::iter::repeat_n('0', width.saturating_sub(exponent.len())));
        text.push_str(&exponent);
        text
    }

    /// Go's `%f`.
    fn positional(&self) -> String {
        let mut text = String::from(if self.is_negative { "-" } else { "" });
        let zeros = |count: i32| std::iter::repeat_n('0', usize::try_from(count).unwrap_or_default());
        if self.exponent < 0 {
            text.push_str("0.");
            text.extend(zeros(-self.exponent - 1));
            text.push_str(&self.digits);
            return text;
        }
        let whole = usize::try_from(self.exponent).unwrap_or_default() + 1;
        let (before, after) = self.digits.split_at_checked(whole).unwrap_or((&self.digits, ""));
        text.push_str(before);
        text.extend(std::iter::repeat_n('0', whole.saturating_sub(before.len())));
        if !after.is_empty() {
            text.push('.');
            text.push_str(after);
        }
        text
    }

    fn general(&self) -> String {
        if self.exponent < -4 || self.exponent >= 6 {
            self.scientific(2)
        } else {
            self.positional()
        }
    }
}

/// `strconv.FormatFloat(value, 'g', -1, 64)` for finite numbers.
pub fn format_g(value: f64) -> String {
    Shortest::new(&format!("{value:e}")).general()
}

/// `strconv.FormatFloat(value, 'g', -1, 32)` for finite numbers; those too large for 32 bits as YAML writes them.
pub(super) fn format_g32(value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "Go rounds to 32 bits here")]
    let value = value as f32;
    if value.is_infinite() {
        return if value > 0.0 {
            ".inf".to_owned()
        } else {
            "-.inf".to_owned()
        };
    }
    Shortest::new(&format!("{value:e}")).general()
}

/// A finite number as `encoding/json` writes it.
pub fn format_json(value: f64) -> String {
    let shortest = Shortest::new(&format!("{value:e}"));
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        return shortest.scientific(if shortest.exponent < 0 { 1 } else { 2 });
    }
    shortest.positional()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_go_does() {
        for (value, general, json) in [
            (1.0, "1", "1"),
            (-0.0, "-0", "-0"),
            (100_000.0, "100000", "100000"),
            (1e20, "1e+20", "100000000000000000000"),
            (1e21, "1e+21", "1e+21"),
            (1e-7, "1e-07", "1e-7"),
            (1.5e-5, "1.5e-05", "0.000015"),
            (1234.5, "1234.5", "1234.5"),
            (1e6, "1e+06", "1000000"),
            (123_456_789.5, "1.234567895e+08", "123456789.5"),
        ] {
            assert_eq!(format_g(value), general);
            assert_eq!(format_json(value), json);
        }
        assert_eq!(format_g32(0.1), "0.1");
        assert_eq!(format_g32(1.1), "1.1");
    }
}
