//! Paths to fields, as `.spec.replicas` or `.metadata.labels['a.b']`, that a schema must have (`ValidFieldPath` of
//! `apiextensions-apiserver/pkg/apiserver/schema/cel`).

use crate::text::yaml::NodeId;

use super::super::super::walk::Walk;

/// Where a path leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kubernetes::validate::rules) enum FieldPath {
    /// To the schema of a field; nothing if that is `true`.
    Found(Option<NodeId>),
    /// Nowhere: why.
    Invalid(&'static str),
}

/// Follows a path from a schema.
pub(in crate::kubernetes::validate::rules) fn follow(
    walk: &Walk<'_>,
    schema: NodeId,
    path: &str,
    allows_brackets: bool,
) -> FieldPath {
    let mut at = Some(schema);
    let mut tokens = tokens(path).into_iter();
    while let Some(token) = tokens.next() {
        let name = match token {
            "." => match tokens.next() {
                Some(name) => name.to_owned(),
                None => return FieldPath::Invalid("unexpected end of JSON path"),
            },
            "[" if !allows_brackets => return FieldPath::Invalid("array notation is not allowed"),
            "[" => {
                let Some(quoted) = tokens.next() else {
                    return FieldPath::Invalid("unexpected end of JSON path");
                };
                let inner = quoted.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
                let Some(inner) = inner else {
                    return FieldPath::Invalid("expected single quoted string");
                };
                if tokens.next() != Some("]") {
                    return FieldPath::Invalid("expected ]");
                }
                inner.replace("\\'", "'").replace("\\\\", "\\")
            }
            _ => return FieldPath::Invalid("expected [ or ."),
        };
        let Some(parent) = at else {
            return FieldPath::Invalid("does not refer to a valid field");
        };
        if !walk.entries_of(parent, "properties").is_empty() {
            let property = walk
                .field(parent, "properties")
                .and_then(|properties| walk.present(properties, &name));
            let Some(property) = property else {
                return FieldPath::Invalid("does not refer to a valid field");
            };
            at = Some(walk.tree.target(property));
        } else if let Some(values) = walk.field(parent, "additionalProperties") {
            let is_schema = walk.tree.kind(values) == crate::text::yaml::NodeKind::Mapping;
            at = is_schema.then_some(values);
        } else {
            return FieldPath::Invalid("does not refer to a valid field");
        }
    }
    FieldPath::Found(at)
}

/// Dots, brackets, quoted texts, and what is between them.
fn tokens(path: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '.' | '[' | ']' => 1,
            '\'' => quoted_length(rest),
            _ => rest.find(['.', '[', ']']).unwrap_or(rest.len()),
        };
        let Some((token, after)) = rest.split_at_checked(length) else {
            break;
        };
        found.push(token);
        rest = after;
    }
    found
}

/// The length of a quoted text, up to its end or that of the path.
fn quoted_length(text: &str) -> usize {
    let mut before = '\'';
    for (at, letter) in text.char_indices().skip(1) {
        if letter == '\'' && before != '\\' {
            return at + 1;
        }
        before = letter;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_split() {
        for (path, wanted) in [
            (".a.b", &[".", "a", ".", "b"][..]),
            (".a['b.c']", &[".", "a", "[", "'b.c'", "]"]),
            ("['a\\'b']", &["[", "'a\\'b'", "]"]),
            ("['a", &["[", "'a"]),
            ("..", &[".", "."]),
            ("", &[]),
        ] {
            assert_eq!(tokens(path), wanted, "{path}");
        }
    }
}
