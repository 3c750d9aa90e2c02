//! Any bytes as a template, run under a small budget over values of every kind.
#![no_main]

use std::sync::Arc;

use chartwright::engine::functions::{self, yaml_value::value_from_yaml};
use chartwright::engine::render::FixedClock;
use chartwright::engine::template::{Executor, Function, Options, TemplateSet, Value, helm_error_text};
use libfuzzer_sys::fuzz_target;

const VALUES: &str = "Values: {a: {b: {c: x}}, list: [1, two, {k: v}], n: 3, f: 1.5, s: text, t: true, z: null, empty: {}}\n\
                      Release: {Name: rel, Namespace: ns}\n";

fn lookup(name: &str) -> Option<&'static Function> {
    functions::lookup(name).filter(|function| !function.is_slow_by_design())
}

fuzz_target!(|source: &[u8]| {
    let mut set = TemplateSet::new(lookup);
    if set.parse("t", source).is_err() {
        return;
    }
    let options = Options {
        source_map: true,
        max_steps: 20_000,
        max_output: 1 << 16,
        max_nesting: 100,
        ..Options::default()
    };
    let mut counter = 0_u8;
    let mut world = FixedClock::new(0, |bytes: &mut [u8]| {
        for byte in bytes {
            counter = counter.wrapping_mul(29).wrapping_add(71);
            *byte = counter;
        }
    });
    let dot = value_from_yaml(VALUES.as_bytes()).unwrap_or(Value::Nil);
    if let Err(error) = Executor::new(Arc::new(set.finish()), options, &mut world).render("t", dot) {
        assert!(!helm_error_text(&error).is_empty());
    }
});
