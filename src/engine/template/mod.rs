//! Go's `text/template`: compiled once, run many times.
//!
//! [`TemplateSet`] compiles sources, [`Executor`] runs definitions of the [`CompiledSet`], functions come from the
//! caller. The only parts of Helm in it are those that need the engine's internals: `include`, `tpl`, and how Helm
//! words engine errors.

pub mod comparison;
mod compiler;
pub mod coverage;
pub mod error;
pub mod executor;
mod format;
mod format_object;
pub mod function;
pub mod helm_error;
pub mod kind;
mod lexer;
mod node_span;
mod node_text;
pub mod number;
mod parser;
pub mod printf;
pub mod set;
pub mod source_map;
pub mod text;
mod tree;
pub mod value;

pub use comparison::{Constant, ConstantValue};
pub use compiler::Compiler;
pub use coverage::{DecisionKind, DecisionPoint, DefinitionRuns, SourceRuns, Statement, Way};
pub use error::{ErrorFrame, ExecutionError, ParseError};
pub use executor::{Decision, Executor, Looked, MissingKey, NodeCounts, Options, Output, Read, Trace, Watched, World};
pub use function::{
    CallError, CallResult, Function, FunctionLookup, Growth, Host, LookedUp, Parameter, Price, Tolerated,
};
pub use helm_error::{WARNING_END, WARNING_START, helm_error_text, helm_parse_error_text, helm3_error_text};
pub use kind::Kind;
pub use lexer::token_count;
pub use set::{CompiledSet, CompiledSource, TemplateSet};
pub use source_map::SourceMap;
pub use text::Text;
pub use value::{Dict, List, ListType, Map, MapType, Object, StructField, VERSION_SET, VERSION_SET_OF_HELM3, Value};

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod engine_tests;
