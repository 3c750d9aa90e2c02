//! The Test Anything Protocol: a test a document.

use std::fmt::Write as _;

use super::checked_file::{CheckedFile, message, unevaluated_rules};
use crate::kubernetes::validate::Status;
use crate::report::unevaluated::unevaluated_sentence;
use crate::text::visible::shown_line;

pub(super) fn text(files: &[CheckedFile]) -> String {
    let mut out = "TAP version 13\n".to_owned();
    let mut number = 0;
    for file in files {
        let path = shown_line(&file.path);
        if let Some(failure) = &file.failure {
            number += 1;
            _ = writeln!(out, "not ok {number} - {path}: {}", shown_line(failure));
        }
        for resource in file.verdicts() {
            number += 1;
            let name = format!("{}/{}//{}", resource.api_version, resource.kind, resource.name);
            let message = message(resource);
            let (name, message) = (shown_line(&name), shown_line(&message));
            _ = match resource.status {
                Status::Valid => writeln!(out, "ok {number} - {path} ({name})"),
                Status::Skipped => writeln!(out, "ok {number} - {path} ({name}) # skip"),
                Status::Invalid => writeln!(out, "not ok {number} - {path} ({name}): {message}"),
                Status::Error => writeln!(out, "not ok {number} - {path}: {message}"),
            };
        }
    }
    if let Some(sentence) = unevaluated_sentence(unevaluated_rules(files)) {
        _ = writeln!(out, "# {sentence}");
    }
    _ = writeln!(out, "1..{number}");
    out
}
