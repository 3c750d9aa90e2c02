//! Repositories of git for tests: a bare one that others push to, and clones, apart from the git of whoever runs the tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A directory with repositories.
pub(super) struct Repositories {
    pub(super) home: tempfile::TempDir,
}

/// A work tree.
pub(super) struct Clone<'r> {
    repositories: &'r Repositories,
    pub(super) path: PathBuf,
}

/// A chart with values of two environments.
pub(super) const CHART: [(&str, &str); 3] = [
    (
        "Chart.yaml",
        "apiVersion: v2\nname: shop\nversion: 1.2.3 # raised by machine\n",
    ),
    (
        "values-production.yaml",
        "web:\n  image: ghcr.io/acme/web:1.4.2 # now\n",
    ),
    (
        "values-staging.yaml",
        "web:\n  image: ghcr.io/acme/web:1.4.2\nreplicas: 1\n",
    ),
];

impl Repositories {
    /// A bare repository `origin.git` whose branch `main` has these files.
    pub(super) fn with(files: &[(&str, &str)]) -> Self {
        let repositories = Self {
            home: tempfile::tempdir().expect("a directory"),
        };
        repositories.git(
            repositories.home.path(),
            &["init", "--quiet", "--bare", "--initial-branch=main", "origin.git"],
        );
        let first = repositories.clone("first");
        first.git(&["checkout", "--quiet", "-b", "main"]);
        for (name, text) in files {
            first.write(name, text);
        }
        first.commit_all("Start");
        first.git(&["push", "--quiet", "--set-upstream", "origin", "main"]);
        repositories
    }

    /// A new clone.
    pub(super) fn clone(&self, name: &str) -> Clone<'_> {
        self.clone_with(name, &[])
    }

    pub(super) fn clone_with(&self, name: &str, flags: &[&str]) -> Clone<'_> {
        let origin = format!("file://{}", self.home.path().join("origin.git").display());
        let arguments: Vec<&str> = [&["clone", "--quiet"], flags, &[&origin, name]].concat();
        self.git(self.home.path(), &arguments);
        Clone {
            repositories: self,
            path: self.home.path().join(name),
        }
    }

    /// The text of a file in a branch of the bare repository.
    pub(super) fn shown(&self, name: &str) -> String {
        self.git(&self.home.path().join("origin.git"), &["show", &format!("main:{name}")])
    }

    /// What git prints about the bare repository.
    pub(super) fn origin(&self, arguments: &[&str]) -> String {
        self.git(&self.home.path().join("origin.git"), arguments)
    }

    /// A hook of the bare repository.
    pub(super) fn origin_hook(&self, name: &str, script: &str) {
        hook(&self.home.path().join("origin.git/hooks"), name, script);
    }

    fn git(&self, directory: &Path, arguments: &[&str]) -> String {
        let output = self
            .command("git")
            .args(arguments)
            .current_dir(directory)
            .output()
            .expect("git runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// A program whose git has a user and no other configuration.
    fn command(&self, program: &str) -> Command {
        #[expect(clippy::disallowed_methods, reason = "where git is")]
        let path = std::env::var("PATH").expect("a path");
        // A name that is looked up in a PATH of its own needs a fork, which copies the page tables of all tests.
        let found = std::env::split_paths(&path)
            .map(|directory| directory.join(program))
            .find(|file| file.is_file());
        let mut command = Command::new(found.expect("a program"));
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("PATH", path)
            // Repositories without the dozen sample hooks.
            .env("GIT_TEMPLATE_DIR", "");
        command.envs([
            ("GIT_AUTHOR_NAME", "Ada"),
            ("GIT_AUTHOR_EMAIL", "ada@example.com"),
            ("GIT_COMMITTER_NAME", "Ada"),
            ("GIT_COMMITTER_EMAIL", "ada@example.com"),
        ]);
        command
    }
}

#[cfg(unix)]
pub(super) fn hook(directory: &Path, name: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::create_dir_all(directory).expect("a directory");
    let path = directory.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("writes");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("can be run");
}

impl Clone<'_> {
    pub(super) fn git(&self, arguments: &[&str]) -> String {
        self.repositories.git(&self.path, arguments)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.path.join(name);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("is made");
        std::fs::write(path, text).expect("writes");
    }

    pub(super) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path.join(name)).expect("is there")
    }

    pub(super) fn commit_all(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", message]);
    }

    pub(super) fn hook(&self, name: &str, script: &str) {
        hook(&self.path.join(".git/hooks"), name, script);
    }

    pub(super) fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// The program in this work tree, not started.
    pub(super) fn command(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
        let mut command = self.repositories.command(env!("CARGO_BIN_EXE_chartwright"));
        command
            .args(arguments)
            .current_dir(&self.path)
            .envs(environment.iter().copied());
        command
    }

    /// Runs the program, and gives what it says.
    pub(super) fn run(&self, code: i32, arguments: &[&str], environment: &[(&str, &str)]) -> String {
        said(
            code,
            arguments,
            &self.command(arguments, environment).output().expect("runs"),
        )
    }
}

/// What a program said, once it ended with a code.
pub(super) fn said(code: i32, arguments: &[&str], output: &Output) -> String {
    let all = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {all}");
    all
}
