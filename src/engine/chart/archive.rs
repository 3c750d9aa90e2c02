//! Reading a packaged chart (`.tgz`) with Helm's limits and refusals: no path leaves the chart, no archive unpacks to
//! more than 100 MiB.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;

use super::load::ChartFile;

/// Most bytes of an unpacked chart, as in Helm.
pub const MAX_ARCHIVE_SIZE: u64 = 100 * 1024 * 1024;

/// The byte order mark that Helm drops from the start of every file.
/// Most entries of an archive, directories included; the largest charts have some thousand.
const MAX_ARCHIVE_ENTRIES: usize = 50_000;

/// Most bytes that are unpacked at all, headers and padding included.
const MAX_UNPACKED: u64 = MAX_ARCHIVE_SIZE + 2048 * MAX_ARCHIVE_ENTRIES as u64;

pub(super) const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";

/// Why an archive cannot be read. The texts are Helm's.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Not gzip at all.
    #[error("file does not appear to be a gzipped archive")]
    NotGzip,
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
    /// Broken gzip or tar data.
    #[error("broken archive: {0}")]
    Broken(#[from] std::io::Error),
}

/// The files of a gzipped tar, names without the top directory, in archive order.
///
/// # Errors
/// When it is not an archive, is too large, or has names that Helm refuses.
pub fn read_archive(bytes: &[u8]) -> Result<Vec<ChartFile>, ArchiveError> {
    if !bytes.starts_with(b"\x1F\x8B\x08") {
        return Err(ArchiveError::NotGzip);
    }
    let mut archive = tar::Archive::new(MultiGzDecoder::new(bytes).take(MAX_UNPACKED));
    let mut files = Vec::new();
    let mut data = Vec::new();
    let mut remaining = MAX_ARCHIVE_SIZE;
    for (count, entry) in archive.entries()?.enumerate() {
        if count >= MAX_ARCHIVE_ENTRIES {
            return Err(ArchiveError::TooManyEntries);
        }
        let mut entry = entry?;
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
        if entry.size() > remaining {
            return Err(ArchiveError::TooLarge);
        }
        data.clear();
        (&mut entry).take(remaining).read_to_end(&mut data)?;
        remaining = remaining.saturating_sub(data.len() as u64);
        if remaining == 0 {
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

    #[test]
    fn archives_without_gzip_are_refused() {
        assert!(matches!(read_archive(b"name: x"), Err(ArchiveError::NotGzip)));
        assert!(matches!(
            read_archive(b"\x1F\x8B\x08junk"),
            Err(ArchiveError::Broken(_))
        ));
    }
}
