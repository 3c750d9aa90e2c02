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

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::yaml) enum TokenKind {
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
pub(in crate::yaml) struct TextRef {
    pub(in crate::yaml) start: u32,
    pub(in crate::yaml) end: u32,
    pub(in crate::yaml) is_decoded: bool,
}

/// One token. For tags and directives `text.start` is an index or number, see `tag.rs` and `directive.rs`.
#[derive(Debug, Clone, Copy)]
pub(in crate::yaml) struct Token {
    pub(in crate::yaml) kind: TokenKind,
    pub(in crate::yaml) start: u32,
    pub(in crate::yaml) end: u32,
    /// 0-based line of `start`.
    pub(in crate::yaml) line: u32,
    pub(in crate::yaml) text: TextRef,
}
