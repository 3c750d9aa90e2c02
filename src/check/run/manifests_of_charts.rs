//! What other manifests are judged by and a chart brings: the definitions of custom resources, in the files of its `crds/` and of its
//! subcharts' and among its rendered templates; and the policies of a cluster, among all that it renders.
//!
//! In: the directory or archive of a chart. Out: texts. A chart that renders no definitions with its defaults is rendered once
//! more with the switches on that charts usually have for them (`crds.enabled`, `installCRDs`).

use std::path::Path;

use crate::engine::chart::{Chart, LoadError, is_archive_name, load_chart, read_values};
use crate::engine::render::{
    Capabilities, Operation, Release, RenderedFile, SchemaCheck, WholeRendering, compile_chart, default_release_name,
    render_values, render_whole,
};
use crate::engine::template::{Map, Options, World};
use crate::engine::values::process_dependencies;
use crate::kubernetes::validate::CustomSchemas;

use super::request::no_values;

/// Values with which charts render their definitions.
const SWITCHES: &[u8] = b"installCRDs: true\ncrds: {enabled: true, install: true, create: true, keep: true}\n";

/// Whether a path is a chart: an archive, or a directory with a Chart.yaml.
pub fn is_chart(path: &Path) -> bool {
    (is_archive_name(path) && path.is_file()) || path.join("Chart.yaml").is_file()
}

/// The definitions of a chart.
///
/// # Errors
/// When the chart cannot be loaded. Templates that fail bring no definitions.
pub fn chart_definitions(path: &Path, world: &mut dyn World) -> Result<Vec<Vec<u8>>, LoadError> {
    let chart = load_chart(path)?;
    let mut texts: Vec<Vec<u8>> = chart
        .crds(chart.name())
        .iter()
        .map(|definition| definition.file.data.to_vec())
        .collect();
    let mut rendered = render_definitions(&chart, &no_values(), world);
    if texts.is_empty()
        && rendered.is_empty()
        && let Ok(switches) = read_values(SWITCHES)
    {
        rendered = render_definitions(&chart, &switches, world);
    }
    texts.extend(rendered);
    Ok(texts)
}

/// Why a chart gives no manifests.
#[derive(Debug, thiserror::Error)]
pub enum ManifestsError {
    /// It cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// It does not render with its defaults.
    #[error("the chart does not render with its defaults: {0}")]
    Render(String),
}

/// The manifests that a chart renders with its defaults, each file one.
///
/// # Errors
/// When the chart cannot be loaded, or a template fails.
pub fn chart_manifests(path: &Path, world: &mut dyn World) -> Result<Vec<Vec<u8>>, ManifestsError> {
    let chart = load_chart(path)?;
    let rendering = render(&chart, &no_values(), world).map_err(ManifestsError::Render)?;
    if let Some(failure) = rendering.failures.first() {
        return Err(ManifestsError::Render(failure.to_string()));
    }
    let files = rendering.files.into_iter().filter(RenderedFile::is_manifest);
    Ok(files.map(|file| file.text.to_vec()).collect())
}

/// The rendered files that contain a definition.
fn render_definitions(chart: &Chart, values: &Map, world: &mut dyn World) -> Vec<Vec<u8>> {
    let Ok(rendering) = render(chart, values, world) else {
        return Vec::new();
    };
    let texts = rendering.files.into_iter().map(|file| file.text.to_vec());
    texts.filter(|text| CustomSchemas::is_definition(text)).collect()
}

/// Renders all templates of a chart.
///
/// # Errors
/// Why it cannot be rendered at all.
fn render(chart: &Chart, values: &Map, world: &mut dyn World) -> Result<WholeRendering, String> {
    let mut chart = chart.clone();
    let mut warnings = Vec::new();
    process_dependencies(&mut chart, values, &mut warnings).map_err(|error| error.to_string())?;
    let release = Release {
        name: default_release_name().to_owned(),
        namespace: "default".to_owned(),
        operation: Operation::Install,
    };
    let capabilities = Capabilities::new(None, &[]);
    let skipped = SchemaCheck::Skipped;
    let top = render_values(&chart, values, &release, &capabilities, skipped, &mut warnings)
        .map_err(|error| error.to_string())?;
    let templates = compile_chart(&chart).map_err(|error| error.to_string())?;
    Ok(render_whole(&chart, &templates, &top, Options::default(), world))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::render::FixedClock;

    const DEFINITION: &str =
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: NAME}\n";

    /// The names of the definitions of a chart with these files.
    fn names(files: &[(&str, &str)]) -> Vec<String> {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text.replace("DEFINITION", DEFINITION)).unwrap();
        }
        assert!(is_chart(directory.path()));
        let mut world = FixedClock::new(0, |bytes: &mut [u8]| bytes.fill(9));
        let texts = chart_definitions(directory.path(), &mut world).unwrap();
        let texts = texts.iter().map(|text| String::from_utf8_lossy(text).into_owned());
        let name = |text: String| {
            text.split("name: ")
                .nth(1)
                .unwrap()
                .split('}')
                .next()
                .unwrap()
                .to_owned()
        };
        texts.map(name).collect()
    }

    #[test]
    fn definitions_are_in_crds_and_in_templates() {
        let chart = ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n");
        let crd = ("crds/a.yaml", "DEFINITION");
        let template = ("templates/b.yaml", "DEFINITIONspec: {group: {{ .Release.Name }}}\n");
        let switched = ("templates/c.yaml", "{{ if .Values.crds.enabled }}\nDEFINITION{{ end }}");
        let off = ("values.yaml", "crds: {enabled: false}\n");
        let broken = ("templates/d.yaml", "{{ fail \"no\" }}");
        for (files, want) in [
            (&[chart, crd][..], 1),
            (&[chart, crd, template], 2),
            (&[chart, template, broken], 1),
            (&[chart, off, switched], 1),
            (&[chart, off, switched, crd], 1),
            (&[chart], 0),
        ] {
            assert_eq!(names(files), vec!["NAME"; want], "{files:?}");
        }
        let subchart = ("charts/s/Chart.yaml", "apiVersion: v2\nname: s\nversion: 0.1.0\n");
        assert_eq!(
            names(&[chart, subchart, ("charts/s/crds/a.yaml", "DEFINITION")]).len(),
            1
        );
    }
}
