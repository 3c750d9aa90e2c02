//! The flags of `chartwright repo`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::super::remote_flags::{LoginFlags, RemoteFlags};
use super::super::repository_flags::OutputFormat;

#[derive(Debug, Args)]
pub(in crate::cli) struct RepoArguments {
    #[command(subcommand)]
    pub(super) command: RepoCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum RepoCommand {
    /// List the versions of all charts, or of one.
    List(ListArguments),
    /// Make index.yaml agree with the archives that are there; entries that are right stay as they are.
    Index(IndexArguments),
    /// Report entries without archive, archives without entry, and digests that differ (exit 1); in a registry, tags whose
    /// layers or charts are not what they should be.
    Check(CheckArguments),
    /// Remove a version: its entry first, then its archive.
    Delete(DeleteArguments),
    /// Remove old versions of all charts.
    Prune(PruneArguments),
    /// Copy a version to another repository without packing it again.
    Copy(CopyArguments),
}

#[derive(Debug, Args)]
pub(super) struct OutputFlag {
    /// How to print the result.
    #[arg(short, long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(super) output: OutputFormat,
}

#[derive(Debug, Args)]
pub(super) struct DryRunFlag {
    /// Change nothing: say what would be done.
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct ConfigurationFlag {
    /// Configuration with the names of repositories, instead of the chartwright.yaml in the working directory, or in the nearest one above
    /// it in the repository.
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct AnyRepository {
    /// A directory, `file:///directory`, `s3://bucket/prefix`, `gs://bucket/prefix`, `oci://host/path`, or the name of a repository in
    /// chartwright.yaml. `list` reads `https://host/path` too.
    #[arg(value_name = "REPOSITORY")]
    pub(super) repository: String,
}

#[derive(Debug, Args)]
pub(super) struct IndexedRepository {
    /// A directory, `file:///directory`, `s3://bucket/prefix`, `gs://bucket/prefix`, or the name of such a repository in
    /// chartwright.yaml.
    #[arg(value_name = "REPOSITORY")]
    pub(super) repository: String,
}

/// How a repository is found and reached, and the result printed.
#[derive(Debug, Args)]
pub(super) struct SharedFlags {
    #[command(flatten)]
    pub(super) output: OutputFlag,
    #[command(flatten)]
    pub(super) configuration: ConfigurationFlag,
    #[command(flatten)]
    pub(super) login: LoginFlags,
    #[command(flatten)]
    pub(super) remote: RemoteFlags,
}

#[derive(Debug, Args)]
pub(super) struct ListArguments {
    #[command(flatten)]
    pub(super) repository: AnyRepository,
    /// Only this chart.
    #[arg(value_name = "CHART")]
    pub(super) chart: Option<String>,
    #[command(flatten)]
    pub(super) shared: SharedFlags,
}

#[derive(Debug, Args)]
pub(super) struct IndexArguments {
    #[command(flatten)]
    pub(super) repository: IndexedRepository,
    /// Replace an index.yaml that cannot be read.
    #[arg(long)]
    pub(super) force: bool,
    #[command(flatten)]
    pub(super) dry_run: DryRunFlag,
    #[command(flatten)]
    pub(super) output: OutputFlag,
    #[command(flatten)]
    pub(super) configuration: ConfigurationFlag,
}

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    #[command(flatten)]
    pub(super) repository: AnyRepository,
    /// Accepted for uniformity: a check changes nothing.
    #[arg(long, hide = true)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) shared: SharedFlags,
}

#[derive(Debug, Args)]
pub(super) struct DeleteArguments {
    #[command(flatten)]
    pub(super) repository: AnyRepository,
    /// The chart.
    #[arg(value_name = "CHART")]
    pub(super) chart: String,
    /// Its version.
    #[arg(value_name = "VERSION")]
    pub(super) version: String,
    #[command(flatten)]
    pub(super) dry_run: DryRunFlag,
    #[command(flatten)]
    pub(super) shared: SharedFlags,
}

#[derive(Debug, Args)]
pub(super) struct PruneArguments {
    #[command(flatten)]
    pub(super) repository: AnyRepository,
    /// The N newest releases of each chart stay, and its N newest pre-releases; 1 if only --older-than is given.
    #[arg(long, value_name = "N", required_unless_present = "older_than")]
    pub(super) keep: Option<usize>,
    /// Remove only versions that were created before this much time: 90d, 12w, 36h.
    #[arg(long, value_name = "AGE")]
    pub(super) older_than: Option<String>,
    #[command(flatten)]
    pub(super) dry_run: DryRunFlag,
    #[command(flatten)]
    pub(super) shared: SharedFlags,
}

#[derive(Debug, Args)]
pub(super) struct CopyArguments {
    /// The repository that has the version: an address, a directory, or a name in chartwright.yaml.
    #[arg(value_name = "FROM")]
    pub(super) from: String,
    /// The repository that gets it.
    #[arg(value_name = "TO")]
    pub(super) to: String,
    /// The chart.
    #[arg(value_name = "CHART")]
    pub(super) chart: String,
    /// Its version.
    #[arg(value_name = "VERSION")]
    pub(super) version: String,
    /// Replace the version if it exists with other content.
    #[arg(long)]
    pub(super) force: bool,
    #[command(flatten)]
    pub(super) dry_run: DryRunFlag,
    #[command(flatten)]
    pub(super) output: OutputFlag,
    #[command(flatten)]
    pub(super) configuration: ConfigurationFlag,
    #[command(flatten)]
    pub(super) remote: RemoteFlags,
}
