//! How to judge, and for which versions.

use std::sync::Arc;

use super::catalog::Catalog;
use super::custom::CustomSchemas;
use super::policies::Policies;
use super::schema_location::SchemaLocations;

/// Kinds given as `Kind` or `apiVersion/Kind`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KindFilter(Vec<String>);

impl KindFilter {
    /// From comma-separated names.
    pub fn new(names: &[String]) -> Self {
        Self(
            names
                .iter()
                .flat_map(|name| name.split(','))
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
        )
    }

    pub(super) fn matches(&self, api_version: &str, kind: &str) -> bool {
        self.0.iter().any(|name| match name.rsplit_once('/') {
            Some((version, name)) => version == api_version && name == kind,
            None => name == kind,
        })
    }
}

/// How to judge.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Unknown fields and duplicate keys are refused.
    pub strict: bool,
    /// Only violations that a JSON schema can express are found, as in kubeconform.
    pub schema_only: bool,
    /// Kinds without a schema are skipped instead of refused.
    pub ignore_missing_schemas: bool,
    /// Kinds to skip.
    pub skip: KindFilter,
    /// Kinds to refuse.
    pub reject: KindFilter,
    /// Custom resources whose definitions are known.
    pub custom: Option<Arc<CustomSchemas>>,
    /// Policies of the cluster, which judge what is valid otherwise; not if only schemas count.
    pub policies: Option<Arc<Policies>>,
    /// The namespace of objects that do not say it, which policies may ask for.
    pub namespace: String,
}

/// A Kubernetes version to judge for.
#[derive(Debug)]
pub struct Target {
    /// The embedded schemas.
    pub catalog: Catalog,
    /// Where schemas are, if they are not only in the binary.
    pub locations: Option<SchemaLocations>,
}

impl Target {
    /// With only the embedded schemas.
    pub const fn embedded(catalog: Catalog) -> Self {
        Self {
            catalog,
            locations: None,
        }
    }
}
