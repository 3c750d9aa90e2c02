//! A store in memory, for tests, with faults that can be switched on: each affects one call, in order.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use crate::artifact::network::Verdict;

use super::store_error::{StoreError, StoreFailure};
use super::{ListedObject, PutOutcome, Store, Versioned, is_hidden};

/// What goes wrong with one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Fault {
    /// Nothing: the call works.
    None,
    /// The store is busy; nothing is done.
    Busy,
    /// A write is done, but the answer is lost.
    LostAnswer,
    /// The store refuses for good.
    Denied,
    /// The bucket does not exist.
    NoBucket,
    /// Another writer is faster: the object changes before the call.
    Overtaken,
    /// The object is removed before the call.
    Vanishes,
    /// A read finds nothing although there is an object.
    Unseen,
}

/// Objects in memory.
#[derive(Debug, Default)]
pub(in super::super) struct MemoryStore {
    objects: BTreeMap<String, (Vec<u8>, usize)>,
    faults: VecDeque<Fault>,
    calls: Rc<Cell<usize>>,
    versions: usize,
}

impl MemoryStore {
    pub(in super::super) fn with_faults(faults: &[Fault]) -> Self {
        Self {
            faults: faults.iter().copied().collect(),
            ..Self::default()
        }
    }

    /// Sets an object, whatever it was before.
    pub(in super::super) fn insert(&mut self, name: &str, bytes: &[u8]) {
        self.versions += 1;
        self.objects.insert(name.to_owned(), (bytes.to_vec(), self.versions));
    }

    /// The content of an object.
    pub(in super::super) fn object(&self, name: &str) -> Option<&[u8]> {
        self.objects.get(name).map(|(bytes, _)| bytes.as_slice())
    }

    /// A counter of the calls, which outlives the store.
    pub(in super::super) fn calls(&self) -> Rc<Cell<usize>> {
        Rc::clone(&self.calls)
    }

    /// Counts a call and takes the next fault for it.
    fn begin(&mut self, method: &'static str, name: &str) -> Result<Fault, StoreError> {
        self.calls.set(self.calls.get() + 1);
        let fault = self.faults.pop_front().unwrap_or(Fault::None);
        let failure = match fault {
            Fault::Busy => busy(),
            Fault::Denied => StoreFailure::Answer {
                status: 403,
                code: "AccessDenied".to_owned(),
                message: String::new(),
                verdict: Verdict::Final,
            },
            Fault::NoBucket => StoreFailure::NoBucket,
            Fault::Overtaken => {
                let changed = self.object(name).map_or_else(Vec::new, <[u8]>::to_vec);
                self.insert(name, &changed);
                return Ok(fault);
            }
            Fault::Vanishes => {
                self.objects.remove(name);
                return Ok(fault);
            }
            Fault::None | Fault::LostAnswer | Fault::Unseen => return Ok(fault),
        };
        Err(error(method, name, failure))
    }

    fn put(&mut self, name: &str, bytes: &[u8], expected: Option<&str>) -> Result<PutOutcome, StoreError> {
        let fault = self.begin("PUT", name)?;
        let version = self.objects.get(name).map(|(_, version)| version.to_string());
        if version.as_deref() != expected {
            return Ok(PutOutcome::Conflict);
        }
        self.insert(name, bytes);
        if fault == Fault::LostAnswer {
            return Err(error("PUT", name, busy()));
        }
        Ok(PutOutcome::Written)
    }
}

fn busy() -> StoreFailure {
    StoreFailure::Transport {
        message: "connection reset".to_owned(),
        verdict: Verdict::Retry(None),
    }
}

fn error(method: &'static str, name: &str, failure: StoreFailure) -> StoreError {
    StoreError {
        method,
        place: format!("memory:{name}"),
        attempts: 1,
        failure,
    }
}

impl Store for MemoryStore {
    fn get(&mut self, name: &str) -> Result<Option<Versioned>, StoreError> {
        let fault = self.begin("GET", name)?;
        let found = self.objects.get(name).filter(|_| fault != Fault::Unseen);
        Ok(found.map(|(bytes, version)| Versioned {
            bytes: bytes.clone(),
            version: version.to_string(),
        }))
    }

    fn put_if_absent(&mut self, name: &str, bytes: &[u8]) -> Result<PutOutcome, StoreError> {
        self.put(name, bytes, None)
    }

    fn put_if_version(&mut self, name: &str, bytes: &[u8], version: &str) -> Result<PutOutcome, StoreError> {
        self.put(name, bytes, Some(version))
    }

    fn list(&mut self, prefix: &str) -> Result<Vec<ListedObject>, StoreError> {
        self.begin("LIST", prefix)?;
        let names = self
            .objects
            .iter()
            .filter(|(name, _)| name.starts_with(prefix) && !is_hidden(name));
        Ok(names
            .map(|(name, (bytes, _))| ListedObject {
                name: name.clone(),
                size: bytes.len() as u64,
            })
            .collect())
    }

    fn delete(&mut self, name: &str, version: &str) -> Result<PutOutcome, StoreError> {
        let fault = self.begin("DELETE", name)?;
        if self
            .objects
            .get(name)
            .map(|(_, version)| version.to_string())
            .as_deref()
            != Some(version)
        {
            return Ok(PutOutcome::Conflict);
        }
        self.objects.remove(name);
        if fault == Fault::LostAnswer {
            return Err(error("DELETE", name, busy()));
        }
        Ok(PutOutcome::Written)
    }

    fn check_writable(&mut self) -> Result<(), StoreError> {
        self.begin("PUT", "").map(drop)
    }
}
