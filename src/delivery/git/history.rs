//! Earlier commits: their files, and who made the last one.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use super::program::{GitError, failed, literal};
use super::work_tree::WorkTree;

impl WorkTree {
    /// Who made the commit that is checked out: name and address.
    ///
    /// # Errors
    /// When there is none.
    pub fn last_committer(&self) -> Result<(String, String), GitError> {
        self.last_person("--format=%cn%n%ce")
    }

    /// Who wrote what the commit has that is checked out. Where a forge made the commit, that is another one than who made it.
    ///
    /// # Errors
    /// When there is none.
    pub fn last_author(&self) -> Result<(String, String), GitError> {
        self.last_person("--format=%an%n%ae")
    }

    fn last_person(&self, format: &str) -> Result<(String, String), GitError> {
        let printed = self.git.run(&["log", "--max-count=1", format])?;
        let mut lines = printed.lines().map(str::to_owned);
        Ok((lines.next().unwrap_or_default(), lines.next().unwrap_or_default()))
    }

    /// The commit of a name, such as `HEAD~2`, a tag, or a shortened sha.
    ///
    /// # Errors
    /// When there is no such commit.
    pub fn commit_named(&self, name: &str) -> Result<String, GitError> {
        let name = format!("{name}^{{commit}}");
        let printed = self.git.run(&["rev-parse", "--verify", "--end-of-options", &name])?;
        Ok(printed.trim_end().to_owned())
    }

    /// The commits that changed files, the newest first, `most` at most.
    ///
    /// # Errors
    /// When git fails.
    pub fn commits_of(&self, files: &[&Path], most: usize) -> Result<Vec<String>, GitError> {
        let most = format!("--max-count={most}");
        let mut arguments: Vec<OsString> = ["log", "--format=%H", most.as_str(), "--"].map(OsString::from).to_vec();
        arguments.extend(files.iter().map(|file| literal(file)));
        let printed = self.git.run(&arguments)?;
        Ok(printed.lines().map(str::to_owned).collect())
    }

    /// A file as a commit has it, by its absolute path.
    ///
    /// # Errors
    /// `NotFound` where the commit does not have it, others where git fails.
    pub fn file_at(&self, commit: &str, path: &Path) -> io::Result<Vec<u8>> {
        let below = path
            .strip_prefix(&self.top)
            .map_err(|_| io::Error::new(io::ErrorKind::NotFound, "it is outside of the repository"))?;
        let mut name = OsString::from(format!("{commit}:"));
        name.push(below);
        let arguments = [OsString::from("cat-file"), OsString::from("blob"), name];
        let output = self.git.output(&arguments, &[], &[]).map_err(io::Error::other)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let error = failed(&arguments, &output);
        Err(io::Error::new(io::ErrorKind::NotFound, error.to_string()))
    }
}
