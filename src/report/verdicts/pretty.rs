//! A line for each document, with a mark.

use std::fmt::Write as _;

use super::checked_file::{CheckedFile, ResourceOptions, is_shown, label, message, summary, versions};
use crate::kubernetes::validate::Status;
use crate::text::visible::shown_line;

pub(super) fn text(files: &[CheckedFile], options: ResourceOptions) -> String {
    let [red, green, yellow, reset] = if options.coloured {
        ["\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m", "\u{1b}[0m"]
    } else {
        [""; 4]
    };
    let mut text = String::new();
    for file in files {
        let path = shown_line(&file.path);
        if let Some(failure) = &file.failure {
            _ = writeln!(
                text,
                "{red}✖{reset} {path}: {red}failed validation: {}{reset}",
                shown_line(failure)
            );
        }
        for resource in file
            .verdicts()
            .filter(|resource| is_shown(resource.status, options.verbose))
        {
            let (label, versions) = (label(resource), versions(resource, options));
            let message = message(resource);
            let message = shown_line(&message);
            _ = match resource.status {
                Status::Valid => writeln!(text, "{green}✔{reset} {path}: {green}{label} is valid{versions}{reset}"),
                Status::Skipped => writeln!(
                    text,
                    "{yellow}-{reset} {path}: {yellow}{label} skipped{versions}{reset}"
                ),
                Status::Invalid => {
                    writeln!(
                        text,
                        "{red}✖{reset} {path}: {red}{label} is invalid: {message}{versions}{reset}"
                    )
                }
                Status::Error => {
                    writeln!(
                        text,
                        "{red}✖{reset} {path}: {red}{label} failed validation: {message}{versions}{reset}"
                    )
                }
            };
        }
    }
    if options.summary {
        text.push_str(&summary(files));
    }
    text
}
