//! An archive to a directory of the chart's name, as `helm pull --untar` does: nothing outside of it is written, and nothing that is
//! there already is changed.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::engine::chart::{ArchiveError, ChartFile, LoadError, is_file_name, load_files, read_archive};

/// An archive that is not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// It cannot be read, or has names that lead out of the chart.
    #[error("the archive cannot be unpacked: {0}")]
    Archive(#[from] ArchiveError),
    /// It is not a chart.
    #[error("the archive is not a chart: {0}")]
    Chart(#[from] LoadError),
    /// The chart's name is not that of a directory.
    #[error("the chart's name `{0}` is not the name of a directory")]
    Name(String),
    /// The directory exists.
    #[error("{} exists already", .0.display())]
    Exists(PathBuf),
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Unpacks an archive below `directory`, and returns the chart's own directory. After an error, nothing of it is left.
///
/// # Errors
/// When it is not a chart, leads out of its directory, or a file cannot be written.
pub fn unpack(archive: &[u8], directory: &Path) -> Result<PathBuf, UnpackError> {
    let files = read_archive(archive)?;
    let name = load_files(files.clone())?.metadata.name;
    if !is_file_name(&name) {
        return Err(UnpackError::Name(name));
    }
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source: io::Error| UnpackError::Write { path, source }
    };
    fs::create_dir_all(directory).map_err(failed(directory))?;
    let target = directory.join(&name);
    match fs::create_dir(&target) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(UnpackError::Exists(target)),
        Err(error) => return Err(failed(&target)(error)),
    }
    let outcome = write_files(&files, &target);
    if outcome.is_err() {
        // It is ours: it did not exist before.
        let _removed = fs::remove_dir_all(&target);
    }
    outcome.map(|()| target)
}

/// Writes files whose names were checked when the archive was read. All directories are new, so no link is in the way.
fn write_files(files: &[ChartFile], target: &Path) -> Result<(), UnpackError> {
    for file in files {
        let path = target.join(&file.name);
        let write = || {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            // A name that occurs twice: the last one counts, as in Helm.
            let mut out = OpenOptions::new().write(true).create(true).truncate(true).open(&path)?;
            out.write_all(&file.data)
        };
        write().map_err(|source| UnpackError::Write {
            path: path.clone(),
            source,
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, text) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            // The crate refuses such names itself.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            tar.append(&header, text.as_bytes()).unwrap();
        }
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&tar.into_inner().unwrap()).unwrap();
        gzip.finish().unwrap()
    }

    const CHART: &str = "apiVersion: v2\nname: web\nversion: 1.0.0\n";

    #[test]
    fn a_chart_is_unpacked_once() {
        let directory = tempfile::tempdir().unwrap();
        let bytes = archive(&[("x/Chart.yaml", CHART), ("x/templates/a.yaml", "a: 1\n")]);
        let target = unpack(&bytes, &directory.path().join("new")).unwrap();
        assert_eq!(target, directory.path().join("new").join("web"));
        assert_eq!(fs::read(target.join("templates/a.yaml")).unwrap(), b"a: 1\n");
        assert!(matches!(
            unpack(&bytes, &directory.path().join("new")),
            Err(UnpackError::Exists(_))
        ));
    }

    #[test]
    fn nothing_outside_of_the_chart_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let inside = directory.path().join("inside");
        for entries in [
            &[("x/Chart.yaml", CHART), ("x/../../evil", "")][..],
            &[("x/Chart.yaml", CHART), ("x/a/../../../evil", "")],
            &[("x/Chart.yaml", CHART), ("x//tmp/evil", "")],
            &[("x/Chart.yaml", "apiVersion: v2\nname: ../evil\nversion: 1.0.0\n")],
            &[("x/Chart.yaml", "apiVersion: v2\nname: ..\nversion: 1.0.0\n")],
            &[("x/Chart.yaml", CHART), ("x/a", "file"), ("x/a/b", "below a file")],
        ] {
            assert!(unpack(&archive(entries), &inside).is_err(), "{entries:?}");
            let left = fs::read_dir(&inside).map_or(0, Iterator::count);
            assert_eq!(left, 0, "{entries:?}");
        }
        let mut around = fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        assert!(around.all(|name| name == "inside"));
    }
}
