//! What a repository has: charts, settings, pipelines and what they run, values files of environments.
//!
//! In: a directory, and the variables of the CI system. Out: a [`Survey`]. Nothing is written, run or fetched.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use super::environment_files::{EnvironmentFiles, environment_files};
use super::existing_steps::{ExistingStep, Tool, existing_steps};
use crate::check::run::find_charts;
use crate::config::nearest::{settings_directory, settings_file};
use crate::config::trust::{ReadConfigError, Settings};
use crate::delivery::forge::ForgeKind;
use crate::delivery::git::{RemoteName, WorkTree};
use crate::text::limits::SETTINGS_BYTES;
use crate::text::source::{Links, Visit, WalkError, WalkLimits, read_inside, walk};

/// Directories whose charts are other people's, or made to be wrong.
const NOT_OURS: [&str; 6] = [
    "fixtures",
    "node_modules",
    "test-data",
    "testdata",
    "third_party",
    "vendor",
];

/// A directory with pipelines.
const PIPELINES: WalkLimits = WalkLimits {
    depth: 0,
    entries: 1_000,
    links: Links::PassedOver,
};

/// A CI system for which there are files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum System {
    GitHub,
    GitLab,
    Codefresh,
}

impl System {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::GitHub => "GitHub Actions",
            Self::GitLab => "GitLab CI/CD",
            Self::Codefresh => "Codefresh",
        }
    }
}

/// Pipelines of a system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pipelines {
    pub(super) system: System,
    /// Their files, from the top of the repository.
    pub(super) files: Vec<String>,
}

/// The settings that count for the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ExistingSettings {
    None,
    /// chartwright.yaml, and what is wrong with it.
    Ours(Option<String>),
    /// Those of a directory above it, by their name, and what is wrong with them.
    Above(String, Option<String>),
    /// chart-testing's, by their name.
    Theirs(String),
    /// chart-testing's, which cannot be used: why.
    Refused(String),
}

/// What a repository has.
#[derive(Debug)]
pub struct Survey {
    /// The top of the repository, or the directory where it is in none.
    pub(super) top: PathBuf,
    /// The directory, as it is given.
    pub(super) given: String,
    /// The directory, from the top; `.` for the top itself.
    pub(super) subject: String,
    /// Charts, from the directory.
    pub(super) charts: Vec<String>,
    /// Names of directories with charts that are left out.
    pub(super) left_out: Vec<&'static str>,
    pub(super) settings: ExistingSettings,
    pub(super) pipelines: Vec<Pipelines>,
    pub(super) steps: Vec<ExistingStep>,
    /// The charts with values files of environments.
    pub(super) environments: Vec<(String, EnvironmentFiles)>,
    /// Whether `KubeCD`'s files declare environments.
    pub(super) has_kubecd: bool,
    /// The branch that pull requests are for.
    pub(super) branch: String,
}

/// Why there is no survey.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    /// There are no charts.
    #[error("no chart below {}", .0.display())]
    NoChart(PathBuf),
    /// A directory cannot be read.
    #[error(transparent)]
    Walk(#[from] WalkError),
}

impl Survey {
    /// Looks at a directory.
    ///
    /// # Errors
    /// When it cannot be read, or has no charts.
    pub fn of(directory: &Path, variables: &dyn Fn(&str) -> Option<String>) -> Result<Self, SurveyError> {
        let tree = WorkTree::of(directory).ok();
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let here = real(directory);
        let top = tree.as_ref().map_or_else(|| here.clone(), |tree| real(&tree.top));
        let subject = here.strip_prefix(&top).map_or_else(|_| ".".to_owned(), shown);
        let (charts, left_out) = charts(directory)?;
        let remote = tree
            .as_ref()
            .and_then(|tree| tree.remote_address(&RemoteName::origin()).ok());
        let forge = remote.and_then(|remote| ForgeKind::of_remote(&remote, variables));
        let pipelines = pipelines(&top, forge);
        let steps = steps(&top, &pipelines);
        let environments = charts.iter().filter_map(|chart| {
            // What lies above one of several charts need not be its own.
            let levels = if charts.len() == 1 { levels(chart) } else { 0 };
            let found = environment_files(&directory.join(chart), levels);
            (!found.environments.is_empty()).then(|| (chart.clone(), found))
        });
        Ok(Self {
            environments: environments.collect(),
            settings: existing_settings(directory),
            has_kubecd: directory
                .join(crate::delivery::environment::ENVIRONMENTS_FILE)
                .is_file(),
            branch: tree
                .as_ref()
                .and_then(|tree| tree.default_branch(&RemoteName::origin()))
                .map_or_else(|| "main".to_owned(), |branch| branch.to_string()),
            given: directory.display().to_string(),
            top,
            subject,
            charts,
            left_out,
            pipelines,
            steps,
        })
    }

    /// A path of the directory, from the top of the repository.
    pub(super) fn path_from_top(&self, name: &str) -> String {
        match self.subject.as_str() {
            "." => name.to_owned(),
            subject => format!("{subject}/{name}"),
        }
    }

    /// The calls of a tool.
    pub(super) fn calls(&self, tool: Tool) -> impl Iterator<Item = &ExistingStep> {
        self.steps.iter().filter(move |step| step.tool == tool)
    }

    /// The configuration that calls of chart-testing name, where the directory has none of its own.
    pub(super) fn named_ct_file(&self) -> Option<String> {
        if self.settings != ExistingSettings::None {
            return None;
        }
        let calls = self.calls(Tool::CtLint).chain(self.calls(Tool::CtInstall));
        let mut named = calls.flat_map(|step| step.flag("config"));
        // Its directories are relative to the one that `ci` is about.
        let has_charts = |settings: Settings| settings.charts().is_ok_and(|found| !found.are_none());
        let usable = |file: &String| {
            let settings = Settings::named(&self.top.join(file), &self.top.join(&self.subject));
            settings.is_ok_and(|one| one.config.ct.is_some() && has_charts(one))
        };
        named.find(usable)
    }
}

fn shown(path: &Path) -> String {
    let parts: Vec<String> = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    }
}

/// How many levels a chart is below the directory that has it.
fn levels(chart: &str) -> usize {
    match chart {
        "." => 0,
        chart => chart.split('/').count(),
    }
}

/// The charts of a directory, and the names of directories whose charts are left out.
fn charts(directory: &Path) -> Result<(Vec<String>, Vec<&'static str>), SurveyError> {
    let find = |exclude: &[&'static str]| -> Result<Vec<String>, SurveyError> {
        let exclude: Vec<String> = exclude.iter().map(|&name| name.to_owned()).collect();
        let found = find_charts(directory, &exclude)?;
        Ok(found
            .iter()
            .map(|chart| shown(chart.strip_prefix(directory).unwrap_or(chart)))
            .collect())
    };
    let all = find(&[])?;
    if all.is_empty() {
        return Err(SurveyError::NoChart(directory.to_owned()));
    }
    let is_above = |name: &str, chart: &String| chart.rsplit('/').skip(1).any(|step| step == name);
    let left_out: Vec<&'static str> = NOT_OURS
        .into_iter()
        .filter(|name| all.iter().any(|chart| is_above(name, chart)))
        .collect();
    let ours = find(&left_out)?;
    Ok(if ours.is_empty() {
        (all, Vec::new())
    } else {
        (ours, left_out)
    })
}

fn existing_settings(directory: &Path) -> ExistingSettings {
    let has_ours = directory.join(crate::config::FILE_NAME).symlink_metadata().is_ok();
    let place = settings_directory(directory);
    let above = (place != directory).then(|| settings_file(&place)).flatten();
    let settings = Settings::found_for(directory);
    if let Some(file) = above {
        return ExistingSettings::Above(
            file.display().to_string(),
            settings.err().map(|error| error.to_string()),
        );
    }
    match settings {
        Ok(_) if has_ours => ExistingSettings::Ours(None),
        Err(error) if has_ours => ExistingSettings::Ours(Some(error.to_string())),
        Ok(settings) => match settings.found_file() {
            Some(file) => ExistingSettings::Theirs(shown(file.strip_prefix(directory).unwrap_or(file))),
            None => ExistingSettings::None,
        },
        Err(ReadConfigError::Config(error)) => ExistingSettings::Refused(error.to_string()),
        Err(error) => ExistingSettings::Refused(error.to_string()),
    }
}

/// The pipelines of each system that the repository has; where it has none, those of its forge.
fn pipelines(top: &Path, forge: Option<ForgeKind>) -> Vec<Pipelines> {
    let one_of = |names: &[&str]| -> Vec<String> {
        let found = names.iter().filter(|name| top.join(name).symlink_metadata().is_ok());
        found.map(|&name| name.to_owned()).collect()
    };
    let mut codefresh = one_of(&["codefresh.yml", "codefresh.yaml"]);
    codefresh.extend(files_of(top, ".codefresh"));
    let systems = [
        (
            System::GitHub,
            files_of(top, ".github/workflows"),
            Some(ForgeKind::GitHub),
        ),
        (System::GitLab, one_of(&[".gitlab-ci.yml"]), Some(ForgeKind::GitLab)),
        (System::Codefresh, codefresh, None),
    ];
    let has_some = systems.iter().any(|(_, files, _)| !files.is_empty());
    let is_meant =
        |files: &[String], of: Option<ForgeKind>| !files.is_empty() || (!has_some && of.is_some() && of == forge);
    let found = systems.into_iter().filter(|(_, files, of)| is_meant(files, *of));
    found.map(|(system, files, _)| Pipelines { system, files }).collect()
}

/// The YAML files of a directory, from the top.
fn files_of(top: &Path, directory: &str) -> Vec<String> {
    let mut files = Vec::new();
    let walked: Result<(), Infallible> = walk(&top.join(directory), PIPELINES, &mut |entry| {
        let Ok(entry) = entry else { return Ok(Visit::PassOver) };
        let extension = Path::new(&entry.name).extension();
        if entry.file_type.is_file() && extension.is_some_and(|one| one == "yml" || one == "yaml") {
            files.push(format!("{directory}/{}", entry.name));
        }
        Ok(Visit::PassOver)
    });
    match walked {
        Ok(()) => files,
    }
}

/// What the pipelines run; a file that cannot be read runs nothing that is known.
fn steps(top: &Path, pipelines: &[Pipelines]) -> Vec<ExistingStep> {
    let files = pipelines.iter().flat_map(|one| &one.files);
    let steps = files.filter_map(|file| {
        let text = read_inside(top, &top.join(file), SETTINGS_BYTES).ok()??;
        Some(existing_steps(file, &String::from_utf8_lossy(&text)))
    });
    steps.flatten().collect()
}
