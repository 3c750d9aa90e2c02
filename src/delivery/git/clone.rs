//! A clone of a repository, made or taken as an earlier run left it.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use super::names::BranchName;
use super::program::{Git, GitError};
use super::work_tree::WorkTree;
use crate::text::source::{Links, Visit, WalkLimits, walk};

/// Limits for the files that git keeps its own state in.
const STATE: WalkLimits = WalkLimits {
    depth: 50,
    entries: 100_000,
    links: Links::PassedOver,
};

/// Clones a repository into a directory that nothing else is in. A clone that an earlier run left there is taken if it is whole, without what
/// that run was about to change; one that a run was killed over is made anew.
///
/// # Errors
/// When git cannot clone it, or an old directory cannot be removed.
pub fn clone_repository(address: &str, branch: Option<&BranchName>, directory: &Path) -> Result<WorkTree, GitError> {
    if let Some(tree) = left_clone(address, branch, directory) {
        return Ok(tree);
    }
    if directory.symlink_metadata().is_ok() {
        fs::remove_dir_all(directory).map_err(|error| GitError::Failed {
            command: "clone".to_owned(),
            words: format!("what is at {} cannot be removed: {error}", directory.display()),
        })?;
    }
    let above = directory.parent().unwrap_or_else(|| Path::new("."));
    let mut arguments: Vec<&OsStr> = ["clone", "--quiet", "--no-tags"].map(OsStr::new).to_vec();
    if let Some(branch) = branch {
        arguments.extend([OsStr::new("--branch"), OsStr::new(branch.as_str())]);
    }
    arguments.extend([OsStr::new("--"), OsStr::new(address), directory.as_os_str()]);
    Git::in_directory(above).run(&arguments)?;
    WorkTree::of(directory)
}

/// The clone of a repository that an earlier run left, with the files of its commit; nothing where it is of something else, or not whole.
fn left_clone(address: &str, branch: Option<&BranchName>, directory: &Path) -> Option<WorkTree> {
    let git_directory = directory.join(".git");
    if !git_directory.is_dir() || has_locks(&git_directory) {
        return None;
    }
    let tree = WorkTree::of(directory).ok()?;
    // Where this is not a repository, git takes the one around it.
    let is_this = fs::canonicalize(&tree.git_directory).ok()? == fs::canonicalize(&git_directory).ok()?;
    is_this.then_some(())?;
    let printed = |arguments: &[&str]| {
        let printed = tree.git.run(arguments).ok()?;
        Some(printed.trim_end().to_owned())
    };
    (printed(&["config", "--get", "remote.origin.url"])? == address).then_some(())?;
    let current = printed(&["symbolic-ref", "--short", "HEAD"])?;
    branch.is_none_or(|branch| branch.as_str() == current).then_some(())?;
    printed(&["reset", "--quiet", "--hard"])?;
    printed(&["clean", "--quiet", "-ffdx"])?;
    Some(tree)
}

/// Whether git was killed while it changed something: it does not go on before somebody removes its lock.
fn has_locks(git_directory: &Path) -> bool {
    let mut found = false;
    let mut visit = |entry: Result<crate::text::source::WalkEntry, _>| {
        let Ok(entry) = entry else { return Err(()) };
        found |= Path::new(&entry.name)
            .extension()
            .is_some_and(|ending| ending == "lock");
        let is_content = entry.depth == 0 && entry.name == "objects";
        Ok(if is_content { Visit::PassOver } else { Visit::Enter })
    };
    walk(git_directory, STATE, &mut visit).is_err() || found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(directory: &Path, arguments: &[&str]) {
        let settings = [("user.name", "Ada"), ("user.email", "ada@example.org")];
        Git::in_directory(directory)
            .run_with(arguments, b"", &settings)
            .unwrap();
    }

    #[test]
    fn a_clone_that_was_left_is_taken_and_one_that_is_not_whole_is_made_anew() {
        let place = tempfile::tempdir().unwrap();
        let (origin, other) = (place.path().join("origin"), place.path().join("other"));
        for repository in [&origin, &other] {
            fs::create_dir(repository).unwrap();
            git(repository, &["init", "--quiet", "--initial-branch=main"]);
            fs::write(repository.join("file"), "first").unwrap();
            git(repository, &["add", "file"]);
            git(repository, &["commit", "--quiet", "--message", "Start"]);
            git(repository, &["branch", "second"]);
        }
        let clone = place.path().join("clone");
        let (origin, other) = (origin.display().to_string(), other.display().to_string());
        let (main, second) = (BranchName::parse("main").unwrap(), BranchName::parse("second").unwrap());
        let state = clone.join(".git");
        for (what, address, branch, is_taken) in [
            ("none is there", &origin, None, false),
            ("as it was left", &origin, None, true),
            ("of the same branch", &origin, Some(&main), true),
            ("with changes", &origin, None, true),
            ("of another branch", &origin, Some(&second), false),
            ("of another repository", &other, None, false),
            ("killed over the index", &other, None, false),
            ("killed over a reference", &other, None, false),
            ("killed while it was made", &other, None, false),
            ("without its files", &other, None, false),
            ("as it was made anew", &other, None, true),
        ] {
            match what {
                "with changes" => {
                    fs::write(clone.join("file"), "changed").unwrap();
                    fs::write(clone.join("more"), "").unwrap();
                }
                "killed over the index" => fs::write(state.join("index.lock"), "").unwrap(),
                "killed over a reference" => fs::write(state.join("refs/remotes/origin/main.lock"), "").unwrap(),
                "killed while it was made" => fs::remove_file(state.join("HEAD")).unwrap(),
                "without its files" => fs::remove_dir_all(state.join("objects")).unwrap(),
                _ => {}
            }
            let mark = state.join("mark");
            if state.exists() {
                fs::write(&mark, "").unwrap();
            }
            let tree = clone_repository(address, branch, &clone).unwrap();
            assert_eq!(mark.exists(), is_taken, "{what}");
            assert!(tree.head_sha().is_ok(), "{what}");
            assert_eq!(fs::read(clone.join("file")).unwrap(), b"first", "{what}");
            assert!(!clone.join("more").exists(), "{what}");
        }
    }
}
