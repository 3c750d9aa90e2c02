//! New metadata for the chart of every file that a plan changes, added to the plan: its version raised, its appVersion that of an image.

use std::path::{Path, PathBuf};

use crate::delivery::image::same_repository;
use crate::text::edit::{Applied, Change, Edit, EditError, NewValue, YamlPath, apply_edits};
use crate::text::yaml;

use super::chart_version::{Raise, raise_version};
use super::error::BumpError;
use super::moved_image::MovedImage;
use super::plan::{BumpPlan, FilePlan};
use super::plan_bump::{ReadFile, shown_path};

/// The name of a chart's metadata file.
const CHART_YAML: &str = "Chart.yaml";

/// What changes in a Chart.yaml.
pub(super) struct ChartUpdate<'u> {
    /// How its version is raised.
    pub(super) raise: Option<Raise>,
    /// The repository of the image whose new tag becomes its appVersion.
    pub(super) app_version_from: Option<&'u str>,
    /// The directory of the chart, if it is not that of each file.
    pub(super) chart: Option<&'u Path>,
    /// The directory that relative paths start from.
    pub(super) working_directory: &'u Path,
}

/// The nearest directory above a file that has a Chart.yaml.
pub(super) fn chart_directory(file: &Path, read: ReadFile<'_>) -> Option<PathBuf> {
    let mut above = file.ancestors().skip(1);
    above
        .find(|directory| read(&directory.join(CHART_YAML)).is_ok())
        .map(Path::to_owned)
}

/// Updates the chart that is given, or each chart that has a changed file. A Chart.yaml that the plan edits already keeps those edits.
pub(super) fn update_charts(
    plan: &mut BumpPlan,
    update: &ChartUpdate<'_>,
    read: ReadFile<'_>,
) -> Result<(), BumpError> {
    if update.raise.is_none() && update.app_version_from.is_none() {
        return Ok(());
    }
    let mut charts: Vec<(PathBuf, Vec<MovedImage>)> = Vec::new();
    for file in plan.changed_files() {
        let directory = update
            .chart
            .map(Path::to_owned)
            .or_else(|| chart_directory(&file.location, read))
            .ok_or_else(|| BumpError::NoChart {
                file: file.path.clone(),
            })?;
        let moved = plan.moved.iter().filter(|moved| moved.file == file.path).cloned();
        match charts.iter_mut().find(|(known, _)| *known == directory) {
            Some((_, images)) => images.extend(moved),
            None => charts.push((directory, moved.collect())),
        }
    }
    for (directory, images) in charts {
        update_chart(plan, update, &directory.join(CHART_YAML), &images, read)?;
    }
    Ok(())
}

fn update_chart(
    plan: &mut BumpPlan,
    update: &ChartUpdate<'_>,
    location: &Path,
    images: &[MovedImage],
    read: ReadFile<'_>,
) -> Result<(), BumpError> {
    let path = shown_path(location, update.working_directory);
    let planned = plan.files.iter_mut().find(|file| file.location == location);
    let old = match &planned {
        Some(file) => file.new.clone(),
        None => read(location).map_err(|source| BumpError::Read {
            path: location.to_owned(),
            source,
        })?,
    };
    let edit_error = |source| BumpError::Edit {
        path: path.clone(),
        source,
    };
    let (mut new, mut all_applied) = (old.clone(), Vec::new());
    if let Some(raise) = update.raise {
        let part = raise.part(images.iter().map(MovedImage::step));
        let raised = raise_version(&new, part).map_err(edit_error)?;
        let applied;
        (new, applied) = raised.ok_or_else(|| BumpError::NoVersion { path: path.clone() })?;
        all_applied.push(applied);
    }
    let app_image = images.iter().rev().find(|image| {
        update
            .app_version_from
            .is_some_and(|repository| same_repository(repository, &image.new.repository))
    });
    if let Some(tag) = app_image.and_then(|image| image.new.tag.as_deref())
        && let Some((edited, applied)) = set_app_version(&new, tag).map_err(edit_error)?
    {
        new = edited;
        all_applied.extend(applied);
    }
    if new == old {
        return Ok(());
    }
    if let Some(file) = planned {
        file.new = new;
        file.applied.extend(all_applied);
    } else {
        plan.files.push(FilePlan {
            path,
            location: location.to_owned(),
            old,
            new,
            applied: all_applied,
        });
    }
    Ok(())
}

/// A text, and the scalars that were set in it.
type Edited = (Vec<u8>, Vec<Applied>);

/// Sets `appVersion` in the text of a Chart.yaml, adding it where it is missing; nothing if it has that value.
fn set_app_version(chart_yaml: &[u8], tag: &str) -> Result<Option<Edited>, EditError> {
    let key = "appVersion";
    let tree = yaml::parse_first(chart_yaml).map_err(|error| EditError::yaml(error, chart_yaml))?;
    let current = tree.root().and_then(|root| tree.get(root, key));
    if current.is_some_and(|node| tree.text(node) == tag) {
        return Ok(None);
    }
    let change = Change {
        document: Some(0),
        path: YamlPath::default().key(key),
        value: NewValue::Text(tag.to_owned()),
    };
    let edit = Edit {
        creates: true,
        ..Edit::from(change)
    };
    apply_edits(chart_yaml, &[edit]).map(Some)
}
