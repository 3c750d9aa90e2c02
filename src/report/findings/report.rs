//! What a report of findings is made from, and what several formats need.

use crate::check::finding::Finding;
use crate::text::rule::Severity;

/// A chart or file that was checked, and its findings.
#[derive(Debug, Clone, Copy)]
pub struct Group<'r> {
    /// Path of the chart or file.
    pub name: &'r str,
    /// What was found in it.
    pub findings: &'r [Finding],
}

/// What is reported.
#[derive(Debug, Clone, Copy)]
pub struct Report<'r> {
    /// All findings, each once, in order.
    pub findings: &'r [Finding],
    /// The same, for each chart or file that was checked.
    pub groups: &'r [Group<'r>],
    /// With colours.
    pub coloured: bool,
}

impl Report<'_> {
    /// How many findings have a severity.
    pub(super) fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }
}

/// A text on one line, without control characters: names of files and messages of charts may contain any, and a terminal or a
/// log would obey them. Line breaks and tabs become spaces.
pub(super) fn one_line(text: &str) -> String {
    let shown = |character: char| match character {
        '\n' | '\r' | '\t' => ' ',
        _ if character.is_control() => '\u{fffd}',
        _ => character,
    };
    text.chars().map(shown).collect()
}

/// The message with everything else there is to say, a line each.
pub(super) fn details(finding: &Finding) -> String {
    let mut text = finding.message.clone();
    for note in &finding.notes {
        text.push_str(&format!("\n{note}"));
    }
    for related in &finding.related {
        text.push_str(&format!("\n{} {}", related.label, related.place.name()));
    }
    if let Some(rendered) = &finding.rendered {
        text.push_str(&format!("\nrendered as: {}", rendered.trim()));
    }
    if !finding.renderings.is_empty() {
        text.push_str(&format!("\nwith {}", finding.renderings.join("; ")));
    }
    for help in &finding.help {
        text.push_str(&format!("\nhelp: {help}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn control_characters_are_replaced() {
        for (text, want) in [
            ("a b", "a b"),
            ("a\nb\tc", "a b c"),
            ("\u{1b}[31mé\u{85}", "\u{fffd}[31mé\u{fffd}"),
        ] {
            assert_eq!(one_line(text), want, "{text:?}");
        }
    }
}
