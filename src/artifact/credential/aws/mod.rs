//! Logins of the AWS tools' own files: profiles in, keys out, as AWS's SDKs find them
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>). Variables, web identity, containers and
//! machines are what the crate `object_store` knows.

mod assume_role;
mod aws_keys;
mod aws_login;
mod aws_login_error;
mod aws_settings;
mod credential_process;
mod profiles;
mod single_sign_on;

pub use aws_keys::AwsKeys;
pub use aws_login::AwsLogin;
pub use aws_login_error::AwsLoginError;
pub use aws_settings::AwsSettings;
