//! `chartwright package`: charts to archives, the same bytes every time, and their signatures; all are written or none.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value as Json, json};

use crate::artifact::package::{
    Package, PackageError, PackageOptions, ProvenanceError, WriteArchivesError, package_archive, package_chart, sign,
    write_archives,
};
use crate::artifact::remote::TargetsRequest;
use crate::artifact::repository::{Existing, Item, Outcome};
use crate::text::sha256::sha256_hex;
use crate::text::visible::{visible, without_commands};

use crate::engine::chart::{LoadError, LocalDependencyError};

use super::chart_reference::{ChartFinder, ChartReferenceFlags, Fetching, FoundChart};
use super::command_error::CommandError;
use super::dependency_flags::{DependencyFlags, local_dependency_error, report_notes};
use super::destination_flags::SuffixFlags;
use super::exit_code::Exit;
use super::keyring_flags::KeyringFlags;
use super::link_flags::LinkFlags;
use super::publish::{Connections, first_failure, parse_target, publish};
use super::remote_flags::LoginFlags;
use super::repository_flags::{OutputFormat, print_json, shown_line};
use super::run_context::RunContext;

#[derive(Debug, Args)]
pub(super) struct PackageArguments {
    /// Charts: directories, .tgz files, or charts of repositories (`repo/name`, `oci://…`, `https://….tgz`, a name with --repo), which are
    /// packaged again.
    #[arg(required = true, value_name = "CHART")]
    charts: Vec<String>,
    /// Version, or a range of versions, of charts that are fetched [default: the newest that is not a pre-release].
    #[arg(long, value_name = "VERSION")]
    from_version: Option<String>,
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
    /// Write nothing: make the archives, and compare them with what this repository or registry has.
    #[arg(long, value_name = "REPOSITORY", conflicts_with = "sign")]
    check: Option<String>,
    /// Sign the archives with a secret key, each in a provenance file (`.prov`) beside it.
    #[arg(long, requires = "key")]
    sign: bool,
    /// User ID of the key that signs, or a part of it.
    #[arg(long, value_name = "NAME", requires = "sign")]
    key: Option<String>,
    /// Write nothing: say what would be written.
    #[arg(long, conflicts_with = "check")]
    dry_run: bool,
    /// How to print what was done.
    #[arg(short, long, value_enum, default_value = "text", value_name = "FORMAT")]
    output: OutputFormat,
    #[command(flatten)]
    keyring: KeyringFlags,
    /// File whose first line is the passphrase of the key; - for standard input.
    #[arg(long, value_name = "FILE", requires = "sign")]
    passphrase_file: Option<String>,
    // What follows has a heading in the help, which would be that of all later flags.
    #[command(flatten)]
    reference: ChartReferenceFlags,
    #[command(flatten)]
    dependencies: DependencyFlags,
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
    let fetching = Fetching {
        version: arguments.from_version.as_deref(),
        keyring: &arguments.keyring,
        remote: arguments.dependencies.remote(),
    };
    let mut finder = ChartFinder::new(context, &arguments.reference, fetching);
    let packages = arguments
        .charts
        .iter()
        .map(|chart| package(&mut finder, chart, &options))
        .collect::<Result<Vec<_>, _>>();
    report_notes(context, supply.as_deref());
    let packages = packages?;
    if let Some(repository) = &arguments.check {
        return check(context, arguments, repository, packages);
    }
    let destination = context.working_directory().join(&arguments.destination);
    let destination: PathBuf = destination.components().collect();
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
    if !arguments.dry_run {
        write(&destination, &files)?;
    }
    match arguments.output {
        OutputFormat::Text => {
            // Helm's words.
            let done = if arguments.dry_run {
                "Would package chart and save it to"
            } else {
                "Successfully packaged chart and saved it to"
            };
            let lines = archives
                .iter()
                .map(|path| format!("{done}: {}\n", without_commands(&visible(&path.display().to_string()))));
            context.write_stdout(lines.collect::<String>().as_bytes())?;
        }
        OutputFormat::Json => {
            let charts = packages.iter().zip(&archives).map(|(package, path)| {
                let provenance = arguments
                    .key
                    .as_ref()
                    .map(|_| provenance_path(path).display().to_string());
                json!({
                    "name": package.chart.metadata.name,
                    "version": package.chart.metadata.version,
                    "appVersion": package.chart.metadata.app_version,
                    "file": path.display().to_string(),
                    "digest": sha256_hex(&package.archive),
                    "provenance": provenance,
                })
            });
            let charts: Vec<Json> = charts.collect();
            print_json(context, &json!({"dryRun": arguments.dry_run, "charts": charts}))?;
        }
    }
    Ok(Exit::Clean)
}

/// Writes archives and provenance files to a directory, which is made where it does not exist.
fn write(destination: &Path, files: &[(PathBuf, &[u8])]) -> Result<(), CommandError> {
    std::fs::create_dir_all(destination)
        .map_err(|error| CommandError::could_not_run(format!("cannot create {}: {error}", destination.display())))?;
    write_archives(files).map_err(|error| match error {
        WriteArchivesError::Link(_) => {
            CommandError::could_not_run(error).with_hint("remove the link, or choose another --destination")
        }
        WriteArchivesError::Replace(error) => CommandError::could_not_run(error),
    })
}

/// Packages a directory, or the archive of a chart.
fn package(finder: &mut ChartFinder<'_>, name: &str, options: &PackageOptions) -> Result<Package, CommandError> {
    let packaged = match finder.find(name)? {
        FoundChart::Here(path) => package_chart(&path, options),
        // It is reported as any path that does not exist.
        FoundChart::Nowhere(_) => package_chart(Path::new(name), options),
        FoundChart::Fetched(chart) => package_archive(Path::new(&chart.fetched.url), &chart.fetched.archive, options),
    };
    packaged.map_err(package_error)
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
    let (mut lines, mut charts, mut exit) = (String::new(), Vec::new(), Exit::Clean);
    for outcome in &outcomes {
        for (item, published) in items.iter().zip(&outcome.published) {
            let chart = format!("{} {}", item.metadata.name, item.metadata.version);
            let (verdict, name) = match published.outcome {
                Outcome::AlreadyThere => (format!("is what {} has", outcome.target), "same"),
                Outcome::Published => (format!("is not in {}", outcome.target), "missing"),
                Outcome::Skipped | Outcome::Replaced => {
                    (format!("differs from what {} has", outcome.target), "differs")
                }
            };
            let is_same = published.outcome == Outcome::AlreadyThere;
            charts.push(json!({
                "name": item.metadata.name,
                "version": item.metadata.version,
                "digest": sha256_hex(&item.archive),
                "outcome": name,
            }));
            lines.push_str(&shown_line(&format!("{chart} {verdict}")));
            if !is_same {
                exit = Exit::Findings;
            }
        }
    }
    match arguments.output {
        OutputFormat::Text => context.write_stdout(lines.as_bytes())?,
        OutputFormat::Json => {
            let places: Vec<String> = outcomes.iter().map(|outcome| outcome.target.to_string()).collect();
            print_json(context, &json!({"repository": places.first(), "charts": charts}))?;
        }
    }
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
