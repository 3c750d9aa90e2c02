//! How a new version takes the place of the old one in steps: a release that changes and its `strategy` in; the other colour, or the steps of a
//! canary, rendered and ready for Helm, out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::helm_release::{HelmRelease, ReleaseInputs, Rendered};
use super::live::{LiveCluster, is_installed};
use super::plan_request::{Action, PlanRequest};
use super::planned_release::PlannedRelease;
use super::rendered_release::RenderRefusal;
use super::staging::{CanaryStep, StagedCanary, StagedColour, Staging};
use super::stored_release::StoredRelease;
use super::switch::{LiveService, SwitchedService};
use crate::delivery::environment::{BlueGreen, Canary, Environment, Release, Strategy, canary_name};
use crate::engine::chart::Compat;
use crate::engine::manifest::split_manifests;
use crate::text::ordered::CollectOrdered as _;
use crate::text::yaml::json_from_bytes;

/// Adds the steps of a release to its plan, if it has a strategy.
///
/// # Errors
/// When it cannot be rendered beside what runs, or the cluster not be asked.
pub(super) fn stage(
    request: &PlanRequest<'_>,
    cluster: &LiveCluster<'_>,
    (release, inputs): (&Release, &ReleaseInputs),
    stored: &BTreeMap<String, StoredRelease>,
    planned: &mut PlannedRelease,
) -> Result<(), RenderRefusal> {
    let stage = Stage {
        request,
        cluster,
        inputs,
        stored,
    };
    match &release.strategy {
        None => Ok(()),
        Some(Strategy::BlueGreen(blue_green)) => stage.colour(release, blue_green, planned),
        Some(Strategy::Canary(canary)) => stage.canary(canary, planned),
    }
}

struct Stage<'s> {
    request: &'s PlanRequest<'s>,
    cluster: &'s LiveCluster<'s>,
    inputs: &'s ReleaseInputs,
    stored: &'s BTreeMap<String, StoredRelease>,
}

impl Stage<'_> {
    fn is_there(&self, name: &str) -> bool {
        self.stored.get(name).is_some_and(|was| is_installed(was.info.status))
    }

    fn service(&self, name: &str) -> Result<LiveService, RenderRefusal> {
        LiveService::read(self.cluster, name).map_err(|error| error.to_string().into())
    }

    fn render(&self, name: &str, more: Option<(&str, u64)>) -> Result<HelmRelease, RenderRefusal> {
        let was = self.stored.get(name).cloned();
        self.inputs
            .render(self.request, self.cluster, (name, was, Rendered::Next), more)
    }

    /// Refuses a Service that would send requests to the pods of other releases, which have the labels that it selects too.
    fn refuse_pods_of_others(
        &self,
        planned: &PlannedRelease,
        service: &SwitchedService,
        canary: &str,
    ) -> Result<(), RenderRefusal> {
        let others = self
            .stored
            .values()
            .filter(|other| other.name != planned.own.name && other.name != canary && is_installed(other.info.status));
        for other in others {
            let documents = split_manifests(other.manifest.as_bytes(), Compat::Helm4).into_iter();
            let mut objects = documents.filter_map(|document| json_from_bytes(document.text).ok());
            if objects.any(|object| service.selects_pods_of(&object)) {
                return Err(format!(
                    "`strategy`: Service {} would select the pods of release {} too: they have all labels that the two releases have in common",
                    service.name, other.name
                )
                .into());
            }
        }
        Ok(())
    }

    fn colour(&self, release: &Release, own: &BlueGreen, planned: &mut PlannedRelease) -> Result<(), RenderRefusal> {
        let live = self.service(&own.service)?;
        refuse_own_service(planned, &own.service)?;
        let now = live.to_release(&own.service, (&planned.own.name, &planned.own.rendered))?;
        let is_selected = live.selected() == Some(planned.own.name.as_str()) && planned.own.is_there();
        let other = release.helm_names().into_iter().find(|name| *name != planned.own.name);
        if planned.action == Action::Unchanged && is_selected {
            if !own.keeps_old {
                planned.leftovers.extend(other.filter(|other| self.is_there(other)));
            }
            planned.service = Some(now).filter(|now| now.differs);
            finish(planned);
            return Ok(());
        }
        // What gets no requests can be upgraded in its place.
        let (name, old) = match other {
            Some(other) if is_selected => (other, Some(planned.own.name.clone())),
            _ => (planned.own.name.clone(), None),
        };
        let staged = self.render(&name, None)?;
        if old.is_some() {
            refuse_shared_names(planned, &staged)?;
        }
        let mut service = live.to_release(&own.service, (&name, &staged.rendered))?;
        if let Some(was) = planned.own.was.as_ref().filter(|_| old.is_some()) {
            service = service.back_to(&live.to_stored(&own.service, was)?);
        }
        if planned.action == Action::Unchanged {
            planned.action = Action::Upgrade;
        }
        planned.staging = Some(Staging::BlueGreen(Box::new(StagedColour {
            staged,
            old,
            service,
            pause: own.pause,
            keeps_old: own.keeps_old,
        })));
        Ok(())
    }

    fn canary(&self, own: &Canary, planned: &mut PlannedRelease) -> Result<(), RenderRefusal> {
        let name = canary_name(&planned.name);
        let is_upgrade = planned.action == Action::Upgrade && planned.own.is_there();
        if self.is_there(&name) && !is_upgrade {
            planned.leftovers.push(name.clone());
        }
        let replicas = replicas(planned, &own.replicas)?;
        let weights = own.weights.iter().filter(|_| is_upgrade);
        let steps = weights.map(|weight| {
            let count = Canary::replicas_of_step(*weight, replicas);
            Ok(CanaryStep {
                weight: *weight,
                replicas: count,
                staged: self.render(&name, Some((&own.replicas, count)))?,
            })
        });
        let steps = steps.collect::<Result<Vec<_>, RenderRefusal>>()?;
        let service = own.service.as_ref().map(|service| {
            let first = steps.first().map(|step| &step.staged);
            let rendered = match first {
                Some(_) => None,
                None => Some(self.render(&name, None)?),
            };
            let Some(canary) = first.or(rendered.as_ref()) else {
                return Err(String::new().into());
            };
            let both = (
                (planned.own.name.as_str(), &planned.own.rendered),
                (name.as_str(), &canary.rendered),
            );
            Ok::<_, RenderRefusal>(self.service(service)?.to_both(service, both.0, both.1)?)
        });
        let service = service.transpose()?;
        if let Some(first) = steps.first() {
            refuse_shared_names(planned, &first.staged)?;
        }
        if let Some(service) = &service {
            refuse_own_service(planned, &service.name)?;
            self.refuse_pods_of_others(planned, service, &name)?;
        }
        if planned.action == Action::Unchanged {
            planned.service = service.filter(|service| service.differs);
            finish(planned);
        } else {
            planned.staging = Some(Staging::Canary(Box::new(StagedCanary {
                steps,
                service,
                pause: own.pause,
            })));
        }
        Ok(())
    }
}

/// Releases that another strategy, or none, has left: they are not removed, since requests may still reach them.
pub(super) fn left_by_other_strategies(
    environment: &Environment,
    stored: &BTreeMap<String, StoredRelease>,
    planned: &PlannedRelease,
) -> Vec<String> {
    let names: Vec<String> = environment.releases.iter().flat_map(Release::helm_names).collect();
    let chart = planned.own.rendered.chart.name();
    let is_left = |name: &String| {
        let was = stored.get(name).filter(|was| is_installed(was.info.status));
        !names.contains(name) && was.is_some_and(|was| was.chart.metadata.name == chart)
    };
    Strategy::all_helm_names(&planned.name)
        .into_iter()
        .filter(is_left)
        .collect()
}

/// What a run that ended early has left, and a Service that somebody changed, is mended where nothing else is to be done.
fn finish(planned: &mut PlannedRelease) {
    if !planned.leftovers.is_empty() || planned.service.is_some() {
        planned.action = Action::CleanUp;
    }
}

/// Refuses a chart that has the Service of its strategy itself: that one is chartwright's.
fn refuse_own_service(planned: &PlannedRelease, service: &str) -> Result<(), RenderRefusal> {
    let own = format!("Service {service}");
    let rendered = planned.own.rendered.manifests.manifests.iter();
    let has_it = rendered
        .filter_map(|document| identity(document.text()))
        .any(|one| one == own);
    if has_it {
        return Err(format!(
            "`strategy` makes {own}, and the chart has one of this name: name another one, which clients use"
        )
        .into());
    }
    Ok(())
}

/// The number of replicas in the values of a release.
fn replicas(planned: &PlannedRelease, key: &str) -> Result<u64, RenderRefusal> {
    let values = planned.own.rendered.values_as_json()?;
    let found = key.split('.').try_fold(&values, |values, key| values.get(key));
    let number = found.and_then(|found| match found {
        Json::String(text) => text.parse().ok(),
        // A whole number may be written with a point.
        number => number
            .as_u64()
            .or_else(|| number.to_string().strip_suffix(".0")?.parse().ok()),
    });
    number.ok_or_else(|| {
        let message = format!("`strategy.canary.replicas`: `{key}` is not a number among the values of the chart");
        message.into()
    })
}

/// Refuses a release that cannot be beside what runs, since both have an object of the same name.
fn refuse_shared_names(planned: &PlannedRelease, staged: &HelmRelease) -> Result<(), RenderRefusal> {
    let Some(was) = &planned.own.was else { return Ok(()) };
    let old = split_manifests(was.manifest.as_bytes(), Compat::Helm4);
    let old: BTreeSet<String> = old.iter().filter_map(|document| identity(document.text)).collect_set();
    let new = staged.rendered.manifests.manifests.iter();
    let shared = new
        .filter_map(|document| identity(document.text()))
        .find(|one| old.contains(one));
    match shared {
        None => Ok(()),
        Some(shared) => Err(format!(
            "`strategy` puts {} beside {}, and both have {shared}: names of objects must contain the name of the release",
            staged.name, planned.own.name
        )
        .into()),
    }
}

/// The kind, name and namespace of an object.
fn identity(document: &[u8]) -> Option<String> {
    let value = json_from_bytes(document).ok()?;
    let text = |pointer: &str| value.pointer(pointer).and_then(Json::as_str);
    let namespace = text("/metadata/namespace")
        .map(|name| format!(" in {name}"))
        .unwrap_or_default();
    Some(format!("{} {}{namespace}", text("/kind")?, text("/metadata/name")?))
}
