//! Charts in OCI registries, as Helm keeps them there: tags are versions, an archive is a layer, Chart.yaml the configuration.
//!
//! A client of our own, since the crate for it uploads blobs that the registry has, ignores `Link` headers, does not repeat requests
//! and knows neither docker's helpers nor identity tokens.

mod authorization;
mod challenge;
mod chart_config;
mod check;
mod check_writable;
mod copy;
mod delete;
mod manifest;
mod oci_error;
mod package_time;
mod pull;
mod push;
mod reference;
mod registry;
mod tagged;
mod tagged_image;
mod tags;

pub use challenge::Challenge;
pub use chart_config::config_json;
pub use check::TagFault;
pub use copy::CopySource;
pub use manifest::{ChartLayers, Descriptor};
pub use oci_error::OciError;
pub use pull::{PullOptions, PulledChart};
pub use push::{ChartPush, PlannedChart, PushOutcome, PushedChart};
pub use reference::{OciReference, ReferenceError, hex, tag_of, version_of};
pub use registry::{Registry, RegistrySettings};
pub use tagged::TaggedChart;
pub use tagged_image::{ImageOrigin, TaggedImage, created_at};
