//! Images that run, and that the files of environments do not say: what runs in, edits of the files out. The repository stays that of the
//! environment; the tag and the digest become those that run.

use std::path::Path;

use super::copy_versions::{CopiedChartUpdate, CopiedVersions, Copying, copy_request, copy_versions};
use super::find::EnvironmentsPlace;
use super::model::{Environment, Environments, Release};
use super::promote::check_copied;
use super::running::{Running, RunningImage, running_every_image};
use super::shared_files::refuse_shared;
use crate::delivery::bump::{BumpError, BumpPlan, BumpRequest, ReadFile, plan_bump};
use crate::delivery::image::{ImageReference, same_repository};

/// An image of a container that runs, where another one was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveImage {
    /// The environment.
    pub environment: String,
    /// The release.
    pub release: String,
    /// What runs it: `Deployment web, container web`.
    pub workload: String,
    /// What was applied.
    pub applied: ImageReference,
    /// What runs.
    pub live: ImageReference,
}

/// Images that are to be written to the files.
#[derive(Debug, Clone)]
pub struct Adoption {
    /// Where the environments are.
    pub place: EnvironmentsPlace,
    /// The images.
    pub images: Vec<LiveImage>,
    /// Whether files may be edited that other environments use.
    pub may_be_shared: bool,
    /// Whether values may change that aliases of their file refer to.
    pub through_anchors: bool,
    /// What changes in a Chart.yaml with the files of its chart.
    pub chart_update: CopiedChartUpdate,
}

/// The edits, and what they leave.
#[derive(Debug, Default)]
pub struct PlannedAdoption {
    /// The edits; none where no image is adopted.
    pub plan: BumpPlan,
    /// The request that they were made from, once there are some.
    pub request: Option<BumpRequest>,
    /// For each image why it is not adopted, if it is not.
    pub stays: Vec<Option<String>>,
}

impl Adoption {
    /// Plans the edits. Nothing is written.
    ///
    /// # Errors
    /// When a file cannot be read, is shared with another environment, or an edit cannot be made.
    pub fn plan(&self, read: ReadFile<'_>) -> Result<PlannedAdoption, BumpError> {
        let here = &self.place.working_directory;
        let mut planned = PlannedAdoption {
            stays: vec![None; self.images.len()],
            ..PlannedAdoption::default()
        };
        if self.images.is_empty() {
            return Ok(planned);
        }
        let copying = Copying {
            may_be_shared: true,
            allows_downgrade: true,
            is_same_environment: true,
            through_anchors: self.through_anchors,
        };
        let all = self.place.load(read)?;
        let mut copied = CopiedVersions::default();
        for (environment, release) in self.releases(&all) {
            let current = running_every_image(environment, release, here, read)?;
            let next = self.moved((environment, release), &current, &mut planned.stays);
            let mut edits = CopiedVersions::default();
            copy_versions(&next, &current, copying, &mut edits)?;
            if !self.may_be_shared {
                refuse_shared(&all, environment, &edits)?;
            }
            copied.extend(edits);
        }
        if !copied.edits.is_empty() {
            let request = copy_request((&copied, copying), &self.chart_update, Path::new(here), read)?;
            planned.plan = plan_bump(&request, read)?;
            check_copied(&self.place, &copied, &planned.plan, read)?;
            planned.request = Some(request);
        }
        Ok(planned)
    }

    /// The releases that images are of.
    fn releases<'e>(&self, all: &'e Environments) -> Vec<(&'e Environment, &'e Release)> {
        let all = all
            .list
            .iter()
            .flat_map(|environment| environment.releases.iter().map(move |release| (environment, release)));
        let is_meant = |(environment, release): &(&Environment, &Release)| {
            let mut images = self.images.iter();
            images.any(|image| image.is_of(environment, release))
        };
        all.filter(is_meant).collect()
    }

    /// A release with the images that run.
    fn moved<'e>(
        &self,
        (environment, release): (&Environment, &Release),
        current: &Running<'e>,
        stays: &mut [Option<String>],
    ) -> Running<'e> {
        let mut next = current.clone();
        // Which image of the release each one is.
        let own: Vec<(usize, &LiveImage, Option<usize>)> = self
            .images
            .iter()
            .enumerate()
            .filter(|(_, image)| image.is_of(environment, release))
            .map(|(number, image)| {
                let mut images = current.images.iter();
                (number, image, images.position(|own| is_applied(own, &image.applied)))
            })
            .collect();
        for (number, image, at) in &own {
            let reason = match (at, at.and_then(|at| current.images.get(at))) {
                (Some(at), Some(target)) => {
                    let other = own
                        .iter()
                        .find(|(_, other, place)| place == &Some(*at) && other.live != image.live);
                    match (other, version_for(target, &image.live)) {
                        (Some((_, other, _)), _) => Some(format!(
                            "{} has the same value, and runs {}",
                            other.workload, other.live
                        )),
                        (None, Err(reason)) => Some(reason),
                        (None, Ok(version)) => next.move_once(*at, &version),
                    }
                }
                _ => Some("no value of the environment is found that its version is made of".to_owned()),
            };
            if let Some(stays) = stays.get_mut(*number) {
                *stays = reason;
            }
        }
        next
    }
}

impl LiveImage {
    fn is_of(&self, environment: &Environment, release: &Release) -> bool {
        self.environment == environment.name.text && self.release == release.name.text
    }
}

impl Running<'_> {
    /// Has an image move unless it did. Gives why it cannot.
    fn move_once(&mut self, at: usize, version: &ImageReference) -> Option<String> {
        if self.images.get(at).is_some_and(|image| image.image == *version) {
            return None;
        }
        self.move_image(at, version)
    }
}

/// A reference as rendering it gives it: a tag may be written with a digest behind it.
fn rendered(image: &RunningImage) -> Option<ImageReference> {
    ImageReference::parse(&image.image.to_string()).ok()
}

/// Whether an image of a release is the one that was applied.
fn is_applied(own: &RunningImage, applied: &ImageReference) -> bool {
    rendered(own).is_some_and(|own| {
        same_repository(&own.repository, &applied.repository) && own.tag == applied.tag && own.digest == applied.digest
    })
}

/// What an image of a release becomes, in its own spelling.
fn version_for(target: &RunningImage, live: &ImageReference) -> Result<ImageReference, String> {
    let repository = target.image.repository.clone();
    if !same_repository(&repository, &live.repository) {
        return Err(format!(
            "it is of another repository, and {repository} is the environment's own"
        ));
    }
    let is_whole = target.keys.iter().any(|key| key.is_whole);
    let old = &target.image;
    if live.tag.is_none() && live.digest.is_none() {
        return Err("it has neither a tag nor a digest".to_owned());
    }
    if is_whole {
        return Ok(ImageReference {
            repository,
            ..live.clone()
        });
    }
    // A digest that stands behind the tag, in the same value.
    let is_joined = old.tag.as_deref().is_some_and(|tag| tag.contains('@'));
    match (&live.tag, &live.digest) {
        (None, _) if old.tag.is_some() => Err("it runs without a tag, and the files have one".to_owned()),
        (_, None) if is_joined || old.digest.is_some() => {
            Err("the files pin it by a digest, and what runs has none".to_owned())
        }
        (Some(tag), Some(digest)) if is_joined => Ok(ImageReference {
            repository,
            tag: Some(format!("{tag}@{digest}")),
            digest: None,
        }),
        (_, Some(_)) if old.digest.is_none() => Err("the files have no value for its digest".to_owned()),
        _ => Ok(ImageReference {
            repository,
            ..live.clone()
        }),
    }
}
