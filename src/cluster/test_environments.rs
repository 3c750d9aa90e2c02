//! Environments for tests.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::delivery::environment::{Environments, EnvironmentsPlace};

/// The environments that the text of an environments.yaml declares.
pub(super) fn environments(text: &str) -> Environments {
    environments_of(&[("environments.yaml", text)])
}

/// The same for a text that names other files: their paths, below /w unless they are absolute, and their texts.
pub(super) fn environments_of(files: &[(&str, &str)]) -> Environments {
    let place = EnvironmentsPlace {
        working_directory: PathBuf::from("/w"),
        directory: PathBuf::from("."),
        file: Some(PathBuf::from("environments.yaml")),
        declared: Vec::new(),
        values_files: Vec::new(),
    };
    place.load(&|path| read(files, path)).unwrap()
}

/// Reads one of these files.
pub(super) fn read(files: &[(&str, &str)], path: &Path) -> std::io::Result<Vec<u8>> {
    let found = files.iter().find(|(name, _)| Path::new("/w").join(name) == path);
    found
        .map(|(_, text)| text.as_bytes().to_vec())
        .ok_or_else(|| ErrorKind::NotFound.into())
}
