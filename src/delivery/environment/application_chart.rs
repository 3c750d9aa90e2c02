//! The environments of an application chart: a chart in a repository of its own, with a values file for each environment.
//!
//! In: the chart's directory and the names of its files, or what `chartwright.yaml` says. Out: the same model that `KubeCD`'s files have.

use std::path::{Path, PathBuf};

use super::fields::Written;
use super::load::place_of_file;
use super::model::{Deploys, Environment, Environments, Policy, Release};
use super::requirement::RequirementKeys;
use super::strategy::Strategy;
use crate::artifact::remote::RefRules;
use crate::text::compact_sort::sort_by_key;

/// An environment as `chartwright.yaml` declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartEnvironment {
    /// Its name.
    pub name: String,
    /// The chart's directory.
    pub chart: PathBuf,
    /// Values files, those that win last.
    pub values: Vec<PathBuf>,
    /// The name of the release; that of the chart where none is given.
    pub release: Option<String>,
    /// The namespace.
    pub namespace: Option<String>,
    /// The context of the kubeconfig; the current one where none is given.
    pub context: Option<String>,
    /// How changes get there.
    pub policy: Policy,
    /// What the release needs of others.
    pub requires: Vec<RequirementKeys>,
    /// How a new version takes the place of the old one.
    pub strategy: Option<Strategy>,
    /// Files of Jobs that test what was deployed.
    pub verify: Vec<PathBuf>,
    /// The branches and tags whose builds are deployed there.
    pub rules: RefRules,
}

/// Names that environments have, in the order in which an image goes through them.
pub const USUAL_NAMES: [&str; 16] = [
    "local",
    "dev",
    "develop",
    "development",
    "test",
    "testing",
    "qa",
    "ci",
    "int",
    "integration",
    "stage",
    "staging",
    "uat",
    "preprod",
    "prod",
    "production",
];

/// The environments that a chart's values files name: `values-NAME.yaml`, and `values.NAME.yaml`. `files` are the names in the
/// chart's directory.
pub fn environments_of_files(directory: &Path, files: &[String]) -> Vec<ChartEnvironment> {
    let mut found: Vec<ChartEnvironment> = files
        .iter()
        .filter_map(|file| {
            let name = environment_of_file(file)?;
            Some(ChartEnvironment {
                name: name.to_owned(),
                chart: directory.to_owned(),
                values: vec![directory.join(file)],
                release: None,
                namespace: None,
                context: None,
                policy: Policy::default(),
                requires: Vec::new(),
                strategy: None,
                verify: Vec::new(),
                rules: RefRules::default(),
            })
        })
        .collect();
    sort_by_key(&mut found, |one| usual_order(&one.name));
    found.dedup_by(|one, other| one.name == other.name);
    found
}

fn environment_of_file(file: &str) -> Option<&str> {
    let stem = file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml"))?;
    let name = stem.strip_prefix("values-").or_else(|| stem.strip_prefix("values."))?;
    // Secrets beside the values, as sops users name them, are no environment.
    let is_name = !name.is_empty() && !name.contains('.') && !name.contains("secret");
    is_name.then_some(name)
}

/// What names of environments are sorted by: known names in their order, then the others by name, before production.
pub fn usual_order(name: &str) -> (usize, String) {
    let known = USUAL_NAMES.iter().position(|known| *known == name);
    let unknown = USUAL_NAMES.len() - 2;
    let place = known.map_or(unknown * 2 - 1, |known| known * 2);
    (place, name.to_owned())
}

/// The model of declared environments. `chart_name` gives the name of the chart in a directory.
pub fn application_environments(
    declared: &[ChartEnvironment],
    chart_name: &dyn Fn(&Path) -> Option<String>,
) -> Environments {
    let written = |text: String, path: &Path| Written {
        text,
        place: place_of_file(path),
    };
    let list = declared.iter().map(|declared| {
        let name = declared.release.clone().or_else(|| chart_name(&declared.chart));
        // It would be a flag to the programs that are given it.
        let name = name.filter(|name| !name.starts_with('-'));
        let requires = declared.requires.iter().cloned();
        let release = Release {
            name: written(name.unwrap_or_else(|| "release".to_owned()), &declared.chart),
            file: None,
            deploys: Deploys::Directory(declared.chart.clone()),
            values_files: declared.values.clone(),
            values: Vec::new(),
            skips_defaults: false,
            triggers: Vec::new(),
            group: None,
            // They were checked when the file was read.
            requires: requires
                .flat_map(|keys| keys.read(place_of_file(&declared.chart)))
                .collect(),
            strategy: declared.strategy.clone(),
        };
        Environment {
            name: written(declared.name.clone(), &declared.chart),
            cluster: String::new(),
            namespace: declared.namespace.clone().unwrap_or_default(),
            context: declared.context.clone(),
            policy: declared.policy,
            releases: vec![release],
            default_values_file: None,
            default_values: Vec::new(),
            verify: declared.verify.clone(),
        }
    });
    Environments {
        list: list.collect(),
        ..Environments::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_are_found_by_their_values_files_in_the_order_of_a_release() {
        let files = [
            "values-production.yaml",
            "values.yaml",
            "values-canary.yaml",
            "values-testing.yml",
            "values.staging.yaml",
            "values-secrets.yaml",
            "values-a.enc.yaml",
            "Chart.yaml",
        ];
        let files = files.map(str::to_owned);
        let found = environments_of_files(Path::new("shop"), &files);
        let names: Vec<&str> = found.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["testing", "staging", "canary", "production"]);
        assert_eq!(found[0].values, [Path::new("shop/values-testing.yml")]);
    }
}
