//! Files that several environments use: an edit of one changes all of them.

use std::path::Path;

use super::copy_versions::CopiedVersions;
use super::declared_place::own_file;
use super::model::{Environment, Environments};
use super::promote::wrong;
use crate::delivery::bump::BumpError;

/// Refuses to edit a file that another environment uses.
///
/// # Errors
/// When there is such a file among those that are edited.
pub(super) fn refuse_shared(
    all: &Environments,
    environment: &Environment,
    edits: &CopiedVersions,
) -> Result<(), BumpError> {
    // What is edited in the file that declares environments is the environment's own.
    let is_edited = |file: &Path| file != own_file(environment) && edits.edits.contains_key(file);
    let others = all.list.iter().filter(|other| other.name.text != environment.name.text);
    for other in others {
        for release in &other.releases {
            let mut files = release.values_files.iter().chain(&release.file);
            if let Some(file) = files.find(|file| is_edited(file)) {
                let message = format!(
                    "{}: it is a file of {} too, so the images of {} would move there as well",
                    file.display(),
                    other.name.text,
                    environment.name.text
                );
                return Err(wrong(message, "give --shared to change both environments"));
            }
        }
    }
    Ok(())
}
