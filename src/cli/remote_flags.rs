//! Flags about how repositories and registries are reached, in Helm's names, and what they mean together with the environment.

use std::path::PathBuf;

use clap::Args;

use crate::artifact::credential::{
    AwsSettings, CertificateFiles, CredentialError, GoogleSettings, HelmHome, Login, RegistryLogins, RepositoriesFile,
};
use crate::artifact::network::Secret;
use crate::artifact::remote::{
    RemoteCharts, RemoteLimits, RemoteSettings, SourceError, UnusedLogin, UploadLogin, check_login_is_used,
};
use crate::artifact::repository::RepositorySettings;
use crate::config::Logins;

use super::command_error::CommandError;
use super::repository_flags::repository_settings;
use super::run_context::RunContext;

/// Credentials for the one repository or registry that a command is about. Commands about several do not have these flags: the
/// password of one would be sent to the others.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Repositories")]
pub(super) struct LoginFlags {
    /// User for the repository or registry.
    #[arg(long, value_name = "USER")]
    username: Option<String>,
    /// Password for the repository or registry; other users of the machine can see it. Prefer --password-stdin.
    #[arg(long, value_name = "PASSWORD", value_parser = secret, conflicts_with = "password_stdin")]
    password: Option<Secret>,
    /// Read the password from standard input.
    #[arg(long, requires = "username")]
    password_stdin: bool,
    /// Send the credentials to other hosts that an index names as well.
    #[arg(long)]
    pass_credentials: bool,
}

/// How repositories and registries are reached.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Repositories")]
pub(super) struct RemoteFlags {
    /// Certificates of the authorities that are trusted, instead of the system's.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Our certificate for the server; needs --key-file.
    #[arg(long, value_name = "FILE")]
    cert_file: Option<PathBuf>,
    /// The key of the certificate.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Accept any certificate of the server.
    #[arg(long)]
    insecure_skip_tls_verify: bool,
    /// Ask registries without TLS.
    #[arg(long)]
    plain_http: bool,
    /// Helm's list of repositories [default: `HELM_REPOSITORY_CONFIG`, else as Helm].
    #[arg(long, value_name = "FILE")]
    repository_config: Option<PathBuf>,
    /// Logins for registries, besides docker's and podman's [default: `HELM_REGISTRY_CONFIG`, else as Helm].
    #[arg(long, value_name = "FILE")]
    registry_config: Option<PathBuf>,
    /// Directory of archives by digest, shared with Helm [default: `HELM_CONTENT_CACHE`, else as Helm].
    #[arg(long, alias = "content-cache", value_name = "DIR")]
    cache_dir: Option<PathBuf>,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of a parser of values")]
fn secret(text: &str) -> Result<Secret, String> {
    Ok(Secret::new(text))
}

impl LoginFlags {
    /// Whether credentials are given.
    pub(super) const fn is_given(&self) -> bool {
        self.username.is_some() || self.password.is_some()
    }

    /// Refuses credentials that none of the repositories can use: they would be left out without notice.
    pub(super) fn check_is_used<'a>(&self, addresses: impl IntoIterator<Item = &'a str>) -> Result<(), CommandError> {
        if !self.is_given() {
            return Ok(());
        }
        check_login_is_used(addresses).map_err(|error: UnusedLogin| CommandError::usage(&error).with_hint(error.hint()))
    }

    fn login(&self, context: RunContext) -> Result<Option<Login>, CommandError> {
        let password = if self.password_stdin {
            let text = String::from_utf8(context.read_stdin()?)
                .map_err(|_| CommandError::usage("the password on standard input is not UTF-8"))?;
            Some(Secret::new(text.trim_end_matches(['\r', '\n'])))
        } else {
            self.password.clone()
        };
        match (self.username.as_deref().filter(|name| !name.is_empty()), password) {
            (Some(username), Some(password)) => Ok(Some(Login::Basic {
                username: Secret::new(username),
                password,
            })),
            (None, None) => Ok(None),
            _ => Err(CommandError::usage(
                "--username needs --password-stdin or --password, and they need --username",
            )),
        }
    }
}

impl RemoteFlags {
    /// The charts of all repositories, reached as the flags and the environment say. Nothing is sent yet.
    ///
    /// # Errors
    /// When flags do not fit together, or Helm's list of repositories cannot be read.
    pub(super) fn charts(
        &self,
        context: RunContext,
        given: &LoginFlags,
        with_provenance: bool,
    ) -> Result<RemoteCharts, CommandError> {
        let home = HelmHome::from_variables(&|name| context.variable(name));
        let path = self.repository_config.as_ref().unwrap_or(&home.repositories);
        let repositories = RepositoriesFile::read(path).map_err(|error| credential_error(&error))?;
        let login = given.login(context)?;
        let uploads = UploadLogin::from_variables(&|name| context.variable(name));
        self.charts_with(context, given, (login, uploads), repositories, with_provenance)
    }

    /// The same for stores only, which are reached without Helm's list of repositories and without a login of the flags.
    ///
    /// # Errors
    /// When a file of certificates cannot be used.
    pub(super) fn charts_of_stores(&self, context: RunContext) -> Result<RemoteCharts, CommandError> {
        self.charts_with(
            context,
            &LoginFlags::default(),
            (None, UploadLogin::default()),
            RepositoriesFile::default(),
            false,
        )
    }

    fn charts_with(
        &self,
        context: RunContext,
        given: &LoginFlags,
        (login, uploads): (Option<Login>, UploadLogin),
        repositories: RepositoriesFile,
        with_provenance: bool,
    ) -> Result<RemoteCharts, CommandError> {
        self.check_certificates()?;
        let variable = |name: &str| context.variable(name);
        let home = HelmHome::from_variables(&variable);
        let or = |given: &Option<PathBuf>, default: PathBuf| given.clone().unwrap_or(default);
        let certificates = self.certificates();
        Ok(RemoteCharts::new(RemoteSettings {
            stores: RepositorySettings {
                certificates: certificates.clone(),
                ..repository_settings(context)
            },
            repositories,
            registries: RegistryLogins::from_variables(
                login.clone(),
                or(&self.registry_config, home.registry_config),
                &variable,
            ),
            login,
            uploads,
            certificates,
            passes_credentials: given.pass_credentials,
            plain_http: self.plain_http,
            cache: Some(or(&self.cache_dir, home.content_cache))
                .filter(|directory| directory.is_absolute() || self.cache_dir.is_some()),
            with_provenance,
            base: context.working_directory(),
            limits: RemoteLimits::default(),
        }))
    }

    /// Where commands look for logins of registries and servers.
    ///
    /// # Errors
    /// When Helm's list of repositories cannot be read.
    pub(super) fn logins(&self, context: RunContext) -> Result<Logins, CommandError> {
        let variable = |name: &str| context.variable(name);
        let home = HelmHome::from_variables(&variable);
        let list = self.repository_config.as_ref().unwrap_or(&home.repositories);
        let registry_config = self.registry_config.clone().unwrap_or(home.registry_config);
        Ok(Logins {
            aws: AwsSettings::from_variables(&variable),
            google: GoogleSettings::from_variables(&variable),
            registries: RegistryLogins::from_variables(None, registry_config, &variable),
            repositories: RepositoriesFile::read(list).map_err(|error| credential_error(&error))?,
            uploads: UploadLogin::from_variables(&variable),
        })
    }

    /// Refuses a file of certificates that cannot be used, whether the run comes to need it or not.
    ///
    /// # Errors
    /// When one cannot be read, or is not PEM with what it should have.
    pub(super) fn check_certificates(&self) -> Result<(), CommandError> {
        let read = self.certificates().read();
        read.map(drop).map_err(|error| credential_error(&error))
    }

    fn certificates(&self) -> CertificateFiles {
        CertificateFiles {
            authorities: self.ca_file.clone(),
            certificate: self.cert_file.clone(),
            key: self.key_file.clone(),
            accepts_any: self.insecure_skip_tls_verify,
            ..CertificateFiles::default()
        }
    }
}

/// What a repository says, as an error of a command.
pub(super) fn source_error(error: SourceError) -> CommandError {
    let shown = if error.is_usage {
        CommandError::usage(&error)
    } else {
        CommandError::could_not_run(&error)
    };
    match error.hint {
        Some(hint) => shown.with_hint(hint),
        None => shown,
    }
}

pub(super) fn credential_error(error: &CredentialError) -> CommandError {
    CommandError::could_not_run(error)
}
