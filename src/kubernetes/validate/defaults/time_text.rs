//! Times as `metav1.Time` and `metav1.MicroTime` write them: in UTC, without or with a fraction.

use jiff::Timestamp;

/// Digits after the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digits {
    None,
    Six,
}

/// Writes a time as the server does. A text that is not a time stays.
pub(super) fn canonical_time(text: &mut String, digits: Digits) {
    let Ok(time) = text.parse::<Timestamp>() else {
        return;
    };
    *text = match digits {
        Digits::None => format!("{time:.0}"),
        Digits::Six => format!("{time:.6}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_utc_with_whole_seconds_or_six_digits() {
        for (text, digits, wanted) in [
            ("2024-01-02T03:04:05.678+02:00", Digits::None, "2024-01-02T01:04:05Z"),
            ("2024-01-02T03:04:05Z", Digits::Six, "2024-01-02T03:04:05.000000Z"),
            (
                "2024-01-02T03:04:05.1234567Z",
                Digits::Six,
                "2024-01-02T03:04:05.123456Z",
            ),
            ("soon", Digits::Six, "soon"),
        ] {
            let mut found = text.to_owned();
            canonical_time(&mut found, digits);
            assert_eq!(found, wanted, "{text}");
        }
    }
}
