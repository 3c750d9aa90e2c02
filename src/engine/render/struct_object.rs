//! Go structs shown to templates as they are: fields in Go's order, under Go's names, empty ones left out of JSON.

use std::any::Any;

use crate::engine::template::{CallResult, List, ListType, Map, Object, StructField, Text, Value};

/// A field of a Go struct.
#[derive(Clone, Copy)]
pub(super) struct Field {
    name: &'static str,
    json: &'static str,
    /// Whether JSON leaves it out when it is empty: `omitempty`.
    omits_empty: bool,
}

impl Field {
    /// A field that JSON leaves out when it is empty.
    pub(super) const fn new(name: &'static str, json: &'static str) -> Self {
        Self {
            name,
            json,
            omits_empty: true,
        }
    }

    /// A field that is in JSON even when it is empty.
    pub(super) const fn always(name: &'static str, json: &'static str) -> Self {
        Self {
            name,
            json,
            omits_empty: false,
        }
    }
}

/// A struct made from a map of its fields.
#[derive(Debug)]
pub(super) struct StructObject {
    type_name: &'static str,
    fields: Vec<StructField>,
    /// Fields of a struct embedded in it come first, and are printed with braces of their own.
    embedded: usize,
}

impl StructObject {
    /// The struct of these fields.
    pub(super) fn new(type_name: &'static str, declared: &[Field], fields: &Map) -> Self {
        let fields = declared.iter().map(|field| {
            let value = fields.get(field.name.as_bytes()).unwrap_or_default();
            let is_left_out = field.omits_empty && is_empty(&value);
            StructField {
                name: field.name,
                json: (!is_left_out).then_some(field.json),
                value,
            }
        });
        Self {
            type_name,
            fields: fields.collect(),
            embedded: 0,
        }
    }

    /// A struct in which this one is embedded, with one more field.
    pub(super) fn embedded_with(mut self, type_name: &'static str, field: StructField) -> Self {
        self.type_name = type_name;
        self.embedded = self.fields.len();
        self.fields.push(field);
        self
    }

    /// A list of structs, each made from a map.
    pub(super) fn list(list_type: &'static str, type_name: &'static str, declared: &[Field], maps: &Value) -> Value {
        let Value::List(maps) = maps else { return Value::Nil };
        let objects = maps.items().iter().filter_map(|item| match item {
            Value::Map(fields) => Some(Value::Object(std::rc::Rc::new(Self::new(type_name, declared, fields)))),
            _ => None,
        });
        Value::List(List::typed(ListType::Named(list_type), objects.collect()))
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Nil => true,
        Value::Bool(value) => !value,
        Value::Str(text) => text.is_empty(),
        Value::List(list) => list.items().is_empty(),
        Value::Map(map) => map.is_empty(),
        _ => false,
    }
}

impl Object for StructObject {
    fn type_name(&self) -> &'static str {
        self.type_name
    }

    fn field(&self, name: &str) -> Option<Value> {
        let field = self.fields.iter().find(|field| field.name == name)?;
        Some(field.value.clone())
    }

    fn call_method(&self, _name: &str, _arguments: &[Value]) -> Option<CallResult> {
        None
    }

    fn display(&self) -> Text {
        let texts: Vec<String> = self
            .fields
            .iter()
            .map(|field| field.value.display().to_string())
            .collect();
        let (inner, outer) = texts.split_at_checked(self.embedded).unwrap_or((&[], &texts));
        let outer = outer.join(" ");
        if inner.is_empty() {
            return format!("{{{outer}}}").into();
        }
        format!("{{{{{}}} {outer}}}", inner.join(" ")).into()
    }

    fn struct_fields(&self) -> Option<Vec<StructField>> {
        Some(self.fields.clone())
    }

    fn printed_fields(&self) -> Option<Vec<(&'static str, Value)>> {
        let fields = self.fields.iter().map(|field| (field.name, field.value.clone()));
        (self.embedded == 0).then(|| fields.collect())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
