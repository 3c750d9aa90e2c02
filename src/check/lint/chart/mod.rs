//! Rules over the files of a chart, beyond Helm's own. One rule a file.

mod maintainers;
mod outside_link;
mod package_junk;
mod secrets;
mod unknown_rule;
mod unused_value;
mod version_increment;

pub use maintainers::check_maintainers;
pub use outside_link::{check_outside_links, outside_link_finding, outside_link_findings};
pub use package_junk::check_package_junk;
pub use secrets::{check_secrets, may_be_secret};
pub use unknown_rule::check_ignore_comments;
pub use unused_value::{TracedRendering, check_unused_values, unused_values};
pub use version_increment::{VersionBase, check_version_increment};
