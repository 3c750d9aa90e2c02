//! Infinities and NaN in a document that is read into a Go struct: where a text is wanted they are their text, anywhere
//! else JSON cannot have them. Follows `convertToJSONableObject` of `sigs.k8s.io/yaml`.
//!
//! In: a document that was refused. Out: its JSON, or the refusal.

use std::borrow::Cow;

use serde_json::{Map, Number, Value as Json};

use crate::text::compact_sort::{sort_by, sort_by_key};
use crate::text::yaml::{self, Builder, Duplicates, NodeId, Scalar, Tree, YamlError};

/// The part of a Go type that decides where a number becomes a text.
#[derive(Debug)]
pub(crate) enum Shape {
    /// `string`
    Text,
    /// `[]T`
    List(&'static Self),
    /// `map[string]T`
    Map(&'static Self),
    /// A struct, by its fields' names; fields without texts may be left out.
    Struct(&'static [(&'static str, Self)]),
}

/// Decodes a document for the type with the given shape.
///
/// # Errors
/// As [`yaml::json_with_floats`], except for infinities and NaN where a text is wanted.
pub(crate) fn json_of_shape(bytes: &[u8], shape: &Shape) -> Result<Json, YamlError> {
    yaml::json_with_floats(bytes).or_else(|error| {
        let tree = yaml::parse_first(bytes)?;
        match tree.root() {
            Some(root) => retry(&tree, root, shape, error),
            None => Err(error),
        }
    })
}

/// Decodes a node that could not be decoded without its shape, because of `error`.
///
/// # Errors
/// `error`, or what JSON cannot have elsewhere.
pub(crate) fn retry(tree: &Tree<'_>, node: NodeId, shape: &Shape, error: YamlError) -> Result<Json, YamlError> {
    let loose = yaml::decode(tree, node, &mut LooseBuilder, Duplicates::LastWins).map_err(|_| error)?;
    loose.into_json(Some(shape)).map_err(YamlError::NotJson)
}

/// A value that may contain numbers which JSON does not have.
enum Loose {
    Json(Json),
    NotFinite(&'static str),
    List(Vec<Self>),
    Map(LooseMap),
}

/// A map: for each key, the index of its value.
#[derive(Default)]
struct LooseMap {
    indices: Map<String, Json>,
    values: Vec<Loose>,
}

impl Loose {
    fn into_json(self, shape: Option<&Shape>) -> Result<Json, String> {
        match self {
            Self::Json(json) => Ok(json),
            Self::NotFinite(text) => match shape {
                Some(Shape::Text) => Ok(Json::String(text.to_owned())),
                _ => Err(format!("json: unsupported value: {text}")),
            },
            Self::List(items) => {
                let inner = match shape {
                    Some(Shape::List(inner)) => Some(*inner),
                    _ => None,
                };
                let items = items.into_iter().map(|item| item.into_json(inner));
                items.collect::<Result<_, _>>().map(Json::Array)
            }
            Self::Map(map) => map.into_json(shape),
        }
    }
}

impl LooseMap {
    fn into_json(self, shape: Option<&Shape>) -> Result<Json, String> {
        let place = |index: &Json| index.as_u64().unwrap_or_default();
        let mut names: Vec<(String, u64)> = self
            .indices
            .iter()
            .map(|(name, at)| (name.clone(), place(at)))
            .collect();
        sort_by_key(&mut names, |(_, at)| *at);
        let mut entries: Vec<(String, Loose)> = names.into_iter().map(|(name, _)| name).zip(self.values).collect();
        // By name, the order in which Go writes JSON: the first that cannot be written is the error.
        sort_by(&mut entries, |(a, _), (b, _)| a.cmp(b));
        let json = |(name, value): (String, Loose)| {
            let json = value.into_json(field_shape(shape, &name))?;
            Ok((name, json))
        };
        entries
            .into_iter()
            .map(json)
            .collect::<Result<_, _>>()
            .map(Json::Object)
    }
}

/// The shape of an entry, found as Go finds fields: exactly, else without regard to case.
fn field_shape<'s>(shape: Option<&'s Shape>, name: &str) -> Option<&'s Shape> {
    match shape? {
        Shape::Map(inner) => Some(inner),
        Shape::Struct(fields) => {
            let exact = fields.iter().find(|(field, _)| *field == name);
            let found = exact.or_else(|| fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)));
            found.map(|(_, shape)| shape)
        }
        Shape::Text | Shape::List(_) => None,
    }
}

/// Keeps numbers that JSON does not have.
struct LooseBuilder;

impl Builder for LooseBuilder {
    type Value = Loose;
    type Map = LooseMap;

    fn null(&mut self) -> Loose {
        Loose::Json(Json::Null)
    }

    fn bool(&mut self, value: bool) -> Loose {
        Loose::Json(Json::Bool(value))
    }

    fn int(&mut self, value: i64) -> Loose {
        Loose::Json(Json::from(value))
    }

    fn uint(&mut self, value: u64) -> Loose {
        Loose::Json(Json::from(value))
    }

    fn float(&mut self, value: f64) -> Option<Loose> {
        Some(match Number::from_f64(value) {
            Some(number) => Loose::Json(Json::Number(number)),
            None if value.is_nan() => Loose::NotFinite("NaN"),
            None if value > 0.0 => Loose::NotFinite("+Inf"),
            None => Loose::NotFinite("-Inf"),
        })
    }

    fn string(&mut self, text: Cow<'_, str>) -> Loose {
        Loose::Json(Json::String(text.into_owned()))
    }

    fn sequence(&mut self, items: Vec<Loose>) -> Loose {
        Loose::List(items)
    }

    fn map(&mut self, _: usize) -> LooseMap {
        LooseMap::default()
    }

    fn insert(&mut self, map: &mut LooseMap, key: Cow<'_, str>, _: &Scalar<'_>, value: Loose) {
        let index = map.indices.get(key.as_ref()).and_then(Json::as_u64);
        let place = index.and_then(|index| map.values.get_mut(usize::try_from(index).ok()?));
        if let Some(place) = place {
            *place = value;
            return;
        }
        map.indices.insert(key.into_owned(), Json::from(map.values.len()));
        map.values.push(value);
    }

    fn end_map(&mut self, map: LooseMap) -> Loose {
        Loose::Map(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape::Struct(&[
        ("name", Shape::Text),
        ("words", Shape::List(&Shape::Text)),
        ("notes", Shape::Map(&Shape::Text)),
        ("inner", Shape::List(&Shape::Struct(&[("name", Shape::Text)]))),
    ]);

    #[test]
    fn numbers_that_json_does_not_have_are_texts_where_texts_are_wanted() {
        for (document, expected) in [
            ("name: .inf", Ok(r#"{"name":"+Inf"}"#)),
            ("Name: -.inf", Ok(r#"{"Name":"-Inf"}"#)),
            ("name: .nan\nname: x", Ok(r#"{"name":"x"}"#)),
            ("words: [a, .nan, 1.0]", Ok(r#"{"words":["a","NaN",1.0]}"#)),
            ("notes: {b: .inf, a: 1}", Ok(r#"{"notes":{"a":1,"b":"+Inf"}}"#)),
            ("inner: [{name: .inf}]", Ok(r#"{"inner":[{"name":"+Inf"}]}"#)),
            ("inner: [{other: .inf}]", Err("json: unsupported value: +Inf")),
            ("name: [.nan]", Err("json: unsupported value: NaN")),
            ("other: .inf\nnotes: -.inf", Err("json: unsupported value: -Inf")),
        ] {
            let found = json_of_shape(document.as_bytes(), &SHAPE);
            let found = found.map(|json| json.to_string()).map_err(|error| error.to_string());
            assert_eq!(
                found.as_deref(),
                expected.map_err(str::to_owned).as_deref(),
                "{document}"
            );
        }
    }
}
