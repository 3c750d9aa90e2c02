//! The archive of a chart as a file, for as long as Helm needs it. Only the user can read it. What runs that were killed left is removed.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Once;

use crate::check::run::ChartArchive;
use crate::text::sha256::sha256_hex;
use crate::text::source::{RunDirectory, remove_left_directories, replace_file};

/// A file that is removed when it is dropped.
#[derive(Debug)]
pub(super) struct ReleaseFile {
    _directory: RunDirectory,
    path: PathBuf,
}

impl ReleaseFile {
    /// Writes an archive into a directory of its own.
    pub(super) fn write(archive: &ChartArchive) -> io::Result<Self> {
        // A run looks once, however many releases it has.
        static LOOK: Once = Once::new();
        let temporary = std::env::temp_dir();
        LOOK.call_once(|| remove_left_directories(&temporary, &is_of_release_file));
        let process = std::process::id();
        let digest = sha256_hex(&archive.bytes);
        let digest = digest.get(..16).unwrap_or_default();
        let directory = RunDirectory::make(&temporary, &format!("chartwright-{process}-{digest}"))?;
        let path = directory
            .path()
            .join(Path::new(&archive.name).file_name().unwrap_or("chart.tgz".as_ref()));
        replace_file(&path, &archive.bytes).map_err(io::Error::other)?;
        Ok(Self {
            _directory: directory,
            path,
        })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Whether a directory for temporary files has a name of these: `chartwright-PROCESS-DIGEST-NUMBER`.
fn is_of_release_file(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    let [program, process, digest, number] = parts.as_slice() else {
        return false;
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    *program == "chartwright"
        && is_number(process)
        && is_number(number)
        && digest.len() == 16
        && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_of_archives_are_known_by_their_names() {
        for (name, want) in [
            ("chartwright-4711-0123456789abcdef-0", true),
            ("chartwright-4711-0123456789abcdef-12", true),
            ("chartwright-4711-0123456789abcdef", false),
            ("chartwright-4711-0123456789abcdef-0-1", false),
            ("chartwright-agent-0123456789abcdef-0", false),
            ("chartwright-4711-mine-0", false),
            ("chartwright-4711-0123456789abcdef-", false),
            ("mine-4711-0123456789abcdef-0", false),
        ] {
            assert_eq!(is_of_release_file(name), want, "{name}");
        }
    }

    #[test]
    fn an_archive_is_there_for_as_long_as_it_is_needed() {
        let archive = ChartArchive {
            name: "web-1.0.0.tgz".to_owned(),
            bytes: b"bytes".to_vec(),
        };
        let file = ReleaseFile::write(&archive).unwrap();
        let path = file.path().to_owned();
        let directory = path.parent().unwrap().to_owned();
        assert!(is_of_release_file(directory.file_name().unwrap().to_str().unwrap()));
        assert_eq!(std::fs::read(&path).unwrap(), archive.bytes);
        drop(file);
        assert!(!directory.exists());
    }
}
