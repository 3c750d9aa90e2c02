//! Whether files are as HEAD has them, and how HEAD stands to its upstream: `git status --porcelain=v2 --branch -z`, read.

use std::ffi::OsString;
use std::path::Path;

use super::names::BranchName;
use super::program::{GitError, literal};
use super::work_tree::{Head, WorkTree};

/// Bytes of file names in one call of git: less than any system allows.
const ARGUMENT_BYTES: usize = 64 << 10;

/// HEAD, and files that are not as it has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedState {
    /// What is checked out; `None` before the first commit.
    pub head: Option<Head>,
    /// The branch that HEAD's branch follows, as `origin/main`.
    pub upstream: Option<String>,
    /// How many commits HEAD has that the upstream, as far as it is known here, does not have; `None` where there is no upstream.
    pub ahead: Option<u64>,
    /// Files that are changed, staged, not tracked or ignored, from the top of the work tree.
    pub differing: Vec<String>,
}

impl WorkTree {
    /// Looks at HEAD and at some files.
    ///
    /// # Errors
    /// When git fails: one of the files is in no work tree, or in another one.
    pub fn state_of(&self, files: &[&Path]) -> Result<TrackedState, GitError> {
        let mut state: Option<TrackedState> = None;
        let mut rest = files;
        loop {
            let mut bytes = 0;
            let few = rest.iter().take_while(|file| {
                bytes += file.as_os_str().len() + 16;
                bytes <= ARGUMENT_BYTES
            });
            let (now, later) = rest.split_at(few.count().max(1).min(rest.len()));
            let part = self.status(now)?;
            match &mut state {
                Some(state) => state.differing.extend(part.differing),
                None => state = Some(part),
            }
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        state.ok_or(GitError::Odd {
            command: "status",
            what: "it is empty",
        })
    }

    fn status(&self, files: &[&Path]) -> Result<TrackedState, GitError> {
        let flags = "--no-optional-locks status --porcelain=v2 --branch --ahead-behind -z --no-renames --untracked-files=all --ignored=matching --";
        let flags = flags.split(' ').map(OsString::from);
        let arguments: Vec<OsString> = flags.chain(files.iter().map(|file| literal(file))).collect();
        Ok(read_status(&self.git.run(&arguments)?))
    }
}

fn read_status(printed: &str) -> TrackedState {
    let (mut sha, mut branch) = (None, None);
    let mut state = TrackedState {
        head: None,
        upstream: None,
        ahead: None,
        differing: Vec::new(),
    };
    for record in printed.split('\0').filter(|record| !record.is_empty()) {
        if let Some(header) = record.strip_prefix("# ") {
            match header.split_once(' ') {
                Some(("branch.oid", oid)) if oid != "(initial)" => sha = Some(oid.to_owned()),
                Some(("branch.head", name)) => branch = BranchName::parse(name).ok(),
                Some(("branch.upstream", name)) => state.upstream = Some(name.to_owned()),
                Some(("branch.ab", counts)) => {
                    let ahead = counts.split(' ').next().and_then(|ahead| ahead.strip_prefix('+'));
                    state.ahead = ahead.and_then(|ahead| ahead.parse().ok());
                }
                _ => {}
            }
            continue;
        }
        // `1 XY sub mH mI mW hH hI path`, `u XY sub m1 m2 m3 mW h1 h2 h3 path`, `? path`, `! path`.
        let fields = match record.as_bytes().first() {
            Some(b'1') => 9,
            Some(b'u') => 11,
            _ => 2,
        };
        let path = record.splitn(fields, ' ').last().unwrap_or(record);
        state.differing.push(path.to_owned());
    }
    // `(detached)` is a name that a branch can have.
    let is_detached = printed.split('\0').any(|record| record == "# branch.head (detached)");
    state.head = sha.map(|sha| Head {
        sha,
        branch: branch.filter(|_| !is_detached),
    });
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_git_are_read() {
        let printed = "# branch.oid 0123\0# branch.head feature/x\0# branch.upstream origin/feature/x\0# branch.ab +2 -1\0\
            1 .M N... 100644 100644 100644 a b deploy/a b.yaml\0? new.yaml\0! out/x.yaml\0\
            u UU N... 100644 100644 100644 100644 a b c both.yaml\0";
        let state = read_status(printed);
        let head = state.head.unwrap();
        assert_eq!(
            (head.sha.as_str(), head.branch.unwrap().as_str()),
            ("0123", "feature/x")
        );
        assert_eq!(
            (state.upstream.as_deref(), state.ahead),
            (Some("origin/feature/x"), Some(2))
        );
        assert_eq!(
            state.differing,
            ["deploy/a b.yaml", "new.yaml", "out/x.yaml", "both.yaml"]
        );
        let detached = read_status("# branch.oid 0123\0# branch.head (detached)\0");
        assert_eq!(detached.head.unwrap().branch, None);
        assert_eq!(read_status("# branch.oid (initial)\0# branch.head main\0").head, None);
    }
}
