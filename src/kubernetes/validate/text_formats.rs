//! Formats of texts that schemas and expressions check alike (`k8s.io/kube-openapi/pkg/validation/strfmt`).

use std::sync::LazyLock;

use regex::Regex;

use crate::kubernetes::json_schema::format_times::check_date;
use crate::text::go::pattern::compile;

/// A pattern in Go's syntax. All are tested; one that could not be compiled would match nothing.
pub(super) fn pattern(text: &str) -> Regex {
    compile(text).unwrap_or_else(|_| never())
}

#[expect(clippy::expect_used, reason = "a constant")]
fn never() -> Regex {
    Regex::new("$.").expect("is a pattern")
}

static BASE64: LazyLock<Regex> =
    LazyLock::new(|| pattern("^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$"));
static TIME: LazyLock<Regex> =
    LazyLock::new(|| pattern("^([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$"));
static AMOUNT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(\d+)\s*([A-Za-zµ]+)"));

/// Groups of 8, 4, 4, 4 and 12 digits, dashes optional; a version restricts the third group, and 4 and 5 the fourth.
pub(super) fn is_uuid(text: &str, version: Option<u8>) -> bool {
    let mut digits = Vec::new();
    for byte in text.bytes() {
        match byte {
            b'-' if matches!(digits.len(), 8 | 12 | 16 | 20) => {}
            byte if byte.is_ascii_hexdigit() => digits.push(byte.to_ascii_lowercase()),
            _ => return false,
        }
    }
    let is_right_version = version.is_none_or(|version| digits.get(12) == Some(&version));
    let has_variant = matches!(version, None | Some(b'3')) || matches!(digits.get(16), Some(b'8' | b'9' | b'a' | b'b'));
    digits.len() == 32 && !text.contains("--") && is_right_version && has_variant
}

/// Base64 with padding, in one line and not empty.
pub(super) fn is_byte(text: &str) -> bool {
    BASE64.is_match(text)
}

/// `2006-01-02`
pub(super) fn is_date(text: &str) -> bool {
    check_date(text).is_ok()
}

/// A date, `t` or `T`, a time and an offset. A leap second is refused; what is behind a second `t` does not count.
pub(super) fn is_date_time(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut parts = lower.split('t');
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else {
        return false;
    };
    let in_range = TIME.captures(time).is_some_and(|parts| {
        let is_at_most = |group: usize, largest: &str| parts.get(group).is_some_and(|part| part.as_str() <= largest);
        is_at_most(1, "23") && is_at_most(2, "59") && is_at_most(3, "59")
    });
    is_date(date) && in_range
}

/// The amounts with units of a duration such as `3 weeks`, as Scala writes it, in nanoseconds: any amount with a unit somewhere in the text.
/// Nothing for another text.
pub(super) fn worded_duration(text: &str) -> Option<i64> {
    let (mut total, mut has_unit) = (0_i64, false);
    for amount in AMOUNT.captures_iter(text) {
        let part = |group: usize| amount.get(group).map_or("", |part| part.as_str());
        let number = part(1).parse::<i64>().ok()?;
        if let Some(unit) = unit(&part(2).to_lowercase()) {
            has_unit = true;
            total = total.wrapping_add(number.wrapping_mul(unit));
        }
    }
    has_unit.then_some(total)
}

/// Nanoseconds of a unit, whose name is written in full or longer than it need be.
fn unit(name: &str) -> Option<i64> {
    const SECOND: i64 = 1_000_000_000;
    /// Names; the last one may be longer.
    const UNITS: [(&[&str], i64); 8] = [
        (&["ns", "nano"], 1),
        (&["us", "µs", "micro"], 1_000),
        (&["ms", "milli"], 1_000_000),
        (&["s", "sec"], SECOND),
        (&["m", "min"], 60 * SECOND),
        (&["h", "hr", "hour"], 3_600 * SECOND),
        (&["d", "day"], 86_400 * SECOND),
        (&["w", "wk", "week"], 604_800 * SECOND),
    ];
    let fits = |names: &[&str]| names.contains(&name) || names.last().is_some_and(|last| name.starts_with(last));
    UNITS
        .iter()
        .find(|(names, _)| fits(names))
        .map(|(_, nanoseconds)| *nanoseconds)
}
