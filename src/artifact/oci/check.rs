//! A tag compared with what it should have: the manifest with its digest, the layers with theirs, and the chart in the archive
//! with the configuration and the tag. Nothing is written.

use crate::engine::chart::{Metadata, load_files, read_archive};

use super::oci_error::OciError;
use super::reference::tag_of;
use super::registry::Registry;
use super::tagged::TaggedChart;

/// What is wrong with a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagFault {
    /// The registry does not have a layer.
    NoLayer(String),
    /// A layer, the configuration or the manifest has another digest or size.
    Digest(String),
    /// The chart is another one than the tag and the configuration say, or there is none.
    Chart(String),
}

impl Registry {
    /// Checks a tag. `name` is the chart that the repository is for. Layers of more than `limit` bytes are faults.
    ///
    /// # Errors
    /// When the registry refuses or cannot be reached.
    pub fn check_tag(&self, repository: &str, tag: &str, name: &str, limit: u64) -> Result<Vec<TagFault>, OciError> {
        let chart = match self.tagged_chart(repository, tag) {
            Ok(Some(chart)) => chart,
            Ok(None) => {
                return Ok(vec![TagFault::Chart(
                    "the tag is a version, but has no chart".to_owned(),
                )]);
            }
            Err(error) => return fault_of(error).map(|fault| vec![fault]),
        };
        let what = format!("oci://{}/{repository}:{tag}", self.host());
        let mut faults = Vec::new();
        let mut archive = Vec::new();
        for layer in [Some(&chart.layers.archive), chart.layers.provenance.as_ref()]
            .into_iter()
            .flatten()
        {
            match self.blob(repository, layer, limit, &what) {
                Ok(bytes) if layer.digest == chart.archive => archive = bytes,
                Ok(_) => {}
                Err(error) => faults.push(fault_of(error)?),
            }
        }
        if !archive.is_empty() {
            faults.extend(differences(&chart, &archive, name).map(TagFault::Chart));
        }
        Ok(faults)
    }
}

/// An error that is about what the registry has, and not about reaching it.
fn fault_of(error: OciError) -> Result<TagFault, OciError> {
    match error {
        OciError::Missing { .. } => Ok(TagFault::NoLayer(error.to_string())),
        OciError::Broken { .. } => Ok(TagFault::Digest(error.to_string())),
        error => Err(error),
    }
}

/// The first way in which an archive is not the chart of its tag.
fn differences(chart: &TaggedChart, archive: &[u8], name: &str) -> Option<String> {
    let loaded = read_archive(archive).map_err(|error| error.to_string());
    let loaded = loaded.and_then(|files| load_files(files).map_err(|error| error.to_string()));
    let metadata: Metadata = match loaded {
        Ok(loaded) => loaded.metadata,
        Err(error) => return Some(format!("its archive has no chart that loads: {error}")),
    };
    let (found, listed) = (&metadata, &chart.metadata);
    if found.name != listed.name || found.version != listed.version {
        return Some(format!(
            "its configuration is that of {} {}, but its archive has {} {}",
            listed.name, listed.version, found.name, found.version
        ));
    }
    if found.name != name {
        return Some(format!(
            "its archive has the chart {}, which belongs into another repository",
            found.name
        ));
    }
    if tag_of(&found.version) != chart.tag {
        return Some(format!(
            "its archive has the version {}, whose tag is {}",
            found.version,
            tag_of(&found.version)
        ));
    }
    None
}
