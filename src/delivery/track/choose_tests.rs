//! Tracks over tags of every form.

use super::{Choice, Choosing, Step, Tag, TagFilter, Track, step};

/// Tags, each made after the one before it.
fn tags(names: &str) -> Vec<Tag> {
    let names = names.split_whitespace().enumerate();
    let tag = |(index, name): (usize, &str)| Tag {
        name: name.to_owned(),
        created: i128::try_from(index).ok(),
    };
    names.map(tag).collect()
}

fn chosen(choosing: &Choosing, current: &str, names: &str) -> String {
    match choosing.choose(current, &tags(names)) {
        Choice::Move(tag) => tag.to_owned(),
        Choice::Stay => "-".to_owned(),
        Choice::NotAVersion => "not a version".to_owned(),
    }
}

#[test]
fn tracks_say_how_far_an_image_moves() {
    for (track, current, names, expected) in [
        ("PatchLevel", "1.2.3", "1.2.4 1.3.0 2.0.0", "1.2.4"),
        ("MinorVersion", "1.2.3", "1.2.4 1.3.0 2.0.0", "1.3.0"),
        ("MajorVersion", "1.2.3", "1.2.4 1.3.0 2.0.0", "2.0.0"),
        ("~1.2", "1.2.3", "1.2.4 1.3.0 2.0.0", "1.2.4"),
        ("^1", "1.2.3", "1.2.4 1.3.0 2.0.0", "1.3.0"),
        (">=2.0.0-0", "1.2.3", "1.2.4 2.0.0-rc1", "2.0.0-rc1"),
        ("PatchLevel", "1.2.3", "1.2.2 1.2.3 1.2", "-"),
        // An alias moves on by itself: the tag with most numbers is chosen, with the prefix there was.
        ("MinorVersion", "v1.2.3", "1.3.0 v1.3 v1.3.0 v1", "v1.3.0"),
        ("MinorVersion", "1.2", "1.3 1.3.1 1.3.0", "1.3.1"),
        (
            "MajorVersion",
            "1.2.3-alpine",
            "1.3.0 1.4.0-slim 1.2.9-alpine",
            "1.2.9-alpine",
        ),
        (
            "PatchLevel",
            "1.2.3-debian-12-r4",
            "1.2.3-debian-12-r5 1.2.3-debian-11-r9",
            "1.2.3-debian-12-r5",
        ),
        (
            "MajorVersion",
            "1.2.3",
            "latest nightly main-3842bd0 20241127 2024.11.3",
            "-",
        ),
        ("MajorVersion", "2024.11.3", "2024.12.1 3.0.0 2025.1.0-rc1", "2024.12.1"),
        ("MajorVersion", "20241101", "20241127 1.0.0", "20241127"),
        ("MajorVersion", "1.0.0-rc1", "1.0.0-rc2", "1.0.0-rc2"),
        ("MinorVersion", "1.0.0-rc1", "1.0.0-rc2 1.0.0", "1.0.0"),
        ("MajorVersion", "main-3842bd0", "1.0.0", "not a version"),
        // A `v` stays.
        ("MajorVersion", "v1.2.3", "1.2.4 2.0.0", "-"),
        ("MajorVersion", "1.2.3", "v1.2.4", "v1.2.4"),
        (
            "Newest",
            "1.2.3-alpine",
            "1.2.3-alpine 1.3.0-alpine v1.9.0",
            "1.3.0-alpine",
        ),
        (
            "Newest",
            "1.2.3-alpine",
            "1.2.3-alpine 1.3.0 1.3.0-slim v1.3.0-alpine main",
            "-",
        ),
        ("Newest", "v1.2.3", "v1.2.3 v1.2.4 1.9.0 v1.9.0-alpine main", "v1.2.4"),
        ("Newest", "1.2.3", "1.2.3 1.2.4 v1.9.0 1.9.0-alpine 20241127", "1.2.4"),
        ("Newest", "1.2.3", "1.2.3 1.1.9 main", "main"),
        (
            "Newest",
            "1.25.3-debian-12-r4",
            "1.25.3-debian-12-r5 1.25.3-debian-11-r9",
            "1.25.3-debian-12-r5",
        ),
        ("Newest", "1234567", "1234567 3842bd0", "3842bd0"),
        ("Newest", "a", "a b latest", "b"),
        ("Newest", "b", "a b", "-"),
        ("Newest", "gone", "a b", "b"),
        (
            "Newest",
            "main-3842bd0",
            "main-3842bd0 main-9842bd1 dev-3842bd2",
            "main-9842bd1",
        ),
    ] {
        let choosing = Choosing::of(Track::parse(track).expect(track));
        assert_eq!(
            chosen(&choosing, current, names),
            expected,
            "{track} {current}: {names}"
        );
    }
}

#[test]
fn filters_and_prereleases_are_asked_for() {
    for (track, filter, prereleases, current, names, expected) in [
        ("MajorVersion", "", true, "1.2.3", "1.3.0-rc1", "1.3.0-rc1"),
        ("PatchLevel", "", true, "1.2.3", "1.3.0-rc1 1.2.4-rc1", "1.2.4-rc1"),
        (
            "MajorVersion",
            r"^main-(\d+)-",
            false,
            "main-9-3842bd0",
            "main-10-9842bd1 dev-11-3842bd2",
            "main-10-9842bd1",
        ),
        (
            "MajorVersion",
            r"^release-(.*)$",
            false,
            "release-1.2",
            "release-1.3 1.9",
            "release-1.3",
        ),
        ("Newest", "^latest$", false, "a", "a b latest", "latest"),
        (
            "Newest",
            "^1",
            false,
            "1.2.3-alpine",
            "1.2.3-alpine 1.2.4-alpine 1.9.0",
            "1.2.4-alpine",
        ),
        ("Newest", "^v", false, "1.2.3-alpine", "1.2.3-alpine v1.9.0", "v1.9.0"),
        ("Newest", "^v?(.*)$", false, "1.2.3", "1.2.3 v1.9.0", "v1.9.0"),
        (
            "Newest",
            "^dev-",
            false,
            "main-3842bd0",
            "main-3842bd0 dev-9842bd1 main-3842bd2",
            "dev-9842bd1",
        ),
    ] {
        let choosing = Choosing {
            track: Track::parse(track).expect(track),
            filter: (!filter.is_empty()).then(|| TagFilter::parse(filter).expect(filter)),
            prereleases,
        };
        assert_eq!(
            chosen(&choosing, current, names),
            expected,
            "{track} {filter} {current}: {names}"
        );
    }
}

#[test]
fn unknown_tracks_are_refused() {
    for (text, words) in [
        ("patchlevel", "unknown track `patchlevel` (did you mean `PatchLevel`?)"),
        ("Newset", "unknown track `Newset` (did you mean `Newest`?)"),
        ("", "unknown track ``: name PatchLevel"),
        (">=x.y.z.0", "unknown track `>=x.y.z.0`"),
    ] {
        let error = Track::parse(text).expect_err(text).to_string();
        assert!(error.starts_with(words), "{error}");
    }
}

#[test]
fn steps_have_sizes() {
    for (from, to, size) in [
        ("1.2.3", "1.2.4", Some(Step::Patch)),
        ("1.2.3-rc1", "1.2.3", Some(Step::Patch)),
        ("1.2.3", "1.3", Some(Step::Minor)),
        ("v1.2.3", "2", Some(Step::Major)),
        ("main-3842bd0", "main-9842bd1", None),
        ("1.2.3", "20241127", None),
    ] {
        assert_eq!(step(from, to), size, "{from} {to}");
    }
}
