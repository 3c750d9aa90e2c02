//! `chartwright bump`: sets values in YAML files, changing the bytes of those scalars and nothing else.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::delivery::bump::{BumpPlan, FilePlan, TargetError, VersionPart, image_changes, image_paths, raise_version};
use crate::delivery::image::ImageReference;
use crate::engine::chart::load_with_local_dependencies;
use crate::engine::template::{Map, MapType};
use crate::engine::values::{coalesce_values, process_dependencies};
use crate::text::edit::{Change, NewValue, YamlPath};
use crate::text::source::replace_file;
use crate::text::yaml;

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::run_context::RunContext;

#[derive(Debug, Args)]
pub(super) struct BumpArguments {
    /// YAML file to edit (repeatable; all or none are written).
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
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PartArgument {
    Major,
    Minor,
    Patch,
}

pub(super) fn run(context: RunContext, arguments: &BumpArguments) -> Result<Exit, CommandError> {
    if arguments.set.is_empty() && arguments.set_string.is_empty() && arguments.image.is_empty() {
        return Err(CommandError::usage(
            "nothing to change: give --set, --set-string or --image",
        ));
    }
    let images = arguments
        .image
        .iter()
        .map(|image| ImageReference::parse(image).map_err(CommandError::usage))
        .collect::<Result<Vec<_>, _>>()?;
    let assignments = assignments(arguments)?;
    let mut plan = BumpPlan::default();
    let mut found = vec![false; images.len()];
    for path in &arguments.file {
        if plan.files.iter().any(|file| file.path == *path) {
            continue;
        }
        let text = context.read_file(path)?;
        let mut changes = assignments.clone();
        for (image, found) in images.iter().zip(&mut found) {
            let more = changes_of_image(arguments, path, &text, image)?;
            *found |= !more.is_empty();
            changes.extend(more);
        }
        plan.files
            .push(FilePlan::new(path, text, &changes).map_err(CommandError::findings)?);
    }
    if let Some((image, _)) = images.iter().zip(&found).find(|(_, found)| !**found) {
        let files = arguments.file.join(", ");
        return Err(
            CommandError::findings(format!("no value names the image `{}` in {files}", image.repository)).with_hint(
                "name the value with --set path.to.tag=TAG, or the chart that has the repository with --chart",
            ),
        );
    }
    if let Some(part) = arguments.chart_version {
        raise_versions(context, arguments, part, &mut plan)?;
    }
    finish(context, arguments, &plan)
}

fn assignments(arguments: &BumpArguments) -> Result<Vec<Change>, CommandError> {
    let typed = arguments.set.iter().map(|text| (text, true));
    let texts = arguments.set_string.iter().map(|text| (text, false));
    typed
        .chain(texts)
        .map(|(text, is_typed)| {
            let (path, value) = split_assignment(text)
                .ok_or_else(|| CommandError::usage(format!("`{text}` is no assignment: write path.to.key=value")))?;
            let path = YamlPath::parse(path).map_err(CommandError::usage)?;
            let value = value.to_owned();
            let value = if is_typed {
                NewValue::Typed(value)
            } else {
                NewValue::Text(value)
            };
            Ok(Change { path, value })
        })
        .collect()
}

/// Splits at the first `=` that no backslash precedes.
fn split_assignment(text: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '\\' => escaped = !escaped,
            '=' if !escaped => return Some((text.get(..at)?, text.get(at + 1..)?)),
            _ => escaped = false,
        }
    }
    None
}

fn changes_of_image(
    arguments: &BumpArguments,
    path: &str,
    text: &[u8],
    image: &ImageReference,
) -> Result<Vec<Change>, CommandError> {
    let tree = yaml::parse_all(text).map_err(|error| CommandError::findings(format!("{path}: {error}")))?;
    let defaults = default_paths(arguments, path, image);
    match image_changes(&tree, image, &defaults) {
        Ok(changes) => Ok(changes),
        Err(TargetError::NotFound(_)) => Ok(Vec::new()),
        Err(error @ TargetError::NoTag(_)) => Err(CommandError::usage(error)),
        Err(error @ TargetError::Pinned { .. }) => Err(CommandError::findings(format!("{path}: {error}"))),
    }
}

/// Where the chart around the file names the image in its own values and those of its subcharts. A chart that cannot be
/// loaded names nothing: the file alone decides then.
fn default_paths(arguments: &BumpArguments, file: &str, image: &ImageReference) -> Vec<YamlPath> {
    let directory = arguments.chart.clone().or_else(|| chart_directory(Path::new(file)));
    let Some(directory) = directory else { return Vec::new() };
    let Ok(mut chart) = load_with_local_dependencies(&directory) else {
        return Vec::new();
    };
    let none = Map::nil(MapType::Any);
    if process_dependencies(&mut chart, &none, &mut Vec::new()).is_err() {
        return Vec::new();
    }
    coalesce_values(&chart, &none, &mut Vec::new()).map_or_else(|_| Vec::new(), |values| image_paths(&values, image))
}

/// The nearest directory above a file that has a Chart.yaml.
fn chart_directory(file: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(file).ok()?;
    absolute
        .ancestors()
        .skip(1)
        .find(|directory| directory.join("Chart.yaml").is_file())
        .map(Path::to_owned)
}

/// Plans a new version for the chart of every file that changes.
fn raise_versions(
    context: RunContext,
    arguments: &BumpArguments,
    part: PartArgument,
    plan: &mut BumpPlan,
) -> Result<(), CommandError> {
    let part = match part {
        PartArgument::Major => VersionPart::Major,
        PartArgument::Minor => VersionPart::Minor,
        PartArgument::Patch => VersionPart::Patch,
    };
    let mut charts: Vec<PathBuf> = Vec::new();
    for file in plan.files.iter().filter(|file| file.is_change()) {
        let directory = arguments
            .chart
            .clone()
            .or_else(|| chart_directory(Path::new(&file.path)))
            .ok_or_else(|| {
                CommandError::could_not_run(format!("no Chart.yaml above {}", file.path))
                    .with_hint("name the chart's directory with --chart")
            })?;
        if !charts.contains(&directory) {
            charts.push(directory);
        }
    }
    for directory in charts {
        let path = shown_path(&directory.join("Chart.yaml"));
        let earlier = plan.files.iter().position(|file| same_file(&file.path, &path));
        let old = match earlier.and_then(|at| plan.files.get(at)) {
            Some(file) => file.new.clone(),
            None => context.read_file(&path)?,
        };
        let raised = raise_version(&old, part).map_err(|error| CommandError::findings(format!("{path}: {error}")))?;
        let (new, applied) =
            raised.ok_or_else(|| CommandError::findings(format!("{path}: there is no semantic version to raise")))?;
        match earlier.and_then(|at| plan.files.get_mut(at)) {
            Some(file) => {
                file.new = new;
                file.applied.push(applied);
            }
            None => plan.files.push(FilePlan {
                path,
                old,
                new,
                applied: vec![applied],
            }),
        }
    }
    Ok(())
}

fn same_file(a: &str, b: &str) -> bool {
    std::path::absolute(a).ok() == std::path::absolute(b).ok()
}

/// Relative to the working directory where it is below it.
fn shown_path(path: &Path) -> String {
    let here = std::path::absolute(".").unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).display().to_string()
}

fn finish(context: RunContext, arguments: &BumpArguments, plan: &BumpPlan) -> Result<Exit, CommandError> {
    if arguments.dry_run {
        let diff: String = plan.files.iter().map(FilePlan::diff).collect();
        context.write_stdout(diff.as_bytes())?;
        return Ok(Exit::Clean);
    }
    for file in plan.files.iter().filter(|file| file.is_change()) {
        replace_file(Path::new(&file.path), &file.new)
            .map_err(|error| CommandError::could_not_run(format!("cannot write {}: {error}", file.path)))?;
    }
    let mut said = String::new();
    for file in &plan.files {
        for applied in &file.applied {
            let (path, line, old, new) = (&applied.path, applied.line, &applied.old, &applied.new);
            if old == new {
                said.push_str(&format!("{}:{line}: {path} is {new} already\n", file.path));
            } else {
                said.push_str(&format!("{}:{line}: {path}: {old} -> {new}\n", file.path));
            }
        }
    }
    context.write_stdout(said.as_bytes())?;
    Ok(Exit::Clean)
}
