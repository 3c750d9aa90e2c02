//! Bytes and what they mean: files and spans, YAML, versions, edits, Go's library for text. Nothing here knows
//! about charts.

pub mod limits;
pub mod stop;
pub mod sha256;
pub mod compact_sort;
pub mod ordered;
pub mod source;
pub mod redact;
pub mod visible;
pub mod threads;
pub mod json_member;
pub mod json_pointer;
pub mod causes;
pub mod counted;
pub mod near;
pub mod calendar;
pub mod packed;
pub mod time_zones;
pub mod rule;
pub mod go;
pub mod yaml;
pub mod xml;
pub mod semver;
pub mod edit;
