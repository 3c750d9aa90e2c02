//! Our own settings: `chartwright.yaml`.

mod file;

pub use file::{Config, FILE_NAME};
