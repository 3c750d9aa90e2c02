//! Work done on another thread while its inputs are still being made.

use std::collections::VecDeque;
use std::panic::resume_unwind;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::cores::cores;
use super::heap::widen_heap;
use super::stack::STACK_BYTES;
use crate::text::compact_sort::sort_by_key;

/// One function over items that come one by one. Once [`Ahead::start`] has been called, and if there is a second core,
/// a second thread works on them as they arrive; the first thread helps after the last one.
pub struct Ahead<T, R> {
    shared: Arc<Shared<T, R>>,
    added: usize,
    helper: Option<JoinHandle<()>>,
}

struct Shared<T, R> {
    work: Box<dyn Fn(T) -> R + Send + Sync>,
    queue: Mutex<Queue<T>>,
    changed: Condvar,
    results: Mutex<Vec<(usize, R)>>,
}

struct Queue<T> {
    items: VecDeque<(usize, T)>,
    is_complete: bool,
}

impl<T: Send + 'static, R: Send + 'static> Ahead<T, R> {
    /// No items yet, and no second thread.
    pub fn new(work: impl Fn(T) -> R + Send + Sync + 'static) -> Self {
        let queue = Queue {
            items: VecDeque::new(),
            is_complete: false,
        };
        Self {
            shared: Arc::new(Shared {
                work: Box::new(work),
                queue: Mutex::new(queue),
                changed: Condvar::new(),
                results: Mutex::new(Vec::new()),
            }),
            added: 0,
            helper: None,
        }
    }

    /// Starts the second thread, the first time it is called.
    pub fn start(&mut self) {
        if self.helper.is_some() || cores() < 2 {
            return;
        }
        let shared = Arc::clone(&self.shared);
        let run = move || {
            widen_heap();
            while let Some((index, item)) = shared.wait_for_item() {
                shared.work_on(index, item);
            }
        };
        // Without another thread, the first does all the work.
        self.helper = thread::Builder::new().stack_size(STACK_BYTES).spawn(run).ok();
    }

    /// One more item.
    pub fn add(&mut self, item: T) {
        self.shared.queue().items.push_back((self.added, item));
        self.added += 1;
        self.shared.changed.notify_one();
    }

    /// The results, in the order of the items.
    pub fn finish(mut self) -> Vec<R> {
        self.shared.complete();
        loop {
            // The lock is not held while working.
            let next = self.shared.queue().items.pop_front();
            let Some((index, item)) = next else { break };
            self.shared.work_on(index, item);
        }
        if let Some(helper) = self.helper.take()
            && let Err(panic) = helper.join()
        {
            resume_unwind(panic);
        }
        let mut results = std::mem::take(&mut *self.shared.results());
        sort_by_key(&mut results, |(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }
}

impl<T, R> Shared<T, R> {
    fn queue(&self) -> MutexGuard<'_, Queue<T>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn results(&self) -> MutexGuard<'_, Vec<(usize, R)>> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn complete(&self) {
        self.queue().is_complete = true;
        self.changed.notify_all();
    }

    fn wait_for_item(&self) -> Option<(usize, T)> {
        let mut queue = self.queue();
        loop {
            if let Some(item) = queue.items.pop_front() {
                return Some(item);
            }
            if queue.is_complete {
                return None;
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn work_on(&self, index: usize, item: T) {
        let result = (self.work)(item);
        self.results().push((index, result));
    }
}

impl<T, R> Drop for Ahead<T, R> {
    /// Lets the second thread end when the items are not wanted any more.
    fn drop(&mut self) {
        self.shared.queue().items.clear();
        self.shared.complete();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_items() {
        for starts_at in [0, 500, usize::MAX] {
            let mut ahead = Ahead::new(|item: usize| item * 2);
            for item in 0..1000 {
                if item == starts_at {
                    ahead.start();
                }
                ahead.add(item);
            }
            let expected: Vec<usize> = (0..1000).map(|item| item * 2).collect();
            assert_eq!(ahead.finish(), expected);
        }
    }

    #[test]
    fn unfinished_work_ends() {
        let mut ahead = Ahead::new(|item: u8| item);
        ahead.start();
        ahead.add(1);
        let helper = ahead.helper.take();
        drop(ahead);
        if let Some(helper) = helper {
            helper.join().expect("the helper ends without a panic");
        }
    }
}
