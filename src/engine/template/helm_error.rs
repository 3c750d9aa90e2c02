//! Engine errors as Helm 4 words them.
//!
//! Follows `cleanupParseError` and `reformatExecErrorMsg` of Helm's `pkg/engine/engine.go`, which take Go's texts apart
//! again. This does the same, with the same result.

use std::fmt::Write as _;

use super::error::{ExecutionError, ParseError};

/// Marks the start of a message of `fail` and `required` inside an error text.
pub const WARNING_START: &str = "HELM_ERR_START";
/// Marks its end.
pub const WARNING_END: &str = "HELM_ERR_END";

impl ExecutionError {
    /// Whether the template itself refuses its values, with `fail` or `required`.
    pub fn is_refusal(&self) -> bool {
        self.cause.contains(WARNING_START)
    }
}

/// Helm's text for a template that does not parse.
pub fn helm_parse_error_text(error: &ParseError) -> String {
    let mut tokens = error.message.split(": ");
    let location = tokens.nth(1).unwrap_or_default();
    let cause = error.message.rsplit(": ").next().unwrap_or_default();
    format!("parse error at ({location}): {cause}")
}

/// Helm's text for a template that failed while running.
pub fn helm_error_text(error: &ExecutionError) -> String {
    if error.frames.is_empty() {
        return error.message.clone();
    }
    let mut tokens = error.message.splitn(3, ": ");
    let (Some(_), Some(location), Some(rest)) = (tokens.next(), tokens.next(), tokens.next()) else {
        return format!("execution error in ({}): {}", error.message, error.message);
    };
    if let Some(warning) = warning(rest) {
        return format!("execution error at ({location}): {warning}");
    }
    let mut places: Vec<Place<'_>> = Vec::new();
    for text in error.texts() {
        let Some(place) = parse_place(text) else {
            return error.message.clone();
        };
        if places.last() != Some(&place) {
            places.push(place);
        }
    }
    let text: String = places.iter().map(Place::text).collect();
    text.trim().to_owned()
}

/// Helm 3's text for a template that failed while running: Go's own, except for the messages of `fail` and `required`.
pub fn helm3_error_text(error: &ExecutionError) -> String {
    if error.frames.is_empty() {
        return error.message.clone();
    }
    let mut tokens = error.message.splitn(3, ": ");
    let (Some(_), Some(location), Some(rest)) = (tokens.next(), tokens.next(), tokens.next()) else {
        return format!("execution error in ({}): {}", error.message, error.message);
    };
    match warning(rest) {
        Some(warning) => format!("execution error at ({location}): {warning}"),
        None => error.message.clone(),
    }
}

/// The message of `fail` or `required`, between the first start mark and the last end mark.
fn warning(text: &str) -> Option<&str> {
    let start = text.find(WARNING_START)? + WARNING_START.len();
    let rest = text.get(start..)?;
    rest.get(..rest.rfind(WARNING_END)?)
}

#[derive(PartialEq, Eq)]
struct Place<'e> {
    location: &'e str,
    message: &'e str,
    /// Definition and node.
    executing: Option<(&'e str, &'e str)>,
}

impl Place<'_> {
    fn text(&self) -> String {
        let mut text = String::new();
        if !self.location.is_empty() {
            // Writing to a string cannot fail, here and below.
            _ = write!(text, "{}\n  ", self.location);
        }
        if let Some((definition, node)) = self.executing {
            _ = write!(text, "executing \"{definition}\" at <{node}>:\n    ");
        }
        if !self.message.is_empty() {
            _ = writeln!(text, "{}", self.message);
        }
        text
    }
}

fn parse_place(text: &str) -> Option<Place<'_>> {
    let rest = text.strip_prefix("template: ")?;
    if rest.starts_with("no template ") {
        return Some(Place {
            location: "",
            message: text,
            executing: None,
        });
    }
    parse_executing(rest).or_else(|| parse_simple(rest))
}

/// Without the error that follows in the chain.
fn first_message(message: &str) -> &str {
    message
        .find(" template:")
        .map_or(message, |cut| message.get(..cut).unwrap_or(message))
}

fn parse_executing(rest: &str) -> Option<Place<'_>> {
    let (location, after) = rest.split_once(": executing ")?;
    let (definition, after) = after.strip_prefix('"')?.split_once('"')?;
    let (node, message) = after.strip_prefix(" at <")?.split_once(">: ")?;
    Some(Place {
        location,
        message: first_message(message),
        executing: Some((definition, node)),
    })
}

fn parse_simple(rest: &str) -> Option<Place<'_>> {
    let (location, message) = rest.rsplit_once(": ")?;
    Some(Place {
        location,
        message: first_message(message),
        executing: None,
    })
}
