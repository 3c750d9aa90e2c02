//! The forge that has a repository, as flags and the environment name it.

use std::path::Path;
use std::sync::Arc;

use clap::ValueEnum;

use crate::artifact::credential::CertificateFiles;
use crate::artifact::network::CertificateCheck;
use crate::delivery::forge::{Forge, ForgeKind, ForgePlace, PlaceError};

use super::command_error::CommandError;
use super::network::{ProcessClock, network_settings};
use super::remote_flags::credential_error;
use super::run_context::RunContext;
use super::write_back_flags::write_back_error;

/// A forge that is named where neither the host nor the CI system says it.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ForgeArgument {
    Github,
    Gitlab,
}

/// How a forge is reached.
#[derive(Debug, Clone, Copy)]
pub(super) struct ForgeConnection<'f> {
    /// The forge that the user names.
    pub(super) forge: Option<ForgeArgument>,
    /// File with the certificates of authorities that it is trusted by.
    pub(super) ca_file: Option<&'f Path>,
}

impl ForgeConnection<'_> {
    /// The forge that has a remote.
    pub(super) fn connect(self, context: RunContext, remote: &str) -> Result<Box<dyn Forge>, CommandError> {
        let kind = self.forge.map(|forge| match forge {
            ForgeArgument::Github => ForgeKind::GitHub,
            ForgeArgument::Gitlab => ForgeKind::GitLab,
        });
        let place = ForgePlace::find(kind, remote, &|name| context.variable(name)).map_err(|error| match error {
            PlaceError::Unknown(_) => CommandError::usage(error).with_hint("name it with --forge"),
            error => CommandError::usage(error),
        })?;
        let network = network_settings(context, CertificateCheck::Verify);
        let certificates = CertificateFiles {
            authorities: self.ca_file.map(Path::to_owned),
            ..CertificateFiles::default()
        };
        let tls = certificates.read().map_err(|error| credential_error(&error))?;
        place
            .forge(&network, &tls, Arc::new(ProcessClock))
            .map_err(|error| write_back_error(error.into()))
    }
}
