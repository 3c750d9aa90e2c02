//! Publishing to a store in memory, with faults.

use std::sync::Arc;
use std::time::Duration;

use super::index_update::{Environment, INDEX, UpdateError};
use super::publish::{Existing, Item, Outcome, PublishError, digest, publish};
use super::store::{
    Fault, ListedObject, MemoryStore, PutOutcome, RetryingStore, Store, StoreError, StoreFailure, Versioned,
};
use crate::artifact::network::{RetryPolicy, TestClock};
use crate::artifact::package::pack;
use crate::engine::chart::ChartFile;

const NOW: &str = "2026-01-02T03:04:05Z";

fn item(name: &str, version: &str, note: &str) -> Item {
    let chart_yaml = format!("apiVersion: v2\nname: {name}\nversion: {version}\n");
    let files = [
        ChartFile::new("Chart.yaml".to_owned(), chart_yaml.into_bytes()),
        ChartFile::new("values.yaml".to_owned(), format!("note: {note}\n").into_bytes()),
    ];
    Item::from_archive(pack(&files, name).unwrap()).unwrap()
}

/// Publishes, and gives the outcome with the pauses in milliseconds.
fn run(store: &mut dyn Store, items: &[Item]) -> (Result<Vec<Outcome>, PublishError>, Vec<u128>) {
    run_with(store, items, Existing::Refuse)
}

fn run_with(
    store: &mut dyn Store,
    items: &[Item],
    existing: Existing,
) -> (Result<Vec<Outcome>, PublishError>, Vec<u128>) {
    let clock = TestClock::default();
    let environment = Environment {
        now: NOW.to_owned(),
        clock: &clock,
    };
    let outcome = publish(store, items, existing, &environment);
    let outcome = outcome.map(|published| published.into_iter().map(|one| one.outcome).collect());
    let pauses = clock.pauses().iter().map(Duration::as_millis).collect();
    (outcome, pauses)
}

fn listed(store: &MemoryStore) -> usize {
    let index = String::from_utf8(store.object(INDEX).unwrap().to_vec()).unwrap();
    index.matches("urls:").count()
}

#[test]
fn a_version_is_published_once_and_keeps_its_content() {
    let mut store = MemoryStore::default();
    let one = [item("a", "1.0.0", "x"), item("b", "1.0.0", "x")];
    assert_eq!(run(&mut store, &one).0.unwrap(), [Outcome::Published; 2]);
    let more = [item("b", "1.0.0", "x"), item("b", "1.1.0", "x")];
    assert_eq!(
        run(&mut store, &more).0.unwrap(),
        [Outcome::AlreadyThere, Outcome::Published]
    );
    let other = run(&mut store, &[item("a", "1.0.0", "other")]).0.unwrap_err();
    assert!(other.is_finding(), "{other}");
    assert_eq!(
        other.to_string(),
        "a 1.0.0 is already in the repository, with different content"
    );
    assert_eq!(listed(&store), 3);
}

/// An archive without an entry would block its version for other content.
#[test]
fn nothing_is_uploaded_where_the_index_is_broken_or_lists_other_content() {
    for (index, message) in [
        ("apiVersion: v1\nentries: [", "index.yaml is broken: "),
        ("", "index.yaml is broken: it is empty"),
        (
            "apiVersion: v1\nentries: {b: [{name: b, version: 1.0.0, digest: sha256:aa}]}",
            "b 1.0.0 is already in the repository, with different content (digest aa, not ",
        ),
    ] {
        let mut store = MemoryStore::default();
        store.insert(INDEX, index.as_bytes());
        let items = [item("a", "1.0.0", "x"), item("b", "1.0.0", "x")];
        let error = run(&mut store, &items).0.unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}");
        for name in ["a-1.0.0.tgz", "b-1.0.0.tgz"] {
            assert_eq!(store.object(name), None, "{index}");
        }
        assert_eq!(store.object(INDEX), Some(index.as_bytes()));
    }
}

/// A large index takes seconds to read.
#[test]
fn the_index_is_read_once_for_all_items() {
    let mut store = MemoryStore::default();
    let items = ["a", "b", "c"].map(|name| item(name, "1.0.0", "x"));
    run(&mut store, &items).0.unwrap();
    assert_eq!(
        store.calls().get(),
        8,
        "the index read and written, three archives looked for and written"
    );
}

#[test]
fn lost_answers_do_not_change_the_outcome() {
    // Calls: the index read, the archive and the index written; a lost answer is followed by the same call again.
    for faults in [
        &[Fault::None, Fault::LostAnswer][..],
        &[Fault::None, Fault::None, Fault::LostAnswer],
        &[
            Fault::None,
            Fault::LostAnswer,
            Fault::None,
            Fault::None,
            Fault::LostAnswer,
        ],
        &[
            Fault::None,
            Fault::None,
            Fault::Overtaken,
            Fault::None,
            Fault::LostAnswer,
        ],
    ] {
        let clock = Arc::new(TestClock::default());
        let mut memory = MemoryStore::with_faults(faults);
        if faults.contains(&Fault::Overtaken) {
            memory.insert(INDEX, b"apiVersion: v1\nentries: {}\n");
        }
        let mut store = RetryingStore::new(memory, RetryPolicy::default(), clock);
        let outcome = run(&mut store, &[item("a", "1.0.0", "x")]).0;
        assert_eq!(outcome.unwrap(), [Outcome::Published], "{faults:?}");
    }
}

#[test]
fn a_failure_of_the_store_ends_the_run_at_once() {
    for (faults, calls) in [
        (&[Fault::Denied][..], 1),
        (&[Fault::NoBucket], 1),
        (&[Fault::None, Fault::Denied], 2),
        (&[Fault::None, Fault::None, Fault::NoBucket], 3),
        (&[Fault::None, Fault::None, Fault::Busy], 3),
    ] {
        let mut store = MemoryStore::with_faults(faults);
        let (outcome, pauses) = run(&mut store, &[item("a", "1.0.0", "x")]);
        let error = outcome.unwrap_err();
        assert!(
            matches!(error, PublishError::Update(UpdateError::Store(_))) && !error.is_finding(),
            "{error}"
        );
        assert_eq!((store.calls().get(), pauses.len()), (calls, 0), "{faults:?}");
    }
    let mut store = MemoryStore::with_faults(&[Fault::NoBucket]);
    let PublishError::Update(UpdateError::Store(error)) = run(&mut store, &[item("a", "1.0.0", "x")]).0.unwrap_err()
    else {
        panic!("the store fails")
    };
    assert!(matches!(error.failure, StoreFailure::NoBucket));
}

#[test]
fn conflicts_are_tried_again_after_longer_and_longer_pauses() {
    let mut store = MemoryStore::with_faults(&[
        Fault::None,
        Fault::None,
        Fault::Overtaken,
        Fault::None,
        Fault::Overtaken,
        Fault::None,
        Fault::Overtaken,
    ]);
    store.insert(INDEX, b"apiVersion: v1\nentries: {}\n");
    let (outcome, pauses) = run(&mut store, &[item("a", "1.0.0", "x")]);
    assert_eq!(outcome.unwrap(), [Outcome::Published]);
    assert_eq!(pauses, [20, 40, 80]);
    assert_eq!(listed(&store), 1);
}

#[test]
fn an_index_that_vanishes_is_started_again() {
    let mut store = MemoryStore::with_faults(&[Fault::None, Fault::None, Fault::Vanishes]);
    store.insert(INDEX, b"apiVersion: v1\nentries: {}\n");
    let (outcome, pauses) = run(&mut store, &[item("a", "1.0.0", "x")]);
    assert_eq!(outcome.unwrap(), [Outcome::Published]);
    assert_eq!((listed(&store), pauses.len()), (1, 1));
}

/// A store that reports every write as a conflict, and never has an object.
struct Contradictory;

impl Store for Contradictory {
    fn get(&mut self, _name: &str) -> Result<Option<Versioned>, StoreError> {
        Ok(None)
    }

    fn put_if_absent(&mut self, name: &str, _bytes: &[u8]) -> Result<PutOutcome, StoreError> {
        Ok(if name == INDEX {
            PutOutcome::Conflict
        } else {
            PutOutcome::Written
        })
    }

    fn put_if_version(&mut self, _name: &str, _bytes: &[u8], _version: &str) -> Result<PutOutcome, StoreError> {
        Ok(PutOutcome::Conflict)
    }

    fn list(&mut self, _prefix: &str) -> Result<Vec<ListedObject>, StoreError> {
        Ok(Vec::new())
    }

    fn delete(&mut self, _name: &str, _version: &str) -> Result<PutOutcome, StoreError> {
        Ok(PutOutcome::Conflict)
    }

    fn check_writable(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[test]
fn attempts_end() {
    let (outcome, pauses) = run(&mut Contradictory, &[item("a", "1.0.0", "x")]);
    assert_eq!(
        outcome.unwrap_err().to_string(),
        "index.yaml changed during each of 200 attempts to write it"
    );
    assert_eq!((pauses.len(), pauses.last()), (200, Some(&1500)));
    let faults = [&[Fault::None], [[Fault::None, Fault::Unseen]; 8].as_flattened()].concat();
    let mut store = MemoryStore::with_faults(&faults);
    store.insert("a-1.0.0.tgz", b"");
    let (outcome, pauses) = run(&mut store, &[item("a", "1.0.0", "x")]);
    assert!(matches!(outcome, Err(PublishError::Contradiction(_))), "{outcome:?}");
    assert_eq!(pauses.len(), 8);
}

#[test]
fn an_archive_that_another_program_packed_keeps_its_digest() {
    use flate2::read::GzDecoder;
    use flate2::write::GzEncoder;
    use std::io::{Read as _, Write as _};

    let ours = item("a", "1.0.0", "x");
    let mut tar = Vec::new();
    GzDecoder::new(ours.archive.as_slice()).read_to_end(&mut tar).unwrap();
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&tar).unwrap();
    let theirs = encoder.finish().unwrap();
    assert_ne!(theirs, ours.archive);
    for prefix in ["", "sha256:"] {
        let mut store = MemoryStore::default();
        store.insert(&ours.file_name, &theirs);
        let index = format!(
            "apiVersion: v1\nentries: {{a: [{{name: a, version: 1.0.0, digest: '{prefix}{}', urls: [x]}}]}}\n",
            digest(&theirs)
        );
        store.insert(INDEX, index.as_bytes());
        let outcome = run(&mut store, std::slice::from_ref(&ours)).0;
        assert_eq!(outcome.unwrap(), [Outcome::AlreadyThere], "{prefix}");
        assert_eq!(store.object(INDEX), Some(index.as_bytes()), "nothing is written");
    }
}

#[test]
fn the_index_lists_the_digest_and_the_place_of_the_archive_that_is_kept() {
    let mut store = MemoryStore::default();
    run(&mut store, &[item("a", "1.0.0", "x")]).0.unwrap();
    let archive = store.object("a-1.0.0.tgz").unwrap().to_vec();
    let index = String::from_utf8(store.object(INDEX).unwrap().to_vec()).unwrap();
    for line in [
        format!("digest: {}", digest(&archive)),
        "- a-1.0.0.tgz".to_owned(),
        format!("created: \"{NOW}\""),
    ] {
        assert!(index.contains(&line), "{line}\n{index}");
    }
}

#[test]
fn other_content_is_replaced_or_skipped_on_request() {
    let mut store = MemoryStore::default();
    let old = item("a", "1.0.0", "old");
    run(&mut store, std::slice::from_ref(&old)).0.unwrap();
    let both = [item("a", "1.0.0", "new"), item("b", "1.0.0", "x")];
    assert!(run(&mut store, &both).0.is_err());
    assert_eq!(store.object("b-1.0.0.tgz"), None);
    let (skipped, _) = run_with(&mut store, &both, Existing::Skip);
    assert_eq!(skipped.unwrap(), [Outcome::Skipped, Outcome::Published]);
    assert_eq!(store.object("a-1.0.0.tgz"), Some(old.archive.as_slice()));
    let (replaced, _) = run_with(&mut store, &both, Existing::Replace);
    assert_eq!(replaced.unwrap(), [Outcome::Replaced, Outcome::AlreadyThere]);
    assert_eq!(store.object("a-1.0.0.tgz"), Some(both[0].archive.as_slice()));
    let index = String::from_utf8(store.object(INDEX).unwrap().to_vec()).unwrap();
    assert!(
        index.contains(&digest(&both[0].archive)) && !index.contains(&digest(&old.archive)),
        "{index}"
    );
    assert_eq!(listed(&store), 2);
}

/// Neither the order of events nor a lost answer leaves an entry with another digest than its archive.
#[test]
fn replacing_survives_lost_answers() {
    for lost in 0..8 {
        let mut faults = vec![Fault::None; lost];
        faults.push(Fault::LostAnswer);
        let mut memory = MemoryStore::with_faults(&faults);
        let old = item("a", "1.0.0", "old");
        memory.insert(&old.file_name, &old.archive);
        let listed = format!(
            "apiVersion: v1\nentries: {{a: [{{name: a, version: 1.0.0, digest: {}, urls: [a-1.0.0.tgz]}}]}}\n",
            digest(&old.archive)
        );
        memory.insert(INDEX, listed.as_bytes());
        let clock = Arc::new(TestClock::default());
        let mut store = RetryingStore::new(memory, RetryPolicy::default(), clock);
        let new = item("a", "1.0.0", "new");
        let (outcome, _) = run_with(&mut store, std::slice::from_ref(&new), Existing::Replace);
        assert_eq!(outcome.unwrap(), [Outcome::Replaced], "{lost}");
        assert_eq!(store.get("a-1.0.0.tgz").unwrap().unwrap().bytes, new.archive, "{lost}");
        let index = store.get(INDEX).unwrap().unwrap().bytes;
        let index = String::from_utf8(index).unwrap();
        assert!(
            index.contains(&digest(&new.archive)) && !index.contains(&digest(&old.archive)),
            "{index}"
        );
    }
}

#[test]
fn the_archive_is_looked_for_where_its_entry_says() {
    let ours = item("a", "1.0.0", "x");
    let mut store = MemoryStore::default();
    store.insert("charts/a-1.0.0.tgz", &ours.archive);
    let index = "apiVersion: v1\nentries:\n  a:\n  - name: a\n    version: 1.0.0\n    urls: [charts/a-1.0.0.tgz]\n";
    store.insert(INDEX, index.as_bytes());
    assert_eq!(
        run(&mut store, std::slice::from_ref(&ours)).0.unwrap(),
        [Outcome::AlreadyThere]
    );
    assert_eq!(store.object("a-1.0.0.tgz"), None);
}

#[test]
fn a_provenance_file_goes_beside_its_archive() {
    let mut store = MemoryStore::default();
    let signed = |note: &str, text: &str| Item {
        provenance: Some(text.as_bytes().to_vec()),
        ..item("a", "1.0.0", note)
    };
    run(&mut store, &[signed("x", "one")]).0.unwrap();
    assert_eq!(store.object("a-1.0.0.tgz.prov"), Some(&b"one"[..]));
    run(&mut store, &[signed("x", "two")]).0.unwrap();
    assert_eq!(store.object("a-1.0.0.tgz.prov"), Some(&b"two"[..]));
}

#[test]
fn a_replacement_takes_away_the_provenance_file_of_what_was_there() {
    let mut store = MemoryStore::default();
    let signed = |note: &str| {
        let item = item("a", "1.0.0", note);
        Item {
            provenance: Some(format!("sha256:{}", digest(&item.archive)).into_bytes()),
            ..item
        }
    };
    run(&mut store, &[signed("x")]).0.unwrap();
    // The same content keeps it.
    run_with(&mut store, &[item("a", "1.0.0", "x")], Existing::Replace)
        .0
        .unwrap();
    assert!(store.object("a-1.0.0.tgz.prov").is_some());
    run_with(&mut store, &[item("a", "1.0.0", "y")], Existing::Replace)
        .0
        .unwrap();
    assert_eq!(store.object("a-1.0.0.tgz.prov"), None);
    run_with(&mut store, &[signed("z")], Existing::Replace).0.unwrap();
    assert_eq!(store.object("a-1.0.0.tgz.prov"), signed("z").provenance.as_deref());
}

/// A `push --force` that was stopped between the archive and the index.
#[test]
fn an_entry_whose_archive_is_ours_already_is_completed() {
    let (old, new) = (item("a", "1.0.0", "old"), item("a", "1.0.0", "new"));
    for existing in [Existing::Refuse, Existing::Skip, Existing::Replace] {
        let mut store = MemoryStore::default();
        run(&mut store, std::slice::from_ref(&old)).0.unwrap();
        store.insert(&new.file_name, &new.archive);
        // Another push is not what was stopped.
        let other = item("a", "1.0.0", "other");
        let refused = run(&mut store, std::slice::from_ref(&other)).0.unwrap_err();
        assert!(refused.is_finding(), "{refused}");
        let left = run_with(&mut store, &[other], Existing::Skip).0.unwrap_err();
        let message = "a 1.0.0 is in the repository, but its entry and its archive a-1.0.0.tgz do not agree";
        assert_eq!(left.to_string(), message);
        let (completed, _) = run_with(&mut store, std::slice::from_ref(&new), existing);
        assert_eq!(completed.unwrap(), [Outcome::Replaced]);
        let index = String::from_utf8(store.object(INDEX).unwrap().to_vec()).unwrap();
        assert!(
            index.contains(&digest(&new.archive)) && !index.contains(&digest(&old.archive)),
            "{index}"
        );
        assert_eq!(
            run(&mut store, std::slice::from_ref(&new)).0.unwrap(),
            [Outcome::AlreadyThere]
        );
    }
}

/// Such as a push leaves that was killed.
#[test]
fn an_archive_without_an_entry_is_found_before_anything_is_written() {
    let mut store = MemoryStore::default();
    let kept = item("b", "1.0.0", "kept");
    store.insert(&kept.file_name, &kept.archive);
    let both = [item("a", "1.0.0", "x"), item("b", "1.0.0", "other")];
    let error = run(&mut store, &both).0.unwrap_err();
    assert!(matches!(error, PublishError::Exists { .. }), "{error}");
    assert_eq!((store.object("a-1.0.0.tgz"), store.object(INDEX)), (None, None));
    let error = run_with(&mut store, &both, Existing::Skip).0.unwrap_err();
    assert!(matches!(error, PublishError::Disagree { .. }), "{error}");
    let (replaced, _) = run_with(&mut store, &both, Existing::Replace);
    assert_eq!(replaced.unwrap(), [Outcome::Published, Outcome::Replaced]);
    let same = [item("a", "1.0.0", "x"), item("b", "1.0.0", "other")];
    assert_eq!(run(&mut store, &same).0.unwrap(), [Outcome::AlreadyThere; 2]);
}
