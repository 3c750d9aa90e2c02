//! The documents of many texts, each kept and judged once: files rendered with several values have most of theirs in common.
//!
//! A text is read into a buffer that is used again for the next one, and only documents that are new are copied out of it. They are
//! judged at once, while the processor has them at hand, unless their verdict depends on definitions that later texts may bring.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use foldhash::fast::RandomState;
use memchr::memmem::Finder;

use crate::kubernetes::names::is_own_group;
use crate::text::compact_sort::sort_by_key;
use crate::text::limits::VERDICT_BYTES;
use crate::text::rule::Rule;
use crate::text::threads::map_with_state;

use super::check_document::{check_document, check_without_definitions};
use super::custom::CustomSchemas;
use super::joined_text::{JoinedText, Part};
use super::options::{Options, Target};
use super::policies::PolicyObjects;
use super::resource::{PlacedResource, Resource, Violation};
use super::secret_kind::names_secret_kind;
use super::split::split_documents;

/// Parts of the table of known documents, so that threads seldom wait for each other.
const SHARDS: usize = 32;
/// Texts from this size on are not judged at once, so that all threads share their documents.
const LARGE: usize = 128 << 10;
/// Texts from this size on are kept as they were read: copying them would take twice their memory.
const KEPT_WHOLE: usize = 4 << 20;

/// A document, and what is known of it.
#[derive(Debug)]
struct Document {
    part: Part,
    /// Whether it may define custom resources.
    is_definition: bool,
    /// Whether it may be a Secret, or have one in it.
    may_be_secret: bool,
    /// The verdicts, where they do not depend on definitions.
    verdicts: Option<Verdicts>,
}

/// The verdicts on a document, which all files that have it share.
type Verdicts = Vec<Arc<Resource>>;

/// A document with the verdicts on it.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'d> {
    /// Its bytes.
    pub document: &'d [u8],
    /// Whether it may be a Secret, or have one in it.
    pub may_be_secret: bool,
    /// The verdicts on its objects.
    pub verdicts: &'d [Arc<Resource>],
}

/// How documents are judged.
#[derive(Debug, Clone, Copy)]
pub struct Judging<'j> {
    /// The versions of Kubernetes.
    pub targets: &'j [Target],
    /// The options, without the definitions of custom resources.
    pub options: &'j Options,
}

/// Whether the first `apiVersion` looks like that of a custom resource, which would be read for nothing before its definition is
/// known: its group is a domain that is not Kubernetes' own. Guessing wrong only costs time.
fn seems_custom(document: &[u8]) -> bool {
    const KEY: &[u8] = b"apiVersion:";
    static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(KEY));
    let Some(at) = FINDER.find(document) else {
        return false;
    };
    let rest = document.get(at + KEY.len()..).unwrap_or_default();
    let line = rest
        .get(..memchr::memchr(b'\n', rest).unwrap_or(rest.len()))
        .unwrap_or_default();
    let Some(slash) = memchr::memchr(b'/', line) else {
        return false;
    };
    !is_own_group(line.get(..slash).unwrap_or_default())
}

/// The faults that are kept of all documents.
#[derive(Debug, Default)]
struct Kept {
    bytes: AtomicUsize,
}

impl Kept {
    /// The verdicts as they are kept: once all of them have too many faults, with the first fault only.
    fn shared(&self, mut verdicts: Vec<Resource>) -> Verdicts {
        for resource in &mut verdicts {
            let bytes: usize = resource.violations.iter().map(bytes_of).sum();
            let is_over = bytes > 0 && self.bytes.fetch_add(bytes, Ordering::Relaxed) > VERDICT_BYTES;
            if is_over && resource.violations.len() > 1 {
                let left_out = resource.violations.len() - 1;
                resource.violations.truncate(1);
                resource.violations.push(Violation {
                    path: String::new(),
                    message: format!(
                        "{left_out} more faults are left out: those of all documents have {VERDICT_BYTES} bytes"
                    ),
                    offset: resource.offset,
                    rule: Rule::NotChecked.into(),
                });
                resource.violations.shrink_to_fit();
            }
        }
        verdicts.into_iter().map(Arc::new).collect()
    }
}

fn bytes_of(violation: &Violation) -> usize {
    size_of::<Violation>() + violation.path.len() + violation.message.len()
}

/// Different documents, by their hash.
#[derive(Debug, Default)]
struct Shard {
    documents: Vec<Document>,
    by_hash: HashMap<u64, Vec<usize>, RandomState>,
}

impl Shard {
    fn find(&self, hash: u64, document: &[u8]) -> Option<usize> {
        let mut same_hash = self.by_hash.get(&hash)?.iter().copied();
        same_hash.find(|&index| {
            self.documents
                .get(index)
                .is_some_and(|known| known.part.bytes() == document)
        })
    }

    fn add(&mut self, hash: u64, part: Part) -> usize {
        let index = self.documents.len();
        self.documents.push(Document {
            part,
            is_definition: false,
            may_be_secret: false,
            verdicts: None,
        });
        self.by_hash.entry(hash).or_default().push(index);
        index
    }
}

/// Where a document is kept: its shard, and its place there.
type Slot = (usize, usize);

/// Where a document begins, and the document.
type Place<D> = (usize, D);

/// The documents that are known so far.
struct Known {
    hasher: RandomState,
    kept: Kept,
    shards: Vec<RwLock<Shard>>,
}

impl Known {
    fn new() -> Self {
        Self {
            hasher: RandomState::default(),
            kept: Kept::default(),
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
        }
    }

    /// Where a document is kept, which `keep` does where it is new; the verdicts of `judge` are kept too.
    fn slot(
        &self,
        document: &[u8],
        keep: impl FnOnce() -> Part,
        judge: impl FnOnce() -> Option<Vec<Resource>>,
    ) -> Slot {
        let hash = self.hasher.hash_one(document);
        let at = usize::try_from(hash % SHARDS as u64).unwrap_or_default();
        let Some(shard) = self.shards.get(at) else {
            return (0, 0);
        };
        let known = shard
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .find(hash, document);
        if let Some(index) = known {
            return (at, index);
        }
        // Threads are often at the same document: files of one chart follow each other. The first to add it judges it, while the
        // others go on.
        let part = keep();
        let index = {
            let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
            if let Some(index) = shard.find(hash, document) {
                return (at, index);
            }
            shard.add(hash, part)
        };
        let is_definition = CustomSchemas::is_definition(document);
        let may_be_secret = names_secret_kind(document);
        let verdicts = judge();
        let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = shard.documents.get_mut(index) {
            (kept.is_definition, kept.may_be_secret) = (is_definition, may_be_secret);
            kept.verdicts = verdicts.map(|verdicts| self.kept.shared(verdicts));
        }
        (at, index)
    }

    /// Where the documents of a text begin and are kept.
    fn places(&self, buffer: &mut Vec<u8>, judging: Option<Judging<'_>>) -> Vec<Place<Slot>> {
        if buffer.len() < KEPT_WHOLE {
            let judging = judging.filter(|_| buffer.len() < LARGE);
            let place = |(offset, document): (usize, &[u8])| {
                let judge = || {
                    let Judging { targets, options } = judging.filter(|_| !seems_custom(document))?;
                    check_without_definitions(document, targets, options)
                };
                (offset, self.slot(document, || Part::of(document.to_vec()), judge))
            };
            return split_documents(buffer).into_iter().map(place).collect();
        }
        let text = Arc::new(std::mem::take(buffer));
        let place = |(offset, document): (usize, &[u8])| {
            let keep = || Part::new(Arc::clone(&text), offset..offset + document.len());
            (offset, self.slot(document, keep, || None))
        };
        split_documents(&text).into_iter().map(place).collect()
    }
}

/// The documents of many texts.
#[derive(Debug)]
pub struct Documents {
    distinct: Vec<Document>,
    kept: Kept,
    /// For each text, where its documents begin and which of `distinct` they are.
    places: Vec<Vec<Place<usize>>>,
}

impl Documents {
    /// Reads texts on at most `workers` threads. `read` puts one into a buffer, instead of what that has; where it cannot, it
    /// leaves the buffer empty. What `judging` judges is not judged again by [`Documents::judge`], which must have the same options.
    /// Gives the results of `read` in the order of the inputs.
    pub fn read<T: Sync, R: Send>(
        inputs: &[T],
        workers: Option<usize>,
        judging: Option<Judging<'_>>,
        read: impl Fn(&T, &mut Vec<u8>) -> R + Sync,
    ) -> (Self, Vec<R>) {
        let known = Known::new();
        let found = map_with_state(inputs, workers, Vec::new, |buffer: &mut Vec<u8>, input| {
            let result = read(input, buffer);
            (known.places(buffer, judging), result)
        });
        let (kept, mut distinct) = (known.kept, Vec::new());
        let mut starts = Vec::new();
        for shard in known.shards {
            starts.push(distinct.len());
            let shard = shard.into_inner().unwrap_or_else(PoisonError::into_inner);
            distinct.extend(shard.documents);
        }
        let index = |(shard, at): Slot| starts.get(shard).map_or(at, |start| start + at);
        let (places, results) = found
            .into_iter()
            .map(|(places, result)| {
                let places = places.into_iter().map(|(offset, slot)| (offset, index(slot)));
                (places.collect(), result)
            })
            .unzip();
        (Self { distinct, kept, places }, results)
    }

    /// One of the texts.
    pub fn text(&self, index: usize) -> JoinedText {
        let places = self.places.get(index).into_iter().flatten();
        let parts = places.filter_map(|&(_, document)| Some(self.distinct.get(document)?.part.clone()));
        JoinedText::new(parts.collect())
    }

    /// Adds the definitions among the documents, each once, in the order of the texts.
    pub fn add_definitions(&self, custom: &mut CustomSchemas) {
        let mut added = HashSet::new();
        for &(_, index) in self.places.iter().flatten() {
            if let Some(document) = self.distinct.get(index)
                && document.is_definition
                && added.insert(index)
            {
                custom.add_part(Arc::clone(&document.part.text), document.part.range.clone());
            }
        }
    }

    /// Adds the policies among the documents, and the namespaces and parameters that policies ask for; nothing if no policy is known.
    pub fn add_policies(&self, policies: &mut PolicyObjects) {
        let documents = || self.distinct.iter().map(|document| document.part.bytes());
        for document in documents().filter(|document| PolicyObjects::may_be_in(document)) {
            policies.add_readable(document);
        }
        if policies.is_empty() {
            return;
        }
        let mut kinds = policies.param_kinds();
        kinds.push("Namespace".to_owned());
        for document in documents().filter(|document| !PolicyObjects::may_be_in(document)) {
            let is_named = |kind: &String| memchr::memmem::find(document, kind.as_bytes()).is_some();
            if kinds.iter().any(is_named) {
                policies.add_readable(document);
            }
        }
    }

    /// Forgets all verdicts, which were given without what is known now.
    pub fn forget_verdicts(&mut self) {
        self.kept = Kept::default();
        for document in &mut self.distinct {
            document.verdicts = None;
        }
    }

    /// The documents that are not judged yet, the longest first: a long one that is begun last leaves the other threads without
    /// work.
    fn waiting(&self) -> Vec<(usize, &Part)> {
        let documents = self.distinct.iter().enumerate();
        let waiting = documents.filter(|(_, document)| document.verdicts.is_none());
        let mut waiting: Vec<(usize, &Part)> = waiting.map(|(index, document)| (index, &document.part)).collect();
        sort_by_key(&mut waiting, |(_, part)| std::cmp::Reverse(part.range.len()));
        waiting
    }

    /// Judges the documents that are not judged yet.
    pub fn judge(&mut self, workers: Option<usize>, targets: &[Target], options: &Options) {
        let waiting = self.waiting();
        let kept = &self.kept;
        let judge =
            |(): &mut (), &(_, part): &(usize, &Part)| kept.shared(check_document(part.bytes(), targets, options));
        let found = map_with_state(&waiting, workers, || (), judge);
        let waiting: Vec<usize> = waiting.iter().map(|&(index, _)| index).collect();
        for (index, resources) in waiting.into_iter().zip(found) {
            if let Some(document) = self.distinct.get_mut(index) {
                document.verdicts = Some(resources);
            }
        }
    }

    /// Each document once, with the verdicts on it.
    pub fn judged(&self) -> impl Iterator<Item = Judged<'_>> {
        self.distinct.iter().map(|document| Judged {
            document: document.part.bytes(),
            may_be_secret: document.may_be_secret,
            verdicts: document.verdicts.as_deref().unwrap_or_default(),
        })
    }

    /// Puts what `change` makes of a verdict in its place, for all texts that have the document.
    pub fn change_verdicts(&mut self, workers: Option<usize>, change: impl Fn(&Resource) -> Option<Resource> + Sync) {
        let changed = |(): &mut (), document: &Document| -> Option<Verdicts> {
            let verdicts = document.verdicts.as_ref()?;
            let changed: Vec<Option<Resource>> = verdicts.iter().map(|verdict| change(verdict)).collect();
            let any = changed.iter().any(Option::is_some);
            let with_kept = |(kept, changed): (&Arc<Resource>, Option<Resource>)| {
                changed.map_or_else(|| Arc::clone(kept), Arc::new)
            };
            any.then(|| verdicts.iter().zip(changed).map(with_kept).collect())
        };
        let changed = map_with_state(&self.distinct, workers, || (), changed);
        for (document, verdicts) in self.distinct.iter_mut().zip(changed) {
            if verdicts.is_some() {
                document.verdicts = verdicts;
            }
        }
    }

    /// What `finish` makes of each of the texts: of its index, and of what [`super::check_text`] gives for it.
    pub fn texts<R: Send>(
        &self,
        workers: Option<usize>,
        finish: impl Fn(usize, Vec<PlacedResource>) -> R + Sync,
    ) -> Vec<R> {
        let verdicts_of = |places: &[Place<usize>]| {
            let document = |&(start, index): &Place<usize>| Some((start, self.distinct.get(index)?));
            let last = places.last().and_then(document);
            let length = last.map_or(0, |(start, document)| start + document.part.range.len());
            let mut resources = Vec::with_capacity(places.len());
            for (start, document) in places.iter().filter_map(document) {
                let verdicts = document.verdicts.iter().flatten();
                resources.extend(verdicts.map(|verdict| PlacedResource::new(Arc::clone(verdict), start, length)));
            }
            resources
        };
        let texts: Vec<(usize, &[Place<usize>])> = self.places.iter().map(Vec::as_slice).enumerate().collect();
        map_with_state(
            &texts,
            workers,
            || (),
            |(), &(text, places)| finish(text, verdicts_of(places)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalog::Catalog;
    use super::super::check_text::check_text;
    use super::*;

    const HEAD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n";

    fn documents(texts: &[String], workers: usize, judging: Option<Judging<'_>>) -> Documents {
        let read = |text: &String, buffer: &mut Vec<u8>| {
            buffer.clear();
            buffer.extend_from_slice(text.as_bytes());
            text.len()
        };
        let (documents, results) = Documents::read(texts, Some(workers), judging, read);
        assert_eq!(results, texts.iter().map(String::len).collect::<Vec<_>>());
        documents
    }

    /// A verdict with offsets in its file.
    fn in_file(placed: &PlacedResource) -> Resource {
        let mut verdict = Resource::clone(&placed.verdict);
        verdict.offset = placed.offset();
        for violation in &mut verdict.violations {
            violation.offset = placed.at(violation.offset);
        }
        verdict
    }

    #[test]
    fn many_texts_have_the_verdicts_of_each() {
        let bad = format!("---\n{HEAD}data: 1\n");
        let good = format!("---\n{HEAD}");
        let large = |size: usize| format!("{good}---\n{HEAD}data: {{a: {}, b: 1}}\n", "x".repeat(size));
        let texts = [
            format!("{bad}{good}"),
            format!("a: [\n{good}{bad}{bad}"),
            String::new(),
            large(LARGE),
            large(KEPT_WHOLE),
            good,
        ];
        let targets = [Target::embedded(Catalog::find("1.31").unwrap())];
        let options = Options::default();
        let judging = Judging {
            targets: &targets,
            options: &options,
        };
        for (workers, judging) in [(1, None), (2, None), (1, Some(judging)), (2, Some(judging))] {
            let mut documents = documents(&texts, workers, judging);
            assert_eq!(documents.distinct.len(), 6);
            documents.judge(Some(workers), &targets, &options);
            let found = documents.texts(Some(workers), |_, found| found);
            let found: Vec<Vec<Resource>> = found.iter().map(|file| file.iter().map(in_file).collect()).collect();
            let expected: Vec<Vec<Resource>> = texts
                .iter()
                .map(|text| check_text(text.as_bytes(), &targets, &options))
                .collect();
            assert_eq!(found, expected);
            for (index, text) in texts.iter().enumerate() {
                assert_eq!(documents.text(index).as_slice(), text.as_bytes(), "{index}");
            }
        }
    }

    #[test]
    fn faults_of_all_documents_are_limited() {
        let fault = |message: &str| Violation {
            path: "/a".to_owned(),
            message: message.to_owned(),
            offset: 9,
            rule: Rule::Type.into(),
        };
        let targets = [Target::embedded(Catalog::find("1.31").unwrap())];
        let verdict = |texts: &[&str]| Resource {
            violations: texts.iter().map(|text| fault(text)).collect(),
            ..check_text(b"a: 1", &targets, &Options::default()).remove(0)
        };
        let kept = Kept::default();
        let messages = |resources: Verdicts| -> Vec<String> {
            let violations = resources.iter().flat_map(|resource| &resource.violations);
            violations.map(|violation| violation.message.clone()).collect()
        };
        let long = "x".repeat(VERDICT_BYTES);
        assert_eq!(messages(kept.shared(vec![verdict(&[&long, "b"])])).len(), 2);
        let cut = "1 more faults are left out: those of all documents have 67108864 bytes";
        let found = messages(kept.shared(vec![verdict(&["a", "b"]), verdict(&["c"])]));
        assert_eq!(found, ["a", cut, "c"]);
    }

    #[test]
    fn definitions_keep_the_order_of_the_texts() {
        let definition = |kind: &str| {
            let names = format!("{{kind: {kind}, plural: ds}}");
            format!(
                "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: ds.example.com}}\nspec:\n  \
                 group: example.com\n  names: {names}\n  scope: Namespaced\n  versions:\n  - {{name: v1, served: true, storage: true, schema: \
                 {{openAPIV3Schema: {{type: object, properties: {{a: {{type: integer}}}}}}}}}}\n"
            )
        };
        let texts: Vec<String> = (0..40).map(|at| definition(&format!("D{at}"))).collect();
        let resource = "apiVersion: example.com/v1\nkind: D7\nmetadata: {name: a}\na: text\n".to_owned();
        let texts: Vec<String> = texts.into_iter().chain([resource]).collect();
        let targets = [Target::embedded(Catalog::find("1.31").unwrap())];
        let options = Options::default();
        let judging = Judging {
            targets: &targets,
            options: &options,
        };
        let mut documents = documents(&texts, 2, Some(judging));
        let mut custom = CustomSchemas::default();
        documents.add_definitions(&mut custom);
        let kinds: Vec<String> = custom
            .texts()
            .map(|text| String::from_utf8_lossy(text).into_owned())
            .collect();
        assert_eq!(kinds, texts[..40]);
        let options = Options {
            custom: Some(Arc::new(custom)),
            ..options
        };
        documents.judge(Some(2), &targets, &options);
        let found = documents.texts(Some(2), |_, found| found);
        let last = found.last().and_then(|resources| resources.first()).unwrap();
        assert_eq!(last.verdict.violations.first().unwrap().path, "/a");
    }
}
