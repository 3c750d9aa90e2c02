//! The texts of files for CI systems and hooks. `docs/ci/` explains them; a test compares the versions that they name.

use super::settings_file::scalar;

/// The release that is used.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The checkout that the documentation uses too.
const CHECKOUT: &str = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1";

/// A workflow for pull requests and the branch that they are for.
pub(super) fn github_workflow(command: &str, branch: &str, needs_history: bool) -> String {
    let history = if needs_history {
        "          # The commit that changes are counted from.\n          fetch-depth: 0\n"
    } else {
        ""
    };
    format!(
        "# Checks the charts. Nothing is published while --no-push is there.
name: charts
on:
  pull_request:
  push:
    branches: [{branch}]
permissions: {{}}
jobs:
  check:
    runs-on: ubuntu-latest
    permissions:
      contents: read
    steps:
      - uses: {CHECKOUT}
        with:
          persist-credentials: false
{history}      - uses: chartwright/chartwright@v{VERSION}
        with:
          command: {command}
",
        branch = scalar(branch),
        command = scalar_line(command),
    )
}

/// The component of GitLab.
pub(super) fn gitlab_include(directory: &str) -> String {
    format!(
        "include:
  - component: $CI_SERVER_FQDN/chartwright/chartwright/chartwright@{VERSION}
    inputs:
      directory: {}
      # `true` publishes where chartwright.yaml says.
      publish: false
",
        scalar(directory)
    )
}

/// A step of Codefresh, after the one that clones.
pub(super) fn codefresh_step(command: &str) -> String {
    format!(
        "check_charts:
  type: freestyle
  image: ghcr.io/chartwright/chartwright:{VERSION}-git
  working_directory: ${{{{main_clone}}}}
  commands:
    - {}
",
        scalar_line(&format!("chartwright {command}"))
    )
}

/// The hooks of pre-commit. Charts in the directories that are left out are not linted.
pub(super) fn hooks(left_out: &[&str]) -> String {
    let exclude = if left_out.is_empty() {
        String::new()
    } else {
        format!("        exclude: (^|/)({})/\n", left_out.join("|"))
    };
    format!(
        "  - repo: https://github.com/chartwright/chartwright
    rev: v{VERSION}
    hooks:
      # The charts that changed files belong to.
      - id: chartwright-lint
{exclude}      # Files that sops should have encrypted.
      - id: chartwright-secrets
"
    )
}

/// A command on a line of YAML.
fn scalar_line(command: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/' | b'.' | b' ');
    if command.bytes().all(is_plain) {
        command.to_owned()
    } else {
        serde_json::Value::from(command).to_string()
    }
}

/// A word of a shell.
pub(super) fn shell_word(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/' | b'.');
    if !word.is_empty() && word.bytes().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The documentation is what people compare these files with.
    #[test]
    fn the_files_name_what_the_documentation_names() {
        let workflow = github_workflow("ci . --no-push", "main", false);
        let page = include_str!("../../../docs/ci/github.md");
        for line in workflow.lines().filter(|line| line.contains("uses:")) {
            assert!(page.contains(line), "{line}");
        }
        let gitlab = gitlab_include(".");
        let component = gitlab.lines().find(|line| line.contains("component:")).unwrap();
        assert!(
            include_str!("../../../docs/ci/gitlab.md").contains(component),
            "{component}"
        );
        let step = codefresh_step("ci .");
        let image = step.lines().find(|line| line.contains("image:")).unwrap();
        assert!(include_str!("../../../docs/ci/codefresh.md").contains(image), "{image}");
        let hooks = hooks(&[]);
        let ids = include_str!("../../../.pre-commit-hooks.yaml");
        for line in hooks.lines().filter(|line| line.contains("id:")) {
            assert!(ids.contains(line.trim()), "{line}");
        }
    }

    #[test]
    fn words_are_one_word_for_a_shell() {
        for (word, want) in [
            ("charts/a", "charts/a"),
            ("my charts", "'my charts'"),
            ("it's", "'it'\\''s'"),
            ("", "''"),
        ] {
            assert_eq!(shell_word(word), want);
        }
    }
}
