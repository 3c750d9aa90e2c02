//! Separates hooks from manifests and puts both in install order. Follows Helm's
//! `pkg/release/v1/util/manifest_sorter.go`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::engine::chart::{Compat, DecodeError, Notice};
use crate::text::compact_sort::sort_by;
use crate::text::ordered::CollectOrdered as _;

use super::head::ManifestHead;
use super::kind_order::install_rank;
use super::split::{split_manifests, trim};
use crate::text::threads::Ahead;

/// Bytes of text that make a second thread worthwhile.
const WORTH_A_THREAD: usize = 64 << 10;
/// Bytes of text that make waking another thread worthwhile: many files render to little or nothing.
const WORTH_A_WAKE: usize = 16 << 10;
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
    /// The event of a name.
    pub fn parse(name: &str) -> Option<Self> {
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
    /// Text of the rendered file.
    file: Arc<Vec<u8>>,
    /// Where the document is in it, without leading white space.
    range: Range<usize>,
    /// What Helm reads from it.
    pub head: ManifestHead,
    /// When it runs, for hooks; empty for manifests.
    pub events: Vec<HookEvent>,
}

impl Document {
    /// Text, without leading white space.
    pub fn text(&self) -> &[u8] {
        self.file.get(self.range.clone()).unwrap_or_default()
    }
}

/// Everything a chart rendered to.
#[derive(Debug, Clone, Default)]
pub struct Manifests {
    /// Ordinary documents in install order.
    pub manifests: Vec<Document>,
    /// Hooks in install order of their kinds.
    pub hooks: Vec<Document>,
    /// Documents that were dropped for unknown hook events.
    pub notices: Vec<Notice>,
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
    /// Documents before it that were dropped for unknown hook events.
    pub notices: Vec<Notice>,
}

/// Splits and sorts rendered files. Files whose name begins with `_` and empty ones are skipped.
///
/// # Errors
/// For the first document that does not parse.
pub fn sort_manifests<'f>(
    files: impl IntoIterator<Item = (&'f str, &'f Arc<Vec<u8>>)>,
) -> Result<Manifests, SortError> {
    let read = |(path, text): (&str, &Arc<Vec<u8>>)| read_file(path.to_owned(), Arc::clone(text), Compat::Helm4);
    place_all(files.into_iter().map(read), Compat::Helm4)
}

/// The same while the files are still being rendered, for commands that sort a single chart, in the order of the given
/// Helm.
pub struct ManifestSorter {
    compat: Compat,
    bytes: usize,
    batch: Vec<RenderedText>,
    batch_bytes: usize,
    files: Ahead<Vec<RenderedText>, Vec<ReadFile>>,
}

/// Path and text of a rendered file.
type RenderedText = (String, Arc<Vec<u8>>);

impl ManifestSorter {
    /// No files yet.
    pub fn new(compat: Compat) -> Self {
        Self {
            compat,
            bytes: 0,
            batch: Vec::new(),
            batch_bytes: 0,
            files: Ahead::new(move |batch: Vec<RenderedText>| {
                let read = |(path, text)| read_file(path, text, compat);
                batch.into_iter().map(read).collect()
            }),
        }
    }

    /// One more rendered file.
    pub fn add(&mut self, path: &str, text: &Arc<Vec<u8>>) {
        self.bytes += text.len();
        if self.bytes > WORTH_A_THREAD {
            self.files.start();
        }
        self.batch.push((path.to_owned(), Arc::clone(text)));
        self.batch_bytes += text.len();
        if self.batch_bytes > WORTH_A_WAKE {
            self.batch_bytes = 0;
            self.files.add(std::mem::take(&mut self.batch));
        }
    }

    /// All documents in order.
    ///
    /// # Errors
    /// For the first document that does not parse.
    pub fn finish(mut self) -> Result<Manifests, SortError> {
        self.files.add(self.batch);
        place_all(self.files.finish().into_iter().flatten(), self.compat)
    }
}

/// A rendered file whose documents have been read.
struct ReadFile {
    path: String,
    text: Arc<Vec<u8>>,
    documents: Vec<(Range<usize>, Result<ManifestHead, DecodeError>)>,
}

fn read_file(path: String, text: Arc<Vec<u8>>, compat: Compat) -> ReadFile {
    let base = path.rsplit('/').next().unwrap_or(&path);
    let documents = if base.starts_with('_') || trim(&text).is_empty() {
        Vec::new()
    } else {
        let documents = split_manifests(&text, compat).into_iter().map(|document| {
            let range = document.offset..document.offset + document.text.len();
            (range, ManifestHead::parse(document.text, compat))
        });
        documents.collect()
    };
    ReadFile { path, text, documents }
}

fn place_all(files: impl IntoIterator<Item = ReadFile>, compat: Compat) -> Result<Manifests, SortError> {
    let files: BTreeMap<String, ReadFile> = files.into_iter().map(|file| (file.path.clone(), file)).collect_map();
    let mut sorted = Manifests::default();
    for (path, file) in files {
        for (range, head) in file.documents {
            let head = match head {
                Ok(head) => head,
                Err(source) => {
                    return Err(SortError {
                        path,
                        offset: range.start,
                        source,
                        notices: sorted.notices,
                    });
                }
            };
            sorted.place(Document {
                path: path.clone(),
                file: Arc::clone(&file.text),
                range,
                head,
                events: Vec::new(),
            });
        }
    }
    let by_rank =
        |a: &Document, b: &Document| install_rank(&a.head.kind, compat).cmp(&install_rank(&b.head.kind, compat));
    sort_by(&mut sorted.manifests, by_rank);
    sort_by(&mut sorted.hooks, by_rank);
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
            None => self.notices.push(Notice::UnknownHooks(hook.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(files: &[(&str, &str)], compat: Compat) -> Manifests {
        let mut sorter = ManifestSorter::new(compat);
        for (path, text) in files {
            sorter.add(path, &Arc::new(text.as_bytes().to_vec()));
        }
        sorter.finish().unwrap()
    }

    fn kinds(documents: &[Document]) -> Vec<&str> {
        documents.iter().map(|document| document.head.kind.as_str()).collect()
    }

    #[test]
    fn documents_are_in_install_order_and_hooks_apart() {
        let hook = |kind: &str, event: &str| {
            format!("kind: {kind}\nmetadata: {{name: h, annotations: {{helm.sh/hook: '{event}'}}}}\n")
        };
        let hooks = format!(
            "{}---\n{}---\n{}",
            hook("Job", " PRE-Install, post-delete"),
            hook("Secret", "test-success"),
            hook("Pod", "some-day")
        );
        let files = [
            (
                "c/templates/z.yaml",
                "kind: Zebra\n---\nkind: Apple\n---\nkind: Deployment\n",
            ),
            (
                "c/templates/a.yaml",
                "KIND: Namespace\n---\nkind: ValidatingWebhookConfiguration\n",
            ),
            ("c/templates/_partial.yaml", "kind: Partial\n"),
            ("c/templates/hooks.yaml", hooks.as_str()),
        ];
        let manifests = sorted(&files, Compat::Helm4);
        assert_eq!(
            kinds(&manifests.manifests),
            [
                "Namespace",
                "Deployment",
                "ValidatingWebhookConfiguration",
                "Apple",
                "Zebra"
            ]
        );
        assert_eq!(kinds(&manifests.hooks), ["Secret", "Job"]);
        let events: Vec<&[HookEvent]> = manifests.hooks.iter().map(|hook| hook.events.as_slice()).collect();
        assert_eq!(
            events,
            [&[HookEvent::Test][..], &[HookEvent::PreInstall, HookEvent::PostDelete]]
        );
        assert_eq!(manifests.notices.len(), 1);
        // Helm 3 does not know the kind of the webhook, so it comes after the others by name.
        assert_eq!(
            kinds(&sorted(&files, Compat::Helm3).manifests),
            [
                "Namespace",
                "Deployment",
                "Apple",
                "ValidatingWebhookConfiguration",
                "Zebra"
            ]
        );
    }
}
