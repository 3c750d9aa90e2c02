//! URLs (`k8s.io/apiserver/pkg/cel/library/urls.go`).

use std::sync::Arc;

use crate::text::go::url::{parse, parse_request};

use super::super::budget::{Budget, Fault, Outcome};
use super::super::mapping::{Key, Mapping, MappingKind};
use super::super::value::Value;
use super::arguments::{no_function, one};

/// `url(text)`
pub fn url(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let text: &str = one(name, arguments)?;
    let fault = |words: String| Fault::error(format!("URL parse error during conversion from string: {words}"));
    parse_request(text.as_bytes()).map_err(fault)?;
    let url = parse(text.as_bytes()).map_err(fault)?;
    Ok(Value::Url(Arc::new(url)))
}

/// `isURL(text)`
pub fn is_url(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let text: &str = one(name, arguments)?;
    Ok(Value::Bool(parse_request(text.as_bytes()).is_ok()))
}

/// The parts of a URL, by the names of methods.
pub fn part(name: &str, arguments: &[Value], budget: &mut Budget) -> Outcome<Value> {
    let [Value::Url(url)] = arguments else {
        return Err(no_function(name, arguments));
    };
    let text = |bytes: &[u8]| Value::text(&String::from_utf8_lossy(bytes));
    Ok(match name {
        "getScheme" => text(&url.scheme),
        "getHost" => text(&url.host),
        "getHostname" => text(url.hostname()),
        "getPort" => text(url.port()),
        "getEscapedPath" => text(&url.escaped_path()),
        "getQuery" => {
            let mut found: Vec<(String, Vec<String>)> = Vec::new();
            for (key, value) in url.query() {
                budget.work(found.len() as u64 + 1)?;
                let key = String::from_utf8_lossy(&key).into_owned();
                let value = String::from_utf8_lossy(&value).into_owned();
                match found.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, values)) => values.push(value),
                    None => found.push((key, vec![value])),
                }
            }
            let mut query = Mapping::new(MappingKind::Plain);
            for (key, values) in found {
                query.insert(Key::String(Arc::from(key)), Value::texts(values));
            }
            Value::Map(Arc::new(query))
        }
        _ => return Err(no_function(name, arguments)),
    })
}
