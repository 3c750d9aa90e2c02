//! All templates of a chart and its subcharts, compiled into one set. Helm's `allTemplates` and `sortTemplates`.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::engine::chart::Chart;
use crate::engine::template::{CompiledSet, CompiledSource, Compiler, ParseError, TemplateSet, Text};
use crate::text::compact_sort::sort_by;
use crate::text::threads::map_with_state;

/// Bytes of source that make a second thread worthwhile.
const WORTH_A_THREAD: usize = 64 << 10;

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

impl TemplateFile {
    /// Whether it only contains definitions: its name begins with `_`.
    pub fn is_partial(&self) -> bool {
        let base = self.name.rsplit('/').next().unwrap_or(&self.name);
        base.starts_with('_')
    }
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
///
/// # Errors
/// For the first template that does not compile.
pub fn compile_chart(chart: &Chart) -> Result<ChartTemplates, ParseError> {
    compile_on(chart, Some(1))
}

/// The same on all cores, for commands that compile a single chart.
///
/// # Errors
/// For the first template that does not compile.
pub fn compile_chart_in_parallel(chart: &Chart) -> Result<ChartTemplates, ParseError> {
    compile_on(chart, None)
}

/// On the given number of threads, or one for each core; the first file that does not compile is the error.
fn compile_on(chart: &Chart, threads: Option<usize>) -> Result<ChartTemplates, ParseError> {
    let (files, sources) = template_files(chart);
    let ahead: HashMap<&Text, &CompiledSource, RandomState> =
        chart.compiled.iter().map(|source| (source.name(), source)).collect();
    let compiled = |(name, text): &(Text, Text)| {
        let source = ahead.get(name).filter(|source| source.source().is_same(text))?;
        Some(CompiledSource::clone(source))
    };
    let found: Vec<Option<CompiledSource>> = sources.iter().map(compiled).collect();
    let left = sources.iter().zip(&found).filter(|(_, found)| found.is_none());
    let left: Vec<&(Text, Text)> = left.map(|(source, _)| source).collect();
    let bytes: usize = left.iter().map(|(_, text)| text.len()).sum();
    let threads = if bytes < WORTH_A_THREAD { Some(1) } else { threads };
    let functions = chart.compat.functions();
    let compile = |compiler: &mut Compiler, (name, text): &&(Text, Text)| {
        CompiledSource::compile(compiler, name.clone(), text.clone(), functions)
    };
    let mut rest = map_with_state(&left, threads, Compiler::default, compile).into_iter();
    let mut set = TemplateSet::new(functions);
    for found in found {
        match found {
            Some(source) => set.add(source),
            None => rest
                .next()
                .into_iter()
                .try_for_each(|source| source.map(|source| set.add(source)))?,
        }
    }
    Ok(ChartTemplates::new(set, files))
}

impl ChartTemplates {
    fn new(set: TemplateSet, files: Vec<TemplateFile>) -> Self {
        Self {
            set: Arc::new(set.finish()),
            files,
        }
    }
}

/// Every template file that does not compile, in Helm's order.
pub fn parse_failures(chart: &Chart) -> Vec<ParseError> {
    let (_, sources) = template_files(chart);
    let compile = |(name, source)| {
        TemplateSet::new(chart.compat.functions())
            .parse::<Text, Text>(name, source)
            .err()
    };
    sources.into_iter().filter_map(compile).collect()
}

/// The text of a template file by its name in the set.
pub fn template_source(chart: &Chart, name: &str) -> Option<Text> {
    let (_, sources) = template_files(chart);
    let found = sources
        .into_iter()
        .find(|(source, _)| source.as_bytes() == name.as_bytes());
    found.map(|(_, text)| text)
}

/// The files in Helm's order, and the name and text of each.
fn template_files(chart: &Chart) -> (Vec<TemplateFile>, Vec<(Text, Text)>) {
    let mut sources = Vec::new();
    collect(chart, chart.name(), &mut 0, &mut sources);
    // Of two files with one name the one loaded later counts, as in Helm's map of templates: it sorts first and is
    // kept.
    sources.reverse();
    sort_by(&mut sources, |a, b| {
        (b.depth, &b.file.name).cmp(&(a.depth, &a.file.name))
    });
    sources.dedup_by(|a, b| a.file.name == b.file.name);
    sources
        .into_iter()
        .map(|source| {
            let name = Text::from(source.file.name.as_str());
            (source.file, (name, Text::from(source.data)))
        })
        .unzip()
}

/// A template file before it is compiled.
struct Source<'c> {
    file: TemplateFile,
    /// Slashes in its name: Helm parses the deepest first.
    depth: usize,
    data: &'c Arc<[u8]>,
}

fn collect<'c>(chart: &'c Chart, path: &str, next: &mut usize, sources: &mut Vec<Source<'c>>) {
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
        sources.push(Source {
            depth: file.name.matches('/').count(),
            file,
            data: &template.data,
        });
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::engine::chart::{Compat, load_chart, load_chart_to_render};

    #[test]
    fn templates_compiled_ahead_are_the_same() {
        let path = Path::new("fixtures/shop/storefront");
        let ahead = load_chart_to_render(path, Compat::Helm4).unwrap();
        let chart = load_chart(path).unwrap();
        assert_eq!(ahead.compiled.len(), ahead.templates.len());
        assert!(chart.compiled.is_empty());
        let (templates, expected) = (compile_chart(&ahead).unwrap(), compile_chart(&chart).unwrap());
        assert_eq!(templates.files, expected.files);
        assert_eq!(templates.set.definitions(), expected.set.definitions());
    }

    #[test]
    fn a_text_that_has_changed_is_compiled_again() {
        let mut chart = load_chart_to_render(Path::new("fixtures/shop/storefront"), Compat::Helm4).unwrap();
        let mut changed = chart.templates.to_vec();
        for file in &mut changed {
            file.data = Arc::from(&b"{{ if }}"[..]);
        }
        chart.templates = Arc::new(changed);
        assert!(compile_chart(&chart).is_err());
    }
}
