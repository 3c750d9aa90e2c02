//! The nodes of a text, in one arena in the order they are written.
//!
//! A node is followed by its descendants, and knows where they end: children are walked without lists. Scalars that are
//! written literally are pieces of the source; the others are pieces of one decoded string.

use std::borrow::Cow;

use crate::text::source::Span;

use super::error::YamlError;
use super::scanner::{ScalarStyle, TextRef};

/// A node of one [`Tree`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

/// The kind of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// Text.
    Scalar(ScalarStyle),
    /// A list.
    Sequence,
    /// Keys and values.
    Mapping,
    /// `*name`
    Alias,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) kind: NodeKind,
    pub(super) is_flow: bool,
    pub(super) is_implicit: bool,
    /// Whether this is a scalar that is known to be text: most are, and need not be resolved.
    pub(super) is_text: bool,
    pub(super) span: Span,
    pub(super) line: u32,
    /// Id of the first node that is not a descendant.
    pub(super) end: u32,
    /// A scalar's text; an alias's target as `start`; a collection's number of children as `start`.
    pub(super) text: TextRef,
    /// One more than the index of the tag; 0 without.
    pub(super) properties: u32,
}

/// Tag of a node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Properties {
    pub(super) tag: Option<(String, Span)>,
}

/// One document of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Document {
    /// The document's only outermost node; an empty scalar when nothing is written.
    pub root: NodeId,
    /// From its directives, `---` or first content to its end.
    pub span: Span,
    /// Whether it begins with `---`.
    pub is_explicit: bool,
}

/// The nodes of a text, one or more documents of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Tree<'a> {
    pub(super) source: Cow<'a, str>,
    pub(super) decoded: String,
    pub(super) nodes: Vec<Node>,
    pub(super) properties: Vec<Properties>,
    pub(super) documents: Vec<Document>,
    pub(super) comments: Vec<Span>,
    pub(super) error: Option<YamlError>,
}

impl Tree<'_> {
    /// The documents read.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// How many nodes there are: mappings, lists, keys and scalars, of all documents.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// The root of the first document; none for an empty stream.
    pub fn root(&self) -> Option<NodeId> {
        self.documents.first().map(|document| document.root)
    }

    /// The error that ended reading before the stream's end, if there was one. Only [`super::parse_stream`] leaves it
    /// here.
    pub fn error(&self) -> Option<&YamlError> {
        self.error.as_ref()
    }

    /// Comments in the order they are written, from `#` to the line's end.
    pub fn comments(&self) -> &[Span] {
        &self.comments
    }

    /// The text that spans point into: the bytes given, unless they were UTF-16.
    pub fn source(&self) -> &str {
        &self.source
    }

    #[inline]
    pub(super) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }

    #[inline]
    fn text_of(&self, text: TextRef) -> &str {
        let from = if text.is_decoded {
            self.decoded.as_str()
        } else {
            &self.source
        };
        from.get(text.start as usize..text.end as usize).unwrap_or_default()
    }

    /// The kind of a node. An id of another tree reads as an empty scalar, here and below.
    pub fn kind(&self, id: NodeId) -> NodeKind {
        self.node(id)
            .map_or(NodeKind::Scalar(ScalarStyle::Plain), |node| node.kind)
    }

    /// The bytes of a node without its anchor and tag. Scalars: quotes and block headers included; a block scalar ends
    /// before the last line break that belongs to it. Empty scalars: where they would be. Block collections: from the
    /// first key or dash to the end of the last node.
    pub fn span(&self, id: NodeId) -> Span {
        self.node(id).map(|node| node.span).unwrap_or_default()
    }

    /// Whether a collection is written with brackets. A single pair inside of a list in brackets, `[a: b]`, has none of its own.
    pub fn is_flow(&self, id: NodeId) -> bool {
        self.node(id).is_some_and(|node| node.is_flow)
    }

    /// The 1-based line on which a node, its anchor or its tag begins.
    pub fn line(&self, id: NodeId) -> u32 {
        self.node(id).map_or(1, |node| node.line + 1)
    }

    /// A scalar's text, an alias's name; empty for collections.
    pub fn text(&self, id: NodeId) -> &str {
        match self.node(id) {
            Some(Node {
                kind: NodeKind::Scalar(_),
                text,
                ..
            }) => self.text_of(*text),
            Some(Node {
                kind: NodeKind::Alias,
                span,
                ..
            }) => self
                .source
                .get(span.start as usize + 1..span.end as usize)
                .unwrap_or_default(),
            _ => "",
        }
    }

    /// Whether a scalar has this text; an alias has none.
    pub fn is_text(&self, id: NodeId, wanted: &str) -> bool {
        let Some(node) = self.node(id) else {
            return wanted.is_empty();
        };
        // Most texts that are compared differ in length.
        let TextRef { start, end, is_decoded } = node.text;
        if !matches!(node.kind, NodeKind::Scalar(_)) || (end - start) as usize != wanted.len() {
            return false;
        }
        let from = if is_decoded {
            self.decoded.as_bytes()
        } else {
            self.source.as_bytes()
        };
        from.get(start as usize..end as usize) == Some(wanted.as_bytes())
    }

    pub(super) fn properties(&self, id: NodeId) -> Option<&Properties> {
        let index = self.node(id)?.properties.checked_sub(1)?;
        self.properties.get(index as usize)
    }

    /// The resolved tag of a node, such as `tag:yaml.org,2002:str`; empty without.
    pub fn tag(&self, id: NodeId) -> &str {
        self.properties(id)
            .and_then(|all| all.tag.as_ref())
            .map_or("", |(tag, _)| tag)
    }

    /// [`Tree::is_implicit`] of a node without a tag; nothing for one that has properties.
    pub(super) fn is_implicit_without_tag(&self, id: NodeId) -> Option<bool> {
        let node = self.node(id)?;
        (node.properties == 0).then_some(node.is_implicit)
    }

    /// The text of a scalar that is known to be text.
    #[inline]
    pub(super) fn known_text(&self, id: NodeId) -> Option<&str> {
        let node = self.node(id).filter(|node| node.is_text)?;
        Some(self.text_of(node.text))
    }

    /// Whether a scalar is known to be text; others may be text as well.
    #[inline]
    pub fn is_known_text(&self, id: NodeId) -> bool {
        self.node(id).is_some_and(|node| node.is_text)
    }

    /// Whether a scalar's type is found from its text (plain, or tagged `!`).
    pub fn is_implicit(&self, id: NodeId) -> bool {
        self.node(id).is_some_and(|node| node.is_implicit)
    }

    /// The node that an alias stands for; other nodes stand for themselves.
    pub fn target(&self, id: NodeId) -> NodeId {
        match self.node(id) {
            Some(Node {
                kind: NodeKind::Alias,
                text,
                ..
            }) => NodeId(text.start),
            _ => id,
        }
    }
}
