//! What Go's standard library does to text, for every module that imitates a Go program: the one place for each rule.

pub mod duration;
pub mod quote;
pub mod utf8;
