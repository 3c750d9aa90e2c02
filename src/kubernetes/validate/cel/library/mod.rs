//! The functions of expressions: of the language, and of Kubernetes' libraries as of 1.35.

mod arguments;

mod arithmetic;
mod conversions;
mod dates;
mod addresses;
mod amounts;
mod formatting;
mod lists;
mod named_formats;
mod optionals;
mod patterns;
mod sets;
mod texts;
mod urls;
mod versions;

mod table;

pub use formatting::precision;
pub use patterns::{Pattern, compiled};
pub use table::{Implementation, implementation};
