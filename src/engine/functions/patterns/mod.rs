//! Regular expressions in Go's dialect.

mod expand;
mod translate;

pub(super) mod functions;
