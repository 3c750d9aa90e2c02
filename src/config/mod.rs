//! Our own settings: `chartwright.yaml`.

mod environments;
mod file;
mod repositories;
mod trust;

pub use repositories::BY_RULE;
pub use trust::{ReadConfigError, Settings};
