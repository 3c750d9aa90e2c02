//! Names and values that would be obeyed by a terminal or a CI runner, and addresses with credentials, in what users see. They come from
//! charts, from repositories and registries, and from what servers answer.

use std::fs;

use super::remote_server::{Answer, Server};
use super::remote_settings::{packed, sha256};
use super::workspace::{self, CHART, CONFIG_MAP, Workspace};

/// Lines that a runner of GitHub or Azure Pipelines obeys, apart from annotations that were asked for.
fn commands(text: &str) -> Vec<&str> {
    let is_command =
        |line: &&str| line.trim_start().starts_with("::") || line.contains("##[") || line.contains("##vso[");
    text.lines().filter(is_command).collect()
}

fn has_controls(text: &str) -> bool {
    text.chars()
        .any(|c| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c))
}

/// Charts and manifests whose names and texts look like commands to a CI system.
#[cfg(unix)]
fn forged_workspace() -> Workspace {
    const FORGED: &str = "x\n::error file=a,line=1::forged\n  ::add-mask::a\n##[error]b\u{1b}[2J\u{202e}";
    Workspace::new(&[
        ("c/Chart.yaml", CHART),
        ("c/values.yaml", &format!("a: {}\n", scalar(FORGED))),
        (
            "c/templates/t.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Values.a | quote }}, labels: {a: {{ .Values.a | quote }}}}\n",
        ),
        (
            "c/templates/n\n::error::b\n##[error].yaml",
            "kind: Service\napiVersion: v1\nmetadata: {name: A_B}\n",
        ),
        ("c/ci/::warning::v\u{1b}-values.yaml", "a: [\n"),
        (
            "p/Chart.yaml",
            "apiVersion: v2\nname: \"A ##[error]b ##vso[task.x]\"\nversion: 0.1.0\n",
        ),
        ("d\n::error::d/Chart.yaml", CHART),
        ("d\n::error::d/templates/a.yaml", "{{ fail .Values.a }}\n"),
        (
            "d\n::error::d/values.yaml",
            &format!("a: {}\n", serde_json::Value::from(FORGED)),
        ),
        (
            "m\n::error::m.yaml",
            "kind: Service\napiVersion: v1\nmetadata: {name: \"A\\n::error::x\"}\nspec: {\"a\\n::b\": 1}\n",
        ),
        ("v\n::error::v.yaml", "a: |\n  ::error::x\n  ##[error]y\nb: 1\n"),
    ])
}

#[cfg(unix)]
#[test]
fn nothing_that_was_input_is_obeyed() {
    let workspace = forged_workspace();
    for arguments in [
        &["ci", ".", "--no-push"][..],
        &["ci", ".", "--no-push", "--report", "json"],
        &["lint", "c"],
        &["lint", "d\n::error::d"],
        &["lint", "c", "--report", "tap"],
        &["lint", "c", "--report", "markdown"],
        &["lint", "c", "--report", "html"],
        &["coverage", "c"],
        &["coverage", "c", "--report", "html"],
        &["ci", ".", "--no-push", "--coverage", "--report", "html"],
        &["lint", "c", "--report", "json"],
        &["lint", "c", "--report", "sarif"],
        &["lint", "c", "--report", "gitlab"],
        &["lint", "c", "--report", "junit"],
        &["validate", "m\n::error::m.yaml", "--strict"],
        &["validate", "m\n::error::m.yaml", "--strict", "--output", "pretty"],
        &["validate", "m\n::error::m.yaml", "--strict", "--output", "tap"],
        &["validate", "gone\n::error::x"],
        &[
            "bump",
            "-f",
            "v\n::error::v.yaml",
            "--set",
            "b=\n::error::x",
            "--dry-run",
        ],
        &["bump", "-f", "v\n::error::v.yaml", "--set-string", "a=::error::x"],
        &["bump", "-f", "v\n::error::v.yaml", "--set", "c\n::error::x=1"],
        &["package", "gone\n::error::x"],
        &["package", "p"],
        &["push", "gone\n::error::x", "file:///\n::error::y"],
        &["push", "x\n::error::x"],
        &["lint", "c", "--report", "x\n::error::y"],
    ] {
        let run = workspace.run(arguments);
        for text in [&run.stdout, &run.stderr] {
            assert_eq!(commands(text), Vec::<&str>::new(), "{arguments:?}");
            assert!(!has_controls(text), "{arguments:?}: {text:?}");
        }
    }
    // Helm's own words keep their bytes, and still are no command.
    let run = workspace.run(&["template", "x", "d\n::error::d"]);
    assert!(run.stderr.contains("\u{1b}[2J"), "{}", run.stderr);
    assert_eq!(commands(&run.stderr), Vec::<&str>::new());
    // Annotations are one line each.
    let run = workspace.run(&["lint", "c", "--report", "github"]);
    assert!(
        run.stdout.lines().all(|line| line.contains("::error file=c")
            || line.contains("::warning file=c")
            || line.contains("::notice file=c")),
        "{}",
        run.stdout
    );
    assert!(!has_controls(&run.stdout), "{:?}", run.stdout);
}

/// A name, version or text of a repository: as a YAML scalar, and as it is.
const FORGED: &str = "e\n::error file=a,line=1::forged\n##[error]b\u{1b}[2J\u{202e}\u{85}";

/// A text as a double-quoted scalar of YAML, in ASCII: some of its characters would end a line.
fn scalar(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let escaped = quoted.chars().map(|character| match character {
        ' '..='~' => character.to_string(),
        _ => format!("\\u{:04x}", u32::from(character)),
    });
    escaped.collect()
}

fn assert_harmless(arguments: &[&str], texts: [&str; 2]) {
    for text in texts {
        assert_eq!(commands(text), Vec::<&str>::new(), "{arguments:?}");
        assert!(!has_controls(text), "{arguments:?}: {text:?}");
    }
}

/// An index whose names, versions, digests and addresses are hostile, beside a chart that is not.
fn hostile_index(web: &[u8]) -> String {
    let scalar = scalar(FORGED);
    let digest = sha256(web);
    let entry = |name: &str, version: &str, digest: &str, url: &str| {
        format!(
            "  - {{apiVersion: v2, name: {name}, version: {version}, digest: {digest}, description: {scalar}, appVersion: {scalar}, created: \"2026-01-01T00:00:00Z\", urls: [{url}]}}\n"
        )
    };
    let version = self::scalar(&format!("1.0.0-{FORGED}"));
    [
        "apiVersion: v1\nentries:\n  web:\n".to_owned(),
        entry("web", "1.0.0", &digest, "web-1.0.0.tgz"),
        entry("web", &version, &digest, "web-1.0.0.tgz"),
        "  digest:\n".to_owned(),
        entry("digest", "1.0.0", &scalar, "web-1.0.0.tgz"),
        "  other:\n".to_owned(),
        entry("other", "1.0.0", &"0".repeat(64), "web-1.0.0.tgz"),
        "  url:\n".to_owned(),
        entry("url", "1.0.0", &digest, &scalar),
        "  host:\n".to_owned(),
        entry(
            "host",
            "1.0.0",
            &digest,
            "\"https://127.0.0.1:99999/\\u202e::error::x\\e[2J.tgz\"",
        ),
        "  file:\n".to_owned(),
        entry("file", "1.0.0", &digest, "\"file:///etc/\\u202e::error::x\\e[2J\""),
        "  message:\n".to_owned(),
        entry("message", "1.0.0", "\"\"", "refused.tgz"),
        format!("  {scalar}:\n"),
        entry(&scalar, "1.0.0", &digest, "web-1.0.0.tgz"),
        "generated: \"2026-01-01T00:00:00Z\"\n".to_owned(),
    ]
    .concat()
}

/// A repository with that index, and a registry, all of whose errors are hostile.
fn hostile_server(index: &str, archive: &[u8]) -> Server {
    let (index, archive) = (index.to_owned(), archive.to_owned());
    Server::start(move |request, _| match request.path() {
        "/index.yaml" => Answer::new(200, index.clone()),
        "/web-1.0.0.tgz" => Answer::new(200, archive.clone()),
        "/web-1.0.0.tgz.prov" => Answer::new(200, FORGED),
        "/broken/index.yaml" => Answer::new(200, format!("apiVersion: v1\nentries: {}\n", scalar(FORGED))),
        path if path.starts_with("/v2/") => {
            let message = serde_json::json!({"errors": [{"code": FORGED, "message": FORGED, "detail": FORGED}]});
            Answer::new(400, message.to_string()).with("Content-Type", "application/json")
        }
        path if path.contains("moved") => Answer::new(302, "").with("Location", "file:///etc/::error::x%1b[2J"),
        _ => Answer::new(418, FORGED),
    })
}

/// The charts of the index, each in a directory of a chart that depends on it as well.
const HOSTILE_CHARTS: [&str; 7] = ["web", "digest", "other", "url", "host", "file", "message"];

/// Commands that fetch charts from a server. A blank is between their arguments, and `FORGED` stands for the hostile text.
fn fetching_commands(url: &str, host: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for command in ["pull", "lint", "package", "template"] {
        for name in HOSTILE_CHARTS.into_iter().chain(["FORGED"]) {
            lines.push(format!("{command} {name} --repo {url}"));
            lines.push(format!(
                "{command} {name} --repo {url} --verify --keyring /no/such/ring"
            ));
        }
        let version = if command == "package" {
            "from-version"
        } else {
            "version"
        };
        lines.push(format!("{command} web --repo {url} --{version} FORGED"));
        lines.push(format!("{command} web --repo {url}/broken"));
        lines.push(format!("{command} web --repo FORGED"));
        lines.push(format!("{command} oci://{host}/c/web --plain-http"));
        lines.push(format!("{command} {url}/moved.tgz"));
        lines.push(format!("{command} {url}/missing.tgz"));
    }
    lines
}

/// Commands about repositories and dependencies that can print JSON.
fn reporting_commands(url: &str) -> Vec<String> {
    let mut lines = vec![format!("pull web --repo {url} --prov -d d\u{202e}")];
    for name in HOSTILE_CHARTS.into_iter().chain(["forged"]) {
        lines.extend(["update", "build", "list"].map(|command| format!("dependency {command} {name}")));
    }
    for repository in ["repository", "broken"] {
        lines.push(format!("repo list {repository}"));
        lines.push(format!("repo check {repository}"));
        lines.push(format!("repo index {repository} --dry-run"));
        lines.push(format!("repo prune {repository} --keep 1 --dry-run"));
        lines.push(format!("repo delete {repository} FORGED 1.0.0 --dry-run"));
        lines.push(format!("repo delete {repository} web FORGED --dry-run"));
        lines.push(format!("repo copy {repository} file://to FORGED 1.0.0 --dry-run"));
        lines.push(format!("repo copy {repository} file://to url 1.0.0 --dry-run"));
    }
    let json: Vec<String> = lines.iter().map(|line| format!("{line} --output json")).collect();
    lines.into_iter().chain(json).collect()
}

#[test]
fn nothing_that_a_repository_says_is_obeyed() {
    let web = packed("web", "1.0.0");
    let index = hostile_index(&web);
    let server = hostile_server(&index, &web);
    let (url, host) = (server.url.as_str(), server.host());
    let chart = |name: &str| {
        format!(
            "apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n- {{name: {name}, version: '>0-0', repository: '{url}'}}\n"
        )
    };
    let workspace = Workspace::new(&[
        ("forged/Chart.yaml", &chart(&scalar(FORGED))),
        ("repository/index.yaml", &index),
        ("repository/other\u{202e}-1.0.0.tgz", "x"),
        ("d\u{202e}/x", ""),
        (
            "broken/index.yaml",
            &format!("apiVersion: v1\nentries: {}\n", scalar(FORGED)),
        ),
    ]);
    fs::write(workspace.path("repository/web-1.0.0.tgz"), &web).expect("a file");
    for name in HOSTILE_CHARTS {
        workspace.write(&format!("{name}/Chart.yaml"), &chart(name));
    }
    let home = workspace.path("home").display().to_string();
    let variables = [
        ("HOME", home.as_str()),
        ("XDG_CACHE_HOME", &home),
        ("XDG_CONFIG_HOME", &home),
    ];
    let mut shown = String::new();
    for line in fetching_commands(url, host).iter().chain(&reporting_commands(url)) {
        let words = line.split(' ');
        let arguments: Vec<&str> = words.map(|word| if word == "FORGED" { FORGED } else { word }).collect();
        let run = workspace::run(&workspace.path("."), &arguments, &variables);
        assert!((0..70).contains(&run.code), "{line}: {}", run.all());
        if line.starts_with("template") {
            // Helm's own words keep their bytes.
            assert_eq!(commands(&run.all()), Vec::<&str>::new(), "{line}");
        } else {
            // The columns of Helm's table end with tabs.
            assert_harmless(&arguments, [&run.stdout.replace('\t', ""), &run.stderr]);
        }
        shown.push_str(&run.all());
    }
    // They are shown all the same.
    for picture in ["\u{240a}", "\u{241b}[2J", "\\u{202e}", "forged"] {
        assert!(shown.contains(picture), "{picture}");
    }
}

#[test]
fn addresses_are_shown_without_credentials() {
    let workspace = Workspace::chart(&[("templates/a.yaml", CONFIG_MAP)]);
    let archive = workspace.run(&["package", "web"]);
    assert_eq!(archive.code, 0, "{}", archive.all());
    let url = "https://bob:hunter2@127.0.0.1:9/x?token=hunter2#hunter2";
    for (arguments, want) in [
        (&["template", "x", "web", "-f", url][..], "`https://127.0.0.1:9/x`"),
        (&["template", "x", url], "https://127.0.0.1:9/x"),
        (&["template", "x", "oci://bob:hunter2@127.0.0.1:9/c"], "127.0.0.1:9"),
        (&["template", "x", "bob:hunter2@h/c"], "no repository `h`"),
        (&["lint", url], "https://127.0.0.1:9/x"),
        (&["validate", url], "https://127.0.0.1:9/x"),
        (&["validate", url, "--report", "json"], "127.0.0.1:9/x"),
        (&["push", "web-0.1.0.tgz", url], "`https://127.0.0.1:9/x`"),
        (&["push", "web-0.1.0.tgz", "s3://b/x?secret=hunter2"], "`s3://b/x`"),
        (&["push", "web-0.1.0.tgz", "bob:hunter2@h"], "`h`"),
        (&["ci", ".", "--repository", url], "`https://127.0.0.1:9/x`"),
        (&["package", url], "https:"),
    ] {
        let run = workspace.run(arguments);
        assert!(!run.all().contains("hunter2"), "{arguments:?}: {}", run.all());
        assert!(run.all().contains(want), "{arguments:?}: {}", run.all());
    }
}
