//! The files of a directory as a commit has them, from the object database.
//!
//! In: a commit and a directory from the top. Out: names and contents, links within the directory followed. One call of git lists the
//! directory, a second one reads all contents.

use std::collections::HashMap;

use crate::text::limits::CHART_FILES;

use super::program::{GitError, failed};
use super::work_tree::WorkTree;

/// Most bytes of all files together.
const TREE_BYTES: u64 = 100 << 20;

/// Links that lead to links.
const LINKS: usize = 8;

/// A file, its name from the directory.
pub type TreeFile = (String, Vec<u8>);

impl WorkTree {
    /// The files below a directory in a commit, `""` for the top; none where the commit does not have the directory.
    ///
    /// # Errors
    /// When git fails, or the files are too many or too large.
    pub fn files_below(&self, commit: &str, directory: &str) -> Result<Option<Vec<TreeFile>>, GitError> {
        let tree = format!("{commit}:{directory}");
        let arguments = ["ls-tree", "-r", "-z", "-l", "--full-tree", &tree];
        let listed = self.git.output(&arguments, &[], &[])?;
        if !listed.status.success() {
            // The commit is there: what fails is the path.
            let is_commit = self.git.run(&["cat-file", "-e", commit]).is_ok();
            return if is_commit {
                Ok(None)
            } else {
                Err(failed(&arguments, &listed))
            };
        }
        let entries = read_entries(&listed.stdout)?;
        let mut input = Vec::new();
        for entry in &entries {
            input.extend_from_slice(entry.object.as_bytes());
            input.push(b'\n');
        }
        let arguments = ["cat-file", "--batch"];
        let contents = self.git.output(&arguments, &input, &[])?;
        if !contents.status.success() {
            return Err(failed(&arguments, &contents));
        }
        let mut rest = contents.stdout.as_slice();
        let mut links = HashMap::new();
        let mut files: Vec<TreeFile> = Vec::new();
        for entry in entries {
            let content = next_content(&mut rest).ok_or_else(|| odd("cat-file", "a content is missing"))?;
            if entry.is_link {
                links.insert(entry.name, String::from_utf8_lossy(content).into_owned());
            } else {
                files.push((entry.name, content.to_vec()));
            }
        }
        let linked: Vec<TreeFile> = links.keys().filter_map(|name| linked(name, &links, &files)).collect();
        files.extend(linked);
        files.sort();
        Ok(Some(files))
    }
}

/// A line of a listing.
struct Entry {
    name: String,
    object: String,
    is_link: bool,
}

/// `MODE blob OBJECT SIZE\tNAME`, each with a zero behind it.
fn read_entries(printed: &[u8]) -> Result<Vec<Entry>, GitError> {
    let mut entries = Vec::new();
    let mut bytes = 0_u64;
    for line in printed.split(|&byte| byte == 0).filter(|line| !line.is_empty()) {
        let line = String::from_utf8_lossy(line);
        let (fields, name) = line
            .split_once('\t')
            .ok_or_else(|| odd("ls-tree", "a line lacks a name"))?;
        let mut fields = fields.split_ascii_whitespace();
        let (Some(mode), Some("blob"), Some(object), Some(size)) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            // A submodule.
            continue;
        };
        bytes = bytes.saturating_add(size.parse().unwrap_or(0));
        entries.push(Entry {
            name: name.to_owned(),
            object: object.to_owned(),
            is_link: mode == "120000",
        });
    }
    if bytes > TREE_BYTES || entries.len() > CHART_FILES {
        return Err(odd("ls-tree", "the files of the directory are too many or too large"));
    }
    Ok(entries)
}

/// `OBJECT blob SIZE\nCONTENT\n` from the front of what is printed.
fn next_content<'p>(rest: &mut &'p [u8]) -> Option<&'p [u8]> {
    let end = rest.iter().position(|&byte| byte == b'\n')?;
    let header = std::str::from_utf8(rest.get(..end)?).ok()?;
    let size: usize = header.rsplit(' ').next()?.parse().ok()?;
    let content = rest.get(end + 1..)?.get(..size)?;
    *rest = rest.get(end + 1 + size + 1..)?;
    Some(content)
}

/// The file that a link leads to, under the name of the link.
fn linked(name: &str, links: &HashMap<String, String>, files: &[TreeFile]) -> Option<TreeFile> {
    let mut at = name.to_owned();
    for _ in 0..LINKS {
        let target = links.get(&at)?;
        let mut parts: Vec<&str> = at.split('/').collect();
        parts.pop();
        for part in target.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                part => parts.push(part),
            }
        }
        at = parts.join("/");
        if let Some((_, content)) = files.iter().find(|(known, _)| *known == at) {
            return Some((name.to_owned(), content.clone()));
        }
    }
    None
}

const fn odd(command: &'static str, what: &'static str) -> GitError {
    GitError::Odd { command, what }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_cut_by_their_sizes() {
        let mut printed: &[u8] = b"aa blob 3\na\nb\nbb blob 0\n\ncc blob 2\n";
        let mut found = Vec::new();
        while let Some(content) = next_content(&mut printed) {
            found.push(content);
        }
        assert_eq!(found, [&b"a\nb"[..], b""]);
    }

    #[test]
    fn links_are_followed_inside_of_the_directory() {
        let text = |text: &str| text.to_owned();
        let links = [
            ("a/link", "../b.yaml"),
            ("twice", "a/link"),
            ("out", "../b.yaml"),
            ("circle", "circle"),
            ("gone", "c.yaml"),
        ];
        let links: HashMap<String, String> = links.iter().map(|(name, to)| (text(name), text(to))).collect();
        let files = [(text("b.yaml"), b"b".to_vec())];
        for (name, is_found) in [
            ("a/link", true),
            ("twice", true),
            ("out", false),
            ("circle", false),
            ("gone", false),
        ] {
            assert_eq!(linked(name, &links, &files).is_some(), is_found, "{name}");
        }
    }

    #[test]
    fn listings_have_bounds_and_no_submodules() {
        let printed = b"100644 blob aa 3\tx y\x00160000 commit bb -\tsub\x00120000 blob cc 4\tlink\x00";
        let entries = read_entries(printed).unwrap();
        let names: Vec<(&str, bool)> = entries
            .iter()
            .map(|entry| (entry.name.as_str(), entry.is_link))
            .collect();
        assert_eq!(names, [("x y", false), ("link", true)]);
        assert!(read_entries(format!("100644 blob aa {}\tx\0", TREE_BYTES + 1).as_bytes()).is_err());
    }
}
