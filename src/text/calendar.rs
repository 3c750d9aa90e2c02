//! The calendar, as ISO 8601 and Go have it.

/// 1980-01-01, the first time that every archive format can represent, in seconds since 1970.
pub const FIRST_ARCHIVE_TIME: u64 = 315_532_800;

/// How many days a month has, from 1 to 12; nothing for other numbers.
pub const fn days_in_month(year: u32, month: u32) -> Option<u32> {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 if is_leap => Some(29),
        2 => Some(28),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_have_their_days() {
        for (year, month, days) in [
            (2023, 1, Some(31)),
            (2023, 4, Some(30)),
            (2023, 2, Some(28)),
            (2024, 2, Some(29)),
            (1900, 2, Some(28)),
            (2000, 2, Some(29)),
            (2023, 0, None),
            (2023, 13, None),
        ] {
            assert_eq!(days_in_month(year, month), days, "{year}-{month}");
        }
    }
}
