//! Where the parts of an index are in its text, so that they can be read and changed one by one.
//!
//! In: the text of an index. Out: the places of the charts, of their entries and of `generated`, and the values of single
//! entries. An index in the usual style is read line by line, with a few bytes of memory for each entry; any other is read
//! as a whole.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value as Json;

use crate::text::compact_sort::sort_by_key;
use crate::text::source::Span;
use crate::text::yaml;

use super::index_error::{IndexError, broken};
use super::index_lines::usual_layout;
use super::index_tree::tree_layout;

/// Where the parts of an index are.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    /// The fields of the index without the charts.
    pub(super) root: Json,
    /// The charts.
    pub(super) entries: EntriesPlace,
    /// Whether the whole index is in braces, as JSON is.
    pub(super) is_in_braces: bool,
    /// Spaces before the name of a chart, in block style.
    pub(super) indent: usize,
    /// The charts in the order of the text.
    pub(super) charts: Vec<ChartPlace>,
    /// The numbers of the charts, sorted by name.
    pub(super) by_name: Vec<usize>,
    /// The entries of all charts.
    pub(super) items: Vec<Span>,
    /// The values of the entries, where they cannot be read one by one.
    pub(super) decoded: Vec<Json>,
    /// The value of `generated`; `None` if there is none.
    pub(super) generated: Option<Span>,
    /// The end of the last line of content.
    pub(super) end: u32,
}

/// The value of `entries`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntriesPlace {
    /// Charts on lines of their own.
    Block {
        /// Where the first line begins.
        start: u32,
        /// Where the last line ends.
        end: u32,
    },
    /// `{}` in an index in block style.
    Empty(Span),
    /// Charts in braces.
    Flow(Span),
}

/// A chart and the list of its entries.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ChartPlace {
    /// The name.
    pub(super) name: String,
    /// In block style, all its lines; in braces, from the name to the end of the list.
    pub(super) span: Span,
    /// Where the first entry would begin in block style: after the line of the name.
    pub(super) body: u32,
    /// The list.
    pub(super) list: ListPlace,
    /// Its entries in [`Layout::items`].
    pub(super) items: Range<usize>,
}

/// The list of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListPlace {
    /// Each entry on lines of its own, behind a dash.
    Block {
        /// Spaces before the dash; `None` without entries.
        indent: Option<usize>,
    },
    /// `[]` behind a name in block style.
    Empty(Span),
    /// Entries in brackets.
    Flow(Span),
}

impl ChartPlace {
    /// Whether nothing follows the name.
    pub(super) const fn is_without_list(&self) -> bool {
        matches!(self.list, ListPlace::Block { indent: None })
    }
}

impl Layout {
    /// Finds the parts of an index that is to be read.
    ///
    /// # Errors
    /// When it is not an index.
    pub(super) fn find(text: &[u8]) -> Result<Self, IndexError> {
        if let Some(mut layout) = usual_layout(text)
            && let Ok(root) = layout.fields(text)
        {
            layout.root = root;
            return Ok(layout.with_order());
        }
        Self::of_tree(text)
    }

    /// The same from the tree of the whole text.
    ///
    /// # Errors
    /// When it is not an index.
    pub(super) fn of_tree(text: &[u8]) -> Result<Self, IndexError> {
        tree_layout(text).map(Self::with_order)
    }

    /// Makes it possible to find charts by name.
    fn with_order(mut self) -> Self {
        let mut order: Vec<usize> = (0..self.charts.len()).collect();
        sort_by_key(&mut order, |number| {
            self.charts.get(*number).map(|chart| chart.name.as_str())
        });
        self.by_name = order;
        self
    }

    /// The parts of an index without charts, whose text is ours.
    pub(super) fn of_empty(text: &[u8]) -> Self {
        Self::find(text).unwrap_or_else(|_| Self {
            root: Json::Null,
            entries: EntriesPlace::Empty(Span::at(0)),
            is_in_braces: false,
            indent: 2,
            charts: Vec::new(),
            by_name: Vec::new(),
            items: Vec::new(),
            decoded: Vec::new(),
            generated: None,
            end: 0,
        })
    }

    /// The chart of a name.
    pub(super) fn chart(&self, name: &str) -> Option<&ChartPlace> {
        let name_of = |number: &usize| self.charts.get(*number).map(|chart| chart.name.as_str());
        let at = self
            .by_name
            .binary_search_by(|number| name_of(number).cmp(&Some(name)))
            .ok()?;
        self.charts.get(*self.by_name.get(at)?)
    }

    /// The value of an entry.
    ///
    /// # Errors
    /// When it is not YAML, or has a key twice.
    pub(super) fn value(&self, text: &[u8], item: usize) -> Result<Cow<'_, Json>, IndexError> {
        if let Some(value) = self.decoded.get(item) {
            return Ok(Cow::Borrowed(value));
        }
        let span = self.items.get(item).copied().unwrap_or_default();
        match strict(span.of(text))? {
            Json::Array(mut list) if list.len() == 1 => Ok(Cow::Owned(list.pop().unwrap_or_default())),
            _ => Err(broken("an entry is not what its lines suggest")),
        }
    }

    /// The fields of an index in the usual style, without the charts; an error where they are not those of one document.
    fn fields(&self, text: &[u8]) -> Result<Json, IndexError> {
        let EntriesPlace::Block { start, end } = self.entries else {
            return strict(text).map(without_entries);
        };
        let before = text.get(..start as usize).unwrap_or_default();
        let after = text.get(end as usize..).unwrap_or_default();
        strict(&[before, b"  {}\n", after].concat()).map(without_entries)
    }
}

fn without_entries(mut root: Json) -> Json {
    if let Some(fields) = root.as_object_mut() {
        fields.remove("entries");
    }
    root
}

/// The only document of a text, without keys that are written twice.
pub(super) fn strict(text: &[u8]) -> Result<Json, IndexError> {
    yaml::json_from_bytes_strict(text).map_err(|error| broken(error.to_string()))
}
