//! The syntaxes that the API server requires of names, labels, ports and the like (`k8s.io/apimachinery/pkg/util/validation`).

use crate::kubernetes::names::{NameSyntax, path_segment_problems};

use super::address::{endpoint_fault, parse_ip};

/// What a text must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kubernetes::validate) enum Syntax {
    /// RFC 1123 label: `a-z`, digits, `-`, at most 63.
    Label,
    /// RFC 1035 label: as [`Self::Label`], beginning with a letter.
    Label1035,
    /// RFC 1123 subdomain: labels with dots, at most 253.
    Subdomain,
    /// A subdomain with at least three labels.
    FullyQualified,
    /// A subdomain, or `*.` and a subdomain; not an IP address.
    Host,
    /// As [`Self::Host`], which may look like an IP address.
    TlsHost,
    /// `name` or `prefix/name`, as keys of labels.
    QualifiedName,
    /// The value of a label.
    LabelValue,
    /// A segment of a URL's path: any text without `/` and `%` except `.` and `..`.
    PathSegment,
    /// The name of a port: at most 15, a letter in it, no `--`.
    PortName,
    /// A key of a `ConfigMap` or Secret.
    DataKey,
    /// `domain/path`.
    DomainPath,
    /// An IP address.
    Ip,
    /// An IP address that an endpoint may have: not a loopback or link-local one.
    EndpointIp,
    /// An address range.
    Cidr,
    /// An address range, possibly with white space around it.
    PaddedCidr,
    /// An RFC 1123 label of at most 52 bytes, since a `CronJob`'s jobs get 11 more.
    CronJobName,
    /// A file name relative to a volume, without `..`.
    RelativePath,
    /// A path without `..`.
    PathWithoutDots,
    /// The name of a CSI driver: at most 63 bytes of letters, digits, `-`, `.`.
    DriverName,
}

impl Syntax {
    /// What is wrong with a text, in few words; `None` when nothing is.
    pub(in crate::kubernetes::validate) fn fault(self, text: &str) -> Option<String> {
        match self {
            Self::Label => NameSyntax::Label.fault(text),
            Self::Label1035 => NameSyntax::Label1035.fault(text),
            Self::Subdomain => subdomain(text),
            Self::FullyQualified => subdomain(text).or_else(|| {
                (text.split('.').count() < 3)
                    .then(|| "should be a domain with at least three segments separated by dots".to_owned())
            }),
            Self::Host => host(text),
            Self::TlsHost if is_ip(text) => subdomain(text),
            Self::TlsHost => host(text),
            Self::QualifiedName => qualified_name(text),
            Self::LabelValue => label_value(text),
            Self::PathSegment => path_segment_problems(text).into_iter().next(),
            Self::PortName => port_name(text),
            Self::DataKey => data_key(text),
            Self::DomainPath => domain_path(text),
            Self::Ip => {
                (!is_ip(text)).then(|| "must be a valid IP address (e.g. 10.9.8.7 or 2001:db8::ffff)".to_owned())
            }
            Self::EndpointIp => Self::Ip.fault(text).or_else(|| endpoint_fault(text)),
            Self::Cidr => cidr(text),
            Self::PaddedCidr => cidr(text.trim()),
            Self::CronJobName => {
                subdomain(text).or_else(|| (text.len() > 52).then(|| "must be no more than 52 characters".to_owned()))
            }
            Self::RelativePath => text
                .starts_with('/')
                .then(|| "must be a relative path".to_owned())
                .or_else(|| has_dots(text)),
            Self::PathWithoutDots => has_dots(text),
            Self::DriverName => {
                too_long(text, NameSyntax::Label.max_bytes()).or_else(|| subdomain(&text.to_lowercase()))
            }
        }
    }
}

fn too_long(text: &str, most: usize) -> Option<String> {
    (text.len() > most).then(|| format!("must be no more than {most} bytes"))
}

fn is_lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// Whether a text begins and ends with a byte that `ends` accepts, and has only such bytes and those of `inner` between.
fn is_word(text: &str, ends: impl Fn(u8) -> bool, inner: &[u8]) -> bool {
    let bytes = text.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    ends(first) && ends(last) && bytes.iter().all(|&byte| ends(byte) || inner.contains(&byte))
}

fn subdomain(text: &str) -> Option<String> {
    NameSyntax::Subdomain.fault(text)
}

fn host(text: &str) -> Option<String> {
    if is_ip(text) {
        return Some("must be a DNS name, not an IP address".to_owned());
    }
    match text.strip_prefix("*.") {
        Some(rest) => too_long(text, NameSyntax::Subdomain.max_bytes()).or_else(|| subdomain(rest)),
        None => subdomain(text),
    }
}

fn is_name_part(text: &str) -> bool {
    is_word(text, |byte| byte.is_ascii_alphanumeric(), b"-_.")
}

fn qualified_name(text: &str) -> Option<String> {
    let slash = memchr::memchr(b'/', text.as_bytes());
    let name = match slash.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?))) {
        Some((prefix, name)) => {
            if prefix.is_empty() {
                return Some("prefix part must be non-empty".to_owned());
            }
            if let Some(fault) = subdomain(prefix) {
                return Some(format!("prefix part {fault}"));
            }
            name
        }
        None => text,
    };
    if name.is_empty() {
        return Some("name part must be non-empty".to_owned());
    }
    if let Some(fault) = too_long(name, NameSyntax::Label.max_bytes()) {
        return Some(format!("name part {fault}"));
    }
    (!is_name_part(name)).then(|| {
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character, with an optional DNS subdomain prefix and '/'".to_owned()
    })
}

fn label_value(text: &str) -> Option<String> {
    too_long(text, NameSyntax::Label.max_bytes()).or_else(|| {
        (!text.is_empty() && !is_name_part(text)).then(|| {
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character".to_owned()
        })
    })
}

fn port_name(text: &str) -> Option<String> {
    let fault = if text.len() > 15 {
        "must be no more than 15 characters"
    } else if !text.bytes().all(|byte| is_lower(byte) || byte == b'-') || text.is_empty() {
        "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
    } else if !text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        "must contain at least one letter (a-z)"
    } else if text.contains("--") {
        "must not contain consecutive hyphens"
    } else if text.starts_with('-') || text.ends_with('-') {
        "must not begin or end with a hyphen"
    } else {
        return None;
    };
    Some(fault.to_owned())
}

fn data_key(text: &str) -> Option<String> {
    if let Some(fault) = too_long(text, NameSyntax::Subdomain.max_bytes()) {
        return Some(fault);
    }
    let is_fine = !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if !is_fine {
        return Some("a valid config key must consist of alphanumeric characters, '-', '_' or '.'".to_owned());
    }
    match text {
        "." | ".." => Some(format!("must not be '{text}'")),
        _ => text.starts_with("..").then(|| "must not start with '..'".to_owned()),
    }
}

fn domain_path(text: &str) -> Option<String> {
    let Some((domain, path)) = text.split_once('/') else {
        return Some("must be a domain-prefixed path (such as \"acme.io/foo\")".to_owned());
    };
    if let Some(fault) = subdomain(domain) {
        return Some(fault);
    }
    let is_path = !path.is_empty()
        && path
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte));
    (!is_path).then(|| "must have a path of letters, digits and /-._~%!$&'()*+,;=: after the domain".to_owned())
}

fn is_ip(text: &str) -> bool {
    parse_ip(text).is_some()
}

fn cidr(text: &str) -> Option<String> {
    let is_fine = text.split_once('/').is_some_and(|(address, bits)| {
        let most = if address.contains(':') { 128 } else { 32 };
        is_ip(address) && !bits.starts_with('+') && bits.parse::<u8>().is_ok_and(|bits| bits <= most)
    });
    (!is_fine).then(|| "must be a valid CIDR value (e.g. 10.9.8.0/24 or 2001:db8::/64)".to_owned())
}

fn has_dots(text: &str) -> Option<String> {
    text.split('/')
        .any(|part| part == "..")
        .then(|| "must not contain '..'".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntaxes_accept_and_refuse() {
        let long = "x".repeat(64);
        for (syntax, good, bad) in [
            (Syntax::Label, vec!["a", "a-1", "1"], vec!["", "A", "-a", "a.b", &long]),
            (Syntax::Label1035, vec!["a", "a-1"], vec!["1a", "a-", "a.b", ""]),
            (Syntax::Subdomain, vec!["a.b-c.d", "1.2"], vec!["a..b", "A", "a_b", ""]),
            (Syntax::FullyQualified, vec!["a.b.c"], vec!["a.b", "a"]),
            (Syntax::Host, vec!["*.a.b", "a.b"], vec!["*", "a.*.b", "10.0.0.1"]),
            (
                Syntax::QualifiedName,
                vec!["a", "a.b/C_d", "A"],
                vec!["", "/a", "a/", "a/b/c", "A/b", "a b"],
            ),
            (
                Syntax::LabelValue,
                vec!["", "a", "A_b.c-1"],
                vec!["-a", "a ", "a/b", &long],
            ),
            (Syntax::PathSegment, vec!["a:b", "A B"], vec![".", "..", "a/b", "a%b"]),
            (
                Syntax::PortName,
                vec!["http", "a-1"],
                vec!["", "1", "a--b", "-a", "HTTP", "abcdefghijklmnop"],
            ),
            (
                Syntax::DataKey,
                vec!["a.b", "_a", "A"],
                vec!["", ".", "..", "..a", "a/b"],
            ),
            (
                Syntax::DomainPath,
                vec!["k8s.io/nginx", "a.b/c/d"],
                vec!["a", "a/", "A/b"],
            ),
            (
                Syntax::Ip,
                vec!["10.0.0.1", "::1", "010.0.0.1"],
                vec!["10.0.0", "256.1.1.1", "a"],
            ),
            (
                Syntax::Cidr,
                vec!["10.0.0.0/8", "::/0"],
                vec!["10.0.0.0", "10.0.0.0/33", "a/8"],
            ),
            (Syntax::RelativePath, vec!["a/b", "a..b"], vec!["/a", "a/../b"]),
            (Syntax::PathWithoutDots, vec!["/a", "a"], vec!["/a/.."]),
            (Syntax::DriverName, vec!["Ebs.csi.aws.com"], vec!["a_b"]),
        ] {
            for text in good {
                assert_eq!(syntax.fault(text), None, "{syntax:?} {text:?}");
            }
            for text in bad {
                assert!(syntax.fault(text).is_some(), "{syntax:?} {text:?}");
            }
        }
        assert!(Syntax::CronJobName.fault(&"x".repeat(53)).is_some());
    }
}
