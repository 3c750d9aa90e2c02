//! Events: the text's structure in the order it is written.

use crate::source::Span;
use crate::yaml::scanner::{ScalarStyle, TextRef};

/// What an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::yaml) enum EventKind {
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
pub(in crate::yaml) struct Event {
    pub(in crate::yaml) kind: EventKind,
    pub(in crate::yaml) span: Span,
    /// 0-based line on which the node begins, its anchor and tag included.
    pub(in crate::yaml) line: u32,
    pub(in crate::yaml) text: TextRef,
    pub(in crate::yaml) anchor: Option<Span>,
    pub(in crate::yaml) tag: Option<EventTag>,
    /// Whether a scalar's type is found from its text.
    pub(in crate::yaml) is_implicit: bool,
}

/// The tag of an event.
#[derive(Debug, Clone, Copy)]
pub(in crate::yaml) struct EventTag {
    /// Index into the parser's resolved tags.
    pub(in crate::yaml) index: usize,
    pub(in crate::yaml) span: Span,
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
