//! The syntaxes of names in Kubernetes. In: a text. Out: what is wrong with it, briefly for our own findings, or in the
//! words of `k8s.io/apimachinery/pkg/util/validation`, which `helm lint` prints. The API server's other syntaxes
//! (ports, keys, addresses) are in `validate/rules/syntax.rs`. And whose an API group is.

/// Whether the kinds of an API group are Kubernetes' own: it has no domain, or that of Kubernetes.
pub fn is_own_group(group: &[u8]) -> bool {
    !group.contains(&b'.') || group.ends_with(b".k8s.io")
}

/// A syntax of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameSyntax {
    /// RFC 1123 label: `a-z`, digits and `-`, beginning and ending with a letter or digit; at most 63 bytes.
    Label,
    /// RFC 1035 label: as [`Self::Label`], beginning with a letter.
    Label1035,
    /// RFC 1123 subdomain: labels of any length with dots between them; at most 253 bytes.
    Subdomain,
}

impl NameSyntax {
    /// The longest text, in bytes.
    pub const fn max_bytes(self) -> usize {
        match self {
            Self::Label | Self::Label1035 => 63,
            Self::Subdomain => 253,
        }
    }

    /// Whether a text has this syntax, however long it is.
    pub fn is_match(self, text: &str) -> bool {
        let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_label = |label: &[u8]| {
            let ends = label.first().zip(label.last());
            ends.is_some_and(|(&first, &last)| is_inner(first) && is_inner(last))
                && label.iter().all(|&byte| byte == b'-' || is_inner(byte))
        };
        let text = text.as_bytes();
        match self {
            Self::Label => is_label(text),
            Self::Label1035 => is_label(text) && text.first().is_some_and(u8::is_ascii_lowercase),
            Self::Subdomain => text.split(|&byte| byte == b'.').all(is_label),
        }
    }

    /// The first thing that is wrong with a text, in few words; `None` when nothing is.
    pub fn fault(self, text: &str) -> Option<String> {
        if text.len() > self.max_bytes() {
            return Some(format!("must be no more than {} bytes", self.max_bytes()));
        }
        (!self.is_match(text)).then(|| self.rule().to_owned())
    }

    /// All that is wrong with a text, in Kubernetes' words; empty when nothing is.
    pub fn problems(self, text: &str) -> Vec<String> {
        let mut problems = Vec::new();
        if text.len() > self.max_bytes() {
            problems.push(format!("must be no more than {} characters", self.max_bytes()));
        }
        if !self.is_match(text) {
            problems.push(if self == Self::Label && Self::Subdomain.is_match(text) {
                "must not contain dots".to_owned()
            } else {
                format!("{} ({})", self.rule(), self.example())
            });
        }
        problems
    }

    /// Kubernetes' words for the syntax.
    const fn rule(self) -> &'static str {
        match self {
            Self::Label => {
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and \
                 end with an alphanumeric character"
            }
            Self::Label1035 => {
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic \
                 character, and end with an alphanumeric character"
            }
            Self::Subdomain => {
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must \
                 start and end with an alphanumeric character"
            }
        }
    }

    /// Kubernetes' examples of the syntax, and its pattern. The two spaces are Kubernetes' too.
    const fn example(self) -> &'static str {
        match self {
            Self::Label => {
                "e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?'"
            }
            Self::Label1035 => {
                "e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?'"
            }
            Self::Subdomain => {
                "e.g. 'example.com', regex used for validation is \
                 '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'"
            }
        }
    }
}

/// All that is wrong with a name that becomes a segment of a URL's path, in Kubernetes' words; empty when nothing is.
pub fn path_segment_problems(text: &str) -> Vec<String> {
    if text == "." || text == ".." {
        return vec![format!("may not be '{text}'")];
    }
    ['/', '%']
        .into_iter()
        .filter(|&character| text.contains(character))
        .map(|character| format!("may not contain '{character}'"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_a_syntax_and_a_length() {
        let longest_label = format!("a{}", "b".repeat(62));
        let longest_subdomain = format!("a.{}", "b".repeat(251));
        let (label, label_1035, subdomain) = (NameSyntax::Label, NameSyntax::Label1035, NameSyntax::Subdomain);
        for (text, accepted) in [
            ("a", &[label, label_1035, subdomain][..]),
            ("a-1", &[label, label_1035, subdomain]),
            ("a--b", &[label, label_1035, subdomain]),
            ("1", &[label, subdomain]),
            ("0z", &[label, subdomain]),
            ("a.b-c.1", &[subdomain]),
            (&longest_label, &[label, label_1035, subdomain]),
            (&format!("{longest_label}b"), &[subdomain]),
            (&longest_subdomain, &[subdomain]),
            (&format!("{longest_subdomain}b"), &[]),
            ("", &[]),
            ("A", &[]),
            ("aB", &[]),
            ("-a", &[]),
            ("a-", &[]),
            ("a..b", &[]),
            (".a", &[]),
            ("a.", &[]),
            ("a.-b", &[]),
            ("a_b", &[]),
            ("a b", &[]),
            ("ä", &[]),
            ("a/", &[]),
            ("`{", &[]),
        ] {
            for syntax in [label, label_1035, subdomain] {
                let is_accepted = accepted.contains(&syntax);
                assert_eq!(syntax.fault(text).is_none(), is_accepted, "{syntax:?} {text:?}");
                assert_eq!(syntax.problems(text).is_empty(), is_accepted, "{syntax:?} {text:?}");
            }
        }
    }

    #[test]
    fn problems_are_in_the_words_of_kubernetes() {
        let label = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
        let label_1035 = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
        let subdomain = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
        let long = "A".repeat(64);
        for (syntax, text, want) in [
            (NameSyntax::Label, "A", &[label][..]),
            (NameSyntax::Label, "a.b", &["must not contain dots"]),
            (NameSyntax::Label, "a.B", &[label]),
            (NameSyntax::Label, &long, &["must be no more than 63 characters", label]),
            (NameSyntax::Label1035, "1", &[label_1035]),
            (NameSyntax::Label1035, "a.b", &[label_1035]),
            (NameSyntax::Subdomain, "a..b", &[subdomain]),
        ] {
            assert_eq!(syntax.problems(text), want, "{syntax:?} {text:?}");
        }
        assert_eq!(
            NameSyntax::Label.fault(&long).as_deref(),
            Some("must be no more than 63 bytes")
        );
        assert_eq!(
            NameSyntax::Label.fault("A").as_deref(),
            label.split(" (e.g.").next(),
            "without the examples"
        );
    }

    #[test]
    fn path_segments_have_no_separators() {
        for (text, want) in [
            ("a:b C", &[][..]),
            ("...", &[]),
            (".", &["may not be '.'"]),
            ("..", &["may not be '..'"]),
            ("a/b", &["may not contain '/'"]),
            ("%2f", &["may not contain '%'"]),
            ("%/", &["may not contain '/'", "may not contain '%'"]),
        ] {
            assert_eq!(path_segment_problems(text), want, "{text:?}");
        }
    }
}
