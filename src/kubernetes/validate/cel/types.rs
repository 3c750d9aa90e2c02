//! The types of expressions, and how an error names them (cel-go `common/types`, `checker/format.go`).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The type of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Type {
    /// Known only when the expression is evaluated.
    Dyn,
    /// Of an expression that is at fault.
    Error,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Duration,
    Timestamp,
    List(Arc<Self>),
    /// Keys and values.
    Map(Arc<(Self, Self)>),
    /// The type of a type.
    Meta,
    /// A type of a library, by its name, and its parameters.
    Opaque(Arc<str>, Arc<[Self]>),
    /// An object of a schema.
    Object(Arc<Object>),
    /// To be found out: a number in [`super::bindings::Bindings`], or a parameter of an overload.
    Variable(usize),
}

/// An object of a schema with its fields, by the names that expressions use.
#[derive(Debug)]
pub(super) struct Object {
    /// Where it is in the schema; objects with the same name are the same.
    pub(super) name: String,
    pub(super) fields: BTreeMap<String, Type>,
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

const OPTIONAL: &str = "optional_type";

impl Type {
    pub(super) fn list(item: Self) -> Self {
        Self::List(Arc::new(item))
    }

    pub(super) fn map(key: Self, value: Self) -> Self {
        Self::Map(Arc::new((key, value)))
    }

    pub(super) fn optional(value: Self) -> Self {
        Self::Opaque(Arc::from(OPTIONAL), Arc::from([value]))
    }

    /// The type of the value of an optional type.
    pub(super) fn optional_value(&self) -> Option<&Self> {
        match self {
            Self::Opaque(name, parameters) if &**name == OPTIONAL => parameters.first(),
            _ => None,
        }
    }

    /// Whether anything is compatible with it.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self, Self::Dyn | Self::Error)
    }

    /// Whether null is one of its values.
    pub(super) const fn may_be_null(&self) -> bool {
        matches!(
            self,
            Self::Null | Self::Opaque(..) | Self::Object(_) | Self::Duration | Self::Timestamp
        )
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Dyn | Self::Variable(_) => "dyn",
            Self::Error => "!error!",
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Duration => "duration",
            Self::Timestamp => "timestamp",
            Self::Meta => "type",
            Self::Object(object) => &object.name,
            Self::List(item) => return write!(f, "list({item})"),
            Self::Map(entry) => return write!(f, "map({}, {})", entry.0, entry.1),
            Self::Opaque(name, parameters) => {
                f.write_str(name)?;
                for (index, parameter) in parameters.iter().enumerate() {
                    write!(f, "{}{parameter}", if index == 0 { "(" } else { ", " })?;
                }
                return f.write_str(if parameters.is_empty() { "" } else { ")" });
            }
        };
        f.write_str(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_named_as_in_errors() {
        let object = Object {
            name: "selfType.spec".to_owned(),
            fields: BTreeMap::new(),
        };
        for (found, wanted) in [
            (Type::map(Type::String, Type::list(Type::Int)), "map(string, list(int))"),
            (Type::optional(Type::Dyn), "optional_type(dyn)"),
            (Type::Opaque(Arc::from("net.IP"), Arc::from([])), "net.IP"),
            (Type::Object(Arc::new(object)), "selfType.spec"),
            (Type::Null, "null"),
        ] {
            assert_eq!(found.to_string(), wanted);
        }
    }
}
