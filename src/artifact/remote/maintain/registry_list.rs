//! The charts of a registry: which there are below an address, their versions, and whether they are what they should be.
//!
//! A registry is asked for its list of all repositories (`_catalog`) only where the address is not a chart itself. Many registries
//! refuse that list, and then the chart has to be named.

use std::sync::Arc;

use crate::artifact::oci::{OciError, OciReference, Registry, TagFault, TaggedChart, hex, version_of};
use crate::artifact::repository::ListedEntry;
use crate::artifact::repository::maintain::{Fault, newest_first};
use crate::text::semver::Version;
use crate::text::threads::map_with_state;

use super::super::remote_charts::RemoteCharts;
use super::error::MaintainRemoteError;

/// Tags that are read at the same time: most of the time is spent waiting for the registry.
const READERS: usize = 8;

/// A chart of a registry.
#[derive(Debug, Clone)]
pub(super) struct ChartTags {
    /// Its name.
    pub(super) name: String,
    /// Its address.
    pub(super) reference: OciReference,
    /// Its tags that are versions.
    pub(super) tags: Vec<String>,
    /// Its other tags, such as `stable`.
    pub(super) others: Vec<String>,
}

impl RemoteCharts {
    pub(super) fn list_tagged(
        &self,
        below: &OciReference,
        chart: Option<&str>,
    ) -> Result<Vec<ListedEntry>, MaintainRemoteError> {
        let charts = self.chart_tags(below, chart)?;
        let mut entries = Vec::new();
        for chart in &charts {
            let tagged = self.tagged_charts(chart)?;
            entries.extend(newest_first(tagged.iter().map(|one| entry(chart, one)).collect()));
        }
        Ok(entries)
    }

    pub(super) fn check_tagged(&self, below: &OciReference) -> Result<Vec<Fault>, MaintainRemoteError> {
        let registry = self.registry_of(&below.host)?;
        let limit = self.settings.limits.archive;
        let mut faults = Vec::new();
        for chart in self.chart_tags(below, None)? {
            let repository = &chart.reference.repository;
            let checked = map_with_state(
                &chart.tags,
                Some(READERS),
                || (),
                |(), tag| registry.check_tag(repository, tag, &chart.name, limit),
            );
            for (tag, found) in chart.tags.iter().zip(checked) {
                faults.extend(found?.into_iter().map(|fault| fault_at(&chart.name, tag, fault)));
            }
        }
        Ok(faults)
    }

    /// The charts at or below an address, and their tags.
    pub(super) fn chart_tags(
        &self,
        below: &OciReference,
        chart: Option<&str>,
    ) -> Result<Vec<ChartTags>, MaintainRemoteError> {
        let registry = self.registry_of(&below.host)?;
        if let Some(chart) = chart {
            let tags = tags_of(&registry, below.join(chart)?, chart.to_owned());
            return match tags {
                Err(MaintainRemoteError::Registry(error)) if error.is_missing() => {
                    Err(MaintainRemoteError::no_chart(below, chart))
                }
                tags => Ok(vec![tags?]),
            };
        }
        let name = below.repository.rsplit('/').next().unwrap_or_default().to_owned();
        if !name.is_empty() {
            match tags_of(&registry, below.without_tag(), name) {
                Ok(tags) if !tags.tags.is_empty() => return Ok(vec![tags]),
                // A registry that cannot be reached will not list its repositories either.
                Err(MaintainRemoteError::Registry(error)) if matches!(*error, OciError::Http(_)) => {
                    return Err(MaintainRemoteError::Registry(error));
                }
                // Some registries refuse what they do not have.
                Ok(_) | Err(_) => {}
            }
        }
        let names = registry.repositories().map_err(|error| MaintainRemoteError::NoList {
            address: below.to_string(),
            reason: error.to_string(),
        })?;
        let prefix = match below.repository.as_str() {
            "" => String::new(),
            path => format!("{path}/"),
        };
        let names = names.iter().filter_map(|name| name.strip_prefix(&prefix));
        let names: Vec<&str> = names.filter(|name| !name.contains('/')).collect();
        if names.is_empty() {
            return Err(MaintainRemoteError::NoList {
                address: below.to_string(),
                reason: "its list of repositories has none there".to_owned(),
            });
        }
        let charts = names
            .iter()
            .map(|name| tags_of(&registry, below.join(name)?, (*name).to_owned()));
        charts.collect()
    }

    /// The charts of all tags; what is not a chart is left out.
    pub(super) fn tagged_charts(&self, chart: &ChartTags) -> Result<Vec<TaggedChart>, MaintainRemoteError> {
        let registry = self.registry_of(&chart.reference.host)?;
        let repository = &chart.reference.repository;
        let read = map_with_state(
            &chart.tags,
            Some(READERS),
            || (),
            |(), tag| registry.tagged_chart(repository, tag),
        );
        let mut charts = Vec::new();
        for found in read {
            match found {
                Ok(found) => charts.extend(found),
                // Removed since the tags were listed.
                Err(error) if error.is_missing() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(charts)
    }
}

fn tags_of(registry: &Arc<Registry>, reference: OciReference, name: String) -> Result<ChartTags, MaintainRemoteError> {
    let tags = registry.tags(&reference.repository)?;
    let is_version = |tag: &String| Version::parse_strict(&version_of(tag)).is_ok();
    let (tags, others) = tags.into_iter().partition(is_version);
    Ok(ChartTags {
        name,
        reference,
        tags,
        others,
    })
}

/// A tag as an entry of an index.
pub(super) fn entry(chart: &ChartTags, tagged: &TaggedChart) -> ListedEntry {
    ListedEntry {
        version: version_of(&tagged.tag),
        digest: Some(hex(&tagged.archive)),
        manifest: Some(hex(&tagged.digest)),
        urls: vec![format!("{}:{}", chart.reference, tagged.tag)],
        created: tagged.created.clone(),
        name: tagged.metadata.name.clone(),
        app_version: tagged.metadata.app_version.clone(),
        description: tagged.metadata.description.clone(),
        deprecated: tagged.metadata.deprecated,
    }
}

fn fault_at(name: &str, tag: &str, fault: TagFault) -> Fault {
    let object = format!("{name}:{tag}");
    match fault {
        TagFault::NoLayer(reason) => Fault::NoLayer { object, reason },
        TagFault::Digest(reason) => Fault::Layer { object, reason },
        TagFault::Chart(reason) => Fault::Chart { object, reason },
    }
}
