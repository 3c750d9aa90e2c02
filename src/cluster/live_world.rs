//! The world that templates see when they are rendered for a cluster: the clock and random numbers of the machine, and what the cluster has
//! for `lookup`.

use super::live::LiveCluster;
use crate::engine::template::{LookedUp, Tolerated, World};

/// A world with a cluster.
pub struct LiveWorld<'w, 'p> {
    /// The rest of the world.
    pub plain: Box<dyn World + 'w>,
    /// The cluster.
    pub cluster: &'w LiveCluster<'p>,
}

impl World for LiveWorld<'_, '_> {
    fn now_unix_nanos(&self) -> i128 {
        self.plain.now_unix_nanos()
    }

    fn fill_random(&mut self, bytes: &mut [u8]) {
        self.plain.fill_random(bytes);
    }

    fn is_throwaway(&self) -> bool {
        self.plain.is_throwaway()
    }

    fn record(&mut self, failure: Tolerated) {
        self.plain.record(failure);
    }

    fn local_zone(&self) -> &str {
        self.plain.local_zone()
    }

    fn lookup(&mut self, wanted: &LookedUp<'_>) -> Result<Option<Vec<u8>>, String> {
        self.cluster.lookup(wanted)
    }
}
