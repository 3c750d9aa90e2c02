//! Values as Go's reflection shows them to a template: a kind, a type name and sharing.
//!
//! Maps are shared and mutable (`set` and `merge` change them for everyone who has a reference); lists, as in every
//! function Helm has, are never changed in place. Values live on one rendering thread.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use super::function::{CallResult, Parameter};
use super::text::Text;
use crate::text::go::quote::quote;
use crate::text::ordered::CollectOrdered as _;

/// The entries of a map, in the order Go prints and ranges over them.
pub type Dict = BTreeMap<Text, Value>;

/// Any value a template can hold.
#[derive(Debug, Clone, Default)]
pub enum Value {
    /// A nil interface: a null, or a key that is not there.
    #[default]
    Nil,
    /// `bool`
    Bool(bool),
    /// `int`: literals, `len`, range indices, most Sprig arithmetic over `int`.
    Int(i64),
    /// `int64`: `--set` numbers, `int64`, `add` and its relatives.
    Int64(i64),
    /// `int32`: elements of a ranged string, character constants stay `Int`.
    Int32(i32),
    /// `uint8`: an element of bytes.
    Uint8(u8),
    /// `uint32`, such as checksums.
    Uint32(u32),
    /// `uint64`
    Uint64(u64),
    /// `float64`: every number of a values file.
    Float(f64),
    /// `complex128`: only constants such as `1i`.
    Complex(f64, f64),
    /// `string`
    Str(Text),
    /// `[]uint8`
    Bytes(Rc<[u8]>),
    /// A slice.
    List(List),
    /// A map with string keys.
    Map(Map),
    /// A Go struct, or pointer to one, with fields and methods.
    Object(Rc<dyn Object>),
}

/// The element type of a slice, as `%T` shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListType {
    /// `[]interface {}`
    Any,
    /// `[]string`
    Strings,
    /// `[]int`
    Ints,
    /// Another type, by its Go name, such as `common.VersionSet` or `[][]interface {}`.
    Named(&'static str),
}

/// An immutable slice; nil slices differ from empty ones only in JSON and `%#v`.
#[derive(Debug, Clone)]
pub struct List {
    /// Element type.
    pub element: ListType,
    items: Option<Rc<[Value]>>,
}

/// The Go type of a map, as `%T` shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapType {
    /// `map[string]interface {}`
    Any,
    /// `common.Values`, the type of `.Values`; the same entries may be held as `Any` elsewhere.
    Values,
    /// `chartutil.Values`, the same type in Helm 3.
    ValuesOfHelm3,
    /// `map[string]string`
    Strings,
    /// Another type, by its Go name, such as `map[string][]uint8` or `engine.files`.
    Named(&'static str),
}

impl MapType {
    /// Whether it is the type of `.Values`.
    pub const fn is_values(self) -> bool {
        matches!(self, Self::Values | Self::ValuesOfHelm3)
    }
}

/// A reference to a shared map; nil maps read as empty and refuse writes.
#[derive(Debug, Clone)]
pub struct Map {
    /// Go type under which this reference sees the entries.
    pub map_type: MapType,
    entries: Option<Rc<RefCell<Dict>>>,
}

/// A field of a Go struct, as encoders see it.
#[derive(Debug, Clone)]
pub struct StructField {
    /// Go's name.
    pub name: &'static str,
    /// Name in JSON; `None` if JSON leaves the field out, being empty.
    pub json: Option<&'static str>,
    /// Its value.
    pub value: Value,
}

impl StructField {
    /// A field that has its own name in JSON too.
    pub const fn new(name: &'static str, value: Value) -> Self {
        Self {
            name,
            json: Some(name),
            value,
        }
    }
}

/// A Go struct or pointer seen by templates: fields, methods, printing.
pub trait Object: fmt::Debug {
    /// Go's type name (`%T`), such as `*common.KubeVersion`.
    fn type_name(&self) -> &'static str;
    /// A field's value; `None` if the type has no such field.
    fn field(&self, name: &str) -> Option<Value>;
    /// Calls a method; `None` if the type has no such method. Methods without arguments are called by `.Name` alone.
    fn call_method(&self, name: &str, arguments: &[Value]) -> Option<CallResult>;
    /// Steps that a method counts as, beyond those for its result.
    fn method_cost(&self, name: &str, arguments: &[Value]) -> u64 {
        let _ = (name, arguments);
        0
    }
    /// The text that `fmt.Print` writes: `String()` when the Go type has it, the struct layout otherwise.
    fn display(&self) -> Text;
    /// The text printed by an action that ends in a field, if `String()` belongs to the pointer and not to the value.
    fn printed(&self) -> Text {
        self.display()
    }
    /// Parameter types of a method, so that the engine checks and converts arguments as Go does; `None` if the type
    /// has no such method, or accepts anything.
    fn method_parameters(&self, name: &str) -> Option<&'static [Parameter]> {
        let _ = name;
        None
    }
    /// Whether this is a map underneath (`.Files`): keys and values to range over, length, truth.
    fn as_map(&self) -> Option<Map> {
        None
    }
    /// The value that `encoding/json` and the YAML encoders write in its place; `None` for types they refuse.
    fn encoded(&self) -> Option<Value> {
        None
    }
    /// The exported fields of a struct, in Go's order, for the encoders.
    fn struct_fields(&self) -> Option<Vec<StructField>> {
        None
    }
    /// The fields of a struct as `fmt` prints them, unexported ones included; `None` for types that print otherwise.
    fn printed_fields(&self) -> Option<Vec<(&'static str, Value)>> {
        let fields = self.struct_fields()?.into_iter();
        Some(fields.map(|field| (field.name, field.value)).collect())
    }
    /// The number of a type that is one underneath, such as `time.Duration`.
    fn as_integer(&self) -> Option<i64> {
        None
    }
    /// Whether this is a slice underneath (`.Capabilities.APIVersions`): elements to range over, length, truth.
    fn as_list(&self) -> Option<List> {
        None
    }
    /// For functions that want their own type back (dates, versions).
    fn as_any(&self) -> &dyn Any;
}

/// Go's type of `.Capabilities.APIVersions`, the one slice with a method that templates call.
pub const VERSION_SET: &str = "common.VersionSet";
/// The same in Helm 3.
pub const VERSION_SET_OF_HELM3: &str = "chartutil.VersionSet";

impl ListType {
    fn is_version_set(self) -> bool {
        matches!(self, Self::Named(VERSION_SET | VERSION_SET_OF_HELM3))
    }
}

impl List {
    /// Parameter types of a method of a named slice type.
    pub fn method_parameters(&self, name: &str) -> Option<&'static [Parameter]> {
        (self.element.is_version_set() && name == "Has").then_some(&[Parameter::Str])
    }

    /// Calls a method of a named slice type; `None` if the type has no such method.
    pub fn call_method(&self, name: &str, arguments: &[Value]) -> Option<CallResult> {
        if !self.element.is_version_set() || name != "Has" {
            return None;
        }
        Some(match arguments {
            [Value::Str(wanted)] => {
                let is_wanted = |item: &Value| matches!(item, Value::Str(have) if have == wanted);
                Ok(Value::Bool(self.items().iter().any(is_wanted)))
            }
            [other] => Err(format!("wrong type for value; expected string; got {}", other.type_name()).into()),
            others => Err(format!("wrong number of args for Has: want 1 got {}", others.len()).into()),
        })
    }

    /// A list of `[]interface {}`.
    pub fn new(items: Vec<Value>) -> Self {
        Self::typed(ListType::Any, items)
    }

    /// A list of another element type.
    pub fn typed(element: ListType, items: Vec<Value>) -> Self {
        Self {
            element,
            items: Some(items.into()),
        }
    }

    /// A nil slice.
    pub const fn nil(element: ListType) -> Self {
        Self { element, items: None }
    }

    /// Whether this is a nil slice.
    pub const fn is_nil(&self) -> bool {
        self.items.is_none()
    }

    /// Whether something else refers to the same elements.
    pub fn is_shared(&self) -> bool {
        self.items.as_ref().is_some_and(|items| Rc::strong_count(items) > 1)
    }

    /// The elements; none for a nil slice.
    pub fn items(&self) -> &[Value] {
        self.items.as_deref().unwrap_or_default()
    }
}

impl Map {
    /// Parameter types of a method of `common.Values`, the one map type with methods that templates call.
    pub fn method_parameters(&self, name: &[u8]) -> Option<&'static [Parameter]> {
        if !self.map_type.is_values() {
            return None;
        }
        match name {
            b"AsMap" | b"YAML" => Some(&[]),
            b"Table" | b"PathValue" => Some(&[Parameter::Str]),
            _ => None,
        }
    }

    /// Calls a method of `common.Values`; `None` if the type has no such method.
    pub fn call_method(&self, name: &str, arguments: &[Value]) -> Option<CallResult> {
        self.method_parameters(name.as_bytes())?;
        let path = match arguments {
            [Value::Str(path)] => path.to_str_lossy().into_owned(),
            _ => return Some(Ok(Value::Map(self.with_type(MapType::Any)))),
        };
        let (parent, key) = match path.rsplit_once('.') {
            Some((parent, key)) if name == "PathValue" => (parent, key),
            _ if name == "PathValue" => ("", path.as_str()),
            _ => (path.as_str(), ""),
        };
        let mut table = self.clone();
        for step in parent.split('.').filter(|_| !parent.is_empty() || name == "Table") {
            match table.get(step.as_bytes()) {
                Some(Value::Map(inner)) => table = inner.with_type(self.map_type),
                _ if name == "Table" => return Some(Err(format!("{} is not a table", quote(step.as_bytes())).into())),
                _ => return Some(Err(format!("{} is not a value", quote(key.as_bytes())).into())),
            }
        }
        if name == "Table" {
            return Some(Ok(Value::Map(table)));
        }
        Some(match table.get(key.as_bytes()) {
            Some(value) if !matches!(value, Value::Map(_)) => Ok(value),
            _ => Err(format!("{} is not a value", quote(key.as_bytes())).into()),
        })
    }

    /// Whether something else refers to the same entries.
    pub fn is_shared(&self) -> bool {
        self.entries
            .as_ref()
            .is_some_and(|entries| Rc::strong_count(entries) > 1)
    }

    /// A number that all references to the same entries share; 0 for nil maps.
    pub fn id(&self) -> usize {
        self.entries.as_ref().map_or(0, |entries| Rc::as_ptr(entries).addr())
    }

    /// A map of `map[string]interface {}`.
    pub fn new(entries: Dict) -> Self {
        Self::typed(MapType::Any, entries)
    }

    /// A map of another Go type.
    pub fn typed(map_type: MapType, entries: Dict) -> Self {
        Self {
            map_type,
            entries: Some(Rc::new(RefCell::new(entries))),
        }
    }

    /// A nil map.
    pub const fn nil(map_type: MapType) -> Self {
        Self {
            map_type,
            entries: None,
        }
    }

    /// The same entries seen under another Go type.
    #[must_use]
    pub fn with_type(&self, map_type: MapType) -> Self {
        Self {
            map_type,
            entries: self.entries.clone(),
        }
    }

    /// Whether this is a nil map.
    pub const fn is_nil(&self) -> bool {
        self.entries.is_none()
    }

    /// Whether both are the same map, not equal ones.
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.entries, &other.entries) {
            (Some(a), Some(b)) => Rc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        }
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.as_ref().map_or(0, |entries| entries.borrow().len())
    }

    /// Whether the map is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a key, cloned (cheap: sharing).
    pub fn get(&self, key: &[u8]) -> Option<Value> {
        self.entries.as_ref()?.borrow().get(key).cloned()
    }

    /// The same for a key that is already a [`Text`], which is faster.
    pub fn entry(&self, key: &Text) -> Option<Value> {
        self.entries.as_ref()?.borrow().get(key).cloned()
    }

    /// Whether the key is there.
    pub fn contains_key(&self, key: &[u8]) -> bool {
        self.entries
            .as_ref()
            .is_some_and(|entries| entries.borrow().contains_key(key))
    }

    /// Sets a key. False for a nil map, where Go panics with "assignment to entry in nil map".
    pub fn insert(&self, key: Text, value: Value) -> bool {
        let Some(entries) = &self.entries else { return false };
        entries.borrow_mut().insert(key, value);
        true
    }

    /// Removes a key.
    pub fn remove(&self, key: &[u8]) -> Option<Value> {
        self.entries.as_ref()?.borrow_mut().remove(key)
    }

    /// The keys, sorted.
    pub fn keys(&self) -> Vec<Text> {
        self.entries
            .as_ref()
            .map_or_else(Vec::new, |entries| entries.borrow().keys().cloned().collect())
    }

    /// Keys and values, sorted by key: a snapshot, so that the map may be changed meanwhile.
    pub fn snapshot(&self) -> Vec<(Text, Value)> {
        self.entries.as_ref().map_or_else(Vec::new, |entries| {
            entries.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect()
        })
    }

    /// Reads the entries without cloning. The map must not be changed inside `read`.
    pub fn with<R>(&self, read: impl FnOnce(&Dict) -> R) -> R {
        match &self.entries {
            Some(entries) => read(&entries.borrow()),
            None => read(&Dict::new()),
        }
    }
}

impl Value {
    /// Whether this is nil: the value itself, or a nil slice or map.
    pub const fn is_nil(&self) -> bool {
        match self {
            Self::Nil => true,
            Self::List(list) => list.is_nil(),
            Self::Map(map) => map.is_nil(),
            _ => false,
        }
    }

    /// A string.
    pub fn str(text: impl Into<Text>) -> Self {
        Self::Str(text.into())
    }

    /// A `[]interface {}`.
    pub fn list(items: Vec<Self>) -> Self {
        Self::List(List::new(items))
    }

    /// A `map[string]interface {}`.
    pub fn map(entries: Dict) -> Self {
        Self::Map(Map::new(entries))
    }

    /// A map from pairs.
    pub fn map_of<const N: usize>(entries: [(&str, Self); N]) -> Self {
        Self::map(
            entries
                .into_iter()
                .map(|(key, value)| (Text::from(key), value))
                .collect_map(),
        )
    }

    /// The map, when this is one.
    pub const fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The text, when this is a string.
    pub const fn as_text(&self) -> Option<&Text> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Go's type name, as `%T` and error messages show it; `<nil>` for nil.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Nil => "<nil>",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Int64(_) => "int64",
            Self::Int32(_) => "int32",
            Self::Uint8(_) => "uint8",
            Self::Uint32(_) => "uint32",
            Self::Uint64(_) => "uint64",
            Self::Float(_) => "float64",
            Self::Complex(..) => "complex128",
            Self::Str(_) => "string",
            Self::Bytes(_) => "[]uint8",
            Self::List(list) => match list.element {
                ListType::Any => "[]interface {}",
                ListType::Strings => "[]string",
                ListType::Ints => "[]int",
                ListType::Named(name) => name,
            },
            Self::Map(map) => match map.map_type {
                MapType::Any => "map[string]interface {}",
                MapType::Values => "common.Values",
                MapType::ValuesOfHelm3 => "chartutil.Values",
                MapType::Strings => "map[string]string",
                MapType::Named(name) => name,
            },
            Self::Object(object) => object.type_name(),
        }
    }
}
