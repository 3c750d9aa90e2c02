//! What the commands that change repositories share: addresses, settings from the environment, errors with what to do, output.

use std::sync::Arc;

use clap::ValueEnum;
use serde::Serialize;

use crate::artifact::credential::CertificateFiles;
use crate::artifact::network::{CertificateCheck, RetryPolicy, Verdict};
use crate::artifact::repository::store::{GcsSettings, S3Settings, StoreError, StoreFailure};
use crate::artifact::repository::{
    IndexError, OpenError, PublishError, PublishPackagesError, RepositorySettings, UpdateError,
};
use crate::report::json_document;
use crate::text::visible::{visible, visible_lines};

use super::command_error::CommandError;
use super::network::{ProcessClock, network_settings};
use super::run_context::RunContext;

/// What to do about a chart whose name cannot be that of an archive.
pub(super) const RENAME: &str = "name the chart with lower-case letters, digits and dashes, as Helm recommends";

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputFormat {
    /// Lines for people.
    Text,
    /// One JSON object.
    Json,
}

/// The settings of the process.
pub(super) fn repository_settings(context: RunContext) -> RepositorySettings {
    RepositorySettings {
        network: network_settings(context, CertificateCheck::Verify),
        certificates: CertificateFiles::default(),
        s3: S3Settings::from_variables(&|name| context.variable(name)),
        gcs: GcsSettings::from_variables(&|name| context.variable(name)),
        retry: RetryPolicy::default(),
        clock: Arc::new(ProcessClock),
    }
}

/// Prints a JSON object.
pub(super) fn print_json(context: RunContext, value: &impl Serialize) -> Result<(), CommandError> {
    context.write_stdout(json_document(value).as_bytes())
}

/// A line for people that has text of the input in it.
pub(super) fn shown_line(line: &str) -> String {
    format!("{}\n", visible_lines(&visible(line)))
}

pub(super) fn publish_packages_error(error: PublishPackagesError) -> CommandError {
    match error {
        PublishPackagesError::Open(error) => open_error(error),
        PublishPackagesError::Publish(error) => publish_error(error),
        PublishPackagesError::Path(error) => CommandError::usage(error),
        PublishPackagesError::Name(error) => CommandError::findings(error).with_hint(RENAME),
    }
}

pub(super) fn publish_error(error: PublishError) -> CommandError {
    match error {
        PublishError::Disagree { .. } => CommandError::findings(error).with_hint(
            "`chartwright repo check` shows what does not agree, `chartwright repo index` makes the index agree with the archives, and `push --force` replaces both",
        ),
        error if error.is_finding() => CommandError::findings(error).with_hint(
            "raise the chart's version: a published version never changes (`push --force` replaces it, `push --skip-existing` leaves it out)",
        ),
        PublishError::Update(error) => update_error(error),
        error => CommandError::could_not_run(error),
    }
}

pub(super) fn open_error(error: OpenError) -> CommandError {
    match error {
        OpenError::Store(error) => store_error(error),
        OpenError::Certificates(error) => CommandError::could_not_run(error),
        OpenError::Network(error) => CommandError::could_not_run(error),
    }
}

pub(super) fn update_error(error: UpdateError) -> CommandError {
    match error {
        UpdateError::Store(error) => store_error(error),
        UpdateError::Index(IndexError::Broken(_)) => CommandError::could_not_run(error).with_hint(
            "restore an earlier index.yaml, or make a new one from the archives with `chartwright repo index --force`",
        ),
        UpdateError::Index(error) => CommandError::could_not_run(error),
        UpdateError::Contended => CommandError::could_not_run(error).with_hint("try again: what was written is kept"),
    }
}

fn store_error(error: StoreError) -> CommandError {
    let hint = error
        .certificate_hint()
        .or_else(|| store_hint(&error).map(str::to_owned));
    let error = CommandError::could_not_run(error);
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

fn store_hint(error: &StoreError) -> Option<&'static str> {
    let is_google = error.place.starts_with("gs://");
    match &error.failure {
        StoreFailure::Transport {
            verdict: Verdict::Refused,
            ..
        } => Some("check AWS_ENDPOINT_URL or STORAGE_EMULATOR_HOST if it is set, the proxy, and that the store runs"),
        StoreFailure::NoBucket if is_google => Some("create the bucket, or correct its name"),
        StoreFailure::NoBucket => Some("create the bucket, or correct its name; AWS_ENDPOINT_URL names the store"),
        StoreFailure::Credentials { .. } if is_google => Some(
            "name a key file in GOOGLE_APPLICATION_CREDENTIALS, run `gcloud auth application-default login`, or give an access token in GOOGLE_OAUTH_ACCESS_TOKEN",
        ),
        StoreFailure::Credentials { .. } => Some(
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile in AWS_PROFILE, or run where a role is assigned",
        ),
        StoreFailure::Answer { status: 401 | 403, .. } if is_google => {
            Some("check that the login may read and write the objects of the bucket (roles/storage.objectUser)")
        }
        StoreFailure::Answer { status: 401 | 403, .. } => {
            Some("check the AWS_* credentials, and that they may read and write the bucket")
        }
        _ => None,
    }
}
