//! Why the pods of workloads are not ready: the objects of a namespace in, what is wrong with each workload out, and whether it may still mend
//! itself. The reasons are those of the kubelet, the scheduler and the controllers (`pkg/kubelet/container/sync_result.go`,
//! `pkg/kubelet/images/types.go`, `pkg/controller` of Kubernetes).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value as Json;

use super::live::LiveCluster;
use super::program::ProgramError;

/// Kinds that are looked at while a rollout is waited for.
pub(super) const WATCHED: [&str; 6] = [
    "pods",
    "replicasets.apps",
    "deployments.apps",
    "statefulsets.apps",
    "daemonsets.apps",
    "jobs.batch",
];

/// How long a reason must last before it is certain that it does not mend itself.
const LASTING: Duration = Duration::from_secs(5);
/// The same for what depends on objects that others may still create, or remove.
const LONG_LASTING: Duration = Duration::from_secs(15);

/// Something that keeps a workload from becoming ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Kind of the object that was applied.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The pod, where there is one.
    pub pod: Option<String>,
    /// The container, where it is one's.
    pub container: Option<String>,
    /// Such as `ImagePullBackOff`.
    pub reason: String,
    /// More about it.
    pub message: String,
    /// The image of the container.
    pub image: Option<String>,
    /// The field of the object that is most probably at fault: names of members, `[NAME]` for an item.
    pub field: Vec<String>,
    /// After what time it is certain that it does not mend itself; nothing where it never is.
    pub certain_after: Option<Duration>,
}

impl Problem {
    /// What makes it the same problem when it is seen again.
    pub(super) fn key(&self) -> String {
        let container = self.container.as_deref().unwrap_or_default();
        format!("{}/{}/{container}/{}", self.kind, self.name, self.reason)
    }
}

fn text<'v>(value: &'v Json, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Json::as_str).unwrap_or_default()
}

fn list<'v>(value: &'v Json, pointer: &str) -> impl Iterator<Item = &'v Json> {
    value.pointer(pointer).and_then(Json::as_array).into_iter().flatten()
}

fn kind(value: &Json) -> &str {
    text(value, "/kind")
}

fn name(value: &Json) -> &str {
    text(value, "/metadata/name")
}

/// The condition of a type.
fn condition<'v>(value: &'v Json, wanted: &str) -> Option<&'v Json> {
    list(value, "/status/conditions").find(|condition| text(condition, "/type") == wanted)
}

/// The objects of a namespace that decide on rollouts.
pub(super) struct Snapshot {
    objects: Vec<Json>,
}

impl Snapshot {
    /// Asks the cluster.
    ///
    /// # Errors
    /// When kubectl cannot be run.
    pub(super) fn read(cluster: &LiveCluster<'_>) -> Result<Self, ProgramError> {
        let kinds = WATCHED.map(str::to_owned);
        let objects = cluster.objects(&kinds, "", Some(&cluster.target.namespace))?;
        Ok(Self { objects })
    }

    /// Objects that are at hand.
    #[cfg(test)]
    pub(super) const fn of(objects: Vec<Json>) -> Self {
        Self { objects }
    }

    fn of_kind<'s>(&'s self, wanted: &'s str) -> impl Iterator<Item = &'s Json> {
        self.objects.iter().filter(move |object| kind(object) == wanted)
    }

    fn named(&self, wanted: &str, name_wanted: &str) -> Option<&Json> {
        self.objects
            .iter()
            .find(|object| kind(object) == wanted && name(object) == name_wanted)
    }

    /// The workload that a pod belongs to, and whether it is of the workload's newest revision.
    fn workload_of(&self, pod: &Json) -> (String, String, bool) {
        let owner = |object: &Json| {
            let owner = list(object, "/metadata/ownerReferences").next()?;
            Some((text(owner, "/kind").to_owned(), text(owner, "/name").to_owned()))
        };
        let Some((owner_kind, owner_name)) = owner(pod) else {
            return ("Pod".to_owned(), name(pod).to_owned(), true);
        };
        match owner_kind.as_str() {
            "ReplicaSet" => {
                let Some(set) = self.named("ReplicaSet", &owner_name) else {
                    return (owner_kind, owner_name, true);
                };
                match owner(set) {
                    Some((kind, name)) => {
                        let is_newest = self.newest_set(&name) == Some(owner_name.as_str());
                        (kind, name, is_newest)
                    }
                    None => (owner_kind, owner_name, true),
                }
            }
            "StatefulSet" => {
                let set = self.named("StatefulSet", &owner_name);
                let wanted = set.map_or("", |set| text(set, "/status/updateRevision"));
                let own = text(pod, "/metadata/labels/controller-revision-hash");
                let is_newest = wanted.is_empty() || own.is_empty() || wanted == own;
                (owner_kind, owner_name, is_newest)
            }
            _ => (owner_kind, owner_name, true),
        }
    }

    /// The newest `ReplicaSet` of a Deployment.
    fn newest_set(&self, deployment: &str) -> Option<&str> {
        let revision = |set: &Json| {
            let annotations = set.pointer("/metadata/annotations")?;
            annotations
                .get("deployment.kubernetes.io/revision")?
                .as_str()?
                .parse::<u64>()
                .ok()
        };
        let is_own =
            |set: &&Json| list(set, "/metadata/ownerReferences").any(|owner| text(owner, "/name") == deployment);
        let newest = self
            .of_kind("ReplicaSet")
            .filter(is_own)
            .max_by_key(|set| revision(set))?;
        Some(name(newest))
    }

    /// What keeps the workloads of `wanted`, kinds and names, from being ready. Other objects are none of our business.
    pub(super) fn problems(&self, wanted: &BTreeSet<(String, String)>) -> Vec<Problem> {
        let mut found: BTreeMap<String, Problem> = BTreeMap::new();
        let mut add = |problem: Problem| {
            found.entry(problem.key()).or_insert(problem);
        };
        for pod in self.of_kind("Pod") {
            let (kind, name, is_newest) = self.workload_of(pod);
            if is_newest
                && wanted.contains(&(kind.clone(), name.clone()))
                && text(pod, "/metadata/deletionTimestamp").is_empty()
            {
                pod_problems(pod, &kind, &name).into_iter().for_each(&mut add);
            }
        }
        for object in &self.objects {
            let (kind, name) = (kind(object), name(object));
            if wanted.contains(&(kind.to_owned(), name.to_owned())) {
                self.workload_problem(object, kind, name).into_iter().for_each(&mut add);
            }
        }
        found.into_values().collect()
    }

    /// What its controller says about a workload.
    fn workload_problem(&self, object: &Json, kind: &str, name: &str) -> Option<Problem> {
        let problem = |condition: &Json, field: &[&str], certain_after| Problem {
            kind: kind.to_owned(),
            name: name.to_owned(),
            pod: None,
            container: None,
            reason: text(condition, "/reason").to_owned(),
            message: text(condition, "/message").to_owned(),
            image: None,
            field: field.iter().map(|&step| step.to_owned()).collect(),
            certain_after,
        };
        let is =
            |name: &str, status: &str| condition(object, name).filter(|condition| text(condition, "/status") == status);
        if kind == "Job" {
            return is("Failed", "True").map(|failed| problem(failed, &["spec"], Some(Duration::ZERO)));
        }
        if let Some(failure) = is("ReplicaFailure", "True") {
            // A quota names resources, a webhook or a policy refuses the pod as a whole.
            let of_quota = text(failure, "/message").contains("exceeded quota");
            let field: &[&str] = if of_quota {
                &["spec", "template", "spec", "containers", "[0]", "resources"]
            } else {
                &["spec", "template", "spec"]
            };
            return Some(problem(failure, field, Some(LONG_LASTING)));
        }
        let stalled = is("Progressing", "False").filter(|one| text(one, "/reason") == "ProgressDeadlineExceeded");
        // The pods say more, where there are some.
        stalled
            .filter(|_| !self.of_kind("Pod").any(|pod| self.workload_of(pod).1 == name))
            .map(|stalled| problem(stalled, &["spec"], Some(Duration::ZERO)))
    }
}

/// What is wrong with a pod.
fn pod_problems(pod: &Json, kind: &str, owner: &str) -> Vec<Problem> {
    let above: &[&str] = match kind {
        "Pod" => &["spec"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
        _ => &["spec", "template", "spec"],
    };
    let path = |steps: &[&str]| {
        above
            .iter()
            .chain(steps)
            .map(|&step| step.to_owned())
            .collect::<Vec<_>>()
    };
    let problem = |reason: &str, message: &str, field: Vec<String>, certain_after| Problem {
        kind: kind.to_owned(),
        name: owner.to_owned(),
        pod: Some(name(pod).to_owned()),
        container: None,
        reason: reason.to_owned(),
        message: message.to_owned(),
        image: None,
        field,
        certain_after,
    };
    let mut found = Vec::new();
    let scheduled = condition(pod, "PodScheduled").filter(|one| text(one, "/status") == "False");
    if let Some(scheduled) = scheduled {
        let message = text(scheduled, "/message");
        let is_volume = message.contains("PersistentVolumeClaim") || message.contains("persistentvolumeclaim");
        if is_volume && kind == "StatefulSet" {
            let field = vec!["spec".to_owned(), "volumeClaimTemplates".to_owned()];
            return vec![problem(text(scheduled, "/reason"), message, field, None)];
        }
        let field: &[&str] = match message {
            _ if is_volume => &["volumes"],
            _ if message.contains("Insufficient") => &["containers", "[0]", "resources"],
            _ if message.contains("taint") => &["tolerations"],
            _ if message.contains("affinity") || message.contains("selector") => &["nodeSelector"],
            _ => &[],
        };
        // Others may add nodes or volumes.
        found.push(problem(text(scheduled, "/reason"), message, path(field), None));
        return found;
    }
    let is_over = matches!(text(pod, "/status/phase"), "Succeeded");
    for (statuses, containers) in [
        ("/status/initContainerStatuses", "initContainers"),
        ("/status/containerStatuses", "containers"),
    ] {
        for status in list(pod, statuses).filter(|_| !is_over) {
            let container = text(status, "/name");
            let item = format!("[{container}]");
            let with = |mut problem: Problem| {
                problem.container = Some(container.to_owned());
                problem.image = Some(image_of(pod, containers, container, status));
                problem
            };
            if let Some((reason, message, member, certain_after)) = container_problem(status, containers) {
                let field = path(&[containers, &item, member]);
                found.push(with(problem(&reason, &message, field, certain_after)));
            }
        }
    }
    if found.is_empty() && text(pod, "/status/phase") == "Failed" {
        let (reason, message) = (text(pod, "/status/reason"), text(pod, "/status/message"));
        let reason = if reason.is_empty() { "Failed" } else { reason };
        found.push(problem(reason, message, path(&[]), Some(LASTING)));
    }
    found
}

/// The image as the pod's author wrote it.
fn image_of(pod: &Json, containers: &str, container: &str, status: &Json) -> String {
    let written = list(pod, &format!("/spec/{containers}")).find(|one| text(one, "/name") == container);
    written
        .map_or_else(|| text(status, "/image"), |one| text(one, "/image"))
        .to_owned()
}

/// Reason, message, the member of the container that is at fault, and when it is certain.
type ContainerProblem = (String, String, &'static str, Option<Duration>);

fn container_problem(status: &Json, containers: &str) -> Option<ContainerProblem> {
    let restarts = status.get("restartCount").and_then(Json::as_u64).unwrap_or_default();
    let waiting = text(status, "/state/waiting/reason");
    let message = text(status, "/state/waiting/message");
    let ended = |pointer: &str| {
        let ended = status.pointer(pointer)?;
        let code = ended.get("exitCode").and_then(Json::as_i64)?;
        (code != 0).then(|| {
            let reason = text(ended, "/reason");
            let why = match reason {
                "" | "Error" => String::new(),
                reason => format!(" ({reason})"),
            };
            format!("exit code {code}{why}")
        })
    };
    let last = || ended("/lastState/terminated").unwrap_or_default();
    Some(match waiting {
        "InvalidImageName" | "ErrImageNeverPull" => {
            (waiting.to_owned(), message.to_owned(), "image", Some(Duration::ZERO))
        }
        "ImagePullBackOff" | "ErrImagePull" | "RegistryUnavailable" | "ImageInspectError" => {
            // Both follow each other in turns.
            (
                "ImagePullBackOff".to_owned(),
                message.to_owned(),
                "image",
                Some(LASTING),
            )
        }
        "CrashLoopBackOff" => {
            let times = crate::text::counted::counted(usize::try_from(restarts).unwrap_or(usize::MAX), "restart");
            let message = format!("{}, {times}", last());
            (waiting.to_owned(), message, "image", (restarts > 0).then_some(LASTING))
        }
        "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
            let member = if message.contains("configmap") || message.contains("secret") {
                "env"
            } else {
                "command"
            };
            (waiting.to_owned(), message.to_owned(), member, Some(LONG_LASTING))
        }
        _ => {
            if let Some(message) = ended("/state/terminated") {
                // Whether it is started again its controller knows.
                return Some(("Error".to_owned(), message, "image", None));
            }
            let is_ready = status.get("ready").and_then(Json::as_bool) == Some(true);
            let is_running = status.pointer("/state/running").is_some();
            if is_ready || !is_running || containers == "initContainers" {
                return None;
            }
            let before = match last() {
                text if text.is_empty() => String::new(),
                text => format!("; it ended with {text} before"),
            };
            let message = format!("it runs, and its readiness probe does not succeed{before}");
            ("NotReady".to_owned(), message, "readinessProbe", None)
        }
    })
}
