//! The behaviour required of every store, as one test suite: of stores in this process here, of those behind a server in
//! `tests/it`, which includes this file.

use super::{PutOutcome, Store};

/// Runs the suite on an empty store.
pub(super) fn contract(store: &mut dyn Store) {
    assert_eq!(store.get("a").unwrap(), None);
    assert_eq!(store.put_if_version("a", b"0", "1").unwrap(), PutOutcome::Conflict);
    assert_eq!(store.get("a").unwrap(), None, "a conflict writes nothing");

    assert_eq!(store.put_if_absent("a", b"1").unwrap(), PutOutcome::Written);
    assert_eq!(store.put_if_absent("a", b"2").unwrap(), PutOutcome::Conflict);
    assert_eq!(
        store.put_if_absent("a", b"1").unwrap(),
        PutOutcome::Conflict,
        "whatever the content"
    );
    let first = store.get("a").unwrap().unwrap();
    assert_eq!(first.bytes, b"1");

    assert_eq!(
        store.put_if_version("a", b"2", &first.version).unwrap(),
        PutOutcome::Written
    );
    let second = store.get("a").unwrap().unwrap();
    assert_eq!(second.bytes, b"2");
    assert_ne!(second.version, first.version);
    assert_eq!(
        store.put_if_version("a", b"3", &first.version).unwrap(),
        PutOutcome::Conflict
    );
    assert_eq!(store.put_if_version("a", b"3", "").unwrap(), PutOutcome::Conflict);
    assert_eq!(store.get("a").unwrap().unwrap(), second, "a conflict writes nothing");

    assert_eq!(store.put_if_absent("b", b"").unwrap(), PutOutcome::Written);
    assert_eq!(store.get("b").unwrap().unwrap().bytes, b"");
    assert_eq!(store.get("a").unwrap().unwrap(), second, "objects are apart");

    store.check_writable().unwrap();
    assert_eq!(store.put_if_absent("sub/c", b"123").unwrap(), PutOutcome::Written);
    assert_eq!(store.get("sub/c").unwrap().unwrap().bytes, b"123");
    let names = |store: &mut dyn Store, prefix: &str| {
        let listed = store.list(prefix).unwrap();
        listed
            .into_iter()
            .map(|object| (object.name, object.size))
            .collect::<Vec<_>>()
    };
    let (b, c) = (("b".to_owned(), 0), ("sub/c".to_owned(), 3));

    let all = names(store, "");
    assert_eq!(all.first(), Some(&("a".to_owned(), 1)));
    assert_eq!(
        all.get(1..),
        Some(&[b.clone(), c.clone()][..]),
        "without traces of what was tried"
    );
    assert_eq!(names(store, "sub/"), std::slice::from_ref(&c));
    assert_eq!(names(store, "b"), std::slice::from_ref(&b));
    assert_eq!(names(store, "sub/d"), []);

    assert_eq!(store.delete("a", &first.version).unwrap(), PutOutcome::Conflict);
    assert_eq!(store.get("a").unwrap().unwrap(), second, "a conflict removes nothing");
    assert_eq!(store.delete("a", &second.version).unwrap(), PutOutcome::Written);
    assert_eq!(store.get("a").unwrap(), None);
    assert_eq!(store.delete("a", &second.version).unwrap(), PutOutcome::Conflict);
    assert_eq!(
        store.put_if_absent("a", b"4").unwrap(),
        PutOutcome::Written,
        "the name is free again"
    );
    assert_eq!(names(store, "").len(), 3);
}
