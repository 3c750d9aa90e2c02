//! Writing a bump to disk: a request in, all of its files changed or none, and the plan that was carried out. Where a
//! file changes between reading and writing, the plan is made anew from what is in it then: of two bumps at once, both
//! arrive.

use std::path::Path;
use std::time::Duration;

use crate::artifact::network::{Clock, RetryPolicy};
use crate::text::source::{Interrupted, ReplaceError, Replacement, finish_interrupted, replace_files};

use super::error::BumpError;
use super::plan::BumpPlan;
use super::plan_bump::{BumpRequest, ReadFile};

/// Attempts at files that others change too, and the pauses between them.
const CONFLICTS: RetryPolicy = RetryPolicy {
    attempts: 100,
    first_pause: Duration::from_millis(5),
    longest_pause: Duration::from_millis(500),
    longest_wait: Duration::ZERO,
};

/// A bump that was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// It cannot be planned.
    #[error(transparent)]
    Plan(#[from] BumpError),
    /// Its files cannot be written, or changed during every attempt.
    #[error(transparent)]
    Replace(#[from] ReplaceError),
}

/// Plans a bump and writes the files that change, all or none. The texts of the request are those that the plan was made
/// from in the end. If the process is killed, the next bump of a file in one of the directories completes the change.
///
/// # Errors
/// When it cannot be planned, a file cannot be written, or the files change during each of many attempts.
pub fn write_bump(request: &mut BumpRequest, read: ReadFile<'_>, clock: &dyn Clock) -> Result<BumpPlan, WriteError> {
    let mut plan = request.plans(read);
    write_planned(|| Ok(plan()?), clock)
}

/// Writes the files that a plan changes, all or none. Where one of them changed after it was read, `plan` is called again, which has
/// to read the files anew.
///
/// # Errors
/// Those of `plan`; and when a file cannot be written, or the files change during each of many attempts.
pub fn write_planned<E: From<ReplaceError>>(
    mut plan: impl FnMut() -> Result<BumpPlan, E>,
    clock: &dyn Clock,
) -> Result<BumpPlan, E> {
    let mut attempt = 1;
    loop {
        let plan = plan()?;
        match write_plan(&plan) {
            Ok(()) => return Ok(plan),
            Err(ReplaceError::ChangedMeanwhile { .. }) if attempt < CONFLICTS.attempts => {
                clock.sleep(CONFLICTS.pause(attempt, clock));
                attempt += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Completes earlier bumps that involve the directories of `files`, relative to `working_directory`, and whose process
/// was killed. It is to be called before the files are read.
///
/// # Errors
/// When such a bump cannot be completed.
pub fn finish_bumps(files: &[String], working_directory: &Path) -> Result<Vec<Interrupted>, ReplaceError> {
    let paths: Vec<_> = files.iter().map(|file| working_directory.join(file)).collect();
    let paths: Vec<&Path> = paths.iter().map(AsRef::as_ref).collect();
    finish_interrupted(&paths)
}

/// Writes what the files of a plan had before it was written, unless they changed since.
///
/// # Errors
/// When a file changed or cannot be written.
pub fn undo_plan(plan: &BumpPlan) -> Result<(), ReplaceError> {
    let files = plan.changed_files().map(|file| Replacement {
        path: &file.location,
        expected: Some(&file.new),
        content: &file.old,
    });
    replace_files(&files.collect::<Vec<_>>())
}

fn write_plan(plan: &BumpPlan) -> Result<(), ReplaceError> {
    let files: Vec<Replacement<'_>> = plan
        .changed_files()
        .map(|file| Replacement {
            path: &file.location,
            expected: Some(&file.old),
            content: &file.new,
        })
        .collect();
    replace_files(&files)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::assignment::{ValueKind, parse_assignment};
    use super::super::plan_bump::SourceFile;
    use super::*;
    use crate::artifact::network::TestClock;

    /// A bump of `a` whose text of the file was read before another program set `b`.
    fn late_bump(directory: &Path) -> BumpRequest {
        fs::write(directory.join("v.yaml"), "a: 1\nb: 2\n").unwrap();
        BumpRequest {
            files: vec![SourceFile {
                path: "v.yaml".to_owned(),
                text: b"a: 1\nb: 1\n".to_vec(),
                edits: Vec::new(),
            }],
            edits: vec![parse_assignment("a=2", ValueKind::Typed).unwrap()],
            images: Vec::new(),
            through_anchors: false,
            chart: None,
            moved: Vec::new(),
            chart_version: None,
            app_version_from: None,
            working_directory: directory.to_owned(),
        }
    }

    #[test]
    fn a_bump_of_a_file_that_changed_is_planned_anew() {
        let directory = tempfile::tempdir().unwrap();
        let mut request = late_bump(directory.path());
        let clock = TestClock::default();
        let plan = write_bump(&mut request, &|path| fs::read(path), &clock).unwrap();
        assert_eq!(
            fs::read_to_string(directory.path().join("v.yaml")).unwrap(),
            "a: 2\nb: 2\n"
        );
        assert_eq!(plan.files[0].old, b"a: 1\nb: 2\n");
        assert_eq!(clock.pauses(), [Duration::from_millis(5)]);
    }

    #[test]
    fn attempts_end() {
        let directory = tempfile::tempdir().unwrap();
        let mut request = late_bump(directory.path());
        let clock = TestClock::default();
        let outdated = |_: &Path| Ok(b"a: 1\nb: 1\n".to_vec());
        let error = write_bump(&mut request, &outdated, &clock).unwrap_err();
        assert!(
            matches!(error, WriteError::Replace(ReplaceError::ChangedMeanwhile { .. })),
            "{error}"
        );
        assert_eq!(clock.pauses().len(), 99);
        assert_eq!(
            fs::read_to_string(directory.path().join("v.yaml")).unwrap(),
            "a: 1\nb: 2\n"
        );
    }
}
