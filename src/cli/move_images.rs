//! How images of files are moved to newer tags: those of registries for `poll`, those of a payload for `event`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value as Json, json};

use crate::artifact::remote::RemoteCharts;
use crate::delivery::bump::{BumpError, MovedImage, WriteError, finish_bumps};
use crate::delivery::poll::{KnownTags, Patch, PollRequest, PolledImage, Status, TagSource, polled_files};
use crate::delivery::track::{Choosing, Step, TagFilter, Track};
use crate::delivery::write_back::{ImageLinks, Topic, WriteBackError, image_links};
use crate::text::edit::EditError;
use crate::text::limits::FILE_BYTES;
use crate::text::redact::redact_message;
use crate::text::source::{Named, read_file};

use super::bump::{bump_error, edit_hint, interrupted_note, replace_error, write_error};
use super::chart_update_flags::ChartUpdateFlags;
use super::command_error::CommandError;
use super::exit_code::Exit;
use super::network::ProcessClock;
use super::remote_flags::{LoginFlags, RemoteFlags};
use super::repository_flags::{OutputFormat, print_json, shown_line};
use super::run_context::RunContext;
use super::write_back_flags::{WriteBack, WriteBackFlags, WrittenBack, write_back, write_back_error};

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(super) struct MoveFlags {
    /// YAML file whose images are looked at, or Chart.yaml or Chart.lock, whose dependencies are (repeatable) [default: values.yaml,
    /// values-*.yaml, Chart.yaml and its lock here].
    #[arg(short, long, value_name = "FILE")]
    file: Vec<String>,
    /// How far images may move: `PatchLevel`, `MinorVersion`, `MajorVersion`, `Newest` (by the time an image was made), or a range
    /// of versions such as ~1.4.
    #[arg(short, long, default_value = "MinorVersion", value_name = "TRACK", value_parser = Track::parse)]
    track: Track,
    /// Choose only among tags that match a regular expression. What its first group matches is compared instead of the tag.
    #[arg(long, value_name = "REGEX", value_parser = TagFilter::parse)]
    filter: Option<TagFilter>,
    /// Choose among pre-releases too.
    #[arg(long)]
    prerelease: bool,
    /// Write the newer tags to the files (all or none), changing nothing else.
    #[arg(short, long)]
    patch: bool,
    /// Change values that aliases use in other places too.
    #[arg(long, requires = "patch")]
    through_anchors: bool,
    /// Show the edits of --patch as a unified diff, write nothing.
    #[arg(long, requires = "patch")]
    dry_run: bool,
    #[command(flatten)]
    pub(super) chart_update: ChartUpdateFlags,
    /// End with exit code 10 when something is newer.
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
    /// How to say what was found.
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text, value_name = "FORMAT")]
    pub(super) output: OutputFormat,
    #[command(flatten)]
    pub(super) write_back: WriteBackFlags,
    #[command(flatten)]
    remote: RemoteFlags,
}

/// What was found, and the commit or pull request of its edits.
#[derive(Debug)]
pub(super) struct Moved {
    patch: Patch,
    written: WrittenBack,
}

/// What is said where no image is listed.
#[derive(Debug, Clone, Copy)]
pub(super) struct NoImage<'n> {
    pub(super) text: &'n str,
    /// The command that says it.
    pub(super) command: &'static str,
}

impl MoveFlags {
    /// What is polled: the images of these repositories, or all. Without files, those of a directory.
    pub(super) fn request(
        &self,
        context: RunContext,
        repositories: Vec<String>,
        directory: &Path,
    ) -> Result<PollRequest, CommandError> {
        self.check_edit_flags()?;
        let working_directory = context.working_directory();
        let files = if self.file.is_empty() {
            looked_at(&working_directory, directory)?
        } else {
            self.file.clone()
        };
        Ok(PollRequest {
            files,
            repositories,
            choosing: self.choosing(),
            through_anchors: self.through_anchors,
            chart_version: self.chart_update.raise(),
            app_version_from: self.chart_update.app_version_from()?,
            working_directory,
        })
    }

    /// Refuses flags about edits where none are made.
    pub(super) fn check_edit_flags(&self) -> Result<(), CommandError> {
        let about_edits = self.chart_update.given().or_else(|| self.write_back.given());
        match about_edits.filter(|_| !self.patch) {
            Some(flag) => Err(CommandError::usage(format!(
                "{flag} is about edits, and none are made without --patch"
            ))),
            None => Ok(()),
        }
    }

    /// What may be chosen.
    pub(super) fn choosing(&self) -> Choosing {
        Choosing {
            track: self.track.clone(),
            filter: self.filter.clone(),
            prereleases: self.prerelease,
        }
    }

    /// Whether files are named.
    pub(super) const fn has_files(&self) -> bool {
        !self.file.is_empty()
    }

    /// Whether values may change that aliases of their file refer to.
    pub(super) const fn through_anchors(&self) -> bool {
        self.through_anchors
    }

    /// Whether edits are asked for.
    pub(super) const fn is_patch(&self) -> bool {
        self.patch
    }

    /// Whether the edits are only shown.
    pub(super) const fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// The registries, with their logins.
    pub(super) fn registries(&self, context: RunContext) -> Result<RemoteCharts, CommandError> {
        self.remote.charts(context, &LoginFlags::default(), false)
    }

    /// Looks for what is newer, and writes it if that is asked for.
    pub(super) fn carry_out(
        &self,
        context: RunContext,
        request: &PollRequest,
        source: &dyn TagSource,
    ) -> Result<Moved, CommandError> {
        let read = |path: &Path| read_file(path, Named::ByUser, FILE_BYTES);
        let settings = self.write_back.settings(context)?;
        let moved = |(patch, written)| Moved { patch, written };
        let known = KnownTags::new(source);
        let links = |image: &MovedImage| image_links(image, &known);
        if !self.writes() {
            let patch = request.plan(&read, &known).map_err(poll_error)?;
            let written = match &settings {
                Some(WriteBack::Request(settings)) if !self.dry_run => {
                    let (topic, plan) = (topic(request, &patch), (&patch.plan, &links as ImageLinks<'_>));
                    self.write_back.request(context, settings, &topic, plan)?
                }
                _ => WrittenBack::default(),
            };
            return Ok(moved((patch, written)));
        }
        let finished = finish_bumps(&request.files, &request.working_directory).map_err(replace_error)?;
        for change in &finished {
            context.report(&interrupted_note(change));
        }
        let Some(WriteBack::Commit(commit)) = &settings else {
            let patch = request.write(&read, &known, &ProcessClock).map_err(poll_write_error)?;
            return Ok(moved((patch, WrittenBack::default())));
        };
        let file = request.files.first().map_or("", String::as_str);
        let written = request.write_with(&read, &known, |plan| write_back(context, file, commit, &links, plan));
        written.map(moved).map_err(|error| match error {
            WriteBackError::Plan(error) => poll_error(error),
            error => write_back_error(error),
        })
    }

    /// Says what was found and done; the exit code says it too.
    pub(super) fn report(
        &self,
        context: RunContext,
        request: &PollRequest,
        moved: &Moved,
        (charts, none): (&RemoteCharts, NoImage<'_>),
    ) -> Result<Exit, CommandError> {
        let Moved { patch, written } = moved;
        for note in charts.take_notes() {
            context.report(&format!("note: {note}"));
        }
        match self.output {
            OutputFormat::Json => {
                let mut json = as_json(request, patch, self.writes());
                written.add_to(&mut json);
                print_json(context, &json)?;
            }
            OutputFormat::Text => {
                let text = as_text(self, request, patch, none) + &written.line();
                context.write_stdout(text.as_bytes())?;
            }
        }
        let secrets = patch.request.as_ref().map(|request| patch.plan.secrets(request));
        written.notify(context, none.command, || patch.plan.shown_changes(secrets.as_ref()));
        for image in &patch.polled.images {
            if let Status::Failed(reason) = &image.status {
                let reason = redact_message(reason);
                context.report(&format!("Error: {}: {}: {reason}", place(request, image), image.image));
            }
        }
        for left in patch.polled.left.iter().chain(&patch.plan.left) {
            context.report(&format!("note: {left}"));
        }
        for (image, refusal) in patch.polled.refusals() {
            report_refusal(context, self.patch, &refused(request, image, refusal), refusal);
        }
        Ok(if patch.polled.failures() > 0 {
            Exit::CouldNotRun
        } else if self.patch && patch.polled.refusals().next().is_some() {
            Exit::Findings
        } else if self.detailed_exitcode && patch.polled.updates() > 0 {
            Exit::Updates
        } else {
            Exit::Clean
        })
    }

    pub(super) const fn writes(&self) -> bool {
        self.patch && !self.dry_run && !self.write_back.is_pull_request()
    }
}

/// What a pull request is about: the images that were looked at, newer or not.
fn topic(request: &PollRequest, patch: &Patch) -> Topic {
    let images = patch.polled.images.iter();
    Topic {
        repositories: images.map(|image| image.image.repository.clone()).collect(),
        files: request.files.iter().map(PathBuf::from).collect(),
    }
}

/// The image that is newer, and why its value is not edited.
fn refused(request: &PollRequest, image: &PolledImage, refusal: &EditError) -> String {
    let file = request.files.get(image.file).map_or("", String::as_str);
    format!("{} stays: {}", image.image, refusal.in_file(file))
}

/// An edit that was asked for and is refused is an error, any other is only noted.
fn report_refusal(context: RunContext, is_asked: bool, message: &str, refusal: &EditError) {
    if is_asked {
        let error = CommandError::findings(redact_message(message));
        let hint = edit_hint(refusal);
        hint.map_or(error.clone(), |hint| error.with_hint(hint)).report(context);
    } else {
        context.report(&format!("note: {}", redact_message(message)));
    }
}

fn poll_error(error: BumpError) -> CommandError {
    match error {
        BumpError::ImageNotFound { .. } => CommandError::findings(error)
            .with_hint("without --image, `chartwright poll` lists the images that the files name"),
        error => bump_error(error),
    }
}

fn poll_write_error(error: WriteError) -> CommandError {
    match error {
        WriteError::Plan(error) => poll_error(error),
        error @ WriteError::Replace(_) => write_error(error),
    }
}

/// The files that are looked at unless some are named.
fn looked_at(working_directory: &Path, directory: &Path) -> Result<Vec<String>, CommandError> {
    let files = polled_files(&working_directory.join(directory));
    if files.is_empty() {
        let place = if directory == Path::new(".") {
            "here".to_owned()
        } else {
            format!("in {}", directory.display())
        };
        let message = format!("there is no values.yaml, values-*.yaml or Chart.yaml {place}");
        return Err(
            CommandError::usage(message).with_hint("name files with --file, or their directory with --directory")
        );
    }
    let in_directory = |name: String| {
        let path = if directory == Path::new(".") {
            PathBuf::from(name)
        } else {
            directory.join(name)
        };
        path.display().to_string()
    };
    Ok(files.into_iter().map(in_directory).collect())
}

fn place(request: &PollRequest, image: &PolledImage) -> String {
    let file = request.files.get(image.file).map_or("", String::as_str);
    format!("{file}:{}", image.line)
}

fn size(step: Option<Step>) -> &'static str {
    step.map_or("", Step::name)
}

fn as_text(arguments: &MoveFlags, request: &PollRequest, patch: &Patch, none: NoImage<'_>) -> String {
    if arguments.patch && arguments.dry_run {
        let secrets = patch.request.as_ref().map(|request| patch.plan.secrets(request));
        return patch.plan.shown_diff(secrets.as_ref());
    }
    let rows = patch.polled.images.iter().map(|image| {
        let current = image.image.tag.clone().unwrap_or_default();
        let (newer, what) = match &image.status {
            Status::Current => (current.clone(), "current".to_owned()),
            Status::Newer { image, step, .. } => {
                let size = size(*step);
                (
                    image.tag.clone().unwrap_or_default(),
                    if size.is_empty() { "newer" } else { size }.to_owned(),
                )
            }
            Status::Skipped(reason) => (String::new(), reason.clone()),
            Status::Failed(_) => (String::new(), "unknown".to_owned()),
        };
        [
            image.image.repository.clone(),
            current,
            newer,
            what,
            place(request, image),
        ]
    });
    let head = ["IMAGE", "TAG", "NEWEST", "CHANGE", "PLACE"].map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(rows).collect();
    if rows.len() == 1 {
        return shown_line(none.text);
    }
    let mut text = table(&rows);
    if arguments.patch {
        let secrets = patch.request.as_ref().map(|request| patch.plan.secrets(request));
        _ = write!(text, "\n{}", patch.plan.shown_changes(secrets.as_ref()));
    }
    text
}

/// Rows with columns of equal width.
pub(super) fn table<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let mut widths = [0; COLUMNS];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; COLUMNS]| {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            _ = write!(line, "{cell:width$}  ");
        }
        shown_line(line.trim_end())
    };
    rows.iter().map(line).collect()
}

fn as_json(request: &PollRequest, patch: &Patch, is_written: bool) -> Json {
    let images = patch.polled.images.iter().map(|image| {
        let mut entry = json!({
            (if image.is_chart { "chart" } else { "image" }): image.image.repository,
            "tag": image.image.tag,
            "digest": image.image.digest,
            "file": request.files.get(image.file),
            "line": image.line,
        });
        let more = match &image.status {
            Status::Current => json!({"status": "current"}),
            Status::Newer {
                image, step, refusal, ..
            } => {
                let step = Some(size(*step)).filter(|size| !size.is_empty());
                let refusal = refusal.as_ref().map(ToString::to_string);
                json!({"status": "newer", "newTag": image.tag, "newDigest": image.digest, "step": step, "refused": refusal})
            }
            Status::Skipped(reason) => json!({"status": "skipped", "reason": reason}),
            Status::Failed(reason) => json!({"status": "failed", "reason": redact_message(reason)}),
        };
        if let (Some(entry), Json::Object(more)) = (entry.as_object_mut(), more) {
            entry.extend(more);
            entry.retain(|_, value| !value.is_null());
        }
        entry
    });
    json!({
        "images": images.collect::<Vec<_>>(),
        "updates": patch.polled.updates(),
        "failures": patch.polled.failures(),
        "left": patch.polled.left.iter().chain(&patch.plan.left).collect::<Vec<_>>(),
        "written": is_written && patch.plan.changed_files().next().is_some(),
    })
}
