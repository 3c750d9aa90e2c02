//! The integration tests, in one program, since each separate program would link 250 crates again.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at input it cannot read, and prints what it did"
)]
#![expect(clippy::disallowed_methods, reason = "tests read files and settings of their own")]

mod api_versions;
mod aws_logins;
mod aws_services;
mod bump;
mod changed_files;
mod chart_names;
mod chart_source;
mod chart_tree;
mod check;
mod ci_changes;
mod ci_environments;
mod ci_rendered_changes;
mod cli;
mod command_output;
mod adopt;
mod apply;
mod contexts;
mod cluster_policies;
mod coverage;
mod custom_resources;
mod dependency;
mod dependency_commands;
mod destinations;
mod diff;
mod doctor;
mod documented_commands;
mod edit_cases;
mod encrypted_values;
mod environments;
mod event;
mod exit_codes;
mod explore;
mod explore_findings;
mod explore_tests_written;
mod expressions;
mod data;
mod defaults;
mod definitions;
mod failures;
mod faults;
mod faulty_races;
mod fetched_charts;
mod forge_gitlab;
mod forge_servers;
mod gcs_server;
mod gcs_store;
mod git_repositories;
mod go_yaml;
mod google_logins;
mod helm3;
mod hostile;
mod hostile_output;
mod hostile_schemas;
mod hostile_validate;
mod known;
mod kubecd_commands;
mod images;
mod init;
mod inline_releases;
mod json_shapes;
mod kubernetes_versions;
mod layering;
mod page_references;
mod mail_notifications;
mod mail_server;
mod nearest_settings;
mod notifications;
mod places;
mod policies;
mod poll;
mod planted_tokens;
mod properties;
mod random_edits;
mod publish_targets;
mod pull_request_comments;
mod pull_requests;
mod published_charts;
mod refusals;
mod repo_commands;
mod repo_registry;
mod remote_http;
mod remote_oci;
mod remote_oci_server;
mod remote_pull;
mod remote_server;
mod remote_settings;
mod reports;
mod repository;
mod rows;
mod rules;
mod s3_options;
mod s3_server;
mod schema_rows;
mod schema_urls;
mod shown_output;
mod shown_secrets;
mod step_summary;
mod template_inputs;
mod stub_programs;
mod tls;
mod tls_certificates;
#[cfg(unix)]
mod trust;
mod upload_server;
mod uploads;
mod validate_crd;
mod values_schema_urls;
mod verdicts;
mod words;
mod workspace;
mod write_back;
mod write_back_images;
