//! The formats that expressions know by name (`k8s.io/apiserver/pkg/cel/library/format.go`).

use crate::kubernetes::names::NameSyntax;
use crate::text::go::url;

use super::super::text_formats::{is_byte, is_date, is_date_time, is_uuid};

/// A format, by its place in [`FORMATS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedFormat(usize);

/// Name as a function, name of the format, longest pattern of it, and what is wrong with a text.
type Row = (&'static str, &'static str, u64, fn(&str) -> Vec<String>);

const FORMATS: [Row; 13] = [
    ("dns1123Label", "DNS1123Label", 30, |text| {
        NameSyntax::Label.problems(text)
    }),
    ("dns1123Subdomain", "DNS1123Subdomain", 60, |text| {
        NameSyntax::Subdomain.problems(text)
    }),
    ("dns1035Label", "DNS1035Label", 30, |text| {
        NameSyntax::Label1035.problems(text)
    }),
    ("qualifiedName", "QualifiedName", 60, key_problems),
    ("dns1123LabelPrefix", "DNS1123LabelPrefix", 30, |text| {
        NameSyntax::Label.problems(&prefix(text))
    }),
    ("dns1123SubdomainPrefix", "DNS1123SubdomainPrefix", 60, |text| {
        NameSyntax::Subdomain.problems(&prefix(text))
    }),
    ("dns1035LabelPrefix", "DNS1035LabelPrefix", 30, |text| {
        NameSyntax::Label1035.problems(&prefix(text))
    }),
    ("labelValue", "LabelValue", 40, label_problems),
    ("uri", "URI", 1103, |text| {
        url::parse_request(text.as_bytes()).err().into_iter().collect()
    }),
    ("uuid", "uuid", 71, |text| {
        unless(is_uuid(text, None), "does not match the UUID format")
    }),
    ("byte", "byte", 84, |text| unless(is_byte(text), "invalid base64")),
    ("date", "date", 69, |text| unless(is_date(text), "invalid date")),
    ("datetime", "datetime", 69, |text| {
        unless(is_date_time(text), "invalid datetime")
    }),
];

impl NamedFormat {
    /// The format of a name.
    pub fn named(name: &str) -> Option<Self> {
        FORMATS.iter().position(|row| row.0 == name).map(Self)
    }

    fn row(self) -> &'static Row {
        FORMATS.get(self.0).unwrap_or(&FORMATS[0])
    }

    /// The name of the format itself.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The length of its pattern, as costs count it.
    pub fn pattern_length(self) -> u64 {
        self.row().2
    }

    /// What is wrong with a text.
    pub fn problems(self, text: &str) -> Vec<String> {
        (self.row().3)(text)
    }
}

fn unless(is_right: bool, problem: &str) -> Vec<String> {
    if is_right { Vec::new() } else { vec![problem.to_owned()] }
}

/// A name that something will follow, so that it may end with a dash.
fn prefix(text: &str) -> String {
    match text.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => {
            let mut shorter = rest.to_owned();
            shorter.pop();
            shorter + "a"
        }
        _ => text.to_owned(),
    }
}

const KEY_RULE: &str =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const KEY_EXAMPLE: &str = "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_RULE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
/// Most bytes of the name in a key, and of the value of a label.
const MOST_BYTES: usize = 63;

fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = bytes.first().zip(bytes.last());
    ends.is_some_and(|(first, last)| first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// `IsLabelKey` of `k8s.io/apimachinery/pkg/api/validate/content`.
fn key_problems(text: &str) -> Vec<String> {
    let parts: Vec<&str> = text.split('/').collect();
    let mut problems = Vec::new();
    let name = match parts.as_slice() {
        [name] => name,
        [prefix, name] => {
            if prefix.is_empty() {
                problems.push("prefix part must be non-empty".to_owned());
            } else {
                let found = NameSyntax::Subdomain.problems(prefix).into_iter();
                problems.extend(found.map(|problem| format!("prefix part {}", in_bytes(&problem))));
            }
            name
        }
        _ => {
            problems.push(format!(
                "a valid label key {KEY_RULE} {KEY_EXAMPLE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            ));
            return problems;
        }
    };
    if name.is_empty() {
        problems.push("name part must be non-empty".to_owned());
    } else if name.len() > MOST_BYTES {
        problems.push(format!("name part must be no more than {MOST_BYTES} bytes"));
    }
    if !is_name(name) {
        problems.push(format!("name part {KEY_RULE} {KEY_EXAMPLE}"));
    }
    problems
}

/// The words of another package for the same limit.
fn in_bytes(problem: &str) -> String {
    problem.replace("253 characters", "253 bytes")
}

/// `IsLabelValue` of the same package.
fn label_problems(text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if text.len() > MOST_BYTES {
        problems.push(format!("must be no more than {MOST_BYTES} bytes"));
    }
    if !text.is_empty() && !is_name(text) {
        problems.push(LABEL_RULE.to_owned());
    }
    problems
}
