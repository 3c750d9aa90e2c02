//! Text to tokens, following go-yaml v2 `scannerc.go`: the same tokens, refused texts, messages and lines.

mod block_scalar;
mod cursor;
mod directive;
mod fetch;
mod handover;
mod plain_scalar;
mod quoted_scalar;
mod simple_key;
mod tag;
mod token;

pub(super) use cursor::Scanner;
pub(super) use handover::Place;
pub use token::ScalarStyle;
pub(super) use token::{TextRef, Token, TokenKind};

/// Deepest nesting of flow collections.
const MAX_FLOW_LEVEL: usize = 10_000;
/// Deepest nesting of block collections.
const MAX_INDENTS: usize = 10_000;
