//! Any bytes as a template: they compile or are refused in Helm's words.
#![no_main]

use chartwright::engine::functions;
use chartwright::engine::template::{TemplateSet, helm_parse_error_text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &[u8]| {
    let mut set = TemplateSet::new(functions::lookup);
    match set.parse("chart/templates/t.yaml", source) {
        Ok(()) => drop(set.finish().definitions()),
        Err(error) => assert!(!helm_parse_error_text(&error).is_empty()),
    }
});
