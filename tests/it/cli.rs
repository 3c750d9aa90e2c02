//! The program as users run it: arguments, exit code, and the text on each stream.

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn run_in(directory: &Path, arguments: &[&str], stdin: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_chartwright"))
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    std::io::Write::write_all(&mut child.stdin.take().expect("has stdin"), stdin).expect("takes input");
    child.wait_with_output().expect("ends")
}

fn run(arguments: &[&str]) -> Output {
    run_in(Path::new("fixtures/shop"), arguments, b"")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Exit code, and a part of standard output and of standard error.
#[test]
#[expect(clippy::too_many_lines, reason = "a table, one row per command line")]
fn commands_end_with_the_documented_codes() {
    for (arguments, code, out, err) in [
        (&["--version"][..], 0, "chartwright ", ""),
        (
            &["template", "x", "storefront"],
            0,
            "# Source: storefront/templates/deployment.yaml",
            "",
        ),
        (
            &["template", "x", "storefront", "--set", "replicaCount=many"],
            1,
            "",
            "- at '/replicaCount': got string, want integer",
        ),
        (
            &["template", "x", "nowhere"],
            3,
            "",
            "there is no file or directory `nowhere` here",
        ),
        (
            &["template", "x", "storefront", "--no-such-flag"],
            2,
            "",
            "Error: unknown flag: --no-such-flag",
        ),
        (
            &["template", "x", "storefront", "--validate"],
            2,
            "",
            "chartwright validate",
        ),
        (
            &["template", "x", "storefront", "-f", "https://example.com/v.yaml"],
            2,
            "",
            "not fetched",
        ),
        (
            &["template", "x", "storefront", "-f", "missing.yaml"],
            3,
            "",
            "open missing.yaml: no such file or directory",
        ),
        (&["template", "UPPER", "storefront"], 2, "", "invalid release name"),
        (
            &["template", "x", "shop"],
            1,
            "",
            "missing in charts/ directory: storefront, orders",
        ),
        (
            &[
                "template",
                "--name-template",
                "{{ \"a\" | repeat 3 }}",
                "orders",
                "-s",
                "templates/service.yaml",
            ],
            0,
            "name: aaa-orders",
            "",
        ),
        (
            &["lint", "storefront", "orders"],
            0,
            "",
            "2 chart(s) linted, 0 error(s), 0 warning(s)",
        ),
        (
            &["lint", "shop", "--strict"],
            1,
            "fixtures/shop/shop/Chart.yaml",
            "1 warning(s)",
        ),
        (
            &["lint", "--helm-rules", "storefront"],
            0,
            "==> Linting storefront\n\n1 chart(s) linted, 0 chart(s) failed\n",
            "",
        ),
        (&["lint"], 0, "", "4 chart(s) linted, 0 error(s)"),
        (&["validate", "missing.yaml"], 3, "open missing.yaml", ""),
        (
            &["validate", "--kubernetes-version", "1.2", "-"],
            2,
            "",
            "it has 1.25 to 1.37",
        ),
        (&["package", "nowhere"], 3, "", "nowhere"),
        (&["push", "a.tgz"], 2, "", ""),
        (
            &["bump", "--file", "shop/values-testing.yaml"],
            2,
            "",
            "nothing to change",
        ),
        (
            &["bump", "--file", "shop/values.yaml", "--image", "x/y:1"],
            1,
            "",
            "no value names the image `x/y`",
        ),
        (&["ci", "nowhere"], 3, "", "open nowhere: no such file or directory"),
        (
            &["ci", "storefront/Chart.yaml"],
            3,
            "",
            "storefront/Chart.yaml is not a directory",
        ),
        (&["ci", "storefront/templates"], 2, "", "no chart below"),
        (
            &["lint", "storefront/Chart.yaml"],
            1,
            "name the directory that holds Chart.yaml",
            "",
        ),
    ] {
        let output = run(arguments);
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{stdout}{stderr}");
        assert!(stdout.contains(out), "{arguments:?}: {out:?} is not in\n{stdout}");
        assert!(stderr.contains(err), "{arguments:?}: {err:?} is not in\n{stderr}");
        assert!(
            code == 0 || arguments[0] != "template" || stdout.is_empty(),
            "{arguments:?} wrote {stdout}"
        );
    }
}

#[test]
fn validate_reads_standard_input_and_reports_places() {
    let manifest = b"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n  - port: http\n";
    for arguments in [
        &["validate", "--strict", "--kubernetes-version", "1.31"][..],
        &["validate", "-strict", "-kubernetes-version", "1.31", "-"],
    ] {
        let output = run_in(Path::new("."), arguments, manifest);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            text(&output.stdout),
            "stdin:6:11: error: Service a: /spec/ports/0/port: got string, want integer [type]\n"
        );
    }
}

#[test]
fn bump_changes_the_tag_and_the_version_and_nothing_else() {
    let directory = tempfile::tempdir().expect("a directory");
    for chart in ["storefront", "orders", "shop"] {
        copy(&Path::new("fixtures/shop").join(chart), &directory.path().join(chart));
    }
    let image = "registry.example.com/shop/storefront:2.11.0-rc.4";
    let arguments = [
        "bump",
        "--file",
        "shop/values-testing.yaml",
        "--image",
        image,
        "--chart-version",
        "patch",
    ];
    let shown = run_in(directory.path(), &[&arguments[..], &["--dry-run"]].concat(), b"");
    let diff = text(&shown.stdout);
    assert!(
        diff.contains(
            "-    tag: \"2.11.0-rc.3\" # set by the pipeline\n+    tag: \"2.11.0-rc.4\" # set by the pipeline\n"
        ),
        "{diff}"
    );
    assert!(diff.contains("-version: 0.3.0\n+version: 0.3.1\n"), "{diff}");
    let read = |name: &str| std::fs::read_to_string(directory.path().join("shop").join(name)).expect("a file");
    let before = read("values-testing.yaml");
    let done = run_in(directory.path(), &arguments, b"");
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert_eq!(read("values-testing.yaml"), before.replace("rc.3\" #", "rc.4\" #"));
    let again = run_in(directory.path(), &arguments, b"");
    assert!(
        text(&again.stdout).contains("is 2.11.0-rc.4 already"),
        "{}",
        text(&again.stdout)
    );
    assert!(
        read("Chart.yaml").contains("version: 0.3.1\n"),
        "a second run changes nothing"
    );
}

#[test]
fn ci_checks_packages_and_publishes_the_example() {
    let directory = tempfile::tempdir().expect("a directory");
    let repository = format!("file://{}", directory.path().display());
    let output = run(&["ci", ".", "--repository", &repository]);
    let table = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{table}{}", text(&output.stderr));
    for row in [
        "orders      0.9.1    2           6          0       0         published",
        "shop        0.3.0    8 ",
    ] {
        assert!(table.contains(row), "{row:?} is not in\n{table}");
    }
    assert!(directory.path().join("shop-0.3.0.tgz").is_file());
    let again = text(&run(&["ci", ".", "--repository", &repository]).stdout);
    assert_eq!(again.matches("unchanged in the repository").count(), 4, "{again}");
}

#[test]
fn ci_points_at_the_template_line_of_a_finding() {
    let directory = tempfile::tempdir().expect("a directory");
    copy(Path::new("fixtures/shop/orders"), &directory.path().join("orders"));
    let helper = directory.path().join("orders/templates/_labels.tpl");
    let text_before = std::fs::read_to_string(&helper).expect("a file");
    std::fs::write(
        &helper,
        text_before.replace("- name: DATABASE_PORT\n  value:", "- name: DATABASE_PORT\n  valeu:"),
    )
    .expect("writes");
    let output = run_in(directory.path(), &["ci", "."], b"");
    assert_eq!(output.status.code(), Some(1));
    let found = text(&output.stdout);
    let wanted = "orders/templates/_labels.tpl:11:";
    assert!(
        found
            .lines()
            .any(|line| line.contains(wanted) && line.contains("'valeu' not allowed")),
        "{wanted:?} is not in\n{found}"
    );
}

#[test]
fn packages_are_the_same_bytes_every_time() {
    let directory = tempfile::tempdir().expect("a directory");
    let make = |name: &str| {
        let target = directory.path().join(name);
        let target = target.display().to_string();
        assert_eq!(run(&["package", "orders", "-d", &target]).status.code(), Some(0));
        std::fs::read(Path::new(&target).join("orders-0.9.1.tgz")).expect("an archive")
    };
    assert_eq!(make("one"), make("two"));
}

/// Copies a directory.
pub(super) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else if std::fs::copy(entry.path(), &target).is_err() {
            panic!("cannot copy {}", entry.path().display());
        }
    }
}

/// The program as it is released has no loader that could look up what asks the kernel, and early containers have no /dev.
#[test]
fn the_program_that_is_released_needs_no_file_for_random_numbers() {
    let settings = std::fs::read_to_string(".cargo/static.toml").expect("the settings of the build");
    let flags = settings
        .lines()
        .find(|line| line.starts_with("rustflags"))
        .expect("flags");
    assert!(flags.contains("+crt-static"), "{flags}");
    assert!(flags.contains(r#"'getrandom_backend="linux_getrandom"'"#), "{flags}");
}

#[test]
fn a_system_without_certificates_of_authorities_is_said() {
    let workspace = super::workspace::Workspace::new(&[("empty.pem", "")]);
    let none = workspace.path("empty.pem").display().to_string();
    let variables = [("SSL_CERT_FILE", none.as_str()), ("SSL_CERT_DIR", "/nowhere")];
    let run = super::workspace::run(
        &workspace.path("."),
        &["repo", "list", "https://localhost:1/x"],
        &variables,
    );
    assert_eq!(run.code, 3, "{}", run.all());
    assert!(
        run.stderr.contains("no certificates of authorities") && run.stderr.contains("SSL_CERT_FILE"),
        "{}",
        run.all()
    );
}
