//! A function that templates can call: a name, a Go signature and native code.

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
    /// Whether the last parameter accepts any number of arguments, none included.
    pub variadic: bool,
    /// The code; `arguments` fit `parameters`.
    pub call: fn(&mut dyn Host, &[Value]) -> CallResult,
    /// What a call costs.
    pub price: Price,
    /// Of a function that chooses one of two arguments: whether these make it go the first of its ways.
    pub choice: Option<fn(&[Value]) -> bool>,
}

/// What a call costs beyond what any call costs.
#[derive(Debug, Clone, Copy)]
pub struct Price {
    /// In steps.
    pub of_call: u64,
    /// For each kibibyte of the texts among its arguments, in steps.
    pub of_kibibyte: u64,
    /// For each sixteen bytes that its result is estimated to have, in steps.
    pub of_growth: u64,
    /// How large the result may get.
    pub growth: Growth,
}

impl Price {
    /// The price of reading the texts once, and of a result of that size.
    pub const fn growing(growth: Growth) -> Self {
        Self {
            of_call: 0,
            of_kibibyte: READING_COST,
            of_growth: 1,
            growth,
        }
    }
}

/// How large the result of a call may get, which is estimated before the call is made. A result beyond any chart's
/// needs is refused before it exhausts memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Growth {
    /// No larger than the arguments, counting shared contents once.
    None,
    /// As large as the arguments written out in full: they are printed, copied or compared.
    WrittenOut,
    /// A separator between all items: `join`.
    Join,
    /// A text in the place of another: `replace`.
    Replace,
    /// A text in the place of every match of a pattern.
    ReplacePattern,
    /// A separator between lines of a width: `wrapWith`.
    Wrap,
    /// Spaces before each line: `indent`.
    Indent,
    /// A list of parts: `splitList`.
    Split,
    /// A list of all items of lists: `concat`.
    Items,
}

/// Steps that a function needs to read a kibibyte.
const READING_COST: u64 = 64;

/// The cost from which a function is slow whatever its arguments are: keys, certificates, slow hashes.
const SLOW_COST: u64 = 100_000;

impl Function {
    /// A function that costs nothing extra and makes nothing large.
    pub const fn new(
        name: &'static str,
        parameters: &'static [Parameter],
        variadic: bool,
        call: fn(&mut dyn Host, &[Value]) -> CallResult,
    ) -> Self {
        Self {
            name,
            parameters,
            variadic,
            call,
            price: Price::growing(Growth::None),
            choice: None,
        }
    }

    /// The same as a decision that coverage counts.
    #[must_use]
    pub const fn choosing(mut self, is_first: fn(&[Value]) -> bool) -> Self {
        self.choice = Some(is_first);
        self
    }

    /// The same with a cost in steps.
    #[must_use]
    pub const fn costing(mut self, steps: u64) -> Self {
        self.price.of_call = steps;
        self
    }

    /// The same with a cost for each kibibyte of its texts, for functions that take much longer than to read them once.
    #[must_use]
    pub const fn costing_by_size(mut self, steps: u64) -> Self {
        self.price.of_kibibyte = steps;
        self
    }

    /// The same with a cost for each sixteen bytes that its result is estimated to have, for functions that take much longer than to write
    /// them once.
    #[must_use]
    pub const fn costing_by_growth(mut self, steps: u64) -> Self {
        self.price.of_growth = steps;
        self
    }

    /// The same with results that may be large.
    #[must_use]
    pub const fn growing(mut self, growth: Growth) -> Self {
        self.price.growth = growth;
        self
    }

    /// Whether a call takes long whatever its arguments; tests with odd arguments leave it out.
    pub const fn is_slow_by_design(&self) -> bool {
        self.price.of_call >= SLOW_COST
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The result of a function.
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

/// A failure that `helm lint` only records, with its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tolerated {
    /// `required` of null.
    Null(String),
    /// `required` of an empty text.
    Empty(String),
    /// `fail`
    Fail(String),
}

/// What a running template offers its functions: other templates, and the few parts of the outside world that a chart
/// may see.
pub trait Host {
    /// Renders the named template with `data` as dot.
    ///
    /// # Errors
    /// When the template does not exist or fails.
    fn include(&mut self, name: &Text, data: Value) -> CallResult;
    /// Renders `source` as a template with `data` as dot; its own definitions do not outlive the call.
    ///
    /// # Errors
    /// When the source does not parse or fails.
    fn tpl(&mut self, source: &Text, data: Value) -> CallResult;
    /// Counts steps beyond those of the call, for work that is known only while it is done.
    ///
    /// # Errors
    /// When the rendering may use no more.
    fn spend(&mut self, _steps: u64) -> Result<(), String> {
        Ok(())
    }
    /// Whether `required` and `fail` only record their message instead of failing (`helm lint`); if so, it is recorded.
    fn tolerates(&mut self, failure: Tolerated) -> bool;
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    fn now_unix_nanos(&self) -> i128;
    /// IANA name of the local time zone, as Go reads it from `TZ`.
    #[expect(clippy::unnecessary_literal_bound, reason = "implementations return a borrowed name")]
    fn local_zone(&self) -> &str {
        "UTC"
    }
    /// Output is only checked and discarded, so keys may be reused and hashes cheap; see `World`.
    fn is_throwaway(&self) -> bool {
        false
    }
    /// What the cluster has; see `World`.
    ///
    /// # Errors
    /// When it cannot be asked.
    fn lookup(&mut self, _wanted: &LookedUp<'_>) -> Result<Option<Vec<u8>>, String> {
        Ok(None)
    }
    /// Fills `bytes` with random bytes, good enough for passwords and keys.
    fn fill_random(&mut self, bytes: &mut [u8]);
}

/// What the function `lookup` asks a cluster for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookedUp<'l> {
    /// Such as `apps/v1`.
    pub api_version: &'l str,
    /// Such as `Deployment`.
    pub kind: &'l str,
    /// The namespace; empty for all, or for what has none.
    pub namespace: &'l str,
    /// The name; empty for a list.
    pub name: &'l str,
}
