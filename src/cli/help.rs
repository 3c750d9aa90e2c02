//! The help: commands in groups, and examples of each.

use clap::Command;

/// Groups of commands, in the order of the help.
pub(super) const GROUPS: [(&str, &[&str]); 6] = [
    (
        "Charts",
        &[
            "lint",
            "coverage",
            "explore",
            "template",
            "validate",
            "dependency",
            "package",
            "verify",
        ],
    ),
    ("Repositories", &["push", "pull", "repo"]),
    ("Images", &["images", "poll", "event", "bump"]),
    ("Environments", &["status", "values", "vars", "promote", "rollback"]),
    (
        "Clusters",
        &["contexts", "use", "apply", "drift", "history", "trace", "agent"],
    ),
    (
        "Project",
        &[
            "init",
            "doctor",
            "ci",
            "diff",
            "report",
            "explain",
            "completion",
            "man",
            "version",
        ],
    ),
];

/// Examples of commands, a line each. A command with commands of its own has theirs.
const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "diff",
        &[
            "chartwright diff charts --since origin/main",
            "chartwright diff web-1.0.0.tgz web-1.1.0.tgz --output markdown",
        ],
    ),
    (
        "report merge",
        &["chartwright report merge shard-1.json shard-2.json --output merged.json"],
    ),
    (
        "lint",
        &[
            "chartwright lint charts/web --kube-version 1.31..1.35",
            "chartwright lint --files charts/web/values.yaml charts/web/templates/a.yaml",
        ],
    ),
    (
        "coverage",
        &[
            "chartwright coverage charts/web --fail-under 80",
            "chartwright coverage charts/web --report lcov=lcov.info --report cobertura=coverage.xml",
        ],
    ),
    (
        "explore",
        &[
            "chartwright explore charts/web --budget 10",
            "chartwright explore charts/web --since origin/main",
            "chartwright explore charts/web --write-tests charts/web/ci",
        ],
    ),
    (
        "template",
        &["chartwright template my-release charts/web -f values-staging.yaml"],
    ),
    (
        "validate",
        &["chartwright validate --strict --kubernetes-version 1.31,latest manifests/"],
    ),
    ("dependency update", &["chartwright dependency update charts/web"]),
    (
        "dependency build",
        &["chartwright dependency build charts/web charts/orders"],
    ),
    ("dependency list", &["chartwright dependency list charts/web"]),
    ("package", &["chartwright package charts/web -d dist"]),
    (
        "verify",
        &[
            "chartwright verify dist/web-1.2.3.tgz --keyring pubring.gpg",
            "chartwright verify testing --job tests/checkout.yaml",
        ],
    ),
    (
        "push",
        &[
            "chartwright push dist/web-1.2.3.tgz s3://bucket/charts",
            "chartwright push dist/web-1.2.3.tgz --to staging",
        ],
    ),
    (
        "pull",
        &["chartwright pull oci://registry.example.com/charts/web --version 1.x"],
    ),
    ("repo list", &["chartwright repo list s3://bucket/charts"]),
    ("repo index", &["chartwright repo index s3://bucket/charts"]),
    ("repo check", &["chartwright repo check s3://bucket/charts"]),
    ("repo delete", &["chartwright repo delete s3://bucket/charts web 1.2.3"]),
    ("repo prune", &["chartwright repo prune s3://bucket/charts --keep 10"]),
    (
        "repo copy",
        &["chartwright repo copy s3://staging/charts s3://production/charts web 1.2.3"],
    ),
    ("images", &["chartwright images charts/web -f values-staging.yaml"]),
    ("poll", &["chartwright poll -f values-testing.yaml --patch --commit"]),
    (
        "event",
        &["chartwright event --image registry.example.com/shop/web:1.6.0 -f values-testing.yaml --patch --push"],
    ),
    (
        "bump",
        &["chartwright bump --file values-testing.yaml --image registry.example.com/shop/web:1.6.0 --dry-run"],
    ),
    ("status", &["chartwright status"]),
    ("values", &["chartwright values testing"]),
    ("vars", &["chartwright vars testing production"]),
    ("promote", &["chartwright promote testing staging --commit"]),
    ("rollback", &["chartwright rollback production --pull-request"]),
    (
        "contexts",
        &["chartwright contexts --dry-run", "chartwright contexts testing staging"],
    ),
    ("use", &["chartwright use testing"]),
    (
        "ci",
        &[
            "chartwright ci charts/ --no-push",
            "chartwright ci . --repository oci://registry.example.com/charts",
        ],
    ),
    (
        "apply",
        &[
            "chartwright apply testing --dry-run",
            "chartwright apply production --approve --timeout 10m",
        ],
    ),
    (
        "agent",
        &[
            "chartwright agent --repository https://git.example.com/shop/deployments.git --environment testing --in-cluster",
        ],
    ),
    (
        "drift",
        &[
            "chartwright drift production",
            "chartwright drift production --adopt --commit",
        ],
    ),
    ("history", &["chartwright history production shop"]),
    ("trace", &["chartwright trace registry.example.com/shop/web:1.6.0"]),
    ("init", &["chartwright init --dry-run"]),
    ("doctor", &["chartwright doctor charts --offline"]),
    ("explain", &["chartwright explain plain-secret"]),
    (
        "completion",
        &["chartwright completion bash > ~/.local/share/bash-completion/completions/chartwright"],
    ),
    (
        "man",
        &[
            "chartwright man repo list | man -l -",
            "chartwright man --directory ~/.local/share/man/man1",
        ],
    ),
    ("version", &["chartwright version --output json"]),
];

/// The program with this help.
pub(super) fn with_help(program: Command) -> Command {
    let program = with_examples(program, "");
    let commands = groups_text(&program);
    program.help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{commands}Options:\n{{options}}\n\n\
         `chartwright COMMAND --help` has the flags of a command and an example.\n"
    ))
}

/// The examples of a command, which is named as in `repo list`.
pub(super) fn examples_of(path: &str) -> &'static [&'static str] {
    let examples = EXAMPLES.iter().find(|(name, _)| *name == path);
    examples.map_or(&[], |(_, lines)| lines)
}

fn with_examples(command: Command, path: &str) -> Command {
    let command = command.mut_subcommands(|inner| {
        let path = format!("{path} {}", inner.get_name());
        with_examples(inner, path.trim_start())
    });
    match examples_of(path) {
        [] => command,
        lines => {
            let heading = if lines.len() == 1 { "Example" } else { "Examples" };
            command.after_help(format!("{heading}:\n  {}", lines.join("\n  ")))
        }
    }
}

/// A paragraph for each group. A command that no group has would be missing, which a test prevents.
fn groups_text(program: &Command) -> String {
    let width = program.get_subcommands().map(|command| command.get_name().len()).max();
    let width = width.unwrap_or_default();
    let mut text = String::new();
    for (title, names) in GROUPS {
        text.push_str(&format!("{title}:\n"));
        for command in names.iter().filter_map(|name| program.find_subcommand(name)) {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let aliases: Vec<&str> = command.get_visible_aliases().collect();
            let aliases = match aliases.as_slice() {
                [] => String::new(),
                some => format!(" [aliases: {}]", some.join(", ")),
            };
            text.push_str(&format!("  {:<width$}  {about}{aliases}\n", command.get_name()));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of all commands that do something, with those of their parents.
    fn leaves(command: &Command, path: &str) -> Vec<String> {
        let inner: Vec<&Command> = command
            .get_subcommands()
            .filter(|inner| inner.get_name() != "help" && !inner.is_hide_set())
            .collect();
        if inner.is_empty() {
            return vec![path.to_owned()];
        }
        let below = inner.into_iter().flat_map(|inner| {
            let path = format!("{path} {}", inner.get_name());
            leaves(inner, path.trim_start())
        });
        below.collect()
    }

    #[test]
    fn every_command_is_in_one_group_and_has_an_example() {
        let program = crate::cli::program();
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let mut known: Vec<&str> = program
            .get_subcommands()
            .filter(|command| command.get_name() != "help")
            .map(Command::get_name)
            .collect();
        grouped.sort_unstable();
        known.sort_unstable();
        assert_eq!(grouped, known, "GROUPS");
        let mut with_example: Vec<&str> = EXAMPLES.iter().map(|(path, _)| *path).collect();
        let mut leaves = leaves(&program, "");
        with_example.sort_unstable();
        leaves.sort_unstable();
        assert_eq!(with_example, leaves, "EXAMPLES");
    }

    #[test]
    fn examples_are_valid_and_about_their_command() {
        for (path, examples) in EXAMPLES {
            for example in *examples {
                let words = example.split(['>', '|']).next().unwrap().split_whitespace();
                let words: Vec<std::ffi::OsString> = words.map(Into::into).collect();
                assert!(example.starts_with(&format!("chartwright {path}")), "{example}");
                assert_eq!(crate::cli::check_usage(words), Ok(()), "{example}");
            }
        }
    }

    /// Groups of flags have texts of their own, which clap would put in the place of a command's.
    #[test]
    fn commands_keep_the_text_that_describes_them() {
        use clap::CommandFactory as _;

        let program = crate::cli::program();
        let declared = crate::cli::Arguments::command();
        let mut seen = 0;
        for command in declared.get_subcommands() {
            let built = program.find_subcommand(command.get_name()).unwrap();
            let texts = |command: &Command| {
                [command.get_about(), command.get_long_about()].map(|text| text.map(ToString::to_string))
            };
            assert_eq!(texts(built), texts(command), "{}", command.get_name());
            assert!(built.get_about().is_some() && built.get_arguments().next().is_some());
            seen += 1;
        }
        assert_eq!(seen, GROUPS.iter().map(|(_, names)| names.len()).sum::<usize>());
    }

    #[test]
    fn the_help_has_the_groups() {
        let help = crate::cli::program().render_help().to_string();
        for (title, names) in GROUPS {
            assert!(
                help.contains(&format!("\n{title}:\n  {} ", names[0])),
                "{title}: {help}"
            );
        }
        assert!(help.contains("\nOptions:\n  -h, --help"), "{help}");
    }
}
