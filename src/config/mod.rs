//! Our own settings: `chartwright.yaml`, and those that a repository is proposed.

mod ct_file;
mod environments;
mod file;
mod repositories;
mod trust;
mod first_run;

pub use file::FILE_NAME;
pub use first_run::{Proposal, ProposedFile, ProposedKind, Survey, SurveyError};
pub use repositories::BY_RULE;
pub use trust::{ReadConfigError, Settings};
