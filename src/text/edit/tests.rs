//! Tables of edits: a text, what is done, and the text after it or the reason against it.

use super::{
    Change, DocumentChoice, Edit, NewNode, NewValue, Operation, YamlPath, apply_changes, apply_edits, read_path,
};

fn set(source: &str, path: &str, value: NewValue) -> Result<String, String> {
    let change = Change {
        document: None,
        path: YamlPath::parse(path).unwrap(),
        value,
    };
    apply_changes(source.as_bytes(), &[change])
        .map(|(text, _)| String::from_utf8(text).unwrap())
        .map_err(|error| error.to_string())
}

fn text(value: &str) -> NewValue {
    NewValue::Text(value.to_owned())
}

fn typed(value: &str) -> NewValue {
    NewValue::Typed(value.to_owned())
}

#[test]
fn only_the_scalar_changes() {
    for (source, path, value, want) in [
        ("a: 1 # c\nb: x\n", "b", text("z"), "a: 1 # c\nb: z\n"),
        ("b: x\n", "b", text("y"), "b: \"y\"\n"),
        (
            "a:\n  tag: 'v1'   # keep\r\n",
            "a.tag",
            text("v2"),
            "a:\n  tag: 'v2'   # keep\r\n",
        ),
        ("tag: \"1.9\"\n", "tag", text("1.10"), "tag: \"1.10\"\n"),
        ("tag: v1\n", "tag", text("1.10"), "tag: \"1.10\"\n"),
        ("tag: v1\n", "tag", text("on"), "tag: \"on\"\n"),
        ("tag: v1\n", "tag", text("a: b # c"), "tag: \"a: b # c\"\n"),
        ("tag: 'v1'\n", "tag", text("it's"), "tag: 'it''s'\n"),
        ("replicas: 2\n", "replicas", typed("3"), "replicas: 3\n"),
        (
            "replicas: 2\n",
            "replicas",
            typed("18446744073709551615"),
            "replicas: 18446744073709551615\n",
        ),
        ("replicas: 2\n", "replicas", text("3"), "replicas: \"3\"\n"),
        ("on: false\n", "on", typed("true"), "on: true\n"),
        ("v: 1.5\n", "v", typed("1.10"), "v: \"1.10\"\n"),
        ("v: 1.5\n", "v", typed("1.6"), "v: 1.6\n"),
        ("tag:\nb: 1\n", "tag", text("x"), "tag: x\nb: 1\n"),
        (
            "l: [a, b, {c: d}]\n",
            "l[2].c",
            text("e,f"),
            "l: [a, b, {c: \"e,f\"}]\n",
        ),
        ("- a\n- b\n", "[1]", text("c"), "- a\n- c\n"),
        ("a: |\n  x\n  y\nb: 1\n", "a", text("z\n"), "a: |\n  z\nb: 1\n"),
        ("a: 1\n---\nb: 2\n", "b", typed("3"), "a: 1\n---\nb: 3\n"),
        ("a: !!str 1\n", "a", text("2"), "a: !!str 2\n"),
        ("- \n- b\n", "[0]", text("a"), "- a\n- b\n"),
        ("-\n- b\n", "[0]", text("a"), "- a\n- b\n"),
        ("l:\n  -   # none\n", "l[0]", text("a"), "l:\n  - a   # none\n"),
        ("tag: \r\nb: 1\r\n", "tag", text("x"), "tag: x\r\nb: 1\r\n"),
        ("tag: # none\n", "tag", text("x"), "tag: x # none\n"),
        ("tag:", "tag", text("x"), "tag: x"),
        (
            "{\"a\":\"b:1\",\"c\":1}\n",
            "a",
            text("b:2"),
            "{\"a\":\"b:2\",\"c\":1}\n",
        ),
        ("{\"a\":1}\n", "a", typed("2"), "{\"a\":2}\n"),
        ("{a: , b: 1}\n", "a", text("x"), "{a: x, b: 1}\n"),
        (
            "a: x # one\n# two\nb: y\n",
            "a",
            text("p # q"),
            "a: \"p # q\" # one\n# two\nb: y\n",
        ),
        (
            "base: &b {tag: v1}\nown: {tag: v1}\nother: *b\n",
            "own.tag",
            text("v2"),
            "base: &b {tag: v1}\nown: {tag: v2}\nother: *b\n",
        ),
    ] {
        assert_eq!(set(source, path, value).as_deref(), Ok(want), "{source:?} {path}");
    }
}

#[test]
fn edits_that_would_change_more_are_refused() {
    for (source, path, want) in [
        (
            "a: &x 1\nb: *x\n",
            "a",
            "`a` is shared through the anchor `x`, so other values would change with it",
        ),
        (
            "a: &x {t: 1}\nb: *x\n",
            "b.t",
            "`b.t` is shared through the anchor `x`, so other values would change with it",
        ),
        (
            "base: &b {tag: v1}\nother: *b\n",
            "base.tag",
            "`base.tag` is shared through the anchor `b`, so other values would change with it",
        ),
        (
            "base: &b\n  deep:\n    - {x: 1}\n    - {tag: v1}\nmore: [{<<: *b}]\n",
            "base.deep[1].tag",
            "`base.deep[1].tag` is shared through the anchor `b`, so other values would change with it",
        ),
        ("a: | # why\n  x\nb: 1\n", "a", "`a` cannot hold \"z\""),
        ("a: {b: 1}\n", "a", "`a` is a mapping, not a scalar"),
        ("a: {b: 1}\n", "a.c.d", "no value at `a.c.d` (there is `a`)"),
        ("a: [\n", "a", "yaml: line 1: did not find expected node content"),
    ] {
        assert_eq!(set(source, path, text("z")).unwrap_err(), want, "{source:?}");
    }
}

#[test]
fn a_value_that_is_set_already_changes_nothing() {
    assert_eq!(set("a: 'x'\n", "a", text("x")).as_deref(), Ok("a: 'x'\n"));
}

/// Edits as a line each: `set PATH=VALUE`, `create PATH=VALUE`, `append PATH=VALUE`, `remove PATH`; `!` before it goes through anchors.
fn edited(source: &str, lines: &[&str]) -> Result<String, String> {
    let edits: Vec<Edit> = lines.iter().map(|line| edit(line)).collect();
    apply_edits(source.as_bytes(), &edits)
        .map(|(text, _)| String::from_utf8(text).unwrap())
        .map_err(|error| error.in_file("f"))
}

fn edit(line: &str) -> Edit {
    let (through_anchors, line) = line.strip_prefix('!').map_or((false, line), |line| (true, line));
    let (verb, rest) = line.split_once(' ').unwrap();
    let (path, value) = read_path(rest, Some('=')).unwrap();
    let value = NewValue::Typed(value.unwrap_or_default().to_owned());
    let operation = match verb {
        "set" | "create" => Operation::Set(value),
        "append" | "create-append" => Operation::Append(NewNode::Scalar(value)),
        _ => Operation::Remove,
    };
    Edit {
        creates: verb.starts_with("create"),
        through_anchors,
        ..Edit::new(path, operation)
    }
}

fn assert_edits(rows: &[(&str, &str, &str)]) {
    let mut wrong = Vec::new();
    for (source, line, want) in rows {
        let found = edited(source, &[line]);
        if found.as_deref() != Ok(*want) {
            wrong.push(format!(
                "{line}\n  of     {source:?}\n  wanted {want:?}\n  found  {found:?}"
            ));
        }
        // The same with the line ends of Windows, where all of them are.
        let windows = |text: &str| text.replace('\n', "\r\n");
        let found = edited(&windows(source), &[line]);
        if source.contains('\n') && found.as_deref() != Ok(&windows(want)) {
            wrong.push(format!("{line}, CRLF\n  of     {source:?}\n  found  {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table, one row per edit")]
fn keys_are_added_at_the_end_of_their_mapping() {
    assert_edits(&[
        ("a: 1\n", "create b=x", "a: 1\nb: x\n"),
        ("a: 1", "create b=x", "a: 1\nb: x"),
        ("a: 1\n", "create b=1.10", "a: 1\nb: \"1.10\"\n"),
        ("a: 1\n", "create b=3", "a: 1\nb: 3\n"),
        ("a: 1\n", "create b=1.5", "a: 1\nb: \"1.5\"\n"),
        ("a: 1\n", "create b=yes", "a: 1\nb: \"yes\"\n"),
        ("a: 1\n", "create b=3.0.0", "a: 1\nb: \"3.0.0\"\n"),
        ("a: 'x'\n", "create b=y", "a: 'x'\nb: 'y'\n"),
        ("a: \"x\"\nb: 1\n", "create c=y", "a: \"x\"\nb: 1\nc: \"y\"\n"),
        ("'a': x\n", "create b=z", "'a': x\n'b': z\n"),
        ("a: x\n", "create on=z", "a: x\n\"on\": z\n"),
        ("a:\n  b: 1\nc: 2\n", "create a.d=3", "a:\n  b: 1\n  d: 3\nc: 2\n"),
        (
            "a:\n    b: 1\nc: 2\n",
            "create c2.d.e=3",
            "a:\n    b: 1\nc: 2\nc2:\n    d:\n        e: 3\n",
        ),
        (
            "a:\n  b: 1 # b\n\n# about c\nc: 2\n",
            "create a.d=3",
            "a:\n  b: 1 # b\n  d: 3\n\n# about c\nc: 2\n",
        ),
        (
            "a:\n  b: 1\n  # x: 1\n# about c\nc: 2\n",
            "create a.d=3",
            "a:\n  b: 1\n  # x: 1\n  d: 3\n# about c\nc: 2\n",
        ),
        (
            "a:\n  b: |\n    x\n\n\nc: 2\n",
            "create a.d=3",
            "a:\n  b: |\n    x\n  d: 3\n\n\nc: 2\n",
        ),
        (
            "a:\n  b: |+\n    x\n\nc: 2\n",
            "create a.d=3",
            "a:\n  b: |+\n    x\n\n  d: 3\nc: 2\n",
        ),
        (
            "a:\n  b: [1,\n    2] # l\nc: 2\n",
            "create a.d=3",
            "a:\n  b: [1,\n    2] # l\n  d: 3\nc: 2\n",
        ),
        (
            "a:\n  b: {c: [1\n  ]\n  }\nc: 2\n",
            "create a.d=3",
            "a:\n  b: {c: [1\n  ]\n  }\n  d: 3\nc: 2\n",
        ),
        ("a:\n  b:\nc: 2\n", "create a.d=3", "a:\n  b:\n  d: 3\nc: 2\n"),
        ("a: {}\nc: 2\n", "create a.d=3", "a:\n  d: 3\nc: 2\n"),
        ("a: {} # none\nc: 2\n", "create a.d=3", "a: # none\n  d: 3\nc: 2\n"),
        ("a:\nc: 2\n", "create a.d.e=3", "a:\n  d:\n    e: 3\nc: 2\n"),
        (
            "a: # none\n# about c\nc: 2\n",
            "create a.d=3",
            "a: # none\n  d: 3\n# about c\nc: 2\n",
        ),
        ("a: ~\n", "create a.d=3", "a:\n  d: 3\n"),
        ("a: null", "create a.d=3", "a:\n  d: 3"),
        ("a: {}\nb: {c: 1}\n", "create a.d=3", "a: {d: 3}\nb: {c: 1}\n"),
        ("a: {b: 1}\n", "create a.c=x", "a: {b: 1, c: x}\n"),
        ("a: { b: 1 }\n", "create a.c.d=x", "a: { b: 1, c: {d: x} }\n"),
        ("a: {b: 1,}\n", "create a.c=x", "a: {b: 1, c: x,}\n"),
        ("a: {b: \"x\"}\n", "create a.c=a:1", "a: {b: \"x\", c: \"a:1\"}\n"),
        (
            "a: {\n  b: 1, # b\n  c: 2 # c\n}\n",
            "create a.d=3",
            "a: {\n  b: 1, # b\n  c: 2, # c\n  d: 3\n}\n",
        ),
        ("a: {\n  b: 1,\n}\n", "create a.d=3", "a: {\n  b: 1,\n  d: 3,\n}\n"),
        (
            "- name: x\n  tag: 1\n- name: y\n",
            "create [0].b=z",
            "- name: x\n  tag: 1\n  b: z\n- name: y\n",
        ),
        (
            "- name: x\n- name: y\n",
            "create [name=y].b=z",
            "- name: x\n- name: y\n  b: z\n",
        ),
        ("- {}\n", "create [0].b=z", "- b: z\n"),
        ("-\n", "create [0].b=z", "- b: z\n"),
        ("# only a comment\n", "create a.b=x", "# only a comment\na:\n  b: x\n"),
        ("---\n", "create a=x", "---\na: x\n"),
        ("---\na: 1\n...\n", "create b=x", "---\na: 1\nb: x\n...\n"),
        ("{}\n", "create a=x", "{\"a\": \"x\"}\n"),
        (
            "a: &x {b: 1}\nc: {<<: *x}\n",
            "create c.b=2",
            "a: &x {b: 1}\nc: {<<: *x, b: 2}\n",
        ),
        ("\u{FEFF}a: 1\n", "create b=x", "\u{FEFF}a: 1\nb: x\n"),
        ("a: 1\t# tab\n", "create b=x", "a: 1\t# tab\nb: x\n"),
        ("a: [1]\n", "create a[1]=2", "a: [1, 2]\n"),
        ("a: 1\n", "create b[0].c=x", "a: 1\nb:\n  - c: x\n"),
        ("{\"a\":1}", "create b.c=x", "{\"a\":1,\"b\":{\"c\":\"x\"}}"),
        (
            "{\n  \"a\": 1\n}\n",
            "create b=x",
            "{\n  \"a\": 1,\n  \"b\": \"x\"\n}\n",
        ),
        ("{\n\t\"a\": {}\n}\n", "create a.b=1", "{\n\t\"a\": {\"b\": 1}\n}\n"),
    ]);
    assert_eq!(edited("", &["create a.b=x"]).as_deref(), Ok("a:\n  b: x\n"));
    for text in ["", "# only a comment\n", "a:\n"] {
        for path in ["a[name=x]=y", "a[name=x].b=y", "a[1]=y"] {
            let error = edited(text, &[&format!("create {path}")]).unwrap_err();
            assert!(error.contains("no value at"), "{text:?} {path}: {error}");
        }
    }
    assert_eq!(
        edited("a: 1\n", &["create b.c=1", "create b.d=2", "set a=3", "remove b.c"]).as_deref(),
        Ok("a: 3\nb:\n  d: 2\n")
    );
}

#[test]
fn items_are_appended_in_the_style_of_their_list() {
    assert_edits(
        &[
            ("l:\n- a\n- b\nm: 1\n", "append l=c", "l:\n- a\n- b\n- c\nm: 1\n"),
            ("l:\n  - a # a\nm: 1\n", "append l=c", "l:\n  - a # a\n  - c\nm: 1\n"),
            ("l:\n-   'a'\n", "append l=c", "l:\n-   'a'\n-   'c'\n"),
            (
                "l:\n- a\n# about m\nm: 1\n",
                "append l=c",
                "l:\n- a\n- c\n# about m\nm: 1\n",
            ),
            ("l:\n- a: 1\n  b: 2\n", "append l=c", "l:\n- a: 1\n  b: 2\n- c\n"),
            ("l: [a, b]\n", "append l=c", "l: [a, b, c]\n"),
            ("l: [a,b]\n", "append l=c", "l: [a,b,c]\n"),
            ("l: [ a ]\n", "append l=c", "l: [ a, c ]\n"),
            (
                "l: [\n  a,\n  b # b\n]\n",
                "append l=c",
                "l: [\n  a,\n  b, # b\n  c\n]\n",
            ),
            ("l: []\n", "append l=c", "l:\n  - c\n"),
            ("l: []\nm:\n- x\n", "append l=c", "l:\n- c\nm:\n- x\n"),
            ("l: []\nm: [x]\n", "append l=c", "l: [c]\nm: [x]\n"),
            ("l:\n", "append l=c", "l:\n  - c\n"),
            ("a: 1\n", "create-append l.m=c", "a: 1\nl:\n  m:\n    - c\n"),
            ("- a\n", "append =c", "- a\n- c\n"),
            ("{\"l\":[\"a\"]}", "append l=1", "{\"l\":[\"a\",1]}"),
            (
                "{\n  \"l\": [\n    \"a\"\n  ]\n}\n",
                "append l=b",
                "{\n  \"l\": [\n    \"a\",\n    \"b\"\n  ]\n}\n",
            ),
        ]
        .into_iter()
        .filter(|(_, line, _)| !line.contains(" ="))
        .collect::<Vec<_>>(),
    );
    let pair = |key: &str, value: &str| (key.to_owned(), NewNode::Scalar(NewValue::Text(value.to_owned())));
    let node = NewNode::Mapping(vec![pair("key", "image.tag"), pair("value", "3.0.0")]);
    let append = Edit {
        creates: true,
        ..Edit::new(
            YamlPath::parse("releases[name=a].values").unwrap(),
            Operation::Append(node),
        )
    };
    let before = "releases:\n  - name: a\n    chart: {dir: x}\n    trigger: {image: {track: Newest}}\n";
    let (edited, applied) = apply_edits(before.as_bytes(), &[append]).unwrap();
    assert_eq!(
        String::from_utf8(edited).unwrap(),
        format!("{before}    values:\n      - key: image.tag\n        value: \"3.0.0\"\n")
    );
    assert_eq!(applied[0].line, 5);
}

#[test]
fn entries_are_removed_with_their_own_comments() {
    assert_edits(&[
        ("a: 1\nb: 2\n", "remove b", "a: 1\n"),
        ("a: 1\nb: 2", "remove b", "a: 1"),
        ("a: 1\nb: 2\n", "remove a", "b: 2\n"),
        ("a: 1\n# about b\n# more\nb: 2 # b\nc: 3\n", "remove b", "a: 1\nc: 3\n"),
        (
            "a: 1\n# not about b\n\nb: 2\nc: 3\n",
            "remove b",
            "a: 1\n# not about b\n\nc: 3\n",
        ),
        ("a: 1\n\nb: 2\n\nc: 3\n", "remove b", "a: 1\n\nc: 3\n"),
        ("a: 1\n\n# b\nb: 2\n", "remove b", "a: 1\n"),
        ("# licence\na: 1\nb: 2\n", "remove a", "# licence\nb: 2\n"),
        (
            "a:\n  b: 1\n  # inside\n\n# about c\nc: 2\n",
            "remove a",
            "# about c\nc: 2\n",
        ),
        ("a: 1\nb:\n  c: |\n    x\n\nd: 1\n", "remove b", "a: 1\n\nd: 1\n"),
        ("a:\n  b: 1\nc: 2\n", "remove a.b", "a: {}\nc: 2\n"),
        (
            "a: # note\n  # b\n  b: 1 # x\nc: 2\n",
            "remove a.b",
            "a: {} # note\nc: 2\n",
        ),
        ("l:\n- a\nc: 2\n", "remove l[0]", "l: []\nc: 2\n"),
        ("a: 1\n", "remove a", "{}\n"),
        (
            "- name: x\n  tag: 1\n- name: y\n",
            "remove [0].name",
            "- tag: 1\n- name: y\n",
        ),
        (
            "- name: x # x\n  # tag\n  tag: 1\n",
            "remove [0].name",
            "- # tag\n  tag: 1\n",
        ),
        ("- a: 1\n- b\n", "remove [0].a", "- {}\n- b\n"),
        ("l:\n  - a\n  # b\n  - b\n  - c\n", "remove l[1]", "l:\n  - a\n  - c\n"),
        (
            "l:\n- name: a\n  x: 1\n- name: b\n",
            "remove l[name=a]",
            "l:\n- name: b\n",
        ),
        ("a: {b: 1, c: 2, d: 3}\n", "remove a.b", "a: {c: 2, d: 3}\n"),
        ("a: {b: 1, c: 2, d: 3}\n", "remove a.c", "a: {b: 1, d: 3}\n"),
        ("a: {b: 1, c: 2, d: 3}\n", "remove a.d", "a: {b: 1, c: 2}\n"),
        ("a: {b: 1}\n", "remove a.b", "a: {}\n"),
        ("a: [x, &k y, z]\n", "remove a[1]", "a: [x, z]\n"),
        ("{\n  \"a\": 1,\n  \"b\": 2\n}\n", "remove b", "{\n  \"a\": 1\n}\n"),
        ("{\n  \"a\": 1,\n  \"b\": 2\n}\n", "remove a", "{\n  \"b\": 2\n}\n"),
        ("a: [\n  x, # x\n  y # y\n]\n", "remove a[1]", "a: [\n  x # x\n]\n"),
        ("a: &x 1\nb: *x\nc: *x\n", "remove b", "a: &x 1\nc: *x\n"),
        ("? a\n: 1\nb: 2\n", "remove a", "b: 2\n"),
        ("a:\n  b: {c: 1}\n\nd: 1\n", "remove d", "a:\n  b: {c: 1}\n"),
        ("a:\n  b: [[1\n  ]]\nd: 1\n", "remove a", "d: 1\n"),
        ("a: 1\n---\nb: 1\nc: 1\n", "remove b", "a: 1\n---\nc: 1\n"),
    ]);
}

#[test]
fn aliases_and_merge_keys_are_followed_only_if_asked_for() {
    assert_edits(&[
        ("a: &x 1\nb: *x\n", "!set b=2", "a: &x 2\nb: *x\n"),
        ("a: &x {t: 1}\nb: *x\n", "!set b.t=2", "a: &x {t: 2}\nb: *x\n"),
        (
            "a: &x {t: 1}\nb: {<<: *x}\n",
            "!set b.t=2",
            "a: &x {t: 2}\nb: {<<: *x}\n",
        ),
        ("a: &x {t: 1}\nb: *x\n", "!remove b.t", "a: &x {}\nb: *x\n"),
        (
            "a: &x\n  t: 1\nb: *x\n",
            "!create b.u=2",
            "a: &x\n  t: 1\n  u: 2\nb: *x\n",
        ),
        ("a: &x {}\nb: *x\n", "!create b.u=2", "a: &x\n  u: 2\nb: *x\n"),
    ]);
    for (source, line, want) in [
        (
            "a: &x {t: 1}\nb: {<<: *x}\n",
            "set b.t=2",
            "f:2:9: `b.t` is not written here: `<<` takes it from the anchor `x`, so other values would change with it",
        ),
        (
            "a: &x {t: {u: 1}}\nb: {<<: *x}\n",
            "create b.t.u=2",
            "f:2:9: `b.t.u` is not written here: `<<` takes it from the anchor `x`, so other values would change with it",
        ),
        (
            "a: &x {t: 1}\nb: *x\n",
            "remove a",
            "f:1:7: `a` is shared through the anchor `x`, so other values would change with it",
        ),
        (
            "a: &x {t: 1}\nb: *x\n",
            "!remove a",
            "f:1:7: `a` is shared through the anchor `x`, so other values would change with it",
        ),
        (
            "a: &x {t: 1}\nb: *x\n",
            "remove b.t",
            "f:2:4: `b.t` is shared through the anchor `x`, so other values would change with it",
        ),
        (
            "a: &x [1]\nb: *x\n",
            "append a=2",
            "f:1:7: `a` is shared through the anchor `x`, so other values would change with it",
        ),
    ] {
        assert_eq!(edited(source, &[line]).unwrap_err(), want, "{line}");
    }
}

#[test]
fn what_cannot_be_done_is_refused_with_the_place_and_advice() {
    for (source, line, want) in [
        (
            "a:\n  image: 1\n",
            "set a.imgae=2",
            "f:2:3: no value at `a.imgae`; did you mean `a.image`?",
        ),
        (
            "l:\n- name: web\n",
            "set l[name=wbe].x=2",
            "f:2:1: no value at `l[name=wbe].x`; did you mean `l[name=web].x`?",
        ),
        (
            "l:\n- name: web\n",
            "create l[name=api].x=2",
            "f:2:1: no value at `l[name=api].x` (there is `l`)",
        ),
        ("l: [1]\n", "create l[2]=2", "f:1:4: no value at `l[2]` (there is `l`)"),
        ("l: [1]\n", "create l.x=2", "f:1:4: `l` is a list, not a mapping"),
        ("a: x\n", "create a.b=2", "f:1:4: `a` is a scalar, not a mapping"),
        ("a: x\n", "append a=2", "f:1:4: `a` is a scalar, not a list"),
        ("a: {b: 1}\n", "set a=2", "f:1:4: `a` is a mapping, not a scalar"),
        (
            "a: 1\n---\na: 1\n",
            "set a=2",
            "f: `a` is in 2 documents (lines 1 and 3): say which one",
        ),
        (
            "a: 1\n---\nb: 1\n",
            "create c=2",
            "f: `c` is in 2 documents (lines 1 and 3): say which one",
        ),
        (
            "l: [{n: a}, {n: a}]\n",
            "set l[n=a].n=b",
            "f:1:13: `l[n=a]` is more than one item (lines 1 and 1): say which one by its index",
        ),
        (
            "a: 1\na: 2\n",
            "remove a",
            "f:2:1: `a` is written 2 times in one mapping, and removing one would bring back another",
        ),
        (
            "{\"mode\": 420}\n",
            "set mode=0755",
            "f:1:10: JSON has no number `0755` for `mode`: write it in decimal digits, or set it as text",
        ),
        (
            "a: 1\nsops: {mac: x}\n",
            "set a=2",
            "f: sops encrypted this file, and would refuse it after a change that was not made by sops",
        ),
        (
            "a: ENC[AES256_GCM,data:x]\n",
            "set a=2",
            "f:1:4: `a` is a value that sops encrypted",
        ),
        (
            "a: {b: {c: 1} # x\n}\n",
            "remove a.b.x",
            "f:1:8: no value at `a.b.x` (there is `a.b`)",
        ),
    ] {
        assert_eq!(edited(source, &[line]).unwrap_err(), want, "{line}");
    }
    let partly = "a: 1\nsops: {mac: x, mac_only_encrypted: true}\n";
    assert!(edited(partly, &["set a=2"]).is_ok());
    assert!(edited(partly, &["create b=2"]).is_err());
}

#[test]
fn a_document_is_chosen_by_number_or_fields() {
    let source = "kind: A\nn: 1\n---\nkind: B\nn: 1\n";
    let choose = |document| {
        let edit = Edit {
            document,
            ..edit("set n=2")
        };
        apply_edits(source.as_bytes(), &[edit]).map(|(text, _)| String::from_utf8(text).unwrap())
    };
    let second = Ok("kind: A\nn: 1\n---\nkind: B\nn: 2\n".to_owned());
    let field = |text: &str| DocumentChoice::Fields(vec![(YamlPath::parse("kind").unwrap(), text.to_owned())]);
    assert_eq!(choose(DocumentChoice::Index(1)), second);
    assert_eq!(choose(field("B")), second);
    assert_eq!(
        choose(field("C")).unwrap_err().to_string(),
        "0 of the 2 documents are the chosen one"
    );
}
