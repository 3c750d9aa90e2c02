//! From files to a chart: the role of each file, subcharts in `charts/`, values. Follows `pkg/chart/v2/loader/load.go`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::archive::{GZIP_START, UnpackBudget, read_archive_within};
use super::compat::Compat;
use super::compile_ahead::CompileAhead;
use super::directory::read_directory_and_values;
use super::go_decode::{DecodeError, Object, StructContext};
use super::load_error::{LoadError, MAX_SUBCHART_DEPTH};
use super::lock_file::Lock;
use super::metadata::Metadata;
use super::metadata_size::check_metadata_size;
use super::notice::Notice;
use super::place::ChartPlace;
use super::text_floats::{Shape, json_of_shape};
use super::values_file::{count_values, read_values_as};
use crate::engine::template::{CompiledSource, Map, MapType};
use crate::text::limits::FILE_BYTES;
use crate::text::source::{Named, SourceFile, read_file};

/// One file of a chart.
#[derive(Debug, Clone)]
pub struct ChartFile {
    /// Path inside the chart, with `/`.
    pub name: String,
    /// Content, without a byte order mark.
    pub data: Arc<[u8]>,
    /// The file as findings refer to it, once one does: thousands of them share its lines.
    pub(super) source: OnceLock<SourceFile>,
}

impl ChartFile {
    /// A file.
    pub fn new(name: String, data: impl Into<Arc<[u8]>>) -> Self {
        Self {
            name,
            data: data.into(),
            source: OnceLock::new(),
        }
    }
}

/// A loaded chart. Cheap to clone: files and values are shared.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Chart.yaml (and requirements.yaml).
    pub metadata: Metadata,
    /// Chart.lock.
    pub lock: Option<Lock>,
    /// values.yaml; a nil map when there is none.
    pub values: Map,
    /// values.schema.json.
    pub schema: Option<Arc<[u8]>>,
    /// Files below `templates/`.
    pub templates: Arc<Vec<ChartFile>>,
    /// All other files, as `.Files` shows them.
    pub files: Arc<Vec<ChartFile>>,
    /// Every file as read, for packaging and linting.
    pub raw: Arc<Vec<ChartFile>>,
    /// Subcharts.
    pub dependencies: Vec<Self>,
    /// What Helm logs while it loads the chart and its subcharts, such as requirements.yaml in a v2 chart.
    pub notices: Vec<Notice>,
    /// The Helm by whose rules it is rendered.
    pub compat: Compat,
    /// Where its files are.
    pub(super) place: ChartPlace,
    /// Templates, of this chart and its subcharts, that were compiled while they were read.
    pub(crate) compiled: Arc<Vec<CompiledSource>>,
}

/// A file of `crds/`, in this chart or a subchart.
#[derive(Debug, Clone)]
pub struct CrdFile {
    /// Path with the chart's name in front, as in a `# Source:` line.
    pub path: String,
    /// The file.
    pub file: ChartFile,
}

/// Loads a chart directory or archive.
///
/// # Errors
/// When it cannot be read, or Helm refuses it.
pub fn load_chart(path: &Path) -> Result<Chart, LoadError> {
    load_chart_for(path, Compat::Helm4)
}

/// Loads a chart directory or archive as the given Helm does.
///
/// # Errors
/// When it cannot be read, or the given Helm refuses it.
pub fn load_chart_for(path: &Path, compat: Compat) -> Result<Chart, LoadError> {
    load(path, compat, |_| None)
}

/// The same for a chart that will be rendered: templates of a directory are compiled as they are read.
///
/// # Errors
/// When it cannot be read, or the given Helm refuses it. Templates that do not compile are reported later.
pub fn load_chart_to_render(path: &Path, compat: Compat) -> Result<Chart, LoadError> {
    load(path, compat, |chart_yaml| CompileAhead::of_chart(chart_yaml, compat))
}

/// Loads an archive that is in memory; `shown` is where it came from.
///
/// # Errors
/// When it is not an archive, or the given Helm refuses the chart.
pub fn load_archive(archive: &[u8], shown: &str, compat: Compat) -> Result<Chart, LoadError> {
    let mut chart = unplaced_archive(Path::new(shown), archive, compat)?;
    chart.place_at(&format!("{shown}!"), &[]);
    Ok(chart)
}

fn load(
    path: &Path,
    compat: Compat,
    ahead: impl FnOnce(&serde_json::Value) -> Option<CompileAhead>,
) -> Result<Chart, LoadError> {
    let mut chart = load_unplaced(path, compat, ahead)?;
    let shown = path.display().to_string();
    let shown = shown.trim_end_matches('/');
    if path.is_dir() {
        chart.place_at(shown, &[]);
        chart.read_from(path, &[]);
    } else {
        chart.place_at(&format!("{shown}!"), &[]);
    }
    Ok(chart)
}

fn load_unplaced(
    path: &Path,
    compat: Compat,
    ahead: impl FnOnce(&serde_json::Value) -> Option<CompileAhead>,
) -> Result<Chart, LoadError> {
    let information = std::fs::metadata(path).map_err(|source| LoadError::Read {
        path: path.to_owned(),
        source,
    })?;
    if information.is_dir() {
        let chart_yaml = path.join("Chart.yaml");
        let (document, generation) = match read_file(&chart_yaml, Named::ByInput, FILE_BYTES) {
            Ok(data) => first_look(&data, compat)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let absolute = std::path::absolute(&chart_yaml).unwrap_or(chart_yaml);
                return Err(LoadError::NoChart(absolute.display().to_string()));
            }
            Err(source) => {
                return Err(LoadError::Read {
                    path: chart_yaml,
                    source,
                });
            }
        };
        let ahead = document.as_ref().and_then(ahead);
        let read = read_directory_and_values(path, |file| read_values_as(&file.data, compat), ahead.as_ref())?;
        let mut chart = load_with_values(read.files, read.values, compat, 0, &mut UnpackBudget::default())?;
        chart.compiled = Arc::new(read.compiled);
        chart.notices.splice(..0, read.notices);
        return renderable(chart, generation);
    }
    let bytes = read_file(path, Named::ByUser, FILE_BYTES).map_err(|source| LoadError::Read {
        path: path.to_owned(),
        source,
    })?;
    unplaced_archive(path, &bytes, compat)
}

/// The bytes of an archive; errors name it as `path`.
fn unplaced_archive(path: &Path, bytes: &[u8], compat: Compat) -> Result<Chart, LoadError> {
    if !bytes.starts_with(GZIP_START) {
        return Err(LoadError::not_an_archive(path, bytes));
    }
    let mut budget = UnpackBudget::default();
    let files = read_archive_within(bytes, &mut budget).map_err(|error| match compat {
        Compat::Helm4 => LoadError::Unloadable(error),
        Compat::Helm3 => LoadError::Archive(error),
    })?;
    let chart_yaml = files.iter().find(|file| file.name == "Chart.yaml");
    let generation = match (chart_yaml, compat) {
        (Some(chart_yaml), _) => first_look(&chart_yaml.data, compat)?.1,
        (None, Compat::Helm3) => Generation::OneOrTwo,
        (None, Compat::Helm4) => return Err(LoadError::NoChartInArchive),
    };
    renderable(load_with_values(files, None, compat, 0, &mut budget)?, generation)
}

/// Which of Helm's loaders a chart is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Generation {
    OneOrTwo,
    Three,
}

/// Helm loads charts of the third generation, and only then reports that it does not render them.
fn renderable(chart: Chart, generation: Generation) -> Result<Chart, LoadError> {
    match generation {
        Generation::OneOrTwo => Ok(chart),
        Generation::Three if chart.dependencies.len() > chart.metadata.dependencies.len() => {
            Err(LoadError::VersionThreeSubcharts)
        }
        Generation::Three => Err(LoadError::VersionThree),
    }
}

/// The text that Helm 4 reads first.
const CHART_BASE: Shape = Shape::Struct(&[("apiVersion", Shape::Text)]);

/// Chart.yaml before all else: Helm 4 reads `apiVersion` to choose the loader. Helm 3 has one for all versions.
fn first_look(chart_yaml: &[u8], compat: Compat) -> Result<(Option<serde_json::Value>, Generation), LoadError> {
    if compat == Compat::Helm3 {
        let document = decode("Chart.yaml", chart_yaml, &Metadata::SHAPE).ok();
        return Ok((document, Generation::OneOrTwo));
    }
    let document = decode("Chart.yaml", chart_yaml, &CHART_BASE)?;
    let api_version = Object::root(&document, "loader.chartBase")
        .and_then(|object| StructContext::root("chartBase").string(object, "apiVersion"))
        .map_err(|source| LoadError::Decode {
            file: "Chart.yaml",
            source,
        })?;
    let generation = match api_version.as_str() {
        "" | "v1" | "v2" => Generation::OneOrTwo,
        "v3" => Generation::Three,
        _ => return Err(LoadError::UnsupportedVersion),
    };
    Ok((Some(document), generation))
}

/// Builds a chart from files named relative to it.
///
/// # Errors
/// When Helm refuses it.
pub fn load_files(files: Vec<ChartFile>) -> Result<Chart, LoadError> {
    load_with_values(files, None, Compat::Helm4, 0, &mut UnpackBudget::default())
}

/// Builds a chart whose values.yaml may already have been read.
fn load_with_values(
    files: Vec<ChartFile>,
    mut values: Option<Result<Map, String>>,
    compat: Compat,
    depth: usize,
    budget: &mut UnpackBudget,
) -> Result<Chart, LoadError> {
    if depth > MAX_SUBCHART_DEPTH {
        return Err(LoadError::SubchartsTooDeep);
    }
    let mut parts = Parts::default();
    if let Some(file) = files.iter().find(|file| file.name == "Chart.yaml") {
        let document = decode("Chart.yaml", &file.data, &Metadata::SHAPE)?;
        let mut metadata = Metadata::from_json_as(&document, compat).map_err(|source| LoadError::Decode {
            file: "Chart.yaml",
            source,
        })?;
        if metadata.api_version.is_empty() {
            "v1".clone_into(&mut metadata.api_version);
        }
        parts.metadata = Some(metadata);
    }
    for file in &files {
        if file.name == "values.yaml" {
            count_values(file.data.len(), budget).map_err(LoadError::ValuesTooLarge)?;
        }
        parts.place(file, &mut values, compat)?;
    }
    let mut metadata = parts.metadata.ok_or(LoadError::ChartYamlMissing)?;
    metadata.validate().map_err(LoadError::Invalid)?;
    let (mut dependencies, mut notices) = (Vec::new(), parts.notices);
    for (name, files) in parts.subcharts {
        if name.starts_with(['_', '.']) {
            continue;
        }
        let mut subchart =
            load_subchart(&name, files, compat, depth, budget).map_err(|source| LoadError::Subchart {
                name,
                parent: metadata.name.clone(),
                source: Box::new(source),
            })?;
        notices.append(&mut subchart.notices);
        dependencies.push(subchart);
    }
    Ok(Chart {
        metadata,
        lock: parts.lock,
        values: parts.values,
        schema: parts.schema,
        templates: Arc::new(parts.templates),
        files: Arc::new(parts.files),
        raw: Arc::new(files),
        dependencies,
        notices,
        compat,
        place: ChartPlace::default(),
        compiled: Arc::default(),
    })
}

fn load_subchart(
    name: &str,
    files: Vec<ChartFile>,
    compat: Compat,
    depth: usize,
    budget: &mut UnpackBudget,
) -> Result<Chart, LoadError> {
    let is_archive = Path::new(name).extension().is_some_and(|extension| extension == "tgz");
    let mut subchart = read_subchart(name, files, is_archive, compat, depth, budget)?;
    subchart.place = ChartPlace::of_subchart(name, is_archive);
    Ok(subchart)
}

fn read_subchart(
    name: &str,
    files: Vec<ChartFile>,
    is_archive: bool,
    compat: Compat,
    depth: usize,
    budget: &mut UnpackBudget,
) -> Result<Chart, LoadError> {
    if is_archive {
        let file = files
            .first()
            .filter(|file| file.name == name)
            .ok_or(LoadError::ChartYamlMissing)?;
        let files = read_archive_within(&file.data, budget)?;
        return load_with_values(files, None, compat, depth + 1, budget);
    }
    let inner = files
        .into_iter()
        .filter_map(|file| {
            let (_, rest) = file.name.split_once('/')?;
            Some(ChartFile::new(rest.to_owned(), file.data))
        })
        .collect();
    load_with_values(inner, None, compat, depth + 1, budget)
}

/// A chart while its files are being sorted.
struct Parts {
    metadata: Option<Metadata>,
    lock: Option<Lock>,
    values: Map,
    schema: Option<Arc<[u8]>>,
    templates: Vec<ChartFile>,
    files: Vec<ChartFile>,
    subcharts: BTreeMap<String, Vec<ChartFile>>,
    notices: Vec<Notice>,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            metadata: None,
            lock: None,
            values: Map::nil(MapType::Any),
            schema: None,
            templates: Vec::new(),
            files: Vec::new(),
            subcharts: BTreeMap::new(),
            notices: Vec::new(),
        }
    }
}

impl Parts {
    /// `values` is the result of reading values.yaml, if it has been read.
    fn place(
        &mut self,
        file: &ChartFile,
        values: &mut Option<Result<Map, String>>,
        compat: Compat,
    ) -> Result<(), LoadError> {
        match file.name.as_str() {
            "Chart.yaml" => {}
            "Chart.lock" => self.lock = Some(read_lock("Chart.lock", &file.data, compat)?),
            "values.yaml" => {
                let values = values.take().unwrap_or_else(|| read_values_as(&file.data, compat));
                self.values = values.map_err(LoadError::Values)?;
            }
            "values.schema.json" => self.schema = Some(Arc::clone(&file.data)),
            "requirements.yaml" => {
                let document = decode("requirements.yaml", &file.data, &Metadata::SHAPE)?;
                let metadata = self.metadata.get_or_insert_default();
                metadata
                    .update_from_json(&document, compat)
                    .map_err(|source| LoadError::Decode {
                        file: "requirements.yaml",
                        source,
                    })?;
                self.keep_v1_file(file, Notice::Requirements);
            }
            "requirements.lock" => {
                self.lock = Some(read_lock("requirements.lock", &file.data, compat)?);
                self.keep_v1_file(file, Notice::RequirementsLock);
            }
            name if name.starts_with("templates/") => self.templates.push(file.clone()),
            name => match name.strip_prefix("charts/") {
                Some(inside) if !has_extension(inside, "prov") => {
                    let top = inside.split('/').next().unwrap_or(inside).to_owned();
                    let subfile = ChartFile::new(inside.to_owned(), Arc::clone(&file.data));
                    self.subcharts.entry(top).or_default().push(subfile);
                }
                _ => self.files.push(file.clone()),
            },
        }
        Ok(())
    }

    fn keep_v1_file(&mut self, file: &ChartFile, notice: Notice) {
        if self
            .metadata
            .as_ref()
            .is_some_and(|metadata| metadata.api_version == "v1")
        {
            self.files.push(file.clone());
        } else {
            self.notices.push(notice);
        }
    }
}

pub(super) fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found == extension)
}

fn read_lock(file: &'static str, data: &[u8], compat: Compat) -> Result<Lock, LoadError> {
    let document = decode(file, data, &Lock::SHAPE)?;
    Lock::from_json(&document, compat).map_err(|source| LoadError::Decode { file, source })
}

fn decode(file: &'static str, data: &[u8], shape: &Shape) -> Result<serde_json::Value, LoadError> {
    check_metadata_size(data.len()).map_err(|problem| LoadError::MetadataTooLarge { file, problem })?;
    json_of_shape(data, shape).map_err(|error| LoadError::Decode {
        file,
        source: DecodeError::Yaml(error.to_string()),
    })
}

impl Chart {
    /// The chart's name.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// Sets the Helm by whose rules this chart and all below it are rendered.
    pub fn follow(&mut self, compat: Compat) {
        self.compat = compat;
        self.compiled = Arc::default();
        for subchart in &mut self.dependencies {
            subchart.follow(compat);
        }
    }

    /// Names of the declared dependencies that `charts/` has no chart of.
    pub fn missing_dependencies(&self) -> Vec<&str> {
        self.metadata
            .declared_dependencies()
            .map(|dependency| dependency.name.as_str())
            .filter(|name| !self.dependencies.iter().any(|subchart| subchart.name() == *name))
            .collect()
    }

    /// The CRD files of this chart, without subcharts.
    pub fn own_crds(&self) -> impl Iterator<Item = &ChartFile> {
        self.files
            .iter()
            .filter(|file| file.name.starts_with("crds/") && has_manifest_extension(&file.name))
    }

    /// The CRD files of this chart and its subcharts; `path` is this chart's full path.
    pub fn crds(&self, path: &str) -> Vec<CrdFile> {
        let mut crds: Vec<CrdFile> = self
            .own_crds()
            .map(|file| CrdFile {
                path: format!("{path}/{}", file.name),
                file: file.clone(),
            })
            .collect();
        for dependency in &self.dependencies {
            crds.extend(dependency.crds(&format!("{path}/charts/{}", dependency.name())));
        }
        crds
    }
}

fn has_manifest_extension(name: &str) -> bool {
    ["yaml", "yml", "json"].iter().any(|wanted| {
        Path::new(name)
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_the_place_that_helm_gives_them() {
        let file = |name: &str, text: &str| ChartFile::new(name.to_owned(), text.as_bytes().to_vec());
        let subchart = "apiVersion: v2\nname: d\nversion: 0.1.0\n";
        for (api_version, files, notices) in [
            ("v1", vec!["charts/x.prov", "requirements.yaml"], vec![]),
            ("v2", vec!["charts/x.prov"], vec![Notice::Requirements]),
        ] {
            let chart = load_files(vec![
                file(
                    "Chart.yaml",
                    &format!("apiVersion: {api_version}\nname: c\nversion: 0.1.0\n"),
                ),
                file("charts/d/Chart.yaml", subchart),
                file("charts/_e/Chart.yaml", subchart),
                file("charts/.f/Chart.yaml", subchart),
                file("charts/x.prov", ""),
                file("requirements.yaml", "dependencies: [{name: d, version: 0.1.0}]"),
            ])
            .unwrap();
            assert_eq!(chart.dependencies.len(), 1);
            assert_eq!(chart.metadata.dependencies.len(), 1);
            let names: Vec<&str> = chart.files.iter().map(|file| file.name.as_str()).collect();
            assert_eq!(names, files, "{api_version}");
            assert_eq!(chart.notices, notices, "{api_version}");
        }
    }

    #[test]
    fn a_dependency_is_declared_once() {
        let metadata = "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies:\n- {name: d, version: 1.x.x}\n";
        for (more, is_refused) in [
            ("- {name: d, version: 2.x.x}\n", true),
            ("- {name: e, version: 2.x.x, alias: d}\n", true),
            ("- {name: d, version: 2.x.x, alias: e}\n", false),
        ] {
            let text = format!("{metadata}{more}");
            let loaded = load_files(vec![ChartFile::new("Chart.yaml".to_owned(), text.into_bytes())]);
            let error = loaded.err().map(|error| error.to_string());
            let expected = "validation: more than one dependency with name or alias \"d\"";
            assert_eq!(error.as_deref(), is_refused.then_some(expected), "{more}");
        }
    }

    /// Helm 4.3 and Helm 3.22 on `Chart.yaml`; empty if they load the chart.
    #[test]
    fn a_chart_yaml_that_does_not_fit_is_refused_in_helms_words() {
        const ARRAY: &str = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go ";
        for (chart_yaml, helm4, helm3) in [
            (
                "apiVersion: 2\nname: c\nversion: 0.1.0\n",
                "unsupported chart version",
                "",
            ),
            (
                "apiVersion: v4\nname: c\nversion: 0.1.0\n",
                "unsupported chart version",
                "",
            ),
            ("name: c\nversion: 0.1.0\n", "", ""),
            ("[]", "value of type loader.chartBase", "value of type chart.Metadata"),
            (
                "apiVersion: []\nname: c\n",
                "struct field chartBase.apiVersion of type string",
                "struct field Metadata.apiVersion of type string",
            ),
            (
                "apiVersion: v2\ndependencies: [[]]\n",
                "struct field Metadata.dependencies of type v2.Dependency",
                "struct field Metadata.dependencies of type chart.Dependency",
            ),
        ] {
            let directory = tempfile::tempdir().unwrap();
            std::fs::write(directory.path().join("Chart.yaml"), chart_yaml).unwrap();
            for (compat, expected) in [(Compat::Helm4, helm4), (Compat::Helm3, helm3)] {
                let loaded = load_chart_for(directory.path(), compat);
                let error = loaded.err().map(|error| error.to_string()).unwrap_or_default();
                let is_type = expected.contains(" of type ");
                let expected = if is_type {
                    format!("cannot load Chart.yaml: {ARRAY}{expected}")
                } else {
                    expected.to_owned()
                };
                assert_eq!(error, expected, "{compat:?} {chart_yaml}");
            }
        }
    }
}
