//! The charts that a command is about, as Helm finds them: directories and archives of this machine, and charts of repositories and
//! registries, which are fetched into memory. The library decides which they are.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::artifact::package::verify;
use crate::artifact::remote::{
    ChartNameError, ChartPlace, ChartRequest, RemoteChart, RemoteCharts, SignatureError, find_place, remote_chart,
};
use crate::text::limits::FILE_BYTES;
use crate::text::redact::redact_url;
use crate::text::source::{Named, read_file};

use super::command_error::CommandError;
use super::keyring_flags::KeyringFlags;
use super::remote_flags::{LoginFlags, RemoteFlags, source_error};
use super::run_context::{RunContext, open_error};
use super::verify::verify_error;

/// Which chart of a repository, and whether its signature counts.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Repositories")]
pub(super) struct ChartReferenceFlags {
    /// Repository of the charts: `https://…`, `oci://…`, `s3://…`, `gs://…`, `file://…`, or `@name` of Helm's list.
    #[arg(long, value_name = "URL")]
    repo: Option<String>,
    /// Choose among pre-releases too, unless a version is given.
    #[arg(long)]
    devel: bool,
    /// Accept an archive only if a key of the keyring signed it (`.prov`).
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    login: LoginFlags,
}

impl ChartReferenceFlags {
    /// Whether a repository is given, so that charts are named by their names in it.
    pub(super) const fn names_repository(&self) -> bool {
        self.repo.is_some()
    }
}

/// What else decides how charts are fetched: flags that are spelt differently, or that are shared with other parts of a command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fetching<'f> {
    /// The version or range of versions of charts that are fetched.
    pub(super) version: Option<&'f str>,
    /// The keys that may have signed.
    pub(super) keyring: &'f KeyringFlags,
    /// How repositories are reached.
    pub(super) remote: &'f RemoteFlags,
}

/// A chart as it was found.
#[derive(Debug)]
pub(super) enum FoundChart {
    /// A directory or an archive of this machine.
    Here(PathBuf),
    /// An archive that was fetched.
    Fetched(RemoteChart),
    /// Neither: each command has its own words for it.
    Nowhere(ChartNameError),
}

/// Finds the charts of a command one after the other. Repositories are set up with the first that is fetched, and each index is read
/// once.
#[derive(Debug)]
pub(super) struct ChartFinder<'f> {
    context: RunContext,
    flags: &'f ChartReferenceFlags,
    fetching: Fetching<'f>,
    charts: Option<RemoteCharts>,
    has_fetched: bool,
}

impl<'f> ChartFinder<'f> {
    /// Nothing is read or sent yet.
    pub(super) const fn new(context: RunContext, flags: &'f ChartReferenceFlags, fetching: Fetching<'f>) -> Self {
        Self {
            context,
            flags,
            fetching,
            charts: None,
            has_fetched: false,
        }
    }

    /// Refuses credentials if all charts are of this machine, and certificates that cannot be used. Whether the charts of a repository
    /// can use credentials is found out when one is fetched.
    ///
    /// # Errors
    /// When credentials are given, and would be left out without notice, or a file of certificates cannot be used.
    pub(super) fn check_flags(&self, names: &[String]) -> Result<(), CommandError> {
        self.fetching.remote.check_certificates()?;
        let repository = self.flags.repo.as_deref();
        let is_here = |name: &&String| matches!(find_place(name, repository), Ok(ChartPlace::Here(_)));
        let (here, others): (Vec<&String>, Vec<&String>) = names.iter().partition(is_here);
        if !others.is_empty() {
            return Ok(());
        }
        self.flags.login.check_is_used(here.into_iter().map(String::as_str))
    }

    /// Finds a chart, and fetches it if it is elsewhere. Credentials are for one repository, so a second chart of any is refused with
    /// them.
    ///
    /// # Errors
    /// When the chart cannot be fetched, or is not signed as `--verify` demands.
    pub(super) fn find(&mut self, name: &str) -> Result<FoundChart, CommandError> {
        let flags = self.flags;
        match find_place(name, flags.repo.as_deref()) {
            Ok(ChartPlace::Here(path)) => {
                if flags.verify {
                    self.check_here(path)?;
                }
                Ok(FoundChart::Here(path.to_owned()))
            }
            Ok(ChartPlace::Remote(_)) => {
                if self.has_fetched && flags.repo.is_none() && flags.login.is_given() {
                    return Err(CommandError::usage(
                        "--username is for one repository, and these charts may be of several",
                    )
                    .with_hint("name one chart at a time, or their repository with --repo"));
                }
                self.has_fetched = true;
                self.fetch(name.trim()).map(FoundChart::Fetched)
            }
            Err(error) => Ok(FoundChart::Nowhere(error)),
        }
    }

    fn fetch(&mut self, name: &str) -> Result<RemoteChart, CommandError> {
        let Self {
            context,
            flags,
            fetching,
            ..
        } = *self;
        let charts = match &mut self.charts {
            Some(charts) => charts,
            none => none.insert(fetching.remote.charts(context, &flags.login, flags.verify)?),
        };
        let request = ChartRequest {
            reference: name,
            repository: flags.repo.as_deref(),
            version: fetching.version,
            is_devel: flags.devel,
        };
        flags.login.check_is_used(request.address(charts).as_deref())?;
        let fetched = remote_chart(charts, &request);
        for note in charts.take_notes() {
            context.report(&format!("note: {note}"));
        }
        let chart = fetched.map_err(|error| {
            let shown = source_error(error);
            if request.may_be_path() {
                shown.with_hint(format!("there is no file or directory `{}` here", redact_url(name)))
            } else {
                shown
            }
        })?;
        if flags.verify {
            check_signature(context, &chart, fetching.keyring)?;
        }
        Ok(chart)
    }

    /// An archive of this machine, with the provenance file beside it.
    fn check_here(&self, path: &Path) -> Result<(), CommandError> {
        let read = |path: &Path| {
            let read = read_file(path, Named::ByInput, FILE_BYTES);
            read.map_err(|error| CommandError::could_not_run(open_error(path, &error)))
        };
        let shown = path.display().to_string();
        let archive = read(path)?;
        let provenance = read(Path::new(&format!("{shown}.prov")))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let keyring = self.fetching.keyring.read(self.context)?;
        let verified = verify(&archive, &name, &provenance, &keyring, self.context.now_unix_seconds());
        verified.map(drop).map_err(|error| verify_error(&shown, &error))
    }
}

/// Refuses a chart that no key of the keyring signed.
pub(super) fn check_signature(
    context: RunContext,
    chart: &RemoteChart,
    keyring: &KeyringFlags,
) -> Result<(), CommandError> {
    // Without a provenance file it does not matter which keys there are.
    chart.provenance().map_err(|error| signature_error(&error))?;
    let keyring = keyring.read(context)?;
    let verified = chart.verify(&keyring, context.now_unix_seconds());
    verified.map(drop).map_err(|error| signature_error(&error))
}

fn signature_error(error: &SignatureError) -> CommandError {
    match error {
        SignatureError::None { .. } => CommandError::findings(error)
            .with_hint("leave out --verify only if you trust the repository and the way to it"),
        SignatureError::Provenance { url, source } => verify_error(url, source),
    }
}

/// A name that leads nowhere, in Helm's words.
pub(super) fn name_error(error: &ChartNameError) -> CommandError {
    let shown = CommandError::could_not_run(error);
    match error {
        ChartNameError::NoPath(_) => shown,
        ChartNameError::NotAName(name) => {
            shown.with_hint(format!("there is no file or directory `{}` here", redact_url(name)))
        }
    }
}
