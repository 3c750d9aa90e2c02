//! Notifications about what a command changed. In: what it published or committed. Out: requests to the receivers that the environment
//! names, and warnings. Nothing here fails a command.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::artifact::network::{CertificateCheck, HttpClient, TlsSettings};
use crate::artifact::repository::GitRef;
use crate::delivery::git::WorkTree;
use crate::pipeline::{BuildSource, NOTIFY_POLICY, Notice, Receivers, run_address};
use crate::report::{PublishedPackage, packages_json};
use crate::text::redact::redact_message;

use super::destination_flags::fork;
use super::network::{ProcessClock, network_settings};
use super::run_context::RunContext;

/// Packages that a subject names.
const NAMED: usize = 10;

/// Notifies of packages that were published, if there are any.
pub(super) fn notify_of_packages(
    context: RunContext,
    command: &'static str,
    directory: &Path,
    packages: &[PublishedPackage],
) {
    if packages.is_empty() {
        return;
    }
    let named: Vec<String> = packages
        .iter()
        .take(NAMED)
        .map(|package| format!("{} {}", package.name, package.version))
        .collect();
    let mut subject = format!("published {}", named.join(", "));
    if packages.len() > NAMED {
        subject.push_str(&format!(" and {} more", packages.len() - NAMED));
    }
    let lines = packages.iter().map(|package| {
        let repository = redact_message(&package.repository);
        format!(
            "{} {} in {repository}, sha256:{}\n",
            package.name, package.version, package.digest
        )
    });
    let details = Map::from_iter([("packages".to_owned(), packages_json(packages))]);
    notify(context, command, directory, (subject, lines.collect(), details));
}

/// Notifies of a change: its subject, lines about it, and the same for programs.
pub(super) fn notify(
    context: RunContext,
    command: &'static str,
    directory: &Path,
    (subject, changes, details): (String, String, Map<String, Json>),
) {
    let variable = |name: &str| context.variable(name);
    let receivers = Receivers::from_variables(&variable);
    if receivers.is_empty() {
        return;
    }
    if let Some(reason) = fork(context) {
        context.report(&format!("no notification: {reason}"));
        return;
    }
    let settings = network_settings(context, CertificateCheck::Verify);
    let client = HttpClient::new(
        &settings,
        &TlsSettings::default(),
        NOTIFY_POLICY,
        Arc::new(ProcessClock),
    );
    let client = match client {
        Ok(client) => client,
        Err(error) => return context.report(&format!("warning: no notification: {error}")),
    };
    let notice = Notice {
        command,
        subject,
        time: context.now_rfc3339(),
        run: run_address(&variable),
        source: source(context, directory),
        changes,
        details,
    };
    for failed in receivers.send(&client, &notice) {
        context.report(&format!("warning: {failed}"));
    }
}

/// What the run was made from: branch or tag, commit, and who committed it.
fn source(context: RunContext, directory: &Path) -> Json {
    let directory = context.working_directory().join(directory);
    let build = BuildSource::find(&|name| context.variable(name), &directory);
    let (branch, tag) = match &build.git_ref {
        Some(GitRef::Branch(name)) => (Some(name), None),
        Some(GitRef::Tag(name)) => (None, Some(name)),
        None => (None, None),
    };
    let committer = WorkTree::of(&directory).and_then(|tree| tree.last_committer()).ok();
    let committer = committer.map(|(name, email)| json!({"name": name, "email": email}));
    let repository = ["GITHUB_REPOSITORY", "CI_PROJECT_PATH"]
        .iter()
        .find_map(|name| context.variable(name));
    json!({
        "repository": repository,
        "branch": branch,
        "tag": tag,
        "commit": build.sha,
        "build": build.number,
        "committer": committer,
    })
}
