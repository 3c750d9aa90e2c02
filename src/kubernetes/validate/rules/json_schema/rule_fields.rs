//! The fields of the rules of a schema, apart from the expressions.

use crate::text::yaml::NodeId;

use super::super::super::fields::Step::{Index, Key};
use super::super::super::ids;
use super::super::super::walk::Walk;
use super::super::unsupported;
use super::VALIDATIONS;
use super::field_path::{FieldPath, follow};

/// Reasons a rule may give.
const REASONS: &[&str] = &[
    "FieldValueDuplicate",
    "FieldValueForbidden",
    "FieldValueInvalid",
    "FieldValueRequired",
];

/// Checks the rules of a schema.
pub(super) fn check(walk: &mut Walk<'_>, node: NodeId) {
    for (index, rule) in walk.items(node, VALIDATIONS).into_iter().enumerate() {
        for (key, message) in faults(walk, node, rule) {
            walk.fault(node, &[Key(VALIDATIONS), Index(index), Key(key)], ids::CRD, message);
        }
    }
}

fn has_line_break(text: &str) -> bool {
    text.contains(['\n', '\r'])
}

/// The key and the message of every fault of a rule.
fn faults(walk: &Walk<'_>, schema: NodeId, rule: NodeId) -> Vec<(&'static str, String)> {
    let text = |name| walk.text(rule, name).unwrap_or_default();
    let (expression, message, computed, path) = (
        text("rule"),
        text("message"),
        text("messageExpression"),
        text("fieldPath"),
    );
    let mut faults = Vec::new();
    let mut fault = |key: &'static str, message: String| faults.push((key, message));
    if expression.trim().is_empty() {
        fault("rule", "Required value: rule is not specified".to_owned());
    } else if !message.is_empty() && message.trim().is_empty() {
        fault(
            "message",
            format!("Invalid value: {message:?}: must be non-empty if specified"),
        );
    } else if has_line_break(message.trim()) {
        fault(
            "message",
            format!("Invalid value: {message:?}: must not contain line breaks"),
        );
    } else if has_line_break(expression.trim()) && message.is_empty() {
        let message = "Required value: message must be specified if rule contains line breaks";
        fault("message", message.to_owned());
    }
    if !computed.is_empty() && computed.trim().is_empty() {
        let message = "Required value: messageExpression must be non-empty if specified";
        fault("messageExpression", message.to_owned());
    }
    // An empty reason is one, too.
    let reason = walk.field(rule, "reason").and_then(|reason| walk.text_of(reason));
    if let Some(reason) = reason.filter(|reason| !REASONS.contains(&&**reason)) {
        fault("reason", unsupported(&reason, REASONS));
    }
    if !path.is_empty() {
        if path.trim().is_empty() {
            fault(
                "fieldPath",
                format!("Invalid value: {path:?}: must be non-empty if specified"),
            );
        } else if has_line_break(&path) {
            fault(
                "fieldPath",
                format!("Invalid value: {path:?}: must not contain line breaks"),
            );
        } else if let FieldPath::Invalid(_) = follow(walk, schema, &path, true) {
            fault("fieldPath", format!("Invalid value: {path:?}: must be a valid path"));
        }
    }
    faults
}
