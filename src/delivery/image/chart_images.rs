//! The images of a chart: the chart as it was loaded and the user's values in, the images of its rendered workloads out.

use crate::check::explain::{Given, Subject};
use crate::engine::chart::Chart;
use crate::engine::render::{Capabilities, Release};
use crate::engine::template::{Map, Options};
use crate::engine::values::process_dependencies;

use super::trace::{TraceError, TracedImage, trace_images};

/// What a chart is rendered with.
#[derive(Debug, Clone, Copy)]
pub struct ChartInput<'i> {
    /// The files and flags that the values come from.
    pub given: &'i Given,
    /// The values of all of them.
    pub values: &'i Map,
    /// The release.
    pub release: &'i Release,
    /// The cluster that is assumed.
    pub capabilities: &'i Capabilities,
}

/// A chart whose images are not known.
#[derive(Debug, thiserror::Error)]
pub enum ChartImagesError {
    /// Its dependencies cannot be processed with these values.
    #[error("{0}")]
    Dependencies(String),
    /// Library charts are not rendered.
    #[error("it is a library chart, which renders nothing by itself")]
    Library,
    /// It does not render.
    #[error(transparent)]
    Trace(#[from] TraceError),
}

/// The images that the objects of a chart have and that are wanted, by their text. Dependencies that are not there have none.
///
/// # Errors
/// When the chart does not render with these values.
pub fn chart_images(
    chart: &Chart,
    input: ChartInput<'_>,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<TracedImage>, ChartImagesError> {
    if chart.metadata.is_library() {
        return Err(ChartImagesError::Library);
    }
    let mut chart = chart.clone();
    process_dependencies(&mut chart, input.values, &mut Vec::new())
        .map_err(|error| ChartImagesError::Dependencies(error.to_string()))?;
    let subject = Subject {
        chart: &chart,
        given: input.given,
        values: input.values,
        release: input.release,
        capabilities: input.capabilities,
        options: Options::default(),
    };
    Ok(trace_images(&subject, is_wanted)?)
}
