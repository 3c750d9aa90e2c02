//! What Go's standard library does to text, for every module that imitates a Go program: the one place for each rule.

pub mod unicode;
mod unicode_tables;
pub mod utf8;
pub mod quote;
pub mod integer;
pub mod float_parse;
pub mod float_format;
pub mod duration;
