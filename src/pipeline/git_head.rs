//! The branch and commit of a checkout, from the files of its `.git`, without running git.
//!
//! In: a directory in the checkout. Out: what HEAD is. Follows gitrepository-layout(5): linked work trees, `packed-refs`. A repository
//! with reftables has no such files, and a HEAD that is detached has no branch.

use std::path::{Path, PathBuf};

use crate::text::limits::PACKED_REFS_BYTES;
use crate::text::source::{Named, read_file, work_tree_around};

/// What HEAD is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct GitHead {
    /// The branch.
    pub(super) branch: Option<String>,
    /// The commit.
    pub(super) sha: Option<String>,
}

/// Reads HEAD of the repository that has a directory; `None` if there is none.
pub(super) fn git_head(directory: &Path) -> Option<GitHead> {
    let directory = std::path::absolute(directory).ok()?;
    let work_tree = work_tree_around(&directory)?;
    let git = git_directory(work_tree)?;
    let head = text(&git.join("HEAD"))?;
    let Some(name) = head.strip_prefix("ref: ") else {
        return Some(GitHead {
            branch: None,
            sha: commit(&head),
        });
    };
    Some(GitHead {
        branch: name.strip_prefix("refs/heads/").map(str::to_owned),
        sha: commit_of(&git, name),
    })
}

/// The directory with HEAD: `.git`, or the one that a file of that name refers to.
fn git_directory(work_tree: &Path) -> Option<PathBuf> {
    let git = work_tree.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let pointer = text(&git)?;
    Some(work_tree.join(pointer.strip_prefix("gitdir: ")?))
}

/// The commit of a branch, in a file of its own or among many.
fn commit_of(git: &Path, name: &str) -> Option<String> {
    let is_plain = name.starts_with("refs/") && name.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if !is_plain {
        return None;
    }
    let common = match text(&git.join("commondir")) {
        Some(common) => git.join(common),
        None => git.to_owned(),
    };
    let own = text(&common.join(name)).and_then(|text| commit(&text));
    own.or_else(|| {
        let packed = text(&common.join("packed-refs"))?;
        let line = packed
            .lines()
            .find(|line| line.split_once(' ').is_some_and(|(_, packed)| packed == name))?;
        commit(line.split_once(' ')?.0)
    })
}

/// A text that is a digest by SHA-1 or SHA-256.
fn commit(text: &str) -> Option<String> {
    let is_digest = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| text.to_owned())
}

fn text(path: &Path) -> Option<String> {
    let bytes = read_file(path, Named::ByInput, PACKED_REFS_BYTES).ok()?;
    Some(String::from_utf8(bytes).ok()?.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn heads_are_read_from_files() {
        let branch = |name: &str| Some(name.to_owned());
        let packed = format!("# pack-refs with: peeled\n{SHA} refs/heads/a/b\n^{SHA}\n");
        for (files, want) in [
            (&[][..], None),
            (&[(".git/HEAD", "ref: refs/heads/new\n")], Some((branch("new"), false))),
            (
                &[(".git/HEAD", "ref: refs/heads/x"), (".git/refs/heads/x", SHA)],
                Some((branch("x"), true)),
            ),
            (
                &[(".git/HEAD", "ref: refs/heads/a/b\n"), (".git/packed-refs", &packed)],
                Some((branch("a/b"), true)),
            ),
            (&[(".git/HEAD", SHA)], Some((None, true))),
            (&[(".git/HEAD", "rubbish")], Some((None, false))),
            (
                &[(".git/HEAD", "ref: refs/heads/../../secret"), (".git/secret", SHA)],
                Some((branch("../../secret"), false)),
            ),
            (
                &[
                    (".git", "gitdir: main/.git/worktrees/w\n"),
                    ("main/.git/worktrees/w/HEAD", "ref: refs/heads/w\n"),
                    ("main/.git/worktrees/w/commondir", "../..\n"),
                    ("main/.git/refs/heads/w", SHA),
                ],
                Some((branch("w"), true)),
            ),
        ] {
            let directory = tempfile::tempdir().unwrap();
            for (name, text) in files {
                let path = directory.path().join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            let below = directory.path().join("charts/web");
            std::fs::create_dir_all(&below).unwrap();
            let want = want.map(|(branch, has_sha)| GitHead {
                branch,
                sha: has_sha.then(|| SHA.to_owned()),
            });
            assert_eq!(git_head(&below), want, "{files:?}");
        }
    }
}
