//! `gcloud` that prints an address which Google Cloud reserved under a name: `valueFrom.gceResource.address`.

use super::super::program::ProgramCall;
use crate::delivery::environment::{Cluster, GkeLocation, Provider};

/// An address that Google Cloud cannot be asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The cluster is another provider's.
    #[error(
        "the address `{name}` is one of Google Cloud, and the cluster `{cluster}` is not there ({provider}): `gceResource` needs a cluster with the provider `gke`"
    )]
    NotGke {
        /// The name of the address.
        name: String,
        /// The cluster.
        cluster: String,
        /// Its provider.
        provider: String,
    },
    /// The environment names no cluster.
    #[error("the address `{name}` is one of Google Cloud, and the environment names no cluster there")]
    NoCluster {
        /// The name of the address.
        name: String,
    },
}

/// The command that prints an address: a global one, or that of the cluster's region.
///
/// # Errors
/// When the cluster is not Google's.
pub fn describe_address(name: &str, is_global: bool, cluster: Option<&Cluster>) -> Result<ProgramCall, AddressError> {
    let name = name.to_owned();
    let Some(cluster) = cluster else {
        return Err(AddressError::NoCluster { name });
    };
    let Provider::Gke { project, location, .. } = &cluster.provider else {
        return Err(AddressError::NotGke {
            name,
            cluster: cluster.name.text.clone(),
            provider: cluster.provider.to_string(),
        });
    };
    let region = match location {
        GkeLocation::Region(region) => region,
        // `europe-west1-b` is in `europe-west1`.
        GkeLocation::Zone(zone) => zone.rsplit_once('-').map_or(zone.as_str(), |(region, _)| region),
    };
    let call = ProgramCall::new("gcloud", ["compute", "addresses", "describe", &name]);
    let call = call.and(["--format", "value(address)", "--project", project]);
    Ok(if is_global {
        call.and(["--global"])
    } else {
        call.and(["--region", region])
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::test_environments::environments;
    use super::*;

    #[test]
    fn addresses_are_those_of_clusters_at_google() {
        for (provider, is_global, want) in [
            (
                "gke: {project: p, clusterName: c, zone: europe-west1-b}",
                false,
                "gcloud compute addresses describe a --format 'value(address)' --project p --region europe-west1",
            ),
            (
                "gke: {project: p, clusterName: c, region: europe-west1}",
                false,
                "gcloud compute addresses describe a --format 'value(address)' --project p --region europe-west1",
            ),
            (
                "gke: {project: p, clusterName: c, zone: europe-west1-b}",
                true,
                "gcloud compute addresses describe a --format 'value(address)' --project p --global",
            ),
            (
                "aks: {resourceGroup: g, clusterName: k}",
                false,
                "the address `a` is one of Google Cloud, and the cluster `x` is not there (aks g/k): `gceResource` needs a cluster with the provider `gke`",
            ),
        ] {
            let all = environments(&format!("clusters: [{{name: x, provider: {{{provider}}}}}]"));
            let found = describe_address("a", is_global, all.clusters.first());
            let found = found.map_or_else(|error| error.to_string(), |call| call.to_string());
            assert_eq!(found, want);
        }
        let error = describe_address("a", false, None).unwrap_err().to_string();
        assert!(error.ends_with("names no cluster there"), "{error}");
    }
}
