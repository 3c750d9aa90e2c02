//! The settings: whether they can be read, and whether what they name is there.

use std::path::Path;

use super::Check;
use crate::config::trust::{ChartsError, ReadConfigError, Settings};

/// Charts that are listed by name.
const SHOWN: usize = 3;

/// Checks the settings of a directory, and the charts and environments that they name. `named` is their file, if the user named one.
pub fn check_settings(
    directory: &Path,
    settings: &Result<Settings, ReadConfigError>,
    named: Option<&Path>,
) -> Vec<Check> {
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => return vec![Check::failed("settings", error.to_string(), None)],
    };
    let found = match named.or_else(|| settings.found_file()) {
        Some(file) => format!("{} is read", file.display()),
        None => "the defaults: there is neither chartwright.yaml nor ct.yaml".to_owned(),
    };
    let mut checks = vec![Check::works("settings", found)];
    let notes = settings.config.ct.iter().flat_map(|ct| &ct.notes);
    checks.extend(notes.map(|note| Check::warning("settings", note, "remove the key, or ignore this")));
    checks.push(check_charts(directory, settings));
    checks.extend(check_environments(settings));
    checks
}

fn check_charts(directory: &Path, settings: &Settings) -> Check {
    let found = match settings.charts() {
        Ok(found) => found,
        Err(ChartsError::Config(error)) => return Check::failed("charts", error.to_string(), None),
        Err(ChartsError::Walk(error)) => {
            let advice = "correct `charts` in the settings".to_owned();
            return Check::failed("charts", error.to_string(), Some(advice));
        }
    };
    if found.are_none() {
        let advice = "a chart is a directory with a Chart.yaml; `charts` in chartwright.yaml says where to look";
        return Check::failed(
            "charts",
            format!("no chart below {}", directory.display()),
            Some(advice.to_owned()),
        );
    }
    let charts = found.charts;
    if let Err(error) = settings.check_values(&charts) {
        return Check::failed("charts", error.to_string(), None);
    }
    let names = charts.iter().take(SHOWN);
    let names: Vec<String> = names
        .map(|chart| chart.strip_prefix(directory).unwrap_or(chart).display().to_string())
        .map(|name| if name.is_empty() { ".".to_owned() } else { name })
        .collect();
    let more = if charts.len() > SHOWN { ", …" } else { "" };
    Check::works("charts", format!("{}: {}{more}", charts.len(), names.join(", ")))
}

/// The environments that the settings declare; nothing where they declare none.
fn check_environments(settings: &Settings) -> Option<Check> {
    let environments = match settings.environments() {
        Ok(environments) => environments,
        Err(error) => return Some(Check::failed("environments", error.to_string(), None)),
    };
    let names: Vec<&str> = environments.iter().map(|one| one.name.as_str()).collect();
    for environment in &environments {
        if let Some(missing) = environment.values.iter().find(|file| !file.is_file()) {
            let found = format!("{}: there is no file {}", environment.name, missing.display());
            let advice = "correct `values` of the environment, or make the file".to_owned();
            return Some(Check::failed("environments", found, Some(advice)));
        }
    }
    (!names.is_empty()).then(|| Check::works("environments", names.join(", ")))
}
