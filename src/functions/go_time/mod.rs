//! Go's `time` package as templates see it: instants, durations, layouts, zones.

mod duration;
mod instant;
mod layout;
mod parse;
mod parse_duration;
mod zone;

pub use duration::{Duration, HOUR, MINUTE, Month, SECOND, Weekday};
pub use instant::Time;
pub use zone::Zone;

pub(super) use parse::parse_time;
pub(super) use parse_duration::parse_duration;
