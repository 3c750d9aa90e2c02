//! Pushes, removals and rebuilt indexes that meet at every moment: afterwards each entry has its archive, and each archive its entry.

use std::collections::BTreeMap;

use super::index_update::{Environment, INDEX};
use super::maintain::{RebuildRequest, delete_from, read_archive, rebuild};
use super::publish::{Existing, Item, digest, publish};
use super::store::{ListedObject, MemoryStore, PutOutcome, Store, StoreError, Versioned};
use crate::artifact::network::TestClock;
use crate::artifact::package::pack;
use crate::engine::chart::ChartFile;
use crate::text::yaml::json_from_bytes;

const NOW: &str = "2026-01-02T03:04:05Z";

/// Something that is done with a store.
type Action = fn(&mut dyn Store);

/// A store in which something else is done before one of the calls.
struct Interrupted {
    store: MemoryStore,
    calls_left: usize,
    action: Option<Action>,
}

impl Interrupted {
    fn begin(&mut self) -> &mut MemoryStore {
        if self.calls_left == 0
            && let Some(action) = self.action.take()
        {
            action(&mut self.store);
        }
        self.calls_left = self.calls_left.saturating_sub(1);
        &mut self.store
    }
}

impl Store for Interrupted {
    fn get(&mut self, name: &str) -> Result<Option<Versioned>, StoreError> {
        self.begin().get(name)
    }

    fn put_if_absent(&mut self, name: &str, bytes: &[u8]) -> Result<PutOutcome, StoreError> {
        self.begin().put_if_absent(name, bytes)
    }

    fn put_if_version(&mut self, name: &str, bytes: &[u8], version: &str) -> Result<PutOutcome, StoreError> {
        self.begin().put_if_version(name, bytes, version)
    }

    fn list(&mut self, prefix: &str) -> Result<Vec<ListedObject>, StoreError> {
        self.begin().list(prefix)
    }

    fn delete(&mut self, name: &str, version: &str) -> Result<PutOutcome, StoreError> {
        self.begin().delete(name, version)
    }

    fn check_writable(&mut self) -> Result<(), StoreError> {
        self.begin().check_writable()
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
    let actions: [(&str, Action); 6] = [
        ("push web", push_web),
        ("push api", push_api),
        ("push --force web", force_one),
        ("push --force web with other content", force_other),
        ("repo delete web", delete_web),
        ("repo index", make_index),
    ];
    let starts: [(&str, &[Action]); 3] = [
        ("empty", &[]),
        ("with web", &[push_web]),
        ("with other content", &[force_other, push_api]),
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
                    assert_eq!(
                        listed, archives,
                        "{start}: {name}, and before call {calls_left} of it {meanwhile}"
                    );
                }
            }
        }
    }
    assert!(met > 400, "{met}");
}
