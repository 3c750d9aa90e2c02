//! Logins of Google Cloud: what the environment says in, access tokens out.

mod google_login;
mod google_settings;

pub use google_login::{GoogleLogin, GoogleLoginError};
pub use google_settings::GoogleSettings;
