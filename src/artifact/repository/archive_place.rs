//! The names that archives get in a repository: by its template, or Helm's.

use crate::engine::chart::Metadata;

use super::git_ref::GitRef;
use super::object_path::{ObjectPathError, ObjectPathParts, ObjectPathTemplate};
use super::publish::Item;

/// Where new archives are put in a repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArchivePlace {
    /// The template of the configuration. Without one an archive has Helm's name for it, whatever that looks like.
    pub template: Option<ObjectPathTemplate>,
    /// The branch or tag that the charts are built from.
    pub git_ref: Option<GitRef>,
}

impl ArchivePlace {
    /// The name of a package's object.
    ///
    /// # Errors
    /// When the template needs a branch or tag that is not known, or its path could not be read back.
    pub(super) fn object(&self, item: &Item) -> Result<String, ObjectPathError> {
        match &self.template {
            None => Ok(item.file_name.clone()),
            Some(template) => template.print(&self.parts(template, &item.metadata)),
        }
    }

    fn parts(&self, template: &ObjectPathTemplate, metadata: &Metadata) -> ObjectPathParts {
        ObjectPathParts {
            chart: metadata.name.clone(),
            version: metadata.version.clone(),
            // What the template has no place for does not matter.
            git_ref: self.git_ref.clone().filter(|_| template.ref_kind().is_some()),
        }
    }
}
