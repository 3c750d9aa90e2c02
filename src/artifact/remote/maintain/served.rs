//! What a server over HTTP lists, and a version out of it. It keeps its index itself, so nothing else is done there.

use crate::artifact::repository::maintain::newest_first;
use crate::artifact::repository::{Item, ListedEntry};

use super::super::chart_source::ChartSource as _;
use super::super::publish_targets::PublishTarget;
use super::super::remote_charts::RemoteCharts;
use super::error::MaintainRemoteError;
use super::item_of;

impl RemoteCharts {
    pub(super) fn list_served(
        &self,
        repository: &PublishTarget,
        chart: Option<&str>,
    ) -> Result<Vec<ListedEntry>, MaintainRemoteError> {
        let address = repository.full_address();
        let names = match chart {
            Some(chart) => vec![chart.to_owned()],
            None => self.chart_names(&address)?,
        };
        let mut entries = Vec::new();
        for name in names {
            entries.extend(newest_first(self.indexed(&address, &name)?));
        }
        Ok(entries)
    }

    /// The archive and the provenance file of a version.
    pub(super) fn read_served(
        &self,
        from: &PublishTarget,
        chart: &str,
        version: &str,
    ) -> Result<Item, MaintainRemoteError> {
        let fetched = self.fetch(&from.full_address(), chart, version).map_err(|error| {
            if error.is_missing {
                MaintainRemoteError::no_version(from, chart, version)
            } else {
                error.into()
            }
        })?;
        item_of(fetched.archive, fetched.provenance, &fetched.url)
    }
}
