//! Services, endpoints, ingresses and network policies (`pkg/apis/core/validation`, `pkg/apis/networking/validation`,
//! `pkg/apis/discovery/validation`).

use std::collections::HashSet;
use std::ops::RangeInclusive;

use crate::text::yaml::NodeId;

use super::super::fields::Step::{Index, Key};
use super::super::ids;
use super::super::walk::Walk;
use super::address::{is_strict_subset, parse_ip};
use super::labels::check_labels;
use super::probe::check_port;
use super::{Check, Syntax, Table};

/// Longest name of the controller of an `IngressClass`.
const CONTROLLER_BYTES: usize = 250;
/// One day: the longest session affinity.
const STICKY_SECONDS: i64 = 86_400;

/// Ports of nodes that services may have, unless the cluster is configured otherwise.
const NODE_PORTS: RangeInclusive<i64> = 30_000..=32_767;
/// Addresses of one endpoint of a slice.
const MOST_ADDRESSES: usize = 100;

pub(super) const CHECKS: Table = &[
    ("core.v1.Service", &[Check::Required("spec")]),
    (
        "core.v1.ServiceSpec",
        &[
            Check::With(service),
            Check::With(service_ports),
            Check::With(|walk, node| check_labels(walk, node, "selector")),
            Check::Unique("ports", "name"),
            Check::With(external_access),
            Check::Syntax("externalIPs", Syntax::EndpointIp),
            Check::Syntax("loadBalancerSourceRanges", Syntax::PaddedCidr),
            Check::Syntax("loadBalancerClass", Syntax::QualifiedName),
            Check::Unique("ipFamilies", ""),
            Check::OneOf("ipFamilies", &["IPv4", "IPv6"]),
            Check::With(|walk, node| node_port(walk, node, "healthCheckNodePort")),
        ],
    ),
    (
        "core.v1.ServicePort",
        &[
            Check::SyntaxOrEmpty("name", Syntax::Label),
            Check::With(port_number),
            Check::Syntax("appProtocol", Syntax::QualifiedName),
            Check::With(target_port),
            // The default range of a cluster.
            Check::With(|walk, node| node_port(walk, node, "nodePort")),
        ],
    ),
    (
        "core.v1.ClientIPConfig",
        &[Check::Range("timeoutSeconds", 1, STICKY_SECONDS)],
    ),
    ("core.v1.EndpointSubset", &[Check::With(subset)]),
    (
        "core.v1.EndpointAddress",
        &[
            Check::Required("ip"),
            Check::SyntaxOrEmpty("ip", Syntax::EndpointIp),
            Check::SyntaxOrEmpty("hostname", Syntax::Label),
        ],
    ),
    (
        "core.v1.EndpointPort",
        &[Check::With(port_number), Check::SyntaxOrEmpty("name", Syntax::Label)],
    ),
    (
        "discovery.v1.EndpointSlice",
        &[
            Check::Required("addressType"),
            Check::OneOfOrEmpty("addressType", &["FQDN", "IPv4", "IPv6"]),
            Check::Unique("ports", "name"),
            Check::With(slice_addresses),
        ],
    ),
    (
        "discovery.v1.Endpoint",
        &[Check::Required("addresses"), Check::Syntax("hostname", Syntax::Label)],
    ),
    (
        "discovery.v1.EndpointPort",
        &[Check::SyntaxOrEmpty("name", Syntax::Label)],
    ),
    (
        "networking.v1.IngressSpec",
        &[
            Check::With(rules_or_backend),
            Check::Syntax("ingressClassName", Syntax::Subdomain),
        ],
    ),
    ("networking.v1.Ingress", &[Check::With(ingress)]),
    (
        "networking.v1.IngressRule",
        &[Check::SyntaxOrEmpty("host", Syntax::Host)],
    ),
    (
        "networking.v1.IngressTLS",
        &[
            Check::Syntax("hosts", Syntax::TlsHost),
            Check::SyntaxOrEmpty("secretName", Syntax::Subdomain),
        ],
    ),
    ("networking.v1.HTTPIngressRuleValue", &[Check::Required("paths")]),
    (
        "networking.v1.HTTPIngressPath",
        &[Check::Required("pathType"), Check::With(http_path)],
    ),
    (
        "networking.v1.IngressBackend",
        &[
            Check::ExactlyOne(&["service", "resource"]),
            Check::With(resource_backend),
        ],
    ),
    (
        "networking.v1.IngressServiceBackend",
        &[
            Check::Required("name"),
            Check::SyntaxOrEmpty("name", Syntax::Label1035),
            Check::With(backend_port),
        ],
    ),
    (
        "networking.v1.IngressClassSpec",
        &[
            Check::Required("controller"),
            Check::SyntaxOrEmpty("controller", Syntax::DomainPath),
            Check::With(controller_length),
        ],
    ),
    ("networking.v1.IngressClass", &[Check::Required("spec")]),
    (
        "networking.v1.IngressClassParametersReference",
        &[
            Check::Required("kind"),
            Check::Required("name"),
            Check::SyntaxOrEmpty("kind", Syntax::PathSegment),
            Check::SyntaxOrEmpty("name", Syntax::PathSegment),
            Check::Syntax("apiGroup", Syntax::Subdomain),
            Check::SyntaxOrEmpty("namespace", Syntax::Label),
            Check::OneOf("scope", &["Cluster", "Namespace"]),
            Check::With(class_parameters),
        ],
    ),
    ("networking.v1.NetworkPolicySpec", &[Check::With(policy_types)]),
    ("networking.v1.NetworkPolicyPort", &[Check::With(policy_port)]),
    ("networking.v1.NetworkPolicyPeer", &[Check::With(policy_peer)]),
    (
        "networking.v1.IPBlock",
        &[
            Check::Required("cidr"),
            Check::SyntaxOrEmpty("cidr", Syntax::Cidr),
            Check::Syntax("except", Syntax::Cidr),
            Check::With(exceptions),
        ],
    ),
];

fn service(walk: &mut Walk<'_>, node: NodeId) {
    let kind = walk.text(node, "type").unwrap_or("ClusterIP".into());
    let address = walk.text(node, "clusterIP").unwrap_or_default();
    let is_headless = address == "None";
    let is_external = kind == "ExternalName";
    if walk.items(node, "ports").is_empty() && !is_headless && !is_external {
        walk.required(node, "ports");
    }
    if is_headless && matches!(&*kind, "LoadBalancer" | "NodePort") {
        let message = format!("Invalid value: \"None\": may not be set to 'None' for {kind} services");
        walk.fault(node, &[Key("clusterIP")], ids::FORBIDDEN, message);
    }
    if !address.is_empty() && !is_headless {
        if is_external {
            let message = "Forbidden: may not be set for ExternalName services";
            walk.fault(node, &[Key("clusterIP")], ids::FORBIDDEN, message);
        }
        walk.check_syntax(node, &[Key("clusterIP")], &address, Syntax::Ip);
    }
    if is_external {
        match walk.text(node, "externalName") {
            Some(name) => {
                let name = name.strip_suffix('.').unwrap_or(&name).to_owned();
                walk.check_syntax(node, &[Key("externalName")], &name, Syntax::Subdomain);
            }
            None => walk.required(node, "externalName"),
        }
    }
    if kind != "LoadBalancer" {
        for name in ["loadBalancerClass", "allocateLoadBalancerNodePorts"] {
            if walk.has(node, name) {
                walk.fault(
                    node,
                    &[Key(name)],
                    ids::FORBIDDEN,
                    "Forbidden: may only be used when `type` is 'LoadBalancer'",
                );
            }
        }
        if !walk.items(node, "loadBalancerSourceRanges").is_empty() {
            let message = "Forbidden: may only be used when `type` is 'LoadBalancer'";
            walk.fault(node, &[Key("loadBalancerSourceRanges")], ids::FORBIDDEN, message);
        }
    }
}

/// The addresses of a slice are all of its type, and not too many.
fn slice_addresses(walk: &mut Walk<'_>, node: NodeId) {
    let kind = walk.text(node, "addressType").unwrap_or_default();
    let syntax = match &*kind {
        "IPv4" | "IPv6" => Syntax::EndpointIp,
        "FQDN" => Syntax::Subdomain,
        _ => return,
    };
    for (index, endpoint) in walk.items(node, "endpoints").into_iter().enumerate() {
        let addresses = walk.items(endpoint, "addresses");
        if addresses.len() > MOST_ADDRESSES {
            let steps = [Key("endpoints"), Index(index), Key("addresses")];
            let message = format!(
                "Too many: {}: must have at most {MOST_ADDRESSES} items",
                addresses.len()
            );
            walk.fault(node, &steps, ids::RANGE, message);
        }
        for (position, address) in addresses.into_iter().enumerate() {
            let Some(address) = walk.text_of(address) else { continue };
            let steps = [Key("endpoints"), Index(index), Key("addresses"), Index(position)];
            walk.check_syntax(node, &steps, &address, syntax);
            if kind != "FQDN" && parse_ip(&address).is_some_and(|ip| ip.is_ipv4() != (kind == "IPv4")) {
                let message = format!("Invalid value: {address:?}: must be an {kind} address");
                walk.fault(node, &steps, ids::NAME, message);
            }
        }
    }
}

fn resource_backend(walk: &mut Walk<'_>, node: NodeId) {
    for (name, syntax) in [
        ("apiGroup", Syntax::Subdomain),
        ("kind", Syntax::PathSegment),
        ("name", Syntax::PathSegment),
    ] {
        let field = walk.field_at(node, &["resource", name]);
        if let Some(text) = field.and_then(|field| walk.text_of(field)) {
            walk.check_syntax(node, &[Key("resource"), Key(name)], &text, syntax);
        }
    }
}

fn service_ports(walk: &mut Walk<'_>, node: NodeId) {
    let ports = walk.items(node, "ports");
    let kind = walk.text(node, "type").unwrap_or("ClusterIP".into());
    let needs_name = ports.len() > 1;
    let (mut seen, mut on_nodes) = (HashSet::new(), HashSet::new());
    for (index, port) in ports.into_iter().enumerate() {
        let at = |name| [Key("ports"), Index(index), Key(name)];
        if needs_name && walk.text(port, "name").is_none() {
            walk.fault(node, &at("name"), ids::REQUIRED, "Required value");
        }
        let protocol = walk.text(port, "protocol").unwrap_or("TCP".into());
        let number = walk.integer(port, "port");
        if seen.contains(&(number, protocol.clone())) {
            let message = format!("Duplicate value: {} {protocol}", number.unwrap_or_default());
            walk.fault(node, &at("port"), ids::DUPLICATE, message);
        }
        let node_port = walk.integer(port, "nodePort").filter(|&number| number != 0);
        if let Some(node_port) = node_port {
            if matches!(&*kind, "ClusterIP" | "ExternalName") {
                let message = format!("Forbidden: may not be used when `type` is '{kind}'");
                walk.fault(node, &at("nodePort"), ids::FORBIDDEN, message);
            }
            if on_nodes.contains(&(node_port, protocol.clone())) {
                walk.fault(
                    node,
                    &at("nodePort"),
                    ids::DUPLICATE,
                    format!("Duplicate value: {node_port}"),
                );
            }
            on_nodes.insert((node_port, protocol.clone()));
        }
        seen.insert((number, protocol));
    }
}

fn external_access(walk: &mut Walk<'_>, node: NodeId) {
    let kind = walk.text(node, "type").unwrap_or("ClusterIP".into());
    let is_external = matches!(&*kind, "LoadBalancer" | "NodePort")
        || (kind == "ClusterIP" && !walk.items(node, "externalIPs").is_empty());
    if !is_external && walk.text(node, "externalTrafficPolicy").is_some() {
        let message = "Invalid value: may only be set for externally-accessible services";
        walk.fault(node, &[Key("externalTrafficPolicy")], ids::FORBIDDEN, message);
    }
    let is_checked = kind == "LoadBalancer" && walk.text(node, "externalTrafficPolicy").as_deref() == Some("Local");
    if !is_checked && walk.integer(node, "healthCheckNodePort").is_some_and(|port| port != 0) {
        let message =
            "Invalid value: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
        walk.fault(node, &[Key("healthCheckNodePort")], ids::FORBIDDEN, message);
    }
}

fn port_number(walk: &mut Walk<'_>, node: NodeId) {
    let number = walk.integer(node, "port").unwrap_or(0);
    if !(1..=65535).contains(&number) {
        let message = format!("Invalid value: {number}: must be between 1 and 65535, inclusive");
        walk.fault(node, &[Key("port")], ids::RANGE, message);
    }
}

/// If it is absent or 0, it is the port itself.
fn target_port(walk: &mut Walk<'_>, node: NodeId) {
    if let Some(value) = walk.field(node, "targetPort")
        && walk.integer_of(value) != Some(0)
        && !walk.is_empty(value)
    {
        check_port(walk, node, &[Key("targetPort")], Some(value));
    }
}

/// A port that is opened on every node.
fn node_port(walk: &mut Walk<'_>, node: NodeId, name: &str) {
    if let Some(number) = walk.integer(node, name)
        && number != 0
        && !NODE_PORTS.contains(&number)
    {
        let message = format!(
            "Invalid value: {number}: provided port is not in the valid range. The range of valid ports is {}-{}",
            NODE_PORTS.start(),
            NODE_PORTS.end()
        );
        walk.fault(node, &[Key(name)], ids::RANGE, message);
    }
}

fn subset(walk: &mut Walk<'_>, node: NodeId) {
    if walk.items(node, "addresses").is_empty() && walk.items(node, "notReadyAddresses").is_empty() {
        let message = "Required value: must specify `addresses` or `notReadyAddresses`";
        walk.fault(node, &[], ids::REQUIRED, message);
    }
    let ports = walk.items(node, "ports");
    let needs_name = ports.len() > 1;
    for (index, port) in ports.into_iter().enumerate() {
        if needs_name && walk.text(port, "name").is_none() {
            walk.fault(
                node,
                &[Key("ports"), Index(index), Key("name")],
                ids::REQUIRED,
                "Required value",
            );
        }
    }
}

fn ingress(walk: &mut Walk<'_>, node: NodeId) {
    const ANNOTATION: &str = "kubernetes.io/ingress.class";
    if !walk.has(node, "spec") {
        let message = "Invalid value: either `defaultBackend` or `rules` must be specified";
        walk.fault(node, &[Key("spec")], ids::ONE_OF, message);
    }
    let old = walk
        .field_at(node, &["metadata", "annotations"])
        .and_then(|all| walk.text(all, ANNOTATION));
    let new = walk
        .field(node, "spec")
        .and_then(|spec| walk.text(spec, "ingressClassName"));
    if let (Some(old), Some(new)) = (old, new)
        && old != new
    {
        let message = format!("Invalid value: {old:?}: must match `ingressClassName` when both are specified");
        let steps = [Key("metadata"), Key("annotations"), Key(ANNOTATION)];
        walk.fault(node, &steps, ids::FORBIDDEN, message);
    }
}

fn rules_or_backend(walk: &mut Walk<'_>, node: NodeId) {
    if walk.items(node, "rules").is_empty() && !walk.has(node, "defaultBackend") {
        let message = "Invalid value: either `defaultBackend` or `rules` must be specified";
        walk.fault(node, &[], ids::ONE_OF, message);
    }
}

fn http_path(walk: &mut Walk<'_>, node: NodeId) {
    let kind = walk.text(node, "pathType").unwrap_or_default();
    let path = walk.text(node, "path").unwrap_or_default();
    let is_matched = matches!(&*kind, "Exact" | "Prefix");
    if !path.starts_with('/') && (is_matched || !path.is_empty()) && !kind.is_empty() {
        let message = format!("Invalid value: {path:?}: must be an absolute path");
        walk.fault(node, &[Key("path")], ids::NAME, message);
    }
    if !is_matched {
        return;
    }
    let lower = ["//", "/./", "/../", "%2f", "%2F"]
        .into_iter()
        .find(|part| path.contains(part));
    if let Some(part) = lower {
        walk.fault(
            node,
            &[Key("path")],
            ids::NAME,
            format!("Invalid value: {path:?}: must not contain '{part}'"),
        );
    }
    if let Some(end) = ["/..", "/."].into_iter().find(|end| path.ends_with(end)) {
        walk.fault(
            node,
            &[Key("path")],
            ids::NAME,
            format!("Invalid value: {path:?}: cannot end with '{end}'"),
        );
    }
}

fn backend_port(walk: &mut Walk<'_>, node: NodeId) {
    let port = walk.field(node, "port");
    let name = port.and_then(|port| walk.text(port, "name"));
    let number = port
        .and_then(|port| walk.integer(port, "number"))
        .filter(|&number| number != 0);
    match (name, number) {
        (Some(_), Some(_)) => {
            walk.fault(
                node,
                &[Key("port")],
                ids::ONE_OF,
                "Invalid value: cannot set both port name & port number",
            );
        }
        (Some(name), None) => walk.check_syntax(node, &[Key("port"), Key("name")], &name, Syntax::PortName),
        (None, Some(number)) if (1..=65535).contains(&number) => {}
        (None, Some(number)) => {
            let message = format!("Invalid value: {number}: must be between 1 and 65535, inclusive");
            walk.fault(node, &[Key("port"), Key("number")], ids::RANGE, message);
        }
        (None, None) => {
            walk.fault(
                node,
                &[Key("port")],
                ids::REQUIRED,
                "Required value: port name or number is required",
            );
        }
    }
}

fn controller_length(walk: &mut Walk<'_>, node: NodeId) {
    if walk
        .text(node, "controller")
        .is_some_and(|name| name.len() > CONTROLLER_BYTES)
    {
        let message = format!("Too long: may not be more than {CONTROLLER_BYTES} bytes");
        walk.fault(node, &[Key("controller")], ids::NAME, message);
    }
}

fn class_parameters(walk: &mut Walk<'_>, node: NodeId) {
    let is_namespaced = walk.text(node, "scope").as_deref() == Some("Namespace");
    match walk.text(node, "namespace") {
        None if is_namespaced => {
            let message = "Required value: `parameters.scope` is set to 'Namespace'";
            walk.fault(node, &[Key("namespace")], ids::REQUIRED, message);
        }
        Some(_) if !is_namespaced => {
            let message = "Forbidden: `parameters.scope` is set to 'Cluster'";
            walk.fault(node, &[Key("namespace")], ids::FORBIDDEN, message);
        }
        _ => {}
    }
}

fn policy_types(walk: &mut Walk<'_>, node: NodeId) {
    let count = walk.items(node, "policyTypes").len();
    if count > 2 {
        let message = "Invalid value: may not specify more than two policyTypes";
        walk.fault(node, &[Key("policyTypes")], ids::RANGE, message);
    }
}

fn policy_port(walk: &mut Walk<'_>, node: NodeId) {
    let port = walk.field(node, "port");
    if port.is_some() {
        check_port(walk, node, &[Key("port")], port);
    }
    let Some(end) = walk.integer(node, "endPort") else {
        return;
    };
    let fault = match port.map(|port| walk.integer_of(port)) {
        None => Some("may not be specified when `port` is not specified"),
        Some(None) => Some("may not be specified when `port` is non-numeric"),
        Some(Some(port)) if end < port => Some("must be greater than or equal to `port`"),
        Some(Some(_)) if !(1..=65535).contains(&end) => Some("must be between 1 and 65535, inclusive"),
        Some(Some(_)) => None,
    };
    if let Some(fault) = fault {
        walk.fault(
            node,
            &[Key("endPort")],
            ids::RANGE,
            format!("Invalid value: {end}: {fault}"),
        );
    }
}

fn policy_peer(walk: &mut Walk<'_>, node: NodeId) {
    let selects = walk.has(node, "podSelector") || walk.has(node, "namespaceSelector");
    match (selects, walk.has(node, "ipBlock")) {
        (false, false) => walk.fault(node, &[], ids::ONE_OF, "Required value: must specify a peer"),
        (true, true) => {
            walk.fault(
                node,
                &[Key("ipBlock")],
                ids::ONE_OF,
                "Forbidden: may not specify both ipBlock and another peer",
            );
        }
        _ => {}
    }
}

fn exceptions(walk: &mut Walk<'_>, node: NodeId) {
    let Some(range) = walk.text(node, "cidr") else { return };
    for (index, item) in walk.items(node, "except").into_iter().enumerate() {
        if let Some(text) = walk.text_of(item)
            && !is_strict_subset(&text, &range)
        {
            let message = format!("Invalid value: {text:?}: must be a strict subset of `cidr`");
            walk.fault(node, &[Key("except"), Index(index)], ids::RANGE, message);
        }
    }
}
