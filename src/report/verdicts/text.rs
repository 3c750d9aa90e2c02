//! A line for each violation, with its place, rule and Kubernetes versions.

use std::cell::LazyCell;
use std::fmt::Write as _;

use super::checked_file::{CheckedFile, ResourceOptions, label, summary, versions};
use crate::kubernetes::validate::Status;
use crate::text::rule::Severity;
use crate::text::source::LineIndex;
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
    let index = LazyCell::new(|| LineIndex::new(&file.text));
    let shown = file
        .resources
        .iter()
        .filter(|resource| options.verbose || !resource.violations.is_empty());
    for resource in shown {
        let (label, versions) = (label(resource), versions(resource, options));
        let (line, column) = file.place(&index, resource.offset);
        match resource.status {
            Status::Valid if options.verbose => {
                _ = writeln!(text, "{path}:{line}:{column}: {label} is valid{versions}");
            }
            Status::Skipped if options.verbose => {
                _ = writeln!(text, "{path}:{line}:{column}: {label} skipped{versions}");
            }
            _ => {}
        }
        for violation in &resource.violations {
            let (line, column) = file.place(&index, violation.offset);
            let place = if violation.path.is_empty() {
                String::new()
            } else {
                format!("{}: ", shown_line(&violation.path))
            };
            let severity = if violation.severity() < Severity::Error || resource.status == Status::Skipped {
                "warning"
            } else {
                "error"
            };
            let (message, rule) = (shown_line(&violation.message), violation.rule);
            _ = writeln!(
                text,
                "{path}:{line}:{column}: {severity}: {label}: {place}{message}{versions} [{rule}]"
            );
        }
    }
    text
}
