//! The commit that changes are counted from: the newest one that a base and HEAD have in common.
//!
//! In: the name of a branch of the remote, or any name of a commit. Out: the commit. What a shallow clone lacks is fetched, in few steps
//! that are each bounded: CI systems clone one commit.

use super::names::{BranchName, RemoteName};
use super::program::{GitError, failed};
use super::work_tree::WorkTree;

/// How many more commits each step fetches; all of them after the last.
const DEEPEN: [u32; 3] = [50, 200, 1000];

/// Most commits that are named to the remote, whose parents are wanted.
const BOUNDARIES: usize = 64;

/// What changes are counted from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaseName {
    /// A branch of the remote.
    Branch(BranchName),
    /// Anything that git knows as a commit.
    Commit(String),
}

/// A base that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseCommit {
    /// What the base is called.
    pub name: String,
    /// The commit of the base.
    pub tip: String,
    /// The newest commit that it and HEAD have in common.
    pub common: String,
}

/// Why there is no such commit.
#[derive(Debug, thiserror::Error)]
pub enum BaseError {
    /// The name means nothing here.
    #[error("there is no commit or branch `{name}`: {words}")]
    Unknown {
        /// The name.
        name: String,
        /// What git says.
        words: String,
    },
    /// The histories have no commit in common.
    #[error("HEAD and {name} have no commit in common")]
    Unrelated {
        /// The name.
        name: String,
    },
    /// The clone is shallow and cannot be made deeper.
    #[error("the clone is shallow, and the commit that HEAD and {name} have in common cannot be fetched: {words}")]
    Shallow {
        /// The name.
        name: String,
        /// What git says.
        words: String,
    },
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl BaseName {
    /// As messages call it.
    pub fn shown(&self, remote: &RemoteName) -> String {
        match self {
            Self::Branch(branch) => format!("{remote}/{branch}"),
            Self::Commit(name) => name.clone(),
        }
    }
}

impl WorkTree {
    /// Finds the commit that changes since a base are counted from.
    ///
    /// # Errors
    /// When there is no such base, or it and HEAD have no commit in common that is here or can be fetched.
    pub fn base_commit(&self, base: &BaseName, remote: &RemoteName) -> Result<BaseCommit, BaseError> {
        let name = base.shown(remote);
        let tip = self.tip_of(base, remote)?;
        let head = self.head_sha()?;
        let found = |common: String| BaseCommit {
            name: name.clone(),
            tip: tip.clone(),
            common,
        };
        if let Some(common) = self.merge_base(&tip, &head)? {
            return Ok(found(common));
        }
        if !self.is_shallow()? {
            return Err(BaseError::Unrelated { name });
        }
        // CI systems check out the merge of the base and a branch: its own text names the base.
        if self.parents_of(&head)?.contains(&tip) {
            return Ok(found(tip.clone()));
        }
        let steps = DEEPEN.iter().map(|count| format!("--deepen={count}"));
        for step in steps.chain(["--unshallow".to_owned()]) {
            if let Err(error) = self.deepen(&step, base, remote, &[&tip, &head]) {
                let words = error.to_string();
                return Err(BaseError::Shallow { name, words });
            }
            if let Some(common) = self.merge_base(&tip, &head)? {
                return Ok(found(common));
            }
            if !self.is_shallow()? {
                break;
            }
        }
        Err(BaseError::Unrelated { name })
    }

    /// The branch that changes are probably for: the one that HEAD's branch follows if that has another name, else the remote's own.
    pub fn usual_base(&self, remote: &RemoteName) -> Option<BaseName> {
        let name_of = |arguments: &[&str]| -> Option<String> {
            let printed = self.git.run(arguments).ok()?;
            let prefix = format!("{remote}/");
            printed.trim_end().strip_prefix(&prefix).map(str::to_owned)
        };
        let upstream = name_of(&["rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}"]);
        let own = self.git.run(&["rev-parse", "--abbrev-ref", "HEAD"]).ok();
        let own = own.as_deref().map(str::trim_end);
        let upstream = upstream.filter(|upstream| own != Some(upstream.as_str()));
        let default = || name_of(&["rev-parse", "--abbrev-ref", &format!("{remote}/HEAD")]);
        let branch = upstream.or_else(default)?;
        BranchName::parse(&branch).ok().map(BaseName::Branch)
    }

    /// The branch that a repository is about: the remote's own; where that is not known `main` or `master`, if there is one of them, else the
    /// one that is checked out.
    pub fn default_branch(&self, remote: &RemoteName) -> Option<BranchName> {
        let prefix = format!("{remote}/");
        let own = self.git.run(&["rev-parse", "--abbrev-ref", &format!("{prefix}HEAD")]);
        let own = own
            .ok()
            .and_then(|own| own.trim_end().strip_prefix(&prefix).map(str::to_owned));
        let is_there = |name: &&str| {
            let references = [format!("refs/remotes/{prefix}{name}"), format!("refs/heads/{name}")];
            references.iter().any(|reference| self.commit_named(reference).is_ok())
        };
        let usual = || ["main", "master"].into_iter().find(is_there).map(str::to_owned);
        let current = || {
            let current = self.git.run(&["symbolic-ref", "--short", "HEAD"]).ok()?;
            Some(current.trim_end().to_owned())
        };
        let branch = own.or_else(usual).or_else(current)?;
        BranchName::parse(&branch).ok()
    }

    /// The commit of a base, fetched where it is not here.
    fn tip_of(&self, base: &BaseName, remote: &RemoteName) -> Result<String, BaseError> {
        let unknown = |error: &GitError| BaseError::Unknown {
            name: base.shown(remote),
            words: error.to_string(),
        };
        let (branch, wanted) = match base {
            BaseName::Branch(branch) => (Some(branch.clone()), format!("refs/remotes/{remote}/{branch}")),
            BaseName::Commit(name) => {
                let branch = name.strip_prefix(&format!("{remote}/"));
                (branch.and_then(|branch| BranchName::parse(branch).ok()), name.clone())
            }
        };
        let missing = match self.commit_named(&wanted) {
            Ok(commit) => return Ok(commit),
            Err(error) => error,
        };
        let depth: &[&str] = if self.is_shallow()? { &["--depth=1"] } else { &[] };
        let specification = match &branch {
            Some(branch) => tracking(branch, remote),
            None if is_digest(&wanted) => wanted.clone(),
            None => return Err(unknown(&missing)),
        };
        let fetched = self.fetch_refs(depth, remote, &[&specification]);
        match fetched.and_then(|()| self.commit_named(&wanted)) {
            Ok(commit) => Ok(commit),
            // A repository without a remote has the branch itself.
            Err(error) => match &branch {
                Some(branch) => self.commit_named(&branch.reference()).map_err(|_| unknown(&error)),
                None => Err(unknown(&error)),
            },
        }
    }

    /// Fetches more of the histories of commits: first by the commits whose parents are missing, which not every server allows, else by
    /// the branches.
    fn deepen(&self, step: &str, base: &BaseName, remote: &RemoteName, commits: &[&str]) -> Result<(), GitError> {
        let mut arguments = vec!["rev-list", "--max-parents=0"];
        arguments.extend(commits);
        arguments.push("--");
        let boundaries = self.git.run(&arguments)?;
        let boundaries: Vec<&str> = boundaries.lines().take(BOUNDARIES).collect();
        if self.fetch_refs(&[step], remote, &boundaries).is_ok() {
            return Ok(());
        }
        let branch = match base {
            BaseName::Branch(branch) => vec![tracking(branch, remote)],
            BaseName::Commit(_) => Vec::new(),
        };
        let branch: Vec<&str> = branch.iter().map(String::as_str).collect();
        self.fetch_refs(&[step], remote, &branch)
    }

    fn fetch_refs(&self, flags: &[&str], remote: &RemoteName, specifications: &[&str]) -> Result<(), GitError> {
        let mut arguments = vec!["fetch", "--quiet", "--no-tags", "--no-recurse-submodules"];
        arguments.extend(flags);
        arguments.extend(["--", remote.as_str()]);
        arguments.extend(specifications);
        let output = self.git.output(&arguments, &[], &[])?;
        if output.status.success() {
            Ok(())
        } else {
            Err(failed(&arguments, &output))
        }
    }

    /// The parents that a commit names, also those that a shallow clone lacks.
    fn parents_of(&self, commit: &str) -> Result<Vec<String>, GitError> {
        let printed = self.git.run(&["cat-file", "commit", commit])?;
        let headers = printed.lines().take_while(|line| !line.is_empty());
        Ok(headers
            .filter_map(|line| line.strip_prefix("parent ").map(str::to_owned))
            .collect())
    }
}

/// What fetches a branch to where the remote's branches are kept.
fn tracking(branch: &BranchName, remote: &RemoteName) -> String {
    format!("+{}:refs/remotes/{remote}/{branch}", branch.reference())
}

/// Whether a text is the whole name of an object.
fn is_digest(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
