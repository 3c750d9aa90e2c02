//! `toYaml`, `fromYaml` and their relatives. Follows `pkg/engine/funcs.go` of Helm.

use super::arguments::{any, bytes};
use super::table::fixed;
use super::yaml_value::{ToYamlError, from_yaml, from_yaml_array, to_yaml, to_yaml_pretty};
use crate::engine::template::{Function, Growth, Parameter, Value};

use Parameter::{Any, Str};

/// Steps that a kibibyte of YAML counts as.
const PARSING_COST: u64 = 320;

/// Steps that sixteen bytes count as that are written as YAML: every text is examined for how it has to be quoted.
const WRITING_COST: u64 = 20;

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    fixed("toYaml", &[Any], |_, a| {
        Ok(to_yaml(any(a, 0)).map_or_else(|_| Value::str(""), Value::Str))
    })
    .growing(Growth::WrittenOut)
    .costing_by_growth(WRITING_COST),
    fixed("mustToYaml", &[Any], |_, a| match to_yaml(any(a, 0)) {
        Ok(text) => Ok(Value::Str(text)),
        Err(error) => Err(error.to_string().into()),
    })
    .growing(Growth::WrittenOut)
    .costing_by_growth(WRITING_COST),
    fixed("toYamlPretty", &[Any], |_, a| match to_yaml_pretty(any(a, 0)) {
        Ok(text) => Ok(Value::Str(text)),
        // Go's encoder panics here, so that the call fails.
        Err(error @ ToYamlError::NoForm(_)) => Err(error.to_string().into()),
        Err(_) => Ok(Value::str("")),
    })
    .growing(Growth::WrittenOut)
    .costing_by_growth(WRITING_COST),
    fixed("fromYaml", &[Str], |_, a| Ok(from_yaml(bytes(a, 0)))).costing_by_size(PARSING_COST),
    fixed("fromYamlArray", &[Str], |_, a| Ok(from_yaml_array(bytes(a, 0)))).costing_by_size(PARSING_COST),
];
