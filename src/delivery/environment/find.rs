//! The environments of a directory: those of `KubeCD`'s files where it has them, else those of an application chart's values files.

use std::path::{Path, PathBuf};

use crate::artifact::repository::GitRef;

use super::application_chart::{ChartEnvironment, application_environments, environments_of_files};
use super::load::{ENVIRONMENTS_FILE, LoadEnvironmentsError, load_environments};
use super::model::Environments;
use crate::delivery::bump::ReadFile;
use crate::text::yaml;

/// Where environments are looked for.
#[derive(Debug, Clone)]
pub struct EnvironmentsPlace {
    /// The directory that paths are relative to.
    pub working_directory: PathBuf,
    /// The directory of the application chart, or of environments.yaml.
    pub directory: PathBuf,
    /// The file of environments, where one is named.
    pub file: Option<PathBuf>,
    /// The environments that chartwright.yaml declares.
    pub declared: Vec<ChartEnvironment>,
    /// The names of the values files in the directory.
    pub values_files: Vec<String>,
}

/// No environments.
#[derive(Debug, thiserror::Error)]
pub enum FindEnvironmentsError {
    /// The files that declare them are wrong.
    #[error(transparent)]
    Load(#[from] LoadEnvironmentsError),
    /// There are none.
    #[error("there are no environments in {}: neither {ENVIRONMENTS_FILE}, nor `environments` in chartwright.yaml, nor a values-NAME.yaml", .0.display())]
    None(PathBuf),
}

impl EnvironmentsPlace {
    /// The names of the environments that builds of a branch or tag are deployed to, by the rules of chartwright.yaml.
    pub fn environments_of(&self, git_ref: &GitRef) -> Vec<String> {
        let accepting = self.declared.iter().filter(|one| one.rules.accept(git_ref));
        accepting.map(|one| one.name.clone()).collect()
    }

    /// The file that declares environments, whether or not it is there: the one that is named, else the usual one.
    pub fn declaring_file(&self) -> PathBuf {
        let usual = || without_dots(&self.directory.join(ENVIRONMENTS_FILE));
        self.file.clone().unwrap_or_else(usual)
    }

    /// Whether a file declares environments.
    pub fn declares_environments(&self) -> bool {
        !self.declared.is_empty() || self.file.is_some() || self.working_directory.join(self.declaring_file()).is_file()
    }

    /// The environments.
    ///
    /// # Errors
    /// When there are none, or with everything that is wrong with the files that declare them.
    pub fn load(&self, read: ReadFile<'_>) -> Result<Environments, FindEnvironmentsError> {
        let file = self.declaring_file();
        if self.file.is_some() || read(&self.working_directory.join(&file)).is_ok() {
            return Ok(load_environments(&file, &self.working_directory, read)?);
        }
        let directory = without_dots(&self.directory);
        let declared = if self.declared.is_empty() {
            environments_of_files(&directory, &self.values_files)
        } else {
            self.declared.clone()
        };
        if declared.is_empty() {
            return Err(FindEnvironmentsError::None(self.directory.clone()));
        }
        let chart_name = |chart: &Path| {
            let text = read(&self.working_directory.join(chart).join("Chart.yaml")).ok()?;
            let tree = yaml::parse_first(&text).ok()?;
            let name = tree.get(tree.root()?, "name")?;
            Some(tree.text(tree.target(name)).to_owned())
        };
        Ok(application_environments(&declared, &chart_name))
    }
}

/// `./a` is shown as `a`.
fn without_dots(path: &Path) -> PathBuf {
    path.components().filter(|part| part.as_os_str() != ".").collect()
}
