//! `ci` with the environments of chartwright.yaml: each is rendered with all of its values files, its release and its namespace.

use serde_json::Value as Json;

use super::git_repositories::Repositories;
use super::workspace::{Run, Workspace};

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}\nspec:\n  type: ExternalName\n  externalName: example.com\n  ports: [{port: {{ .Values.port }}}]\n{{ if and .Values.a .Values.b }}{{ fail (printf \"%s in %s\" .Release.Name .Release.Namespace) }}{{ end }}\n";

const SETTINGS: &str = "environments:\n- {name: staging, chart: web, values: [values-common.yaml]}\n- {name: production, chart: web, values: [values-common.yaml, ../environments/production.yaml], release: shop, namespace: live}\n";

fn workspace(settings: &str) -> Workspace {
    let workspace = Workspace::chart(&[
        ("values.yaml", "port: 80\na: false\nb: false\n"),
        ("values-common.yaml", "a: true\n"),
        ("values-other.yaml", "port: 81\n"),
        ("templates/service.yaml", SERVICE),
        ("../environments/production.yaml", "b: true\n"),
        ("../chartwright.yaml", settings),
    ]);
    workspace.write("web/Chart.yaml", super::workspace::CHART);
    workspace
}

fn ci(workspace: &Workspace) -> Run {
    workspace.run(&["ci", ".", "--no-push"])
}

/// Each file by itself renders; only both together do not.
#[test]
fn values_files_of_an_environment_are_put_together() {
    let run = ci(&workspace(SETTINGS));
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(run.stdout.contains("shop in live"), "{}", run.all());
    assert!(run.stdout.contains("environment production"), "{}", run.all());
    // Defaults, values-other.yaml, staging and production; values-common.yaml is not rendered by itself.
    let columns = |run: &Run| -> Vec<String> {
        let row = run.stdout.lines().find(|line| line.starts_with("web ")).expect("a row");
        row.split_whitespace().map(str::to_owned).collect()
    };
    assert_eq!(columns(&run)[2], "3", "{}", run.all());
    // Environments with the same values are rendered once.
    let same = "environments:\n- {name: a, chart: web, values: [values-common.yaml]}\n- {name: b, chart: web, values: [values-common.yaml]}\n";
    let run = ci(&workspace(same));
    assert_eq!((run.code, columns(&run)[2].as_str()), (0, "3"), "{}", run.all());
    // A file elsewhere is called what it is called at the top of the repository.
    let elsewhere = workspace(SETTINGS);
    elsewhere.write("environments/production.yaml", "port: 70000\n");
    let run = ci(&elsewhere);
    let place = "\n    value from environments/production.yaml:1:1\n";
    assert!(run.stdout.contains(place), "{}", run.all());
    let wrong = "environments:\n- {name: a, chart: web, values: [values-common.yaml, none.yaml]}\n";
    let run = ci(&workspace(wrong));
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(
        run.stdout.contains("web/none.yaml: error: cannot be read"),
        "{}",
        run.all()
    );
}

#[test]
fn the_plan_names_environments() {
    let run = workspace(SETTINGS).run(&["ci", ".", "--plan"]);
    let plan: Json = serde_json::from_str(&run.stdout).expect("JSON");
    let chart = &plan["charts"][0];
    assert_eq!(
        chart["environments"],
        serde_json::json!(["staging", "production"]),
        "{plan}"
    );
    assert_eq!(chart["values"], serde_json::json!(["values-other.yaml"]), "{plan}");
    // However the path of a file is spelt.
    let spelt = SETTINGS
        .replacen("[values-common.yaml]", "[../web/values-common.yaml]", 1)
        .replace("[values-common.yaml,", "[./values-common.yaml,");
    let run = workspace(&spelt).run(&["ci", ".", "--plan"]);
    let plan: Json = serde_json::from_str(&run.stdout).expect("JSON");
    let values = &plan["charts"][0]["values"];
    assert_eq!(values, &serde_json::json!(["values-other.yaml"]), "{plan}");
}

/// A values file beside the charts changes the chart that is deployed with it.
#[test]
fn a_chart_changes_with_the_values_of_its_environments() {
    let repositories = Repositories::with(&[
        ("chartwright.yaml", SETTINGS),
        ("web/Chart.yaml", super::workspace::CHART),
        ("web/values-common.yaml", "a: true\n"),
        ("environments/production.yaml", "b: true\n"),
        ("environments/README.md", "Environments\n"),
    ]);
    let clone = repositories.clone("work");
    clone.write("environments/README.md", "More\n");
    let said = clone.run(0, &["ci", ".", "--no-push", "--since", "HEAD"], &[]);
    assert!(said.contains("none of 1 chart changed"), "{said}");
    clone.write("environments/production.yaml", "b: false\n");
    let said = clone.run(0, &["ci", ".", "--no-push", "--since", "HEAD"], &[]);
    assert!(said.contains("1 of 1 chart: 1 changed since"), "{said}");
}
