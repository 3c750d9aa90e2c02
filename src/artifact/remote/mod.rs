//! Charts of other repositories, by their URL: the versions they offer, and their archives.

mod archive_cache;
mod chart_name;
mod chart_source;
mod choose_version;
mod connections;
mod maintain;
mod named_repositories;
mod once_map;
mod publish_targets;
mod ref_pattern;
mod registry_charts;
mod registry_push;
mod remote_chart;
mod remote_charts;
mod remote_settings;
mod resolve_url;
mod stored_repository;
mod unpack;
mod unused_login;
mod upload;

pub use archive_cache::ArchiveCache;
pub use chart_name::{ChartNameError, ChartPlace, RemoteName, find_place};
pub use chart_source::{ChartSource, FetchedChart, ListedVersion, SourceError};
pub use maintain::{CopyVersion, MaintainRemoteError};
pub use named_repositories::{Destination, NamedRepositories, NamedRepository, NoDestination};
pub use publish_targets::{
    IndexedTarget, PublishTarget, PublishTargetError, RefusedTarget, TargetAddressError, TargetOutcome, TargetsRequest,
    publish_to_targets,
};
pub use ref_pattern::{RefPattern, RefPatternError, RefRules};
pub use registry_push::{RegistryPush, RegistryPushError};
pub use remote_chart::{ChartRequest, RemoteChart, SignatureError, remote_chart};
pub use remote_charts::RemoteCharts;
pub use remote_settings::{RemoteLimits, RemoteSettings, UploadLogin, UploadLoginError};
pub use resolve_url::percent_decoded;
pub use unpack::{UnpackError, unpack};
pub use unused_login::{UnusedLogin, check_login_is_used};
pub use upload::{
    Comparison, HttpAddressError, HttpPush, HttpRepository, UnknownApi, UploadApi, UploadError, compare_with_repository,
};
