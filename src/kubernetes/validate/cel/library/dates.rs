//! Parts of dates, clocks and durations (cel-go `common/stdlib/standard.go`).

use super::super::budget::{Budget, Fault, Outcome};
use super::super::instant::{Civil, Instant};
use super::super::value::Value;
use super::arguments::no_function;

/// Parts of a point in time, by the names of functions.
pub fn part(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let (instant, offset) = match arguments {
        [Value::Timestamp(instant)] => (instant, 0),
        [Value::Timestamp(instant), Value::String(zone)] => (instant, instant.offset_in(zone).map_err(Fault::Error)?),
        [Value::Duration(duration)] => {
            let unit = unit(name).ok_or_else(|| no_function(name, arguments))?;
            return Ok(Value::Int(duration / unit));
        }
        _ => return Err(no_function(name, arguments)),
    };
    let found = of_instant(name, instant, instant.civil(offset));
    found.map(Value::Int).ok_or_else(|| no_function(name, arguments))
}

fn of_instant(name: &str, instant: &Instant, civil: Civil) -> Option<i64> {
    Some(match name {
        "getFullYear" => civil.year,
        "getMonth" => civil.month - 1,
        "getDayOfYear" => civil.day_of_year,
        "getDayOfMonth" => civil.day - 1,
        "getDate" => civil.day,
        "getDayOfWeek" => civil.weekday,
        "getHours" => civil.hour,
        "getMinutes" => civil.minute,
        "getSeconds" => civil.second,
        "getMilliseconds" => i64::from(instant.nanos / 1_000_000),
        _ => return None,
    })
}

/// Nanoseconds of the unit in which a function gives a duration.
fn unit(name: &str) -> Option<i64> {
    Some(match name {
        "getHours" => 3_600_000_000_000,
        "getMinutes" => 60_000_000_000,
        "getSeconds" => 1_000_000_000,
        "getMilliseconds" => 1_000_000,
        _ => return None,
    })
}
