//! Notifications about what a command changed. In: what it published or committed. Out: requests to the receivers that the environment
//! names, and warnings. Nothing here fails a command.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::artifact::network::{CertificateCheck, HttpClient, TlsSettings};
use crate::pipeline::{NOTIFY_POLICY, Notice, NoticedChange, Receivers, notice_source, run_address};

use super::destination_flags::fork;
use super::network::{ProcessClock, network_settings};
use super::run_context::RunContext;

/// Notifies of what happens in an environment.
pub(super) fn notify_of_environment(
    context: RunContext,
    (command, directory): (&'static str, &Path),
    environment: &str,
    (subject, details): (&str, Json),
) {
    let Json::Object(mut details) = details else { return };
    details.insert("environment".to_owned(), Json::from(environment));
    let change = NoticedChange {
        subject: format!("{environment}: {subject}"),
        lines: String::new(),
        details,
    };
    notify(context, command, directory, change);
}

/// Notifies of a change.
pub(super) fn notify(context: RunContext, command: &'static str, directory: &Path, change: NoticedChange) {
    let variable = |name: &str| context.variable(name);
    let receivers = Receivers::from_variables(&variable);
    if receivers.is_empty() {
        return;
    }
    if let Some(reason) = fork(context) {
        context.report(&format!("no notification: {reason}"));
        return;
    }
    let settings = network_settings(context, CertificateCheck::Verify);
    let client = HttpClient::new(
        &settings,
        &TlsSettings::default(),
        NOTIFY_POLICY,
        Arc::new(ProcessClock),
    );
    let client = match client {
        Ok(client) => client,
        Err(error) => return context.report(&format!("warning: no notification: {error}")),
    };
    let notice = Notice {
        command,
        change,
        time: context.now_rfc3339(),
        run: run_address(&variable),
        source: notice_source(&variable, &context.working_directory().join(directory)),
    };
    for failed in receivers.send(&client, &notice) {
        context.report(&format!("warning: {failed}"));
    }
}
