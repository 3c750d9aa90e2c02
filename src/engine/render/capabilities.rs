//! `.Capabilities`: the Kubernetes and Helm versions that a chart is rendered for. Defaults are those of Helm 4.3.1,
//! whose client library is that of Kubernetes 1.37.

use std::any::Any;
use std::rc::Rc;

use crate::engine::chart::{Chart, Compat};
use crate::engine::template::{
    CallResult, List, ListType, Object, StructField, Text, VERSION_SET, VERSION_SET_OF_HELM3, Value,
};
use crate::kubernetes::version::{HELM_CLIENT_MINOR, KubeVersion};
use crate::text::semver::is_compatible_range;

/// The contents of `.Capabilities.APIVersions` without a cluster and without `--api-versions`.
const DEFAULT_API_VERSIONS: [&str; 57] = [
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "lifecycle.k8s.io/v1alpha1",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1beta2",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1",
    "storagemigration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
];

/// `.Capabilities.HelmVersion.Version`
pub const HELM_VERSION: &str = "v4.3";
/// The same in Helm 3.
pub const HELM3_VERSION: &str = "v3.22";
/// `.Capabilities.HelmVersion.GoVersion`
const GO_VERSION: &str = "go1.26.8";

/// Why a chart is not rendered for a version of Kubernetes, in Helm's words; nothing where it is.
pub fn refuse_kube_version(chart: &Chart, version: &KubeVersion) -> Option<String> {
    let wanted = &chart.metadata.kube_version;
    let is_accepted = wanted.is_empty() || is_compatible_range(wanted, &version.normalized);
    let shown = &version.version;
    let message = || format!("chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {shown}");
    (!is_accepted).then(message)
}

/// `.Capabilities.HelmVersion.KubeClientVersion`
fn kube_client_version() -> String {
    format!("v1.{HELM_CLIENT_MINOR}")
}

/// Everything below `.Capabilities`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// Version of Kubernetes.
    pub kube_version: KubeVersion,
    /// API versions, the defaults first.
    pub api_versions: Vec<String>,
    /// Which Helm is imitated.
    pub compat: Compat,
}

impl Capabilities {
    /// The defaults with another Kubernetes version and more API versions, as `helm template` makes them.
    pub fn new(kube_version: Option<KubeVersion>, more_api_versions: &[String]) -> Self {
        // An empty argument of the flag is none.
        let more = more_api_versions.iter().filter(|version| !version.is_empty()).cloned();
        let defaults = DEFAULT_API_VERSIONS.iter().map(|&version| version.to_owned());
        Self {
            kube_version: kube_version.unwrap_or_else(KubeVersion::default_version),
            api_versions: defaults.chain(more).collect(),
            compat: Compat::Helm4,
        }
    }

    /// Those of a cluster, which has these APIs and no others.
    pub const fn of_cluster(kube_version: KubeVersion, api_versions: Vec<String>) -> Self {
        Self {
            kube_version,
            api_versions,
            compat: Compat::Helm4,
        }
    }

    /// The same, as the given Helm has them: Helm 3 shows the Kubernetes version in its shortened form only.
    #[must_use]
    pub fn of(mut self, compat: Compat) -> Self {
        if compat == Compat::Helm3 {
            self.kube_version.version.clone_from(&self.kube_version.normalized);
        }
        self.compat = compat;
        self
    }

    /// `.Capabilities.APIVersions`: a list, and the engine knows its method `Has`.
    fn version_set(&self) -> Value {
        let name = match self.compat {
            Compat::Helm4 => VERSION_SET,
            Compat::Helm3 => VERSION_SET_OF_HELM3,
        };
        let items = self
            .api_versions
            .iter()
            .map(|version| Value::str(version.as_str()))
            .collect();
        Value::List(List::typed(ListType::Named(name), items))
    }

    /// The object templates see.
    pub fn object(&self) -> Value {
        Value::Object(Rc::new(CapabilitiesObject {
            capabilities: self.clone(),
        }))
    }
}

#[derive(Debug)]
struct CapabilitiesObject {
    capabilities: Capabilities,
}

impl Object for CapabilitiesObject {
    fn type_name(&self) -> &'static str {
        match self.capabilities.compat {
            Compat::Helm4 => "*common.Capabilities",
            Compat::Helm3 => "*chartutil.Capabilities",
        }
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "KubeVersion" => Some(Value::Object(Rc::new(KubeVersionObject(
                self.capabilities.kube_version.clone(),
                self.capabilities.compat,
            )))),
            "APIVersions" => Some(self.capabilities.version_set()),
            "HelmVersion" => Some(Value::Object(Rc::new(HelmVersion(self.capabilities.compat)))),
            _ => None,
        }
    }

    fn call_method(&self, name: &str, _arguments: &[Value]) -> Option<CallResult> {
        (name == "Copy").then(|| Ok(self.capabilities.object()))
    }

    fn display(&self) -> Text {
        let KubeVersion {
            version,
            normalized,
            major,
            minor,
        } = &self.capabilities.kube_version;
        let versions = self.capabilities.api_versions.join(" ");
        format!(
            "{{{{{version} {normalized} {major} {minor}}} [{versions}] {}}}",
            HelmVersion(self.capabilities.compat).display()
        )
        .into()
    }

    fn struct_fields(&self) -> Option<Vec<StructField>> {
        let fields = ["KubeVersion", "APIVersions", "HelmVersion"];
        let field = |name| Some(StructField::new(name, self.field(name)?));
        Some(fields.into_iter().filter_map(field).collect())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[derive(Debug)]
struct KubeVersionObject(KubeVersion, Compat);

impl Object for KubeVersionObject {
    fn type_name(&self) -> &'static str {
        match self.1 {
            Compat::Helm4 => "common.KubeVersion",
            Compat::Helm3 => "chartutil.KubeVersion",
        }
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "Version" => Some(Value::str(self.0.version.as_str())),
            "Major" => Some(Value::str(self.0.major.to_string())),
            "Minor" => Some(Value::str(self.0.minor.to_string())),
            _ => None,
        }
    }

    fn call_method(&self, name: &str, _arguments: &[Value]) -> Option<CallResult> {
        match name {
            "GitVersion" => Some(Ok(Value::str(self.0.version.as_str()))),
            "String" => Some(Ok(Value::str(self.0.normalized.as_str()))),
            _ => None,
        }
    }

    fn display(&self) -> Text {
        let KubeVersion {
            version,
            normalized,
            major,
            minor,
        } = &self.0;
        format!("{{{version} {normalized} {major} {minor}}}").into()
    }

    fn printed(&self) -> Text {
        self.0.normalized.as_str().into()
    }

    fn printed_fields(&self) -> Option<Vec<(&'static str, Value)>> {
        let field = |name| Some((name, self.field(name)?));
        Some(vec![
            field("Version")?,
            ("normalizedVersion", Value::str(self.0.normalized.as_str())),
            field("Major")?,
            field("Minor")?,
        ])
    }

    fn struct_fields(&self) -> Option<Vec<StructField>> {
        let fields = ["Version", "Major", "Minor"];
        let field = |name| Some(StructField::new(name, self.field(name)?));
        Some(fields.into_iter().filter_map(field).collect())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[derive(Debug)]
struct HelmVersion(Compat);

impl Object for HelmVersion {
    fn type_name(&self) -> &'static str {
        "version.BuildInfo"
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "Version" => Some(Value::str(match self.0 {
                Compat::Helm4 => HELM_VERSION,
                Compat::Helm3 => HELM3_VERSION,
            })),
            "GitCommit" | "GitTreeState" => Some(Value::str("")),
            "GoVersion" => Some(Value::str(GO_VERSION)),
            "KubeClientVersion" if self.0 == Compat::Helm4 => Some(Value::str(kube_client_version())),
            _ => None,
        }
    }

    fn call_method(&self, _name: &str, _arguments: &[Value]) -> Option<CallResult> {
        None
    }

    fn display(&self) -> Text {
        match self.0 {
            Compat::Helm4 => format!("{{{HELM_VERSION}   {GO_VERSION} {}}}", kube_client_version()),
            Compat::Helm3 => format!("{{{HELM3_VERSION}   {GO_VERSION}}}"),
        }
        .into()
    }

    fn struct_fields(&self) -> Option<Vec<StructField>> {
        let fields = [
            ("Version", Some("version")),
            ("GitCommit", None),
            ("GitTreeState", None),
            ("GoVersion", Some("go_version")),
            ("KubeClientVersion", Some("kube_client_version")),
        ];
        let field = |(name, json)| {
            let value = self.field(name)?;
            Some(StructField { name, json, value })
        };
        Some(fields.into_iter().filter_map(field).collect())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
