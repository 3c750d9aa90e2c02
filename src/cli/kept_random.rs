//! Random numbers of the operating system, fetched for many requests at once: a call of the system for each character of a password, or of a
//! text that is shuffled, takes longer than all that is done with it.

/// Bytes that are fetched at once.
const FETCHED: usize = 1024;

/// Random bytes that nothing was made of yet. Each is given out once, and is zero afterwards.
pub(super) struct KeptRandom {
    bytes: [u8; FETCHED],
    /// How many of them are used, from the start.
    used: usize,
}

impl Default for KeptRandom {
    /// None are kept.
    fn default() -> Self {
        Self {
            bytes: [0; FETCHED],
            used: FETCHED,
        }
    }
}

impl KeptRandom {
    /// Fills a request with bytes that are kept; `fetch` fills what it is given with others.
    pub(super) fn fill(&mut self, request: &mut [u8], fetch: impl Fn(&mut [u8])) {
        if request.len() > FETCHED / 4 {
            fetch(request);
            return;
        }
        if request.len() > FETCHED - self.used {
            fetch(&mut self.bytes);
            self.used = 0;
        }
        let unused = self.bytes.get_mut(self.used..).unwrap_or_default();
        self.used += request.len();
        for (byte, kept) in request.iter_mut().zip(unused) {
            *byte = std::mem::take(kept);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn each_byte_is_given_out_once() {
        let (next, calls) = (Cell::new(0_u32), Cell::new(0));
        // Bytes in pairs that number them.
        let fetch = |bytes: &mut [u8]| {
            calls.set(calls.get() + 1);
            for pair in bytes.chunks_mut(2) {
                next.set(next.get() + 1);
                pair.copy_from_slice(&next.get().to_be_bytes()[2..][..pair.len()]);
            }
        };
        let mut kept = KeptRandom::default();
        let mut seen = std::collections::HashSet::new();
        for size in [2, 8, 64, 256, 258, 2000, 2].into_iter().cycle().take(70) {
            let mut request = vec![0; size];
            kept.fill(&mut request, fetch);
            for pair in request.chunks(2) {
                assert!(
                    seen.insert(pair.to_vec()),
                    "{pair:?} of a request of {size} is there twice"
                );
            }
        }
        assert!(!seen.contains(&vec![0, 0]));
        assert!(kept.bytes[..kept.used].iter().all(|byte| *byte == 0));
        // Twenty large ones, and one for each kibibyte of the small ones.
        assert!(calls.get() < 30, "{}", calls.get());
    }
}
