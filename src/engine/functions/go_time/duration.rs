//! `time.Duration`, `time.Month` and `time.Weekday`, their text and methods.

use std::any::Any;
use std::fmt::Write as _;

use crate::engine::template::{CallResult, Object, Text, Value};

pub use crate::text::go::duration::{HOUR, MINUTE, SECOND};

/// `time.Duration`, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub i64);

/// `time.Month`, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month(pub u8);

/// `time.Weekday`, from 0 for Sunday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weekday(pub u8);

/// English month names.
pub(in super::super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// English weekday names.
pub(in super::super) const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

impl Month {
    /// The English name.
    pub fn name(self) -> &'static str {
        MONTHS
            .get(usize::from(self.0.wrapping_sub(1)))
            .copied()
            .unwrap_or("%!Month(0)")
    }
}

impl Weekday {
    /// The English name.
    pub fn name(self) -> &'static str {
        WEEKDAYS.get(usize::from(self.0)).copied().unwrap_or("%!Weekday(7)")
    }
}

impl Duration {
    /// `Duration.Round`: to the nearest multiple, halves away from zero.
    #[must_use]
    pub fn round(self, multiple: Self) -> Self {
        let (duration, multiple) = (self.0, multiple.0);
        if multiple <= 0 {
            return self;
        }
        let remainder = duration % multiple;
        let doubled = i128::from(remainder.unsigned_abs()) * 2;
        let rounded = if doubled < i128::from(multiple) {
            Some(duration - remainder)
        } else if duration < 0 {
            (duration - remainder).checked_sub(multiple)
        } else {
            (duration - remainder).checked_add(multiple)
        };
        Self(rounded.unwrap_or(if duration < 0 { i64::MIN } else { i64::MAX }))
    }

    /// `Duration.Truncate`.
    #[must_use]
    pub const fn truncate(self, multiple: Self) -> Self {
        if multiple.0 <= 0 {
            return self;
        }
        Self(self.0 - self.0 % multiple.0)
    }

    /// A whole part and a fraction of `unit` as a float, as `Duration.Hours` computes it.
    #[expect(clippy::cast_precision_loss, reason = "Go's own arithmetic")]
    pub fn in_units(self, unit: i64) -> f64 {
        (self.0 / unit) as f64 + (self.0 % unit) as f64 / unit as f64
    }

    /// `Duration.String`: `1h2m3.5s`.
    pub fn text(self) -> String {
        let nanoseconds = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        if nanoseconds == 0 {
            return "0s".to_owned();
        }
        if nanoseconds < SECOND.unsigned_abs() {
            let (unit, digits, name) = match nanoseconds {
                0..=999 => (1, 0, "ns"),
                1_000..=999_999 => (1_000, 3, "µs"),
                _ => (1_000_000, 6, "ms"),
            };
            return format!("{sign}{}{name}", with_fraction(nanoseconds, unit, digits));
        }
        let seconds = nanoseconds / SECOND.unsigned_abs();
        let mut out = sign.to_owned();
        if seconds >= 3_600 {
            let _ = write!(out, "{}h", seconds / 3_600);
        }
        if seconds >= 60 {
            let _ = write!(out, "{}m", seconds / 60 % 60);
        }
        let rest = nanoseconds % MINUTE.unsigned_abs();
        out.push_str(&with_fraction(rest, SECOND.unsigned_abs(), 9));
        out.push('s');
        out
    }
}

/// `amount / unit` with as many decimals as needed.
fn with_fraction(amount: u64, unit: u64, digits: usize) -> String {
    let fraction = amount % unit;
    if fraction == 0 {
        return (amount / unit).to_string();
    }
    let decimals = format!("{fraction:0digits$}");
    format!("{}.{}", amount / unit, decimals.trim_end_matches('0'))
}

impl Object for Duration {
    fn type_name(&self) -> &'static str {
        "time.Duration"
    }
    fn field(&self, _: &str) -> Option<Value> {
        None
    }
    fn call_method(&self, name: &str, arguments: &[Value]) -> Option<CallResult> {
        let other = || {
            let object = arguments.first().and_then(|value| match value {
                Value::Object(object) => object.as_any().downcast_ref::<Self>().copied(),
                Value::Int(number) | Value::Int64(number) => Some(Self(*number)),
                _ => None,
            });
            object.unwrap_or(Self(0))
        };
        Some(Ok(match name {
            "String" => Value::str(self.text()),
            "Hours" => Value::Float(self.in_units(HOUR)),
            "Minutes" => Value::Float(self.in_units(MINUTE)),
            "Seconds" => Value::Float(self.in_units(SECOND)),
            "Milliseconds" => Value::Int64(self.0 / 1_000_000),
            "Microseconds" => Value::Int64(self.0 / 1_000),
            "Nanoseconds" => Value::Int64(self.0),
            "Abs" => Self(self.0.checked_abs().unwrap_or(i64::MAX)).into(),
            "Round" => self.round(other()).into(),
            "Truncate" => self.truncate(other()).into(),
            _ => return None,
        }))
    }
    fn display(&self) -> Text {
        Text::from(self.text())
    }
    fn encoded(&self) -> Option<Value> {
        Some(Value::Int64(self.0))
    }
    fn as_integer(&self) -> Option<i64> {
        Some(self.0)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl From<Duration> for Value {
    fn from(duration: Duration) -> Self {
        Self::Object(std::rc::Rc::new(duration))
    }
}

macro_rules! named_number {
    ($type:ty, $name:literal) => {
        impl Object for $type {
            fn type_name(&self) -> &'static str {
                $name
            }
            fn field(&self, _: &str) -> Option<Value> {
                None
            }
            fn call_method(&self, name: &str, _: &[Value]) -> Option<CallResult> {
                (name == "String").then(|| Ok(Value::str(self.name())))
            }
            fn display(&self) -> Text {
                Text::from(self.name())
            }
            fn encoded(&self) -> Option<Value> {
                Some(Value::Int(i64::from(self.0)))
            }
            fn as_integer(&self) -> Option<i64> {
                Some(i64::from(self.0))
            }
            fn as_any(&self) -> &dyn Any {
                self
            }
        }

        impl From<$type> for Value {
            fn from(number: $type) -> Self {
                Self::Object(std::rc::Rc::new(number))
            }
        }
    };
}

named_number!(Month, "time.Month");
named_number!(Weekday, "time.Weekday");

#[cfg(test)]
mod tests {
    use super::{Duration, HOUR, SECOND};

    #[test]
    fn durations_as_text() {
        for (nanoseconds, expected) in [
            (0, "0s"),
            (1_000, "1µs"),
            (1_500_000, "1.5ms"),
            (95 * SECOND, "1m35s"),
            (HOUR, "1h0m0s"),
            (-HOUR - SECOND / 2, "-1h0m0.5s"),
            (i64::MIN, "-2562047h47m16.854775808s"),
        ] {
            assert_eq!(Duration(nanoseconds).text(), expected);
        }
    }
}
