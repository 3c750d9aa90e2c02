//! `chartwright verify`: whether an archive is the one that its provenance file was signed for; or whether what is deployed in an environment
//! passes its tests.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::artifact::oci::hex;
use crate::artifact::package::{ProvenanceError, Verified, verify};
use crate::engine::chart::{load_files, read_archive};
use crate::text::limits::FILE_BYTES;
use crate::text::source::{Named, read_file};
use crate::text::visible::{visible, visible_lines};

use super::chart_json::ChartJson;
use super::command_error::CommandError;
use super::exit_code::Exit;
use super::keyring_flags::KeyringFlags;
use super::repository_flags::{OutputFormat, print_json};
use super::run_context::{RunContext, open_error};
use super::verify_environment::{EnvironmentTestFlags, is_archive};

#[derive(Debug, Args)]
pub(super) struct VerifyArguments {
    /// A chart's archive, with its provenance file (`.prov`) beside it; or an environment whose releases are tested.
    #[arg(value_name = "ARCHIVE|ENV")]
    what: String,
    /// Releases of the environment [default: all, and the Jobs of its `verify`].
    #[arg(value_name = "RELEASE")]
    release: Vec<String>,
    /// How to print who signed it, or how the tests ended.
    #[arg(short, long, value_enum, default_value = "text", value_name = "FORMAT")]
    output: OutputFormat,
    #[command(flatten)]
    keyring: KeyringFlags,
    #[command(flatten)]
    environment: EnvironmentTestFlags,
}

pub(super) fn run(context: RunContext, arguments: &VerifyArguments) -> Result<Exit, CommandError> {
    if !is_archive(&arguments.what) {
        let meant = (arguments.what.as_str(), arguments.release.as_slice());
        return arguments.environment.run(context, meant, arguments.output);
    }
    if let Some(release) = arguments.release.first() {
        let message = format!(
            "`{}` is an archive, and `{release}` is one argument too many",
            arguments.what
        );
        return Err(CommandError::usage(message));
    }
    let path = &PathBuf::from(&arguments.what);
    let provenance_path = PathBuf::from(format!("{}.prov", path.display()));
    // A pipe has neither the name that was signed nor a provenance file beside it.
    let read = |path: &PathBuf| {
        let read = read_file(path, Named::ByInput, FILE_BYTES);
        read.map_err(|error| CommandError::could_not_run(open_error(path, &error)))
    };
    let archive = read(path)?;
    let provenance = read(&provenance_path).map_err(|error| {
        error.with_hint(
            "the provenance file is beside the archive: `chartwright package --sign` and `pull --prov` write it",
        )
    })?;
    let keyring = arguments.keyring.read(context)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let verified = verify(&archive, &name, &provenance, &keyring, context.now_unix_seconds())
        .map_err(|error| verify_error(&path.display().to_string(), &error))?;
    match arguments.output {
        OutputFormat::Text => context.write_stdout(lines(&verified).as_bytes())?,
        OutputFormat::Json => print_json(context, &as_json(&archive, &path.display().to_string(), &verified)?)?,
    }
    Ok(Exit::Clean)
}

/// The chart in an archive, and who signed it.
fn as_json(archive: &[u8], path: &str, verified: &Verified) -> Result<serde_json::Value, CommandError> {
    let load = |files| load_files(files).map_err(|error| error.to_string());
    let chart = read_archive(archive).map_err(|error| error.to_string()).and_then(load);
    let chart = chart.map_err(|error| CommandError::findings(format!("{path}: {error}")))?;
    let shown = ChartJson {
        name: &chart.metadata.name,
        version: &chart.metadata.version,
        digest: &hex(&verified.digest),
        manifest: None,
    };
    Ok(shown.with(json!({"fingerprint": verified.fingerprint, "signedBy": verified.signed_by})))
}

/// What `helm verify` prints.
fn lines(verified: &Verified) -> String {
    let mut lines = String::new();
    for name in &verified.signed_by {
        lines.push_str(&format!("Signed by: {}\n", visible_lines(&visible(name))));
    }
    lines.push_str(&format!("Using Key With Fingerprint: {}\n", verified.fingerprint));
    lines.push_str(&format!("Chart Hash Verified: {}\n", verified.digest));
    lines
}

/// An archive that is not what was signed.
pub(super) fn verify_error(archive: &str, error: &ProvenanceError) -> CommandError {
    let message = format!("{archive}: {error}");
    match error {
        ProvenanceError::Keyring(_) => CommandError::could_not_run(message),
        ProvenanceError::Unsigned => CommandError::findings(message)
            .with_hint("add the signer's public key to the keyring only if you got it from a place that you trust"),
        ProvenanceError::OtherFile(_) => {
            CommandError::findings(message).with_hint("the archive must have the name that it was signed with")
        }
        _ => CommandError::findings(message),
    }
}
