//! `--allow-links`: whether links may lead out of a chart.

use clap::Args;

use crate::engine::chart::LinkPolicy;

#[derive(Debug, Clone, Copy, Args)]
pub(super) struct LinkFlags {
    /// Follow symbolic links that lead out of the directory of a chart, or of one with manifests, as Helm does. Whoever may change the
    /// directory may then read, and publish, any file that this command can read.
    #[arg(long)]
    allow_links: bool,
}

impl LinkFlags {
    /// Whether they may.
    pub(super) const fn policy(self) -> LinkPolicy {
        if self.allow_links {
            LinkPolicy::Follow
        } else {
            LinkPolicy::StayInside
        }
    }
}
