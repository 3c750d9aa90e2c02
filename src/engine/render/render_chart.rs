//! Rendering a chart: the values every template sees, then every file in Helm's order. Follows `pkg/engine/engine.go`.

use std::rc::Rc;
use std::sync::Arc;

use crate::engine::chart::{Chart, Compat, Notice};
use crate::engine::functions;
use crate::engine::template::{
    CompiledSet, Dict, ExecutionError, Executor, Map, MapType, Options, ParseError, SourceMap, TemplateSet, Text,
    Trace, Value, World, helm_error_text, helm_parse_error_text, helm3_error_text,
};
use crate::engine::values::{CoalesceError, FetchDocument, SchemaViolation, coalesce_values, validate_chart_values};
use crate::text::ordered::CollectOrdered as _;

use super::capabilities::Capabilities;
use super::chart_objects::chart_object;
use super::files_object::FilesObject;
use super::release::Release;
use super::template_set::{ChartTemplates, TemplateFile, compile_chart_in_parallel};

/// Name of texts passed to `tpl`.
const TPL_NAME: &str = "gotpl";

/// What all templates of a rendering share.
#[derive(Debug, Clone)]
pub struct RenderValues {
    release: Value,
    capabilities: Value,
    values: Map,
}

impl RenderValues {
    /// From values that need no coalescing or validation.
    pub fn new(values: &Map, release: &Release, capabilities: &Capabilities) -> Self {
        Self {
            release: release.object(),
            capabilities: capabilities.object(),
            values: values.with_type(values_type(capabilities.compat)),
        }
    }

    /// The coalesced values.
    pub const fn values(&self) -> &Map {
        &self.values
    }
}

/// Values that do not fit the chart. The texts are Helm's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderValuesError {
    /// A subchart's values are not a table.
    #[error(transparent)]
    Coalesce(#[from] CoalesceError),
    /// values.schema.json does not accept them.
    #[error("values don't meet the specifications of the schema(s) in the following chart(s):\n{0}")]
    Schema(#[from] SchemaViolation),
}

/// Whether values are validated against values.schema.json.
#[derive(Debug, Clone, Copy)]
pub enum SchemaCheck<'f> {
    /// Values are validated, except for what schemas at other addresses describe.
    Enforced,
    /// Values are validated; schemas at other addresses are fetched.
    Fetching(&'f dyn FetchDocument),
    /// `--skip-schema-validation`
    Skipped,
}

impl<'f> SchemaCheck<'f> {
    /// What flags say: whether to skip the check, and what fetches schemas.
    pub fn new(is_skipped: bool, remote: Option<&'f dyn FetchDocument>) -> Self {
        match remote {
            _ if is_skipped => Self::Skipped,
            Some(remote) => Self::Fetching(remote),
            None => Self::Enforced,
        }
    }
}

/// Coalesces the user's values with the chart's and validates them. Dependencies must have been processed.
///
/// # Errors
/// When values are not tables where they must be, or break a schema.
pub fn render_values(
    chart: &Chart,
    values: &Map,
    release: &Release,
    capabilities: &Capabilities,
    check: SchemaCheck<'_>,
    notices: &mut Vec<Notice>,
) -> Result<RenderValues, RenderValuesError> {
    let values = coalesce_values(chart, values, notices)?;
    let remote = match check {
        SchemaCheck::Enforced => None,
        SchemaCheck::Fetching(remote) => Some(remote),
        SchemaCheck::Skipped => return Ok(RenderValues::new(&values, release, capabilities)),
    };
    let mut unchecked = Vec::new();
    let verdict = validate_chart_values(chart, &values, remote, &mut unchecked);
    notices.extend(unchecked.into_iter().map(Notice::UncheckedSchema));
    verdict?;
    Ok(RenderValues::new(&values, release, capabilities))
}

/// A chart that does not render.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenderError {
    /// A template does not compile.
    Parse(ParseError),
    /// A template fails.
    Execution(Box<ExecutionError>),
}

impl RenderError {
    /// The text as the given Helm words it.
    pub fn text(&self, compat: Compat) -> String {
        match (self, compat) {
            (Self::Parse(error), _) => helm_parse_error_text(error),
            (Self::Execution(error), Compat::Helm4) => helm_error_text(error),
            (Self::Execution(error), Compat::Helm3) => helm3_error_text(error),
        }
    }
}

impl std::fmt::Display for RenderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text(Compat::Helm4))
    }
}

impl std::error::Error for RenderError {}

/// One rendered template.
#[derive(Debug)]
pub struct RenderedFile {
    /// Name of the template in the set.
    pub name: String,
    /// Its output, without `<no value>`.
    pub text: Arc<Vec<u8>>,
    /// Where the output came from, if requested.
    pub map: Option<SourceMap>,
}

impl RenderedFile {
    /// The template that wrote the byte at `offset` of the output, by its name in the set, and the byte of it. A text
    /// passed to `tpl` is in no file, so the place that called it is given. `None` without a source map.
    pub fn written_by(&self, offset: u32) -> Option<(String, u32)> {
        let map = self.map.as_ref()?;
        let segment = map.find(offset)?;
        let in_file = |source: u32, position: u32| {
            let name = &map.sources.get(source as usize)?.name;
            (name.as_bytes() != TPL_NAME.as_bytes()).then(|| (name.to_str_lossy().into_owned(), position))
        };
        in_file(segment.source, segment.position).or_else(|| {
            map.callers_of(segment)
                .find_map(|caller| in_file(caller.source, caller.position))
        })
    }

    /// The place in the rendered file's own template that led to the byte at `offset`, if another template wrote it.
    pub fn included_at(&self, offset: u32) -> Option<u32> {
        let map = self.map.as_ref()?;
        let segment = map.find(offset)?;
        let own = |source: u32| {
            let source = map.sources.get(source as usize);
            source.is_some_and(|source| source.name.as_bytes() == self.name.as_bytes())
        };
        if own(segment.source) {
            return None;
        }
        let outermost = map.callers_of(segment).filter(|caller| own(caller.source)).last()?;
        Some(outermost.position)
    }

    /// Whether it becomes manifests: all but NOTES.txt do.
    pub fn is_manifest(&self) -> bool {
        !self.name.ends_with("NOTES.txt")
    }
}

/// All rendered templates of a chart, in the order they were rendered.
#[derive(Debug)]
pub struct Rendering {
    /// The files.
    pub files: Vec<RenderedFile>,
    /// The steps that it took, of those that a rendering may take.
    pub steps: u64,
    /// The templates they were rendered from.
    pub templates: ChartTemplates,
}

impl Rendering {
    /// The files that become manifests.
    pub fn manifest_files(&self) -> impl Iterator<Item = (&str, &Arc<Vec<u8>>)> {
        let files = self.files.iter().filter(|file| file.is_manifest());
        files.map(|file| (file.name.as_str(), &file.text))
    }

    /// A file by its name.
    pub fn file(&self, name: &str) -> Option<&RenderedFile> {
        self.files.iter().find(|file| file.name == name)
    }
}

/// Compiles and renders a chart whose dependencies have been processed.
///
/// # Errors
/// When a template does not compile, or fails.
pub fn render_chart(
    chart: &Chart,
    values: &RenderValues,
    options: Options,
    world: &mut dyn World,
) -> Result<Rendering, RenderError> {
    render_chart_with(chart, values, options, world, &mut |_| ())
}

/// The same, and passes on every file as soon as it is rendered.
///
/// # Errors
/// When a template does not compile, or fails.
pub fn render_chart_with(
    chart: &Chart,
    values: &RenderValues,
    options: Options,
    world: &mut dyn World,
    show: &mut dyn FnMut(&RenderedFile),
) -> Result<Rendering, RenderError> {
    let templates = compile_chart_in_parallel(chart).map_err(RenderError::Parse)?;
    render_and_show(chart, &templates, values, options, world, show)
}

/// Renders templates compiled before.
///
/// # Errors
/// When a template fails.
pub fn render_templates(
    chart: &Chart,
    templates: &ChartTemplates,
    values: &RenderValues,
    options: Options,
    world: &mut dyn World,
) -> Result<Rendering, RenderError> {
    render_and_show(chart, templates, values, options, world, &mut |_| ())
}

fn render_and_show(
    chart: &Chart,
    templates: &ChartTemplates,
    values: &RenderValues,
    options: Options,
    world: &mut dyn World,
    show: &mut dyn FnMut(&RenderedFile),
) -> Result<Rendering, RenderError> {
    let mut scopes = Vec::new();
    let dot_type = values_type(chart.compat);
    scope(chart, true, values, &values.values, &mut scopes);
    let mut executor = Executor::new(Arc::clone(&templates.set), options, world);
    let mut files = Vec::new();
    for file in templates.files.iter().filter(|file| !file.is_partial()) {
        let Some(dot) = scopes.get(file.chart) else { continue };
        dot.insert(Text::from("Template"), template_object(file, dot_type));
        let dot = dot.with_type(dot_type);
        let output = executor
            .render(&file.name, Value::Map(dot))
            .map_err(|error| RenderError::Execution(Box::new(error)))?;
        let file = RenderedFile {
            name: file.name.clone(),
            text: Arc::new(output.text),
            map: output.map,
        };
        show(&file);
        files.push(file);
    }
    Ok(Rendering {
        files,
        steps: executor.steps(),
        templates: templates.clone(),
    })
}

/// A rendering that goes on after failures.
#[derive(Debug)]
pub struct WholeRendering {
    /// The files that did render, in the order they were rendered.
    pub files: Vec<RenderedFile>,
    /// Every template that fails, in the order they are rendered.
    pub failures: Vec<ExecutionError>,
    /// What all of them read, if a trace was requested.
    pub trace: Trace,
    /// The steps that it took, of those that a rendering may take.
    pub steps: u64,
}

/// Renders all templates whether or not others fail.
pub fn render_whole(
    chart: &Chart,
    templates: &ChartTemplates,
    values: &RenderValues,
    options: Options,
    world: &mut dyn World,
) -> WholeRendering {
    render_on(chart, templates, values, options, world, Tracing::Off)
}

/// The same with a trace of the values that templates read, which is slower.
pub fn render_traced(
    chart: &Chart,
    templates: &ChartTemplates,
    values: &RenderValues,
    options: Options,
    world: &mut dyn World,
) -> WholeRendering {
    render_on(chart, templates, values, options, world, Tracing::Reads)
}

/// The same, and [`Trace::take_watched`] has what ran and which way decisions went.
pub fn render_watched(
    chart: &Chart,
    templates: &ChartTemplates,
    values: &RenderValues,
    options: Options,
    world: &mut dyn World,
) -> WholeRendering {
    render_on(chart, templates, values, options, world, Tracing::Watched)
}

/// What is recorded of a rendering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tracing {
    Off,
    Reads,
    Watched,
}

fn render_on(
    chart: &Chart,
    templates: &ChartTemplates,
    values: &RenderValues,
    options: Options,
    world: &mut dyn World,
    tracing: Tracing,
) -> WholeRendering {
    let mut scopes = Vec::new();
    let dot_type = values_type(chart.compat);
    scope(chart, true, values, &values.values, &mut scopes);
    let mut files = Vec::new();
    let mut failures = Vec::new();
    let mut executor = Executor::new(Arc::clone(&templates.set), options, world);
    match tracing {
        Tracing::Off => {}
        Tracing::Reads => executor.start_trace(),
        Tracing::Watched => executor.start_watched_trace(),
    }
    for file in templates.files.iter().filter(|file| !file.is_partial()) {
        let Some(dot) = scopes.get(file.chart) else { continue };
        dot.insert(Text::from("Template"), template_object(file, dot_type));
        let dot = dot.with_type(dot_type);
        match executor.render(&file.name, Value::Map(dot)) {
            Ok(output) => files.push(RenderedFile {
                name: file.name.clone(),
                text: Arc::new(output.text),
                map: output.map,
            }),
            Err(error) => failures.push(error),
        }
    }
    WholeRendering {
        files,
        failures,
        trace: executor.take_trace(),
        steps: executor.steps(),
    }
}

/// The type of `.Values` and of the dot.
const fn values_type(compat: Compat) -> MapType {
    match compat {
        Compat::Helm4 => MapType::Values,
        Compat::Helm3 => MapType::ValuesOfHelm3,
    }
}

fn template_object(file: &TemplateFile, map_type: MapType) -> Value {
    let entries = [
        (Text::from("Name"), Value::str(file.name.as_str())),
        (Text::from("BasePath"), Value::str(file.base_path.as_str())),
    ]
    .into_iter()
    .collect_map();
    Value::Map(Map::typed(map_type, entries))
}

/// The dot of a chart's templates; those of its subcharts follow in `scopes`, depth first.
fn scope(chart: &Chart, is_root: bool, shared: &RenderValues, values: &Map, scopes: &mut Vec<Map>) -> Map {
    let subcharts = Map::new(Dict::new());
    let dot = Map::new(
        [
            (
                Text::from("Chart"),
                chart_object(&chart.metadata, is_root, chart.compat),
            ),
            (
                Text::from("Files"),
                Value::Object(Rc::new(FilesObject::new(&chart.files))),
            ),
            (Text::from("Release"), shared.release.clone()),
            (Text::from("Capabilities"), shared.capabilities.clone()),
            (Text::from("Values"), Value::Map(values.clone())),
            (Text::from("Subcharts"), Value::Map(subcharts.clone())),
        ]
        .into_iter()
        .collect_map(),
    );
    scopes.push(dot.clone());
    for subchart in &chart.dependencies {
        let values = match values.get(subchart.name().as_bytes()) {
            Some(Value::Map(table)) => table.with_type(values_type(chart.compat)),
            _ => Map::typed(values_type(chart.compat), Dict::new()),
        };
        let inner = scope(subchart, false, shared, &values, scopes);
        subcharts.insert(Text::from(subchart.name()), Value::Map(inner));
    }
    dot
}

/// Renders one text without any data, as `--name-template` is rendered.
///
/// # Errors
/// When the text does not compile, or fails.
pub fn render_text(text: &str, world: &mut dyn World) -> Result<String, RenderError> {
    const NAME: &str = "name-template";
    let mut set = TemplateSet::new(functions::lookup);
    set.parse(NAME, text).map_err(RenderError::Parse)?;
    let set: CompiledSet = set.finish();
    let output = Executor::new(Arc::new(set), Options::default(), world)
        .render(NAME, Value::Nil)
        .map_err(|error| RenderError::Execution(Box::new(error)))?;
    Ok(String::from_utf8_lossy(&output.text).into_owned())
}
