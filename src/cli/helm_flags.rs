//! Flags that Helm's commands have and that change nothing without a cluster: accepted, so that
//! scripts go on working, and not shown in the help.

use clap::Args;

use super::command_error::CommandError;

/// Flags of every Helm command.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Ignored")]
pub(super) struct GlobalFlags {
    #[arg(long, hide = true)]
    burst_limit: Option<i64>,
    #[arg(long, visible_alias = "colour", hide = true)]
    color: Option<String>,
    #[arg(long, hide = true)]
    kube_apiserver: Option<String>,
    #[arg(long, hide = true)]
    kube_as_group: Vec<String>,
    #[arg(long, hide = true)]
    kube_as_user: Option<String>,
    #[arg(long, hide = true)]
    kube_ca_file: Option<String>,
    #[arg(long, hide = true)]
    kube_context: Option<String>,
    #[arg(long, hide = true)]
    kube_insecure_skip_tls_verify: bool,
    #[arg(long, hide = true)]
    kube_tls_server_name: Option<String>,
    #[arg(long, hide = true)]
    kube_token: Option<String>,
    #[arg(long, hide = true)]
    kubeconfig: Option<String>,
    #[arg(long, hide = true)]
    qps: Option<f32>,
    #[arg(long, hide = true)]
    repository_cache: Option<String>,
}

/// Flags of `helm template` about what happens in a cluster.
#[derive(Debug, Clone, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
#[command(next_help_heading = "Ignored")]
pub(super) struct InstallFlags {
    #[arg(long, hide = true)]
    create_namespace: bool,
    #[arg(long, hide = true)]
    description: Option<String>,
    #[arg(long, hide = true)]
    disable_openapi_validation: bool,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "client")]
    dry_run: Option<String>,
    #[arg(long, hide = true)]
    enable_dns: bool,
    #[arg(long, hide = true)]
    force_conflicts: bool,
    #[arg(long, hide = true)]
    force_replace: bool,
    /// Helm 3's name of the flag before.
    #[arg(long, hide = true)]
    force: bool,
    /// Helm 3's name of `--rollback-on-failure`.
    #[arg(long, hide = true)]
    atomic: bool,
    #[arg(long, hide = true)]
    hide_secret: bool,
    #[arg(short = 'l', long, hide = true)]
    labels: Vec<String>,
    #[arg(long, hide = true)]
    replace: bool,
    #[arg(long, hide = true)]
    rollback_on_failure: bool,
    #[arg(long, hide = true)]
    server_side: bool,
    #[arg(long, hide = true)]
    skip_crds: bool,
    #[arg(long, hide = true)]
    take_ownership: bool,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "watcher")]
    wait: Option<String>,
    #[arg(long, hide = true)]
    wait_for_jobs: bool,
    /// Helm 3: asks a cluster.
    #[arg(long, hide = true)]
    validate: bool,
    #[arg(long, hide = true)]
    hide_notes: bool,
    #[arg(long, hide = true)]
    render_subchart_notes: bool,
}

impl InstallFlags {
    /// Refuses what cannot be done without a cluster or a network.
    pub(super) fn check(&self) -> Result<(), CommandError> {
        const INSTEAD: &str =
            "pipe the output into `chartwright validate -`, which has the Kubernetes schemas built in";
        if self.validate {
            let refusal = "--validate needs a cluster, and `chartwright template` never talks to one";
            return Err(CommandError::usage(refusal).with_hint(INSTEAD));
        }
        match self.dry_run.as_deref() {
            None | Some("client" | "none" | "unset" | "true" | "false") => {}
            Some("server") => {
                let refusal = "--dry-run=server needs a cluster, and `chartwright template` never talks to one";
                return Err(CommandError::usage(refusal).with_hint(INSTEAD));
            }
            Some(other) => {
                return Err(CommandError::usage(format!(
                    "invalid dry-run value ({other:?}). Must be \"none\", \"server\", or \"client\""
                )));
            }
        }
        if self.enable_dns {
            let refusal = "--enable-dns asks the network while rendering, which `chartwright template` never does";
            return Err(CommandError::usage(refusal)
                .with_hint("`getHostByName` gives an empty text, as in Helm without the flag"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use clap::Command;

    use super::super::adopt::AdoptFlags;
    use super::super::chart_reference::ChartReferenceFlags;
    use super::super::cluster_run::TargetFlags;
    use super::super::dependency_flags::DependencyFlags;
    use super::super::destination_flags::DestinationFlags;
    use super::super::history::LiveRollbackFlags;
    use super::super::keyring_flags::KeyringFlags;
    use super::super::move_environments::MoveEnvironmentFlags;
    use super::super::value_flags::ValueFlags;
    use super::super::verify_environment::EnvironmentTestFlags;
    use super::super::write_back_flags::WriteBackFlags;
    use super::*;

    /// Flags of the tables in docs/helm-differences.md, by command.
    fn listed(command: &str) -> BTreeSet<String> {
        let text = include_str!("../../docs/helm-differences.md");
        let heading = format!("## Flags of `helm {command}`\n");
        let section = text.split_once(&heading).expect("the section").1;
        let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
        let rows = section.lines().filter(|line| line.starts_with("| `"));
        rows.flat_map(|row| row.split('|').nth(1).expect("a column").split(','))
            .filter_map(|flag| flag.trim().trim_matches('`').strip_prefix("--").map(str::to_owned))
            .collect()
    }

    /// Long names and their aliases.
    fn known(command: &str) -> BTreeSet<String> {
        let arguments = crate::cli::program();
        let command = arguments.find_subcommand(command).expect("a command");
        let names = command.get_arguments().flat_map(|argument| {
            let aliases = argument.get_all_aliases().unwrap_or_default();
            argument
                .get_long()
                .into_iter()
                .chain(aliases)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        });
        names.collect()
    }

    #[test]
    fn every_flag_of_helm_is_known_and_listed() {
        let ours = [
            "allow-links",
            "cache",
            "compat",
            "deterministic",
            "fetch-schemas",
            "files",
            "helm-rules",
            "offline",
            "base",
            "baseline",
            "fail-on",
            "kubernetes-version",
            "no-summary",
            "comment",
            "comment-on",
            "forge",
            "forge-ca-file",
            "report",
            "require-defaults",
            "secrets-only",
            "write-baseline",
            "cache-dir",
            "password-stdin",
        ];
        let only_ours = |command: &str| match command {
            // Helm's own fetches nothing, and renders for a cluster without APIs of its own.
            "lint" => &[
                "api-versions",
                "dependency-update",
                "ca-file",
                "cert-file",
                "key-file",
                "insecure-skip-tls-verify",
                "plain-http",
                "repo",
                "version",
                "devel",
                "verify",
                "keyring",
                "username",
                "password",
                "pass-credentials",
                "explore",
                "policy",
            ][..],
            _ => &[],
        };
        let of_helm_3 = [
            "validate",
            "force",
            "atomic",
            "hide-notes",
            "hide-secret",
            "render-subchart-notes",
        ];
        for (command, count) in [("template", 60), ("lint", 25)] {
            let listed = listed(command);
            assert!(listed.len() >= count, "{command}: {}", listed.len());
            let mut known = known(command);
            for flag in ours.iter().chain(&of_helm_3).chain(only_ours(command)) {
                known.remove(*flag);
            }
            known.remove("help");
            if command == "lint" {
                // Helm's own only has it where a cluster is waited for.
                known.remove("timeout");
            }
            assert_eq!(
                known.difference(&listed).collect::<Vec<_>>(),
                Vec::<&String>::new(),
                "{command}: not listed"
            );
            assert_eq!(
                listed.difference(&known).collect::<Vec<_>>(),
                vec!["help"],
                "{command}: not known"
            );
        }
    }

    /// What is below a heading in the help of any command has its flags in the struct of that heading.
    #[test]
    fn the_headings_of_the_help_are_those_of_the_flags() {
        fn flags(command: &Command) -> BTreeSet<(String, bool)> {
            let flags = command.get_arguments().filter_map(|argument| {
                let name = argument.get_long()?.to_owned();
                Some((name, argument.is_hide_set()))
            });
            flags.collect()
        }
        fn of<A: Args>() -> BTreeSet<(String, bool)> {
            flags(&A::augment_args(Command::new("x")))
        }
        let mut headings: BTreeMap<&str, BTreeSet<(String, bool)>> = BTreeMap::new();
        headings.insert("Ignored", &of::<GlobalFlags>() | &of::<InstallFlags>());
        headings.insert("Values", of::<ValueFlags>());
        headings.insert("Destination", of::<DestinationFlags>());
        headings.insert("Commits", of::<WriteBackFlags>());
        headings.insert("Cluster", &of::<TargetFlags>() | &of::<LiveRollbackFlags>());
        headings.insert("Environments", of::<MoveEnvironmentFlags>());
        headings.insert("Adopt", of::<AdoptFlags>());
        headings.insert("Tests", of::<EnvironmentTestFlags>());
        let repositories = &of::<ChartReferenceFlags>() | &of::<DependencyFlags>();
        headings.insert("Repositories", &repositories | &of::<KeyringFlags>());

        let mut pending = vec![crate::cli::program()];
        let mut seen = 0;
        while let Some(command) = pending.pop() {
            pending.extend(command.get_subcommands().cloned());
            for argument in command.get_arguments() {
                let Some(heading) = argument.get_help_heading() else {
                    continue;
                };
                let flag = (
                    argument.get_long().unwrap_or_default().to_owned(),
                    argument.is_hide_set(),
                );
                let place = format!("{}: --{} below {heading}", command.get_name(), flag.0);
                assert!(
                    headings.get(heading).is_some_and(|flags| flags.contains(&flag)),
                    "{place}"
                );
                // Flags that are accepted for scripts and do nothing are not shown.
                assert!(heading != "Ignored" || flag.1, "{place}");
                seen += 1;
            }
        }
        assert!(seen > 100, "{seen}");
    }
}
