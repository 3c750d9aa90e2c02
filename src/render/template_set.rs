//! All templates of a chart and its subcharts, compiled into one set. Helm's `allTemplates` and `sortTemplates`.

use std::sync::Arc;

use crate::chart::Chart;
use crate::functions;
use crate::template::{CompiledSet, ParseError, TemplateSet};

/// One template file, and which chart of the tree it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFile {
    /// Name in the set: `chart/charts/sub/templates/x.yaml`.
    pub name: String,
    /// `.Template.BasePath`
    pub base_path: String,
    /// Index of its chart in depth-first order, the top chart being 0.
    pub chart: usize,
}

/// A chart's compiled templates: immutable, shared by any number of renderings and threads.
#[derive(Debug, Clone)]
pub struct ChartTemplates {
    /// The definitions.
    pub set: Arc<CompiledSet>,
    /// The files, in the order Helm parses and renders them: deepest first, then last name first.
    pub files: Vec<TemplateFile>,
}

/// Compiles the templates of a chart whose dependencies have been processed.
pub fn compile_chart(chart: &Chart) -> Result<ChartTemplates, ParseError> {
    let mut sources = Vec::new();
    collect(chart, chart.name(), &mut 0, &mut sources);
    // Of two files with one name the later loaded stands, as in Helm's map of templates: it sorts first and is kept.
    sources.reverse();
    sources.sort_by(|(a, _), (b, _)| parse_order(&b.name).cmp(&parse_order(&a.name)));
    sources.dedup_by(|(a, _), (b, _)| a.name == b.name);
    let mut set = TemplateSet::new(functions::lookup);
    for (file, source) in &sources {
        set.parse(file.name.as_str(), *source)?;
    }
    let files = sources.into_iter().map(|(file, _)| file).collect();
    Ok(ChartTemplates { set: Arc::new(set.finish()), files })
}

fn parse_order(name: &str) -> (usize, &str) {
    (name.matches('/').count(), name)
}

fn collect<'c>(chart: &'c Chart, path: &str, next: &mut usize, sources: &mut Vec<(TemplateFile, &'c [u8])>) {
    let index = *next;
    *next += 1;
    for subchart in &chart.dependencies {
        collect(subchart, &format!("{path}/charts/{}", subchart.name()), next, sources);
    }
    let is_library = chart.metadata.is_library();
    for template in chart.templates.iter() {
        let base = template.name.rsplit('/').next().unwrap_or(&template.name);
        if is_library && !base.starts_with('_') {
            continue;
        }
        let file = TemplateFile {
            name: format!("{path}/{}", template.name),
            base_path: format!("{path}/templates"),
            chart: index,
        };
        sources.push((file, &template.data));
    }
}
