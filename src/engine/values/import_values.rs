//! `import-values`: tables of a subchart's values that its parent takes over, below the parent's own values.

use crate::engine::chart::{Chart, ImportValue, Notice};
use crate::engine::template::{Dict, Map, MapType, Text, Value};

use super::coalesce::{CoalesceError, merge_tables, merge_values};
use super::tables::{deep_copy_map, table_or_key};

/// Processes `import-values` of all charts below `chart`, then its own: children first, as values may pass through.
pub(super) fn import_values(chart: &mut Chart, notices: &mut Vec<Notice>) -> Result<(), CoalesceError> {
    for subchart in &mut chart.dependencies {
        import_values(subchart, notices)?;
    }
    if chart.metadata.dependencies.is_empty() {
        return Ok(());
    }
    let merged = merge_values(chart, &Map::nil(MapType::Any), notices)?;
    let imported = Map::new(Dict::new());
    for dependency in chart.metadata.dependencies.iter_mut().flatten() {
        let mut normalised = Vec::new();
        for entry in &dependency.import_values {
            let (child, parent) = match entry {
                ImportValue::Export(name) => (format!("exports.{name}"), ".".to_owned()),
                ImportValue::Table { child, parent } => (child.clone(), parent.clone()),
                ImportValue::Other(_) => continue,
            };
            let chart = &dependency.name;
            match table_or_key(&merged, &format!("{chart}.{child}")) {
                Ok(found) => merge_tables(&imported, &below(&parent, found), notices),
                Err(key) => notices.push(match entry {
                    ImportValue::Export(_) => Notice::MissingExport { key },
                    _ => Notice::MissingTable {
                        chart: chart.clone(),
                        key,
                    },
                }),
            }
            normalised.push(ImportValue::Table { child, parent });
        }
        dependency.import_values = normalised;
    }
    let values = deep_copy_map(&merged);
    merge_tables(&values, &imported, notices);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::chart::{ChartFile, Compat, load_files};
    use crate::engine::functions::json::to_go_json;
    use crate::engine::values::process_dependencies;

    /// A chart, its subchart and that one's: the chart's values after Helm 4.3 has imported.
    #[test]
    fn tables_pass_through_charts_to_where_they_are_wanted() {
        let file = |name: &str, text: &str| ChartFile::new(name.to_owned(), text.as_bytes().to_vec());
        let mut chart = load_files(vec![
            file(
                "Chart.yaml",
                "apiVersion: v2\nname: p\nversion: 0.1.0\ndependencies:\n- {name: d, version: 0.1.0, import-values: [data, \
                 {child: t.u, parent: x.w}, {child: up, parent: .}, {child: none, parent: .}]}\n",
            ),
            file("values.yaml", "x: {w: {own: 1}}\n"),
            file(
                "charts/d/Chart.yaml",
                "apiVersion: v2\nname: d\nversion: 0.1.0\ndependencies:\n- {name: e, version: 0.1.0, import-values: \
                 [{child: deep, parent: up}]}\n",
            ),
            file(
                "charts/d/values.yaml",
                "exports: {data: {from: d, x: {w: {own: 2}}}}\nt: {u: {k: 1, own: 3}}\n",
            ),
            file("charts/d/charts/e/Chart.yaml", "apiVersion: v2\nname: e\nversion: 0.1.0\n"),
            file("charts/d/charts/e/values.yaml", "deep: {below: true}\n"),
        ])
        .unwrap();
        let mut notices = Vec::new();
        process_dependencies(&mut chart, &Map::new(Dict::new()), &mut notices).unwrap();
        let values = chart.values.clone();
        values.remove(b"d");
        let json = to_go_json(&Value::Map(values)).unwrap();
        assert_eq!(
            String::from_utf8(json).unwrap(),
            r#"{"below":true,"from":"d","x":{"w":{"k":1,"own":1}}}"#
        );
        let lines: Vec<String> = notices.iter().map(|notice| notice.line(Compat::Helm4)).collect();
        let missing =
            "level=WARN msg=\"ImportValues missing table from chart\" chart=d error=\"\\\"none\\\" is not a table\"";
        assert_eq!(lines, [missing]);
    }
}
