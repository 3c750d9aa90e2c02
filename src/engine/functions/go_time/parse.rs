//! `time.ParseInLocation`: a text read by a layout.
//!
//! In: layout, text, the local zone. Out: a time, or Go's error text.

use super::duration::{MONTHS, WEEKDAYS};
use super::instant::{Time, is_leap};
use super::layout::{Offset, Piece, next_piece};
use super::zone::Zone;
use crate::text::calendar::days_from_civil;

/// Reads `value` by `layout`; without a zone of its own it is in `local`.
///
/// # Errors
/// When the text is not such a time; the message is Go's.
pub fn parse_time(layout: &[u8], value: &[u8], local: &Zone) -> Result<Time, String> {
    let mut reader = Reader {
        rest: value,
        fields: Fields::default(),
    };
    let failure = |element: &[u8], at: &[u8]| {
        format!(
            "parsing time {} as {}: cannot parse {} as {}",
            quoted(value),
            quoted(layout),
            quoted(at),
            quoted(element)
        )
    };
    let out_of_range = |what: &str| format!("parsing time {}: {what} out of range", quoted(value));
    let mut remaining = layout;
    loop {
        let next = next_piece(remaining);
        let prefix = next.map_or(remaining, |(prefix, ..)| prefix);
        reader.rest = match skip(reader.rest, prefix) {
            Ok(rest) => rest,
            Err(at) => return Err(failure(prefix, at)),
        };
        let Some((_, piece, spelled, tail)) = next else {
            if !reader.rest.is_empty() {
                let extra = quoted(reader.rest);
                return Err(format!("parsing time {}: extra text: {extra}", quoted(value)));
            }
            break;
        };
        remaining = tail;
        let hold = reader.rest;
        match reader.read(piece, remaining) {
            Ok(()) => {}
            Err(Fault::Bad) => return Err(failure(spelled, hold)),
            Err(Fault::Range(what)) => return Err(out_of_range(what)),
        }
    }
    reader
        .fields
        .finish(local)
        .map_err(|problem| format!("parsing time {}: {problem}", quoted(value)))
}

/// Go's `time` quotes bytes, not characters.
fn quoted(text: &[u8]) -> String {
    let mut out = String::from("\"");
    for &byte in text {
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b' '..=0x7e => out.push(char::from(byte)),
            0x7f => out.push('\u{7f}'),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}

/// Skips text that must be present; one space matches any number of spaces.
fn skip<'v>(value: &'v [u8], prefix: &[u8]) -> Result<&'v [u8], &'v [u8]> {
    let (mut value, mut prefix) = (value, prefix);
    while let Some((&first, tail)) = prefix.split_first() {
        if first == b' ' {
            if value.first().is_some_and(|&byte| byte != b' ') {
                return Err(value);
            }
            prefix = trim_spaces(prefix);
            value = trim_spaces(value);
            continue;
        }
        match value.split_first() {
            Some((&byte, rest)) if byte == first => value = rest,
            _ => return Err(value),
        }
        prefix = tail;
    }
    Ok(value)
}

fn trim_spaces(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|&&byte| byte == b' ').count();
    text.get(spaces..).unwrap_or_default()
}

enum Fault {
    /// Not in the form of the layout.
    Bad,
    /// A number outside its range.
    Range(&'static str),
}

/// The parts read so far.
#[derive(Debug, Default)]
struct Fields {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanosecond: u32,
    afternoon: Option<bool>,
    is_utc: bool,
    offset: Option<i32>,
    abbreviation: Option<String>,
}

struct Reader<'v> {
    rest: &'v [u8],
    fields: Fields,
}

impl<'v> Reader<'v> {
    fn read(&mut self, piece: Piece, remaining: &[u8]) -> Result<(), Fault> {
        match piece {
            Piece::Year => {
                let year = self.exact(2)?;
                self.fields.year = year + if year >= 69 { 1_900 } else { 2_000 };
            }
            Piece::LongYear => self.fields.year = self.exact(4)?,
            Piece::Month => self.fields.month = Some(self.name(&MONTHS, true)? + 1),
            Piece::LongMonth => self.fields.month = Some(self.name(&MONTHS, false)? + 1),
            Piece::NumberMonth | Piece::ZeroMonth => {
                let month = self.number(piece == Piece::ZeroMonth)?;
                self.fields.month = Some(within(month, 1, 12, "month")?);
            }
            Piece::Weekday => drop(self.name(&WEEKDAYS, true)?),
            Piece::LongWeekday => drop(self.name(&WEEKDAYS, false)?),
            Piece::Day | Piece::SpaceDay | Piece::ZeroDay => {
                if piece == Piece::SpaceDay {
                    self.skip_one_space();
                }
                self.fields.day = Some(self.number(piece == Piece::ZeroDay)?);
            }
            Piece::SpaceYearDay | Piece::ZeroYearDay => {
                if piece == Piece::SpaceYearDay {
                    self.skip_one_space();
                    self.skip_one_space();
                }
                self.fields.year_day = Some(self.up_to_three(piece == Piece::ZeroYearDay)?);
            }
            Piece::Hour => self.fields.hour = within(self.number(false)?, 0, 23, "hour")?,
            Piece::Hour12 | Piece::ZeroHour12 => {
                self.fields.hour = within(self.number(piece == Piece::ZeroHour12)?, 0, 12, "hour")?;
            }
            Piece::Minute | Piece::ZeroMinute => {
                self.fields.minute = within(self.number(piece == Piece::ZeroMinute)?, 0, 59, "minute")?;
            }
            Piece::Second | Piece::ZeroSecond => {
                self.fields.second = within(self.number(piece == Piece::ZeroSecond)?, 0, 59, "second")?;
                self.unannounced_fraction(remaining)?;
            }
            Piece::UpperPm => self.half_of_day(b"AM", b"PM")?,
            Piece::LowerPm => self.half_of_day(b"am", b"pm")?,
            Piece::Abbreviation => self.abbreviation()?,
            Piece::Offset(form) => self.offset(form)?,
            Piece::ZeroFraction(_, digits) => self.fraction(digits + 1)?,
            Piece::TrimmedFraction(..) => {
                // Go accepts any fraction here, or none.
                if self.at_fraction() {
                    let digits = self
                        .rest
                        .iter()
                        .skip(1)
                        .take_while(|byte| byte.is_ascii_digit())
                        .count();
                    self.fraction(digits + 1)?;
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, length: usize) -> Result<&'v [u8], Fault> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Fault::Bad)?;
        self.rest = rest;
        Ok(taken)
    }

    fn skip_one_space(&mut self) {
        if let [b' ', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    /// Exactly the given number of digits.
    fn exact(&mut self, length: usize) -> Result<i64, Fault> {
        digits(self.take(length)?).ok_or(Fault::Bad)
    }

    /// One or two digits; two when `fixed`.
    fn number(&mut self, fixed: bool) -> Result<i64, Fault> {
        let length = match self.rest {
            [a, b, ..] if a.is_ascii_digit() && b.is_ascii_digit() => 2,
            [a, ..] if a.is_ascii_digit() && !fixed => 1,
            _ => return Err(Fault::Bad),
        };
        self.exact(length)
    }

    fn up_to_three(&mut self, fixed: bool) -> Result<i64, Fault> {
        let length = self
            .rest
            .iter()
            .take(3)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if length == 0 || fixed && length != 3 {
            return Err(Fault::Bad);
        }
        self.exact(length)
    }

    /// A month's or weekday's name, in any case; its position.
    fn name(&mut self, names: &[&str], short: bool) -> Result<i64, Fault> {
        for (position, name) in names.iter().enumerate() {
            let name = if short { name.get(..3).unwrap_or(name) } else { name };
            if let Some((head, rest)) = self.rest.split_at_checked(name.len())
                && head.eq_ignore_ascii_case(name.as_bytes())
            {
                self.rest = rest;
                return i64::try_from(position).map_err(|_| Fault::Bad);
            }
        }
        Err(Fault::Bad)
    }

    fn half_of_day(&mut self, morning: &[u8], afternoon: &[u8]) -> Result<(), Fault> {
        let half = self.take(2)?;
        if half != morning && half != afternoon {
            return Err(Fault::Bad);
        }
        self.fields.afternoon = Some(half == afternoon);
        Ok(())
    }

    fn at_fraction(&self) -> bool {
        matches!(self.rest, [b'.' | b',', digit, ..] if digit.is_ascii_digit())
    }

    /// A fraction after the seconds is accepted even if the layout has none.
    fn unannounced_fraction(&mut self, remaining: &[u8]) -> Result<(), Fault> {
        if !self.at_fraction() {
            return Ok(());
        }
        if let Some((_, Piece::ZeroFraction(..) | Piece::TrimmedFraction(..), ..)) = next_piece(remaining) {
            return Ok(());
        }
        let digits = self
            .rest
            .iter()
            .skip(1)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        self.fraction(digits + 1)
    }

    /// A separator and digits, `length` bytes in all.
    fn fraction(&mut self, length: usize) -> Result<(), Fault> {
        let written = self.take(length)?;
        let Some((b'.' | b',', figures)) = written.split_first() else {
            return Err(Fault::Bad);
        };
        let figures = figures.get(..figures.len().min(9)).unwrap_or(figures);
        let number = digits(figures).ok_or(Fault::Bad)?;
        let missing = u32::try_from(9 - figures.len()).unwrap_or_default();
        self.fields.nanosecond = u32::try_from(number * 10_i64.pow(missing)).unwrap_or_default();
        Ok(())
    }

    fn offset(&mut self, form: Offset) -> Result<(), Fault> {
        if form.zulu
            && let [b'Z', rest @ ..] = self.rest
        {
            self.rest = rest;
            self.fields.is_utc = true;
            return Ok(());
        }
        let parts = 1 + usize::from(form.minutes) + usize::from(form.seconds);
        let colons = if form.colons { parts - 1 } else { 0 };
        let hold = self.rest;
        let written = self.take(1 + parts * 2 + colons)?;
        let Some((sign, body)) = written.split_first() else {
            return Err(Fault::Bad);
        };
        let figures: Vec<u8> = if form.colons {
            if [3, 6]
                .iter()
                .any(|at| written.get(*at).is_some_and(|byte| *byte != b':'))
            {
                self.rest = hold;
                return Err(Fault::Bad);
            }
            body.iter().copied().filter(|byte| *byte != b':').collect()
        } else {
            body.to_vec()
        };
        let part = |index: usize| {
            let pair = figures.get(index * 2..index * 2 + 2);
            pair.map_or(Some(0), digits)
        };
        let (Some(hours), Some(minutes), Some(seconds)) = (part(0), part(1), part(2)) else {
            return Err(Fault::Bad);
        };
        within(hours, 0, 24, "time zone offset hour")?;
        within(minutes, 0, 60, "time zone offset minute")?;
        within(seconds, 0, 60, "time zone offset second")?;
        let total = i32::try_from(hours * 3_600 + minutes * 60 + seconds).unwrap_or_default();
        self.fields.offset = Some(match sign {
            b'+' => total,
            b'-' => -total,
            _ => return Err(Fault::Bad),
        });
        Ok(())
    }

    fn abbreviation(&mut self) -> Result<(), Fault> {
        if self.rest.starts_with(b"UTC") {
            self.take(3)?;
            self.fields.is_utc = true;
            return Ok(());
        }
        let length = abbreviation_length(self.rest).ok_or(Fault::Bad)?;
        let name = self.take(length)?;
        self.fields.abbreviation = Some(String::from_utf8_lossy(name).into_owned());
        Ok(())
    }
}

fn within(number: i64, low: i64, high: i64, what: &'static str) -> Result<i64, Fault> {
    if (low..=high).contains(&number) {
        Ok(number)
    } else {
        Err(Fault::Range(what))
    }
}

fn digits(text: &[u8]) -> Option<i64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Length of a text that looks like a zone abbreviation.
fn abbreviation_length(text: &[u8]) -> Option<usize> {
    if text.len() < 3 {
        return None;
    }
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(tail) = text.strip_prefix(b"GMT") {
        return Some(3 + signed_offset_length(tail));
    }
    if matches!(text.first(), Some(b'+' | b'-')) {
        return Some(signed_offset_length(text)).filter(|length| *length > 0);
    }
    let upper = text.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count();
    match upper {
        5 if text.get(4) == Some(&b'T') => Some(5),
        4 if text.get(3) == Some(&b'T') || text.starts_with(b"WITA") => Some(4),
        3 => Some(3),
        _ => None,
    }
}

fn signed_offset_length(text: &[u8]) -> usize {
    let Some((b'+' | b'-', tail)) = text.split_first() else {
        return 0;
    };
    let figures = tail.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match digits(tail.get(..figures).unwrap_or_default()) {
        Some(0..=23) => figures + 1,
        _ => 0,
    }
}

const DAYS_BEFORE: [i64; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

fn days_before(month: i64) -> i64 {
    let index = usize::try_from(month - 1).unwrap_or_default();
    DAYS_BEFORE.get(index).copied().unwrap_or(365)
}

impl Fields {
    fn finish(mut self, local: &Zone) -> Result<Time, String> {
        match self.afternoon {
            Some(true) if self.hour < 12 => self.hour += 12,
            Some(false) if self.hour == 12 => self.hour = 0,
            _ => {}
        }
        let (month, day) = self.date()?;
        let leap_day = i64::from(month == 2 && is_leap(self.year));
        let days_in_month = days_before(month + 1) - days_before(month) + leap_day;
        if !(1..=days_in_month).contains(&day) {
            return Err("day out of range".to_owned());
        }
        let month = u8::try_from(month).unwrap_or(1);
        let clock = self.hour * 3_600 + self.minute * 60 + self.second;
        let wall = days_from_civil(self.year, i64::from(month), day) * 86_400 + clock;
        let at = |unix_seconds: i64, zone: Zone| Time {
            unix_seconds,
            nanosecond: self.nanosecond,
            zone,
        };
        if self.is_utc {
            return Ok(at(wall, Zone::Utc));
        }
        if let Some(offset) = self.offset {
            let unix_seconds = wall - i64::from(offset);
            let (name, local_offset) = local.at(unix_seconds);
            let same_name = self.abbreviation.as_ref().is_none_or(|given| *given == name);
            if local_offset == offset && same_name {
                return Ok(at(unix_seconds, local.clone()));
            }
            return Ok(at(
                unix_seconds,
                Zone::Fixed(self.abbreviation.unwrap_or_default(), offset),
            ));
        }
        if let Some(name) = self.abbreviation {
            let unix_seconds = local.from_wall_clock(wall);
            if local.at(unix_seconds).0 == name {
                return Ok(at(unix_seconds, local.clone()));
            }
            let hours = name
                .strip_prefix("GMT")
                .and_then(|hours| hours.parse::<i32>().ok())
                .unwrap_or_default();
            // An unknown abbreviation counts as an offset of zero.
            return Ok(at(wall - i64::from(hours) * 3_600, Zone::Fixed(name, hours * 3_600)));
        }
        Ok(at(local.from_wall_clock(wall), local.clone()))
    }

    /// Month and day, from the day of the year when that was given.
    fn date(&self) -> Result<(i64, i64), String> {
        let Some(mut year_day) = self.year_day else {
            return Ok((self.month.unwrap_or(1), self.day.unwrap_or(1)));
        };
        let mut found = None;
        if is_leap(self.year) {
            match year_day {
                60 => found = Some((2, 29)),
                61.. => year_day -= 1,
                _ => {}
            }
        }
        if !(1..=365).contains(&year_day) {
            return Err("day-of-year out of range".to_owned());
        }
        let (month, day) = found.unwrap_or_else(|| {
            let month = (1..=12).rev().find(|month| days_before(*month) < year_day).unwrap_or(1);
            (month, year_day - days_before(month))
        });
        if self.month.is_some_and(|given| given != month) {
            return Err("day-of-year does not match month".to_owned());
        }
        if self.day.is_some_and(|given| given != day) {
            return Err("day-of-year does not match day".to_owned());
        }
        Ok((month, day))
    }
}

#[cfg(test)]
mod tests {
    use super::parse_time;
    use crate::engine::functions::go_time::Zone;

    #[test]
    fn readings() {
        for (layout, text, expected) in [
            ("2006-01-02", "2017-12-31", "2017-12-31 00:00:00 +0000 UTC"),
            (
                "2006-01-02T15:04:05Z07:00",
                "2023-04-05T06:07:08+02:00",
                "2023-04-05 06:07:08 +0200 +0200",
            ),
            (
                "Jan _2 3:04pm 2006",
                "feb  3 4:05pm 2021",
                "2021-02-03 16:05:00 +0000 UTC",
            ),
            ("2006 002", "2024 060", "2024-02-29 00:00:00 +0000 UTC"),
            ("15:04:05", "01:02:03.5", "0000-01-01 01:02:03.5 +0000 UTC"),
        ] {
            let time = parse_time(layout.as_bytes(), text.as_bytes(), &Zone::Utc).expect(text);
            assert_eq!(String::from_utf8_lossy(&time.text()), expected);
        }
    }

    #[test]
    fn errors() {
        for (layout, text, expected) in [
            (
                "1.2.3",
                "a,b,c",
                r#"parsing time "a,b,c" as "1.2.3": cannot parse "a,b,c" as "1""#,
            ),
            (
                "2006-01-02",
                "2021-13-01",
                r#"parsing time "2021-13-01": month out of range"#,
            ),
            (
                "2006-01-02",
                "2021-02-30",
                r#"parsing time "2021-02-30": day out of range"#,
            ),
            ("2006", "2021x", r#"parsing time "2021x": extra text: "x""#),
            (
                "2006-01",
                "2021",
                r#"parsing time "2021" as "2006-01": cannot parse "" as "-""#,
            ),
        ] {
            let error = parse_time(layout.as_bytes(), text.as_bytes(), &Zone::Utc).unwrap_err();
            assert_eq!(error, expected);
        }
    }
}
