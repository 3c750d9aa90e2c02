//! `chartwright pull`: a chart of a repository or registry to a file or a directory.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::artifact::package::{WriteArchivesError, write_archives};
use crate::artifact::remote::{ChartRequest, RemoteChart, UnpackError, remote_chart, unpack};
use crate::report::json_line;
use crate::text::visible::{visible, visible_lines};

use super::chart_reference::check_signature;
use super::command_error::CommandError;
use super::exit_code::Exit;
use super::keyring_flags::KeyringFlags;
use super::remote_flags::{LoginFlags, RemoteFlags, source_error};
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
    #[arg(short, long, value_enum, default_value_t = Output::Text, value_name = "FORMAT")]
    output: Output,
    #[command(flatten)]
    login: LoginFlags,
    #[command(flatten)]
    remote: RemoteFlags,
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// A line.
    Text,
    /// A JSON object.
    Json,
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
    let path = if arguments.dry_run {
        planned(arguments, &chart)
    } else {
        save(arguments, &chart)?
    };
    context.write_stdout(outcome_text(arguments, &chart, &path).as_bytes())?;
    Ok(Exit::Clean)
}

/// Where the chart is written.
fn planned(arguments: &PullArguments, chart: &RemoteChart) -> PathBuf {
    if arguments.untar {
        arguments.destination.join(&arguments.untardir)
    } else {
        arguments.destination.join(&chart.file_name)
    }
}

fn save(arguments: &PullArguments, chart: &RemoteChart) -> Result<PathBuf, CommandError> {
    let fetched = &chart.fetched;
    if arguments.untar {
        let unpacked = unpack(&fetched.archive, &planned(arguments, chart));
        return unpacked.map_err(|error| unpack_error(&error, chart));
    }
    let path = planned(arguments, chart);
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

fn outcome_text(arguments: &PullArguments, chart: &RemoteChart, path: &Path) -> String {
    let fetched = &chart.fetched;
    match arguments.output {
        Output::Json => json_line(&json!({
            "url": fetched.url,
            "digest": format!("sha256:{}", fetched.digest),
            "path": path.display().to_string(),
            "provenance": fetched.provenance.is_some(),
            "dryRun": arguments.dry_run,
        })),
        Output::Text => {
            let done = if arguments.dry_run { "Would pull" } else { "Pulled" };
            let line = format!(
                "{done} {} to {} (sha256:{})",
                fetched.url,
                path.display(),
                fetched.digest
            );
            format!("{}\n", visible_lines(&visible(&line)))
        }
    }
}
