//! What a cluster has: its version, its APIs, the releases that Helm stored in a namespace, and objects, all asked of kubectl.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value as Json;

use super::program::{ProgramError, Programs};
use super::stored_release::{ReleaseStatus, StoredRelease};
use super::target::KubeTarget;
use crate::engine::template::LookedUp;
use crate::kubernetes::version::KubeVersion;
use crate::text::compact_sort::sort_by;

/// Where Helm stores releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HelmStorage {
    /// In Secrets.
    #[default]
    Secrets,
    /// In `ConfigMaps`.
    ConfigMaps,
}

impl HelmStorage {
    /// The one that the variable `HELM_DRIVER` names.
    ///
    /// # Errors
    /// When it names one that kubectl cannot read.
    pub fn of_variable(value: Option<&str>) -> Result<Self, String> {
        match value.map(str::to_ascii_lowercase).as_deref() {
            None | Some("" | "secret" | "secrets") => Ok(Self::Secrets),
            Some("configmap" | "configmaps") => Ok(Self::ConfigMaps),
            Some(other) => Err(format!(
                "HELM_DRIVER is `{other}`: releases are read where Helm has them in Secrets or ConfigMaps"
            )),
        }
    }

    const fn resource(self) -> &'static str {
        match self {
            Self::Secrets => "secrets",
            Self::ConfigMaps => "configmaps",
        }
    }
}

/// A namespace of a cluster, as it is.
#[derive(Debug)]
pub struct LiveCluster<'p> {
    /// How programs are run.
    pub programs: &'p Programs,
    /// The cluster and the namespace.
    pub target: KubeTarget,
    /// Where Helm stores releases.
    pub storage: HelmStorage,
    api_versions: Mutex<Option<Vec<String>>>,
}

impl<'p> LiveCluster<'p> {
    /// Nothing is asked yet.
    pub const fn new(programs: &'p Programs, target: KubeTarget, storage: HelmStorage) -> Self {
        Self {
            programs,
            target,
            storage,
            api_versions: Mutex::new(None),
        }
    }

    /// What kubectl prints as JSON for arguments in the namespace.
    ///
    /// # Errors
    /// When kubectl fails.
    pub fn get(&self, arguments: &[&str]) -> Result<Json, ProgramError> {
        let call = self.target.kubectl(["--namespace", &self.target.namespace, "get"]);
        let call = call.and(arguments.iter().copied()).and(["-o", "json"]);
        self.programs.json(&call, b"")
    }

    /// The same for an object that may not be there.
    ///
    /// # Errors
    /// When kubectl fails for another reason.
    pub fn find(&self, arguments: &[&str]) -> Result<Option<Json>, ProgramError> {
        match self.get(arguments) {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The version of Kubernetes that the cluster has.
    ///
    /// # Errors
    /// When it cannot be asked, or says something that is not a version.
    pub fn kube_version(&self) -> Result<KubeVersion, ProgramError> {
        let found = self
            .programs
            .json(&self.target.kubectl(["get", "--raw", "/version"]), b"")?;
        let version = found.get("gitVersion").and_then(Json::as_str).unwrap_or_default();
        KubeVersion::parse(version).map_err(|error| ProgramError::Odd {
            command: "kubectl get".to_owned(),
            what: error.to_string(),
        })
    }

    /// The APIs of the cluster, as `.Capabilities.APIVersions` has them: `apps/v1`, `apps/v1/Deployment`. They are asked for once.
    ///
    /// # Errors
    /// When kubectl fails.
    pub fn api_versions(&self) -> Result<Vec<String>, ProgramError> {
        let mut known = self.api_versions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*known {
            return Ok(known.clone());
        }
        let text = |call: &[&str]| {
            let printed = self.programs.output(&self.target.kubectl(call.iter().copied()), b"")?;
            Ok::<String, ProgramError>(String::from_utf8_lossy(&printed).into_owned())
        };
        let mut found: Vec<String> = text(&["api-versions"])?.lines().map(str::to_owned).collect();
        // NAME SHORTNAMES APIVERSION NAMESPACED KIND: the second may be missing.
        for line in text(&["api-resources", "--no-headers"])?.lines() {
            let columns: Vec<&str> = line.split_whitespace().rev().take(3).collect();
            if let [kind, _, version] = columns.as_slice() {
                found.push(format!("{version}/{kind}"));
            }
        }
        Ok(known.insert(found).clone())
    }

    /// The newest revision of each release of the namespace by name, whatever became of it.
    ///
    /// # Errors
    /// When kubectl fails, or a release cannot be read.
    pub fn newest_releases(&self) -> Result<BTreeMap<String, StoredRelease>, ProgramError> {
        let mut newest = BTreeMap::new();
        // In their order, so that the last one stays.
        for release in self.releases("owner=helm,status!=superseded")? {
            newest.insert(release.name.clone(), release);
        }
        Ok(newest)
    }

    /// All revisions of a release, the oldest first.
    ///
    /// # Errors
    /// When kubectl fails, or a revision cannot be read.
    pub fn revisions(&self, release: &str) -> Result<Vec<StoredRelease>, ProgramError> {
        self.releases(&format!("owner=helm,name={release}"))
    }

    /// The releases with labels, by revision.
    fn releases(&self, labels: &str) -> Result<Vec<StoredRelease>, ProgramError> {
        let found = self.get(&[self.storage.resource(), "-l", labels])?;
        let items = found.get("items").and_then(Json::as_array).into_iter().flatten();
        let read = items.map(|item| {
            StoredRelease::of_object(item).map_err(|what| {
                let name = item
                    .pointer("/metadata/name")
                    .and_then(Json::as_str)
                    .unwrap_or_default();
                ProgramError::Odd {
                    command: "kubectl get".to_owned(),
                    what: format!("{name}: {what}"),
                }
            })
        });
        let mut found: Vec<StoredRelease> = read.collect::<Result<_, _>>()?;
        sort_by(&mut found, |a, b| a.revision.cmp(&b.revision));
        Ok(found)
    }

    /// Objects of kinds such as `deployments.apps` with labels. Kinds that may not be read, or are not there, are left out.
    ///
    /// # Errors
    /// When kubectl cannot be run.
    pub fn objects(
        &self,
        kinds: &[String],
        labels: &str,
        in_namespace: Option<&str>,
    ) -> Result<Vec<Json>, ProgramError> {
        if kinds.is_empty() {
            return Ok(Vec::new());
        }
        let list = |kinds: &str| {
            let mut call = self
                .target
                .kubectl(["get", kinds, "-o", "json", "--show-managed-fields=false"]);
            if !labels.is_empty() {
                call = call.and(["-l", labels]);
            }
            call = match in_namespace {
                Some(namespace) => call.and(["--namespace", namespace]),
                None => call.and(["--all-namespaces"]),
            };
            self.programs.json(&call, b"")
        };
        let items = |found: Json| match found {
            Json::Object(mut list) => match list.remove("items") {
                Some(Json::Array(items)) => items,
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        match list(&kinds.join(",")) {
            Ok(found) => Ok(items(found)),
            Err(ProgramError::Failed { .. }) if kinds.len() > 1 => {
                // One kind that is forbidden or unknown fails all of them.
                let each = kinds.iter().map(|kind| match list(kind) {
                    Ok(found) => Ok(items(found)),
                    Err(ProgramError::Failed { .. }) => Ok(Vec::new()),
                    Err(error) => Err(error),
                });
                Ok(each.collect::<Result<Vec<_>, _>>()?.concat())
            }
            Err(ProgramError::Failed { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// What the template function `lookup` finds: an object, or a list where no name is given.
    ///
    /// # Errors
    /// When kubectl fails. An object, and a kind, that is not there is none.
    pub fn lookup(&self, wanted: &LookedUp<'_>) -> Result<Option<Vec<u8>>, String> {
        let (group, version) = match wanted.api_version.split_once('/') {
            Some((group, version)) => (group, version),
            None => ("", wanted.api_version),
        };
        let is_word = |text: &str| {
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-:_".contains(&byte))
        };
        if wanted.kind.is_empty()
            || ![wanted.kind, version, group, wanted.namespace, wanted.name]
                .into_iter()
                .all(is_word)
        {
            return Err(format!(
                "lookup: `{} {}` is not understood",
                wanted.api_version, wanted.kind
            ));
        }
        let kind = format!("{}.{version}.{group}", wanted.kind);
        let mut call = self.target.kubectl(["get", &kind]);
        if !wanted.name.is_empty() {
            call = call.and([wanted.name]);
        }
        call = match wanted.namespace {
            "" => call.and(["--all-namespaces"]),
            namespace => call.and(["--namespace", namespace]),
        };
        if !wanted.name.is_empty() && wanted.namespace.is_empty() {
            call = self.target.kubectl(["get", &kind, wanted.name]);
        }
        match self.programs.output(&call.and(["-o", "json"]), b"") {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) if error.words().contains("the server doesn't have a resource type") => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// The last revision of a release that was good: not one of those that are known to be bad, such as those whose tests failed.
pub fn last_good<'r>(
    revisions: &'r [StoredRelease],
    before: u64,
    is_bad: &dyn Fn(u64) -> bool,
) -> Option<&'r StoredRelease> {
    let was_good = |release: &&StoredRelease| {
        release.revision < before && release.info.status.was_good() && !is_bad(release.revision)
    };
    revisions.iter().rev().find(was_good)
}

/// Whether a release is installed as far as Helm knows.
pub const fn is_installed(status: ReleaseStatus) -> bool {
    !matches!(status, ReleaseStatus::Uninstalled)
}
