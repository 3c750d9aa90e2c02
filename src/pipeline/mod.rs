//! `ci`: what is checked and published for the charts of a repository, and how each of them ended.

mod build_source;
mod change_base;
mod chart_environments;
mod chart_graph;
mod ci;
#[cfg(test)]
mod ci_tests;
mod deployment;
mod git_head;
mod plan;
mod plan_document;
mod compared_states;
mod pull_request;
mod pull_request_number;
mod notice_content;
mod mail_message;
mod mail_receiver;
mod notify;
mod shard;
mod summary;
mod version_bases;
mod earlier_charts;

pub use build_source::BuildSource;
pub use change_base::run_base;
pub use chart_environments::ChartEnvironments;
pub use chart_graph::{ChartGraph, chart_metadata};
pub use ci::{ChartResult, CiOutcome, PublishFailure, Publishing, run_ci};
pub use compared_states::{ChartsPlace, ComparedCharts, ComparedStates, rendered_changes};
pub use deployment::{Deployed, deployed};
pub use earlier_charts::earlier_charts;
pub use notice_content::{NoticedChange, notice_source};
pub use notify::{NOTIFY_POLICY, Notice, Receivers};
pub use plan::{ChangesError, Plan, changed_files};
pub use plan_document::{PlannedValues, plan_document};
pub use pull_request::fork_of_pull_request;
pub use pull_request_number::{pull_request_number, run_address};
pub use shard::Shard;
pub use summary::{SummaryOptions, summary_table};
pub use version_bases::version_bases;
