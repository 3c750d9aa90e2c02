//! Versions out of a registry. Only tags are removed; the blobs are freed when the registry next collects its garbage.

use std::collections::BTreeMap;

use crate::artifact::oci::{OciReference, TaggedChart, hex, tag_of};
use crate::artifact::repository::maintain::{Kept, PruneRules, Pruned, StoredVersion};
use crate::text::ordered::CollectOrdered as _;

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
    ) -> Result<StoredVersion, MaintainRemoteError> {
        let registry = self.registry_of(&below.host)?;
        let reference = below.join(chart)?;
        let tagged = match registry.tagged_chart(&reference.repository, &tag_of(version)) {
            Ok(Some(tagged)) => tagged,
            Err(error) if !error.is_missing() => return Err(error.into()),
            Ok(None) | Err(_) => {
                return Err(MaintainRemoteError::no_version(below, chart, version));
            }
        };
        if is_dry_run {
            let mut others = registry.tags_of_manifest(&reference.repository, &tagged.digest)?;
            others.retain(|other| *other != tagged.tag);
            if !others.is_empty() {
                self.connections.notes.add(format!(
                    "{reference}:{} has the same manifest as {}: registries that remove manifests only refuse to remove it",
                    tagged.tag,
                    others.join(", ")
                ));
            }
        } else {
            registry.delete_tag(&reference.repository, &tagged.tag, &tagged.digest, &[])?;
        }
        Ok(removed(chart, &reference, &tagged))
    }

    pub(super) fn prune_tagged(
        &self,
        below: &OciReference,
        rules: &PruneRules,
        is_dry_run: bool,
    ) -> Result<Pruned<MaintainRemoteError>, MaintainRemoteError> {
        // All is decided before anything is removed.
        let plans: Result<Vec<Plan>, MaintainRemoteError> = self
            .chart_tags(below, None)?
            .into_iter()
            .map(|chart| self.plan(chart, rules))
            .collect();
        let mut pruned = Pruned {
            removed: Vec::new(),
            kept: Vec::new(),
            error: None,
        };
        let plans = plans?;
        let registry = self.registry_of(&below.host)?;
        for Plan { chart, remove, kept } in plans {
            pruned.kept.extend(kept);
            if pruned.error.is_some() {
                continue;
            }
            let tags: Vec<String> = remove.iter().map(|one| one.tag.clone()).collect();
            for one in &remove {
                if !is_dry_run
                    && let Err(error) = registry.delete_tag(&chart.reference.repository, &one.tag, &one.digest, &tags)
                {
                    pruned.error = Some(error.into());
                    break;
                }
                pruned.removed.push(removed(&chart.name, &chart.reference, one));
            }
        }
        Ok(pruned)
    }

    /// What the rules remove of a chart. A version whose manifest has another tag that stays is in use, and many registries would
    /// remove that tag with it.
    fn plan(&self, chart: ChartTags, rules: &PruneRules) -> Result<Plan, MaintainRemoteError> {
        let tagged = self.tagged_charts(&chart)?;
        let chosen = rules.chosen(tagged.iter().map(|one| entry(&chart, one)).collect());
        let mut by_tag: BTreeMap<String, TaggedChart> =
            tagged.into_iter().map(|one| (one.tag.clone(), one)).collect_map();
        let chosen = chosen.iter().filter_map(|entry| by_tag.remove(&tag_of(&entry.version)));
        let old: Vec<TaggedChart> = chosen.collect();
        let mut staying: Vec<(String, String)> = by_tag.into_values().map(|one| (one.digest, one.tag)).collect();
        if !old.is_empty() {
            let registry = self.registry_of(&chart.reference.host)?;
            for tag in &chart.others {
                if let Some(digest) = registry.manifest_digest(&chart.reference.repository, tag)? {
                    staying.push((digest, tag.clone()));
                }
            }
        }
        let (mut remove, mut kept) = (Vec::new(), Vec::new());
        for one in old {
            let tags = staying.iter().filter(|(digest, _)| *digest == one.digest);
            let tags: Vec<String> = tags.map(|(_, tag)| tag.clone()).collect();
            if tags.is_empty() {
                remove.push(one);
            } else {
                kept.push(Kept {
                    chart: chart.name.clone(),
                    version: one.metadata.version,
                    tags,
                });
            }
        }
        Ok(Plan { chart, remove, kept })
    }
}

/// What is removed of a chart.
struct Plan {
    chart: ChartTags,
    remove: Vec<TaggedChart>,
    kept: Vec<Kept>,
}

fn removed(chart: &str, reference: &OciReference, tagged: &TaggedChart) -> StoredVersion {
    StoredVersion {
        chart: chart.to_owned(),
        version: tagged.metadata.version.clone(),
        digest: hex(&tagged.archive),
        manifest: Some(hex(&tagged.digest)),
        object: Some(format!("{reference}:{}", tagged.tag)),
    }
}
