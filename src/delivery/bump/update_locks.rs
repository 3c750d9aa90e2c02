//! Locks that follow the dependencies of their charts: added to a plan that changes one of the two.

use std::path::{Path, PathBuf};

use crate::artifact::dependency::{CHART_METADATA, DIGEST_FILE_ENDING, LockChanges, follow_lock, is_chart_metadata};
use crate::engine::chart::ChartFile;
use crate::text::edit::{Edit, NewValue, Operation, Step, YamlPath, apply_edits};

use super::error::BumpError;
use super::plan::{BumpPlan, FilePlan};
use super::plan_bump::{ReadFile, shown_path};

/// Changes the locks of charts whose dependencies a plan changes. One that cannot follow stays, and the plan says why.
pub(super) fn update_locks(plan: &mut BumpPlan, working_directory: &Path, read: ReadFile<'_>) -> Result<(), BumpError> {
    let mut directories: Vec<PathBuf> = Vec::new();
    for file in plan.changed_files() {
        let name = file.location.file_name().and_then(|name| name.to_str());
        if let (Some(directory), true) = (file.location.parent(), name.is_some_and(is_chart_metadata))
            && !directories.iter().any(|known| known == directory)
        {
            directories.push(directory.to_owned());
        }
    }
    for directory in directories {
        update_lock(plan, &directory, working_directory, read)?;
    }
    Ok(())
}

fn update_lock(
    plan: &mut BumpPlan,
    directory: &Path,
    working_directory: &Path,
    read: ReadFile<'_>,
) -> Result<(), BumpError> {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for name in CHART_METADATA.iter().flat_map(|(chart, lock)| [chart, lock]) {
        let location = directory.join(name);
        let planned = plan.files.iter().find(|file| file.location == location);
        let texts = match planned {
            Some(file) => Some((file.old.clone(), file.new.clone())),
            None => read(&location).ok().map(|text| (text.clone(), text)),
        };
        if let Some((before, after)) = texts {
            old.push(ChartFile::new((*name).to_owned(), before));
            new.push(ChartFile::new((*name).to_owned(), after));
        }
    }
    let Some(lock) = CHART_METADATA
        .iter()
        .find_map(|(_, lock)| new.iter().find(|file| file.name == *lock))
    else {
        return Ok(());
    };
    let location = directory.join(&lock.name);
    let path = shown_path(&location, working_directory);
    let changes = match follow_lock(&old, &new) {
        Ok(None) => return Ok(()),
        Ok(Some(changes)) => changes,
        Err(reason) => {
            plan.left
                .push(format!("{path} stays: {reason}; run `chartwright dependency update`"));
            return Ok(());
        }
    };
    let locked = |files: &[ChartFile]| {
        let found = files.iter().find(|file| file.name == lock.name);
        found.map(|file| file.data.clone())
    };
    if !changes.versions.is_empty() || locked(&old) != locked(&new) {
        note_digests(plan, &location, working_directory, read);
    }
    let edits = edits(&changes);
    let edit_error = |source| BumpError::Edit {
        path: path.clone(),
        source,
    };
    if let Some(planned) = plan.files.iter_mut().find(|file| file.location == location) {
        let (edited, applied) = apply_edits(&planned.new, &edits).map_err(edit_error)?;
        planned.new = edited;
        planned.applied.extend(applied);
    } else {
        plan.files
            .push(FilePlan::new(&path, &location, lock.data.to_vec(), &edits)?);
    }
    Ok(())
}

/// Says that recorded digests are those of other versions: the new archives are not at hand.
fn note_digests(plan: &mut BumpPlan, location: &Path, working_directory: &Path, read: ReadFile<'_>) {
    let mut recorded = location.as_os_str().to_owned();
    recorded.push(DIGEST_FILE_ENDING);
    let recorded = PathBuf::from(recorded);
    if read(&recorded).is_ok() {
        plan.left.push(format!(
            "{} has no digests of the new versions: `chartwright dependency build --record-digests` adds them",
            shown_path(&recorded, working_directory)
        ));
    }
}

fn edits(changes: &LockChanges) -> Vec<Edit> {
    let set = |path, text: &String| Edit::new(path, Operation::Set(NewValue::Text(text.clone())));
    let root = YamlPath::default();
    let versions = changes.versions.iter().map(|(index, version)| {
        let path = root.key("dependencies").child(Step::Index(*index)).key("version");
        set(path, version)
    });
    versions.chain([set(root.key("digest"), &changes.digest)]).collect()
}
