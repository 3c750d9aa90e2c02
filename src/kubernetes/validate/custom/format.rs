//! The formats of texts that a server checks in custom resources (`pkg/apiserver/validation/formats.go` of
//! `k8s.io/apiextensions-apiserver`, the functions in `k8s.io/kube-openapi/pkg/validation/strfmt`).

use std::net::{IpAddr, Ipv6Addr};
use std::sync::LazyLock;

use regex::Regex;

use crate::kubernetes::names::NameSyntax;
use crate::text::go::duration::parse_duration;
use crate::text::go::url::is_request_target;

use super::super::text_formats::{is_byte, is_date, is_date_time, is_uuid, pattern, worded_duration};
use super::email::is_email;

/// The first minor version that knows `k8s-short-name` and `k8s-long-name`.
const NAMES_SINCE: u8 = 34;
/// Longest host name, in bytes.
const MAX_HOSTNAME: usize = 255;
/// Longest label of a host name, in bytes.
const MAX_LABEL: usize = 63;

/// A format that the server checks. Other formats do not count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Format {
    /// The name without dashes, as the server compares it.
    name: &'static str,
    check: fn(&str) -> bool,
    since: u8,
}

impl Format {
    /// The format with a name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let plain = name.replace('-', "");
        FORMATS.iter().copied().find(|format| format.name == plain)
    }

    /// The name in messages.
    pub(super) fn name(&self) -> &'static str {
        match self.name {
            "datetime" => "date-time",
            "k8sshortname" => "k8s-short-name",
            "k8slongname" => "k8s-long-name",
            name => name,
        }
    }

    /// Whether a server of a minor version knows it.
    pub(super) const fn is_known(&self, minor: u8) -> bool {
        minor >= self.since
    }

    /// Whether a text has the format.
    pub(super) fn fits(&self, text: &str) -> bool {
        (self.check)(text)
    }
}

const fn format(name: &'static str, check: fn(&str) -> bool) -> Format {
    Format { name, check, since: 0 }
}

const FORMATS: [Format; 26] = [
    format("bsonobjectid", |text| text.len() == 24 && is_hexadecimal(text)),
    format("uri", is_request_target),
    format("email", is_email),
    format("hostname", is_hostname),
    format("ipv4", |text| text.contains('.') && is_sloppy_ip(text)),
    format("ipv6", |text| text.contains(':') && text.parse::<Ipv6Addr>().is_ok()),
    format("cidr", is_cidr),
    format("mac", is_hardware_address),
    format("uuid", |text| is_uuid(text, None)),
    format("uuid3", |text| is_uuid(text, Some(b'3'))),
    format("uuid4", |text| is_uuid(text, Some(b'4'))),
    format("uuid5", |text| is_uuid(text, Some(b'5'))),
    format("isbn", |text| is_isbn10(text) || is_isbn13(text)),
    format("isbn10", is_isbn10),
    format("isbn13", is_isbn13),
    format("creditcard", is_credit_card),
    format("ssn", |text| text.len() == 11 && SSN.is_match(text)),
    format("hexcolor", |text| HEX_COLOR.is_match(text)),
    format("rgbcolor", |text| RGB_COLOR.is_match(text)),
    format("byte", is_byte),
    format("password", |_| true),
    format("date", is_date),
    format("duration", is_duration),
    format("datetime", is_date_time),
    Format {
        name: "k8sshortname",
        check: |text| NameSyntax::Label.fault(text).is_none(),
        since: NAMES_SINCE,
    },
    Format {
        name: "k8slongname",
        check: |text| NameSyntax::Subdomain.fault(text).is_none(),
        since: NAMES_SINCE,
    },
];

static HOSTNAME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63})$",
    )
});
static SSN: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\d{3}[- ]?\d{2}[- ]?\d{4}$"));
static HEX_COLOR: LazyLock<Regex> = LazyLock::new(|| pattern("^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"));
static RGB_COLOR: LazyLock<Regex> = LazyLock::new(|| {
    let part = r"\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*";
    pattern(&format!(r"^rgb\({part},{part},{part}\)$"))
});
static CREDIT_CARD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11})$",
    )
});
fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_hostname(text: &str) -> bool {
    HOSTNAME.is_match(text) && text.len() <= MAX_HOSTNAME && text.split('.').all(|label| label.len() <= MAX_LABEL)
}

/// `net.ParseIP` of Go 1.16: leading zeros in parts of IPv4 addresses do not matter.
fn is_sloppy_ip(text: &str) -> bool {
    without_leading_zeros(text).parse::<IpAddr>().is_ok()
}

/// The same address with parts of IPv4 written without leading zeros.
fn without_leading_zeros(text: &str) -> String {
    let (before, dotted) = text.rsplit_once(':').map_or(("", text), |(before, dotted)| {
        let end = before.len() + 1;
        (text.get(..end).unwrap_or_default(), dotted)
    });
    if !dotted.contains('.') {
        return text.to_owned();
    }
    let parts = dotted.split('.').map(|part| match part.trim_start_matches('0') {
        "" if !part.is_empty() => "0",
        rest => rest,
    });
    format!("{before}{}", parts.collect::<Vec<_>>().join("."))
}

fn is_cidr(text: &str) -> bool {
    let Some((address, prefix)) = text.split_once('/') else {
        return false;
    };
    let address: Option<IpAddr> = without_leading_zeros(address).parse().ok();
    let largest = match address {
        Some(IpAddr::V4(_)) => 32,
        Some(IpAddr::V6(_)) => 128,
        None => return false,
    };
    let is_number = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
    is_number && prefix.parse::<u64>().is_ok_and(|prefix| prefix <= largest)
}

/// `net.ParseMAC`: 6, 8 or 20 bytes, in pairs of digits with colons or dashes, or in fours with dots; in Go 1.26 also
/// without any.
fn is_hardware_address(text: &str) -> bool {
    let parts_of = |separator: char, length: usize| {
        let parts: Vec<&str> = text.split(separator).collect();
        let are_hexadecimal = parts.iter().all(|part| part.len() == length && is_hexadecimal(part));
        are_hexadecimal.then_some(parts.len() * length / 2)
    };
    let bytes = match text.as_bytes().get(2) {
        Some(b':') => parts_of(':', 2),
        Some(b'-') => parts_of('-', 2),
        _ if text.contains('.') => parts_of('.', 4),
        _ => (is_hexadecimal(text) && text.len().is_multiple_of(2)).then_some(text.len() / 2),
    };
    bytes.is_some_and(|bytes| matches!(bytes, 6 | 8 | 20))
}

fn without_space_and_dashes(text: &str) -> Vec<u8> {
    let is_noise = |byte: &u8| matches!(byte, b'\t' | b'\n' | 0x0C | b'\r' | b' ' | b'-');
    text.bytes().filter(|byte| !is_noise(byte)).collect()
}

fn is_isbn10(text: &str) -> bool {
    let digits = without_space_and_dashes(text);
    let [first @ .., last] = digits.as_slice() else {
        return false;
    };
    let check = match last {
        b'X' => 10,
        digit if digit.is_ascii_digit() => u32::from(digit - b'0'),
        _ => return false,
    };
    let is_right_form = first.len() == 9 && first.iter().all(u8::is_ascii_digit);
    let sum: u32 = (1..)
        .zip(first)
        .map(|(at, digit)| at * u32::from(digit.wrapping_sub(b'0')))
        .sum();
    is_right_form && (sum + 10 * check).is_multiple_of(11)
}

fn is_isbn13(text: &str) -> bool {
    let digits = without_space_and_dashes(text);
    if digits.len() != 13 || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let weighted = digits.iter().zip([1_u32, 3].into_iter().cycle());
    let sum: u32 = weighted.map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    sum.is_multiple_of(10)
}

fn is_credit_card(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let doubled = digits.bytes().rev().enumerate().map(|(at, digit)| {
        let digit = u32::from(digit - b'0');
        match (at % 2 == 1, digit * 2) {
            (false, _) => digit,
            (true, double) if double > 9 => double - 9,
            (true, double) => double,
        }
    });
    CREDIT_CARD.is_match(&digits) && doubled.sum::<u32>().is_multiple_of(10)
}

/// Go's `1h30m`, or Scala's `3 weeks`.
fn is_duration(text: &str) -> bool {
    parse_duration(text.as_bytes()).is_ok() || worded_duration(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A format, texts that have it, and texts that do not. Each is what the API server's code says.
    const TABLE: [(&str, &[&str], &[&str]); 26] = [
        (
            "bsonobjectid",
            &["507f1f77bcf86cd799439011"],
            &["507f1f77bcf86cd79943901", "507f1f77bcf86cd79943901g"],
        ),
        (
            "uri",
            &["http://a.b/c", "/a", "a:b", "//a", "*", "/a b"],
            &["", "a.b", "?a", "http://[", "/%zz", "http://a#b", "http://a:b/"],
        ),
        ("email", &["a@b.c"], &["a@"]),
        (
            "hostname",
            &["a", "a-", "a.b.cd", "xn--a.com", "ümlaut.de"],
            &["", "-a", "a_b", "host.", "a.1", "example.c"],
        ),
        (
            "ipv4",
            &["1.2.3.4", "01.2.3.4", "::ffff:1.2.3.4"],
            &["1.2.3", "1.2.3.256", "::1", ""],
        ),
        (
            "ipv6",
            &["::1", "::ffff:1.2.3.4"],
            &["fe80::1%1", "1.2.3.4", "::ffff:01.2.3.4"],
        ),
        (
            "cidr",
            &["1.2.3.4/8", "010.1.1.1/8", "::/0", "1.2.3.4/08"],
            &["1.2.3.4/33", "1.2.3.4/", "1.2.3.4/+8", "1.2.3.4"],
        ),
        (
            "mac",
            &["00:11:22:33:44:55", "0011.2233.4455", "00-11-22-33-44-55"],
            &["00:11:22:33:44", "00-11:22:33:44:55", "0:11:22:33:44:55"],
        ),
        (
            "uuid",
            &[
                "123e4567-e89b-12d3-a456-426614174000",
                "123E4567e89b12d3a456426614174000",
            ],
            &["123e4567--e89b-12d3-a456-426614174000", "a"],
        ),
        (
            "uuid3",
            &["123e4567-e89b-32d3-a456-426614174000"],
            &["123e4567-e89b-42d3-a456-426614174000"],
        ),
        (
            "uuid4",
            &["123e4567-e89b-42d3-a456-426614174000"],
            &["123e4567-e89b-42d3-c456-426614174000"],
        ),
        (
            "uuid5",
            &["123e4567-e89b-52d3-8456-426614174000"],
            &["123e4567-e89b-42d3-8456-426614174000"],
        ),
        ("isbn", &["0321751043", "978-0321751041"], &["0321751044"]),
        ("isbn10", &["0-321-75104-3"], &["978-0321751041", "032175104Y"]),
        ("isbn13", &["978 0 321 75104 1"], &["0321751043", "9780321751042"]),
        (
            "creditcard",
            &["4111 1111 1111 1111", "378282246310005"],
            &["4111111111111112", "1"],
        ),
        ("ssn", &["111-22-3333", "111 22-3333"], &["111223333", "111-22-33333"]),
        ("hexcolor", &["#fff", "FFFFFF"], &["#ffff", "ggg"]),
        (
            "rgbcolor",
            &["rgb(1,2,3)", "rgb( 1 , 2 , 255 )"],
            &["rgb(256,1,1)", "rgb(01,1,1)", "RGB(1,1,1)"],
        ),
        (
            "byte",
            &["YWJj", "YWI=", "YQ=="],
            &["", "YW=", "Y===", "YW Jj", "YWJj\n"],
        ),
        ("password", &["", "anything"], &[]),
        (
            "date",
            &["2020-01-31", "2020-02-29", "0000-01-01"],
            &["2020-02-30", "2021-02-29", "2020-2-01", "2020-01-01\n"],
        ),
        (
            "duration",
            &["1h", "-1.5s", "0", "1d", "3 weeks", "5 Mins", "µs 1ns"],
            &["", "1", "soon", "99999999999999999999 days"],
        ),
        (
            "date-time",
            &["2020-01-01T10:00:00Z", "2020-01-01t10:00:00.5+01:00"],
            &["2020-01-01T24:00:00Z", "2020-01-01T10:00:60Z", "2020-01-01 10:00:00Z"],
        ),
        ("k8s-short-name", &["a-b"], &["a.b", "A", "-a"]),
        ("k8s-long-name", &["a-b.c"], &["a..b", "A.b", "a."]),
    ];

    #[test]
    fn formats_are_those_of_the_api_server() {
        for (name, good, bad) in TABLE {
            let format = Format::named(name).expect(name);
            assert_eq!(format.name(), name);
            for text in good {
                assert!(format.fits(text), "{name}: {text:?}");
            }
            for text in bad {
                assert!(!format.fits(text), "{name}: {text:?}");
            }
        }
        assert!(Format::named("datetime").is_some() && Format::named("int32").is_none());
        assert!(Format::named("k8s-long-name").is_some_and(|format| format.is_known(34) && !format.is_known(33)));
    }

    #[test]
    fn patterns_compile() {
        for pattern in [&HOSTNAME, &SSN, &HEX_COLOR, &RGB_COLOR, &CREDIT_CARD] {
            assert_ne!(pattern.as_str(), "$.");
        }
    }
}
