//! One definition, decoded: what a value of its type may be.

use super::bundle::Reader;

/// Deepest nesting of a definition without references.
const MAX_DEPTH: usize = 64;

/// What a value may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Schema {
    /// Anything.
    Any,
    /// Any mapping.
    AnyObject,
    /// Text.
    String,
    /// Text out of a closed set.
    Enum(Box<Values>),
    /// Base64.
    Bytes,
    /// RFC 3339.
    DateTime,
    /// A whole number.
    Integer,
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 64 bits.
    Int64,
    /// A number.
    Number,
    /// A boolean.
    Boolean,
    /// A whole number or text.
    IntOrString,
    /// `100m`, `1Gi`: text or a number.
    Quantity,
    /// A list.
    Array(Box<Self>),
    /// A mapping from any key.
    Map(Box<Self>),
    /// A mapping with known keys, sorted by name.
    Object(Vec<Property>),
    /// The definition with this name (an index of the bundle's strings).
    Reference(u32),
}

/// A known key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Property {
    pub(super) name: &'static str,
    /// The start of the name, see [`name_start`].
    start: u64,
    pub(super) is_required: bool,
    pub(super) schema: Schema,
}

/// The first bytes of a name as a number: numbers have the order of the names, and are compared quickly.
fn name_start(name: &str) -> u64 {
    if let Some(start) = name.as_bytes().first_chunk() {
        return u64::from_be_bytes(*start);
    }
    let mut start = [0; 8];
    for (to, from) in start.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    u64::from_be_bytes(start)
}

/// The property with a name, among those of an object.
pub(super) fn find_property<'p>(properties: &'p [Property], name: &str) -> Option<&'p Property> {
    let start = name_start(name);
    let order = |property: &Property| property.start.cmp(&start).then_with(|| property.name.cmp(name));
    properties.get(properties.binary_search_by(order).ok()?)
}

/// A closed set of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Values {
    pub(super) values: Vec<&'static str>,
    /// Whether an empty text counts as absent.
    pub(super) allows_empty: bool,
}

impl Schema {
    /// Decodes a schema: one byte for its kind, then what belongs to it. `xtask/src/bundle.rs` writes it.
    pub(super) fn decode(reader: &mut Reader, strings: &[&'static str]) -> Option<Self> {
        Self::decode_nested(reader, strings, 0)
    }

    fn decode_nested(reader: &mut Reader, strings: &[&'static str], depth: usize) -> Option<Self> {
        if depth > MAX_DEPTH {
            return None;
        }
        Some(match reader.byte()? {
            0 => Self::Any,
            1 => Self::String,
            2 => Self::Bytes,
            3 => Self::DateTime,
            4 => Self::Integer,
            5 => Self::Int32,
            6 => Self::Int64,
            7 => Self::Number,
            8 => Self::Boolean,
            9 => Self::IntOrString,
            10 => Self::Quantity,
            11 => Self::Array(Box::new(Self::decode_nested(reader, strings, depth + 1)?)),
            12 => Self::Map(Box::new(Self::decode_nested(reader, strings, depth + 1)?)),
            13 => {
                let properties = (0..reader.number()?)
                    .map(|_| {
                        let key = reader.number()?;
                        let name: &'static str = strings.get((key / 2) as usize)?;
                        Some(Property {
                            name,
                            start: name_start(name),
                            is_required: key % 2 == 1,
                            schema: Self::decode_nested(reader, strings, depth + 1)?,
                        })
                    })
                    .collect::<Option<Vec<_>>>()?;
                Self::Object(properties)
            }
            14 => Self::Reference(reader.number()?),
            15 => Self::AnyObject,
            16 => {
                let key = reader.number()?;
                let values = (0..key / 2).map(|_| strings.get(reader.number()? as usize).copied());
                Self::Enum(Box::new(Values {
                    values: values.collect::<Option<Vec<_>>>()?,
                    allows_empty: key % 2 == 1,
                }))
            }
            _ => return None,
        })
    }

    /// How messages name the type.
    pub(super) const fn type_name(&self) -> &'static str {
        match self {
            Self::Any | Self::Reference(_) => "any",
            Self::AnyObject | Self::Map(_) | Self::Object(_) => "object",
            Self::String | Self::Enum(_) | Self::Bytes | Self::DateTime => "string",
            Self::Integer | Self::Int32 | Self::Int64 => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::IntOrString => "integer or string",
            Self::Quantity => "string or number",
            Self::Array(_) => "array",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_found_by_their_whole_name() {
        let names = ["a", "ab", "abcdefg", "abcdefgh", "abcdefgha", "abcdefghi", "abd", "b"];
        let property = |&name: &&'static str| Property {
            name,
            start: name_start(name),
            is_required: false,
            schema: Schema::Any,
        };
        let properties: Vec<Property> = names.iter().map(property).collect();
        for name in names {
            assert_eq!(find_property(&properties, name).map(|found| found.name), Some(name));
        }
        for name in ["", "A", "abc", "abcdefghb", "abcdefghij", "ac", "c", "a\0"] {
            assert_eq!(find_property(&properties, name), None, "{name}");
        }
    }
}
