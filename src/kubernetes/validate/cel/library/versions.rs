//! Versions (`k8s.io/apiserver/pkg/cel/library/semverlib.go`).

use std::sync::Arc;

use super::super::budget::{Budget, Fault, Outcome};
use super::super::value::Value;
use super::super::version::Version;
use super::arguments::no_function;

fn read(name: &str, arguments: &[Value]) -> Outcome<Result<Version, String>> {
    match arguments {
        [Value::String(text)] | [Value::String(text), Value::Bool(false)] => Ok(Version::parse(text)),
        [Value::String(text), Value::Bool(true)] => Ok(Version::parse_leniently(text)),
        _ => Err(no_function(name, arguments)),
    }
}

/// `semver(text)`, `semver(text, isLenient)`
pub fn semver(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let version = read(name, arguments)?.map_err(Fault::Error)?;
    Ok(Value::Version(Arc::new(version)))
}

/// `isSemver(text)`, `isSemver(text, isLenient)`
pub fn is_semver(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    Ok(Value::Bool(read(name, arguments)?.is_ok()))
}

/// The numbers of a version.
pub fn number(name: &str, arguments: &[Value], _: &mut Budget) -> Outcome<Value> {
    let [Value::Version(version)] = arguments else {
        return Err(no_function(name, arguments));
    };
    let number = match name {
        "major" => version.major,
        "minor" => version.minor,
        _ => version.patch,
    };
    // Go wraps what does not fit.
    Ok(Value::Int(number.cast_signed()))
}
