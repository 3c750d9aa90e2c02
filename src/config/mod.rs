//! Our own settings: `chartwright.yaml`.

mod file;
mod trust;

pub use trust::{ReadConfigError, Settings};
