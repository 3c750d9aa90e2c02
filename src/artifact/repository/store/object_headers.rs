//! What clients and caches of an object are to know: a name in, `Content-Type` and `Cache-Control` out.

/// The headers that an object is stored with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ObjectHeaders {
    /// `Content-Type`.
    pub(super) content_type: &'static str,
    /// `Cache-Control`. An index must not be cached, since it changes with every push.
    pub(super) cache_control: Option<&'static str>,
}

/// The headers for the object of a name.
pub(super) fn object_headers(name: &str) -> ObjectHeaders {
    let (content_type, cache_control) = match name.rsplit_once('.') {
        Some((_, "tgz")) => ("application/gzip", None),
        Some((_, "yaml")) => ("application/x-yaml", Some("no-cache")),
        Some((_, "prov")) => ("text/plain; charset=utf-8", None),
        _ => ("application/octet-stream", None),
    };
    ObjectHeaders {
        content_type,
        cache_control,
    }
}
