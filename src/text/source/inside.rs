//! Whether a path stays below a directory once links are followed.
//!
//! In: a directory and a path that input named. Out: whether the file that would be opened is in the directory. A check of
//! the text alone is not enough: any part of the path may be a link.

use std::io;
use std::path::{Component, Path, PathBuf};

use super::read_file::{Named, read_file};

/// Whether a path, after following links, is `root` or below it.
///
/// # Errors
/// When one of them does not exist, or a directory on the way cannot be read.
pub fn is_inside(root: &Path, path: &Path) -> io::Result<bool> {
    Ok(path.canonicalize()?.starts_with(root.canonicalize()?))
}

/// Reads a file of at most `limit` bytes that input named, if it is `root` or below it after following links.
///
/// # Errors
/// When one of them does not exist, or the file cannot be read, is not a regular file, or is larger.
pub fn read_inside(root: &Path, path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let real = path.canonicalize()?;
    if !real.starts_with(root.canonicalize()?) {
        return Ok(None);
    }
    read_file(&real, Named::ByInput, limit).map(Some)
}

/// Whether a path that may not exist yet would be inside, also if `..` is first removed from its text.
///
/// # Errors
/// When a directory on the way cannot be read.
pub fn would_be_inside(root: &Path, path: &Path) -> io::Result<bool> {
    let root = place_of(root)?;
    let path = std::path::absolute(path)?;
    for spelling in [without_dots(&path), path] {
        match real_path(&spelling)? {
            Some(real) if real.starts_with(&root) => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// An absolute path with links followed as far as it exists, and without `..` in the rest.
///
/// # Errors
/// When there is no working directory, or a directory on the way cannot be read.
pub fn place_of(path: &Path) -> io::Result<PathBuf> {
    if let Ok(real) = path.canonicalize() {
        return Ok(real);
    }
    let absolute = without_dots(&std::path::absolute(path)?);
    let existing = absolute.ancestors().find(|one| one.exists()).unwrap_or(&absolute);
    let rest = absolute.strip_prefix(existing).unwrap_or(Path::new(""));
    Ok(existing.canonicalize()?.join(rest))
}

/// Follows the links of the part of an absolute path that exists; none where a link leads nowhere, since it would be
/// followed when the file is made.
fn real_path(path: &Path) -> io::Result<Option<PathBuf>> {
    let mut real = PathBuf::new();
    for component in path.components() {
        if component == Component::ParentDir {
            real.pop();
            continue;
        }
        real.push(component);
        match real.canonicalize() {
            Ok(followed) => real = followed,
            Err(_) if real.is_symlink() => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Some(real))
}

/// A path without `.` and `..`, by its text.
fn without_dots(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            _ => out.push(component),
        }
    }
    out
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_decide_where_a_path_is() {
        let all = tempfile::tempdir().unwrap();
        let at = |name: &str| all.path().join(name);
        for name in ["root/a/x/y", "other/b", "rootx"] {
            std::fs::create_dir_all(at(name)).unwrap();
        }
        for name in ["f", "root/f", "root/a/f", "other/f", "other/b/f", "rootx/f"] {
            std::fs::write(at(name), "text").unwrap();
        }
        symlink("../other", at("root/out")).unwrap();
        symlink("a", at("root/in")).unwrap();
        symlink("a/x/y", at("root/deep")).unwrap();
        symlink("root", at("link")).unwrap();
        symlink("../nowhere", at("root/broken")).unwrap();
        for (path, existing, planned) in [
            ("root", Some(true), true),
            ("root/a", Some(true), true),
            ("root/in", Some(true), true),
            ("link/a", Some(true), true),
            ("root/out", Some(false), false),
            ("root/out/b", Some(false), false),
            ("root/../other", Some(false), false),
            ("root/a/../..", Some(false), false),
            ("rootx", Some(false), false),
            ("root/new/deep", None, true),
            ("root/out/new", None, false),
            ("root/out/../new", None, false),
            // Inside of the root if links are followed first, and outside if `..` is removed first.
            ("root/deep/../../../new", None, false),
            ("root/new/../a", None, true),
            ("root/broken", None, false),
            ("root/broken/new", None, false),
            ("root/new/../../other/new", None, false),
        ] {
            assert_eq!(is_inside(&at("root"), &at(path)).ok(), existing, "{path}");
            let read = read_inside(&at("link"), &at(path).join("f"), 9).ok();
            assert_eq!(read.map(|text| text.is_some()), existing, "{path}");
            assert_eq!(would_be_inside(&at("link"), &at(path)).unwrap(), planned, "{path}");
        }
    }
}
