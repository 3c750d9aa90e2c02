//! Choosing by emptiness and type: `default`, `coalesce`, `ternary`, `empty`, `typeOf`, `kindIs`, `deepEqual`.
//!
//! Follows Sprig's `defaults.go` and `reflect.go`.

use super::arguments::{any, boolean, bytes, rest};
use super::kinds::{deep_equal, is_empty, kind};
use super::table::{fixed, variadic};
use crate::engine::template::{Function, Growth, Parameter, Value};

use Parameter::{Any, Bool, Str};

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    variadic("default", &[Any, Any], |_, a| {
        let chosen = rest(a, 1).first().filter(|given| !is_empty(given));
        Ok(chosen.unwrap_or_else(|| any(a, 0)).clone())
    })
    .choosing(|a| rest(a, 1).first().is_some_and(|given| !is_empty(given))),
    fixed("empty", &[Any], |_, a| Ok(Value::Bool(is_empty(any(a, 0))))),
    variadic("coalesce", &[Any], |_, a| {
        Ok(a.iter().find(|value| !is_empty(value)).cloned().unwrap_or_default())
    }),
    variadic("all", &[Any], |_, a| Ok(Value::Bool(!a.iter().any(is_empty)))),
    variadic("any", &[Any], |_, a| {
        Ok(Value::Bool(a.iter().any(|value| !is_empty(value))))
    }),
    fixed("ternary", &[Any, Any, Bool], |_, a| {
        Ok(any(a, usize::from(!boolean(a, 2))).clone())
    })
    .choosing(|a| boolean(a, 2)),
    fixed("typeOf", &[Any], |_, a| Ok(Value::str(any(a, 0).type_name()))),
    fixed("typeIs", &[Str, Any], |_, a| {
        Ok(Value::Bool(bytes(a, 0) == any(a, 1).type_name().as_bytes()))
    }),
    fixed("typeIsLike", &[Str, Any], |_, a| {
        let name = any(a, 1).type_name();
        let wanted = bytes(a, 0);
        let pointed = name.strip_prefix('*').map(str::as_bytes);
        Ok(Value::Bool(wanted == name.as_bytes() || pointed == Some(wanted)))
    }),
    fixed("kindOf", &[Any], |_, a| Ok(Value::str(kind(any(a, 0))))),
    fixed("kindIs", &[Str, Any], |_, a| {
        Ok(Value::Bool(bytes(a, 0) == kind(any(a, 1)).as_bytes()))
    }),
    fixed("deepEqual", &[Any, Any], |_, a| {
        Ok(Value::Bool(deep_equal(any(a, 0), any(a, 1))))
    })
    .growing(Growth::WrittenOut),
];
