//! `chartwright drift --adopt`: images that somebody set in a cluster, written to the files of the environment.

use std::path::Path;

use clap::Args;
use serde_json::{Value as Json, json};

use crate::cluster::adopt::{Drifted, drifted};
use crate::cluster::plan::plan_environment;
use crate::delivery::environment::{
    Adoption, CopiedChartUpdate, Environment, Environments, LiveImage, PlannedAdoption,
};
use crate::delivery::write_back::ImageLinks;

use super::bump::bump_error;
use super::chart_update_flags::ChartUpdateFlags;
use super::cluster_run::{ClusterRun, PlanFlags, plan_error};
use super::command_error::CommandError;
use super::environment_flags::EnvironmentFlags;
use super::exit_code::Exit;
use super::repository_flags::{OutputFormat, print_json, shown_line};
use super::write_back_flags::{WriteBackFlags, WrittenBack};

/// Flags of `drift --adopt`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Adopt")]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(super) struct AdoptFlags {
    /// Write the tags and digests of images that run, and that the files do not say, to the files. What differs besides stays, and is named.
    #[arg(long)]
    pub(super) adopt: bool,
    /// With --adopt: edit files that several environments use.
    #[arg(long, requires = "adopt")]
    shared: bool,
    /// With --adopt: change values that aliases use in other places too.
    #[arg(long, requires = "adopt")]
    through_anchors: bool,
    /// With --adopt: show the edits as a unified diff, write nothing.
    #[arg(short = 'n', long, requires = "adopt")]
    dry_run: bool,
    #[command(flatten)]
    chart_update: ChartUpdateFlags,
    #[command(flatten)]
    write_back: WriteBackFlags,
}

/// What was asked for besides.
type How<'h> = (&'h EnvironmentFlags, &'h PlanFlags, OutputFormat);

impl AdoptFlags {
    /// Refuses flags that say how edits are written where nothing is adopted.
    pub(super) fn check(&self) -> Result<(), CommandError> {
        match self.write_back.given().or_else(|| self.chart_update.given()) {
            Some(flag) if !self.adopt => Err(CommandError::usage(format!("{flag} is about edits of files"))
                .with_hint("give --adopt to write the images that run to the files")),
            _ => Ok(()),
        }
    }

    /// Finds what drifted, writes the images to the files, and says what stays.
    pub(super) fn run(
        &self,
        run: &ClusterRun,
        environments: (&Environments, &[&Environment]),
        (flags, plan_flags, output): How<'_>,
    ) -> Result<Exit, CommandError> {
        let context = run.context;
        let settings = self.write_back.settings(context)?;
        let mut found = Drifted::default();
        run.with_requests(environments, plan_flags, None, &mut |request, cluster| {
            let plan = plan_environment(request, cluster).map_err(plan_error)?;
            let name = &request.environment.name.text;
            let Drifted { images, left } = drifted(&plan);
            found.images.extend(images);
            found
                .left
                .extend(left.into_iter().map(|left| format!("{name}: {left}")));
            Ok(true)
        })?;
        let adoption = Adoption {
            place: run.place.clone(),
            images: found.images,
            may_be_shared: self.shared,
            through_anchors: self.through_anchors,
            chart_update: CopiedChartUpdate {
                version: self.chart_update.raise(),
                app_version_from: self.chart_update.app_version_from()?,
            },
        };
        let reader = flags.reader(context);
        let read = |path: &Path| reader.read(path);
        let mut made = adoption.plan(&read).map_err(bump_error)?;
        let written = if self.dry_run || made.plan.changed_files().next().is_none() {
            WrittenBack::default()
        } else {
            let moved = made.plan.moved.iter().map(|moved| moved.new.repository.clone());
            let about = (moved.collect(), &(|_: &_| Vec::new()) as ImageLinks<'_>);
            let again = || adoption.plan(&read);
            let planned = (&mut made, (|made| &made.plan) as fn(&PlannedAdoption) -> &_);
            self.write_back
                .carry_out(context, settings.as_ref(), planned, &again, about)?
        };
        self.report(run, (&adoption, &made, &found.left), &written, output)
    }

    fn report(
        &self,
        run: &ClusterRun,
        (adoption, made, left): (&Adoption, &PlannedAdoption, &[String]),
        written: &WrittenBack,
        output: OutputFormat,
    ) -> Result<Exit, CommandError> {
        let context = run.context;
        let is_change = made.plan.changed_files().next().is_some();
        let secrets = made.request.as_ref().map(|request| made.plan.secrets(request));
        let images = || adoption.images.iter().zip(&made.stays);
        match output {
            OutputFormat::Json => {
                let mut json = json!({
                    "images": images().map(as_json).collect::<Vec<_>>(),
                    "files": made.plan.changed_files().map(|file| &file.path).collect::<Vec<_>>(),
                    "left": left.iter().chain(&made.plan.left).collect::<Vec<_>>(),
                    "written": is_change && !self.dry_run && !self.write_back.is_pull_request(),
                });
                written.add_to(&mut json);
                print_json(context, &json)?;
            }
            OutputFormat::Text if !is_change => {
                context.write_stdout(shown_line("no image runs that the files could take over").as_bytes())?;
            }
            OutputFormat::Text => {
                let text = if self.dry_run {
                    made.plan.shown_diff(secrets.as_ref())
                } else {
                    made.plan.shown_changes(secrets.as_ref())
                };
                context.write_stdout((text + &written.line()).as_bytes())?;
            }
        }
        written.notify(context, "drift", || made.plan.shown_changes(secrets.as_ref()));
        let mut stays = left.to_vec();
        for (image, reason) in images() {
            let LiveImage {
                environment,
                release,
                workload,
                live,
                ..
            } = image;
            if let Some(reason) = reason {
                stays.push(format!(
                    "{environment}: {release}: {workload} runs {live}, which is not adopted: {reason}"
                ));
            }
        }
        for line in stays.iter().chain(&made.plan.left) {
            context.report(&format!("note: {line}"));
        }
        Ok(if stays.is_empty() { Exit::Clean } else { Exit::Drift })
    }
}

fn as_json((image, reason): (&LiveImage, &Option<String>)) -> Json {
    let mut entry = json!({
        "environment": image.environment,
        "release": image.release,
        "workload": image.workload,
        "image": image.live.repository,
        "oldTag": image.applied.tag,
        "oldDigest": image.applied.digest,
        "newTag": image.live.tag,
        "newDigest": image.live.digest,
        "adopted": reason.is_none(),
    });
    if let (Some(entry), Some(reason)) = (entry.as_object_mut(), reason) {
        entry.insert("reason".to_owned(), Json::from(reason.as_str()));
    }
    entry
}
