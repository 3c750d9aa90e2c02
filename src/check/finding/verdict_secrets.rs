//! Verdicts of `validate` without the secrets of the files that are validated together.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::secret_text::{path_names_secret, without_value};
use super::secret_values::SecretValues;
use crate::kubernetes::validate::{JoinedText, PlacedResource, Resource, Status, Violation};
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

/// The secrets of files that are validated together: those of every document that a verdict quotes, and of every Secret. None
/// if no verdict quotes anything.
pub fn secrets_of(files: &[(&JoinedText, &[PlacedResource])], workers: Option<usize>) -> SecretValues {
    let is_quoted = |resource: &&PlacedResource| !is_silent(&resource.verdict);
    let mut all = files.iter().flat_map(|(_, resources)| *resources);
    if !all.any(|resource| is_quoted(&resource)) {
        return SecretValues::default();
    }
    // Files rendered with several values have most documents in common. Those are kept once, at one place in memory.
    let (mut at, mut documents): (HashMap<_, usize, RandomState>, _) = (HashMap::default(), Vec::new());
    for (text, resources) in files {
        let mut quoted: Vec<usize> = resources.iter().filter(is_quoted).map(PlacedResource::offset).collect();
        quoted.sort_unstable();
        let mut start = 0;
        for document in text.documents() {
            let end = start + document.len();
            let first = quoted.partition_point(|&offset| offset < start);
            let is_quoted = quoted.get(first).is_some_and(|&offset| offset < end);
            let index = *at.entry(document.as_ptr_range()).or_insert_with(|| {
                documents.push((document, false));
                documents.len() - 1
            });
            if let Some((_, quoted)) = documents.get_mut(index) {
                *quoted |= is_quoted;
            }
            start = end;
        }
    }
    let shares: Vec<_> = documents.chunks(documents.len().div_ceil(SHARES).max(1)).collect();
    let read = |(): &mut (), share: &&[(&[u8], bool)]| {
        let mut secrets = SecretValues::default();
        for (document, is_quoted) in *share {
            if *is_quoted || names_secret_kind(document) {
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

/// Hides secrets in what is said about a file, and shortens values of any length that it quotes.
pub fn hide_secrets(resources: &mut [PlacedResource], secrets: &SecretValues) {
    for placed in resources {
        let resource = &*placed.verdict;
        // Nothing is quoted of a resource with nothing wrong but its name, and few of those are long.
        let is_long = |text: &str| matches!(fitting(text), Cow::Owned(_));
        if is_silent(resource) && !is_long(&resource.name) && !is_long(&resource.kind) {
            continue;
        }
        let is_silent = is_silent(resource);
        let resource = Arc::make_mut(&mut placed.verdict);
        if is_silent {
            resource.name = fitting(&resource.name).into_owned();
        } else {
            resource.name = shown(&resource.name, secrets);
        }
        resource.kind = fitting(&resource.kind).into_owned();
        for violation in &mut resource.violations {
            violation.message = shown_message(violation, secrets);
            violation.path = shown(&violation.path, secrets);
        }
    }
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
