//! A values file: one or more YAML documents, merged. Follows Helm's `loader.LoadValues` and the line-based document
//! reader of Kubernetes that it uses.

use super::archive::UnpackBudget;
use super::compat::Compat;
use super::document_stream::{split_documents, with_line_ends};
use crate::engine::functions::yaml_value::map_from_yaml;
use crate::engine::template::{Dict, Map, Value};
use crate::text::limits::VALUES_BYTES;

/// Reads the text of a values file. The error's text is Helm's.
///
/// # Errors
/// When a document is not a map, a separator is malformed, or the text is larger than a values file may be.
pub fn read_values(text: &[u8]) -> Result<Map, String> {
    check_size(text.len())?;
    let mut values: Option<Map> = None;
    let (documents, end) = split_documents(text);
    for (_, document) in documents {
        let document = map_from_yaml(&with_line_ends(document))
            .map_err(|error| format!("cannot unmarshal yaml document: {error}"))?;
        values = Some(match values {
            None => document,
            Some(before) => merge_maps(&before, &document),
        });
    }
    end.map_err(|error| format!("error reading yaml document: {error}"))?;
    Ok(values.unwrap_or_else(|| Map::new(Dict::new())))
}

/// The same as a version of Helm reads it: Helm 3 knows one document.
///
/// # Errors
/// As [`read_values`].
pub fn read_values_as(text: &[u8], compat: Compat) -> Result<Map, String> {
    match compat {
        Compat::Helm4 => read_values(text),
        Compat::Helm3 => {
            check_size(text.len())?;
            map_from_yaml(text)
        }
    }
}

/// Counts the bytes of a values file of a chart together with those of its subcharts.
pub(super) fn count_values(bytes: usize, budget: &mut UnpackBudget) -> Result<(), String> {
    check_size(bytes)?;
    budget.use_values(bytes).ok_or_else(|| {
        format!("the chart and its subcharts have more than {VALUES_BYTES} bytes of values: {ADVICE_ON_SIZE}")
    })
}

fn check_size(bytes: usize) -> Result<(), String> {
    if bytes <= VALUES_BYTES {
        return Ok(());
    }
    Err(format!(
        "the file has {bytes} bytes, and values may have {VALUES_BYTES}: {ADVICE_ON_SIZE}"
    ))
}

const ADVICE_ON_SIZE: &str = "keep large contents in files of the chart, and read them with .Files";

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
    use crate::engine::chart::{ChartFile, load_files};

    #[test]
    fn documents_are_merged_table_by_table() {
        let values = read_values(b"a: {x: 1, w: 1}\nb: {c: 1}\n---\na: {x: 2}\nb: 3\n").unwrap();
        let expected = map_from_yaml(b"a: {x: 2, w: 1}\nb: 3\n").unwrap();
        assert_eq!(Value::Map(values).display(), Value::Map(expected).display());
    }

    #[test]
    fn large_files_are_refused() {
        let text = format!("a: {}\n", "x".repeat(VALUES_BYTES - 4));
        assert_eq!(text.len(), VALUES_BYTES);
        assert!(read_values(text.as_bytes()).is_ok());
        let error = read_values(format!("{text}\n").as_bytes()).unwrap_err();
        assert!(error.starts_with("the file has 16777217 bytes"), "{error}");
    }

    #[test]
    fn values_of_subcharts_are_counted_together() {
        let third = VALUES_BYTES / 3;
        for (sizes, error) in [
            ([third, third, third], ""),
            ([third, third, third + 3], "have more than 16777216 bytes of values"),
            ([0, 1, VALUES_BYTES], "have more than 16777216 bytes of values"),
            ([0, 0, VALUES_BYTES + 1], "the file has 16777217 bytes"),
        ] {
            let files = ["", "charts/d/", "charts/d/charts/e/"].into_iter().zip(sizes);
            let files = files.flat_map(|(directory, size)| {
                [
                    ("Chart.yaml", b"apiVersion: v2\nname: c\nversion: 0.1.0\n".to_vec()),
                    ("values.yaml", vec![b'#'; size]),
                ]
                .map(|(name, data)| ChartFile::new(format!("{directory}{name}"), data))
            });
            match load_files(files.collect()) {
                Ok(_) => assert_eq!(error, "", "{sizes:?}"),
                Err(found) => {
                    assert!(!error.is_empty(), "{sizes:?}: {found}");
                    assert!(found.to_string().contains(error), "{sizes:?}: {found}");
                }
            }
        }
    }

    #[test]
    fn the_first_error_of_the_file_is_reported() {
        for (text, want) in [
            ("a: 1\nb: \"x", "yaml: line 3: found unexpected end of stream"),
            (
                "a: 1\n---x\n",
                "error reading yaml document: invalid Yaml document separator: x",
            ),
            (
                "a: b: c\n---\nd: 1\n---x\n",
                "yaml: mapping values are not allowed in this context",
            ),
        ] {
            let error = read_values(text.as_bytes()).unwrap_err();
            assert!(error.ends_with(want), "{error}");
        }
    }
}
