//! Reading a chart directory in Helm's order: names sorted within each directory, symbolic links followed,
//! `.helmignore` applied.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::archive::{MAX_ARCHIVE_SIZE, without_bom};
use super::ignore_file::IgnoreRules;
use super::load::{ChartFile, LoadError};
use crate::threads::map_in_parallel;

/// Files from which a second thread pays.
const WORTH_A_THREAD: usize = 48;

/// Deepest directory below a chart, so that a link to a parent cannot loop for ever.
const MAX_DEPTH: usize = 64;

/// The files of a chart directory, names relative to it with `/`.
pub fn read_directory(directory: &Path) -> Result<Vec<ChartFile>, LoadError> {
    let rules = match fs::read(directory.join(".helmignore")) {
        Ok(text) => IgnoreRules::parse(&String::from_utf8_lossy(&text))?,
        Err(_) => IgnoreRules::parse("")?,
    };
    let mut walk = Walk {
        rules,
        found: Vec::new(),
        remaining: MAX_ARCHIVE_SIZE,
    };
    walk.directory(directory, "", 0)?;
    let remaining = AtomicU64::new(MAX_ARCHIVE_SIZE);
    let read = |found: &Found| found.read(&remaining);
    let files = if walk.found.len() < WORTH_A_THREAD {
        walk.found.iter().map(read).collect()
    } else {
        map_in_parallel(&walk.found, read)
    };
    files.into_iter().collect()
}

/// A regular file that belongs to the chart.
struct Found {
    path: PathBuf,
    name: String,
}

impl Found {
    fn read(&self, remaining: &AtomicU64) -> Result<ChartFile, LoadError> {
        let data = fs::read(&self.path).map_err(|source| LoadError::Read {
            path: self.path.clone(),
            source,
        })?;
        let length = data.len() as u64;
        remaining
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(length))
            .map_err(|_| LoadError::TooLarge)?;
        Ok(ChartFile::new(self.name.clone(), without_bom(data)))
    }
}

struct Walk {
    rules: IgnoreRules,
    found: Vec<Found>,
    /// By the sizes that the file system tells; files may grow until they are read.
    remaining: u64,
}

impl Walk {
    fn directory(&mut self, directory: &Path, prefix: &str, depth: usize) -> Result<(), LoadError> {
        if depth > MAX_DEPTH {
            return Err(LoadError::TooDeep(directory.to_owned()));
        }
        let io_error = |source| LoadError::Read {
            path: directory.to_owned(),
            source,
        };
        let mut names = Vec::new();
        for entry in fs::read_dir(directory).map_err(io_error)? {
            names.push(entry.map_err(io_error)?.file_name());
        }
        names.sort();
        for name in names {
            let path = directory.join(&name);
            let chart_name = format!("{prefix}{}", name.to_string_lossy());
            self.entry(&path, chart_name, depth)?;
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, name: String, depth: usize) -> Result<(), LoadError> {
        let information = fs::metadata(path).map_err(|source| LoadError::Read {
            path: path.to_owned(),
            source,
        })?;
        if self.rules.is_ignored(&name, information.is_dir()) {
            return Ok(());
        }
        if information.is_dir() {
            return self.directory(path, &format!("{name}/"), depth + 1);
        }
        if !information.is_file() {
            return Err(LoadError::Irregular(path.to_owned()));
        }
        self.remaining = self
            .remaining
            .checked_sub(information.len())
            .ok_or(LoadError::TooLarge)?;
        self.found.push(Found {
            path: path.to_owned(),
            name,
        });
        Ok(())
    }
}
