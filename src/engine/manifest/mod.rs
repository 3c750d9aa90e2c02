//! Rendered files to Kubernetes documents: split, recognised, separated from hooks, in install order.

mod head;
mod kind_order;
mod sort;
mod split;

pub use head::{ManifestHead, ManifestMetadata};
pub use kind_order::install_rank;
pub use sort::{Document, HookEvent, ManifestSorter, Manifests, SortError, sort_manifests};
pub use split::{SplitDocument, split_manifests, trim, trim_start};
