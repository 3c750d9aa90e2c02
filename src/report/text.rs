//! Findings for people: the line that grep and editors know, then the place in the file and what led to it.

use crate::check::finding::{Finding, Severity};
use crate::text::diagnostic::{Diagnostic, Excerpt, Level, Terminal};
use crate::text::source::Span;

use super::Report;

/// Renderings that are named one by one.
const NAMED_RENDERINGS: usize = 3;

pub(super) fn text(report: &Report<'_>) -> String {
    let terminal = if report.coloured {
        Terminal::Coloured
    } else {
        Terminal::Plain
    };
    let mut out = String::new();
    let mut open: Option<(&str, Vec<u8>)> = None;
    for finding in report.findings {
        if open.as_ref().is_none_or(|(file, _)| *file != finding.file) {
            open = (report.read)(&finding.file).map(|text| (finding.file.as_str(), text));
        }
        let source = open.as_ref().map(|(_, text)| text.as_slice());
        out.push_str(&terminal.draw(&diagnostic(finding, source)));
        out.push_str("\n\n");
    }
    out
}

fn diagnostic(finding: &Finding, source: Option<&[u8]>) -> Diagnostic {
    let message = finding.message.trim_end();
    let mut lines = message.lines();
    let title = format!("{} [{}]", lines.next().unwrap_or_default(), finding.rule);
    let level = match finding.severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
        Severity::Info => Level::Info,
    };
    let mut diagnostic = Diagnostic::new(title).with_level(level);
    diagnostic.notes.extend(lines.map(str::to_owned));
    match source.filter(|_| !finding.is_about_secret()) {
        Some(source) => {
            let at = offset(source, finding.line, finding.column);
            let end = at + token(source.get(at..).unwrap_or_default());
            let span = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            diagnostic = diagnostic.at(Excerpt::new(
                finding.file.as_str(),
                source,
                Span::new(span(at), span(end)),
                "",
            ));
        }
        None => diagnostic
            .notes
            .push(format!("{}:{}:{}", finding.file, finding.line, finding.column)),
    }
    diagnostic.notes.extend(
        finding
            .related
            .iter()
            .map(|related| format!("{} {}", related.label, related.place)),
    );
    if let Some(rendered) = &finding.rendered {
        diagnostic.notes.push(format!("rendered as `{}`", rendered.trim()));
    }
    let more = finding.renderings.len().saturating_sub(NAMED_RENDERINGS);
    if !finding.renderings.is_empty() {
        let named: Vec<&str> = finding
            .renderings
            .iter()
            .take(NAMED_RENDERINGS)
            .map(String::as_str)
            .collect();
        let rest = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        diagnostic.notes.push(format!("with {}{rest}", named.join("; ")));
    }
    diagnostic
}

/// The byte of a line and a column; columns count characters.
fn offset(text: &[u8], line: u32, column: u32) -> usize {
    let mut start = 0;
    for _ in 1..line {
        match memchr::memchr(b'\n', text.get(start..).unwrap_or_default()) {
            Some(at) => start += at + 1,
            None => return text.len(),
        }
    }
    let rest = text.get(start..).unwrap_or_default();
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let line = String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned();
    let before: usize = line
        .chars()
        .take(column.saturating_sub(1) as usize)
        .map(char::len_utf8)
        .sum();
    start + before.min(end)
}

/// Bytes of the word, or of the action, that a text begins with.
fn token(text: &[u8]) -> usize {
    let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
    let line = text.get(..end).unwrap_or_default();
    if line.starts_with(b"{{") {
        return memchr::memmem::find(line, b"}}").map_or(end, |at| at + 2);
    }
    line.iter()
        .position(|byte| matches!(byte, b' ' | b',' | b'}' | b']'))
        .unwrap_or(end)
        .max(1)
        .min(end)
}
