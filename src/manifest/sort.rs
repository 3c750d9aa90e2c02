//! Hooks apart from manifests, both in install order. Follows Helm's `pkg/release/v1/util/manifest_sorter.go`.

use std::collections::BTreeMap;

use crate::chart::DecodeError;

use super::head::ManifestHead;
use super::kind_order::install_rank;
use super::split::{split_manifests, trim};

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
pub fn sort_manifests<'f>(
    files: impl IntoIterator<Item = (&'f str, &'f [u8])>,
) -> Result<Manifests, SortError> {
    let files: BTreeMap<&str, &[u8]> = files.into_iter().collect();
    let mut sorted = Manifests::default();
    for (path, text) in files {
        let base = path.rsplit('/').next().unwrap_or(path);
        if base.starts_with('_') || trim(text).is_empty() {
            continue;
        }
        for document in split_manifests(text) {
            let head = ManifestHead::parse(document.text)
                .map_err(|source| SortError { path: path.to_owned(), offset: document.offset, source })?;
            let document = Document {
                path: path.to_owned(),
                offset: document.offset,
                text: document.text.to_vec(),
                head,
                events: Vec::new(),
            };
            sorted.place(document);
        }
    }
    sorted.manifests.sort_by(|a, b| install_rank(&a.head.kind).cmp(&install_rank(&b.head.kind)));
    sorted.hooks.sort_by(|a, b| install_rank(&a.head.kind).cmp(&install_rank(&b.head.kind)));
    Ok(sorted)
}

impl Manifests {
    fn place(&mut self, mut document: Document) {
        let Some(hook) = document.head.annotation(HOOK_ANNOTATION) else {
            self.manifests.push(document);
            return;
        };
        match hook.split(',').map(|event| HookEvent::parse(&event.trim().to_lowercase())).collect::<Option<Vec<_>>>() {
            Some(events) => {
                document.events = events;
                self.hooks.push(document);
            }
            None => self.warnings.push(format!("skipping unknown hooks {hook:?} in {}", document.path)),
        }
    }
}
