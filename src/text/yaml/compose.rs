//! Documents to a tree, by the block reader or from events, following the node reader of go-yaml v2 `decode.go`: the same unknown anchors.

use std::borrow::Cow;
use std::collections::HashMap;

use super::block_reader::{BlockReader, Found};
use super::error::YamlError;
use super::input::Input;
use super::parser::{Event, EventKind, Parser};
use super::resolve::begins_text;
use super::scanner::{Place, Scanner, TextRef};
use super::tree::{Document, Node, NodeId, NodeKind, Properties, Tree};
use crate::text::limits::YAML_NODES;
use crate::text::source::{Span, offset};

/// How much of a stream to read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// The first document only; the rest is not read.
    First,
    /// All documents.
    All,
}

/// Which readers may be used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// The block reader where it can, scanner and parser elsewhere.
    Both,
    /// Scanner and parser only.
    Tokens,
}

/// Reads `bytes`; a fault ends reading and is kept in the tree. `nodes` is an empty list that may have room.
pub(super) fn compose(bytes: &[u8], extent: Extent, readers: Readers, mut nodes: Vec<Node>) -> Tree<'_> {
    let input = Input::new(bytes);
    // What the block reader does not expect: a byte order mark, UTF-16 and a text that ends early.
    let is_usual = input.start == 0 && input.fault.is_none() && matches!(input.text, Cow::Borrowed(_));
    let begin = Place {
        position: 0,
        line: 0,
        line_start: 0,
    };
    let reads_blocks = readers == Readers::Both && is_usual && BlockReader::accepts(&input.text, input.is_ascii);
    nodes.reserve(input.text.len() / 16);
    let scanner = Scanner::new(&input.text, input.start, input.is_ascii);
    let mut composer = Composer {
        parser: Parser::new(scanner),
        nodes,
        properties: Vec::new(),
        documents: Vec::new(),
        open: Vec::new(),
        anchors: HashMap::new(),
        is_cut: input.fault.is_some(),
        begin: reads_blocks.then_some(begin),
        reads_blocks,
        has_tabs: reads_blocks && memchr::memchr(b'\t', input.text.as_bytes()).is_some(),
    };
    let result = composer.stream(extent);
    let Composer {
        parser,
        nodes,
        properties,
        documents,
        ..
    } = composer;
    let scanner = parser.scanner;
    let error = match input.fault {
        Some(fault) if scanner.touched_end => Some(fault),
        _ => result.err(),
    };
    let (decoded, comments) = (scanner.decoded, scanner.comments);
    Tree {
        decoded,
        comments,
        nodes,
        properties,
        documents,
        error,
        source: input.text,
    }
}

struct Composer<'a> {
    parser: Parser<'a>,
    nodes: Vec<Node>,
    properties: Vec<Properties>,
    documents: Vec<Document>,
    /// The collections being read.
    open: Vec<u32>,
    anchors: HashMap<&'a str, u32>,
    /// Whether the text is only the part before a bad byte.
    is_cut: bool,
    /// Where the next document begins, for the block reader.
    begin: Option<Place>,
    reads_blocks: bool,
    /// Whether the text has tabs.
    has_tabs: bool,
}

impl Composer<'_> {
    fn stream(&mut self, extent: Extent) -> Result<(), YamlError> {
        loop {
            match self.read_block() {
                Some(Found::Nothing) => return Ok(()),
                Some(Found::Document(document, next)) => {
                    self.documents.push(document);
                    self.begin = next;
                    if extent == Extent::First || next.is_none() {
                        return Ok(());
                    }
                    continue;
                }
                None => {}
            }
            let start = self.parser.next_event()?;
            let EventKind::DocumentStart { is_explicit } = start.kind else {
                return Ok(());
            };
            let root = NodeId(offset(self.nodes.len()));
            self.anchors.clear();
            self.open.clear();
            loop {
                let event = self.parser.next_event()?;
                self.add(event)?;
                if self.nodes.len() > YAML_NODES {
                    let problem = format!("the text has more than {YAML_NODES} values");
                    return Err(YamlError::Content {
                        offset: event.span.start,
                        problem,
                    });
                }
                if self.open.is_empty() {
                    break;
                }
            }
            let end = self.parser.next_event()?;
            if self.is_cut && self.parser.scanner.touched_end {
                return Ok(());
            }
            let mut span = start.span;
            span.end = end.span.end.max(span.start);
            self.documents.push(Document {
                root,
                span,
                is_explicit,
            });
            if extent == Extent::First {
                return Ok(());
            }
            if self.reads_blocks {
                self.begin = self.parser.scanner.waiting_document();
            }
        }
    }

    /// Reads the document that begins next with the block reader; none if scanner and parser have to.
    fn read_block(&mut self) -> Option<Found> {
        let place = self.begin.take()?;
        let collected = self.parser.scanner.collected();
        let nodes = self.nodes.len();
        let found = BlockReader::new(&mut self.parser.scanner, &mut self.nodes, place, self.has_tabs).document();
        if found.is_none() {
            self.nodes.truncate(nodes);
            self.parser.scanner.forget(collected);
            self.parser.scanner.restart(place);
            self.parser.restart(self.documents.is_empty());
        }
        found
    }

    fn add(&mut self, event: Event) -> Result<(), YamlError> {
        match event.kind {
            EventKind::Scalar(style) => {
                self.push(event, NodeKind::Scalar(style), event.text, false);
            }
            EventKind::Alias => {
                let name = self.parser.scanner.source(event.text);
                let Some(&target) = self.anchors.get(name) else {
                    let problem = format!("unknown anchor '{name}' referenced");
                    return Err(YamlError::Content {
                        offset: event.span.start,
                        problem,
                    });
                };
                let text = TextRef {
                    start: target,
                    end: target,
                    is_decoded: false,
                };
                self.push(event, NodeKind::Alias, text, false);
            }
            EventKind::SequenceStart { is_flow } => {
                let id = self.push(event, NodeKind::Sequence, TextRef::default(), is_flow);
                self.open.push(id);
            }
            EventKind::MappingStart { is_flow } => {
                let id = self.push(event, NodeKind::Mapping, TextRef::default(), is_flow);
                self.open.push(id);
            }
            EventKind::SequenceEnd | EventKind::MappingEnd => self.close(event),
            EventKind::StreamEnd | EventKind::DocumentStart { .. } | EventKind::DocumentEnd => self.open.clear(),
        }
        Ok(())
    }

    fn push(&mut self, event: Event, kind: NodeKind, text: TextRef, is_flow: bool) -> u32 {
        let id = offset(self.nodes.len());
        if let Some(parent) = self.open.last().and_then(|&parent| self.nodes.get_mut(parent as usize)) {
            parent.text.start += 1;
        }
        let mut properties = 0;
        if event.tag.is_some() {
            let tag = event.tag.map(|tag| {
                let resolved = self
                    .parser
                    .tags
                    .get_mut(tag.index)
                    .map(std::mem::take)
                    .unwrap_or_default();
                (resolved, tag.span)
            });
            self.properties.push(Properties { tag });
            properties = offset(self.properties.len());
        }
        if let Some(anchor) = event.anchor {
            let text = TextRef {
                start: anchor.start + 1,
                end: anchor.end,
                is_decoded: false,
            };
            self.anchors.insert(self.parser.scanner.source(text), id);
        }
        let is_implicit = event.is_implicit;
        let is_scalar = matches!(kind, NodeKind::Scalar(_));
        let is_text = is_scalar && properties == 0 && (!is_implicit || self.begins_text(event.span));
        self.nodes.push(Node {
            kind,
            is_flow,
            is_implicit,
            is_text,
            span: event.span,
            line: event.line,
            end: id + 1,
            text,
            properties,
        });
        id
    }

    /// Whether a plain scalar is text by its first byte.
    fn begins_text(&self, span: Span) -> bool {
        let source = self.parser.scanner.text().as_bytes();
        !span.is_empty() && source.get(span.start as usize).is_some_and(|&first| begins_text(first))
    }

    /// Ends the innermost open collection.
    fn close(&mut self, event: Event) {
        let end = offset(self.nodes.len());
        let last = self.nodes.last().map_or(0, |node| node.span.end);
        let Some(id) = self.open.pop() else { return };
        let Some(node) = self.nodes.get_mut(id as usize) else {
            return;
        };
        node.end = end;
        // A pair inside a flow sequence, `[a: b]`, has no closing bracket of its own.
        let has_bracket = node.is_flow && event.span.end > event.span.start;
        node.span.end = if has_bracket {
            event.span.end
        } else {
            last.max(node.span.start)
        };
    }
}
