//! `chartwright package`: charts to archives, the same bytes every time; all are written or none.

use std::path::PathBuf;

use clap::Args;

use crate::artifact::package::{PackageError, PackageOptions, WriteArchivesError, package_chart, write_archives};
use crate::text::visible::{visible, without_commands};

use crate::engine::chart::{LoadError, LocalDependencyError};

use super::command_error::CommandError;
use super::exit_code::Exit;
use super::link_flags::LinkFlags;
use super::run_context::RunContext;

#[derive(Debug, Args)]
pub(super) struct PackageArguments {
    /// Chart directories.
    #[arg(required = true, value_name = "CHART")]
    charts: Vec<PathBuf>,
    /// Directory to write to.
    #[arg(short, long, default_value = ".", value_name = "DIR")]
    destination: PathBuf,
    /// Set the version in Chart.yaml.
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// Set the appVersion in Chart.yaml.
    #[arg(long, value_name = "VERSION")]
    app_version: Option<String>,
    #[command(flatten)]
    links: LinkFlags,
}

pub(super) fn run(context: RunContext, arguments: &PackageArguments) -> Result<Exit, CommandError> {
    let options = PackageOptions {
        version: arguments.version.clone(),
        app_version: arguments.app_version.clone(),
        links: arguments.links.policy(),
        time: package_time(context)?,
    };
    let packages = arguments
        .charts
        .iter()
        .map(|chart| package_chart(chart, &options).map_err(package_error))
        .collect::<Result<Vec<_>, _>>()?;
    let destination = context.working_directory().join(&arguments.destination);
    let destination: PathBuf = destination.components().collect();
    std::fs::create_dir_all(&destination)
        .map_err(|error| CommandError::could_not_run(format!("cannot create {}: {error}", destination.display())))?;
    let packages = packages.iter();
    let packages: Vec<(PathBuf, &[u8])> = packages
        .map(|package| (destination.join(package.file_name()), package.archive.as_slice()))
        .collect();
    write_archives(&packages).map_err(|error| match error {
        WriteArchivesError::Link(_) => {
            CommandError::could_not_run(error).with_hint("remove the link, or choose another --destination")
        }
        WriteArchivesError::Replace(error) => CommandError::could_not_run(error),
    })?;
    let lines = packages.iter().map(|(path, _)| path.display().to_string()).map(|path| {
        format!(
            "Successfully packaged chart and saved it to: {}\n",
            without_commands(&visible(&path))
        )
    });
    context.write_stdout(lines.collect::<String>().as_bytes())?;
    Ok(Exit::Clean)
}

/// The time stamp of files in archives that `SOURCE_DATE_EPOCH` names, as in Helm: seconds since 1970.
pub(super) fn package_time(context: RunContext) -> Result<Option<u64>, CommandError> {
    /// The latest that a tar header has room for.
    const LATEST: u64 = (1 << 33) - 1;
    let Some(text) = context.variable("SOURCE_DATE_EPOCH").filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    match text.parse() {
        Ok(seconds) if seconds <= LATEST => Ok(Some(seconds)),
        _ => Err(CommandError::usage(format!(
            "SOURCE_DATE_EPOCH is `{}`, which is not a number of seconds since 1970",
            visible(&text)
        ))),
    }
}

pub(super) fn package_error(error: PackageError) -> CommandError {
    match error {
        PackageError::Version(_) => CommandError::usage(error),
        PackageError::Archive(_)
        | PackageError::Load {
            source: LoadError::Read { .. },
            ..
        } => CommandError::could_not_run(error),
        PackageError::Local(LocalDependencyError::OutsideLinks { .. }) => CommandError::findings(error).with_hint(
            "copy what it leads to into the chart, or pass --allow-links if whoever may change the chart may publish any file \
             that you can read",
        ),
        PackageError::Missing { .. } => CommandError::findings(error)
            .with_hint("run `helm dependency build` first, or depend on a chart beside this one with file://"),
        _ => CommandError::findings(error),
    }
}
