//! A new image to the changes of one file: where the file names the image, and where the chart around it does, by the names of its values
//! and by its templates.

use std::path::Path;

use crate::delivery::image::{
    ChartPlaces, ImageReference, LeftNotes, WantedImages, chart_places, image_places, last_name, same_repository,
};
use crate::engine::chart::{Chart, load_with_local_dependencies};
use crate::engine::template::{Map, MapType};
use crate::engine::values::{coalesce_values, process_dependencies};
use crate::text::edit::{Change, YamlPath};
use crate::text::yaml;

use super::error::BumpError;
use super::find_target::{TargetError, image_changes, image_paths};
use super::left_alone::left_alone;

/// One file in which an image is moved.
#[derive(Clone, Copy)]
pub(super) struct ImageFile<'f> {
    /// Its path as the user knows it.
    pub(super) path: &'f str,
    /// Its absolute path.
    pub(super) location: &'f Path,
    /// Its content.
    pub(super) text: &'f [u8],
    /// The directory of the chart whose values it has, and whose own values name repositories that the file leaves out.
    pub(super) chart: Option<&'f Path>,
}

/// How an image is moved in a file.
#[derive(Debug, Default)]
pub(super) struct PlannedImage {
    /// None if the file does not name it.
    pub(super) changes: Vec<Change>,
    /// What else the file and its chart have of the image, and why that is not moved in this file.
    pub(super) left: LeftNotes,
}

/// Plans how an image is moved in a file; `shown` names files for people.
pub(super) fn plan_image(
    file: ImageFile<'_>,
    image: &ImageReference,
    shown: &dyn Fn(&str) -> String,
) -> Result<PlannedImage, BumpError> {
    let path = file.path;
    let tree = yaml::parse_all(file.text).map_err(|source| BumpError::Yaml {
        path: path.to_owned(),
        source,
    })?;
    let chart = file.chart.and_then(|chart| load_with_local_dependencies(chart).ok());
    let (found, failure) = match &chart {
        Some(chart) => by_templates(chart, file, image, shown),
        None => (ChartPlaces::default(), None),
    };
    let defaults = chart.map_or_else(Vec::new, |chart| default_paths(chart, image));
    let pinned: Vec<YamlPath> = found.pinned_tags().cloned().collect();
    let changes = match image_changes(&tree, image, &defaults, &found.places, &pinned) {
        Ok(changes) => changes,
        Err(TargetError::NotFound(_)) => Vec::new(),
        Err(source @ TargetError::NoTag(_)) => return Err(BumpError::ImageWithoutTag(source)),
        Err(
            source @ (TargetError::Pinned { .. }
            | TargetError::NoPlaceForDigest { .. }
            | TargetError::PartOfTag { .. }
            | TargetError::TooMany),
        ) => {
            return Err(BumpError::Digest {
                path: path.to_owned(),
                source,
            });
        }
    };
    let mut left = LeftNotes::default();
    if found.places.is_empty() && found.left.is_empty() {
        // Otherwise the templates know better what its names are used for.
        for sentence in left_alone(&tree, path, image, &image_places(&tree)) {
            left.add_sentence(sentence);
        }
    }
    // A tag of this file goes before the version in Chart.yaml.
    for image in &found.left {
        if changes.is_empty() || !image.reason.is_version() {
            left.add(image, shown);
        }
    }
    if let Some(failure) = failure.filter(|_| changes.is_empty()) {
        left.add_sentence(failure);
    }
    Ok(PlannedImage { changes, left })
}

/// The places of the image that the templates of a chart lead to, or why they cannot be followed.
fn by_templates(
    chart: &Chart,
    file: ImageFile<'_>,
    image: &ImageReference,
    shown: &dyn Fn(&str) -> String,
) -> (ChartPlaces, Option<String>) {
    let location = file.location.display().to_string();
    let wanted = WantedImages {
        names: &[last_name(&image.repository)],
        has: &|repository| same_repository(repository, &image.repository),
    };
    match chart_places(chart, &location, file.text, wanted) {
        Ok(found) => (found, None),
        Err(error) => {
            let chart = shown(chart.path());
            let file = file.path;
            let failure = format!("the templates of {chart} cannot be followed with {file}: {error}");
            (ChartPlaces::default(), Some(failure))
        }
    }
}

/// Where a chart names the image in its own values and those of its subcharts.
fn default_paths(mut chart: Chart, image: &ImageReference) -> Vec<YamlPath> {
    let none = Map::nil(MapType::Any);
    if process_dependencies(&mut chart, &none, &mut Vec::new()).is_err() {
        return Vec::new();
    }
    coalesce_values(&chart, &none, &mut Vec::new()).map_or_else(|_| Vec::new(), |values| image_paths(&values, image))
}
