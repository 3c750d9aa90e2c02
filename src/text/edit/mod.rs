//! Editing YAML and JSON files in place: what was asked for changes, every other byte stays.
//!
//! An [`Edit`] is planned on the tree of the file (`plan_edit.rs`): where it is (`locate.rs`), whether it may be made
//! (`anchors.rs`, `sops.rs`), and the bytes that change, in ways from the likeliest to the last resort. A way counts if the
//! result reads back as expected (`read_back.rs`); if none does, the edit is refused.

mod anchors;
mod apply;
mod block_end;
mod diff;
mod edit_error;
mod entries;
mod insert_block;
mod insert_flow;
mod json_text;
mod lines;
mod locate;
mod operation;
mod path_text;
mod plain_text;
mod plan_edit;
#[cfg(test)]
mod properties;
mod read_back;
mod remove_block;
mod remove_flow;
mod set_inside;
mod set_scalar;
mod sops;
mod spelling;
mod splice;
mod style;
mod tree_index;
#[cfg(test)]
mod tests;
mod value_type;
mod write_node;
mod yaml_path;

pub use anchors::{SharedAnchor, shared_anchors};
pub use apply::{Applied, Done, apply_changes, apply_edits, check_size};
pub use diff::{split_lines, unified_diff, unified_hunks};
pub use edit_error::{EditError, Reason};
pub use operation::{Change, DocumentChoice, Edit, NewNode, NewValue, Operation};
pub use path_text::{PathError, read_path};
pub use sops::is_sops_file;
pub use yaml_path::{Step, YamlPath};
