//! A chart as `helm dependency` loads it: by the loader of apiVersion v1 and v2, whatever the chart's own is.

use std::path::Path;

use crate::engine::chart::{Chart, LoadError, load_files, read_archive, read_directory};
use crate::text::limits::FILE_BYTES;
use crate::text::source::{Named, read_file};

/// Loads a chart directory or archive.
///
/// # Errors
/// When it cannot be read, or is not a chart.
pub fn load(path: &Path) -> Result<Chart, LoadError> {
    if path.is_dir() {
        return load_files(read_directory(path)?);
    }
    let bytes = read_file(path, Named::ByUser, FILE_BYTES).map_err(|source| LoadError::Read {
        path: path.to_owned(),
        source,
    })?;
    load_files(read_archive(&bytes)?)
}
