//! Where logins are: names of variables and files. No value is read that is not needed to find out which file has a login.

use super::Check;
use crate::artifact::credential::{AwsSettings, GoogleSettings, RegistryLogins, RepositoriesFile};
use crate::artifact::remote::{PublishTarget, UploadLogin};
use crate::artifact::repository::Location;
use crate::delivery::forge::ForgeKind;

/// The places where commands look for logins.
#[derive(Debug)]
pub struct Logins {
    /// For S3.
    pub aws: AwsSettings,
    /// For Google Cloud Storage.
    pub google: GoogleSettings,
    /// For registries.
    pub registries: RegistryLogins,
    /// Helm's list of repositories.
    pub repositories: RepositoriesFile,
    /// For servers over HTTP.
    pub uploads: UploadLogin,
}

/// The token for the forge that has a remote.
pub fn check_forge(remote: &str, variables: &dyn Fn(&str) -> Option<String>) -> Check {
    let Some(kind) = ForgeKind::of_remote(remote, variables) else {
        let advice = "--pull-request needs --forge github or --forge gitlab";
        return Check::warning(
            "forge",
            "neither the remote nor the CI system says which forge it is",
            advice,
        );
    };
    let (forge, names) = (kind.name(), kind.token_variables());
    match names.iter().find(|name| variables(name).is_some()) {
        Some(name) => Check::works("forge", format!("{forge}, with the token in {name}")),
        None => Check::warning(
            "forge",
            format!("{forge}, without a token"),
            format!("--pull-request needs one: set {}", names.join(" or ")),
        ),
    }
}

/// Where the login for a repository is; nothing for a directory.
pub fn check_login(topic: &str, target: &PublishTarget, logins: &Logins) -> Option<Check> {
    let topic = format!("login of {topic}");
    let among = |places: Vec<String>, advice: &str| match places.as_slice() {
        [] => Check::warning(topic.as_str(), "none is found in variables and files", advice),
        _ => Check::works(topic.as_str(), places.join(", ")),
    };
    Some(match target {
        PublishTarget::Indexed(indexed) => match indexed.location {
            Location::Disk(_) => return None,
            Location::S3 { .. } => among(
                logins.aws.login_places(),
                "that of the machine or container is used, if it has one; else set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
            ),
            Location::Gcs { .. } => among(
                logins.google.login_places(),
                "that of the machine is used, if it has one; else name a key file in GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth application-default login`",
            ),
        },
        PublishTarget::Registry(reference) => {
            match logins.registries.login_file(&reference.host, &reference.repository) {
                Ok(Some(file)) => Check::works(topic.as_str(), file.display().to_string()),
                Ok(None) => Check::warning(
                    topic.as_str(),
                    "no file of Helm, docker or podman has one",
                    format!("pushing needs one: docker login {}", reference.host),
                ),
                Err(error) => Check::failed(topic.as_str(), error.to_string(), None),
            }
        }
        PublishTarget::Server(_) => {
            let is_listed = logins
                .repositories
                .at(&target.to_string())
                .is_some_and(|entry| entry.login.is_some());
            match &logins.uploads.login {
                Err(error) => Check::failed(topic.as_str(), error.to_string(), None),
                Ok(Some(_)) => Check::works(topic.as_str(), "HELM_REPO_* variables"),
                Ok(None) if is_listed => Check::works(topic.as_str(), "Helm's list of repositories"),
                Ok(None) => Check::warning(
                    topic.as_str(),
                    "neither HELM_REPO_* variables nor Helm's list of repositories has one",
                    "pushing may need one: helm repo add --username, or set HELM_REPO_USERNAME and HELM_REPO_PASSWORD",
                ),
            }
        }
    })
}
