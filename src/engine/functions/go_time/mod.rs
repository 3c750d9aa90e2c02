//! Go's `time` package as templates see it: instants, durations, layouts, zones.

mod duration;
mod instant;
mod layout;
mod parse;
mod zone;

pub use duration::{Duration, HOUR, MINUTE, Month, SECOND, Weekday};
pub use instant::Time;
pub use zone::Zone;

pub use parse::parse_time;

/// `time.ParseDuration`, or Go's error text.
pub(super) fn parse_duration(text: &[u8]) -> Result<Duration, String> {
    crate::text::go::duration::parse_duration(text).map(Duration)
}
