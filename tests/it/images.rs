//! `chartwright images`: what it prints for charts, directories and files.

use serde_json::Value as Json;

use super::workspace::{Workspace, lines};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image: \"{{ .Values.web.artifact }}:{{ .Values.web.version | default .Chart.AppVersion }}\"\n  - name: side\n    image: acme/side:1.0\n";

#[test]
fn the_images_of_a_chart_are_listed_with_their_places() {
    let workspace = Workspace::chart(&[
        ("templates/pod.yaml", POD),
        ("values.yaml", "web:\n  artifact: ghcr.io/acme/web\n  version: 1.4.2\n"),
        ("values-production.yaml", "web:\n  version: 1.4.0\n"),
    ]);
    let run = workspace.run(&["images", "web"]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert_eq!(
        lines(&run.stdout),
        [
            "IMAGE TAG DIGEST PLACE WORKLOADS",
            "ghcr.io/acme/web 1.4.2 web/values.yaml:3 Pod/web",
            "acme/side 1.0 web/templates/pod.yaml:9 (template) Pod/web",
        ]
    );
    let run = workspace.run_in("web", &["images", "-f", "values-production.yaml", "-o", "json"]);
    assert_eq!(run.code, 0, "{}", run.all());
    let json: Json = serde_json::from_str(&run.stdout).expect("JSON");
    let tag = &json["images"][0]["parts"][2];
    assert_eq!(json["images"][0]["foundBy"], "templates");
    assert_eq!(
        (
            &tag["text"],
            &tag["written"][0]["value"],
            &tag["written"][0]["file"],
            &tag["written"][0]["line"]
        ),
        (
            &"1.4.0".into(),
            &"web.version".into(),
            &"values-production.yaml".into(),
            &2.into()
        )
    );
    let run = workspace.run(&["images", "web", "--set", "web.version="]);
    assert_eq!(
        lines(&run.stdout)[1],
        "ghcr.io/acme/web web/templates/pod.yaml:7 (template) Pod/web",
        "{}",
        run.all()
    );
    let run = workspace.run(&["images", "web", "--set-string", "web.version=7"]);
    assert!(
        lines(&run.stdout)[1].contains(" 7 --set-string web.version=… Pod/web"),
        "{}",
        run.all()
    );
}

#[test]
fn a_chart_that_does_not_render_is_listed_by_the_names_of_its_values() {
    let workspace = Workspace::chart(&[
        ("templates/pod.yaml", "{{ required \"name it\" .Values.name }}"),
        ("values.yaml", "image: {repository: acme/web, tag: '1'}\n"),
        ("values-testing.yaml", "image: {repository: acme/web, tag: '2'}\n"),
    ]);
    let run = workspace.run(&["images", "web"]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert_eq!(
        lines(&run.stdout),
        [
            "IMAGE TAG DIGEST PLACE WORKLOADS",
            "acme/web 2 web/values-testing.yaml:1",
            "acme/web 1 web/values.yaml:1",
        ]
    );
    assert!(
        run.stderr.starts_with("note: web: its templates cannot be followed") && run.stderr.contains("name it"),
        "{}",
        run.all()
    );
}

#[test]
fn directories_and_files_are_listed_by_the_names_of_their_keys() {
    let workspace = Workspace::new(&[
        ("apps/a.yaml", "image: acme/a:1\n"),
        ("apps/below/b.yml", "b:\n  image: {repository: acme/b, tag: '2'}\n"),
        ("apps/broken.yaml", "a: {{ .b }}: c\n"),
        ("none.yaml", "a: b\n"),
    ]);
    let run = workspace.run(&["images", "apps"]);
    let want = ["acme/a 1 apps/a.yaml:1", "acme/b 2 apps/below/b.yml:2"];
    assert_eq!(lines(&run.stdout)[1..], want, "{}", run.all());
    let run = workspace.run(&["images", "apps/a.yaml"]);
    assert_eq!(lines(&run.stdout)[1..], want[..1], "{}", run.all());
    let run = workspace.run(&["images", "none.yaml"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "no image is named\n"));
    let run = workspace.run(&["images", "apps/broken.yaml"]);
    assert_eq!(run.code, 1, "{}", run.all());
    let run = workspace.run(&["images", "gone.yaml"]);
    assert_eq!(run.code, 3, "{}", run.all());
}

const VALUES: &str = "web:\n  artifact: ghcr.io/acme/web # ours\n  version: 1.4.2\n";

#[test]
fn bump_moves_an_image_whose_values_have_any_names() {
    let workspace = Workspace::chart(&[
        ("templates/pod.yaml", POD),
        ("values.yaml", VALUES),
        ("values-production.yaml", "web:\n    version: \"1.4.0\"   # approved\n"),
    ]);
    let read = |name: &str| std::fs::read_to_string(workspace.path(name)).expect("a file");
    let image = "ghcr.io/acme/web:1.5.0";
    let run = workspace.run(&["bump", "--file", "web/values-production.yaml", "--image", image]);
    assert_eq!(
        (run.code, run.stdout.as_str(), run.stderr.as_str()),
        (0, "web/values-production.yaml:2: web.version: 1.4.0 -> 1.5.0\n", "")
    );
    assert_eq!(
        read("web/values-production.yaml"),
        "web:\n    version: \"1.5.0\"   # approved\n"
    );
    assert_eq!(read("web/values.yaml"), VALUES);
    // What a values file does not set is said, with where it is.
    workspace.write("web/values-testing.yaml", "replicas: 1\n");
    let run = workspace.run(&["bump", "--file", "web/values-testing.yaml", "--image", image]);
    assert_eq!(run.code, 1, "{}", run.all());
    let reason = "ghcr.io/acme/web:1.4.2 is left alone: its tag is `web.version` of web/values.yaml:3: name that file as well, or set `web.version` in this one";
    assert!(run.stderr.contains(reason), "{}", run.all());
    // With both files, nothing is left to say.
    let both = ["web/values-testing.yaml", "web/values.yaml"];
    let run = workspace.run(&["bump", "--file", both[0], "--file", both[1], "--image", image]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.all());
    assert_eq!(read("web/values.yaml"), VALUES.replace("1.4.2", "1.5.0"));
    // The side's image is in the template.
    let run = workspace.run(&["bump", "--file", both[1], "--image", "acme/side:2.0"]);
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(
        run.stderr
            .contains("its tag is written in a template, web/templates/pod.yaml:9"),
        "{}",
        run.all()
    );
}

#[test]
fn bump_moves_the_app_version_where_chart_yaml_is_named() {
    let chart_yaml = format!("{}appVersion: \"1.4.2\" # the image's\n", super::workspace::CHART);
    let workspace = Workspace::chart(&[
        ("Chart.yaml", &chart_yaml),
        ("templates/pod.yaml", POD),
        ("values.yaml", "web:\n  artifact: ghcr.io/acme/web\n"),
    ]);
    let image = "ghcr.io/acme/web:1.5.0";
    let run = workspace.run(&["bump", "--file", "web/values.yaml", "--image", image]);
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(
        run.stderr
            .contains("its tag is the version in web/Chart.yaml:6: name that file to move it there"),
        "{}",
        run.all()
    );
    let run = workspace.run(&["bump", "--file", "web/Chart.yaml", "--image", image]);
    assert_eq!(run.code, 0, "{}", run.all());
    let written = std::fs::read_to_string(workspace.path("web/Chart.yaml")).expect("a file");
    assert_eq!(written, chart_yaml.replace("1.4.2", "1.5.0"));
}

#[test]
fn event_follows_the_templates_of_a_chart_that_a_file_is_beside() {
    let workspace = Workspace::chart(&[
        ("templates/pod.yaml", POD),
        ("values.yaml", VALUES),
        ("values-production.yaml", "web:\n  version: 1.4.0\n"),
    ]);
    let event = ["event", "--no-verify", "--patch", "--image"];
    let run = workspace.run_in("web", &[&event[..], &["ghcr.io/acme/web:1.4.9"]].concat());
    assert_eq!(run.code, 0, "{}", run.all());
    let read = |name: &str| std::fs::read_to_string(workspace.path(name)).expect("a file");
    assert_eq!(read("web/values.yaml"), VALUES.replace("1.4.2", "1.4.9"));
    assert_eq!(read("web/values-production.yaml"), "web:\n  version: 1.4.9\n");
    let run = workspace.run_in("web", &[&event[..], &["acme/side:2.0"]].concat());
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (0, "no file names docker.io/acme/side\n"),
        "{}",
        run.all()
    );
    assert_eq!(
        run.stderr,
        "note: acme/side:1.0 is left alone: its tag is written in a template, templates/pod.yaml:9\n"
    );
}

#[test]
fn links_out_of_a_chart_are_not_followed_to_its_images() {
    let workspace = Workspace::chart(&[("values.yaml", "web: {artifact: acme/web, version: 1}\n")]);
    workspace.write("outside.yaml", POD);
    std::fs::create_dir_all(workspace.path("web/templates")).expect("a directory");
    std::os::unix::fs::symlink("../../outside.yaml", workspace.path("web/templates/pod.yaml")).expect("a link");
    let run = workspace.run(&["images", "web"]);
    assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{}", run.all());
    assert!(run.stderr.contains("web/templates/pod.yaml"), "{}", run.all());
    assert!(run.stderr.contains("--allow-links"), "{}", run.all());
    let run = workspace.run(&["images", "web", "--allow-links"]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(run.stdout.contains("acme/side"), "{}", run.all());
}
