//! Tokens and where their text is.

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ScalarStyle {
    /// `text`
    #[default]
    Plain,
    /// `'text'`
    SingleQuoted,
    /// `"text"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::text::yaml) enum TokenKind {
    StreamEnd,
    VersionDirective,
    TagDirective,
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias,
    Anchor,
    Tag,
    Scalar(ScalarStyle),
}

/// Text that is either a piece of the source or a piece of the scanner's decoded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::text::yaml) struct TextRef {
    pub(in crate::text::yaml) start: u32,
    pub(in crate::text::yaml) end: u32,
    pub(in crate::text::yaml) is_decoded: bool,
}

/// One token. For tags and directives `text.start` is an index or number, see `tag.rs` and `directive.rs`.
#[derive(Debug, Clone, Copy)]
pub(in crate::text::yaml) struct Token {
    pub(in crate::text::yaml) kind: TokenKind,
    pub(in crate::text::yaml) start: u32,
    pub(in crate::text::yaml) end: u32,
    /// 0-based line of `start`.
    pub(in crate::text::yaml) line: u32,
    pub(in crate::text::yaml) text: TextRef,
}
