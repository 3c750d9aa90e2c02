//! Workflow commands of GitHub Actions: each becomes an annotation at its line.

use crate::text::rule::Severity;

use super::report::{Report, details};
use crate::report::unevaluated::unevaluated_sentence;
use crate::text::visible::visible;

pub(super) fn text(report: &Report<'_>) -> String {
    let mut out = String::new();
    for finding in report.findings {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let file = property(finding.primary.file.path());
        let rule = property(&finding.rule.to_string());
        let at = finding.primary.position();
        let (line, column, message) = (at.line, at.column, data(&details(finding)));
        out.push_str(&format!(
            "::{command} file={file},line={line},col={column},title={rule}::{message}\n"
        ));
    }
    if let Some(sentence) = unevaluated_sentence(report.remarks.unevaluated) {
        out.push_str(&format!("::notice::{}\n", data(&sentence)));
    }
    out
}

/// What follows the second `::`. Other control characters than the runner has escapes for are shown.
fn data(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            out.push_str("%0A");
        }
        let mut parts = line.split('\r').map(|part| visible(part).replace('%', "%25"));
        out.extend(parts.next());
        for part in parts {
            out.push_str("%0D");
            out.push_str(&part);
        }
    }
    out
}

/// What stands between commas.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::report::Remarks;
    use super::*;
    use crate::check::finding::{Finding, Location};
    use crate::text::rule::Rule;
    use crate::text::source::SourceFile;

    #[test]
    fn what_would_end_a_command_is_escaped() {
        let file = SourceFile::new("a,b:c%d.yaml", &b"x"[..]);
        let finding = Finding::new(Rule::Type, Location::at(file, 0), "50%\nmore");
        let report = Report {
            findings: &[finding],
            groups: &[],
            remarks: Remarks::default(),
            coloured: false,
        };
        assert_eq!(
            text(&report),
            "::error file=a%2Cb%3Ac%25d.yaml,line=1,col=1,title=type::50%25%0Amore\n"
        );
    }
}
