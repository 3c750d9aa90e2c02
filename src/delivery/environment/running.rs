//! A release as an environment has it: its values, and the images that they name.
//!
//! Which values name an image, the release's triggers say; without them the chart's templates, which are followed; where those cannot be,
//! the names of the values.

use std::collections::BTreeMap;
use std::path::Path;

use super::given_values::given_values;
use super::model::{Deploys, Environment, Release, Trigger};
use super::values::{Layer, Leaf, ValuesError, layers, look_up, resolve};
use crate::delivery::bump::ReadFile;
use crate::delivery::image::{
    ChartInput, ImagePlace, ImageReference, ListedImage, Part, Place, Spelling, WrittenAt, chart_images, image_places,
    list_traced,
};
use crate::delivery::track::Track;
use crate::engine::chart::load_with_local_dependencies;
use crate::engine::render::{Capabilities, Operation, Release as RenderedRelease};
use crate::text::edit::{Step, YamlPath};
use crate::text::yaml;

/// A release of an environment, with what its files say.
#[derive(Debug, Clone)]
pub struct Running<'e> {
    /// The environment.
    pub environment: &'e Environment,
    /// The release.
    pub release: &'e Release,
    /// Where its values come from, those that win last.
    pub layers: Vec<Layer>,
    /// The values that win.
    pub values: BTreeMap<Vec<String>, Leaf>,
    /// The images that they name.
    pub images: Vec<RunningImage>,
    /// Why the templates of its chart could not be followed, if that was tried.
    pub note: Option<String>,
}

/// An image of a release.
#[derive(Debug, Clone)]
pub struct RunningImage {
    /// What runs.
    pub image: ImageReference,
    /// The values that its tag and its digest are made of; none where a template or a Chart.yaml has them.
    pub keys: Vec<ImageKey>,
    /// Where its tag is written.
    pub place: String,
    /// How far it moves by itself, where the release says it.
    pub track: Option<Track>,
}

/// A value that a new version of an image changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageKey {
    /// Its path.
    pub path: Vec<String>,
    /// Whether it has the repository as well.
    pub is_whole: bool,
}

/// Reads what a release of an environment runs. Paths of files are relative to `directory`.
///
/// # Errors
/// When a values file is not there or is not YAML.
pub fn running<'e>(
    environment: &'e Environment,
    release: &'e Release,
    directory: &Path,
    read: ReadFile<'_>,
) -> Result<Running<'e>, ValuesError> {
    let mut found = without_images(environment, release, directory, read)?;
    found.images = found.triggered();
    if found.images.is_empty() {
        found.images = found.untriggered(directory, read);
    }
    Ok(found)
}

/// The same with all images, also those that have no trigger beside those that have one.
///
/// # Errors
/// When a values file is not there or is not YAML.
pub(super) fn running_every_image<'e>(
    environment: &'e Environment,
    release: &'e Release,
    directory: &Path,
    read: ReadFile<'_>,
) -> Result<Running<'e>, ValuesError> {
    let mut found = without_images(environment, release, directory, read)?;
    found.images = found.untriggered(directory, read);
    for triggered in found.triggered() {
        let mut known = found.images.iter().flat_map(|image| &image.keys);
        if !known.any(|key| triggered.keys.contains(key)) {
            found.images.push(triggered);
        }
    }
    Ok(found)
}

fn without_images<'e>(
    environment: &'e Environment,
    release: &'e Release,
    directory: &Path,
    read: ReadFile<'_>,
) -> Result<Running<'e>, ValuesError> {
    let layers = layers(environment, release, directory, read)?;
    let values = resolve(&layers);
    Ok(Running {
        environment,
        release,
        layers,
        values,
        images: Vec::new(),
        note: None,
    })
}

impl Running<'_> {
    /// The images that no trigger is needed for: those of the chart's templates, else those that the names of values lead to.
    fn untriggered(&mut self, directory: &Path, read: ReadFile<'_>) -> Vec<RunningImage> {
        let traced = match &self.release.deploys {
            Deploys::Directory(chart) => Some(self.traced(&directory.join(chart), directory, read)),
            _ => None,
        };
        match traced {
            Some(Ok(images)) => images,
            Some(Err(reason)) => {
                self.note = Some(reason);
                self.by_convention(directory, read)
            }
            None => self.by_convention(directory, read),
        }
    }

    /// The images of the release's triggers.
    fn triggered(&self) -> Vec<RunningImage> {
        let images = self.release.triggers.iter().filter_map(|trigger| {
            let Trigger::Image {
                tag,
                repository,
                prefix,
                track,
            } = trigger
            else {
                return None;
            };
            let text = |key: &str| look_up(&self.values, key).map(|leaf| leaf.text.as_str());
            let repository = format!("{}{}", text(prefix).unwrap_or_default(), text(repository)?);
            let tag_leaf = look_up(&self.values, tag);
            Some(RunningImage {
                image: ImageReference {
                    repository,
                    tag: tag_leaf.map(|leaf| leaf.text.clone()),
                    digest: None,
                },
                keys: vec![ImageKey {
                    path: tag.split('.').map(str::to_owned).collect(),
                    is_whole: false,
                }],
                place: tag_leaf.map_or_else(String::new, |leaf| place_of(&leaf.place)),
                track: Some(track.clone()),
            })
        });
        images.collect()
    }

    /// The images that the templates of the chart lead to.
    fn traced(&self, chart: &Path, directory: &Path, read: ReadFile<'_>) -> Result<Vec<RunningImage>, String> {
        let chart = load_with_local_dependencies(chart).map_err(|error| error.to_string())?;
        // What Google Cloud knows is left out here.
        let found = given_values(self.environment, self.release, (directory, read), &|_, _| Ok(None));
        let found = found.map_err(|error| error.to_string())?;
        let merged = found.merge().map_err(|error| error.to_string())?;
        let given = found.sources;
        let release = RenderedRelease {
            name: self.release.name.text.clone(),
            namespace: self.environment.namespace_of_releases().to_owned(),
            operation: Operation::Install,
        };
        let input = ChartInput {
            given: &given,
            values: &merged,
            release: &release,
            capabilities: &Capabilities::new(None, &[]),
        };
        let traced = chart_images(&chart, input, &|_| true).map_err(|error| error.to_string())?;
        let mut images: Vec<RunningImage> = Vec::new();
        let prefix = format!("{}/", directory.display());
        for mut image in list_traced(&traced).iter().map(of_listed) {
            // The chart was loaded by its absolute path.
            image.place = image.place.replace(&prefix, "");
            let is_known = |known: &RunningImage| (&known.image, &known.keys) == (&image.image, &image.keys);
            if !images.iter().any(is_known) {
                images.push(image);
            }
        }
        Ok(images)
    }

    /// The images that the names of values lead to.
    fn by_convention(&self, directory: &Path, read: ReadFile<'_>) -> Vec<RunningImage> {
        let mut images: Vec<RunningImage> = Vec::new();
        for layer in &self.layers {
            let Ok(text) = read(&directory.join(&layer.path)) else {
                continue;
            };
            let Ok(tree) = yaml::parse_all(&text) else { continue };
            for place in image_places(&tree).iter().filter(|place| place.document == 0) {
                let Some(image) = self.of_place(place) else { continue };
                if !images.iter().any(|known| known.keys == image.keys) {
                    images.push(image);
                }
            }
        }
        images
    }

    /// The image of a place as the values that win have it.
    fn of_place(&self, place: &ImagePlace) -> Option<RunningImage> {
        let key = |at: &Place, is_whole: bool| {
            let path = keys_of(&at.path).filter(|_| at.inside.is_none())?;
            Some(ImageKey { path, is_whole })
        };
        let leaf = |key: &ImageKey| self.values.get(&key.path).filter(|leaf| leaf.is_scalar);
        match &place.spelling {
            Spelling::Whole(whole) => {
                let key = key(whole, true)?;
                let leaf = leaf(&key)?;
                Some(RunningImage {
                    image: ImageReference::parse(&leaf.text).ok()?,
                    place: place_of(&leaf.place),
                    keys: vec![key],
                    track: None,
                })
            }
            Spelling::Apart { tag, digest } => {
                let tag = tag.as_ref().and_then(|tag| key(tag, false));
                let digest = digest.as_ref().and_then(|digest| key(digest, false));
                let text = |key: &Option<ImageKey>| key.as_ref().and_then(leaf).map(|leaf| leaf.text.clone());
                let image = ImageReference {
                    repository: place.repository.clone(),
                    tag: text(&tag),
                    digest: text(&digest).filter(|digest| !digest.is_empty()),
                };
                let at = tag.as_ref().or(digest.as_ref()).and_then(leaf);
                Some(RunningImage {
                    image,
                    place: at.map_or_else(String::new, |leaf| place_of(&leaf.place)),
                    keys: tag.into_iter().chain(digest).collect(),
                    track: None,
                })
            }
        }
    }
}

fn place_of(place: &crate::check::finding::Location) -> String {
    format!("{}:{}", place.file.path(), place.position().line)
}

/// The keys of a path; none for one that leads into a list.
fn keys_of(path: &YamlPath) -> Option<Vec<String>> {
    let keys = path.0.iter().map(|step| match step {
        Step::Key(key) => Some(key.clone()),
        Step::Index(_) | Step::Item { .. } => None,
    });
    keys.collect()
}

fn of_listed(listed: &ListedImage) -> RunningImage {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let values_of = |wanted: Part| {
        let part = listed.parts.iter().filter(move |part| part.part == wanted);
        let written = part.flat_map(|part| &part.written);
        written.filter_map(|at| match at {
            WrittenAt::Value { path, .. } => keys_of(&YamlPath::parse(path).ok()?),
            _ => None,
        })
    };
    let repositories: Vec<Vec<String>> = values_of(Part::Repository).collect();
    let mut keys: Vec<ImageKey> = Vec::new();
    for path in values_of(Part::Tag).chain(values_of(Part::Digest)) {
        if !keys.iter().any(|key| key.path == path) {
            let is_whole = repositories.contains(&path);
            keys.push(ImageKey { path, is_whole });
        }
    }
    RunningImage {
        image: ImageReference {
            repository: listed.repository.clone(),
            tag: some(listed.text(Part::Tag)),
            digest: some(listed.text(Part::Digest)),
        },
        keys,
        place: listed.place(),
        track: None,
    }
}
