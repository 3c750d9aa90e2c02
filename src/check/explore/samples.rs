//! What values of a name usually are: those that become fields of Kubernetes' objects have the form of those fields.

use serde_json::{Value as Json, json};

/// A value for a key that an object of Kubernetes' or a common part of charts has under this name.
pub(super) fn known_sample(name: &str) -> Option<Json> {
    let lower = name.to_ascii_lowercase();
    let ends = |word: &str| lower.ends_with(word);
    Some(match lower.as_str() {
        "tolerations" => json!([{"key": "example", "operator": "Exists", "effect": "NoSchedule"}]),
        "affinity" => json!({"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 1, "preference": {"matchExpressions": [{"key": "example", "operator": "Exists"}]}}
        ]}}),
        "topologyspreadconstraints" => json!([
            {"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": {"app": "example"}}}
        ]),
        "resources" => json!({"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}}),
        "imagepullsecrets" | "pullsecrets" => json!([{"name": "example"}]),
        "env" | "extraenv" | "extraenvvars" | "extraenvs" | "envvars" => {
            json!([{"name": "EXAMPLE", "value": "example"}])
        }
        "envfrom" | "extraenvfrom" => json!([{"configMapRef": {"name": "example"}}]),
        "volumes" | "extravolumes" => json!([{"name": "example", "emptyDir": {}}]),
        "volumemounts" | "extravolumemounts" => json!([{"name": "example", "mountPath": "/example"}]),
        "volumeclaimtemplates" => json!([
            {"metadata": {"name": "example"}, "spec": {"accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "1Gi"}}}}
        ]),
        "initcontainers" | "extrainitcontainers" | "sidecars" | "extracontainers" | "sidecarcontainers" => {
            json!([{"name": "example", "image": "example.com/example:1.0.0"}])
        }
        "hostaliases" => json!([{"ip": "192.0.2.1", "hostnames": ["chart.example.com"]}]),
        "securitycontext" | "containersecuritycontext" | "podsecuritycontext" => json!({"runAsNonRoot": true}),
        "livenessprobe" | "readinessprobe" | "startupprobe" => json!({"httpGet": {"path": "/", "port": 80}}),
        "lifecycle" => json!({"preStop": {"exec": {"command": ["sleep", "1"]}}}),
        "strategy" | "updatestrategy" => json!({"type": "RollingUpdate"}),
        "dnsconfig" => json!({"nameservers": ["192.0.2.1"]}),
        "loadbalancersourceranges" | "loadbalancerips" | "whitelist" | "cidrs" => json!(["192.0.2.0/24"]),
        "externalips" => json!(["192.0.2.1"]),
        "accessmodes" => json!(["ReadWriteOnce"]),
        "hosts" | "tls" => return None,
        "hostnames" => json!(["chart.example.com"]),
        "loadbalancerip" | "clusterip" | "ip" => json!("192.0.2.1"),
        "maxunavailable" | "minavailable" => json!(1),
        "schedule" => json!("0 3 * * *"),
        "dnspolicy" => json!("ClusterFirst"),
        "pathtype" => json!("Prefix"),
        "imagepullpolicy" | "pullpolicy" => json!("IfNotPresent"),
        "accessmode" => json!("ReadWriteOnce"),
        "externaltrafficpolicy" | "internaltrafficpolicy" => json!("Cluster"),
        "ipfamilypolicy" => json!("SingleStack"),
        "ipfamilies" => json!(["IPv4"]),
        "restartpolicy" => json!("Always"),
        "concurrencypolicy" => json!("Forbid"),
        "interval" | "scrapeinterval" | "scrapetimeout" => json!("30s"),
        "path" | "mountpath" => json!("/example"),
        "host" | "hostname" | "domain" => json!("chart.example.com"),
        "key" => json!("example-key"),
        "args" | "extraargs" | "command" => json!(["example"]),
        "digest" => json!(format!("sha256:{}", "0".repeat(64))),
        _ if ends("annotations") || ends("labels") || ends("selector") => json!({"example.com/key": "value"}),
        _ if ends("nodeport") => json!(30_080),
        _ if ends("port") => json!(8080),
        _ if ends("replicas") || ends("replicacount") || ends("limit") => json!(2),
        _ if ends("percentage") || ends("percent") => json!(50),
        _ if ends("seconds") || ends("threshold") => json!(10),
        _ if ends("url") => json!("https://chart.example.com/"),
        _ if ends("size") || ends("storage") => json!("1Gi"),
        _ if ends("enabled") || ends("create") => json!(true),
        _ => return None,
    })
}

/// A text for a key.
pub(super) fn text_sample(name: &str) -> Json {
    known_sample(name).unwrap_or_else(|| json!("example"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_any_case() {
        assert_eq!(
            known_sample("podAnnotations"),
            Some(json!({"example.com/key": "value"}))
        );
        assert_eq!(known_sample("containerPort"), Some(json!(8080)));
        assert_eq!(known_sample("nodePort"), Some(json!(30_080)));
        assert_eq!(known_sample("colour"), None);
        assert_eq!(text_sample("colour"), json!("example"));
    }
}
