//! The first of many items that fits, sought on all cores.

use std::iter::Enumerate;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use super::cores::cores;
use super::heap::widen_heap;
use super::map::is_sharing_work;
use super::stack::STACK_BYTES;

/// What the threads share: the items that no thread has looked at yet, and the first that fits so far with its place.
struct Search<I: Iterator> {
    items: Enumerate<I>,
    found: Option<(usize, I::Item)>,
}

impl<I: Iterator> Search<I> {
    /// The next item, unless one that fits was found. Items before it are with other threads by then.
    fn next(&mut self) -> Option<(usize, I::Item)> {
        if self.found.is_some() { None } else { self.items.next() }
    }

    fn add(&mut self, index: usize, item: I::Item) {
        if self.found.as_ref().is_none_or(|&(first, _)| index < first) {
            self.found = Some((index, item));
        }
    }
}

/// The first item that `fits`: the same as one thread finds, since every item before it is looked at. Stays on the calling thread
/// inside the work of [`super::map_in_parallel`].
pub fn find_in_parallel<I: Iterator + Send>(items: I, fits: impl Fn(&I::Item) -> bool + Sync) -> Option<I::Item>
where
    I::Item: Send,
{
    let workers = if is_sharing_work() { 1 } else { cores() };
    let search = Mutex::new(Search {
        items: items.enumerate(),
        found: None,
    });
    let locked = || -> MutexGuard<'_, Search<I>> { search.lock().unwrap_or_else(PoisonError::into_inner) };
    let run = || {
        loop {
            // The lock is not held while an item is looked at.
            let next = locked().next();
            let Some((index, item)) = next else { break };
            if fits(&item) {
                locked().add(index, item);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..workers {
            let helper = thread::Builder::new().stack_size(STACK_BYTES);
            let started = helper.spawn_scoped(scope, || {
                widen_heap();
                run();
            });
            // When the system gives no more threads, the existing ones do the rest.
            if started.is_err() {
                break;
            }
        }
        run();
    });
    let search = search.into_inner().unwrap_or_else(PoisonError::into_inner);
    search.found.map(|(_, item)| item)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_first_is_found_even_if_it_takes_longest() {
        for first in [0, 1, 7, 100] {
            let fits = |item: &u64| {
                if *item == first {
                    thread::sleep(Duration::from_millis(5));
                }
                *item >= first
            };
            assert_eq!(find_in_parallel(0..1_000, fits), Some(first));
        }
        assert_eq!(find_in_parallel(0..1_000, |_| false), None);
    }
}
