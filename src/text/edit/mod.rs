//! Editing YAML files in place: the bytes of the edited scalars change, every other byte stays.

mod apply;
mod diff;
mod spelling;
mod yaml_path;

pub use apply::{Applied, Change, EditError, NewValue, apply_changes};
pub use diff::unified_diff;
pub use yaml_path::{PathError, Step, YamlPath};
