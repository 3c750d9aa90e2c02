//! The images of a chart's rendered objects, each with the values that it is made of: a chart and what it is rendered with in, for each
//! part of each reference its sources out.
//!
//! Rendering is a pure function, so it is asked: the chart is rendered again with numbers in the values that a reference may be made of,
//! all of them at once, and the references with those numbers are made of those values, whatever the templates do on the way (`printf`,
//! `default`, `include`, `tpl`, copies of maps). Where a number keeps an object from being rendered, half of the values is tried
//! at a time. What no value makes is written in the template that the source map names.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use crate::check::explain::{Subject, ValueOrigins, template_place};
use crate::check::finding::{Location, Place};
use crate::engine::chart::Chart;
use crate::engine::render::{
    ChartTemplates, FixedClock, REPRODUCIBLE_NANOS, RenderError, RenderValues, RenderValuesError, RenderedFile,
    SchemaCheck, compile_chart, render_templates, render_values, reproducible_bytes,
};
use crate::engine::template::{Map, Options};
use crate::text::compact_sort::sort_by_key;
use crate::text::edit::{Step, YamlPath};
use crate::text::limits::RENDERING_STEPS;
use crate::text::ordered::CollectOrdered as _;
use crate::text::source::Span;
use crate::text::stop;
use crate::text::yaml;

use super::marked_values::{Candidate, Likelihood, Source, candidates, marked_chart, marked_values, text_core};
use super::reference_parts::{Part, reference_parts};
use super::rendered_images::{ImageField, RenderedImage, rendered_images};

/// Most renderings of one chart: each halving of values that do not render together takes two.
const RENDERINGS: usize = 200;

/// A chart whose images cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// Its values are not those that it accepts.
    #[error(transparent)]
    Values(#[from] RenderValuesError),
    /// A template fails.
    #[error(transparent)]
    Render(#[from] RenderError),
}

/// A source of a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub source: Source,
    /// Its text, before the templates did anything with it.
    pub text: String,
    /// Where it is set; none where that is in no file, as for values that a subchart exports.
    pub place: Option<Place>,
    /// The bytes of the reference that it makes.
    pub range: Range<usize>,
    /// Whether those are its own text, perhaps without a `v` and what joins it to others; otherwise the templates changed it.
    pub is_verbatim: bool,
}

/// An image of a rendered object, and what it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracedImage {
    /// The image as it is rendered.
    pub rendered: RenderedImage,
    /// Where a template writes it.
    pub template: Location,
    /// What it is made of, in its order. What no piece covers is written in a template.
    pub pieces: Vec<Piece>,
}

impl TracedImage {
    /// The pieces that a part of the reference is made of; none if it is written in a template or there is no such part.
    pub fn pieces_of(&self, wanted: Part) -> impl Iterator<Item = &Piece> {
        let parts = reference_parts(&self.rendered.text);
        let range = parts
            .into_iter()
            .find(|(part, _)| *part == wanted)
            .map(|(_, range)| range);
        self.pieces.iter().filter(move |piece| {
            range.as_ref().is_some_and(|range| {
                piece.range.start < range.end.max(range.start + 1) && piece.range.end > range.start
            })
        })
    }

    /// The text of a part of the reference; none where it lacks the part.
    pub fn part(&self, wanted: Part) -> Option<&str> {
        let parts = reference_parts(&self.rendered.text).into_iter();
        let (_, range) = parts.into_iter().find(|(part, _)| *part == wanted)?;
        self.rendered.text.get(range)
    }
}

/// The images of a chart's objects that are wanted, by their text. Dependencies must have been processed. The values are not checked
/// against values.schema.json.
///
/// # Errors
/// When the chart does not render.
pub fn trace_images(subject: &Subject<'_>, is_wanted: &dyn Fn(&str) -> bool) -> Result<Vec<TracedImage>, TraceError> {
    let (chart, release, capabilities) = (subject.chart, subject.release, subject.capabilities);
    let skipped = SchemaCheck::Skipped;
    let values = render_values(chart, subject.values, release, capabilities, skipped, &mut Vec::new())?;
    let values = values.values();
    let templates = compile_chart(chart).map_err(RenderError::Parse)?;
    let rendering = Rendered {
        subject,
        templates: &templates,
        values,
    };
    let options = Options {
        source_map: true,
        ..subject.options
    };
    let (files, steps) = rendering.with(&[], options)?;
    let mut images: Vec<TracedImage> = Vec::new();
    for file in &files {
        let wanted = rendered_images(file).into_iter().filter(|image| is_wanted(&image.text));
        images.extend(wanted.map(|rendered| TracedImage {
            template: template_place(chart, file, rendered.offset),
            rendered,
            pieces: Vec::new(),
        }));
    }
    drop(files);
    let mut search = Search {
        rendering,
        images,
        renderings: 0,
        steps,
        steps_left: RENDERING_STEPS,
    };
    search.follow();
    let origins = ValueOrigins::new(chart, values, subject.given);
    for image in &mut search.images {
        sort_by_key(&mut image.pieces, |piece| (piece.range.start, piece.range.end));
        for piece in &mut image.pieces {
            piece.place = place(chart, &origins, &piece.source);
        }
    }
    Ok(search.images)
}

/// Where a source is set.
fn place(chart: &Chart, origins: &ValueOrigins, source: &Source) -> Option<Place> {
    let (scope, key) = match source {
        Source::Value(path) => return origins.find(&keys(path)),
        Source::AppVersion(scope) => (scope, "appVersion"),
        Source::Version(scope) => (scope, "version"),
    };
    let mut owner = chart;
    for name in scope {
        owner = owner.dependencies.iter().find(|subchart| subchart.name() == name)?;
    }
    let file = owner.source_file("Chart.yaml");
    let span = key_span(file.text(), key);
    Some(Place::Named(Location { file, span }))
}

/// The steps of a path as values have them.
pub(super) fn keys(path: &YamlPath) -> Vec<String> {
    let keys = path.0.iter().map(|step| match step {
        Step::Key(key) => key.clone(),
        Step::Index(index) => index.to_string(),
        Step::Item { .. } => step.to_string(),
    });
    keys.collect()
}

/// Where a file has a key at its top.
fn key_span(text: &[u8], key: &str) -> Option<Span> {
    let tree = yaml::parse_first(text).ok()?;
    let mut pairs = tree.pairs(tree.root()?);
    pairs
        .find(|(name, _)| tree.is_text(*name, key))
        .map(|(name, _)| tree.span(name))
}

/// What all renderings share.
struct Rendered<'r> {
    subject: &'r Subject<'r>,
    templates: &'r ChartTemplates,
    values: &'r Map,
}

impl Rendered<'_> {
    /// The files that the chart renders to with marks in its values, and the steps that it took.
    fn with(&self, marks: &[&Candidate], options: Options) -> Result<(Vec<RenderedFile>, u64), RenderError> {
        let by_path: HashMap<&YamlPath, &Candidate> = marks
            .iter()
            .filter_map(|candidate| match &candidate.source {
                Source::Value(path) => Some((path, *candidate)),
                Source::AppVersion(_) | Source::Version(_) => None,
            })
            .collect();
        let values = marked_values(self.values, &by_path);
        let chart = marked_chart(self.subject.chart, marks);
        let values = RenderValues::new(&values, self.subject.release, self.subject.capabilities);
        let mut world = FixedClock::new(REPRODUCIBLE_NANOS, reproducible_bytes()).for_checks();
        let rendering = render_templates(&chart, self.templates, &values, options, &mut world)?;
        let files = rendering.files.into_iter().filter(RenderedFile::is_manifest);
        Ok((files.collect(), rendering.steps))
    }
}

struct Search<'r> {
    rendering: Rendered<'r>,
    images: Vec<TracedImage>,
    renderings: usize,
    /// What the chart takes without marks.
    steps: u64,
    /// What all renderings together may still take: as much as one may.
    steps_left: u64,
}

impl Search<'_> {
    fn follow(&mut self) {
        let all = self.candidates_of(|_| true);
        let likely: Vec<&Candidate> = all.iter().filter(|one| one.likelihood == Likelihood::High).collect();
        self.probe(&likely);
        // What is less likely is tried only for what is not known yet.
        let rest = self.candidates_of(|image| {
            let parts = reference_parts(&image.rendered.text);
            parts
                .into_iter()
                .any(|(part, _)| image.pieces_of(part).next().is_none())
        });
        let unlikely: Vec<&Candidate> = rest.iter().filter(|one| one.likelihood == Likelihood::Low).collect();
        self.probe(&unlikely);
    }

    fn candidates_of(&self, is_meant: impl Fn(&TracedImage) -> bool) -> Vec<Candidate> {
        let meant = self.images.iter().filter(|image| is_meant(image));
        let references: BTreeSet<&str> = meant.map(|image| image.rendered.text.as_str()).collect_set();
        let references: Vec<&str> = references.into_iter().collect();
        candidates(self.rendering.subject.chart, self.rendering.values, &references)
    }

    /// Renders with all of these marked, and notes which of them the images have; in halves where an image is lost.
    fn probe(&mut self, marks: &[&Candidate]) {
        let is_over = self.renderings >= RENDERINGS || self.steps_left < self.steps || stop::reason().is_some();
        if marks.is_empty() || is_over {
            return;
        }
        self.renderings += 1;
        let options = Options {
            max_steps: self.steps_left,
            ..self.rendering.subject.options
        };
        let rendered = self.rendering.with(marks, options);
        // One that fails takes as many as one that does not, at most, unless its values make it another chart.
        let taken = match &rendered {
            Ok((_, steps)) => *steps,
            Err(RenderError::Execution(error)) if error.is_exhaustion() => self.steps_left,
            Err(_) => self.steps,
        };
        self.steps_left = self.steps_left.saturating_sub(taken.max(1));
        let is_lost = match rendered {
            Ok((files, _)) => {
                let all = files.iter().flat_map(rendered_images);
                let by_field = all.map(|image| (image.field, image.text));
                self.note(marks, &by_field.collect_map())
            }
            Err(_) => true,
        };
        if is_lost && marks.len() > 1 {
            let (first, second) = marks.split_at(marks.len() / 2);
            self.probe(first);
            self.probe(second);
        }
    }

    /// Notes the marks that images have; says whether an image is missing, or is another one without a mark.
    fn note(&mut self, marks: &[&Candidate], by_field: &BTreeMap<ImageField, String>) -> bool {
        let mut is_lost = false;
        for image in &mut self.images {
            let Some(marked) = by_field.get(&image.rendered.field) else {
                is_lost = true;
                continue;
            };
            if *marked == image.rendered.text {
                continue;
            }
            let mut is_marked = false;
            for candidate in marks {
                let digits = candidate.mark.digits();
                if !marked.contains(&digits) || image.rendered.text.contains(&digits) {
                    continue;
                }
                is_marked = true;
                if image.pieces.iter().all(|piece| piece.source != candidate.source) {
                    image.pieces.push(piece(&image.rendered.text, marked, candidate));
                }
            }
            is_lost |= !is_marked;
        }
        is_lost
    }
}

/// The part of a reference that a candidate makes, from the reference with its mark.
fn piece(reference: &str, marked: &str, candidate: &Candidate) -> Piece {
    let (range, is_verbatim) = range_of(reference, marked, candidate);
    Piece {
        source: candidate.source.clone(),
        text: candidate.text.clone(),
        place: None,
        range,
        is_verbatim,
    }
}

fn range_of(reference: &str, marked: &str, candidate: &Candidate) -> (Range<usize>, bool) {
    if candidate.text.len() > reference.len() && candidate.text.contains(reference) {
        return (0..reference.len(), false);
    }
    // Of a text that `tpl` renders, what is before its first action is its own.
    if let Some((before, _)) = candidate.text.split_once("{{")
        && let before = text_core(before)
        && let Some(start) = reference.find(before).filter(|_| !before.is_empty())
    {
        return (start..start + before.len(), false);
    }
    let (core, marked_core) = (text_core(&candidate.text), candidate.marked_text());
    let marked_core = text_core(&marked_core);
    let part_at = |parts: &[(Part, Range<usize>)], at: usize| {
        let found = parts
            .iter()
            .find(|(_, range)| range.start <= at && at < range.end.max(range.start + 1));
        found.map(|(part, range)| (*part, at - range.start))
    };
    let (parts, marked_parts) = (reference_parts(reference), reference_parts(marked));
    if let Some(at) = marked.find(marked_core)
        && let Some((part, distance)) = part_at(&marked_parts, at)
    {
        let places = reference.match_indices(core).filter_map(|(start, _)| {
            let (found, other) = part_at(&parts, start)?;
            (found == part).then_some((other.abs_diff(distance), start))
        });
        if let Some((_, start)) = places.min() {
            return (start..start + core.len(), true);
        }
    }
    // The templates changed the text: all of the part that has the mark is taken for it.
    let digits = candidate.mark.digits();
    let part = marked.find(&digits).and_then(|at| part_at(&marked_parts, at));
    let range = part.and_then(|(part, _)| parts.iter().find(|(found, _)| *found == part));
    (range.map_or(0..reference.len(), |(_, range)| range.clone()), false)
}
