//! A chart directory to its archive.

mod archive;
mod members;
mod package_chart;
mod write_archives;

pub use archive::{ArchiveWriteError, pack};
pub use package_chart::{Package, PackageError, PackageOptions, package_chart};
pub use write_archives::{WriteArchivesError, write_archives};
