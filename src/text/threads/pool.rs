//! Threads that keep a state each while the calling one hands out work, batch by batch.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::cores::cores;
use super::heap::widen_heap;
use super::map::{is_sharing_work, share_work};
use super::stack::STACK_BYTES;
use crate::text::compact_sort::sort_by_key;

/// What hands a batch to the threads, and returns the results in its order.
pub type Batch<'b, T, R> = &'b mut dyn FnMut(Vec<T>) -> Vec<R>;

/// Runs `main`, which may hand out any number of batches. Every thread makes a state for itself when it begins. Everything stays on the
/// calling thread if there is one core, if no other thread can be started, or inside the work of another call.
pub fn with_pool<T: Send, S, R: Send, O>(
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, T) -> R + Sync,
    main: impl FnOnce(Batch<'_, T, R>) -> O,
) -> O {
    let workers = if is_sharing_work() { 1 } else { cores() };
    let (jobs, waiting) = channel::<(usize, T)>();
    let waiting = Mutex::new(waiting);
    let (done, results) = channel();
    let run = |done: Sender<Option<(usize, R)>>| {
        share_work(true);
        let mut state = state();
        while let Some((index, item)) = next_job(&waiting) {
            let mut result = Answer {
                done: &done,
                made: None,
            };
            result.made = Some((index, work(&mut state, item)));
        }
    };
    let run = &run;
    thread::scope(|scope| {
        let mut started = 0;
        for _ in 0..workers {
            let done = done.clone();
            let worker = thread::Builder::new().stack_size(STACK_BYTES);
            let is_started = workers > 1
                && worker
                    .spawn_scoped(scope, move || {
                        widen_heap();
                        run(done);
                    })
                    .is_ok();
            if !is_started {
                break;
            }
            started += 1;
        }
        drop(done);
        if started == 0 {
            let mut own = state();
            return main(&mut |items| items.into_iter().map(|item| work(&mut own, item)).collect());
        }
        // The threads end when there can be no more jobs.
        let jobs = jobs;
        main(&mut |items| {
            let sent = items
                .into_iter()
                .enumerate()
                .filter_map(|job| jobs.send(job).ok())
                .count();
            let mut made = Vec::with_capacity(sent);
            while made.len() < sent {
                // A thread that panics has no result; the panic goes on when the threads are joined.
                let Ok(Some(result)) = results.recv() else { break };
                made.push(result);
            }
            sort_by_key(&mut made, |(index, _)| *index);
            made.into_iter().map(|(_, result)| result).collect()
        })
    })
}

fn next_job<T>(waiting: &Mutex<Receiver<T>>) -> Option<T> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Sends a result when it is dropped, also while its thread panics: nothing waits for what never comes.
struct Answer<'d, R> {
    done: &'d Sender<Option<R>>,
    made: Option<R>,
}

impl<R> Drop for Answer<'_, R> {
    fn drop(&mut self) {
        // The work may have been given up.
        drop(self.done.send(self.made.take()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_come_back_in_order_and_threads_keep_their_state() {
        let sums = with_pool(
            || 0_usize,
            |calls, item: usize| {
                *calls += 1;
                (item * 2, *calls)
            },
            |batch| {
                let first = batch((0..100).collect());
                let second = batch(vec![7]);
                assert!(batch(Vec::new()).is_empty());
                first.into_iter().chain(second).collect::<Vec<_>>()
            },
        );
        let expected = (0..100).chain([7]).map(|item| item * 2);
        assert_eq!(
            sums.iter().map(|(doubled, _)| *doubled).collect::<Vec<_>>(),
            expected.collect::<Vec<_>>()
        );
        let most = sums.iter().map(|(_, calls)| *calls).max().unwrap();
        assert!(most > 1, "a state is for more than one item");
    }

    #[test]
    fn a_panic_is_passed_on() {
        let run = || {
            with_pool(
                || (),
                |(), item: usize| {
                    assert!(item != 3, "three");
                    item
                },
                |batch| batch((0..10).collect()).len(),
            )
        };
        assert!(std::panic::catch_unwind(run).is_err());
    }
}
