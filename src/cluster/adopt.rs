//! What drifted in an environment: its plan in; the images that somebody set in the cluster, and in words what differs besides, out.

use super::plan::EnvironmentPlan;
use super::plan_request::Action;
use super::planned_release::PlannedRelease;
use crate::check::diff::{Change, ObjectDiff};
use crate::delivery::environment::LiveImage;
use crate::delivery::image::ImageReference;

/// Fields of an object that are named one by one.
const NAMED: usize = 5;

/// The path of the pods' specification in each kind of workload.
const WORKLOADS: [(&str, &str); 7] = [
    ("Deployment", "spec.template.spec."),
    ("StatefulSet", "spec.template.spec."),
    ("DaemonSet", "spec.template.spec."),
    ("ReplicaSet", "spec.template.spec."),
    ("Job", "spec.template.spec."),
    ("CronJob", "spec.jobTemplate.spec.template.spec."),
    ("Pod", "spec."),
];

/// What drifted.
#[derive(Debug, Default)]
pub struct Drifted {
    /// The images that can be written to the files.
    pub images: Vec<LiveImage>,
    /// What else differs, each a sentence.
    pub left: Vec<String>,
}

/// What drifted in an environment.
pub fn drifted(plan: &EnvironmentPlan) -> Drifted {
    let mut found = Drifted::default();
    for refused in &plan.refused {
        found.left.push(format!("{}: it cannot be rendered", refused.name));
    }
    for resources in plan.resources.iter().filter(|resources| resources.differs) {
        let paths: Vec<String> = resources.paths.iter().map(|path| path.display().to_string()).collect();
        found
            .left
            .push(format!("{}: what it has is not what is applied", paths.join(", ")));
    }
    for release in &plan.releases {
        found.add_release(&plan.environment, release);
    }
    found
}

impl Drifted {
    fn add_release(&mut self, environment: &str, release: &PlannedRelease) {
        let name = &release.name;
        if release.action == Action::Install {
            self.left.push(format!("{name}: it is not installed"));
            return;
        }
        let mut is_pending = release.own.was.as_ref().is_some_and(|was| {
            let chart = &was.chart.metadata;
            format!("{}-{}", chart.name, chart.version) != release.chart
        });
        for drift in &release.drift {
            let others = release.differences.iter().find(|other| other.id == drift.id);
            self.add_object((environment, name), drift, others);
        }
        for other in &release.differences {
            let drift = release.drift.iter().find(|drift| drift.id == other.id);
            is_pending |= !is_explained(other, drift);
        }
        if release.action == Action::CleanUp {
            self.left.push(format!(
                "{name}: what a run left, or the Service of its strategy, is for `apply` to mend"
            ));
        }
        if is_pending || (release.drift.is_empty() && release.action == Action::Upgrade) {
            self.left
                .push(format!("{name}: the files say something else than what was applied"));
        }
    }

    fn add_object(&mut self, (environment, release): (&str, &str), drift: &ObjectDiff, pending: Option<&ObjectDiff>) {
        let object = format!("{} {}", drift.id.kind, drift.id.name);
        if drift.change != Change::Changed {
            self.left.push(format!("{release}: {object} is not in the cluster"));
            return;
        }
        let mut others: Vec<&str> = Vec::new();
        for field in &drift.fields {
            let Some(container) = container_of(&drift.id.kind, &field.path) else {
                others.push(&field.path);
                continue;
            };
            let workload = format!("{object}, container {container}");
            let said = pending.and_then(|pending| pending.fields.iter().find(|other| other.path == field.path));
            match (image(field.old.as_ref()), image(field.new.as_ref()), said) {
                // The files say it already.
                (_, _, Some(said)) if said.new == field.old => {}
                (Some(live), _, Some(said)) => {
                    let said = image(said.new.as_ref()).map(|said| said.to_string());
                    let said = said.unwrap_or_else(|| "another one".to_owned());
                    self.left.push(format!(
                        "{release}: {workload} runs {live}, and the files were changed to {said}"
                    ));
                }
                (Some(live), Some(applied), None) => self.images.push(LiveImage {
                    environment: environment.to_owned(),
                    release: release.to_owned(),
                    workload,
                    applied,
                    live,
                }),
                _ => others.push(&field.path),
            }
        }
        if drift.fields.is_empty() {
            self.left.push(format!("{release}: {object} differs"));
        }
        if !others.is_empty() {
            let more = others.len().saturating_sub(NAMED);
            let more = if more == 0 {
                String::new()
            } else {
                format!(" and {more} more")
            };
            let named: Vec<&str> = others.into_iter().take(NAMED).collect();
            self.left
                .push(format!("{release}: {object} differs in {}{more}", named.join(", ")));
        }
    }
}

/// Whether all that the files changed in an object is what runs, or is named with what drifted.
fn is_explained(pending: &ObjectDiff, drift: Option<&ObjectDiff>) -> bool {
    let is_known = |path: &str| {
        let is_image = container_of(&pending.id.kind, path).is_some();
        is_image && drift.is_some_and(|drift| drift.fields.iter().any(|other| other.path == path))
    };
    let mut fields = pending.fields.iter();
    pending.change == Change::Changed && !pending.fields.is_empty() && fields.all(|field| is_known(&field.path))
}

/// The name of the container whose image a field of an object is.
fn container_of<'p>(kind: &str, path: &'p str) -> Option<&'p str> {
    let (_, above) = WORKLOADS.iter().find(|(known, _)| *known == kind)?;
    let rest = path.strip_prefix(above)?.strip_suffix("].image")?;
    rest.strip_prefix("containers[")
        .or_else(|| rest.strip_prefix("initContainers["))
}

fn image(value: Option<&serde_json::Value>) -> Option<ImageReference> {
    ImageReference::parse(value?.as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use super::container_of;

    #[test]
    fn images_of_workloads_are_known_by_their_fields() {
        for (kind, path, want) in [
            ("Deployment", "spec.template.spec.containers[web].image", Some("web")),
            (
                "StatefulSet",
                "spec.template.spec.initContainers[init].image",
                Some("init"),
            ),
            (
                "CronJob",
                "spec.jobTemplate.spec.template.spec.containers[web].image",
                Some("web"),
            ),
            ("CronJob", "spec.template.spec.containers[web].image", None),
            ("Pod", "spec.containers[web].image", Some("web")),
            ("Deployment", "spec.template.spec.containers[web].imagePullPolicy", None),
            ("Deployment", "spec.replicas", None),
            ("Prometheus", "spec.template.spec.containers[web].image", None),
        ] {
            assert_eq!(container_of(kind, path), want, "{kind} {path}");
        }
    }
}
