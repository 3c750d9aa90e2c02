//! A poll carried out: the edits of all files, made anew where a file changes meanwhile.

use std::path::Path;

use super::chart_dependencies::{dependency_places, left_dependencies};
use super::find_updates::{Polled, PolledFile, Wanted, find_updates};
use super::follow_templates::follow_templates;
use super::known_tags::KnownTags;
use super::tag_source::TagSource;
use crate::artifact::network::Clock;
use crate::delivery::bump::{
    BumpError, BumpPlan, BumpRequest, Raise, ReadFile, SourceFile, WriteError, plan_bump, write_planned,
};
use crate::delivery::track::Choosing;
use crate::text::edit::Edit;

/// What is polled.
#[derive(Debug, Clone)]
pub struct PollRequest {
    /// The files, as the user knows them.
    pub files: Vec<String>,
    /// The repositories that are looked at; all if there are none.
    pub repositories: Vec<String>,
    /// What may be chosen.
    pub choosing: Choosing,
    /// Whether values may change that aliases of their file refer to.
    pub through_anchors: bool,
    /// How the version of a chart is raised when one of its files changes.
    pub chart_version: Option<Raise>,
    /// The repository of the image whose tag a chart has as its appVersion.
    pub app_version_from: Option<String>,
    /// The directory that relative paths start from.
    pub working_directory: std::path::PathBuf,
}

/// What was found, and the edits that follow from it.
#[derive(Debug)]
pub struct Patch {
    /// The images, and what is newer.
    pub polled: Polled,
    /// The edits; without any where nothing is newer.
    pub plan: BumpPlan,
    /// The request that the plan was made from, once there is one.
    pub request: Option<BumpRequest>,
}

impl PollRequest {
    /// Looks for newer images and plans the edits. Nothing is written.
    ///
    /// # Errors
    /// When a file cannot be read or is not YAML, or an edit cannot be made.
    pub fn plan(&self, read: ReadFile<'_>, source: &dyn TagSource) -> Result<Patch, BumpError> {
        let texts = self.files.iter().map(|path| {
            let location = self.working_directory.join(Path::new(path));
            let text = read(&location).map_err(|source| BumpError::Read {
                path: location.clone(),
                source,
            })?;
            Ok(PolledFile {
                path: path.clone(),
                dependencies: dependency_places(&location, &text, read),
                text,
                traced: Vec::new(),
                pinned: Vec::new(),
                pinning: Vec::new(),
            })
        });
        let mut files: Vec<PolledFile> = texts.collect::<Result<_, BumpError>>()?;
        let mut left = follow_templates(&mut files, self, read, source);
        let wanted = Wanted {
            repositories: &self.repositories,
            choosing: &self.choosing,
            through_anchors: self.through_anchors,
        };
        let mut polled = find_updates(&files, wanted, source).map_err(|error| error.with_left(&left))?;
        polled.left.append(&mut left);
        if self.repositories.is_empty() {
            let here = &self.working_directory;
            polled.left.extend(left_dependencies(&files, here, read, source));
        }
        let edited = files.into_iter().enumerate().map(|(number, file)| SourceFile {
            path: file.path,
            text: file.text,
            edits: polled.changes_of(number).into_iter().map(Edit::from).collect(),
        });
        let request = BumpRequest {
            files: edited.filter(|file| !file.edits.is_empty()).collect(),
            edits: Vec::new(),
            images: Vec::new(),
            through_anchors: self.through_anchors,
            chart: None,
            moved: polled.moved(&self.files),
            chart_version: self.chart_version,
            app_version_from: self.app_version_from.clone(),
            working_directory: self.working_directory.clone(),
        };
        let plan = if request.files.is_empty() {
            BumpPlan::default()
        } else {
            plan_bump(&request, read)?
        };
        Ok(Patch {
            polled,
            plan,
            request: Some(request),
        })
    }

    /// Plans the edits and writes the files that change, all or none. Files that change meanwhile are looked at again, so that an image
    /// that another moved further stays there. Registries are asked once, since the tags are known then.
    ///
    /// # Errors
    /// Those of [`PollRequest::plan`]; and when a file cannot be written.
    pub fn write(&self, read: ReadFile<'_>, source: &KnownTags<'_>, clock: &dyn Clock) -> Result<Patch, WriteError> {
        let (patch, ()) = self.write_with(read, source, |plan| {
            write_planned(|| Ok::<_, WriteError>(plan()?), clock).map(|plan| (plan, ()))
        })?;
        Ok(patch)
    }

    /// The same with another way to write: `write` is given what makes the plan from the files as they are, and gives the one it wrote.
    ///
    /// # Errors
    /// Those of `write`.
    pub fn write_with<T, E>(
        &self,
        read: ReadFile<'_>,
        source: &KnownTags<'_>,
        write: impl FnOnce(&mut dyn FnMut() -> Result<BumpPlan, BumpError>) -> Result<(BumpPlan, T), E>,
    ) -> Result<(Patch, T), E> {
        let mut made = (Polled::default(), None);
        let (plan, written) = write(&mut || {
            let Patch { polled, plan, request } = self.plan(read, source)?;
            made = (polled, request);
            Ok(plan)
        })?;
        let (polled, request) = made;
        Ok((Patch { polled, plan, request }, written))
    }
}
