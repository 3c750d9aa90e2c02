//! A reproducible `.tgz`: the same files give the same bytes on any machine at any time.
//!
//! Nothing in it depends on the machine: all entries have one time stamp, one mode, no owner and a fixed order, the gzip
//! header has no time and no system, and the compressor is part of the program.

use std::io::{self, Write as _};

use flate2::{Compression, GzBuilder};

use crate::engine::chart::ChartFile;
use crate::text::calendar::FIRST_ARCHIVE_TIME;
use crate::text::compact_sort::sort_by_key;

/// Time stamp of every entry unless another is requested, in seconds since 1970.
pub const TIME: u64 = FIRST_ARCHIVE_TIME;
/// Mode of every entry.
const MODE: u32 = 0o644;
/// Compression level, zlib's default.
const LEVEL: u32 = 6;
/// "Unknown" in the gzip header.
const NO_SYSTEM: u8 = 255;

/// An archive that cannot be written, for example because tar cannot represent a name.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the archive: {0}")]
pub struct ArchiveWriteError(#[from] io::Error);

/// Packs `files` below a directory `name`: Chart.yaml first, so that readers find it at once, then by name.
///
/// # Errors
/// When tar cannot represent the name of a file.
pub fn pack(files: &[ChartFile], name: &str) -> Result<Vec<u8>, ArchiveWriteError> {
    let mut ordered: Vec<&ChartFile> = files.iter().collect();
    sort_by_key(&mut ordered, |file| (file.name != "Chart.yaml", file.name.as_str()));
    pack_in_order(ordered, name, TIME)
}

/// Packs `files` as they follow each other below a directory `name`, all with one time stamp, in seconds since 1970.
///
/// # Errors
/// When tar cannot represent the name of a file or the time.
pub(super) fn pack_in_order<'f>(
    files: impl IntoIterator<Item = &'f ChartFile>,
    name: &str,
    time: u64,
) -> Result<Vec<u8>, ArchiveWriteError> {
    let gzip = GzBuilder::new()
        .operating_system(NO_SYSTEM)
        .write(Vec::new(), Compression::new(LEVEL));
    let mut archive = tar::Builder::new(gzip);
    for file in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(file.data.len() as u64);
        header.set_mode(MODE);
        header.set_mtime(time);
        header.set_uid(0);
        header.set_gid(0);
        header.set_entry_type(tar::EntryType::Regular);
        archive.append_data(&mut header, format!("{name}/{}", file.name), &*file.data)?;
    }
    let mut gzip = archive.into_inner()?;
    gzip.flush()?;
    Ok(gzip.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::chart::{load_files, read_archive};

    fn file(name: &str, text: &str) -> ChartFile {
        ChartFile::new(name.to_owned(), text.as_bytes().to_vec())
    }

    #[test]
    fn the_order_of_files_does_not_matter_and_all_are_read_back() {
        let long = format!("templates/{}.yaml", "x".repeat(150));
        let files = [
            file("values.yaml", "a: 1\n"),
            file(&long, "b"),
            file("Chart.yaml", "name: c\nversion: 1.0.0\n"),
        ];
        let reversed: Vec<ChartFile> = files.iter().rev().cloned().collect();
        let packed = pack(&files, "c").unwrap();
        assert_eq!(packed, pack(&reversed, "c").unwrap());
        let read = read_archive(&packed).unwrap();
        let names: Vec<&str> = read.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["Chart.yaml", long.as_str(), "values.yaml"]);
        assert_eq!(load_files(read).unwrap().name(), "c");
    }

    #[test]
    fn the_header_does_not_depend_on_the_machine() {
        let packed = pack(&[file("Chart.yaml", "name: c\n")], "c").unwrap();
        assert_eq!(packed[..10], [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]);
    }
}
