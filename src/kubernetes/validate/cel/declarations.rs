//! The functions and the names of types that expressions know: those of the language and of Kubernetes' libraries
//! (`k8s.io/apiserver/pkg/cel/environment` of 1.35), from `functions.txt`, which `tests/oracles/definitions` prints.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use foldhash::fast::RandomState;

use super::types::Type;

const TABLE: &str = include_str!("functions.txt");

/// One signature of a function.
#[derive(Debug)]
pub(super) struct Overload {
    /// Whether the first argument stands before the name.
    pub(super) is_member: bool,
    pub(super) arguments: Vec<Type>,
    pub(super) result: Type,
    /// How many types are parameters.
    pub(super) parameters: usize,
}

static KNOWN: LazyLock<HashMap<&str, Vec<Overload>, RandomState>> = LazyLock::new(|| {
    let mut known: HashMap<&str, Vec<Overload>, RandomState> = HashMap::default();
    for (name, overload) in TABLE.lines().filter_map(overload) {
        known.entry(name).or_default().push(overload);
    }
    known
});

/// The signatures of a function, in the order in which they are tried.
pub(super) fn overloads(name: &str) -> Option<&'static [Overload]> {
    KNOWN.get(name).map(Vec::as_slice)
}

/// The names of all functions, sorted.
#[cfg(test)]
pub(super) fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = TABLE.lines().filter_map(overload).map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The type of a name that is not a variable: all such names are types.
pub(super) fn is_type(name: &str) -> bool {
    matches!(
        name,
        "bool"
            | "bytes"
            | "double"
            | "google.protobuf.Duration"
            | "google.protobuf.Timestamp"
            | "int"
            | "list"
            | "map"
            | "net.CIDR"
            | "net.IP"
            | "null_type"
            | "optional_type"
            | "string"
            | "type"
            | "uint"
    )
}

/// `list<A> . indexOf (A) -> int`, or `size (string) -> int`.
fn overload(line: &'static str) -> Option<(&'static str, Overload)> {
    let (call, result) = line.split_once(") -> ")?;
    let (name, arguments) = call.split_once(" (")?;
    let (receiver, name) = match name.split_once(" . ") {
        Some((receiver, name)) => (Some(receiver), name),
        None => (None, name),
    };
    let mut names = Vec::new();
    let mut read: Vec<Type> = receiver
        .map(|receiver| spelt(receiver, &mut names))
        .into_iter()
        .collect();
    read.extend(parts(arguments).map(|argument| spelt(argument, &mut names)));
    let result = spelt(result, &mut names);
    let overload = Overload {
        is_member: receiver.is_some(),
        arguments: read,
        result,
        parameters: names.len(),
    };
    Some((name, overload))
}

/// A type as the table spells it. Capital letters are parameters, numbered as they occur.
fn spelt<'n>(text: &'n str, names: &mut Vec<&'n str>) -> Type {
    let (name, inner) = match text.split_once('<') {
        Some((name, inner)) => (name, inner.strip_suffix('>').unwrap_or(inner)),
        None => (text, ""),
    };
    let mut inner: Vec<Type> = parts(inner).map(|part| spelt(part, names)).collect();
    match (name, inner.len()) {
        ("bool", 0) => Type::Bool,
        ("bytes", 0) => Type::Bytes,
        ("double", 0) => Type::Double,
        ("dyn", 0) => Type::Dyn,
        ("google.protobuf.Duration", 0) => Type::Duration,
        ("google.protobuf.Timestamp", 0) => Type::Timestamp,
        ("int", 0) => Type::Int,
        ("list", 1) => inner.pop().map_or(Type::Dyn, Type::list),
        ("map", 2) => match (inner.pop(), inner.pop()) {
            (Some(value), Some(key)) => Type::map(key, value),
            _ => Type::Dyn,
        },
        ("null_type", 0) => Type::Null,
        ("string", 0) => Type::String,
        ("type", _) => Type::Meta,
        ("uint", 0) => Type::Uint,
        (name, 0) if name.len() == 1 => {
            let number = names.iter().position(|known| *known == name).unwrap_or_else(|| {
                names.push(name);
                names.len() - 1
            });
            Type::Variable(number)
        }
        (name, _) => Type::Opaque(Arc::from(name), Arc::from(inner)),
    }
}

/// The types of a list of them, split at commas outside angle brackets.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    text.split(move |letter| {
        depth += match letter {
            '<' => 1,
            '>' => -1,
            _ => 0,
        };
        letter == ',' && depth == 0
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        let read: Vec<_> = TABLE.lines().map(|line| (line, overload(line))).collect();
        assert!(read.len() > 300, "{} lines", read.len());
        for (line, read) in read {
            let (name, overload) = read.expect(line);
            let parts = TABLE.lines().filter(|other| *other == line).count();
            assert_eq!(parts, 1, "{line}");
            assert!(overload.is_member <= !overload.arguments.is_empty() && !name.is_empty());
        }
    }

    #[test]
    fn overloads_have_the_types_of_the_table() {
        let get = &overloads("_[_]").unwrap()[1];
        assert_eq!(
            (get.arguments.as_slice(), &get.result, get.parameters),
            (
                &[Type::map(Type::Variable(0), Type::Variable(1)), Type::Variable(0)][..],
                &Type::Variable(1),
                2
            )
        );
        let hosts = &overloads("getQuery").unwrap()[0];
        assert!(hosts.is_member && hosts.result == Type::map(Type::String, Type::list(Type::String)));
        assert!(overloads("nonsense").is_none());
    }
}
