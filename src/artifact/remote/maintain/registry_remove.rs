//! Versions out of a registry. Only tags are removed; the blobs are freed when the registry next collects its garbage.

use crate::artifact::oci::{OciReference, TaggedChart, tag_of};
use crate::artifact::repository::maintain::{PruneRules, Removed};

use super::super::remote_charts::RemoteCharts;
use super::error::MaintainRemoteError;
use super::registry_list::{ChartTags, entry};

impl RemoteCharts {
    pub(super) fn delete_tagged(
        &self,
        below: &OciReference,
        chart: &str,
        version: &str,
        is_dry_run: bool,
    ) -> Result<Removed, MaintainRemoteError> {
        let registry = self.registry_of(&below.host)?;
        let reference = below.join(chart)?;
        let tagged = match registry.tagged_chart(&reference.repository, &tag_of(version)) {
            Ok(Some(tagged)) => tagged,
            Err(error) if !error.is_missing() => return Err(error.into()),
            Ok(None) | Err(_) => {
                return Err(MaintainRemoteError::NoVersion {
                    repository: below.to_string(),
                    chart: chart.to_owned(),
                    version: version.to_owned(),
                });
            }
        };
        let tags = ChartTags {
            name: chart.to_owned(),
            reference,
            tags: Vec::new(),
        };
        if !is_dry_run {
            self.remove_tag(&tags, &tagged)?;
        }
        Ok(removed(&tags, &tagged))
    }

    pub(super) fn prune_tagged(
        &self,
        below: &OciReference,
        rules: &PruneRules,
        is_dry_run: bool,
    ) -> Result<Vec<Removed>, MaintainRemoteError> {
        let mut done = Vec::new();
        for chart in self.chart_tags(below, None)? {
            let tagged = self.tagged_charts(&chart)?;
            let chosen = rules.chosen(tagged.iter().map(|one| entry(&chart, one)).collect());
            for entry in chosen {
                let Some(tagged) = tagged.iter().find(|one| one.tag == tag_of(&entry.version)) else {
                    continue;
                };
                if !is_dry_run {
                    self.remove_tag(&chart, tagged)?;
                }
                done.push(removed(&chart, tagged));
            }
        }
        Ok(done)
    }

    fn remove_tag(&self, chart: &ChartTags, tagged: &TaggedChart) -> Result<(), MaintainRemoteError> {
        let registry = self.registry_of(&chart.reference.host)?;
        registry.delete_tag(&chart.reference.repository, &tagged.tag, &tagged.digest)?;
        Ok(())
    }
}

fn removed(chart: &ChartTags, tagged: &TaggedChart) -> Removed {
    Removed {
        chart: chart.name.clone(),
        version: tagged.metadata.version.clone(),
        digest: tagged.archive.trim_start_matches("sha256:").to_owned(),
        object: Some(format!("{}:{}", chart.reference, tagged.tag)),
    }
}
