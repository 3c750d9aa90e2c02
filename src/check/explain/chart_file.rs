//! Files of a chart that cannot be read, and what Chart.yaml asks for and does not get.

use std::path::Path;

use super::yaml_fault;
use crate::check::finding::{Finding, Location, Place};
use crate::engine::chart::{Chart, LoadError};
use crate::text::rule::Rule;
use crate::text::semver::Constraint;
use crate::text::source::{SourceFile, Span, join_shown};
use crate::text::yaml;

/// Why a chart does not load, at the file and line that keep it from loading. `path` is the chart's path as reports show it;
/// `read` reads a file of the chart by its path inside it.
pub fn explain_load(path: &str, error: &LoadError, read: &dyn Fn(&str) -> Option<Vec<u8>>) -> Finding {
    explain_inside(path, "", error, read)
}

fn explain_inside(path: &str, inside: &str, error: &LoadError, read: &dyn Fn(&str) -> Option<Vec<u8>>) -> Finding {
    let file = |name: &str| {
        let name = join_shown(inside, name);
        let shown = join_shown(path, &name);
        read(&name).map_or_else(
            || SourceFile::without_text(shown.as_str()),
            |text| SourceFile::new(shown.as_str(), text),
        )
    };
    let whole = |name: &str| Location::whole(file(name));
    match error {
        LoadError::Values(message) => yaml_fault(Rule::ValuesFormat, &file("values.yaml"), message),
        LoadError::ValuesTooLarge(message) => Finding::new(Rule::ValuesFormat, whole("values.yaml"), message),
        LoadError::Decode { file: name, source } => yaml_fault(Rule::ChartYamlFormat, &file(name), &source.to_string()),
        LoadError::MetadataTooLarge { file: name, problem } => {
            Finding::new(Rule::ChartYamlFormat, whole(name), problem)
        }
        LoadError::Subchart { name, source, .. } => {
            explain_inside(path, &join_shown(inside, &format!("charts/{name}")), source, read)
        }
        LoadError::NoChart(_) => {
            let directory = if path.is_empty() { "." } else { path };
            let message = format!("`{directory}` is not a chart: Chart.yaml file is missing");
            Finding::new(Rule::ChartLoad, whole("Chart.yaml"), message)
                .with_help("name the directory that holds Chart.yaml, or a .tgz")
        }
        LoadError::Invalid(message) => {
            let file = file("Chart.yaml");
            let keys = ["version", "name", "type", "apiVersion", "maintainers", "dependencies"];
            let key = keys
                .into_iter()
                .find(|key| message.contains(&format!("metadata.{key}")))
                .or_else(|| keys.into_iter().find(|key| message.contains(key)));
            let span = key.and_then(|key| key_span(file.text(), &[key]));
            let location = span.map_or_else(
                || Location::whole(file.clone()),
                |span| Location::new(file.clone(), span),
            );
            Finding::new(Rule::ChartLoad, location, message)
        }
        LoadError::Link { path: link, .. } => {
            let message = format!("the link {} leads nowhere", inside_chart(path, link));
            Finding::new(Rule::ChartLoad, whole("Chart.yaml"), message)
                .with_help("remove the link, or make what it leads to")
        }
        LoadError::Irregular(found) => {
            let name = inside_chart(path, found);
            let message = format!("{name} is neither a file nor a directory: Helm does not load such a chart");
            Finding::new(Rule::ChartLoad, whole("Chart.yaml"), message)
        }
        LoadError::Unloadable(source) => {
            let message = format!("the archive cannot be read: {source}");
            Finding::new(Rule::ChartLoad, whole("Chart.yaml"), message)
        }
        LoadError::Ignore(error) => Finding::new(Rule::ChartLoad, whole(".helmignore"), error.to_string()),
        other => Finding::new(Rule::ChartLoad, whole("Chart.yaml"), other.to_string()),
    }
}

/// A path below a chart from the chart on, so that the words are the same wherever the command runs.
fn inside_chart(chart: &str, path: &Path) -> String {
    let whole = path.to_string_lossy();
    let name = chart
        .rsplit('/')
        .next()
        .filter(|name| !name.is_empty() && !name.starts_with('.'));
    let rest = name.and_then(|name| whole.rsplit_once(&format!("/{name}/")));
    match rest {
        Some((_, rest)) => format!("`{rest}`"),
        None => format!("`{}`", path.file_name().unwrap_or_default().to_string_lossy()),
    }
}

/// What to do about missing dependencies.
const DEPENDENCY_ADVICE: &str =
    "`chartwright dependency build` puts what is missing into charts/, and --dependency-update fetches it for this run";

/// The dependencies that Chart.yaml (or requirements.yaml) lists and `charts/` lacks, as one finding: one command mends it.
pub fn explain_missing_dependencies(chart: &Chart) -> Option<Finding> {
    let missing = chart.missing_dependencies();
    let declared: Vec<SourceFile> = ["Chart.yaml", "requirements.yaml"]
        .into_iter()
        .map(|name| chart.source_file(name))
        .collect();
    let place = |name: &str| {
        declared.iter().find_map(|file| {
            let span = dependency_span(file.text(), name)?;
            Some(Location::new(file.clone(), span))
        })
    };
    let (first, others) = missing.split_first()?;
    let primary = place(first).unwrap_or_else(|| Location::whole(chart.source_file("Chart.yaml")));
    let names: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
    let message = match others {
        [] => format!("dependency {} is not in charts/", names.join(", ")),
        _ => format!("dependencies {} are not in charts/", names.join(", ")),
    };
    let mut finding = Finding::new(Rule::DependencyMissing, primary, message).with_help(DEPENDENCY_ADVICE);
    for location in others.iter().filter_map(|name| place(name)) {
        finding = finding.with_related("and", Place::Named(location));
    }
    Some(finding)
}

/// A chart beside the chart that cannot be taken, at the place where Chart.yaml asks for it: `is_wanted` picks the dependency by
/// its name and its repository.
pub fn explain_neighbour(file: SourceFile, message: &str, is_wanted: &dyn Fn(&str, &str) -> bool) -> Finding {
    let location = match entry_span(file.text(), is_wanted) {
        Some(span) => Location::new(file, span),
        None => Location::whole(file),
    };
    Finding::new(Rule::ChartDependencies, location, message)
}

/// Where a file lists a dependency of that name.
fn dependency_span(text: &[u8], wanted: &str) -> Option<Span> {
    entry_span(text, &|name, _| name == wanted)
}

/// The name of the first dependency that is wanted, by its name and its repository.
fn entry_span(text: &[u8], is_wanted: &dyn Fn(&str, &str) -> bool) -> Option<Span> {
    let tree = yaml::parse_first(text).ok()?;
    let list = tree.get(tree.root()?, "dependencies")?;
    let entries = tree.children(tree.target(list)).map(|entry| tree.target(entry));
    let text_of = |entry, key| tree.get(entry, key).map_or("", |value| tree.text(value));
    entries
        .filter(|&entry| is_wanted(text_of(entry, "name"), text_of(entry, "repository")))
        .find_map(|entry| tree.get(entry, "name"))
        .map(|name| tree.span(name))
}

/// A Kubernetes version that the chart does not accept.
pub fn explain_kube_version(chart: &Chart, assumed: &str) -> Finding {
    let file = chart.source_file("Chart.yaml");
    let location = match key_span(file.text(), &["kubeVersion"]) {
        Some(span) => Location::new(file, span),
        None => Location::whole(file),
    };
    let wanted = &chart.metadata.kube_version;
    if let Err(error) = Constraint::parse(wanted) {
        let message = format!("kubeVersion `{wanted}` is not a range of versions: {error}");
        return Finding::new(Rule::ChartKubeVersion, location, message);
    }
    let message = format!("the chart does not accept Kubernetes {assumed}");
    Finding::new(Rule::ChartKubeVersion, location, message)
        .with_help("name the version of your cluster with `--kube-version`")
}

fn key_span(text: &[u8], path: &[&str]) -> Option<Span> {
    let tree = yaml::parse_first(text).ok()?;
    Some(tree.span(tree.find(tree.root()?, path)?))
}
