//! `lint`, `package`, `template` and `pull` of charts that are elsewhere: which chart a name means, how findings name its files, and whose
//! signature counts.

use std::fs;

use super::remote_oci_server::{Behaviour, OciServer};
use super::remote_server::{Answer, Request, Server};
use super::workspace::{self, Run, Workspace};

const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys");
const BROKEN: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndta: {a: b}\n";

/// A chart with a finding, signed, on a server and in a registry; the chart itself is gone.
struct Published {
    workspace: Workspace,
    server: Server,
    registry: OciServer,
}

impl Published {
    fn new() -> Self {
        let workspace = Workspace::chart(&[("templates/a.yaml", BROKEN)]);
        let registry = OciServer::start(Behaviour::default());
        let served = workspace.path("served");
        let server = Server::start(move |request, _| {
            let name = request.path().trim_start_matches('/').to_owned();
            match fs::read(served.join(name)) {
                Ok(bytes) => Answer::new(200, bytes),
                Err(_) => Answer::new(404, ""),
            }
        });
        let published = Self {
            workspace,
            server,
            registry,
        };
        let key = format!("{KEYS}/plain.secret.gpg");
        published.succeeds(&[
            "package",
            "web",
            "-d",
            "dist",
            "--sign",
            "--key",
            "Plain",
            "--keyring",
            &key,
        ]);
        let oci = published.registry.repository();
        published.succeeds(&[
            "push",
            "dist/web-0.1.0.tgz",
            "file://served",
            "--repository",
            &oci,
            "--plain-http",
        ]);
        let list = format!("repositories:\n- {{name: shop, url: '{}'}}\n", published.server.url);
        published.workspace.write("home/helm/repositories.yaml", &list);
        fs::rename(published.workspace.path("web"), published.workspace.path("source")).expect("is moved");
        published
    }

    fn run_in(&self, directory: &str, arguments: &[&str]) -> Run {
        let home = self.workspace.path("home");
        let home = home.to_str().expect("UTF-8");
        let variables = [("HOME", home), ("XDG_CACHE_HOME", home), ("XDG_CONFIG_HOME", home)];
        let run = workspace::run(&self.workspace.path(directory), arguments, &variables);
        assert!(!run.all().contains("hunter2"), "{}", run.all());
        run
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.run_in(".", arguments)
    }

    fn succeeds(&self, arguments: &[&str]) -> Run {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.all());
        run
    }

    /// The ways to name the chart, each with what else the command needs.
    fn names(&self) -> Vec<Vec<String>> {
        let url = &self.server.url;
        let oci = self.registry.repository();
        [
            &["shop/web"][..],
            &["web", "--repo", url],
            &["web", "--repo", "@shop"],
            &[&format!("{url}/web-0.1.0.tgz")],
            &[&format!("{oci}/web"), "--plain-http"],
            &[&format!("{oci}/web:0.1.0"), "--plain-http"],
            &["web", "--repo", &oci, "--plain-http"],
        ]
        .iter()
        .map(|words| words.iter().map(|word| (*word).to_owned()).collect())
        .collect()
    }
}

/// A command with a name of the chart.
fn with<'w>(command: &[&'w str], name: &'w [String]) -> Vec<&'w str> {
    command.iter().copied().chain(name.iter().map(String::as_str)).collect()
}

#[test]
fn findings_of_a_chart_that_is_fetched_are_the_same_however_it_is_named() {
    let published = Published::new();
    for name in published.names() {
        let run = published.run(&with(&["lint"], &name));
        assert_eq!(run.code, 1, "{name:?}: {}", run.all());
        assert!(
            run.stdout.contains("web-0.1.0.tgz!templates/a.yaml:4:1"),
            "{name:?}: {}",
            run.all()
        );
        assert!(
            run.stderr.contains("1 chart(s) linted, 1 error(s)"),
            "{name:?}: {}",
            run.all()
        );
        let helms = published.run(&with(&["lint", "--helm-rules"], &name));
        assert_eq!(helms.code, 0, "{name:?}: {}", helms.all());
        assert_eq!(
            helms.stdout, "==> Linting web-0.1.0.tgz\n\n1 chart(s) linted, 0 chart(s) failed\n",
            "{name:?}"
        );
        let range = with(&["lint", "--version", "9.x"], &name);
        let exact = name.iter().any(|word| word.contains("0.1.0"));
        let run = published.run(&range);
        let code = match (exact, name[0].starts_with("oci")) {
            (false, _) => 3,
            // A tag that is not in the range.
            (true, true) => 2,
            (true, false) => 1,
        };
        assert_eq!(run.code, code, "{name:?}: {}", run.all());
    }
}

/// A baseline is written in one place and read in another, where the chart comes from the cache or from elsewhere.
#[test]
fn known_findings_of_fetched_charts_stay_known() {
    let published = Published::new();
    let names = published.names();
    let baseline = published.workspace.path("known.json");
    let baseline = baseline.to_str().expect("UTF-8");
    published.succeeds(&with(&["lint", "--write-baseline", baseline], &names[0]));
    let known = fs::read_to_string(baseline).expect("a file");
    assert!(known.contains("\"web-0.1.0.tgz!templates/a.yaml\""), "{known}");
    for private in ["home", "tmp", "served", "127.0.0.1"] {
        assert!(!known.contains(private), "{known}");
    }
    fs::create_dir_all(published.workspace.path("elsewhere/deep")).expect("directories");
    for name in &names {
        let run = published.run_in("elsewhere/deep", &with(&["lint", "--baseline", baseline], name));
        assert_eq!(run.code, 0, "{name:?}: {}", run.all());
        assert!(
            run.stderr.contains("0 error(s), 0 warning(s)"),
            "{name:?}: {}",
            run.all()
        );
        let sarif = published.run_in("elsewhere", &with(&["lint", "--report", "sarif"], name));
        assert!(sarif.stdout.contains("web-0.1.0.tgz%21templates/a.yaml"), "{name:?}");
        let reports: serde_json::Value = serde_json::from_str(&sarif.stdout).expect("JSON");
        let prints = reports["runs"][0]["results"][0]["partialFingerprints"].clone();
        let first = published.run(&with(&["lint", "--report", "sarif"], &names[0]));
        let first: serde_json::Value = serde_json::from_str(&first.stdout).expect("JSON");
        assert!(prints.is_object(), "{}", sarif.stdout);
        assert_eq!(
            prints, first["runs"][0]["results"][0]["partialFingerprints"],
            "{name:?}"
        );
    }
    // Nothing of the work tree is looked at, though it has a directory of this name.
    published
        .workspace
        .write("elsewhere/web-0.1.0.tgz/ci/test-values.yaml", "broken: [\n");
    published
        .workspace
        .write("elsewhere/web-0.1.0.tgz/templates/b.yaml", BROKEN);
    let run = published.run_in("elsewhere", &with(&["lint", "--baseline", baseline], &names[0]));
    assert_eq!(run.code, 0, "{}", run.all());
}

#[test]
fn a_path_goes_before_a_repository_of_the_same_name() {
    let published = Published::new();
    for (name, text) in [
        ("Chart.yaml", "apiVersion: v2\nname: here\nversion: 7.0.0\n"),
        (
            "templates/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: here}\n",
        ),
    ] {
        published.workspace.write(&format!("shop/web/{name}"), text);
        published.workspace.write(&format!("web/{name}"), text);
    }
    let url = published.server.url.clone();
    for (arguments, is_here) in [
        (&["template", "shop/web"][..], true),
        (&["template", "./shop/web"], true),
        (&["template", "web"], true),
        (&["template", "web", "--repo", &url], false),
        (&["package", "shop/web", "-d", "out"], true),
        (&["package", "web", "-d", "out"], true),
        (&["package", "web", "-d", "out", "--repo", &url], false),
        (&["lint", "shop/web"], true),
        (&["lint", "web"], true),
        (&["lint", "web", "--repo", &url], false),
        // `pull` is never about paths.
        (&["pull", "shop/web", "-d", "out"], false),
    ] {
        let before = published.server.requests().len();
        let run = published.run(arguments);
        let has_asked = published.server.requests().len() > before;
        assert_eq!(has_asked, !is_here, "{arguments:?}: {}", run.all());
        assert!(run.code < 2, "{arguments:?}: {}", run.all());
    }
    assert!(published.workspace.path("out/here-7.0.0.tgz").is_file());
    assert!(published.workspace.path("out/web-0.1.0.tgz").is_file());
}

#[test]
fn a_chart_that_is_fetched_is_packaged_again() {
    let published = Published::new();
    let dist = fs::read(published.workspace.path("dist/web-0.1.0.tgz")).expect("an archive");
    for name in published.names() {
        published.succeeds(&with(&["package", "-d", "again"], &name));
        let again = published.workspace.path("again/web-0.1.0.tgz");
        assert_eq!(fs::read(&again).expect("an archive"), dist, "{name:?}");
        fs::remove_file(again).expect("is removed");
        let other = ["package", "-d", "again", "--version", "2.0.0", "--app-version", "7"];
        published.succeeds(&with(&other, &name));
        let other = published.workspace.path("again/web-2.0.0.tgz");
        let shown = other.to_str().expect("UTF-8").to_owned();
        assert!(
            published
                .succeeds(&["lint", &shown, "--helm-rules"])
                .stdout
                .contains("0 chart(s) failed")
        );
        fs::remove_file(other).expect("is removed");
    }
    let url = published.server.url.clone();
    let run = published.run(&["package", "web", "--repo", &url, "--from-version", "9.x"]);
    assert_eq!(run.code, 3, "{}", run.all());
    assert!(
        run.stderr.contains("no version of the chart `web` fits `9.x`"),
        "{}",
        run.all()
    );
    let check = published.run(&["package", "web", "--repo", &url, "--check", "file://served"]);
    assert_eq!(check.code, 0, "{}", check.all());
    assert!(check.stdout.starts_with("web 0.1.0 is what "), "{}", check.all());
}

#[test]
fn only_signed_charts_are_accepted_where_that_is_demanded() {
    let published = Published::new();
    let (trusted, other) = (format!("{KEYS}/public.kbx"), format!("{KEYS}/locked.secret.asc"));
    let commands = [
        &["template"][..],
        &["lint", "--helm-rules"],
        &["package", "-d", "out"],
        &["pull"],
    ];
    for name in published.names() {
        for command in commands {
            let accepted = with(&[command, &["--verify", "--keyring", &trusted]].concat(), &name);
            published.succeeds(&accepted);
            let run = published.run(&with(&[command, &["--verify", "--keyring", &other]].concat(), &name));
            assert_eq!(
                (run.code, run.stdout.as_str()),
                (1, ""),
                "{command:?} {name:?}: {}",
                run.all()
            );
            assert!(
                run.stderr.contains("web-0.1.0.tgz: ") || run.stderr.contains("oci://"),
                "{}",
                run.all()
            );
        }
    }
    fs::remove_file(published.workspace.path("served/web-0.1.0.tgz.prov")).expect("is removed");
    fs::remove_file(published.workspace.path("web-0.1.0.tgz")).expect("is removed");
    for command in commands {
        let run = published.run(&[command, &["shop/web", "--verify", "--keyring", &trusted]].concat());
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{command:?}: {}", run.all());
        assert!(run.stderr.contains("has no provenance file"), "{}", run.all());
    }
    assert!(!published.workspace.path("web-0.1.0.tgz").exists());
}

#[test]
fn names_that_lead_nowhere_are_reported_with_what_they_may_mean() {
    let published = Published::new();
    let url = published.server.url.clone();
    let address = format!("{url}/web-0.1.0.tgz");
    for (arguments, code, words) in [
        (&["lint", "nowhere"][..], 3, "nowhere: no such file or directory"),
        (&["lint", "./no/where"], 3, "./no/where: no such file or directory"),
        (
            &["lint", "no/where"],
            3,
            "there is no file or directory `no/where` here",
        ),
        (&["lint", "no/where"], 3, "there is no repository `no`"),
        (
            &["lint", "ftp://h/c.tgz"],
            3,
            "ftp://h/c.tgz: no such file or directory",
        ),
        (
            &["lint", "shop/web", "--secrets-only"],
            3,
            "shop/web: no such file or directory",
        ),
        (&["package", "nowhere"], 3, "nowhere"),
        (
            &["package", "no/where"],
            3,
            "there is no file or directory `no/where` here",
        ),
        (
            &["template", "no/where"],
            3,
            "there is no file or directory `no/where` here",
        ),
        (&["lint", "shop/none"], 3, "does not have a chart `none`"),
        // The password of one server is not sent to another.
        (
            &[
                "lint",
                "shop/web",
                &address,
                "--username",
                "me",
                "--password",
                "hunter2",
            ],
            2,
            "--username is for one repository",
        ),
    ] {
        let run = published.run(arguments);
        assert_eq!(run.code, code, "{arguments:?}: {}", run.all());
        assert!(run.stderr.contains(words), "{arguments:?}: {}", run.all());
    }
    let several = [
        "lint",
        "web",
        "web",
        "--repo",
        &url,
        "--username",
        "me",
        "--password",
        "hunter2",
    ];
    assert_eq!(published.run(&several).code, 1);
    // The index is read once for both.
    let before = published.server.lines().len();
    published.run(&["lint", "web", "web", "--repo", &url]);
    let asked = published.server.lines().split_off(before);
    assert_eq!(
        asked.iter().filter(|line| line.contains("index.yaml")).count(),
        1,
        "{asked:?}"
    );
}

/// The login is for the repository of the chart; those of its dependencies are other servers.
#[test]
fn the_login_of_a_chart_is_not_sent_to_the_repositories_of_its_dependencies() {
    let published = Published::new();
    let chart = format!(
        "apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies: [{{name: web, version: 0.x, repository: '{}'}}]\n",
        published.server.url
    );
    published.workspace.write("app/Chart.yaml", &chart);
    let login = ["--username", "me", "--password", "hunter2", "--dependency-update"];
    let before = published.server.requests().len();
    for command in ["template", "lint", "package"] {
        let run = published.run(&[&[command, "app"][..], &login].concat());
        assert_eq!(run.code, 2, "{command}: {}", run.all());
        assert!(run.stderr.contains("are not used for app"), "{}", run.all());
    }
    assert_eq!(published.server.requests().len(), before);
    let fetched = format!("{}/web-0.1.0.tgz", published.server.url);
    let run = published.run(&[&["lint", "app", &fetched][..], &login].concat());
    assert!(run.code < 2, "{}", run.all());
    let sent = published.server.requests().split_off(before);
    let of_index = |one: &&Request| one.path() == "/index.yaml";
    let (index, archive): (Vec<_>, Vec<_>) = sent.iter().partition(of_index);
    assert!(
        !index.is_empty() && index.iter().all(|one| one.header("authorization").is_none()),
        "{index:?}"
    );
    assert!(
        archive.iter().any(|one| one.header("authorization").is_some()),
        "{archive:?}"
    );
}
