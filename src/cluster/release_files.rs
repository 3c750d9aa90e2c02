//! The archive of a chart as a file, for as long as Helm needs it. Only the user can read it.

use std::io;
use std::path::{Path, PathBuf};

use crate::check::run::ChartArchive;
use crate::text::sha256::sha256_hex;
use crate::text::source::replace_file;

/// Names that are tried.
const ATTEMPTS: u32 = 100;

/// A file that is removed when it is dropped.
#[derive(Debug)]
pub(super) struct ReleaseFile {
    directory: PathBuf,
    path: PathBuf,
}

impl ReleaseFile {
    /// Writes an archive into a directory of its own.
    pub(super) fn write(archive: &ChartArchive) -> io::Result<Self> {
        let process = std::process::id();
        let digest = sha256_hex(&archive.bytes);
        let digest = digest.get(..16).unwrap_or_default();
        let mut number = 0;
        let directory = loop {
            let directory = std::env::temp_dir().join(format!("chartwright-{process}-{digest}-{number}"));
            match make_private(&directory) {
                Ok(()) => break directory,
                // Of a run that was killed, or somebody else's.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < ATTEMPTS => number += 1,
                Err(error) => return Err(error),
            }
        };
        let path = directory.join(Path::new(&archive.name).file_name().unwrap_or("chart.tgz".as_ref()));
        let file = Self { directory, path };
        replace_file(&file.path, &archive.bytes).map_err(io::Error::other)?;
        Ok(file)
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Makes a directory for the user alone. One that is there already is another's.
fn make_private(directory: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(directory)
}

impl Drop for ReleaseFile {
    fn drop(&mut self) {
        // What is left is a chart in the directory for temporary files.
        let _removed = std::fs::remove_dir_all(&self.directory);
    }
}
