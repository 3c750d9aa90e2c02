//! Regular expressions in Go's dialect.

mod expand;
mod pattern;

pub(super) mod functions;
