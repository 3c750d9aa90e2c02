//! Publishing: everything is compared first, so that nothing is uploaded to a repository that is broken or has a version
//! already; then archives are written, each only if its name is free, and the index by compare-and-swap until it has all
//! entries. Running twice does the same as running once, so a lost answer does no harm.

use crate::engine::chart::Metadata;
use crate::text::sha256::sha256_hex;

use super::content::is_same_content;
use super::index_entry::IndexEntry;
use super::index_error::IndexError;
use super::index_file::Index;
use super::index_update::{Environment, OpenIndex, UpdateError, open_index, pause, update_index};
use super::object_name::object_names;
use super::store::{PutOutcome, Store, StoreError, Versioned};

/// Attempts at an archive that changes between reading and writing.
const ARCHIVE_ATTEMPTS: u32 = 8;

/// A packaged chart to publish.
#[derive(Debug, Clone)]
pub struct Item {
    /// The fields that the index lists.
    pub metadata: Metadata,
    /// `NAME-VERSION.tgz`
    pub file_name: String,
    /// Bytes of the archive.
    pub archive: Vec<u8>,
    /// Its provenance file, if there is one.
    pub provenance: Option<Vec<u8>>,
}

/// What happens to a version that exists with other content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Existing {
    /// Nothing is published at all.
    #[default]
    Refuse,
    /// It is replaced.
    Replace,
    /// It stays, and the other charts are published.
    Skip,
}

/// The outcome for one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is new in the repository.
    Published,
    /// It was in the repository before, with the same content.
    AlreadyThere,
    /// It took the place of other content.
    Replaced,
    /// It was in the repository before, with other content, which stays.
    Skipped,
}

impl Outcome {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::AlreadyThere => "unchanged",
            Self::Replaced => "replaced",
            Self::Skipped => "skipped",
        }
    }
}

/// What is done with an item, or is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// What.
    pub outcome: Outcome,
    /// Hex SHA-256 of the archive that the repository has then; empty where it is not known.
    pub digest: String,
    /// Hex SHA-256 of its manifest, in a registry.
    pub manifest: Option<String>,
    /// The name of the archive in the repository.
    pub object: String,
}

impl Published {
    /// The digest by which the chart is fetched: that of the manifest in a registry, that of the archive elsewhere.
    pub fn shown_digest(&self) -> &str {
        self.manifest.as_deref().unwrap_or(&self.digest)
    }
}

/// Why charts were not published. Charts that were already published stay.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The repository has the version with different content.
    #[error("{name} {version} is already in the repository, with different content")]
    Exists {
        /// The chart.
        name: String,
        /// Its version.
        version: String,
    },
    /// The version cannot be left out as one that exists: what exists cannot be used.
    #[error("{name} {version} is in the repository, but its entry and its archive {object} do not agree")]
    Disagree {
        /// The chart.
        name: String,
        /// Its version.
        version: String,
        /// The archive.
        object: String,
    },
    /// The index cannot be read or changed, or the store failed.
    #[error(transparent)]
    Update(#[from] UpdateError),
    /// An archive exists when it is written, and is missing when it is read.
    #[error("{0} cannot be written because it exists, and cannot be read because it does not")]
    Contradiction(String),
}

impl PublishError {
    /// Whether the charts are at fault, and not the repository.
    pub const fn is_finding(&self) -> bool {
        matches!(
            self,
            Self::Exists { .. } | Self::Disagree { .. } | Self::Update(UpdateError::Index(IndexError::Exists { .. }))
        )
    }
}

impl From<StoreError> for PublishError {
    fn from(error: StoreError) -> Self {
        Self::Update(error.into())
    }
}

impl From<IndexError> for PublishError {
    fn from(error: IndexError) -> Self {
        Self::Update(error.into())
    }
}

/// A repository that was compared with all items.
#[derive(Debug)]
pub(super) struct Plan {
    open: OpenIndex,
    /// What is to be done.
    pub(super) steps: Vec<Published>,
}

/// Compares all items with a repository. Nothing is written. New archives get the names of `objects`. Archives that the index does not list are looked for only if
/// `is_thorough`: where there is one item, writing it finds them.
///
/// # Errors
/// When the repository has one of the versions with different content and that is refused, the index is broken, or the store
/// fails.
pub(super) fn prepare(
    store: &mut dyn Store,
    items: &[Item],
    objects: &[String],
    existing: Existing,
    is_thorough: bool,
) -> Result<Plan, PublishError> {
    let open = open_index(store)?;
    let mut steps = Vec::with_capacity(items.len());
    for (item, object) in items.iter().zip(objects) {
        steps.push(compare(store, &open.index, (item, object), existing, is_thorough)?);
    }
    Ok(Plan { open, steps })
}

fn compare(
    store: &mut dyn Store,
    index: &Index,
    (item, new_object): (&Item, &String),
    existing: Existing,
    is_thorough: bool,
) -> Result<Published, PublishError> {
    let (name, version) = (&item.metadata.name, &item.metadata.version);
    let new = digest(&item.archive);
    let listed = index.digest(name, version)?;
    let step = |outcome, digest: &str, object: &str| {
        Ok(Published {
            outcome,
            digest: digest.to_owned(),
            manifest: None,
            object: object.to_owned(),
        })
    };
    let urls = listed.iter().flat_map(|(_, urls)| urls);
    let named: Vec<String> = urls.flat_map(|url| object_names(url)).collect();
    let own = named.iter().find(|name| *name == new_object);
    let object = own.or(named.first()).unwrap_or(new_object);
    match &listed {
        Some((listed, _)) if *listed == new => return step(Outcome::AlreadyThere, &new, object),
        None if !is_thorough => return step(Outcome::Published, &new, object),
        _ => {}
    }
    let (object, kept) = first_there(store, &named, new_object)?;
    let step = |outcome, digest: &str| step(outcome, digest, &object);
    match (listed, kept) {
        (None, None) => step(Outcome::Published, &new),
        (None, Some(kept)) if is_same_content(&kept.bytes, &item.archive) => {
            step(Outcome::Published, &digest(&kept.bytes))
        }
        // A digest of another archive is a fault of the index, which only a replacement mends.
        (Some((listed, _)), Some(kept))
            if (listed.is_empty() || listed == digest(&kept.bytes)) && is_same_content(&kept.bytes, &item.archive) =>
        {
            step(Outcome::AlreadyThere, &listed)
        }
        // A replacement that was stopped before it wrote the entry. The entry is of an archive that is gone, so it cannot be used.
        (Some(_), Some(kept)) if digest(&kept.bytes) == new => step(Outcome::Replaced, &new),
        (listed, kept) => match (existing, listed, kept) {
            (Existing::Replace, _, _) => step(Outcome::Replaced, &new),
            (Existing::Skip, listed, kept) => {
                let listed = listed.map(|(listed, _)| listed);
                let found = kept.as_ref().map(|kept| digest(&kept.bytes));
                let is_other = |kept: &Versioned| listed.as_ref().is_none_or(|listed| *listed != digest(&kept.bytes));
                if kept.as_ref().is_some_and(is_other) && listed.as_deref() != Some("") {
                    return Err(PublishError::Disagree {
                        name: name.clone(),
                        version: version.clone(),
                        object,
                    });
                }
                let digest = listed.filter(|listed| !listed.is_empty()).or(found);
                step(Outcome::Skipped, &digest.unwrap_or_default())
            }
            (Existing::Refuse, Some((found, _)), kept)
                if kept
                    .as_ref()
                    .is_none_or(|kept| is_same_content(&kept.bytes, &item.archive)) =>
            {
                Err(PublishError::from(IndexError::Exists {
                    name: name.clone(),
                    version: version.clone(),
                    found,
                    new,
                }))
            }
            (Existing::Refuse, _, _) => Err(exists(item)),
        },
    }
}

/// The first of the archives that an entry may have, or a new archive has, that exists; else the new one.
fn first_there(
    store: &mut dyn Store,
    named: &[String],
    new_object: &String,
) -> Result<(String, Option<Versioned>), StoreError> {
    for object in named.iter().chain([new_object]) {
        if let Some(kept) = store.get(object)? {
            return Ok((object.clone(), Some(kept)));
        }
    }
    Ok((new_object.clone(), None))
}

fn exists(item: &Item) -> PublishError {
    PublishError::Exists {
        name: item.metadata.name.clone(),
        version: item.metadata.version.clone(),
    }
}

/// Publishes all items; the outcomes are in their order.
///
/// # Errors
/// When the repository has one of the versions with different content and that is refused, the index is broken, the store
/// fails, or other writers are faster at every attempt.
pub fn publish(
    store: &mut dyn Store,
    items: &[Item],
    existing: Existing,
    environment: &Environment<'_>,
) -> Result<Vec<Published>, PublishError> {
    let objects: Vec<String> = items.iter().map(|item| item.file_name.clone()).collect();
    let plan = prepare(store, items, &objects, existing, items.len() > 1)?;
    carry_out(store, items, plan, existing, environment)
}

/// Does what was planned.
///
/// # Errors
/// Those of [`publish`]: the repository may have changed since.
pub(super) fn carry_out(
    store: &mut dyn Store,
    items: &[Item],
    plan: Plan,
    existing: Existing,
    environment: &Environment<'_>,
) -> Result<Vec<Published>, PublishError> {
    let Plan { open, mut steps } = plan;
    let mut open = Some(open);
    let (mut entries, mut written) = (Vec::new(), Vec::new());
    for (item, step) in items.iter().zip(&mut steps) {
        let (listed, planned) = (step.digest.clone(), step.outcome);
        let is_written = put_item(store, item, step, existing, environment)?;
        if planned == Outcome::AlreadyThere && (is_written || step.outcome != planned) {
            // The archive is missing or another one, so the index may have changed with it since it was read.
            open = None;
        }
        written.push(is_written);
        let entry = IndexEntry::new(&item.metadata, &step.object, &step.digest, &environment.now);
        entries.push((entry, step.outcome, listed));
    }
    let mut first = None;
    let mut has_conflict = false;
    update_index(store, open, environment, &mut |index| {
        has_conflict = first.is_some();
        let mut outcomes = Vec::new();
        for (entry, planned, listed) in &entries {
            outcomes.push(list(index, entry, *planned, listed)?);
        }
        // Compared before the first write: after a lost answer our own entries would look like another's.
        first.get_or_insert(outcomes);
        Ok(())
    })?;
    for (step, outcome) in steps.iter_mut().zip(first.unwrap_or_default()) {
        step.outcome = outcome;
    }
    for ((item, step), is_written) in items.iter().zip(&mut steps).zip(written) {
        // Only a replacement changes an archive. A removal changes the index first, so it only takes away an archive of ours if it
        // was there before us or the index has changed since it was read.
        let may_be_gone = step.outcome == Outcome::Published && (has_conflict || !is_written);
        if may_be_gone || step.outcome == Outcome::Replaced {
            settle(store, item, step, environment)?;
        }
    }
    Ok(steps)
}

/// Looks at the archive once more after its entry was written. Another `--force` may have replaced it, or a removal of the version taken
/// it away, and neither could know of our entry: whoever writes an entry last makes both agree.
fn settle(
    store: &mut dyn Store,
    item: &Item,
    step: &mut Published,
    environment: &Environment<'_>,
) -> Result<(), PublishError> {
    for attempt in 1..=ARCHIVE_ATTEMPTS {
        let metadata = match store.get(&step.object)? {
            Some(kept) if digest(&kept.bytes) == step.digest => {
                // Whoever removed the file of an earlier archive may have removed ours, if both replaced at the same time.
                return put_provenance(store, item, step);
            }
            Some(kept) => match Item::from_archive(kept.bytes) {
                Ok(other) if other.is_version_of(item) => {
                    step.digest = digest(&other.archive);
                    remove_other_provenance(store, &step.object)?;
                    other.metadata
                }
                // Not written by a push.
                _ => return Err(exists(item)),
            },
            None if store.put_if_absent(&step.object, &item.archive)? == PutOutcome::Written => {
                step.digest = digest(&item.archive);
                item.metadata.clone()
            }
            None => continue,
        };
        let entry = IndexEntry::new(&metadata, &step.object, &step.digest, &environment.now);
        update_index(store, None, environment, &mut |index| {
            list(index, &entry, Outcome::Replaced, &entry.digest).map(drop)
        })?;
        pause(attempt, environment);
    }
    Err(PublishError::Contradiction(step.object.clone()))
}

/// Adds an entry to the index, as it was planned. `listed` is the digest that the index had for the same content.
fn list(index: &mut Index, entry: &IndexEntry, planned: Outcome, listed: &str) -> Result<Outcome, IndexError> {
    let found = index.digest(&entry.name, &entry.version)?.map(|(found, _)| found);
    match planned {
        Outcome::Skipped => Ok(planned),
        Outcome::Replaced => {
            if found.is_none_or(|found| found != entry.digest) {
                index.replace(entry);
            }
            Ok(planned)
        }
        Outcome::AlreadyThere if found.as_deref() == Some(listed) => Ok(planned),
        Outcome::Published | Outcome::AlreadyThere => Ok(if index.add(entry)? {
            Outcome::Published
        } else {
            Outcome::AlreadyThere
        }),
    }
}

/// Writes the archive and the provenance file of an item, unless they are there; says whether the archive was missing. The step
/// gets the digest of the archive that is in the repository then, and what was done where that differs from the plan.
fn put_item(
    store: &mut dyn Store,
    item: &Item,
    step: &mut Published,
    existing: Existing,
    environment: &Environment<'_>,
) -> Result<bool, PublishError> {
    if step.outcome == Outcome::Skipped {
        return Ok(false);
    }
    for attempt in 1..=ARCHIVE_ATTEMPTS {
        let kept = match store.put_if_absent(&step.object, &item.archive)? {
            PutOutcome::Written => {
                step.digest = digest(&item.archive);
                put_provenance(store, item, step)?;
                return Ok(true);
            }
            PutOutcome::Conflict => store.get(&step.object)?,
        };
        match (kept, existing) {
            (Some(kept), _) if is_same_content(&kept.bytes, &item.archive) => {
                step.digest = digest(&kept.bytes);
                put_provenance(store, item, step)?;
                if step.outcome == Outcome::Replaced {
                    // A replacement that was stopped may have left the file of what was there before.
                    remove_other_provenance(store, &step.object)?;
                }
                return Ok(false);
            }
            (Some(_), Existing::Refuse) => return Err(exists(item)),
            (Some(kept), Existing::Skip) => {
                step.outcome = Outcome::Skipped;
                step.digest = digest(&kept.bytes);
                return Ok(false);
            }
            (Some(kept), Existing::Replace) => {
                step.outcome = Outcome::Replaced;
                if store.put_if_version(&step.object, &item.archive, &kept.version)? == PutOutcome::Written {
                    step.digest = digest(&item.archive);
                    put_provenance(store, item, step)?;
                    remove_other_provenance(store, &step.object)?;
                    return Ok(false);
                }
            }
            (None, _) => {}
        }
        pause(attempt, environment);
    }
    Err(PublishError::Contradiction(step.object.clone()))
}

/// The provenance file is written after the archive that it is about. One that is about another archive is replaced, if the
/// archive in the repository is ours; and it is taken back if the archive was replaced meanwhile.
fn put_provenance(store: &mut dyn Store, item: &Item, step: &Published) -> Result<(), PublishError> {
    let Some(provenance) = item
        .provenance
        .as_ref()
        .filter(|_| step.digest == digest(&item.archive))
    else {
        return Ok(());
    };
    let name = format!("{}.prov", step.object);
    for _ in 0..ARCHIVE_ATTEMPTS {
        if store.put_if_absent(&name, provenance)? == PutOutcome::Written {
            return remove_other_provenance(store, &step.object);
        }
        match store.get(&name)? {
            Some(Versioned { bytes, .. }) if bytes == *provenance => return Ok(()),
            Some(Versioned { bytes, version }) => {
                let archive = store.get(&step.object)?;
                if archive.is_none_or(|archive| digest(&archive.bytes) != step.digest) {
                    // Whoever replaced the archive writes the file of that one.
                    return Ok(());
                }
                if store.put_if_version(&name, provenance, &version)? == PutOutcome::Written {
                    remove_other_provenance(store, &step.object)?;
                    return Ok(restore_provenance(store, &step.object, &bytes)?);
                }
            }
            None => {}
        }
    }
    Err(PublishError::Contradiction(name))
}

/// Removes the provenance file of an archive if it is about another one, or about none: it would make every verification fail. The archive is read
/// after the file, since a push writes them in the other order: a file of the archive that is there then is not touched.
fn remove_other_provenance(store: &mut dyn Store, object: &str) -> Result<(), PublishError> {
    let name = format!("{object}.prov");
    let Some(Versioned { bytes, version }) = store.get(&name)? else {
        return Ok(());
    };
    // If it changes meanwhile, another push has written its own.
    if is_about_other(store, object, &bytes)? && store.delete(&name, &version)? == PutOutcome::Written {
        restore_provenance(store, object, &bytes)?;
    }
    Ok(())
}

/// Writes a provenance file again whose archive came back while it was replaced or removed: the push of that archive found the file
/// where it belongs.
pub(super) fn restore_provenance(store: &mut dyn Store, object: &str, provenance: &[u8]) -> Result<(), StoreError> {
    if !is_about_other(store, object, provenance)? {
        store.put_if_absent(&format!("{object}.prov"), provenance)?;
    }
    Ok(())
}

/// Whether a provenance file is about another archive than the one that is there.
fn is_about_other(store: &mut dyn Store, object: &str, provenance: &[u8]) -> Result<bool, StoreError> {
    let names = |text: &str| memchr::memmem::find(provenance, text.as_bytes()).is_some();
    Ok(match store.get(object)? {
        Some(archive) => names("sha256:") && !names(&digest(&archive.bytes)),
        None => true,
    })
}

/// Hex SHA-256.
pub(super) fn digest(bytes: &[u8]) -> String {
    sha256_hex(bytes)
}
