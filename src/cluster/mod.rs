//! What runs: the clusters of environments, what is in them, and how it gets there and back. Helm, kubectl and the programs of cloud
//! providers are the user's own and are run as programs.

pub mod program;
pub mod target;
pub mod commands;
pub mod addresses;
pub mod contexts;

#[cfg(test)]
mod kubecd_tests;
#[cfg(test)]
mod test_environments;
