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
fn versions_that_are_compared_are_tried() {
    let template = "{{- $version := .Values.image.tag | default \"1.0.0\" }}\n{{- if semverCompare \">=2.1-0\" $version }}\na: [\n{{- end }}\n\
        {{- if semverCompare \"<1.0.0\" .Values.image.tag }}\nb: [\n{{- end }}\n";
    let workspace = chart(template, "image: {tag: 1.5.0}\n");
    let said = workspace.run(&["explore", "web", "--all"]);
    // Made-up values of one path are one finding, which says what each fault is shown by.
    for line in [
        "not a manifest: did not find expected node content, with --set-string image.tag=2.1.0\n",
        "shown by --set-string image.tag=\n",
    ] {
        assert!(said.stdout.contains(line), "{line}: {}", said.all());
    }
    assert!(said.stderr.contains("100.0 % of the branches"), "{}", said.all());
}

#[test]
fn values_that_are_compared_are_found_however_they_are_read() {
    for (condition, values, shown) in [
        (
            "eq (index .Values \"a-b\" \"c\") \"x\"",
            "a-b: {c: small}\n",
            "--set a-b.c=x",
        ),
        ("eq (get .Values.a \"c\") \"x\"", "a: {c: small}\n", "--set a.c=x"),
        (
            "has \"x\" .Values.flags",
            "flags: [small]\n",
            "--set-json 'flags=[\"x\"]'",
        ),
        ("eq $mode \"x\"", "mode: small\nother: z\n", "--set mode=x"),
        (
            "eq $inner.mode \"x\"",
            "inner: {mode: small}\nmode: small\n",
            "--set inner.mode=x",
        ),
        (
            "eq \"x\" (.Values.mode | default \"small\")",
            "mode: small\n",
            "--set mode=x",
        ),
    ] {
        let template = format!(
            "{{{{- $mode := .Values.mode | default \"small\" }}}}\n{{{{- $inner := .Values.inner }}}}\n{{{{- if {condition} }}}}\na: [\n{{{{- end }}}}\n"
        );
        let said = chart(&template, values).run(&["explore", "web"]);
        let line = format!("shown by {shown}\n");
        assert!(
            said.stdout.contains("error: ") && said.stdout.contains(&line),
            "{condition}: {}",
            said.all()
        );
    }
    // What is made of a value is not the value.
    let template = "{{- $mode := printf \"%s-\" .Values.mode }}\n{{- if eq $mode \"x\" }}\n# x\n{{- end }}\n{{- if eq (lower .Values.mode) \"x\" }}\na: [\n{{- end }}\n";
    let said = chart(template, "mode: small\n").run(&["explore", "web", "--all"]);
    assert!(
        said.stdout.starts_with("info: ") && said.stdout.contains("shown by --set mode=x\n"),
        "{}",
        said.all()
    );
}

#[test]
fn a_field_that_is_unknown_whatever_the_value_is_shown() {
    let template = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports: [{port: 80}]\n\
        {{- if .Values.address }}\n  loadbalancerIP: {{ .Values.address }}\n{{- end }}\n\
        {{- with .Values.extra }}\n  {{- toYaml . | nindent 2 }}\n{{- end }}\n";
    let template = format!(
        "{template}{{{{- if .Values.spec.externalNam }}}}\n# name\n{{{{- end }}}}\n{{{{- toYaml .Values.spec | nindent 2 }}}}\n"
    );
    let values = "address: \"\"\nextra: {}\nspec: {clusterIP: None}\n";
    let said = chart(&template, values).run(&["explore", "web"]);
    assert!(
        said.stdout
            .contains("warning: Service a: /spec: additional properties 'loadbalancerIP'"),
        "{}",
        said.all()
    );
    assert!(said.stdout.contains("shown by --set address="), "{}", said.all());
    // The names are from the values.
    for name in ["extra", "externalNam"] {
        assert!(!said.stdout.contains(name), "{}", said.all());
    }
}

#[test]
fn settings_for_another_cluster_are_shown_with_it() {
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: b\n\
        {{- if and .Values.one (semverCompare \"<1.27-0\" .Capabilities.KubeVersion.Version) }}\n  c: 1\n{{- end }}\n\
        {{- if and .Values.two (.Capabilities.APIVersions.Has \"x.io/v1\") }}\n  d: 1\n{{- end }}\n\
        {{- if semverCompare \"<1.26-0\" .Capabilities.KubeVersion.Version }}\n  e: 1\n{{- end }}\n";
    let workspace = chart(template, "one: false\ntwo: false\n");
    let said = workspace.run(&[
        "explore",
        "web",
        "-a",
        "x.io/v1",
        "--kube-version",
        "1.26",
        "--write-tests",
        "tests",
    ]);
    for line in [
        "shown by --kube-version 1.26 --api-versions x.io/v1 --set one=true\n",
        "shown by --kube-version 1.26 --api-versions x.io/v1 --set two=true\n",
        "shown by --api-versions x.io/v1 --kube-version 1.25\n",
    ] {
        assert!(said.stdout.contains(line), "{line}: {}", said.all());
    }
    assert!(!said.stdout.contains("a values file in ci/"), "{}", said.all());
    let file = std::fs::read_to_string(workspace.path("tests/failing/two-values.yaml")).unwrap();
    assert!(
        file.contains("the chart breaks with these values, with --kube-version 1.26 --api-versions x.io/v1.\n"),
        "{file}"
    );
    let several = workspace.run(&["explore", "web", "--kube-version", "1.26..1.28"]);
    assert_eq!(several.code, 2, "{}", several.all());
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
