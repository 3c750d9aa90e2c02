//! Tokens to events, following go-yaml v2 `parserc.go`: the same events, refused texts, messages and lines.

mod block;
mod document;
mod event;
mod flow;
mod machine;
mod node;

pub(super) use event::{Event, EventKind};
pub(super) use machine::Parser;
