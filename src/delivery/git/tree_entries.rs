//! What git prints about the files of a directory, and their contents: `git ls-tree -r -l -z` and `git cat-file --batch`, read. Links are
//! followed inside of the directory.

use std::collections::BTreeMap;

use super::program::GitError;

/// How often links may lead to links.
const LINKS: usize = 16;

/// Files that links may add to a directory.
const LINKED_FILES: usize = 50_000;

/// A file of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The name of its content.
    pub(super) object: String,
    /// Bytes of its content.
    pub(super) size: u64,
    /// Whether its content is the path that it leads to.
    pub(super) is_link: bool,
    /// Whether a link to a directory leads to it.
    pub(super) is_behind_link: bool,
}

/// The files of a directory by their names, relative to it. Submodules are not among them.
pub(super) type Entries = BTreeMap<String, Entry>;

/// Reads `git ls-tree -r -l -z`.
///
/// # Errors
/// When it is not that.
pub(super) fn read_entries(printed: &[u8]) -> Result<Entries, GitError> {
    let odd = GitError::Odd {
        command: "ls-tree",
        what: "a line is not an entry",
    };
    let mut entries = Entries::new();
    for line in printed.split(|&byte| byte == 0).filter(|line| !line.is_empty()) {
        let line = String::from_utf8_lossy(line);
        let Some((about, name)) = line.split_once('\t') else {
            return Err(odd);
        };
        let mut about = about.split_whitespace();
        let (Some(mode), Some(kind), Some(object), Some(size)) =
            (about.next(), about.next(), about.next(), about.next())
        else {
            return Err(odd);
        };
        if kind != "blob" {
            continue;
        }
        let entry = Entry {
            object: object.to_owned(),
            // Git prints this for an object that it lacks, which matters only to who reads it.
            size: if size == "BAD" {
                0
            } else {
                size.parse().map_err(|_| GitError::Odd {
                    command: "ls-tree",
                    what: "a size is not a number",
                })?
            },
            is_behind_link: false,
            is_link: mode == "120000",
        };
        entries.insert(name.to_owned(), entry);
    }
    Ok(entries)
}

/// Reads `git cat-file --batch`: the contents of as many objects as were asked for.
///
/// # Errors
/// When it is not that, or lacks an object.
pub(super) fn read_contents(printed: &[u8], count: usize) -> Result<Vec<Vec<u8>>, GitError> {
    let odd = |what| GitError::Odd {
        command: "cat-file",
        what,
    };
    let mut rest = printed;
    let mut contents = Vec::with_capacity(count);
    for _ in 0..count {
        let end = memchr::memchr(b'\n', rest).ok_or_else(|| odd("it ends early"))?;
        let (head, body) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        let head = String::from_utf8_lossy(head);
        let size = head
            .rsplit_once(" blob ")
            .and_then(|(_, size)| size.parse::<usize>().ok());
        let size = size.ok_or_else(|| odd("an object is missing"))?;
        let content = body.get(1..=size).ok_or_else(|| odd("an object ends early"))?;
        contents.push(content.to_vec());
        rest = body.get(size + 2..).unwrap_or_default();
    }
    Ok(contents)
}

/// The entries with those that links lead to in the place of the links. A link that leads out of the directory, or nowhere, stays.
pub(super) fn followed(entries: Entries, targets: &BTreeMap<String, String>) -> Entries {
    let mut current = entries;
    for _ in 0..LINKS {
        let mut next = Entries::new();
        let mut has_changed = false;
        for (name, entry) in &current {
            let target = targets.get(&entry.object).filter(|_| entry.is_link);
            let Some(target) = target.and_then(|target| target_inside(name, target)) else {
                next.insert(name.clone(), entry.clone());
                continue;
            };
            if let Some(file) = current.get(&target) {
                next.insert(name.clone(), file.clone());
                has_changed = true;
                continue;
            }
            let below = format!("{target}/");
            let inside: Vec<(&String, &Entry)> = current
                .range(below.clone()..)
                .take_while(|(file, _)| file.starts_with(&below))
                // A link to a directory around it would go on forever.
                .filter(|(file, _)| *file != name)
                .collect();
            if inside.is_empty() || name.starts_with(&below) || next.len() + inside.len() > LINKED_FILES {
                next.insert(name.clone(), entry.clone());
                continue;
            }
            has_changed = true;
            for (file, inner) in inside {
                let rest = file.strip_prefix(&below).unwrap_or(file);
                let inner = Entry {
                    is_behind_link: true,
                    ..inner.clone()
                };
                next.insert(format!("{name}/{rest}"), inner);
            }
        }
        current = next;
        if !has_changed {
            break;
        }
    }
    current
}

/// Where a link leads, if it stays in the directory.
fn target_inside(name: &str, target: &str) -> Option<String> {
    let mut steps: Vec<&str> = name.split('/').collect();
    steps.pop();
    for step in target.split('/') {
        match step {
            // An absolute path begins with an empty step.
            "" if target.starts_with('/') => return None,
            "" | "." => {}
            ".." => {
                steps.pop()?;
            }
            step => steps.push(step),
        }
    }
    (!steps.is_empty()).then(|| steps.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &[u8] =
        b"100644 blob aaa      12\ta b\x00120000 blob bbb       3\tl/k\x00160000 commit ccc       -\tsub\0";

    /// As for an object that a clone lacks.
    #[test]
    fn an_object_that_is_missing_does_not_hide_the_others() {
        let entries = read_entries(b"100644 blob aaa     BAD\ta\x00100644 blob bbb       3\tb\0").unwrap();
        assert_eq!(entries.keys().collect::<Vec<_>>(), ["a", "b"]);
        assert!(read_entries(b"100644 blob aaa     bad\ta\0").is_err());
    }

    #[test]
    fn entries_have_their_names_as_they_are() {
        let entries = read_entries(LISTED).unwrap();
        let shown: Vec<String> = entries
            .iter()
            .map(|(name, entry)| format!("{name} {} {} {}", entry.object, entry.size, entry.is_link))
            .collect();
        assert_eq!(shown, ["a b aaa 12 false", "l/k bbb 3 true"]);
        for odd in [&b"x\0"[..], b"100644 blob aaa\tx\0", b"100644 blob aaa many\tx\0"] {
            assert!(read_entries(odd).is_err());
        }
    }

    #[test]
    fn contents_are_read_byte_for_byte() {
        let printed = b"aaa blob 3\na\nb\nbbb blob 0\n\n";
        assert_eq!(read_contents(printed, 2).unwrap(), [b"a\nb".to_vec(), Vec::new()]);
        for odd in [&b"aaa missing\n"[..], b"aaa blob 9\nabc\n", b""] {
            assert!(read_contents(odd, 1).is_err());
        }
    }

    #[test]
    fn links_are_followed_inside_of_the_directory() {
        let file = |object: &str| Entry {
            object: object.to_owned(),
            size: 1,
            is_behind_link: false,
            is_link: false,
        };
        let link = |object: &str| Entry {
            is_link: true,
            ..file(object)
        };
        let entries = Entries::from([
            ("a/x".to_owned(), file("x")),
            ("a/y".to_owned(), file("y")),
            ("b".to_owned(), link("to a")),
            ("c/d".to_owned(), link("to ../b/x")),
            ("out".to_owned(), link("to ../../etc")),
            ("root".to_owned(), link("to /etc")),
            ("gone".to_owned(), link("to nowhere")),
            ("d/up".to_owned(), link("to ../d")),
            ("ring".to_owned(), link("to ring")),
        ]);
        let targets = entries.values().filter(|entry| entry.is_link).map(|entry| {
            let target = entry.object.strip_prefix("to ").unwrap().to_owned();
            (entry.object.clone(), target)
        });
        let targets = targets.collect();
        let found = followed(entries, &targets);
        let shown: Vec<String> = found
            .iter()
            .filter(|(_, entry)| !entry.is_link)
            .map(|(name, entry)| format!("{name}={}", entry.object))
            .collect();
        assert_eq!(shown, ["a/x=x", "a/y=y", "b/x=x", "b/y=y", "c/d=x"]);
        for name in ["out", "root", "gone", "d/up", "ring"] {
            assert!(found[name].is_link, "{name}");
        }
    }
}
