//! `environments.yaml` and the releases files that it names, as `KubeCD` reads them, in the spelling of its design and in that of its
//! implementation.
//!
//! In: the text of a file. Out: the model, and everything that is wrong with the file. What the model needs and the file lacks is left
//! empty where a problem says so.

use std::path::{Path, PathBuf};

use super::fields::{Fields, Problem, Reading, Written};
use super::kubecd_rollout::{requirements, strategy};
use super::model::{
    ChartRepository, Cluster, Deploys, Environment, GkeLocation, Policy, Provider, Release, SetValue, Trigger,
    ValueSource,
};
use crate::check::finding::Location;
use crate::delivery::track::Track;
use crate::text::source::SourceFile;
use crate::text::yaml;

/// A file of environments. Their releases files are still to be read.
#[derive(Debug, Default)]
pub(super) struct EnvironmentsFile {
    pub(super) environments: Vec<DeclaredEnvironment>,
    pub(super) clusters: Vec<Cluster>,
    pub(super) chart_repositories: Vec<ChartRepository>,
}

/// An environment, and the releases files that it names.
#[derive(Debug)]
pub(super) struct DeclaredEnvironment {
    pub(super) environment: Environment,
    pub(super) releases_files: Vec<Written>,
}

/// Reads `environments.yaml`, which stands at `path`.
pub(super) fn read_environments(file: &SourceFile, path: &Path) -> (EnvironmentsFile, Vec<Problem>) {
    read(file, |fields| {
        let mut found = EnvironmentsFile::default();
        for item in fields.mappings("clusters") {
            found.clusters.extend(cluster(item));
        }
        for item in fields.mappings("environments") {
            let (declared, own_cluster) = environment(item, path);
            found.environments.extend(declared);
            found.clusters.extend(own_cluster);
        }
        for item in fields.mappings("helmRepos") {
            found.chart_repositories.extend(chart_repository(item));
        }
        // It has no effect in KubeCD. A kubeconfig runs programs, so no file of a repository may choose it.
        if let Some(written) = fields.text("kubeConfig") {
            let message = "`kubeConfig` has no effect: set the variable KUBECONFIG instead, and remove the key";
            fields.report_at(&written.place, message);
        }
        check_names(&fields, &found);
        fields.finish();
        found
    })
}

/// Reads a releases file, which stands at `path`.
pub(super) fn read_releases(file: &SourceFile, path: &Path) -> (Vec<Release>, Vec<Problem>) {
    read(file, |fields| {
        let mut releases = Vec::new();
        let resources = paths(&fields, "resourceFiles", path);
        if !resources.is_empty() {
            releases.push(Release {
                name: Written {
                    text: String::new(),
                    place: fields.place.clone(),
                },
                file: Some(path.to_owned()),
                deploys: Deploys::Resources(resources),
                values_files: Vec::new(),
                values: Vec::new(),
                skips_defaults: false,
                triggers: Vec::new(),
                group: None,
                requires: Vec::new(),
                strategy: None,
            });
        }
        // In a schema of old, without any effect.
        fields.mappings("resourceDependencies");
        for item in fields.mappings("releases") {
            releases.extend(release(item, path));
        }
        fields.finish();
        releases
    })
}

fn read<T: Default>(file: &SourceFile, work: impl FnOnce(Fields<'_>) -> T) -> (T, Vec<Problem>) {
    match yaml::parse_first(file.text()) {
        Ok(tree) => {
            let reading = Reading::new(&tree, file.clone());
            let found = reading.root().map(work).unwrap_or_default();
            (found, reading.problems())
        }
        Err(error) => {
            let place = error.offset().map_or_else(
                || Location::whole(file.clone()),
                |offset| Location::at(file.clone(), offset as usize),
            );
            let message = error.to_string();
            (T::default(), vec![Problem { place, message }])
        }
    }
}

/// A path of a file, relative to the directory of the file that names it.
fn beside(file: &Path, path: &str) -> PathBuf {
    file.parent().unwrap_or_else(|| Path::new("")).join(path)
}

fn paths(fields: &Fields<'_>, key: &'static str, file: &Path) -> Vec<PathBuf> {
    let texts = fields.texts(key).into_iter();
    texts.map(|path| beside(file, &path.text)).collect()
}

/// A text that programs are given as an argument: one that begins with `-` is a flag to them.
fn argument(fields: &Fields<'_>, key: &'static str) -> Option<Written> {
    not_a_flag(fields, key, fields.required(key)?)
}

fn not_a_flag(fields: &Fields<'_>, key: &'static str, written: Written) -> Option<Written> {
    if written.text.starts_with('-') {
        fields.report_at(&written.place, format!("`{key}` must not begin with `-`"));
        return None;
    }
    Some(written)
}

fn cluster(fields: Fields<'_>) -> Option<Cluster> {
    let name = fields.required("name");
    let provider = provider(&fields);
    for parameter in fields.mappings("parameters") {
        parameter.required("name");
        parameter.text("value");
        parameter.finish();
    }
    fields.finish();
    Some(Cluster {
        name: name?,
        provider: provider?,
    })
}

/// The provider below `provider`: exactly one.
fn provider(fields: &Fields<'_>) -> Option<Provider> {
    const KINDS: [&str; 7] = [
        "gke",
        "aks",
        "eks",
        "minikube",
        "dockerForDesktop",
        "existingContext",
        "inCluster",
    ];
    let all = fields.mapping("provider").or_else(|| {
        if !fields.has("provider") {
            fields.report("`provider` is missing");
        }
        None
    })?;
    let named: Vec<&'static str> = KINDS.into_iter().filter(|kind| all.has(kind)).collect();
    let [kind] = named.as_slice() else {
        all.report(format!("name one provider, of {}", KINDS.join(", ")));
        all.finish();
        return None;
    };
    let found = all.mapping(kind).and_then(|own| provider_of_kind(kind, own));
    all.finish();
    found
}

fn provider_of_kind(kind: &str, own: Fields<'_>) -> Option<Provider> {
    let text = |key: &'static str| own.required(key).map(|written| written.text);
    let optional = |key: &'static str| own.text(key).map(|written| written.text);
    let found = match kind {
        "gke" => {
            let project = text("project");
            let cluster = argument(&own, "clusterName").map(|written| written.text);
            let location = match (optional("zone"), optional("region")) {
                (Some(zone), None) => Some(GkeLocation::Zone(zone)),
                (None, Some(region)) => Some(GkeLocation::Region(region)),
                _ => {
                    let name = cluster.as_deref().unwrap_or_default();
                    own.report(format!("name either `zone` or `region` of the GKE cluster `{name}`"));
                    None
                }
            };
            project
                .zip(cluster)
                .zip(location)
                .map(|((project, cluster), location)| Provider::Gke {
                    project,
                    cluster,
                    location,
                })
        }
        "aks" => text("resourceGroup")
            .zip(text("clusterName"))
            .map(|(resource_group, cluster)| Provider::Aks {
                resource_group,
                cluster,
            }),
        "eks" => text("clusterName")
            .zip(text("region"))
            .map(|(cluster, region)| Provider::Eks {
                cluster,
                region,
                account: optional("account"),
                profile: optional("profile"),
                role: optional("roleArn"),
            }),
        "minikube" => Some(Provider::Minikube),
        "dockerForDesktop" => Some(Provider::DockerForDesktop),
        "inCluster" => Some(Provider::InCluster),
        _ => text("contextName").map(|context| Provider::ExistingContext { context }),
    };
    own.finish();
    found
}

/// An environment; and its cluster, where it names the provider itself, as the design has it.
fn environment(fields: Fields<'_>, file: &Path) -> (Option<DeclaredEnvironment>, Option<Cluster>) {
    let name = fields.required("name");
    let cluster = fields.name("clusterName").map(|written| written.text);
    let own_provider = if fields.has("provider") {
        provider(&fields)
    } else {
        None
    };
    let own_cluster = name
        .clone()
        .zip(own_provider)
        .map(|(name, provider)| Cluster { name, provider });
    if cluster.is_none() && !fields.has("provider") {
        fields.report("`clusterName` is missing");
    }
    let namespace = fields.name("kubeNamespace").or_else(|| fields.name("namespace"));
    fields.has("namespace");
    let policy = fields.text("policy").and_then(|written| {
        let policy = Policy::parse(&written.text);
        if policy.is_none() {
            fields.report_at(&written.place, "`policy` must be auto, pull-request or manual");
        }
        policy
    });
    let (inline, mut releases_files) = fields.mappings_and_texts("releases");
    releases_files.extend(fields.texts("releasesFiles"));
    let releases = inline.into_iter().filter_map(|item| release(item, file)).collect();
    let default_values_file = fields.text("defaultValuesFile");
    let default_values = set_values(&fields, "defaultValues");
    let verify = paths(&fields, "verify", file);
    fields.finish();
    let declared = name.map(|name| DeclaredEnvironment {
        environment: Environment {
            cluster: cluster.unwrap_or_else(|| name.text.clone()),
            name,
            namespace: namespace.map(|written| written.text).unwrap_or_default(),
            context: None,
            policy: policy.unwrap_or_default(),
            releases,
            default_values_file: default_values_file.map(|path| beside(file, &path.text)),
            default_values,
            verify,
        },
        releases_files,
    });
    (declared, own_cluster)
}

fn chart_repository(fields: Fields<'_>) -> Option<ChartRepository> {
    let (name, url) = (argument(&fields, "name"), argument(&fields, "url"));
    let text = |key: &'static str| fields.text(key).map(|written| written.text);
    let (ca_file, cert_file, key_file) = (text("caFile"), text("certFile"), text("keyFile"));
    fields.finish();
    Some(ChartRepository {
        name: name?,
        url: url?.text,
        ca_file,
        cert_file,
        key_file,
    })
}

/// What must be unique, and what must be there.
fn check_names(fields: &Fields<'_>, found: &EnvironmentsFile) {
    let unique = |what: &str, names: Vec<&Written>| {
        for (number, name) in names.iter().enumerate() {
            if names.iter().take(number).any(|earlier| earlier.text == name.text) {
                fields.report_at(&name.place, format!("there are two {what} named `{}`", name.text));
            }
        }
    };
    let environments = || found.environments.iter().map(|declared| &declared.environment);
    unique("clusters", found.clusters.iter().map(|cluster| &cluster.name).collect());
    unique(
        "environments",
        environments().map(|environment| &environment.name).collect(),
    );
    unique(
        "chart repositories",
        found.chart_repositories.iter().map(|one| &one.name).collect(),
    );
    for environment in environments() {
        if !found
            .clusters
            .iter()
            .any(|cluster| cluster.name.text == environment.cluster)
        {
            let message = format!(
                "environment `{}` is in the cluster `{}`, which is not among `clusters`",
                environment.name.text, environment.cluster
            );
            fields.report_at(&environment.name.place, message);
        }
    }
}

/// A release, in a file that stands at `file`.
fn release(fields: Fields<'_>, file: &Path) -> Option<Release> {
    let name = argument(&fields, "name");
    let shown = name.as_ref().map(|name| name.text.clone()).unwrap_or_default();
    let deploys = deploys(&fields, file, &shown);
    let values_files = fields.text("valuesFile").map(|path| beside(file, &path.text));
    let values = set_values(&fields, "values");
    let skips_defaults = fields.flag("skipDefaultValues");
    let mut triggers: Vec<Trigger> = fields.mappings("triggers").into_iter().flat_map(trigger).collect();
    if fields.has("trigger") {
        if fields.has("triggers") {
            fields.report(format!(
                "release `{shown}` has both `trigger` and `triggers`: write `triggers`"
            ));
        }
        triggers.extend(fields.mapping("trigger").into_iter().flat_map(trigger));
    }
    let group = fields.name("group").map(|written| written.text);
    let requires = requirements(&fields);
    let strategy = strategy(&fields, &shown);
    fields.finish();
    Some(Release {
        name: name?,
        file: Some(file.to_owned()),
        deploys: deploys?,
        values_files: values_files.into_iter().collect(),
        values,
        skips_defaults,
        triggers,
        group,
        requires,
        strategy,
    })
}

/// What a release deploys: exactly one thing.
fn deploys(fields: &Fields<'_>, file: &Path, release: &str) -> Option<Deploys> {
    const KINDS: [&str; 3] = ["chart", "resourceFiles", "kustomization"];
    let named: Vec<&'static str> = KINDS.into_iter().filter(|kind| fields.has(kind)).collect();
    match named.as_slice() {
        ["chart"] => chart(fields.mapping("chart")?, file, release),
        ["resourceFiles"] => Some(Deploys::Resources(paths(fields, "resourceFiles", file))),
        ["kustomization"] => {
            let kustomization = fields.mapping("kustomization")?;
            let path = kustomization.required("path");
            if path.as_ref().is_some_and(|path| path.text.is_empty()) {
                kustomization.report(format!("release `{release}`: `kustomization.path` is empty"));
            }
            kustomization.finish();
            Some(Deploys::Kustomization(beside(file, &path?.text)))
        }
        _ => {
            fields.report(format!(
                "release `{release}`: name one of `chart`, `resourceFiles` and `kustomization`"
            ));
            None
        }
    }
}

fn chart(fields: Fields<'_>, file: &Path, release: &str) -> Option<Deploys> {
    let (reference, version, directory) = (fields.text("reference"), fields.text("version"), fields.text("dir"));
    let found = match (reference, directory) {
        (None, Some(directory)) => Some(Deploys::Directory(beside(file, &directory.text))),
        (Some(reference), None) => {
            let reference = not_a_flag(&fields, "reference", reference);
            if version.is_none() {
                fields.report(format!(
                    "release `{release}`: a chart of a repository needs `chart.version`"
                ));
            }
            reference.zip(version).map(|(reference, version)| Deploys::Chart {
                reference: reference.text,
                version,
            })
        }
        _ => {
            fields.report(format!(
                "release `{release}`: name either `chart.reference` or `chart.dir`"
            ));
            None
        }
    };
    fields.finish();
    found
}

fn set_values(fields: &Fields<'_>, key: &'static str) -> Vec<SetValue> {
    fields.mappings(key).into_iter().filter_map(set_value).collect()
}

fn set_value(fields: Fields<'_>) -> Option<SetValue> {
    let key = fields.required("key");
    let value = fields.text("value");
    let from = fields.mapping("valueFrom").and_then(address);
    let is_given = [fields.has("value"), fields.has("valueFrom")];
    if is_given == [true, true] {
        fields.report("`value` and `valueFrom` are both given");
    }
    let place = fields.place.clone();
    fields.finish();
    let key = key?;
    let (source, place) = match (from, value) {
        (Some(address), _) => (address, place),
        (None, Some(value)) => (ValueSource::Text(value.text), value.place),
        // KubeCD sets an empty text where neither is given.
        (None, None) if is_given == [false, false] => (ValueSource::Text(String::new()), key.place),
        (None, None) => return None,
    };
    Some(SetValue {
        key: key.text,
        source,
        place,
    })
}

fn address(fields: Fields<'_>) -> Option<ValueSource> {
    let resource = fields.mapping("gceResource");
    if resource.is_none() && !fields.has("gceResource") {
        fields.report("`valueFrom` needs `gceResource`");
    }
    fields.finish();
    let resource = resource?;
    let address = resource.mapping("address");
    if address.is_none() && !resource.has("address") {
        resource.report("`gceResource` needs `address`");
    }
    resource.finish();
    let address = address?;
    let (name, is_global) = (argument(&address, "name"), address.flag("isGlobal"));
    address.finish();
    Some(ValueSource::GceAddress {
        name: name?.text,
        is_global,
    })
}

/// The triggers in one item: of the image, of the chart, or of both.
fn trigger(fields: Fields<'_>) -> Vec<Trigger> {
    let mut found = Vec::new();
    if let Some(image) = fields.mapping("image") {
        let path = |key: &'static str, usual: &str| image.text(key).map_or_else(|| usual.to_owned(), |path| path.text);
        let (tag, repository) = (path("tagValue", "image.tag"), path("repoValue", "image.repository"));
        let prefix = path("repoPrefixValue", "image.prefix");
        found.extend(track(&image).map(|track| Trigger::Image {
            tag,
            repository,
            prefix,
            track,
        }));
        image.finish();
    }
    if let Some(chart) = fields.mapping("chart") {
        found.extend(track(&chart).map(|track| Trigger::Chart { track }));
        chart.finish();
    }
    if !fields.has("image") && !fields.has("chart") {
        fields.report("a trigger is of an `image` or of a `chart`");
    }
    fields.finish();
    found
}

fn track(fields: &Fields<'_>) -> Option<Track> {
    let written = fields.required("track")?;
    match Track::parse(&written.text) {
        Ok(track) => Some(track),
        Err(error) => {
            fields.report_at(&written.place, error.to_string());
            None
        }
    }
}
