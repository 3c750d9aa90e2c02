//! A lock that follows an edit of the dependencies that its chart declares.
//!
//! In: the metadata of a chart and its lock, before and after an edit. Out: what changes in the lock, so that it is in sync as it was
//! before. Only exact versions can be followed: which version a range means, its repository says.

use std::path::Path;

use crate::engine::chart::{Chart, ChartFile, load_files};
use crate::text::semver::Version;

use super::declared::{ChartRequest, LockFile};
use super::lock_digest::{helm2_digest, lock_digest};

/// The files that declare what a chart depends on, each with its lock.
pub const CHART_METADATA: [(&str, &str); 2] =
    [("Chart.yaml", "Chart.lock"), ("requirements.yaml", "requirements.lock")];

/// What changes in a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockChanges {
    /// New versions, by the index of the dependency.
    pub versions: Vec<(usize, String)>,
    /// The new digest.
    pub digest: String,
}

/// Why a lock cannot follow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockStays {
    /// It was not in sync before the edit.
    #[error("it is not in sync with what the chart declares")]
    NotInSync,
    /// The digest covers the address of a repository that has an alias.
    #[error("the address of a repository with an alias is not known here")]
    Alias,
    /// Other dependencies are declared.
    #[error("other dependencies are declared than before")]
    OtherDependencies,
    /// A version is a range.
    #[error("the version of {0} is a range")]
    Range(String),
}

/// What changes in the lock of a chart whose metadata files were `old` and are `new`: Chart.yaml, requirements.yaml, and the lock as an
/// edit left it. Nothing where the lock is in sync already, or is not there.
///
/// # Errors
/// When the lock cannot follow.
pub fn follow_lock(old: &[ChartFile], new: &[ChartFile]) -> Result<Option<LockChanges>, LockStays> {
    let (Ok(old), Ok(new)) = (load_files(old.to_vec()), load_files(new.to_vec())) else {
        return Ok(None);
    };
    if old.metadata.dependencies == new.metadata.dependencies && old.lock == new.lock {
        return Ok(None);
    }
    let (old, new) = (request(&old)?, request(&new)?);
    let (Some(mut lock), Some(old_lock)) = (new.lock.clone(), &old.lock) else {
        return Ok(None);
    };
    if new.is_in_sync() {
        return Ok(None);
    }
    if !old.is_in_sync() {
        return Err(LockStays::NotInSync);
    }
    let names = |request: &ChartRequest| -> Vec<String> {
        let entries = request.list.entries.iter();
        entries.map(|entry| entry.dependency.name.clone()).collect()
    };
    if names(&old) != names(&new) || lock.list.entries.len() != new.list.entries.len() {
        return Err(LockStays::OtherDependencies);
    }
    let mut versions = Vec::new();
    let declared = old.list.entries.iter().zip(&new.list.entries);
    for (index, ((before, after), locked)) in declared.zip(&mut lock.list.entries).enumerate() {
        let (name, locked_name) = (&after.dependency.name, &locked.dependency.name);
        if before.repository != after.repository || name != locked_name {
            return Err(LockStays::OtherDependencies);
        }
        let version = &after.dependency.version;
        if before.dependency.version == *version {
            continue;
        }
        if !is_exact(version) {
            return Err(LockStays::Range(after.dependency.name.clone()));
        }
        if locked.dependency.version != *version {
            locked.dependency.version.clone_from(version);
            versions.push((index, version.clone()));
        }
    }
    Ok(Some(LockChanges {
        digest: digest_as_before((&old, old_lock), &new, &lock),
        versions,
    }))
}

/// The new digest, of the Helm that made the old one.
fn digest_as_before((old, old_lock): (&ChartRequest, &LockFile), new: &ChartRequest, lock: &LockFile) -> String {
    if old.is_v1 && lock_digest(&old.list, &old_lock.list) != old_lock.digest {
        helm2_digest(&new.list)
    } else {
        lock_digest(&new.list, &lock.list)
    }
}

/// Whether a chart's metadata files have a lock that is of what they declare.
pub fn is_lock_in_sync(files: &[ChartFile]) -> bool {
    load_files(files.to_vec()).is_ok_and(|chart| request(&chart).is_ok_and(|request| request.is_in_sync()))
}

/// Whether a file says what a chart depends on, or is the lock of one that does.
pub fn is_chart_metadata(name: &str) -> bool {
    CHART_METADATA
        .iter()
        .any(|(declares, lock)| name == *declares || name == *lock)
}

fn request(chart: &Chart) -> Result<ChartRequest, LockStays> {
    ChartRequest::of_chart(Path::new(""), chart, &|_| None).map_err(|_| LockStays::Alias)
}

/// Whether a declared version means one version: `1.2` and `v1.x` are ranges to Helm.
pub fn is_exact(version: &str) -> bool {
    Version::parse_strict(version.strip_prefix('v').unwrap_or(version)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHART: &str = "apiVersion: v2\nname: shop\nversion: 0.1.0\ndependencies:\n- {name: web, version: 1.2.0, repository: 'oci://x/charts'}\n- {name: db, version: ^2.0.0, repository: 'https://x'}\n";
    const LOCK: &str = "dependencies:\n- name: web\n  repository: oci://x/charts\n  version: 1.2.0\n- name: db\n  repository: https://x\n  version: 2.1.0\ndigest: DIGEST\ngenerated: \"2026-01-01T00:00:00Z\"\n";

    fn files(chart: &str, lock: &str) -> Vec<ChartFile> {
        [("Chart.yaml", chart), ("Chart.lock", lock)]
            .map(|(name, text)| ChartFile::new(name.to_owned(), text.as_bytes()))
            .to_vec()
    }

    fn digest_of(chart: &str, lock: &str) -> String {
        let request = request(&load_files(files(chart, lock)).expect("loads")).expect("has no alias");
        lock_digest(&request.list, &request.lock.expect("has a lock").list)
    }

    #[test]
    fn a_lock_follows_exact_versions_and_nothing_else() {
        let lock = LOCK.replace("DIGEST", &digest_of(CHART, LOCK));
        let follow = |chart: &str, edited: &str| follow_lock(&files(CHART, &lock), &files(chart, edited));
        assert_eq!(follow(CHART, &lock), Ok(None));
        let moved = CHART.replace("1.2.0", "1.3.0");
        let locked = lock.replace("1.2.0", "1.3.0");
        let changes = LockChanges {
            versions: vec![(0, "1.3.0".to_owned())],
            digest: digest_of(&moved, &locked),
        };
        assert_eq!(follow(&moved, &lock), Ok(Some(changes.clone())));
        // Where the lock has been edited, only its digest is left to change.
        let only_digest = LockChanges {
            versions: Vec::new(),
            ..changes
        };
        assert_eq!(follow(&moved, &locked), Ok(Some(only_digest)));
        let in_range = lock.replace("2.1.0", "2.2.0");
        let digest = digest_of(CHART, &in_range);
        assert_eq!(
            follow(CHART, &in_range),
            Ok(Some(LockChanges {
                versions: Vec::new(),
                digest
            }))
        );
        for (chart, why) in [
            (CHART.replace("^2.0.0", "^3.0.0"), LockStays::Range("db".to_owned())),
            (CHART.replace("1.2.0", "1.2"), LockStays::Range("web".to_owned())),
            (CHART.replace("name: db", "name: cache"), LockStays::OtherDependencies),
            (
                CHART.replace("'https://x'", "'https://y'"),
                LockStays::OtherDependencies,
            ),
        ] {
            assert_eq!(follow(&chart, &lock), Err(why), "{chart}");
        }
        let stale = files(CHART, LOCK);
        assert_eq!(follow_lock(&stale, &files(&moved, LOCK)), Err(LockStays::NotInSync));
        // A lock that the edit has nothing to do with is passed over.
        let raised = CHART.replace("0.1.0", "0.2.0");
        assert_eq!(follow_lock(&stale, &files(&raised, LOCK)), Ok(None));
        let alias = |chart: &str| files(&chart.replace("https://x", "@x"), &lock);
        assert_eq!(follow_lock(&alias(CHART), &alias(&raised)), Ok(None));
        assert_eq!(follow_lock(&alias(CHART), &alias(&moved)), Err(LockStays::Alias));
        // A lock in another order is not one that Helm writes.
        let swapped = LOCK
            .replace("name: web", "name: x")
            .replace("name: db", "name: web")
            .replace("name: x", "name: db");
        let swapped = swapped.replace("DIGEST", &digest_of(CHART, &swapped));
        let follow = follow_lock(&files(CHART, &swapped), &files(&moved, &swapped));
        assert_eq!(follow, Err(LockStays::OtherDependencies));
    }
}
