//! `b64enc`, `b64dec`, `b32enc` and `b32dec`, as Sprig has them: a decoding error becomes the output.

use super::arguments::bytes;
use super::table::fixed;
use crate::engine::template::{Function, Parameter, Value};
use crate::text::go::{base32, base64};

use Parameter::Str;

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    fixed("b64enc", &[Str], |_, a| Ok(Value::str(base64::encode(bytes(a, 0))))),
    fixed("b32enc", &[Str], |_, a| Ok(Value::str(base32::encode(bytes(a, 0))))),
    fixed("b64dec", &[Str], |_, a| Ok(decoded(base64::decode(bytes(a, 0))))),
    fixed("b32dec", &[Str], |_, a| Ok(decoded(base32::decode(bytes(a, 0))))),
];

fn decoded(result: Result<Vec<u8>, String>) -> Value {
    match result {
        Ok(bytes) => Value::str(bytes),
        Err(message) => Value::str(message),
    }
}
