//! Secrets in values files that are reported twice: where they are written, and where a Secret is rendered from them.
//!
//! In: findings that count. Out: those without the ones that others say already. A finding that is silenced says nothing, so that a comment
//! about one rule silences no other.

use std::collections::BTreeSet;

use super::finding::{Finding, Location, Place};
use crate::text::ordered::CollectOrdered as _;
use crate::text::rule::Rule;

/// The findings without those about a value that a rendered Secret is reported for.
pub(super) fn without_repeated_secrets(mut findings: Vec<Finding>) -> Vec<Finding> {
    let line = |location: &Location| (location.file.path().to_owned(), location.position().line);
    let rendered = findings
        .iter()
        .filter(|finding| finding.rule == Rule::PlainSecret.into());
    let origins = rendered
        .flat_map(|finding| &finding.related)
        .filter_map(|related| match &related.place {
            Place::Named(location) | Place::Shown(location) => Some(line(location)),
            Place::Rendered(_) | Place::Flag(_) => None,
        });
    let origins: BTreeSet<_> = origins.collect_set();
    if !origins.is_empty() {
        let is_repeated =
            |finding: &Finding| finding.rule == Rule::SecretValue.into() && origins.contains(&line(&finding.primary));
        findings.retain(|finding| !is_repeated(finding));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::{Baseline, Judgement, PathRule};
    use super::*;
    use crate::text::source::SourceFile;

    #[test]
    fn a_value_is_reported_once_by_what_counts() {
        let values = SourceFile::new("values.yaml", &b"a: 1\npassword: x\n"[..]);
        let template = SourceFile::new("templates/a.yaml", &b"x\n"[..]);
        let rendered = Finding::new(Rule::PlainSecret, Location::at(template, 0), "x")
            .with_related("value from", Place::Named(Location::at(values.clone(), 5)));
        let value = Finding::new(Rule::SecretValue, Location::at(values.clone(), 15), "x");
        let other = Finding::new(Rule::SecretValue, Location::at(values, 0), "x");
        let all = vec![rendered.clone(), value.clone(), other.clone()];
        let kept = |silenced: &str| {
            let judgement = Judgement {
                silenced: vec![PathRule {
                    rule: silenced.to_owned(),
                    path: "templates/a.yaml".to_owned(),
                }],
                ..Judgement::default()
            };
            judgement.start().keep(all.clone())
        };
        assert_eq!(kept("range"), [rendered, other.clone()]);
        assert_eq!(kept("plain-secret"), [value, other]);
        // A baseline has what a report had, so what is known says the rest as well.
        let known = Judgement {
            baseline: Some(Baseline::of(&kept("range"))),
            ..Judgement::default()
        };
        assert_eq!(known.start().keep(all.clone()), []);
    }
}
