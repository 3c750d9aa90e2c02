//! `chartwright agent`: environments kept at what the newest commit of a repository says. The library decides what is done next and what
//! requests may ask for; the work is that of the other commands, which run as processes of their own: what goes wrong in one ends with it.

mod place;
mod server;
mod stop;
mod work;

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use clap::Args;

use crate::cluster::agent::{
    AgentAction, AgentRequest, AgentRoute, AgentState, DriftPolicy, EnvironmentState, Intervals, route,
};
use crate::report::{agent_metrics, agent_page};

use self::server::{Answer, Handle, ReadRequest, serve};
use self::stop::Stop;
use self::work::Worker;
use super::command_error::CommandError;
use super::exit_code::Exit;
use super::run_context::RunContext;
use super::time_flag::duration;

/// Actions that wait for their turn.
const WAITING: usize = 64;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(super) struct AgentArguments {
    /// Environments that it keeps [default: all] (repeatable).
    #[arg(long, value_name = "ENV")]
    pub(super) environment: Vec<String>,
    /// Address of the repository with the environments, as git takes it.
    #[arg(long, value_name = "URL")]
    pub(super) repository: String,
    /// Branch that is followed [default: that of the repository].
    #[arg(long, value_name = "NAME")]
    pub(super) branch: Option<String>,
    /// Directory in the repository that has the environments.
    #[arg(short = 'C', long, value_name = "DIR", default_value = ".")]
    pub(super) directory: PathBuf,
    /// Directory that has the clone of the repository below it [default: one for temporary files].
    #[arg(long, value_name = "DIR")]
    pub(super) work_dir: Option<PathBuf>,
    /// How often the repository is fetched.
    #[arg(long, value_name = "DURATION", default_value = "1m")]
    interval: String,
    /// How often clusters are compared with the files.
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    drift_interval: String,
    /// What is done about what differs.
    #[arg(long, value_enum, default_value_t = DriftPolicy::Warn, value_name = "POLICY")]
    drift: DriftPolicy,
    /// How often registries and chart repositories are asked for what is newer, which is committed and pushed [default: never].
    #[arg(long, value_name = "DURATION")]
    poll_interval: Option<String>,
    /// Address and port of the page, the metrics and the webhooks.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: String,
    /// Environment variable with the token that whoever changes something must know.
    #[arg(long, value_name = "NAME", default_value = "CHARTWRIGHT_AGENT_TOKEN")]
    token_env: String,
    /// Environment variable with the secret that senders of events sign with.
    #[arg(long, value_name = "NAME", default_value = "CHARTWRIGHT_EVENT_SECRET")]
    secret_env: String,
    /// Longest time for a release to become ready, and for its tests.
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    pub(super) timeout: String,
    /// Make namespaces that are not there.
    #[arg(long)]
    pub(super) create_namespace: bool,
    /// Do not run the tests of charts.
    #[arg(long)]
    pub(super) skip_tests: bool,
    /// Context of the kubeconfig, instead of those of the environments.
    #[arg(long, value_name = "CONTEXT", conflicts_with = "in_cluster")]
    pub(super) kube_context: Option<String>,
    /// The cluster that this runs in, by the service account of its pod.
    #[arg(long)]
    pub(super) in_cluster: bool,
    /// Ask registries without TLS.
    #[arg(long)]
    pub(super) plain_http: bool,
}

/// What the loop and the port have in common.
pub(super) type SharedState = Arc<Mutex<AgentState>>;

/// The state, also after a thread failed while it had it.
pub(super) fn locked(state: &SharedState) -> MutexGuard<'_, AgentState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn run(context: RunContext, arguments: &AgentArguments) -> Result<Exit, CommandError> {
    let seconds = |flag: &str, text: &str| duration(flag, text).map(|duration| duration.as_secs().max(1));
    let intervals = Intervals {
        fetch: seconds("--interval", &arguments.interval)?,
        drift: seconds("--drift-interval", &arguments.drift_interval)?,
        poll: arguments
            .poll_interval
            .as_deref()
            .map(|text| seconds("--poll-interval", text))
            .transpose()?,
    };
    duration("--timeout", &arguments.timeout)?;
    let listener = TcpListener::bind(&arguments.listen)
        .map_err(|error| CommandError::could_not_run(format!("--listen {}: {error}", arguments.listen)))?;
    let stop = Arc::new(Stop::default());
    let mut worker = Worker::new(context, arguments, (intervals, arguments.drift), Arc::clone(&stop))?;
    let state: SharedState = Arc::new(Mutex::new(AgentState {
        environments: worker
            .environments()?
            .iter()
            .map(|name| EnvironmentState::new(name))
            .collect(),
        ..worker.state()
    }));
    let (sender, receiver) = mpsc::sync_channel(WAITING);
    let port = Port {
        context,
        state: Arc::clone(&state),
        token: context.variable(&arguments.token_env),
        secret: context.variable(&arguments.secret_env),
        actions: sender,
    };
    let shown = listener
        .local_addr()
        .map_or_else(|_| arguments.listen.clone(), |address| address.to_string());
    let handle: Handle = Arc::new(move |request| port.answer(&request));
    serve(listener, handle, stop)
        .map_err(|error| CommandError::could_not_run(format!("--listen {}: {error}", arguments.listen)))?;
    context.report(&format!("listening on http://{shown}/"));
    worker.run(&state, &receiver)
}

/// What answers requests.
struct Port {
    context: RunContext,
    state: SharedState,
    token: Option<String>,
    secret: Option<String>,
    actions: mpsc::SyncSender<AgentAction>,
}

impl Port {
    fn answer(&self, request: &ReadRequest) -> Answer {
        let mut state = locked(&self.state);
        let request = AgentRequest {
            method: &request.method,
            path: &request.path,
            headers: &request.headers,
            body: &request.body,
        };
        let is_known = |name: &str| state.environments.iter().any(|environment| environment.name == name);
        let plain = |status: u16, body: &str| Answer {
            status,
            content_type: "text/plain; charset=utf-8",
            body: format!("{body}\n"),
            location: None,
        };
        let now = self.context.now_unix_seconds();
        match route(request, self.token.as_deref(), self.secret.as_deref(), &is_known) {
            AgentRoute::Page => Answer {
                status: 200,
                content_type: "text/html; charset=utf-8",
                body: agent_page(&state, now, self.token.is_some()),
                location: None,
            },
            AgentRoute::Metrics => Answer {
                status: 200,
                content_type: "application/openmetrics-text; version=1.0.0; charset=utf-8",
                body: agent_metrics(&state, now),
                location: None,
            },
            AgentRoute::Health => plain(200, "ok"),
            AgentRoute::Ready if state.is_ready() => plain(200, "ok"),
            AgentRoute::Ready => plain(503, "the repository is not fetched yet"),
            AgentRoute::Refused(status, reason) => {
                state.refused_events += 1;
                plain(status, reason)
            }
            AgentRoute::NotHere(status, reason) => plain(status, reason),
            AgentRoute::Nothing => plain(200, "nothing was pushed"),
            AgentRoute::Accepted(action) => {
                let is_event = matches!(action, AgentAction::Event(_));
                if self.actions.try_send(action).is_err() {
                    return plain(503, "too much is waiting; try again later");
                }
                state.events += u64::from(is_event);
                if is_event || request.path == "/sync" {
                    return plain(202, "accepted");
                }
                // A browser goes back to the page.
                Answer {
                    location: Some("/"),
                    ..plain(303, "accepted")
                }
            }
        }
    }
}
