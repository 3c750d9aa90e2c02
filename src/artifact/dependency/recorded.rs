//! The digests that are recorded beside the lock of a chart: read, and compared with archives.

use std::io;

use crate::text::limits::SETTINGS_BYTES;
use crate::text::source::{Named, read_file};

use super::chosen::{Chosen, Origin};
use super::declared::ChartRequest;
use super::digest_file::{DIGEST_FILE_ENDING, DigestFile};
use super::error::{DependencyError, DigestError};
use super::fetch::Fetched;

/// The digests beside the lock of a chart.
///
/// # Errors
/// When the file is there and cannot be read.
pub fn read_digests(request: &ChartRequest) -> Result<Option<DigestFile>, DependencyError> {
    let name = format!("{}{DIGEST_FILE_ENDING}", request.lock_name());
    let path = request.directory.join(&name);
    match read_file(&path, Named::ByInput, SETTINGS_BYTES) {
        Ok(text) => DigestFile::parse(&String::from_utf8_lossy(&text))
            .map(Some)
            .map_err(|line| DependencyError::DigestFile { file: name, line }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(DependencyError::File { path, source }),
    }
}

/// Compares an archive with the digest that is listed for its version.
///
/// # Errors
/// When it has another one.
pub fn check_digest(
    request: &ChartRequest,
    digests: &DigestFile,
    chosen: &Chosen,
    fetched: &Fetched,
) -> Result<(), DependencyError> {
    let Origin::Repository(repository) = &chosen.origin else {
        return Ok(());
    };
    match digests.get(&chosen.name, &chosen.version, repository) {
        Some(listed) if listed != fetched.digest => Err(DependencyError::Digest(Box::new(DigestError {
            name: chosen.name.clone(),
            version: chosen.version.clone(),
            url: fetched.url.clone(),
            file: format!("{}{DIGEST_FILE_ENDING}", request.lock_name()),
            listed: format!("sha256:{listed}"),
            found: format!("sha256:{}", fetched.digest),
        }))),
        _ => Ok(()),
    }
}

/// Whether the digest of a dependency is listed. Only those of repositories are.
pub fn is_recorded(digests: &DigestFile, chosen: &Chosen) -> bool {
    match &chosen.origin {
        Origin::Repository(repository) => digests.get(&chosen.name, &chosen.version, repository).is_some(),
        Origin::Unpacked | Origin::Neighbour(_) => true,
    }
}
