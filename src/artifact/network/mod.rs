//! The network, in one place: one runtime, one TLS library, one client with the process's proxies, one policy for
//! retries. Only commands that reach a remote repository or schema start it.

mod authorities;
mod client;
mod clock;
mod http;
mod http_error;
mod mail;
mod notes;
mod pem;
mod remote_document;
mod remote_schema;
mod retry;
mod runtime;
mod secret;
mod tls;

pub use client::{CertificateCheck, NetworkError, NetworkSettings, ProxySettings, TlsSettings};
pub use clock::Clock;
#[cfg(test)]
pub(crate) use clock::TestClock;
pub use http::{HttpAnswer, HttpClient, HttpRequest, Method, Url};
pub use http_error::HttpError;
pub use mail::{MailError, send_mail};
pub use notes::Notes;
pub use pem::{PemFault, check_authorities, check_certificate, check_key};
pub use remote_document::RemoteDocuments;
pub use remote_schema::RemoteSchemas;
pub use retry::{Exhausted, RetryPolicy, Verdict, judge_error, judge_status};
pub use runtime::Network;
pub use secret::Secret;
pub use tls::CertificateRefusal;
