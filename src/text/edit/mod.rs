//! Editing YAML files in place: the bytes of the edited scalars change, every other byte stays.

mod apply;
mod diff;
mod edit_error;
mod locate;
mod place;
#[cfg(test)]
mod properties;
mod read_back;
mod spelling;
mod yaml_path;

pub use apply::{Applied, Change, NewValue, apply_changes};
pub use diff::unified_diff;
pub use edit_error::EditError;
pub use yaml_path::{PathError, Step, YamlPath};
