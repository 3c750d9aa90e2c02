//! What registries have that is newer than what environments run, and the edits that follow: each release's triggers say how far its images
//! move, the environment's policy says whether they move by themselves.

use std::collections::BTreeSet;

use super::copy_versions::{CopiedChartUpdate, CopiedVersions, Copying, copy_request, copy_versions};
use super::find::EnvironmentsPlace;
use super::model::{Environment, Environments, Policy, Release};
use super::newer_charts::TriggeredChart;
use super::promote::check_copied;
use super::running::{RunningImage, running};
use super::shared_files::refuse_shared;
use crate::delivery::bump::{BumpError, BumpPlan, BumpRequest, ReadFile, plan_bump};
use crate::delivery::image::{ImageReference, same_repository};
use crate::delivery::poll::{TagSource, listed_tags, why_stays};
use crate::delivery::track::{Choice, Choosing, Step, Tag, step};

/// What is looked for in environments.
#[derive(Debug, Clone)]
pub struct EnvironmentPoll {
    /// Where the environments are.
    pub place: EnvironmentsPlace,
    /// The environments; all if there are none.
    pub environments: Vec<String>,
    /// The releases; all if there are none.
    pub releases: Vec<String>,
    /// The repositories; all if there are none.
    pub repositories: Vec<String>,
    /// What may be chosen where a release's trigger has no track.
    pub choosing: Choosing,
    /// Whether files may be edited that other environments use.
    pub may_be_shared: bool,
    /// Whether values may change that aliases of their file refer to.
    pub through_anchors: bool,
    /// Whether the edits become a pull request.
    pub is_pull_request: bool,
    /// What changes in a Chart.yaml with the files of its chart.
    pub chart_update: CopiedChartUpdate,
}

/// What is known of an image of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Newer {
    /// Nothing is newer under the track.
    Current,
    /// This is newer.
    Tag {
        /// What is newer.
        image: ImageReference,
        /// How large the step is.
        step: Option<Step>,
        /// Why it is not moved, if it is not.
        stays: Option<String>,
    },
    /// Nothing is compared, for this reason.
    Skipped(String),
    /// It cannot be found out, for this reason.
    Failed(String),
}

impl Newer {
    /// What is known of an image that nothing is chosen for.
    pub(super) fn staying(current: &str, tags: &[Tag], choosing: &Choosing, source: &dyn TagSource) -> Self {
        why_stays(current, tags, choosing, source).map_or(Self::Current, Self::Skipped)
    }
}

/// An image of a release, and what is newer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolledRelease {
    /// The environment.
    pub environment: String,
    /// The release.
    pub release: String,
    /// What runs. For a chart, the reference and version of it.
    pub image: ImageReference,
    /// Whether it is the release's chart, and not an image.
    pub is_chart: bool,
    /// Where its tag is written.
    pub place: String,
    /// What is known.
    pub newer: Newer,
}

/// What was found, and the edits that follow.
#[derive(Debug, Default)]
pub struct PolledEnvironments {
    /// The images, in the order of the environments.
    pub images: Vec<PolledRelease>,
    /// The edits.
    pub plan: BumpPlan,
    /// The request that the plan was made from, once there is one.
    pub request: Option<BumpRequest>,
}

impl PolledEnvironments {
    /// How many images have something newer.
    pub fn updates(&self) -> usize {
        let is_newer = |polled: &&PolledRelease| matches!(polled.newer, Newer::Tag { .. });
        self.images.iter().filter(is_newer).count()
    }

    /// How many could not be looked up.
    pub fn failures(&self) -> usize {
        let has_failed = |polled: &&PolledRelease| matches!(polled.newer, Newer::Failed(_));
        self.images.iter().filter(has_failed).count()
    }
}

impl EnvironmentPoll {
    /// Looks for newer tags and plans the edits. Nothing is written.
    ///
    /// # Errors
    /// When an environment or release is not there, a file cannot be read, or an edit cannot be made.
    pub fn plan(&self, read: ReadFile<'_>, source: &dyn TagSource) -> Result<PolledEnvironments, BumpError> {
        let here = &self.place.working_directory;
        let all = self.place.load(read)?;
        let copying = Copying {
            may_be_shared: true,
            allows_downgrade: true,
            is_same_environment: true,
            through_anchors: self.through_anchors,
        };
        let mut polled = PolledEnvironments::default();
        let mut copied = CopiedVersions::default();
        for environment in self.chosen(&all)? {
            let stays = self.stays(environment);
            for release in &environment.releases {
                if !(self.releases.is_empty() || self.releases.contains(&release.name.text)) {
                    continue;
                }
                let current = running(environment, release, here, read)?;
                let mut next = current.clone();
                for (at, image) in current.images.iter().enumerate() {
                    if !self.is_wanted(image, source) {
                        continue;
                    }
                    let mut newer = self.newer(image, source);
                    if let Newer::Tag {
                        image: found,
                        stays: reason,
                        ..
                    } = &mut newer
                    {
                        reason.clone_from(&stays);
                        if reason.is_none() {
                            *reason = next.move_image(at, found);
                        }
                    }
                    polled.images.push(PolledRelease {
                        environment: environment.name.text.clone(),
                        release: release.name.text.clone(),
                        image: image.image.clone(),
                        is_chart: false,
                        place: image.place.clone(),
                        newer,
                    });
                }
                let chart = self.chart(&all, (environment, release), source);
                let mut edits = CopiedVersions::default();
                copy_versions(&next, &current, copying, &mut edits)?;
                if let Some(chart) = chart {
                    if let Newer::Tag { image, stays: None, .. } = &chart.newer {
                        edits.set_chart_version(environment, release, image.tag.as_deref().unwrap_or_default());
                    }
                    polled.images.push(chart);
                }
                if !self.may_be_shared {
                    refuse_shared(&all, environment, &edits)?;
                }
                copied.extend(edits);
            }
        }
        if !copied.edits.is_empty() {
            let request = copy_request((&copied, copying), &self.chart_update, here, read)?;
            polled.plan = plan_bump(&request, read)?;
            check_copied(&self.place, &copied, &polled.plan, read)?;
            polled.request = Some(request);
        }
        Ok(polled)
    }

    fn chosen<'e>(&self, all: &'e Environments) -> Result<Vec<&'e Environment>, BumpError> {
        let found: Vec<&Environment> = if self.environments.is_empty() {
            all.list.iter().collect()
        } else {
            let named = self.environments.iter().map(|name| all.named(name));
            named.collect::<Result<_, _>>()?
        };
        for name in &self.releases {
            let has = |environment: &&Environment| environment.release(name).is_ok();
            if let Some(first) = found.first()
                && !found.iter().any(has)
            {
                first.release(name)?;
            }
        }
        Ok(found)
    }

    /// Why nothing moves in an environment by itself.
    fn stays(&self, environment: &Environment) -> Option<String> {
        match environment.policy {
            Policy::Manual => Some("the environment is changed by hand".to_owned()),
            Policy::PullRequest if !self.is_pull_request => {
                Some("the environment is changed by pull requests".to_owned())
            }
            Policy::PullRequest | Policy::Auto => None,
        }
    }

    fn is_wanted(&self, image: &RunningImage, source: &dyn TagSource) -> bool {
        let repository = &image.image.repository;
        let is_named =
            self.repositories.is_empty() || self.repositories.iter().any(|one| same_repository(one, repository));
        is_named && source.has(repository)
    }

    /// The chart of a release, if it has a trigger and is looked at.
    fn chart(
        &self,
        all: &Environments,
        (environment, release): (&Environment, &Release),
        source: &dyn TagSource,
    ) -> Option<PolledRelease> {
        let chart = TriggeredChart::of(release).filter(|_| self.repositories.is_empty())?;
        let mut newer = match chart.address(all) {
            Ok((repository, name)) if !source.has_chart(&repository, &name) => return None,
            Ok(address) => chart.newer(&address, &self.choosing, source),
            Err(reason) => Newer::Failed(reason),
        };
        if let Newer::Tag { stays, .. } = &mut newer {
            *stays = self.stays(environment);
        }
        Some(PolledRelease {
            environment: environment.name.text.clone(),
            release: release.name.text.clone(),
            image: chart.current(),
            is_chart: true,
            place: chart.version.place.to_string(),
            newer,
        })
    }

    fn newer(&self, image: &RunningImage, source: &dyn TagSource) -> Newer {
        let Some(current) = &image.image.tag else {
            return Newer::Skipped("no tag".to_owned());
        };
        let choosing = Choosing {
            track: image.track.clone().unwrap_or_else(|| self.choosing.track.clone()),
            ..self.choosing.clone()
        };
        let tags = listed_tags(
            &image.image.repository,
            &BTreeSet::from([current.clone()]),
            &choosing,
            source,
        );
        let tags = match tags {
            Ok(tags) => tags,
            Err(reason) => return Newer::Failed(reason),
        };
        let tag = match choosing.choose(current, &tags) {
            Choice::Move(tag) => tag.to_owned(),
            Choice::Stay => return Newer::staying(current, &tags, &choosing, source),
            Choice::NotAVersion => return Newer::Skipped(format!("`{current}` is not a version")),
        };
        let digest = match &image.image.digest {
            None => None,
            Some(_) => match source.image(&image.image.repository, &tag) {
                Ok(found) => found.digest,
                Err(reason) => return Newer::Failed(reason),
            },
        };
        Newer::Tag {
            step: step(current, &tag),
            image: ImageReference {
                repository: image.image.repository.clone(),
                tag: Some(tag),
                digest,
            },
            stays: None,
        }
    }
}
