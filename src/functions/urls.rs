//! `urlParse` and `urlJoin`. Follows Sprig's `url.go` over Go's `net/url`.

use super::arguments::string;
use super::table::fixed;
use crate::template::quote::quote;
use crate::template::{CallResult, Function, Host, Map, Parameter, Value};

use Parameter::{Map as MapParameter, Str};

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    fixed("urlParse", &[Str], url_parse),
    fixed("urlJoin", &[MapParameter], url_join),
];

/// A URL taken apart, as Go's `url.URL` holds it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Url {
    scheme: String,
    opaque: String,
    /// User and password, decoded.
    user: Option<(Vec<u8>, Option<Vec<u8>>)>,
    host: String,
    path: Vec<u8>,
    query: String,
    fragment: Vec<u8>,
    /// Whether an empty query had its `?`.
    has_empty_query: bool,
}

/// Which part of a URL a text is for: they escape differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    User,
    Host,
    Fragment,
}

fn url_parse(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let text = string(arguments, 0);
    let url =
        parse(&text).map_err(|reason| format!("unable to parse url: parse {}: {reason}", quote(text.as_bytes())))?;
    let user = url.user.as_ref().map(user_text).unwrap_or_default();
    Ok(Value::map_of([
        ("scheme", Value::str(url.scheme.as_str())),
        ("host", Value::str(url.host.as_str())),
        ("hostname", Value::str(hostname(&url.host))),
        ("path", Value::str(url.path.as_slice())),
        ("query", Value::str(url.query.as_str())),
        ("opaque", Value::str(url.opaque.as_str())),
        ("fragment", Value::str(url.fragment.as_slice())),
        ("userinfo", Value::str(user)),
    ]))
}

fn url_join(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let Some(Value::Map(parts)) = arguments.first() else {
        return Ok(Value::str(""));
    };
    let mut url = Url {
        scheme: part(parts, "scheme")?,
        host: part(parts, "host")?,
        path: part(parts, "path")?.into_bytes(),
        query: part(parts, "query")?,
        opaque: part(parts, "opaque")?,
        fragment: part(parts, "fragment")?.into_bytes(),
        ..Url::default()
    };
    let user = part(parts, "userinfo")?;
    if !user.is_empty() {
        let text = format!("proto://{user}@host");
        let parsed = parse(&text).map_err(|reason| {
            format!(
                "unable to parse userinfo in dict: parse {}: {reason}",
                quote(text.as_bytes())
            )
        })?;
        url.user = parsed.user;
    }
    Ok(Value::str(print(&url)))
}

fn part(parts: &Map, key: &str) -> Result<String, String> {
    match parts.get(key.as_bytes()) {
        None => Ok(String::new()),
        Some(Value::Str(text)) => Ok(text.to_str_lossy().into_owned()),
        Some(Value::Nil) => Err(super::arguments::NIL_DEREFERENCE.to_owned()),
        Some(other) => {
            let kind = other.kind().name();
            Err(format!(
                "unable to parse {key} key, must be of type string, but {kind} found"
            ))
        }
    }
}

fn hostname(host: &str) -> &str {
    if let Some(inside) = host.strip_prefix('[') {
        return inside.split(']').next().unwrap_or_default();
    }
    host.rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(host, |(name, _)| name)
}

fn parse(text: &str) -> Result<Url, String> {
    let (rest, fragment) = text
        .split_once('#')
        .map_or((text, None), |(rest, fragment)| (rest, Some(fragment)));
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7F) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    let mut url = Url::default();
    let mut rest = rest;
    if rest == "*" {
        url.path = b"*".to_vec();
        return Ok(url);
    }
    if let Some((scheme, after)) = split_scheme(rest)? {
        url.scheme = scheme.to_lowercase();
        rest = after;
    }
    if rest.ends_with('?') && rest.matches('?').count() == 1 {
        url.has_empty_query = true;
        rest = rest.strip_suffix('?').unwrap_or(rest);
    } else if let Some((before, query)) = rest.split_once('?') {
        query.clone_into(&mut url.query);
        rest = before;
    }
    if !rest.starts_with('/') {
        if !url.scheme.is_empty() {
            rest.clone_into(&mut url.opaque);
            return with_fragment(url, fragment);
        }
        if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let has_authority = !url.scheme.is_empty() || !rest.starts_with("///");
    if let Some(authority) = rest.strip_prefix("//").filter(|_| has_authority) {
        let at = authority.find('/').unwrap_or(authority.len());
        let (authority, path) = authority.split_at_checked(at).unwrap_or((authority, ""));
        set_authority(&mut url, authority)?;
        rest = path;
    }
    url.path = unescape(rest, Part::Path)?;
    with_fragment(url, fragment)
}

fn with_fragment(mut url: Url, fragment: Option<&str>) -> Result<Url, String> {
    if let Some(fragment) = fragment {
        url.fragment = unescape(fragment, Part::Fragment)?;
    }
    Ok(url)
}

/// Scheme and rest; none where the text has no scheme.
fn split_scheme(text: &str) -> Result<Option<(&str, &str)>, String> {
    for (at, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            ':' => return Ok(text.split_once(':')),
            _ => return Ok(None),
        }
    }
    Ok(None)
}

fn set_authority(url: &mut Url, authority: &str) -> Result<(), String> {
    let host = match authority.rsplit_once('@') {
        None => authority,
        Some((user, host)) => {
            let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
            if !user.chars().all(is_allowed) {
                return Err("net/url: invalid userinfo".to_owned());
            }
            url.user = Some(match user.split_once(':') {
                None => (unescape(user, Part::User)?, None),
                Some((user, password)) => (unescape(user, Part::User)?, Some(unescape(password, Part::User)?)),
            });
            host
        }
    };
    let port = if host.starts_with('[') {
        let Some((_, port)) = host.split_once(']') else {
            return Err("missing ']' in host".to_owned());
        };
        port
    } else {
        host.find(':').and_then(|at| host.get(at..)).unwrap_or_default()
    };
    let is_port = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    if !is_port {
        let port = host.rfind(':').and_then(|at| host.get(at..)).unwrap_or(port);
        return Err(format!("invalid port {} after host", quote(port.as_bytes())));
    }
    url.host = String::from_utf8_lossy(&unescape(host, Part::Host)?).into_owned();
    Ok(())
}

fn unescape(text: &str, part: Part) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let digits = after.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
            let decoded = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
            let Some(decoded) = decoded.filter(|&decoded| part != Part::Host || decoded >= 0x80) else {
                let shown = [b"%", after.get(..2).unwrap_or(after)].concat();
                return Err(format!("invalid URL escape {}", quote(&shown)));
            };
            bytes.push(decoded);
            rest = after.get(2..).unwrap_or_default();
        } else {
            let is_bad_in_host =
                byte < 0x80 && !byte.is_ascii_alphanumeric() && !b"-._~!$&'()*+,;=:[]<>\"".contains(&byte);
            if part == Part::Host && is_bad_in_host {
                return Err(format!("invalid character {} in host name", quote(&[byte])));
            }
            bytes.push(byte);
        }
    }
    Ok(bytes)
}

fn escape(bytes: &[u8], part: Part) -> String {
    let mut text = String::new();
    for &byte in bytes {
        let is_plain = byte.is_ascii_alphanumeric()
            || b"-_.~".contains(&byte)
            || match part {
                Part::Path => b"$&+,/:;=@".contains(&byte),
                Part::User => b"$&+,;=".contains(&byte),
                Part::Host => b"!$&'()*+,;=:[]<>\"".contains(&byte),
                Part::Fragment => b"$&+,/:;=?@!()*".contains(&byte),
            };
        if is_plain {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

fn user_text((user, password): &(Vec<u8>, Option<Vec<u8>>)) -> String {
    let user = escape(user, Part::User);
    password.as_ref().map_or_else(
        || user.clone(),
        |password| format!("{user}:{}", escape(password, Part::User)),
    )
}

/// Go's `URL.String`.
fn print(url: &Url) -> String {
    let mut text = String::new();
    if !url.scheme.is_empty() {
        text.push_str(&url.scheme);
        text.push(':');
    }
    if url.opaque.is_empty() {
        let path = escape(&url.path, Part::Path);
        if !url.scheme.is_empty() || !url.host.is_empty() || url.user.is_some() {
            if !url.host.is_empty() || !url.path.is_empty() || url.user.is_some() {
                text.push_str("//");
            }
            if let Some(user) = &url.user {
                text.push_str(&user_text(user));
                text.push('@');
            }
            text.push_str(&escape(url.host.as_bytes(), Part::Host));
        }
        if !path.is_empty() && !path.starts_with('/') && !url.host.is_empty() {
            text.push('/');
        }
        let first = path.split('/').next().unwrap_or_default();
        if text.is_empty() && first.contains(':') {
            text.push_str("./");
        }
        text.push_str(&path);
    } else {
        text.push_str(&url.opaque);
    }
    if url.has_empty_query || !url.query.is_empty() {
        text.push('?');
        text.push_str(&url.query);
    }
    if !url.fragment.is_empty() {
        text.push('#');
        text.push_str(&escape(&url.fragment, Part::Fragment));
    }
    text
}
