//! Higher versions for charts whose packages have changed since a base, and nothing else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::check::lint::chart::VersionBase;

use super::chart_version::raise_version_above;
use super::error::BumpError;
use super::plan::{BumpPlan, FilePlan};
use super::plan_bump::{ReadFile, absolute, shown_path};

/// Plans the versions of charts, by their directories, that are not higher than those of their bases. A chart whose version is none is left
/// alone: that is the matter of a rule.
///
/// # Errors
/// When a Chart.yaml cannot be read or edited.
pub fn plan_versions(
    bases: &BTreeMap<PathBuf, VersionBase>,
    working_directory: &Path,
    read: ReadFile<'_>,
) -> Result<BumpPlan, BumpError> {
    let mut plan = BumpPlan::default();
    for (directory, base) in bases {
        let location = absolute(&directory.join("Chart.yaml"), working_directory);
        let path = shown_path(&location, working_directory);
        let old = read(&location).map_err(|source| BumpError::Read {
            path: location.clone(),
            source,
        })?;
        let raised = raise_version_above(&old, base).map_err(|source| BumpError::Edit {
            path: path.clone(),
            source,
        })?;
        if let Some((new, applied)) = raised {
            plan.files.push(FilePlan {
                path,
                location,
                old,
                new,
                applied: vec![applied],
            });
        }
    }
    Ok(plan)
}
