//! Reading a chart directory in Helm's order: names sorted within each directory, symbolic links followed,
//! `.helmignore` applied.

use std::fs;
use std::path::Path;

use super::archive::{MAX_ARCHIVE_SIZE, without_bom};
use super::ignore_file::IgnoreRules;
use super::load::{ChartFile, LoadError};

/// Deepest directory below a chart, so that a link to a parent cannot loop for ever.
const MAX_DEPTH: usize = 64;

/// The files of a chart directory, names relative to it with `/`.
pub fn read_directory(directory: &Path) -> Result<Vec<ChartFile>, LoadError> {
    let rules = match fs::read(directory.join(".helmignore")) {
        Ok(text) => IgnoreRules::parse(&String::from_utf8_lossy(&text))?,
        Err(_) => IgnoreRules::parse("")?,
    };
    let mut walk = Walk { rules, files: Vec::new(), remaining: MAX_ARCHIVE_SIZE };
    walk.directory(directory, "", 0)?;
    Ok(walk.files)
}

struct Walk {
    rules: IgnoreRules,
    files: Vec<ChartFile>,
    remaining: u64,
}

impl Walk {
    fn directory(&mut self, directory: &Path, prefix: &str, depth: usize) -> Result<(), LoadError> {
        if depth > MAX_DEPTH {
            return Err(LoadError::TooDeep(directory.to_owned()));
        }
        let io_error = |source| LoadError::Read { path: directory.to_owned(), source };
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
        let information =
            fs::metadata(path).map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
        if self.rules.is_ignored(&name, information.is_dir()) {
            return Ok(());
        }
        if information.is_dir() {
            return self.directory(path, &format!("{name}/"), depth + 1);
        }
        if !information.is_file() {
            return Err(LoadError::Irregular(path.to_owned()));
        }
        if information.len() > self.remaining {
            return Err(LoadError::TooLarge);
        }
        let data = fs::read(path).map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
        self.remaining = self.remaining.checked_sub(data.len() as u64).ok_or(LoadError::TooLarge)?;
        self.files.push(ChartFile::new(name, without_bom(data)));
        Ok(())
    }
}
