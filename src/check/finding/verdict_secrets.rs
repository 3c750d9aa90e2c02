//! Verdicts of `validate` without the secrets of the files that they are about.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use foldhash::fast::RandomState;

use super::secret_text::{path_names_secret, without_value};
use super::secret_values::SecretValues;
use crate::kubernetes::validate::{JoinedText, PlacedResource, Resource, Status, Violation};
use crate::text::rule::Rule;

/// The secrets of a document, found by the first that needs them.
type Found = Arc<OnceLock<SecretValues>>;

/// The secrets of documents by their hash: files rendered with several values have most documents in common.
#[derive(Debug, Default)]
pub struct KnownSecrets {
    hasher: RandomState,
    of_documents: Mutex<HashMap<(u64, usize), Found>>,
}

impl KnownSecrets {
    /// Adds the secrets of a document to others.
    fn add_to(&self, secrets: &mut SecretValues, document: &[u8]) {
        let key = (self.hasher.hash_one(document), document.len());
        let found = {
            let mut known = self.of_documents.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(known.entry(key).or_default())
        };
        secrets.extend(found.get_or_init(|| {
            let mut secrets = SecretValues::default();
            secrets.add_text(document);
            secrets
        }));
    }
}

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

/// Whether verdicts quote any of the documents that they are about, and so may show secrets.
pub fn quotes_anything(resources: &[PlacedResource]) -> bool {
    !resources.iter().all(|resource| is_silent(&resource.verdict))
}

/// A message without secrets, where it has some.
fn hidden_message(violation: &Violation, secrets: &SecretValues) -> Option<String> {
    if path_names_secret(&violation.path) {
        return Some(secrets.hide(&without_value(&violation.message)).into_owned());
    }
    match secrets.hide(&violation.message) {
        Cow::Owned(message) => Some(message),
        Cow::Borrowed(_) => None,
    }
}

/// Hides the secrets of a file in what is said about it; gives them.
pub fn hide_secrets(text: &JoinedText, resources: &mut [PlacedResource], known: &KnownSecrets) -> SecretValues {
    if !quotes_anything(resources) {
        return SecretValues::default();
    }
    // A message quotes the document that it is about, and what Secrets beside it have.
    let quoted = resources.iter().filter(|resource| !is_silent(&resource.verdict));
    let mut quoted: Vec<usize> = quoted.map(PlacedResource::offset).collect();
    quoted.sort_unstable();
    let mut start = 0;
    let mut secrets = SecretValues::default();
    for document in text.documents() {
        let end = start + document.len();
        let first = quoted.partition_point(|&offset| offset < start);
        let is_quoted = quoted.get(first).is_some_and(|&offset| offset < end);
        if is_quoted || names_secret_kind(document) {
            known.add_to(&mut secrets, document);
        }
        start = end;
    }
    for resource in resources.iter_mut() {
        if !is_silent(&resource.verdict)
            && let Cow::Owned(name) = secrets.hide(&resource.verdict.name)
        {
            Arc::make_mut(&mut resource.verdict).name = name;
        }
        for at in 0..resource.verdict.violations.len() {
            let violation = resource.verdict.violations.get(at);
            if let Some(message) = violation.and_then(|violation| hidden_message(violation, &secrets))
                && let Some(violation) = Arc::make_mut(&mut resource.verdict).violations.get_mut(at)
            {
                violation.message = message;
            }
        }
    }
    secrets
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
