//! The time zones of the IANA database, which is part of the program: a container has them where the system has none.
//!
//! In: a name. Out: the zone. The build script packs the database: names of a zone with blanks between them, a line feed, the length of its
//! data, the data. It is unpacked when the first zone is looked up.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use jiff::tz::TimeZone;

use super::packed::unpacked;

/// The database, as the build script packs it.
const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/time_zones.gz"));

static DATABASE: LazyLock<Vec<u8>> = LazyLock::new(|| unpacked(PACKED));

/// Zones that were looked up before: templates look the same ones up again and again.
static KNOWN: Mutex<BTreeMap<String, TimeZone>> = Mutex::new(BTreeMap::new());

/// The zone of a name, as Go finds it in a database: upper and lower case matter.
pub fn time_zone(name: &str) -> Option<TimeZone> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(zone) = known.get(name) {
        return Some(zone.clone());
    }
    let (_, data) = entries().find(|(names, _)| names.split(' ').any(|one| one == name))?;
    let zone = TimeZone::tzif(name, data).ok()?;
    known.insert(name.to_owned(), zone.clone());
    Some(zone)
}

/// The zones: names with blanks between them, and data.
fn entries() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    let mut rest = DATABASE.as_slice();
    std::iter::from_fn(move || {
        let end = memchr::memchr(b'\n', rest)?;
        let (names, after) = rest.split_at_checked(end)?;
        let (length, after) = after.get(1..)?.split_first_chunk()?;
        let (data, after) = after.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        rest = after;
        Some((std::str::from_utf8(names).ok()?, data))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_is_in_the_program() {
        let names: Vec<&str> = entries().flat_map(|(names, _)| names.split(' ')).collect();
        assert!(names.len() > 590, "{}", names.len());
        for name in names {
            let zone = time_zone(name).expect(name);
            assert_eq!(zone.iana_name(), Some(name));
            assert_eq!(time_zone(name), Some(zone));
        }
    }

    #[test]
    fn names_are_compared_letter_by_letter() {
        for name in ["Europe/Berlin", "UTC", "US/Eastern", "Asia/Kolkata", "Asia/Calcutta"] {
            assert!(time_zone(name).is_some(), "{name}");
            assert!(time_zone(&name.to_lowercase()).is_none(), "{name}");
        }
        for name in ["", " ", "Europe", "Berlin", "Local", "Etc/Unknown", "Europe/Berlin "] {
            assert!(time_zone(name).is_none(), "{name}");
        }
    }

    #[test]
    fn zones_have_their_offsets() {
        let instant = "2026-07-01T12:00:00Z".parse().unwrap();
        for (name, seconds, abbreviation) in [
            ("Europe/Berlin", 7_200, "CEST"),
            ("Asia/Kolkata", 19_800, "IST"),
            ("America/New_York", -14_400, "EDT"),
            ("US/Eastern", -14_400, "EDT"),
        ] {
            let zone = time_zone(name).unwrap();
            let info = zone.to_offset_info(instant);
            assert_eq!(
                (info.offset().seconds(), info.abbreviation()),
                (seconds, abbreviation),
                "{name}"
            );
        }
    }
}
