//! Quantities as the server writes them: `1000m` is `1`, `0.5` is `500m`, `1024Mi` is `1Gi` (`Quantity.CanonicalizeBytes` of apimachinery).

use serde_json::Value;

use super::super::quantity::Quantity;

/// What a quantity is rounded up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Precision {
    /// As any quantity.
    Billionths,
    /// As those in lists of resources (`SetDefaults_ResourceList`).
    Thousandths,
}

/// The kind of suffix, which is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Decimal,
    Binary,
    Exponent,
}

/// Billionths in one.
const UNIT: i128 = 1_000_000_000;

/// Larger amounts are beyond what is counted exactly.
const LARGEST: i128 = i128::MAX / UNIT;

const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// Makes a number or text the canonical text of the quantity. What is not a quantity, or beyond any amount, stays.
pub(super) fn canonical(value: &mut Value, precision: Precision) {
    let amount = Amount::of(value).map(|amount| match precision {
        Precision::Billionths => amount,
        Precision::Thousandths => amount.rounded_up(UNIT / 1000),
    });
    if let Some(text) = amount.and_then(Amount::text) {
        *value = Value::String(text);
    }
}

/// A quantity, and how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Amount {
    billionths: i128,
    format: Format,
}

impl Amount {
    /// Of a number, a text, or null, which is read as zero.
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Self::read("0"),
            Value::String(text) => Self::read(text.trim_matches(' ')),
            Value::Number(number) => Self::read(&number.to_string()),
            _ => None,
        }
    }

    /// Reads a text, rounding up to billionths.
    fn read(text: &str) -> Option<Self> {
        let billionths = Quantity::parse(text)?.billionths();
        let suffix = text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
        let format = if suffix.ends_with('i') {
            Format::Binary
        } else if suffix.len() > 1 {
            Format::Exponent
        } else {
            Format::Decimal
        };
        (billionths.saturating_abs() < LARGEST).then_some(Self { billionths, format })
    }

    /// The sum, written as the first that is not zero.
    pub(super) const fn plus(self, other: Self) -> Self {
        Self {
            billionths: self.billionths.saturating_add(other.billionths),
            format: if self.billionths == 0 {
                other.format
            } else {
                self.format
            },
        }
    }

    /// More than nothing.
    pub(super) const fn is_positive(self) -> bool {
        self.billionths > 0
    }

    /// The same, however it is written.
    pub(super) const fn is_as_much_as(self, other: Self) -> bool {
        self.billionths == other.billionths
    }

    /// The larger one.
    pub(super) const fn max(self, other: Self) -> Self {
        if other.billionths > self.billionths {
            other
        } else {
            self
        }
    }

    /// Rounded away from zero.
    const fn rounded_up(self, unit: i128) -> Self {
        let sign = self.billionths.signum();
        Self {
            billionths: divide_up(self.billionths.saturating_abs(), unit).saturating_mul(unit * sign),
            ..self
        }
    }

    /// The canonical text; nothing for more than there is a suffix for.
    pub(super) fn text(self) -> Option<String> {
        let amount = self.billionths.saturating_abs();
        if amount == 0 {
            return Some("0".to_owned());
        }
        let sign = if self.billionths < 0 { "-" } else { "" };
        if self.format == Format::Binary && amount >= 1024 * UNIT && amount % UNIT == 0 {
            let (number, times) = without_factors(amount / UNIT, 1024);
            return Some(format!("{sign}{number}{}", BINARY.get(times)?));
        }
        let (number, thousands) = without_factors(amount, 1000);
        let suffix = match (self.format, thousands) {
            (Format::Exponent, 3) => String::new(),
            (Format::Exponent, _) => format!("e{}", (i64::try_from(thousands).ok()? - 3) * 3),
            _ => (*DECIMAL.get(thousands)?).to_owned(),
        };
        Some(format!("{sign}{number}{suffix}"))
    }
}

/// A number without as many factors as it has, and how many.
fn without_factors(mut number: i128, factor: i128) -> (i128, usize) {
    let mut times = 0;
    while number % factor == 0 {
        number /= factor;
        times += 1;
    }
    (number, times)
}

const fn divide_up(amount: i128, divisor: i128) -> i128 {
    amount / divisor + if amount % divisor == 0 { 0 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_written_as_the_server_writes_them() {
        for (text, wanted) in [
            ("1000m", "1"),
            ("0.5", "500m"),
            ("1500m", "1500m"),
            ("1000", "1k"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("0.5Ki", "512"),
            ("1023", "1023"),
            ("1000Ki", "1000Ki"),
            ("0.1Mi", "104857600m"),
            ("1e3", "1e3"),
            ("12e4", "120e3"),
            ("1E", "1E"),
            ("1E3", "1e3"),
            ("100e-3", "100e-3"),
            ("-0.5", "-500m"),
            ("0Gi", "0"),
            ("+1", "1"),
            (".5", "500m"),
            ("0.0000000001", "1n"),
            ("1e-60", "1e-9"),
            ("123456789", "123456789"),
        ] {
            let found = Amount::read(text).and_then(Amount::text);
            assert_eq!(found.as_deref(), Some(wanted), "{text}");
        }
        for (text, wanted) in [("1u", "1m"), ("-1u", "-1m"), ("1500u", "2m"), ("1 Gi", "1 Gi")] {
            let mut value = Value::from(text);
            canonical(&mut value, Precision::Thousandths);
            assert_eq!(value, wanted);
        }
        let mut number = serde_json::json!(0.25);
        canonical(&mut number, Precision::Thousandths);
        assert_eq!(number, "250m");
    }
}
