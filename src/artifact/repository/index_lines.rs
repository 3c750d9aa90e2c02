//! The places in an index in the usual block style, found by one pass over its lines.
//!
//! In: the text of an index. Out: its [`Layout`], or `None` where a line could mean something that lines do not show: a quoted
//! text or a list in brackets that continues on the next line, an anchor, a tag, a tab, a document mark. The whole text is
//! read as YAML then. Follows the rules of indentation of go-yaml v2: a plain or block scalar ends at the first line that is not
//! indented further than its parent.

use std::collections::HashSet;

use crate::text::source::{Span, offset};
use crate::text::yaml::{Scalar, resolve_plain};

use super::index_layout::{ChartPlace, EntriesPlace, Layout, ListPlace};

/// What a line is apart from its indentation.
enum Line<'t> {
    /// White space or a comment.
    Blank,
    /// A line of content.
    Content {
        /// Whether it begins with a dash.
        has_dash: bool,
        /// The key, if it has one; of the innermost mapping if dashes precede it.
        key: Option<&'t [u8]>,
        /// Where the text after the key is, without comment.
        value: Span,
        /// Lines that are indented further are the content of a block scalar.
        block_scalar: Option<usize>,
    },
}

/// Reads the places; `None` if the text is not in the usual style.
pub(super) fn usual_layout(text: &[u8]) -> Option<Layout> {
    let mut reader = Reader::default();
    let mut start = 0;
    while start < text.len() {
        let rest = text.get(start..)?;
        let end = memchr::memchr(b'\n', rest).map_or(text.len(), |at| start + at + 1);
        reader.line(text, start, end)?;
        start = end;
    }
    reader.finish(text)
}

#[derive(Default)]
struct Reader {
    block_scalar: Option<usize>,
    /// The end of the last line of content.
    content_end: usize,
    top_keys: Vec<Vec<u8>>,
    generated: Option<Span>,
    entries: Option<Entries>,
    is_in_entries: bool,
}

/// The part below `entries`.
struct Entries {
    place: EntriesPlace,
    indent: Option<usize>,
    charts: Vec<ChartPlace>,
    items: Vec<Span>,
}

impl Reader {
    fn line(&mut self, text: &[u8], start: usize, end: usize) -> Option<()> {
        let line = text.get(start..end)?;
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let indent = line.iter().take_while(|byte| **byte == b' ').count();
        let rest = line.get(indent..)?;
        if let Some(parent) = self.block_scalar {
            if indent > parent || rest.is_empty() {
                self.content_end = if rest.is_empty() { self.content_end } else { end };
                return Some(());
            }
            self.block_scalar = None;
        }
        let Line::Content {
            has_dash,
            key,
            value,
            block_scalar,
        } = read_line(text, start + indent, start + line.len(), indent)?
        else {
            return Some(());
        };
        self.block_scalar = block_scalar;
        if indent == 0 && !has_dash {
            self.top_level(text, key?, value, end)?;
        } else if self.is_in_entries {
            self.end_item();
            let entries = self.entries.as_mut()?;
            entries.line(indent, has_dash, text, key, value, (start, end))?;
        }
        self.content_end = end;
        Some(())
    }

    fn top_level(&mut self, text: &[u8], key: &[u8], value: Span, end: usize) -> Option<()> {
        self.close_entries();
        self.top_keys.push(key.to_vec());
        match key {
            b"generated" => self.generated = Some(value).filter(|value| !value.is_empty()),
            b"entries" => {
                let place = match value.of(text) {
                    b"" => EntriesPlace::Block {
                        start: offset(end),
                        end: offset(end),
                    },
                    b"{}" => EntriesPlace::Empty(value),
                    _ => return None,
                };
                self.is_in_entries = matches!(place, EntriesPlace::Block { .. });
                self.entries = Some(Entries {
                    place,
                    indent: None,
                    charts: Vec::new(),
                    items: Vec::new(),
                });
            }
            _ => {}
        }
        Some(())
    }

    /// The last item of the list reaches to the end of the content so far.
    fn end_item(&mut self) {
        let end = offset(self.content_end);
        let Some(entries) = &mut self.entries else { return };
        let Some(chart) = entries.charts.last_mut() else { return };
        chart.span.end = chart.span.end.max(end);
        if !chart.items.is_empty()
            && let Some(item) = entries.items.last_mut()
        {
            item.end = item.end.max(end);
        }
    }

    fn close_entries(&mut self) {
        if !self.is_in_entries {
            return;
        }
        self.end_item();
        self.is_in_entries = false;
        if let Some(entries) = &mut self.entries
            && let EntriesPlace::Block { end, .. } = &mut entries.place
            && let Some(chart) = entries.charts.last()
        {
            *end = chart.span.end;
        }
    }

    fn finish(mut self, text: &[u8]) -> Option<Layout> {
        self.close_entries();
        let entries = self.entries?;
        let is_block = matches!(entries.place, EntriesPlace::Block { .. });
        // `entries:` with nothing below it, or a chart without a list: the file may have been truncated.
        if is_block && (entries.charts.is_empty() || entries.charts.iter().any(ChartPlace::is_without_list)) {
            return None;
        }
        let mut keys = HashSet::new();
        if !self.top_keys.iter().all(|key| keys.insert(key)) {
            return None;
        }
        let mut names = HashSet::new();
        if !entries.charts.iter().all(|chart| names.insert(chart.name.as_str())) {
            return None;
        }
        std::str::from_utf8(text).ok()?;
        Some(Layout {
            root: serde_json::Value::Null,
            entries: entries.place,
            is_in_braces: false,
            indent: entries.indent.unwrap_or(2),
            charts: entries.charts,
            by_name: Vec::new(),
            items: entries.items,
            decoded: Vec::new(),
            generated: self.generated,
            end: offset(self.content_end),
        })
    }
}

impl Entries {
    fn line(
        &mut self,
        indent: usize,
        has_dash: bool,
        text: &[u8],
        key: Option<&[u8]>,
        value: Span,
        (start, end): (usize, usize),
    ) -> Option<()> {
        if !has_dash && *self.indent.get_or_insert(indent) == indent {
            let name = std::str::from_utf8(key?).ok()?;
            let is_text = matches!(resolve_plain(name), Scalar::Str(_));
            let list = match value.of(text) {
                b"" => ListPlace::Block { indent: None },
                b"[]" => ListPlace::Empty(value),
                _ => return None,
            };
            if !is_text || name.contains('#') {
                return None;
            }
            self.charts.push(ChartPlace {
                name: name.to_owned(),
                span: Span::between(start, end),
                body: offset(end),
                list,
                items: self.items.len()..self.items.len(),
            });
            return Some(());
        }
        let chart = self.charts.last_mut()?;
        let ListPlace::Block { indent: list } = &mut chart.list else {
            return None;
        };
        if has_dash && list.is_none() && self.indent.is_some_and(|least| indent >= least) {
            *list = Some(indent);
        }
        let list = (*list)?;
        if indent == list && has_dash {
            self.items.push(Span::between(start, end));
            chart.items.end = self.items.len();
            return Some(());
        }
        (indent > list).then_some(())
    }
}

/// Reads a line from its first character that is not a space.
fn read_line(text: &[u8], start: usize, end: usize, indent: usize) -> Option<Line<'_>> {
    let rest = text.get(start..end)?;
    match rest {
        [] | [b'#', ..] => return Some(Line::Blank),
        [b'%', ..] if indent == 0 => return None,
        _ if indent == 0 && (rest.starts_with(b"---") || rest.starts_with(b"...")) => return None,
        _ => {}
    }
    let mut at = start;
    // The column of the last dash, and of what follows it.
    let mut parent = None;
    while let Some(after) = after_dash(text.get(at..end)?) {
        parent = Some(indent + at - start);
        at += after;
    }
    let has_dash = parent.is_some();
    let column = indent + at - start;
    let node = text.get(at..end)?;
    let content = |key, value, block_scalar| {
        Some(Line::Content {
            has_dash,
            key,
            value,
            block_scalar,
        })
    };
    match node.first() {
        None | Some(b'#') => return content(None, Span::at(end), None),
        Some(b'?' | b':' | b',' | b']' | b'}') => return None,
        _ => {}
    }
    let colon = match key_end(node) {
        Key::Plain(colon) => colon,
        Key::Unclear => return None,
        Key::Absent => {
            let found = closed_node(text, at, end)?;
            // A block scalar without a parent on its line belongs to a key on a line before.
            let block_scalar = match (found.is_block_scalar, parent) {
                (true, Some(dash)) => Some(dash),
                (true, None) => return None,
                (false, _) => None,
            };
            return content(None, found.span, block_scalar);
        }
    };
    let found = closed_node(text, at + colon + 1, end)?;
    content(
        Some(node.get(..colon)?.trim_ascii_end()),
        found.span,
        found.is_block_scalar.then_some(column),
    )
}

/// How many bytes a dash and the spaces after it are.
fn after_dash(text: &[u8]) -> Option<usize> {
    match text {
        [b'-'] => Some(1),
        [b'-', b' ', rest @ ..] => Some(2 + rest.iter().take_while(|byte| **byte == b' ').count()),
        _ => None,
    }
}

/// The key at the start of a node.
enum Key {
    /// A plain one, which ends before the colon at this place.
    Plain(usize),
    /// None.
    Absent,
    /// A comment before the colon.
    Unclear,
}

/// Where the colon after a plain key is.
fn key_end(node: &[u8]) -> Key {
    // In quotes and brackets, a colon is text.
    if matches!(node.first(), Some(first) if !is_plain_start(*first)) {
        return Key::Absent;
    }
    for colon in memchr::memchr_iter(b':', node) {
        if matches!(node.get(colon + 1), None | Some(b' ' | b'\t')) {
            let key = node.get(..colon).unwrap_or_default();
            let has_comment = memchr::memchr_iter(b'#', key)
                .any(|at| matches!(at.checked_sub(1).and_then(|before| key.get(before)), Some(b' ' | b'\t')));
            return if has_comment { Key::Unclear } else { Key::Plain(colon) };
        }
    }
    Key::Absent
}

/// The rest of a line that ends where the line ends.
struct Closed {
    span: Span,
    is_block_scalar: bool,
}

const fn is_plain_start(byte: u8) -> bool {
    !matches!(
        byte,
        b'"' | b'\'' | b'[' | b']' | b'{' | b'}' | b'&' | b'*' | b'!' | b'|' | b'>' | b'%' | b'@' | b'`' | b',' | b'?'
    )
}

/// A node that begins on a line and does not continue on the next one, except as a plain or block scalar does.
fn closed_node(text: &[u8], start: usize, end: usize) -> Option<Closed> {
    let line = text.get(start..end)?;
    let leading = line.iter().take_while(|byte| **byte == b' ').count();
    let start = start + leading;
    let node = without_comment(line.get(leading..)?);
    let span = Span::between(start, start + node.len());
    let closed = |is_block_scalar| Some(Closed { span, is_block_scalar });
    match node {
        [] | b"[]" | b"{}" => closed(false),
        [b'\t', ..] => None,
        [quote @ (b'"' | b'\''), inside @ ..] => {
            let length = closing_quote(inside, *quote)? + 2;
            without_comment(node.get(length..)?).is_empty().then_some(Closed {
                span: Span::between(start, start + length),
                is_block_scalar: false,
            })
        }
        // `+` keeps the empty lines that follow, so that what is added after them is not where it seems to be.
        [b'|' | b'>', header @ ..] if header.iter().all(|byte| matches!(byte, b'-' | b'1'..=b'9')) => closed(true),
        [first, ..] if is_plain_start(*first) => closed(false),
        [b'[' | b'{', ..] if is_closed_flow(node) => closed(false),
        _ => None,
    }
}

/// Whether a list or mapping in brackets ends at the end of the line, and has nothing in it that could hide a bracket.
fn is_closed_flow(node: &[u8]) -> bool {
    let mut open = Vec::new();
    let mut bytes = node.iter().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'[' | b'{' => open.push(*byte),
            b']' | b'}' => {
                let wanted = if *byte == b']' { b'[' } else { b'{' };
                if open.pop() != Some(wanted) || (open.is_empty() && bytes.peek().is_some()) {
                    return false;
                }
            }
            b'"' | b'\'' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'%' | b'@' | b'`' | b'\t' => return false,
            _ => {}
        }
    }
    open.is_empty()
}

/// The text before a comment at the end of a line; all of a text that begins with a quote.
fn without_comment(node: &[u8]) -> &[u8] {
    let comment = memchr::memchr_iter(b'#', node).find(|at| {
        matches!(
            at.checked_sub(1).and_then(|before| node.get(before)),
            None | Some(b' ' | b'\t')
        )
    });
    let is_quoted = matches!(node.first(), Some(b'"' | b'\''));
    let node = match comment {
        Some(at) if !is_quoted => node.get(..at).unwrap_or_default(),
        _ => node,
    };
    node.trim_ascii_end()
}

/// Where a quoted text ends on its line.
fn closing_quote(inside: &[u8], quote: u8) -> Option<usize> {
    let mut bytes = inside.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' if quote == b'"' => {
                bytes.next();
            }
            byte if *byte == quote => {
                if quote == b'\'' && inside.get(at + 1) == Some(&b'\'') {
                    bytes.next();
                } else {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}
