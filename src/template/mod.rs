//! Go's `text/template`, knowing nothing of Helm: compiled once, run many times.

pub mod error;
pub mod function;
pub mod text;
pub mod value;

pub use function::{CallError, CallResult, Function, FunctionLookup, Host, Parameter};
pub use text::Text;
pub use value::{Dict, List, ListType, Map, MapType, Object, Value};
