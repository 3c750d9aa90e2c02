//! The policies of the cluster that manifests are judged by.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::check::run::{chart_manifests, is_chart};
use crate::engine::chart::LinkPolicy;
use crate::kubernetes::validate::{Catalog, Policies, PolicyObjects, PolicyTextFault, Target};
use crate::kubernetes::version::SupportedVersion;
use crate::text::limits::MANIFEST_BYTES;
use crate::text::source::{Named, SourceFile, read_file};

use super::command_error::CommandError;
use super::manifest_inputs::manifest_files;
use super::run_context::{RunContext, open_error};

const FLAG: &str = "--policy";

#[derive(Debug, Args)]
pub(super) struct PolicyFlags {
    /// Judge manifests by the policies of a cluster too: files or directories with `ValidatingAdmissionPolicies`, their bindings, and the
    /// namespaces and parameters that they ask for, or charts that bring them.
    #[arg(long, value_name = "PATH")]
    policy: Vec<PathBuf>,
}

impl PolicyFlags {
    /// Whether there are any.
    pub(super) const fn are_given(&self) -> bool {
        !self.policy.is_empty()
    }

    /// The policies of the flags, or of the settings where there are no flags; for objects that are in `namespace` where they do
    /// not say it.
    pub(super) fn read(
        &self,
        context: RunContext,
        (links, namespace): (LinkPolicy, &str),
        settings: &[PathBuf],
    ) -> Result<Option<Arc<Policies>>, CommandError> {
        let (paths, named) = if self.policy.is_empty() {
            (settings, "policies")
        } else {
            (self.policy.as_slice(), FLAG)
        };
        if paths.is_empty() {
            return Ok(None);
        }
        let objects = read_policies(context, paths, named, links)?;
        report_remarks(context, &objects);
        Ok(Some(Arc::new(objects.policies(namespace))))
    }

    /// The objects of the flags.
    pub(super) fn objects(&self, context: RunContext, links: LinkPolicy) -> Result<PolicyObjects, CommandError> {
        read_policies(context, &self.policy, FLAG, links)
    }
}

/// Says what keeps policies from applying.
pub(super) fn report_remarks(context: RunContext, objects: &PolicyObjects) {
    for remark in objects.remarks() {
        context.report(&format!("warning: {remark}"));
    }
}

fn read_policies(
    context: RunContext,
    paths: &[PathBuf],
    named: &str,
    links: LinkPolicy,
) -> Result<PolicyObjects, CommandError> {
    let mut objects = PolicyObjects::default();
    let mut has_policy = false;
    let newest = Catalog::of(&SupportedVersion::latest()).map_err(CommandError::could_not_run)?;
    let newest = Target::embedded(newest);
    for path in paths {
        for (name, text) in texts(context, path, named, links)? {
            has_policy |= PolicyObjects::may_be_in(&text);
            objects
                .add_text(&text, &newest)
                .map_err(|fault| refused(named, &name, &text, &fault))?;
        }
    }
    if let [path, rest @ ..] = paths
        && !has_policy
    {
        let others = if rest.is_empty() { "" } else { ", and so on" };
        let shown = path.display();
        context.report(&format!(
            "warning: {named} {shown}{others}: there is no ValidatingAdmissionPolicy and no binding in it"
        ));
    }
    Ok(objects)
}

/// The manifests of a path, by their names.
fn texts(
    context: RunContext,
    path: &Path,
    named: &str,
    links: LinkPolicy,
) -> Result<Vec<(String, Vec<u8>)>, CommandError> {
    if is_chart(path) {
        let found = chart_manifests(path, &mut context.check_world());
        let found = found.map_err(|error| CommandError::usage(format!("{named} {}: {error}", path.display())))?;
        return Ok(found
            .into_iter()
            .map(|text| (path.display().to_string(), text))
            .collect());
    }
    let files = manifest_files(path, named, links)?.into_iter();
    files
        .map(|file| {
            let text = read_file(&file, Named::ByUser, MANIFEST_BYTES)
                .map_err(|error| CommandError::could_not_run(open_error(&file, &error)))?;
            Ok((file.display().to_string(), text))
        })
        .collect()
}

/// The error of a text that a server does not accept.
fn refused(named: &str, name: &str, text: &[u8], fault: &PolicyTextFault) -> CommandError {
    let source = SourceFile::new(name.to_owned(), text);
    let at = source.position(u32::try_from(fault.offset).unwrap_or(u32::MAX));
    let message = format!("{named} {name}:{}:{}: {}", at.line, at.column, fault.message);
    CommandError::usage(message)
        .with_hint("an API server does not accept it; `chartwright validate` shows all of its faults")
}
