//! Regular expressions in Go's dialect.

mod ascii;
mod expand;
mod pattern;

pub(super) mod functions;
