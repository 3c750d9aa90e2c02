//! Where a broken symbolic link ends, as Go's `filepath.EvalSymlinks` reports it.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::text::go::path_error::path_error;

/// Most links followed in a row; the operating system gives up at a similar number.
const MAX_LINKS: usize = 255;

/// The missing part at the end of a link.
#[derive(Debug, thiserror::Error)]
#[error("{}", path_error("lstat", path, source))]
pub struct BrokenLink {
    /// The first part of the target that cannot be read.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// Follows a link, given by its absolute path, to the place where it breaks. `failure` is the error from opening it.
pub(super) fn broken_link(link: &Path, failure: io::Error) -> BrokenLink {
    let mut links = 0;
    match first_missing(link, &mut links) {
        Some(broken) => broken,
        None => BrokenLink {
            path: link.to_owned(),
            source: failure,
        },
    }
}

fn first_missing(path: &Path, links: &mut usize) -> Option<BrokenLink> {
    let mut reached = PathBuf::new();
    for component in path.components() {
        if component == Component::ParentDir {
            reached.pop();
            continue;
        }
        reached.push(component);
        let information = match fs::symlink_metadata(&reached) {
            Ok(information) => information,
            Err(source) => return Some(BrokenLink { path: reached, source }),
        };
        if information.is_symlink() {
            *links += 1;
            if *links > MAX_LINKS {
                return None;
            }
            let target = fs::read_link(&reached).ok()?;
            reached.pop();
            let target = reached.join(target);
            if let Some(broken) = first_missing(&target, links) {
                return Some(broken);
            }
            reached = fs::canonicalize(target).ok()?;
        }
    }
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn the_first_missing_part_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(directory.path()).unwrap();
        fs::create_dir(root.join("a")).unwrap();
        fs::write(root.join("file"), "").unwrap();
        for (name, target, missing) in [
            ("one", "nowhere", "nowhere"),
            ("deep", "a/b/c", "a/b"),
            ("up", "a/../x/y", "x"),
            ("chain", "one", "nowhere"),
            ("absolute", "/no-such-root/x", "/no-such-root"),
            ("under", "file/x", "file/x"),
        ] {
            symlink(target, root.join(name)).unwrap();
            let failure = fs::metadata(root.join(name)).unwrap_err();
            assert_eq!(
                broken_link(&root.join(name), failure).path,
                root.join(missing),
                "{name}"
            );
        }
    }
}
