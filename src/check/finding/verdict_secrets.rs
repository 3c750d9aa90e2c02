//! Verdicts of `validate` without the secrets of the files that are validated together.

use std::borrow::Cow;

use super::secret_text::{path_names_secret, without_value};
use super::secret_values::SecretValues;
use crate::kubernetes::validate::{Documents, Judged, Resource, Status, Violation};
use crate::text::rule::Rule;
use crate::text::threads::map_with_state;
use crate::text::visible::fitting;

/// Parts of the documents that are read for secrets side by side: their sets are joined one by one.
const SHARES: usize = 32;

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
    let is_quoted = |judged: &Judged<'_>| judged.verdicts.iter().any(|resource| !is_silent(resource));
    if !documents.judged().any(|judged| is_quoted(&judged)) {
        return SecretValues::default();
    }
    let read = documents
        .judged()
        .filter(|judged| judged.may_be_secret || is_quoted(judged));
    let read: Vec<&[u8]> = read.map(|judged| judged.document).collect();
    let shares: Vec<_> = read.chunks(read.len().div_ceil(SHARES).max(1)).collect();
    let read = |(): &mut (), share: &&[&[u8]]| {
        let mut secrets = SecretValues::default();
        share.iter().for_each(|document| secrets.add_text(document));
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
