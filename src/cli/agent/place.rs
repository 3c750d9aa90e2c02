//! Where an agent has its clone: a directory that no other agent has at the same time. What agents that were killed left is removed.

use std::path::Path;
use std::time::Duration;

use crate::cluster::run_identity::{left_programs, stop_left_programs};
use crate::text::source::{Named, RunDirectory, read_file, remove_left_directories, replace_file};

use super::super::command_error::CommandError;

/// What the names of directories for temporary files begin with.
const PREFIX: &str = "chartwright-agent-";
/// File that says which run had a directory last.
const RUN_FILE: &str = "run";
/// Most bytes of its content.
const RUN_BYTES: u64 = 100;
/// How long the commands that an agent left are waited for, once they are asked to stop.
const PATIENCE: Duration = Duration::from_secs(10);

/// The directory that the user named, or a new one for temporary files. `run` is what the commands of this agent are known by.
///
/// # Errors
/// When it cannot be made, or another agent has it.
pub(super) fn of_agent(named: Option<&Path>, run: &str) -> Result<RunDirectory, CommandError> {
    let above = std::path::absolute(std::env::temp_dir()).unwrap_or_else(|_| std::env::temp_dir());
    remove_left_directories(&above, &|name| {
        // A command that outlives its agent still reads the clone.
        run_of(name).is_some_and(|run| left_programs(run).is_empty())
    });
    let Some(named) = named else {
        return temporary(&above, run);
    };
    let path = std::path::absolute(named).unwrap_or_else(|_| named.to_owned());
    let failed =
        |error: &dyn std::fmt::Display| CommandError::could_not_run(format!("--work-dir {}: {error}", named.display()));
    let taken = RunDirectory::take(&path).map_err(|error| failed(&error))?;
    let taken =
        taken.ok_or_else(|| failed(&"another agent has it").with_hint("give each agent a directory of its own"))?;
    let file = path.join(RUN_FILE);
    if let Ok(before) = read_file(&file, Named::ByUser, RUN_BYTES) {
        // The clone is about to be changed under them.
        stop_left_programs(&String::from_utf8_lossy(&before), PATIENCE);
    }
    replace_file(&file, run.as_bytes()).map_err(|error| failed(&error))?;
    Ok(taken)
}

fn temporary(above: &Path, run: &str) -> Result<RunDirectory, CommandError> {
    RunDirectory::make(above, &format!("{PREFIX}{run}")).map_err(|error| {
        CommandError::could_not_run(format!("no directory can be made in {}: {error}", above.display()))
            .with_hint("name one with --work-dir")
    })
}

/// The run that made a directory for temporary files, by the name of it: `chartwright-agent-RUN-NUMBER`.
fn run_of(name: &str) -> Option<&str> {
    let (run, number) = name.strip_prefix(PREFIX)?.split_once('-')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(run) && is_number(number)).then_some(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_of_agents_are_known_by_their_names() {
        for (name, want) in [
            ("chartwright-agent-4711-0", Some("4711")),
            ("chartwright-agent-4711", None),
            ("chartwright-agent-4711-0-1", None),
            ("chartwright-agent--0", None),
            ("chartwright-agent-mine-0", None),
            ("chartwright-4711-0123456789abcdef-0", None),
        ] {
            assert_eq!(run_of(name), want, "{name}");
        }
    }

    #[test]
    fn an_agent_has_its_directory_for_itself() {
        let above = tempfile::tempdir().unwrap();
        let named = above.path().join("work");
        let first = of_agent(Some(&named), "1").unwrap();
        let other = of_agent(Some(&named), "2").unwrap_err();
        assert!(other.to_string().contains("another agent has it"), "{other}");
        drop(first);
        assert!(of_agent(Some(&named), "3").is_ok());
        assert_eq!(std::fs::read(named.join(RUN_FILE)).unwrap(), b"3");
    }
}
