//! The files of a commit, read from git's objects: nothing is checked out, and no file of the work tree is looked at. Also which commit a
//! branch began at, and which files differ from a commit.
//!
//! Contents are those of the commit: filters of `.gitattributes`, which git runs when it writes files (line ends, LFS), are not run.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::program::{Git, GitError, failed, literal};
use super::tree_entries::{Entries, followed, read_contents, read_entries};
use super::work_tree::WorkTree;
use crate::engine::chart::FileTree;
use crate::text::ordered::CollectOrdered as _;
use crate::text::source::place_of;

/// Bytes of the list of a directory's files: half a million of them.
const LIST_BYTES: u64 = 64 << 20;

/// Bytes of the targets of links.
const LINK_BYTES: u64 = 1 << 20;

/// Bytes of what git prints about an object besides its content.
const HEAD_BYTES: u64 = 128;

/// What git's exit code is where two commits have no common one.
const NOTHING_IN_COMMON: i32 = 1;

/// The files of a commit.
#[derive(Debug)]
pub struct GitTree {
    git: Git,
    top: PathBuf,
    commit: String,
    /// Directories that were listed, by their paths from the top.
    listed: Mutex<HashMap<String, Arc<Entries>>>,
}

impl WorkTree {
    /// The work tree around a path that need not exist.
    ///
    /// # Errors
    /// When there is none, or git cannot be run.
    pub fn around(path: &Path) -> Result<Self, GitError> {
        let absolute = std::path::absolute(path).map_err(GitError::NotRun)?;
        let existing = absolute.ancestors().find(|one| one.is_dir());
        Self::of(existing.unwrap_or(&absolute))
    }

    /// The files of a commit.
    pub fn tree(&self, commit: String) -> GitTree {
        GitTree {
            git: self.git.clone(),
            top: self.top.clone(),
            commit,
            listed: Mutex::default(),
        }
    }

    /// The commit that two commits have in common, the last of them; `None` where they have none, or the clone is too shallow to know.
    ///
    /// # Errors
    /// When git fails.
    pub fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, GitError> {
        let arguments = ["merge-base", "--end-of-options", one, other];
        let output = self.git.output(&arguments, &[], &[])?;
        if output.status.code() == Some(NOTHING_IN_COMMON) {
            return Ok(None);
        }
        if !output.status.success() {
            return Err(failed(&arguments, &output));
        }
        let printed = String::from_utf8_lossy(&output.stdout);
        Ok(printed.lines().next().map(str::to_owned))
    }

    /// Whether the clone lacks the commits before some.
    ///
    /// # Errors
    /// When git fails.
    pub fn is_shallow(&self) -> Result<bool, GitError> {
        let printed = self.git.run(&["rev-parse", "--is-shallow-repository"])?;
        Ok(printed.trim_end() == "true")
    }

    /// The files that differ between a commit and another one, or the work tree with what git does not track in it, by their absolute
    /// paths. Files that git ignores are not among them.
    ///
    /// # Errors
    /// When git fails.
    pub fn differing_files(&self, from: &str, to: Option<&str>) -> Result<Vec<PathBuf>, GitError> {
        let git = Git::in_directory(&self.top);
        let flags =
            "diff --name-only -z --no-renames --no-relative --no-ext-diff --no-textconv --ignore-submodules=dirty";
        let mut arguments: Vec<OsString> = flags.split(' ').map(OsString::from).collect();
        arguments.push(OsString::from(from));
        arguments.extend(to.map(OsString::from));
        arguments.push(OsString::from("--"));
        let mut printed = git.run_within(&arguments, &[], LIST_BYTES)?;
        if to.is_none() {
            let untracked = ["ls-files", "--others", "--exclude-standard", "-z"];
            printed.extend(git.run_within(&untracked, &[], LIST_BYTES)?);
        }
        let names = printed.split(|&byte| byte == 0).filter(|name| !name.is_empty());
        Ok(names
            .map(|name| self.top.join(String::from_utf8_lossy(name).as_ref()))
            .collect())
    }
}

impl GitTree {
    /// The names of the files below a directory, without those that a link to another directory leads to.
    ///
    /// # Errors
    /// `NotFound` where there is no such directory.
    pub fn own_names(&self, directory: &Path) -> io::Result<Vec<String>> {
        let entries = self.entries(directory)?;
        let own = entries.iter().filter(|(_, entry)| !entry.is_behind_link);
        Ok(own.map(|(name, _)| name.clone()).collect())
    }

    /// The commit.
    pub fn commit(&self) -> &str {
        &self.commit
    }

    /// A file, without listing the directory that it is in; none where the commit does not have it.
    ///
    /// # Errors
    /// When it is a link or larger than `limit`, or git fails.
    pub fn file(&self, path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let name = path.file_name().unwrap_or_default();
        let directory = self.place(path.parent().unwrap_or(Path::new("")))?;
        let place = Path::new(&directory).join(name);
        let arguments = ["ls-tree", "-l", "-z", "--full-tree", &self.commit, "--"].map(OsString::from);
        let arguments: Vec<OsString> = arguments.into_iter().chain([literal(&place)]).collect();
        let printed = self.git.run_within(&arguments, &[], LINK_BYTES).map_err(other)?;
        let entries = read_entries(&printed).map_err(other)?;
        let Some(entry) = entries.into_values().next() else {
            return Ok(None);
        };
        if entry.is_link {
            let message = "it is a symbolic link, which is not followed in a commit";
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        if entry.size > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(self.contents(&[&entry.object], entry.size)?.into_iter().next())
    }

    /// The path of a directory from the top of the work tree, whether or not it is on the disk.
    fn place(&self, directory: &Path) -> io::Result<String> {
        let place = place_of(directory)?;
        let outside = || io::Error::new(io::ErrorKind::NotFound, "it is outside of the repository");
        let below = place.strip_prefix(&self.top).map_err(|_| outside())?;
        let steps: Vec<_> = below.iter().map(|step| step.to_string_lossy()).collect();
        Ok(steps.join("/"))
    }

    fn entries(&self, directory: &Path) -> io::Result<Arc<Entries>> {
        let place = self.place(directory)?;
        if let Some(known) = self.known(&place) {
            return Ok(known);
        }
        // Nothing is printed for a directory that is not there. Asked for its object, git would fail as it does for one that it lacks.
        let below = if place.is_empty() {
            String::new()
        } else {
            format!("{place}/")
        };
        let arguments = ["ls-tree", "-r", "-l", "-z", "--full-tree", &self.commit, "--"].map(OsString::from);
        let path = (!below.is_empty()).then(|| literal(Path::new(&below)));
        let arguments: Vec<OsString> = arguments.into_iter().chain(path).collect();
        let printed = self.git.run_within(&arguments, &[], LIST_BYTES).map_err(other)?;
        let entries = read_entries(&printed).map_err(other)?.into_iter();
        let entries: Entries = entries
            .filter_map(|(name, entry)| Some((name.strip_prefix(&below)?.to_owned(), entry)))
            .collect_map();
        if entries.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                "the commit has no such directory",
            ));
        }
        let targets = self.targets(&entries)?;
        let entries = Arc::new(followed(entries, &targets));
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        listed.insert(place, Arc::clone(&entries));
        Ok(entries)
    }

    /// A directory that was listed, or that is in one.
    fn known(&self, place: &str) -> Option<Arc<Entries>> {
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = listed.get(place) {
            return Some(Arc::clone(known));
        }
        let above = Path::new(place).ancestors().skip(1);
        let (above, entries) = above
            .filter_map(Path::to_str)
            .find_map(|above| Some((above, listed.get(above)?)))?;
        let prefix = format!("{}/", place.strip_prefix(above)?.trim_start_matches('/'));
        let inside: Entries = entries
            .range(prefix.clone()..)
            .take_while(|(name, _)| name.starts_with(&prefix))
            .filter_map(|(name, entry)| Some((name.strip_prefix(&prefix)?.to_owned(), entry.clone())))
            .collect_map();
        // Git has no empty directories. One that is not there is asked for again, which fails.
        if inside.is_empty() {
            return None;
        }
        let inside = Arc::new(inside);
        listed.insert(place.to_owned(), Arc::clone(&inside));
        Some(inside)
    }

    /// Where links lead, by the objects that say so.
    fn targets(&self, entries: &Entries) -> io::Result<BTreeMap<String, String>> {
        let links = entries.values().filter(|entry| entry.is_link);
        let objects: Vec<&str> = links.map(|entry| entry.object.as_str()).collect();
        let contents = self.contents(&objects, LINK_BYTES)?;
        let targets = objects.iter().zip(contents);
        Ok(targets
            .map(|(object, target)| ((*object).to_owned(), String::from_utf8_lossy(&target).into_owned()))
            .collect_map())
    }

    fn contents(&self, objects: &[&str], bytes: u64) -> io::Result<Vec<Vec<u8>>> {
        if objects.is_empty() {
            return Ok(Vec::new());
        }
        let input = objects.join("\n") + "\n";
        let limit = bytes + HEAD_BYTES * objects.len() as u64;
        let printed = self
            .git
            .run_within(&["cat-file", "--batch"], input.as_bytes(), limit)
            .map_err(other)?;
        read_contents(&printed, objects.len()).map_err(other)
    }
}

impl FileTree for GitTree {
    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        let entries = self.entries(directory)?;
        Ok(entries.keys().cloned().collect())
    }

    fn read(&self, directory: &Path, names: &[String], limit: u64) -> io::Result<Vec<Vec<u8>>> {
        let entries = self.entries(directory)?;
        let mut objects = Vec::with_capacity(names.len());
        let mut bytes = 0;
        for name in names {
            let found = entries.get(name).ok_or(io::ErrorKind::NotFound)?;
            if found.is_link {
                let message = format!(
                    "{name}: the symbolic link leads out of {}, or nowhere",
                    directory.display()
                );
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
            bytes += found.size;
            objects.push(found.object.as_str());
        }
        if bytes > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.contents(&objects, bytes)
    }
}

fn other(error: GitError) -> io::Error {
    match error {
        GitError::TooMuch(_) => io::Error::new(io::ErrorKind::FileTooLarge, error),
        error => io::Error::other(error),
    }
}
