//! Where the parts of rendered references come from, through everything that templates do with them.

use super::Part;
use super::trace::{Piece, TracedImage, trace_images};
use crate::check::explain::{Given, Subject};
use crate::check::finding::Place;
use crate::engine::chart::{Chart, ChartFile, load_files, merge_maps, read_values};
use crate::engine::render::{Capabilities, Operation, Release};
use crate::engine::template::Options;
use crate::engine::values::process_dependencies;
use crate::text::source::SourceFile;

const CHART: &str = "apiVersion: v2\nname: c\nversion: 0.1.0\nappVersion: \"4.5.6\"\n";

pub(super) fn chart(files: &[(&str, &str)]) -> Chart {
    let has_own = files.iter().any(|(name, _)| *name == "Chart.yaml");
    let chart_yaml = ("Chart.yaml", CHART);
    let all = files.iter().chain((!has_own).then_some(&chart_yaml));
    let files = all.map(|(name, text)| ChartFile::new((*name).to_owned(), text.as_bytes()));
    let mut chart = load_files(files.collect()).expect("loads");
    chart.place_at("c", &[]);
    chart
}

fn traced(files: &[(&str, &str)], production: &str) -> Vec<TracedImage> {
    let mut chart = chart(files);
    let given = Given {
        files: vec![SourceFile::new("production.yaml", production.as_bytes())],
        flags: Vec::new(),
    };
    let values = read_values(production.as_bytes()).expect("values");
    process_dependencies(&mut chart, &values, &mut Vec::new()).expect("dependencies");
    let release = Release {
        name: "r".to_owned(),
        namespace: "default".to_owned(),
        operation: Operation::Install,
    };
    let subject = Subject {
        chart: &chart,
        given: &given,
        values: &values,
        release: &release,
        capabilities: &Capabilities::new(None, &[]),
        options: Options::default(),
    };
    trace_images(&subject, &|_| true).expect("renders")
}

fn place(piece: &Piece) -> String {
    let place = piece.place.as_ref().map_or("nowhere".to_owned(), Place::name);
    // The column is that of the key, which says nothing more.
    let line = place.rsplit_once(':').map_or(place.as_str(), |(line, _)| line);
    let changed = if piece.is_verbatim { "" } else { " changed" };
    format!("{line}{changed}")
}

/// `repository tag` of each image, with the places of both.
fn said(files: &[(&str, &str)], production: &str) -> Vec<String> {
    let images = traced(files, production);
    let of = |image: &TracedImage, part: Part| {
        let places: Vec<String> = image.pieces_of(part).map(place).collect();
        if places.is_empty() {
            "-".to_owned()
        } else {
            places.join("+")
        }
    };
    let said = images.iter().map(|image| {
        let parts = [Part::Registry, Part::Repository, Part::Tag, Part::Digest];
        let parts = parts.iter().filter(|part| image.part(**part).is_some());
        let parts: Vec<String> = parts
            .map(|part| format!("{} {}", part.name(), of(image, *part)))
            .collect();
        format!("{}: {}", image.rendered.text, parts.join(", "))
    });
    said.collect()
}

pub(super) fn pod(image: &str) -> String {
    format!("kind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: main\n    image: {image}\n")
}

#[test]
fn every_way_from_values_to_an_image_is_followed() {
    for (template, values, want) in [
        (
            "{{ .Values.image }}",
            "image: acme/web:1.2\n",
            "acme/web:1.2: repository c/values.yaml:1, tag c/values.yaml:1",
        ),
        (
            "\"{{ .Values.web.repo }}:{{ .Values.web.version }}\"",
            "web:\n  repo: acme/web\n  version: 1.2\n",
            "acme/web:1.2: repository c/values.yaml:2, tag c/values.yaml:3",
        ),
        (
            "{{ printf \"%s/%s:%v\" .Values.host .Values.repo .Values.tag | quote }}",
            "host: ghcr.io\nrepo: acme/web\ntag: 16\n",
            "ghcr.io/acme/web:16: registry c/values.yaml:1, repository c/values.yaml:2, tag c/values.yaml:3",
        ),
        (
            "{{ .Values.repo }}:{{ .Values.tag | default .Chart.AppVersion }}",
            "repo: acme/web\ntag: ''\n",
            "acme/web:4.5.6: repository c/values.yaml:1, tag c/Chart.yaml:4",
        ),
        (
            "{{ .Values.repo }}:v{{ .Values.tag | default .Chart.AppVersion }}-alpine",
            "repo: acme/web\ntag: ''\n",
            "acme/web:v4.5.6-alpine: repository c/values.yaml:1, tag c/Chart.yaml:4",
        ),
        (
            "{{ .Values.repo }}:{{ trimPrefix \"v\" .Values.tag }}",
            "repo: acme/web\ntag: v1.2.3\n",
            "acme/web:1.2.3: repository c/values.yaml:1, tag c/values.yaml:2",
        ),
        (
            "{{ .Values.repo }}:{{ .Values.tag | replace \".\" \"_\" }}",
            "repo: acme/web\ntag: 1.2.3\n",
            "acme/web:1_2_3: repository c/values.yaml:1, tag -",
        ),
        (
            "{{ tpl .Values.image . }}",
            "image: 'acme/web:{{ .Values.tag }}'\ntag: '7'\n",
            "acme/web:7: repository c/values.yaml:1 changed, tag c/values.yaml:2",
        ),
        (
            "{{ include \"image\" (dict \"i\" .Values.image \"g\" .Values.global) }}",
            "image:\n  registry: docker.io\n  repository: acme/web\n  tag: 1.2.3\nglobal:\n  imageRegistry: mirror.example.com\n",
            "mirror.example.com/acme/web:1.2.3: registry c/values.yaml:6, repository c/values.yaml:3, tag c/values.yaml:4",
        ),
        (
            "{{ with deepCopy .Values.image | merge (dict \"x\" 1) }}{{ .repository }}@{{ .digest }}{{ end }}",
            "image:\n  repository: acme/web\n  digest: sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
            "acme/web@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: repository c/values.yaml:2, digest c/values.yaml:3",
        ),
        (
            "acme/fixed:1.0",
            "other: acme/fixed:1.0\n",
            "acme/fixed:1.0: repository -, tag -",
        ),
        (
            "acme/{{ .Values.name }}:{{ if semverCompare \">=1.2.0\" .Values.tag }}{{ .Values.tag }}{{ end }}",
            "name: web\ntag: 1.2.3\n",
            "acme/web:1.2.3: repository c/values.yaml:1, tag c/values.yaml:2",
        ),
        (
            "{{ if eq .Values.kind \"web\" }}acme/{{ .Values.name }}:{{ .Values.tag }}{{ end }}",
            "kind: web\nname: web\ntag: 1.2.3\n",
            "acme/web:1.2.3: repository c/values.yaml:2, tag c/values.yaml:3",
        ),
    ] {
        let helper = "{{- define \"image\" }}{{ $r := .i.registry }}{{ if .g }}{{ $r = default $r .g.imageRegistry }}{{ end }}{{ printf \"%s/%s:%s\" $r .i.repository .i.tag }}{{ end }}";
        let files = [
            ("templates/_image.tpl", helper),
            ("templates/p.yaml", &pod(template)),
            ("values.yaml", values),
        ];
        assert_eq!(said(&files, ""), [want], "{template}");
    }
}

#[test]
fn the_file_that_sets_a_value_last_is_named() {
    let template = pod("{{ .Values.web.repo }}:{{ .Values.web.version }}");
    let files = [
        ("templates/p.yaml", template.as_str()),
        ("values.yaml", "web: {repo: acme/web, version: '1'}\n"),
    ];
    assert_eq!(
        said(&files, "web:\n  version: '2'\n"),
        ["acme/web:2: repository c/values.yaml:1, tag production.yaml:2"]
    );
}

#[test]
fn subcharts_have_their_own_values_and_those_of_their_parents() {
    let image = pod(
        "{{ .Values.registry | default .Values.global.registry }}/{{ .Values.name }}:{{ .Values.tag | default .Chart.AppVersion }}",
    );
    let files = [
        (
            "Chart.yaml",
            "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies:\n- {name: sub, version: 0.1.0, alias: first}\n- {name: sub, version: 0.1.0, alias: second}\n",
        ),
        ("values.yaml", "global:\n  registry: ghcr.io\nfirst:\n  tag: '3'\n"),
        (
            "charts/sub/Chart.yaml",
            "apiVersion: v2\nname: sub\nversion: 0.1.0\nappVersion: '9.1'\n",
        ),
        ("charts/sub/values.yaml", "name: acme/sub\ntag: ''\n"),
        ("charts/sub/templates/p.yaml", &image),
    ];
    assert_eq!(
        said(&files, ""),
        [
            "ghcr.io/acme/sub:9.1: registry c/values.yaml:2, repository c/charts/sub/values.yaml:1, tag c/charts/sub/Chart.yaml:4",
            "ghcr.io/acme/sub:3: registry c/values.yaml:2, repository c/charts/sub/values.yaml:1, tag c/values.yaml:4",
        ]
    );
}

#[test]
fn lists_and_texts_in_values_are_followed() {
    let template = "kind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n{{ toYaml .Values.sidecars | indent 2 }}\n{{ tpl .Values.more . | indent 2 }}\n";
    let files = [
        ("templates/p.yaml", template),
        (
            "values.yaml",
            "sidecars:\n- name: a\n  image: acme/a:1\n- name: b\n  image: acme/b:1\nmore: |\n  - name: c\n    image: acme/c:1\n",
        ),
    ];
    assert_eq!(
        said(&files, ""),
        [
            "acme/a:1: repository c/values.yaml:3, tag c/values.yaml:3",
            "acme/b:1: repository c/values.yaml:5, tag c/values.yaml:5",
            "acme/c:1: repository c/values.yaml:6 changed, tag c/values.yaml:6 changed",
        ]
    );
}

#[test]
fn values_that_cannot_change_together_are_followed_apart() {
    // Both versions must be equal, so marks on both at once keep the chart from being rendered.
    let guard = "{{ if ne .Values.a.tag .Values.b.tag }}{{ if contains \"7000\" .Values.a.tag }}{{ if contains \"7000\" .Values.b.tag }}{{ fail \"both\" }}{{ end }}{{ end }}{{ end }}";
    let template = format!(
        "{guard}{}---\n{}",
        pod("acme/a:{{ .Values.a.tag }}"),
        pod("acme/b:{{ .Values.b.tag }}")
    );
    let files = [
        ("templates/p.yaml", template.as_str()),
        ("values.yaml", "a:\n  tag: 1.2.3\nb:\n  tag: 1.2.3\n"),
    ];
    assert_eq!(
        said(&files, ""),
        [
            "acme/a:1.2.3: repository -, tag c/values.yaml:2",
            "acme/b:1.2.3: repository -, tag c/values.yaml:4",
        ]
    );
}

#[test]
fn charts_that_do_not_render_say_so() {
    let mut chart = chart(&[("templates/p.yaml", "{{ fail \"no\" }}")]);
    let values = merge_maps(&read_values(b"").expect("values"), &read_values(b"").expect("values"));
    process_dependencies(&mut chart, &values, &mut Vec::new()).expect("dependencies");
    let subject = Subject {
        chart: &chart,
        given: &Given::default(),
        values: &values,
        release: &Release {
            name: "r".to_owned(),
            namespace: "default".to_owned(),
            operation: Operation::Install,
        },
        capabilities: &Capabilities::new(None, &[]),
        options: Options::default(),
    };
    let error = trace_images(&subject, &|_| true).expect_err("fails");
    assert!(error.to_string().contains("no"), "{error}");
}
