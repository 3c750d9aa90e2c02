//! Documents of the commonest style to nodes directly, without tokens and events.
//!
//! In go: a text and the place where a document begins. Out: exactly the nodes, comments and decoded text that scanner
//! and parser would give, or nothing, in which case they read the document. Read are block mappings with keys on one
//! line, block sequences (also compact and without indentation), scalars, flow collections on one line, comments and
//! `---`. Anything else is left to them: anchors, aliases, tags, directives, `?`, `...`, tabs around nodes, scalars as
//! roots, and every error.

use crate::text::limits::YAML_NODES;
use crate::text::source::{Span, offset};
use crate::text::yaml::scanner::{Place, Scanner};
use crate::text::yaml::tree::{Document, Node, NodeId, NodeKind};

use super::scalar::empty_scalar;

/// Deepest nesting that is read here.
const MAX_LEVELS: usize = 200;
/// Farthest a `:` may be from the start of its key: go-yaml's limit is as many characters, which are never fewer bytes.
pub(super) const MAX_KEY: usize = 1024;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::text::yaml) enum Found {
    /// A document, and where the next one begins.
    Document(Document, Option<Place>),
    /// The stream ends without another document.
    Nothing,
}

/// The kind of a collection being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Mapping,
    Sequence,
    /// A sequence at the indentation of the mapping around it.
    Indentless,
}

/// A collection being read.
#[derive(Debug, Clone, Copy)]
struct Level {
    kind: Kind,
    /// Whether the last key or dash is still without its node.
    is_awaiting: bool,
    column: usize,
    node: u32,
    children: u32,
    /// Behind the last `:` or `-`.
    after: u32,
    line: u32,
}

/// The next line that is neither empty nor a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// One with content at this column.
    Content(usize),
    /// One that begins with `---`.
    Marker,
    /// None.
    End,
}

/// Reads one document.
pub(in crate::text::yaml) struct BlockReader<'r, 'a> {
    pub(super) scanner: &'r mut Scanner<'a>,
    pub(super) nodes: &'r mut Vec<Node>,
    pub(super) bytes: &'a [u8],
    pub(super) position: usize,
    pub(super) line: u32,
    pub(super) line_start: usize,
    /// Whether there may be tabs.
    pub(super) has_tabs: bool,
    open: Vec<Level>,
}

impl<'r, 'a> BlockReader<'r, 'a> {
    /// Whether `text` may be read here at all: it must have no line breaks besides `\n`.
    pub(in crate::text::yaml) fn accepts(text: &str, is_ascii: bool) -> bool {
        let bytes = text.as_bytes();
        let has = |wanted: &str| memchr::memmem::find(bytes, wanted.as_bytes()).is_some();
        u32::try_from(bytes.len()).is_ok()
            && memchr::memchr(b'\r', bytes).is_none()
            && (is_ascii || !["\u{85}", "\u{2028}", "\u{2029}"].into_iter().any(has))
    }

    /// A reader from the place where a document begins. `has_tabs` says whether the text has any.
    pub(in crate::text::yaml) fn new(
        scanner: &'r mut Scanner<'a>,
        nodes: &'r mut Vec<Node>,
        place: Place,
        has_tabs: bool,
    ) -> Self {
        Self {
            bytes: scanner.text().as_bytes(),
            has_tabs,
            scanner,
            nodes,
            position: place.position,
            line: place.line,
            line_start: place.line_start,
            open: Vec::with_capacity(16),
        }
    }

    /// Reads the document; none where that is left to scanner and parser. Nodes, comments and decoded text added by
    /// then are to be forgotten.
    pub(in crate::text::yaml) fn document(mut self) -> Option<Found> {
        let root = offset(self.nodes.len());
        let mut next = self.next_line()?;
        let start = offset(self.position);
        let is_explicit = next == Line::Marker;
        if next == Line::End {
            return Some(Found::Nothing);
        }
        if is_explicit {
            self.position += 3;
            self.end_line()?;
            next = self.next_line()?;
        }
        while let Line::Content(column) = next {
            self.content(column, root)?;
            if self.nodes.len() > YAML_NODES {
                return None;
            }
            next = self.next_line()?;
        }
        while !self.open.is_empty() {
            self.close();
        }
        let end = offset(self.position);
        if self.nodes.len() == root as usize {
            // go-yaml ends the last line before it ends the stream.
            let is_cut = next == Line::End && self.position != self.line_start;
            self.push(empty_scalar(end, self.line + u32::from(is_cut)));
        }
        let document = Document {
            root: NodeId(root),
            span: Span::new(start, end),
            is_explicit,
        };
        Some(Found::Document(document, (next == Line::Marker).then(|| self.place())))
    }

    /// The byte at `position`; 0 past the end.
    #[inline]
    pub(super) fn at(&self, position: usize) -> u8 {
        self.bytes.get(position).copied().unwrap_or(0)
    }

    /// Whether a line break or the end is at `position`.
    #[inline]
    pub(super) fn is_end(&self, position: usize) -> bool {
        matches!(self.at(position), b'\n' | 0)
    }

    pub(super) fn place(&self) -> Place {
        Place {
            position: self.position,
            line: self.line,
            line_start: self.line_start,
        }
    }

    #[inline]
    pub(super) fn skip_spaces(&mut self) {
        // Eight bytes at once: most lines are indented.
        while let Some(bytes) = self.bytes.get(self.position..).and_then(<[u8]>::first_chunk::<8>) {
            let other = u64::from_le_bytes(*bytes) ^ u64::from_le_bytes([b' '; 8]);
            self.position += other.trailing_zeros() as usize / 8;
            if other != 0 {
                return;
            }
        }
        while self.at(self.position) == b' ' {
            self.position += 1;
        }
    }

    /// Goes to the next line with content, from the start of a line.
    #[inline]
    fn next_line(&mut self) -> Option<Line> {
        loop {
            self.skip_spaces();
            let column = self.position - self.line_start;
            match self.at(self.position) {
                b'\n' | b'#' => self.end_line()?,
                b'\t' => return None,
                0 => return Some(Line::End),
                b'-' | b'.' | b'%' if column == 0 => return self.unindented(),
                _ => return Some(Line::Content(column)),
            }
        }
    }

    /// The kind of a line that may begin with a directive or a document indicator.
    fn unindented(&self) -> Option<Line> {
        let after = self.position + 3;
        let is_word = matches!(self.at(after), b' ' | b'\t' | b'\n' | 0);
        match self.bytes.get(self.position..after) {
            Some(b"---") if is_word => Some(Line::Marker),
            Some(b"...") if is_word => None,
            _ if self.at(self.position) == b'%' => None,
            _ => Some(Line::Content(0)),
        }
    }

    /// Goes to the start of the next line; only a comment may be left of this one.
    #[inline]
    fn end_line(&mut self) -> Option<()> {
        self.skip_spaces();
        if self.at(self.position) == b'#' {
            let rest = self.bytes.get(self.position..).unwrap_or_default();
            let end = memchr::memchr(b'\n', rest).map_or(self.bytes.len(), |forward| self.position + forward);
            self.scanner.add_comment(Span::between(self.position, end));
            self.position = end;
        }
        match self.at(self.position) {
            b'\n' => {
                self.position += 1;
                self.line += 1;
                self.line_start = self.position;
                Some(())
            }
            0 => Some(()),
            _ => None,
        }
    }

    /// Reads a line from its first character on.
    fn content(&mut self, mut column: usize, root: u32) -> Option<()> {
        if self
            .open
            .last()
            .is_some_and(|level| level.column < column && !level.is_awaiting)
        {
            return self.continue_plain();
        }
        while self.open.last().is_some_and(|level| level.column > column) {
            self.close();
        }
        if self.open.is_empty() && self.nodes.len() > root as usize {
            return None;
        }
        while self.at(self.position) == b'-' && (self.at(self.position + 1) == b' ' || self.is_end(self.position + 1)) {
            self.dash(column)?;
            self.position += 1;
            self.skip_spaces();
            if self.is_end(self.position) || self.at(self.position) == b'#' {
                return self.end_line();
            }
            column = self.position - self.line_start;
        }
        self.key_or_value(column)
    }

    /// Reads the dash under the cursor.
    fn dash(&mut self, column: usize) -> Option<()> {
        let kind = match self.open.last() {
            None => Some(Kind::Sequence),
            Some(level) if level.column < column => level.is_awaiting.then_some(Kind::Sequence),
            Some(level) if level.kind == Kind::Mapping => level.is_awaiting.then_some(Kind::Indentless),
            Some(_) => {
                self.fill_empty();
                return self.wait(self.position + 1);
            }
        };
        self.open(kind?, column, self.position)?;
        self.wait(self.position + 1)
    }

    /// Notes that the node of a key or dash comes next.
    #[inline]
    fn wait(&mut self, after: usize) -> Option<()> {
        let line = self.line;
        let level = self.open.last_mut()?;
        level.is_awaiting = true;
        level.after = offset(after);
        level.line = line;
        Some(())
    }

    /// Reads what is under the cursor, the first thing on its line or after a dash.
    fn key_or_value(&mut self, column: usize) -> Option<()> {
        let (start, line) = (self.position, self.line);
        // A value is indented more than its collection; there are no scalars as roots here.
        let is_awaited = self
            .open
            .last()
            .is_some_and(|level| level.column < column && level.is_awaiting);
        if matches!(self.at(start), b'{' | b'[') {
            return if is_awaited { self.flow_value() } else { None };
        }
        let node = self.scalar()?;
        if self.line == line {
            self.skip_spaces();
            let colon = self.position;
            let after = self.at(colon + 1);
            if self.at(colon) == b':' && (after == b' ' || self.is_end(colon + 1)) {
                if colon - start > MAX_KEY {
                    return None;
                }
                self.begin_pair(column, start)?;
                self.push(node);
                self.wait(colon + 1)?;
                self.position = colon + 1;
                return self.value_of_key();
            }
        }
        if !is_awaited {
            return None;
        }
        self.push(node);
        self.end_node(node.span.end)
    }

    /// Makes the innermost open collection the mapping to which a key at `column` belongs.
    fn begin_pair(&mut self, column: usize, start: usize) -> Option<()> {
        if self
            .open
            .last()
            .is_some_and(|level| level.kind == Kind::Indentless && level.column == column)
        {
            self.close();
        }
        match self.open.last() {
            Some(level) if level.column == column => {
                if level.kind != Kind::Mapping {
                    return None;
                }
                self.fill_empty();
                Some(())
            }
            Some(level) if !level.is_awaiting => None,
            _ => self.open(Kind::Mapping, column, start),
        }
    }

    /// Reads the rest of a line after a key's `:`.
    #[inline]
    fn value_of_key(&mut self) -> Option<()> {
        self.skip_spaces();
        if self.is_end(self.position) || self.at(self.position) == b'#' {
            return self.end_line();
        }
        if matches!(self.at(self.position), b'{' | b'[') {
            return self.flow_value();
        }
        let node = self.scalar()?;
        self.push(node);
        self.end_node(node.span.end)
    }

    /// Reads the flow collection under the cursor and the rest of its line.
    fn flow_value(&mut self) -> Option<()> {
        if let Some(level) = self.open.last_mut() {
            level.children += 1;
            level.is_awaiting = false;
        }
        self.flow_collection(0)?;
        self.end_line()
    }

    /// Ends a line after a node that ends at `end`; the scanner may already have gone to the next one.
    #[inline]
    pub(super) fn end_node(&mut self, end: u32) -> Option<()> {
        if self.line_start > end as usize {
            self.position = self.line_start;
            return Some(());
        }
        self.end_line()
    }

    /// Indentation of the innermost block collection, as the scanner counts.
    pub(super) fn indent(&self) -> i64 {
        self.open
            .last()
            .map_or(-1, |level| i64::try_from(level.column).unwrap_or(i64::MAX))
    }

    /// Opens a collection at `start`.
    fn open(&mut self, kind: Kind, column: usize, start: usize) -> Option<()> {
        if self.open.len() >= MAX_LEVELS {
            return None;
        }
        let node_kind = if kind == Kind::Mapping {
            NodeKind::Mapping
        } else {
            NodeKind::Sequence
        };
        let node = offset(self.nodes.len());
        let bare = empty_scalar(offset(start), self.line);
        self.push(Node {
            kind: node_kind,
            ..bare
        });
        self.open.push(Level {
            kind,
            is_awaiting: false,
            column,
            node,
            children: 0,
            after: 0,
            line: 0,
        });
        Some(())
    }

    /// Closes the innermost open collection.
    fn close(&mut self) {
        self.fill_empty();
        let Some(level) = self.open.pop() else { return };
        let end = offset(self.nodes.len());
        let last = self.nodes.last().map_or(0, |node| node.span.end);
        if let Some(node) = self.nodes.get_mut(level.node as usize) {
            node.end = end;
            node.span.end = last.max(node.span.start);
            node.text.start = level.children;
        }
    }

    /// Gives the last key or dash an empty scalar, if it is without a node.
    #[inline]
    fn fill_empty(&mut self) {
        if let Some(level) = self.open.last().filter(|level| level.is_awaiting) {
            let (after, line) = (level.after, level.line);
            self.push(empty_scalar(after, line));
        }
    }

    /// Adds a node to the innermost open collection.
    #[inline]
    fn push(&mut self, mut node: Node) {
        if let Some(level) = self.open.last_mut() {
            level.children += 1;
            level.is_awaiting = false;
        }
        node.end = offset(self.nodes.len()) + 1;
        self.nodes.push(node);
    }
}
