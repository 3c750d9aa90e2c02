//! The charts whose packages differ from those of the base, with the versions that they must be newer than.
//!
//! In: the charts of a plan, and the commit that changes are counted from. Out: a version for each chart whose archive would have other
//! content. Archives are compared, so files that `.helmignore` leaves out do not count, and charts that are packaged with this one do.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::artifact::package::{TIME, pack_chart};
use crate::check::lint::chart::VersionBase;
use crate::delivery::git::{GitError, GitTree, WorkTree};
use crate::engine::chart::{
    Chart, FileTree as _, LinkPolicy, files_in_tree, files_with_local_dependencies, load_files,
};
use crate::text::semver::Version;

use super::plan::{Plan, short_name};

/// What each chart must be newer than, by its directory in the plan. Charts that are new, do not load or have not changed are left out.
///
/// # Errors
/// When git fails.
pub fn version_bases(plan: &Plan, links: LinkPolicy) -> Result<BTreeMap<PathBuf, VersionBase>, GitError> {
    let mut bases = BTreeMap::new();
    let Some(base) = &plan.since else { return Ok(bases) };
    let Some(first) = plan.charts.first() else {
        return Ok(bases);
    };
    let tree = WorkTree::of(&first.chart.parts.directory)?;
    let (common, tip) = (tree.tree(base.common.clone()), tree.tree(base.tip.clone()));
    for planned in &plan.charts {
        let Some(before) = chart_at(&common, &planned.chart.directory)? else {
            continue;
        };
        let now = files_with_local_dependencies(&planned.chart.directory, links);
        let Ok(now) = now.map_err(drop).and_then(|now| load_files(now.files).map_err(drop)) else {
            continue;
        };
        let is_same = match (pack_chart(&before, TIME), pack_chart(&now, TIME)) {
            (Ok(before), Ok(now)) => before == now,
            _ => false,
        };
        if !is_same {
            let version = newest_version((&common, &tip), &planned.chart.directory, before.metadata.version)?;
            let name = short_name(base);
            bases.insert(planned.chart.directory.clone(), VersionBase { version, name });
        }
    }
    Ok(bases)
}

/// A chart as a commit has it, with the charts that it depends on by path; none where the commit has no such chart, or one that does not
/// load.
pub(super) fn chart_at(tree: &GitTree, directory: &Path) -> Result<Option<Chart>, GitError> {
    match tree.names(directory) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(GitError::from(error)),
    }
    let files = files_in_tree(tree, directory, None);
    Ok(files.ok().and_then(|found| load_files(found.files).ok()))
}

/// The version that the base has now, if that is higher than the one at the commit that HEAD has as well: two branches may have raised it.
fn newest_version((common, tip): (&GitTree, &GitTree), directory: &Path, version: String) -> Result<String, GitError> {
    if tip.commit() == common.commit() {
        return Ok(version);
    }
    let Some(tip) = chart_at(tip, directory)? else {
        return Ok(version);
    };
    let is_higher = match (Version::parse(&tip.metadata.version), Version::parse(&version)) {
        (Ok(tip), Ok(common)) => tip.compare(&common).is_gt(),
        _ => false,
    };
    Ok(if is_higher { tip.metadata.version } else { version })
}
