//! Stores in this process keep the contract.

use std::sync::Arc;

use crate::artifact::network::{RetryPolicy, TestClock};

use super::contract_suite::contract;
use super::memory::MemoryStore;
use super::{DiskStore, RetryingStore};

#[test]
fn memory_keeps_the_contract() {
    contract(&mut MemoryStore::default());
}

#[test]
fn a_directory_keeps_the_contract() {
    let directory = tempfile::tempdir().unwrap();
    contract(&mut DiskStore::new(&directory.path().join("new")));
}

#[test]
fn a_store_that_is_asked_again_keeps_the_contract() {
    let clock = Arc::new(TestClock::default());
    contract(&mut RetryingStore::new(
        MemoryStore::default(),
        RetryPolicy::default(),
        clock,
    ));
}
