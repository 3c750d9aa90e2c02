//! The agent's loop: steps of the schedule and actions of requests, one after the other, each a command that runs as a process.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::cluster::agent::{AgentAction, AgentState, DriftPolicy, Intervals, Schedule, Step};
use crate::cluster::program::{ProgramCall, Programs};
use crate::delivery::environment::EnvironmentsPlace;
use crate::delivery::git::{BranchName, RemoteName, WorkTree, clone_repository};
use crate::text::redact::redact_url;
use crate::text::source::{Named, RunDirectory, read_file};

use super::super::command_error::CommandError;
use super::super::environment_flags::environments;
use super::super::exit_code::Exit;
use super::super::run_context::RunContext;
use super::super::write_back_flags::write_back_error;
use super::stop::Stop;
use super::{AgentArguments, SharedState, locked, place};
use crate::text::limits::FILE_BYTES;

/// Longest time for a command: those about rollouts have their own, shorter ones.
const COMMAND_LIMIT: Duration = Duration::from_hours(3);
/// Pause between looks at what is due.
const PAUSE: Duration = Duration::from_secs(1);

/// What does the work.
pub(super) struct Worker<'a> {
    context: RunContext,
    arguments: &'a AgentArguments,
    program: String,
    programs: Programs,
    tree: WorkTree,
    clone: PathBuf,
    /// Where the clone is, for as long as the agent runs.
    _place: RunDirectory,
    branch: BranchName,
    schedule: Schedule,
    stop: Arc<Stop>,
}

impl<'a> Worker<'a> {
    /// Clones the repository, or takes the clone that an earlier run left.
    pub(super) fn new(
        context: RunContext,
        arguments: &'a AgentArguments,
        (intervals, policy): (Intervals, DriftPolicy),
        stop: Arc<Stop>,
    ) -> Result<Self, CommandError> {
        let program = std::env::current_exe()
            .map_err(|error| CommandError::could_not_run(format!("the path of this program is not known: {error}")))?;
        let random = context.random_name();
        let place = place::of_agent(arguments.work_dir.as_deref(), &random)?;
        let clone = place.path().join("repository");
        let branch = arguments
            .branch
            .as_deref()
            .map(BranchName::parse)
            .transpose()
            .map_err(|error| CommandError::usage(format!("--branch: {error}")))?;
        let tree = clone_repository(&arguments.repository, branch.as_ref(), &clone)
            .map_err(|error| write_back_error(error.into()))?;
        let branch = match branch {
            Some(branch) => branch,
            None => tree.default_branch(&RemoteName::origin()).ok_or_else(|| {
                CommandError::usage("the repository does not say which branch is its own")
                    .with_hint("name it with --branch")
            })?,
        };
        Ok(Self {
            context,
            arguments,
            program: program.display().to_string(),
            programs: Programs {
                run: random,
                limit: COMMAND_LIMIT,
                // They are for the port alone.
                hidden: vec![arguments.token_env.clone(), arguments.secret_env.clone()],
            },
            tree,
            clone,
            _place: place,
            branch,
            schedule: Schedule::new(intervals, policy, context.now_unix_seconds()),
            stop,
        })
    }

    /// The directory that has the environments.
    fn directory(&self) -> PathBuf {
        self.clone.join(&self.arguments.directory)
    }

    /// The environments that it keeps.
    pub(super) fn environments(&self) -> Result<Vec<String>, CommandError> {
        let directory = self.directory();
        let settings = super::super::destination_flags::read_settings(None, &directory)?;
        let place = EnvironmentsPlace {
            working_directory: self.clone.clone(),
            declared: settings.environments().map_err(CommandError::usage)?,
            values_files: crate::delivery::poll::values_files(&directory),
            file: None,
            directory,
        };
        let all = environments(&place, &|path| read_file(path, Named::ByInput, FILE_BYTES))?;
        for name in &self.arguments.environment {
            all.named(name).map_err(CommandError::usage)?;
        }
        let wanted = &self.arguments.environment;
        let names = all.list.iter().map(|environment| environment.name.text.clone());
        Ok(names
            .filter(|name| wanted.is_empty() || wanted.contains(name))
            .collect())
    }

    /// What is known at the start.
    pub(super) fn state(&self) -> AgentState {
        AgentState {
            repository: redact_url(&self.arguments.repository),
            branch: self.branch.as_str().to_owned(),
            ..AgentState::default()
        }
    }

    /// Works until it is asked to end.
    pub(super) fn run(&mut self, state: &SharedState, actions: &Receiver<AgentAction>) -> Result<Exit, CommandError> {
        self.fetch(state);
        self.remember(state);
        while !self.stop.is_asked() {
            let now = self.context.now_unix_seconds();
            let next = {
                let known = locked(state);
                self.schedule.next(&known, now)
            };
            // Whoever asks for something waits for one step at most.
            let pause = if next.is_some() { Duration::ZERO } else { PAUSE };
            match next {
                Some(Step::Fetch) => self.fetch(state),
                Some(Step::Apply(environment)) => self.apply(state, &environment, None),
                Some(Step::CheckDrift(environment)) => self.check_drift(state, &environment),
                Some(Step::Poll) => self.poll(),
                None => {}
            }
            match actions.recv_timeout(pause) {
                Ok(action) => self.act(state, action),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(CommandError::could_not_run("the port is closed"));
                }
            }
        }
        self.context.report("ended, as it was asked to");
        Ok(Exit::Clean)
    }

    /// Runs a command of this program in the clone; JSON that it prints, and how it ended.
    fn command(&self, arguments: &[&str], input: &[u8]) -> (Option<i32>, Json) {
        let directory = self.directory().display().to_string();
        let mut call = ProgramCall::new(&self.program, arguments.iter().copied());
        call = call.and(["--directory", &directory, "--output", "json"]);
        let must_stop = &mut || self.stop.is_over();
        let ended = match self.programs.run_watched(&call, input, COMMAND_LIMIT, must_stop) {
            Ok(ended) => ended,
            Err(error) => {
                self.context.report(&format!("Error: {error}"));
                return (None, Json::Null);
            }
        };
        if !ended.words.is_empty() {
            self.context.report(&ended.words);
        }
        (ended.code(), serde_json::from_slice(&ended.output).unwrap_or_default())
    }

    /// Flags about the cluster.
    fn target(&self) -> Vec<&str> {
        let mut flags = Vec::new();
        if let Some(context) = &self.arguments.kube_context {
            flags.extend(["--kube-context", context]);
        }
        if self.arguments.in_cluster {
            flags.push("--in-cluster");
        }
        flags
    }

    /// Takes up environments that a commit adds, and drops those that it removes.
    fn note_environments(&self, state: &SharedState) {
        match self.environments() {
            Ok(names) => locked(state).keep_environments(&names),
            Err(error) => self.context.report(&error.to_string()),
        }
    }

    fn fetch(&self, state: &SharedState) {
        let fetched = self.tree.fetch(&RemoteName::origin(), &self.branch);
        let moved = fetched.and_then(|newest| {
            let head = self.tree.head_sha()?;
            match newest {
                Some(newest) if newest != head => self.tree.move_head(&head, &newest).map(|()| newest),
                Some(_) => Ok(head),
                None => Ok(head),
            }
        });
        let now = self.context.now_unix_seconds();
        if moved
            .as_ref()
            .is_ok_and(|head| locked(state).head.as_deref() != Some(head))
        {
            self.note_environments(state);
        }
        let mut state = locked(state);
        match moved {
            Ok(head) => {
                if state.head.as_deref() != Some(&head) {
                    self.context.report(&format!("{} is at {head}", self.branch.as_str()));
                }
                state.note_head(&head, now);
            }
            Err(error) => {
                let message = error.to_string();
                self.context.report(&format!("Error: {message}"));
                state.fetch_failure = message;
            }
        }
    }

    /// What an earlier run of the agent, or anybody, did with the newest commit.
    fn remember(&self, state: &SharedState) {
        let Some(head) = locked(state).head.clone() else { return };
        let mut arguments = vec!["trace", &head];
        arguments.extend(self.target());
        let (_, printed) = self.command(&arguments, b"");
        let mut state = locked(state);
        for environment in &mut state.environments {
            environment.note_trace(&head, &printed);
        }
    }

    fn apply(&mut self, state: &SharedState, environment: &str, approver: Option<&str>) {
        let Some(head) = locked(state).head.clone() else { return };
        let named;
        let mut arguments = vec!["apply", environment, "--timeout", &self.arguments.timeout];
        if let Some(approver) = approver {
            arguments.push("--approve");
            named = format!("--approver={approver}");
            if !approver.is_empty() {
                arguments.push(&named);
            }
        }
        for (is_given, flag) in [
            (self.arguments.create_namespace, "--create-namespace"),
            (self.arguments.skip_tests, "--skip-tests"),
        ] {
            if is_given {
                arguments.push(flag);
            }
        }
        arguments.extend(self.target());
        let start = Instant::now();
        let (code, printed) = self.command(&arguments, b"");
        let milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let time = self.context.now_rfc3339();
        let result = {
            let mut state = locked(state);
            let Some(known) = state.environment(environment) else {
                return;
            };
            known.note_apply(&head, code, &printed, (&time, milliseconds));
            known.result
        };
        self.schedule
            .note_apply(environment, result, self.context.now_unix_seconds());
        self.context.report(&format!("{environment}: {}", result.name()));
        self.look(state);
    }

    fn check_drift(&self, state: &SharedState, environment: &str) {
        let mut arguments = vec!["drift", environment];
        arguments.extend(self.target());
        let (code, printed) = self.command(&arguments, b"");
        let has_drift = match code {
            Some(0) => false,
            // Wrong usage has the same code, and prints nothing.
            Some(2) if printed.get("environments").is_some() => true,
            _ => return,
        };
        if let Some(known) = locked(state).environment(environment) {
            if has_drift && known.has_drift != Some(true) {
                self.context
                    .report(&format!("{environment}: the cluster does not have what the files say"));
            }
            known.has_drift = Some(has_drift);
        }
        self.look(state);
    }

    /// Looks at what runs.
    fn look(&self, state: &SharedState) {
        let names: Vec<String> = locked(state).environments.iter().map(|one| one.name.clone()).collect();
        let mut arguments = vec!["status", "--live"];
        arguments.extend(names.iter().map(String::as_str));
        arguments.extend(self.target());
        let (code, printed) = self.command(&arguments, b"");
        if code == Some(0) {
            locked(state).note_status(&printed);
        }
    }

    fn poll(&mut self) {
        let mut arguments = vec!["poll"];
        arguments.extend(self.arguments.environment.iter().map(String::as_str));
        arguments.extend(["--patch", "--push"]);
        if self.arguments.plain_http {
            arguments.push("--plain-http");
        }
        let (_, printed) = self.command(&arguments, b"");
        if printed.get("written").and_then(Json::as_bool) == Some(true) {
            self.schedule.hurry();
        }
    }

    fn act(&mut self, state: &SharedState, action: AgentAction) {
        match action {
            AgentAction::Sync => self.schedule.hurry(),
            AgentAction::Approve {
                environment,
                who,
                commit,
            } => {
                self.fetch(state);
                if locked(state).head.as_deref() == Some(&commit) {
                    self.apply(state, &environment, Some(&who));
                } else {
                    self.context.report(&format!(
                        "{environment}: not approved: a newer commit than {commit} is there"
                    ));
                }
            }
            AgentAction::RollBack { environment, release } => {
                let mut arguments = vec![
                    "rollback",
                    "--live",
                    &environment,
                    &release,
                    "--timeout",
                    &self.arguments.timeout,
                ];
                arguments.extend(self.target());
                let (code, _) = self.command(&arguments, b"");
                let result = if code == Some(0) {
                    "rolled back"
                } else {
                    "not rolled back"
                };
                self.context.report(&format!("{environment}: {release} is {result}"));
                self.check_drift(state, &environment);
            }
            AgentAction::Promote { from, to } => {
                self.command(&["promote", &from, &to, "--push"], b"");
                self.schedule.hurry();
            }
            AgentAction::Event(payload) => {
                let mut arguments = vec!["event", "-"];
                for environment in &self.arguments.environment {
                    arguments.extend(["--environment", environment]);
                }
                arguments.extend(["--patch", "--push"]);
                if self.arguments.plain_http {
                    arguments.push("--plain-http");
                }
                self.command(&arguments, &payload);
                self.schedule.hurry();
            }
        }
    }
}
