//! Random tokens in every place where users keep secrets never reach any output.

use std::fmt::Write as _;
use std::fs;

use super::workspace::{Run, Workspace, run};

/// Where tokens are planted; `@1` and so on are replaced by tokens, `@b1` by the same in base64.
const FILES: [(&str, &str); 14] = [
    (
        "web/Chart.yaml",
        "apiVersion: v2\nname: web\nversion: 0.1.0\nicon: https://bob:@1@example.org/i.png?sig=@2#@3\nhome: https://@4@example.org/\nmaintainers: [{name: me}]\n",
    ),
    (
        "web/values.yaml",
        "password: @5\nport: 70000\nauth: {secret: {deep: [@6]}, token: \"@7\", apiKey: '@8'}\nplain: @9\nlist:\n- {name: API_TOKEN, value: @10}\nssh:\n  privateKey: |\n    -----BEGIN KEY-----\n    @11\n    -----END KEY-----\nregistry: {auths: {r: {auth: @12}}}\nstrange: left over\n",
    ),
    ("web/values-prod.yaml", "password: @13\nport: 0\nredis: {passwd: @14}\n"),
    (
        "web/values.schema.json",
        "{\"properties\": {\"password\": {\"enum\": [\"@15\"]}, \"auth\": {\"properties\": {\"token\": {\"const\": \"@16\", \"default\": \"@17\"}, \"apiKey\": {\"pattern\": \"^@18$\"}}}}}",
    ),
    (
        "web/templates/secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  annotations: {last: \"@19\"}\nstringData:\n  a: @20\n  b: {{ .Values.plain }}\n  c: [1]\ndata:\n  d: @b21\n  e: '@22!'\ntype: 7\nunknown: @23\n",
    ),
    (
        "web/templates/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: A_b}\nspec:\n  containers:\n  - name: a\n    image: a:1\n    env:\n    - {name: DB_PASSWORD, value: \"{{ .Values.password }}\", valu: 1}\n    - {name: B_TOKEN, value: @24, valu: 1}\n    ports: [{containerPort: {{ .Values.port }}, name: \"{{ .Values.plain }}\"}]\n",
    ),
    (
        "web/templates/map.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"{{ .Values.auth.apiKey }}_\"}\ndata: {port: 1, token: @25, url: \"https://me:@26@host/x?token=@27\"}\n",
    ),
    (
        "web/templates/list.yaml",
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: \"X_@28\"}, stringData: {a: @28, b: 1}}\n",
    ),
    (
        "fail/Chart.yaml",
        "apiVersion: v2\nname: fail\nversion: 0.1.0\ndependencies: [{name: x, version: 1.0.0, repository: \"https://u:@29@h/x?t=@30\"}]\n",
    ),
    ("fail/values.yaml", "password: @31\ndb: {token: @32}\n"),
    (
        "fail/templates/a.yaml",
        "{{ fail (printf \"bad %s %s\" .Values.password (b64enc .Values.db.token)) }}\n",
    ),
    (
        "all.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: A_b}\nstringData: {a: @33, b: 1, c: [@33]}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: \"@34_\"}\nspec:\n  containers:\n  - {name: \"@34_\", image: a, env: [{name: PASSWORD, value: @34, valu: @34}]}\n---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {password: {a: @35}, token: [@35], \"@36\": 1}\n",
    ),
    // Secrets in another file than the objects that repeat them.
    (
        "apart/object.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"@49_\"}\ndata: {a: 1, b: [@50], \"@51 c\": d}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {x: \"@49 @50\"}}\nspec:\n  containers: [{name: a, image: \"@51 b\", imagePullPolicy: \"@50\", args: {a: @49}, unknown: @51}]\n",
    ),
    (
        "apart/secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {a: @49}\ndata: {b: @b50}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: b}\nstringData: {c: @51}\n",
    ),
];
const PLACES: usize = 51;

/// A token of letters and digits, another in every run.
fn tokens() -> Vec<String> {
    use std::hash::{BuildHasher as _, RandomState};
    let state = RandomState::new();
    let token = |place: usize| format!("T{:016x}z{place}x", state.hash_one(place));
    (0..=PLACES).map(token).collect()
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in text.as_bytes().chunks(3) {
        let bits = group.iter().fold(0_usize, |bits, &byte| bits << 8 | usize::from(byte)) << (8 * (3 - group.len()));
        for digit in 0..4 {
            let shown = digit <= group.len();
            out.push(if shown {
                DIGITS[bits >> (18 - 6 * digit) & 63] as char
            } else {
                '='
            });
        }
    }
    out
}

fn with_tokens(text: &str, tokens: &[String]) -> String {
    let mut out = text.to_owned();
    for (place, token) in tokens.iter().enumerate().rev() {
        out = out.replace(&format!("@b{place}"), &base64(token));
        out = out.replace(&format!("@{place}"), token);
    }
    out
}

/// The places of the tokens that a text shows.
fn shown<'t>(text: &'t str, tokens: &[String]) -> Vec<(usize, &'t str)> {
    let line_with = |token: &str| text.lines().find(|line| line.contains(token));
    let found = tokens.iter().enumerate();
    found
        .filter_map(|(place, token)| {
            Some((
                place,
                line_with(token).or_else(|| line_with(base64(token).trim_end_matches('=')))?,
            ))
        })
        .collect()
}

#[expect(clippy::too_many_lines, reason = "a list of commands")]
#[test]
fn planted_tokens_reach_no_output() {
    let tokens = tokens();
    let workspace = Workspace::new(&[]);
    for (name, text) in FILES {
        // 36 is the name of a key, which is no secret.
        workspace.write(name, &with_tokens(&text.replace("@36", "key"), &tokens));
    }
    workspace.write("web/broken.yaml", "a: 1\n");
    let secret = |place: usize| tokens[place].as_str();
    let mut commands: Vec<Vec<String>> = Vec::new();
    let mut add = |arguments: &[&str]| commands.push(arguments.iter().map(|&text| text.to_owned()).collect());
    for format in [
        "text", "json", "sarif", "junit", "tap", "github", "gitlab", "markdown", "html",
    ] {
        let flag = format!("db.password={}", secret(37));
        add(&["lint", "web", "--report", format]);
        add(&[
            "lint",
            "web",
            "--set",
            &flag,
            "--report",
            format,
            "--skip-schema-validation",
        ]);
        add(&[
            "lint",
            "web",
            "--report",
            format,
            "--skip-schema-validation",
            "--kube-version",
            "1.30,1.35",
        ]);
        add(&["lint", "fail", "--report", format]);
        add(&["ci", ".", "--no-push", "--report", format]);
        add(&["validate", "all.yaml", "--strict", "--report", format]);
        add(&[
            "validate",
            "apart/object.yaml",
            "apart/secret.yaml",
            "--strict",
            "--report",
            format,
        ]);
        add(&["validate", "apart", "--strict", "--report", format, "-n", "1"]);
    }
    for format in ["text", "json", "cobertura", "lcov", "markdown", "html"] {
        add(&["coverage", "web", "--skip-schema-validation", "--report", format]);
    }
    add(&["ci", ".", "--no-push", "--coverage", "--report", "html"]);
    for format in ["text", "json", "junit", "tap", "pretty"] {
        add(&[
            "validate",
            "all.yaml",
            "--strict",
            "--output",
            format,
            "--verbose",
            "--summary",
        ]);
        for more in [&[][..], &["--exit-on-error"], &["--verbose"]] {
            let arguments = [
                "validate",
                "apart/object.yaml",
                "apart/secret.yaml",
                "--strict",
                "--output",
                format,
            ];
            let arguments: Vec<&str> = arguments.iter().chain(more).copied().collect();
            add(&arguments);
        }
    }
    let url = format!(
        "https://bob:{}@127.0.0.1:9/x?t={}#{}",
        secret(38),
        secret(39),
        secret(40)
    );
    add(&["ci", ".", "--no-push"]);
    add(&["ci", ".", "--repository", &url]);
    add(&["template", "x", "fail"]);
    add(&["template", "x", "web"]);
    add(&["template", "x", "web", "-f", &url]);
    add(&["template", "x", &url]);
    add(&["template", "x", &format!("bob:{}@host/c.tgz", secret(38))]);
    add(&[
        "template",
        "x",
        "web",
        "--set",
        &format!("auth.password=a,{}", secret(41)),
    ]);
    add(&[
        "template",
        "x",
        "web",
        "--set-json",
        &format!("auth={{\"password\": \"{}\"", secret(41)),
    ]);
    for flags in [&[][..], &["--skip-schema-validation"], &["--set", "x=1"]] {
        let with_flags = |command: &[&'static str]| -> Vec<&str> { command.iter().chain(flags).copied().collect() };
        add(&with_flags(&["lint", "--helm-rules", "web", "fail"]));
    }
    // Helm's warnings about tables quote values.
    let over_table = format!("auth={}", secret(41));
    let over_value = format!("password.a={}", secret(41));
    for set in [&over_table, &over_value] {
        add(&["template", "x", "web", "--skip-schema-validation", "--set", set]);
        add(&["lint", "--helm-rules", "web", "--skip-schema-validation", "--set", set]);
    }
    add(&["lint", &url]);
    add(&["validate", &url]);
    add(&[
        "validate",
        "all.yaml",
        "--schema-location",
        &format!("{url}{{{{ .Kind }}}}"),
    ]);
    add(&["push", "all.yaml", &url]);
    add(&["push", "all.yaml", &format!("s3://b/x?t={}", secret(39))]);
    add(&["push", "all.yaml", &format!("bob:{}@host", secret(38))]);
    let set = [
        ("password", 42),
        ("auth.token", 43),
        ("auth.apiKey", 43),
        ("ssh.privateKey", 44),
        ("list[0].value", 44),
        ("auth", 44),
    ];
    for (path, place) in set {
        let set = format!("{path}={}", secret(place));
        add(&["bump", "-f", "web/values.yaml", "--dry-run", "--set", &set]);
        add(&["bump", "-f", "web/values.yaml", "--show-secrets", "--set", &set]);
        add(&["bump", "-f", "web/values.yaml", "--set", &set]);
    }
    let variables = [
        ("AWS_ACCESS_KEY_ID", "k".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", secret(45).to_owned()),
        ("AWS_SESSION_TOKEN", secret(46).to_owned()),
        (
            "AWS_ENDPOINT_URL",
            format!("ftp://bob:{}@127.0.0.1:9?x={}", secret(47), secret(48)),
        ),
    ];
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    add(&["package", "web", "-d", "out"]);
    add(&["push", "out/web-0.1.0.tgz", "s3://b/x"]);
    let mut failures = String::new();
    for arguments in &commands {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let run: Run = run(&workspace.path("."), &arguments, &variables);
        assert!(
            run.code == 0 || run.code == 1 || run.code == 2 || run.code == 3,
            "{}",
            run.all()
        );
        // The manifests of `template` are what the user asks for.
        let text = if arguments[0] == "template" {
            run.stderr.clone()
        } else {
            run.all()
        };
        for (place, line) in shown(&text, &tokens) {
            // Only the template says that this value is a secret, and `bump` knows no templates.
            if place == 9 && arguments[0] == "bump" {
                continue;
            }
            _ = writeln!(failures, "{place} by {arguments:?}:\n  {line}");
        }
    }
    assert!(failures.is_empty(), "{failures}");
    // What was typed is there: the commands did something.
    let edited = fs::read_to_string(workspace.path("web/values.yaml")).expect("values");
    assert!(
        edited.contains(secret(42)) && edited.contains(secret(43)) && edited.contains(secret(44)),
        "{edited}"
    );
}
