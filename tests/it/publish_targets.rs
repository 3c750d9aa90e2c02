//! Packages to a repository with an index and to a registry in one command: to all or to none, and what is said when one fails
//! half-way.

use std::path::Path;

use chartwright::artifact::remote::{PublishTarget, RemoteCharts, TargetOutcome, TargetsRequest, publish_to_targets};
use chartwright::artifact::repository::{Existing, Item, Outcome};

use super::remote_oci_server::{Behaviour, Fault, OciServer};
use super::remote_settings::{packed, settings};
use super::s3_server::{self, S3Server};
use super::workspace::{Run, Workspace, run};

const NOW: &str = "2026-01-02T03:04:05Z";

fn registry(fault: Fault) -> OciServer {
    OciServer::start(Behaviour {
        fault,
        ..Behaviour::default()
    })
}

fn items() -> Vec<Item> {
    let archives = ["a", "b"].map(|name| packed(name, "1.0.0"));
    archives
        .map(|archive| Item::from_archive(archive).expect("a chart"))
        .into()
}

/// Publishes to a directory and a registry, in this order or the other.
fn publish(directory: &Path, registry: &OciServer, registry_is_first: bool) -> Result<Vec<TargetOutcome>, String> {
    let mut targets = [format!("file://{}", directory.display()), registry.repository()]
        .map(|address| PublishTarget::parse(&address, Path::new("/")).expect("an address"));
    if registry_is_first {
        targets.reverse();
    }
    let request = TargetsRequest {
        targets: &targets,
        items: &items(),
        existing: Existing::Refuse,
        is_dry_run: false,
    };
    publish_to_targets(&RemoteCharts::new(settings()), request, NOW).map_err(|refused| {
        assert!(targets.contains(&refused.target));
        format!("{}: {refused}", refused.target)
    })
}

/// The number of tags and files.
fn written(directory: &Path, registry: &OciServer) -> (usize, usize) {
    let files = std::fs::read_dir(directory).map_or(0, Iterator::count);
    (registry.content.lock().expect("not poisoned").tags.len(), files)
}

#[test]
fn all_are_published_to_or_none() {
    for registry_is_first in [false, true] {
        let all = tempfile::tempdir().expect("a directory");
        let directory = all.path().join("charts");
        let refusing = registry(Fault::RefusesUploads);
        let error = publish(&directory, &refusing, registry_is_first).expect_err("is refused");
        assert!(
            error.starts_with(&refusing.repository()) && error.contains("DENIED"),
            "{error}"
        );
        assert_eq!(written(&directory, &refusing), (0, 0));

        // A file where the directory should be.
        let server = registry(Fault::None);
        let file = all.path().join("file");
        std::fs::write(&file, "").expect("a file");
        let error = publish(&file, &server, registry_is_first).expect_err("is refused");
        assert!(error.starts_with("file://"), "{error}");
        assert_eq!(written(&file, &server).0, 0);
        assert!(server.content.lock().expect("not poisoned").blobs.is_empty());

        let outcomes = publish(&directory, &server, registry_is_first).expect("is published");
        for outcome in &outcomes {
            let done: Vec<Outcome> = outcome.published.iter().map(|one| one.outcome).collect();
            assert_eq!(done, [Outcome::Published; 2], "{}", outcome.target);
            assert!(outcome.error.is_none());
        }
        assert_eq!(
            matches!(outcomes[0].target, PublishTarget::Registry(_)),
            registry_is_first
        );
        assert_eq!(written(&directory, &server).1, 3, "two archives and the index");
    }
}

#[test]
fn a_target_that_fails_half_way_says_what_was_done() {
    for registry_is_first in [false, true] {
        let directory = tempfile::tempdir().expect("a directory");
        let server = registry(Fault::RefusesSecondChart);
        let outcomes = publish(directory.path(), &server, registry_is_first).expect("begins");
        for outcome in outcomes {
            let done: Vec<Outcome> = outcome.published.iter().map(|one| one.outcome).collect();
            match outcome.target {
                PublishTarget::Registry(_) => {
                    assert_eq!(done, [Outcome::Published]);
                    let error = outcome.error.expect("an error").to_string();
                    assert!(error.contains("DENIED: quota"), "{error}");
                }
                PublishTarget::Indexed(_) | PublishTarget::Server(_) => {
                    assert_eq!(done, [Outcome::Published; 2]);
                    assert!(outcome.error.is_none());
                }
            }
        }
    }
}

/// The program with a home of its own, which has no login and no list of repositories that can be read.
fn push(workspace: &Workspace, more: &[&str], endpoint: &str) -> Run {
    let home = workspace.path("home");
    let home = home.to_str().expect("UTF-8");
    let variables = [
        ("HOME", home),
        ("XDG_CONFIG_HOME", home),
        ("XDG_CACHE_HOME", home),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ("AWS_ENDPOINT_URL", endpoint),
    ];
    let arguments = [&["push", "a.tgz", "b.tgz", "--plain-http"], more].concat();
    run(&workspace.path("."), &arguments, &variables)
}

#[test]
fn the_command_reports_each_place() {
    let workspace = Workspace::new(&[]);
    for name in ["a", "b"] {
        std::fs::write(workspace.path(&format!("{name}.tgz")), packed(name, "1.0.0")).expect("an archive");
    }
    let store = S3Server::start(s3_server::Behaviour::Honest);
    let server = registry(Fault::RefusesSecondChart);
    let to = [
        "--repository",
        &server.repository(),
        "--repository",
        "s3://bucket/charts",
    ];
    let run = push(&workspace, &to, &store.endpoint);
    assert_eq!(run.code, 3, "{}", run.all());
    for line in [
        format!("Pushed a 1.0.0 to {} (a:1.0.0, sha256:", server.repository()),
        format!("Failed in {}: not pushed: b 1.0.0\n", server.repository()),
        "Pushed a 1.0.0 to s3://bucket/charts (a-1.0.0.tgz, sha256:".to_owned(),
        "Pushed b 1.0.0 to s3://bucket/charts (b-1.0.0.tgz, sha256:".to_owned(),
    ] {
        assert!(run.stdout.contains(&line), "{line}: {}", run.all());
    }
    assert!(run.stderr.contains("DENIED: quota"), "{}", run.all());
    // In JSON, again: what is there is not pushed again.
    let run = push(&workspace, &[&to[..], &["--output", "json"]].concat(), &store.endpoint);
    assert_eq!(run.code, 3, "{}", run.all());
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(report["repositories"][0]["charts"][0]["outcome"], "unchanged");
    assert_eq!(report["repositories"][0]["charts"][1], serde_json::Value::Null);
    let error = report["repositories"][0]["error"].as_str().expect("a text");
    assert!(error.contains("DENIED: quota"), "{error}");
    assert_eq!(report["repositories"][1]["charts"][1]["outcome"], "unchanged");

    let refusing = registry(Fault::RefusesUploads);
    let to = [
        "--repository",
        "s3://bucket/new",
        "--repository",
        &refusing.repository(),
    ];
    let run = push(&workspace, &to, &store.endpoint);
    assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{}", run.all());
    assert!(
        run.stderr.contains("nothing was written to any of the repositories"),
        "{}",
        run.all()
    );
    assert!(store.object("bucket/new/index.yaml").is_none());
}

/// Helm's list of repositories has nothing to do with a bucket.
#[test]
fn a_broken_list_of_helm_does_not_concern_a_bucket() {
    let workspace = Workspace::new(&[("home/helm/repositories.yaml", "repositories: 7\n")]);
    for name in ["a", "b"] {
        std::fs::write(workspace.path(&format!("{name}.tgz")), packed(name, "1.0.0")).expect("an archive");
    }
    let store = S3Server::start(s3_server::Behaviour::Honest);
    let run = push(&workspace, &["s3://bucket"], &store.endpoint);
    assert_eq!(run.code, 0, "{}", run.all());
    let run = push(&workspace, &[&registry(Fault::None).repository()], &store.endpoint);
    assert!(
        run.code == 3 && run.stderr.contains("repositories.yaml"),
        "{}",
        run.all()
    );
}
