//! `chartwright package`: charts to archives, the same bytes every time, and their signatures; all are written or none.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::artifact::package::{
    Package, PackageError, PackageOptions, ProvenanceError, WriteArchivesError, package_archive, package_chart, sign,
    write_archives,
};
use crate::artifact::remote::{Comparison, PublishTarget, TargetsRequest, compare_with_repository};
use crate::artifact::repository::{Existing, Item, Outcome};
use crate::text::sha256::sha256_hex;
use crate::text::visible::{visible, without_commands};

use crate::engine::chart::{LoadError, LocalDependencyError};

use super::chart_json::ChartJson;
use super::chart_reference::{ChartFinder, ChartReferenceFlags, Fetching, FoundChart};
use super::command_error::CommandError;
use super::dependency_flags::{DependencyFlags, local_dependency_error, report_notes};
use super::destination_flags::SuffixFlags;
use super::exit_code::Exit;
use super::keyring_flags::KeyringFlags;
use super::link_flags::LinkFlags;
use super::publish::{Connections, NamesServer, first_failure, publish};
use super::remote_flags::{LoginFlags, source_error};
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
    links: LinkFlags,
    /// Write nothing: make the archives, and compare them with what this repository has: an address, a directory, or the name of one in
    /// chartwright.yaml.
    #[arg(long, value_name = "REPOSITORY", conflicts_with = "sign")]
    check: Option<String>,
    /// Sign the archives with a secret key, each in a provenance file (`.prov`) beside it.
    #[arg(long, requires = "key")]
    sign: bool,
    /// User ID of the key that signs, or a part of it.
    #[arg(long, value_name = "NAME", requires = "sign")]
    key: Option<String>,
    /// Write nothing: make the archives, and say what would be written.
    #[arg(long)]
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
    suffix: SuffixFlags,
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
    finder.check_flags(&arguments.charts)?;
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
    if !arguments.dry_run {
        save(&destination, &archives, &packages, &signatures)?;
    }
    if arguments.output == OutputFormat::Json {
        let report = as_json(&packages, &archives, arguments.sign, arguments.dry_run);
        print_json(context, &report)?;
        return Ok(Exit::Clean);
    }
    let done = if arguments.dry_run {
        "Would package chart and save it to"
    } else {
        "Successfully packaged chart and saved it to"
    };
    let lines = archives.iter().map(|path| {
        let path = path.display().to_string();
        format!("{done}: {}\n", without_commands(&visible(&path)))
    });
    context.write_stdout(lines.collect::<String>().as_bytes())?;
    Ok(Exit::Clean)
}

/// Writes the archives and their provenance files: all or none.
fn save(
    destination: &Path,
    archives: &[PathBuf],
    packages: &[Package],
    signatures: &[String],
) -> Result<(), CommandError> {
    std::fs::create_dir_all(destination)
        .map_err(|error| CommandError::could_not_run(format!("cannot create {}: {error}", destination.display())))?;
    let contents = archives
        .iter()
        .cloned()
        .zip(packages.iter().map(|package| package.archive.as_slice()));
    let provenance = archives.iter().zip(signatures);
    let provenance = provenance.map(|(path, text)| (provenance_path(path), text.as_bytes()));
    let files: Vec<(PathBuf, &[u8])> = contents.chain(provenance).collect();
    write_archives(&files).map_err(|error| match error {
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
    let target = super::repo::repository(context, repository, None)?;
    let items: Vec<Item> = packages.into_iter().map(Item::from).collect();
    let compared = match &target {
        PublishTarget::Server(repository) => {
            let remote = arguments.dependencies.remote();
            let charts = remote.charts(context, &LoginFlags::default(), false)?;
            let compared = compare_with_repository(&charts, repository, &items);
            for note in charts.take_notes() {
                context.report(&format!("note: {note}"));
            }
            compared.map_err(source_error)?
        }
        target => compared_with(context, arguments, target, &items)?,
    };
    let rows: Vec<_> = items.iter().zip(compared).collect();
    if arguments.output == OutputFormat::Json {
        print_json(context, &check_json(&target, &rows))?;
    } else {
        let lines = rows.iter().map(|(item, compared)| {
            let verdict = match compared {
                Comparison::Same => "is what {} has",
                Comparison::Missing => "is not in {}",
                Comparison::Different => "differs from what {} has",
            };
            let verdict = verdict.replace("{}", &target.to_string());
            shown_line(&format!("{} {} {verdict}", item.metadata.name, item.metadata.version))
        });
        context.write_stdout(lines.collect::<String>().as_bytes())?;
    }
    let has = |wanted: Comparison| rows.iter().any(|(_, compared)| *compared == wanted);
    Ok(if has(Comparison::Missing) {
        Exit::CouldNotRun
    } else if has(Comparison::Different) {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

/// Compares packages with a bucket, a directory or a registry, as a push would.
fn compared_with(
    context: RunContext,
    arguments: &PackageArguments,
    target: &PublishTarget,
    items: &[Item],
) -> Result<Vec<Comparison>, CommandError> {
    let request = TargetsRequest {
        targets: std::slice::from_ref(target),
        items,
        existing: Existing::Skip,
        is_dry_run: true,
    };
    let connections = Connections {
        login: &LoginFlags::default(),
        remote: arguments.dependencies.remote(),
        names_server: NamesServer::Not,
    };
    let outcomes = publish(context, connections, request)?;
    let published = outcomes.iter().flat_map(|outcome| &outcome.published);
    let compared = published.map(|published| match published.outcome {
        Outcome::AlreadyThere => Comparison::Same,
        Outcome::Published => Comparison::Missing,
        Outcome::Skipped | Outcome::Replaced => Comparison::Different,
    });
    let compared = compared.collect();
    first_failure(outcomes)?;
    Ok(compared)
}

fn check_json(target: &PublishTarget, rows: &[(&Item, Comparison)]) -> serde_json::Value {
    let charts = rows.iter().map(|(item, compared)| {
        let digest = sha256_hex(&item.archive);
        let chart = ChartJson {
            name: &item.metadata.name,
            version: &item.metadata.version,
            digest: &digest,
            manifest: None,
        };
        chart.with(json!({
            "outcome": match compared {
                Comparison::Same => "same",
                Comparison::Different => "different",
                Comparison::Missing => "missing",
            },
        }))
    });
    json!({"repository": target.to_string(), "charts": charts.collect::<Vec<_>>()})
}

/// What was written, or would be, as push prints it.
fn as_json(packages: &[Package], archives: &[PathBuf], is_signed: bool, is_dry_run: bool) -> serde_json::Value {
    let charts = packages.iter().zip(archives).map(|(package, path)| {
        let digest = package.digest();
        let chart = ChartJson {
            name: &package.chart.metadata.name,
            version: &package.chart.metadata.version,
            digest: &digest,
            manifest: None,
        };
        chart.with(json!({
            "file": path.display().to_string(),
            "provenance": is_signed.then(|| provenance_path(path).display().to_string()),
        }))
    });
    json!({"dryRun": is_dry_run, "charts": charts.collect::<Vec<_>>()})
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
        // It names the path itself.
        PackageError::Load {
            source: source @ LoadError::Read { .. },
            ..
        } => CommandError::could_not_run(source),
        PackageError::Archive(_) => CommandError::could_not_run(error),
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
