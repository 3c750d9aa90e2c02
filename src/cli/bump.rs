//! `chartwright bump`: sets, adds and removes values in YAML and JSON files, and changes no other byte.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::delivery::bump::{
    BumpError, BumpPlan, BumpRequest, ItemKind, SourceFile, ValueKind, WriteError, finish_bumps, parse_append,
    parse_assignment, parse_document, plan_bump, write_bump,
};
use crate::delivery::image::ImageReference;
use crate::delivery::write_back::Topic;
use crate::text::edit::{DocumentChoice, Edit, EditError, Operation, Reason, YamlPath};
use crate::text::limits::FILE_BYTES;
use crate::text::source::{Interrupted, Named, ReplaceError, read_file};

use super::chart_update_flags::ChartUpdateFlags;
use super::command_error::CommandError;
use super::exit_code::Exit;
use super::network::ProcessClock;
use super::run_context::RunContext;
use super::write_back_flags::{WriteBack, WriteBackFlags, WrittenBack, write_back, write_back_error};

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "one for each flag")]
pub(super) struct BumpArguments {
    /// YAML or JSON file to edit (repeatable; all or none are written).
    ///
    /// A file that changes meanwhile is read again and its edits are made anew. If the command is killed between writing
    /// the first file and the last, the next `bump` of a file in one of their directories completes the change.
    #[arg(short, long, required = true, value_name = "FILE")]
    file: Vec<String>,
    /// Set a value: path.to.key=value. Numbers, booleans and null stay such where one was before (repeatable).
    ///
    /// Paths are those of Helm's --set, with indexes and selectors for lists: `containers[0].image`, `containers[name=web].image`. A key with
    /// dots is written with backslashes or quotes: `annotations."example.com/name"`.
    #[arg(long, value_name = "PATH=VALUE", allow_hyphen_values = true)]
    set: Vec<String>,
    /// Set a value that is always text (repeatable).
    #[arg(long, value_name = "PATH=VALUE", allow_hyphen_values = true)]
    set_string: Vec<String>,
    /// Append a value to a list: path.to.list=value, read as --set reads a new value (repeatable).
    #[arg(long, value_name = "PATH=VALUE", allow_hyphen_values = true)]
    append: Vec<String>,
    /// Append a mapping, a list or a scalar in JSON to a list (repeatable).
    #[arg(long, value_name = "PATH=JSON", allow_hyphen_values = true)]
    append_json: Vec<String>,
    /// Remove a key or an item of a list, with the comments that are its own (repeatable).
    #[arg(long, value_name = "PATH", allow_hyphen_values = true)]
    remove: Vec<String>,
    /// Add keys that --set, --set-string and --append do not find, with their parents.
    ///
    /// A new value has the type that Helm's --set gives it: true, false, null and whole numbers are such, everything else is text.
    #[arg(long)]
    create: bool,
    /// The document to edit of a file with several: its number from 1, or fields that only it has, separated by commas.
    ///
    /// Fields such as `kind=Deployment,metadata.name=web` still mean the same document when another is inserted before it.
    #[arg(long, value_name = "N|PATH=VALUE,…")]
    document: Option<String>,
    /// Change values that aliases or merge keys use in other places too, also those of images.
    #[arg(long)]
    through_anchors: bool,
    /// Move an image wherever the files name its repository: REPOSITORY:TAG, with @DIGEST if wanted (repeatable).
    #[arg(long, value_name = "REPOSITORY:TAG")]
    image: Vec<String>,
    /// Chart whose own values name repositories that the files leave out (default: the one the file is in).
    #[arg(long, value_name = "DIR")]
    chart: Option<PathBuf>,
    #[command(flatten)]
    chart_update: ChartUpdateFlags,
    /// Show the changes as a unified diff, write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Show the values of secrets, where standard output is a terminal.
    #[arg(long)]
    show_secrets: bool,
    #[command(flatten)]
    write_back: WriteBackFlags,
}

pub(super) fn run(context: RunContext, arguments: &BumpArguments) -> Result<Exit, CommandError> {
    let commit = arguments.write_back.settings(context)?;
    if !arguments.dry_run && !arguments.write_back.is_pull_request() {
        let finished = finish_bumps(&arguments.file, &context.working_directory()).map_err(replace_error)?;
        for change in &finished {
            context.report(&interrupted_note(change));
        }
    }
    let mut request = request(context, arguments)?;
    let read = |path: &Path| read_file(path, Named::ByUser, FILE_BYTES);
    let plan = match &commit {
        _ if arguments.dry_run => plan_bump(&request, &read).map_err(bump_error).map(not_written_back),
        Some(WriteBack::Commit(commit)) => {
            let file = arguments.file.first().map_or("", String::as_str);
            write_back(context, file, commit, &|_| Vec::new(), &mut request.plans(&read)).map_err(write_back_error)
        }
        Some(WriteBack::Request(settings)) => plan_bump(&request, &read).map_err(bump_error).and_then(|plan| {
            let topic = Topic {
                repositories: request.images.iter().map(|image| image.repository.clone()).collect(),
                files: arguments.file.iter().map(PathBuf::from).collect(),
            };
            let flags = &arguments.write_back;
            let written = flags.request(context, settings, &topic, (&plan, &|_| Vec::new()))?;
            Ok((plan, written))
        }),
        None => write_bump(&mut request, &read, &ProcessClock)
            .map_err(write_error)
            .map(not_written_back),
    };
    let (plan, written) = plan.map_err(|error| error.without(&request.secrets()))?;
    for left in &plan.left {
        context.report(&format!("note: {left}"));
    }
    let shows_secrets = arguments.show_secrets && std::io::stdout().is_terminal();
    let secrets = (!shows_secrets).then(|| plan.secrets(&request));
    let shown = if arguments.dry_run {
        plan.shown_diff(secrets.as_ref())
    } else {
        plan.shown_changes(secrets.as_ref())
    };
    context.write_stdout(shown.as_bytes())?;
    context.write_stdout(written.line().as_bytes())?;
    written.notify(context, "bump", || plan.shown_changes(Some(&plan.secrets(&request))));
    Ok(Exit::Clean)
}

/// A plan whose files are written or not, and that is all.
fn not_written_back(plan: BumpPlan) -> (BumpPlan, WrittenBack) {
    (plan, WrittenBack::default())
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
            edits: Vec::new(),
        })
    });
    Ok(BumpRequest {
        images: images.collect::<Result<_, _>>()?,
        edits: edits(arguments)?,
        files: files.collect::<Result<_, CommandError>>()?,
        through_anchors: arguments.through_anchors,
        chart: arguments.chart.clone(),
        moved: Vec::new(),
        chart_version: arguments.chart_update.raise(),
        app_version_from: arguments.chart_update.app_version_from()?,
        working_directory: context.working_directory(),
    })
}

/// Those of `--set` first, then those of `--set-string`, `--append`, `--append-json` and `--remove`.
fn edits(arguments: &BumpArguments) -> Result<Vec<Edit>, CommandError> {
    let typed = arguments
        .set
        .iter()
        .map(|text| parse_assignment(text, ValueKind::Typed));
    let texts = arguments
        .set_string
        .iter()
        .map(|text| parse_assignment(text, ValueKind::Text));
    let items = arguments.append.iter().map(|text| parse_append(text, ItemKind::Typed));
    let json = arguments
        .append_json
        .iter()
        .map(|text| parse_append(text, ItemKind::Json));
    let removals = arguments
        .remove
        .iter()
        .map(|text| Ok(Edit::new(YamlPath::parse(text)?, Operation::Remove)));
    let document = match &arguments.document {
        Some(text) => parse_document(text).map_err(CommandError::usage)?,
        None => DocumentChoice::Only,
    };
    let edits = typed.chain(texts).chain(items).chain(json).chain(removals).map(|edit| {
        let edit = edit.map_err(CommandError::usage)?;
        Ok(Edit {
            document: document.clone(),
            creates: arguments.create && edit.operation != Operation::Remove,
            through_anchors: arguments.through_anchors,
            ..edit
        })
    });
    edits.collect()
}

/// What to do about an edit that is refused.
pub(super) fn edit_hint(error: &EditError) -> Option<&'static str> {
    Some(match &error.reason {
        Reason::NotFound {
            can_be_created: true,
            suggestion: None,
            ..
        } => "give --create to add it",
        Reason::Shared { .. } => "give --through-anchors to change every place that uses the anchor",
        Reason::Merged { .. } => {
            "give --through-anchors to change every place that uses the anchor, or set the key with --create to add it here only"
        }
        Reason::SeveralDocuments { .. } | Reason::NoSuchDocument { .. } => {
            "name the document by its fields, as in --document kind=Deployment,metadata.name=web, or by its number, as in --document 1"
        }
        Reason::Sops | Reason::Encrypted { .. } => {
            "change it with sops: sops set FILE '[\"path\"][\"to\"][\"key\"]' '\"value\"', or sops edit FILE"
        }
        _ => return None,
    })
}

pub(super) fn bump_error(error: BumpError) -> CommandError {
    match error {
        BumpError::NothingAsked => CommandError::usage(error)
            .with_hint("give --set, --set-string, --append, --append-json, --remove or --image"),
        BumpError::ImageWithoutTag(_) => CommandError::usage(error),
        BumpError::Environments { hint, is_usage, .. } => {
            let error = if is_usage {
                CommandError::usage(error)
            } else {
                CommandError::findings(error)
            };
            if hint.is_empty() { error } else { error.with_hint(hint) }
        }
        BumpError::Edit { ref source, .. } => {
            let hint = edit_hint(source);
            let error = CommandError::findings(error);
            match hint {
                Some(hint) => error.with_hint(hint),
                None => error,
            }
        }
        BumpError::Yaml { .. } | BumpError::Digest { .. } | BumpError::NoVersion { .. } => {
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
