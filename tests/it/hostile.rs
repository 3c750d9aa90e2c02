//! Charts made to exhaust memory or the stack, or to run for hours: each ends with a clear error, within bounds on
//! memory and time that the shell sets.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Address space in KiB: stacks of half a gigabyte are reserved, not used.
const MEMORY: u32 = 5_000_000;
/// Seconds, for a build with little optimisation on a busy machine.
const SECONDS: u32 = 120;

pub(super) fn template(directory: &Path, arguments: &[&str]) -> Output {
    run(directory, "template", arguments)
}

pub(super) fn run(directory: &Path, command: &str, arguments: &[&str]) -> Output {
    let quoted: Vec<String> = arguments.iter().map(|argument| format!("'{argument}'")).collect();
    let program = env!("CARGO_BIN_EXE_chartwright");
    let script = format!(
        "ulimit -v {MEMORY}; exec timeout {SECONDS} '{program}' {command} {}",
        quoted.join(" ")
    );
    Command::new("sh")
        .args(["-c", &script])
        .current_dir(directory)
        .stdin(Stdio::null())
        .output()
        .expect("a shell")
}

pub(super) fn chart(directory: &Path, files: &[(&str, &str)]) {
    for (name, text) in [("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n")]
        .iter()
        .chain(files)
    {
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("directories");
        std::fs::write(path, text).expect("a file");
    }
}

/// A refusal: exit status 1 and the words, without a panic.
pub(super) fn assert_refused(what: &str, output: &Output, words: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    let start: String = text.chars().take(600).collect();
    assert_eq!(output.status.code(), Some(1), "{what}: {start}");
    assert!(text.contains(words), "{what}: {start}");
    assert!(!text.contains("panicked"), "{what}: {start}");
}

const TEMPLATES: &[(&str, &str, &str)] = &[
    ("until", "{{ until 1000000000 | len }}", "makeslice: len out of range"),
    (
        "untilStep",
        "{{ untilStep 0 1000000000 1 | len }}",
        "makeslice: len out of range",
    ),
    ("seq", "{{ seq 1000000000 | len }}", "makeslice: len out of range"),
    (
        "repeat",
        "{{ repeat 1000000000 \"xxxxxxxxxx\" | len }}",
        "Repeat output length overflow",
    ),
    ("indent", "{{ indent 1000000000 \"a\" | len }}", "exceed 33554432 bytes"),
    (
        "random text",
        "{{ randAlphaNum 1000000000 | len }}",
        "makeslice: len out of range",
    ),
    (
        "include",
        "{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}",
        "nested reference name: a",
    ),
    (
        "tpl",
        "{{ define \"a\" }}{{ tpl \"{{ include `a` . }}\" . }}{{ end }}{{ include \"a\" . }}",
        "nested reference name: a",
    ),
    (
        "text that doubles",
        "{{ $s := \"xxxxxxxx\" }}{{ range until 40 }}{{ $s = cat $s $s }}{{ end }}{{ len $s }}",
        "error calling cat: ",
    ),
    (
        "list that doubles",
        "{{ $s := list 1 2 3 4 }}{{ range until 40 }}{{ $s = concat $s $s }}{{ end }}{{ len $s }}",
        "error calling concat: its result would exceed",
    ),
    (
        "quotes of quotes",
        "{{ $s := \"'\" }}{{ range until 40 }}{{ $s = quote $s $s }}{{ end }}{{ len $s }}",
        "error calling quote: ",
    ),
    (
        "map of itself twice",
        "{{ $d := dict }}{{ range until 60 }}{{ $d = dict \"a\" $d \"b\" $d }}{{ end }}{{ toYaml $d }}",
        "error calling toYaml: its result would exceed",
    ),
    (
        "map of itself twice, printed",
        "{{ $d := dict }}{{ range until 60 }}{{ $d = dict \"a\" $d \"b\" $d }}{{ end }}{{ $d }}",
        "the printed value exceeds",
    ),
    (
        "map of itself twice, copied",
        "{{ $d := dict }}{{ range until 60 }}{{ $d = dict \"a\" $d \"b\" $d }}{{ end }}{{ deepCopy $d | len }}",
        "error calling deepCopy: its result would exceed",
    ),
    (
        "join",
        "{{ join (repeat 10000000 \"x\") (until 10000) | len }}",
        "error calling join: its result would exceed",
    ),
    (
        "replace",
        "{{ replace \"x\" (repeat 100000 \"y\") (repeat 1000000 \"x\") | len }}",
        "error calling replace: its result would exceed",
    ),
    (
        "split",
        "{{ splitList \"\" (repeat 30000000 \"x\") | len }}",
        "error calling splitList: its result would exceed",
    ),
    ("nested parentheses", "{{ ((((((((((", "unclosed action"),
    (
        "output",
        "{{ $s := repeat 1000000 \"a\\n\" }}{{ range until 500 }}{{ $s }}{{ end }}",
        "limit of 33554432 bytes of output",
    ),
    (
        "a pattern that matches everywhere",
        "{{ regexFindAll \"\" (repeat 10000000 \"a\") -1 | len }}",
        "it matches more than 1048576 times",
    ),
];

#[test]
fn templates_are_stopped() {
    let directory = tempfile::tempdir().expect("a directory");
    for (what, text, words) in TEMPLATES {
        chart(directory.path(), &[("c/templates/t.yaml", text)]);
        assert_refused(what, &template(directory.path(), &["c"]), words);
    }
}

/// What the methods of `.Files` do counts as well.
#[test]
fn files_are_not_read_without_end() {
    let directory = tempfile::tempdir().expect("a directory");
    let text = "text\n".repeat(800_000);
    let names: Vec<String> = (0..2_000).map(|file| format!("c/files/{file}.txt")).collect();
    let mut files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "text")).collect();
    files.push(("c/large.txt", &text));
    chart(directory.path(), &files);
    for call in [
        "$.Files.Get `large.txt`",
        "$.Files.GetBytes `large.txt`",
        "$.Files.Lines `large.txt`",
        "$.Files.Glob `**/x*`",
        "($.Files.Glob `files/1*`).AsConfig",
        "$.Values.YAML",
    ] {
        let template_text = format!("{{{{ range until 1000000 }}}}{{{{ $x := {call} }}}}{{{{ end }}}}");
        let values = format!("a:\n{}", "- text\n".repeat(20_000));
        let more = [
            ("c/templates/t.yaml", template_text.as_str()),
            ("c/values.yaml", values.as_str()),
        ];
        chart(directory.path(), &more);
        let output = template(directory.path(), &["c"]);
        assert_refused(call, &output, "the rendering exceeds the limit of ");
    }
}

#[test]
fn deep_nesting_is_refused_and_not_a_crash() {
    let directory = tempfile::tempdir().expect("a directory");
    let deep = 200_000;
    for (what, text) in [
        (
            "parentheses",
            format!("{{{{ {}1{} }}}}", "(".repeat(deep), ")".repeat(deep)),
        ),
        (
            "blocks",
            format!("{}{}", "{{ if 1 }}".repeat(deep), "{{ end }}".repeat(deep)),
        ),
        (
            "else chains",
            format!("{{{{ if 0 }}}}{}{{{{ end }}}}", "{{ else if 0 }}".repeat(deep)),
        ),
        (
            "JSON",
            format!("a: {{{{ fromJson `{}` | toJson }}}}\nb: [", "[".repeat(deep)),
        ),
        ("rendered lists", format!("a: {}", "[".repeat(deep))),
        (
            "rendered indentation",
            (0..3000).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "a:\n"),
        ),
        ("rendered dashes", "- ".repeat(deep)),
    ] {
        chart(directory.path(), &[("c/templates/t.yaml", &text)]);
        assert_refused(what, &template(directory.path(), &["c"]), "Error: ");
    }
}

#[test]
fn values_are_stopped() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..9 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(",");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    let deep = "[".repeat(100_000);
    for (what, values, words) in [
        ("aliases", bomb.as_str(), "document contains excessive aliasing"),
        ("an anchor in itself", "a: &a {b: *a}\n", "value contains itself"),
        ("deep lists", deep.as_str(), "exceeded max depth"),
    ] {
        chart(
            directory.path(),
            &[("c/templates/t.yaml", "a: 1\n"), ("c/values.yaml", values)],
        );
        assert_refused(what, &template(directory.path(), &["c"]), words);
    }
    chart(directory.path(), &[("c/values.yaml", "{}\n")]);
    let long = format!("{}b=1", "a.".repeat(100));
    let nested = format!("a{}=1", "[0]".repeat(100_000 / 3));
    for (what, set, words) in [
        (
            "an index",
            "a[999999999]=1",
            "greater than maximum supported index of 65536",
        ),
        ("many names", long.as_str(), "maximum supported nested level of 30"),
        ("many indices", nested.as_str(), "Error: "),
    ] {
        assert_refused(what, &template(directory.path(), &["c", "--set", set]), words);
    }
    let circle = r##"{"$ref": "#/definitions/a", "definitions": {"a": {"$ref": "#/definitions/a"}}}"##;
    chart(directory.path(), &[("c/values.schema.json", circle)]);
    assert_refused("a schema in a circle", &template(directory.path(), &["c"]), "Error: ");
}

/// A gzipped tar of entries: name, and how many zero bytes.
fn archive(entries: impl Iterator<Item = (String, u64)>) -> Vec<u8> {
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(encoder);
    for (name, size) in entries {
        let mut header = tar::Header::new_ustar();
        // `set_path` would refuse what is tested here.
        let field = header.as_ustar_mut().expect("ustar");
        for (place, byte) in field.name.iter_mut().zip(name.bytes()) {
            *place = byte;
        }
        header.set_size(size);
        header.set_mode(0o644);
        header.set_cksum();
        let zeros = std::io::Read::take(std::io::repeat(0), size);
        builder.append(&header, zeros).expect("an entry");
    }
    let mut encoder = builder.into_inner().expect("an archive");
    encoder.flush().expect("flushes");
    encoder.finish().expect("an archive")
}

#[test]
fn archives_are_stopped() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("c.tgz");
    let one = |name: &str| archive(std::iter::once((name.to_owned(), 10)));
    for (what, bytes, words) in [
        (
            "one large file",
            archive(std::iter::once(("c/a".to_owned(), 200 << 20))),
            "larger than the maximum size 104857600",
        ),
        (
            "many middling files",
            archive((0..30).map(|n| (format!("c/{n}"), 4 << 20))),
            "larger than the maximum size 104857600",
        ),
        (
            "many empty files",
            archive((0..60_000).map(|n| (format!("c/{n}"), 0))),
            "more than 50000 entries",
        ),
        (
            "a parent directory",
            one("c/../../x"),
            "illegally references parent directory",
        ),
        (
            "an absolute path",
            one("c//etc/passwd"),
            "illegally contains absolute paths",
        ),
        ("a drive", one("c\\C:\\x"), "illegally named files"),
        ("no chart", one("c/x"), "no Chart.yaml found"),
        ("no tar", b"\x1F\x8B\x08garbage".to_vec(), "Error: "),
    ] {
        std::fs::write(&path, bytes).expect("a file");
        assert_refused(what, &template(directory.path(), &["c.tgz"]), words);
    }
}

#[cfg(unix)]
#[test]
fn following_links_ends() {
    let directory = tempfile::tempdir().expect("a directory");
    chart(
        directory.path(),
        &[("c/templates/t.yaml", "a: 1\n"), ("outside.yaml", "b: 2\n")],
    );
    std::os::unix::fs::symlink("../../outside.yaml", directory.path().join("c/templates/link.yaml")).expect("a link");
    let output = template(directory.path(), &["c"]);
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("b: 2"),
        "files are followed, as in Helm"
    );
    std::os::unix::fs::symlink("..", directory.path().join("c/templates/up")).expect("a link");
    assert_refused(
        "a link to a parent",
        &template(directory.path(), &["c"]),
        "leads back to a directory that contains it",
    );
}

/// Links that git can hold: to a device without an end.
#[cfg(target_os = "linux")]
#[test]
fn endless_files_are_stopped() {
    let directory = tempfile::tempdir().expect("a directory");
    for name in [
        "Chart.yaml",
        ".helmignore",
        "values.yaml",
        "values-x.yaml",
        "templates/t.yaml",
    ] {
        let inner = directory.path().join(name.replace('/', "-"));
        chart(&inner, &[("c/templates/ok.yaml", "a: 1\n")]);
        let link = inner.join("c").join(name);
        drop(std::fs::remove_file(&link));
        std::os::unix::fs::symlink("/dev/zero", &link).expect("a link");
        for command in ["template", "lint", "package"] {
            let output = run(&inner, command, &["c"]);
            let text = [output.stderr.as_slice(), &output.stdout].concat();
            let text = String::from_utf8_lossy(&text);
            let has_failed = output.status.code().is_some_and(|code| code != 0 && code < 70);
            let is_unused = name == "values-x.yaml" && command == "template";
            assert!(has_failed || is_unused, "{name} {command}: {:?} {text}", output.status);
            assert!(!text.contains("panicked"), "{name} {command}: {text}");
        }
    }
}

/// Opening a pipe waits for its other end.
#[test]
fn a_baseline_is_a_regular_file() {
    let directory = tempfile::tempdir().expect("a directory");
    chart(directory.path(), &[("c/templates/ok.yaml", "a: 1\n")]);
    let made = Command::new("mkfifo").arg(directory.path().join("pipe")).status();
    assert!(made.expect("mkfifo").success());
    let output = run(directory.path(), "lint", &["c", "--baseline", "pipe"]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("pipe: is not a regular file"), "{text}");
}

#[test]
fn archives_in_archives_share_a_limit() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut inner = chart_archive("l0", &[("z", vec![0; 1 << 20])]);
    for level in 1..5 {
        let copies: Vec<(String, Vec<u8>)> = (0..10).map(|n| (format!("charts/x{n}.tgz"), inner.clone())).collect();
        let copies: Vec<(&str, Vec<u8>)> = copies
            .iter()
            .map(|(name, data)| (name.as_str(), data.clone()))
            .collect();
        inner = chart_archive(&format!("l{level}"), &copies);
    }
    std::fs::write(directory.path().join("c.tgz"), &inner).expect("an archive");
    let output = template(directory.path(), &["c.tgz"]);
    assert_refused(
        "archives in archives",
        &output,
        "larger than the maximum size 104857600",
    );
}

/// A packed chart with some files.
fn chart_archive(name: &str, files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let mut builder = tar::Builder::new(encoder);
    let metadata = format!("apiVersion: v2\nname: {name}\nversion: 0.1.0\n").into_bytes();
    let own = [("Chart.yaml", metadata)];
    for (path, data) in own
        .iter()
        .map(|(path, data)| (*path, data))
        .chain(files.iter().map(|(path, data)| (*path, data)))
    {
        let mut header = tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        header.set_mode(0o644);
        builder
            .append_data(&mut header, format!("{name}/{path}"), data.as_slice())
            .expect("an entry");
    }
    builder.into_inner().expect("an archive").finish().expect("an archive")
}
