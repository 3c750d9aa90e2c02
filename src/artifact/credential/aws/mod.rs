//! Logins of AWS: variables and profiles in, keys out, as AWS's SDKs find them
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>); and the signature of requests with them.

mod assume_role;
mod aws_keys;
mod aws_login;
mod aws_login_error;
mod aws_region;
mod aws_settings;
mod container_keys;
mod credential_process;
mod local_service;
mod machine_keys;
mod profiles;
mod signature;
mod single_sign_on;
mod token_service;
mod web_identity;

pub use aws_keys::AwsKeys;
pub use aws_login::AwsLogin;
pub use aws_login_error::AwsLoginError;
pub use aws_region::{aws_domain, is_region};
pub use aws_settings::AwsSettings;
pub use signature::{SigningScope, percent_encoded, sign_request};
pub use token_service::{TOKEN_HEADER, read_keys};
