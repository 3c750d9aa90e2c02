//! The network, in one place: one runtime, one TLS library, one client with the process's proxies, one policy for
//! retries. Only commands that reach a remote repository or schema start it.

mod client;
mod clock;
mod http;
mod notes;
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
pub use http::{HttpAnswer, HttpClient, HttpError, HttpRequest, Method, Url};
pub use notes::Notes;
pub use remote_document::RemoteDocuments;
pub use remote_schema::RemoteSchemas;
pub use retry::{Exhausted, RetryPolicy, Verdict, judge_error, judge_status};
pub use runtime::Network;
pub use secret::Secret;
