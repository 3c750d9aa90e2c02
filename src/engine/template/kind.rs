//! Go's reflection kinds, truth, and length of values.

use super::value::Value;

/// Go's `reflect.Kind`, as far as values have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nil.
    Invalid,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `int64`
    Int64,
    /// `int32`
    Int32,
    /// `uint8`
    Uint8,
    /// `uint32`
    Uint32,
    /// `uint64`
    Uint64,
    /// `float64`
    Float64,
    /// `complex128`
    Complex128,
    /// `string`
    String,
    /// Any slice.
    Slice,
    /// Any map.
    Map,
    /// A pointer.
    Ptr,
    /// A struct.
    Struct,
}

impl Kind {
    /// Go's name of the kind, as `kindOf` gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Int64 => "int64",
            Self::Int32 => "int32",
            Self::Uint8 => "uint8",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Float64 => "float64",
            Self::Complex128 => "complex128",
            Self::String => "string",
            Self::Slice => "slice",
            Self::Map => "map",
            Self::Ptr => "ptr",
            Self::Struct => "struct",
        }
    }
}

impl Value {
    /// The kind of the value.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Nil => Kind::Invalid,
            Self::Bool(_) => Kind::Bool,
            Self::Int(_) => Kind::Int,
            Self::Int64(_) => Kind::Int64,
            Self::Int32(_) => Kind::Int32,
            Self::Uint8(_) => Kind::Uint8,
            Self::Uint32(_) => Kind::Uint32,
            Self::Uint64(_) => Kind::Uint64,
            Self::Float(_) => Kind::Float64,
            Self::Complex(..) => Kind::Complex128,
            Self::Str(_) => Kind::String,
            Self::Bytes(_) | Self::List(_) => Kind::Slice,
            Self::Map(_) => Kind::Map,
            Self::Object(object) => {
                if object.as_map().is_some() {
                    Kind::Map
                } else if object.as_list().is_some() {
                    Kind::Slice
                } else if object.type_name().starts_with('*') {
                    Kind::Ptr
                } else {
                    Kind::Struct
                }
            }
        }
    }

    /// Go's `template.IsTrue`: not the zero value, not empty.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(value) => *value,
            Self::Int(value) | Self::Int64(value) => *value != 0,
            Self::Int32(value) => *value != 0,
            Self::Uint8(value) => *value != 0,
            Self::Uint32(value) => *value != 0,
            Self::Uint64(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Complex(real, imaginary) => *real != 0.0 || *imaginary != 0.0,
            Self::Str(text) => !text.is_empty(),
            Self::Bytes(bytes) => !bytes.is_empty(),
            Self::List(list) => !list.items().is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Object(_) => self.length() != Some(0),
        }
    }

    /// Length of strings (in bytes), slices and maps.
    pub fn length(&self) -> Option<usize> {
        match self {
            Self::Str(text) => Some(text.len()),
            Self::Bytes(bytes) => Some(bytes.len()),
            Self::List(list) => Some(list.items().len()),
            Self::Map(map) => Some(map.len()),
            Self::Object(object) => match object.as_map() {
                Some(map) => Some(map.len()),
                None => object.as_list().map(|list| list.items().len()),
            },
            _ => None,
        }
    }

    /// The number, when this is a signed integer.
    pub const fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(value) | Self::Int64(value) => Some(*value),
            Self::Int32(value) => Some(*value as i64),
            _ => None,
        }
    }

    /// The number, when this is an unsigned integer.
    pub const fn as_uint(&self) -> Option<u64> {
        match self {
            Self::Uint8(value) => Some(*value as u64),
            Self::Uint32(value) => Some(*value as u64),
            Self::Uint64(value) => Some(*value),
            _ => None,
        }
    }
}
