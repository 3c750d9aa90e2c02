//! Reading a packaged chart (`.tgz`) with Helm's limits and refusals: no path leaves the chart, no archive unpacks to
//! more than 100 MiB.

use crate::text::limits::{CHART_FILES, FILE_BYTES, VALUES_BYTES};
use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

use super::load::ChartFile;

/// Most bytes of an unpacked chart, as in Helm.
pub const MAX_ARCHIVE_SIZE: u64 = FILE_BYTES;

/// Most entries of an archive, directories included; the largest charts have some thousand.
pub(super) const MAX_ARCHIVE_ENTRIES: usize = CHART_FILES;

/// The first bytes of gzip, with the only method of compression there is.
pub(super) const GZIP_START: &[u8] = b"\x1F\x8B\x08";

/// Bytes of the smallest header of gzip.
const GZIP_HEADER: usize = 10;

/// Most bytes that are unpacked at all, headers and padding included.
const MAX_UNPACKED: u64 = MAX_ARCHIVE_SIZE + 2048 * MAX_ARCHIVE_ENTRIES as u64;

/// The byte order mark that Helm drops from the start of every file.
pub(super) const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";

/// Why an archive cannot be read. The texts are Helm's.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Not gzip at all.
    #[error("gzip: invalid header")]
    NotGzip,
    /// Not a byte.
    #[error("EOF")]
    NoBytes,
    /// The gzip data or the tar in it ends too early.
    #[error("unexpected EOF")]
    Truncated,
    /// An entry has an absolute path.
    #[error("chart illegally contains absolute paths")]
    AbsolutePath,
    /// An entry is outside the top directory.
    #[error("chart illegally contains content outside the base directory: {0:?}")]
    OutsideBase(String),
    /// An entry leaves the chart with `..`.
    #[error("chart illegally references parent directory")]
    ParentDirectory,
    /// A Windows drive letter.
    #[error("chart contains illegally named files")]
    IllegalName,
    /// Chart.yaml at the top of the archive instead of below a directory.
    #[error("chart yaml not in base directory")]
    ChartYamlNotInBase,
    /// More than [`MAX_ARCHIVE_SIZE`].
    #[error("decompressed chart is larger than the maximum size {MAX_ARCHIVE_SIZE}")]
    TooLarge,
    /// Over our limit on entries; Helm has none.
    #[error("chart archive has more than {MAX_ARCHIVE_ENTRIES} entries")]
    TooManyEntries,
    /// No entry.
    #[error("no files in chart archive")]
    Empty,
    /// What gzip contains is not tar.
    #[error("archive/tar: invalid tar header")]
    NotTar,
    /// Broken gzip data.
    #[error("broken archive: {0}")]
    Broken(#[source] io::Error),
}

/// What a chart may still unpack, and read as values: the charts in its `charts/`, and those in theirs, share it.
#[derive(Debug)]
pub(super) struct UnpackBudget {
    bytes: u64,
    entries: usize,
    values: usize,
}

impl Default for UnpackBudget {
    fn default() -> Self {
        Self {
            bytes: MAX_ARCHIVE_SIZE,
            entries: MAX_ARCHIVE_ENTRIES,
            values: VALUES_BYTES,
        }
    }
}

impl UnpackBudget {
    /// Uses as many bytes of values; `None` when fewer are left.
    pub(super) fn use_values(&mut self, bytes: usize) -> Option<()> {
        self.values = self.values.checked_sub(bytes)?;
        Some(())
    }
}

/// The files of a gzipped tar, names without the top directory, in archive order.
///
/// # Errors
/// When it is not an archive, is too large, or has names that Helm refuses.
pub fn read_archive(bytes: &[u8]) -> Result<Vec<ChartFile>, ArchiveError> {
    read_archive_within(bytes, &mut UnpackBudget::default())
}

/// The same with what is left of a budget.
pub(super) fn read_archive_within(bytes: &[u8], budget: &mut UnpackBudget) -> Result<Vec<ChartFile>, ArchiveError> {
    if bytes.is_empty() {
        return Err(ArchiveError::NoBytes);
    }
    if bytes.len() < GZIP_HEADER {
        return Err(ArchiveError::Truncated);
    }
    if !bytes.starts_with(GZIP_START) {
        return Err(ArchiveError::NotGzip);
    }
    let mut unpacked = Unpacked {
        decoder: MultiGzDecoder::new(bytes).take(MAX_UNPACKED),
        broken: None,
    };
    read_tar(&mut unpacked, budget).map_err(|error| match error {
        // The reader of tar hides what the reader of gzip found.
        ArchiveError::NotTar | ArchiveError::Truncated => unpacked.broken.take().unwrap_or(error),
        error => error,
    })
}

fn read_tar(unpacked: &mut Unpacked<'_>, budget: &mut UnpackBudget) -> Result<Vec<ChartFile>, ArchiveError> {
    let mut archive = tar::Archive::new(unpacked);
    let mut files = Vec::new();
    let mut data = Vec::new();
    for entry in archive.entries().map_err(|error| tar_error(&error))? {
        budget.entries = budget.entries.checked_sub(1).ok_or(ArchiveError::TooManyEntries)?;
        let mut entry = entry.map_err(|error| tar_error(&error))?;
        let raw_name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if entry.header().entry_type().is_dir() || raw_name.ends_with('/') {
            continue;
        }
        if entry.header().entry_type().is_pax_global_extensions()
            || entry.header().entry_type().is_pax_local_extensions()
        {
            continue;
        }
        let name = chart_path(&raw_name)?;
        if entry.size() > budget.bytes {
            return Err(ArchiveError::TooLarge);
        }
        data.clear();
        (&mut entry)
            .take(budget.bytes)
            .read_to_end(&mut data)
            .map_err(|error| tar_error(&error))?;
        budget.bytes = budget.bytes.saturating_sub(data.len() as u64);
        if budget.bytes == 0 {
            return Err(ArchiveError::TooLarge);
        }
        files.push(ChartFile::new(name, without_bom(&data)));
    }
    if files.is_empty() {
        Err(ArchiveError::Empty)
    } else {
        Ok(files)
    }
}

/// Unpacked data, and why there is no more of it.
struct Unpacked<'b> {
    decoder: io::Take<MultiGzDecoder<&'b [u8]>>,
    broken: Option<ArchiveError>,
}

impl Read for Unpacked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.decoder.read(buffer).inspect_err(|error| {
            self.broken = Some(match error.kind() {
                io::ErrorKind::UnexpectedEof => ArchiveError::Truncated,
                _ => ArchiveError::Broken(io::Error::new(error.kind(), error.to_string())),
            });
        })
    }
}

/// A short block is the end of a truncated archive; the crate has no kind for that.
fn tar_error(error: &io::Error) -> ArchiveError {
    let is_short =
        error.kind() == io::ErrorKind::UnexpectedEof || error.to_string().contains("failed to read entire block");
    if is_short {
        ArchiveError::Truncated
    } else {
        ArchiveError::NotTar
    }
}

/// The name of an entry inside the chart, or why it is refused.
fn chart_path(raw_name: &str) -> Result<String, ArchiveError> {
    let delimiter = if raw_name.contains('\\') { '\\' } else { '/' };
    let (top, rest) = raw_name.split_once(delimiter).unwrap_or((raw_name, ""));
    let rest = rest.replace(delimiter, "/");
    if rest.starts_with('/') {
        return Err(ArchiveError::AbsolutePath);
    }
    let name = clean_path(&rest);
    if name == "." {
        return Err(ArchiveError::OutsideBase(raw_name.to_owned()));
    }
    if name.starts_with("..") {
        return Err(ArchiveError::ParentDirectory);
    }
    let mut start = name.chars();
    if start.next().is_some_and(|c| c.is_ascii_alphabetic()) && start.as_str().starts_with(":/") {
        return Err(ArchiveError::IllegalName);
    }
    if top == "Chart.yaml" {
        return Err(ArchiveError::ChartYamlNotInBase);
    }
    Ok(name)
}

/// Go's `path.Clean` for relative paths.
fn clean_path(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|&last| last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    }
}

pub(super) fn without_bom(data: &[u8]) -> &[u8] {
    data.strip_prefix(UTF8_BOM).unwrap_or(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_chart_are_refused() {
        assert_eq!(chart_path("c/templates/../values.yaml").unwrap(), "values.yaml");
        assert!(matches!(
            chart_path("c/../../etc/passwd"),
            Err(ArchiveError::ParentDirectory)
        ));
        assert!(matches!(chart_path("c//etc/passwd"), Err(ArchiveError::AbsolutePath)));
        assert!(matches!(chart_path("c"), Err(ArchiveError::OutsideBase(_))));
        assert!(matches!(
            chart_path("Chart.yaml/x"),
            Err(ArchiveError::ChartYamlNotInBase)
        ));
        assert!(matches!(chart_path("c/C:/x"), Err(ArchiveError::IllegalName)));
        assert_eq!(chart_path("c\\templates\\a.yaml").unwrap(), "templates/a.yaml");
    }

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        io::Write::write_all(&mut encoder, bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// Helm 4.3's words in `helm lint x.tgz`.
    #[test]
    fn archives_that_cannot_be_read_are_refused_in_gos_words() {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(6);
        tar.append_data(&mut header, "c/Chart.yaml", &b"name: "[..]).unwrap();
        let archive = gzipped(&tar.into_inner().unwrap());
        assert_eq!(read_archive(&archive).unwrap().len(), 1);
        let short = &archive[..archive.len() - 30];
        for (bytes, expected) in [
            (&b""[..], "EOF"),
            (b"name: x", "unexpected EOF"),
            (b"name: x\nversion: y\n", "gzip: invalid header"),
            (short, "unexpected EOF"),
            (&gzipped(b"x"), "unexpected EOF"),
            (&gzipped(b""), "no files in chart archive"),
            (&gzipped(&[b'x'; 1024]), "archive/tar: invalid tar header"),
        ] {
            assert_eq!(read_archive(bytes).unwrap_err().to_string(), expected, "{bytes:?}");
        }
    }
}
