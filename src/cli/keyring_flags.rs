//! Where the keys are that sign archives and prove who signed them, by Helm's rules.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::artifact::package::Keyring;
use crate::text::limits::FILE_BYTES;
use crate::text::source::{Named, read_file};

use super::command_error::CommandError;
use super::run_context::{RunContext, open_error};

/// `--keyring`.
#[derive(Debug, Args)]
pub(super) struct KeyringFlags {
    /// Keyring: binary or armored OpenPGP keys, or GnuPG's pubring.kbx (default: the one in GNUPGHOME or ~/.gnupg).
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
}

impl KeyringFlags {
    /// Reads the keyring.
    pub(super) fn read(&self, context: RunContext) -> Result<Keyring, CommandError> {
        let path = match &self.keyring {
            Some(path) => path.clone(),
            None => default_keyring(context).ok_or_else(|| {
                CommandError::usage("no keyring was given, and HOME is not set").with_hint("pass --keyring FILE")
            })?,
        };
        let bytes = read_file(&path, Named::ByUser, FILE_BYTES).map_err(|error| {
            CommandError::could_not_run(open_error(&path, &error))
                .with_hint("`gpg --export` (or `gpg --export-secret-keys` to sign) writes a keyring for --keyring")
        })?;
        Keyring::read(&bytes).map_err(|error| CommandError::could_not_run(format!("{} {error}", path.display())))
    }
}

/// GnuPG's old keyring, or its keybox where only that exists.
fn default_keyring(context: RunContext) -> Option<PathBuf> {
    let home = || Some(Path::new(&context.variable("HOME")?).join(".gnupg"));
    let directory = context.variable("GNUPGHOME").map(PathBuf::from).or_else(home)?;
    let (old, keybox) = (directory.join("pubring.gpg"), directory.join("pubring.kbx"));
    Some(if !old.exists() && keybox.exists() { keybox } else { old })
}
