//! Content on its way into a file: a temporary file in the same directory, with the permissions and the owner of the
//! file it is to replace, and the rename that puts it in place.
//!
//! Its name is random, since process ids repeat in containers. Its writer holds a lock on it for as long as it lives, by
//! which [`super::stale_files`] knows what a killed process left behind.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::file_identity::is_file_at;

/// How the names of temporary files begin and end; between them are hexadecimal digits.
const PREFIX: &str = ".chartwright-";
const SUFFIX: &str = ".tmp";
/// The random bytes in a name.
const RANDOM_BYTES: usize = 8;

/// Longest chain of links to a file that does not exist yet.
const MAX_LINKS: usize = 8;
/// Attempts at a name that is free, and that is not cleaned up between its creation and its lock.
const ATTEMPTS: u32 = 16;

/// Who may read a temporary file, and whether it is on disk before it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Content of the target: readable for those who may read the target, and on disk.
    Content,
    /// A record for later runs: readable for its owner only, and on disk.
    Record,
    /// The same, not on disk before it is used.
    Pointer,
}

/// A temporary file that is complete. It is removed when it is dropped without having replaced its target.
#[derive(Debug)]
pub(super) struct TemporaryFile {
    path: PathBuf,
    target: PathBuf,
    /// Locked, so that the file is not taken for one that was left behind. `None` after [`Self::close`].
    handle: Option<File>,
}

impl TemporaryFile {
    /// Writes `content` beside `target`, which must not be a symbolic link (see [`follow_links`]).
    pub(super) fn write(target: &Path, content: &[u8], kind: Kind) -> io::Result<Self> {
        if target.file_name().is_none() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file name"));
        }
        let replaced = fs::metadata(target).ok().filter(|_| kind == Kind::Content);
        let is_private = replaced.is_some() || kind != Kind::Content;
        let (mut temporary, mut file) = Self::create(target, is_private)?;
        file.write_all(content)?;
        if let Some(replaced) = replaced {
            keep_owner(&file, &replaced);
            file.set_permissions(replaced.permissions())?;
        }
        if kind != Kind::Pointer {
            file.sync_all()?;
        }
        temporary.handle = Some(file);
        Ok(temporary)
    }

    /// Gives up the lock: for one of so many files that not all can be open at once.
    pub(super) fn close(&mut self) {
        self.handle = None;
    }

    /// An empty file with a lock. What is copied from a private file must not be readable before it is complete.
    fn create(target: &Path, is_private: bool) -> io::Result<(Self, File)> {
        for _ in 0..ATTEMPTS {
            let path = target.with_file_name(random_name()?);
            let handle = match options(is_private).open(&path) {
                Ok(handle) => handle,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            };
            // Where files cannot be locked, none is removed as left behind either.
            let _locked = handle.lock();
            if is_file_at(&handle, &path) {
                let temporary = Self {
                    path,
                    target: target.to_owned(),
                    handle: None,
                };
                return Ok((temporary, handle));
            }
        }
        Err(io::Error::other("no name is free for a temporary file"))
    }

    /// The file that is replaced.
    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// The temporary file's own name.
    pub(super) fn name(&self) -> &OsStr {
        self.path.file_name().unwrap_or_default()
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

/// Whether a file has a name as temporary files have.
pub(super) fn is_temporary_name(name: &OsStr) -> bool {
    let digits = name
        .to_str()
        .and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
    let is_hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    digits.is_some_and(|digits| digits.len() == 2 * RANDOM_BYTES && digits.bytes().all(is_hexadecimal))
}

fn random_name() -> io::Result<String> {
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(format!("no random name: {error}")))?;
    let digits = u64::from_le_bytes(bytes);
    Ok(format!("{PREFIX}{digits:016x}{SUFFIX}"))
}

#[cfg_attr(not(unix), expect(unused_variables, reason = "only Unix has modes"))]
fn options(is_private: bool) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    if is_private {
        use std::os::unix::fs::OpenOptionsExt as _;

        options.mode(0o600);
    }
    options
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

/// Gives a file the owner and the group of the one it replaces, where the process may: only root may give files away,
/// and a group can be given by its members.
#[cfg(unix)]
fn keep_owner(file: &File, replaced: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt as _, fchown};

    if fchown(file, Some(replaced.uid()), Some(replaced.gid())).is_err() {
        let _kept = fchown(file, None, Some(replaced.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_file: &File, _replaced: &fs::Metadata) {}
