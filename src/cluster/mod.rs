//! What runs: the clusters of environments, what is in them, and how it gets there and back. Helm, kubectl and the programs of cloud
//! providers are the user's own and are run as programs.

pub mod program;
pub mod target;
pub mod commands;
pub mod addresses;
pub mod contexts;
pub mod stored_release;
pub mod live;
pub mod live_world;
pub mod decrypt;
mod release_chart;
mod rendered_release;
mod drift;
pub mod pods;
#[cfg(test)]
mod pods_tests;
mod container_log;
mod helm_words;
pub mod blame;
pub mod run_identity;
pub mod lease;
mod rollout;
pub mod record;
mod release_files;
mod preflight;
pub mod plan_request;
pub mod step_result;
pub mod test_jobs;
pub mod requirements;
pub mod switch;
pub mod helm_release;
pub mod staging;
pub mod planned_release;
mod stage_release;
pub mod planned_resources;
pub mod plan;
pub mod adopt;
pub mod plan_file;
pub mod carry_out;
mod take_back;
mod carry_out_steps;
pub mod apply;
pub mod verify;
pub mod history;
pub mod roll_back;
pub mod agent;

#[cfg(test)]
mod kubecd_tests;
#[cfg(test)]
mod test_environments;
