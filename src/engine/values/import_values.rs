//! `import-values`: tables of a subchart's values that its parent takes over, below the parent's own values.

use crate::engine::chart::{Chart, ImportValue};
use crate::engine::template::{Dict, Map, MapType, Text, Value};

use super::coalesce::{CoalesceError, merge_tables, merge_values};
use super::tables::{deep_copy_map, table};

/// Processes `import-values` of all charts below `chart`, then its own: children first, as values may pass through.
pub(super) fn import_values(chart: &mut Chart, warnings: &mut Vec<String>) -> Result<(), CoalesceError> {
    for subchart in &mut chart.dependencies {
        import_values(subchart, warnings)?;
    }
    if chart.metadata.dependencies.is_empty() {
        return Ok(());
    }
    let merged = merge_values(chart, &Map::nil(MapType::Any), &mut Vec::new())?;
    let imported = Map::new(Dict::new());
    for dependency in chart.metadata.dependencies.iter_mut().flatten() {
        let mut normalised = Vec::new();
        for entry in &dependency.import_values {
            let (child, parent) = match entry {
                ImportValue::Export(name) => (format!("exports.{name}"), ".".to_owned()),
                ImportValue::Table { child, parent } => (child.clone(), parent.clone()),
                ImportValue::Other(_) => continue,
            };
            match table(&merged, &format!("{}.{child}", dependency.name)) {
                Some(found) => merge_tables(&imported, &below(&parent, found), warnings),
                None => warnings.push(format!("import-values: no table {child} in chart {}", dependency.name)),
            }
            normalised.push(ImportValue::Table { child, parent });
        }
        dependency.import_values = normalised;
    }
    let values = deep_copy_map(&merged);
    merge_tables(&values, &imported, warnings);
    chart.values = values;
    Ok(())
}

/// `data` wrapped in one table for each part of the dotted `path`; `.` is the top.
fn below(path: &str, data: Map) -> Map {
    if path == "." {
        return data;
    }
    path.rsplit('.').fold(data, |inner, key| {
        Map::new(Dict::from([(Text::from(key), Value::Map(inner))]))
    })
}
