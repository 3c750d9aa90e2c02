//! Which places of a file a chart's templates lead to, and the reasons why the others stay.

use super::trace_tests::{chart, pod};
use super::{WantedImages, chart_places, last_name, same_repository};

/// The images of the file: `path: reference`, and `left: why`.
fn found(files: &[(&str, &str)], file: &str, text: &str, repository: &str) -> Vec<String> {
    let chart = chart(files);
    let wanted = WantedImages {
        names: &[last_name(repository)],
        has: &|one| same_repository(one, repository),
    };
    let found = chart_places(&chart, file, text.as_bytes(), wanted).expect("renders");
    let places = found.places.iter().map(|place| {
        let path = place.path().map_or_else(String::new, ToString::to_string);
        format!("{path}: {}", place.reference())
    });
    let left = found
        .left
        .iter()
        .map(|image| format!("left: {}", image.reason.sentence(&str::to_owned)));
    places.chain(left).collect()
}

#[test]
fn the_file_that_sets_the_tag_is_where_an_image_moves() {
    let image = pod("{{ .Values.web.artifact }}:{{ .Values.web.version }}");
    let values = "web:\n  artifact: acme/web\n  version: '1'\n";
    let files = [("templates/p.yaml", image.as_str()), ("values.yaml", values)];
    for (file, text, want) in [
        ("c/values.yaml", values, "web.version: acme/web:1"),
        ("c/values-prod.yaml", "web: {version: '2'}\n", "web.version: acme/web:2"),
        (
            "elsewhere/prod.yaml",
            "web: {artifact: acme/web}\n",
            "left: its tag is `web.version` of c/values.yaml:3: name that file as well, or set `web.version` in this one",
        ),
    ] {
        assert_eq!(found(&files, file, text, "docker.io/acme/web"), [want], "{file}");
    }
    for (file, text, repository) in [
        ("c/values.yaml", values, "acme/other"),
        ("c/values.yaml", values, "ghcr.io/acme/web"),
        ("c/templates/p.yaml", image.as_str(), "acme/web"),
        ("c/values-prod.yaml", "web: [1\n", "acme/web"),
        (
            "c/release.yaml",
            "apiVersion: v2\nkind: HelmRelease\nweb: {version: '2'}\n",
            "acme/web",
        ),
    ] {
        assert!(found(&files, file, text, repository).is_empty(), "{file} {repository}");
    }
}

#[test]
fn what_templates_add_is_not_in_the_value() {
    for (template, values, want, tag, value) in [
        (
            "acme/web:v{{ .Values.tag }}-alpine",
            "tag: 1.2.3\n",
            "tag: acme/web:v1.2.3-alpine",
            "v1.3.0-alpine",
            Some("1.3.0"),
        ),
        (
            "acme/web:v{{ .Values.tag }}-alpine",
            "tag: 1.2.3\n",
            "tag: acme/web:v1.2.3-alpine",
            "v1.3.0",
            None,
        ),
        (
            "acme/web:{{ trimPrefix \"v\" .Values.tag }}",
            "tag: v1.2.3\n",
            "tag: acme/web:1.2.3",
            "1.3.0",
            Some("v1.3.0"),
        ),
        (
            "{{ .Values.global.registry }}/{{ .Values.image }}",
            "image: acme/web:1.2.3\nglobal: {registry: ghcr.io}\n",
            "image: ghcr.io/acme/web:1.2.3",
            "1.3.0",
            Some("1.3.0"),
        ),
    ] {
        let image = pod(template);
        let files = [("templates/p.yaml", image.as_str()), ("values.yaml", values)];
        let repository = if template.contains("global") {
            "ghcr.io/acme/web"
        } else {
            "acme/web"
        };
        assert_eq!(found(&files, "c/values.yaml", values, repository), [want], "{template}");
        let chart = chart(&files);
        let wanted = WantedImages {
            names: &[],
            has: &|_| true,
        };
        let places = chart_places(&chart, "c/values.yaml", values.as_bytes(), wanted).expect("renders");
        let fit = &places.places[0].fit;
        assert_eq!(fit.value(tag).as_deref(), value, "{template} {tag}");
    }
}

#[test]
fn every_image_that_stays_has_a_reason() {
    let digest = format!("sha256:{}", "a".repeat(64));
    for (template, values, want) in [
        (
            "acme/web:1.0".to_owned(),
            "a: web\n",
            "left: its tag is written in a template, c/templates/p.yaml:6",
        ),
        (
            "acme/web:{{ .Values.tag | default .Chart.AppVersion }}".to_owned(),
            "tag: ''\n",
            "left: its tag is the version in c/Chart.yaml:4: name that file to move it there, or set a tag in the values",
        ),
        (
            "acme/web:{{ .Values.major }}.{{ .Values.minor }}".to_owned(),
            "major: '21'\nminor: '45'\n",
            "left: a template makes its tag of `major` and `minor`",
        ),
        (
            format!("acme/web:{{{{ .Values.tag }}}}@{digest}"),
            "tag: 1.2.3\n",
            "left: it is pinned by a digest that is not in this file, but in c/templates/p.yaml:6:5",
        ),
    ] {
        let image = pod(&template);
        let files = [("templates/p.yaml", image.as_str()), ("values.yaml", values)];
        assert_eq!(found(&files, "c/values.yaml", values, "acme/web"), [want], "{template}");
    }
}

#[test]
fn dependencies_are_moved_in_the_values_of_their_parent() {
    let image = pod("{{ .Values.global.registry }}/acme/sub:{{ .Values.release }}");
    let files = [
        (
            "Chart.yaml",
            "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies:\n- {name: sub, version: 0.1.0, alias: db}\n",
        ),
        ("values.yaml", "global: {registry: ghcr.io}\n"),
        ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.0\n"),
        ("charts/sub/values.yaml", "release: '1'\n"),
        ("charts/sub/templates/p.yaml", &image),
    ];
    for (file, text, want) in [
        (
            "c/values.yaml",
            "global: {registry: ghcr.io}\n",
            "left: its tag is that of a dependency's own values, c/charts/sub/values.yaml:1: set `db.release` in a values file of the chart",
        ),
        (
            "c/values-prod.yaml",
            "db: {release: '2'}\n",
            "db.release: ghcr.io/acme/sub:2",
        ),
    ] {
        assert_eq!(found(&files, file, text, "ghcr.io/acme/sub"), [want], "{file}");
    }
}

#[test]
fn the_app_version_is_moved_in_the_file_that_has_it() {
    let image = pod("acme/web:v{{ .Chart.AppVersion }}");
    let files = [("templates/p.yaml", image.as_str())];
    let chart_yaml = "apiVersion: v2\nname: c\nversion: 0.1.0\nappVersion: \"4.5.6\"\n";
    assert_eq!(
        found(&files, "c/Chart.yaml", chart_yaml, "acme/web"),
        ["appVersion: acme/web:v4.5.6"]
    );
}
