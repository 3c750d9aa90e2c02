//! One writer for each environment: a Lease of `coordination.k8s.io`, taken, renewed and given back through kubectl. Whether another's is over
//! is seen from whether it is renewed, as in `client-go/tools/leaderelection`, so clocks need not agree; of a process of this machine from
//! whether it still runs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::program::{ProgramError, Programs};
use super::run_identity::RunIdentity;
use super::target::KubeTarget;

/// How long a lease is good without being renewed.
const DURATION: Duration = Duration::from_secs(30);
/// How often it is renewed.
const RENEWAL: Duration = Duration::from_secs(10);
/// How often another's is looked at.
const PAUSE: Duration = Duration::from_secs(1);

/// Why a lease is not taken.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// kubectl failed.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// Somebody else has it.
    #[error(
        "another run is at work on this environment: {holder} has the lease {name}; wait for it, or give it longer with --lock-timeout"
    )]
    Held {
        /// The lease.
        name: String,
        /// Who has it.
        holder: String,
    },
}

/// A lease that is held until it is dropped.
#[derive(Debug)]
pub struct Lease {
    calls: LeaseCalls,
    is_lost: Arc<AtomicBool>,
    stop: Option<mpsc::Sender<()>>,
    renewal: Option<JoinHandle<()>>,
    /// Who had it before, and did not give it back.
    pub taken_from: Option<String>,
}

#[derive(Debug, Clone)]
struct LeaseCalls {
    programs: Programs,
    target: KubeTarget,
    name: String,
    identity: String,
    now: fn() -> String,
}

impl LeaseCalls {
    fn kubectl(&self, arguments: &[&str], input: &[u8]) -> Result<Json, ProgramError> {
        let call = self.target.kubectl(["--namespace", &self.target.namespace]);
        self.programs
            .json(&call.and(arguments.iter().copied()).and(["-o", "json"]), input)
    }

    fn find(&self) -> Result<Option<Json>, ProgramError> {
        match self.kubectl(&["get", "leases.coordination.k8s.io", &self.name], b"") {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes that it is ours; whether that worked: another may have been faster.
    fn take(&self, found: Option<&Json>) -> Result<bool, ProgramError> {
        let now = (self.now)();
        let mut metadata = json!({"name": self.name, "namespace": self.target.namespace});
        let transitions = found.map_or(0, |found| {
            let before = found.pointer("/spec/leaseTransitions").and_then(Json::as_i64);
            before.unwrap_or_default() + 1
        });
        if let (Some(metadata), Some(version)) = (
            metadata.as_object_mut(),
            found.and_then(|found| found.pointer("/metadata/resourceVersion")),
        ) {
            metadata.insert("resourceVersion".to_owned(), version.clone());
        }
        let lease = json!({
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": metadata,
            "spec": {
                "holderIdentity": self.identity,
                "leaseDurationSeconds": DURATION.as_secs(),
                "acquireTime": now,
                "renewTime": now,
                "leaseTransitions": transitions,
            },
        });
        let verb = if found.is_some() { "replace" } else { "create" };
        match self.kubectl(&[verb, "-f", "-"], lease.to_string().as_bytes()) {
            Ok(_) => Ok(true),
            Err(error)
                if ["(Conflict)", "(AlreadyExists)"]
                    .iter()
                    .any(|mark| error.words().contains(mark)) =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Renews it, or gives it back; false where it is another's by now.
    fn renew(&self, is_over: bool) -> Result<bool, ProgramError> {
        let found = self.find()?;
        let is_ours = found.as_ref().is_some_and(|found| holder(found) == self.identity);
        if !is_ours {
            return Ok(false);
        }
        let version = found
            .as_ref()
            .and_then(|found| found.pointer("/metadata/resourceVersion"));
        let identity = if is_over { "" } else { &self.identity };
        let patch = json!({
            "metadata": {"resourceVersion": version},
            "spec": {"holderIdentity": identity, "renewTime": (self.now)()},
        });
        let patch = patch.to_string();
        self.kubectl(
            &[
                "patch",
                "leases.coordination.k8s.io",
                &self.name,
                "--type=merge",
                "-p",
                &patch,
            ],
            b"",
        )?;
        Ok(true)
    }
}

fn holder(lease: &Json) -> String {
    let holder = lease.pointer("/spec/holderIdentity").and_then(Json::as_str);
    holder.unwrap_or_default().to_owned()
}

impl Lease {
    /// Takes the lease of a name, waiting for whoever has it up to `patience`. `now` gives the time as RFC 3339 with microseconds; `waits`
    /// is called once with who has it.
    ///
    /// # Errors
    /// When kubectl fails, or another still has it.
    pub fn take(
        (programs, target, name): (&Programs, &KubeTarget, &str),
        identity: &RunIdentity,
        patience: Duration,
        now: fn() -> String,
        waits: &mut dyn FnMut(&str),
    ) -> Result<Self, LeaseError> {
        let calls = LeaseCalls {
            programs: programs.clone(),
            target: target.clone(),
            name: name.to_owned(),
            identity: identity.to_string(),
            now,
        };
        let start = Instant::now();
        let mut watched: Option<(String, Instant)> = None;
        let taken_from = loop {
            let found = calls.find()?;
            let who = found.as_ref().map(holder).unwrap_or_default();
            let renewed = found
                .as_ref()
                .and_then(|found| found.pointer("/spec/renewTime"))
                .map(Json::to_string);
            let state = format!("{who} {}", renewed.unwrap_or_default());
            let seconds = found
                .as_ref()
                .and_then(|found| found.pointer("/spec/leaseDurationSeconds")?.as_u64());
            let is_over = watched.as_ref().is_some_and(|(before, since)| {
                *before == state && since.elapsed() > Duration::from_secs(seconds.unwrap_or(30))
            });
            let is_free = who.is_empty() || who == calls.identity || identity.knows_dead(&who) || is_over;
            if is_free {
                if calls.take(found.as_ref())? {
                    break Some(who).filter(|who| !who.is_empty());
                }
                continue;
            }
            if watched.as_ref().is_none_or(|(before, _)| *before != state) {
                if watched.is_none() {
                    waits(&who);
                }
                watched = Some((state, Instant::now()));
            }
            if start.elapsed() >= patience {
                return Err(LeaseError::Held {
                    name: calls.name,
                    holder: who,
                });
            }
            thread::sleep(PAUSE);
        };
        let is_lost = Arc::new(AtomicBool::new(false));
        let (stop, stopped) = mpsc::channel();
        let (renewed, lost) = (calls.clone(), Arc::clone(&is_lost));
        let renewal = thread::spawn(move || {
            let mut last = Instant::now();
            while matches!(stopped.recv_timeout(RENEWAL), Err(mpsc::RecvTimeoutError::Timeout)) {
                match renewed.renew(false) {
                    Ok(true) => last = Instant::now(),
                    Ok(false) => lost.store(true, Ordering::Relaxed),
                    // The cluster may answer again before it is over.
                    Err(_) if last.elapsed() < DURATION => {}
                    Err(_) => lost.store(true, Ordering::Relaxed),
                }
            }
        });
        Ok(Self {
            calls,
            is_lost,
            stop: Some(stop),
            renewal: Some(renewal),
            taken_from,
        })
    }

    /// Whether another may have it by now.
    pub fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(renewal) = self.renewal.take() {
            let _ended = renewal.join();
        }
        // Whoever is next waits until it is over, if this fails.
        let _given_back = self.calls.renew(true);
    }
}
