//! Which directory's settings count for a directory that a command is about.
//!
//! In: the directory. Out: itself, or the nearest one above it that has settings, never above the top of its repository of git. In no
//! repository that is the directory itself: what lies above may be anyone's.

use std::path::{Path, PathBuf};

use super::ct_file::CT_FILES;
use super::file::FILE_NAME;
use crate::text::source::{place_of, work_tree_around};

/// The files that may have the settings of a directory: chartwright.yaml, then chart-testing's.
pub(super) fn settings_files(directory: &Path) -> impl Iterator<Item = PathBuf> {
    [FILE_NAME].iter().chain(&CT_FILES).map(|name| directory.join(name))
}

/// The settings file of a directory itself.
pub(super) fn settings_file(directory: &Path) -> Option<PathBuf> {
    let mut paths = settings_files(directory);
    // A link that leads nowhere, or a directory of that name, is an error, which the defaults would hide.
    paths.find(|path| path.symlink_metadata().is_ok())
}

/// The directory whose settings count: this one, which need not exist, or the nearest above it in its repository that has some.
pub fn settings_directory(directory: &Path) -> PathBuf {
    let has_settings = |place: &&Path| settings_file(place).is_some();
    if has_settings(&directory) {
        return directory.to_owned();
    }
    let above = || {
        let absolute = std::path::absolute(directory).ok()?;
        // Links are followed, as they are when git looks for the top.
        let real = absolute.ancestors().find_map(|one| one.canonicalize().ok())?;
        let top = work_tree_around(&real)?;
        let mut places = real.ancestors().take_while(|one| one.starts_with(top));
        places.find(has_settings).map(spelled)
    };
    above().unwrap_or_else(|| directory.to_owned())
}

/// A path as someone in the working directory would write it: below it, or with `..` to one above it.
pub(super) fn spelled(place: &Path) -> PathBuf {
    let Ok(here) = Path::new(".").canonicalize() else {
        return place.to_owned();
    };
    match (place.strip_prefix(&here), here.strip_prefix(place)) {
        (_, Ok(steps)) if steps.as_os_str().is_empty() => PathBuf::from("."),
        (Ok(below), _) => below.to_owned(),
        (_, Ok(steps)) => steps.components().map(|_| "..").collect(),
        _ => place.to_owned(),
    }
}

/// A directory with links followed as far as it exists, to compare it with others.
pub(super) fn real(directory: &Path) -> PathBuf {
    place_of(directory).unwrap_or_else(|_| directory.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_settings_up_to_the_top_of_the_repository_count() {
        let all = tempfile::tempdir().unwrap();
        let all = all.path().canonicalize().unwrap();
        for directory in [
            "out/repo/.git",
            "out/repo/a/b/.ct",
            "out/repo/a/c",
            "out/repo/sub/x",
            "plain/x",
        ] {
            std::fs::create_dir_all(all.join(directory)).unwrap();
        }
        // A submodule or linked work tree has a file.
        std::fs::write(all.join("out/repo/sub/.git"), "gitdir: elsewhere\n").unwrap();
        for file in [
            "out/chartwright.yaml",
            "out/repo/a/b/.ct/ct.yaml",
            "plain/chartwright.yaml",
        ] {
            std::fs::write(all.join(file), "").unwrap();
        }
        for (directory, before, after) in [
            ("out/repo/a/c", "out/repo/a/c", "out/repo"),
            ("out/repo/a/c/gone/too", "out/repo/a/c/gone/too", "out/repo"),
            ("out/repo/a/b", "out/repo/a/b", "out/repo/a/b"),
            ("out/repo", "out/repo", "out/repo"),
            ("out/repo/sub/x", "out/repo/sub/x", "out/repo/sub/x"),
            ("plain/x", "plain/x", "plain/x"),
            ("plain", "plain", "plain"),
        ] {
            let file = all.join("out/repo/chartwright.yaml");
            for want in [before, after] {
                assert_eq!(settings_directory(&all.join(directory)), all.join(want), "{directory}");
                std::fs::write(&file, "").unwrap();
            }
            std::fs::remove_file(&file).unwrap();
        }
    }
}
