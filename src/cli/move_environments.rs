//! How images of environments are moved to newer tags, for `poll` and `event`: each release by its triggers, each environment by its policy.

use std::io;
use std::path::Path;

use clap::Args;
use serde_json::{Value as Json, json};

use crate::artifact::remote::RemoteCharts;
use crate::delivery::bump::MovedImage;
use crate::delivery::environment::{
    CopiedChartUpdate, EnvironmentPoll, EnvironmentsPlace, Newer, PolledEnvironments, PolledRelease,
};
use crate::delivery::poll::{KnownTags, TagSource};
use crate::delivery::track::Step;
use crate::delivery::write_back::{ImageLinks, image_links};
use crate::text::redact::redact_message;

use super::bump::bump_error;
use super::command_error::CommandError;
use super::environment_flags::{EnvironmentFlags, chosen};
use super::exit_code::Exit;
use super::move_images::{MoveFlags, NoImage, table};
use super::repository_flags::{OutputFormat, print_json, shown_line};
use super::run_context::RunContext;
use super::write_back_flags::WrittenBack;

#[derive(Debug, Args)]
#[command(next_help_heading = "Environments")]
pub(super) struct MoveEnvironmentFlags {
    /// Releases of the environments to look at [default: all] (repeatable).
    #[arg(short, long, value_name = "RELEASE", value_delimiter = ',')]
    releases: Vec<String>,
    /// Edit files that several environments use.
    #[arg(long)]
    shared: bool,
    #[command(flatten)]
    environments: EnvironmentFlags,
}

impl MoveEnvironmentFlags {
    /// The environments whose images are meant, and not those of files: some are named, or a file declares them.
    pub(super) fn place_if_meant(
        &self,
        context: RunContext,
        names: &[String],
        moving: &MoveFlags,
    ) -> Result<Option<EnvironmentsPlace>, CommandError> {
        if names.is_empty() && moving.has_files() {
            return Ok(None);
        }
        let place = self.environments.place(context)?;
        Ok((!names.is_empty() || place.declares_environments()).then_some(place))
    }

    /// The directory of the application chart.
    pub(super) fn directory(&self) -> &Path {
        self.environments.directory()
    }

    /// Looks for newer images in environments, and writes them if that is asked for.
    pub(super) fn run(
        &self,
        (context, place): (RunContext, EnvironmentsPlace),
        (names, repositories): (&[String], Vec<String>),
        moving: &MoveFlags,
        (registries, source, none): (&RemoteCharts, &dyn TagSource, NoImage<'_>),
    ) -> Result<Exit, CommandError> {
        moving.check_edit_flags()?;
        if moving.has_files() {
            return Err(CommandError::usage(
                "--file is about files, and environments name their own",
            ));
        }
        let chosen = chosen(context, &place, names)?;
        if chosen.is_empty() && !names.is_empty() {
            // What stands for all of them otherwise means none here.
            return report(
                context,
                moving,
                (&PolledEnvironments::default(), &WrittenBack::default()),
                none,
            );
        }
        let poll = EnvironmentPoll {
            place,
            environments: chosen,
            releases: self.releases.clone(),
            repositories,
            choosing: moving.choosing(),
            may_be_shared: self.shared,
            through_anchors: moving.through_anchors(),
            is_pull_request: moving.write_back.is_pull_request(),
            chart_update: CopiedChartUpdate {
                version: moving.chart_update.raise(),
                app_version_from: moving.chart_update.app_version_from()?,
            },
        };
        let reader = self.environments.reader(context);
        let read = |path: &Path| -> io::Result<Vec<u8>> { reader.read(path) };
        let known = KnownTags::new(source);
        let settings = moving.write_back.settings(context)?;
        let mut polled = poll.plan(&read, &known).map_err(bump_error)?;
        let links = |image: &MovedImage| image_links(image, &known);
        let written = if moving.is_patch() && !moving.is_dry_run() {
            let images = polled.images.iter().map(|polled| polled.image.repository.clone());
            let about = (images.collect(), &links as ImageLinks<'_>);
            let again = || poll.plan(&read, &known);
            let planned = (&mut polled, (|polled| &polled.plan) as fn(&PolledEnvironments) -> &_);
            moving
                .write_back
                .carry_out(context, settings.as_ref(), planned, &again, about)?
        } else {
            WrittenBack::default()
        };
        for note in registries.take_notes() {
            context.report(&format!("note: {note}"));
        }
        report(context, moving, (&polled, &written), none)
    }
}

fn report(
    context: RunContext,
    moving: &MoveFlags,
    (polled, written): (&PolledEnvironments, &WrittenBack),
    none: NoImage<'_>,
) -> Result<Exit, CommandError> {
    let secrets = polled.request.as_ref().map(|request| polled.plan.secrets(request));
    let is_written = moving.writes() && polled.plan.changed_files().next().is_some();
    match moving.output {
        OutputFormat::Json => {
            let mut json = json!({
                "images": polled.images.iter().map(as_json).collect::<Vec<_>>(),
                "updates": polled.updates(),
                "failures": polled.failures(),
                "left": polled.plan.left,
                "written": is_written,
            });
            written.add_to(&mut json);
            print_json(context, &json)?;
        }
        OutputFormat::Text => {
            let mut text = if moving.is_patch() && moving.is_dry_run() {
                polled.plan.shown_diff(secrets.as_ref())
            } else if polled.images.is_empty() {
                shown_line(none.text)
            } else {
                let head = ["IMAGE", "TAG", "NEWEST", "CHANGE", "PLACE"].map(str::to_owned);
                let rows = polled.images.iter().map(row);
                table(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
            };
            if is_written {
                text.push('\n');
                text.push_str(&polled.plan.shown_changes(secrets.as_ref()));
            }
            text.push_str(&written.line());
            context.write_stdout(text.as_bytes())?;
        }
    }
    written.notify(context, none.command, || polled.plan.shown_changes(secrets.as_ref()));
    for image in &polled.images {
        let name = format!("{} in {}: {}", image.release, image.environment, image.image);
        match &image.newer {
            Newer::Failed(reason) => context.report(&format!("Error: {name}: {}", redact_message(reason))),
            Newer::Tag {
                stays: Some(reason), ..
            } => context.report(&format!("note: {name} stays: {reason}")),
            _ => {}
        }
    }
    for left in &polled.plan.left {
        context.report(&format!("note: {left}"));
    }
    Ok(if polled.failures() > 0 {
        Exit::CouldNotRun
    } else if moving.detailed_exitcode && polled.updates() > 0 {
        Exit::Updates
    } else {
        Exit::Clean
    })
}

fn row(polled: &PolledRelease) -> [String; 5] {
    let current = polled.image.tag.clone().unwrap_or_default();
    let (newest, change) = match &polled.newer {
        Newer::Current => (current.clone(), "current".to_owned()),
        Newer::Tag { image, step, .. } => (
            image.tag.clone().unwrap_or_default(),
            step.map_or("newer", Step::name).to_owned(),
        ),
        Newer::Skipped(reason) => (String::new(), reason.clone()),
        Newer::Failed(_) => (String::new(), "unknown".to_owned()),
    };
    let place = format!("{}: {}", polled.environment, polled.place);
    [polled.image.repository.clone(), current, newest, change, place]
}

fn as_json(polled: &PolledRelease) -> Json {
    let kind = if polled.is_chart { "chart" } else { "image" };
    let mut entry = json!({
        "environment": polled.environment,
        "release": polled.release,
        kind: polled.image.repository,
        "tag": polled.image.tag,
        "digest": polled.image.digest,
        "place": polled.place,
    });
    let more = match &polled.newer {
        Newer::Current => json!({"status": "current"}),
        Newer::Tag { image, step, stays } => json!({
            "status": "newer",
            "newTag": image.tag,
            "newDigest": image.digest,
            "step": step.map(Step::name),
            "stays": stays,
        }),
        Newer::Skipped(reason) => json!({"status": "skipped", "reason": reason}),
        Newer::Failed(reason) => json!({"status": "failed", "reason": redact_message(reason)}),
    };
    if let (Some(entry), Json::Object(more)) = (entry.as_object_mut(), more) {
        entry.extend(more);
        entry.retain(|_, value| !value.is_null());
    }
    entry
}
