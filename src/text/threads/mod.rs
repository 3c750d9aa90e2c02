//! Work on several cores, and what the allocator of the C library needs to be told about threads.

mod ahead;
mod heap;
mod map;

pub use ahead::Ahead;
pub use heap::widen_heap;
pub use map::{map_in_parallel, map_while, map_with_state};
