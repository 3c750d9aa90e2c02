//! Content on its way into a file: a temporary file in the same directory, with the permissions and the owner of the
//! file it is to replace, and the rename that puts it in place.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Distinguishes the temporary files of one process.
static COUNTER: AtomicU32 = AtomicU32::new(0);

/// Longest chain of links to a file that does not exist yet.
const MAX_LINKS: usize = 8;

/// A temporary file that is complete and on disk. It is removed when it is dropped without having replaced its target.
#[derive(Debug)]
pub(super) struct TemporaryFile {
    path: PathBuf,
    target: PathBuf,
}

impl TemporaryFile {
    /// Writes `content` beside `target`, which must not be a symbolic link (see [`follow_links`]).
    pub(super) fn write(target: &Path, content: &[u8]) -> io::Result<Self> {
        let name = target
            .file_name()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a file name"))?;
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let mut temporary_name = std::ffi::OsString::from(".");
        temporary_name.push(name);
        temporary_name.push(format!(".{}-{number}.tmp", std::process::id()));
        let path = target.with_file_name(temporary_name);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
        // From here on a failure removes the file.
        let temporary = Self {
            path,
            target: target.to_owned(),
        };
        file.write_all(content)?;
        if let Ok(replaced) = fs::metadata(target) {
            keep_owner(&temporary.path, &replaced);
            fs::set_permissions(&temporary.path, replaced.permissions())?;
        }
        file.sync_all()?;
        Ok(temporary)
    }

    /// The file that is replaced.
    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// Replaces the target. The old content is gone once this succeeds.
    pub(super) fn replace_target(&self) -> io::Result<()> {
        fs::rename(&self.path, &self.target)
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        // After the rename there is nothing to remove; before it, the error that led here is the one to report.
        let _gone_or_litter = fs::remove_file(&self.path);
    }
}

/// The file behind a path, so that a symbolic link stays a link, whether its target exists yet or not.
pub(super) fn follow_links(path: &Path) -> PathBuf {
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        if let Ok(existing) = fs::canonicalize(&target) {
            return existing;
        }
        match fs::read_link(&target) {
            Ok(next) => target = target.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => break,
        }
    }
    target
}

/// Gives a file the owner and the group of the one it replaces, where the process may: only root may give files away.
#[cfg(unix)]
fn keep_owner(path: &Path, replaced: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt as _, chown};

    let _kept = chown(path, Some(replaced.uid()), Some(replaced.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_path: &Path, _replaced: &fs::Metadata) {}
