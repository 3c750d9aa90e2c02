//! Our own settings: `chartwright.yaml`, and those that a repository is proposed.

mod ct_file;
mod environments;
mod file;
mod nearest;
#[cfg(test)]
mod page_tests;
mod repositories;
mod trust;
mod first_run;
mod checkup;

pub use checkup::{Check, Logins, State, check_forge, check_git, check_login, check_settings};
pub use file::FILE_NAME;
pub use first_run::{Proposal, ProposedFile, ProposedKind, Survey, SurveyError};
pub use nearest::settings_directory;
pub use repositories::BY_RULE;
pub use trust::{ChartsError, ReadConfigError, Settings};
