//! IP addresses, with the messages of Go's `net/netip`.

use crate::text::go::quote::quote;

use super::formats::{FormatResult, atoi, fail};

/// The library's own reading of IPv4 addresses.
pub(super) fn check_ipv4(text: &str) -> FormatResult {
    let groups: Vec<&str> = text.split('.').collect();
    if groups.len() != 4 {
        return fail("expected four decimals");
    }
    for group in groups {
        if group.len() > 1 && group.starts_with('0') {
            return fail("leading zeros");
        }
        if !(0..=255).contains(&atoi(group)?) {
            return fail("decimal must be between 0 and 255");
        }
    }
    Ok(())
}

/// `netip.ParseAddr`: whether the address has a zone.
pub(super) fn check_ipv6(text: &str) -> Result<bool, String> {
    let failed = |message: &str, at: &str| {
        let place = if at.is_empty() {
            String::new()
        } else {
            format!(" (at {})", quote(at.as_bytes()))
        };
        Err(format!("ParseAddr({}): {message}{place}", quote(text.as_bytes())))
    };
    match text.find(['.', ':', '%']).and_then(|at| text.get(at..)) {
        None => return failed("unable to parse IP", ""),
        Some(rest) if rest.starts_with('.') => {
            return check_ipv4_part(text)
                .map(|()| false)
                .or_else(|(message, at)| failed(message, at));
        }
        Some(rest) if rest.starts_with('%') => return failed("missing IPv6 address", ""),
        Some(_) => {}
    }
    let (address, zone) = match text.split_once('%') {
        Some((_, "")) => return failed("zone must be a non-empty string", ""),
        Some((address, _)) => (address, true),
        None => (text, false),
    };
    match check_groups(address) {
        Ok(()) => Ok(zone),
        Err((message, at)) => failed(message, at),
    }
}

/// A message and the rest of the text where it applies.
type Fault<'t> = (&'static str, &'t str);

fn check_groups(text: &str) -> Result<(), Fault<'_>> {
    let mut rest = text;
    let mut has_ellipsis = false;
    let mut length = 0;
    if let Some(after) = rest.strip_prefix("::") {
        has_ellipsis = true;
        rest = after;
        if rest.is_empty() {
            return Ok(());
        }
    }
    while length < 16 {
        let end = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_hexdigit()).len();
        let digits = rest.get(..end).unwrap_or_default();
        if digits.len() > 4 {
            return Err(("each group must have 4 or less digits", rest));
        }
        if digits.is_empty() {
            return Err(("each colon-separated field must have at least one digit", rest));
        }
        let after = rest.get(end..).unwrap_or_default();
        if after.starts_with('.') {
            if !has_ellipsis && length != 12 {
                return Err((
                    "embedded IPv4 address must replace the final 2 fields of the address",
                    rest,
                ));
            }
            if length + 4 > 16 {
                return Err((
                    "too many hex fields to fit an embedded IPv4 at the end of the address",
                    rest,
                ));
            }
            check_ipv4_part(rest)?;
            rest = "";
            length += 4;
            break;
        }
        length += 2;
        rest = after;
        if rest.is_empty() {
            break;
        }
        let Some(after) = rest.strip_prefix(':') else {
            return Err(("unexpected character, want colon", rest));
        };
        if after.is_empty() {
            return Err(("colon must be followed by more characters", rest));
        }
        rest = after;
        if let Some(after) = rest.strip_prefix(':') {
            if has_ellipsis {
                return Err(("multiple :: in address", rest));
            }
            has_ellipsis = true;
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
    }
    if !rest.is_empty() {
        return Err(("trailing garbage after address", rest));
    }
    match (length < 16, has_ellipsis) {
        (true, false) => Err(("address string too short", "")),
        (false, true) => Err(("the :: must expand to at least one field of zeros", "")),
        _ => Ok(()),
    }
}

/// Four decimals, alone or at the end of an IPv6 address.
fn check_ipv4_part(text: &str) -> Result<(), Fault<'_>> {
    let mut value = 0;
    let mut position = 0;
    let mut digits = 0;
    for (at, byte) in text.bytes().enumerate() {
        let rest = text.get(at..).unwrap_or_default();
        match byte {
            b'0'..=b'9' => {
                if digits == 1 && value == 0 {
                    return Err(("IPv4 field has octet with leading zero", ""));
                }
                value = value * 10 + u32::from(byte - b'0');
                digits += 1;
                if value > 255 {
                    return Err(("IPv4 field has value >255", ""));
                }
            }
            b'.' => {
                let is_last = at + 1 == text.len();
                if at == 0 || is_last || text.as_bytes().get(at - 1) == Some(&b'.') {
                    return Err(("IPv4 field must have at least one digit", rest));
                }
                if position == 3 {
                    return Err(("IPv4 address too long", ""));
                }
                position += 1;
                value = 0;
                digits = 0;
            }
            _ => return Err(("unexpected character", rest)),
        }
    }
    if position < 3 {
        return Err(("IPv4 address too short", ""));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_ipv6;

    /// Go's answers.
    #[test]
    fn addresses_are_refused_in_gos_words() {
        for (text, want) in [
            (
                ":",
                r#"each colon-separated field must have at least one digit (at ":")"#,
            ),
            ("1::2::3", r#"multiple :: in address (at ":3")"#),
            ("a:b", "address string too short"),
            ("1:2:3:4:5:6:7:8:9", r#"trailing garbage after address (at "9")"#),
            ("12345::", r#"each group must have 4 or less digits (at "12345::")"#),
            ("::1.2.3", "IPv4 address too short"),
            ("::1.2.3.400", "IPv4 field has value >255"),
            ("fe80::1%", "zone must be a non-empty string"),
            (
                "1:2:3:4:5:6:7:",
                r#"colon must be followed by more characters (at ":")"#,
            ),
            (
                "::g",
                r#"each colon-separated field must have at least one digit (at "g")"#,
            ),
            ("1.2.3.4:80", r#"unexpected character (at ":80")"#),
            ("1:2:3:4:5:6:7:8::", "the :: must expand to at least one field of zeros"),
            ("::1.2.3.04", "IPv4 field has octet with leading zero"),
            ("::1.2.3.4.5", "IPv4 address too long"),
            ("::1..2", r#"IPv4 field must have at least one digit (at ".2")"#),
            (
                "1:2:3:4:5:6:7:1.2.3.4",
                r#"embedded IPv4 address must replace the final 2 fields of the address (at "1.2.3.4")"#,
            ),
            ("%:", "missing IPv6 address"),
            ("10:00:00Z", r#"unexpected character, want colon (at "Z")"#),
        ] {
            assert_eq!(check_ipv6(text), Err(format!("ParseAddr({text:?}): {want}")), "{text}");
        }
        for text in ["::", "::1", "::1.2.3.4", "1:2:3:4:5:6:7:8"] {
            assert_eq!(check_ipv6(text), Ok(false), "{text}");
        }
        assert_eq!(check_ipv6("fe80::1%eth0"), Ok(true));
    }
}
