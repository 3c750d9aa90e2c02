//! `semver` and `semverCompare`, and the `*semver.Version` that templates see.
//!
//! Follows Sprig's `semver.go`; the rules are in [`crate::text::semver`].

use std::any::Any as StdAny;
use std::rc::Rc;

use super::arguments::{error, string};
use super::table::fixed;
use crate::engine::template::{CallError, CallResult, Function, Host, Object, Parameter, Text, Value};
use crate::text::semver::{Constraint, Version};

use Parameter::Str;

/// Steps that a comparison counts as, whose constraint is read each time.
const COMPARISON_COST: u64 = 40;
/// Steps that reading a version counts as.
const VERSION_COST: u64 = 8;
/// Steps that a kibibyte of a constraint and a version counts as.
const CONSTRAINT_COST: u64 = 512;

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    fixed("semver", &[Str], semver)
        .costing(VERSION_COST)
        .costing_by_size(CONSTRAINT_COST),
    fixed("semverCompare", &[Str, Str], compare)
        .costing(COMPARISON_COST)
        .costing_by_size(CONSTRAINT_COST),
];

fn semver(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let version = parse(&string(arguments, 0))?;
    Ok(VersionObject::pointer(version))
}

fn parse(text: &str) -> Result<Version, CallError> {
    Version::parse(text).map_err(|problem| CallError::Message(problem.to_string()))
}

fn compare(_: &mut dyn Host, arguments: &[Value]) -> CallResult {
    let constraint =
        Constraint::parse(&string(arguments, 0)).map_err(|problem| CallError::Message(problem.to_string()))?;
    let version = parse(&string(arguments, 1))?;
    Ok(Value::Bool(constraint.check(&version)))
}

/// `*semver.Version`, or `semver.Version` as `IncMajor` and its relatives give it.
#[derive(Debug, Clone)]
pub(super) struct VersionObject {
    version: Version,
    type_name: &'static str,
}

impl VersionObject {
    fn pointer(version: Version) -> Value {
        Value::Object(Rc::new(Self {
            version,
            type_name: "*semver.Version",
        }))
    }

    fn plain(version: Version) -> Value {
        Value::Object(Rc::new(Self {
            version,
            type_name: "semver.Version",
        }))
    }

    fn compare_with(&self, name: &str, arguments: &[Value]) -> CallResult {
        let other = match arguments.first() {
            Some(Value::Object(object)) => object.as_any().downcast_ref::<Self>(),
            _ => None,
        };
        let Some(other) = other else {
            let given = arguments.first().map_or("<nil>", Value::type_name);
            return error(format!("wrong type for value; expected *semver.Version; got {given}"));
        };
        let order = self.version.compare(&other.version);
        Ok(match name {
            "Compare" => Value::Int(order as i64),
            "Equal" => Value::Bool(order.is_eq()),
            "LessThan" => Value::Bool(order.is_lt()),
            "LessThanEqual" => Value::Bool(order.is_le()),
            "GreaterThan" => Value::Bool(order.is_gt()),
            _ => Value::Bool(order.is_ge()),
        })
    }
}

fn incremented(part: &str, next: Option<Version>) -> CallResult {
    match next {
        Some(version) => Ok(VersionObject::plain(version)),
        None => error(format!("{part} version increment would overflow uint64")),
    }
}

impl Object for VersionObject {
    fn type_name(&self) -> &'static str {
        self.type_name
    }

    fn field(&self, _: &str) -> Option<Value> {
        None
    }

    fn method_parameters(&self, name: &str) -> Option<&'static [Parameter]> {
        match name {
            "Major" | "Minor" | "Patch" | "Prerelease" | "Metadata" | "Original" | "String" | "IncPatch"
            | "IncMinor" | "IncMajor" | "MarshalText" => Some(&[]),
            "SetPrerelease" | "SetMetadata" => Some(&[Str]),
            _ => None,
        }
    }

    fn call_method(&self, name: &str, arguments: &[Value]) -> Option<CallResult> {
        let version = &self.version;
        let first = || match arguments.first() {
            Some(Value::Str(text)) => text.to_str_lossy().into_owned(),
            _ => String::new(),
        };
        Some(match name {
            "Major" => Ok(Value::Uint64(version.major)),
            "Minor" => Ok(Value::Uint64(version.minor)),
            "Patch" => Ok(Value::Uint64(version.patch)),
            "Prerelease" => Ok(Value::str(version.pre.as_str())),
            "Metadata" => Ok(Value::str(version.metadata.as_str())),
            "Original" => Ok(Value::str(version.original.as_str())),
            "String" => Ok(Value::str(version.to_string())),
            "IncPatch" => incremented("patch", version.next_patch()),
            "IncMinor" => incremented("minor", version.next_minor()),
            "IncMajor" => incremented("major", version.next_major()),
            "SetPrerelease" => version
                .with_prerelease(&first())
                .map(Self::plain)
                .map_err(|problem| CallError::Message(problem.to_string())),
            "SetMetadata" => version
                .with_metadata(&first())
                .map(Self::plain)
                .map_err(|problem| CallError::Message(problem.to_string())),
            "MarshalText" => Ok(Value::Bytes(version.to_string().into_bytes().into())),
            "MarshalJSON" => Ok(Value::Bytes(format!("\"{version}\"").into_bytes().into())),
            "Value" => Ok(Value::str(version.to_string())),
            "Compare" | "Equal" | "LessThan" | "LessThanEqual" | "GreaterThan" | "GreaterThanEqual" => {
                self.compare_with(name, arguments)
            }
            _ => return None,
        })
    }

    fn display(&self) -> Text {
        Text::from(self.version.to_string())
    }

    fn encoded(&self) -> Option<Value> {
        Some(Value::str(self.version.to_string()))
    }

    fn as_any(&self) -> &dyn StdAny {
        self
    }
}
