//! When a package was made, from the package itself: the newest time of a file in it.
//!
//! Helm takes the time of the file on disk, in local time, so each machine makes another manifest of the same package.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;

use crate::text::calendar::FIRST_ARCHIVE_TIME;
use crate::text::limits::{CHART_FILES, FILE_BYTES};

/// The time of packages that are made without one, in seconds since 1970.
const FIXED: i64 = FIRST_ARCHIVE_TIME.cast_signed();

/// Whether a manifest names the time of packages that are made without one, as earlier versions wrote it.
pub(super) fn is_fixed_time(created: &str) -> bool {
    created
        .parse::<jiff::Timestamp>()
        .is_ok_and(|created| created.as_second() == FIXED)
}

/// The time in UTC, as RFC 3339; `None` where the files have no times, or the one that packages without a time have.
pub(super) fn package_time(archive: &[u8]) -> Option<String> {
    let unpacked = MultiGzDecoder::new(archive).take(2 * FILE_BYTES);
    let mut tar = tar::Archive::new(unpacked);
    let mut newest = 0;
    // What cannot be read is refused elsewhere.
    for entry in tar.entries().ok()?.take(CHART_FILES).map_while(Result::ok) {
        newest = newest.max(entry.header().mtime().unwrap_or(0));
    }
    let seconds = i64::try_from(newest)
        .ok()
        .filter(|&seconds| seconds != FIXED && seconds > 0)?;
    Some(jiff::Timestamp::from_second(seconds).ok()?.to_string())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn archive(times: &[u64]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (number, &time) in times.iter().enumerate() {
            let mut header = tar::Header::new_gnu();
            header.set_size(0);
            header.set_mtime(time);
            tar.append_data(&mut header, format!("c/{number}"), &b""[..]).unwrap();
        }
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&tar.into_inner().unwrap()).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn the_newest_file_counts() {
        for (times, want) in [
            (&[0, 315_532_801, 7][..], Some("1980-01-01T00:00:01Z")),
            (&[0, 315_532_800, 7], None),
            (&[1_700_000_000], Some("2023-11-14T22:13:20Z")),
            (&[0, 0], None),
            (&[], None),
        ] {
            assert_eq!(package_time(&archive(times)).as_deref(), want, "{times:?}");
        }
        assert_eq!(package_time(b"not an archive"), None);
    }
}
