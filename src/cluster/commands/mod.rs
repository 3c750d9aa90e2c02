//! The commands that are run for environments, as `KubeCD` runs them: programs and their arguments. Nothing is run here.

mod address;
mod credentials;
mod expand;
mod kube_context;
mod releases;
mod repositories;

pub use address::{AddressError, describe_address};
pub use credentials::{Access, ClusterNames};
pub use kube_context::{UnknownContextError, names_of_context, set_context, use_context, view_kubeconfig};
pub use releases::{HelmGeneration, UpgradeOptions, apply_as_helm_dry, apply_manifests, upgrade};
pub use repositories::{RepositoryError, SetUp, set_up_repositories};
