//! JSON as Go's `encoding/json` reads and writes it.

mod decode;
mod encode;

pub use decode::from_go_json;
pub use encode::to_go_json;

pub(crate) use decode::{StreamError, next_value, parse};
pub(crate) use encode::{Style, encode};
