//! Rules over the lines of rendered files: text that only a mistake in a template leaves behind, and Helm's own.

use super::object::RenderedChart;
use super::{no_value, printed_map, printf_error};
use crate::check::finding::{Finding, FindingList};
use crate::check::lint::helm::check_helm_text;
use crate::text::rule::Rule;

/// Finds a fault in a line.
type LineCheck = fn(&str) -> Option<usize>;

const LINE_CHECKS: [(LineCheck, Rule, &str); 3] = [
    (
        no_value::find,
        Rule::NoValue,
        "`<nil>`: a value is missing, and the template prints it all the same",
    ),
    (
        printf_error::find,
        Rule::PrintfError,
        "`%!`: printf got an argument that does not fit its verb, or none",
    ),
    (
        printed_map::find,
        Rule::PrintedMap,
        "`map[`: a map is printed as text; use toYaml or toJson",
    ),
];

/// The findings of the rules over text.
pub fn check_texts(rendered: RenderedChart<'_>) -> Vec<Finding> {
    let mut findings = FindingList::default();
    for (index, file) in rendered.files.iter().enumerate() {
        let mut add = |offset: usize, rule: Rule, message: &str| {
            if !findings.is_full() {
                findings.push(rendered.finding(index, offset, rule, message));
            }
        };
        for fault in check_helm_text(&file.text) {
            add(fault.offset, fault.rule, &fault.message);
        }
        let mut offset = 0;
        for line in file.text.split_inclusive(|&byte| byte == b'\n') {
            // Most lines hold none of the three.
            if line.contains(&b'%') || line.contains(&b'<') || line.contains(&b'[') {
                let content = String::from_utf8_lossy(line);
                if !content.trim_start().starts_with('#') {
                    for (find, rule, message) in LINE_CHECKS {
                        if let Some(at) = find(&content) {
                            add(offset + at, rule, message);
                        }
                    }
                }
            }
            offset += line.len();
        }
    }
    findings.into_findings()
}
