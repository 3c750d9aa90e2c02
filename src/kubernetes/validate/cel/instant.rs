//! Points in time: RFC 3339, and the calendar (Go's `time`).

use crate::text::calendar::days_in_month;
use crate::text::calendar::{civil_from_days, days_from_civil};
use crate::text::go::quote::quote;
use crate::text::time_zones::time_zone;

/// Seconds of a day.
const DAY: i64 = 86_400;
/// The first and the last second that expressions know: of the years 1 to 9999.
pub const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// Nanoseconds of a second.
pub const NANOS: i64 = 1_000_000_000;

/// A point in time, and the offset of the zone in which it is written.
#[derive(Debug, Clone, Copy)]
pub struct Instant {
    /// Since 1970.
    pub seconds: i64,
    pub nanos: u32,
    /// Seconds east of Greenwich.
    pub offset: i32,
}

/// Date and clock in a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    pub year: i64,
    /// From 1.
    pub month: i64,
    /// From 1.
    pub day: i64,
    /// From 0.
    pub day_of_year: i64,
    /// From 0, which is Sunday.
    pub weekday: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
}

impl Instant {
    /// The second that begins so many seconds after 1970.
    pub const fn of_seconds(seconds: i64) -> Self {
        Self {
            seconds,
            nanos: 0,
            offset: 0,
        }
    }

    /// Reads RFC 3339 as `time.Parse` does; nothing for another text.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        let date = date(&mut rest)?;
        rest = rest.strip_prefix('T')?;
        let clock = clock(&mut rest)?;
        let nanos = fraction(&mut rest)?;
        let offset = offset(rest)?;
        Some(Self {
            seconds: date
                .checked_mul(DAY)?
                .checked_add(clock)?
                .checked_sub(i64::from(offset))?,
            nanos,
            offset,
        })
    }

    /// The same text without an offset, which is then in Greenwich.
    pub fn parse_local(text: &str) -> Option<Self> {
        Self::parse(&format!("{text}Z"))
    }

    /// Reads a date alone.
    pub fn parse_date(text: &str) -> Option<Self> {
        let mut rest = text;
        let days = date(&mut rest)?;
        rest.is_empty().then(|| Self::of_seconds(days * DAY))
    }

    /// Whether it is the zero of Go's times.
    pub fn is_zero(&self) -> bool {
        self.seconds == *SECONDS.start() && self.nanos == 0
    }

    /// Nanoseconds since 1970.
    pub fn total(&self) -> i128 {
        i128::from(self.seconds) * i128::from(NANOS) + i128::from(self.nanos)
    }

    /// A later or earlier point; nothing if expressions do not know it.
    pub fn plus(&self, duration: i64) -> Option<Self> {
        let total = self.total() + i128::from(duration);
        let seconds = i64::try_from(total.div_euclid(i128::from(NANOS))).ok()?;
        let nanos = u32::try_from(total.rem_euclid(i128::from(NANOS))).ok()?;
        SECONDS.contains(&seconds).then_some(Self {
            seconds,
            nanos,
            offset: self.offset,
        })
    }

    /// As RFC 3339 has it, with as many digits as needed.
    pub fn text(&self) -> String {
        let civil = self.civil(i64::from(self.offset));
        let mut fraction = format!("{:09}", self.nanos);
        fraction.truncate(fraction.trim_end_matches('0').len());
        let point = if fraction.is_empty() { "" } else { "." };
        let zone = match self.offset / 60 {
            0 => "Z".to_owned(),
            minutes => {
                let sign = if minutes < 0 { '-' } else { '+' };
                let minutes = minutes.unsigned_abs();
                format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        };
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{point}{fraction}{zone}",
            civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second
        )
    }

    /// Date and clock so many seconds east of Greenwich.
    pub fn civil(&self, offset: i64) -> Civil {
        let local = self.seconds.saturating_add(offset);
        let (days, clock) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let (year, month, day) = civil_from_days(days);
        Civil {
            year,
            month,
            day,
            day_of_year: days - days_from_civil(year, 1, 1),
            weekday: (days + 4).rem_euclid(7),
            hour: clock / 3_600,
            minute: clock / 60 % 60,
            second: clock % 60,
        }
    }

    /// The offset of a zone, by its name or as `+05:30`, at this point.
    ///
    /// # Errors
    /// Go's words for a zone that is not known.
    pub fn offset_in(&self, zone: &str) -> Result<i64, String> {
        if let Some((hours, minutes)) = zone.split_once(':') {
            let number = |text: &str| {
                let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
                let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                let parsed = is_number
                    .then(|| text.strip_prefix('+').unwrap_or(text).parse::<i64>().ok())
                    .flatten();
                parsed.ok_or_else(|| format!("strconv.Atoi: parsing {}: invalid syntax", quote(text.as_bytes())))
            };
            let (hours, minutes) = (number(hours)?, number(minutes)?);
            let total = if zone.starts_with('-') {
                hours.saturating_mul(60).saturating_sub(minutes)
            } else {
                hours.saturating_mul(60).saturating_add(minutes)
            };
            return Ok(total.saturating_mul(60).clamp(-DAY * 400, DAY * 400));
        }
        if matches!(zone, "" | "UTC") {
            return Ok(0);
        }
        let unknown = || format!("unknown time zone {zone}");
        let found = time_zone(zone).ok_or_else(unknown)?;
        let at = jiff::Timestamp::from_second(self.seconds).map_err(|_| unknown())?;
        Ok(i64::from(found.to_offset(at).seconds()))
    }
}

/// Takes so many digits off the start.
fn digits(rest: &mut &str, count: usize) -> Option<u32> {
    let (number, after) = rest.split_at_checked(count)?;
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_number.then(|| number.parse().ok()).flatten()?;
    *rest = after;
    Some(number)
}

/// The days since 1970 of the date at the start.
fn date(rest: &mut &str) -> Option<i64> {
    let year = digits(rest, 4)?;
    *rest = rest.strip_prefix('-')?;
    let month = digits(rest, 2)?;
    *rest = rest.strip_prefix('-')?;
    let day = digits(rest, 2)?;
    let is_date = day >= 1 && days_in_month(year, month).is_some_and(|most| day <= most);
    is_date.then(|| days_from_civil(i64::from(year), i64::from(month), i64::from(day)))
}

/// The second of the day of the clock at the start, whose hour may have one digit.
fn clock(rest: &mut &str) -> Option<i64> {
    let is_short = rest.as_bytes().get(1) == Some(&b':');
    let hour = digits(rest, if is_short { 1 } else { 2 })?;
    *rest = rest.strip_prefix(':')?;
    let minute = digits(rest, 2)?;
    *rest = rest.strip_prefix(':')?;
    let second = digits(rest, 2)?;
    let is_clock = hour < 24 && minute < 60 && second < 60;
    is_clock.then(|| i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second))
}

/// The nanoseconds of the fraction at the start, if there is one.
fn fraction(rest: &mut &str) -> Option<u32> {
    let Some(after) = rest.strip_prefix(['.', ',']) else {
        return Some(0);
    };
    let length = after.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, after) = after
        .split_at_checked(length)
        .filter(|(digits, _)| !digits.is_empty())?;
    *rest = after;
    let padded: String = digits.chars().chain("000000000".chars()).take(9).collect();
    padded.parse().ok()
}

/// Seconds of `Z` or `+01:00`.
fn offset(rest: &str) -> Option<i32> {
    if rest == "Z" {
        return Some(0);
    }
    let sign = if rest.starts_with('-') { -1 } else { 1 };
    let mut rest = rest.strip_prefix(['+', '-'])?;
    let hours = digits(&mut rest, 2)?;
    rest = rest.strip_prefix(':')?;
    let minutes = digits(&mut rest, 2)?;
    let is_offset = rest.is_empty() && hours <= 24 && minutes < 60;
    is_offset.then(|| {
        i32::try_from(hours * 3_600 + minutes * 60)
            .ok()
            .map(|seconds| sign * seconds)
    })?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        for (text, seconds, written) in [
            ("1970-01-01T00:00:00Z", 0, None),
            (
                "2011-08-18T00:00:00.000+01:00",
                1_313_622_000,
                Some("2011-08-18T00:00:00+01:00"),
            ),
            ("0001-01-01T00:00:00Z", *SECONDS.start(), None),
            ("9999-12-31T23:59:59.999999999Z", *SECONDS.end(), None),
            (
                "2000-02-29T1:02:03,5-00:30",
                951_787_923,
                Some("2000-02-29T01:02:03.5-00:30"),
            ),
        ] {
            let read = Instant::parse(text).expect(text);
            assert_eq!((read.seconds, read.text().as_str()), (seconds, written.unwrap_or(text)));
        }
        for text in [
            "",
            "2001-02-29T00:00:00Z",
            "2001-01-01",
            "2001-01-01T24:00:00Z",
            "2001-01-01T00:00:00",
            "2001-1-1T00:00:00Z",
        ] {
            assert!(Instant::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        let read = Instant::parse("2023-07-14T10:30:45.123Z").unwrap();
        let civil = read.civil(0);
        assert_eq!((civil.day_of_year, civil.weekday, civil.month), (194, 5, 7));
        assert_eq!(read.offset_in("America/Los_Angeles"), Ok(-25_200));
        assert_eq!(read.offset_in("-08:30"), Ok(-30_600));
        assert_eq!(read.offset_in("Nowhere").unwrap_err(), "unknown time zone Nowhere");
        assert!(read.offset_in("x:00").unwrap_err().starts_with("strconv.Atoi"));
    }
}
