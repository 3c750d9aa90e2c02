//! A new image to the changes of one file: where the file names the image, and where the chart around it does.

use std::path::Path;

use crate::delivery::image::ImageReference;
use crate::engine::chart::load_with_local_dependencies;
use crate::engine::template::{Map, MapType};
use crate::engine::values::{coalesce_values, process_dependencies};
use crate::text::edit::{Change, YamlPath};
use crate::text::yaml;

use super::error::BumpError;
use super::find_target::{TargetError, image_changes, image_paths};

/// The changes that move `image` in the text of one file; none if the file does not name it. `chart` is the
/// directory of the chart whose own values name repositories that the file leaves out.
pub(super) fn plan_image(
    path: &str,
    text: &[u8],
    image: &ImageReference,
    chart: Option<&Path>,
) -> Result<Vec<Change>, BumpError> {
    let tree = yaml::parse_all(text).map_err(|source| BumpError::Yaml {
        path: path.to_owned(),
        source,
    })?;
    let defaults = chart.map_or_else(Vec::new, |chart| default_paths(chart, image));
    match image_changes(&tree, image, &defaults) {
        Ok(changes) => Ok(changes),
        Err(TargetError::NotFound(_)) => Ok(Vec::new()),
        Err(source @ TargetError::NoTag(_)) => Err(BumpError::ImageWithoutTag(source)),
        Err(source @ (TargetError::Pinned { .. } | TargetError::NoPlaceForDigest { .. } | TargetError::TooMany)) => {
            Err(BumpError::Digest {
                path: path.to_owned(),
                source,
            })
        }
    }
}

/// Where a chart names the image in its own values and those of its subcharts. A chart that cannot be loaded names
/// nothing: in that case only the file counts.
fn default_paths(chart: &Path, image: &ImageReference) -> Vec<YamlPath> {
    let Ok(mut chart) = load_with_local_dependencies(chart) else {
        return Vec::new();
    };
    let none = Map::nil(MapType::Any);
    if process_dependencies(&mut chart, &none, &mut Vec::new()).is_err() {
        return Vec::new();
    }
    coalesce_values(&chart, &none, &mut Vec::new()).map_or_else(|_| Vec::new(), |values| image_paths(&values, image))
}
