//! Go's reference-time layouts cut into pieces: `2006`, `Jan`, `-07:00`.
//!
//! Follows `nextStdChunk` of Go's `time/format.go`.

/// One element of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    LongMonth,
    Month,
    NumberMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    SpaceDay,
    ZeroDay,
    SpaceYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperPm,
    LowerPm,
    Abbreviation,
    Offset(Offset),
    /// Separator, number of digits.
    ZeroFraction(u8, usize),
    /// Separator, number of digits.
    TrimmedFraction(u8, usize),
}

/// How an offset is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the parts of a spelling, each present or not"
)]
pub(super) struct Offset {
    /// `Z` for zero.
    pub(super) zulu: bool,
    pub(super) colons: bool,
    pub(super) minutes: bool,
    pub(super) seconds: bool,
}

const PLAIN: &[(&[u8], Piece)] = &[
    (b"January", Piece::LongMonth),
    (b"Monday", Piece::LongWeekday),
    (b"MST", Piece::Abbreviation),
    (b"002", Piece::ZeroYearDay),
    (b"01", Piece::ZeroMonth),
    (b"02", Piece::ZeroDay),
    (b"03", Piece::ZeroHour12),
    (b"04", Piece::ZeroMinute),
    (b"05", Piece::ZeroSecond),
    (b"06", Piece::Year),
    (b"15", Piece::Hour),
    (b"1", Piece::NumberMonth),
    (b"2006", Piece::LongYear),
    (b"2", Piece::Day),
    (b"__2", Piece::SpaceYearDay),
    (b"3", Piece::Hour12),
    (b"4", Piece::Minute),
    (b"5", Piece::Second),
    (b"PM", Piece::UpperPm),
    (b"pm", Piece::LowerPm),
];

/// Text, an element, its spelling, and the rest.
pub(super) type NextPiece<'l> = (&'l [u8], Piece, &'l [u8], &'l [u8]);

/// Text before the first element, the element with its spelling, and the rest; none when there is no element.
pub(super) fn next_piece(layout: &[u8]) -> Option<NextPiece<'_>> {
    (0..layout.len()).find_map(|start| {
        let (prefix, tail) = layout.split_at_checked(start)?;
        if tail.starts_with(b"_2006") {
            // The underscore is text here.
            let (prefix, tail) = layout.split_at_checked(start + 1)?;
            let (spelled, rest) = tail.split_at_checked(4)?;
            return Some((prefix, Piece::LongYear, spelled, rest));
        }
        let (piece, length) = piece_at(tail)?;
        let (spelled, rest) = tail.split_at_checked(length)?;
        Some((prefix, piece, spelled, rest))
    })
}

fn piece_at(text: &[u8]) -> Option<(Piece, usize)> {
    let plain = PLAIN.iter().find(|(spelling, _)| text.starts_with(spelling));
    if let Some((spelling, piece)) = plain {
        return Some((*piece, spelling.len()));
    }
    let followed_by_lower = text.get(3).is_some_and(u8::is_ascii_lowercase);
    match text {
        [b'J', b'a', b'n', ..] if !followed_by_lower => Some((Piece::Month, 3)),
        [b'M', b'o', b'n', ..] if !followed_by_lower => Some((Piece::Weekday, 3)),
        [b'_', b'2', ..] => Some((Piece::SpaceDay, 2)),
        [b'-' | b'Z', ..] => offset_at(text),
        [separator @ (b'.' | b','), digit @ (b'0' | b'9'), ..] => fraction_at(text, *separator, *digit),
        _ => None,
    }
}

fn offset_at(text: &[u8]) -> Option<(Piece, usize)> {
    let (first, tail) = text.split_first()?;
    let forms: [(&[u8], bool, bool, bool); 5] = [
        (b"070000", false, true, true),
        (b"07:00:00", true, true, true),
        (b"0700", false, true, false),
        (b"07:00", true, true, false),
        (b"07", false, false, false),
    ];
    let (spelling, colons, minutes, seconds) = forms.into_iter().find(|(spelling, ..)| tail.starts_with(spelling))?;
    let offset = Offset {
        zulu: *first == b'Z',
        colons,
        minutes,
        seconds,
    };
    Some((Piece::Offset(offset), spelling.len() + 1))
}

fn fraction_at(text: &[u8], separator: u8, digit: u8) -> Option<(Piece, usize)> {
    let count = text.iter().skip(1).take_while(|&&byte| byte == digit).count();
    if text.get(count + 1).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let piece = if digit == b'0' {
        Piece::ZeroFraction(separator, count)
    } else {
        Piece::TrimmedFraction(separator, count)
    };
    Some((piece, count + 1))
}
