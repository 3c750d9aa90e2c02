//! Files of a chart, and values files, that cannot be read; what Chart.yaml asks for and does not get.

use super::{line_span, yaml_line};
use crate::engine::chart::{Chart, LoadError};
use crate::text::diagnostic::{Diagnostic, Excerpt};
use crate::text::source::Span;
use crate::text::yaml;

/// Which file of the chart does not load, and where; `read` reads a file by its path.
pub fn explain_load(path: &str, error: &LoadError, read: &dyn Fn(&str) -> Option<Vec<u8>>) -> Option<Diagnostic> {
    match error {
        LoadError::Values(message) => in_file(path, "values.yaml", message, read),
        LoadError::Decode { file, source } => in_file(path, file, &source.to_string(), read),
        LoadError::Subchart { name, source, .. } => explain_load(&format!("{path}/charts/{name}"), source, read),
        LoadError::NoChart(_) => Some(
            Diagnostic::new(format!("`{path}` is no chart"))
                .with_help("name the directory that holds Chart.yaml, or a .tgz"),
        ),
        LoadError::Invalid(message) => {
            let key = ["version", "name", "type", "apiVersion", "maintainers", "dependencies"]
                .into_iter()
                .find(|key| message.contains(&format!("metadata.{key}")) || message.contains(key))?;
            let file = format!("{path}/Chart.yaml");
            let text = read(&file)?;
            let span = key_span(&text, &[key])?;
            Some(Diagnostic::new(message.as_str()).at(Excerpt::new(file, &text, span, "")))
        }
        _ => None,
    }
}

fn in_file(path: &str, name: &str, message: &str, read: &dyn Fn(&str) -> Option<Vec<u8>>) -> Option<Diagnostic> {
    let file = format!("{}/{name}", path.trim_end_matches('/'));
    explain_values_file(&file, &read(&file)?, message)
}

/// The place in a YAML file that an error's text names by its line.
pub fn explain_values_file(file: &str, text: &[u8], message: &str) -> Option<Diagnostic> {
    let cause = message.rsplit_once("yaml: ").map_or(message, |(_, cause)| cause);
    let line = yaml_line(message).unwrap_or(1);
    let excerpt = Excerpt::new(
        file,
        text,
        line_span(text, line),
        "reading stopped here, or on the line after",
    );
    let diagnostic = Diagnostic::new(cause).at(excerpt);
    Some(if message.contains("into Go value") {
        diagnostic.with_help("the file must be a map of keys and values")
    } else {
        diagnostic.with_help("check quotes, brackets and the indentation of this line and its neighbours")
    })
}

/// Dependencies that Chart.yaml lists and `charts/` lacks.
pub fn explain_missing_dependencies(path: &str, chart: &Chart) -> Vec<Diagnostic> {
    let Some(file) = chart.raw.iter().find(|file| matches!(file.name.as_str(), "Chart.yaml")) else {
        return Vec::new();
    };
    let mut diagnostics = Vec::new();
    let Ok(tree) = yaml::parse_first(&file.data) else {
        return diagnostics;
    };
    let list = tree.root().and_then(|root| tree.get(root, "dependencies"));
    let missing = chart.missing_dependencies();
    for entry in list
        .into_iter()
        .flat_map(|list| tree.children(list).collect::<Vec<_>>())
    {
        let Some(name) = tree.get(entry, "name") else { continue };
        if missing.contains(&tree.text(name)) {
            let excerpt = Excerpt::new(format!("{path}/Chart.yaml"), &file.data, tree.span(name), "");
            diagnostics.push(
                Diagnostic::new(format!("dependency `{}` is not in charts/", tree.text(name)))
                    .at(excerpt)
                    .with_help("`helm dependency build` fetches it; `--dependency-update` takes `file://` ones from beside the chart"),
            );
        }
    }
    diagnostics
}

/// A Kubernetes version that the chart does not take.
pub fn explain_kube_version(path: &str, chart: &Chart, assumed: &str) -> Option<Diagnostic> {
    let file = chart.raw.iter().find(|file| file.name == "Chart.yaml")?;
    let span = key_span(&file.data, &["kubeVersion"])?;
    let excerpt = Excerpt::new(
        format!("{path}/Chart.yaml"),
        &file.data,
        span,
        format!("{assumed} is outside of this"),
    );
    Some(
        Diagnostic::new(format!("the chart does not take Kubernetes {assumed}"))
            .at(excerpt)
            .with_help("name the version of your cluster with `--kube-version`"),
    )
}

fn key_span(text: &[u8], path: &[&str]) -> Option<Span> {
    let tree = yaml::parse_first(text).ok()?;
    Some(tree.span(tree.find(tree.root()?, path)?))
}
