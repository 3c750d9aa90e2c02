//! Packages to several repositories and registries in one go: the one place that decides what is published where.
//!
//! In: addresses and packages. Out: what was done in each of them. All are compared with all packages first; then each is asked
//! whether it can be written to; only then is anything written, in the order of the addresses.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use crate::artifact::oci::{OciReference, ReferenceError};
use crate::artifact::repository::store::S3Options;
use crate::artifact::repository::{
    ArchivePlace, Existing, GitRef, Item, Location, LocationError, PreparedRepository, PublishPackagesError,
    PublishRequest, Published, RepositorySettings,
};
use crate::text::ordered::CollectOrdered as _;

use crate::engine::chart::ArchiveNameError;

use super::registry_push::{RegistryPush, RegistryPushError};
use super::remote_charts::RemoteCharts;
use super::upload::{HttpAddressError, HttpPush, HttpRepository, UploadApi, UploadError};

/// Where packages are published. A further kind of server needs a variant here, one in [`PublishTargetError`] and one in `Prepared`,
/// which compares, checks and writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublishTarget {
    /// A repository with an index that we write.
    Indexed(IndexedTarget),
    /// A path in a registry, below which each chart is.
    Registry(OciReference),
    /// A server over HTTP, which keeps the index itself.
    Server(HttpRepository),
}

/// A repository with an index that we write: a directory or a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedTarget {
    /// Its address.
    pub location: Location,
    /// The names that new archives get in it.
    pub place: ArchivePlace,
    /// How its objects are kept, if it is in S3.
    pub s3: S3Options,
}

impl IndexedTarget {
    /// Settings with the options of this repository.
    pub fn settings(&self, stores: &RepositorySettings) -> RepositorySettings {
        RepositorySettings {
            s3: stores.s3.clone().with_options(&self.s3),
            ..stores.clone()
        }
    }
}

/// A text that is not the address of something to publish to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetAddressError {
    /// Of a repository.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// Of a registry.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// Of a server over HTTP.
    #[error(transparent)]
    Http(#[from] HttpAddressError),
}

/// Why packages are not published to one of the targets.
#[derive(Debug, thiserror::Error)]
pub enum PublishTargetError {
    /// A repository does not accept them, or fails.
    #[error(transparent)]
    Indexed(Box<PublishPackagesError>),
    /// A registry does not accept them, or fails.
    #[error(transparent)]
    Registry(#[from] RegistryPushError),
    /// A server over HTTP does not accept them, or fails.
    #[error(transparent)]
    Server(#[from] UploadError),
    /// A package has a name that not every client can save.
    #[error(transparent)]
    Name(#[from] ArchiveNameError),
}

impl From<PublishPackagesError> for PublishTargetError {
    fn from(error: PublishPackagesError) -> Self {
        Self::Indexed(Box::new(error))
    }
}

/// A target that refused packages before anything was written anywhere.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct RefusedTarget {
    /// The target.
    pub target: PublishTarget,
    /// Why.
    #[source]
    pub error: PublishTargetError,
}

/// What to publish, where, and how.
#[derive(Debug, Clone, Copy)]
pub struct TargetsRequest<'r> {
    /// The repositories and registries.
    pub targets: &'r [PublishTarget],
    /// The packages.
    pub items: &'r [Item],
    /// What happens to versions that exist with other content.
    pub existing: Existing,
    /// Whether only the comparison is made.
    pub is_dry_run: bool,
}

/// What was done in one of the targets.
#[derive(Debug)]
pub struct TargetOutcome {
    /// The target.
    pub target: PublishTarget,
    /// What was done with the packages, in their order; fewer than those if it failed. An index lists all packages or none.
    pub published: Vec<Published>,
    /// What ended it.
    pub error: Option<PublishTargetError>,
}

/// A target that was compared with all packages.
enum Prepared<'c> {
    Indexed(PreparedRepository),
    Registry(RegistryPush),
    Server(Box<HttpPush<'c>>),
}

impl PublishTarget {
    /// Reads an address: `oci://host/path`, `https://host/path`, `s3://bucket/prefix`, `gs://bucket/prefix`, or `file://directory`, where a relative
    /// directory is relative to `base`.
    ///
    /// # Errors
    /// When it is not such an address.
    pub fn parse(text: &str, base: &Path) -> Result<Self, TargetAddressError> {
        Ok(if text.starts_with("oci://") {
            Self::Registry(OciReference::parse(text)?)
        } else if HttpRepository::is_http(text) {
            Self::Server(HttpRepository::parse(text)?)
        } else {
            Self::Indexed(IndexedTarget {
                location: Location::parse(text, base)?,
                place: ArchivePlace::default(),
                s3: S3Options::default(),
            })
        })
    }

    /// The address with what may be credentials, to be sent to that server only.
    pub(super) fn full_address(&self) -> String {
        match self {
            Self::Server(repository) => repository.address().to_owned(),
            target => target.to_string(),
        }
    }

    /// The same for charts that are built from a branch or tag.
    #[must_use]
    pub fn built_from(mut self, git_ref: Option<&GitRef>) -> Self {
        if let Self::Indexed(target) = &mut self {
            target.place.git_ref = git_ref.cloned();
        }
        self
    }

    /// Whether Helm's and docker's files with logins are needed to publish there.
    pub const fn needs_logins(&self) -> bool {
        matches!(self, Self::Registry(_) | Self::Server(_))
    }

    /// The same, where a server over HTTP is the named one; other targets stay as they are.
    #[must_use]
    pub fn with_api(self, api: Option<UploadApi>) -> Self {
        match self {
            Self::Server(repository) => Self::Server(repository.with_api(api)),
            target => target,
        }
    }
}

impl fmt::Display for PublishTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Indexed(target) => target.location.fmt(f),
            Self::Registry(below) => below.fmt(f),
            Self::Server(repository) => repository.fmt(f),
        }
    }
}

impl<'c> Prepared<'c> {
    fn compare(
        charts: &'c RemoteCharts,
        target: &PublishTarget,
        request: TargetsRequest<'_>,
    ) -> Result<Self, PublishTargetError> {
        Ok(match target {
            PublishTarget::Indexed(target) => {
                let is_alone = request.targets.len() == 1;
                let stores = target.settings(&charts.settings.stores);
                let request = request.to_indexed(&target.place);
                let prepared = PreparedRepository::compare(&target.location, request, is_alone, &stores)?;
                Self::Indexed(prepared)
            }
            PublishTarget::Registry(below) => {
                check_login_is_for_one(charts, request.targets)?;
                Self::Registry(RegistryPush::compare(charts, below, request.items, request.existing)?)
            }
            PublishTarget::Server(repository) => {
                request.items.iter().try_for_each(Item::check_name)?;
                check_login_is_for_one(charts, request.targets)?;
                let push = HttpPush::compare(charts, repository, request.items, request.existing)?;
                Self::Server(Box::new(push))
            }
        })
    }

    fn check_writable(&mut self, items: &[Item]) -> Result<(), PublishTargetError> {
        match self {
            Self::Indexed(repository) => repository.check_writable()?,
            Self::Registry(push) => push.check_writable()?,
            Self::Server(push) => push.check_writable(items)?,
        }
        Ok(())
    }

    fn steps(&self) -> Vec<Published> {
        match self {
            Self::Indexed(repository) => repository.steps().to_vec(),
            Self::Registry(push) => push.steps(),
            Self::Server(push) => push.steps(),
        }
    }

    fn carry_out(
        self,
        charts: &RemoteCharts,
        items: &[Item],
        now: &str,
    ) -> (Vec<Published>, Option<PublishTargetError>) {
        match self {
            Self::Indexed(repository) => match repository.carry_out(items, &charts.settings.stores, now) {
                Ok(published) => (published, None),
                Err(error) => (Vec::new(), Some(error.into())),
            },
            Self::Registry(push) => {
                let (published, error) = push.carry_out(items);
                (published, error.map(PublishTargetError::from))
            }
            Self::Server(push) => {
                let (published, error) = push.carry_out(items);
                (published, error.map(PublishTargetError::from))
            }
        }
    }
}

/// A login that is not kept with one server is not sent to several: that of flags goes to registries and servers, that of the
/// environment to servers.
fn check_login_is_for_one(charts: &RemoteCharts, targets: &[PublishTarget]) -> Result<(), UploadError> {
    let settings = &charts.settings;
    let has_flags = settings.login.is_some();
    let has_variables = !matches!(settings.uploads.login, Ok(None));
    let hosts = targets.iter().filter_map(|target| match target {
        PublishTarget::Server(repository) if has_flags || has_variables => repository.host(),
        PublishTarget::Registry(below) if has_flags => Some(format!("oci://{}", below.host)),
        _ => None,
    });
    let hosts: BTreeSet<String> = hosts.collect_set();
    if hosts.len() > 1 {
        let hosts: Vec<String> = hosts.into_iter().collect();
        return Err(UploadError::SharedLogin(hosts.join(", ")));
    }
    Ok(())
}

impl<'r> TargetsRequest<'r> {
    const fn to_indexed(self, place: &'r ArchivePlace) -> PublishRequest<'r> {
        PublishRequest {
            items: self.items,
            place,
            existing: self.existing,
            is_dry_run: self.is_dry_run,
        }
    }
}

/// Publishes to all targets. Nothing is written to any of them unless all accept all packages and can be written to; a target that
/// fails afterwards does not keep the others from being completed. The outcomes are in the order of the targets; `now` is an
/// RFC 3339 time.
///
/// # Errors
/// When a target cannot be opened or written to, or does not accept a package: nothing was written then.
pub fn publish_to_targets(
    charts: &RemoteCharts,
    request: TargetsRequest<'_>,
    now: &str,
) -> Result<Vec<TargetOutcome>, Box<RefusedTarget>> {
    let refused = |target: &PublishTarget| {
        let target = target.clone();
        |error| Box::new(RefusedTarget { target, error })
    };
    let mut prepared = Vec::new();
    for target in request.targets {
        let compared = Prepared::compare(charts, target, request).map_err(refused(target))?;
        prepared.push((target, compared));
    }
    // A single target is found out by writing to it.
    if prepared.len() > 1 && !request.is_dry_run {
        for (target, compared) in &mut prepared {
            compared.check_writable(request.items).map_err(refused(target))?;
        }
    }
    let outcomes = prepared.into_iter().map(|(target, compared)| {
        let (published, error) = if request.is_dry_run {
            (compared.steps(), None)
        } else {
            compared.carry_out(charts, request.items, now)
        };
        TargetOutcome {
            target: target.clone(),
            published,
            error,
        }
    });
    Ok(outcomes.collect())
}
