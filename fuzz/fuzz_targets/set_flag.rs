//! Any text as the argument of `--set` and its relatives: applied to values, or refused.
#![no_main]

use chartwright::engine::functions::yaml_value::{map_from_yaml, to_yaml};
use chartwright::engine::template::Value;
use chartwright::engine::values::{SetFlag, apply_set_flag};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &str)| {
    let (kind, argument) = input;
    let read = |path: &str| Ok(path.as_bytes().to_vec());
    let flag = match kind % 5 {
        0 => SetFlag::Typed,
        1 => SetFlag::Text,
        2 => SetFlag::Json,
        3 => SetFlag::Literal,
        _ => SetFlag::File(&read),
    };
    let values = map_from_yaml(b"a: {b: [1, {c: d}], e: null}\nf: text\n").expect("is YAML");
    match apply_set_flag(&flag, argument, &values) {
        Ok(()) => drop(to_yaml(&Value::Map(values))),
        Err(message) => assert!(!message.is_empty()),
    }
});
