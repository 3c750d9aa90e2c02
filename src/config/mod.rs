//! Our own settings: `chartwright.yaml`.

mod file;

pub use file::{Config, ConfigError, FILE_NAME, Ignored};
