//! A directory of files made for one test, and the program run in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A valid chart, apart from what a test changes.
pub(crate) const CHART: &str =
    "apiVersion: v2\nname: web\nversion: 0.1.0\nicon: https://example.org/i.png\nmaintainers: [{name: me}]\n";

/// A valid template.
pub(crate) const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

/// What a run printed, and how it ended.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Both outputs, for messages of assertions.
    pub(crate) fn all(&self) -> String {
        format!("[exit {}]\n{}{}", self.code, self.stdout, self.stderr)
    }
}

/// The words of each line.
pub(crate) fn lines(text: &str) -> Vec<String> {
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().map(words).collect()
}

/// A directory of files.
pub(crate) struct Workspace(TempDir);

impl Workspace {
    /// With these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let workspace = Self(tempfile::tempdir().expect("a directory"));
        for (name, text) in files {
            workspace.write(name, text);
        }
        workspace
    }

    /// Makes the directory a repository of git, without a commit.
    pub(crate) fn make_repository(&self) {
        let git = Command::new("git")
            .args(["init", "--quiet"])
            .current_dir(self.path("."))
            .status();
        assert!(git.is_ok_and(|status| status.success()));
    }

    /// With a valid chart `web`, its values.yaml empty, and these files in it.
    pub(crate) fn chart(files: &[(&str, &str)]) -> Self {
        let workspace = Self::new(&[
            ("web/Chart.yaml", CHART),
            ("web/values.yaml", "{}\n"),
            ("web/templates/a.yaml", CONFIG_MAP),
        ]);
        for (name, text) in files {
            workspace.write(&format!("web/{name}"), text);
        }
        workspace
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        std::fs::write(path, text).expect("a file");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs the program in the directory.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_in(".", arguments)
    }

    /// Runs the program in a directory below.
    pub(crate) fn run_in(&self, directory: &str, arguments: &[&str]) -> Run {
        run(&self.path(directory), arguments, &[])
    }
}

/// Runs the program in a directory, with variables. Variables that CI systems set are not passed on.
pub(crate) fn run(directory: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_chartwright"))
        .args(arguments)
        .current_dir(directory)
        .env_remove("GITHUB_ACTIONS")
        .env_remove("GITHUB_EVENT_NAME")
        .env_remove("GITHUB_EVENT_PATH")
        .env_remove("GITHUB_WORKSPACE")
        .env_remove("CI_PROJECT_DIR")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}
