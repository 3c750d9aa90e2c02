//! Kubernetes' rules for names, by kind, in the API server's words.

/// What is wrong with an object's name; nothing when it is fine. Follows `validateMetadataNameFunc` of Helm's linter.
pub(super) fn name_problems(kind: &str, name: &str) -> Vec<String> {
    match kind.to_lowercase().as_str() {
        "service" => dns_1035_label(name),
        "namespace" => dns_1123_label(name),
        "certificatesigningrequest" => Vec::new(),
        "role" | "clusterrole" | "rolebinding" | "clusterrolebinding" => path_segment(name),
        _ => dns_1123_subdomain(name),
    }
}

/// Longest label.
const LABEL_LENGTH: usize = 63;
/// Longest subdomain.
const SUBDOMAIN_LENGTH: usize = 253;
const LABEL_PATTERN: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";

fn is_label(text: &str, may_begin_with_digit: bool) -> bool {
    let is_edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(|c: char| is_edge(c) && (may_begin_with_digit || !c.is_ascii_digit()))
        && text.ends_with(is_edge)
        && text.chars().all(|c| c == '-' || is_edge(c))
}

fn dns_1123_subdomain(name: &str) -> Vec<String> {
    let mut problems = too_long(name, SUBDOMAIN_LENGTH);
    if !name.split('.').all(|label| is_label(label, true)) {
        problems.push(format!(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must \
             start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
             '{LABEL_PATTERN}(\\.{LABEL_PATTERN})*')"
        ));
    }
    problems
}

fn dns_1123_label(name: &str) -> Vec<String> {
    let mut problems = too_long(name, LABEL_LENGTH);
    if !is_label(name, true) {
        problems.push(if name.split('.').all(|label| is_label(label, true)) {
            "must not contain dots".to_owned()
        } else {
            format!(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start \
                 and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
                 '{LABEL_PATTERN}')"
            )
        });
    }
    problems
}

fn dns_1035_label(name: &str) -> Vec<String> {
    let mut problems = too_long(name, LABEL_LENGTH);
    if !is_label(name, false) {
        problems.push(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic \
             character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for \
             validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
                .to_owned(),
        );
    }
    problems
}

fn path_segment(name: &str) -> Vec<String> {
    if name == "." || name == ".." {
        return vec![format!("may not be '{name}'")];
    }
    ['/', '%']
        .iter()
        .filter(|&&c| name.contains(c))
        .map(|c| format!("may not contain '{c}'"))
        .collect()
}

fn too_long(name: &str, most: usize) -> Vec<String> {
    if name.len() > most {
        vec![format!("must be no more than {most} characters")]
    } else {
        Vec::new()
    }
}
