//! Charts to repositories over HTTP whose servers keep the index: ChartMuseum, Artifactory, Nexus, GitLab, Gitea and Forgejo.

mod address;
mod api;
mod compare;
mod error;
mod form;
mod http_push;
mod server;

pub use address::{HttpAddressError, HttpRepository};
pub use api::{UnknownApi, UploadApi};
pub use compare::{Comparison, compare_with_repository};
pub use error::UploadError;
pub use http_push::HttpPush;
