//! Environments and what runs in them: one model for `KubeCD`'s files and for an application chart with a values file for each
//! environment.

use std::fmt;
use std::path::PathBuf;

use super::fields::Written;
use super::requirement::Requirement;
use super::strategy::Strategy;
use crate::check::finding::Location;
use crate::delivery::track::Track;

/// All environments of a repository.
#[derive(Debug, Clone, Default)]
pub struct Environments {
    /// In the order in which they are written: an image goes from the first to the last.
    pub list: Vec<Environment>,
    /// The clusters that they name.
    pub clusters: Vec<Cluster>,
    /// Chart repositories by name.
    pub chart_repositories: Vec<ChartRepository>,
}

/// A namespace of a cluster, and the releases in it.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Its name.
    pub name: Written,
    /// The name of its cluster; empty where none is named.
    pub cluster: String,
    /// The namespace of its releases; empty where none is named.
    pub namespace: String,
    /// The context of the kubeconfig, where the environment itself names one.
    pub context: Option<String>,
    /// How changes get there.
    pub policy: Policy,
    /// What runs in it.
    pub releases: Vec<Release>,
    /// A values file for all charts in it.
    pub default_values_file: Option<PathBuf>,
    /// Values for all charts in it.
    pub default_values: Vec<SetValue>,
    /// Files of Jobs that test the releases together.
    pub verify: Vec<PathBuf>,
}

/// How changes get into an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// By themselves, as commits.
    #[default]
    Auto,
    /// As pull requests.
    PullRequest,
    /// By hand alone.
    Manual,
}

impl Policy {
    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::PullRequest => "pull-request",
            Self::Manual => "manual",
        }
    }

    /// Reads its name in files.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "auto" => Some(Self::Auto),
            "pull-request" => Some(Self::PullRequest),
            "manual" => Some(Self::Manual),
            _ => None,
        }
    }
}

/// A Kubernetes cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Its name.
    pub name: Written,
    /// What runs it.
    pub provider: Provider,
}

/// What runs a cluster, and how it is found there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provider {
    /// Google Kubernetes Engine.
    Gke {
        /// The project.
        project: String,
        /// The cluster's name there.
        cluster: String,
        /// The zone or the region.
        location: GkeLocation,
    },
    /// Azure Kubernetes Service.
    Aks {
        /// The resource group.
        resource_group: String,
        /// The cluster's name there.
        cluster: String,
    },
    /// Amazon Elastic Kubernetes Service.
    Eks {
        /// The cluster's name there.
        cluster: String,
        /// The region.
        region: String,
        /// The account; the cluster is asked for it where none is named.
        account: Option<String>,
        /// The profile of `~/.aws`.
        profile: Option<String>,
        /// The role that is assumed.
        role: Option<String>,
    },
    /// minikube on this machine.
    Minikube,
    /// Docker Desktop on this machine.
    DockerForDesktop,
    /// A context of the user's kubeconfig.
    ExistingContext {
        /// Its name.
        context: String,
    },
    /// The cluster that chartwright itself runs in, with its service account.
    InCluster,
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gke {
                project,
                cluster,
                location: GkeLocation::Zone(place) | GkeLocation::Region(place),
            } => write!(f, "gke {project}/{place}/{cluster}"),
            Self::Aks {
                resource_group,
                cluster,
            } => write!(f, "aks {resource_group}/{cluster}"),
            Self::Eks { cluster, region, .. } => write!(f, "eks {region}/{cluster}"),
            Self::Minikube => f.write_str("minikube"),
            Self::DockerForDesktop => f.write_str("docker-desktop"),
            Self::ExistingContext { context } => write!(f, "context {context}"),
            Self::InCluster => f.write_str("in-cluster"),
        }
    }
}

/// Where a cluster of Google's is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GkeLocation {
    /// In a zone.
    Zone(String),
    /// In a region.
    Region(String),
}

/// A chart repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartRepository {
    /// Its name, as references use it.
    pub name: Written,
    /// Its address.
    pub url: String,
    /// File of the certificate authority of its server, as it is written.
    pub ca_file: Option<String>,
    /// File of the client's certificate.
    pub cert_file: Option<String>,
    /// File of the client's key.
    pub key_file: Option<String>,
}

/// Something that is deployed into an environment.
#[derive(Debug, Clone)]
pub struct Release {
    /// Its name.
    pub name: Written,
    /// The file that declares it; none for an application chart.
    pub file: Option<PathBuf>,
    /// What is deployed.
    pub deploys: Deploys,
    /// Values files, those that win last.
    pub values_files: Vec<PathBuf>,
    /// Values, which win over the files.
    pub values: Vec<SetValue>,
    /// Whether the environment's values are left out.
    pub skips_defaults: bool,
    /// What changes the release by itself.
    pub triggers: Vec<Trigger>,
    /// The releases that it is rolled back together with: those with the same name here.
    pub group: Option<String>,
    /// What it needs of other releases of its namespace.
    pub requires: Vec<Requirement>,
    /// How a new version takes the place of the old one; as its Deployments have it where none is named.
    pub strategy: Option<Strategy>,
}

/// What a release deploys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deploys {
    /// A chart in a directory.
    Directory(PathBuf),
    /// A chart of a repository.
    Chart {
        /// Such as `stable/nginx`.
        reference: String,
        /// Its version.
        version: Written,
    },
    /// Files of manifests.
    Resources(Vec<PathBuf>),
    /// A kustomization.
    Kustomization(PathBuf),
}

/// One value, by the path of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetValue {
    /// The path, such as `image.tag`.
    pub key: String,
    /// The value.
    pub source: ValueSource,
    /// Where the value is written; the key where there is none.
    pub place: Location,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueSource {
    /// It is written.
    Text(String),
    /// The address that Google Cloud gave a name.
    GceAddress {
        /// The name.
        name: String,
        /// Whether it is global and not one of the cluster's region.
        is_global: bool,
    },
}

/// What changes a release by itself.
#[derive(Debug, Clone)]
pub enum Trigger {
    /// A new tag of an image.
    Image {
        /// Path of the value that is the tag.
        tag: String,
        /// Path of the value that is the repository.
        repository: String,
        /// Path of the value that stands before the repository.
        prefix: String,
        /// How far the image moves.
        track: Track,
    },
    /// A new version of the chart.
    Chart {
        /// How far the version moves.
        track: Track,
    },
}

impl Environments {
    /// The environment of a name.
    ///
    /// # Errors
    /// When there is none.
    pub fn named(&self, name: &str) -> Result<&Environment, UnknownName> {
        let found = self.list.iter().find(|environment| environment.name.text == name);
        found.ok_or_else(|| UnknownName::new("environment", name, self.list.iter().map(|one| &one.name)))
    }

    /// The environments in a cluster.
    ///
    /// # Errors
    /// When there is no cluster of that name.
    pub fn in_cluster(&self, name: &str) -> Result<Vec<&Environment>, UnknownName> {
        if !self.clusters.iter().any(|cluster| cluster.name.text == name) {
            return Err(UnknownName::new(
                "cluster",
                name,
                self.clusters.iter().map(|cluster| &cluster.name),
            ));
        }
        let inside = self.list.iter().filter(|environment| environment.cluster == name);
        Ok(inside.collect())
    }

    /// The cluster of an environment; none for that of an application chart.
    pub fn cluster_of(&self, environment: &Environment) -> Option<&Cluster> {
        let mut clusters = self.clusters.iter();
        clusters.find(|cluster| cluster.name.text == environment.cluster)
    }
}

impl Release {
    /// The names of the releases that Helm may have of it.
    pub fn helm_names(&self) -> Vec<String> {
        Strategy::helm_names(self.strategy.as_ref(), &self.name.text)
    }
}

impl Environment {
    /// The namespace of its releases: that of Kubernetes where none is named.
    pub fn namespace_of_releases(&self) -> &str {
        match self.namespace.as_str() {
            "" => "default",
            name => name,
        }
    }

    /// The release of a name.
    ///
    /// # Errors
    /// When there is none.
    pub fn release(&self, name: &str) -> Result<&Release, UnknownName> {
        let found = self.releases.iter().find(|release| release.name.text == name);
        let what = format!("release in environment `{}`", self.name.text);
        found.ok_or_else(|| UnknownName::new(&what, name, self.releases.iter().map(|one| &one.name)))
    }
}

/// A name that nothing has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} named `{name}`: {}", if known.is_empty() { "there is none at all".to_owned() } else { format!("there are {}", known.join(", ")) })]
pub struct UnknownName {
    what: String,
    name: String,
    known: Vec<String>,
}

impl UnknownName {
    fn new<'n>(what: &str, name: &str, known: impl Iterator<Item = &'n Written>) -> Self {
        Self {
            what: what.to_owned(),
            name: name.to_owned(),
            known: known.map(|known| known.text.clone()).collect(),
        }
    }
}
