//! What the agent shows: a page for people, metrics for programs.

mod metrics;
mod page;

pub use metrics::agent_metrics;
pub use page::agent_page;
