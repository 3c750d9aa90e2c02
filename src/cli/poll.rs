//! `chartwright poll`: what registries have that is newer than what files name, and the edits that follow.

use clap::Args;

use crate::delivery::image::ImageReference;

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::move_environments::MoveEnvironmentFlags;
use super::move_images::{MoveFlags, NoImage};
use super::run_context::RunContext;

#[derive(Debug, Args)]
pub(super) struct PollArguments {
    /// Environments to look at, each release by its triggers [default: those of environments.yaml, if there is one, else files].
    #[arg(value_name = "ENV")]
    environment: Vec<String>,
    /// Look at this image only: its repository, without a tag (repeatable).
    #[arg(short, long, value_name = "REPOSITORY")]
    image: Vec<String>,
    #[command(flatten)]
    moving: MoveFlags,
    #[command(flatten)]
    environments: MoveEnvironmentFlags,
}

pub(super) fn run(context: RunContext, arguments: &PollArguments) -> Result<Exit, CommandError> {
    let no_repository = |image: &&String| !ImageReference::is_repository(image);
    if let Some(image) = arguments.image.iter().find(no_repository) {
        return Err(
            CommandError::usage(format!("--image {image}: this is not a repository"))
                .with_hint("name it without a tag, as the files do: registry.example.com/acme/web"),
        );
    }
    let charts = arguments.moving.registries(context)?;
    let (moving, none) = (
        &arguments.moving,
        NoImage {
            text: "no image is named",
            command: "poll",
        },
    );
    let (environments, names) = (&arguments.environments, arguments.environment.as_slice());
    if let Some(place) = environments.place_if_meant(context, names, moving)? {
        return environments.run(
            (context, place),
            (names, arguments.image.clone()),
            moving,
            (&charts, &charts, none),
        );
    }
    let request = arguments
        .moving
        .request(context, arguments.image.clone(), environments.directory())?;
    let patch = arguments.moving.carry_out(context, &request, &charts)?;
    arguments.moving.report(context, &request, &patch, (&charts, none))
}
