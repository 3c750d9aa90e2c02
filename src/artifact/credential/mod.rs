//! Credentials for repositories and registries: Helm's repositories.yaml, docker's and podman's files and helper programs, the
//! logins of Google and of the AWS tools, and the certificates that flags name. What is secret is a [`crate::artifact::network::Secret`], so no debug output shows it.

mod aws;
mod certificate_files;
mod credential_error;
mod credential_helper;
mod docker_config;
mod google;
mod helm_home;
mod login;
mod registry_logins;
mod repositories_file;

pub use aws::{
    AwsKeys, AwsLogin, AwsLoginError, AwsSettings, SigningScope, TOKEN_HEADER, aws_domain, is_region, percent_encoded,
    read_keys, sign_request,
};
pub use certificate_files::{CertificateFiles, NamedAuthorities};
pub use credential_error::CredentialError;
pub use google::{GoogleLogin, GoogleLoginError, GoogleSettings};
pub use helm_home::HelmHome;
pub use login::Login;
pub use registry_logins::RegistryLogins;
pub use repositories_file::{RepositoriesFile, RepositoryEntry, is_same_address};
