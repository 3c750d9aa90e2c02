//! A plan as a file: what was shown to somebody, so that exactly that can be carried out later, or nothing. It has digests of what would be
//! applied, and none of it.

use serde::{Deserialize, Serialize};

use super::plan::EnvironmentPlan;

/// The version of the form.
const VERSION: u32 = 1;

/// Plans that were made together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanFile {
    version: u32,
    /// The commit that they were made from.
    pub commit: String,
    /// Releases that are meant; all of them without any.
    pub releases: Vec<String>,
    /// The environments, in order.
    pub environments: Vec<AgreedPlan>,
}

/// The plan of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AgreedPlan {
    /// The environment.
    pub environment: String,
    /// What stands for all that would be applied, and for what it would be applied to.
    pub digest: String,
}

/// A file that is not a plan.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanFileError {
    /// It is something else.
    #[error("it is not a plan that `apply --plan-out` wrote: {0}")]
    NotAPlan(String),
    /// It is of another version of this program.
    #[error("it is a plan of version {0}, and this program reads version {VERSION}: plan it again")]
    Version(u32),
}

impl PlanFile {
    /// No environments yet.
    pub const fn new(commit: String, releases: Vec<String>) -> Self {
        Self {
            version: VERSION,
            commit,
            releases,
            environments: Vec::new(),
        }
    }

    /// Adds the plan of an environment.
    pub fn add(&mut self, plan: &EnvironmentPlan) {
        self.environments.retain(|known| known.environment != plan.environment);
        self.environments.push(AgreedPlan {
            environment: plan.environment.clone(),
            digest: plan.digest(),
        });
    }

    /// The plan of an environment.
    pub fn digest_of(&self, environment: &str) -> Option<&str> {
        let found = self.environments.iter().find(|one| one.environment == environment)?;
        Some(&found.digest)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it is not a plan, or of another version.
    pub fn parse(text: &[u8]) -> Result<Self, PlanFileError> {
        let found: Self = serde_json::from_slice(text).map_err(|error| PlanFileError::NotAPlan(error.to_string()))?;
        if found.version != VERSION {
            return Err(PlanFileError::Version(found.version));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_read_as_they_were_written_and_nothing_else_is() {
        let mut file = PlanFile::new("abc".to_owned(), vec!["web".to_owned()]);
        file.environments.push(AgreedPlan {
            environment: "testing".to_owned(),
            digest: "0a".to_owned(),
        });
        let text = serde_json::to_string(&file).unwrap();
        assert_eq!(PlanFile::parse(text.as_bytes()), Ok(file.clone()));
        assert_eq!((file.digest_of("testing"), file.digest_of("other")), (Some("0a"), None));
        let later = text.replace("\"version\":1", "\"version\":2");
        assert_eq!(PlanFile::parse(later.as_bytes()), Err(PlanFileError::Version(2)));
        for text in ["", "{}", "[]", &text.replace("commit", "comit")] {
            assert!(
                matches!(PlanFile::parse(text.as_bytes()), Err(PlanFileError::NotAPlan(_))),
                "{text}"
            );
        }
    }
}
