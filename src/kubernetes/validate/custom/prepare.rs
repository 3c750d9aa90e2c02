//! What the server does with a resource between decoding and validating it: defaults, and the status that a create drops.

use serde_json::Value as Json;

use super::schema::{Additional, Schema};

/// Most bytes of defaults that are set in a resource: of the largest request to the API server. Defaults of objects contain
/// each other, so that a small definition can make a large resource.
const DEFAULT_BYTES: u64 = 3 << 20;

/// Sets absent fields to their defaults, and null where the schema does not allow it
/// (`Default` of `pkg/apiserver/schema/defaulting`).
///
/// # Errors
/// When the defaults make the resource larger than a request may be; those that fit are set.
pub(super) fn set_defaults(schema: &Schema, value: &mut Json) -> Result<(), String> {
    let mut setter = Setter { left: DEFAULT_BYTES };
    if setter.fields(schema, value) {
        return Ok(());
    }
    Err(format!(
        "the defaults of its definition make it larger than {DEFAULT_BYTES} bytes, which is more than a request may have"
    ))
}

struct Setter {
    /// Bytes that may still be set.
    left: u64,
}

impl Setter {
    /// A default, if it fits.
    fn copy(&mut self, name: &str, default: &Json) -> Option<Json> {
        self.left = self.left.saturating_sub(4 + name.len() as u64 + weight(default));
        (self.left > 0).then(|| default.clone())
    }

    /// Whether all defaults fitted.
    fn fields(&mut self, schema: &Schema, value: &mut Json) -> bool {
        match value {
            Json::Object(fields) => {
                for (name, property) in &schema.properties {
                    if let Some(default) = &property.default
                        && fields.get(name).is_none_or(|value| is_refused_null(property, value))
                    {
                        let Some(default) = self.copy(name, default) else {
                            return false;
                        };
                        fields.insert(name.clone(), default);
                    }
                }
                fields.iter_mut().all(
                    |(name, value)| match (schema.properties.get(name), &schema.additional) {
                        (Some(property), _) => self.fields(property, value),
                        (None, Additional::Of(schema)) => self.item(schema, value),
                        (None, Additional::Unset | Additional::Any(_)) => true,
                    },
                )
            }
            Json::Array(items) => match &schema.items {
                Some(schema) => items.iter_mut().all(|item| self.item(schema, item)),
                None => true,
            },
            _ => true,
        }
    }

    fn item(&mut self, schema: &Schema, value: &mut Json) -> bool {
        if is_refused_null(schema, value) {
            let Some(default) = self.copy("", schema.default.as_ref().unwrap_or(&Json::Null)) else {
                return false;
            };
            *value = default;
        }
        self.fields(schema, value)
    }
}

/// About how many bytes a value has in a request.
fn weight(value: &Json) -> u64 {
    match value {
        Json::String(text) => 2 + text.len() as u64,
        Json::Array(items) => 2 + items.iter().map(|item| 1 + weight(item)).sum::<u64>(),
        Json::Object(fields) => {
            let entries = fields.iter().map(|(name, value)| 4 + name.len() as u64 + weight(value));
            2 + entries.sum::<u64>()
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => 4,
    }
}

fn is_refused_null(schema: &Schema, value: &Json) -> bool {
    value.is_null() && !schema.is_nullable
}

/// Removes the status, which only its own subresource can set (`PrepareForCreate` of `pkg/registry/customresource`).
pub(super) fn drop_status(resource: &mut Json) {
    if let Some(fields) = resource.as_object_mut() {
        fields.shift_remove("status");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn defaults_are_set_where_a_value_is_absent_or_a_null_is_not_allowed() {
        let schema = Schema::of(&json!({
            "properties": {
                "size": {"type": "integer", "default": 3},
                "note": {"type": "string", "nullable": true, "default": "a"},
                "inner": {"type": "object", "default": {}, "properties": {"deep": {"default": true}}},
                "list": {"items": {"default": "x", "properties": {"a": {"default": 1}}}},
                "map": {"additionalProperties": {"default": "y"}}
            }
        }));
        for (given, expected) in [
            (json!({}), json!({"size": 3, "note": "a", "inner": {"deep": true}})),
            (
                json!({"size": null, "note": null, "inner": null}),
                json!({"size": 3, "note": null, "inner": {"deep": true}}),
            ),
            (
                json!({"size": 1, "note": "", "inner": {"deep": false}, "list": [null, {}], "map": {"k": null, "l": 1}}),
                json!({"size": 1, "note": "", "inner": {"deep": false}, "list": ["x", {"a": 1}], "map": {"k": "y", "l": 1}}),
            ),
        ] {
            let mut value = given.clone();
            assert_eq!(set_defaults(&schema, &mut value), Ok(()), "{given}");
            assert_eq!(value, expected, "{given}");
        }
    }

    #[test]
    fn defaults_that_double_are_stopped() {
        let innermost = json!({"type": "object", "default": {}, "properties": {"text": {"default": "x".repeat(100)}}});
        let doubled = |inner: Json, _| {
            let properties = json!({"a": inner, "b": inner});
            json!({"type": "object", "default": {}, "properties": properties})
        };
        for (levels, fits) in [(10, true), (16, false)] {
            let schema = Schema::of(&(0..levels).fold(innermost.clone(), doubled));
            assert_eq!(set_defaults(&schema, &mut json!({})).is_ok(), fits, "{levels}");
        }
    }
}
