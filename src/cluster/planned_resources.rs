//! Files that are applied as they are: resource files and kustomizations in, what kubectl gets and what it would change out.

use std::path::{Path, PathBuf};

use super::live::LiveCluster;
use super::plan_request::{PlanError, PlanRequest};
use crate::check::finding::{SecretValues, without_secrets};
use crate::delivery::environment::Release;

/// Files that are applied as they are.
pub struct PlannedResources {
    /// The release that names them; empty for those of a releases file.
    pub name: String,
    /// The files, or the directory of a kustomization.
    pub paths: Vec<PathBuf>,
    /// What kubectl gets.
    pub(super) text: Vec<u8>,
    /// Everything in it that nothing may show.
    pub(super) secrets: SecretValues,
    /// Whether anything would change.
    pub differs: bool,
    /// What would change, as kubectl shows it, without secrets.
    pub lines: String,
}

impl PlannedResources {
    /// What records call them.
    pub fn label(&self) -> &str {
        if self.name.is_empty() { "resources" } else { &self.name }
    }
}

/// Files that are applied as they are.
pub(super) fn plan_resources(
    request: &PlanRequest<'_>,
    cluster: &LiveCluster<'_>,
    release: &Release,
    files: &[PathBuf],
) -> Result<PlannedResources, PlanError> {
    let mut text = Vec::new();
    for path in files {
        let read = (request.read)(&request.directory.join(path));
        let found = read.map_err(|source| PlanError::Read {
            path: path.clone(),
            source,
        })?;
        text.extend_from_slice(b"---\n");
        text.extend_from_slice(&found);
        text.push(b'\n');
    }
    compared_resources((request, cluster), release, files.to_vec(), text)
}

/// What kubectl makes of a kustomization.
pub(super) fn plan_kustomization(
    request: &PlanRequest<'_>,
    cluster: &LiveCluster<'_>,
    release: &Release,
    path: &Path,
) -> Result<PlannedResources, PlanError> {
    let place = request.directory.join(path).display().to_string();
    let text = cluster
        .programs
        .output(&cluster.target.kubectl(["kustomize", &place]), b"")?;
    compared_resources((request, cluster), release, vec![path.to_owned()], text)
}

fn compared_resources(
    (request, cluster): (&PlanRequest<'_>, &LiveCluster<'_>),
    release: &Release,
    paths: Vec<PathBuf>,
    text: Vec<u8>,
) -> Result<PlannedResources, PlanError> {
    let call = cluster.target.kubectl(["--namespace", &cluster.target.namespace]);
    let call = call.and([
        "diff",
        "--server-side",
        "--force-conflicts",
        "--field-manager=chartwright",
        "-f",
        "-",
    ]);
    let ended = cluster.programs.run(&call, &text)?;
    let mut secrets = SecretValues::default();
    secrets.add_text(&text);
    secrets.extend(&request.decrypted.borrow().secrets);
    let differs = match ended.code() {
        Some(0) => false,
        Some(1) => true,
        // The namespace may not be there yet.
        _ if ["(NotFound)", "no matches for kind"]
            .iter()
            .any(|mark| ended.words.contains(mark)) =>
        {
            true
        }
        _ => return Err(ended.failure().without(&secrets).into()),
    };
    let lines = String::from_utf8_lossy(&ended.output).into_owned();
    Ok(PlannedResources {
        name: release.name.text.clone(),
        paths,
        text,
        differs,
        lines: without_secrets(&secrets.hide(&lines)),
        secrets,
    })
}
