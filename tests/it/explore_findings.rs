//! What exploration finds and shows: from other values files, of several texts, of values that are made up, of schemas.

use super::explore::{BROKEN, chart, findings, notes};

#[test]
fn what_another_values_file_leads_to_is_followed() {
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n{{- if and .Values.tls.enabled (eq .Values.tls.mode \"secret store\") }}\n\
        data: {a: {{ .Values.tls.store.name }}}\n{{- end }}\n";
    let workspace = chart(template, "tls:\n  enabled: false\n  mode: file\n");
    workspace.write("web/ci/tls-values.yaml", "tls:\n  enabled: true\n");
    let said = workspace.run(&["explore", "web"]);
    let flags = "shown by --set tls.enabled=true --set 'tls.mode=secret store'";
    assert!(said.stdout.contains(flags), "{}", said.all());
}

#[test]
fn texts_that_a_template_compares_with_are_told_apart() {
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata:\n  a: b\n{{- if eq .Values.mode \"one\" }}\n  c: 1\n{{- end }}\n\
        {{- if eq .Values.mode \"two\" }}\n  d: {{ .Values.more.name }}\n{{- end }}\n";
    let said = chart(template, "mode: none\n").run(&["explore", "web", "--report", "json"]);
    let found = findings(&said);
    let shown: Vec<bool> = ["one", "two"]
        .iter()
        .map(|mode| {
            found
                .iter()
                .any(|finding| notes(finding).contains(&format!("shown by --set mode={mode}\"")))
        })
        .collect();
    assert_eq!(shown, [true, true], "{}", said.all());
}

#[test]
fn what_fails_a_run_is_shown() {
    let workspace = chart(BROKEN[6].template, BROKEN[6].values);
    for (flags, code, is_shown) in [(&[][..], 0, false), (&["--fail-on", "info"], 1, true)] {
        let said = workspace.run(&[&["explore", "web"], flags].concat());
        assert_eq!(
            (said.code, said.stdout.contains("shown by")),
            (code, is_shown),
            "{}",
            said.all()
        );
        assert!(said.stderr.contains("with made-up values"), "{}", said.all());
    }
}

#[test]
fn schemas_of_values_that_cannot_be_used_are_faults() {
    let workspace = chart("a: b\n", "a: 1\n");
    workspace.write("web/values.schema.json", "{\"type\": ");
    let said = workspace.run(&["explore", "web"]);
    assert_eq!(said.code, 1, "{}", said.all());
    assert!(
        said.stdout.contains("values.schema.json cannot be used"),
        "{}",
        said.all()
    );
    // What a schema does not allow of made-up values is in the schema.
    workspace.write(
        "web/values.schema.json",
        "{\"properties\": {\"list\": {\"maxItems\": 0}}}",
    );
    workspace.write("web/values.yaml", "list: []\n");
    workspace.write("web/templates/b.yaml", "{{- range .Values.list }}\na: b\n{{- end }}\n");
    let said = workspace.run(&["explore", "web", "--all"]);
    assert!(!said.stderr.contains("refused on purpose"), "{}", said.all());
}

#[test]
fn values_that_fit_are_followed_where_others_broke() {
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata:\n  a: b\n{{- if and .Values.x .Values.x.y .Values.x.y.z }}\n\
        \n  c: {{ .Values.none.d }}\n{{- end }}\n";
    let said = chart(template, "a: 1\n").run(&["explore", "web", "--all", "--report", "json"]);
    let found = findings(&said);
    let shown: Vec<String> = found.iter().map(notes).collect();
    assert_eq!(found.len(), 1, "{}", said.all());
    assert!(shown[0].contains("shown by --set x.y.z=example\""), "{}", said.all());
    assert!(
        said.stderr.contains("100.0 % of the branches reached (5/5)"),
        "{}",
        said.all()
    );
}
