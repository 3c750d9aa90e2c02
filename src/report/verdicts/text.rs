//! A line for each violation, with its place, rule and Kubernetes versions.

use std::fmt::Write as _;

use super::checked_file::{CheckedFile, ResourceOptions, label, summary, versions};
use crate::kubernetes::validate::Status;
use crate::text::rule::Severity;
use crate::text::threads::map_in_parallel;
use crate::text::visible::shown_line;

pub(super) fn text(files: &[CheckedFile], options: ResourceOptions) -> String {
    let mut text = map_in_parallel(files, |file| file_text(file, options)).concat();
    if options.summary {
        text.push_str(&summary(files));
    }
    text
}

fn file_text(file: &CheckedFile, options: ResourceOptions) -> String {
    let mut text = String::new();
    let path = shown_line(&file.path);
    if let Some(failure) = &file.failure {
        _ = writeln!(text, "{path}: error: {}", shown_line(failure));
    }
    let positions = file.text.positions();
    let place = |at: usize| {
        let position = positions.position(at);
        format!("{path}:{}:{}", position.line, position.column)
    };
    let shown = file
        .resources
        .iter()
        .filter(|resource| options.verbose || !resource.verdict.violations.is_empty());
    for placed in shown {
        let resource = &*placed.verdict;
        let (label, versions) = (label(resource), versions(resource, options));
        match resource.status {
            Status::Valid if options.verbose => {
                _ = writeln!(text, "{}: {label} is valid{versions}", place(placed.offset()));
            }
            Status::Skipped if options.verbose => {
                _ = writeln!(text, "{}: {label} skipped{versions}", place(placed.offset()));
            }
            _ => {}
        }
        for violation in &resource.violations {
            let pointer = if violation.path.is_empty() {
                String::new()
            } else {
                format!("{}: ", shown_line(&violation.path))
            };
            let severity = if resource.status == Status::Skipped {
                violation.severity().min(Severity::Warning)
            } else {
                violation.severity()
            };
            let (message, rule) = (shown_line(&violation.message), violation.rule);
            _ = writeln!(
                text,
                "{}: {severity}: {label}: {pointer}{message}{versions} [{rule}]",
                place(placed.at(violation.offset))
            );
        }
    }
    text
}
