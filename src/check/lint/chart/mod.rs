//! Rules over the files of a chart, beyond Helm's own. One rule a file.

mod maintainers;
mod package_junk;
mod sops;
mod unknown_rule;
mod unused_value;

pub use maintainers::check_maintainers;
pub use package_junk::check_package_junk;
pub use sops::check_secrets;
pub use unknown_rule::check_ignore_comments;
pub use unused_value::{TracedRendering, check_unused_values, unused_values};
