//! Which subcharts are enabled, and under which names: conditions, tags, aliases. Follows Helm's
//! `pkg/chart/v2/util/dependencies.go`.

use std::collections::BTreeSet;

use crate::engine::chart::{Chart, Dependency, Notice};
use crate::engine::template::{Map, Value};
use crate::text::ordered::CollectOrdered as _;
use crate::text::semver;

use super::chart_copies::{ChartCopies, TooManyCopies};
use super::coalesce::{CoalesceError, coalesce_values};
use super::import_values::import_values;
use super::tables::{path_value, table};

/// Dependencies that cannot be processed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DependenciesError {
    /// Values do not fit the subcharts.
    #[error(transparent)]
    Values(#[from] CoalesceError),
    /// Aliases copy subcharts too often.
    #[error(transparent)]
    Copies(#[from] TooManyCopies),
}

/// Drops disabled subcharts, renames aliased ones and merges `import-values`, in `chart` and all below it.
///
/// # Errors
/// When a subchart's values are not a table, or the copies that aliases make exceed a limit.
pub fn process_dependencies(
    chart: &mut Chart,
    values: &Map,
    notices: &mut Vec<Notice>,
) -> Result<(), DependenciesError> {
    enable(chart, values, "", &mut ChartCopies::default(), notices)?;
    Ok(import_values(chart, notices)?)
}

fn enable(
    chart: &mut Chart,
    values: &Map,
    path: &str,
    copies: &mut ChartCopies,
    notices: &mut Vec<Notice>,
) -> Result<(), DependenciesError> {
    if chart.metadata.dependencies.is_empty() {
        return Ok(());
    }
    resolve_aliases(chart, copies)?;
    let coalesced = coalesce_values(chart, values, notices)?;
    for dependency in chart.metadata.dependencies.iter_mut().flatten() {
        dependency.enabled = enabled_by_tags(dependency, &coalesced, notices);
        if let Some(enabled) = enabled_by_condition(dependency, &coalesced, path, notices) {
            dependency.enabled = enabled;
        }
    }
    let disabled: BTreeSet<String> = chart
        .metadata
        .declared_dependencies()
        .filter(|dependency| !dependency.enabled)
        .map(|dependency| dependency.name.clone())
        .collect_set();
    chart
        .dependencies
        .retain(|subchart| !disabled.contains(subchart.name()));
    chart.metadata.dependencies.retain(|dependency| {
        dependency
            .as_ref()
            .is_some_and(|dependency| !disabled.contains(&dependency.name))
    });
    for subchart in &mut chart.dependencies {
        let sub_path = format!("{path}{}.", subchart.name());
        enable(subchart, &coalesced, &sub_path, copies, notices)?;
    }
    Ok(())
}

/// Replaces the subcharts that dependencies name by one copy for each dependency, under its alias.
fn resolve_aliases(chart: &mut Chart, copies: &mut ChartCopies) -> Result<(), TooManyCopies> {
    let loaded = std::mem::take(&mut chart.dependencies);
    let is_meant = |subchart: &Chart, dependency: &Dependency| {
        subchart.name() == dependency.name
            && semver::is_compatible_range(&dependency.version, &subchart.metadata.version)
    };
    let declared: Vec<&Dependency> = chart.metadata.declared_dependencies().collect();
    let mut subcharts: Vec<Chart> = loaded
        .iter()
        .filter(|subchart| !declared.iter().any(|dependency| is_meant(subchart, dependency)))
        .cloned()
        .collect();
    let mut is_used = vec![false; loaded.len()];
    for dependency in declared {
        let mut candidates = loaded.iter().zip(&mut is_used);
        if let Some((subchart, is_used)) = candidates.find(|(subchart, _)| is_meant(subchart, dependency)) {
            if std::mem::replace(is_used, true) {
                copies.add(subchart, dependency, chart.name())?;
            }
            let mut subchart = subchart.clone();
            if !dependency.alias.is_empty() {
                subchart.metadata.name.clone_from(&dependency.alias);
            }
            subcharts.push(subchart);
        }
    }
    for dependency in chart.metadata.dependencies.iter_mut().flatten() {
        if !dependency.alias.is_empty() {
            dependency.name.clone_from(&dependency.alias);
        }
    }
    chart.dependencies = subcharts;
    Ok(())
}

/// A dependency is disabled when one of its tags is false and none is true.
fn enabled_by_tags(dependency: &Dependency, values: &Map, notices: &mut Vec<Notice>) -> bool {
    let Some(tags) = table(values, "tags") else { return true };
    let (mut has_true, mut has_false) = (false, false);
    for tag in &dependency.tags {
        match tags.get(tag.as_bytes()) {
            Some(Value::Bool(true)) => has_true = true,
            Some(Value::Bool(false)) => has_false = true,
            Some(_) => notices.push(Notice::Tag {
                tag: tag.clone(),
                chart: dependency.name.clone(),
            }),
            None => {}
        }
    }
    has_true || !has_false
}

/// The first condition path that leads to a boolean decides.
fn enabled_by_condition(dependency: &Dependency, values: &Map, path: &str, notices: &mut Vec<Notice>) -> Option<bool> {
    for condition in dependency
        .condition
        .trim()
        .split(',')
        .filter(|condition| !condition.is_empty())
    {
        match path_value(values, &format!("{path}{condition}")) {
            Some(Value::Bool(enabled)) => return Some(enabled),
            Some(_) => {
                notices.push(Notice::Condition {
                    path: condition.to_owned(),
                    chart: dependency.name.clone(),
                });
            }
            None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::chart::{ChartFile, load_files};
    use crate::engine::functions::yaml_value::map_from_yaml;

    /// Whether Helm 4.3 renders a subchart `d` that is declared with more of an entry, for user values.
    #[test]
    fn tags_and_conditions_decide_as_in_helm() {
        for (entry, values, expected) in [
            ("tags: [a, b]", "{}", true),
            ("tags: [a, b]", "tags: {a: true, b: false}", true),
            ("tags: [a, b]", "tags: {a: false, b: true}", true),
            ("tags: [a, b]", "tags: {a: false}", false),
            ("tags: [a, b]", "tags: {a: false, b: x}", false),
            ("tags: [a, b]", "tags: {c: false}", true),
            (
                "tags: [a], condition: d.use",
                "{tags: {a: false}, d: {use: true}}",
                true,
            ),
            (
                "tags: [a], condition: d.use",
                "{tags: {a: true}, d: {use: false}}",
                false,
            ),
            (r#"condition: "x,d.use""#, "{d: {use: false}}", false),
            (r#"condition: "x,d.use""#, "{x: true, d: {use: false}}", true),
            (r#"condition: "x,d.use""#, "{x: no-bool, d: {use: false}}", false),
            ("condition: d.use", r#"{d: {use: "false"}}"#, true),
            ("tags: [a], alias: e", "tags: {a: false}", false),
        ] {
            let metadata = "apiVersion: v2\nversion: 0.1.0\n";
            let parent = format!("{metadata}name: p\ndependencies:\n- {{name: d, version: 0.1.0, {entry}}}\n");
            let file = |name: &str, text: String| ChartFile::new(name.to_owned(), text.into_bytes());
            let mut chart = load_files(vec![
                file("Chart.yaml", parent),
                file("charts/d/Chart.yaml", format!("{metadata}name: d\n")),
            ])
            .unwrap();
            let values = map_from_yaml(values.as_bytes()).unwrap();
            process_dependencies(&mut chart, &values, &mut Vec::new()).unwrap();
            assert_eq!(chart.dependencies.len(), usize::from(expected), "{entry} {values:?}");
        }
    }
}
