//! The chart that `template` renders, as Helm finds it: a directory or an archive here, else a chart of a repository or registry,
//! which is fetched into memory.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::artifact::dependency::RepositorySupply;
use crate::artifact::package::verify;
use crate::artifact::remote::{ChartRequest, is_remote, remote_chart};
use crate::check::explain::explain_load;
use crate::engine::chart::{Chart, Compat, load_archive, load_chart_to_render, load_with_dependencies};
use crate::text::limits::FILE_BYTES;
use crate::text::redact::redact_url;
use crate::text::source::{Named, read_file};

use super::command_error::CommandError;
use super::dependency_flags::local_dependency_error;
use super::keyring_flags::KeyringFlags;
use super::remote_flags::{LoginFlags, RemoteFlags, source_error};
use super::run_context::{RunContext, open_error};
use super::verify::verify_error;

/// Which chart, and how to reach it.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ChartReferenceFlags {
    /// Repository of the chart: `https://…`, `oci://…`, `s3://…`, `gs://…`, `file://…`, or `@name` of Helm's list.
    #[arg(long, value_name = "URL")]
    repo: Option<String>,
    /// Version, or a range of versions, of a chart that is fetched [default: the newest that is not a pre-release].
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// Choose among pre-releases too, unless --version is given.
    #[arg(long)]
    devel: bool,
    /// Fetch dependencies that charts/ lacks, from the cache, their repositories, or beside the chart; nothing is written.
    #[arg(long)]
    dependency_update: bool,
    /// Render an archive only if a key of the keyring signed it (`.prov`).
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    keyring: KeyringFlags,
    #[command(flatten)]
    login: LoginFlags,
    #[command(flatten)]
    remote: RemoteFlags,
}

impl ChartReferenceFlags {
    /// The chart, with its dependencies if they are requested.
    pub(super) fn load(&self, context: RunContext, chart: &str, compat: Compat) -> Result<Chart, CommandError> {
        let chart = chart.trim();
        if chart == "-" {
            return Err(CommandError::usage("charts are not read from standard input")
                .with_hint("name a directory or a .tgz; values can be piped in with `-f -`"));
        }
        if Path::new(chart).exists() {
            return self.local(context, chart, compat);
        }
        let shown = redact_url(chart);
        if Path::new(chart).is_absolute() || chart.starts_with('.') {
            return Err(CommandError::could_not_run(format!("path {shown:?} not found")));
        }
        let names_repository = chart.split('/').filter(|part| !part.is_empty()).count() > 1;
        if self.repo.is_none() && !is_remote(chart) && (chart.contains("://") || !names_repository) {
            return Err(CommandError::could_not_run(format!(
                "non-absolute URLs should be in form of repo_name/path_to_chart, got: {shown}"
            ))
            .with_hint(format!("there is no file or directory `{shown}` here")));
        }
        self.fetched(context, chart, compat)
    }

    fn local(&self, context: RunContext, path: &str, compat: Compat) -> Result<Chart, CommandError> {
        if self.verify {
            let read = |path: &Path| {
                let read = read_file(path, Named::ByUser, FILE_BYTES);
                read.map_err(|error| CommandError::could_not_run(open_error(path, &error)))
            };
            let archive = read(Path::new(path))?;
            let provenance = read(&PathBuf::from(format!("{path}.prov")))?;
            let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy();
            self.check_signature(context, path, &name, &archive, &provenance)?;
        }
        let chart = load_chart_to_render(Path::new(path), compat).map_err(|error| {
            let read = |file: &str| read_file(&Path::new(path).join(file), Named::ByInput, FILE_BYTES).ok();
            let explanation = explain_load(path.trim_end_matches('/'), &error, &read);
            CommandError::findings(error).explained([explanation])
        })?;
        if !self.dependency_update || chart.missing_dependencies().is_empty() {
            return Ok(chart);
        }
        let supply = RepositorySupply::new(self.remote.charts(context, &self.login, false)?);
        let complete = load_with_dependencies(Path::new(path), Some(&supply));
        for note in supply.take_notes() {
            context.report(&format!("note: {note}"));
        }
        let mut complete = complete.map_err(local_dependency_error)?;
        complete.follow(compat);
        Ok(complete)
    }

    fn fetched(&self, context: RunContext, reference: &str, compat: Compat) -> Result<Chart, CommandError> {
        let charts = self.remote.charts(context, &self.login, self.verify)?;
        let request = ChartRequest {
            reference,
            repository: self.repo.as_deref(),
            version: self.version.as_deref(),
            is_devel: self.devel,
        };
        let fetched = remote_chart(&charts, &request);
        for note in charts.take_notes() {
            context.report(&format!("note: {note}"));
        }
        let chart = fetched.map_err(source_error)?;
        let (name, url) = (&chart.file_name, &chart.fetched.url);
        if self.verify {
            let provenance = chart.fetched.provenance.as_deref();
            let provenance = provenance.ok_or_else(|| {
                CommandError::findings(format!("{url} has no provenance file"))
                    .with_hint("render it without --verify only if you trust the repository")
            })?;
            self.check_signature(context, url, name, &chart.fetched.archive, provenance)?;
        }
        load_archive(&chart.fetched.archive, url, compat).map_err(CommandError::findings)
    }

    fn check_signature(
        &self,
        context: RunContext,
        shown: &str,
        name: &str,
        archive: &[u8],
        provenance: &[u8],
    ) -> Result<(), CommandError> {
        let keyring = self.keyring.read(context)?;
        let verified = verify(archive, name, provenance, &keyring, context.now_unix_seconds());
        verified.map(drop).map_err(|error| verify_error(shown, &error))
    }
}
