//! A chart as it comes to be checked: a path of this machine, or an archive at hand. In: either. Out: its files, how reports name it, and
//! the directory that may be searched for what belongs to it, if there is one.

use std::path::Path;

use crate::engine::chart::{ChartFile, read_archive};
use crate::text::limits::FILE_BYTES;
use crate::text::source::{Named, ReportRoot, read_file};

use super::request::ChartArchive;

/// A chart to check.
#[derive(Debug, Clone, Copy)]
pub(in crate::check) enum Subject<'r> {
    /// A directory, or an archive of this machine.
    Path(&'r Path),
    /// An archive at hand.
    Archive(&'r ChartArchive),
}

impl<'r> Subject<'r> {
    /// The path, or the name of an archive that has none. Only [`Self::directory`] may be read.
    pub(in crate::check) fn path(self) -> &'r Path {
        match self {
            Self::Path(path) => path,
            Self::Archive(archive) => Path::new(&archive.name),
        }
    }

    /// The chart's directory.
    pub(in crate::check) fn directory(self) -> Option<&'r Path> {
        match self {
            Self::Path(path) => path.is_dir().then_some(path),
            Self::Archive(_) => None,
        }
    }

    /// How reports name it.
    pub(in crate::check) fn shown(self, root: &ReportRoot) -> String {
        match self {
            Self::Path(path) => root.shown(path),
            Self::Archive(archive) => archive.name.clone(),
        }
    }

    /// The files of an archive.
    ///
    /// # Errors
    /// When it cannot be read. The text says why.
    pub(in crate::check) fn unpacked(self) -> Result<Vec<ChartFile>, String> {
        match self {
            Self::Path(path) => {
                let bytes =
                    read_file(path, Named::ByInput, FILE_BYTES).map_err(|error| format!("cannot be read: {error}"))?;
                read_archive(&bytes).map_err(|error| error.to_string())
            }
            Self::Archive(archive) => read_archive(&archive.bytes).map_err(|error| error.to_string()),
        }
    }
}
