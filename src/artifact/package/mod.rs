//! A chart directory to its archive, and the archive to its signature.

mod archive;
mod keybox;
mod keyring;
mod members;
mod package_chart;
mod provenance;
#[cfg(test)]
mod provenance_tests;
mod version_suffix;
mod write_archives;

pub use archive::{ArchiveWriteError, TIME, pack};
pub use keyring::{Keyring, KeyringError};
pub use members::pack_chart;
pub use package_chart::{Package, PackageError, PackageOptions, package_chart};
pub use provenance::{ProvenanceError, Verified, sign, verify};
pub use version_suffix::{BuildValues, FilledSuffix, VersionSuffix, VersionSuffixError};
pub use write_archives::{WriteArchivesError, write_archives};
