//! Logins of Google Cloud: what the environment says in, access tokens out, as Google's client libraries find them
//! (<https://google.aip.dev/auth/4110>).

mod access_token;
mod credentials_file;
mod external_account;
mod google_login;
mod google_login_error;
mod google_settings;
mod metadata_server;
mod service_account;
mod token_request;

pub use google_login::GoogleLogin;
pub use google_login_error::GoogleLoginError;
pub use google_settings::GoogleSettings;
