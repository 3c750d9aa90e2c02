//! Text to syntax tree, and what keeps an expression from compiling.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use cel::common::ast::SourceInfo;
use cel::{Env, IdedExpr};

use super::check_types::{Fault, check};
use super::literals;
use super::types::Type;

/// Longest expression that is compiled, in bytes.
pub(super) const MAX_BYTES: usize = 16 << 10;

/// What is known of an expression that compiles.
pub(super) struct Compiled {
    /// The type of its result; [`Type::Dyn`] also if that is not known.
    pub(super) result: Type,
    /// Whether the type of its result is known.
    pub(super) is_sure: bool,
    /// Names of variables that occur.
    pub(super) used: Vec<String>,
}

/// Compiles an expression over some variables.
///
/// # Errors
/// Why it does not compile, in the API server's words: its syntax, a name that is not declared, types that do not fit.
pub(super) fn compile(expression: &str, variables: &[(&str, Type)]) -> Result<Compiled, String> {
    let unknown = Compiled {
        result: Type::Dyn,
        is_sure: false,
        used: Vec::new(),
    };
    let Some(parsed) = parse(expression) else {
        return Ok(unknown);
    };
    let (root, source) = parsed?;
    let checked = check(&root, variables);
    if checked.is_unsure {
        return Ok(Compiled {
            used: checked.used,
            ..unknown
        });
    }
    let mut faults = checked.faults;
    if faults.is_empty() {
        faults = literals::faults(&root, &checked.types);
    }
    let place = |fault: &Fault| source.offset_for(fault.id).map_or(0, |(start, _)| start as usize);
    match faults.iter().min_by_key(|fault| place(fault)) {
        Some(fault) if fault.message.starts_with("program instantiation failed") => Err(fault.message.clone()),
        Some(fault) => {
            let (line, column) = line_and_column(expression, place(fault));
            Err(format!(
                "compilation failed: ERROR: <input>:{line}:{column}: {}",
                fault.message
            ))
        }
        None => Ok(Compiled {
            result: checked.result,
            is_sure: true,
            used: checked.used,
        }),
    }
}

/// The syntax tree of an expression, its macros still calls, or what is wrong with its syntax; nothing for one that is
/// too long, or on which the parser panics.
fn parse(expression: &str) -> Option<Result<(IdedExpr, SourceInfo), String>> {
    static PARSER: LazyLock<Env> = LazyLock::new(Env::default);
    if expression.len() > MAX_BYTES {
        return None;
    }
    let parser = PARSER.parser();
    let parsed = catch_unwind(AssertUnwindSafe(|| parser.parse_with_source_info(expression))).ok()?;
    Some(parsed.map_err(|errors| {
        let text = errors.to_string();
        format!("compilation failed: {}", text.lines().next().unwrap_or_default().trim())
    }))
}

/// Line and column, from 1, of an offset.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(start..).unwrap_or_default().chars().count() + 1;
    (line, column)
}
