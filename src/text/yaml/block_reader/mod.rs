//! Documents of the commonest style: a text to nodes directly, without tokens and events.

mod flow;
mod reader;
mod scalar;
#[cfg(test)]
mod tests;

pub(super) use reader::{BlockReader, Found};
