//! Events: the text's structure in the order it is written.

use crate::text::source::Span;
use crate::text::yaml::scanner::{ScalarStyle, TextRef};

/// The kind of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::text::yaml) enum EventKind {
    StreamEnd,
    DocumentStart { is_explicit: bool },
    DocumentEnd,
    Alias,
    Scalar(ScalarStyle),
    SequenceStart { is_flow: bool },
    SequenceEnd,
    MappingStart { is_flow: bool },
    MappingEnd,
}

/// One event. The span covers the node's own text, without anchor and tag.
#[derive(Debug, Clone, Copy)]
pub(in crate::text::yaml) struct Event {
    pub(in crate::text::yaml) kind: EventKind,
    pub(in crate::text::yaml) span: Span,
    /// 0-based line on which the node begins, its anchor and tag included.
    pub(in crate::text::yaml) line: u32,
    pub(in crate::text::yaml) text: TextRef,
    pub(in crate::text::yaml) anchor: Option<Span>,
    pub(in crate::text::yaml) tag: Option<EventTag>,
    /// Whether a scalar's type is found from its text.
    pub(in crate::text::yaml) is_implicit: bool,
}

/// The tag of an event.
#[derive(Debug, Clone, Copy)]
pub(in crate::text::yaml) struct EventTag {
    /// Index into the parser's resolved tags.
    pub(in crate::text::yaml) index: usize,
    pub(in crate::text::yaml) span: Span,
}

impl Event {
    /// An event without properties.
    pub(super) fn bare(kind: EventKind, span: Span, line: u32) -> Self {
        Self {
            kind,
            span,
            line,
            text: TextRef::default(),
            anchor: None,
            tag: None,
            is_implicit: true,
        }
    }
}
