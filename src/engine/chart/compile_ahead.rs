//! Templates compiled while other files of the chart are still being read.
//!
//! The compiled form of a template depends only on its name and text, and both are known once Chart.yaml has been read.
//! Rendering looks up compiled templates by name and compiles the rest.

use serde_json::Value;

use super::compat::Compat;
use super::load::ChartFile;
use crate::engine::template::{CompiledSource, Compiler, FunctionLookup, Text};

/// Which files are templates that will be rendered, and their names.
#[derive(Debug)]
pub(super) struct CompileAhead {
    functions: FunctionLookup,
    chart: String,
    /// Dependencies that Chart.yaml lists; without one of them the chart is refused before its templates matter.
    dependencies: usize,
    /// Dependencies that values may disable.
    conditional: Vec<String>,
}

impl CompileAhead {
    /// For a chart that can be installed, by its Chart.yaml.
    pub(super) fn of_chart(chart_yaml: &Value, compat: Compat) -> Option<Self> {
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        if !matches!(text(chart_yaml, "type").as_str(), "" | "application") {
            return None;
        }
        let listed = chart_yaml.get("dependencies").and_then(Value::as_array);
        let listed = listed.map(Vec::as_slice).unwrap_or_default();
        let conditional = listed
            .iter()
            .filter(|dependency| !text(dependency, "condition").is_empty());
        Some(Self {
            functions: compat.functions(),
            chart: text(chart_yaml, "name"),
            dependencies: listed.len(),
            conditional: conditional.map(|dependency| text(dependency, "name")).collect(),
        })
    }

    /// Whether `charts/` may contain all dependencies, by the names of the chart's files.
    pub(super) fn is_complete<'f>(&self, names: impl Iterator<Item = &'f str>) -> bool {
        let mut last = "";
        let mut entries = 0;
        for inside in names.filter_map(|name| name.strip_prefix("charts/")) {
            let entry = inside.split('/').next().unwrap_or(inside);
            entries += usize::from(entry != last);
            last = entry;
        }
        entries >= self.dependencies
    }

    /// The file, compiled, when it is a template and has no error: errors are reported in the order Helm finds them.
    pub(super) fn compile(&self, file: &ChartFile, compiler: &mut Compiler) -> Option<CompiledSource> {
        let inside = match file.name.strip_prefix("charts/") {
            Some(below) => {
                let (subchart, inside) = below.split_once('/')?;
                (!self.conditional.iter().any(|name| name == subchart)).then_some(inside)?
            }
            None => &file.name,
        };
        if !inside.starts_with("templates/") {
            return None;
        }
        let name = Text::from(format!("{}/{}", self.chart, file.name));
        CompiledSource::compile(compiler, name, Text::from(&file.data), self.functions).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHART_YAML: &str = r#"{
        "name": "shop",
        "dependencies": [{"name": "common"}, {"name": "cache", "condition": "cache.enabled"}]
    }"#;

    fn ahead() -> CompileAhead {
        CompileAhead::of_chart(&serde_json::from_str(CHART_YAML).unwrap(), Compat::Helm4).unwrap()
    }

    #[test]
    fn templates_that_will_be_rendered_are_compiled() {
        for (name, text, compiled) in [
            ("templates/a.yaml", "{{ .Values.a }}", true),
            ("templates/deep/_b.tpl", "{{ define \"b\" }}{{ end }}", true),
            ("templates/NOTES.txt", "", true),
            ("templates/broken.yaml", "{{ if }}", false),
            ("templates", "", false),
            ("values.yaml", "a: 1", false),
            ("crds/a.yaml", "", false),
            ("charts/common/templates/_c.tpl", "", true),
            ("charts/common/values.yaml", "", false),
            ("charts/cache/templates/a.yaml", "", false),
            ("charts/common/charts/deep/templates/a.yaml", "", false),
            ("charts/common.tgz", "", false),
        ] {
            let file = ChartFile::new(name.to_owned(), text.as_bytes());
            let source = ahead().compile(&file, &mut Compiler::default());
            assert_eq!(source.is_some(), compiled, "{name}");
            if let Some(source) = source {
                assert_eq!(source.name().as_bytes(), format!("shop/{name}").as_bytes());
            }
        }
    }

    #[test]
    fn charts_that_are_refused_are_not_compiled() {
        let library = serde_json::json!({"name": "shop", "type": "library"});
        assert!(CompileAhead::of_chart(&library, Compat::Helm4).is_none());
        for (names, complete) in [
            (vec!["Chart.yaml", "charts/cache/Chart.yaml", "charts/common.tgz"], true),
            (
                vec!["Chart.yaml", "charts/cache/Chart.yaml", "charts/cache/values.yaml"],
                false,
            ),
            (vec![], false),
        ] {
            assert_eq!(ahead().is_complete(names.into_iter()), complete);
        }
    }
}
