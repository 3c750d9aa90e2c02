//! Files beside a Chart.yaml to the places that the chart's templates lead to: for images whose values have names that no convention knows.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::find_updates::PolledFile;
use super::patch::PollRequest;
use super::tag_source::TagSource;
use crate::artifact::dependency::is_chart_metadata;
use crate::delivery::bump::{ReadFile, absolute, shown_path};
use crate::delivery::image::{
    LeftNotes, LeftReason, WantedImages, chart_places, image_places, last_name, same_repository,
};
use crate::engine::chart::{Chart, load_with_local_dependencies};
use crate::text::edit::YamlPath;
use crate::text::yaml;

/// Files of one chart that are rendered whether or not the names of their values lead to an image already.
const FILES: usize = 50;

/// Adds to each file that is beside a Chart.yaml the places that the chart leads to. Returns the images of those charts that stay, each a
/// sentence with the reason. A chart that does not render leads to nothing: in that case only the names of values count.
pub(super) fn follow_templates(
    files: &mut [PolledFile],
    request: &PollRequest,
    read: ReadFile<'_>,
    source: &dyn TagSource,
) -> Vec<String> {
    let here = &request.working_directory;
    let locations: Vec<PathBuf> = files.iter().map(|file| absolute(Path::new(&file.path), here)).collect();
    let is_wanted = |repository: &str| {
        let repositories = &request.repositories;
        (repositories.is_empty() || repositories.iter().any(|one| same_repository(one, repository)))
            && source.has(repository)
    };
    let named = source.repositories().into_iter().chain(request.repositories.clone());
    let names: Vec<String> = named.map(|repository| last_name(&repository)).collect();
    let wanted = WantedImages {
        names: &names,
        has: &is_wanted,
    };
    let mut charts: HashMap<&Path, Option<Chart>> = HashMap::new();
    let mut left = LeftNotes::default();
    let shown = |path: &str| shown_path(Path::new(path), here);
    let are_many = files.len() > FILES;
    // By file and path: digests that win over tags of other files.
    let mut pinning: Vec<(PathBuf, YamlPath, String)> = Vec::new();
    for (file, location) in files.iter_mut().zip(&locations) {
        let Some(directory) = location.parent() else { continue };
        let chart = charts.entry(directory).or_insert_with(|| chart_in(directory, read));
        let Some(chart) = chart else { continue };
        if are_many && is_named(&file.text, &is_wanted) {
            continue;
        }
        let Ok(found) = chart_places(chart, &location.display().to_string(), &file.text, wanted) else {
            continue;
        };
        file.pinned = found.pinned_tags().cloned().collect();
        let is_metadata = location
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(is_chart_metadata);
        for image in &found.left {
            if let LeftReason::Pinned {
                line,
                digest: Some((path, set)),
                ..
            } = &image.reason
            {
                let tag = format!("{}:{line}", file.path);
                pinning.push((PathBuf::from(set.file.path()), path.clone(), tag));
            }
            // Tags in values files are not expected in a Chart.yaml.
            if !(is_metadata && matches!(image.reason, LeftReason::OtherFile { .. })) {
                left.add(image, &shown);
            }
        }
        file.traced = found.places;
    }
    for (file, location) in files.iter_mut().zip(&locations) {
        let own = pinning.iter().filter(|(file, ..)| file == location);
        file.pinning = own.map(|(_, path, tag)| (path.clone(), tag.clone())).collect();
    }
    left.sentences(&|path| locations.iter().any(|location| location == path))
}

fn chart_in(directory: &Path, read: ReadFile<'_>) -> Option<Chart> {
    read(&directory.join("Chart.yaml")).ok()?;
    load_with_local_dependencies(directory).ok()
}

/// Whether the names of a file's values lead to an image that is wanted.
fn is_named(text: &[u8], is_wanted: &dyn Fn(&str) -> bool) -> bool {
    yaml::parse_all(text).is_ok_and(|tree| image_places(&tree).iter().any(|place| is_wanted(&place.repository)))
}
