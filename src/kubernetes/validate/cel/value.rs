//! The values of expressions (cel-go `common/types`, and the types of `k8s.io/apiserver/pkg/cel`).

use std::net::IpAddr;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::text::go::float_format::format_shortest;
use crate::text::go::url::Url;

use super::amount::Amount;
use super::budget::{Fault, Stop};
use super::instant::Instant;
use super::mapping::Mapping;
use super::named_format::NamedFormat;
use super::version::Version;

/// Bytes of a value in a message, from which on its parts are left out.
const SHOWN_BYTES: usize = 4 << 10;

/// A value.
#[derive(Debug, Clone)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(Arc<str>),
    Bytes(Arc<[u8]>),
    /// Nanoseconds.
    Duration(i64),
    Timestamp(Instant),
    List(Arc<List>),
    Map(Arc<Mapping>),
    /// A type, by its name.
    Type(Arc<str>),
    Optional(Option<Arc<Self>>),
    Quantity(Arc<Amount>),
    Ip(IpAddr),
    Network(Network),
    Url(Arc<Url>),
    Version(Arc<Version>),
    Format(NamedFormat),
    /// What a schema keeps without saying what it is: it can only be compared.
    Preserved(Arc<Json>),
    /// What does not fit its schema: an error as soon as it is looked at.
    Invalid(Arc<str>),
    /// What only a cluster knows: evaluation stops as soon as it is looked at.
    Unknown,
}

/// A list.
#[derive(Debug, Default)]
pub struct List {
    pub items: Vec<Value>,
    pub kind: ListKind,
}

/// How a list is compared and joined.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ListKind {
    /// As the language has it.
    #[default]
    Plain,
    /// Of a schema, item by item.
    Atomic,
    /// Of a schema, its items in any order.
    Set,
    /// Of a schema, its items in any order, with keys that are some of their fields.
    Keyed(Arc<[String]>),
}

/// A part of the addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    pub address: IpAddr,
    pub bits: u8,
}

impl Value {
    /// A text.
    pub fn text(text: &str) -> Self {
        Self::String(Arc::from(text))
    }

    /// A plain list.
    pub fn list(items: Vec<Self>) -> Self {
        Self::List(Arc::new(List {
            items,
            kind: ListKind::Plain,
        }))
    }

    /// A plain list of texts.
    pub fn texts(texts: impl IntoIterator<Item = String>) -> Self {
        Self::list(texts.into_iter().map(|text| Self::text(&text)).collect())
    }

    /// An optional value that is there.
    pub fn some(value: Self) -> Self {
        Self::Optional(Some(Arc::new(value)))
    }

    /// What looking at it gives instead of a value.
    pub fn fault(&self) -> Option<Fault> {
        match self {
            Self::Invalid(words) => Some(Fault::error(&**words)),
            Self::Unknown => Some(Fault::Stop(Stop::Here)),
            _ => None,
        }
    }

    /// The name of its type.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Type(_) => "type",
            Self::Optional(_) => "optional_type",
            Self::Quantity(_) => "kubernetes.Quantity",
            Self::Ip(_) => "net.IP",
            Self::Network(_) => "net.CIDR",
            Self::Url(_) => "kubernetes.URL",
            Self::Version(_) => "kubernetes.Semver",
            Self::Format(_) => "kubernetes.NamedFormat",
            Self::Preserved(_) => "unknown",
            Self::Invalid(_) => "error",
            Self::Unknown => "unknown",
        }
    }

    /// Its size as costs count it (`actualSize` of cel-go `interpreter/runtimecost.go`, and of the server's libraries).
    pub fn size(&self) -> u64 {
        match self {
            Self::String(text) => text.chars().count() as u64,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::List(list) => list.items.len() as u64,
            Self::Map(map) => map.len() as u64,
            Self::Ip(IpAddr::V4(_)) => 4,
            Self::Ip(IpAddr::V6(_)) => 16,
            Self::Network(network) => u64::from(network.bits.div_ceil(8)),
            _ => 1,
        }
    }

    /// Whether it is the zero of its type (`traits.Zeroer`).
    pub fn is_zero(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Bool(value) => !value,
            Self::Int(value) => *value == 0,
            Self::Uint(value) => *value == 0,
            Self::Double(value) => *value == 0.0,
            Self::String(text) => text.is_empty(),
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::Duration(value) => *value == 0,
            Self::Timestamp(instant) => instant.is_zero(),
            // The lists and mappings of schemas do not say so.
            Self::List(list) => list.kind == ListKind::Plain && list.items.is_empty(),
            Self::Map(map) => !map.is_of_schema() && map.len() == 0,
            _ => false,
        }
    }

    /// As Go prints it in messages (`%v`); the end of what is long is left out.
    pub fn shown(&self) -> String {
        let mut out = String::new();
        self.show(&mut out);
        out
    }

    fn show(&self, out: &mut String) {
        if out.len() > SHOWN_BYTES {
            return;
        }
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Int(value) => out.push_str(&value.to_string()),
            Self::Uint(value) => out.push_str(&value.to_string()),
            Self::Double(value) => out.push_str(&format_shortest(*value)),
            Self::String(text) | Self::Type(text) => out.push_str(text),
            Self::Bytes(bytes) => {
                let bytes: Vec<String> = bytes.iter().take(SHOWN_BYTES).map(u8::to_string).collect();
                out.push_str(&format!("[{}]", bytes.join(" ")));
            }
            Self::List(list) => {
                out.push('[');
                for (index, item) in list.items.iter().take(SHOWN_BYTES).enumerate() {
                    out.push_str(if index == 0 { "" } else { ", " });
                    item.show(out);
                }
                out.push(']');
            }
            Self::Optional(None) => out.push_str("optional.none()"),
            Self::Optional(Some(value)) => {
                out.push_str("optional(");
                value.show(out);
                out.push(')');
            }
            other => out.push_str(&format!("{{{}}}", other.type_name())),
        }
    }
}
