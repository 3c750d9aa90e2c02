//! The manual: a page for each command, from the same definitions as its help.
//!
//! In: the program's `clap::Command` with its help. Out: [`Page`]s, in roff for `man` and in Markdown for `docs/commands`.

#[cfg(test)]
mod markdown;
#[cfg(test)]
mod documentation_tests;
mod page;
mod roff;

pub(super) use page::{Page, pages};
pub(super) use roff::roff;
