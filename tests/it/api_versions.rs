//! API versions that clusters have besides those of Kubernetes, on the command line and in `chartwright.yaml`: every command that checks charts
//! renders for them.

use serde_json::Value as Json;

use super::workspace::Workspace;

const MONITOR: &str = "monitoring.coreos.com/v1/ServiceMonitor";

/// A chart that is broken where clusters have an operator, and one where they have another.
fn workspace(settings: &str) -> Workspace {
    let workspace = Workspace::chart(&[
        (
            "templates/monitor.yaml",
            "{{- if .Capabilities.APIVersions.Has \"monitoring.coreos.com/v1/ServiceMonitor\" }}\napiVersion: v1\nkind: ConfigMap\n\
             metadata: {name: b}\ndata: monitored\n{{- end }}\n",
        ),
        (
            "templates/other.yaml",
            "{{- if .Capabilities.APIVersions.Has \"a.io/v1\" }}\n{{- if .Values.on }}\n# on\n{{- end }}\n{{- end }}\n",
        ),
    ]);
    workspace.write("chartwright.yaml", settings);
    workspace
}

#[test]
fn every_command_renders_for_them() {
    let configured = workspace(&format!("apiVersions: [{MONITOR}]\n"));
    let other = workspace("");
    let both = format!("a.io/v1,{MONITOR}");
    for (workspace, arguments, is_broken) in [
        (&configured, &["ci", ".", "--no-push"][..], true),
        (&other, &["ci", ".", "--no-push", "--api-versions", MONITOR], true),
        (&other, &["lint", "web", "-a", &both], true),
        (&other, &["lint", "web", "-a", "a.io/v1", "-a", MONITOR], true),
        // What is given replaces what is configured.
        (&configured, &["ci", ".", "--no-push", "-a", "a.io/v1"], false),
        // The configuration is that of `ci`.
        (&configured, &["lint", "web"], false),
    ] {
        let said = workspace.run(arguments);
        assert_eq!(said.code, i32::from(is_broken), "{arguments:?}: {}", said.all());
        assert_eq!(
            said.stdout.contains("/data: got string"),
            is_broken,
            "{arguments:?}: {}",
            said.all()
        );
    }
}

#[test]
fn coverage_and_exploration_begin_with_them() {
    let workspace = workspace("");
    for (given, covered) in [(&[][..], 2), (&["-a", "b.io/v1"], 2), (&["-a", "a.io/v1"], 3)] {
        let report = |command: &str| -> Json {
            let said = workspace.run(&[&[command, "web", "--report", "json"], given].concat());
            serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.all()))
        };
        let lines = &report("coverage")["totals"]["branches"];
        assert_eq!(lines["covered"], covered, "{given:?}: {lines}");
        let explored = &report("explore")["explored"][0]["branches"];
        assert_eq!(explored["before"], covered, "{given:?}: {explored}");
    }
}

#[test]
fn helm_rules_render_for_them() {
    let workspace = Workspace::chart(&[(
        "templates/a.yaml",
        "{{- if .Capabilities.APIVersions.Has \"a.io/v1\" }}\n{{ .Values.a.b.c }}\n{{- end }}\n",
    )]);
    assert_eq!(workspace.run(&["lint", "web", "--helm-rules"]).code, 0);
    assert_eq!(workspace.run(&["lint", "web", "--helm-rules", "-a", "a.io/v1"]).code, 1);
}
