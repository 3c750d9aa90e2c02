//! The images of a chart, by the ways in which it is deployed: what its renderings name in, the same without secrets out.

use std::collections::BTreeSet;

use crate::check::explain::{secrets_of_chart, secrets_of_values};
use crate::engine::chart::Chart;

use super::values::ChartValues;

/// The images that the objects of a rendering name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderingImages {
    /// What findings call the rendering.
    pub rendering: String,
    /// The references as they are rendered.
    pub images: BTreeSet<String>,
}

/// Hides secrets of a chart and its values: a reference may be put together from anything.
pub(super) fn without_secrets(
    found: Vec<RenderingImages>,
    chart: &Chart,
    values: &[ChartValues],
) -> Vec<RenderingImages> {
    if found.is_empty() {
        return found;
    }
    let mut secrets = secrets_of_chart(chart);
    for one in values {
        secrets.extend(&secrets_of_values(&one.given, &one.values));
    }
    let hidden = found.into_iter().map(|found| RenderingImages {
        images: found
            .images
            .iter()
            .map(|image| secrets.hide(image).into_owned())
            .collect(),
        ..found
    });
    hidden.collect()
}
