//! The parser's state machine.

use crate::text::source::Span;
use crate::text::yaml::error::YamlError;
use crate::text::yaml::scanner::{ScalarStyle, Scanner, Token, TokenKind};

use super::event::{Event, EventKind};

/// What the parser expects next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    FirstDocumentStart,
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequenceFirstEntry,
    BlockSequenceEntry,
    IndentlessSequenceEntry,
    BlockMappingFirstKey,
    BlockMappingKey,
    BlockMappingValue,
    FlowSequenceFirstEntry,
    FlowSequenceEntry,
    FlowSequenceEntryMappingKey,
    FlowSequenceEntryMappingValue,
    FlowSequenceEntryMappingEnd,
    FlowMappingFirstKey,
    FlowMappingKey,
    FlowMappingValue,
    FlowMappingEmptyValue,
    End,
}

/// Makes events of a scanner's tokens, on demand.
pub(in crate::text::yaml) struct Parser<'a> {
    pub(in crate::text::yaml) scanner: Scanner<'a>,
    pub(super) state: State,
    pub(super) states: Vec<State>,
    /// 0-based lines on which the open collections begin.
    pub(super) lines: Vec<u32>,
    /// Handles and prefixes of the current document.
    pub(super) tag_directives: Vec<(String, String)>,
    /// Resolved tags of all nodes.
    pub(in crate::text::yaml) tags: Vec<String>,
}

impl<'a> Parser<'a> {
    /// A parser at the start of a stream.
    pub(in crate::text::yaml) fn new(scanner: Scanner<'a>) -> Self {
        Self {
            scanner,
            state: State::FirstDocumentStart,
            states: Vec::new(),
            lines: Vec::new(),
            tag_directives: Vec::new(),
            tags: Vec::new(),
        }
    }

    /// Begins again at the start of a document, after those that were read otherwise.
    pub(in crate::text::yaml) fn restart(&mut self, is_first: bool) {
        self.state = if is_first {
            State::FirstDocumentStart
        } else {
            State::DocumentStart
        };
    }

    /// The next event.
    pub(in crate::text::yaml) fn next_event(&mut self) -> Result<Event, YamlError> {
        match self.state {
            State::FirstDocumentStart => self.document_start(true),
            State::DocumentStart => self.document_start(false),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::BlockNode => self.node(true, false),
            State::BlockSequenceFirstEntry => self.block_sequence_entry(true),
            State::BlockSequenceEntry => self.block_sequence_entry(false),
            State::IndentlessSequenceEntry => self.indentless_sequence_entry(),
            State::BlockMappingFirstKey => self.block_mapping_key(true),
            State::BlockMappingKey => self.block_mapping_key(false),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequenceFirstEntry => self.flow_sequence_entry(true),
            State::FlowSequenceEntry => self.flow_sequence_entry(false),
            State::FlowSequenceEntryMappingKey => self.flow_sequence_entry_mapping_key(),
            State::FlowSequenceEntryMappingValue => self.flow_sequence_entry_mapping_value(),
            State::FlowSequenceEntryMappingEnd => self.flow_sequence_entry_mapping_end(),
            State::FlowMappingFirstKey => self.flow_mapping_key(true),
            State::FlowMappingKey => self.flow_mapping_key(false),
            State::FlowMappingValue => self.flow_mapping_value(false),
            State::FlowMappingEmptyValue => self.flow_mapping_value(true),
            State::End => {
                let token = self.scanner.peek()?;
                Ok(self.event_at(EventKind::StreamEnd, token))
            }
        }
    }

    /// Returns to the previous state on the stack.
    pub(super) fn pop_state(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    /// Drops the current token and looks at the next.
    pub(super) fn advance(&mut self) -> Result<Token, YamlError> {
        self.scanner.take();
        self.scanner.peek()
    }

    /// An event with the extent of a token.
    #[expect(clippy::unused_self, reason = "reads as the other constructors of events do")]
    pub(super) fn event_at(&self, kind: EventKind, token: Token) -> Event {
        Event::bare(kind, Span::new(token.start, token.end), token.line)
    }

    /// A scalar that is not written.
    pub(super) fn empty_scalar(&mut self, next: State, position: u32, line: u32) -> Event {
        self.state = next;
        Event::bare(
            EventKind::Scalar(ScalarStyle::Plain),
            Span::new(position, position),
            line,
        )
    }

    /// Opens a collection: consumes its first token.
    pub(super) fn enter(&mut self) -> Result<(), YamlError> {
        let token = self.scanner.peek()?;
        self.lines.push(token.line);
        self.scanner.take();
        Ok(())
    }

    /// Closes a collection with the current token.
    pub(super) fn leave(&mut self, kind: EventKind, token: Token) -> Event {
        self.pop_state();
        self.lines.pop();
        self.scanner.take();
        self.event_at(kind, token)
    }

    /// go-yaml's parser error: the 0-based line of the token, or that of the context when the token is on the first.
    pub(super) fn error(token: Token, context_line: u32, problem: &'static str) -> YamlError {
        let line = if token.line != 0 { token.line } else { context_line };
        YamlError::Syntax {
            line,
            offset: token.start,
            problem: problem.into(),
        }
    }

    /// An error inside the innermost open collection.
    pub(super) fn collection_error(&mut self, token: Token, problem: &'static str) -> YamlError {
        let context = self.lines.pop().unwrap_or_default();
        Self::error(token, context, problem)
    }

    /// Whether a token cannot begin a node inside a block mapping.
    pub(super) fn ends_block_entry(kind: TokenKind) -> bool {
        matches!(kind, TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd)
    }
}
