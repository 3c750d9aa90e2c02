//! What files of a pull request can make `validate` and `bump` do: show what is behind links, show values of a megabyte, copy lists
//! without end in rules, set a value again and again.

use std::fs;
use std::time::Instant;

use serde_json::{Value as Json, json};

use super::hostile::run as run_within_bounds;
use super::workspace::Workspace;

/// A definition of kind `H` with rules about its `spec`.
fn definition(rules: &[String]) -> Json {
    let text = json!({"type": "string"});
    let rules: Vec<Json> = rules.iter().map(|rule| json!({"rule": rule})).collect();
    let spec = json!({
        "type": "object",
        "properties": {"l": {"type": "array", "items": text}, "s": text},
        "x-kubernetes-validations": rules,
    });
    let schema = json!({"type": "object", "properties": {"spec": spec}});
    let version = json!({"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "hs.x.io"},
        "spec": {
            "group": "x.io", "scope": "Namespaced", "versions": [version],
            "names": {"kind": "H", "plural": "hs", "singular": "h", "listKind": "HList"},
        },
    })
}

fn resource(spec: &Json) -> Json {
    json!({"apiVersion": "x.io/v1", "kind": "H", "metadata": {"name": "a"}, "spec": spec})
}

/// Rules that copy more than they cost on the server, and definitions that the server refuses: the values are not evaluated,
/// which is reported.
#[test]
fn rules_that_copy_without_end_are_not_evaluated() {
    let directory = tempfile::tempdir().expect("a directory");
    let one = |rule: &str| vec![rule.to_owned()];
    let list = |items: usize, length: usize| json!({"l": vec!["a".repeat(length); items], "s": "x".repeat(100_000)});
    let many: Vec<String> = (0..50_000).map(|number| format!("self.s != 'a{number}'")).collect();
    for (what, rules, spec, is_refused) in [
        (
            "lists that are joined for each item",
            one("self.l.map(x, self.l + self.l).size() > 0"),
            list(5_000, 1),
            true,
        ),
        (
            "a list for each item",
            one("self.l.map(x, self.l).size() > 0"),
            list(5_000, 100),
            true,
        ),
        (
            "texts in a list for each item",
            one("self.l.map(x, [self.s, self.s, self.s, self.s]).size() > 0"),
            list(3_000, 1),
            true,
        ),
        (
            "patterns that are compiled for each item",
            one("self.l.all(x, x.matches('(\\\\pL{100}){9}') || true)"),
            list(5_000, 10),
            true,
        ),
        ("fifty thousand rules", many, json!({"s": "x"}), true),
        (
            "a long rule",
            one(&"self.s != 'a' && ".repeat(20_000)),
            json!({"s": "x"}),
            false,
        ),
    ] {
        let write =
            |name: &str, value: &Json| fs::write(directory.path().join(name), value.to_string()).expect("a file");
        write("crd.json", &definition(&rules));
        write("object.json", &resource(&spec));
        let output = run_within_bounds(directory.path(), "validate", &["crd.json", "object.json", "--summary"]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code().is_some_and(|code| code <= 1),
            "{what}: {:?} {text}",
            output.status
        );
        assert!(text.contains(" not evaluated and count"), "{what}: {text}");
        if is_refused && rules.len() > 1 {
            assert!(
                text.contains("the rules of the schema exceed the limit"),
                "{what}: {text}"
            );
        }
        // Each rule is named with its beginning and its end.
        let output = run_within_bounds(
            directory.path(),
            "validate",
            &["object.json", "--crd", "crd.json", "--verbose"],
        );
        let longest = output.stderr.split(|&byte| byte == b'\n').map(<[u8]>::len).max();
        assert!(longest.is_some_and(|longest| longest < 5_000), "{what}: {longest:?}");
        assert!(!output.stderr.is_empty(), "{what}");
    }
}

#[test]
fn reports_say_how_many_rules_were_not_evaluated() {
    let crd = definition(&["google.protobuf.StringValue{value: self.s} != ''".to_owned()]).to_string();
    let object = resource(&json!({"s": "2"})).to_string();
    let workspace = Workspace::new(&[("crd.json", &crd), ("object.json", &object)]);
    let sentence = "1 rule of a definition or a policy was not evaluated and counts as satisfied";
    for (format, words) in [
        ("json", "\"unevaluatedRules\": 1"),
        ("sarif", sentence),
        ("junit", sentence),
        ("tap", sentence),
        ("github", sentence),
        ("markdown", sentence),
        ("html", sentence),
    ] {
        let run = workspace.run(&["validate", "crd.json", "object.json", "--report", format]);
        assert!(run.stdout.contains(words), "{format}: {}", run.all());
        assert!(run.stderr.contains(sentence), "{format}: {}", run.all());
        assert_eq!(run.code, 0, "{format}: {}", run.all());
    }
    for (format, words) in [
        ("text", sentence),
        ("pretty", sentence),
        ("json", "\"unevaluatedRules\": 1"),
        ("tap", sentence),
        ("junit", sentence),
    ] {
        let run = workspace.run(&["validate", "crd.json", "object.json", "--output", format, "--summary"]);
        assert!(run.stdout.contains(words), "{format}: {}", run.all());
    }
}

#[cfg(unix)]
#[test]
fn links_out_of_a_directory_with_manifests_are_not_followed() {
    use std::os::unix::fs::symlink;
    let secret = "made-up-line-behind-a-link";
    let workspace = Workspace::new(&[
        ("home/notes.yaml", &format!("{secret}: [\n")),
        ("home/more/other.yaml", &format!("{secret}: [\n")),
        (
            "repo/manifests/ok.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
        ),
        (
            "repo/inside.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n",
        ),
    ]);
    symlink("../../home/notes.yaml", workspace.path("repo/manifests/z.yaml")).expect("a link");
    symlink("../../home/more", workspace.path("repo/manifests/y")).expect("a link");
    symlink("ok.yaml", workspace.path("repo/manifests/again.yaml")).expect("a link");
    for report in [
        &[][..],
        &["--report", "text"],
        &["--report", "json"],
        &["--output", "json"],
    ] {
        let arguments: Vec<&str> = ["validate", "manifests", "--verbose"]
            .iter()
            .chain(report)
            .copied()
            .collect();
        let run = workspace.run_in("repo", &arguments);
        assert_eq!(run.code, 3, "{}", run.all());
        assert!(!run.all().contains(secret), "{}", run.all());
        assert!(run.all().contains("leads out of the directory"), "{}", run.all());
        assert!(run.all().contains("--allow-links"), "{}", run.all());
    }
    let run = workspace.run_in("repo", &["validate", "manifests", "--verbose"]);
    assert!(
        run.stdout.contains("again.yaml:1:1: ConfigMap a is valid"),
        "{}",
        run.all()
    );
    let run = workspace.run_in("repo", &["validate", "manifests", "--allow-links", "--report", "text"]);
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(run.stdout.contains(secret), "{}", run.all());
    let run = workspace.run_in("repo", &["validate", "inside.yaml", "--crd", "manifests"]);
    assert_eq!(run.code, 3, "{}", run.all());
    assert!(run.stderr.contains("leads out of the directory"), "{}", run.all());
}

/// Values of any length are quoted by their beginning and their end.
#[test]
fn long_values_are_not_shown_whole() {
    let long = "Ab_".repeat(400_000);
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {long}\nspec:\n  restartPolicy: {long}\n  {long}: 1\n  containers: [{{name: a, image: b}}]\n"
    );
    let custom = resource(&json!({"s": long, "l": long})).to_string();
    let crd = definition(&[])
        .to_string()
        .replace("\"string\"", "\"string\",\"pattern\":\"^x\"");
    let workspace = Workspace::new(&[("pod.yaml", &pod), ("custom.json", &custom), ("crd.json", &crd)]);
    let outputs = [
        &[][..],
        &["--output", "json"],
        &["--output", "junit"],
        &["--output", "tap"],
        &["--output", "pretty"],
        &["--report", "text"],
        &["--report", "json"],
        &["--report", "sarif"],
        &["--report", "junit"],
        &["--report", "github"],
        &["--report", "gitlab"],
        &["--report", "markdown"],
        &["--report", "html"],
        &["--report", "tap"],
    ];
    for output in outputs {
        let arguments = ["validate", "pod.yaml", "custom.json", "--crd", "crd.json", "--strict"];
        let arguments: Vec<&str> = arguments.iter().chain(output).copied().collect();
        let run = workspace.run(&arguments);
        assert_eq!(run.code, 1, "{output:?}");
        assert!(run.stdout.len() < 100_000, "{output:?}: {} bytes", run.stdout.len());
        assert!(run.stdout.contains(" bytes … "), "{output:?}: {}", run.stdout);
    }
}

/// Ten thousand images of one repository, in a list, in a wide mapping, and in documents of their own.
#[test]
fn many_images_of_a_repository_are_moved_together() {
    let count = 10_000;
    let lines = |make: &dyn Fn(usize) -> String| (0..count).map(make).collect::<String>();
    for (what, text) in [
        ("a list", lines(&|_| "- image: acme/app:1\n".to_owned())),
        ("a mapping", lines(&|number| format!("image{number}: acme/app:1\n"))),
        ("documents", lines(&|_| "---\nimage: acme/app:1 # the app\n".to_owned())),
        (
            "with anchors",
            format!(
                "x: &x {{a: 1}}\n{}",
                lines(&|number| format!("i{number}: {{image: 'acme/app:1', y: *x}}\n"))
            ),
        ),
    ] {
        let workspace = Workspace::new(&[("v.yaml", &text)]);
        for flags in [&["--dry-run"][..], &[]] {
            let started = Instant::now();
            let arguments: Vec<&str> = ["bump", "-f", "v.yaml", "--image", "acme/app:2"]
                .iter()
                .chain(flags)
                .copied()
                .collect();
            let run = workspace.run(&arguments);
            assert_eq!(run.code, 0, "{what}: {}", run.stderr);
            // The square of their number took minutes.
            assert!(
                started.elapsed().as_secs() < 60,
                "{what} {flags:?}: {:?}",
                started.elapsed()
            );
        }
        let edited = fs::read_to_string(workspace.path("v.yaml")).expect("a file");
        assert_eq!(edited, text.replace("app:1", "app:2"), "{what}");
    }
}

#[test]
fn bump_has_limits() {
    let many = "- image: acme/app:1\n".repeat(20_001);
    let large = format!("a: 1\n{}", "# comment\n".repeat(1_700_000));
    let values = format!("a: 1\nl: [{}0]\n", "0,".repeat(1_000_000));
    let workspace = Workspace::new(&[("many.yaml", &many), ("large.yaml", &large), ("values.yaml", &values)]);
    for (arguments, words) in [
        (
            ["-f", "many.yaml", "--image", "acme/app:2"],
            "many.yaml: it names more than 20000 images",
        ),
        (
            ["-f", "large.yaml", "--set", "a=2"],
            "too large to be edited: more than 16777216 bytes",
        ),
        (
            ["-f", "values.yaml", "--set", "a=2"],
            "too large to be edited: more than 1000000 values",
        ),
    ] {
        let arguments: Vec<&str> = std::iter::once("bump").chain(arguments).collect();
        let run = workspace.run(&arguments);
        assert_eq!(run.code, 1, "{}", run.all());
        assert!(run.stderr.contains(words), "{}", run.all());
    }
}
