//! `doctor`: what of git, the settings and the credentials works.
//!
//! In: a directory, its settings or why there are none, the variables of the CI system. Out: a [`Check`] for each thing that a command would
//! need. Nothing is written or fetched, and of credentials only the names of variables and files are known here.

mod git;
mod logins;
mod settings;

pub use git::check_git;
pub use logins::{Logins, check_forge, check_login};
pub use settings::check_settings;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It works.
    Works,
    /// Some commands cannot be used, or do more than they would otherwise.
    Warning,
    /// It does not work.
    Failed,
}

impl State {
    /// As tables and JSON spell it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Works => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// What was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What it is about.
    pub topic: String,
    /// How it ended.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do.
    pub advice: Option<String>,
}

impl Check {
    /// Something that works.
    pub fn works(topic: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            topic: topic.into(),
            state: State::Works,
            found: found.into(),
            advice: None,
        }
    }

    /// Something that only some commands need.
    pub fn warning(topic: impl Into<String>, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            state: State::Warning,
            advice: Some(advice.into()),
            ..Self::works(topic, found)
        }
    }

    /// Something that does not work.
    pub fn failed(topic: impl Into<String>, found: impl Into<String>, advice: Option<String>) -> Self {
        Self {
            state: State::Failed,
            advice,
            ..Self::works(topic, found)
        }
    }
}
