//! Verdicts of `validate` without the secrets of the files that are validated together.

use std::borrow::Cow;
use std::sync::Arc;

use super::secret_text::{path_names_secret, without_value};
use super::secret_values::SecretValues;
use crate::kubernetes::validate::{Documents, Resource, Status, Violation};
use crate::text::rule::Rule;
use crate::text::threads::map_with_state;
use crate::text::visible::fitting;

/// Parts of the documents that are read for secrets side by side: their sets are joined one by one.
const SHARES: usize = 8;

/// Whether the word `Secret` occurs where it may be the whole of a value. Descriptions mention Secrets within sentences.
fn names_secret_kind(document: &[u8]) -> bool {
    const KIND: &[u8] = b"Secret";
    memchr::memmem::find_iter(document, KIND).any(|at| {
        let before = document.get(..at).unwrap_or_default();
        let after = document.get(at + KIND.len()..).unwrap_or_default();
        may_begin_value(before) && may_follow_value(after)
    })
}

/// Whether a value may begin after this: at a line's start, after an indicator or quotation mark, or a tag or anchor.
fn may_begin_value(before: &[u8]) -> bool {
    let line_start = memchr::memrchr2(b'\n', b'\r', before).map_or(0, |at| at + 1);
    let line = before.get(line_start..).unwrap_or_default().trim_ascii_end();
    let word_start = memchr::memrchr2(b' ', b'\t', line).map_or(0, |at| at + 1);
    let is_property = matches!(line.get(word_start), Some(b'!' | b'&'));
    is_property
        || matches!(
            line.last(),
            None | Some(b':' | b'-' | b'?' | b',' | b'{' | b'[' | b'"' | b'\'')
        )
}

/// Whether a value may end before this.
fn may_follow_value(after: &[u8]) -> bool {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let next = after.iter().find(|byte| !is_blank(byte));
    matches!(
        next,
        None | Some(b'\n' | b'\r' | b'"' | b'\'' | b',' | b'}' | b']' | b'#')
    )
}

/// Whether nothing of a document is quoted: nothing is wrong with it, or its kind has no schema or is no longer served.
fn is_silent(resource: &Resource) -> bool {
    let unreadable = Rule::Document.into();
    let is_about_kind =
        resource.status == Status::Error && resource.violations.iter().all(|found| found.rule != unreadable);
    resource.violations.is_empty() || is_about_kind
}

/// A message without secrets, and not too long to be shown.
fn shown_message(violation: &Violation, secrets: &SecretValues) -> String {
    if path_names_secret(&violation.path) {
        return shown(&without_value(&violation.message), secrets);
    }
    shown(&violation.message, secrets)
}

/// A text without secrets, and not too long to be shown.
fn shown(text: &str, secrets: &SecretValues) -> String {
    fitting(&secrets.hide(text)).into_owned()
}

/// Hides secrets in what is said about documents that are validated together, and shortens values of any length that it quotes.
/// Gives the secrets: those of every document that a verdict quotes, and of every Secret. None if no verdict quotes anything.
pub fn hide_secrets(documents: &mut Documents, workers: Option<usize>) -> SecretValues {
    let secrets = secrets_of(documents, workers);
    documents.change_verdicts(workers, |resource| without_secrets(resource, &secrets));
    secrets
}

fn secrets_of(documents: &Documents, workers: Option<usize>) -> SecretValues {
    let is_quoted = |resources: &[Arc<Resource>]| resources.iter().any(|resource| !is_silent(resource));
    if !documents.judged().any(|(_, resources)| is_quoted(resources)) {
        return SecretValues::default();
    }
    let judged: Vec<(&[u8], &[Arc<Resource>])> = documents.judged().collect();
    let shares: Vec<_> = judged.chunks(judged.len().div_ceil(SHARES).max(1)).collect();
    let read = |(): &mut (), share: &&[(&[u8], &[Arc<Resource>])]| {
        let mut secrets = SecretValues::default();
        for (document, resources) in *share {
            if is_quoted(resources) || names_secret_kind(document) {
                secrets.add_text(document);
            }
        }
        secrets
    };
    let mut found = map_with_state(&shares, workers, || (), read);
    // Each set is copied a few times, and not once for each of the others.
    while let [_, _, ..] = found.as_slice() {
        let halves = found.split_off(found.len().div_ceil(2));
        found.iter_mut().zip(halves).for_each(|(one, other)| one.append(other));
    }
    found.pop().unwrap_or_default()
}

/// A verdict as it is shown, if it is not shown as it is.
fn without_secrets(resource: &Resource, secrets: &SecretValues) -> Option<Resource> {
    // Nothing is quoted of a resource with nothing wrong but its name, and few of those are long.
    let is_long = |text: &str| matches!(fitting(text), Cow::Owned(_));
    let is_silent = is_silent(resource);
    if is_silent && !is_long(&resource.name) && !is_long(&resource.kind) {
        return None;
    }
    let name = if is_silent {
        fitting(&resource.name).into_owned()
    } else {
        shown(&resource.name, secrets)
    };
    let violation = |violation: &Violation| Violation {
        path: shown(&violation.path, secrets),
        message: shown_message(violation, secrets),
        offset: violation.offset,
        rule: violation.rule,
    };
    Some(Resource {
        api_version: resource.api_version.clone(),
        kind: fitting(&resource.kind).into_owned(),
        name,
        offset: resource.offset,
        status: resource.status,
        minors: resource.minors.clone(),
        violations: resource.violations.iter().map(violation).collect(),
        unevaluated: resource.unevaluated.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_distinguished_from_mentions() {
        for (text, is_kind) in [
            ("kind: Secret", true),
            ("kind: Secret # sealed\n", true),
            ("kind:   \"Secret\"\r\n", true),
            ("{\"kind\":\"Secret\",\"data\":{}}", true),
            ("{data: {}, kind: Secret}", true),
            ("kind: !!str Secret\n", true),
            ("kind: &kind Secret\n", true),
            ("kind:\n  Secret\n", true),
            ("kind: >-\n  Secret", true),
            ("- Secret\n", true),
            ("kind: SecretStore\n", false),
            ("kind: SealedSecret\n", false),
            ("description: the name of a Secret in the namespace\n", false),
            ("description: the Secret\n", false),
            ("description: >-\n  Secret names are listed", false),
        ] {
            assert_eq!(names_secret_kind(text.as_bytes()), is_kind, "{text}");
        }
    }
}
