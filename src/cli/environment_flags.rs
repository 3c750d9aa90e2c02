//! Flags of commands about environments: where they are declared, and what runs in them.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::{BY_RULE, settings_directory};
use crate::delivery::bump::ReadFile;
use crate::delivery::environment::{
    Environment, Environments, EnvironmentsPlace, FindEnvironmentsError, LoadEnvironmentsError, Running, ValuesError,
    running,
};
use crate::delivery::poll::values_files;
use crate::pipeline::{Deployed, deployed};
use crate::text::limits::FILE_BYTES;
use crate::text::source::{is_inside, read_inside};

use super::command_error::CommandError;
use super::destination_flags::{read_event, read_settings};
use super::run_context::{RunContext, check_directory};

#[derive(Debug, Args)]
pub(super) struct EnvironmentFlags {
    /// Directory of the application chart, or of environments.yaml.
    #[arg(short = 'C', long, value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    /// File that declares environments and their releases, as `KubeCD` has them [default: `KUBECD_ENVIRONMENTS`, else
    /// environments.yaml in the directory, else `environments` in chartwright.yaml there or in the nearest directory above it in the
    /// repository; without any, each values-NAME.yaml is an environment].
    #[arg(long, value_name = "FILE")]
    environments_file: Option<PathBuf>,
}

/// Reads files that are named by other files: below a directory only.
pub(super) struct ReadBelow {
    root: PathBuf,
}

impl ReadBelow {
    pub(super) fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let text = read_inside(&self.root, path, FILE_BYTES)?;
        text.ok_or_else(|| {
            let message = format!("it is outside of {}", self.root.display());
            io::Error::new(io::ErrorKind::PermissionDenied, message)
        })
    }
}

impl EnvironmentFlags {
    /// The environments of the working directory.
    pub(super) fn of_working_directory() -> Self {
        Self {
            directory: PathBuf::from("."),
            environments_file: None,
        }
    }

    /// The directory of the application chart, or of environments.yaml.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where the environments are.
    ///
    /// # Errors
    /// When chartwright.yaml cannot be used.
    pub(super) fn place(&self, context: RunContext) -> Result<EnvironmentsPlace, CommandError> {
        check_directory(&self.directory)?;
        let variable = context.variable("KUBECD_ENVIRONMENTS").map(PathBuf::from);
        let file = self.environments_file.clone().or(variable);
        let names = file.is_none().then(|| values_files(&self.directory));
        let declared = if file.is_some() {
            Vec::new()
        } else {
            let settings = read_settings(None, &self.directory)?;
            settings.environments().map_err(CommandError::usage)?
        };
        Ok(EnvironmentsPlace {
            working_directory: context.working_directory(),
            directory: self.directory.clone(),
            file,
            declared,
            values_files: names.unwrap_or_default(),
        })
    }

    /// What reads the files that environments name: those below the working directory, or below the directory that is given, or below
    /// that of the settings above it.
    pub(super) fn reader(&self, context: RunContext) -> ReadBelow {
        let here = context.working_directory();
        let named = self.environments_file.as_deref().and_then(Path::parent);
        let directory = here.join(named.unwrap_or(&self.directory));
        let is_below = directory.canonicalize().is_ok_and(|one| one.starts_with(&here));
        let root = if is_below { here } else { directory };
        // The settings above name files below their own directory.
        let settings = named.is_none().then(|| settings_directory(&self.directory));
        let above = settings.filter(|above| is_inside(above, &root).unwrap_or(false));
        ReadBelow {
            root: above.unwrap_or(root),
        }
    }
}

/// The environments that are named, with those that the branch or tag decides in the place of `auto`.
pub(super) fn chosen(
    context: RunContext,
    place: &EnvironmentsPlace,
    names: &[String],
) -> Result<Vec<String>, CommandError> {
    let mut chosen: Vec<String> = names.iter().filter(|name| *name != BY_RULE).cloned().collect();
    if chosen.len() == names.len() {
        return Ok(chosen);
    }
    let variables = |name: &str| context.variable(name);
    let found = match deployed(&variables, &read_event, &context.working_directory()) {
        Deployed::Nothing(reason) => {
            context.report(&format!("note: nothing is deployed by the branch or tag: {reason}"));
            return Ok(chosen);
        }
        Deployed::Unknown => {
            let message = "neither the CI system nor git names a branch or tag, which decides on the environment";
            return Err(CommandError::usage(message).with_hint("name the environment"));
        }
        Deployed::Ref(git_ref) => {
            let found = place.environments_of(&git_ref);
            if found.is_empty() {
                context.report(&format!(
                    "note: no environment in chartwright.yaml has a rule for {git_ref}"
                ));
            }
            found
        }
    };
    chosen.extend(found);
    Ok(chosen)
}

/// The environments that are declared.
pub(super) fn environments(place: &EnvironmentsPlace, read: ReadFile<'_>) -> Result<Environments, CommandError> {
    place.load(read).map_err(|error| match error {
        FindEnvironmentsError::None(_) => CommandError::usage(error)
            .with_hint("name the directory with --directory, or the file with --environments-file"),
        FindEnvironmentsError::Load(LoadEnvironmentsError::Read { .. }) => CommandError::could_not_run(error),
        FindEnvironmentsError::Load(LoadEnvironmentsError::Problems(_)) => CommandError::findings(error),
    })
}

/// What the releases of an environment run: those that are named, or all. Charts whose templates cannot be followed are noted.
pub(super) fn releases<'e>(
    context: RunContext,
    environment: &'e Environment,
    names: &[String],
    (directory, read): (&Path, ReadFile<'_>),
) -> Result<Vec<Running<'e>>, CommandError> {
    for name in names {
        environment.release(name).map_err(CommandError::usage)?;
    }
    let is_named = |name: &str| names.is_empty() || names.iter().any(|one| one == name);
    let wanted = environment
        .releases
        .iter()
        .filter(|release| is_named(&release.name.text));
    let found = wanted.map(|release| {
        let running = running(environment, release, directory, read).map_err(values_error)?;
        if let Some(note) = &running.note {
            context.report(&format!(
                "note: {} in {}: the templates of its chart cannot be followed, so images are found by the names of values: {note}",
                release.name.text, environment.name.text
            ));
        }
        Ok(running)
    });
    found.collect()
}

pub(super) fn values_error(error: ValuesError) -> CommandError {
    match error {
        ValuesError::Read { .. } => CommandError::could_not_run(error),
        ValuesError::Yaml { .. } => CommandError::findings(error),
    }
}
