//! `unknown-rule`: comments that silence a rule that does not exist, and so silence nothing.

use crate::check::finding::{Finding, FindingList, Location, ignore_comments};
use crate::kubernetes::validate::check_rule_id;
use crate::text::rule::Rule;
use crate::text::source::{SourceFile, Span};

/// The findings of the rule over one file.
pub fn check_ignore_comments(file: &SourceFile) -> Vec<Finding> {
    let mut findings = FindingList::default();
    for comment in ignore_comments(file.text()) {
        if comment.rules.is_empty() {
            let place = Location::at(file.clone(), comment.offset);
            let message = "the comment names no rule: write `chartwright-ignore: rule-id why`";
            findings.push(Finding::new(Rule::UnknownRule, place, message));
        }
        if findings.is_full() {
            break;
        }
        for error in comment.rules.iter().filter_map(|id| check_rule_id(id).err()) {
            let span = Span::between(comment.offset, comment.offset + error.id.len());
            let place = Location::new(file.clone(), span);
            findings.push(Finding::new(Rule::UnknownRule, place, error.to_string()));
        }
    }
    findings.into_findings()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_that_silence_nothing_are_found() {
        for (text, want) in [
            ("# chartwright-ignore: type why\n", None),
            ("# chartwright-ignore: range/service-port,* why\n", None),
            ("# nothing\n", None),
            (
                "a: 1 # chartwright-ignore: image-tags why\n",
                Some("f:1:28: unknown rule `image-tags`, did you mean `image-tag`?"),
            ),
            (
                "\n# chartwright-ignore-file:\n",
                Some("f:2:27: the comment names no rule: write `chartwright-ignore: rule-id why`"),
            ),
        ] {
            let found = check_ignore_comments(&SourceFile::new("f", text.as_bytes()));
            let found = found
                .first()
                .map(|found| format!("{}: {}", found.primary, found.message));
            assert_eq!(found.as_deref(), want, "{text:?}");
        }
    }
}
