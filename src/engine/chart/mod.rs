//! A chart on disk: a directory or a `.tgz`, loaded as Helm 4.3's `pkg/chart/v2/loader` loads it.

mod archive;
mod archive_name;
mod compat;
mod compile_ahead;
mod dependency;
mod directory;
mod document_stream;
mod file_tree;
mod go_decode;
mod ignore_file;
mod link;
mod load;
mod load_error;
mod outside_links;
mod local_dependencies;
mod lock_file;
mod metadata;
mod metadata_size;
mod notice;
mod place;
mod text_floats;
mod validation;
mod values_file;

pub use archive::{ArchiveError, MAX_ARCHIVE_SIZE, read_archive};
pub use archive_name::{ArchiveNameError, archive_name, check_archive_name, is_archive_name, is_file_name};
pub use compat::Compat;
pub use dependency::{Dependency, ImportValue};
pub use directory::read_directory;
pub(crate) use directory::read_directory_and_links;
pub(crate) use document_stream::{split_documents, with_line_ends};
pub use file_tree::{FileTree, read_tree};
pub use go_decode::DecodeError;
pub(crate) use go_decode::{Object, StructContext};
pub use ignore_file::{IgnoreError, IgnoreRules};
pub use link::BrokenLink;
pub use load::{Chart, ChartFile, CrdFile, load_archive, load_chart, load_chart_for, load_chart_to_render, load_files};
pub use load_error::LoadError;
pub use local_dependencies::{
    LocalDependencyError, LocalFiles, SupplyDependencies, SupplyError, files_in_tree, files_with_dependencies,
    files_with_local_dependencies, load_with_dependencies, load_with_local_dependencies, missing_remote,
};
pub(crate) use local_dependencies::{lexical, without_dots};
pub use lock_file::Lock;
pub use metadata::{Maintainer, Metadata};
pub use metadata_size::check_metadata_size;
pub use notice::{Notice, ValuesNotice};
pub use outside_links::{LinkPolicy, OutsideLink, outside_links};
pub use place::ChartPlace;
pub(crate) use text_floats::{Shape, json_of_shape, retry as retry_with_shape};
pub use values_file::{merge_maps, read_values, read_values_as};
