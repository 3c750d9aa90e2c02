//! Files that differ between a commit and the work tree, and the commit that two histories have in common.
//!
//! In: commits. Out: paths from the top of the work tree. A file that was renamed counts at both names, so renames are not searched for.

use super::program::{GitError, failed};
use super::work_tree::WorkTree;

impl WorkTree {
    /// The newest commit that two histories have in common, as far as they are known here.
    ///
    /// # Errors
    /// When one of the commits is missing.
    pub fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, GitError> {
        let arguments = ["merge-base", one, other];
        let output = self.git.output(&arguments, &[], &[])?;
        match output.status.code() {
            Some(0) => Ok(Some(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())),
            Some(1) => Ok(None),
            _ => Err(failed(&arguments, &output)),
        }
    }

    /// The files that are not as a commit has them: changed in a later commit, or in the work tree, or not tracked and not ignored.
    ///
    /// # Errors
    /// When git fails.
    pub fn changed_since(&self, commit: &str) -> Result<Vec<String>, GitError> {
        let tracked =
            "diff --name-only --no-renames --no-relative --no-ext-diff --ignore-submodules=dirty -z --end-of-options";
        let mut arguments: Vec<&str> = tracked.split(' ').collect();
        arguments.extend([commit, "--"]);
        let untracked = [
            "ls-files",
            "--others",
            "--exclude-standard",
            "--full-name",
            "-z",
            "--",
            ":/",
        ];
        let mut files = Vec::new();
        for printed in [self.git.run(&arguments)?, self.git.run(&untracked)?] {
            files.extend(printed.split('\0').filter(|name| !name.is_empty()).map(str::to_owned));
        }
        files.sort();
        files.dedup();
        Ok(files)
    }
}
