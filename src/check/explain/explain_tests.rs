//! Where values come from, where faults of files are, and what failing templates are explained with.

use super::{
    Given, Subject, ValueOrigins, explain_kube_version, explain_load, explain_missing_dependencies, explain_templates,
    explain_values_file, values_of_line, yaml_line,
};
use crate::check::finding::{Finding, Location, Place};
use crate::engine::chart::{Chart, ChartFile, load_files, read_values};
use crate::engine::render::{
    Capabilities, FixedClock, Operation, Release, RenderError, SchemaCheck, compile_chart, render_templates,
    render_values,
};
use crate::engine::template::Options;
use crate::engine::values::{coalesce_values, process_dependencies};
use crate::text::source::SourceFile;

fn chart(files: &[(&str, &str)]) -> Chart {
    let own = ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n");
    let has_own = files.iter().any(|(name, _)| *name == own.0);
    let all = files.iter().chain((!has_own).then_some(&own));
    let files = all.map(|(name, text)| ChartFile::new((*name).to_owned(), text.as_bytes()));
    let mut chart = load_files(files.collect()).unwrap();
    chart.place_at("c", &[]);
    chart
}

fn given(values: &str, flags: &[&str]) -> Given {
    Given {
        files: vec![SourceFile::new("prod.yaml", values.as_bytes())],
        flags: flags.iter().map(|flag| ("--set", (*flag).to_owned())).collect(),
    }
}

/// What a failing chart is explained with.
fn explained(files: &[(&str, &str)], values: &str, flags: &[&str]) -> Vec<Finding> {
    let mut chart = chart(files);
    let given = given(values, flags);
    let values = read_values(values.as_bytes()).unwrap();
    process_dependencies(&mut chart, &values, &mut Vec::new()).unwrap();
    let release = Release {
        name: "r".to_owned(),
        namespace: "default".to_owned(),
        operation: Operation::Install,
    };
    let capabilities = Capabilities::new(None, &[]);
    let mut world = FixedClock::new(0, |bytes: &mut [u8]| bytes.fill(9));
    let enforced = SchemaCheck::Enforced;
    let top = render_values(&chart, &values, &release, &capabilities, enforced, &mut Vec::new()).unwrap();
    let error = match compile_chart(&chart) {
        Err(error) => RenderError::Parse(error),
        Ok(templates) => render_templates(&chart, &templates, &top, Options::default(), &mut world)
            .map(drop)
            .unwrap_err(),
    };
    let subject = Subject {
        chart: &chart,
        given: &given,
        values: &values,
        release: &release,
        capabilities: &capabilities,
        options: Options::default(),
    };
    explain_templates(&subject, &error, &mut world)
}

#[test]
fn the_source_that_wins_is_where_a_value_comes_from() {
    let chart = chart(&[
        (
            "Chart.yaml",
            "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies: [{name: sub, version: 1.x}]\n",
        ),
        (
            "values.yaml",
            "a: 1\nb: {c: 2}\nglobal: {g: 1}\nsub: {s: 1}\nlist: [{x: 1}]\n",
        ),
        ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"),
        ("charts/sub/values.yaml", "s: 0\nown: 1\n"),
    ]);
    let given = given("a: 9\n", &["b.c=3,d=4", "e=5"]);
    let values = read_values(b"").unwrap();
    let coalesced = coalesce_values(&chart, &values, &mut Vec::new()).unwrap();
    let origins = ValueOrigins::new(&chart, &coalesced, &given);
    for (path, want) in [
        ("a", Some("prod.yaml:1:1")),
        ("b", Some("c/values.yaml:2:1")),
        ("b.c", Some("--set b.c=…")),
        ("b.c.deeper", Some("--set b.c=…")),
        ("b.cc", None),
        ("d", Some("--set d=…")),
        ("e", Some("--set e=…")),
        ("list.0.x", Some("c/values.yaml:5:9")),
        ("list.0", Some("c/values.yaml:5:8")),
        ("sub.s", Some("c/values.yaml:4:7")),
        ("sub.own", Some("c/charts/sub/values.yaml:2:1")),
        ("own", None),
        // A subchart's globals are those of its parents.
        ("sub.global.g", Some("c/values.yaml:3:10")),
        ("sub.global.other", None),
        ("global.g", Some("c/values.yaml:3:10")),
        ("nothing", None),
    ] {
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        let found = origins.find(&path).map(|place| place.name());
        assert_eq!(found.as_deref(), want, "{path:?}");
    }
    let nearest = |path: &[&str]| {
        let path: Vec<String> = path.iter().map(|key| (*key).to_owned()).collect();
        origins.find_nearest(&path).map(|place| place.name())
    };
    assert_eq!(nearest(&["b", "x", "y"]).as_deref(), Some("c/values.yaml:2:1"));
    assert_eq!(nearest(&["x"]), None);
    let files: Vec<&str> = origins.files().collect();
    assert_eq!(files, ["prod.yaml", "c/values.yaml", "c/charts/sub/values.yaml"]);
}

#[test]
fn a_template_line_names_the_values_it_reads() {
    let template = "\
a: {{ .Values.a }} {{ .Values.b_1.c }}
b: {{ .Values.a }}{{ .Values.a }}
c: {{ .Values.a }}{{ .Values.d }}{{ .Values.e }}{{ .Values.f }}
d: {{ .Values.none }} {{ .Values. }}
e: {{ .Values.b_1.c-x }} {{ .Values.a)
";
    let chart = chart(&[
        (
            "Chart.yaml",
            "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies: [{name: sub, version: 1.x}]\n",
        ),
        ("templates/t.yaml", template),
        ("values.yaml", "a: 1\nb_1: {c: 1}\nd: 1\ne: 1\nf: 1\n"),
        ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"),
        ("charts/sub/templates/s.yaml", "a: {{ .Values.a }}\n"),
        ("charts/sub/values.yaml", "\na: 1\n"),
    ]);
    let values = read_values(b"").unwrap();
    let coalesced = coalesce_values(&chart, &values, &mut Vec::new()).unwrap();
    let origins = ValueOrigins::new(&chart, &coalesced, &Given::default());
    let at = |file: &str, line: u32| {
        let file = chart.template_file(file).unwrap();
        let location = Location::at(file.clone(), file.line_start(line) as usize);
        let related = values_of_line(&chart, &location, &|path| origins.find(path));
        related
            .iter()
            .map(|related| format!("{} {}", related.label, related.place.name()))
            .collect::<Vec<_>>()
    };
    let from =
        |places: &[&str]| -> Vec<String> { places.iter().map(|place| format!("value from c/{place}")).collect() };
    for (line, want) in [
        (1, &["values.yaml:1:1", "values.yaml:2:7"][..]),
        (2, &["values.yaml:1:1"]),
        (3, &["values.yaml:1:1", "values.yaml:3:1", "values.yaml:4:1"]),
        (4, &[]),
        (5, &["values.yaml:2:7", "values.yaml:1:1"]),
    ] {
        assert_eq!(at("c/templates/t.yaml", line), from(want), "line {line}");
    }
    assert_eq!(
        at("c/charts/sub/templates/s.yaml", 1),
        from(&["charts/sub/values.yaml:2:1"])
    );
    let other = Location::at(SourceFile::new("elsewhere", &b"{{ .Values.a }}"[..]), 0);
    assert_eq!(values_of_line(&chart, &other, &|path| origins.find(path)), []);
}

#[test]
fn the_line_of_a_fault_is_read_from_the_text() {
    for (message, want) in [
        ("yaml: line 3: mapping values", Some(3)),
        ("line 1: x\n  line 12: y", Some(12)),
        ("line x", None),
        ("no such thing", None),
        ("at line 7", Some(7)),
    ] {
        assert_eq!(yaml_line(message), want, "{message}");
    }
    for (text, message, place, help) in [
        ("a: 1\n b: 2\n", "yaml: line 9: x", "v.yaml:2:2", "check quotes"),
        (
            "- a\n",
            "cannot unmarshal array into Go value",
            "v.yaml:1:1",
            "the file must be a map",
        ),
        ("a: 1\nb: 2\n", "yaml: line 2: x", "v.yaml:2:1", "check quotes"),
        ("a: 1\nb: 2\n", "unknown", "v.yaml:1:1", "check quotes"),
        ("", "unknown", "v.yaml", "check quotes"),
    ] {
        let finding = explain_values_file(&SourceFile::new("v.yaml", text.as_bytes()), message);
        assert_eq!(finding.primary.to_string(), place, "{text:?} {message}");
        assert!(finding.help.concat().starts_with(help), "{:?}", finding.help);
    }
}

#[test]
fn charts_that_do_not_load_are_explained_at_the_file_at_fault() {
    let sound = ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n");
    for (files, place, words) in [
        (
            vec![("values.yaml", "a: 1\n")],
            "c/Chart.yaml",
            "Chart.yaml file is missing",
        ),
        (
            vec![("Chart.yaml", "apiVersion: v2\nname: c\nversion: x.y\n")],
            "c/Chart.yaml:3:10",
            "version",
        ),
        (
            vec![("Chart.yaml", "apiVersion: v2\nversion: 0.1.0\n")],
            "c/Chart.yaml",
            "name",
        ),
        (
            vec![("Chart.yaml", "apiVersion: v2\nname: [\n")],
            "c/Chart.yaml:3:1",
            "",
        ),
        (vec![sound, ("values.yaml", "a: 1\nb: [\n")], "c/values.yaml:3:1", ""),
        (
            vec![
                sound,
                ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"),
                ("charts/sub/values.yaml", "\n\na: b: c\n"),
            ],
            "c/charts/sub/values.yaml:3:1",
            "",
        ),
    ] {
        let raw = files
            .iter()
            .map(|(name, text)| ChartFile::new((*name).to_owned(), text.as_bytes()));
        let error = load_files(raw.collect()).unwrap_err();
        let read = |name: &str| {
            let found = files.iter().find(|(known, _)| *known == name);
            found.map(|(_, text)| text.as_bytes().to_vec())
        };
        let finding = explain_load("c", &error, &read);
        assert_eq!(finding.primary.to_string(), place, "{files:?}: {}", finding.message);
        assert!(finding.message.contains(words), "{}", finding.message);
    }
}

#[test]
fn dependencies_that_are_missing_are_one_finding() {
    let own = "apiVersion: v2\nname: c\nversion: 0.1.0\nkubeVersion: '<1.20'\n";
    let declared = |names: &[&str]| {
        let entry = |name: &&str| format!("- {{name: {name}, version: 1.x}}\n");
        let entries: Vec<String> = names.iter().map(entry).collect();
        format!("{own}dependencies:\n{}", entries.concat())
    };
    for (names, message, place, others) in [
        (
            &["a"][..],
            "dependency `a` is not in charts/",
            "c/Chart.yaml:6:10",
            &[][..],
        ),
        (
            &["a", "b"],
            "dependencies `a`, `b` are not in charts/",
            "c/Chart.yaml:6:10",
            &["c/Chart.yaml:7:10"],
        ),
    ] {
        let finding = explain_missing_dependencies(&chart(&[("Chart.yaml", &declared(names))])).unwrap();
        assert_eq!(
            (finding.message.as_str(), finding.primary.to_string()),
            (message, place.to_owned())
        );
        let related: Vec<String> = finding.related.iter().map(|related| related.place.name()).collect();
        assert_eq!(related, others);
    }
    let whole = chart(&[("Chart.yaml", own)]);
    assert_eq!(explain_missing_dependencies(&whole), None);
    let refused = explain_kube_version(&whole, "1.31");
    assert_eq!(refused.primary.to_string(), "c/Chart.yaml:4:14");
    assert_eq!(refused.message, "the chart does not accept Kubernetes 1.31");
    assert_eq!(
        explain_kube_version(&chart(&[]), "1.31").primary.to_string(),
        "c/Chart.yaml"
    );
}

#[test]
fn callers_of_what_fails_are_shown_up_to_a_number() {
    let called = |count: usize| -> String {
        let definition = |number: usize| {
            let next = number + 1;
            format!("{{{{ define \"d{number}\" }}}}\n{{{{ include \"d{next}\" . }}}}\n{{{{ end }}}}\n")
        };
        let inner = (1..count).map(definition).collect::<Vec<_>>().concat();
        format!("{inner}{{{{ define \"d{count}\" }}}}{{{{ fail \"no\" }}}}{{{{ end }}}}{{{{ include \"d1\" . }}}}")
    };
    for (count, shown, note) in [
        (1, 1, None),
        (4, 4, None),
        (5, 4, Some("and 1 more callers")),
        (7, 4, Some("and 3 more callers")),
    ] {
        let found = explained(&[("templates/t.yaml", &called(count))], "", &[]);
        let related = found[0]
            .related
            .iter()
            .filter(|related| related.label == "called from here");
        assert_eq!(related.count(), shown, "{count}: {found:?}");
        let notes = found[0].notes.iter().find(|note| note.contains("callers"));
        assert_eq!(notes.map(String::as_str), note, "{count}");
    }
}

/// The chart is not rendered again for as long as it took to reach a limit: what is explained is the failure alone, not the values
/// that its line read.
#[test]
fn what_exceeds_a_limit_is_explained_without_being_rendered_again() {
    let template = "a: {{ range until 5000 }}{{ range until 5000 }}{{ $y := $.Values.x.y }}{{ end }}{{ end }}";
    let found = explained(
        &[
            ("templates/t.yaml", template),
            ("templates/s.yaml", "{{ fail \"no\" }}"),
        ],
        "x: {y: \"\"}",
        &[],
    );
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].message.starts_with("the rendering exceeds the limit of"),
        "{found:?}"
    );
    assert_eq!(found[0].primary.file.path(), "c/templates/t.yaml");
    assert_eq!(found[0].related, []);
    assert!(
        found[0]
            .help
            .iter()
            .any(|help| help.starts_with("loop over fewer items")),
        "{found:?}"
    );
}

/// A template, the values it is given, flags, the advice and the notes.
type Advice = (
    &'static str,
    &'static str,
    &'static [&'static str],
    Option<&'static str>,
    &'static [&'static str],
);

const ADVICE: &[Advice] = &[
    (
        "a: {{ .Values.x.y }}",
        "",
        &[],
        Some("set `x` in a values file, or guard the access: `{{ with … }}`, `dig`, `default`"),
        &["`x` is not set: looked in prod.yaml, c/values.yaml"],
    ),
    (
        "a: {{ .Values.x.y }}",
        "x:\n",
        &[],
        Some("the value before the last dot is null: guard the access with `with` or `default`"),
        &[],
    ),
    (
        "a: {{ required \"needed\" .Values.replica }}",
        "replicas: 1\n",
        &[],
        Some("did you mean `replicas`? (prod.yaml:1:1)"),
        &["`replica` is not set: looked in prod.yaml, c/values.yaml"],
    ),
    (
        "a: {{ required \"needed\" .Values.zz }}",
        "",
        &[],
        Some("set it in a values file or with `--set zz=…`"),
        &["`zz` is not set: looked in prod.yaml, c/values.yaml"],
    ),
    (
        "a: {{ fail (print .Values.x) }}",
        "x: 1\n",
        &["x=2"],
        Some("the chart refuses these values in its own words"),
        &["`x` is set by --set x=…"],
    ),
    (
        "a: {{ fail (print .Values.password) }}",
        "password: hunter22\n",
        &[],
        Some("the chart refuses these values in its own words"),
        &["`password` is set at prod.yaml:1:1"],
    ),
    (
        "{{ include \"c.nmae\" . }}{{ define \"c.name\" }}{{ end }}",
        "",
        &[],
        Some("there is a definition `c.name`"),
        &[],
    ),
    (
        "{{ include \"lib.x\" . }}",
        "",
        &[],
        Some("no file of the chart or its subcharts defines it; is the library chart in charts/?"),
        &[],
    ),
    (
        "a: {{ range .Values.x }}{{ end }}",
        "x: text\n",
        &[],
        Some("`range` needs a list, a map or a number"),
        &[],
    ),
    (
        "a: {{ add 1 }}{{ upper }}",
        "",
        &[],
        Some("count the arguments; a pipeline passes what is before the `|` as the last one"),
        &[],
    ),
    (
        "a: {{ b64enc .Values.num }}",
        "num: 1\n",
        &[],
        Some("convert the value: `toString`, `quote` or `toYaml`"),
        &[],
    ),
    (
        "a: {{ eq 1 \"1\" }}",
        "",
        &[],
        Some("compare values of one type: `eq (toString .a) \"1\"`"),
        &[],
    ),
    (
        "a: {{ tpl \"{{ fail `no` }}\" . }}",
        "",
        &[],
        Some("the chart refuses these values in its own words"),
        &["in a text that `tpl` runs, at `fail `no``"],
    ),
    (
        "{{ $_ := set .Values \"made\" 1 }}\na: {{ fail (print .Values.made) }}",
        "",
        &[],
        Some("the chart refuses these values in its own words"),
        &["`made` is set by the chart's templates or defaults"],
    ),
    // Some failures have no advice.
    ("a: {{ index (list 1) 7 }}", "", &[], None, &[]),
    // What does not compile.
    ("a: {{ uper 1 }}", "", &[], Some("there is a function `upper`"), &[]),
    (
        "a: {{ zzzzzzzzz 1 }}",
        "",
        &[],
        Some("Helm has no function of that name; a definition is called with `include \"NAME\" .`"),
        &[],
    ),
    (
        "{{ if true }}",
        "",
        &[],
        Some("an `if`, `range`, `with`, `block` or `define` has no `{{ end }}`"),
        &[],
    ),
    (
        "{{ end }}",
        "",
        &[],
        Some("there is one `{{ end }}` more than there are blocks"),
        &[],
    ),
    (
        "{{ $x }}",
        "",
        &[],
        Some(
            "declare it with `:=` in this block or an outer one; `define` and `range` do not see variables declared elsewhere",
        ),
        &[],
    ),
];

#[test]
fn failures_are_explained_with_values_and_advice() {
    for &(template, values, flags, help, notes) in ADVICE {
        let files = [("templates/t.yaml", template), ("values.yaml", "{}\n")];
        let found = explained(&files, values, flags);
        let [finding] = found.as_slice() else {
            panic!("{template}: {found:?}")
        };
        assert_eq!(
            finding.help.first().map(String::as_str),
            help,
            "{template}: {finding:?}"
        );
        assert_eq!(finding.notes, notes, "{template}");
        assert!(
            finding.primary.to_string().starts_with("c/templates/t.yaml:"),
            "{}",
            finding.primary
        );
    }
}

#[test]
fn a_subchart_that_lacks_its_library_is_named() {
    let sub = "apiVersion: v2\nname: sub\nversion: 1.0.0\ndependencies: [{name: common, version: 1.x}]\n";
    let files = [
        (
            "Chart.yaml",
            "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies: [{name: sub, version: 1.x}]\n",
        ),
        ("charts/sub/Chart.yaml", sub),
        ("charts/sub/templates/t.yaml", "a: 1\n{{ include \"common.x\" . }}\n"),
    ];
    let found = explained(&files, "", &[]);
    assert_eq!(
        found[0].help,
        ["the subchart `sub` depends on `common`, which is not in c/charts/sub/charts/"]
    );
    assert_eq!(found[0].primary.to_string(), "c/charts/sub/templates/t.yaml:2:4");
}

#[test]
fn every_template_that_fails_is_reported() {
    let files = [
        ("templates/a.yaml", "a: {{ fail \"one\" }}"),
        ("templates/b.yaml", "a: {{ fail \"two\" }}"),
        ("templates/c.yaml", "a: 1\n"),
    ];
    let mut messages: Vec<String> = explained(&files, "", &[])
        .iter()
        .map(|found| found.message.clone())
        .collect();
    messages.sort();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(
        messages[0].contains("one") && messages[1].contains("two"),
        "{messages:?}"
    );
    let value = ("templates/a.yaml", "a: {{ fail (print .Values.x) }}");
    let found = explained(&[value], "x: 1\n", &[]);
    let shown = found[0]
        .related
        .iter()
        .find(|related| related.label == "`x` is set here");
    assert!(
        matches!(shown.map(|shown| &shown.place), Some(Place::Shown(_))),
        "{found:?}"
    );
}

#[test]
fn values_are_indexed_down_to_a_depth() {
    let keys: Vec<String> = (0..80).map(|number| format!("k{number}")).collect();
    let text = keys
        .iter()
        .rev()
        .fold("1".to_owned(), |inner, key| format!("{{{key}: {inner}}}"));
    let chart = chart(&[]);
    let values = read_values(b"").unwrap();
    let coalesced = coalesce_values(&chart, &values, &mut Vec::new()).unwrap();
    let origins = ValueOrigins::new(&chart, &coalesced, &given(&text, &[]));
    for (depth, is_found) in [(1, true), (64, true), (65, true), (66, false), (80, false)] {
        let path = &keys[..depth];
        assert_eq!(origins.find(path).is_some(), is_found, "{depth}");
        assert!(origins.find_nearest(path).is_some(), "{depth}");
    }
}

#[test]
fn all_values_that_a_failing_line_reads_are_shown_up_to_a_number() {
    for (template, want) in [
        ("{{ fail (print .Values.a .Values.b .Values.a) }}", &["`a`", "`b`"][..]),
        ("{{ fail (print .Values.m.x .Values.b) }}", &["`m.x`", "`b`"]),
        (
            "{{ fail (print .Values.a .Values.b .Values.c .Values.d .Values.e) }}",
            &["`a`", "`b`", "`c`", "`d`"],
        ),
    ] {
        let values = "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\nm: {x: 1}\n";
        let found = explained(&[("templates/t.yaml", template)], values, &[]);
        let mut labels: Vec<&str> = found[0]
            .related
            .iter()
            .filter_map(|related| related.label.strip_suffix(" is set here"))
            .collect();
        labels.sort_unstable();
        let mut want = want.to_vec();
        want.sort_unstable();
        assert_eq!(labels, want, "{template}");
    }
}
