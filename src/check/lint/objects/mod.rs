//! Rules over what a chart renders to, beyond what an API server checks. One rule a file; `registry.rs` lists those over objects.

mod autoscaler_target;
mod budget_selector;
mod duplicate_object;
mod image_tag;
mod ingress_backend;
mod ingress_path;
mod missing_reference;
mod no_value;
mod object;
mod plain_secret;
mod pods;
mod printed_map;
mod printf_error;
mod random_output;
mod registry;
mod report;
#[cfg(test)]
mod rule_tests;
mod service;
mod text_rules;
mod unknown_rule;

pub use object::RenderedChart;
pub use plain_secret::check_plain_secrets;
pub use random_output::{check_random, may_be_random};
pub use registry::check_objects;
pub use text_rules::check_texts;
