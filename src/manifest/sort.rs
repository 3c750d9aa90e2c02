//! Hooks apart from manifests, both in install order. Follows Helm's `pkg/release/v1/util/manifest_sorter.go`.

use std::collections::BTreeMap;

use crate::chart::{Compat, DecodeError};

use super::head::ManifestHead;
use super::kind_order::install_rank;
use super::split::{split_manifests, trim};
use crate::threads::map_in_parallel;

/// Bytes of text from which a second thread pays.
const WORTH_A_THREAD: usize = 64 << 10;
/// Annotation that makes a document a hook.
const HOOK_ANNOTATION: &str = "helm.sh/hook";

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookEvent {
    /// `pre-install`
    PreInstall,
    /// `post-install`
    PostInstall,
    /// `pre-delete`
    PreDelete,
    /// `post-delete`
    PostDelete,
    /// `pre-upgrade`
    PreUpgrade,
    /// `post-upgrade`
    PostUpgrade,
    /// `pre-rollback`
    PreRollback,
    /// `post-rollback`
    PostRollback,
    /// `test`, and Helm 2's `test-success`
    Test,
}

impl HookEvent {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "pre-install" => Self::PreInstall,
            "post-install" => Self::PostInstall,
            "pre-delete" => Self::PreDelete,
            "post-delete" => Self::PostDelete,
            "pre-upgrade" => Self::PreUpgrade,
            "post-upgrade" => Self::PostUpgrade,
            "pre-rollback" => Self::PreRollback,
            "post-rollback" => Self::PostRollback,
            "test" | "test-success" => Self::Test,
            _ => return None,
        })
    }
}

/// One document of a rendered file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Path of the rendered file, `chart/templates/x.yaml`.
    pub path: String,
    /// Byte offset of the document in the rendered file.
    pub offset: usize,
    /// Text, without leading white space.
    pub text: Vec<u8>,
    /// What Helm reads of it.
    pub head: ManifestHead,
    /// When it runs, for hooks; empty for manifests.
    pub events: Vec<HookEvent>,
}

/// Everything a chart rendered to.
#[derive(Debug, Clone, Default)]
pub struct Manifests {
    /// Ordinary documents in install order.
    pub manifests: Vec<Document>,
    /// Hooks in install order of their kinds.
    pub hooks: Vec<Document>,
    /// What Helm logs, such as unknown hook events.
    pub warnings: Vec<String>,
}

/// A rendered document that does not parse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("YAML parse error on {path}: {source}")]
pub struct SortError {
    /// The rendered file.
    pub path: String,
    /// Offset of the document in it.
    pub offset: usize,
    /// Why.
    pub source: DecodeError,
}

/// Splits and sorts rendered files. Files whose name begins with `_` and empty ones are passed over.
pub fn sort_manifests<'f>(files: impl IntoIterator<Item = (&'f str, &'f [u8])>) -> Result<Manifests, SortError> {
    let parts = parts(files, Compat::Helm4);
    let head = |part: &Part<'_>| ManifestHead::parse(part.text, Compat::Helm4);
    let heads = parts.iter().map(head).collect();
    place_all(&parts, heads, Compat::Helm4)
}

/// The same on all cores, for who has but one chart to sort, in the order of either Helm.
pub fn sort_manifests_in_parallel<'f>(
    files: impl IntoIterator<Item = (&'f str, &'f [u8])>,
    compat: Compat,
) -> Result<Manifests, SortError> {
    let parts = parts(files, compat);
    let bytes: usize = parts.iter().map(|part| part.text.len()).sum();
    let head = |part: &Part<'_>| ManifestHead::parse(part.text, compat);
    let heads = if bytes < WORTH_A_THREAD {
        parts.iter().map(head).collect()
    } else {
        map_in_parallel(&parts, head)
    };
    place_all(&parts, heads, compat)
}

/// One document of a file.
struct Part<'f> {
    path: &'f str,
    offset: usize,
    text: &'f [u8],
}

fn parts<'f>(files: impl IntoIterator<Item = (&'f str, &'f [u8])>, compat: Compat) -> Vec<Part<'f>> {
    let files: BTreeMap<&str, &[u8]> = files.into_iter().collect();
    let is_manifest = |(path, text): &(&str, &[u8])| {
        let base = path.rsplit('/').next().unwrap_or(path);
        !base.starts_with('_') && !trim(text).is_empty()
    };
    let documents = files.into_iter().filter(is_manifest).flat_map(|(path, text)| {
        split_manifests(text, compat).into_iter().map(move |document| Part {
            path,
            offset: document.offset,
            text: document.text,
        })
    });
    documents.collect()
}

fn place_all(
    parts: &[Part<'_>],
    heads: Vec<Result<ManifestHead, DecodeError>>,
    compat: Compat,
) -> Result<Manifests, SortError> {
    let mut sorted = Manifests::default();
    for (part, head) in parts.iter().zip(heads) {
        let head = head.map_err(|source| SortError {
            path: part.path.to_owned(),
            offset: part.offset,
            source,
        })?;
        sorted.place(Document {
            path: part.path.to_owned(),
            offset: part.offset,
            text: part.text.to_vec(),
            head,
            events: Vec::new(),
        });
    }
    sorted
        .manifests
        .sort_by(|a, b| install_rank(&a.head.kind, compat).cmp(&install_rank(&b.head.kind, compat)));
    sorted
        .hooks
        .sort_by(|a, b| install_rank(&a.head.kind, compat).cmp(&install_rank(&b.head.kind, compat)));
    Ok(sorted)
}

impl Manifests {
    fn place(&mut self, mut document: Document) {
        let Some(hook) = document.head.annotation(HOOK_ANNOTATION) else {
            self.manifests.push(document);
            return;
        };
        match hook
            .split(',')
            .map(|event| HookEvent::parse(&event.trim().to_lowercase()))
            .collect::<Option<Vec<_>>>()
        {
            Some(events) => {
                document.events = events;
                self.hooks.push(document);
            }
            None => self
                .warnings
                .push(format!("skipping unknown hooks {hook:?} in {}", document.path)),
        }
    }
}
