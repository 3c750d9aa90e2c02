//! What the API server would refuse, asked before anything is written: the rendered objects of a release in, those that it refuses and why out.
//! Permissions, admission webhooks and policies, fields that may not change: a rollout that fails for them would be half done.

use std::collections::BTreeMap;

use super::blame::{Explanation, explain};
use super::commands::apply_as_helm_dry;
use super::helm_words::problem_of_object;
use super::live::LiveCluster;
use super::rendered_release::RenderedRelease;
use crate::engine::manifest::Document;
use crate::text::yaml::json_from_bytes;

/// Objects that are asked for one by one, if all together are refused.
const MOST: usize = 300;

/// What says that the question could not be answered, and not that the answer is negative.
const UNANSWERED: [&str; 3] = [
    "does not support dry run",
    "no matches for kind",
    "ensure CRDs are installed first",
];

/// The objects of a release that the API server refuses. `lacks_namespace` is whether the namespace is still to be made.
pub(super) fn refused_objects(
    cluster: &LiveCluster<'_>,
    release: &RenderedRelease,
    lacks_namespace: bool,
) -> Vec<Explanation> {
    let documents: Vec<&Document> = release.manifests.manifests.iter().collect();
    if lacks_namespace {
        return Vec::new();
    }
    // kubectl takes objects of one namespace at a time.
    let mut by_namespace: BTreeMap<String, Vec<&Document>> = BTreeMap::new();
    for document in documents {
        let namespace = namespace_of(document).unwrap_or_else(|| cluster.target.namespace.clone());
        by_namespace.entry(namespace).or_default().push(document);
    }
    let mut suspects: Vec<(&str, &Document)> = Vec::new();
    for (namespace, documents) in &by_namespace {
        let texts = documents
            .iter()
            .map(|document| [b"---\n", document.text(), b"\n"].concat());
        if apply_dry(cluster, namespace, &texts.flatten().collect::<Vec<u8>>()).is_some() {
            suspects.extend(documents.iter().map(|document| (namespace.as_str(), *document)));
        }
    }
    let mut refused = Vec::new();
    for (namespace, document) in suspects.into_iter().take(MOST) {
        let Some(words) = apply_dry(cluster, namespace, document.text()) else {
            continue;
        };
        if UNANSWERED.iter().any(|mark| words.contains(mark)) || is_made_by_chart(release, &words) {
            continue;
        }
        let name = document
            .head
            .metadata
            .as_ref()
            .map_or("", |metadata| metadata.name.as_str());
        let words = release.secrets().hide(&words).into_owned();
        let problem = problem_of_object(&document.head.kind, name, &words);
        refused.push(explain(release, &problem, ""));
    }
    refused
}

/// The namespace that an object names itself.
fn namespace_of(document: &Document) -> Option<String> {
    let value = json_from_bytes(document.text()).ok()?;
    let namespace = value.pointer("/metadata/namespace")?.as_str()?;
    (!namespace.is_empty()).then(|| namespace.to_owned())
}

/// What kubectl says where the API server would not apply a text; nothing where it would.
fn apply_dry(cluster: &LiveCluster<'_>, namespace: &str, text: &[u8]) -> Option<String> {
    let call = apply_as_helm_dry(&cluster.target, namespace, "name");
    match cluster.programs.run(&call, text) {
        Ok(ended) if ended.is_success() => None,
        Ok(ended) => Some(ended.words),
        // A cluster that does not answer is met again.
        Err(_) => None,
    }
}

/// Whether something is missing that the chart makes itself, such as a namespace.
fn is_made_by_chart(release: &RenderedRelease, words: &str) -> bool {
    words.contains("not found")
        && release.manifests.manifests.iter().any(|document| {
            let name = document
                .head
                .metadata
                .as_ref()
                .map_or("", |metadata| metadata.name.as_str());
            document.head.kind == "Namespace" && words.contains(&format!("namespaces \"{name}\" not found"))
        })
}
