//! The heap of a thread.

use std::hint::black_box;

/// Above glibc's default limit for blocks that get a mapping of their own, and below the highest value to which glibc
/// raises that limit.
const MAPPED_BLOCK: usize = 31 << 20;
/// The size to which a thread's heap is grown at once; pages are only made when something is written to them.
const HEAP: usize = 28 << 20;

/// Grows the heap of the calling thread in one step.
///
/// glibc grows the heap of every thread but the first by one page at a time, a system call each: some hundreds to render
/// a chart. It keeps what was grown, though, once a larger block has been mapped and freed, which raises the size
/// from which it gives memory back. Other allocators see two blocks come and go.
pub fn widen_heap() {
    drop(black_box(Vec::<u8>::with_capacity(MAPPED_BLOCK)));
    drop(black_box(Vec::<u8>::with_capacity(HEAP)));
}
