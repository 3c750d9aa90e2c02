//! Dates, times and durations, with the messages of `format.go` of the library and of Go's `time.Parse`.

use crate::text::calendar::days_in_month;
use crate::text::go::quote::quote_rune;

use super::formats::{FormatResult, atoi, fail};

/// A duration of ISO 8601.
///
/// # Errors
/// When the text is not one.
pub fn check_duration(text: &str) -> FormatResult {
    let Some(text) = text.strip_prefix('P') else {
        return fail("must start with P");
    };
    if text.is_empty() {
        return fail("nothing after P");
    }
    if let Some(weeks) = text.strip_suffix('W') {
        if weeks.is_empty() {
            return fail("no number in week");
        }
        if !weeks.bytes().all(|byte| byte.is_ascii_digit()) {
            return fail("invalid week");
        }
        return Ok(());
    }
    for (index, part) in text.split('T').enumerate() {
        if index != 0 && part.is_empty() {
            return fail("no time elements");
        }
        let Some(all_units) = ["YMD", "HMS"].get(index) else {
            return fail("more than one T");
        };
        check_elements(part, all_units)?;
    }
    Ok(())
}

/// Numbers with units, each unit once and in order.
fn check_elements(text: &str, all_units: &str) -> FormatResult {
    let mut units = all_units;
    let mut rest = text;
    while !rest.is_empty() {
        let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        if after.len() == rest.len() {
            return fail("missing number");
        }
        // The library reads bytes, and prints one as a character.
        let Some(&unit) = after.as_bytes().first() else {
            return fail("missing unit");
        };
        let unit = char::from(unit);
        match units.split_once(unit) {
            Some((_, left)) => units = left,
            None if all_units.contains(unit) => {
                return Err(format!("unit {} out of order", quote_rune(unit, false)));
            }
            None => return Err(format!("invalid unit {}", quote_rune(unit, false))),
        }
        rest = after.get(1..).unwrap_or_default();
    }
    Ok(())
}

/// `time.Parse("2006-01-02", text)`.
pub(in crate::kubernetes) fn check_date(text: &str) -> FormatResult {
    let shown = quote_bytes(text);
    let cannot = |rest: &str, wanted: &str| {
        Err(format!(
            "parsing time {shown} as \"2006-01-02\": cannot parse {} as \"{wanted}\"",
            quote_bytes(rest)
        ))
    };
    let number = |rest: &str, digits: usize| -> Option<(u32, String)> {
        let (number, after) = rest.split_at_checked(digits)?;
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        is_number
            .then(|| Some((number.parse().ok()?, after.to_owned())))
            .flatten()
    };
    let Some((year, rest)) = number(text, 4) else {
        return cannot(text, "2006");
    };
    let Some(rest) = rest.strip_prefix('-') else {
        return cannot(&rest, "-");
    };
    let Some((month, after)) = number(rest, 2) else {
        return cannot(rest, "01");
    };
    let Some(days) = days_in_month(year, month) else {
        return Err(format!("parsing time {shown}: month out of range"));
    };
    let Some(rest) = after.strip_prefix('-') else {
        return cannot(&after, "-");
    };
    let Some((day, after)) = number(rest, 2) else {
        return cannot(rest, "02");
    };
    if !after.is_empty() {
        return Err(format!("parsing time {shown}: extra text: {}", quote_bytes(&after)));
    }
    if !(1..=days).contains(&day) {
        return Err(format!("parsing time {shown}: day out of range"));
    }
    Ok(())
}

/// How errors of Go's `time` quote: everything that is not ASCII is escaped byte by byte.
fn quote_bytes(text: &str) -> String {
    let mut quoted = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => {
                quoted.push('\\');
                quoted.push(char::from(byte));
            }
            b' '..=b'~' | 0x7f => quoted.push(char::from(byte)),
            _ => quoted.push_str(&format!("\\x{byte:02x}")),
        }
    }
    quoted.push('"');
    quoted
}

pub(super) fn check_time(text: &str) -> FormatResult {
    let bytes = text.as_bytes();
    if bytes.len() < 9 {
        return fail("less than 9 characters long");
    }
    if bytes.get(2) != Some(&b':') || bytes.get(5) != Some(&b':') {
        return fail("missing colon in correct place");
    }
    let part = |text: &str| -> Result<i64, String> {
        let number = atoi(text).or_else(|_| fail("invalid hour/min/sec"))?;
        if number < 0 {
            return fail("non-positive hour/min/sec");
        }
        Ok(number)
    };
    let clock = text.get(..8).unwrap_or_default();
    let mut numbers = Vec::new();
    for token in clock.splitn(3, ':') {
        numbers.push(part(token)?);
    }
    let [hour, minute, second] = numbers.as_slice() else {
        return fail("invalid hour/min/sec");
    };
    if *hour > 23 || *minute > 59 || *second > 60 {
        return fail("hour/min/sec out of range");
    }
    let mut rest = text.get(8..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if rest.len() == fraction.len() {
            return fail("no digits in second fraction");
        }
    }
    let offset = if matches!(rest, "z" | "Z") { 0 } else { offset(rest)? };
    let of_day = (hour * 60 + minute + offset).rem_euclid(24 * 60);
    if *second >= 60 && of_day != 23 * 60 + 59 {
        return fail("invalid leap second");
    }
    Ok(())
}

/// The minutes to add for a time in UTC.
fn offset(text: &str) -> Result<i64, String> {
    if text.len() != 6 {
        return fail("offset must be 6 characters long");
    }
    let (sign, rest) = match text.split_at_checked(1) {
        Some(("+", rest)) => (-1, rest),
        Some(("-", rest)) => (1, rest),
        _ => return fail("offset must begin with plus/minus"),
    };
    if rest.as_bytes().get(2) != Some(&b':') {
        return fail("missing colon in offset in correct place");
    }
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, ""));
    let part = |text: &str| -> Result<i64, String> {
        let number = atoi(text).or_else(|_| fail("invalid hour/min in offset"))?;
        if number < 0 {
            return fail("non-positive hour/min in offset");
        }
        Ok(number)
    };
    let (hours, minutes) = (part(hours)?, part(minutes)?);
    if hours > 23 || minutes > 59 {
        return fail("hour/min in offset out of range");
    }
    Ok(sign * (hours * 60 + minutes))
}

pub(super) fn check_date_time(text: &str) -> FormatResult {
    if text.len() < 20 {
        return fail("less than 20 characters long");
    }
    let (Some(date), Some(time)) = (text.get(..10), text.get(11..)) else {
        return fail("11th character must be t or T");
    };
    if !matches!(text.as_bytes().get(10), Some(b't' | b'T')) {
        return fail("11th character must be t or T");
    }
    check_date(date).map_err(|error| format!("invalid date element: {error}"))?;
    check_time(time).map_err(|error| format!("invalid time element: {error}"))
}

pub(super) fn check_period(text: &str) -> FormatResult {
    let Some((start, end)) = text.split_once('/') else {
        return fail("missing slash");
    };
    let at_start = |error| format!("invalid start date-time: {error}");
    let at_end = |error| format!("invalid end date-time: {error}");
    if start.starts_with('P') {
        check_duration(start).map_err(|error| format!("invalid start duration: {error}"))?;
        return check_date_time(end).map_err(at_end);
    }
    check_date_time(start).map_err(at_start)?;
    if end.starts_with('P') {
        check_duration(end).map_err(|error| format!("invalid end duration: {error}"))
    } else {
        check_date_time(end).map_err(at_end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Go's answers.
    #[test]
    fn dates_are_refused_in_gos_words() {
        for (text, want) in [
            ("", r#" as "2006-01-02": cannot parse "" as "2006""#),
            ("2020-", r#" as "2006-01-02": cannot parse "" as "01""#),
            ("2020-1-01", r#" as "2006-01-02": cannot parse "1-01" as "01""#),
            ("2020-13-01", ": month out of range"),
            ("2020-02-30", ": day out of range"),
            ("2020-01-01x", r#": extra text: "x""#),
            ("20200101", r#" as "2006-01-02": cannot parse "0101" as "-""#),
            ("2020-01", r#" as "2006-01-02": cannot parse "" as "-""#),
            ("12345-01-01", r#" as "2006-01-02": cannot parse "5-01-01" as "-""#),
        ] {
            assert_eq!(check_date(text), Err(format!("parsing time {text:?}{want}")), "{text}");
        }
        assert_eq!(
            check_date("é").unwrap_err(),
            r#"parsing time "\xc3\xa9" as "2006-01-02": cannot parse "\xc3\xa9" as "2006""#
        );
        assert_eq!(check_date("2020-02-29"), Ok(()));
    }

    #[test]
    fn times_and_durations_are_checked_in_order() {
        for (text, want) in [
            ("10:00:00Z", Ok(())),
            ("23:59:60Z", Ok(())),
            ("22:59:60Z", Err("invalid leap second")),
            ("00:59:60+01:00", Ok(())),
            ("10:00:00.Z", Err("no digits in second fraction")),
            ("10:00:00+1:00", Err("offset must be 6 characters long")),
            ("10:00:00x01:00", Err("offset must begin with plus/minus")),
            ("25:00:00Z", Err("hour/min/sec out of range")),
        ] {
            assert_eq!(check_time(text), want.map_err(str::to_owned), "{text}");
        }
        for (text, want) in [
            ("P1D", Ok(())),
            ("P1Y2M3DT4H5M6S", Ok(())),
            ("P2W", Ok(())),
            ("PT", Err("no time elements")),
            ("P1S", Err("invalid unit 'S'")),
            ("P1D1Y", Err("unit 'Y' out of order")),
            ("P1", Err("missing unit")),
        ] {
            assert_eq!(check_duration(text), want.map_err(str::to_owned), "{text}");
        }
    }
}
