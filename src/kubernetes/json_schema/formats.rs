//! Formats of texts, with the messages of `format.go` of the library. Values that are not texts fit every format.

use crate::text::go::integer::parse_int;
use crate::text::go::quote::{quote, quote_rune};
use crate::text::go::url::{Url, parse};

use super::addresses::{check_ipv4, check_ipv6};
use super::format_times::{check_date, check_date_time, check_duration, check_period, check_time};
use super::location::decode;

/// Why a text does not have a format.
pub type FormatResult = Result<(), String>;
/// The check of one format.
pub(super) type FormatCheck = fn(&str) -> FormatResult;

/// The check of a format that the library knows; `regex` is checked with the pattern reader.
pub(super) fn format_check(name: &str) -> Option<FormatCheck> {
    Some(match name {
        "json-pointer" => check_json_pointer,
        "relative-json-pointer" => check_relative_json_pointer,
        "uuid" => check_uuid,
        "duration" => check_duration,
        "period" => check_period,
        "ipv4" => check_ipv4,
        "ipv6" => check_ipv6_format,
        "hostname" => check_hostname,
        "email" => check_email,
        "date" => check_date,
        "time" => check_time,
        "date-time" => check_date_time,
        "uri" | "iri" => check_uri,
        "uri-reference" | "iri-reference" => check_uri_reference,
        "uri-template" => check_uri_template,
        "semver" => check_semver,
        _ => return None,
    })
}

pub(super) fn fail<T>(message: &str) -> Result<T, String> {
    Err(message.to_owned())
}

/// Go's `strconv.Atoi`.
pub(super) fn atoi(text: &str) -> Result<i64, String> {
    let problem = match parse_int(text.as_bytes(), 10) {
        Ok(number) => return Ok(number),
        Err(_) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => "value out of range",
        Err(_) => "invalid syntax",
    };
    Err(format!("strconv.Atoi: parsing {}: {problem}", quote(text.as_bytes())))
}

fn check_json_pointer(text: &str) -> FormatResult {
    if text.is_empty() {
        return Ok(());
    }
    let Some(steps) = text.strip_prefix('/') else {
        return fail("not starting with /");
    };
    for step in steps.split('/') {
        let mut is_escaped = false;
        for c in step.chars() {
            if is_escaped && !matches!(c, '0' | '1') {
                return fail("~ must be followed by 0 or 1");
            }
            is_escaped = !is_escaped && c == '~';
        }
        if is_escaped {
            return fail("~ must be followed by 0 or 1");
        }
    }
    Ok(())
}

fn check_relative_json_pointer(text: &str) -> FormatResult {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    match text.len() - rest.len() {
        0 => fail("must start with non-negative integer"),
        2.. if text.starts_with('0') => fail("starts with zero"),
        _ if rest == "#" => Ok(()),
        _ => check_json_pointer(rest),
    }
}

fn check_uuid(text: &str) -> FormatResult {
    const LENGTHS: [usize; 5] = [8, 4, 4, 4, 12];
    let groups: Vec<&str> = text.split('-').collect();
    if groups.len() != LENGTHS.len() {
        return fail("must have 5 elements");
    }
    for (index, (group, length)) in groups.iter().zip(LENGTHS).enumerate() {
        if group.len() != length {
            return Err(format!("element {} must be {length} characters long", index + 1));
        }
        if let Some(c) = group.chars().find(|c| !c.is_ascii_hexdigit()) {
            return Err(format!("non-hex character {}", quote_rune(c, false)));
        }
    }
    Ok(())
}

fn check_ipv6_format(text: &str) -> FormatResult {
    if !text.contains(':') {
        return fail("missing colon");
    }
    if check_ipv6(text)? {
        return fail("zone id is not a part of ipv6 address");
    }
    Ok(())
}

fn check_hostname(text: &str) -> FormatResult {
    let text = text.strip_suffix('.').unwrap_or(text);
    if text.len() > 253 {
        return fail("more than 253 characters long");
    }
    for label in text.split('.') {
        if label.is_empty() || label.len() > 63 {
            return fail("label must be 1 to 63 characters long");
        }
        if label.starts_with('-') {
            return fail("label starts with hyphen");
        }
        if label.ends_with('-') {
            return fail("label ends with hyphen");
        }
        if let Some(c) = label.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
            return Err(format!("invalid character {}", quote_rune(c, false)));
        }
    }
    Ok(())
}

fn check_email(text: &str) -> FormatResult {
    if text.len() > 254 {
        return fail("more than 255 characters long");
    }
    let Some((local, domain)) = text.rsplit_once('@') else {
        return fail("missing @");
    };
    if local.len() > 64 {
        return fail("local part more than 64 characters long");
    }
    let quoted = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match quoted {
        Some(inside) if inside.contains(['\\', '"']) => {
            return fail("backslash and quote are not allowed within quoted local part");
        }
        Some(_) => {}
        None => check_local_part(local)?,
    }
    if let Some(address) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return match address.strip_prefix("IPv6:") {
            Some(address) => check_ipv6_format(address).map_err(|error| format!("invalid ipv6 address: {error}")),
            None => check_ipv4(address).map_err(|error| format!("invalid ipv4 address: {error}")),
        };
    }
    check_hostname(domain).map_err(|error| format!("invalid domain: {error}"))
}

fn check_local_part(local: &str) -> FormatResult {
    if local.starts_with('.') {
        return fail("starts with dot");
    }
    if local.ends_with('.') {
        return fail("ends with dot");
    }
    if local.contains("..") {
        return fail("consecutive dots");
    }
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(c);
    match local.chars().find(|c| !is_allowed(*c)) {
        Some(c) => Err(format!("invalid character {}", quote_rune(c, false))),
        None => Ok(()),
    }
}

/// A URL whose host, if it is an IPv6 address, is one.
fn parse_url(text: &str) -> Result<Url, String> {
    let url = parse(text.as_bytes())?;
    let host = String::from_utf8_lossy(url.hostname()).into_owned();
    if host.contains(':') {
        if !url.host.contains(&b'[') || !url.host.contains(&b']') {
            return fail("ipv6 address not enclosed in brackets");
        }
        check_ipv6_format(&host).map_err(|error| format!("invalid ipv6 address: {error}"))?;
    }
    Ok(url)
}

fn check_uri(text: &str) -> FormatResult {
    if parse_url(text)?.scheme.is_empty() {
        return fail("relative url");
    }
    Ok(())
}

fn check_uri_reference(text: &str) -> FormatResult {
    if text.contains('\\') {
        return fail("contains \\");
    }
    parse_url(text).map(drop)
}

fn check_uri_template(text: &str) -> FormatResult {
    let url = parse_url(text)?;
    // The library looks at the path as it is written, if that differs from how Go would write it.
    let written = written_path(text);
    let is_kept = url
        .text()
        .windows(written.len().max(1))
        .any(|part| part == written.as_bytes());
    for step in if is_kept { "" } else { written }.split('/') {
        let step = decode(step).map_err(|error| format!("percent decode failed: {error}"))?;
        let mut is_open = false;
        for c in step.chars().filter(|c| matches!(c, '{' | '}')) {
            if is_open == (c == '{') {
                return fail("nested curly braces");
            }
            is_open = !is_open;
        }
        if is_open {
            return fail("no matching closing brace");
        }
    }
    Ok(())
}

/// The path of a URL as it is written.
fn written_path(text: &str) -> &str {
    let text = text.split(['#', '?']).next().unwrap_or_default();
    let text = match text.split_once(':') {
        Some((scheme, rest)) if !scheme.contains('/') => rest,
        _ => text,
    };
    match text.strip_prefix("//") {
        Some(rest) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default(),
        None => text,
    }
}

fn check_semver(text: &str) -> FormatResult {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let (text, build) = text
        .split_once('+')
        .map_or((text, None), |(text, build)| (text, Some(build)));
    if let Some(build) = build {
        if build.is_empty() {
            return fail("build is empty");
        }
        for identifier in build.split('.') {
            if identifier.is_empty() {
                return fail("build identifier is empty");
            }
            if let Some(c) = identifier.chars().find(|c| !is_word(*c)) {
                return Err(format!(
                    "invalid character {} in build identifier",
                    quote_rune(c, false)
                ));
            }
        }
    }
    let (core, pre_release) = text
        .split_once('-')
        .map_or((text, None), |(core, pre)| (core, Some(pre)));
    for identifier in pre_release.into_iter().flat_map(|text| text.split('.')) {
        if identifier.is_empty() {
            return fail("pre-release identifier is empty");
        }
        if let Some(c) = identifier.chars().find(|c| !is_word(*c)) {
            return Err(format!(
                "invalid character {} in pre-release identifier",
                quote_rune(c, false)
            ));
        }
        let is_number = identifier.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && identifier.len() > 1 && identifier.starts_with('0') {
            return fail("pre-release numeric identifier starts with zero");
        }
    }
    let numbers: Vec<&str> = core.split('.').collect();
    if numbers.len() != 3 {
        return fail("versionCore must have 3 numbers separated by dot");
    }
    for (number, name) in numbers.iter().zip(["major", "minor", "patch"]) {
        if number.is_empty() {
            return Err(format!("{name} is empty"));
        }
        if number.len() > 1 && number.starts_with('0') {
            return Err(format!("{name} starts with zero"));
        }
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("{name} contains non-digit"));
        }
    }
    Ok(())
}
