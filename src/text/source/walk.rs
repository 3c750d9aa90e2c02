//! Walking a directory: entries by name, each directory before its contents.
//!
//! In: a root and limits. Out: every entry, to a function that says which directories are entered; so what counts as
//! hidden or ignored is up to the caller. Every walk ends: depth and number of entries are limited, and a link that
//! leads back to a directory that contains it is an error. Directories that are linked several times count each time.
//! This is the one place that lists directories; `clippy.toml` forbids it elsewhere.

use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};

use crate::text::compact_sort::sort_by;

/// Most links to directories that one walk follows. Each costs several system calls, and directories that are linked twice each
/// are as many as one likes.
const MAX_LINKED_DIRECTORIES: usize = 10_000;

/// The limits of a walk.
#[derive(Debug, Clone, Copy)]
pub struct WalkLimits {
    /// Most levels of directories below the root.
    pub depth: usize,
    /// Most entries seen; one behind links counts once more for each of them.
    pub entries: usize,
    /// How symbolic links are treated.
    pub links: Links,
}

/// How symbolic links are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// A link counts as its target.
    Followed,
    /// The same, except that a link out of the root is an error.
    Inside,
    /// Links are skipped.
    PassedOver,
}

/// An entry of a directory.
#[derive(Debug)]
pub struct WalkEntry {
    /// Where it is: the root, then the name.
    pub path: PathBuf,
    /// Its name relative to the root, with `/`.
    pub name: String,
    /// Its type; never a link if links are followed.
    pub file_type: FileType,
    /// How many directories below the root contain it.
    pub depth: usize,
    /// Whether it is a link that is followed.
    pub is_link: bool,
}

/// Whether a directory is entered; for other entries the answer does not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// Its entries come next.
    Enter,
    /// It is left out.
    PassOver,
}

/// Why a part of a walk does not happen.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// A directory or an entry cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The directory or entry.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A link leads nowhere.
    #[error("{}: the symbolic link leads nowhere: {source}", path.display())]
    Link {
        /// The link.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A link leads out of the root, where such links are not followed.
    #[error("{}: the symbolic link leads out of the directory, to {}", path.display(), target.display())]
    Outside {
        /// The link.
        path: PathBuf,
        /// Its name relative to the root, with `/`.
        name: String,
        /// Where it leads, as it is written.
        target: PathBuf,
        /// Whether that is a directory.
        is_directory: bool,
    },
    /// A link leads to a directory that contains it.
    #[error("{}: the symbolic link leads back to a directory that contains it", .0.display())]
    Loop(PathBuf),
    /// Directories are nested too deeply.
    #[error("{}: directories are nested too deeply", .0.display())]
    TooDeep(PathBuf),
    /// The root has too many entries, or too many links to directories.
    #[error("{}: too many files, or links to directories", .0.display())]
    TooMany(PathBuf),
}

/// Walks everything below `root`. The function gets each entry, or the reason why one cannot be read; it may then go on
/// or fail.
///
/// # Errors
/// Those of `visit`; the walk ends with the first.
pub fn walk<E>(
    root: &Path,
    limits: WalkLimits,
    visit: &mut dyn FnMut(Result<WalkEntry, WalkError>) -> Result<Visit, E>,
) -> Result<(), E> {
    let mut walk = Walk {
        root,
        real_root: None,
        limits,
        seen: 0,
        linked: 0,
        link_sites: Vec::new(),
    };
    let mut failed = None;
    // The walk itself knows nothing about the error, so that its code is there once.
    let walked = walk.directory(root, "", 0, &mut |entry| {
        visit(entry).map_err(|error| failed = Some(error))
    });
    debug_assert_eq!(walked.is_err(), failed.is_some());
    failed.map_or(Ok(()), Err)
}

type Visitor<'v> = &'v mut dyn FnMut(Result<WalkEntry, WalkError>) -> Result<Visit, ()>;

struct Walk<'r> {
    root: &'r Path,
    /// The root after following links, once a link was checked.
    real_root: Option<PathBuf>,
    limits: WalkLimits,
    seen: usize,
    /// Links to directories that were followed.
    linked: usize,
    /// Real paths of the directories that contain the links on the way to the current one.
    link_sites: Vec<PathBuf>,
}

impl Walk<'_> {
    fn directory(&mut self, directory: &Path, prefix: &str, depth: usize, visit: Visitor<'_>) -> Result<(), ()> {
        let listed = match list(directory) {
            Ok(listed) => listed,
            Err(source) => {
                let path = directory.to_owned();
                return visit(Err(WalkError::Read { path, source })).map(drop);
            }
        };
        for (name, file_type) in listed {
            let was_full = self.seen > self.limits.entries;
            // The system resolves all links on the way to an entry again, so each of them counts.
            self.seen += 1 + self.link_sites.len();
            if self.seen > self.limits.entries {
                // Reported once; the directories above end here as well.
                return if was_full {
                    Ok(())
                } else {
                    visit(Err(WalkError::TooMany(self.root.to_owned()))).map(drop)
                };
            }
            let path = directory.join(&name);
            let name = format!("{prefix}{}", name.to_string_lossy());
            self.entry(path, name, file_type, depth, visit)?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        path: PathBuf,
        name: String,
        listed: FileType,
        depth: usize,
        visit: Visitor<'_>,
    ) -> Result<(), ()> {
        let is_link = listed.is_symlink();
        let file_type = match self.limits.links {
            Links::PassedOver if is_link => return Ok(()),
            Links::Followed | Links::Inside if is_link => match fs::metadata(&path) {
                Ok(information) => information.file_type(),
                Err(source) => return visit(Err(WalkError::Link { path, source })).map(drop),
            },
            _ => listed,
        };
        if is_link && self.limits.links == Links::Inside {
            match self.leaves(&path) {
                Ok(false) => {}
                Ok(true) => {
                    let target = fs::read_link(&path).unwrap_or_default();
                    let is_directory = file_type.is_dir();
                    return visit(Err(WalkError::Outside {
                        path,
                        name,
                        target,
                        is_directory,
                    }))
                    .map(drop);
                }
                Err(source) => return visit(Err(WalkError::Link { path, source })).map(drop),
            }
        }
        if !file_type.is_dir() {
            return visit(Ok(WalkEntry {
                path,
                name,
                file_type,
                depth,
                is_link,
            }))
            .map(drop);
        }
        let directory = path.clone();
        let prefix = format!("{name}/");
        if visit(Ok(WalkEntry {
            path,
            name,
            file_type,
            depth,
            is_link,
        }))? == Visit::PassOver
        {
            return Ok(());
        }
        if depth >= self.limits.depth {
            return visit(Err(WalkError::TooDeep(directory))).map(drop);
        }
        if !is_link {
            return self.directory(&directory, &prefix, depth + 1, visit);
        }
        self.linked += 1;
        if self.linked > MAX_LINKED_DIRECTORIES {
            // The directories above end with the next entry, without saying so again.
            self.seen = self.limits.entries.saturating_add(1);
            return visit(Err(WalkError::TooMany(self.root.to_owned()))).map(drop);
        }
        match self.link_site(&directory) {
            Ok(site) => self.link_sites.push(site),
            Err(error) => return visit(Err(error)).map(drop),
        }
        let walked = self.directory(&directory, &prefix, depth + 1, visit);
        self.link_sites.pop();
        walked
    }

    /// Whether a link leads out of the root.
    fn leaves(&mut self, link: &Path) -> io::Result<bool> {
        let target = fs::canonicalize(link)?;
        let root = match self.real_root.take() {
            Some(root) => root,
            None => fs::canonicalize(self.root)?,
        };
        let leaves = !target.starts_with(&root);
        self.real_root = Some(root);
        Ok(leaves)
    }

    /// The real path of the directory that contains a link, unless the link leads to a directory on the way to it.
    fn link_site(&self, link: &Path) -> Result<PathBuf, WalkError> {
        let real = |path: &Path| {
            fs::canonicalize(path).map_err(|source| WalkError::Link {
                path: link.to_owned(),
                source,
            })
        };
        let target = real(link)?;
        let site = real(link.parent().unwrap_or(self.root))?;
        if site.starts_with(&target) || self.link_sites.iter().any(|site| site.starts_with(&target)) {
            return Err(WalkError::Loop(link.to_owned()));
        }
        Ok(site)
    }
}

/// Names and types of a directory's entries, sorted by name.
#[expect(clippy::disallowed_methods, reason = "this is the one place that lists directories")]
fn list(directory: &Path) -> io::Result<Vec<(std::ffi::OsString, FileType)>> {
    let mut listed = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        listed.push((entry.file_name(), entry.file_type()?));
    }
    sort_by(&mut listed, |(a, _), (b, _)| a.cmp(b));
    Ok(listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: WalkLimits = WalkLimits {
        depth: 3,
        entries: 100,
        links: Links::Followed,
    };

    /// Names in the order of the walk, errors by their kind; directories named `skip` are not entered.
    fn names(root: &Path, limits: WalkLimits) -> Vec<String> {
        let mut names = Vec::new();
        let shown = |path: PathBuf| path.strip_prefix(root).unwrap_or(&path).display().to_string();
        let walked: Result<(), ()> = walk(root, limits, &mut |entry| {
            names.push(match entry {
                Ok(entry) if entry.name == "skip" => {
                    names.push("skip/".to_owned());
                    return Ok(Visit::PassOver);
                }
                Ok(entry) if entry.file_type.is_dir() => format!("{}/{}", entry.name, entry.depth),
                Ok(entry) => entry.name,
                Err(WalkError::Read { path, .. }) => format!("unreadable {}", shown(path)),
                Err(WalkError::Link { path, .. }) => format!("broken {}", shown(path)),
                Err(WalkError::Outside { name, target, .. }) => format!("outside {name} {}", target.display()),
                Err(WalkError::Loop(path)) => format!("loop {}", shown(path)),
                Err(WalkError::TooDeep(path)) => format!("deep {}", shown(path)),
                Err(WalkError::TooMany(_)) => "many".to_owned(),
            });
            Ok(Visit::Enter)
        });
        assert_eq!(walked, Ok(()));
        names
    }

    fn tree(directories: &[&str], files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for directory in directories {
            fs::create_dir_all(root.path().join(directory)).unwrap();
        }
        for file in files {
            fs::write(root.path().join(file), "").unwrap();
        }
        root
    }

    #[test]
    fn entries_come_by_name_and_directories_before_their_contents() {
        let root = tree(&["b/c", "skip/x", "a-"], &["b/z", "b/c/y", "a", "b.txt", "skip/f"]);
        let walked = names(root.path(), LIMITS);
        assert_eq!(walked, ["a", "a-/0", "b/0", "b/c/1", "b/c/y", "b/z", "b.txt", "skip/"]);
        assert_eq!(names(&root.path().join("none"), LIMITS), ["unreadable "]);
    }

    #[test]
    fn limits_end_a_walk() {
        let root = tree(&["a/b/c/d/e"], &["f", "g"]);
        let limits = WalkLimits { depth: 2, ..LIMITS };
        assert_eq!(
            names(root.path(), limits),
            ["a/0", "a/b/1", "a/b/c/2", "deep a/b/c", "f", "g"]
        );
        let limits = WalkLimits { entries: 6, ..LIMITS };
        assert_eq!(names(root.path(), limits).last().map(String::as_str), Some("g"));
        let limits = WalkLimits { entries: 2, ..LIMITS };
        assert_eq!(names(root.path(), limits), ["a/0", "a/b/1", "many"]);
        // Whether one entry is too many or a hundred, it is reported once.
        let flat = tree(&[], &["a", "b", "c"]);
        assert_eq!(names(flat.path(), limits), ["a", "b", "many"]);
        let limits = WalkLimits { entries: 1, ..LIMITS };
        assert_eq!(names(flat.path(), limits), ["a", "many"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_once_or_not_at_all() {
        use std::os::unix::fs::symlink;

        let root = tree(&["a/b", "other"], &["other/x"]);
        let at = |name: &str| root.path().join(name);
        symlink("../..", at("a/b/up")).unwrap();
        symlink(at("other"), at("a/link")).unwrap();
        symlink("nowhere", at("broken")).unwrap();
        symlink("other/x", at("file")).unwrap();
        // Two links that lead to each other's directories.
        symlink("../a", at("other/back")).unwrap();
        assert_eq!(
            names(root.path(), WalkLimits { depth: 9, ..LIMITS }),
            [
                "a/0",
                "a/b/1",
                "a/b/up/2",
                "loop a/b/up",
                "a/link/1",
                "a/link/back/2",
                "loop a/link/back",
                "a/link/x",
                "broken broken",
                "file",
                "other/0",
                "other/back/1",
                "other/back/b/2",
                "other/back/b/up/3",
                "loop other/back/b/up",
                "other/back/link/2",
                "loop other/back/link",
                "other/x"
            ]
        );
        let limits = WalkLimits {
            links: Links::PassedOver,
            ..LIMITS
        };
        assert_eq!(names(root.path(), limits), ["a/0", "a/b/1", "other/0", "other/x"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_root_are_errors_where_they_are_not_wanted() {
        use std::os::unix::fs::symlink;

        let all = tree(&["root/a", "other"], &["root/a/x", "other/y", "rootx"]);
        let root = all.path().join("root");
        for (name, target) in [
            ("directory", "../other"),
            ("file", "../other/y"),
            ("prefix", "../rootx"),
            ("inside", "a"),
            ("round", "../root/a/x"),
            // Leaves by way of another link.
            ("a/chain", "../directory/y"),
        ] {
            symlink(target, root.join(name)).unwrap();
        }
        let limits = WalkLimits {
            links: Links::Inside,
            ..LIMITS
        };
        let want = [
            "a/0",
            "outside a/chain ../directory/y",
            "a/x",
            "outside directory ../other",
            "outside file ../other/y",
            "inside/0",
            "outside inside/chain ../directory/y",
            "inside/x",
            "outside prefix ../rootx",
            "round",
        ];
        assert_eq!(names(&root, limits), want);
        // The root may itself be a link: the user named it.
        symlink("root", all.path().join("link")).unwrap();
        assert_eq!(names(&all.path().join("link"), limits), want);
    }

    #[cfg(unix)]
    #[test]
    fn directories_that_are_linked_twice_each_end_at_the_limit() {
        use std::os::unix::fs::symlink;

        let all = tree(&[], &[]);
        for level in 0..31 {
            let directory = all.path().join(format!("d{level}"));
            fs::create_dir(&directory).unwrap();
            for link in ["a", "b"] {
                symlink(format!("../d{}", level + 1), directory.join(link)).unwrap();
            }
        }
        fs::create_dir(all.path().join("d31")).unwrap();
        let limits = WalkLimits {
            depth: 64,
            entries: 2_000,
            links: Links::Followed,
        };
        let names = names(&all.path().join("d0"), limits);
        // An entry counts for each link on the way to it.
        assert_eq!(names.last().map(String::as_str), Some("many"));
        assert!((60..200).contains(&names.len()), "{}", names.len());
        let limits = WalkLimits {
            entries: 1_000_000,
            ..limits
        };
        let names = self::names(&all.path().join("d0"), limits);
        assert_eq!(
            (names.len(), names.last().map(String::as_str)),
            (MAX_LINKED_DIRECTORIES + 2, Some("many"))
        );
    }
}
