//! What a template can call: a name, a Go signature and native code.

use std::fmt;

use super::text::Text;
use super::value::Value;

/// The declared type of a parameter. The engine checks and converts arguments before the call, with Go's messages, so
/// that `call` receives exactly these variants (`Any` receives everything, nil included).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    /// `interface {}`
    Any,
    /// `string`: always `Value::Str`.
    Str,
    /// `bool`
    Bool,
    /// `int`: always `Value::Int`.
    Int,
    /// `int64`: always `Value::Int64`.
    Int64,
    /// `float64`: always `Value::Float`.
    Float,
    /// `[]interface {}`
    List,
    /// `[]string`
    Strings,
    /// `map[string]interface {}`; a nil argument arrives as a nil map.
    Map,
    /// Another Go type, by its name, such as `time.Time`: an `Object` of that type name.
    Named(&'static str),
}

/// One entry of the function table.
pub struct Function {
    /// Name in templates.
    pub name: &'static str,
    /// Parameter types; the last repeats when `variadic`.
    pub parameters: &'static [Parameter],
    /// Whether the last parameter takes any number of arguments, none included.
    pub variadic: bool,
    /// The code; `arguments` fit `parameters`.
    pub call: fn(&mut dyn Host, &[Value]) -> CallResult,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What a function gives back.
pub type CallResult = Result<Value, CallError>;

/// Finds a function by name while templates are compiled.
pub type FunctionLookup = fn(&str) -> Option<&'static Function>;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// The function's own error or recovered panic: the text of Go's `err.Error()`.
    Message(String),
    /// An error from executing another template (`include`, `tpl`): complete text, with its own positions.
    Execution(Box<super::error::ExecutionError>),
}

impl From<String> for CallError {
    fn from(message: String) -> Self {
        Self::Message(message)
    }
}

impl From<&str> for CallError {
    fn from(message: &str) -> Self {
        Self::Message(message.to_owned())
    }
}

/// What a running template offers its functions: other templates, and the few things of the world a chart may see.
pub trait Host {
    /// Renders the named template with `data` as dot.
    fn include(&mut self, name: &Text, data: Value) -> CallResult;
    /// Renders `source` as a template with `data` as dot; its own definitions do not outlive the call.
    fn tpl(&mut self, source: &Text, data: Value) -> CallResult;
    /// Whether `required` and `fail` only note what they would refuse (`helm lint`).
    fn is_lint(&self) -> bool;
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    fn now_unix_nanos(&self) -> i128;
    /// IANA name of the local time zone, as Go takes it from `TZ`.
    #[expect(clippy::unnecessary_literal_bound, reason = "implementations give a name they hold")]
    fn local_zone(&self) -> &str {
        "UTC"
    }
    /// Whether nobody but a check sees what is rendered; see `World`.
    fn is_for_checks(&self) -> bool {
        false
    }
    /// Fills `bytes` with random bytes, good enough for passwords and keys.
    fn fill_random(&mut self, bytes: &mut [u8]);
}
