//! The agent: a loop that keeps environments at what the newest commit of a repository says. What it knows, what it does next, and what
//! requests may ask of it; the work itself is that of the commands, which it runs as programs.

mod requests;
mod schedule;
mod state;

pub use requests::{AgentAction, AgentRequest, AgentRoute, route};
pub use schedule::{DriftPolicy, Intervals, Schedule, Step};
pub use state::{AgentState, ApplyResult, EnvironmentState, LiveRelease};
