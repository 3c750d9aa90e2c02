//! One function over many items, on all cores.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::heap::widen_heap;

/// Stack of a thread that helps; as a rule the caller's own is as large.
const STACK_BYTES: usize = 512 << 20;

/// Applies `work` to all items and returns the results in the order of the items. The calling thread takes part, and
/// does all by itself where there is one core or no other thread to be had.
pub fn map_in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let helpers = cores.min(items.len()).saturating_sub(1);
    if helpers == 0 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(items.len()));
    let run = || {
        let mut mine = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { break };
            mine.push((index, work(item)));
        }
        results.lock().unwrap_or_else(PoisonError::into_inner).append(&mut mine);
    };
    thread::scope(|scope| {
        for _ in 0..helpers {
            let helper = thread::Builder::new().stack_size(STACK_BYTES);
            let started = helper.spawn_scoped(scope, || {
                widen_heap();
                run();
            });
            // Where there are no more threads, those that are do the rest.
            if started.is_err() {
                break;
            }
        }
        run();
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
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
}
