//! Arithmetic: integers that wrap, floats through exact decimals, rounding, extremes.
//!
//! Follows Sprig's `numeric.go` and `shopspring/decimal` (division keeps sixteen digits after the point).

use num_bigint::{BigInt, Sign};

use super::arguments::{any, error, float, int, rest};
use super::conversions::{to_float64, to_int64};
use super::table::{fixed, variadic};
use crate::engine::template::{CallError, CallResult, Function, Host, Parameter, Value};
use crate::text::go::float_format::{format_shortest, shortest_digits};

use Parameter::{Any, Float, Int};

/// Digits after the point that a division keeps.
const DIVISION_PRECISION: i32 = 16;

/// Steps that arithmetic with decimal digits counts as.
const DECIMAL_COST: u64 = 16;

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    fixed("add1", &[Any], |_, a| {
        Ok(Value::Int64(to_int64(any(a, 0)).wrapping_add(1)))
    }),
    variadic("add", &[Any], |_, a| {
        Ok(Value::Int64(a.iter().map(to_int64).fold(0, i64::wrapping_add)))
    }),
    fixed("sub", &[Any, Any], |_, a| {
        Ok(Value::Int64(to_int64(any(a, 0)).wrapping_sub(to_int64(any(a, 1)))))
    }),
    fixed("div", &[Any, Any], |_, a| divide(a, i64::wrapping_div)),
    fixed("mod", &[Any, Any], |_, a| divide(a, i64::wrapping_rem)),
    variadic("mul", &[Any, Any], |_, a| {
        Ok(Value::Int64(a.iter().map(to_int64).fold(1, i64::wrapping_mul)))
    }),
    fixed("add1f", &[Any], |_, a| {
        decimals(any(a, 0), &[Value::Int(1)], |x, y| Ok(x.add(&y, 1)))
    })
    .costing(DECIMAL_COST),
    variadic("addf", &[Any], |_, a| {
        decimals(&Value::Float(0.0), a, |x, y| Ok(x.add(&y, 1)))
    })
    .costing(DECIMAL_COST),
    variadic("subf", &[Any, Any], |_, a| {
        decimals(any(a, 0), rest(a, 1), |x, y| Ok(x.add(&y, -1)))
    })
    .costing(DECIMAL_COST),
    variadic("mulf", &[Any, Any], |_, a| {
        decimals(any(a, 0), rest(a, 1), |x, y| Ok(x.multiply(&y)))
    })
    .costing(DECIMAL_COST),
    variadic("divf", &[Any, Any], |_, a| {
        decimals(any(a, 0), rest(a, 1), |x, y| x.divide(&y))
    })
    .costing(DECIMAL_COST),
    variadic("max", &[Any, Any], largest),
    variadic("biggest", &[Any, Any], largest),
    variadic("min", &[Any, Any], |_, a| {
        Ok(Value::Int64(a.iter().map(to_int64).min().unwrap_or_default()))
    }),
    variadic("maxf", &[Any, Any], |_, a| Ok(extreme(a, f64::max, f64::INFINITY))),
    variadic("minf", &[Any, Any], |_, a| Ok(extreme(a, f64::min, f64::NEG_INFINITY))),
    fixed("ceil", &[Any], |_, a| Ok(Value::Float(to_float64(any(a, 0)).ceil()))),
    fixed("floor", &[Any], |_, a| Ok(Value::Float(to_float64(any(a, 0)).floor()))),
    variadic("round", &[Any, Int, Float], |_, a| {
        Ok(Value::Float(round(
            to_float64(any(a, 0)),
            int(a, 1),
            float(a, 2).unwrap_or(0.5),
        )))
    }),
];

fn divide(arguments: &[Value], operation: fn(i64, i64) -> i64) -> CallResult {
    let divisor = to_int64(any(arguments, 1));
    if divisor == 0 {
        return error("runtime error: integer divide by zero");
    }
    Ok(Value::Int64(operation(to_int64(any(arguments, 0)), divisor)))
}

fn largest(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    Ok(Value::Int64(arguments.iter().map(to_int64).max().unwrap_or_default()))
}

/// Go's `math.Max` and `math.Min`: infinity wins over NaN, which wins over numbers.
fn extreme(arguments: &[Value], choose: fn(f64, f64) -> f64, winner: f64) -> Value {
    let mut numbers = arguments.iter().map(to_float64);
    let first = numbers.next().unwrap_or_default();
    Value::Float(numbers.fold(first, |a, b| {
        #[expect(clippy::float_cmp, reason = "only infinity itself counts")]
        if a == winner || b == winner {
            winner
        } else if a.is_nan() || b.is_nan() {
            f64::NAN
        } else {
            choose(a, b)
        }
    }))
}

/// Sprig's `round`: away from zero only upwards, so that -2.5 becomes -3.
fn round(number: f64, places: i64, round_on: f64) -> f64 {
    let power = power_of_ten(places);
    let digit = power * number;
    let fraction = if digit.is_infinite() { f64::NAN } else { digit.fract() };
    let rounded = if fraction >= round_on {
        digit.ceil()
    } else {
        digit.floor()
    };
    rounded / power
}

/// `math.Pow(10, places)`, with the rounding of Go's repeated squaring of a fraction and an exponent.
fn power_of_ten(places: i64) -> f64 {
    const LARGEST_EXPONENT: i32 = 1 << 12;
    let (mut result, mut result_exponent) = (1.0_f64, 0_i32);
    let (mut square, mut square_exponent) = (0.625_f64, 4_i32);
    let mut bits = places.unsigned_abs();
    while bits != 0 {
        if square_exponent > LARGEST_EXPONENT {
            result_exponent += square_exponent;
            break;
        }
        if bits & 1 == 1 {
            result *= square;
            result_exponent += square_exponent;
        }
        square *= square;
        square_exponent <<= 1;
        if square < 0.5 {
            square += square;
            square_exponent -= 1;
        }
        bits >>= 1;
    }
    if places < 0 {
        result = 1.0 / result;
        result_exponent = -result_exponent;
    }
    // Two steps, so that neither factor leaves the range while their product is in it.
    let half = result_exponent / 2;
    result * 2_f64.powi(half) * 2_f64.powi(result_exponent - half)
}

/// A decimal number: `coefficient` times ten to `exponent`.
#[derive(Debug, Clone)]
struct Decimal {
    coefficient: BigInt,
    exponent: i32,
}

impl Decimal {
    /// The shortest decimal that gives the float back.
    fn from_float(number: f64) -> Result<Self, CallError> {
        if !number.is_finite() {
            return error(format!("Cannot create a Decimal from {}", format_shortest(number)));
        }
        if number == 0.0 {
            return Ok(Self {
                coefficient: BigInt::ZERO,
                exponent: 0,
            });
        }
        let (digits, exponent) = shortest_digits(number);
        let magnitude = BigInt::parse_bytes(digits.as_bytes(), 10).unwrap_or_default();
        let length = i32::try_from(digits.len()).unwrap_or_default();
        Ok(Self {
            coefficient: if number < 0.0 { -magnitude } else { magnitude },
            exponent: exponent + 1 - length,
        })
    }

    fn scaled_to(&self, exponent: i32) -> BigInt {
        &self.coefficient * power(self.exponent.abs_diff(exponent.min(self.exponent)))
    }

    fn add(&self, other: &Self, sign: i32) -> Self {
        let exponent = self.exponent.min(other.exponent);
        Self {
            coefficient: self.scaled_to(exponent) + other.scaled_to(exponent) * sign,
            exponent,
        }
    }

    fn multiply(&self, other: &Self) -> Self {
        Self {
            coefficient: &self.coefficient * &other.coefficient,
            exponent: self.exponent.saturating_add(other.exponent),
        }
    }

    /// Division rounded half away from zero at the precision's last digit.
    fn divide(&self, other: &Self) -> Result<Self, CallError> {
        if other.coefficient.sign() == Sign::NoSign {
            return error("decimal division by 0");
        }
        let shift = self.exponent - other.exponent + DIVISION_PRECISION;
        let (numerator, denominator) = if shift < 0 {
            (
                self.coefficient.clone(),
                &other.coefficient * power(shift.unsigned_abs()),
            )
        } else {
            (
                &self.coefficient * power(shift.unsigned_abs()),
                other.coefficient.clone(),
            )
        };
        let mut quotient = &numerator / &denominator;
        let remainder = &numerator % &denominator;
        if remainder.magnitude() * 2_u32 >= *denominator.magnitude() {
            quotient += if numerator.sign() == denominator.sign() { 1 } else { -1 };
        }
        Ok(Self {
            coefficient: quotient,
            exponent: -DIVISION_PRECISION,
        })
    }

    fn to_float(&self) -> f64 {
        format!("{}e{}", self.coefficient, self.exponent)
            .parse()
            .unwrap_or_default()
    }
}

fn power(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}

/// Folds decimals of the arguments and gives a float back.
fn decimals(
    first: &Value,
    others: &[Value],
    operation: impl Fn(&Decimal, Decimal) -> Result<Decimal, CallError>,
) -> CallResult {
    let mut total = Decimal::from_float(to_float64(first))?;
    for value in others {
        total = operation(&total, Decimal::from_float(to_float64(value))?)?;
    }
    Ok(Value::Float(total.to_float()))
}

#[cfg(test)]
mod tests {
    use super::{Decimal, round};

    #[test]
    fn decimals_are_exact() {
        let [a, b] = [0.1, 0.2].map(|number| Decimal::from_float(number).expect("finite"));
        assert!((a.add(&b, 1).to_float() - 0.3).abs() < f64::EPSILON);
        let third = Decimal::from_float(1.0)
            .and_then(|one| one.divide(&Decimal::from_float(3.0)?))
            .expect("no zero");
        assert_eq!(third.to_float().to_string(), "0.3333333333333333");
    }

    #[test]
    fn rounding() {
        for (number, places, expected) in [
            (-2.5, 0, -3.0),
            (2.5, 0, 3.0),
            (123.555_55, 3, 123.556),
            (1234.0, -2, 1200.0),
        ] {
            assert!((round(number, places, 0.5) - expected).abs() < 1e-12, "{number}");
        }
    }
}
