//! `--post-renderer`: a program that gets the manifests on its standard input and prints what to use instead.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::command_error::CommandError;

/// Runs the program over `manifests`. Its standard error is shown as it is.
pub(super) fn post_render(program: &str, arguments: &[String], manifests: &[u8]) -> Result<Vec<u8>, CommandError> {
    let failed =
        |reason: String| CommandError::could_not_run(format!("error while running post render on files: {reason}"));
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| {
            failed(format!("error while running command {program}. error output:\n{error}"))
                .with_hint("`--post-renderer` needs a program: a path, or a name found in PATH")
        })?;
    let input = child.stdin.take();
    let output = std::thread::scope(|scope| {
        // A program may print before it has read all, so both ends are served at once.
        scope.spawn(move || input.map(|mut input| input.write_all(manifests)));
        child.wait_with_output()
    });
    let output = output.map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(format!(
            "error while running command {program}: {}",
            output.status
        )));
    }
    if output.stdout.trim_ascii().is_empty() {
        return Err(failed(format!("post-renderer {program:?} produced empty output")));
    }
    Ok(output.stdout)
}
