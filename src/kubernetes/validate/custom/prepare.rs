//! What the server does with a resource between decoding and validating it: defaults, and the status that a create drops.

use serde_json::Value as Json;

use super::schema::{Additional, Schema};

/// Sets absent fields to their defaults, and null where the schema does not allow it
/// (`Default` of `pkg/apiserver/schema/defaulting`).
pub(super) fn set_defaults(schema: &Schema, value: &mut Json) {
    match value {
        Json::Object(fields) => {
            for (name, property) in &schema.properties {
                if let Some(default) = &property.default
                    && fields.get(name).is_none_or(|value| is_refused_null(property, value))
                {
                    fields.insert(name.clone(), default.clone());
                }
            }
            for (name, value) in fields.iter_mut() {
                match (schema.properties.get(name), &schema.additional) {
                    (Some(property), _) => set_defaults(property, value),
                    (None, Additional::Of(schema)) => set_item_defaults(schema, value),
                    (None, Additional::Unset | Additional::Any(_)) => {}
                }
            }
        }
        Json::Array(items) => {
            for item in items {
                if let Some(schema) = &schema.items {
                    set_item_defaults(schema, item);
                }
            }
        }
        _ => {}
    }
}

fn set_item_defaults(schema: &Schema, value: &mut Json) {
    if is_refused_null(schema, value) {
        *value = schema.default.clone().unwrap_or_default();
    }
    set_defaults(schema, value);
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
            set_defaults(&schema, &mut value);
            assert_eq!(value, expected, "{given}");
        }
    }
}
