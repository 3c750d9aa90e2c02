//! `time.ParseDuration`: `1h30m`, `-1.5s`, `2us`.

use super::quote::quote;

/// Nanoseconds in a second.
pub const SECOND: i64 = 1_000_000_000;
/// Nanoseconds in a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Nanoseconds in an hour.
pub const HOUR: i64 = 60 * MINUTE;

/// Reads a duration, in nanoseconds.
///
/// # Errors
/// Gives Go's error text for a text that is not a duration, or does not fit 64 bits.
pub fn parse_duration(text: &[u8]) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {}", quote(text));
    let (negative, mut rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if rest == b"0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let (whole, tail) = digits(rest);
        let (fraction, tail) = match tail {
            [b'.', tail @ ..] => digits(tail),
            _ => (&b""[..], tail),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let end = tail
            .iter()
            .position(|byte| *byte == b'.' || byte.is_ascii_digit())
            .unwrap_or(tail.len());
        let (name, tail) = tail.split_at_checked(end).unwrap_or((tail, &[]));
        if name.is_empty() {
            return Err(format!("time: missing unit in duration {}", quote(text)));
        }
        let Some(unit) = unit(name) else {
            let (unit, whole) = (quote(name), quote(text));
            return Err(format!("time: unknown unit {unit} in duration {whole}"));
        };
        rest = tail;
        let amount = amount(whole, fraction, unit).ok_or_else(invalid)?;
        total = total
            .checked_add(amount)
            .filter(|total| *total <= 1 << 63)
            .ok_or_else(invalid)?;
    }
    let signed = if negative {
        i64::try_from(-i128::from(total))
    } else {
        i64::try_from(total)
    };
    signed.map_err(|_| invalid())
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, &[]))
}

fn unit(name: &[u8]) -> Option<i64> {
    Some(match name {
        b"ns" => 1,
        b"us" | b"\xc2\xb5s" | b"\xce\xbcs" => 1_000,
        b"ms" => 1_000_000,
        b"s" => SECOND,
        b"m" => MINUTE,
        b"h" => HOUR,
        _ => return None,
    })
}

fn amount(whole: &[u8], fraction: &[u8], unit: i64) -> Option<u64> {
    let unit = unit.unsigned_abs();
    let mut total = if whole.is_empty() {
        0
    } else {
        std::str::from_utf8(whole).ok()?.parse::<u64>().ok()?
    };
    if total > 1 << 63 {
        return None;
    }
    total = total.checked_mul(unit)?;
    let mut scale = 1.0_f64;
    let mut part = 0_u64;
    for digit in fraction {
        // Go stops counting digits that no longer fit.
        let Some(next) = part
            .checked_mul(10)
            .and_then(|part| part.checked_add(u64::from(digit - b'0')))
            .filter(|next| *next < 1 << 63)
        else {
            break;
        };
        part = next;
        scale *= 10.0;
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "Go's own arithmetic"
    )]
    let fraction = (part as f64 * (unit as f64 / scale)) as u64;
    total.checked_add(fraction).filter(|total| *total <= 1 << 63)
}

#[cfg(test)]
mod tests {
    use super::parse_duration;

    #[test]
    fn durations() {
        for (text, expected) in [
            ("1h30m", Ok(5_400_000_000_000)),
            ("-1.5s", Ok(-1_500_000_000)),
            (".5h", Ok(1_800_000_000_000)),
            ("1us2ns", Ok(1_002)),
            ("0", Ok(0)),
            ("", Err("time: invalid duration \"\"")),
            ("3", Err("time: missing unit in duration \"3\"")),
            ("1d", Err("time: unknown unit \"d\" in duration \"1d\"")),
            (".s", Err("time: invalid duration \".s\"")),
            (
                "9223372036854775808ns",
                Err("time: invalid duration \"9223372036854775808ns\""),
            ),
            ("-9223372036854775808ns", Ok(i64::MIN)),
        ] {
            let parsed = parse_duration(text.as_bytes());
            assert_eq!(parsed, expected.map_err(str::to_owned), "{text}");
        }
    }
}
