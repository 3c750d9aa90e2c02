//! `chartwright images`: the images of charts, followed from their rendered workloads to the values that name them, and those that other
//! files name.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value as Json, json};

use crate::check::run::is_chart;
use crate::delivery::image::{
    ChartInput, ListedImage, ListedPart, Part, WrittenAt, chart_images, image_places, list_place, list_traced,
};
use crate::delivery::poll::values_files;
use crate::engine::chart::{Compat, LocalDependencyError, load_with_dependencies};
use crate::engine::render::{Operation, Release, default_release_name};
use crate::engine::template::Map;
use crate::text::yaml;

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::link_flags::LinkFlags;
use super::manifest_inputs::{ALLOW_LINKS, Input, inputs, read_input};
use super::move_images::table;
use super::release_flags::ReleaseFlags;
use super::repository_flags::{OutputFormat, print_json, shown_line};
use super::run_context::RunContext;
use super::time_flag::TimeFlag;
use super::value_flags::ValueFlags;

#[derive(Debug, Args)]
pub(super) struct ImagesArguments {
    /// Charts (directories or .tgz), directories with other files, or files [default: the working directory].
    #[arg(value_name = "CHART|DIR|FILE")]
    targets: Vec<String>,
    #[command(flatten)]
    release: ReleaseFlags,
    /// How to print the images.
    #[arg(short, long, value_enum, default_value_t = OutputFormat::Text, value_name = "FORMAT")]
    output: OutputFormat,
    #[command(flatten)]
    links: LinkFlags,
    #[command(flatten)]
    time: TimeFlag,
    // What follows has a heading in the help, which would be that of all later flags.
    #[command(flatten)]
    values: ValueFlags,
}

/// How an image was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Templates,
    Conventions,
}

/// All images, in the order of the targets.
#[derive(Default)]
struct Images(Vec<(Found, ListedImage)>);

pub(super) fn run(context: RunContext, arguments: &ImagesArguments) -> Result<Exit, CommandError> {
    arguments.time.start()?;
    let here = vec![".".to_owned()];
    let targets = if arguments.targets.is_empty() {
        &here
    } else {
        &arguments.targets
    };
    let mut images = Images::default();
    for target in targets {
        if is_chart(Path::new(target)) {
            images.add_chart(context, arguments, target)?;
        } else {
            images.add_files(context, arguments, std::slice::from_ref(target), is_directory(target))?;
        }
    }
    match arguments.output {
        OutputFormat::Json => print_json(context, &images.as_json())?,
        OutputFormat::Text => context.write_stdout(images.as_text().as_bytes())?,
    }
    Ok(Exit::Clean)
}

fn is_directory(target: &str) -> bool {
    Path::new(target).is_dir()
}

impl Images {
    /// The images of a chart; those that its values files name by convention where it does not render.
    fn add_chart(
        &mut self,
        context: RunContext,
        arguments: &ImagesArguments,
        target: &str,
    ) -> Result<(), CommandError> {
        let (given, values) = arguments.values.read(context, Compat::Helm4, &str::to_owned)?;
        match followed(context, arguments, target, (&given.sources, &values))? {
            Ok(found) => {
                self.0.extend(found.into_iter().map(|image| (Found::Templates, image)));
                return Ok(());
            }
            Err(reason) => context.report(&format!(
                "note: {target}: its templates cannot be followed, so images are found by the names of values: {reason}"
            )),
        }
        let directory = Path::new(target);
        let mut files = arguments.values.values.clone();
        if directory.is_dir() {
            let own = values_files(directory);
            files.splice(0..0, own.into_iter().map(|name| shown_in(directory, &name)));
        }
        self.add_files(context, arguments, &files, false)
    }

    /// The images that files name; what cannot be read in a directory is passed over, since it may be anything.
    fn add_files(
        &mut self,
        context: RunContext,
        arguments: &ImagesArguments,
        names: &[String],
        is_lenient: bool,
    ) -> Result<(), CommandError> {
        if names.is_empty() {
            return Ok(());
        }
        let mut text = Vec::new();
        for input in inputs(context, names, &[], arguments.links.policy())? {
            let path = input.path().to_owned();
            let path = path.strip_prefix("./").unwrap_or(&path);
            if let Err(reason) = read_input(&input, &mut text) {
                if is_lenient && !matches!(input, Input::Refused(..)) {
                    continue;
                }
                return Err(CommandError::could_not_run(format!("{path}: {reason}")));
            }
            match yaml::parse_all(&text) {
                Ok(tree) => {
                    let places = image_places(&tree);
                    let listed = places.iter().map(|place| (Found::Conventions, list_place(path, place)));
                    self.0.extend(listed);
                }
                Err(_) if is_lenient => {}
                Err(error) => return Err(CommandError::findings(format!("{path}: {error}"))),
            }
        }
        Ok(())
    }

    fn as_text(&self) -> String {
        if self.0.is_empty() {
            return shown_line("no image is named");
        }
        let head = ["IMAGE", "TAG", "DIGEST", "PLACE", "WORKLOADS"].map(str::to_owned);
        let rows = self.0.iter().map(|(_, image)| {
            [
                image.repository.clone(),
                image.text(Part::Tag).to_owned(),
                image.text(Part::Digest).to_owned(),
                image.place(),
                image.workloads.join(", "),
            ]
        });
        table(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
    }

    fn as_json(&self) -> Json {
        let images = self.0.iter().map(|(found, image)| {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            json!({
                "image": image.repository,
                "tag": some(image.text(Part::Tag)),
                "digest": some(image.text(Part::Digest)),
                "foundBy": match found {
                    Found::Templates => "templates",
                    Found::Conventions => "conventions",
                },
                "workloads": image.workloads,
                "parts": image.parts.iter().map(part_as_json).collect::<Vec<_>>(),
            })
        });
        json!({"images": images.collect::<Vec<_>>()})
    }
}

/// The path of a file in a directory, without `./`.
fn shown_in(directory: &Path, name: &str) -> String {
    let path: PathBuf = directory.join(name).components().collect();
    path.display().to_string()
}

type FollowedImages = Result<Vec<ListedImage>, String>;

/// The images of a chart's workloads, or why its templates cannot be followed.
fn followed(
    context: RunContext,
    arguments: &ImagesArguments,
    target: &str,
    (given, values): (&crate::check::explain::Given, &Map),
) -> Result<FollowedImages, CommandError> {
    let capabilities = arguments.release.capabilities()?;
    let chart = match load_with_dependencies(Path::new(target), arguments.links.policy(), None) {
        Ok(chart) => chart,
        Err(error @ LocalDependencyError::OutsideLinks { .. }) => {
            return Err(CommandError::could_not_run(error).with_hint(ALLOW_LINKS));
        }
        Err(error) => return Ok(Err(error.to_string())),
    };
    let missing = chart.missing_dependencies();
    if !missing.is_empty() {
        context.report(&format!(
            "note: {target}: charts/ lacks {}, whose images are not listed; `chartwright dependency build` fetches them",
            missing.join(", ")
        ));
    }
    let release = Release {
        name: default_release_name().to_owned(),
        namespace: arguments.release.namespace(context),
        operation: Operation::Install,
    };
    let input = ChartInput {
        given,
        values,
        release: &release,
        capabilities: &capabilities,
    };
    let found = chart_images(&chart, input, &|_| true);
    Ok(found
        .map(|found| list_traced(&found))
        .map_err(|error| error.to_string()))
}

fn part_as_json(part: &ListedPart) -> Json {
    let written = part.written.iter().map(|at| {
        let file = |place: &Option<(String, u32)>| place.as_ref().map(|(file, _)| file.clone());
        let line = |place: &Option<(String, u32)>| place.as_ref().map(|(_, line)| *line);
        let mut entry = match at {
            WrittenAt::Value { path, place } => json!({"value": path, "file": file(place), "line": line(place)}),
            WrittenAt::Flag(flag) => json!({"flag": flag}),
            WrittenAt::ChartYaml { key, place } => json!({"chart": key, "file": file(place), "line": line(place)}),
            WrittenAt::Template(file, line) => json!({"template": true, "file": file, "line": line}),
        };
        if let Some(entry) = entry.as_object_mut() {
            entry.retain(|_, value| !value.is_null());
        }
        entry
    });
    json!({"part": part.part.name(), "text": part.text, "written": written.collect::<Vec<_>>()})
}
