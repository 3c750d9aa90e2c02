//! `urlParse` and `urlJoin`.
//!
//! Follows Sprig's `url.go`; URLs are taken apart in `text::go::url`.

use super::arguments::{bytes, error, map};
use super::kinds::kind;
use super::table::fixed;
use crate::engine::template::{CallError, CallResult, Function, Growth, Host, Map, Parameter, Value};
use crate::text::go::url::{Url, parse};

use Parameter::Str;

/// Steps that sixteen bytes of the parts of an address count as: each byte is looked at, and may be escaped.
const JOINING_COST: u64 = 16;

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    fixed("urlParse", &[Str], url_parse),
    fixed("urlJoin", &[Parameter::Map], url_join)
        .growing(Growth::WrittenOut)
        .costing_by_growth(JOINING_COST),
];

fn url_parse(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let url = match parse(bytes(arguments, 0)) {
        Ok(url) => url,
        Err(problem) => return error(format!("unable to parse url: {problem}")),
    };
    let user = url.user_text();
    let hostname = url.hostname().to_vec();
    Ok(Value::map_of([
        ("scheme", Value::str(url.scheme)),
        ("host", Value::str(url.host)),
        ("hostname", Value::str(hostname)),
        ("path", Value::str(url.path)),
        ("query", Value::str(url.raw_query)),
        ("opaque", Value::str(url.opaque)),
        ("fragment", Value::str(url.fragment)),
        ("userinfo", Value::str(user)),
    ]))
}

fn url_join(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let parts = map(arguments, 0);
    let mut url = Url {
        scheme: entry(&parts, "scheme")?,
        host: entry(&parts, "host")?,
        path: entry(&parts, "path")?,
        raw_query: entry(&parts, "query")?,
        opaque: entry(&parts, "opaque")?,
        fragment: entry(&parts, "fragment")?,
        ..Url::default()
    };
    let user = entry(&parts, "userinfo")?;
    if !user.is_empty() {
        match parse(&[b"proto://", user.as_slice(), b"@host"].concat()) {
            Ok(parsed) => url.user = parsed.user,
            Err(problem) => return error(format!("unable to parse userinfo in dict: {problem}")),
        }
    }
    Ok(Value::str(url.text()))
}

fn entry(parts: &Map, key: &str) -> Result<Vec<u8>, CallError> {
    match parts.get(key.as_bytes()) {
        None => Ok(Vec::new()),
        Some(Value::Str(text)) => Ok(text.as_bytes().to_vec()),
        Some(Value::Nil) => error(super::arguments::NIL_DEREFERENCE),
        Some(other) => error(format!(
            "unable to parse {key} key, must be of type string, but {} found",
            kind(&other)
        )),
    }
}
