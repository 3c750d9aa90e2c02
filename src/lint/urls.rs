//! When Helm takes a text for a mail address or URL. Looser and stricter than the standards in places: these are the
//! checks of `github.com/asaskevich/govalidator`.

use std::sync::LazyLock;

use regex::Regex;

/// Characters beyond ASCII that addresses may hold.
const WIDE: &str = r"\x{00A0}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFEF}";

static EMAIL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let atom = format!(r"[a-zA-Z0-9!#$%&'*+\-/=?^_`{{|}}~{WIDE}]+");
    let quoted = format!(r#""([\x01-\x08\x0b\x0c\x0e-\x21\x23-\x5b\x5d-\x7f \t{WIDE}]|\\[\x01-\x7f])*""#);
    let edge = format!("[a-zA-Z0-9{WIDE}]");
    let label = format!(r"{edge}([a-zA-Z0-9\-._~{WIDE}]*{edge})?");
    let top_edge = format!("[a-zA-Z{WIDE}]");
    let top = format!(r"{top_edge}([a-zA-Z0-9\-_~{WIDE}]*{top_edge})?");
    Regex::new(&format!(r"^({atom}(\.{atom})*|{quoted})@({label}\.)+{top}\.?$")).ok()
});

static URL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let scheme = r"((ftp|tcp|udp|wss?|https?)://)?";
    let user = r"(\S+(:\S*)?@)?";
    let ipv4 = r"([1-9]\d?|1\d\d|2[01]\d|22[0-3]|24\d|25[0-5])(\.(\d{1,2}|1\d\d|2[0-4]\d|25[0-5])){2}\.([0-9]\d?|1\d\d|2[0-4]\d|25[0-5])";
    let ipv6 = r"\[[0-9a-fA-F:.%]+\]";
    let name = r"([a-zA-Z0-9]([a-zA-Z0-9\-_]+)?[a-zA-Z0-9]([\-.][a-zA-Z0-9]+)*|((www\.)|([a-zA-Z0-9]+([\-_.]?[a-zA-Z0-9])*[a-zA-Z0-9]\.[a-zA-Z0-9]+))?)?";
    let host = r"([a-zA-Z\x{00a1}-\x{ffff}0-9]+-?-?)*[a-zA-Z\x{00a1}-\x{ffff}0-9]+(\.[a-zA-Z\x{00a1}-\x{ffff}]{1,})?";
    let rest = r"\.?(:\d{1,5})?([/?#]\S*)?";
    Regex::new(&format!("^{scheme}{user}({ipv4}|{ipv6}|{name}{host}){rest}$")).ok()
});

/// Longest URL, in characters.
const MAX_URL: usize = 2083;

pub(super) fn is_email(text: &str) -> bool {
    EMAIL.as_ref().is_some_and(|email| email.is_match(text))
}

pub(super) fn is_url(text: &str) -> bool {
    if text.chars().count() >= MAX_URL || text.len() <= 3 || text.starts_with('.') {
        return false;
    }
    let has_scheme = text.contains("://");
    if !has_scheme && !text.contains(':') && !text.contains('.') {
        return false;
    }
    URL.as_ref().is_some_and(|url| url.is_match(text))
}

/// Go's `url.ParseRequestURI` with a scheme: `scheme:` and something that is no fragment-only reference.
pub(super) fn is_request_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    if !is_scheme || rest.is_empty() || text.bytes().any(|byte| byte < b' ' || byte == 0x7F) {
        return false;
    }
    let Some(authority) = rest.strip_prefix("//") else {
        return true;
    };
    let host = authority.split(['/', '?']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let port = host
        .rsplit_once(':')
        .filter(|_| !host.ends_with(']'))
        .map(|(_, port)| port);
    !host.contains(' ')
        && !has_bad_escape(authority)
        && port.is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

fn has_bad_escape(text: &str) -> bool {
    text.split('%').skip(1).any(|after| {
        let digits = after.bytes().take(2).filter(u8::is_ascii_hexdigit).count();
        digits < 2
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_texts() {
        for (text, want) in [
            ("a@b.co", true),
            ("a.b+c@d-e.org", true),
            ("a", false),
            ("a@b", false),
            ("@b.co", false),
        ] {
            assert_eq!(is_email(text), want, "{text}");
        }
        for (text, want) in [
            ("https://example.com/x", true),
            ("example.com", true),
            ("not a url", false),
            ("github", false),
            ("http://[::1]:80/", true),
        ] {
            assert_eq!(is_url(text), want, "{text}");
        }
        for (text, want) in [
            ("https://example.com/i.png", true),
            ("git@github.com:x/y", false),
            ("/icon.png", false),
            ("mailto:x", true),
            ("http://a b/", false),
        ] {
            assert_eq!(is_request_url(text), want, "{text}");
        }
    }
}
