//! The environments of `chartwright.yaml` by the charts that they are of, to be rendered.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::check::run::DeployedEnvironment;
use crate::delivery::environment::ChartEnvironment;
use crate::text::source::place_of;

/// The environments of all charts. The paths of charts are resolved once, since there may be hundreds of both.
#[derive(Debug, Clone, Default)]
pub struct ChartEnvironments {
    by_place: HashMap<PathBuf, Vec<ChartEnvironment>>,
    /// The directory that values files must be in.
    root: PathBuf,
}

impl ChartEnvironments {
    /// Those that are declared. Their values files must be in `root`.
    pub fn new(declared: Vec<ChartEnvironment>, root: &Path) -> Self {
        let mut places: HashMap<PathBuf, Option<PathBuf>> = HashMap::new();
        let mut by_place: HashMap<PathBuf, Vec<ChartEnvironment>> = HashMap::new();
        for environment in declared {
            // A chart of a commit may not be on the disk.
            let known = places.entry(environment.chart.clone());
            let place = known.or_insert_with(|| place_of(&environment.chart).ok());
            if let Some(place) = place {
                by_place.entry(place.clone()).or_default().push(environment);
            }
        }
        Self {
            by_place,
            root: root.to_owned(),
        }
    }

    /// Those of a chart, with the paths of their files below it as it is named.
    pub fn of(&self, chart: &Path) -> Vec<DeployedEnvironment> {
        if self.by_place.is_empty() {
            return Vec::new();
        }
        let declared = place_of(chart).ok().and_then(|place| self.by_place.get(&place));
        let environments = declared.into_iter().flatten().map(|environment| DeployedEnvironment {
            name: environment.name.clone(),
            release: environment.release.clone(),
            namespace: environment.namespace.clone(),
            values: environment
                .values
                .iter()
                .map(|file| {
                    file.strip_prefix(&environment.chart)
                        .map_or_else(|_| file.clone(), |file| chart.join(file))
                })
                .collect(),
            root: self.root.clone(),
        });
        environments.collect()
    }
}
