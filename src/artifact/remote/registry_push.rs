//! Charts to registries: all are compared before the first is written.

use std::sync::Arc;

use crate::artifact::oci::{ChartPush, OciError, OciReference, PlannedChart, PushOutcome, Registry, hex, tag_of};
use crate::artifact::repository::{Existing, Item, Outcome, Published, is_same_content};

use super::chart_source::SourceError;
use super::remote_charts::RemoteCharts;

/// Why charts are not pushed to a registry.
#[derive(Debug, thiserror::Error)]
pub enum RegistryPushError {
    /// The registry cannot be reached.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The registry refuses, or has a version with other content.
    #[error(transparent)]
    Registry(#[from] OciError),
}

/// Charts that were compared with what a registry has.
#[derive(Debug)]
pub struct RegistryPush {
    registry: Arc<Registry>,
    existing: Existing,
    /// In the order of the items; nothing for those that stay as they are.
    planned: Vec<(Option<PlannedChart>, Published)>,
}

impl RegistryPush {
    /// Compares charts with what is below an address, `oci://host/charts`. Nothing is written.
    ///
    /// # Errors
    /// When one exists with other content and is not to be skipped or replaced, or the registry refuses or cannot be reached.
    pub fn compare(
        charts: &RemoteCharts,
        below: &OciReference,
        items: &[Item],
        existing: Existing,
    ) -> Result<Self, RegistryPushError> {
        let registry = charts.registry_of(&below.host)?;
        let mut planned = Vec::new();
        for item in items {
            let (chart, outcome) = match registry.compare_chart(below, &push_of(item, existing)) {
                Ok(chart) => {
                    let outcome = match chart.outcome {
                        PushOutcome::Pushed => Outcome::Published,
                        PushOutcome::Replaced => Outcome::Replaced,
                        PushOutcome::AlreadyThere => Outcome::AlreadyThere,
                    };
                    (Some(chart), outcome)
                }
                Err(OciError::Exists { .. }) if existing == Existing::Skip => (None, Outcome::Skipped),
                Err(error) => return Err(error.into()),
            };
            let published = match &chart {
                Some(chart) => Published {
                    outcome,
                    digest: hex(&chart.archive),
                    manifest: Some(hex(&chart.digest)),
                    object: format!("{}:{}", item.metadata.name, chart.tag()),
                },
                None => skipped(&registry, below, item)?,
            };
            planned.push((chart, published));
        }
        Ok(Self {
            registry,
            existing,
            planned,
        })
    }

    /// What is to be done, in the order of the items.
    pub fn steps(&self) -> Vec<Published> {
        self.planned.iter().map(|(_, published)| published.clone()).collect()
    }

    /// Finds out whether the registry can be written to, for each chart that is to be.
    ///
    /// # Errors
    /// When it refuses or cannot be reached.
    pub fn check_writable(&self) -> Result<(), RegistryPushError> {
        let charts = self.planned.iter().filter_map(|(chart, _)| chart.as_ref());
        for chart in charts.filter(|chart| chart.outcome != PushOutcome::AlreadyThere) {
            self.registry.check_writable(&chart.reference.repository)?;
        }
        Ok(())
    }

    /// Writes what was compared, in the order of the items, until one fails. Gives what was done, and the error that ended it.
    pub fn carry_out(&self, items: &[Item]) -> (Vec<Published>, Option<RegistryPushError>) {
        let mut done = Vec::new();
        for (item, (chart, published)) in items.iter().zip(&self.planned) {
            let written = match chart {
                Some(chart) => self.registry.write_chart(chart, &push_of(item, self.existing)),
                None => Ok(()),
            };
            if let Err(error) = written {
                return (done, Some(error.into()));
            }
            done.push(published.clone());
        }
        (done, None)
    }
}

/// A version that stays as the registry has it.
fn skipped(registry: &Registry, below: &OciReference, item: &Item) -> Result<Published, RegistryPushError> {
    let (name, tag) = (&item.metadata.name, tag_of(&item.metadata.version));
    let repository = below.join(name).map_err(OciError::from)?.repository;
    // What the tag has may not be a chart, and stays all the same.
    let there = registry.tagged_chart(&repository, &tag).ok().flatten();
    Ok(Published {
        outcome: Outcome::Skipped,
        digest: there.as_ref().map(|there| hex(&there.archive)).unwrap_or_default(),
        manifest: there.as_ref().map(|there| hex(&there.digest)),
        object: format!("{name}:{tag}"),
    })
}

fn push_of(item: &Item, existing: Existing) -> ChartPush<'_> {
    ChartPush {
        archive: &item.archive,
        provenance: item.provenance.as_deref(),
        metadata: &item.metadata,
        is_forced: existing == Existing::Replace,
        is_same_content: &is_same_content,
    }
}
