//! One function over many items, on all cores.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::cores::cores;
use super::heap::widen_heap;
use super::stack::STACK_BYTES;
use crate::text::compact_sort::sort_by_key;

thread_local! {
    /// Whether this thread already is one of several that share some work: work that it starts itself stays on it.
    static SHARES_WORK: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is one of several that share some work.
pub(super) fn is_sharing_work() -> bool {
    SHARES_WORK.get()
}

/// Says that this thread is one of several that share some work, or no longer.
pub(super) fn share_work(shares: bool) {
    SHARES_WORK.set(shares);
}

/// Applies `work` to all items and returns the results in the order of the items. The calling thread takes part, and
/// does everything itself if there is only one core, if no other thread can be started, or inside the work of another
/// call.
pub fn map_in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    map_with_state(items, None, || (), |(), item| work(item))
}

/// `map_in_parallel` with a state that every thread makes for itself and keeps, on at most `workers` threads (default:
/// one for each core).
pub fn map_with_state<T: Sync, S, R: Send>(
    items: &[T],
    workers: Option<usize>,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> R + Sync,
) -> Vec<R> {
    map_while(items, workers, state, work, || ()).0
}

/// `map_with_state` while the calling thread first does something else, before it takes part.
pub fn map_while<T: Sync, S, R: Send, M>(
    items: &[T],
    workers: Option<usize>,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> R + Sync,
    meanwhile: impl FnOnce() -> M,
) -> (Vec<R>, M) {
    let workers = workers.unwrap_or_else(cores).min(items.len());
    if workers <= 1 || is_sharing_work() {
        let made = meanwhile();
        let mut state = state();
        return (items.iter().map(|item| work(&mut state, item)).collect(), made);
    }
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(items.len()));
    let run = || {
        share_work(true);
        let mut state = state();
        let mut mine = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { break };
            mine.push((index, work(&mut state, item)));
        }
        results.lock().unwrap_or_else(PoisonError::into_inner).append(&mut mine);
        share_work(false);
    };
    let made = thread::scope(|scope| {
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
        let made = meanwhile();
        run();
        made
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    sort_by_key(&mut results, |(index, _)| *index);
    (results.into_iter().map(|(_, result)| result).collect(), made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        let doubled = map_in_parallel(&items, |item| item * 2);
        assert!(doubled.iter().enumerate().all(|(index, &result)| result == index * 2));
        assert_eq!(doubled.len(), 1000);
        assert!(map_in_parallel(&[], |item: &usize| *item).is_empty());
    }

    #[test]
    fn work_within_work_stays_on_its_thread() {
        let items: Vec<usize> = (0..8).collect();
        let threads = map_with_state(
            &items,
            Some(3),
            || (),
            |(), _| {
                let inner = map_in_parallel(&items, |_| thread::current().id());
                inner.iter().all(|&id| id == thread::current().id())
            },
        );
        assert!(threads.iter().all(|&stays| stays));
    }
}
