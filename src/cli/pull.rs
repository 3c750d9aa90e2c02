//! `chartwright pull`: a chart of a repository or registry to a file or a directory.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value as Json, json};

use crate::artifact::package::{WriteArchivesError, write_archives};
use crate::artifact::remote::{ChartRequest, RemoteChart, UnpackError, remote_chart, unpack};
use crate::artifact::repository::Item;
use crate::engine::chart::Metadata;

use super::chart_json::ChartJson;
use super::chart_reference::check_signature;
use super::command_error::CommandError;
use super::exit_code::Exit;
use super::keyring_flags::KeyringFlags;
use super::remote_flags::{LoginFlags, RemoteFlags, source_error};
use super::repository_flags::{OutputFormat, print_json, shown_line};
use super::run_context::RunContext;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(super) struct PullArguments {
    /// `repo/name`, `oci://host/path/name`, `https://host/name-1.0.0.tgz`, or a name with --repo.
    #[arg(value_name = "CHART")]
    chart: String,
    /// Repository of the chart: `https://…`, `oci://…`, `s3://…`, `gs://…`, `file://…`, or `@name` of Helm's list.
    #[arg(long, value_name = "URL")]
    repo: Option<String>,
    /// Version, or a range of versions [default: the newest that is not a pre-release].
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// Choose among pre-releases too, unless --version is given.
    #[arg(long)]
    devel: bool,
    /// Directory to write to; it must exist.
    #[arg(short, long, default_value = ".", value_name = "DIR")]
    destination: PathBuf,
    /// Unpack the chart instead of keeping the archive.
    #[arg(long)]
    untar: bool,
    /// Where to unpack, relative to the destination.
    #[arg(long, visible_alias = "untar-dir", default_value = ".", value_name = "DIR")]
    untardir: PathBuf,
    /// Fetch the provenance file too, without verifying it.
    #[arg(long)]
    prov: bool,
    /// Write the chart, and its provenance file, only if a key of the keyring signed it.
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    keyring: KeyringFlags,
    /// Write nothing; say what would be written.
    #[arg(long)]
    dry_run: bool,
    /// How to say what was done.
    #[arg(short, long, value_enum, default_value = "text", value_name = "FORMAT")]
    output: OutputFormat,
    #[command(flatten)]
    login: LoginFlags,
    #[command(flatten)]
    remote: RemoteFlags,
}

pub(super) fn run(context: RunContext, arguments: &PullArguments) -> Result<Exit, CommandError> {
    let with_provenance = arguments.prov || arguments.verify;
    let charts = arguments.remote.charts(context, &arguments.login, with_provenance)?;
    let request = ChartRequest {
        reference: &arguments.chart,
        repository: arguments.repo.as_deref(),
        version: arguments.version.as_deref(),
        is_devel: arguments.devel,
    };
    request.check(&charts).map_err(source_error)?;
    arguments.login.check_is_used(request.address(&charts).as_deref())?;
    let outcome = remote_chart(&charts, &request);
    for note in charts.take_notes() {
        context.report(&format!("note: {note}"));
    }
    let chart = outcome.map_err(source_error)?;
    if arguments.verify {
        check_signature(context, &chart, &arguments.keyring)?;
    } else if arguments.prov && chart.fetched.provenance.is_none() {
        context.report(&format!("note: {} has no provenance file", chart.fetched.url));
    }
    // What is not a chart is saved as Helm saves it.
    let metadata = Item::from_archive(chart.fetched.archive.clone()).map_or_else(|_| None, |item| Some(item.metadata));
    if let Some(contradiction) = metadata.as_ref().and_then(|metadata| chart.contradiction(metadata)) {
        context.report(&format!("warning: {contradiction}"));
    }
    let path = if arguments.dry_run {
        planned(arguments, &chart, metadata.as_ref())
    } else {
        save(arguments, &chart)?
    };
    match arguments.output {
        OutputFormat::Text => context.write_stdout(line(arguments, &chart, &path).as_bytes())?,
        OutputFormat::Json => print_json(context, &as_json(arguments, &chart, metadata.as_ref(), &path))?,
    }
    Ok(Exit::Clean)
}

/// Where the chart is written.
fn planned(arguments: &PullArguments, chart: &RemoteChart, metadata: Option<&Metadata>) -> PathBuf {
    if arguments.untar {
        metadata.map_or_else(
            || unpacked_below(arguments),
            |chart| unpacked_below(arguments).join(&chart.name),
        )
    } else {
        arguments.destination.join(&chart.file_name)
    }
}

/// Where the chart's directory is made: `./charts`, not `././charts`.
fn unpacked_below(arguments: &PullArguments) -> PathBuf {
    arguments.destination.join(&arguments.untardir).components().collect()
}

fn save(arguments: &PullArguments, chart: &RemoteChart) -> Result<PathBuf, CommandError> {
    let fetched = &chart.fetched;
    if arguments.untar {
        let unpacked = unpack(&fetched.archive, &unpacked_below(arguments));
        return unpacked.map_err(|error| unpack_error(&error, chart));
    }
    let path = planned(arguments, chart, None);
    let signature = arguments.destination.join(format!("{}.prov", chart.file_name));
    let mut files = vec![(path.clone(), fetched.archive.as_slice())];
    if let Some(provenance) = &fetched.provenance {
        files.push((signature, provenance));
    }
    write_archives(&files).map_err(|error: WriteArchivesError| CommandError::could_not_run(error))?;
    Ok(path)
}

fn unpack_error(error: &UnpackError, chart: &RemoteChart) -> CommandError {
    let message = format!("{}: {error}", chart.fetched.url);
    match error {
        UnpackError::Exists(_) => {
            CommandError::could_not_run(message).with_hint("remove it, or name another directory with --untardir")
        }
        UnpackError::Archive(_) | UnpackError::Chart(_) | UnpackError::Name(_) => CommandError::findings(message),
        UnpackError::Write { .. } => CommandError::could_not_run(message),
    }
}

fn as_json(arguments: &PullArguments, chart: &RemoteChart, metadata: Option<&Metadata>, path: &Path) -> Json {
    let fetched = &chart.fetched;
    let shown = ChartJson {
        name: metadata.map_or("", |chart| &chart.name),
        version: metadata.map_or("", |chart| &chart.version),
        digest: &fetched.digest,
        manifest: fetched.manifest.as_deref(),
    };
    shown.with(json!({
        "url": fetched.url,
        "outcome": if arguments.untar { "unpacked" } else { "saved" },
        "path": path.display().to_string(),
        "provenance": fetched.provenance.is_some(),
        "dryRun": arguments.dry_run,
    }))
}

fn line(arguments: &PullArguments, chart: &RemoteChart, path: &Path) -> String {
    let (url, digest) = (&chart.fetched.url, &chart.fetched.digest);
    let done = if arguments.dry_run { "Would pull" } else { "Pulled" };
    shown_line(&format!("{done} {url} to {} (sha256:{digest})", path.display()))
}
