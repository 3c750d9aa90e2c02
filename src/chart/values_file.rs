//! A values file: one or more YAML documents, merged. Follows Helm's `loader.LoadValues` and the line-based document
//! reader of Kubernetes that it uses.

use std::borrow::Cow;

use crate::functions::yaml_value::map_from_yaml;
use crate::template::{Dict, Map, Value};

/// Reads the text of a values file. The error's text is Helm's.
pub fn read_values(text: &[u8]) -> Result<Map, String> {
    let mut values: Option<Map> = None;
    for document in documents(text)? {
        let document = map_from_yaml(&with_line_ends(document))
            .map_err(|error| format!("cannot unmarshal yaml document: {error}"))?;
        values = Some(match values {
            None => document,
            Some(before) => merge_maps(&before, &document),
        });
    }
    Ok(values.unwrap_or_else(|| Map::new(Dict::new())))
}

/// A document as the line reader of Kubernetes hands it on: every line ends in a line feed, the last too.
pub(crate) fn with_line_ends(document: &[u8]) -> Cow<'_, [u8]> {
    let is_whole = document.is_empty() || document.ends_with(b"\n");
    if is_whole && memchr::memmem::find(document, b"\r\n").is_none() {
        return Cow::Borrowed(document);
    }
    let mut lines = Vec::with_capacity(document.len() + 1);
    for line in document.split_inclusive(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        lines.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        lines.push(b'\n');
    }
    Cow::Owned(lines)
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
    fn every_line_ends_in_a_line_feed() {
        for (text, want) in [
            ("a: 1\n", "a: 1\n"),
            ("a: 1", "a: 1\n"),
            ("a: 1\r\nb: 2\r\n", "a: 1\nb: 2\n"),
            ("", ""),
        ] {
            assert_eq!(with_line_ends(text.as_bytes()), want.as_bytes(), "{text:?}");
        }
        let error = read_values(b"a: 1\nb: \"x").unwrap_err();
        assert!(
            error.ends_with("yaml: line 3: found unexpected end of stream"),
            "{error}"
        );
    }

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
