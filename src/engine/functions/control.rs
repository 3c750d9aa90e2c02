//! Functions that need the renderer: `include`, `tpl`, `required`, `fail`, `lookup`, `getHostByName`.
//!
//! Follows `pkg/engine/engine.go` of Helm. Messages of `required` and `fail` are wrapped in Helm's markers, which the
//! renderer cuts out of the complete error text, as Helm does.

use super::arguments::{any, error, text};
use super::json::from_go_json;
use super::table::fixed;
use crate::engine::template::{
    CallResult, Dict, Function, Host, LookedUp, Parameter, Text, Tolerated, Value, WARNING_END, WARNING_START,
};

use Parameter::{Any, Str};

/// Steps that running another template counts as, so that ten includes of ten, ten levels deep, soon reach the limit.
const TEMPLATE_COST: u64 = 20;

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    fixed("include", &[Str, Any], |host, a| {
        host.include(&text(a, 0), any(a, 1).clone())
    })
    .costing(TEMPLATE_COST),
    fixed("tpl", &[Str, Any], |host, a| host.tpl(&text(a, 0), any(a, 1).clone())).costing(TEMPLATE_COST),
    fixed("required", &[Str, Any], required),
    fixed("fail", &[Str], |host, a| refuse(host, &text(a, 0), Tolerated::Fail)),
    fixed("lookup", &[Str, Str, Str, Str], lookup),
    // Name resolution is off in Helm unless it is enabled.
    fixed("getHostByName", &[Str], |_, _| Ok(Value::str(""))),
];

/// Without a cluster nothing is found, and what is not found is an empty map.
fn lookup(host: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let part = |place: usize| text(arguments, place).to_str_lossy().into_owned();
    let (api_version, kind, namespace, name) = (part(0), part(1), part(2), part(3));
    let wanted = LookedUp {
        api_version: &api_version,
        kind: &kind,
        namespace: &namespace,
        name: &name,
    };
    match host.lookup(&wanted) {
        Ok(None) => Ok(Value::map(Dict::new())),
        Ok(Some(found)) => from_go_json(&found).or_else(error),
        Err(message) => error(message),
    }
}

fn required(host: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let value = any(arguments, 1);
    let message = || text(arguments, 0);
    match value {
        Value::Nil => refuse(host, &message(), Tolerated::Null),
        Value::Str(text) if text.is_empty() => refuse(host, &message(), Tolerated::Empty),
        _ => Ok(value.clone()),
    }
}

fn refuse(host: &mut dyn Host, message: &Text, tolerated: fn(String) -> Tolerated) -> CallResult {
    if host.tolerates(tolerated(message.to_str_lossy().into_owned())) {
        return Ok(Value::str(""));
    }
    error(format!("{WARNING_START}{message}{WARNING_END}"))
}
