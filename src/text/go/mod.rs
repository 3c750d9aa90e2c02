//! Go's standard library for text, for every module that imitates a Go program: the one place for each rule.
//!
//! The way `fmt` prints values is in the template engine, which has the values.

pub mod unicode;
mod unicode_class;
mod unicode_names;
mod unicode_tables;
pub mod utf8;
pub mod quote;
pub mod boolean;
pub mod integer;
pub mod float_parse;
pub mod float_format;
pub mod duration;
pub mod base32;
pub mod base64;
pub mod url;
pub mod path_match;
pub(crate) mod regexp;
pub mod pattern;
pub mod path_error;
pub mod sort;
