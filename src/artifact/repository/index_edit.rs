//! Entries into the text of an index and out of it: every byte that is not part of a change stays.
//!
//! In: an index with its places, entries to add and to remove. Out: the new text. A new entry goes where Helm's order has it
//! (newest first), a new chart where Helm prints it if the charts are in that order, else behind the last.

use serde_json::{Value as Json, json};

use crate::text::compact_sort::sort_by;
use crate::text::semver::{Version, sort_newest_first};
use crate::text::source::{Span, offset};
use crate::text::yaml::{Dialect, sort_by_key};

use super::index_entry::{IndexEntry, json_line, yaml_lines};
use super::index_error::IndexError;
use super::index_layout::{ChartPlace, EntriesPlace, Layout, ListPlace};

/// What happens to one chart.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ChartChange {
    /// Its entries so far, in their order.
    pub(super) entries: Vec<OldEntry>,
    /// New entries.
    pub(super) added: Vec<IndexEntry>,
}

/// An entry that the index has.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OldEntry {
    /// Its version; empty if it has none.
    pub(super) version: String,
    /// Whether it is kept.
    pub(super) stays: bool,
}

/// An entry after a change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kept<'c> {
    /// The old entry of a number.
    Old(usize),
    /// A new one.
    New(&'c IndexEntry),
}

impl ChartChange {
    /// The entries after the change, in their order.
    pub(super) fn order(&self) -> Vec<Kept<'_>> {
        let kept = self.entries.iter().enumerate().filter(|(_, entry)| entry.stays);
        let mut order: Vec<(Kept<'_>, &str)> = kept
            .map(|(number, entry)| (Kept::Old(number), entry.version.as_str()))
            .collect();
        let mut from = 0;
        for entry in sort_newest_first(self.added.iter().collect(), |entry: &&IndexEntry| entry.version.clone()) {
            let mut later = order.iter().skip(from);
            let later = later.position(|(_, version)| goes_before(&entry.version, version));
            let at = later.map_or(order.len(), |later| from + later);
            order.insert(at, (Kept::New(entry), &entry.version));
            from = at + 1;
        }
        order.into_iter().map(|(kept, _)| kept).collect()
    }

    /// Whether nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.entries.iter().all(|entry| !entry.stays)
    }

    /// Whether anything is added or removed.
    pub(super) fn is_change(&self) -> bool {
        !self.added.is_empty() || self.has_removals()
    }

    fn has_removals(&self) -> bool {
        self.entries.iter().any(|entry| !entry.stays)
    }
}

/// Whether Helm sorts a version before another.
fn goes_before(version: &str, other: &str) -> bool {
    match (Version::parse(version), Version::parse(other)) {
        (Ok(version), Ok(other)) => other.compare(&version).is_lt(),
        (version, other) => version.is_ok() && other.is_err(),
    }
}

/// A piece of text in place of another.
struct Edit {
    span: Span,
    text: String,
    /// Whether it is whole lines, which begin behind a line break.
    is_lines: bool,
}

/// The new text. `changes` are by name of chart, `generated` is an RFC 3339 time.
///
/// # Errors
/// When an entry cannot be printed.
pub(super) fn edited(
    text: &[u8],
    layout: &Layout,
    changes: &[(String, ChartChange)],
    generated: &str,
) -> Result<Vec<u8>, IndexError> {
    let mut editor = Editor {
        text,
        layout,
        line_break: if has_windows_line_breaks(text) { "\r\n" } else { "\n" },
        edits: Vec::new(),
    };
    let mut removed = changes.iter().filter(|(_, change)| change.is_empty());
    let removes_charts = removed.any(|(name, _)| layout.chart(name).is_some());
    match layout.entries {
        EntriesPlace::Flow(span) if removes_charts || layout.charts.is_empty() => {
            editor.rewrite_entries(span, changes)?;
        }
        _ => editor.change_charts(changes)?,
    }
    editor.set_generated(generated);
    Ok(editor.apply())
}

fn has_windows_line_breaks(text: &[u8]) -> bool {
    let end = memchr::memchr(b'\n', text).unwrap_or_default();
    end.checked_sub(1).and_then(|before| text.get(before)) == Some(&b'\r')
}

struct Editor<'t> {
    text: &'t [u8],
    layout: &'t Layout,
    line_break: &'static str,
    edits: Vec<Edit>,
}

impl Editor<'_> {
    fn replace(&mut self, span: Span, text: impl Into<String>) {
        self.edits.push(Edit {
            span,
            text: text.into(),
            is_lines: false,
        });
    }

    fn lines(&mut self, at: u32, text: String) {
        self.edits.push(Edit {
            span: Span::new(at, at),
            text,
            is_lines: true,
        });
    }

    fn change_charts(&mut self, changes: &[(String, ChartChange)]) -> Result<(), IndexError> {
        let mut new = Vec::new();
        let mut removed = 0;
        for (name, change) in changes {
            match self.layout.chart(name) {
                None if change.added.is_empty() => {}
                None => new.push((name.as_str(), change)),
                Some(chart) if change.is_empty() => {
                    removed += 1;
                    self.replace(chart.span, "");
                }
                Some(chart) => self.change_chart(chart, change)?,
            }
        }
        if new.is_empty()
            && removed == self.layout.charts.len()
            && let EntriesPlace::Block { start, .. } = self.layout.entries
        {
            let indent = " ".repeat(self.layout.indent);
            self.lines(start, format!("{indent}{{}}{}", self.line_break));
        }
        self.add_charts(new)
    }

    fn change_chart(&mut self, chart: &ChartPlace, change: &ChartChange) -> Result<(), IndexError> {
        let items: Vec<Span> = self.layout.items.get(chart.items.clone()).unwrap_or_default().to_vec();
        let item = |number: usize| items.get(number).copied().unwrap_or_default();
        match chart.list {
            ListPlace::Flow(span) if change.has_removals() || items.is_empty() => {
                let kept = change.order();
                let texts: Result<Vec<String>, IndexError> = kept
                    .iter()
                    .map(|kept| match kept {
                        Kept::Old(number) => Ok(String::from_utf8_lossy(item(*number).of(self.text)).into_owned()),
                        Kept::New(entry) => json_line(&Json::Object(entry.fields.clone())),
                    })
                    .collect();
                self.replace(span, format!("[{}]", texts?.join(", ")));
                Ok(())
            }
            ListPlace::Flow(_) => {
                let mut last = None;
                for kept in change.order() {
                    match kept {
                        Kept::Old(number) => last = Some(item(number)),
                        Kept::New(entry) => {
                            let entry = json_line(&Json::Object(entry.fields.clone()))?;
                            let (at, text) = match last {
                                Some(last) => (last.end, format!(", {entry}")),
                                None => (item(0).start, format!("{entry}, ")),
                            };
                            self.replace(Span::new(at, at), text);
                        }
                    }
                }
                Ok(())
            }
            ListPlace::Empty(span) => {
                self.remove_value(span);
                self.change_lines(chart, change, &items, self.layout.indent)
            }
            ListPlace::Block { indent } => {
                self.change_lines(chart, change, &items, indent.unwrap_or(self.layout.indent))
            }
        }
    }

    fn change_lines(
        &mut self,
        chart: &ChartPlace,
        change: &ChartChange,
        items: &[Span],
        indent: usize,
    ) -> Result<(), IndexError> {
        let mut at = chart.body;
        for kept in change.order() {
            match kept {
                Kept::Old(number) => at = items.get(number).map_or(at, |item| item.end),
                Kept::New(entry) => {
                    let lines = self.entry_lines(entry, indent)?;
                    self.lines(at, lines);
                }
            }
        }
        for (item, entry) in items.iter().zip(&change.entries) {
            if !entry.stays {
                self.replace(*item, "");
            }
        }
        Ok(())
    }

    /// Removes a value behind a key, and the space before it.
    fn remove_value(&mut self, span: Span) {
        let before = span.start.saturating_sub(1);
        let has_space = Span::new(before, span.start).of(self.text) == b" ";
        self.replace(Span::new(if has_space { before } else { span.start }, span.end), "");
    }

    fn add_charts(&mut self, mut new: Vec<(&str, &ChartChange)>) -> Result<(), IndexError> {
        if new.is_empty() {
            return Ok(());
        }
        sort_by_key(Dialect::V2, &mut new, |(name, _)| name);
        let layout = self.layout;
        let charts = &layout.charts;
        let mut sorted: Vec<&ChartPlace> = charts.iter().collect();
        sort_by_key(Dialect::V2, &mut sorted, |chart| chart.name.as_str());
        let is_sorted = sorted.iter().zip(charts).all(|(a, b)| std::ptr::eq(*a, b));
        if let EntriesPlace::Empty(span) = layout.entries {
            self.remove_value(span);
        }
        for (name, change) in new {
            let later = charts
                .iter()
                .position(|chart| is_sorted && is_before(name, &chart.name));
            let before = later
                .unwrap_or(charts.len())
                .checked_sub(1)
                .and_then(|at| charts.get(at));
            match layout.entries {
                EntriesPlace::Flow(span) => {
                    let values = json_line(&self.values(0, change))?;
                    let text = format!("{}: {values}", json_line(&json!(name))?);
                    let (at, text) = match (before, charts.first()) {
                        (Some(before), _) => (before.span.end, format!(", {text}")),
                        (None, first) => (first.map_or(span.start, |first| first.span.start), format!("{text}, ")),
                    };
                    self.replace(Span::new(at, at), text);
                }
                EntriesPlace::Block { start, .. } => {
                    let text = self.chart_lines(name, change)?;
                    self.lines(before.map_or(start, |before| before.span.end), text);
                }
                EntriesPlace::Empty(span) => {
                    let text = self.chart_lines(name, change)?;
                    self.lines(self.line_end(span.end), text);
                }
            }
        }
        Ok(())
    }

    fn chart_lines(&self, name: &str, change: &ChartChange) -> Result<String, IndexError> {
        let key = yaml_lines(&json!({ name: null }))?;
        let key = key.trim_end().strip_suffix(" null").unwrap_or(&key).to_owned();
        let layout = self.layout;
        let lists = layout.charts.iter().find_map(|chart| match chart.list {
            ListPlace::Block { indent } => indent,
            _ => None,
        });
        let mut lines = format!("{}{key}{}", " ".repeat(layout.indent), self.line_break);
        for entry in sort_newest_first(change.added.iter().collect(), |entry: &&IndexEntry| {
            entry.version.clone()
        }) {
            lines.push_str(&self.entry_lines(entry, lists.unwrap_or(layout.indent))?);
        }
        Ok(lines)
    }

    fn entry_lines(&self, entry: &IndexEntry, indent: usize) -> Result<String, IndexError> {
        let mut lines = String::new();
        for line in yaml_lines(&json!([entry.fields]))?.lines() {
            if !line.is_empty() {
                lines.push_str(&" ".repeat(indent));
            }
            lines.push_str(line);
            lines.push_str(self.line_break);
        }
        Ok(lines)
    }

    /// Writes all charts in braces anew, for a change that removes some.
    fn rewrite_entries(&mut self, span: Span, changes: &[(String, ChartChange)]) -> Result<(), IndexError> {
        let mut charts = Vec::new();
        for chart in &self.layout.charts {
            let values = match changes.iter().find(|(name, _)| *name == chart.name) {
                Some((_, change)) if change.is_empty() => continue,
                Some((_, change)) => self.values(chart.items.start, change),
                None => Json::from(self.layout.decoded.get(chart.items.clone()).unwrap_or_default()),
            };
            charts.push((chart.name.clone(), values));
        }
        for (name, change) in changes {
            if self.layout.chart(name).is_none() && !change.added.is_empty() {
                charts.push((name.clone(), self.values(0, change)));
            }
        }
        let text = json_line(&Json::Object(charts.into_iter().collect()))?;
        self.replace(span, text);
        Ok(())
    }

    /// The values of the entries of a chart after a change, whose old ones were decoded.
    fn values(&self, first: usize, change: &ChartChange) -> Json {
        let value = |kept: &Kept<'_>| match kept {
            Kept::Old(number) => self.layout.decoded.get(first + number).cloned().unwrap_or_default(),
            Kept::New(entry) => Json::Object(entry.fields.clone()),
        };
        Json::Array(change.order().iter().map(value).collect())
    }

    fn set_generated(&mut self, generated: &str) {
        match self.layout.generated {
            Some(span) => self.replace(span, format!("\"{generated}\"")),
            None if self.layout.is_in_braces => {}
            None => {
                let line = format!("generated: \"{generated}\"{}", self.line_break);
                self.lines(self.layout.end, line);
            }
        }
    }

    fn line_end(&self, at: u32) -> u32 {
        let after = self.text.get(at as usize..).unwrap_or_default();
        offset(memchr::memchr(b'\n', after).map_or(self.text.len(), |end| at as usize + end + 1))
    }

    fn apply(mut self) -> Vec<u8> {
        // At one place, in the order in which they were made.
        sort_by(&mut self.edits, |a, b| {
            (a.span.start, a.span.end).cmp(&(b.span.start, b.span.end))
        });
        let added: usize = self.edits.iter().map(|edit| edit.text.len() + 2).sum();
        let mut new = Vec::with_capacity(self.text.len() + added);
        let mut at = 0;
        for edit in &self.edits {
            new.extend_from_slice(self.text.get(at..edit.span.start as usize).unwrap_or_default());
            if edit.is_lines && !matches!(new.last(), None | Some(b'\n')) {
                new.extend_from_slice(self.line_break.as_bytes());
            }
            new.extend_from_slice(edit.text.as_bytes());
            at = at.max(edit.span.end as usize);
        }
        new.extend_from_slice(self.text.get(at..).unwrap_or_default());
        new
    }
}

/// Whether Helm prints a chart before another.
fn is_before(a: &str, b: &str) -> bool {
    let mut both = vec![b, a];
    sort_by_key(Dialect::V2, &mut both, |name| name);
    both.first() == Some(&a) && a != b
}
