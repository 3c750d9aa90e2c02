//! A version out of a registry, or from one to another with the same manifest.

use std::sync::Arc;

use crate::artifact::oci::{CopySource, OciError, OciReference, PullOptions, Registry, TaggedChart, hex, tag_of};
use crate::artifact::repository::maintain::Copied;
use crate::artifact::repository::{Existing, Item, Outcome, Published, is_same_content};

use super::super::remote_charts::RemoteCharts;
use super::error::MaintainRemoteError;
use super::{CopyVersion, item_of};

impl RemoteCharts {
    /// The archive and the provenance file of a version.
    pub(super) fn read_tagged(
        &self,
        from: &OciReference,
        chart: &str,
        version: &str,
    ) -> Result<Item, MaintainRemoteError> {
        let registry = self.registry_of(&from.host)?;
        let repository = from.join(chart)?.repository;
        let pulled = registry
            .pull_chart(
                &repository,
                &tag_of(version),
                &PullOptions {
                    with_provenance: true,
                    cached: &|digest| self.cached(digest),
                    limit: self.settings.limits.archive,
                },
            )
            .map_err(|error| missing(error, from, chart, version))?;
        let reference = format!("{from}/{chart}:{}", tag_of(version));
        item_of(pulled.archive, pulled.provenance, &reference)
    }

    /// Copies a version between registries, or within one.
    pub(super) fn copy_tagged(
        &self,
        from: &OciReference,
        to: &OciReference,
        request: CopyVersion<'_>,
    ) -> Result<Copied, MaintainRemoteError> {
        let (chart, version) = (request.chart, request.version);
        let source = Side::new(self, from, chart)?;
        let target = Side::new(self, to, chart)?;
        let tag = tag_of(version);
        let found = source.registry.tagged_chart(&source.repository, &tag);
        let Some(tagged) = found.map_err(|error| missing(error, from, chart, version))? else {
            return Err(MaintainRemoteError::Chart {
                reference: format!("{from}/{chart}:{tag}"),
                reason: "it is not a chart, but another kind of image or artifact".to_owned(),
            });
        };
        let mut published = Published {
            outcome: Outcome::Published,
            digest: hex(&tagged.archive),
            manifest: Some(hex(&tagged.digest)),
            object: format!("{chart}:{tag}"),
        };
        if let Some(digest) = target.registry.digest_to_write(&target.repository, &tag)? {
            published.outcome = Outcome::Replaced;
            let same = if digest == tagged.digest {
                Some(tagged.archive.clone())
            } else {
                self.same_content(&source, &target, &tagged)?
            };
            if let Some(archive) = same {
                published.outcome = Outcome::AlreadyThere;
                published.digest = hex(&archive);
                published.manifest = Some(hex(&digest));
            } else if request.existing != Existing::Replace {
                return Err(MaintainRemoteError::from(OciError::Exists {
                    reference: format!("oci://{}/{}:{tag}", target.registry.host(), target.repository),
                    found: digest,
                    new: tagged.digest,
                }));
            }
        }
        if !request.is_dry_run && published.outcome != Outcome::AlreadyThere {
            let copied = CopySource {
                registry: &source.registry,
                repository: &source.repository,
                chart: &tagged,
            };
            let limit = self.settings.limits.archive;
            target.registry.copy_chart(&target.repository, copied, limit)?;
        }
        Ok(Copied {
            published,
            has_provenance: tagged.has_provenance,
        })
    }

    /// The digest of the target's archive, if it has the chart already, under another manifest: made at another time, or packed by
    /// another program. A signature that it does not have is a difference.
    fn same_content(
        &self,
        source: &Side,
        target: &Side,
        tagged: &TaggedChart,
    ) -> Result<Option<String>, MaintainRemoteError> {
        let Some(there) = target.registry.tagged_chart(&target.repository, &tagged.tag)? else {
            return Ok(None);
        };
        if there.archive == tagged.archive {
            let is_same = there.has_provenance || !tagged.has_provenance;
            return Ok(is_same.then_some(there.archive));
        }
        let limit = self.settings.limits.archive;
        let options = PullOptions {
            with_provenance: false,
            cached: &|digest| self.cached(digest),
            limit,
        };
        let ours = source
            .registry
            .pull_chart(&source.repository, &tagged.digest, &options)?;
        let theirs = target
            .registry
            .pull_chart(&target.repository, &there.digest, &options)?;
        Ok(is_same_content(&ours.archive, &theirs.archive).then_some(there.archive))
    }
}

/// A repository of a registry.
struct Side {
    registry: Arc<Registry>,
    repository: String,
}

impl Side {
    fn new(charts: &RemoteCharts, below: &OciReference, chart: &str) -> Result<Self, MaintainRemoteError> {
        Ok(Self {
            registry: charts.registry_of(&below.host)?,
            repository: below.join(chart)?.repository,
        })
    }
}

/// A version that a registry does not have is named as the user named it.
fn missing(error: OciError, from: &OciReference, chart: &str, version: &str) -> MaintainRemoteError {
    if error.is_missing() {
        MaintainRemoteError::no_version(from, chart, version)
    } else {
        error.into()
    }
}
