//! Time zones: UTC, fixed offsets, and the bundled zone database by name.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::text::time_zones::time_zone;

/// A `*time.Location`.
#[derive(Debug, Clone)]
pub enum Zone {
    /// `time.UTC`
    Utc,
    /// `time.FixedZone`: an abbreviation, perhaps empty, and seconds east of Greenwich.
    Fixed(String, i32),
    /// A zone of the database; the name is what `Location.String` shows.
    Named(String, TimeZone),
}

impl Zone {
    /// `time.LoadLocation`: by name, which is case-sensitive; `Local` is the zone named `local`.
    pub fn load(name: &str, local: &str) -> Option<Self> {
        match name {
            "" | "UTC" => Some(Self::Utc),
            "Local" => Some(Self::local(local)),
            _ => time_zone(name).map(|zone| Self::Named(name.to_owned(), zone)),
        }
    }

    /// `time.Local`, in the zone of that name; UTC when there is none.
    pub fn local(name: &str) -> Self {
        match name {
            "" | "UTC" => Self::Utc,
            _ => time_zone(name).map_or(Self::Utc, |zone| Self::Named("Local".to_owned(), zone)),
        }
    }

    /// Abbreviation and offset in seconds at an instant.
    pub fn at(&self, unix_seconds: i64) -> (String, i32) {
        match self {
            Self::Utc => ("UTC".to_owned(), 0),
            Self::Fixed(name, offset) => (name.clone(), *offset),
            Self::Named(_, zone) => match Timestamp::from_second(unix_seconds) {
                Ok(instant) => {
                    let info = zone.to_offset_info(instant);
                    (info.abbreviation().to_owned(), info.offset().seconds())
                }
                Err(_) => ("UTC".to_owned(), 0),
            },
        }
    }

    /// The name that `Location.String` shows.
    pub fn name(&self) -> &str {
        match self {
            Self::Utc => "UTC",
            Self::Fixed(name, _) | Self::Named(name, _) => name,
        }
    }

    /// Seconds since 1970 of a wall clock reading, given as if it were UTC. Where the clock jumps, one of the two
    /// offsets is used, as in `time.Date`.
    pub fn from_wall_clock(&self, wall: i64) -> i64 {
        let (_, offset) = self.at(wall);
        if offset == 0 {
            return wall;
        }
        let (_, offset) = self.at(wall.saturating_sub(i64::from(offset)));
        wall.saturating_sub(i64::from(offset))
    }
}
