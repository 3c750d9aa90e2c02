//! Verdicts on documents in kubeconform's formats: text, `json`, `junit`, `tap`, `pretty`. One format a file.

mod checked_file;
#[cfg(test)]
mod resource_tests;
mod json;
mod junit;
mod pretty;
mod registry;
mod tap;
mod text;

pub use checked_file::{CheckedFile, ResourceOptions, unevaluated_rules};
pub use registry::{ResourceFormat, resources_as};
