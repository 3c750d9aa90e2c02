//! What the commands about clusters have in common: the programs, who runs them, the cluster of an environment, and what it is planned from.

use std::cell::RefCell;
use std::io;
use std::path::Path;
use std::time::Duration;

use clap::Args;

use crate::artifact::dependency::RepositorySupply;
use crate::check::finding::Judgement;
use crate::cluster::addresses::Addresses;
use crate::cluster::decrypt::{DecryptedValues, decrypted};
use crate::cluster::live::{HelmStorage, LiveCluster};
use crate::cluster::plan_request::{PlanError, PlanRequest};
use crate::cluster::program::{ProgramCall, ProgramError, Programs};
use crate::cluster::record::Record;
use crate::cluster::run_identity::RunIdentity;
use crate::cluster::target::target_of;
use crate::delivery::environment::{Environment, Environments, EnvironmentsPlace};
use crate::delivery::git::WorkTree;
use crate::engine::template::World;

use super::command_error::CommandError;
use super::dependency_flags::report_notes;
use super::environment_flags::EnvironmentFlags;
use super::link_flags::LinkFlags;
use super::remote_flags::{LoginFlags, RemoteFlags};
use super::run_context::RunContext;

/// Longest time for programs that only ask or write.
const PROGRAM_LIMIT: Duration = Duration::from_mins(1);

/// Which cluster and namespace, where the files do not say it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Cluster")]
pub(super) struct TargetFlags {
    /// Context of the kubeconfig, instead of that of the environment.
    #[arg(long, value_name = "CONTEXT")]
    kube_context: Option<String>,
    /// The cluster that this runs in, by the service account of its pod, whatever the environments name.
    #[arg(long, conflicts_with = "kube_context")]
    in_cluster: bool,
    /// Namespace of environments that name none.
    #[arg(long, value_name = "NAMESPACE")]
    namespace: Option<String>,
}

/// What plans are made with.
#[derive(Debug, Clone, Args)]
pub(super) struct PlanFlags {
    #[command(flatten)]
    links: LinkFlags,
    #[command(flatten)]
    pub(super) target: TargetFlags,
    #[command(flatten)]
    remote: RemoteFlags,
}

impl PlanFlags {
    /// For a command that has the flags otherwise.
    pub(super) fn new(kube_context: Option<String>, links: LinkFlags, remote: RemoteFlags) -> Self {
        let target = TargetFlags {
            kube_context,
            ..TargetFlags::default()
        };
        Self { links, target, remote }
    }
}

/// What all environments of a run have in common.
pub(super) struct ClusterRun {
    pub(super) context: RunContext,
    pub(super) place: EnvironmentsPlace,
    pub(super) programs: Programs,
    pub(super) storage: HelmStorage,
    pub(super) identity: RunIdentity,
    reader: super::environment_flags::ReadBelow,
}

impl ClusterRun {
    /// Nothing is run yet.
    pub(super) fn new(context: RunContext, flags: &EnvironmentFlags) -> Result<Self, CommandError> {
        let storage = context.variable("HELM_DRIVER");
        let identity = RunIdentity::of_this_process(&context.random_name());
        Ok(Self {
            context,
            place: flags.place(context)?,
            reader: flags.reader(context),
            programs: Programs {
                run: identity.to_string(),
                limit: PROGRAM_LIMIT,
                hidden: Vec::new(),
            },
            storage: HelmStorage::of_variable(storage.as_deref()).map_err(CommandError::usage)?,
            identity,
        })
    }

    /// The cluster and namespace of an environment.
    ///
    /// # Errors
    /// When no namespace is named.
    pub(super) fn cluster(
        &self,
        (all, environment): (&Environments, &Environment),
        flags: &TargetFlags,
    ) -> Result<LiveCluster<'_>, CommandError> {
        let mut target = target_of(environment, all, flags.kube_context.as_deref(), flags.in_cluster);
        if target.namespace.is_empty() {
            target.namespace = flags.namespace.clone().unwrap_or_default();
        }
        if target.namespace.is_empty() {
            return Err(plan_error(PlanError::NoNamespace(environment.name.text.clone())));
        }
        Ok(LiveCluster::new(&self.programs, target, self.storage))
    }

    /// Gives what each environment is planned from to `work`, as long as it says so.
    pub(super) fn with_requests(
        &self,
        (all, wanted): (&Environments, &[&Environment]),
        flags: &PlanFlags,
        judgement: Option<&Judgement>,
        work: &mut dyn FnMut(&PlanRequest<'_>, &LiveCluster<'_>) -> Result<bool, CommandError>,
    ) -> Result<(), CommandError> {
        let context = self.context;
        let charts = flags.remote.charts(context, &LoginFlags::default(), false)?;
        let supply = RepositorySupply::new(flags.remote.charts(context, &LoginFlags::default(), false)?);
        let values = RefCell::new(DecryptedValues::default());
        let decrypting = |path: &Path| -> io::Result<Vec<u8>> {
            decrypted(&self.programs, path, self.reader.read(path)?, &mut values.borrow_mut())
        };
        let make_world = || -> Box<dyn World> { Box::new(context.render_world(false)) };
        let addresses = Addresses::new(&self.programs);
        let show = |call: &ProgramCall| context.report(&call.to_string());
        for environment in wanted {
            let cluster = self.cluster((all, environment), &flags.target)?;
            let address_of = |name: &str, is_global: bool| -> io::Result<Option<String>> {
                let found = addresses.look_up(all.cluster_of(environment), (name, is_global), &show);
                found.map(Some).map_err(io::Error::other)
            };
            let request = PlanRequest {
                all,
                environment,
                releases: &[],
                directory: &self.place.working_directory,
                read: &decrypting,
                address_of: &address_of,
                charts: &charts,
                supply: Some(&supply),
                links: flags.links.policy(),
                judgement,
                report_root: context.report_root(None, &[]),
                make_world: &make_world,
                decrypted: &values,
            };
            let goes_on = work(&request, &cluster);
            report_notes(context, Some(&supply));
            for note in charts.take_notes() {
                context.report(&format!("note: {note}"));
            }
            if !goes_on? {
                break;
            }
        }
        Ok(())
    }

    /// What records say of this run: the commit, and who runs it. A strict run is refused where no commit has what is applied.
    pub(super) fn about(
        &self,
        (is_approved, approver): (bool, Option<&str>),
        is_strict: bool,
    ) -> Result<Record, CommandError> {
        let context = self.context;
        let directory = self.place.working_directory.join(&self.place.directory);
        let tree = WorkTree::of(&directory).ok();
        let state = tree
            .as_ref()
            .and_then(|tree| tree.state_of(&[directory.as_path()]).ok());
        let commit = tree.as_ref().and_then(|tree| tree.head_sha().ok()).unwrap_or_default();
        let is_clean = state.is_some_and(|state| state.differing.is_empty()) && !commit.is_empty();
        if !is_clean && is_strict {
            let message = if commit.is_empty() {
                "what is applied is in no commit: the directory is not one of a git repository"
            } else {
                "what is applied is in no commit: files were changed since the last one"
            };
            return Err(
                CommandError::findings(message).with_hint("commit first, or apply it as it is with --allow-dirty")
            );
        }
        let actor = ["GITHUB_ACTOR", "GITLAB_USER_LOGIN", "CF_BUILD_INITIATOR", "USER"];
        let actor = actor.into_iter().find_map(|name| context.variable(name));
        let committer = tree.as_ref().and_then(|tree| tree.last_committer().ok());
        let who = actor
            .or_else(|| committer.map(|(name, email)| format!("{name} <{email}>")))
            .unwrap_or_default();
        let dirty = if is_clean || commit.is_empty() { "" } else { "-dirty" };
        let approved = if is_approved {
            format!("{}, {}", approver.unwrap_or(&who), context.now_rfc3339())
        } else {
            String::new()
        };
        Ok(Record {
            run: self.identity.to_string(),
            commit: format!("{commit}{dirty}"),
            approved,
            who,
            ..Record::default()
        })
    }
}

/// The time as Kubernetes has it in leases.
pub(super) fn now_micros() -> String {
    let nanos = RunContext::from_process().now_unix_nanos();
    let micros = i64::try_from(nanos / 1000).unwrap_or_default();
    jiff::Timestamp::from_microsecond(micros).map_or_else(|_| String::new(), |time| format!("{time:.6}"))
}

/// The error of a plan that cannot be made.
pub(super) fn plan_error(error: PlanError) -> CommandError {
    match error {
        PlanError::NoNamespace(_) => CommandError::usage(error),
        PlanError::Program(error) => program_error(error),
        PlanError::Read { .. } => CommandError::could_not_run(error),
    }
}

/// The error of a program of the user's.
pub(super) fn program_error(error: ProgramError) -> CommandError {
    match &error {
        ProgramError::Missing(program) => {
            let hint = format!("install {program}: what is done in a cluster, it does");
            CommandError::could_not_run(error).with_hint(hint)
        }
        error if error.lacks_context() => CommandError::could_not_run(error).with_hint(
            "`chartwright contexts` makes the contexts of environments, and --kube-context names another one",
        ),
        _ => CommandError::could_not_run(error),
    }
}
