//! Reading a file that may be anybody's: a regular file, or a pipe that the user named, and never more than a limit.
//!
//! A link in a git repository may lead to a device or to a file of `/proc` that has no end.

use std::fs::File;
#[cfg(unix)]
use std::fs::FileType;
use std::io::{self, Read as _};
use std::path::Path;

use crate::text::limits::DEVICE_BYTES;

/// Files up to this size are read with one call.
const AT_ONCE: usize = 1 << 20;

/// Who named a file, and so what it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// The user, on the command line: a pipe such as `/dev/stdin` or `<(sops decrypt …)` is read as well.
    ByUser,
    /// A chart, a directory or a configuration: only a regular file is read.
    ByInput,
}

/// Reads a whole file of at most `limit` bytes; links are followed.
///
/// # Errors
/// When it cannot be opened or read, is neither a regular file nor allowed to be something else, or is larger.
pub fn read_file(path: &Path, named: Named, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    read_file_into(path, named, limit, &mut bytes)?;
    Ok(bytes)
}

/// [`read_file`] into a buffer, instead of what it has from another file.
///
/// # Errors
/// As [`read_file`]; the buffer then has a part of a file or nothing.
pub fn read_file_into(path: &Path, named: Named, limit: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
    let size = check_kind(path, named)?;
    // Only what is not a regular file, or is empty, has no size.
    let limit = if size == 0 {
        limit.min(limit_of_kind(path))
    } else {
        limit
    };
    if size > limit {
        return Err(too_large(limit));
    }
    let mut file = open(path)?;
    if read_at_once(&mut file, size, bytes)? {
        return Ok(());
    }
    // One byte more shows that there are more: the size of what grows, and of files in /proc, is not known before.
    let left = limit.saturating_add(1).saturating_sub(bytes.len() as u64);
    (&mut file).take(left).read_to_end(bytes)?;
    if bytes.len() as u64 > limit {
        return Err(too_large(limit));
    }
    Ok(())
}

/// Reads a file of a known size with one call of the system, and says whether that was all of it: there was room for more.
fn read_at_once(file: &mut File, size: u64, bytes: &mut Vec<u8>) -> io::Result<bool> {
    let size = usize::try_from(size).unwrap_or_default();
    if size == 0 || size > AT_ONCE {
        bytes.clear();
        bytes.reserve(size.saturating_add(1));
        return Ok(false);
    }
    // Bytes of the file before are overwritten, without clearing them first.
    bytes.resize(size + 1, 0);
    let read = loop {
        match file.read(bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => break read,
        }
    };
    bytes.truncate(*read.as_ref().unwrap_or(&0));
    Ok(read? == size)
}

/// Opens a file of a chart for a reader that counts what all files of the chart have together.
///
/// # Errors
/// When it cannot be opened, or is neither a regular file nor allowed to be something else.
pub fn open_file(path: &Path, named: Named) -> io::Result<File> {
    check_kind(path, named)?;
    open(path)
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that opens files to read them"
)]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// The size of a file that may be read. It is asked before the file is opened: opening a pipe waits for its other end.
fn check_kind(path: &Path, named: Named) -> io::Result<u64> {
    let information = path.metadata()?;
    let kind = information.file_type();
    if kind.is_file() {
        return Ok(information.len());
    }
    if kind.is_dir() {
        // As opening it would say.
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    match named {
        Named::ByUser => Ok(0),
        Named::ByInput => Err(io::Error::other("is not a regular file")),
    }
}

/// The limit of what is not a regular file. A device may have no end, and what a person types at a terminal is short.
#[cfg(unix)]
fn limit_of_kind(path: &Path) -> u64 {
    use std::os::unix::fs::FileTypeExt as _;
    let is_device = |kind: FileType| kind.is_char_device() || kind.is_block_device();
    match path.metadata() {
        Ok(information) if is_device(information.file_type()) => DEVICE_BYTES,
        _ => u64::MAX,
    }
}

#[cfg(not(unix))]
fn limit_of_kind(_: &Path) -> u64 {
    u64::MAX
}

fn too_large(limit: u64) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("is larger than {limit} bytes"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_up_to_a_limit() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("f");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read_file(&path, Named::ByInput, 5).unwrap(), b"12345");
        let error = read_file(&path, Named::ByInput, 4).unwrap_err();
        assert_eq!(error.to_string(), "is larger than 4 bytes");
        assert_eq!(
            read_file(directory.path(), Named::ByUser, 5).unwrap_err().kind(),
            io::ErrorKind::IsADirectory
        );
        let missing = read_file(&directory.path().join("g"), Named::ByInput, 5);
        assert_eq!(missing.unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_device_is_read_up_to_a_limit_of_its_own() {
        let error = read_file(Path::new("/dev/zero"), Named::ByUser, u64::MAX).unwrap_err();
        assert_eq!(error.to_string(), format!("is larger than {DEVICE_BYTES} bytes"));
    }

    #[test]
    fn endless_files_and_devices_are_refused() {
        for (path, named, words) in [
            ("/dev/zero", Named::ByInput, "is not a regular file"),
            ("/dev/zero", Named::ByUser, "is larger than 1007 bytes"),
            // Its size is zero, and it is read in steps of eight bytes without an end.
            ("/proc/self/pagemap", Named::ByInput, "is larger than 1007 bytes"),
        ] {
            if !Path::new(path).exists() {
                continue;
            }
            let directory = tempfile::tempdir().unwrap();
            let link = directory.path().join("link");
            std::os::unix::fs::symlink(path, &link).unwrap();
            let error = read_file(&link, named, 1007).unwrap_err();
            assert_eq!(error.to_string(), words, "{path}");
        }
    }
}
