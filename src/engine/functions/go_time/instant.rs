//! `time.Time`: an instant and the zone it is shown in.
//!
//! Follows Go's `time` package: the proleptic Gregorian calendar, `Format` with reference-time layouts, the methods that
//! templates call.

use std::any::Any;
use std::rc::Rc;

use super::duration::{Duration, Month, Weekday};
use super::layout::{Offset, Piece, next_piece};
use super::zone::Zone;
use crate::engine::template::{CallError, CallResult, Object, Parameter, Text, Value};
use crate::text::calendar::{civil_from_days, days_from_civil};

/// `time.RFC3339Nano`.
pub(super) const RFC3339_NANO: &[u8] = b"2006-01-02T15:04:05.999999999Z07:00";
/// The layout that `Time.String` uses.
const STRING_LAYOUT: &[u8] = b"2006-01-02 15:04:05.999999999 -0700 MST";
/// Seconds from year 1 to 1970.
const UNIX_TO_ZERO: i64 = -62_135_596_800;
/// Seconds in a day.
const DAY: i64 = 86_400;

/// `time.Time`.
#[derive(Debug, Clone)]
pub struct Time {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub unix_seconds: i64,
    /// Nanoseconds within the second.
    pub nanosecond: u32,
    /// Where it is shown.
    pub zone: Zone,
}

/// An instant on the calendar and clock of its zone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Civil {
    pub(super) year: i64,
    pub(super) month: u8,
    pub(super) day: u8,
    pub(super) hour: u8,
    pub(super) minute: u8,
    pub(super) second: u8,
    pub(super) weekday: u8,
    pub(super) year_day: u16,
}

/// Whether a year has 366 days.
pub(super) const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn civil_from_seconds(wall: i64) -> Civil {
    let days = wall.div_euclid(DAY);
    let second_of_day = wall.rem_euclid(DAY);
    let (year, month, day) = civil_from_days(days);
    Civil {
        year,
        month: small(month),
        day: small(day),
        hour: small(second_of_day / 3_600),
        minute: small(second_of_day / 60 % 60),
        second: small(second_of_day % 60),
        weekday: small((days + 4).rem_euclid(7)),
        year_day: u16::try_from(days - days_from_civil(year, 1, 1) + 1).unwrap_or_default(),
    }
}

fn small(number: i64) -> u8 {
    u8::try_from(number).unwrap_or_default()
}

impl Time {
    /// `time.Unix(seconds, 0)` in a zone.
    pub const fn from_unix(unix_seconds: i64, zone: Zone) -> Self {
        Self {
            unix_seconds,
            nanosecond: 0,
            zone,
        }
    }

    /// From nanoseconds since 1970.
    pub fn from_unix_nanos(nanoseconds: i128, zone: Zone) -> Self {
        Self {
            unix_seconds: i64::try_from(nanoseconds.div_euclid(1_000_000_000)).unwrap_or_default(),
            nanosecond: u32::try_from(nanoseconds.rem_euclid(1_000_000_000)).unwrap_or_default(),
            zone,
        }
    }

    /// `time.Time{}`: the first instant of year 1.
    pub const fn zero() -> Self {
        Self::from_unix(UNIX_TO_ZERO, Zone::Utc)
    }

    /// The same instant shown elsewhere.
    #[must_use]
    pub fn in_zone(&self, zone: Zone) -> Self {
        Self { zone, ..self.clone() }
    }

    /// Nanoseconds since 1970.
    pub fn unix_nanos(&self) -> i128 {
        i128::from(self.unix_seconds) * 1_000_000_000 + i128::from(self.nanosecond)
    }

    /// `Time.Add`.
    #[must_use]
    pub fn add(&self, duration: Duration) -> Self {
        Self::from_unix_nanos(self.unix_nanos() + i128::from(duration.0), self.zone.clone())
    }

    /// `Time.Sub`: the nearest duration that can be represented.
    pub fn since(&self, earlier: &Self) -> Duration {
        let difference = self.unix_nanos() - earlier.unix_nanos();
        Duration(i64::try_from(difference).unwrap_or(if difference < 0 { i64::MIN } else { i64::MAX }))
    }

    pub(super) fn civil(&self) -> Civil {
        let (_, offset) = self.zone.at(self.unix_seconds);
        civil_from_seconds(self.unix_seconds.saturating_add(i64::from(offset)))
    }

    /// `Time.AddDate`.
    fn add_date(&self, years: i64, months: i64, days: i64) -> Self {
        let civil = self.civil();
        let months = (i64::from(civil.month) - 1).saturating_add(months);
        let year = civil.year.saturating_add(years).saturating_add(months.div_euclid(12));
        let bounded = year.clamp(-1_000_000, 1_000_000);
        let day = i64::from(civil.day).saturating_add(days.clamp(-1_000_000_000, 1_000_000_000));
        let date = days_from_civil(bounded, months.rem_euclid(12) + 1, day);
        let clock = i64::from(civil.hour) * 3_600 + i64::from(civil.minute) * 60 + i64::from(civil.second);
        Self {
            unix_seconds: self.zone.from_wall_clock(date * DAY + clock),
            nanosecond: self.nanosecond,
            zone: self.zone.clone(),
        }
    }

    /// `Time.Format`.
    pub fn format(&self, layout: &[u8]) -> Vec<u8> {
        let (abbreviation, offset) = self.zone.at(self.unix_seconds);
        let civil = self.civil();
        let mut out = Vec::with_capacity(layout.len() + 10);
        let mut rest = layout;
        while let Some((prefix, piece, _, tail)) = next_piece(rest) {
            out.extend_from_slice(prefix);
            self.write_piece(&mut out, piece, &civil, &abbreviation, offset);
            rest = tail;
        }
        out.extend_from_slice(rest);
        out
    }

    fn write_piece(&self, out: &mut Vec<u8>, piece: Piece, civil: &Civil, abbreviation: &str, offset: i32) {
        let hour12 = match civil.hour % 12 {
            0 => 12,
            hour => hour,
        };
        let month = Month(civil.month).name();
        let weekday = Weekday(civil.weekday).name();
        let short = |name: &'static str| name.get(..3).unwrap_or(name).to_owned();
        let is_afternoon = civil.hour >= 12;
        let written = match piece {
            Piece::Year => format!("{:02}", civil.year.max(0) % 100),
            Piece::LongYear if civil.year < 0 => format!("-{:04}", civil.year.unsigned_abs()),
            Piece::LongYear => format!("{:04}", civil.year),
            Piece::Month => short(month),
            Piece::LongMonth => month.to_owned(),
            Piece::NumberMonth => civil.month.to_string(),
            Piece::ZeroMonth => format!("{:02}", civil.month),
            Piece::Weekday => short(weekday),
            Piece::LongWeekday => weekday.to_owned(),
            Piece::Day => civil.day.to_string(),
            Piece::SpaceDay => format!("{:2}", civil.day),
            Piece::ZeroDay => format!("{:02}", civil.day),
            Piece::SpaceYearDay => format!("{:3}", civil.year_day),
            Piece::ZeroYearDay => format!("{:03}", civil.year_day),
            Piece::Hour => format!("{:02}", civil.hour),
            Piece::Hour12 => hour12.to_string(),
            Piece::ZeroHour12 => format!("{hour12:02}"),
            Piece::Minute => civil.minute.to_string(),
            Piece::ZeroMinute => format!("{:02}", civil.minute),
            Piece::Second => civil.second.to_string(),
            Piece::ZeroSecond => format!("{:02}", civil.second),
            Piece::UpperPm => if is_afternoon { "PM" } else { "AM" }.to_owned(),
            Piece::LowerPm => if is_afternoon { "pm" } else { "am" }.to_owned(),
            Piece::Offset(form) => offset_text(form, offset),
            Piece::Abbreviation if abbreviation.is_empty() => unnamed_zone(offset),
            Piece::Abbreviation => abbreviation.to_owned(),
            Piece::ZeroFraction(separator, digits) => fraction_text(self.nanosecond, separator, digits, false),
            Piece::TrimmedFraction(separator, digits) => fraction_text(self.nanosecond, separator, digits, true),
        };
        out.extend_from_slice(written.as_bytes());
    }

    /// `Time.String`.
    pub fn text(&self) -> Vec<u8> {
        self.format(STRING_LAYOUT)
    }

    fn weekday(&self) -> Weekday {
        Weekday(self.civil().weekday)
    }
}

fn offset_text(form: Offset, offset: i32) -> String {
    if form.zulu && offset == 0 {
        return "Z".to_owned();
    }
    let magnitude = offset.unsigned_abs();
    let mut out = format!("{}{:02}", if offset < 0 { '-' } else { '+' }, magnitude / 3_600);
    let colon = if form.colons { ":" } else { "" };
    if form.minutes {
        out.push_str(&format!("{colon}{:02}", magnitude / 60 % 60));
    }
    if form.seconds {
        out.push_str(&format!("{colon}{:02}", magnitude % 60));
    }
    out
}

/// The replacement for an abbreviation that a zone does not have.
fn unnamed_zone(offset: i32) -> String {
    let minutes = offset / 60;
    let magnitude = minutes.unsigned_abs();
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}{:02}", magnitude / 60, magnitude % 60)
}

fn fraction_text(nanosecond: u32, separator: u8, digits: usize, trimmed: bool) -> String {
    let all = format!("{nanosecond:09}");
    let mut shown = all.get(..digits.min(9)).unwrap_or(&all).to_owned();
    if trimmed {
        shown.truncate(shown.trim_end_matches('0').len());
        if shown.is_empty() {
            return shown;
        }
    }
    format!("{}{shown}", char::from(separator))
}

impl From<Time> for Value {
    fn from(time: Time) -> Self {
        Self::Object(Rc::new(time))
    }
}

fn integer(arguments: &[Value], index: usize) -> i64 {
    match arguments.get(index) {
        Some(Value::Int(number) | Value::Int64(number)) => *number,
        Some(Value::Object(object)) => object.as_any().downcast_ref::<Duration>().map_or(0, |span| span.0),
        _ => 0,
    }
}

impl Time {
    fn clock_method(&self, name: &str) -> Option<Value> {
        let civil = self.civil();
        let (abbreviation, offset) = self.zone.at(self.unix_seconds);
        Some(match name {
            "Year" => Value::Int(civil.year),
            "Month" => Month(civil.month).into(),
            "Day" => Value::Int(i64::from(civil.day)),
            "Hour" => Value::Int(i64::from(civil.hour)),
            "Minute" => Value::Int(i64::from(civil.minute)),
            "Second" => Value::Int(i64::from(civil.second)),
            "Nanosecond" => Value::Int(i64::from(self.nanosecond)),
            "YearDay" => Value::Int(i64::from(civil.year_day)),
            "Weekday" => self.weekday().into(),
            "Unix" => Value::Int64(self.unix_seconds),
            "UnixMilli" => Value::Int64(i64::try_from(self.unix_nanos().div_euclid(1_000_000)).unwrap_or_default()),
            "UnixMicro" => Value::Int64(i64::try_from(self.unix_nanos().div_euclid(1_000)).unwrap_or_default()),
            "UnixNano" => Value::Int64(i64::try_from(self.unix_nanos()).unwrap_or_default()),
            "UTC" => self.in_zone(Zone::Utc).into(),
            "Local" => self.clone().into(),
            "IsZero" => Value::Bool(self.unix_seconds == UNIX_TO_ZERO && self.nanosecond == 0),
            "IsDST" => Value::Bool(offset != 0 && abbreviation.ends_with("DT")),
            "String" => Value::str(self.text()),
            "GoString" => Value::str(self.text()),
            _ => return None,
        })
    }

    fn method_with_time(&self, name: &str, other: &Self) -> Option<Value> {
        let order = self.unix_nanos().cmp(&other.unix_nanos());
        Some(match name {
            "After" => Value::Bool(order.is_gt()),
            "Before" => Value::Bool(order.is_lt()),
            "Equal" => Value::Bool(order.is_eq()),
            "Compare" => Value::Int(order as i64),
            "Sub" => self.since(other).into(),
            _ => return None,
        })
    }
}

impl Object for Time {
    fn type_name(&self) -> &'static str {
        "time.Time"
    }

    fn field(&self, _: &str) -> Option<Value> {
        None
    }

    fn method_parameters(&self, name: &str) -> Option<&'static [Parameter]> {
        match name {
            "Format" => Some(&[Parameter::Str]),
            "AddDate" => Some(&[Parameter::Int, Parameter::Int, Parameter::Int]),
            "MarshalText" | "MarshalJSON" => Some(&[]),
            _ => self.clock_method(name).map(|_| &[][..]),
        }
    }

    fn call_method(&self, name: &str, arguments: &[Value]) -> Option<CallResult> {
        if let Some(value) = self.clock_method(name) {
            return Some(Ok(value));
        }
        let other = match arguments.first() {
            Some(Value::Object(object)) => object.as_any().downcast_ref::<Self>(),
            _ => None,
        };
        if let Some(value) = other.and_then(|other| self.method_with_time(name, other)) {
            return Some(Ok(value));
        }
        let span = Duration(integer(arguments, 0));
        Some(Ok(match name {
            "Format" => match arguments.first() {
                Some(Value::Str(layout)) => Value::str(self.format(layout.as_bytes())),
                _ => return Some(Err(CallError::from("layout is not a string"))),
            },
            "Add" => self.add(span).into(),
            "AddDate" => self
                .add_date(integer(arguments, 0), integer(arguments, 1), integer(arguments, 2))
                .into(),
            "Truncate" | "Round" => self.to_multiple(span, name == "Round").into(),
            "MarshalText" | "MarshalJSON" => {
                let text = self.format(RFC3339_NANO);
                let quoted = [b"\"", text.as_slice(), b"\""].concat();
                Value::Bytes(if name == "MarshalText" { text } else { quoted }.into())
            }
            _ => return None,
        }))
    }

    fn display(&self) -> Text {
        Text::from(self.text())
    }

    fn encoded(&self) -> Option<Value> {
        Some(Value::str(self.format(RFC3339_NANO)))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Time {
    /// To a multiple of `span` since year 1, downwards or to the nearest.
    fn to_multiple(&self, span: Duration, nearest: bool) -> Self {
        if span.0 <= 0 {
            return self.clone();
        }
        let since_zero = self.unix_nanos() - i128::from(UNIX_TO_ZERO) * 1_000_000_000;
        let remainder = since_zero.rem_euclid(i128::from(span.0));
        let mut nanoseconds = self.unix_nanos() - remainder;
        if nearest && remainder * 2 >= i128::from(span.0) {
            nanoseconds += i128::from(span.0);
        }
        Self::from_unix_nanos(nanoseconds, self.zone.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::{Time, Zone};

    #[test]
    fn formats() {
        let time = Time::from_unix(1_680_700_000, Zone::Utc);
        for (layout, expected) in [
            ("Monday January 2 03:04PM", "Wednesday April 5 01:06PM"),
            (
                "06 1 _2 3 4 5 pm PM Jan January Mon Monday",
                "23 4  5 1 6 40 pm PM Apr April Wed Wednesday",
            ),
            ("2006-01-02T15:04:05.000Z07:00", "2023-04-05T13:06:40.000Z"),
            ("-0700 -07 Z0700 MST 002 __2 .999", "+0000 +00 Z UTC 095  95 "),
            ("Jane _2006 x", "Jane _2023 x"),
        ] {
            assert_eq!(
                String::from_utf8_lossy(&time.format(layout.as_bytes())),
                expected,
                "{layout}"
            );
        }
        let zone = Zone::load("America/New_York", "UTC").expect("in the database");
        let time = Time::from_unix(0, zone);
        assert_eq!(
            time.format(b"2006-01-02 15:04 MST -07:00"),
            b"1969-12-31 19:00 EST -05:00"
        );
        assert_eq!(Time::zero().text(), b"0001-01-01 00:00:00 +0000 UTC");
        assert!(Zone::load("america/new_york", "UTC").is_none());
    }

    #[test]
    fn calendars() {
        let leap_day = Time::from_unix(951_782_400, Zone::Utc);
        assert_eq!(leap_day.format(b"2006-01-02"), b"2000-02-29");
        assert_eq!(leap_day.add_date(1, 0, 0).format(b"2006-01-02"), b"2001-03-01");
        assert_eq!(leap_day.add_date(0, -3, 1).format(b"2006-01-02"), b"1999-11-30");
    }
}
