//! The functions of Helm 4.3's templates (Sprig's and Helm's own), by family; [`lookup`] finds one by name.

#![expect(
    clippy::unnecessary_wraps,
    reason = "every entry of the function table has the same type, whether it can fail or not"
)]

pub mod control;
pub mod go_time;
pub mod json;
pub mod yaml_value;

mod arguments;
#[cfg(test)]
mod budget_tests;
mod conversions;
mod crypto;
mod dates;
mod defaults;
mod dicts;
mod display;
mod durations;
mod encoding;
mod json_functions;
mod kinds;
mod lists;
mod math;
mod paths;
mod patterns;
#[cfg(test)]
mod robustness;
mod strings;
mod table;
mod toml;
mod urls;
mod versions;
mod words;
mod yaml_functions;

pub use table::{lookup, lookup_helm3, names};
