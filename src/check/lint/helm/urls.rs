//! When Helm takes a text for a mail address or URL. Looser and stricter than the standards in places: these are the
//! checks of `github.com/asaskevich/govalidator`.

use std::sync::LazyLock;

use regex::Regex;

use crate::text::go::url;

/// Characters beyond ASCII that addresses may hold.
const WIDE: &str = r"\x{00A0}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFEF}";

static EMAIL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let atom = format!(r"[a-zA-Z0-9!#$%&'*+\-/=?^_`{{|}}~{WIDE}]+");
    // The original lost a backslash, so that a quotation mark stands before each character and one at the end.
    let space = r"(([ \t]*\r\n)?[ \t]+)?";
    let inner = format!(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x21\x23-\x5b\x5d-\x7f{WIDE}]|\([\x01-\x09\x0b-\x7f]");
    let quoted = format!(r#"("{space}({inner}))*{space}""#);
    let edge = format!("[a-zA-Z0-9{WIDE}]");
    let label = format!(r"{edge}([a-zA-Z0-9\-._~{WIDE}]*{edge})?");
    let top_edge = format!("[a-zA-Z{WIDE}]");
    let top = format!(r"{top_edge}([a-zA-Z0-9\-_~{WIDE}]*{top_edge})?");
    Regex::new(&format!(r"^({atom}(\.{atom})*|{quoted})@({label}\.)+{top}\.?$")).ok()
});

static URL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let scheme = r"((ftp|tcp|udp|wss?|https?)://)?";
    let user = r"([^\t\n\f\r ]+(:[^\t\n\f\r ]*)?@)?";
    let ipv4 = r"([1-9][0-9]?|1[0-9][0-9]|2[01][0-9]|22[0-3]|24[0-9]|25[0-5])(\.([0-9]{1,2}|1[0-9][0-9]|2[0-4][0-9]|25[0-5])){2}\.([0-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])";
    let ipv6 = ipv6();
    let name = r"([a-zA-Z0-9]([a-zA-Z0-9\-_]+)?[a-zA-Z0-9]([\-.][a-zA-Z0-9]+)*|((www\.)|([a-zA-Z0-9]+([\-_.]?[a-zA-Z0-9])*[a-zA-Z0-9]\.[a-zA-Z0-9]+))?)?";
    let host = r"([a-zA-Z\x{00a1}-\x{ffff}0-9]+-?-?)*[a-zA-Z\x{00a1}-\x{ffff}0-9]+(\.[a-zA-Z\x{00a1}-\x{ffff}]{1,})?";
    let rest = r"\.?(:[0-9]{1,5})?([/?#][^\t\n\f\r ]*)?";
    Regex::new(&format!("^{scheme}{user}({ipv4}|\\[{ipv6}\\]|{name}{host}){rest}$")).ok()
});

/// An address of IPv6 in any of its forms.
fn ipv6() -> String {
    let group = "[0-9a-fA-F]{1,4}";
    let octet = "(25[0-5]|(2[0-4]|1?[0-9])?[0-9])";
    let ipv4 = format!(r"({octet}\.){{3}}{octet}");
    let shortened = |before: usize| format!("({group}:){{1,{before}}}(:{group}){{1,{}}}", 7 - before);
    let forms = [
        format!("({group}:){{7}}{group}"),
        format!("({group}:){{1,7}}:"),
        (1..7).map(shortened).collect::<Vec<_>>().join("|"),
        format!(":((:{group}){{1,7}}|:)"),
        "fe80:(:[0-9a-fA-F]{0,4}){0,4}%[0-9a-zA-Z]+".to_owned(),
        format!("::(ffff(:0{{1,4}})?:)?{ipv4}"),
        format!("({group}:){{1,4}}:{ipv4}"),
    ];
    format!("({})", forms.join("|"))
}

/// Longest URL, in characters.
const MAX_URL: usize = 2083;
/// Longest text, in bytes, that is too short for one.
const MIN_URL: usize = 3;

pub(super) fn is_email(text: &str) -> bool {
    EMAIL.as_ref().is_some_and(|email| email.is_match(text))
}

pub(super) fn is_url(text: &str) -> bool {
    if text.chars().count() >= MAX_URL || text.len() <= MIN_URL || text.starts_with('.') {
        return false;
    }
    let with_scheme = if text.contains(':') && !text.contains("://") {
        format!("http://{text}")
    } else {
        text.to_owned()
    };
    let Ok(url::Url { host, path, .. }) = url::parse(with_scheme.as_bytes()) else {
        return false;
    };
    if host.starts_with(b".") || (host.is_empty() && !path.is_empty() && !path.contains(&b'.')) {
        return false;
    }
    URL.as_ref().is_some_and(|url| url.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::go::url::is_request_uri;

    #[test]
    fn addresses_are_distinguished_from_other_texts() {
        for (text, want) in [
            ("a@b.co", true),
            ("a.b+c@d-e.org", true),
            ("a", false),
            ("a@b", false),
            ("@b.co", false),
            ("\"q\"@x.yz", true),
            ("\"q q\"@x.yz", false),
        ] {
            assert_eq!(is_email(text), want, "{text}");
        }
        for (text, want) in [
            ("https://example.com/x", true),
            ("example.com", true),
            ("not a url", false),
            ("127.0.0.1:80", true),
            ("a.b", false),
            ("a.bc", true),
            (".example.com", false),
            ("example.com:80", true),
            ("example.com:80/x", true),
            ("github", false),
            ("http://[::1]:80/", true),
            ("http://[::ffff:1.2.3.4]/", true),
            ("http://[1.2.3.4]/", false),
            ("http://a.\u{663}/", true),
        ] {
            assert_eq!(is_url(text), want, "{text}");
        }
        for (text, want) in [
            ("https://example.com/i.png", true),
            ("git@github.com:x/y", false),
            ("/icon.png", false),
            ("mailto:x", true),
            ("http://a b/", false),
            ("http://a#b/", false),
            ("http:", true),
        ] {
            assert_eq!(is_request_uri(text), want, "{text}");
        }
    }
}
