//! The files that a repository is proposed, each with its reasons. A file that exists is never replaced.
//!
//! In: a [`Survey`]. Out: texts to write, lines to add to files that exist, and what to do next.

use std::io;
use std::path::{Path, PathBuf};

use super::ci_files::{codefresh_step, github_workflow, gitlab_include, hooks, shell_word};
use super::existing_steps::Tool;
use super::settings_file::{settings, settings_text};
use super::survey::{ExistingSettings, Pipelines, Survey, System};
use crate::config::FILE_NAME;
use crate::config::nearest::spelled;
use crate::text::counted::counted;
use crate::text::limits::SETTINGS_BYTES;
use crate::text::source::{Replacement, read_inside, replace_files, would_be_inside};

/// The file with hooks.
const HOOKS_FILE: &str = ".pre-commit-config.yaml";

/// What is proposed for a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProposedKind {
    /// It does not exist: its text.
    Write(String),
    /// It exists: lines to add by hand.
    Add(String),
    /// It stays as it is, or is not needed.
    Keep,
}

/// A file that is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedFile {
    /// From the top of the repository.
    pub path: String,
    /// What is proposed.
    pub kind: ProposedKind,
    /// Why, a line each.
    pub why: Vec<String>,
}

/// The documentation of this version.
const DOCS: &str = concat!(
    "https://github.com/chartwright/chartwright/tree/v",
    env!("CARGO_PKG_VERSION"),
    "/docs"
);

/// What is proposed for a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What was found, a line each.
    pub found: Vec<String>,
    /// The files.
    pub files: Vec<ProposedFile>,
    /// What to do next: a command, and what it is for.
    pub next: Vec<(String, &'static str)>,
    top: PathBuf,
}

impl Proposal {
    /// What is proposed for what was found.
    pub fn new(survey: &Survey) -> Self {
        let command = command(survey);
        let mut files = vec![settings_proposal(survey)];
        for pipelines in &survey.pipelines {
            files.push(pipeline_proposal(survey, pipelines, &command));
        }
        files.push(hooks_proposal(survey));
        // People run these where they are, pipelines at the top.
        let here = CiCommand {
            directory: survey.given.clone(),
            config: command
                .config
                .as_ref()
                .map(|file| spelled(&survey.top).join(file).display().to_string()),
            ..command
        };
        let mut next = vec![(
            format!("chartwright {}", here.text(&[])),
            "the findings of today; --write-baseline FILE and --baseline FILE let known ones pass",
        )];
        let doctor = match survey.given.as_str() {
            "." => "chartwright doctor".to_owned(),
            subject => format!("chartwright doctor {}", shell_word(subject)),
        };
        next.push((doctor, "what of git, the settings and the credentials works"));
        if survey.environments.len() == 1 && !survey.has_kubecd {
            let directory = if survey.given == "." {
                String::new()
            } else {
                format!(" -C {}", shell_word(&survey.given))
            };
            next.push((format!("chartwright status{directory}"), "which version runs where"));
        }
        Self {
            found: found(survey),
            files,
            next,
            top: survey.top.clone(),
        }
    }

    /// Writes the files that do not exist, all or none.
    ///
    /// # Errors
    /// When one cannot be written, or would be outside of the repository because of a link.
    pub fn write(&self) -> io::Result<()> {
        let texts = self.files.iter().filter_map(|file| match &file.kind {
            ProposedKind::Write(text) => Some((self.top.join(&file.path), text)),
            _ => None,
        });
        let texts: Vec<(PathBuf, &String)> = texts.collect();
        for (path, _) in &texts {
            if !would_be_inside(&self.top, path)? {
                let message = format!("{} leads out of the repository", path.display());
                return Err(io::Error::other(message));
            }
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
        }
        let files: Vec<Replacement<'_>> = texts
            .iter()
            .map(|(path, text)| Replacement {
                path,
                expected: None,
                content: text.as_bytes(),
            })
            .collect();
        replace_files(&files).map_err(io::Error::other)
    }
}

/// `ci` with its arguments.
struct CiCommand {
    directory: String,
    config: Option<String>,
    only_changed: bool,
}

impl CiCommand {
    fn text(&self, more: &[&str]) -> String {
        let mut words = vec!["ci".to_owned(), shell_word(&self.directory)];
        if let Some(config) = &self.config {
            words.extend(["--config".to_owned(), shell_word(config)]);
        }
        words.extend(more.iter().map(|&word| word.to_owned()));
        words.push("--no-push".to_owned());
        words.join(" ")
    }

    /// As a pipeline runs it.
    fn in_pipeline(&self) -> String {
        self.text(if self.only_changed { &["--changed"] } else { &[] })
    }
}

fn command(survey: &Survey) -> CiCommand {
    let config = survey.named_ct_file();
    CiCommand {
        directory: survey.subject.clone(),
        // Versions of charts that are published one by one must rise with each change, and the changed ones are a few of many.
        only_changed: survey.charts.len() > 1
            || config.is_some()
            || matches!(survey.settings, ExistingSettings::Theirs(_)),
        config,
    }
}

fn found(survey: &Survey) -> Vec<String> {
    const SHOWN: usize = 5;
    let count = survey.charts.len();
    let names: Vec<&str> = survey.charts.iter().take(SHOWN).map(String::as_str).collect();
    let more = count.checked_sub(SHOWN).filter(|more| *more > 0);
    let more = more.map_or_else(String::new, |more| format!(" and {more} more"));
    let mut lines = vec![format!("{}: {}{more}", counted(count, "chart"), names.join(", "))];
    for (chart, found) in &survey.environments {
        let names: Vec<&str> = found.environments.iter().map(|(name, _)| name.as_str()).collect();
        lines.push(format!("environments of {chart}: {}", names.join(", ")));
    }
    if survey.has_kubecd {
        lines.push("environments.yaml of KubeCD, which `chartwright status` reads".to_owned());
    }
    let systems: Vec<&str> = survey.pipelines.iter().map(|one| one.system.name()).collect();
    if systems.is_empty() {
        lines.push(format!(
            "no pipelines of GitHub, GitLab or Codefresh: {DOCS}/ci has those of other systems"
        ));
    } else {
        lines.push(format!("pipelines: {}", systems.join(", ")));
    }
    let steps = survey.steps.iter().filter(|step| step.tool != Tool::Chartwright);
    lines.extend(steps.map(|step| format!("{}: {}", step.place(), step.tool.advice().1)));
    lines
}

fn settings_proposal(survey: &Survey) -> ProposedFile {
    let proposed = |kind: ProposedKind, why: Vec<String>| ProposedFile {
        path: survey.path_from_top(FILE_NAME),
        kind,
        why,
    };
    let keep = |why: String| proposed(ProposedKind::Keep, vec![why]);
    let mut why = Vec::new();
    match &survey.settings {
        ExistingSettings::Ours(None) => return keep("it exists and stays as it is".to_owned()),
        ExistingSettings::Ours(Some(error)) => return keep(format!("it exists and stays as it is, but: {error}")),
        ExistingSettings::Above(name, None) => return keep(format!("not needed: {name} counts here too")),
        ExistingSettings::Above(_, Some(error)) => {
            return keep(format!("not needed once the settings above it can be used: {error}"));
        }
        ExistingSettings::Theirs(name) => return keep(format!("not needed: {name} is read")),
        ExistingSettings::Refused(error) => why.push(format!("it stands in for chart-testing's file, since {error}")),
        ExistingSettings::None => {
            if let Some(file) = survey.named_ct_file() {
                return keep(format!("not needed: {file} is read, with --config"));
            }
        }
    }
    let settings = settings(survey);
    if settings.is_empty() && why.is_empty() {
        return keep("not needed: the defaults fit".to_owned());
    }
    why.extend(
        settings
            .iter()
            .map(|setting| format!("{}: {}", setting.key, setting.why)),
    );
    proposed(ProposedKind::Write(settings_text(&settings)), why)
}

fn pipeline_proposal(survey: &Survey, pipelines: &Pipelines, command: &CiCommand) -> ProposedFile {
    let (path, text) = match pipelines.system {
        System::GitHub => (
            ".github/workflows/charts.yml",
            github_workflow(&command.in_pipeline(), &survey.branch, command.only_changed),
        ),
        System::GitLab => (".gitlab-ci.yml", gitlab_include(&survey.subject)),
        System::Codefresh => (
            pipelines.files.first().map_or("codefresh.yml", String::as_str),
            codefresh_step(&command.in_pipeline()),
        ),
    };
    let mut calls = survey.calls(Tool::Chartwright);
    if let Some(step) = calls.find(|step| pipelines.files.contains(&step.file)) {
        return ProposedFile {
            path: step.file.clone(),
            kind: ProposedKind::Keep,
            why: vec![format!("it runs chartwright in line {} and stays as it is", step.line)],
        };
    }
    let runs = match pipelines.system {
        System::GitLab => "the component checks merge requests".to_owned(),
        _ => format!(
            "`chartwright {}` for pull requests and {}",
            command.in_pipeline(),
            survey.branch
        ),
    };
    proposal_for(&survey.top, path, text.clone(), text, runs)
}

fn hooks_proposal(survey: &Survey) -> ProposedFile {
    let entry = hooks(&survey.left_out);
    let text = read_inside(&survey.top, &survey.top.join(HOOKS_FILE), SETTINGS_BYTES);
    let text = text.ok().flatten().unwrap_or_default();
    if String::from_utf8_lossy(&text).contains("chartwright-lint") {
        return ProposedFile {
            path: HOOKS_FILE.to_owned(),
            kind: ProposedKind::Keep,
            why: vec!["it has the hooks and stays as it is".to_owned()],
        };
    }
    let why = "hooks of pre-commit, which `pre-commit install` turns on".to_owned();
    proposal_for(&survey.top, HOOKS_FILE, format!("repos:\n{entry}"), entry, why)
}

/// A text for a file that does not exist, or lines for one that does.
fn proposal_for(top: &Path, path: &str, text: String, lines: String, why: String) -> ProposedFile {
    let exists = top.join(path).symlink_metadata().is_ok();
    let kind = if exists {
        ProposedKind::Add(lines)
    } else {
        ProposedKind::Write(text)
    };
    ProposedFile {
        path: path.to_owned(),
        kind,
        why: vec![why],
    }
}
