//! Reading a chart directory in Helm's order: names sorted within each directory, symbolic links followed,
//! `.helmignore` applied. Templates may be compiled, and values.yaml parsed, while other files are read.

use std::fs::{self, File, FileType};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::archive::{MAX_ARCHIVE_SIZE, without_bom};
use super::compile_ahead::CompileAhead;
use super::ignore_file::IgnoreRules;
use super::load::ChartFile;
use super::load_error::LoadError;
use crate::engine::template::{CompiledSource, Compiler};
use crate::text::threads::map_while;

/// Files from which a second thread pays to read them.
const WORTH_A_THREAD: usize = 48;

/// The same where they are also compiled.
const WORTH_A_THREAD_TO_COMPILE: usize = 12;

/// What a file is read into first; one that fills it has it doubled.
const READ_BUFFER: usize = 32 << 10;

/// Deepest directory below a chart, so that a link to a parent cannot loop for ever.
const MAX_DEPTH: usize = 64;

/// The files of a chart directory, names relative to it with `/`.
pub fn read_directory(directory: &Path) -> Result<Vec<ChartFile>, LoadError> {
    read_directory_and_values(directory, |_| (), None).map(|read| read.files)
}

/// A chart directory and what was made of it while it was read.
pub(super) struct Directory<V> {
    pub(super) files: Vec<ChartFile>,
    /// What values.yaml became.
    pub(super) values: Option<V>,
    /// Templates that compile.
    pub(super) compiled: Vec<CompiledSource>,
}

/// The files, what `read_values` makes of values.yaml while another thread reads the others, and what was compiled `ahead`.
pub(super) fn read_directory_and_values<V>(
    directory: &Path,
    read_values: impl FnOnce(&ChartFile) -> V,
    ahead: Option<&CompileAhead>,
) -> Result<Directory<V>, LoadError> {
    let rules = match fs::read(directory.join(".helmignore")) {
        Ok(text) => IgnoreRules::parse(&String::from_utf8_lossy(&text))?,
        Err(_) => IgnoreRules::parse("")?,
    };
    let mut walk = Walk {
        rules,
        found: Vec::new(),
    };
    walk.directory(directory, "", 0)?;
    let remaining = AtomicU64::new(MAX_ARCHIVE_SIZE);
    let ahead = ahead.filter(|ahead| ahead.is_complete(walk.found.iter().map(|found| found.name.as_str())));
    let worth = ahead.map_or(WORTH_A_THREAD, |_| WORTH_A_THREAD_TO_COMPILE);
    let threads = (walk.found.len() < worth).then_some(1);
    let state = || (vec![0; READ_BUFFER], Compiler::default());
    let read = |(buffer, compiler): &mut (Vec<u8>, Compiler), found: &Found| {
        let file = found.read(buffer, &remaining)?;
        let compiled = ahead.and_then(|ahead| ahead.compile(&file, compiler));
        Ok((file, compiled))
    };
    let values_at = walk.found.iter().position(|found| found.name == "values.yaml");
    let values_file = values_at.map(|at| walk.found.remove(at));
    let (mut files, values) = map_while(&walk.found, threads, state, read, || {
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
    })
}

/// A regular file that belongs to the chart.
struct Found {
    path: PathBuf,
    name: String,
}

impl Found {
    /// Reads the file through a buffer that is used again, so that its bytes are only once written to new memory.
    fn read(&self, buffer: &mut Vec<u8>, remaining: &AtomicU64) -> Result<ChartFile, LoadError> {
        let read_error = |source| LoadError::Read {
            path: self.path.clone(),
            source,
        };
        let mut file = File::open(&self.path).map_err(read_error)?;
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

struct Walk {
    rules: IgnoreRules,
    found: Vec<Found>,
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
        let mut entries = Vec::new();
        for entry in fs::read_dir(directory).map_err(io_error)? {
            let entry = entry.map_err(io_error)?;
            entries.push((entry.file_name(), entry.file_type().map_err(io_error)?));
        }
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (name, file_type) in entries {
            let path = directory.join(&name);
            let chart_name = format!("{prefix}{}", name.to_string_lossy());
            self.entry(path, chart_name, file_type, depth)?;
        }
        Ok(())
    }

    fn entry(&mut self, path: PathBuf, name: String, listed: FileType, depth: usize) -> Result<(), LoadError> {
        let file_type = match listed {
            link if link.is_symlink() => match fs::metadata(&path) {
                Ok(information) => information.file_type(),
                Err(source) => return Err(LoadError::Read { path, source }),
            },
            listed => listed,
        };
        if self.rules.is_ignored(&name, file_type.is_dir()) {
            return Ok(());
        }
        if file_type.is_dir() {
            return self.directory(&path, &format!("{name}/"), depth + 1);
        }
        if !file_type.is_file() {
            return Err(LoadError::Irregular(path));
        }
        self.found.push(Found { path, name });
        Ok(())
    }
}
