//! The world that templates see: the clock at an instant, and random numbers of the caller.

use std::cell::Cell;

use crate::engine::template::World;

/// When reproducible renderings take place: 2000-01-01T00:00:00Z, in nanoseconds since 1970.
pub const REPRODUCIBLE_NANOS: i128 = 946_684_800_000_000_000;

/// Where reproducible random numbers begin.
const SEED: u64 = 0x6368_6172_7477_7267;

/// Random numbers that are the same in every run: nothing made of them is a secret. They differ from each other, since functions that reject
/// some of them ask until they get others.
pub fn reproducible_bytes() -> impl FnMut(&mut [u8]) {
    let mut state = SEED;
    move |bytes| {
        for byte in bytes {
            *byte = split_mix(&mut state).to_be_bytes()[0];
        }
    }
}

/// The generator `SplitMix64`.
const fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A clock that advances one nanosecond per reading (no two calls of `now` are equal in Helm), and random numbers from the
/// caller, drawn when they are needed.
pub struct FixedClock<R: FnMut(&mut [u8])> {
    now_unix_nanos: i128,
    asked: Cell<u32>,
    random: R,
    zone: String,
    is_throwaway: bool,
}

impl<R: FnMut(&mut [u8])> FixedClock<R> {
    /// A world at one instant.
    pub const fn new(now_unix_nanos: i128, random: R) -> Self {
        Self {
            now_unix_nanos,
            asked: Cell::new(0),
            random,
            zone: String::new(),
            is_throwaway: false,
        }
    }

    /// The same world for renderings that are only checked: keys are made once.
    #[must_use]
    pub fn for_checks(mut self) -> Self {
        self.is_throwaway = true;
        self
    }

    /// The same world in a time zone, by its IANA name.
    #[must_use]
    pub fn in_zone(mut self, zone: String) -> Self {
        self.zone = zone;
        self
    }
}

impl<R: FnMut(&mut [u8])> World for FixedClock<R> {
    fn is_throwaway(&self) -> bool {
        self.is_throwaway
    }

    fn local_zone(&self) -> &str {
        if self.zone.is_empty() { "UTC" } else { &self.zone }
    }

    fn now_unix_nanos(&self) -> i128 {
        let asked = self.asked.get();
        self.asked.set(asked + 1);
        self.now_unix_nanos + i128::from(asked)
    }

    fn fill_random(&mut self, bytes: &mut [u8]) {
        (self.random)(bytes);
    }
}
