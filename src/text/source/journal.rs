//! The record of a change of several files: what is to be renamed where, written before the first rename.
//!
//! One of the directories has the whole record. It is the point from which the change counts as made:
//! [`super::interrupted`] completes it if its process is killed, and discards what comes without it. The other
//! directories have a pointer to it, written earlier and removed later. Paths in it are relative, so that the directories
//! may be moved or mounted elsewhere meanwhile.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::temporary_file::{Kind, TemporaryFile};
use crate::text::compact_sort::sort;
use crate::text::sha256::sha256_hex;

/// The name of the record and of the pointers to it.
pub(super) const JOURNAL: &str = ".chartwright.journal";
/// The first field of both.
const FORMAT: &str = "chartwright journal 1";
/// The fields of one entry.
const ENTRY_FIELDS: usize = 6;

/// How a file gets its new content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Its temporary file is renamed.
    Rename,
    /// The content of its temporary file is written into it, since it has other names (hard links).
    InPlace,
}

/// One file of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) way: Way,
    /// The directory of the file and its temporary file.
    pub(super) directory: PathBuf,
    pub(super) temporary: OsString,
    pub(super) target: OsString,
    /// Digest of the content before; `None` if the file did not exist.
    pub(super) old: Option<String>,
    /// Digest of the content after.
    pub(super) new: String,
}

/// What a journal file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// The directory that has the whole record.
    pub(super) primary: PathBuf,
    /// The files; empty in a pointer.
    pub(super) entries: Vec<Entry>,
}

/// The journal files of a change. They are removed by [`Self::remove`] only, or by a later run.
#[derive(Debug)]
pub(super) struct Journal {
    /// In the order in which they were written.
    paths: Vec<PathBuf>,
}

/// Hexadecimal SHA-256.
pub(super) fn digest(content: &[u8]) -> String {
    sha256_hex(content)
}

impl Journal {
    /// Writes the record and the pointers to it. If this fails, no record is left.
    pub(super) fn write(entries: &[Entry]) -> Result<Self, (PathBuf, io::Error)> {
        let mut journal = Self { paths: Vec::new() };
        let Some(primary) = entries.first().map(|entry| entry.directory.as_path()) else {
            return Ok(journal);
        };
        let mut others: Vec<&Path> = entries.iter().map(|entry| entry.directory.as_path()).collect();
        sort(&mut others);
        others.dedup();
        for directory in others.into_iter().filter(|directory| *directory != primary) {
            journal.add(directory, &encode(directory, primary, &[]), Kind::Pointer)?;
        }
        journal.add(primary, &encode(primary, primary, entries), Kind::Record)?;
        Ok(journal)
    }

    fn add(&mut self, directory: &Path, content: &[u8], kind: Kind) -> Result<(), (PathBuf, io::Error)> {
        let path = directory.join(JOURNAL);
        let written = TemporaryFile::write(&path, content, kind).and_then(|file| file.replace_target());
        if let Err(error) = written {
            self.remove();
            return Err((path, error));
        }
        self.paths.push(path);
        Ok(())
    }

    /// Removes the record first and the pointers after it.
    pub(super) fn remove(&self) {
        for path in self.paths.iter().rev() {
            // A later run finds that everything was done, and removes it then.
            let _removed = fs::remove_file(path);
        }
    }
}

/// The text of a journal file in `directory`: fields that end with a zero byte, which no path has.
fn encode(directory: &Path, primary: &Path, entries: &[Entry]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut field = |value: &OsStr| {
        text.extend_from_slice(value.as_encoded_bytes());
        text.push(0);
    };
    field(FORMAT.as_ref());
    field(relative(directory, primary).as_os_str());
    for entry in entries {
        let way = match entry.way {
            Way::Rename => "rename",
            Way::InPlace => "in place",
        };
        field(way.as_ref());
        field(relative(directory, &entry.directory).as_os_str());
        field(&entry.temporary);
        field(&entry.target);
        field(entry.old.as_deref().unwrap_or_default().as_ref());
        field(entry.new.as_ref());
    }
    text
}

/// Reads a journal file of `directory`; `None` if it is not one.
pub(super) fn decode(directory: &Path, text: &[u8]) -> Option<Record> {
    let mut fields: Vec<OsString> = text.split(|byte| *byte == 0).map(os_string).collect();
    // Nothing follows the last zero byte; a file that was cut has something there.
    if !fields.pop()?.is_empty() {
        return None;
    }
    let (head, entries) = fields.split_at_checked(2)?;
    let [format, primary] = head else { return None };
    if format != FORMAT || entries.len() % ENTRY_FIELDS != 0 {
        return None;
    }
    let entries = entries.chunks(ENTRY_FIELDS).map(|fields| {
        let [way, place, temporary, target, old, new] = fields else {
            return None;
        };
        let way = match way.to_str()? {
            "rename" => Way::Rename,
            "in place" => Way::InPlace,
            _ => return None,
        };
        let is_name = |name: &OsStr| Path::new(name).file_name() == Some(name);
        let old = old.to_str()?;
        (is_name(temporary) && is_name(target)).then_some(Entry {
            way,
            directory: directory.join(place),
            temporary: temporary.clone(),
            target: target.clone(),
            old: (!old.is_empty()).then(|| old.to_owned()),
            new: new.to_str()?.to_owned(),
        })
    });
    Some(Record {
        primary: directory.join(primary),
        entries: entries.collect::<Option<_>>()?,
    })
}

#[cfg(unix)]
fn os_string(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStrExt as _;

    OsStr::from_bytes(bytes).to_owned()
}

#[cfg(not(unix))]
fn os_string(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// The way from one absolute directory to another, by the names alone.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let (mut from, mut to) = (from.components().peekable(), to.components().peekable());
    while let (Some(a), Some(b)) = (from.peek(), to.peek())
        && a == b
    {
        from.next();
        to.next();
    }
    let up = from.map(|_| Component::ParentDir);
    std::iter::once(Component::CurDir).chain(up).chain(to).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(directory: &str, target: &str, way: Way, old: Option<&str>) -> Entry {
        Entry {
            way,
            directory: directory.into(),
            temporary: ".chartwright-0123456789abcdef.tmp".into(),
            target: target.into(),
            old: old.map(|old| digest(old.as_bytes())),
            new: digest(b"new"),
        }
    }

    #[test]
    fn directories_are_recorded_by_the_way_to_them() {
        for (from, to, want) in [
            ("/a/b", "/a/b", "."),
            ("/a/b", "/a/b/c", "./c"),
            ("/a/b", "/a", "./.."),
            ("/a/b", "/a/c/d", "./../c/d"),
            ("/", "/a", "./a"),
        ] {
            assert_eq!(relative(Path::new(from), Path::new(to)), Path::new(want), "{from} {to}");
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written_and_a_cut_one_is_not_read() {
        let entries = [
            entry("/a", "x", Way::Rename, Some("old")),
            entry("/b", "y\nz", Way::InPlace, None),
        ];
        let text = encode(Path::new("/a"), Path::new("/a"), &entries);
        let record = decode(Path::new("/a"), &text).unwrap();
        assert_eq!(record.primary, Path::new("/a/."));
        assert_eq!(record.entries.len(), 2);
        for (read, written) in record.entries.iter().zip(&entries) {
            assert_eq!((read.way, &read.target), (written.way, &written.target));
            assert_eq!((&read.old, &read.new), (&written.old, &written.new));
            assert!(read.directory.ends_with("a") || read.directory.ends_with("../b"));
        }
        let entry_ends = text.iter().enumerate().filter(|(_, byte)| **byte == 0);
        let whole: Vec<usize> = entry_ends.map(|(at, _)| at + 1).skip(1).step_by(ENTRY_FIELDS).collect();
        for end in 0..text.len() {
            let is_read = decode(Path::new("/a"), &text[..end]).is_some();
            assert_eq!(is_read, whole.contains(&end), "{end} of {}", text.len());
        }
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_not_read() {
        for target in ["../x", "/x", "..", "a/b", "", "."] {
            let text = encode(
                Path::new("/a"),
                Path::new("/a"),
                &[entry("/a", target, Way::Rename, None)],
            );
            assert_eq!(decode(Path::new("/a"), &text), None, "{target}");
        }
    }
}
