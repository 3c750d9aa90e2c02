//! The objects of one rendering, as rules over several of them see them.

use serde_json::Value as Json;

use crate::kubernetes::validate::IGNORE_ANNOTATION;
use crate::text::json_pointer;
use crate::text::yaml::{self, NodeId, NodeKind, Tree};

/// A rendered file.
#[derive(Debug, Clone, Copy)]
pub struct RenderedText<'t> {
    /// Its text.
    pub text: &'t [u8],
}

/// One object of a rendering.
#[derive(Debug)]
pub(super) struct Object {
    /// Index of the file it was rendered to.
    pub(super) file: usize,
    pub(super) json: Json,
    /// JSON pointer and byte offset of every node.
    offsets: Vec<(String, usize)>,
}

/// The objects of rendered files; documents that do not parse are told of elsewhere.
pub(super) fn objects(files: &[RenderedText<'_>]) -> Vec<Object> {
    let mut objects = Vec::new();
    for (file, rendered) in files.iter().enumerate() {
        let Ok(tree) = yaml::parse_all(rendered.text) else {
            continue;
        };
        for document in tree.documents() {
            add(&tree, document.root, file, &mut objects);
        }
    }
    objects
}

fn add(tree: &Tree<'_>, root: NodeId, file: usize, objects: &mut Vec<Object>) {
    let Ok(json) = yaml::json_from_node(tree, root) else {
        return;
    };
    let is_list = json
        .get("kind")
        .and_then(Json::as_str)
        .is_some_and(|kind| kind.eq_ignore_ascii_case("list"));
    if is_list && let Some(items) = tree.get(root, "items") {
        for item in tree.children(tree.target(items)) {
            add(tree, item, file, objects);
        }
        return;
    }
    if json.get("kind").and_then(Json::as_str).is_none() {
        return;
    }
    let mut offsets = Vec::new();
    index(tree, root, &mut String::new(), &mut offsets);
    objects.push(Object { file, json, offsets });
}

fn index(tree: &Tree<'_>, node: NodeId, path: &mut String, offsets: &mut Vec<(String, usize)>) {
    offsets.push((path.clone(), tree.span(node).start as usize));
    let node = tree.target(node);
    let length = path.len();
    match tree.kind(node) {
        NodeKind::Mapping => {
            for (key, value) in tree.pairs(node) {
                path.push('/');
                path.push_str(&json_pointer::escape(tree.text(key)));
                index(tree, value, path, offsets);
                path.truncate(length);
            }
        }
        NodeKind::Sequence => {
            for (position, item) in tree.children(node).enumerate() {
                path.push_str(&format!("/{position}"));
                index(tree, item, path, offsets);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

impl Object {
    /// The text at a JSON pointer.
    pub(super) fn text(&self, pointer: &str) -> &str {
        self.json.pointer(pointer).and_then(Json::as_str).unwrap_or_default()
    }

    /// The items at a JSON pointer.
    pub(super) fn items(&self, pointer: &str) -> &[Json] {
        self.json
            .pointer(pointer)
            .and_then(Json::as_array)
            .map_or(&[], Vec::as_slice)
    }

    pub(super) fn kind(&self) -> &str {
        self.text("/kind")
    }

    pub(super) fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    /// The group of its API version; empty for the core.
    pub(super) fn group(&self) -> &str {
        self.text("/apiVersion").split_once('/').map_or("", |(group, _)| group)
    }

    /// Whether an annotation silences a rule for it.
    pub(super) fn silences(&self, rule: &str) -> bool {
        let annotations = self.json.pointer("/metadata/annotations");
        let rules = annotations
            .and_then(|all| all.get(IGNORE_ANNOTATION))
            .and_then(Json::as_str);
        rules.is_some_and(|rules| {
            rules
                .split([',', ' '])
                .any(|silenced| silenced == rule || silenced == "*")
        })
    }

    /// Whether Helm runs it as a hook.
    pub(super) fn is_hook(&self) -> bool {
        self.json.pointer("/metadata/annotations/helm.sh~1hook").is_some()
    }

    /// Where the node at a pointer, or the nearest above it, begins in its file.
    pub(super) fn offset(&self, pointer: &str) -> usize {
        let mut pointer = pointer;
        loop {
            if let Some((_, offset)) = self.offsets.iter().find(|(path, _)| path == pointer) {
                return *offset;
            }
            match pointer.rfind('/') {
                Some(at) => pointer = pointer.get(..at).unwrap_or_default(),
                None => return 0,
            }
        }
    }

    /// Pointer to the pod template, for what has one.
    pub(super) fn pod(&self) -> Option<&'static str> {
        match self.kind() {
            "Pod" => Some(""),
            "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job" | "ReplicationController" => {
                Some("/spec/template")
            }
            "CronJob" => Some("/spec/jobTemplate/spec/template"),
            _ => None,
        }
    }
}
