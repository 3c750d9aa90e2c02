//! Work on several cores, and settings for threads of the C library's allocator.

mod cores;
mod find;
mod heap;
mod stack;
mod map;
mod pool;
mod ahead;

pub use ahead::Ahead;
pub use find::find_in_parallel;
pub use heap::widen_heap;
pub use map::{map_in_parallel, map_while, map_with_state};
pub use pool::{Batch, with_pool};
pub use stack::{STACK_BYTES, on_large_stack};
