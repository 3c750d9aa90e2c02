//! What one environment runs, moved to another as edits of its files; and what an environment ran at an earlier commit, as edits of the
//! files as they are now.

use std::io;
use std::path::{Path, PathBuf};

use super::copy_versions::{
    CopiedChartUpdate, CopiedVersions, CopyError, Copying, copy_request, copy_versions, dotted, other_differences,
};
use super::find::{EnvironmentsPlace, FindEnvironmentsError};
use super::model::UnknownName;
use super::running::running;
use super::values::{ValuesError, layers, resolve};
use crate::delivery::bump::{BumpError, BumpPlan, BumpRequest, ReadFile, plan_bump};
use crate::delivery::git::{GitError, WorkTree};

/// Commits that are looked at to find the one before the last change.
const COMMITS: usize = 50;

/// Versions to move from one environment to another.
#[derive(Debug, Clone)]
pub struct Promotion {
    /// Where the environments are.
    pub place: EnvironmentsPlace,
    /// The environment whose versions are taken.
    pub from: String,
    /// The environment whose files are edited.
    pub to: String,
    /// The releases; all that both have if there are none.
    pub releases: Vec<String>,
    /// What is allowed.
    pub copying: Copying,
    /// What changes in a Chart.yaml with the files of its chart.
    pub chart_update: CopiedChartUpdate,
}

/// The edits of a promotion.
#[derive(Debug, Default)]
pub struct PlannedPromotion {
    /// The edits; none where both run the same.
    pub plan: BumpPlan,
    /// The request that they were made from, once there are some.
    pub request: Option<BumpRequest>,
    /// Keys whose values differ between the two besides versions.
    pub differences: Vec<String>,
}

pub(super) fn wrong(error: impl std::fmt::Display, hint: &'static str) -> BumpError {
    BumpError::Environments {
        message: error.to_string(),
        hint,
        is_usage: false,
    }
}

impl From<UnknownName> for BumpError {
    fn from(error: UnknownName) -> Self {
        Self::Environments {
            message: error.to_string(),
            hint: "",
            is_usage: true,
        }
    }
}

impl From<FindEnvironmentsError> for BumpError {
    fn from(error: FindEnvironmentsError) -> Self {
        Self::Environments {
            is_usage: matches!(error, FindEnvironmentsError::None(_)),
            hint: "",
            message: error.to_string(),
        }
    }
}

impl From<ValuesError> for BumpError {
    fn from(error: ValuesError) -> Self {
        wrong(error, "")
    }
}

impl From<CopyError> for BumpError {
    fn from(error: CopyError) -> Self {
        let hint = error.hint();
        wrong(error, hint)
    }
}

impl Promotion {
    /// Plans the edits. `read_from` reads the files of the environment whose versions are taken.
    ///
    /// # Errors
    /// When an environment or release is not there, a file cannot be read, or a version may not be copied.
    pub fn plan(&self, read: ReadFile<'_>, read_from: ReadFile<'_>) -> Result<PlannedPromotion, BumpError> {
        let here = &self.place.working_directory;
        let (sources, targets) = (self.place.load(read_from)?, self.place.load(read)?);
        let (source, target) = (sources.named(&self.from)?, targets.named(&self.to)?);
        for name in &self.releases {
            source.release(name)?;
            target.release(name)?;
        }
        let mut planned = PlannedPromotion::default();
        let mut copied = CopiedVersions::default();
        for release in &source.releases {
            let name = &release.name.text;
            if !(self.releases.is_empty() || self.releases.contains(name)) {
                continue;
            }
            let Ok(other) = target.release(name) else {
                copied.left.push(format!("release {name} is not in {}", self.to));
                continue;
            };
            let from = running(source, release, here, read_from)?;
            let to = running(target, other, here, read)?;
            copy_versions(&from, &to, self.copying, &mut copied)?;
            planned.differences.extend(other_differences(&from, &to));
        }
        if !copied.edits.is_empty() {
            let request = copy_request((&copied, self.copying), &self.chart_update, here, read)?;
            planned.plan = plan_bump(&request, read)?;
            planned.request = Some(request);
            check_copied(&self.place, &copied, &planned.plan, read)?;
        }
        planned.plan.left.append(&mut copied.left);
        Ok(planned)
    }
}

/// Checks that each environment has what was copied once the files are written: another source of its values may win.
pub(super) fn check_copied(
    place: &EnvironmentsPlace,
    copied: &CopiedVersions,
    plan: &BumpPlan,
    read: ReadFile<'_>,
) -> Result<(), BumpError> {
    let edited = |path: &Path| -> io::Result<Vec<u8>> {
        let path: PathBuf = path.components().collect();
        let known = plan.files.iter().find(|file| file.location == path);
        known.map_or_else(|| read(&path), |file| Ok(file.new.clone()))
    };
    let environments = place.load(&edited)?;
    for (environment, release) in copied.releases() {
        let environment = environments.named(environment)?;
        let layers = layers(
            environment,
            environment.release(release)?,
            &place.working_directory,
            &edited,
        )?;
        let values = resolve(&layers);
        for wanted in copied.wanted_of(&environment.name.text, release) {
            let found = values.get(&wanted.path);
            if found.is_none_or(|leaf| leaf.text != wanted.text) {
                let winner = found.map_or_else(|| "another source".to_owned(), |leaf| leaf.place.to_string());
                let (key, name) = (dotted(&wanted.path), &environment.name.text);
                let text = &wanted.text;
                let message =
                    format!("{key} of {name} would not be {text}: {winner} wins over the file that would be edited");
                return Err(wrong(message, ""));
            }
        }
    }
    Ok(())
}

/// Why there is nothing to go back to.
#[derive(Debug, thiserror::Error)]
pub enum RollbackError {
    /// git fails.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The edits cannot be planned.
    #[error(transparent)]
    Plan(#[from] BumpError),
    /// No commit has other versions.
    #[error("none of the last {COMMITS} commits that changed the files of {0} has other versions")]
    NoCommit(String),
}

/// The commit at which an environment ran other versions than now: the newest of those that changed its files.
///
/// # Errors
/// When there is none, or git or the plan fails.
pub fn commit_before(promotion: &Promotion, tree: &WorkTree, read: ReadFile<'_>) -> Result<String, RollbackError> {
    let place = &promotion.place;
    let environments = place.load(read).map_err(BumpError::from)?;
    let environment = environments.named(&promotion.to).map_err(BumpError::from)?;
    let mut files: Vec<PathBuf> = vec![place.declaring_file()];
    files.extend(environment.default_values_file.clone());
    for name in &promotion.releases {
        environment.release(name).map_err(BumpError::from)?;
    }
    let is_named = |name: &String| promotion.releases.is_empty() || promotion.releases.contains(name);
    for release in environment
        .releases
        .iter()
        .filter(|release| is_named(&release.name.text))
    {
        files.extend(release.values_files.iter().chain(&release.file).cloned());
    }
    let files: Vec<PathBuf> = files.iter().map(|file| place.working_directory.join(file)).collect();
    let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    for commit in tree.commits_of(&files, COMMITS)? {
        let read_at = |path: &Path| tree.file_at(&commit, path);
        match promotion.plan(read, &read_at) {
            Ok(planned) if planned.plan.changed_files().next().is_none() => {}
            Ok(_) => return Ok(commit),
            // An environment that was not there yet has nothing to go back to.
            Err(BumpError::Environments { .. }) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Err(RollbackError::NoCommit(promotion.to.clone()))
}
