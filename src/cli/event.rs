//! `chartwright event`: what a registry or a pipeline says was pushed, moved into the files that name it.

use std::convert::Infallible;
use std::path::Path;

use clap::Args;

use crate::delivery::event::{
    Header, ObservedTags, Payload, PayloadError, Pushed, Sender, SignatureError, check_signature, look_up,
    read_payload, wait_until_there,
};
use crate::delivery::image::ImageReference;
use crate::delivery::poll::{KnownTags, TagSource};
use crate::text::limits::FILE_BYTES;
use crate::text::redact::{redact_message, redact_url};
use crate::text::source::{Named, read_file};

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::move_environments::MoveEnvironmentFlags;
use super::move_images::{MoveFlags, NoImage};
use super::network::ProcessClock;
use super::run_context::RunContext;
use super::time_flag::duration;

/// The events of GitHub that say what was pushed.
const GITHUB_EVENTS: [&str; 4] = [
    "package",
    "registry_package",
    "repository_dispatch",
    "workflow_dispatch",
];

#[derive(Debug, Args)]
pub(super) struct EventArguments {
    /// File with the payload, `-` for standard input [default: the event of GitHub Actions, if it says what was pushed].
    #[arg(value_name = "FILE", conflicts_with_all = ["image", "chart"])]
    payload: Option<String>,
    /// What was pushed, instead of a payload: REPOSITORY:TAG, with its digest if files pin it (repeatable).
    #[arg(short, long, value_name = "IMAGE")]
    image: Vec<String>,
    /// A chart that was pushed, with its repository: `oci://HOST/PATH/NAME:VERSION`, or https, s3, gs or file (repeatable).
    #[arg(long, value_name = "CHART")]
    chart: Vec<String>,
    /// Wait until what was pushed is there, images and charts both, for at most this long: 90s, 5m.
    #[arg(long, value_name = "DURATION", conflicts_with = "no_verify")]
    wait: Option<String>,
    /// Who sent the payload [default: recognised by its fields].
    #[arg(long, value_name = "SENDER", value_parser = Sender::parse)]
    sender: Option<Sender>,
    /// The registry's host, for senders that do not say it.
    #[arg(long, value_name = "HOST")]
    registry: Option<String>,
    /// Environment variable with the secret that the sender signs with; the payload is refused where its signature is wrong.
    #[arg(long, value_name = "NAME", requires = "payload")]
    secret_env: Option<String>,
    /// Header of the request, for --secret-env: `X-Hub-Signature-256: sha256=…` (repeatable).
    #[arg(long, value_name = "HEADER", value_parser = header, requires = "secret_env")]
    header: Vec<HeaderArgument>,
    /// Believe the payload without looking up in the registry what was pushed.
    #[arg(long)]
    no_verify: bool,
    /// Look it up, which is the default.
    #[arg(long, hide = true, conflicts_with = "no_verify")]
    verify: bool,
    /// Environment whose releases are moved, each by its triggers [default: those of environments.yaml, if there is one, else files]
    /// (repeatable).
    #[arg(long, value_name = "ENV")]
    environment: Vec<String>,
    #[command(flatten)]
    moving: MoveFlags,
    #[command(flatten)]
    environments: MoveEnvironmentFlags,
}

/// What was given as a header. It is judged after parsing, since an error of the parser would show it, and it may be a secret.
type HeaderArgument = Result<Header, &'static str>;

#[expect(clippy::unnecessary_wraps, reason = "what the parser of arguments calls")]
fn header(text: &str) -> Result<HeaderArgument, Infallible> {
    Ok(Header::parse(text))
}

pub(super) fn run(context: RunContext, arguments: &EventArguments) -> Result<Exit, CommandError> {
    let payload = payload(context, arguments)?;
    for ignored in &payload.ignored {
        let reason = redact_message(&ignored.reason);
        context.report(&format!("note: ignored: {reason} ({})", ignored.sender));
    }
    let (images, charts) = payload.images_and_charts(arguments.registry.as_deref());
    wait(context, arguments, &[&images[..], &charts].concat())?;
    let registries = arguments.moving.registries(context)?;
    // What was pushed is looked up before it is believed, and read again where it is chosen.
    let known = KnownTags::new(&registries);
    let registry: Option<&dyn TagSource> = if arguments.no_verify { None } else { Some(&known) };
    let observed = ObservedTags {
        pushed: &images,
        charts: &charts,
        registry,
    };
    let (environments, names) = (&arguments.environments, arguments.environment.as_slice());
    let place = environments.place_if_meant(context, names, &arguments.moving)?;
    let repositories: Vec<String> = images.iter().chain(&charts).map(Pushed::full_repository).collect();
    let none = if repositories.is_empty() {
        "no image was pushed".to_owned()
    } else {
        format!(
            "no file names {}",
            repositories
                .iter()
                .map(|one| redact_url(one))
                .collect::<Vec<_>>()
                .join(", ")
        )
    };
    let no_image = NoImage {
        text: &none,
        command: "event",
    };
    if let Some(place) = place {
        let sources = (&registries, &observed as &dyn TagSource, no_image);
        return environments.run((context, place), (names, Vec::new()), &arguments.moving, sources);
    }
    let request = arguments
        .moving
        .request(context, Vec::new(), environments.directory())?;
    let patch = arguments.moving.carry_out(context, &request, &observed)?;
    let reported = (&registries, no_image);
    arguments.moving.report(context, &request, &patch, reported)
}

/// What was pushed, by the payload or by hand.
fn payload(context: RunContext, arguments: &EventArguments) -> Result<Payload, CommandError> {
    if !arguments.image.is_empty() || !arguments.chart.is_empty() {
        let images = arguments.image.iter().map(|image| pushed(image));
        let pushed = images.chain(arguments.chart.iter().map(|chart| pushed_chart(chart)));
        return Ok(Payload {
            pushed: pushed.collect::<Result<_, _>>()?,
            ..Payload::default()
        });
    }
    let (name, body) = body(context, arguments)?;
    let payload = read_payload(&body, arguments.sender).map_err(|error| payload_error(&name, &error))?;
    if let Some(variable) = &arguments.secret_env {
        let secret = context.variable(variable);
        let secret = secret.ok_or_else(|| CommandError::usage(format!("--secret-env: {variable} is not set")))?;
        let headers = arguments.header.iter().cloned().collect::<Result<Vec<_>, _>>();
        let headers = headers.map_err(|reason| CommandError::usage(format!("--header: {reason}")))?;
        for sender in &payload.senders {
            check_signature(*sender, &body, &headers, secret.as_bytes())
                .map_err(|error| signature_error(&name, &error))?;
        }
    }
    Ok(payload)
}

fn pushed(image: &str) -> Result<Pushed, CommandError> {
    let usage = |message: String| CommandError::usage(format!("--image {image}: {message}"));
    let reference = ImageReference::parse(image).map_err(|error| usage(error.to_string()))?;
    Pushed::of_reference(&reference)
        .ok_or_else(|| usage("the tag is missing".to_owned()).with_hint("name what was pushed as REPOSITORY:TAG"))
}

fn pushed_chart(address: &str) -> Result<Pushed, CommandError> {
    Pushed::of_chart(address).ok_or_else(|| {
        CommandError::usage(format!(
            "--chart {}: this is not a chart with a version",
            redact_url(address)
        ))
        .with_hint("name it as oci://registry.example.com/charts/web:1.2.3")
    })
}

/// Waits until everything is there that was pushed, if that is asked for.
fn wait(context: RunContext, arguments: &EventArguments, pushed: &[Pushed]) -> Result<(), CommandError> {
    let Some(written) = &arguments.wait else {
        return Ok(());
    };
    let limit = duration("--wait", written)?;
    let look = |pushed: &Pushed| {
        // What is read is kept for the whole run otherwise.
        let registries = arguments.moving.registries(context);
        look_up(pushed, &registries.map_err(|error| error.message().to_owned())?)
    };
    wait_until_there(pushed, limit, &ProcessClock, &look).map_err(CommandError::could_not_run)
}

/// The payload, and what it is called in errors.
fn body(context: RunContext, arguments: &EventArguments) -> Result<(String, Vec<u8>), CommandError> {
    let path = match arguments.payload.as_deref() {
        Some("-") => return Ok(("standard input".to_owned(), context.read_stdin()?)),
        Some(path) => path.to_owned(),
        None => {
            let name = context.variable("GITHUB_EVENT_NAME").unwrap_or_default();
            let path = context
                .variable("GITHUB_EVENT_PATH")
                .filter(|_| GITHUB_EVENTS.contains(&name.as_str()));
            path.ok_or_else(|| {
                CommandError::usage("neither a payload nor an image is given").with_hint(
                    "name the file with the payload, `-` for standard input, or what was pushed with --image REPOSITORY:TAG",
                )
            })?
        }
    };
    let location = context.working_directory().join(&path);
    let body = read_file(Path::new(&location), Named::ByUser, FILE_BYTES)
        .map_err(|error| CommandError::could_not_run(format!("{path}: {error}")))?;
    Ok((path, body))
}

fn payload_error(name: &str, error: &PayloadError) -> CommandError {
    let at = if matches!(error, PayloadError::NotJson { .. }) {
        ":"
    } else {
        ": "
    };
    CommandError::could_not_run(redact_message(&format!("{name}{at}{error}"))).with_hint(error.hint())
}

fn signature_error(name: &str, error: &SignatureError) -> CommandError {
    let hint = match error {
        SignatureError::Unsigned(_) => {
            "leave out --secret-env; what was pushed is looked up in the registry in any case"
        }
        SignatureError::Missing { .. } => "give the header of the request with --header",
        SignatureError::Wrong { .. } => "the payload or the secret is not the one that the sender had",
    };
    let message = format!("{name}: {error}");
    match error {
        SignatureError::Unsigned(_) => CommandError::usage(message).with_hint(hint),
        _ => CommandError::could_not_run(message).with_hint(hint),
    }
}
