//! Environments: what runs where, from `KubeCD`'s files or from an application chart's values files, as one model.

mod application_chart;
mod copy_versions;
mod declared_place;
mod fields;
mod find;
#[cfg(test)]
mod kubecd_tests;
mod kubecd;
mod kubecd_rollout;
mod live_images;
mod load;
mod missing_keys;
mod model;
mod move_image;
mod newer;
mod newer_charts;
mod promote;
mod given_values;
mod requirement;
mod running;
mod shared_files;
mod shown_values;
mod status;
mod strategy;
mod values;

pub use application_chart::{ChartEnvironment, USUAL_NAMES, environments_of_files, usual_order};
pub use copy_versions::{CopiedChartUpdate, Copying};
pub use find::{EnvironmentsPlace, FindEnvironmentsError};
pub use given_values::{AddressOf, given_values};
pub use live_images::{Adoption, LiveImage, PlannedAdoption};
pub use load::{ENVIRONMENTS_FILE, LoadEnvironmentsError};
pub use missing_keys::{MissingKey, missing_keys};
pub use model::{
    ChartRepository, Cluster, Deploys, Environment, Environments, GkeLocation, Policy, Provider, Release, UnknownName,
};
pub use newer::{EnvironmentPoll, Newer, PolledEnvironments, PolledRelease};
pub use newer_charts::chart_address;
pub use promote::{PlannedPromotion, Promotion, RollbackError, commit_before};
pub use requirement::{Requirement, RequirementKeys, Versioned};
pub use running::{Running, running};
pub use shown_values::{ShownSource, ShownValue, shown_values};
pub use status::{Lag, StatusRow, status};
pub use strategy::{BlueGreen, Canary, Strategy, StrategyKeys, canary_name};
pub use values::ValuesError;
