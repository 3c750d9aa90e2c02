//! Reading a chart directory in Helm's order: names sorted within each directory, symbolic links followed,
//! `.helmignore` applied. Templates may be compiled, and values.yaml parsed, while other files are read.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::archive::{MAX_ARCHIVE_SIZE, without_bom};
use super::compile_ahead::CompileAhead;
use super::ignore_file::IgnoreRules;
use super::load::ChartFile;
use super::load_error::LoadError;
use super::notice::Notice;
use crate::engine::template::{CompiledSource, Compiler};
use crate::text::limits::{CHART_FILES, SETTINGS_BYTES};
use crate::text::source::{Links, Named, Visit, WalkError, WalkLimits, open_file, read_file, walk};
use crate::text::threads::map_while;

/// Names what is not part of a chart.
pub(super) const IGNORE_FILE: &str = ".helmignore";

/// How many files make a second thread for reading them worthwhile.
const WORTH_A_THREAD: usize = 48;

/// The same if they are also compiled.
const WORTH_A_THREAD_TO_COMPILE: usize = 12;

/// Initial size of the buffer that files are read into; a file that fills it doubles it.
const READ_BUFFER: usize = 32 << 10;

/// More than any chart contains: entries that are files count as [`CHART_FILES`] as well.
pub(super) const LIMITS: WalkLimits = WalkLimits {
    depth: 64,
    entries: 2 * CHART_FILES,
    links: Links::Followed,
};

/// The files of a chart directory, names relative to it with `/`.
///
/// # Errors
/// When something cannot be read, is not a file, or is too large, or `.helmignore` does not parse.
pub fn read_directory(directory: &Path) -> Result<Vec<ChartFile>, LoadError> {
    read_directory_and_links(directory).map(|(files, _)| files)
}

/// The same, and what Helm logs about the links among them.
///
/// # Errors
/// The same.
pub(crate) fn read_directory_and_links(directory: &Path) -> Result<(Vec<ChartFile>, Vec<Notice>), LoadError> {
    let read = read_directory_and_values(directory, |_| (), None)?;
    Ok((read.files, read.notices))
}

/// A chart directory, with what was computed from it while it was read.
pub(super) struct Directory<V> {
    pub(super) files: Vec<ChartFile>,
    /// The result of reading values.yaml.
    pub(super) values: Option<V>,
    /// Templates that compile.
    pub(super) compiled: Vec<CompiledSource>,
    /// The links among the files.
    pub(super) notices: Vec<Notice>,
}

/// The files, the result of `read_values` for values.yaml while another thread reads the others, and the templates
/// compiled `ahead`.
pub(super) fn read_directory_and_values<V>(
    directory: &Path,
    read_values: impl FnOnce(&ChartFile) -> V,
    ahead: Option<&CompileAhead>,
) -> Result<Directory<V>, LoadError> {
    let rules = read_ignore_rules(directory)?;
    let mut notices = Vec::new();
    let mut found = find_files(directory, &rules, &mut notices)?;
    let remaining = AtomicU64::new(MAX_ARCHIVE_SIZE);
    let ahead = ahead.filter(|ahead| ahead.is_complete(found.iter().map(|found| found.name.as_str())));
    let worth = ahead.map_or(WORTH_A_THREAD, |_| WORTH_A_THREAD_TO_COMPILE);
    let threads = (found.len() < worth).then_some(1);
    let state = || (vec![0; READ_BUFFER], Compiler::default());
    let read = |(buffer, compiler): &mut (Vec<u8>, Compiler), found: &Found| {
        let file = found.read(buffer, &remaining)?;
        let compiled = ahead.and_then(|ahead| ahead.compile(&file, compiler));
        Ok((file, compiled))
    };
    let values_at = found.iter().position(|found| found.name == "values.yaml");
    let values_file = values_at.map(|at| found.remove(at));
    let (mut files, values) = map_while(&found, threads, state, read, || {
        let file = values_file.map(|found| read(&mut state(), &found))?;
        let values = file.as_ref().ok().map(|(file, _)| read_values(file));
        Some((file, values))
    });
    let mut made = None;
    if let (Some(at), Some((file, values))) = (values_at, values) {
        files.insert(at, file);
        made = values;
    }
    let mut compiled = Vec::new();
    let keep = |read: Result<(ChartFile, Option<CompiledSource>), LoadError>| {
        let (file, source) = read?;
        compiled.extend(source);
        Ok(file)
    };
    let files = files.into_iter().map(keep).collect::<Result<_, LoadError>>()?;
    Ok(Directory {
        files,
        values: made,
        compiled,
        notices,
    })
}

/// What `.helmignore` says; Helm's defaults without one.
pub(super) fn read_ignore_rules(directory: &Path) -> Result<IgnoreRules, LoadError> {
    let path = directory.join(IGNORE_FILE);
    match read_file(&path, Named::ByInput, SETTINGS_BYTES) {
        Ok(text) => Ok(IgnoreRules::parse(&String::from_utf8_lossy(&text))?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(IgnoreRules::parse("")?),
        Err(source) => Err(LoadError::Read { path, source }),
    }
}

/// A regular file that belongs to the chart.
struct Found {
    path: PathBuf,
    name: String,
}

impl Found {
    /// Reads the file through a buffer that is reused, so that its bytes are written to new memory only once.
    fn read(&self, buffer: &mut Vec<u8>, remaining: &AtomicU64) -> Result<ChartFile, LoadError> {
        let read_error = |source| LoadError::Read {
            path: self.path.clone(),
            source,
        };
        let mut file = open_file(&self.path, Named::ByInput).map_err(read_error)?;
        let mut filled = 0;
        loop {
            if filled == buffer.len() {
                buffer.resize(buffer.len() * 2, 0);
            }
            let length = match file.read(buffer.get_mut(filled..).unwrap_or_default()) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(read_error(error)),
            };
            remaining
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                    left.checked_sub(length as u64)
                })
                .map_err(|_| LoadError::TooLarge)?;
            filled += length;
        }
        let data = without_bom(buffer.get(..filled).unwrap_or_default());
        Ok(ChartFile::new(self.name.clone(), data))
    }
}

/// The files that `.helmignore` keeps, in Helm's order.
fn find_files(directory: &Path, rules: &IgnoreRules, notices: &mut Vec<Notice>) -> Result<Vec<Found>, LoadError> {
    let mut found = Vec::new();
    walk(directory, LIMITS, &mut |entry| -> Result<Visit, LoadError> {
        let entry = entry?;
        if entry.is_link
            && let Ok(resolved) = fs::canonicalize(&entry.path)
        {
            let path = std::path::absolute(&entry.path).unwrap_or_else(|_| entry.path.clone());
            notices.push(Notice::Link { path, resolved });
        }
        let is_directory = entry.file_type.is_dir();
        if rules.is_ignored(&entry.name, is_directory) {
            return Ok(Visit::PassOver);
        }
        if !is_directory {
            if !entry.file_type.is_file() {
                return Err(LoadError::Irregular(entry.path));
            }
            if found.len() == CHART_FILES {
                return Err(WalkError::TooMany(directory.to_owned()).into());
            }
            found.push(Found {
                path: entry.path,
                name: entry.name,
            });
        }
        Ok(Visit::Enter)
    })?;
    Ok(found)
}

#[cfg(all(test, unix))]
mod tests {
    use super::{read_directory, read_directory_and_links};
    use crate::engine::chart::Notice;

    #[test]
    fn links_are_noted_and_followed() {
        let directory = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(directory.path()).unwrap();
        std::fs::write(root.join("a"), "x").unwrap();
        std::os::unix::fs::symlink("a", root.join("link")).unwrap();
        let (files, notices) = read_directory_and_links(&root).unwrap();
        assert_eq!(files.len(), 2);
        let (path, resolved) = (root.join("link"), root.join("a"));
        assert_eq!(notices, [Notice::Link { path, resolved }]);
    }

    #[test]
    fn a_broken_link_is_reported_in_helms_words() {
        let directory = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(directory.path()).unwrap();
        std::fs::write(root.join("Chart.yaml"), "name: c").unwrap();
        std::os::unix::fs::symlink("gone/x", root.join("link.yaml")).unwrap();
        let shown = root.display();
        assert_eq!(
            read_directory(&root).unwrap_err().to_string(),
            format!("error evaluating symlink {shown}/link.yaml: lstat {shown}/gone: no such file or directory")
        );
    }

    #[test]
    fn a_chart_has_no_more_files_than_its_archive_may() {
        let directory = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(directory.path()).unwrap();
        std::fs::create_dir(root.join("files")).unwrap();
        for number in 0..300 {
            std::fs::write(root.join(format!("files/{number}")), "").unwrap();
        }
        let link = |range: std::ops::Range<usize>| {
            for number in range {
                std::os::unix::fs::symlink("files", root.join(format!("link{number}"))).unwrap();
            }
        };
        link(0..165);
        assert_eq!(read_directory(&root).unwrap().len(), 49_800);
        link(165..167);
        let error = read_directory(&root).unwrap_err().to_string();
        assert!(error.contains("too many files"), "{error}");
    }
}
