//! Dates: `now`, `date`, `toDate`, `dateModify`, `ago`, `duration` and their relatives.
//!
//! Follows Sprig's `date.go`: `date` reads times and whole numbers of seconds, and treats anything else, a values
//! file's float64 included, as the current time.

use super::arguments::{any, bytes, error, string};
use super::conversions::nearest_int;
use super::go_time::{Duration, HOUR, MINUTE, SECOND, Time, Zone, parse_duration, parse_time};
use super::table::fixed;
use crate::engine::template::{CallResult, Function, Host, Parameter, Value};
use crate::text::go::integer::parse_int;

use Parameter::{Any, Named, Str};

const TIME: Parameter = Named("time.Time");
const HTML_LAYOUT: &[u8] = b"2006-01-02";

/// Steps that a kibibyte of a layout or a date counts as.
const LAYOUT_COST: u64 = 320;

/// Steps that writing a date counts as.
const FORMATTING_COST: u64 = 6;

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    fixed("now", &[], |host, _| Ok(now(host).into())),
    fixed("date", &[Str, Any], |host, a| {
        Ok(format(host, bytes(a, 0), any(a, 1), "Local"))
    })
    .costing(FORMATTING_COST)
    .costing_by_size(LAYOUT_COST),
    fixed("dateInZone", &[Str, Any, Str], |host, a| {
        Ok(format(host, bytes(a, 0), any(a, 1), &string(a, 2)))
    })
    .costing(FORMATTING_COST)
    .costing_by_size(LAYOUT_COST),
    fixed("date_in_zone", &[Str, Any, Str], |host, a| {
        Ok(format(host, bytes(a, 0), any(a, 1), &string(a, 2)))
    })
    .costing(FORMATTING_COST)
    .costing_by_size(LAYOUT_COST),
    fixed("htmlDate", &[Any], |host, a| {
        Ok(format(host, HTML_LAYOUT, any(a, 0), "Local"))
    })
    .costing(FORMATTING_COST),
    fixed("htmlDateInZone", &[Any, Str], |host, a| {
        Ok(format(host, HTML_LAYOUT, any(a, 0), &string(a, 1)))
    })
    .costing(FORMATTING_COST)
    .costing_by_size(LAYOUT_COST),
    fixed("dateModify", &[Str, TIME], modify).costing_by_size(LAYOUT_COST),
    fixed("date_modify", &[Str, TIME], modify).costing_by_size(LAYOUT_COST),
    fixed("mustDateModify", &[Str, TIME], must_modify).costing_by_size(LAYOUT_COST),
    fixed("must_date_modify", &[Str, TIME], must_modify).costing_by_size(LAYOUT_COST),
    fixed("ago", &[Any], ago),
    fixed("duration", &[Any], |_, a| Ok(Value::str(duration(any(a, 0)).text()))),
    fixed("durationRound", &[Any], round_duration),
    fixed("toDate", &[Str, Str], |host, a| {
        let zone = Zone::local(host.local_zone());
        let parsed = parse_time(bytes(a, 0), bytes(a, 1), &zone);
        Ok(parsed.unwrap_or_else(|_| Time::zero()).into())
    })
    .costing_by_size(LAYOUT_COST),
    fixed("mustToDate", &[Str, Str], |host, a| {
        let zone = Zone::local(host.local_zone());
        Ok(parse_time(bytes(a, 0), bytes(a, 1), &zone)?.into())
    })
    .costing_by_size(LAYOUT_COST),
    fixed("unixEpoch", &[TIME], |_, a| {
        Ok(Value::str(time(any(a, 0)).unix_seconds.to_string()))
    }),
];

fn now(host: &mut dyn Host) -> Time {
    let zone = Zone::local(host.local_zone());
    Time::from_unix_nanos(host.now_unix_nanos(), zone)
}

fn as_time(value: &Value) -> Option<&Time> {
    match value {
        Value::Object(object) => object.as_any().downcast_ref::<Time>(),
        _ => None,
    }
}

fn time(value: &Value) -> Time {
    as_time(value).cloned().unwrap_or_else(Time::zero)
}

/// The instant that a value represents, if it represents one.
fn instant(value: &Value) -> Option<Time> {
    match value {
        Value::Int(seconds) | Value::Int64(seconds) => Some(Time::from_unix(*seconds, Zone::Utc)),
        Value::Int32(seconds) => Some(Time::from_unix(i64::from(*seconds), Zone::Utc)),
        _ => as_time(value).cloned(),
    }
}

fn format(host: &mut dyn Host, layout: &[u8], value: &Value, zone: &str) -> Value {
    let time = instant(value).unwrap_or_else(|| now(host));
    let zone = Zone::load(zone, host.local_zone()).unwrap_or(Zone::Utc);
    Value::str(time.in_zone(zone).format(layout))
}

fn modify(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let date = any(arguments, 1);
    match parse_duration(bytes(arguments, 0)) {
        Ok(duration) => Ok(time(date).add(duration).into()),
        Err(_) => Ok(date.clone()),
    }
}

fn must_modify(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    match parse_duration(bytes(arguments, 0)) {
        Ok(duration) => Ok(time(any(arguments, 1)).add(duration).into()),
        Err(problem) => error(problem),
    }
}

fn ago(host: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let value = any(arguments, 0);
    let present = now(host);
    let past = match value {
        Value::Int32(_) => None,
        _ => instant(value),
    };
    let elapsed = past.map_or(Duration(0), |past| present.since(&past));
    Ok(Value::str(elapsed.round(Duration(SECOND)).text()))
}

fn duration(value: &Value) -> Duration {
    let seconds = match value {
        Value::Str(text) => nearest_int(parse_int(text.as_bytes(), 10)),
        Value::Int64(seconds) => *seconds,
        _ => 0,
    };
    Duration(seconds.wrapping_mul(SECOND))
}

fn round_duration(host: &mut dyn Host, arguments: &[Value]) -> CallResult {
    const DAY: u64 = 24 * HOUR.unsigned_abs();
    let value = any(arguments, 0);
    let duration = match value {
        Value::Str(text) => parse_duration(text.as_bytes()).unwrap_or(Duration(0)),
        Value::Int64(nanoseconds) => Duration(*nanoseconds),
        _ => as_time(value).map_or(Duration(0), |past| now(host).since(past)),
    };
    let magnitude = duration.0.unsigned_abs();
    let units = [
        (365 * DAY, "y"),
        (30 * DAY, "mo"),
        (DAY, "d"),
        (HOUR.unsigned_abs(), "h"),
        (MINUTE.unsigned_abs(), "m"),
        (SECOND.unsigned_abs(), "s"),
    ];
    let fitting = units.into_iter().find(|(unit, _)| magnitude > *unit);
    Ok(Value::str(fitting.map_or_else(
        || "0s".to_owned(),
        |(unit, name)| format!("{}{name}", magnitude / unit),
    )))
}
