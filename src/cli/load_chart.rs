//! The chart that `template` renders, loaded: a chart that was found in; the chart out, with the dependencies that `charts/` lacks if they
//! are requested.

use std::path::Path;

use crate::artifact::dependency::RepositorySupply;
use crate::artifact::remote::ChartNameError;
use crate::check::explain::explain_load;
use crate::engine::chart::{Chart, Compat, LinkPolicy, load_archive, load_chart_to_render, load_with_dependencies};
use crate::text::limits::FILE_BYTES;
use crate::text::source::{Named, read_file};

use super::chart_reference::{FoundChart, name_error};
use super::command_error::CommandError;
use super::dependency_flags::{local_dependency_error, report_notes};
use super::remote_flags::{LoginFlags, RemoteFlags};
use super::run_context::RunContext;

/// Loads a chart. `supply` says how the repositories of dependencies are reached, if they are fetched.
pub(super) fn load_chart(
    context: RunContext,
    found: FoundChart,
    supply: Option<&RemoteFlags>,
    compat: Compat,
) -> Result<Chart, CommandError> {
    match found {
        FoundChart::Fetched(chart) => {
            load_archive(&chart.fetched.archive, &chart.fetched.url, compat).map_err(CommandError::findings)
        }
        FoundChart::Here(path) => load_here(context, &path, supply, compat),
        FoundChart::Nowhere(ChartNameError::NotAName(name)) if name == "-" => {
            Err(CommandError::usage("charts are not read from standard input")
                .with_hint("name a directory or a .tgz; values can be piped in with `-f -`"))
        }
        FoundChart::Nowhere(error) => Err(name_error(&error)),
    }
}

fn load_here(
    context: RunContext,
    path: &Path,
    supply: Option<&RemoteFlags>,
    compat: Compat,
) -> Result<Chart, CommandError> {
    let chart = load_chart_to_render(path, compat).map_err(|error| {
        let read = |file: &str| read_file(&path.join(file), Named::ByInput, FILE_BYTES).ok();
        let explanation = explain_load(path.display().to_string().trim_end_matches('/'), &error, &read);
        CommandError::findings(error).explained([explanation])
    })?;
    let Some(remote) = supply.filter(|_| !chart.missing_dependencies().is_empty()) else {
        return Ok(chart);
    };
    // The login is that of the chart's repository, and not for those of its dependencies.
    let supply = RepositorySupply::new(remote.charts(context, &LoginFlags::default(), false)?);
    let complete = load_with_dependencies(path, LinkPolicy::Follow, Some(&supply));
    report_notes(context, Some(&supply));
    let mut complete = complete.map_err(local_dependency_error)?;
    complete.follow(compat);
    Ok(complete)
}
