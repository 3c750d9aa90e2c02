//! A values file: one or more YAML documents, merged. Follows Helm's `loader.LoadValues` and the line-based document
//! reader of Kubernetes that it uses.

use crate::functions::yaml_value::map_from_yaml;
use crate::template::{Dict, Map, Value};

/// Reads the text of a values file. The error's text is Helm's.
pub fn read_values(text: &[u8]) -> Result<Map, String> {
    let mut values: Option<Map> = None;
    for document in documents(text)? {
        let document = map_from_yaml(document).map_err(|error| format!("cannot unmarshal yaml document: {error}"))?;
        values = Some(match values {
            None => document,
            Some(before) => merge_maps(&before, &document),
        });
    }
    Ok(values.unwrap_or_else(|| Map::new(Dict::new())))
}

/// Splits at lines that begin with `---`; only white space or a comment may follow the dashes.
fn documents(text: &[u8]) -> Result<Vec<&[u8]>, String> {
    let mut documents = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(ahead) = text.get(at..).filter(|ahead| !ahead.is_empty()) {
        let length = memchr::memchr(b'\n', ahead).map_or(ahead.len(), |end| end + 1);
        let line = ahead.get(..length).unwrap_or_default();
        if let Some(rest) = line.strip_prefix(b"---") {
            let rest = rest.trim_ascii();
            if !rest.is_empty() && !rest.starts_with(b"#") {
                let rest = String::from_utf8_lossy(rest);
                return Err(format!(
                    "error reading yaml document: invalid Yaml document separator: {rest}"
                ));
            }
            if at > start {
                documents.push(text.get(start..at).unwrap_or_default());
                start = at + line.len();
            }
        }
        at += line.len();
    }
    if at > start {
        documents.push(text.get(start..at).unwrap_or_default());
    }
    Ok(documents)
}

/// Merges `over` into a new map on top of `base`, tables recursively. Helm's `loader.MergeMaps`.
pub fn merge_maps(base: &Map, over: &Map) -> Map {
    let mut merged: Dict = base.with(Clone::clone);
    over.with(|dict| {
        for (key, value) in dict {
            let value = match (value, merged.get(key)) {
                (Value::Map(over), Some(Value::Map(base))) => Value::Map(merge_maps(base, over)),
                (value, _) => value.clone(),
            };
            merged.insert(key.clone(), value);
        }
    });
    Map::new(merged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_split_by_lines() {
        let split = |text: &'static str| {
            documents(text.as_bytes()).map(|all| {
                all.into_iter()
                    .map(|d| std::str::from_utf8(d).unwrap())
                    .collect::<Vec<_>>()
            })
        };
        assert_eq!(split("a: 1\n---\nb: 2").unwrap(), ["a: 1\n", "b: 2"]);
        assert_eq!(split("---\na: 1\n").unwrap(), ["---\na: 1\n"]);
        assert_eq!(split("a: 1\n--- # c\n").unwrap(), ["a: 1\n"]);
        assert_eq!(
            split("---x\n").unwrap_err(),
            "error reading yaml document: invalid Yaml document separator: x"
        );
    }
}
