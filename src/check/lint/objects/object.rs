//! The objects of one rendering, as the rules over them see them.

use serde_json::Value as Json;

use crate::check::explain::template_place;
use crate::check::finding::{Finding, Location};
use crate::engine::chart::Chart;
use crate::engine::render::RenderedFile;
use crate::kubernetes::validate::IGNORE_ANNOTATION;
use crate::text::rule::{Rule, RuleId};
use crate::text::yaml::{self, NodeId, NodeKind, Tree};

/// What is judged: a chart, and what it rendered to.
#[derive(Debug, Clone, Copy)]
pub struct RenderedChart<'r> {
    /// The chart.
    pub chart: &'r Chart,
    /// The rendered files that become manifests.
    pub files: &'r [RenderedFile],
    /// Name of the release.
    pub release: &'r str,
}

impl RenderedChart<'_> {
    /// The place in a template that wrote a byte of a file.
    pub(super) fn place(&self, file: usize, offset: usize) -> Location {
        match self.files.get(file) {
            Some(file) => template_place(self.chart, file, offset),
            None => Location::whole(self.chart.source_file("Chart.yaml")),
        }
    }

    /// A finding at the template line that wrote a byte of a file.
    pub(super) fn finding(&self, file: usize, offset: usize, rule: Rule, message: &str) -> Finding {
        let finding = Finding::new(rule, self.place(file, offset), message);
        match self.files.get(file) {
            Some(file) => finding.rendered_at(self.chart, file, offset),
            None => finding,
        }
    }

    /// The text of a file.
    pub(super) fn text(&self, file: usize) -> &[u8] {
        self.files.get(file).map_or(&[], |file| file.text.as_slice())
    }
}

/// All objects of a rendering. Documents that do not parse are reported elsewhere.
pub(super) struct Objects<'r> {
    pub(super) rendered: RenderedChart<'r>,
    trees: Vec<Option<Tree<'r>>>,
    pub(super) list: Vec<Object>,
}

/// One object of a rendering.
#[derive(Debug)]
pub(super) struct Object {
    /// Index of the file it was rendered to.
    pub(super) file: usize,
    root: NodeId,
    pub(super) json: Json,
}

impl<'r> Objects<'r> {
    /// Reads the objects of rendered files.
    pub(super) fn read(rendered: RenderedChart<'r>) -> Self {
        let trees: Vec<Option<Tree<'r>>> = rendered
            .files
            .iter()
            .map(|file| yaml::parse_all(&file.text).ok())
            .collect();
        let mut list = Vec::new();
        for (file, tree) in trees.iter().enumerate() {
            let Some(tree) = tree else { continue };
            for document in tree.documents() {
                add(tree, document.root, file, &mut list);
            }
        }
        Self { rendered, trees, list }
    }

    /// Byte of the object's file at which the node at a JSON pointer, or the nearest above it, begins.
    pub(super) fn offset(&self, object: &Object, pointer: &str) -> usize {
        let Some(Some(tree)) = self.trees.get(object.file) else {
            return 0;
        };
        let mut node = object.root;
        for step in pointer.split('/').skip(1) {
            let key = step.replace("~1", "/").replace("~0", "~");
            match tree.find(node, &[&key]) {
                Some(next) => node = next,
                None => break,
            }
        }
        // What is UTF-16 was read as UTF-8, and its places are those of that text.
        (tree.span(node).start as usize).min(self.rendered.text(object.file).len())
    }
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
        let items = tree.target(items);
        if tree.kind(items) == NodeKind::Sequence {
            for item in tree.children(items) {
                add(tree, item, file, objects);
            }
        }
        return;
    }
    if json.get("kind").and_then(Json::as_str).is_some() {
        objects.push(Object { file, root, json });
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

    /// The rules that its annotation names.
    pub(super) fn silenced_rules(&self) -> impl Iterator<Item = &str> {
        let annotations = self.json.pointer("/metadata/annotations");
        let rules = annotations
            .and_then(|all| all.get(IGNORE_ANNOTATION))
            .and_then(Json::as_str);
        rules
            .into_iter()
            .flat_map(|rules| rules.split([',', ' ']))
            .filter(|id| !id.is_empty())
    }

    /// Whether an annotation silences a rule for it.
    pub(super) fn silences(&self, rule: Rule) -> bool {
        self.silenced_rules().any(|id| RuleId::from(rule).is_covered_by(id))
    }

    /// Whether Helm runs it as a hook.
    pub(super) fn is_hook(&self) -> bool {
        self.json.pointer("/metadata/annotations/helm.sh~1hook").is_some()
    }

    /// Pointer to the pod template, for kinds that have one.
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
