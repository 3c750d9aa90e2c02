//! The variables that say who the user is for Google, in the names of gcloud and of Google's client libraries.

use std::fmt;

/// The variables that are read.
const VARIABLES: [&str; 2] = ["GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN"];

/// What the environment says about logins of Google.
#[derive(Clone, Default)]
pub struct GoogleSettings(Vec<(&'static str, String)>);

impl fmt::Debug for GoogleSettings {
    /// Only the names, since some values are credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl GoogleSettings {
    /// The settings among the variables that `variable` gives.
    pub fn from_variables(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = VARIABLES.iter().filter_map(|name| Some((*name, variable(name)?)));
        Self(set.collect())
    }

    /// A variable.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }
}
