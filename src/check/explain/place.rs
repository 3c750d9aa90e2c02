//! Where in the chart's sources something rendered comes from.

use crate::check::finding::{Finding, Location, Place, Related, seems_secret, without_secrets};
use crate::engine::chart::Chart;
use crate::engine::render::RenderedFile;
use crate::text::rule::Rule;
use crate::text::source::Span;

/// Most value origins listed for one template line.
const MAX_VALUES: usize = 3;

/// The place in a template that wrote the byte at `offset` of a rendered file; its template as a whole where that is not known.
pub fn template_place(chart: &Chart, file: &RenderedFile, offset: usize) -> Location {
    let written = u32::try_from(offset).ok().and_then(|offset| file.written_by(offset));
    let found = written.and_then(|(name, position)| Some(Location::at(chart.template_file(&name)?, position as usize)));
    found.unwrap_or_else(|| {
        let template = chart.template_file(&file.name);
        Location::whole(template.unwrap_or_else(|| chart.source_file("Chart.yaml")))
    })
}

/// The place in the file's own template that included what wrote the byte at `offset`; none where it wrote the byte itself.
fn including_place(chart: &Chart, file: &RenderedFile, offset: usize) -> Option<Location> {
    let position = file.included_at(u32::try_from(offset).ok()?)?;
    Some(Location::at(chart.template_file(&file.name)?, position as usize))
}

impl Finding {
    /// The same, with the line of the rendered file, unless it may hold a secret, and the place that included the template.
    #[must_use]
    pub fn rendered_at(mut self, chart: &Chart, file: &RenderedFile, offset: usize) -> Self {
        // A document that cannot be read has no kind yet.
        self.is_secret |= self.rule == Rule::Document.into() && seems_secret(&file.text, offset);
        if !self.is_secret {
            self.rendered = Some(rendered_line(&file.text, offset));
        }
        match including_place(chart, file, offset) {
            // A text given to `tpl` is placed at its caller already.
            Some(place) if place.file != self.primary.file => self.with_related("included from", Place::Named(place)),
            _ => self,
        }
    }
}

/// Bytes before and after a place that are shown of its line, and read for values.
const MOST_SHOWN: usize = 1024;

/// The line of a rendered file that holds a byte, without secrets. The line before it may name one.
fn rendered_line(text: &[u8], offset: usize) -> String {
    // A part of a long line says enough: thousands of findings may be in one.
    let from = offset.saturating_sub(MOST_SHOWN);
    let text = text.get(from..(offset + MOST_SHOWN).min(text.len())).unwrap_or(text);
    let before = text.get(..offset - from).unwrap_or(text);
    let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let rest = text.get(start..).unwrap_or_default();
    let end = start + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let earlier = text.get(..start.saturating_sub(1)).unwrap_or_default();
    let start = memchr::memrchr(b'\n', earlier).map_or(0, |at| at + 1);
    let lines = String::from_utf8_lossy(text.get(start..end).unwrap_or_default()).into_owned();
    let lines = without_secrets(&lines);
    lines.rsplit('\n').next().unwrap_or_default().to_owned()
}

/// Where the values are set that the template line at `location` names: `.Values.a.b` of the chart the template belongs to.
pub fn values_of_line(
    chart: &Chart,
    location: &Location,
    origin_of: &dyn Fn(&[String]) -> Option<Place>,
) -> Vec<Related> {
    let Some(scope) = scope_of(chart, location.file.path()) else {
        return Vec::new();
    };
    let span = location.file.line_span(location.position().line);
    let at = location.span.unwrap_or_default().start as usize;
    let span = if span.len() > 2 * MOST_SHOWN {
        let (start, end) = (span.start as usize, span.end as usize);
        Span::between(at.saturating_sub(MOST_SHOWN).max(start), (at + MOST_SHOWN).min(end))
    } else {
        span
    };
    let line = String::from_utf8_lossy(span.of(location.file.text()));
    let mut related: Vec<Related> = Vec::new();
    for (at, mark) in line.match_indices(".Values.") {
        let rest = line.get(at + mark.len()..).unwrap_or_default();
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'))
            .unwrap_or(rest.len());
        let keys = rest
            .get(..end)
            .unwrap_or_default()
            .split('.')
            .filter(|key| !key.is_empty());
        let path: Vec<String> = scope.iter().cloned().chain(keys.map(str::to_owned)).collect();
        if let Some(place) = origin_of(&path) {
            let entry = Related {
                label: "value from".to_owned(),
                place,
            };
            if !related.contains(&entry) && related.len() < MAX_VALUES {
                related.push(entry);
            }
        }
    }
    related
}

/// Path of the values of the chart that a file belongs to, among those of the top chart.
fn scope_of(chart: &Chart, path: &str) -> Option<Vec<String>> {
    let is_own = chart.templates.iter().any(|file| chart.file_path(&file.name) == path);
    if is_own {
        return Some(Vec::new());
    }
    chart.dependencies.iter().find_map(|subchart| {
        let mut scope = vec![subchart.name().to_owned()];
        scope.extend(scope_of(subchart, path)?);
        Some(scope)
    })
}
