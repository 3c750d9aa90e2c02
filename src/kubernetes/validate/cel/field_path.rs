//! The path in a rule to the field that it is about (`ValidFieldPath` of
//! `apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go`).

use serde_json::Value as Json;

use crate::text::json_member::member_of;

/// The steps of `.a['b'].c`; nothing if the schema has no such field.
pub fn steps(path: &str, schema: &Json) -> Option<Vec<String>> {
    let mut steps = Vec::new();
    let (mut rest, mut at) = (path, schema);
    while !rest.is_empty() {
        let step;
        (step, rest) = next(rest)?;
        let properties = member_of(at, "properties").and_then(Json::as_object);
        at = match properties {
            Some(properties) => properties.get(&step)?,
            None => member_of(at, "additionalProperties")?,
        };
        steps.push(step);
    }
    (!steps.is_empty()).then_some(steps)
}

fn next(path: &str) -> Option<(String, &str)> {
    if let Some(rest) = path.strip_prefix('.') {
        let end = rest.find(['.', '[', ']']).unwrap_or(rest.len());
        let (step, rest) = rest.split_at_checked(end)?;
        return (!step.is_empty()).then(|| (step.to_owned(), rest));
    }
    let rest = path.strip_prefix("['")?;
    let mut step = String::new();
    let mut letters = rest.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\'' => return Some((step, rest.get(at + 1..)?.strip_prefix(']')?)),
            '\\' => step.push(match letters.next()?.1 {
                'a' => '\u{7}',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'v' => '\u{b}',
                letter @ ('\'' | '\\') => letter,
                _ => return None,
            }),
            letter => step.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_are_those_of_fields() {
        let schema = json!({"properties": {
            "a": {"properties": {"b": {"type": "string"}, "x.y": {}}},
            "m": {"additionalProperties": {"type": "string"}}
        }});
        for (path, wanted) in [
            (".a.b", Some(&["a", "b"][..])),
            (".a['x.y']", Some(&["a", "x.y"])),
            (".m['it\\'s']", Some(&["m", "it's"])),
            (".m.any", Some(&["m", "any"])),
            (".a.c", None),
            ("a", None),
            (".a[0]", None),
            (".a['b'", None),
            ("", None),
            (".", None),
        ] {
            let found = steps(path, &schema);
            assert_eq!(
                found.as_deref(),
                wanted
                    .map(|steps| steps.iter().map(|step| (*step).to_owned()).collect::<Vec<_>>())
                    .as_deref(),
                "{path}"
            );
        }
    }
}
