//! `chartwright package`: charts to archives, the same bytes every time, and their signatures; all are written or none.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::artifact::package::{
    Package, PackageError, PackageOptions, ProvenanceError, WriteArchivesError, package_chart, sign, write_archives,
};
use crate::artifact::remote::TargetsRequest;
use crate::artifact::repository::{Existing, Item, Outcome};
use crate::text::visible::{visible, without_commands};

use crate::engine::chart::{LoadError, LocalDependencyError};

use super::command_error::CommandError;
use super::dependency_flags::{DependencyFlags, local_dependency_error, report_notes};
use super::destination_flags::SuffixFlags;
use super::exit_code::Exit;
use super::keyring_flags::KeyringFlags;
use super::link_flags::LinkFlags;
use super::publish::{Connections, first_failure, parse_target, publish};
use super::remote_flags::LoginFlags;
use super::repository_flags::shown_line;
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
    suffix: SuffixFlags,
    #[command(flatten)]
    links: LinkFlags,
    #[command(flatten)]
    dependencies: DependencyFlags,
    /// Write nothing: make the archives, and compare them with what this repository or registry has.
    #[arg(long, value_name = "REPOSITORY", conflicts_with = "sign")]
    check: Option<String>,
    /// Sign the archives with a secret key, each in a provenance file (`.prov`) beside it.
    #[arg(long, requires = "key")]
    sign: bool,
    /// User ID of the key that signs, or a part of it.
    #[arg(long, value_name = "NAME", requires = "sign")]
    key: Option<String>,
    #[command(flatten)]
    keyring: KeyringFlags,
    /// File whose first line is the passphrase of the key; - for standard input.
    #[arg(long, value_name = "FILE", requires = "sign")]
    passphrase_file: Option<String>,
}

pub(super) fn run(context: RunContext, arguments: &PackageArguments) -> Result<Exit, CommandError> {
    let supply = arguments.dependencies.supply(context)?;
    let options = PackageOptions {
        version: arguments.version.clone(),
        app_version: arguments.app_version.clone(),
        links: arguments.links.policy(),
        suffix: arguments.suffix.suffix(context)?,
        time: package_time(context)?,
        supply: supply.clone().map(|supply| supply as _),
    };
    let packages = arguments
        .charts
        .iter()
        .map(|chart| package_chart(chart, &options).map_err(package_error))
        .collect::<Result<Vec<_>, _>>();
    report_notes(context, supply.as_deref());
    let packages = packages?;
    if let Some(repository) = &arguments.check {
        return check(context, arguments, repository, packages);
    }
    let destination = context.working_directory().join(&arguments.destination);
    let destination: PathBuf = destination.components().collect();
    std::fs::create_dir_all(&destination)
        .map_err(|error| CommandError::could_not_run(format!("cannot create {}: {error}", destination.display())))?;
    let signatures = match &arguments.key {
        Some(key) => signatures(context, arguments, key, &packages)?,
        None => Vec::new(),
    };
    let archive = |package: &Package| destination.join(package.file_name());
    let archives: Vec<PathBuf> = packages.iter().map(archive).collect();
    let contents = archives
        .iter()
        .cloned()
        .zip(packages.iter().map(|package| package.archive.as_slice()));
    let provenance = archives.iter().zip(&signatures);
    let provenance = provenance.map(|(path, text)| (provenance_path(path), text.as_bytes()));
    let files: Vec<(PathBuf, &[u8])> = contents.chain(provenance).collect();
    write_archives(&files).map_err(|error| match error {
        WriteArchivesError::Link(_) => {
            CommandError::could_not_run(error).with_hint("remove the link, or choose another --destination")
        }
        WriteArchivesError::Replace(error) => CommandError::could_not_run(error),
    })?;
    let lines = archives.iter().map(|path| path.display().to_string()).map(|path| {
        format!(
            "Successfully packaged chart and saved it to: {}\n",
            without_commands(&visible(&path))
        )
    });
    context.write_stdout(lines.collect::<String>().as_bytes())?;
    Ok(Exit::Clean)
}

/// Compares packages with what is published.
fn check(
    context: RunContext,
    arguments: &PackageArguments,
    repository: &str,
    packages: Vec<Package>,
) -> Result<Exit, CommandError> {
    let target = parse_target(context, repository)?;
    let items: Vec<Item> = packages.into_iter().map(Item::from).collect();
    let request = TargetsRequest {
        targets: &[target],
        items: &items,
        existing: Existing::Skip,
        is_dry_run: true,
    };
    let connections = Connections {
        login: &LoginFlags::default(),
        remote: arguments.dependencies.remote(),
    };
    let outcomes = publish(context, connections, request)?;
    let (mut lines, mut exit) = (String::new(), Exit::Clean);
    for outcome in &outcomes {
        for (item, published) in items.iter().zip(&outcome.published) {
            let chart = format!("{} {}", item.metadata.name, item.metadata.version);
            let (verdict, is_same) = match published.outcome {
                Outcome::AlreadyThere => (format!("is what {} has", outcome.target), true),
                Outcome::Published => (format!("is not in {}", outcome.target), false),
                Outcome::Skipped | Outcome::Replaced => (format!("differs from what {} has", outcome.target), false),
            };
            lines.push_str(&shown_line(&format!("{chart} {verdict}")));
            if !is_same {
                exit = Exit::Findings;
            }
        }
    }
    context.write_stdout(lines.as_bytes())?;
    first_failure(outcomes)?;
    Ok(exit)
}

/// `web-1.0.0.tgz.prov`
fn provenance_path(archive: &Path) -> PathBuf {
    let mut path = archive.as_os_str().to_owned();
    path.push(".prov");
    PathBuf::from(path)
}

/// The provenance files of packages.
fn signatures(
    context: RunContext,
    arguments: &PackageArguments,
    key: &str,
    packages: &[Package],
) -> Result<Vec<String>, CommandError> {
    let keyring = arguments.keyring.read(context)?;
    let passphrase = match arguments.passphrase_file.as_deref() {
        None => Vec::new(),
        Some("-") => context.read_stdin()?,
        Some(path) => context.read_file(path)?,
    };
    let first_line = passphrase.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let passphrase = first_line.strip_suffix(b"\r").unwrap_or(first_line);
    let signed = packages.iter().map(|package| {
        let file_name = package.file_name();
        let chart_yaml = package.chart.raw.iter().find(|file| file.name == "Chart.yaml");
        let chart_yaml = chart_yaml.map(|file| &*file.data).unwrap_or_default();
        sign(&package.archive, &file_name, chart_yaml, &keyring, key, passphrase).map_err(|error| {
            let is_locked = matches!(error, ProvenanceError::Sign { .. });
            let error = CommandError::could_not_run(error);
            if is_locked {
                error.with_hint("pass the key's passphrase with --passphrase-file (- for standard input)")
            } else {
                error
            }
        })
    });
    signed.collect()
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
        PackageError::Local(error @ LocalDependencyError::Supply { .. }) => local_dependency_error(error),
        PackageError::Missing { .. } => CommandError::findings(error)
            .with_hint("run `chartwright dependency build` first, or pass --dependency-update"),
        _ => CommandError::findings(error),
    }
}
