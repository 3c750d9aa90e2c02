//! `chartwright bump`: sets values in YAML files, changing the bytes of those scalars and nothing else.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::delivery::bump::{
    BumpError, BumpRequest, SourceFile, ValueKind, VersionPart, WriteError, finish_bumps, parse_assignment, plan_bump,
    write_bump,
};
use crate::delivery::image::ImageReference;
use crate::text::edit::Change;
use crate::text::limits::FILE_BYTES;
use crate::text::source::{Interrupted, Named, ReplaceError, read_file};

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::network::ProcessClock;
use super::run_context::RunContext;

#[derive(Debug, Args)]
pub(super) struct BumpArguments {
    /// YAML file to edit (repeatable; all or none are written).
    ///
    /// A file that changes meanwhile is read again and its edits are made anew. If the command is killed between writing
    /// the first file and the last, the next `bump` of a file in one of their directories completes the change.
    #[arg(short, long, required = true, value_name = "FILE")]
    file: Vec<String>,
    /// Set a value: path.to.key=value. Numbers, booleans and null stay such where one was before (repeatable).
    #[arg(long, value_name = "PATH=VALUE", allow_hyphen_values = true)]
    set: Vec<String>,
    /// Set a value that is always text (repeatable).
    #[arg(long, value_name = "PATH=VALUE", allow_hyphen_values = true)]
    set_string: Vec<String>,
    /// Move an image wherever the files name its repository: REPOSITORY:TAG, with @DIGEST if wanted (repeatable).
    #[arg(long, value_name = "REPOSITORY:TAG")]
    image: Vec<String>,
    /// Chart whose own values name repositories that the files leave out (default: the one the file is in).
    #[arg(long, value_name = "DIR")]
    chart: Option<PathBuf>,
    /// Raise the version of the chart as well, when something changes.
    #[arg(long, value_name = "PART")]
    chart_version: Option<PartArgument>,
    /// Show the changes as a unified diff, write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Show the values of secrets, where standard output is a terminal.
    #[arg(long)]
    show_secrets: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum PartArgument {
    Major,
    Minor,
    Patch,
}

impl PartArgument {
    pub(super) const fn part(self) -> VersionPart {
        match self {
            Self::Major => VersionPart::Major,
            Self::Minor => VersionPart::Minor,
            Self::Patch => VersionPart::Patch,
        }
    }
}

pub(super) fn run(context: RunContext, arguments: &BumpArguments) -> Result<Exit, CommandError> {
    if !arguments.dry_run {
        let finished = finish_bumps(&arguments.file, &context.working_directory()).map_err(replace_error)?;
        for change in &finished {
            context.report(&interrupted_note(change));
        }
    }
    let mut request = request(context, arguments)?;
    let read = |path: &Path| read_file(path, Named::ByUser, FILE_BYTES);
    let plan = if arguments.dry_run {
        plan_bump(&request, &read).map_err(bump_error)
    } else {
        write_bump(&mut request, &read, &ProcessClock).map_err(write_error)
    };
    let plan = plan.map_err(|error| error.without(&request.secrets()))?;
    let shows_secrets = arguments.show_secrets && std::io::stdout().is_terminal();
    let secrets = (!shows_secrets).then(|| plan.secrets(&request));
    let shown = if arguments.dry_run {
        plan.shown_diff(secrets.as_ref())
    } else {
        plan.shown_changes(secrets.as_ref())
    };
    context.write_stdout(shown.as_bytes())?;
    Ok(Exit::Clean)
}

pub(super) fn interrupted_note(change: &Interrupted) -> String {
    let files: Vec<String> = change.files.iter().map(|file| file.display().to_string()).collect();
    let files = files.join(", ");
    if change.is_completed {
        format!("note: completed an earlier change that was interrupted: {files}")
    } else {
        format!(
            "note: an earlier change was interrupted and is not completed, since its files changed after that; check {files}"
        )
    }
}

fn request(context: RunContext, arguments: &BumpArguments) -> Result<BumpRequest, CommandError> {
    let images = arguments.image.iter();
    let images = images.map(|image| ImageReference::parse(image).map_err(CommandError::usage));
    let files = arguments.file.iter().map(|path| {
        let text = context.read_file(path)?;
        Ok(SourceFile {
            path: path.clone(),
            text,
            changes: Vec::new(),
        })
    });
    Ok(BumpRequest {
        images: images.collect::<Result<_, _>>()?,
        assignments: assignments(arguments)?,
        files: files.collect::<Result<_, CommandError>>()?,
        chart: arguments.chart.clone(),
        chart_version: arguments.chart_version.map(PartArgument::part),
        working_directory: context.working_directory(),
    })
}

/// Those of `--set` first, then those of `--set-string`.
fn assignments(arguments: &BumpArguments) -> Result<Vec<Change>, CommandError> {
    let typed = arguments.set.iter().map(|text| (text, ValueKind::Typed));
    let texts = arguments.set_string.iter().map(|text| (text, ValueKind::Text));
    typed
        .chain(texts)
        .map(|(text, kind)| parse_assignment(text, kind).map_err(CommandError::usage))
        .collect()
}

pub(super) fn bump_error(error: BumpError) -> CommandError {
    match error {
        BumpError::NothingAsked => CommandError::usage(error).with_hint("give --set, --set-string or --image"),
        BumpError::ImageWithoutTag(_) => CommandError::usage(error),
        BumpError::Yaml { .. } | BumpError::Edit { .. } | BumpError::Digest { .. } | BumpError::NoVersion { .. } => {
            CommandError::findings(error)
        }
        BumpError::ImageNotFound { .. } => CommandError::findings(error)
            .with_hint("name the value with --set path.to.tag=TAG, or the chart that has the repository with --chart"),
        BumpError::NoChart { .. } => {
            CommandError::could_not_run(error).with_hint("name the chart's directory with --chart")
        }
        BumpError::Read { .. } => CommandError::could_not_run(error),
    }
}

pub(super) fn write_error(error: WriteError) -> CommandError {
    match error {
        WriteError::Plan(error) => bump_error(error),
        WriteError::Replace(error) => replace_error(error),
    }
}

pub(super) fn replace_error(error: ReplaceError) -> CommandError {
    let hint = match &error {
        ReplaceError::ChangedMeanwhile { .. } => Some("run the command again: it reads the file again"),
        ReplaceError::Write { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => Some(
            "the directory must be writable as well: a file is replaced by a new one, which is written beside it first",
        ),
        ReplaceError::Interrupted { .. } => Some(
            "run it as the user whose command was interrupted, or remove .chartwright.journal there and check the files",
        ),
        _ => None,
    };
    let error = CommandError::could_not_run(error);
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}
