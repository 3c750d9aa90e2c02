//! The places in an index of any style, from the tree of the whole text.
//!
//! In: the text of an index. Out: its [`Layout`] with the values of all entries, or why it is not an index. Helm's strict
//! decoding of YAML is followed: a key that is written twice is refused.

use serde_json::Value as Json;

use crate::text::source::{Span, offset};
use crate::text::yaml::{self, NodeId, NodeKind, Tree};

use super::index_error::{IndexError, broken};
use super::index_layout::{ChartPlace, EntriesPlace, Layout, ListPlace, strict};

/// Reads the places.
///
/// # Errors
/// When the text is not an index, or one that was truncated or merged badly.
pub(super) fn tree_layout(text: &[u8]) -> Result<Layout, IndexError> {
    let tree = yaml::parse_all(text).map_err(|error| broken(error.to_string()))?;
    let root = match tree.documents() {
        [] => return Err(broken("it is empty")),
        [document] => document.root,
        documents => return Err(broken(format!("it has {} documents", documents.len()))),
    };
    if tree.source().as_bytes() != text {
        return Err(broken("it is not UTF-8"));
    }
    let Json::Object(mut values) = strict(text)? else {
        return Err(broken("it is not a mapping"));
    };
    let charts = match values.get_mut("entries").map(Json::take) {
        Some(Json::Object(charts)) => charts,
        None | Some(Json::Null) => return Err(broken("it has no `entries`; a new index has `entries: {}`")),
        Some(_) => return Err(broken("`entries` is not a mapping")),
    };
    if let Some((name, _)) = charts.iter().find(|(_, versions)| !versions.is_array()) {
        return Err(broken(format!("the entry of {name} is not a list")));
    }
    let entries = tree.get(root, "entries").ok_or_else(unusual)?;
    values.remove("entries");
    let mut layout = Layout {
        root: Json::Object(values),
        entries: entries_place(text, &tree, root, entries)?,
        is_in_braces: is_flow(text, tree.span(root)),
        indent: column(text, tree.span(entries).start),
        charts: Vec::with_capacity(charts.len()),
        by_name: Vec::new(),
        items: Vec::new(),
        decoded: Vec::new(),
        generated: tree.get(root, "generated").map(|node| tree.span(node)),
        end: content_end(&tree, root, text),
    };
    if !matches!(layout.entries, EntriesPlace::Block { .. }) {
        layout.indent = 2;
    }
    let mut values = charts;
    for (key, list) in tree.pairs(entries) {
        let chart = chart_place(text, &tree, (key, list), &mut layout)?;
        if let Some(Json::Array(list)) = values.get_mut(&chart.name).map(Json::take) {
            layout.decoded.extend(list);
        }
        layout.charts.push(chart);
    }
    if layout.decoded.len() == layout.items.len() {
        Ok(layout)
    } else {
        Err(unusual())
    }
}

fn unusual() -> IndexError {
    broken("its entries are written with aliases, merge keys or tags, which cannot be changed one by one")
}

fn entries_place(text: &[u8], tree: &Tree<'_>, root: NodeId, entries: NodeId) -> Result<EntriesPlace, IndexError> {
    let span = tree.span(entries);
    if tree.kind(entries) != NodeKind::Mapping {
        return Err(unusual());
    }
    if !is_flow(text, span) {
        return Ok(EntriesPlace::Block {
            start: line_start(text, span.start),
            end: line_end(text, span.end),
        });
    }
    let is_empty = tree.len(entries) == 0 && !is_flow(text, tree.span(root));
    Ok(if is_empty {
        EntriesPlace::Empty(span)
    } else {
        EntriesPlace::Flow(span)
    })
}

fn chart_place(
    text: &[u8],
    tree: &Tree<'_>,
    (key, list): (NodeId, NodeId),
    layout: &mut Layout,
) -> Result<ChartPlace, IndexError> {
    if tree.kind(list) != NodeKind::Sequence || !matches!(tree.kind(key), NodeKind::Scalar(_)) {
        return Err(unusual());
    }
    let span = tree.span(list);
    let is_in_braces = matches!(layout.entries, EntriesPlace::Flow(_));
    let place = match (is_flow(text, span), is_in_braces, tree.len(list)) {
        (false, _, _) => ListPlace::Block {
            indent: Some(column(text, span.start)),
        },
        (true, false, 0) => ListPlace::Empty(span),
        (true, _, _) => ListPlace::Flow(span),
    };
    let first = layout.items.len();
    for item in tree.children(list) {
        let item = tree.span(item);
        layout.items.push(match place {
            ListPlace::Block { indent } => item_lines(text, item, indent.unwrap_or_default())?,
            _ => item,
        });
    }
    let name = tree.text(key).to_owned();
    let key = tree.span(key);
    Ok(ChartPlace {
        name,
        span: if is_in_braces {
            Span::new(key.start, span.end)
        } else {
            Span::new(line_start(text, key.start), line_end(text, span.end))
        },
        body: line_end(text, key.end),
        list: place,
        items: first..layout.items.len(),
    })
}

/// The lines of an entry whose dash is the first character on its line.
fn item_lines(text: &[u8], item: Span, indent: usize) -> Result<Span, IndexError> {
    let start = line_start(text, item.start);
    let line = Span::new(start, item.start).of(text);
    let is_usual = line.get(indent) == Some(&b'-') && line.iter().take(indent).all(|byte| *byte == b' ');
    if is_usual {
        Ok(Span::new(start, line_end(text, item.end)))
    } else {
        Err(unusual())
    }
}

fn is_flow(text: &[u8], span: Span) -> bool {
    matches!(span.of(text).first(), Some(b'{' | b'['))
}

fn column(text: &[u8], at: u32) -> usize {
    (at - line_start(text, at)) as usize
}

fn line_start(text: &[u8], at: u32) -> u32 {
    let before = text.get(..at as usize).unwrap_or_default();
    offset(memchr::memrchr(b'\n', before).map_or(0, |end| end + 1))
}

/// The end of the line that a node ends on, with its line break.
fn line_end(text: &[u8], at: u32) -> u32 {
    let after = text.get(at as usize..).unwrap_or_default();
    offset(memchr::memchr(b'\n', after).map_or(text.len(), |end| at as usize + end + 1))
}

fn content_end(tree: &Tree<'_>, root: NodeId, text: &[u8]) -> u32 {
    line_end(text, tree.span(root).end)
}
