//! A finding in a line that grep and editors know, and what belongs to it below.

use std::fmt::Write as _;

use super::report::one_line;
use crate::check::finding::Finding;

/// `file:line:column: severity: message [rule]`, then related places and renderings, indented. Ends without a line break.
pub fn concise(finding: &Finding) -> String {
    let (severity, message, rule) = (finding.severity, &finding.message, finding.rule);
    let mut text = one_line(&format!("{}: {severity}: {message} [{rule}]", finding.primary));
    for note in &finding.notes {
        _ = write!(text, "\n    {}", one_line(note));
    }
    for related in &finding.related {
        let place = one_line(&related.place.name());
        _ = write!(text, "\n    {} {place}", related.label);
    }
    for help in &finding.help {
        _ = write!(text, "\n    help: {}", one_line(help));
    }
    match finding.renderings.as_slice() {
        [] => {}
        [only] => _ = write!(text, "\n    with {only}"),
        [first, rest @ ..] => _ = write!(text, "\n    with {first} and {} more renderings", rest.len()),
    }
    text
}
