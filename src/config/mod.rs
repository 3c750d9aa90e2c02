//! Our own settings: `chartwright.yaml`.

mod ct_file;
mod environments;
mod file;
#[cfg(test)]
mod page_tests;
mod repositories;
mod trust;

pub use repositories::BY_RULE;
pub use trust::{ReadConfigError, Settings};
