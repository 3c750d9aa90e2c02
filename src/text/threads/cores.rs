//! How many threads can run at once.

use std::num::NonZero;
use std::sync::LazyLock;
use std::thread;

/// The processor cores that this process may use, at least one. Finding out opens the files of its control group, so it is done once.
pub(super) fn cores() -> usize {
    static CORES: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(1, NonZero::get));
    *CORES
}
