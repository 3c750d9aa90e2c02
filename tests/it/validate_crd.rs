//! Where `validate` finds the schemas of custom resources: `--crd` with files, directories, charts and archives of charts, and
//! `--schema-location` with the layout of the public catalogue.

use crate::workspace::{Run, Workspace};

/// A definition of `example.com/v1`, whose `spec.size` is a number.
fn definition(kind: &str) -> String {
    let plural = format!("{}s", kind.to_lowercase());
    format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: {plural}.example.com}}\nspec:\n  \
         group: example.com\n  scope: Namespaced\n  names: {{kind: {kind}, plural: {plural}}}\n  versions:\n  - name: v1\n    \
         served: true\n    storage: true\n    schema: {{openAPIV3Schema: {{type: object, properties: {{spec: {{type: object, \
         properties: {{size: {{type: integer}}}}}}}}}}}}\n"
    )
}

fn resource(kind: &str) -> String {
    format!("apiVersion: example.com/v1\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{size: big}}\n")
}

fn workspace() -> Workspace {
    let rendered = format!(
        "{{{{ if .Values.crds.enabled }}}}\n{}{{{{ end }}}}\n",
        definition("Gadget")
    );
    let workspace = Workspace::chart(&[
        ("crds/widget.yaml", &definition("Widget")),
        ("templates/gadget.yaml", &rendered),
        ("values.yaml", "crds: {enabled: true}\n"),
    ]);
    workspace.write("more/deep/gizmo.yml", &definition("Gizmo"));
    workspace.write("more/deep/notes.txt", &definition("Other"));
    let resources = ["Widget", "Gadget", "Gizmo"].map(resource).join("---\n");
    workspace.write("m.yaml", &resources);
    let packaged = workspace.run(&["package", "web", "-d", "packed"]);
    assert_eq!(packaged.code, 0, "{}", packaged.all());
    workspace
}

/// Which of the three resources were refused for their size.
fn refused(run: &Run) -> Vec<&str> {
    let kinds = ["Widget", "Gadget", "Gizmo"];
    let is_refused = |kind: &&str| run.stdout.contains(&format!("{kind} a: /spec/size: "));
    kinds.into_iter().filter(is_refused).collect()
}

#[test]
fn definitions_come_from_files_directories_charts_and_archives() {
    let workspace = workspace();
    for (given, want) in [
        (&[][..], &[][..]),
        (&["web/crds/widget.yaml"], &["Widget"]),
        (&["more"], &["Gizmo"]),
        (&["web"], &["Widget", "Gadget"]),
        (&["packed/web-0.1.0.tgz"], &["Widget", "Gadget"]),
        (&["more/deep/gizmo.yml", "web"], &["Widget", "Gadget", "Gizmo"]),
    ] {
        let mut arguments = vec!["validate", "--ignore-missing-schemas", "m.yaml"];
        for path in given {
            arguments.extend(["--crd", path]);
        }
        let run = workspace.run(&arguments);
        assert_eq!(refused(&run), want, "{given:?} {}", run.all());
        assert_eq!(run.code, i32::from(!want.is_empty()), "{given:?} {}", run.all());
    }
}

#[test]
fn charts_without_definitions_and_paths_that_are_not_there_are_reported() {
    let workspace = Workspace::chart(&[("m.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")]);
    let run = workspace.run(&["validate", "web/m.yaml", "--crd", "web"]);
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (0, "warning: --crd web: the chart brings no definitions\n")
    );
    workspace.write("broken/Chart.yaml", "name: [\n");
    for path in ["broken", "nothing", "nothing.tgz"] {
        let run = workspace.run(&["validate", "web/m.yaml", "--crd", path]);
        assert_eq!(run.code, 2, "{}", run.all());
        assert!(run.stderr.contains(&format!("--crd {path}: ")), "{}", run.all());
    }
}

#[test]
fn files_without_a_usable_definition_are_reported() {
    let workspace = workspace();
    let usable = definition("Usable");
    workspace.write("usable.yaml", &usable);
    workspace.write("map.yaml", "kind: ConfigMap\n");
    workspace.write(
        "old.yaml",
        &usable.replace("io/v1", "io/v1beta1").replace("schema:", "x:"),
    );
    workspace.write("bare.yaml", &usable.replace("schema:", "x:"));
    workspace.write("mixed/a.yaml", "kind: ConfigMap\n");
    workspace.write("mixed/b.yaml", &usable);
    workspace.write("mixed/c.yaml", "kind: ConfigMap\n");
    workspace.write("empty/notes.txt", "");
    for (given, why) in [
        ("usable.yaml", None),
        ("mixed", None),
        (
            "map.yaml",
            Some("there is no CustomResourceDefinition of apiextensions.k8s.io/v1 in it"),
        ),
        (
            "old.yaml",
            Some("its definition is of \"apiextensions.k8s.io/v1beta1\", not of apiextensions.k8s.io/v1"),
        ),
        (
            "bare.yaml",
            Some("its definition has no group, kind, or version with a schema"),
        ),
        ("empty", Some("there are no YAML or JSON files in it")),
    ] {
        let run = workspace.run(&["validate", "m.yaml", "--ignore-missing-schemas", "--crd", given]);
        let want = why.map(|why| format!("warning: --crd {given}: no definition can be used: {why}"));
        let warnings: Vec<&str> = run
            .stderr
            .lines()
            .filter(|line| line.starts_with("warning: --crd"))
            .collect();
        assert_eq!(warnings, Vec::from_iter(want.as_deref()), "{}", run.all());
    }
}

#[test]
fn locations_with_the_layout_of_the_catalogue_are_tried_in_order() {
    let workspace = workspace();
    let schema =
        |kind: &str| format!(r#"{{"properties": {{"spec": {{"properties": {{"size": {{"type": "{kind}"}}}}}}}}}}"#);
    workspace.write("catalog/example.com/widget_v1.json", &schema("integer"));
    workspace.write("own/widget.json", &schema("string"));
    workspace.write("own/configmap.json", r#"{"required": ["nothing"]}"#);
    workspace.write("c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n");
    let catalog = "catalog/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json";
    let own = "own/{{.ResourceKind}}.json";
    for (locations, is_widget_refused, is_map_refused) in [
        (&[catalog][..], true, false),
        (&[own], false, true),
        (&[catalog, own], true, true),
        (&[own, catalog], false, true),
        (&["default", catalog, own], true, false),
        (&[catalog, "default", own], true, false),
        (&[own, "default"], false, true),
    ] {
        let mut arguments = vec!["validate", "--ignore-missing-schemas", "m.yaml", "c.yaml"];
        for location in locations {
            arguments.extend(["--schema-location", location]);
        }
        let run = workspace.run(&arguments);
        assert_eq!(
            refused(&run).contains(&"Widget"),
            is_widget_refused,
            "{locations:?} {}",
            run.all()
        );
        assert_eq!(
            run.stdout.contains("missing property 'nothing'"),
            is_map_refused,
            "{locations:?} {}",
            run.all()
        );
    }
}
