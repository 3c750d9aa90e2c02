//! Where in the chart's sources something rendered comes from.

use crate::check::explain::ValueOrigins;
use crate::check::finding::Related;
use crate::engine::chart::Chart;
use crate::engine::render::RenderedFile;
use crate::text::source::{LineIndex, Position};

/// Values that are told of for one line.
const MOST_VALUES: usize = 3;

/// Line and column of a byte.
pub(super) fn position(text: &[u8], offset: u32) -> Position {
    LineIndex::new(text).position(text, offset)
}

/// The name inside the chart and the text of a template, by its name in the set.
pub(super) fn find_template(chart: &Chart, name: &str) -> Option<(String, Vec<u8>)> {
    let inside = name.strip_prefix(chart.name())?.strip_prefix('/')?;
    let text = template_text(chart, inside)?;
    Some((inside.to_owned(), text))
}

fn template_text(chart: &Chart, inside: &str) -> Option<Vec<u8>> {
    if let Some(file) = chart.templates.iter().find(|file| file.name == inside) {
        return Some(file.data.to_vec());
    }
    let rest = inside.strip_prefix("charts/")?;
    chart.dependencies.iter().find_map(|subchart| {
        let inner = rest.strip_prefix(subchart.name())?.strip_prefix('/')?;
        template_text(subchart, inner)
    })
}

/// The template, and the place in it, that wrote the byte at `offset` of a rendered file.
pub(super) fn place_in_template(chart: &Chart, file: &RenderedFile, offset: usize) -> (String, Position) {
    let strip = |name: &str| {
        name.strip_prefix(chart.name())
            .and_then(|rest| rest.strip_prefix('/'))
            .unwrap_or(name)
            .to_owned()
    };
    let found = file.map.as_ref().and_then(|map| {
        let mut segment = *map.find(u32::try_from(offset).ok()?)?;
        let mut source = map.sources.get(segment.source as usize)?;
        if source.name.as_bytes() == b"gotpl" {
            // Text given to `tpl` is no file: the place that called it is.
            let caller = map.callers_of(&segment).find(|caller| {
                map.sources
                    .get(caller.source as usize)
                    .is_some_and(|source| source.name.as_bytes() != b"gotpl")
            })?;
            segment.position = caller.position;
            source = map.sources.get(caller.source as usize)?;
        }
        Some((
            strip(&source.name.to_str_lossy()),
            position(source.text.as_bytes(), segment.position),
        ))
    });
    found.unwrap_or_else(|| (strip(&file.name), Position { line: 1, column: 1 }))
}

/// The line of a rendered file that holds a byte.
pub(super) fn rendered_line(text: &[u8], offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let rest = text.get(start..).unwrap_or_default();
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned()
}

/// Where the values come from that a line of a template names: `.Values.a.b` of the chart the template belongs to.
pub(super) fn values_of_line(chart: &Chart, file: &str, line: u32, origins: &ValueOrigins) -> Vec<Related> {
    let Some(text) = template_text(chart, file) else {
        return Vec::new();
    };
    let text = String::from_utf8_lossy(&text).into_owned();
    let Some(line) = text.lines().nth(line.saturating_sub(1) as usize) else {
        return Vec::new();
    };
    let scope = subcharts(file);
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
        let path: Vec<String> = scope
            .iter()
            .map(|name| (*name).to_owned())
            .chain(keys.map(str::to_owned))
            .collect();
        if let Some(origin) = origins.find(&path) {
            let entry = Related {
                label: "value from".to_owned(),
                place: origin.place(),
            };
            if !related.contains(&entry) && related.len() < MOST_VALUES {
                related.push(entry);
            }
        }
    }
    related
}

/// Names of the subcharts a template is in: `charts/a/charts/b/templates/x` is in `a` and `b`.
fn subcharts(file: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = file;
    while let Some((name, inner)) = rest.strip_prefix("charts/").and_then(|rest| rest.split_once('/')) {
        names.push(name);
        rest = inner;
    }
    names
}
