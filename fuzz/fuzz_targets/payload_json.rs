//! Any bytes as JSON: a JSON schema and a value for it, separated by a zero byte. Both readers agree on what is JSON, a
//! verdict is the same twice, and there is no panic.
#![no_main]

use chartwright::kubernetes::json_schema::{Draft, Loader, Node, Settings, Validator};
use libfuzzer_sys::fuzz_target;

/// Nothing can be loaded.
struct Nowhere;

impl Loader for Nowhere {
    fn load(&self, url: &str) -> Result<Option<Node>, String> {
        Err(format!("{url} is not loaded"))
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let schema = parts.next().and_then(|text| Node::parse(text).ok());
    let value = parts
        .next()
        .and_then(|text| Node::parse(text).ok())
        .unwrap_or(Node::Null);
    let Some(schema) = schema else {
        return;
    };
    let settings = Settings {
        default_draft: Draft::V2020,
        formats: &[],
        loader: &Nowhere,
    };
    let Ok(validator) = Validator::compile("file:///schema.json", schema.clone(), &settings) else {
        return;
    };
    for value in [&value, &schema] {
        let verdict = validator.validate(value).map_err(|error| error.to_string());
        assert_eq!(verdict, validator.validate(value).map_err(|error| error.to_string()));
    }
});
