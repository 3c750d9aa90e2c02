//! Kubernetes versions on the command line and in `chartwright.yaml`: which versions a chart is rendered for, and which
//! texts are refused. How texts are read is tested beside `kubernetes::version`; here, that every command reads them so.

use std::path::Path;
use std::process::Command;

/// A chart whose object shows the version it was rendered for, beside a configuration.
fn workspace(versions: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |path: &str, text: &str| {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, text).expect("a file");
    };
    write("chartwright.yaml", &format!("kubernetesVersions: [{versions}]\n"));
    write("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n");
    write(
        "web/templates/service.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}], type: \"{{ .Capabilities.KubeVersion.Version }}\"}\n",
    );
    write("pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {}\n");
    directory
}

/// The exit code, standard output and standard error.
fn run(directory: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_chartwright"))
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .output()
        .expect("starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn every_command_checks_every_version_of_a_range() {
    let all = ["v1.31.0", "v1.32.0", "v1.33.0"];
    let configured = workspace("1.31..1.33");
    let other = workspace("latest");
    for (directory, arguments) in [
        (&configured, &["ci", ".", "--no-push"][..]),
        (&other, &["ci", ".", "--no-push", "--kubernetes-version", "1.31..1.33"]),
        (
            &other,
            &["ci", ".", "--no-push", "--kubernetes-version", "v1.31..1.32,1.33.0"],
        ),
        (&other, &["lint", "web", "--kube-version", "1.31..1.33"]),
        (&other, &["lint", "web", "--kube-version", "1.31,1.32..1.33"]),
    ] {
        let (code, out, _) = run(directory.path(), arguments);
        assert_eq!(code, Some(1), "{arguments:?}");
        for version in all {
            assert!(out.contains(version), "{arguments:?}: {version} is missing in\n{out}");
        }
        assert!(!out.contains("v1.34"), "{out}");
    }
    for (versions, named) in [
        ("1.31..1.33", " (Kubernetes 1.31, 1.32, 1.33)"),
        ("..1.26,1.28", " (Kubernetes 1.25, 1.26, 1.28)"),
        ("1.31.0", ""),
        ("master", ""),
        // Patch versions have the same schemas.
        ("1.31,v1.31.4", ""),
    ] {
        let (code, out, err) = run(
            other.path(),
            &["validate", "pod.yaml", "--kubernetes-version", versions],
        );
        assert_eq!(code, Some(1), "{versions}: {err}");
        assert_eq!(out.contains("(Kubernetes"), !named.is_empty(), "{versions}: {out}");
        assert!(out.contains(named), "{versions}: {out}");
    }
}

#[test]
fn every_command_refuses_versions_it_cannot_check() {
    let directory = workspace("1.31..9.99");
    for (arguments, named) in [
        (&["ci", ".", "--no-push"][..], "`1.31..9.99`"),
        (
            &["ci", ".", "--no-push", "--kubernetes-version", "1.35..1.31"],
            "`1.35..1.31`",
        ),
        (&["lint", "web", "--kube-version", "1.31x"], "`1.31x`"),
        (&["lint", "web", "--kube-version", "1.31,"], "``"),
        (&["validate", "pod.yaml", "--kubernetes-version", "1.31."], "`1.31.`"),
        (
            &["validate", "pod.yaml", "--kubernetes-version", "1.31..9.99"],
            "`1.31..9.99`",
        ),
    ] {
        let (code, out, err) = run(directory.path(), arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}: {err}");
        assert!(err.contains(named), "{arguments:?}: {err}");
    }
}

/// Claims of volumes had the type of containers' resources before Kubernetes 1.29.
#[test]
fn storage_is_a_resource_of_claims_in_every_version() {
    let directory = workspace("1.31");
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\nspec:\n  accessModes: [ReadWriteOnce]\n  \
        resources: {requests: {storage: 1Gi}}\n";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: a, image: \"a:1\", \
        resources: {requests: {storage: 1Gi}}}\n";
    std::fs::write(directory.path().join("claim.yaml"), claim).unwrap();
    std::fs::write(directory.path().join("storage.yaml"), pod).unwrap();
    let validate = |file: &str| {
        run(
            directory.path(),
            &["validate", "--strict", "--kubernetes-version", "1.25..", file],
        )
    };
    let (code, out, _) = validate("claim.yaml");
    assert_eq!(code, Some(0), "{out}");
    let (code, out, _) = validate("storage.yaml");
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("/spec/containers/0/resources/requests/storage"), "{out}");
}
