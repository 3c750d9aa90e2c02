//! Which process holds a lease: the machine's boot, the process namespace, the process and when it started, so that a process of the same
//! namespace can see whether another still runs. And the programs that a process left behind when it was killed.

use std::fmt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::program::{RUN_VARIABLE, ask_to_stop};
use crate::text::source::{Named, read_file};

/// Largest file of /proc that is read.
const PROC_BYTES: u64 = 1 << 20;
/// Pause between looks at programs that were asked to stop.
const PAUSE: Duration = Duration::from_millis(100);

/// A run of this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunIdentity {
    /// Boot and process namespace; empty where the system does not say.
    place: String,
    process: u32,
    started: String,
    random: String,
}

fn read(path: &str) -> Option<Vec<u8>> {
    read_file(Path::new(path), Named::ByUser, PROC_BYTES).ok()
}

/// When a process started, in ticks since the boot: the 22nd field of its `stat`.
fn started(process: u32) -> Option<String> {
    let text = read(&format!("/proc/{process}/stat"))?;
    let text = String::from_utf8_lossy(&text).into_owned();
    // The second field is a name in parentheses, which may have anything in it.
    let (_, after) = text.rsplit_once(')')?;
    let state = after.split_whitespace().next()?;
    let time = after.split_whitespace().nth(19)?;
    (state != "Z").then(|| time.to_owned())
}

fn namespace() -> Option<String> {
    let link = std::fs::read_link("/proc/self/ns/pid").ok()?;
    let digits: String = link
        .display()
        .to_string()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    Some(digits)
}

impl RunIdentity {
    /// This process. `random` is not the same for another run.
    pub fn of_this_process(random: &str) -> Self {
        let process = std::process::id();
        let boot = read("/proc/sys/kernel/random/boot_id").map(|text| String::from_utf8_lossy(&text).trim().to_owned());
        let place = boot.zip(namespace()).map(|(boot, namespace)| {
            let boot = boot.split('-').next().unwrap_or_default().to_owned();
            format!("{boot}-{namespace}")
        });
        Self {
            place: place.unwrap_or_default(),
            process,
            started: started(process).unwrap_or_default(),
            random: random.to_owned(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('_').collect();
        let [name, place, process, started, random] = parts.as_slice() else {
            return None;
        };
        (*name == "chartwright").then_some(())?;
        Some(Self {
            place: (*place).to_owned(),
            process: process.parse().ok()?,
            started: (*started).to_owned(),
            random: (*random).to_owned(),
        })
    }

    /// Whether another run is of this machine and process namespace, and does not run any more.
    pub fn knows_dead(&self, other: &str) -> bool {
        let Some(other) = Self::parse(other) else { return false };
        let is_near = !self.place.is_empty() && self.place == other.place;
        is_near && started(other.process).is_none_or(|time| time != other.started)
    }
}

impl fmt::Display for RunIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "chartwright_{}_{}_{}_{}",
            self.place, self.process, self.started, self.random
        )
    }
}

/// The programs that a run started and that still run on this machine.
#[expect(
    clippy::disallowed_methods,
    reason = "the list of processes is not a directory of the user's"
)]
pub fn left_programs(run: &str) -> Vec<u32> {
    let wanted = format!("{RUN_VARIABLE}={run}");
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let processes = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_left = |process: &u32| {
        let variables = read(&format!("/proc/{process}/environ")).unwrap_or_default();
        *process != std::process::id() && variables.split(|byte| *byte == 0).any(|one| one == wanted.as_bytes())
    };
    processes.filter(is_left).collect()
}

/// Asks the programs that a run left behind when it was killed to stop, such as a helm at work, which takes back what it began; and waits for
/// that as long as is given.
pub fn stop_left_programs(run: &str, patience: Duration) {
    let end = Instant::now() + patience;
    left_programs(run).into_iter().for_each(ask_to_stop);
    while Instant::now() < end && !left_programs(run).is_empty() {
        thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_knows_whether_another_one_of_its_machine_is_over() {
        let own = RunIdentity::of_this_process("a");
        assert_eq!(RunIdentity::parse(&own.to_string()), Some(own.clone()));
        assert!(!own.knows_dead(&own.to_string()));
        if own.place.is_empty() {
            return;
        }
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let other = RunIdentity {
            process: child.id(),
            started: started(child.id()).unwrap(),
            ..own.clone()
        };
        assert!(!own.knows_dead(&other.to_string()));
        let elsewhere = RunIdentity {
            place: "x-1".to_owned(),
            ..other.clone()
        };
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(own.knows_dead(&other.to_string()));
        assert!(!own.knows_dead(&elsewhere.to_string()));
        assert!(!own.knows_dead("helm"));
    }
}
