//! `toToml`, `mustToToml` and `fromToml`.
//!
//! Follows `pkg/engine/funcs.go` of Helm: errors become the output, or the entry `Error`.

use super::super::arguments::{any, bytes};
use super::super::go_time::Zone;
use super::super::table::fixed;
use super::decode::decode;
use super::encode::{EncodeError, encode};
use crate::engine::template::{CallError, Function, Growth, Parameter, Value};

use Parameter::{Any, Str};

/// Steps that a kibibyte of TOML counts as.
const PARSING_COST: u64 = 640;

/// Steps that sixteen bytes count as that are written as TOML.
const WRITING_COST: u64 = 4;

/// The functions of this family.
pub(in super::super) static FUNCTIONS: &[Function] = &[
    fixed("toToml", &[Any], |_, a| match encode(any(a, 0)) {
        Ok(text) => Ok(Value::str(text)),
        Err(EncodeError::Refused(problem)) => Ok(Value::str(problem)),
        Err(EncodeError::Panic(problem)) => Err(CallError::Message(problem)),
    })
    .growing(Growth::WrittenOut)
    .costing_by_growth(WRITING_COST),
    fixed("mustToToml", &[Any], |_, a| match encode(any(a, 0)) {
        Ok(text) => Ok(Value::str(text)),
        Err(EncodeError::Refused(problem) | EncodeError::Panic(problem)) => Err(CallError::Message(problem)),
    })
    .growing(Growth::WrittenOut)
    .costing_by_growth(WRITING_COST),
    fixed("fromToml", &[Str], |host, a| {
        let local = Zone::local(host.local_zone());
        Ok(match decode(bytes(a, 0), &local) {
            Ok(table) => table,
            Err(problem) => Value::map_of([("Error", Value::str(problem))]),
        })
    })
    .costing_by_size(PARSING_COST),
];
