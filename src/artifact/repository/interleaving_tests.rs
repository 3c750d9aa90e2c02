//! Pushes, removals and rebuilt indexes that meet at every moment: afterwards each entry has its archive, and each archive its entry.

use std::collections::BTreeMap;

use super::index_update::{Environment, INDEX};
use super::maintain::{RebuildRequest, delete_from, read_archive, rebuild};
use super::publish::{Existing, Item, digest, publish};
use super::store::{ListedObject, MemoryStore, PutOutcome, Store, StoreError, StoreFailure, Versioned};
use crate::artifact::network::TestClock;
use crate::artifact::package::pack;
use crate::engine::chart::ChartFile;
use crate::text::yaml::json_from_bytes;

const NOW: &str = "2026-01-02T03:04:05Z";

/// Something that is done with a store.
type Action = fn(&mut dyn Store);

/// A store in which something else is done before one of the calls, or which is gone from that call on.
struct Interrupted {
    store: MemoryStore,
    calls_left: usize,
    action: Option<Action>,
    ends: bool,
}

impl Interrupted {
    fn begin(&mut self) -> Result<&mut MemoryStore, StoreError> {
        if self.calls_left == 0 {
            if let Some(action) = self.action.take() {
                action(&mut self.store);
            }
            if self.ends {
                return Err(StoreError {
                    method: "CALL",
                    place: "memory".to_owned(),
                    attempts: 1,
                    failure: StoreFailure::Settings("the process was killed".to_owned()),
                });
            }
        }
        self.calls_left = self.calls_left.saturating_sub(1);
        Ok(&mut self.store)
    }
}

impl Store for Interrupted {
    fn get(&mut self, name: &str) -> Result<Option<Versioned>, StoreError> {
        self.begin()?.get(name)
    }

    fn put_if_absent(&mut self, name: &str, bytes: &[u8]) -> Result<PutOutcome, StoreError> {
        self.begin()?.put_if_absent(name, bytes)
    }

    fn put_if_version(&mut self, name: &str, bytes: &[u8], version: &str) -> Result<PutOutcome, StoreError> {
        self.begin()?.put_if_version(name, bytes, version)
    }

    fn list(&mut self, prefix: &str) -> Result<Vec<ListedObject>, StoreError> {
        self.begin()?.list(prefix)
    }

    fn delete(&mut self, name: &str, version: &str) -> Result<PutOutcome, StoreError> {
        self.begin()?.delete(name, version)
    }

    fn check_writable(&mut self) -> Result<(), StoreError> {
        self.begin()?.check_writable()
    }
}

fn item(name: &str, note: &str) -> Item {
    let chart_yaml = format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n");
    let files = [
        ChartFile::new("Chart.yaml".to_owned(), chart_yaml.into_bytes()),
        ChartFile::new("values.yaml".to_owned(), format!("note: {note}\n").into_bytes()),
    ];
    Item::from_archive(pack(&files, name).unwrap()).unwrap()
}

fn with_environment(work: impl FnOnce(&Environment<'_>)) {
    let clock = TestClock::default();
    let now = NOW.to_owned();
    work(&Environment { now, clock: &clock });
}

fn push(store: &mut dyn Store, item: Item, existing: Existing) {
    with_environment(|environment| {
        // It may be refused, since the version changes meanwhile.
        let _outcome = publish(store, &[item], existing, environment);
    });
}

fn push_web(store: &mut dyn Store) {
    push(store, item("web", "one"), Existing::Refuse);
}

fn push_api(store: &mut dyn Store) {
    push(store, item("api", "one"), Existing::Refuse);
}

fn force_one(store: &mut dyn Store) {
    push(store, item("web", "one"), Existing::Replace);
}

fn force_other(store: &mut dyn Store) {
    push(store, item("web", "other"), Existing::Replace);
}

/// A package with a provenance file that names its digest, as a signature does.
fn signed(note: &str) -> Item {
    let item = item("web", note);
    Item {
        provenance: Some(format!("web-1.0.0.tgz: sha256:{}", digest(&item.archive)).into_bytes()),
        ..item
    }
}

fn force_signed(store: &mut dyn Store) {
    push(store, signed("signed"), Existing::Replace);
}

fn force_another_signed(store: &mut dyn Store) {
    push(store, signed("another"), Existing::Replace);
}

/// A provenance file is about the archive that is there, and a signed archive has its own.
fn check_provenance(store: &MemoryStore, what: &str) {
    let archive = store.object("web-1.0.0.tgz").map(digest);
    let provenance = store.object("web-1.0.0.tgz.prov");
    if let Some(provenance) = provenance {
        let provenance = String::from_utf8_lossy(provenance);
        assert!(
            archive.as_ref().is_some_and(|archive| provenance.contains(archive)),
            "{what}: {provenance}"
        );
    }
    let is_signed = ["signed", "another"]
        .into_iter()
        .any(|note| archive == Some(digest(&signed(note).archive)));
    assert_eq!(provenance.is_some(), is_signed, "{what}");
}

fn delete_web(store: &mut dyn Store) {
    with_environment(|environment| {
        delete_from(store, "web", "1.0.0", false, environment).unwrap();
    });
}

fn make_index(store: &mut dyn Store) {
    let request = RebuildRequest {
        now: NOW.to_owned(),
        replaces_broken: false,
        is_dry_run: false,
    };
    with_environment(|environment| {
        let read = rebuild(store, &request, environment, &mut |store, names| {
            let read = names.iter().map(|name| read_archive(store, name));
            Ok(read.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        });
        read.unwrap();
    });
}

/// The digests that are listed, and those of the archives, by the names of the archives.
fn digests(store: &MemoryStore) -> [BTreeMap<String, String>; 2] {
    let index = json_from_bytes(store.object(INDEX).unwrap_or(b"{}")).unwrap();
    let entries = index["entries"].as_object().into_iter().flatten();
    let listed = entries
        .flat_map(|(_, versions)| versions.as_array().unwrap())
        .map(|entry| {
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            (text(&entry["urls"][0]), text(&entry["digest"]))
        });
    let archives = ["web-1.0.0.tgz", "api-1.0.0.tgz"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), digest(store.object(name)?))));
    [listed.collect(), archives.collect()]
}

#[test]
fn what_meets_at_any_moment_leaves_entries_and_archives_that_agree() {
    let actions: [(&str, Action); 8] = [
        ("push web", push_web),
        ("push api", push_api),
        ("push --force web", force_one),
        ("push --force web with other content", force_other),
        ("push --force web with a signature", force_signed),
        ("push --force web with another signature", force_another_signed),
        ("repo delete web", delete_web),
        ("repo index", make_index),
    ];
    let starts: [(&str, &[Action]); 4] = [
        ("empty", &[]),
        ("with web", &[push_web]),
        ("with other content", &[force_other, push_api]),
        ("with a signature", &[force_signed]),
    ];
    let mut met = 0;
    for (start, before) in starts {
        for (name, action) in actions {
            for (meanwhile, other) in actions {
                for calls_left in 0..40 {
                    let mut store = Interrupted {
                        store: MemoryStore::default(),
                        calls_left,
                        action: None,
                        ends: false,
                    };
                    for action in before {
                        action(&mut store.store);
                    }
                    store.action = Some(other);
                    action(&mut store);
                    if store.action.is_some() {
                        break;
                    }
                    met += 1;
                    let [listed, archives] = digests(&store.store);
                    let what = format!("{start}: {name}, and before call {calls_left} of it {meanwhile}");
                    assert_eq!(listed, archives, "{what}");
                    check_provenance(&store.store, &what);
                }
            }
        }
    }
    assert!(met > 400, "{met}");
}

#[test]
fn a_replacement_that_is_stopped_is_completed_by_the_next_push() {
    let replacements: [(&str, Action, Action); 3] = [
        ("without a signature", force_one, push_web),
        ("with a signature", force_signed, |store| {
            push(store, signed("signed"), Existing::Refuse);
        }),
        ("again with --force", force_other, force_other),
    ];
    let starts: [(&str, &[Action]); 2] = [
        ("other content", &[force_other]),
        ("a signature", &[force_another_signed]),
    ];
    let mut stopped = 0;
    for (start, before) in starts {
        for (name, replace, next) in replacements {
            for calls_left in 0..40 {
                let mut store = Interrupted {
                    store: MemoryStore::default(),
                    calls_left,
                    action: None,
                    ends: true,
                };
                for action in before {
                    action(&mut store.store);
                }
                let old = store.store.object("web-1.0.0.tgz").map(digest);
                replace(&mut store);
                if store.calls_left > 0 {
                    break;
                }
                stopped += 1;
                if store.store.object("web-1.0.0.tgz").map(digest) == old {
                    // Nothing was replaced yet.
                    continue;
                }
                next(&mut store.store);
                let [listed, archives] = digests(&store.store);
                let what = format!("{start} replaced {name}, stopped at call {calls_left}");
                assert_eq!(listed, archives, "{what}");
                check_provenance(&store.store, &what);
            }
        }
    }
    assert!(stopped > 20, "{stopped}");
}
