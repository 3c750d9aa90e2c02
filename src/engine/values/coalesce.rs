//! Coalescing: user values over chart values, chart by chart, globals passed down. Follows Helm 4.3's
//! `pkg/chart/common/util/coalesce.go`, nulls included (Helm 3 lets the chart's own nulls through).

use crate::engine::chart::{Chart, Compat, Notice, ValuesNotice};
use crate::engine::template::printf::sprintf;
use crate::engine::template::{Dict, Map, Text, Value};

use super::tables::{deep_copy, deep_copy_map};
use crate::text::go::quote::quote;

/// Key under which values are visible to every subchart.
const GLOBAL: &str = "global";

/// Values that cannot be coalesced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CoalesceError {
    /// A scalar or list is found where a subchart's values belong.
    #[error("type mismatch on {name}: {found}")]
    NotATable {
        /// Name of the subchart.
        name: String,
        /// The value, as Go's `%t` prints values that are not booleans.
        found: String,
    },
}

/// What to do with nulls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nulls {
    /// A user's null removes the chart's key.
    Remove,
    /// Nulls stay, for a later coalescing to see.
    Keep,
}

/// The values a chart renders with. `notices` receives what Helm logs.
///
/// # Errors
/// When a subchart's values are not a table.
pub fn coalesce_values(chart: &Chart, values: &Map, notices: &mut Vec<Notice>) -> Result<Map, CoalesceError> {
    let values = deep_copy_map(values);
    Coalescer { notices }.chart(chart, &values, "", Nulls::Remove)?;
    Ok(values)
}

/// As [`coalesce_values`], nulls kept: for steps that coalesce again later.
///
/// # Errors
/// When a subchart's values are not a table.
pub fn merge_values(chart: &Chart, values: &Map, notices: &mut Vec<Notice>) -> Result<Map, CoalesceError> {
    let values = deep_copy_map(values);
    Coalescer { notices }.chart(chart, &values, "", Nulls::Keep)?;
    Ok(values)
}

/// Merges `source` below `target`, which wins; nulls are kept. Helm's `MergeTables`.
pub(super) fn merge_tables(target: &Map, source: &Map, notices: &mut Vec<Notice>) {
    Coalescer { notices }.tables(target, source, "", Nulls::Keep);
}

/// Merges `source` below `target`, which wins; a null in `target` removes the key. Helm's `CoalesceTables`.
pub fn coalesce_tables(target: &Map, source: &Map, notices: &mut Vec<Notice>) {
    Coalescer { notices }.tables(target, source, "", Nulls::Remove);
}

struct Coalescer<'w> {
    notices: &'w mut Vec<Notice>,
}

impl Coalescer<'_> {
    fn chart(&mut self, chart: &Chart, target: &Map, prefix: &str, nulls: Nulls) -> Result<(), CoalesceError> {
        self.own_values(chart, target, prefix, nulls);
        for subchart in &chart.dependencies {
            let name = subchart.name();
            let sub_target = match target.get(name.as_bytes()) {
                None => {
                    let empty = Map::new(Dict::new());
                    target.insert(Text::from(name), Value::Map(empty.clone()));
                    empty
                }
                Some(Value::Map(map)) if !map.is_nil() => map,
                Some(Value::Map(_)) => {
                    let empty = Map::new(Dict::new());
                    target.insert(Text::from(name), Value::Map(empty.clone()));
                    empty
                }
                Some(other) => {
                    let found = sprintf(b"%t", std::slice::from_ref(&other));
                    return Err(CoalesceError::NotATable {
                        name: name.to_owned(),
                        found: String::from_utf8_lossy(&found).into_owned(),
                    });
                }
            };
            let sub_prefix = join(prefix, chart.name());
            self.globals(&sub_target, target, &sub_prefix);
            self.chart(subchart, &sub_target, &sub_prefix, nulls)?;
        }
        Ok(())
    }

    /// Copies the globals of `source` into `target`, the parent's winning.
    fn globals(&mut self, target: &Map, source: &Map, prefix: &str) {
        let target_globals = match target.get(GLOBAL.as_bytes()) {
            None => Map::new(Dict::new()),
            Some(Value::Map(map)) if !map.is_nil() => map,
            Some(_) => {
                let text = format!("warning: skipping globals because destination {GLOBAL} is not a table.");
                self.note(138, text);
                return;
            }
        };
        let source_globals = match source.get(GLOBAL.as_bytes()) {
            None => Map::new(Dict::new()),
            Some(Value::Map(map)) => map,
            Some(_) => {
                let text = format!("warning: skipping globals because source {GLOBAL} is not a table.");
                self.note(145, text);
                return;
            }
        };
        for (key, value) in source_globals.snapshot() {
            match (value, target_globals.entry(&key)) {
                (Value::Map(table), existing) => {
                    let copy = Map::new(table.with(Clone::clone));
                    match existing {
                        None => {}
                        Some(Value::Map(existing)) => {
                            self.tables(&copy, &existing, &join(prefix, &key.to_str_lossy()), Nulls::Keep);
                        }
                        Some(_) => {
                            let key = quote(key.as_bytes());
                            self.note(
                                161,
                                format!("Conflict: cannot merge map onto non-map for {key}. Skipping."),
                            );
                            continue;
                        }
                    }
                    target_globals.insert(key, Value::Map(copy));
                }
                (_, Some(Value::Map(_))) => self.note(175, format!("key {key} is table. Skipping")),
                (value, _) => {
                    target_globals.insert(key, value);
                }
            }
        }
        target.insert(Text::from(GLOBAL), Value::Map(target_globals));
    }

    fn own_values(&mut self, chart: &Chart, target: &Map, prefix: &str, nulls: Nulls) {
        let sub_prefix = join(prefix, chart.name());
        for (key, default) in chart.values.snapshot() {
            match target.entry(&key) {
                Some(Value::Nil) if nulls == Nulls::Remove => {
                    target.remove(key.as_bytes());
                }
                Some(Value::Map(table)) => match deep_copy(&default) {
                    Value::Map(default) => {
                        let is_subchart = chart
                            .dependencies
                            .iter()
                            .any(|sub| sub.name().as_bytes() == key.as_bytes());
                        let nulls = if is_subchart { Nulls::Keep } else { nulls };
                        if nulls == Nulls::Remove && chart.compat == Compat::Helm4 {
                            drop_nulls(&default);
                        }
                        self.tables(&table, &default, &join(&sub_prefix, &key.to_str_lossy()), nulls);
                    }
                    Value::Nil => {}
                    _ => self.note(
                        237,
                        format!("warning: skipped value for {sub_prefix}.{key}: Not a table."),
                    ),
                },
                Some(_) => {}
                None => {
                    let cleans = nulls == Nulls::Remove && chart.compat == Compat::Helm4;
                    if cleans && matches!(default, Value::Nil) {
                        continue;
                    }
                    let default = deep_copy(&default);
                    if let (true, Value::Map(table)) = (cleans, &default) {
                        drop_nulls(table);
                    }
                    target.insert(key, default);
                }
            }
        }
    }

    fn tables(&mut self, target: &Map, source: &Map, prefix: &str, nulls: Nulls) {
        if source.is_nil() || target.is_nil() {
            return;
        }
        let source_entries = source.snapshot();
        for (key, value) in target.snapshot() {
            if matches!(value, Value::Nil) {
                source.insert(key, Value::Nil);
            }
        }
        // A null of the target that the source does not have is preserved, so only the source's own keys are walked.
        for (key, original) in source_entries {
            let had_value = !matches!(original, Value::Nil);
            let value = source.entry(&key).unwrap_or_default();
            match target.entry(&key) {
                Some(Value::Nil) if nulls == Nulls::Remove && had_value => {
                    target.remove(key.as_bytes());
                }
                None => {
                    target.insert(key, value);
                }
                Some(existing) => self.existing(&existing, &value, &join(prefix, &key.to_str_lossy()), nulls),
            }
        }
    }

    fn existing(&mut self, target: &Value, source: &Value, full_key: &str, nulls: Nulls) {
        match (target, source) {
            (Value::Map(target), Value::Map(source)) => self.tables(target, source, full_key, nulls),
            (_, Value::Map(_)) => {
                let value = source.display();
                let text = format!("warning: cannot overwrite table with non table for {full_key} ({value})");
                self.note(316, text);
            }
            (Value::Map(_), source) if !matches!(source, Value::Nil) => {
                let value = source.display();
                let text =
                    format!("warning: destination for {full_key} is a table. Ignoring non-table value ({value})");
                self.note(319, text);
            }
            _ => {}
        }
    }

    /// `line` is that of Helm 3's coalesce.go.
    fn note(&mut self, line: u32, text: String) {
        self.notices.push(Notice::Values(ValuesNotice { text, line }));
    }
}

fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() {
        key.to_owned()
    } else {
        format!("{prefix}.{key}")
    }
}

/// Removes null entries, in nested tables too.
fn drop_nulls(map: &Map) {
    for (key, value) in map.snapshot() {
        match value {
            Value::Nil => {
                map.remove(key.as_bytes());
            }
            Value::Map(table) => drop_nulls(&table),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::chart::{ChartFile, load_files};
    use crate::engine::functions::json::to_go_json;
    use crate::engine::functions::yaml_value::map_from_yaml;
    use crate::engine::values::process_dependencies;

    #[test]
    fn a_global_table_of_a_subchart_is_not_overwritten() {
        let target = map_from_yaml(b"global: {g: {a: 1}}").unwrap();
        let source = map_from_yaml(b"global: {g: 1, h: 2}").unwrap();
        let mut notices = Vec::new();
        Coalescer { notices: &mut notices }.globals(&target, &source, "p");
        let json = to_go_json(&Value::Map(target)).unwrap();
        assert_eq!(String::from_utf8(json).unwrap(), r#"{"global":{"g":{"a":1},"h":2}}"#);
        let text = "key g is table. Skipping".to_owned();
        assert_eq!(notices, [Notice::Values(ValuesNotice { text, line: 175 })]);
    }

    /// values.yaml of a chart and of its subchart `d`, user values, and `.Values` in Helm 4.3 and Helm 3.22.
    const NULLS: &[[&str; 5]] = &[
        [
            "d: {x: null, k: 1}\n",
            "x: 5\nk: 2\nz: null\nw: {a: 1, b: null}\n",
            "{}",
            r#"{"d":{"global":{},"k":1,"w":{"a":1},"x":5}}"#,
            r#"{"d":{"global":{},"k":1,"w":{"a":1,"b":null}}}"#,
        ],
        [
            "d: {x: null, k: 1}\n",
            "x: 5\nk: 2\n",
            "d: {k: null}",
            r#"{"d":{"global":{}}}"#,
            r#"{"d":{"global":{}}}"#,
        ],
        [
            "a: {b: null, c: 1}\ne: null\n",
            "x: 1\n",
            "a: {c: null}",
            r#"{"a":{},"d":{"global":{},"x":1}}"#,
            r#"{"a":{"b":null},"d":{"global":{},"x":1},"e":null}"#,
        ],
        [
            "a: 1\n",
            "x: {k: 1, z: 2}\n",
            "d: {x: {k: null}}",
            r#"{"a":1,"d":{"global":{},"x":{"z":2}}}"#,
            r#"{"a":1,"d":{"global":{},"x":{"z":2}}}"#,
        ],
        [
            "d: {x: {k: null}}\n",
            "x: {k: 1, z: 2}\n",
            "{}",
            r#"{"d":{"global":{},"x":{"k":1,"z":2}}}"#,
            r#"{"d":{"global":{},"x":{"z":2}}}"#,
        ],
        [
            "global: {g: null, h: 1}\n",
            "global: {g: 1, h: 2, i: null}\n",
            "{}",
            r#"{"d":{"global":{"g":1,"h":1}},"global":{"h":1}}"#,
            r#"{"d":{"global":{"h":1,"i":null}},"global":{"g":null,"h":1}}"#,
        ],
        [
            "global: {g: {a: 1}}\n",
            "global: {g: {b: null, a: 2}}\n",
            "global: {g: {c: 3}}",
            r#"{"d":{"global":{"g":{"a":1,"c":3}}},"global":{"g":{"a":1,"c":3}}}"#,
            r#"{"d":{"global":{"g":{"a":1,"b":null,"c":3}}},"global":{"g":{"a":1,"c":3}}}"#,
        ],
        [
            "d: {x: {k: 1}}\n",
            "x: null\n",
            "{}",
            r#"{"d":{"global":{},"x":{"k":1}}}"#,
            r#"{"d":{"global":{},"x":{"k":1}}}"#,
        ],
        [
            "a: {b: {c: null, d: 1}}\n",
            "",
            "a: {b: {e: 1}}",
            r#"{"a":{"b":{"d":1,"e":1}},"d":{"global":{}}}"#,
            r#"{"a":{"b":{"c":null,"d":1,"e":1}},"d":{"global":{}}}"#,
        ],
    ];

    #[test]
    fn nulls_remove_what_they_remove_in_helm() {
        for [parent, child, user, helm4, helm3] in NULLS {
            for (compat, expected) in [(Compat::Helm4, helm4), (Compat::Helm3, helm3)] {
                let metadata = "apiVersion: v2\nversion: 0.1.0\n";
                let file = |name: &str, text: String| ChartFile::new(name.to_owned(), text.into_bytes());
                let mut chart = load_files(vec![
                    file(
                        "Chart.yaml",
                        format!("{metadata}name: p\ndependencies: [{{name: d, version: 0.1.0}}]\n"),
                    ),
                    file("values.yaml", (*parent).to_owned()),
                    file("charts/d/Chart.yaml", format!("{metadata}name: d\n")),
                    file("charts/d/values.yaml", (*child).to_owned()),
                ])
                .unwrap();
                chart.follow(compat);
                let user = map_from_yaml(user.as_bytes()).unwrap();
                process_dependencies(&mut chart, &user, &mut Vec::new()).unwrap();
                let values = coalesce_values(&chart, &user, &mut Vec::new()).unwrap();
                let json = to_go_json(&Value::Map(values)).unwrap();
                assert_eq!(
                    String::from_utf8(json).unwrap(),
                    *expected,
                    "{compat:?} {parent} {child} {user:?}"
                );
            }
        }
    }
}
