//! The environments of `chartwright.yaml` as those of one chart, to be rendered.

use std::path::Path;

use crate::check::run::DeployedEnvironment;
use crate::delivery::environment::ChartEnvironment;
use crate::text::source::place_of;

/// The environments of a chart, with the paths of their files below it as it is named.
pub fn environments_of_chart(chart: &Path, declared: &[ChartEnvironment], root: &Path) -> Vec<DeployedEnvironment> {
    // A chart of a commit may not be on the disk.
    let place = place_of(chart);
    let is_of_chart = |environment: &&ChartEnvironment| match (&place, place_of(&environment.chart)) {
        (Ok(place), Ok(other)) => *place == other,
        _ => false,
    };
    let environments = declared
        .iter()
        .filter(is_of_chart)
        .map(|environment| DeployedEnvironment {
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
            root: root.to_owned(),
        });
    environments.collect()
}
