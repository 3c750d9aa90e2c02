//! `--post-renderer`: a program that gets the manifests on its standard input and prints what to use instead. Follows
//! Helm 3's `pkg/postrender/exec.go`.

use std::fs::Metadata;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::command_error::CommandError;
use super::run_context::RunContext;
use crate::engine::chart::Compat;
use crate::text::go::path_error::path_error;
use crate::text::go::quote::quote;

/// A program that exists.
pub(super) struct PostRenderer {
    program: PathBuf,
}

impl PostRenderer {
    /// Looks for the program as Go's `exec.LookPath` does: by its path, or its name in PATH.
    ///
    /// # Errors
    /// When it is not there, or not a program.
    pub(super) fn find(context: RunContext, name: &str) -> Result<Self, CommandError> {
        let found = if name.contains('/') {
            executable(Path::new(name)).map(|()| PathBuf::from(name))
        } else {
            let path = context.variable("PATH").unwrap_or_default();
            let mut candidates = std::env::split_paths(&path).map(|directory| directory.join(name));
            let found = candidates.find(|candidate| executable(candidate).is_ok());
            found.ok_or_else(|| "executable file not found in $PATH".to_owned())
        };
        let program = found.map_err(|why| {
            let quoted = quote(name.as_bytes());
            CommandError::usage(format!(
                "invalid argument {quoted} for \"--post-renderer\" flag: unable to find binary at {name}: exec: {quoted}: {why}"
            ))
            .with_hint("`--post-renderer` needs a program: a path, or a name found in PATH")
        })?;
        Ok(Self {
            program: std::path::absolute(&program).unwrap_or(program),
        })
    }

    /// Runs the program over `manifests`. Helm 4 refuses empty output.
    ///
    /// # Errors
    /// When it fails, with what it wrote on standard error.
    pub(super) fn run(
        &self,
        context: RunContext,
        arguments: &[String],
        manifests: &[u8],
        compat: Compat,
    ) -> Result<Vec<u8>, CommandError> {
        let program = self.program.display();
        let failed =
            |reason: String| CommandError::could_not_run(format!("error while running post render on files: {reason}"));
        let not_run = |why: &dyn std::fmt::Display, written: &[u8]| {
            let written = String::from_utf8_lossy(written);
            failed(format!(
                "error while running command {program}. error output:\n{written}: {why}"
            ))
        };
        let mut child = Command::new(&self.program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| not_run(&error, b""))?;
        let input = child.stdin.take();
        let output = std::thread::scope(|scope| {
            // A program may print before it has read all, so both ends are served at once.
            scope.spawn(move || input.map(|mut input| input.write_all(manifests)));
            child.wait_with_output()
        });
        let output = output.map_err(|error| failed(error.to_string()))?;
        if !output.status.success() {
            // Go writes `exit status 1`, Rust `exit status: 1`.
            let status = output.status.to_string().replacen("status: ", "status ", 1);
            return Err(not_run(&status, &output.stderr));
        }
        let written = String::from_utf8_lossy(&output.stderr);
        if !written.trim().is_empty() {
            context.report(written.trim_end());
        }
        if compat == Compat::Helm4 && output.stdout.trim_ascii().is_empty() {
            let program = quote(program.to_string().as_bytes());
            return Err(failed(format!("post-renderer {program} produced empty output")));
        }
        Ok(output.stdout)
    }
}

/// Whether a file can be run, or why not.
fn executable(path: &Path) -> Result<(), String> {
    let information = std::fs::metadata(path).map_err(|error| path_error("stat", path, &error))?;
    if information.is_dir() {
        return Err("is a directory".to_owned());
    }
    if may_run(&information) {
        Ok(())
    } else {
        Err("permission denied".to_owned())
    }
}

#[cfg(unix)]
fn may_run(information: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    information.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
const fn may_run(_: &Metadata) -> bool {
    true
}
