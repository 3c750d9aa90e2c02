//! A new version for the chart of every file that a plan changes, added to the plan.

use std::path::{Path, PathBuf};

use super::chart_version::{VersionPart, raise_version};
use super::error::BumpError;
use super::plan::{BumpPlan, FilePlan};
use super::plan_bump::{ReadFile, shown_path};

/// The name of a chart's metadata file.
const CHART_YAML: &str = "Chart.yaml";

/// The nearest directory above a file that has a Chart.yaml.
pub(super) fn chart_directory(file: &Path, read: ReadFile<'_>) -> Option<PathBuf> {
    let mut above = file.ancestors().skip(1);
    above
        .find(|directory| read(&directory.join(CHART_YAML)).is_ok())
        .map(Path::to_owned)
}

/// Raises `part` of the version of the chart in `chart`, or of each chart that has a changed file. A Chart.yaml that
/// the plan edits already keeps those edits.
pub(super) fn raise_charts(
    plan: &mut BumpPlan,
    part: VersionPart,
    chart: Option<&Path>,
    working_directory: &Path,
    read: ReadFile<'_>,
) -> Result<(), BumpError> {
    let mut charts: Vec<PathBuf> = Vec::new();
    for file in plan.changed_files() {
        let directory = chart
            .map(Path::to_owned)
            .or_else(|| chart_directory(&file.location, read))
            .ok_or_else(|| BumpError::NoChart {
                file: file.path.clone(),
            })?;
        if !charts.contains(&directory) {
            charts.push(directory);
        }
    }
    for directory in charts {
        raise_chart(plan, part, &directory.join(CHART_YAML), working_directory, read)?;
    }
    Ok(())
}

fn raise_chart(
    plan: &mut BumpPlan,
    part: VersionPart,
    location: &Path,
    working_directory: &Path,
    read: ReadFile<'_>,
) -> Result<(), BumpError> {
    let path = shown_path(location, working_directory);
    let planned = plan.files.iter_mut().find(|file| file.location == location);
    let old = match &planned {
        Some(file) => file.new.clone(),
        None => read(location).map_err(|source| BumpError::Read {
            path: location.to_owned(),
            source,
        })?,
    };
    let raised = raise_version(&old, part).map_err(|source| BumpError::Edit {
        path: path.clone(),
        source,
    })?;
    let (new, applied) = raised.ok_or_else(|| BumpError::NoVersion { path: path.clone() })?;
    if let Some(file) = planned {
        file.new = new;
        file.applied.push(applied);
    } else {
        plan.files.push(FilePlan {
            path,
            location: location.to_owned(),
            old,
            new,
            applied: vec![applied],
        });
    }
    Ok(())
}
