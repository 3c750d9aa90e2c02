//! Numbers of a custom resource as the server holds them: whole numbers of 64 bits, and floats for everything else.

use serde_json::Number as JsonNumber;

/// Largest whole number that a float holds exactly.
const MAX_WHOLE_FLOAT: f64 = 9_007_199_254_740_991.0;
/// How far from a whole number a float may be, relative to its size.
const EPSILON: f64 = 1e-9;
/// The first float that no integer of 64 bits reaches.
const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

/// A number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    pub(super) fn of(number: &JsonNumber) -> Self {
        match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Self::Int(whole),
            (None, float) => Self::Float(float.unwrap_or(f64::INFINITY)),
        }
    }

    /// Whether it counts as an integer.
    pub(super) fn is_whole(self) -> bool {
        match self {
            Self::Int(_) => true,
            Self::Float(float) => is_whole(float),
        }
    }

    /// Whether it is above a limit, or not below it. Limits on integers lose their fraction, as in the server.
    pub(super) fn exceeds(self, maximum: f64, is_excluded: bool) -> bool {
        match self {
            Self::Int(whole) => {
                let maximum = truncated(maximum);
                whole > maximum || (is_excluded && whole == maximum)
            }
            Self::Float(float) => float > maximum || (is_excluded && float >= maximum),
        }
    }

    /// Whether it is below a limit, or not above it.
    pub(super) fn falls_below(self, minimum: f64, is_excluded: bool) -> bool {
        match self {
            Self::Int(whole) => {
                let minimum = truncated(minimum);
                whole < minimum || (is_excluded && whole == minimum)
            }
            Self::Float(float) => float < minimum || (is_excluded && float <= minimum),
        }
    }

    /// Whether it is a number of an enumeration after Go has converted it to that one's type: a float loses its fraction.
    pub(super) fn is_converted_to(self, allowed: Self) -> bool {
        match (self, allowed) {
            (Self::Int(whole), Self::Int(allowed)) => whole == allowed,
            (Self::Float(float), Self::Int(allowed)) => truncated(float) == allowed,
            (Self::Int(whole), Self::Float(allowed)) => as_float(whole).total_cmp(&allowed).is_eq(),
            (Self::Float(float), Self::Float(allowed)) => float.total_cmp(&allowed).is_eq(),
        }
    }

    /// Whether it is a multiple of a factor; nothing is of a factor that is not positive.
    pub(super) fn is_multiple_of(self, factor: f64) -> bool {
        match self {
            Self::Int(whole) => {
                let factor = truncated(factor);
                factor > 0 && whole.checked_rem(factor) == Some(0)
            }
            Self::Float(_) if factor <= 0.0 => false,
            Self::Float(float) if factor < 1.0 => is_whole(1.0 / factor * float),
            Self::Float(float) => is_whole(float / factor),
        }
    }
}

/// Go's conversion of a float to an integer, on the usual machines.
#[expect(
    clippy::cast_possible_truncation,
    reason = "that is what Go does; out of range it gives the smallest integer"
)]
fn truncated(float: f64) -> i64 {
    if (-TWO_TO_63..TWO_TO_63).contains(&float) {
        float as i64
    } else {
        i64::MIN
    }
}

#[expect(clippy::cast_precision_loss, reason = "that is what Go does")]
const fn as_float(whole: i64) -> f64 {
    whole as f64
}

/// `swag.IsFloat64AJSONInteger`.
fn is_whole(float: f64) -> bool {
    if !float.is_finite() || float.abs() > MAX_WHOLE_FLOAT {
        return false;
    }
    let whole = float.trunc();
    let difference = (float - whole).abs();
    difference == 0.0 || (whole != 0.0 && difference / (float.abs() + whole.abs()) < EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_those_of_the_server() {
        assert!(Number::Int(2).exceeds(1.5, false) && !Number::Int(1).exceeds(1.5, false));
        assert!(
            Number::Int(1).exceeds(1.5, true),
            "a limit on integers loses its fraction"
        );
        assert!(!Number::Int(0).falls_below(0.5, false) && Number::Float(0.4).falls_below(0.5, false));
        assert!(Number::Float(1.0).falls_below(1.0, true));
        assert!(Number::Int(6).is_multiple_of(2.5) && !Number::Int(6).is_multiple_of(0.5));
        assert!(Number::Float(1.5).is_multiple_of(0.5) && !Number::Float(1.2).is_multiple_of(0.5));
        assert!(!Number::Int(i64::MIN).is_multiple_of(-1.0));
        assert!(
            Number::Float(2.5).is_converted_to(Number::Int(2)) && !Number::Int(2).is_converted_to(Number::Float(2.5))
        );
        assert!(Number::Float(4.0).is_whole() && !Number::Float(4.5).is_whole() && !Number::Float(1e17).is_whole());
    }
}
