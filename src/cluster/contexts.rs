//! Makes environments reachable: helm knows their chart repositories, the kubeconfig has the credentials of their clusters, and a context for
//! each of them.
//!
//! In: the environments that are meant. Out: commands in order, and the same carried out, by the user's own programs.

use serde_json::Value as Json;

use super::commands::{
    Access, ClusterNames, RepositoryError, SetUp, UnknownContextError, names_of_context, set_context,
    set_up_repositories, view_kubeconfig,
};
use super::program::{ProgramCall, ProgramError, Programs};
use crate::delivery::environment::{Environment, Environments, Provider};

/// What is made reachable.
#[derive(Debug, Clone)]
pub struct Initialisation<'e> {
    /// All environments.
    pub environments: &'e Environments,
    /// Those that are meant.
    pub meant: Vec<&'e Environment>,
    /// Whether GitLab gives access to the clusters.
    pub is_gitlab: bool,
    /// Whether repositories and credentials are there already.
    pub contexts_only: bool,
}

/// One step of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContextStep {
    /// A command.
    Run(SetUp),
    /// The context of an environment is made.
    Context {
        /// The environment.
        environment: String,
        /// Its namespace.
        namespace: String,
        /// What its cluster is called.
        names: ClusterNames,
    },
}

/// An environment that is not made reachable.
#[derive(Debug, thiserror::Error)]
pub enum ContextsError {
    /// What is declared of a repository is wrong.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// A program failed.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The kubeconfig lacks the context that an environment is about.
    #[error("environment `{environment}`: {source}")]
    Context {
        /// The environment.
        environment: String,
        /// What it lacks.
        source: UnknownContextError,
    },
}

impl ContextStep {
    /// The commands that it runs. What others have to print first is in angle brackets.
    pub fn calls(&self) -> Vec<ProgramCall> {
        match self {
            Self::Run(set_up) => vec![set_up.call.clone()],
            Self::Context {
                environment,
                namespace,
                names,
            } => {
                let set = |cluster: &str, user: &str| set_context(environment, cluster, user, namespace);
                match names {
                    ClusterNames::Known { cluster, user } => vec![set(cluster, user)],
                    ClusterNames::OfContext(context) => vec![
                        view_kubeconfig(),
                        set(&format!("<cluster of {context}>"), &format!("<user of {context}>")),
                    ],
                    ClusterNames::Printed(call) => vec![call.clone(), set("<cluster.arn>", "<cluster.arn>")],
                    ClusterNames::NoContext => Vec::new(),
                }
            }
        }
    }

    fn carry_out(&self, programs: &Programs, show: &dyn Fn(&ProgramCall)) -> Result<(), ContextsError> {
        match self {
            Self::Run(set_up) => {
                show(&set_up.call);
                programs.output(&set_up.call, &set_up.input)?;
            }
            Self::Context {
                environment,
                namespace,
                names,
            } => {
                let names = match names {
                    ClusterNames::Known { cluster, user } => (cluster.clone(), user.clone()),
                    ClusterNames::OfContext(context) => {
                        let call = view_kubeconfig();
                        show(&call);
                        let kubeconfig: Json = programs.json(&call, b"")?;
                        names_of_context(&kubeconfig, context).map_err(|source| ContextsError::Context {
                            environment: environment.clone(),
                            source,
                        })?
                    }
                    ClusterNames::Printed(call) => {
                        show(call);
                        let name = one_word(call, &programs.output(call, b"")?)?;
                        (name.clone(), name)
                    }
                    ClusterNames::NoContext => return Ok(()),
                };
                let call = set_context(environment, &names.0, &names.1, namespace);
                show(&call);
                programs.output(&call, b"")?;
            }
        }
        Ok(())
    }
}

fn one_word(call: &ProgramCall, output: &[u8]) -> Result<String, ProgramError> {
    let text = String::from_utf8_lossy(output);
    let word = text.trim();
    if word.is_empty() || word.contains(char::is_whitespace) {
        return Err(ProgramError::Odd {
            command: call.name(),
            what: format!("`{word}` is not the name of a cluster"),
        });
    }
    Ok(word.to_owned())
}

impl Initialisation<'_> {
    /// What is to be done: repositories, then the credentials of each cluster once, then a context for each environment. `variables` gives the
    /// values of environment variables.
    ///
    /// # Errors
    /// When the files of a repository's certificates are named by variables that are not set.
    pub fn steps(&self, variables: &dyn Fn(&str) -> Option<String>) -> Result<Vec<ContextStep>, ContextsError> {
        let mut steps = Vec::new();
        if !self.contexts_only {
            let repositories = set_up_repositories(&self.environments.chart_repositories, variables)?;
            steps.extend(repositories.into_iter().map(ContextStep::Run));
            for (_, provider) in self.clusters() {
                let Some(call) = Access::of(provider, self.is_gitlab).credentials() else {
                    continue;
                };
                let input = Vec::new();
                let step = ContextStep::Run(SetUp { call, input });
                if !steps.contains(&step) {
                    steps.push(step);
                }
            }
        }
        for (environment, provider) in self.clusters() {
            let names = Access::of(provider, self.is_gitlab).names();
            if names != ClusterNames::NoContext {
                steps.push(ContextStep::Context {
                    environment: environment.name.text.clone(),
                    namespace: environment.namespace_of_releases().to_owned(),
                    names,
                });
            }
        }
        Ok(steps)
    }

    /// The environments that are meant and the providers of their clusters.
    fn clusters(&self) -> impl Iterator<Item = (&Environment, &Provider)> {
        let meant = self.meant.iter();
        meant.filter_map(|environment| Some((*environment, &self.environments.cluster_of(environment)?.provider)))
    }
}

/// Makes environments reachable. `show` is given each command before it runs; the first that fails is the last.
///
/// # Errors
/// When a program fails, or a context that an environment is about is not there.
pub fn initialise(
    initialisation: &Initialisation<'_>,
    variables: &dyn Fn(&str) -> Option<String>,
    programs: &Programs,
    show: &dyn Fn(&ProgramCall),
) -> Result<(), ContextsError> {
    let steps = initialisation.steps(variables)?;
    steps.iter().try_for_each(|step| step.carry_out(programs, show))
}
