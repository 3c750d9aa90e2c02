//! Which plain scalars go-yaml v2 reads as dates: four layouts of Go's `time.Parse`.

use crate::text::calendar::days_in_month;

/// Whether `text` reads as a date, or date and time.
pub(super) fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.get(4) != Some(&b'-') {
        return false;
    }
    date(bytes).is_some_and(|rest| match rest {
        [] => true,
        [b'T' | b't', rest @ ..] => time(rest).is_some_and(is_zone),
        [b' ', ..] => time(rest.trim_ascii_start()).is_some_and(<[u8]>::is_empty) && !rest.contains(&b'\t'),
        _ => false,
    })
}

/// One or two digits.
fn short_number(text: &[u8]) -> Option<(u32, &[u8])> {
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| u32::from(byte - b'0'));
    let (first, rest) = text.split_first()?;
    let first = digit(first)?;
    match rest.split_first() {
        Some((second, rest)) if second.is_ascii_digit() => Some((first * 10 + digit(second)?, rest)),
        _ => Some((first, rest)),
    }
}

fn after(text: &[u8], byte: u8) -> Option<&[u8]> {
    text.split_first()
        .filter(|(first, _)| **first == byte)
        .map(|(_, rest)| rest)
}

fn date(text: &[u8]) -> Option<&[u8]> {
    let (year, rest) = text.split_at_checked(4)?;
    let year = std::str::from_utf8(year)
        .ok()?
        .parse::<u32>()
        .ok()
        .filter(|_| year.iter().all(u8::is_ascii_digit))?;
    let (month, rest) = short_number(after(rest, b'-')?)?;
    let (day, rest) = short_number(after(rest, b'-')?)?;
    let days = days_in_month(year, month)?;
    (1..=days).contains(&day).then_some(rest)
}

fn time(text: &[u8]) -> Option<&[u8]> {
    let (hour, rest) = short_number(text)?;
    let (minute, rest) = short_number(after(rest, b':')?)?;
    let (second, rest) = short_number(after(rest, b':')?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    match rest {
        [b'.' | b',', fraction @ ..] if fraction.first().is_some_and(u8::is_ascii_digit) => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            fraction.get(digits..)
        }
        _ => Some(rest),
    }
}

fn is_zone(text: &[u8]) -> bool {
    match text {
        [b'Z'] => true,
        [b'+' | b'-', a, b, b':', c, d] if [a, b, c, d].into_iter().all(u8::is_ascii_digit) => {
            let pair = |high: &u8, low: &u8| (high - b'0') * 10 + (low - b'0');
            pair(a, b) <= 24 && pair(c, d) <= 60
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_timestamp;

    #[test]
    fn dates_are_recognised() {
        for text in [
            "2001-12-14",
            "2001-1-2",
            "2001-12-14T21:59:43.10Z",
            "2001-12-14t21:59:43-05:00",
            "2001-12-14  1:2:3,5",
            "2000-02-29",
        ] {
            assert!(is_timestamp(text), "{text}");
        }
        for text in [
            "2001-12-14 21:59:43.10 -5",
            "2001-02-29",
            "2001-13-1",
            "2001-12-14T21:59:43",
            "2001-12-14 24:00:00",
            "2001-12-14 ",
            "201-12-14",
            "2001-12-14T1:2:3+0500",
        ] {
            assert!(!is_timestamp(text), "{text}");
        }
    }
}
