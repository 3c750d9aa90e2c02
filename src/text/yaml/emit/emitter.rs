//! The emitter: its position, open collections, indentation and indicators.

use crate::text::go::float_format::format_shortest;
use crate::text::yaml::resolve::special_float_text;

/// Which encoder to imitate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// go-yaml v2: sequences in mappings not indented, long lines folded.
    V2,
    /// go-yaml v3 with an indent of two: sequences indented, nothing folded.
    V3,
}

/// An open collection and what it expects next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frame {
    Sequence,
    Key,
    SimpleValue,
    ComplexValue,
    /// A collection without elements, already written.
    Empty,
}

/// Prints one document from calls in document order. Mappings expect a string for a key, then a value, alternately;
/// sort the keys with [`super::sort_by_key`].
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts about the position in the output"
)]
pub struct Emitter {
    pub(super) dialect: Dialect,
    pub(super) out: String,
    /// Characters written on the current line.
    pub(super) column: usize,
    pub(super) indent: Option<usize>,
    indents: Vec<Option<usize>>,
    /// Whether the last thing written was white space.
    pub(super) whitespace: bool,
    /// Whether only indentation and `-`, `?` and `:` were written on the current line.
    pub(super) indention: bool,
    frames: Vec<Frame>,
    in_mapping: bool,
    pub(super) is_simple_key: bool,
}

/// Columns of one level.
pub(super) const INDENT: usize = 2;

impl Emitter {
    /// An emitter of one document.
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            out: String::new(),
            column: 0,
            indent: None,
            indents: Vec::new(),
            whitespace: true,
            indention: true,
            frames: Vec::new(),
            in_mapping: false,
            is_simple_key: false,
        }
    }

    /// Which encoder is imitated.
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The document's text, ending with a line break.
    pub fn finish(mut self) -> String {
        self.write_indent();
        self.out
    }

    /// Begins a sequence of `length` elements; call [`Self::end`] after them.
    pub fn begin_sequence(&mut self, length: usize) {
        self.begin_node(false);
        if length == 0 {
            self.empty_collection("[]");
            return;
        }
        let indentless = self.dialect == Dialect::V2 && self.in_mapping && !self.indention;
        self.increase_indent(0, indentless);
        self.frames.push(Frame::Sequence);
    }

    /// Begins a mapping of `length` pairs; call [`Self::end`] after them.
    pub fn begin_mapping(&mut self, length: usize) {
        self.begin_node(false);
        if length == 0 {
            self.empty_collection("{}");
            return;
        }
        self.increase_indent(0, false);
        self.frames.push(Frame::Key);
    }

    /// Ends the innermost sequence or mapping.
    pub fn end(&mut self) {
        if self.frames.pop() != Some(Frame::Empty) {
            self.decrease_indent();
        }
        self.end_node();
    }

    /// A null.
    pub fn null(&mut self) {
        self.plain("null");
    }

    /// A boolean.
    pub fn bool(&mut self, value: bool) {
        self.plain(if value { "true" } else { "false" });
    }

    /// A whole number.
    pub fn int(&mut self, value: i64) {
        self.plain(&value.to_string());
    }

    /// A whole number without sign.
    pub fn uint(&mut self, value: u64) {
        self.plain(&value.to_string());
    }

    /// A number, as Go's `%g` shows it.
    pub fn float(&mut self, value: f64) {
        match special_float_text(value) {
            Some(word) => self.plain(word),
            None => self.plain(&format_shortest(value)),
        }
    }

    /// A time in the form that reads back as one.
    pub fn timestamp(&mut self, text: &str) {
        self.plain(text);
    }

    fn plain(&mut self, text: &str) {
        self.begin_node(true);
        if !self.whitespace {
            self.put(' ');
        }
        self.put_str(text);
        self.whitespace = false;
        self.indention = false;
        self.end_node();
    }

    fn empty_collection(&mut self, brackets: &str) {
        self.write_indicator(brackets, true, false, false);
        self.frames.push(Frame::Empty);
    }

    /// Writes the text that goes before a node at this position.
    pub(super) fn begin_node(&mut self, may_be_simple_key: bool) {
        self.is_simple_key = false;
        self.in_mapping = true;
        match self.frames.last().copied() {
            None | Some(Frame::Empty) => self.in_mapping = false,
            Some(Frame::Sequence) => {
                self.in_mapping = false;
                self.write_indent();
                self.write_indicator("-", true, false, true);
            }
            Some(Frame::Key) => {
                self.write_indent();
                self.is_simple_key = may_be_simple_key;
                if !may_be_simple_key {
                    self.write_indicator("?", true, false, true);
                }
            }
            Some(Frame::SimpleValue) => self.write_indicator(":", false, false, false),
            Some(Frame::ComplexValue) => {
                self.write_indent();
                self.write_indicator(":", true, false, true);
            }
        }
    }

    /// Moves on after a node.
    pub(super) fn end_node(&mut self) {
        let is_simple_key = self.is_simple_key;
        if let Some(frame) = self.frames.last_mut() {
            *frame = match *frame {
                Frame::Key if is_simple_key => Frame::SimpleValue,
                Frame::Key => Frame::ComplexValue,
                Frame::SimpleValue | Frame::ComplexValue => Frame::Key,
                other => other,
            };
        }
        self.is_simple_key = false;
    }

    /// Goes one level deeper; the outermost level has `first` columns.
    pub(super) fn increase_indent(&mut self, first: usize, indentless: bool) {
        self.indents.push(self.indent);
        self.indent = Some(match self.indent {
            None => first,
            Some(indent) if indentless => indent,
            Some(indent) => indent + INDENT,
        });
    }

    pub(super) fn decrease_indent(&mut self) {
        self.indent = self.indents.pop().flatten();
    }

    #[inline]
    pub(super) fn put(&mut self, character: char) {
        self.out.push(character);
        self.column += 1;
    }

    #[inline]
    pub(super) fn put_str(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += if text.is_ascii() {
            text.len()
        } else {
            text.chars().count()
        };
    }

    pub(super) fn put_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
        if self.dialect == Dialect::V3 {
            self.indention = true;
        }
    }

    /// Starts a new line where needed, and indents it.
    pub(super) fn write_indent(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.put_break();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
        self.indention = true;
    }

    pub(super) fn write_indicator(&mut self, text: &str, needs_space: bool, is_space: bool, is_indention: bool) {
        if needs_space && !self.whitespace {
            self.put(' ');
        }
        self.put_str(text);
        self.whitespace = is_space;
        self.indention = self.indention && is_indention;
    }
}
