//! The agent's port: requests over HTTP/1.1 in, what a function makes of them out. Bodies and headers have limits, and a client that is slow
//! is not waited for.

use std::convert::Infallible;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION, X_CONTENT_TYPE_OPTIONS};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::Semaphore;

use super::stop::Stop;
use crate::delivery::event::Header;

/// Most bytes of a request's body.
const BODY_BYTES: usize = 1 << 20;
/// Longest time for a request.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// Longest time for its headers.
const HEADER_LIMIT: Duration = Duration::from_secs(3);
/// Connections at once.
const CONNECTIONS: usize = 512;

/// A request that was read.
pub(super) struct ReadRequest {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<Header>,
    pub(super) body: Vec<u8>,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: String,
    /// Where a browser goes on.
    pub(super) location: Option<&'static str>,
}

/// What answers requests.
pub(super) type Handle = Arc<dyn Fn(ReadRequest) -> Answer + Send + Sync>;

/// Answers requests on a thread of its own, until the program ends, and notes when it is asked to.
pub(super) fn serve(listener: TcpListener, handle: Handle, stop: Arc<Stop>) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name("port".to_owned()).spawn(move || {
        // It ends with the program.
        let _ended = runtime.block_on(async {
            // Without them it ends at once, as any process does.
            let _listens = listen_for_signals(&stop);
            accept(listener, handle).await
        });
    })?;
    Ok(())
}

/// Notes the signals that ask the agent to end: as the first process of a container it would not get them otherwise.
#[cfg(unix)]
fn listen_for_signals(stop: &Arc<Stop>) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let mut signals = signal(kind)?;
        let stop = Arc::clone(stop);
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                stop.ask();
            }
        });
    }
    Ok(())
}

#[cfg(not(unix))]
fn listen_for_signals(_stop: &Arc<Stop>) -> io::Result<()> {
    Ok(())
}

async fn accept(listener: TcpListener, handle: Handle) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&free).acquire_owned().await else {
            return Ok(());
        };
        let Ok((stream, _)) = listener.accept().await else {
            // Too many files are open, for example.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let handle = Arc::clone(&handle);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(request, Arc::clone(&handle)));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_LIMIT)
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), service);
            // A client that goes away is its own affair.
            let _ended = tokio::time::timeout(TIME_LIMIT, connection).await;
            drop(permit);
        });
    }
}

async fn answer(request: Request<Incoming>, handle: Handle) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let answer = match Limited::new(body, BODY_BYTES).collect().await {
        Ok(body) => {
            let headers = parts.headers.iter().filter_map(|(name, value)| {
                Some(Header {
                    name: name.as_str().to_owned(),
                    value: value.to_str().ok()?.to_owned(),
                })
            });
            handle(ReadRequest {
                method: parts.method.as_str().to_owned(),
                path: parts.uri.path().to_owned(),
                headers: headers.collect(),
                body: body.to_bytes().to_vec(),
            })
        }
        Err(_) => Answer {
            status: 413,
            content_type: "text/plain; charset=utf-8",
            body: "the body is too long, or did not arrive\n".to_owned(),
            location: None,
        },
    };
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(location) = answer.location {
        headers.insert(LOCATION, HeaderValue::from_static(location));
    }
    Ok(response)
}
