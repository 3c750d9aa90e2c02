//! A finding in a line that grep and editors know, and what belongs to it below.

use std::fmt::Write as _;

use crate::check::finding::Finding;
use crate::text::visible::{shown_line, without_commands};

/// `file:line:column: severity: message [rule]`, then related places and renderings, indented. Ends without a line break.
pub fn concise(finding: &Finding) -> String {
    let (severity, message, rule) = (finding.severity, &finding.message, finding.rule);
    let mut text = shown_line(&format!("{}: {severity}: {message} [{rule}]", finding.primary));
    for note in &finding.notes {
        _ = write!(text, "\n    {}", shown_line(note));
    }
    for related in &finding.related {
        let related = format!("{} {}", related.label, related.place.name());
        _ = write!(text, "\n    {}", shown_line(&related));
    }
    for help in &finding.help {
        _ = write!(text, "\n    help: {}", shown_line(help));
    }
    match finding.renderings.as_slice() {
        [] => {}
        [only] => _ = write!(text, "\n    with {}", shown_line(only)),
        [first, rest @ ..] => {
            let first = shown_line(first);
            _ = write!(text, "\n    with {first} and {} more renderings", rest.len());
        }
    }
    without_commands(&text).into_owned()
}
