//! Go's `net/url`: what it accepts, how it escapes, its error texts.
//!
//! In: bytes. Out: the parts of a URL, or the bytes of one. Follows `url.Parse` and `URL.String`.

use std::net::Ipv6Addr;

use super::quote::quote;

/// `url.URL`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Url {
    /// In lower case; empty in a relative reference.
    pub scheme: Vec<u8>,
    /// The text after the scheme if it does not begin with a slash.
    pub opaque: Vec<u8>,
    /// Name and, when there is a colon, password.
    pub user: Option<(Vec<u8>, Option<Vec<u8>>)>,
    /// Host and port, unescaped.
    pub host: Vec<u8>,
    /// Unescaped.
    pub path: Vec<u8>,
    /// As written.
    pub raw_path: Vec<u8>,
    /// As written.
    pub raw_query: Vec<u8>,
    /// Unescaped.
    pub fragment: Vec<u8>,
}

/// Which part of a URL is escaped: each has its own set of characters that stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    UserPassword,
    Host,
    Zone,
    Fragment,
}

/// Whether `url.ParseRequestURI` accepts the text and finds a scheme: there `#` does not begin a fragment.
pub fn is_request_uri(text: &str) -> bool {
    parse_without_fragment(text.as_bytes(), Use::Any).is_ok_and(|url| !url.scheme.is_empty())
}

/// Whether `url.ParseRequestURI` accepts the text: an absolute path, or a URL with a scheme.
pub fn is_request_target(text: &str) -> bool {
    parse_without_fragment(text.as_bytes(), Use::Any)
        .is_ok_and(|url| !url.scheme.is_empty() || text.starts_with('/') || text == "*")
}

/// What a text is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Any,
    /// An absolute URL, or an absolute path.
    Request,
}

/// `url.ParseRequestURI`: `#` does not begin a fragment.
///
/// # Errors
/// Gives Go's error text.
pub fn parse_request(raw: &[u8]) -> Result<Url, String> {
    let parsed = match raw {
        [] => Err("empty url".to_owned()),
        raw => parse_without_fragment(raw, Use::Request),
    };
    parsed.map_err(|problem| format!("parse {}: {problem}", quote(raw)))
}

/// `url.Parse`.
///
/// # Errors
/// Gives Go's error text.
pub fn parse(raw: &[u8]) -> Result<Url, String> {
    let (before, fragment) = cut(raw, b'#');
    let wrap = |shown: &[u8], problem: String| format!("parse {}: {problem}", quote(shown));
    let mut url = parse_without_fragment(before, Use::Any).map_err(|problem| wrap(before, problem))?;
    url.fragment = unescape(fragment.unwrap_or_default(), Part::Fragment).map_err(|problem| wrap(raw, problem))?;
    Ok(url)
}

fn parse_without_fragment(raw: &[u8], use_of: Use) -> Result<Url, String> {
    if raw.iter().any(u8::is_ascii_control) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    let mut url = Url::default();
    if raw == b"*" {
        url.path = raw.to_vec();
        return Ok(url);
    }
    let (scheme, rest) = split_scheme(raw)?;
    url.scheme = scheme.to_ascii_lowercase();
    let (mut rest, query) = cut(rest, b'?');
    url.raw_query = query.unwrap_or_default().to_vec();
    if !rest.starts_with(b"/") {
        if !url.scheme.is_empty() {
            url.opaque = rest.to_vec();
            return Ok(url);
        }
        if use_of == Use::Request {
            return Err("invalid URI for request".to_owned());
        }
        if cut(rest, b'/').0.contains(&b':') {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let may_lack_scheme = use_of == Use::Any && !rest.starts_with(b"///");
    let has_authority = rest.starts_with(b"//") && (!url.scheme.is_empty() || may_lack_scheme);
    if has_authority {
        let authority = rest.get(2..).unwrap_or_default();
        let end = memchr::memchr(b'/', authority).unwrap_or(authority.len());
        let (authority, path) = authority.split_at_checked(end).unwrap_or((authority, b""));
        rest = path;
        parse_authority(&mut url, authority)?;
    }
    url.path = unescape(rest, Part::Path)?;
    url.raw_path = rest.to_vec();
    Ok(url)
}

/// The text before the first `byte`, and the text after it if there is one.
fn cut(text: &[u8], byte: u8) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(byte, text).and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?))) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

fn split_scheme(raw: &[u8]) -> Result<(&[u8], &[u8]), String> {
    for (position, byte) in raw.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if position > 0 => {}
            b':' if position == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => {
                let (scheme, rest) = cut(raw, b':');
                return Ok((scheme, rest.unwrap_or_default()));
            }
            _ => break,
        }
    }
    Ok((b"", raw))
}

fn parse_authority(url: &mut Url, authority: &[u8]) -> Result<(), String> {
    let at = memchr::memrchr(b'@', authority);
    let host = at.map_or(authority, |at| authority.get(at + 1..).unwrap_or_default());
    url.host = parse_host(&url.scheme, host)?;
    let Some(user) = at.and_then(|at| authority.get(..at)) else {
        return Ok(());
    };
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
    if !user.iter().all(allowed) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    let (name, password) = cut(user, b':');
    let name = unescape(name, Part::UserPassword)?;
    let password = password
        .map(|password| unescape(password, Part::UserPassword))
        .transpose()?;
    url.user = Some((name, password));
    Ok(())
}

fn is_port(text: &[u8]) -> bool {
    match text.split_first() {
        None => true,
        Some((b':', digits)) => digits.iter().all(u8::is_ascii_digit),
        Some(_) => false,
    }
}

fn parse_host(scheme: &[u8], host: &[u8]) -> Result<Vec<u8>, String> {
    match memchr::memrchr(b'[', host) {
        Some(0) => return parse_address(host),
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {}
    }
    let strict = matches!(scheme, b"http" | b"https");
    let colon = if strict {
        memchr::memchr(b':', host)
    } else {
        memchr::memrchr(b':', host)
    };
    if let Some(port) = colon.and_then(|colon| host.get(colon..))
        && !is_port(port)
    {
        return Err(format!("invalid port {} after host", quote(port)));
    }
    unescape(host, Part::Host)
}

/// `[::1]:80`, perhaps with a zone.
fn parse_address(host: &[u8]) -> Result<Vec<u8>, String> {
    let Some(end) = memchr::memrchr(b']', host) else {
        return Err("missing ']' in host".to_owned());
    };
    let port = host.get(end + 1..).unwrap_or_default();
    if !is_port(port) {
        return Err(format!("invalid port {} after host", quote(port)));
    }
    let name = host.get(1..end).unwrap_or_default();
    let zone_start = memchr::memmem::find(name, b"%25").unwrap_or(name.len());
    let (address, zone) = name.split_at_checked(zone_start).unwrap_or((name, b""));
    let mut name = unescape(address, Part::Host)?;
    let shown = String::from_utf8_lossy(&name).into_owned();
    name.extend(unescape(zone, Part::Zone)?);
    if shown.parse::<std::net::Ipv4Addr>().is_ok() {
        return Err("invalid IP-literal".to_owned());
    }
    if shown.parse::<Ipv6Addr>().is_err() {
        return Err(format!("invalid host: ParseAddr({}): unable to parse IP", quote(&name)));
    }
    Ok([b"[", name.as_slice(), b"]", port].concat())
}

fn must_escape(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
        return false;
    }
    match part {
        Part::Host | Part::Zone => !b"!$&'()*+,;=:[]<>\"".contains(&byte),
        Part::Path => !b"$&+,/:;=@".contains(&byte),
        Part::UserPassword => !b"$&+,;=".contains(&byte),
        Part::Fragment => !b"$&+,/:;=?@!()*".contains(&byte),
    }
}

fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        let is_host = matches!(part, Part::Host | Part::Zone);
        if byte != b'%' {
            if is_host && byte.is_ascii() && must_escape(byte, part) {
                return Err(format!("invalid character {} in host name", quote(&[byte])));
            }
            out.push(byte);
            rest = tail;
            continue;
        }
        let written = rest.get(..rest.len().min(3)).unwrap_or(rest);
        let invalid = || format!("invalid URL escape {}", quote(written));
        let code = match written {
            [_, high, low] => char::from(*high).to_digit(16).zip(char::from(*low).to_digit(16)),
            _ => None,
        };
        let (high, low) = code.ok_or_else(invalid)?;
        let decoded = u8::try_from(high * 16 + low).unwrap_or_default();
        let refused = match part {
            Part::Host => high < 8 && decoded != b'%',
            Part::Zone => decoded != b'%' && decoded != b' ' && must_escape(decoded, Part::Host),
            _ => false,
        };
        if refused {
            return Err(invalid());
        }
        out.push(decoded);
        rest = rest.get(3..).unwrap_or_default();
    }
    Ok(out)
}

fn escape(out: &mut Vec<u8>, text: &[u8], part: Part) {
    for &byte in text {
        if must_escape(byte, part) {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        } else {
            out.push(byte);
        }
    }
}

impl Url {
    /// `URL.Hostname`: the host without port and brackets.
    pub fn hostname(&self) -> &[u8] {
        let host = self.host.as_slice();
        let name = match memchr::memrchr(b':', host).and_then(|colon| host.split_at_checked(colon)) {
            Some((name, port)) if is_port(port) => name,
            _ => host,
        };
        match name {
            [b'[', inner @ .., b']'] => inner,
            _ => name,
        }
    }

    /// `URL.Port`: the digits behind the last colon of the host.
    pub fn port(&self) -> &[u8] {
        let colon = memchr::memrchr(b':', &self.host);
        match colon.and_then(|colon| self.host.get(colon..)) {
            Some(port) if is_port(port) => port.get(1..).unwrap_or_default(),
            _ => b"",
        }
    }

    /// `URL.EscapedPath`: as it is written, if that is one way to escape it.
    pub fn escaped_path(&self) -> Vec<u8> {
        let is_valid = |byte: &u8| b"!$&'()*+,;=:@[]%".contains(byte) || !must_escape(*byte, Part::Path);
        if self.raw_path.iter().all(is_valid) || self.path == b"*" {
            return self.raw_path.clone();
        }
        let mut out = Vec::new();
        escape(&mut out, &self.path, Part::Path);
        out
    }

    /// `URL.Query`: keys and values, unescaped, in the order in which they are written. What cannot be read is left out.
    pub fn query(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let plus = |text: &[u8]| {
            let spaced: Vec<u8> = text
                .iter()
                .map(|&byte| if byte == b'+' { b' ' } else { byte })
                .collect();
            unescape(&spaced, Part::Path).ok()
        };
        let mut found = Vec::new();
        for part in self.raw_query.split(|&byte| byte == b'&') {
            if part.is_empty() || part.contains(&b';') {
                continue;
            }
            let (key, value) = cut(part, b'=');
            found.extend(plus(key).zip(plus(value.unwrap_or_default())));
        }
        found
    }

    /// `Userinfo.String`: name and password, escaped.
    pub fn user_text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some((name, password)) = &self.user {
            escape(&mut out, name, Part::UserPassword);
            if let Some(password) = password {
                out.push(b':');
                escape(&mut out, password, Part::UserPassword);
            }
        }
        out
    }

    /// `URL.String`.
    pub fn text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(&self.scheme);
            out.push(b':');
        }
        if self.opaque.is_empty() {
            self.write_authority_and_path(&mut out);
        } else {
            out.extend_from_slice(&self.opaque);
        }
        if !self.raw_query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.raw_query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            escape(&mut out, &self.fragment, Part::Fragment);
        }
        out
    }

    fn write_authority_and_path(&self, out: &mut Vec<u8>) {
        let has_authority = !self.host.is_empty() || self.user.is_some();
        if has_authority || !self.scheme.is_empty() && !self.path.is_empty() {
            out.extend_from_slice(b"//");
        }
        if self.user.is_some() {
            out.extend(self.user_text());
            out.push(b'@');
        }
        escape(out, &self.host, Part::Host);
        if !self.path.is_empty() && !self.path.starts_with(b"/") && !self.host.is_empty() {
            out.push(b'/');
        }
        if out.is_empty() && cut(&self.path, b'/').0.contains(&b':') {
            out.extend_from_slice(b"./");
        }
        if self.path == b"*" {
            out.push(b'*');
        } else {
            escape(out, &self.path, Part::Path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn there_and_back() {
        for url in [
            "http://admin:secret@server.com:8080/api?list=false#anchor",
            "mailto:a@b.c",
            "/a%20b",
            "//h/p",
            "http://[::1]:80/x",
        ] {
            let parsed = parse(url.as_bytes()).expect(url);
            assert_eq!(String::from_utf8_lossy(&parsed.text()), url);
        }
    }

    #[test]
    fn errors() {
        for (url, expected) in [
            (
                "http://a b/",
                r#"parse "http://a b/": invalid character " " in host name"#,
            ),
            (":x", r#"parse ":x": missing protocol scheme"#),
            ("a:b\n", r#"parse "a:b\n": net/url: invalid control character in URL"#),
            ("http://h:x/", r#"parse "http://h:x/": invalid port ":x" after host"#),
            ("%zz", r#"parse "%zz": invalid URL escape "%zz""#),
            (
                "1a:b",
                r#"parse "1a:b": first path segment in URL cannot contain colon"#,
            ),
        ] {
            assert_eq!(parse(url.as_bytes()).unwrap_err(), expected);
        }
    }
}
