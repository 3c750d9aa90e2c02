//! Regular expressions in Go's dialect.

mod expand;

pub(super) mod functions;
