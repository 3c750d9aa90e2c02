//! The images of rendered objects: a rendered file in, each of its image fields out, with the object that has it.

use crate::engine::chart::Compat;
use crate::engine::manifest::split_manifests;
use crate::engine::render::RenderedFile;
use crate::text::edit::{Step, YamlPath};
use crate::text::limits::{EDITS, SEARCHED_LEVELS};
use crate::text::yaml::{self, NodeId, NodeKind, Scalar, Tree};

use super::reference::ImageReference;

/// Where a rendering has an image: the same field of another rendering of the chart has the same place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageField {
    /// The name of the rendered template.
    pub template: String,
    /// The document of it, from 0.
    pub document: usize,
    /// The path in the document.
    pub path: YamlPath,
}

/// An image that a rendered object names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedImage {
    /// Where.
    pub field: ImageField,
    /// The object: `Deployment/web`.
    pub workload: String,
    /// The reference as it is rendered.
    pub text: String,
    /// Byte of the rendered file where it begins.
    pub offset: usize,
}

/// Fields that hold containers.
const CONTAINERS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// The images of all objects of a rendered file, in their order. Documents that are not YAML have none. Containers' `image` counts whatever
/// it holds, another `image` if it is a reference, and another field with `image` at its end if it has a tag or digest as well.
pub fn rendered_images(file: &RenderedFile) -> Vec<RenderedImage> {
    images_of(&file.name, &file.text)
}

/// The same without their places: the references as they are rendered.
pub fn image_names(text: &[u8]) -> Vec<String> {
    let found = images_of("", text).into_iter();
    found.map(|image| image.text).collect()
}

fn images_of(template: &str, text: &[u8]) -> Vec<RenderedImage> {
    let mut found = Vec::new();
    for (number, document) in split_manifests(text, Compat::Helm4).into_iter().enumerate() {
        if !has_image(document.text) {
            continue;
        }
        let Ok(tree) = yaml::parse_first(document.text) else {
            continue;
        };
        let mut search = Search {
            tree: &tree,
            template,
            document: number,
            offset: document.offset,
            path: YamlPath::default(),
            object: String::new(),
            found: &mut found,
        };
        if let Some(root) = tree.root() {
            search.walk(root, false);
        }
    }
    found
}

/// Whether a document may name an image: most do not, and need not be read.
fn has_image(text: &[u8]) -> bool {
    memchr::memmem::find(text, b"mage").is_some()
}

struct Search<'s> {
    tree: &'s Tree<'s>,
    template: &'s str,
    document: usize,
    /// Where the document begins in the file.
    offset: usize,
    path: YamlPath,
    /// The innermost object around.
    object: String,
    found: &'s mut Vec<RenderedImage>,
}

impl Search<'_> {
    fn walk(&mut self, node: NodeId, is_container: bool) {
        if self.path.0.len() >= SEARCHED_LEVELS || self.found.len() > EDITS {
            return;
        }
        match self.tree.kind(node) {
            NodeKind::Mapping => self.mapping(node, is_container),
            NodeKind::Sequence => {
                let items: Vec<NodeId> = self.tree.children(node).collect();
                for (index, item) in items.into_iter().enumerate() {
                    self.path.0.push(Step::Index(index));
                    self.walk(item, is_container);
                    self.path.0.pop();
                }
            }
            NodeKind::Scalar(_) | NodeKind::Alias => {}
        }
    }

    fn mapping(&mut self, node: NodeId, is_container: bool) {
        let outer = self
            .object_of(node)
            .map(|inner| std::mem::replace(&mut self.object, inner));
        // The schema of a kind describes images, and has none.
        let pairs: Vec<(NodeId, NodeId)> = if self.object.starts_with("CustomResourceDefinition/") {
            Vec::new()
        } else {
            self.tree.pairs(node).collect()
        };
        for (key, value) in pairs {
            let key = self.tree.text(self.tree.target(key)).to_owned();
            let holds_containers = CONTAINERS.contains(&key.as_str());
            self.path.0.push(Step::Key(key));
            self.image(value, is_container);
            self.walk(value, holds_containers);
            self.path.0.pop();
        }
        if let Some(outer) = outer {
            self.object = outer;
        }
    }

    /// `Kind/name` where a mapping is an object.
    fn object_of(&self, node: NodeId) -> Option<String> {
        let text = |node: NodeId, key: &str| {
            let value = self.tree.get(node, key)?;
            Some(self.tree.text(self.tree.target(value)).to_owned()).filter(|text| !text.is_empty())
        };
        let kind = text(node, "kind")?;
        let metadata = self.tree.get(node, "metadata");
        let name = metadata.and_then(|metadata| text(metadata, "name").or_else(|| text(metadata, "generateName")));
        match name {
            Some(name) => Some(format!("{kind}/{name}")),
            // A reference to an object, as in `scaleTargetRef`, has no metadata.
            None => metadata.map(|_| format!("{kind}/")),
        }
    }

    fn image(&mut self, value: NodeId, is_container: bool) {
        let Some(Step::Key(key)) = self.path.0.last() else {
            return;
        };
        let is_named = key == "image";
        if !is_named && !key.ends_with("Image") && key != "imageName" {
            return;
        }
        let target = self.tree.target(value);
        if !matches!(self.tree.kind(target), NodeKind::Scalar(_))
            || !matches!(self.tree.scalar(target), Ok(Scalar::Str(_)))
        {
            return;
        }
        let text = self.tree.text(target).trim().to_owned();
        let reference = ImageReference::parse(&text).ok();
        let is_versioned = reference
            .as_ref()
            .is_some_and(|reference| reference.tag.is_some() || reference.digest.is_some());
        let is_image = if is_named {
            is_container || is_versioned || (reference.is_some() && text.contains('/'))
        } else {
            is_versioned && !ImageReference::is_digest(&text)
        };
        if text.is_empty() || !is_image {
            return;
        }
        self.found.push(RenderedImage {
            field: ImageField {
                template: self.template.to_owned(),
                document: self.document,
                path: self.path.clone(),
            },
            workload: self.object.clone(),
            text,
            offset: self.offset + self.tree.span(target).start as usize,
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn images(text: &str) -> Vec<String> {
        let file = RenderedFile {
            name: "c/templates/t.yaml".to_owned(),
            text: Arc::new(text.as_bytes().to_vec()),
            map: None,
        };
        let found = rendered_images(&file).into_iter();
        found
            .map(|image| {
                assert!(
                    text.get(image.offset..)
                        .expect("in the text")
                        .trim_start_matches(['"', '\''])
                        .starts_with(&image.text)
                );
                format!("{} {} {}", image.workload, image.field.path, image.text)
            })
            .collect()
    }

    #[test]
    fn containers_of_all_kinds_have_images() {
        let pod = "{initContainers: [{image: a/init}], containers: [{image: app}, {image: \"a/b:1\"}], ephemeralContainers: [{image: a/e:2}]}";
        for (object, prefix) in [
            (format!("kind: Pod\nmetadata: {{name: p}}\nspec: {pod}\n"), "Pod/p spec"),
            (
                format!("kind: Deployment\nmetadata: {{name: p}}\nspec: {{template: {{spec: {pod}}}}}\n"),
                "Deployment/p spec.template.spec",
            ),
            (
                format!(
                    "kind: CronJob\nmetadata: {{generateName: p-}}\nspec: {{jobTemplate: {{spec: {{template: {{spec: {pod}}}}}}}}}\n"
                ),
                "CronJob/p- spec.jobTemplate.spec.template.spec",
            ),
            (
                format!("kind: List\nmetadata: {{}}\nitems: [{{kind: Pod, metadata: {{name: p}}, spec: {pod}}}]\n"),
                "Pod/p items[0].spec",
            ),
        ] {
            let want = [
                "initContainers[0].image a/init",
                "containers[0].image app",
                "containers[1].image a/b:1",
                "ephemeralContainers[0].image a/e:2",
            ];
            let want: Vec<String> = want.iter().map(|end| format!("{prefix}.{end}")).collect();
            assert_eq!(images(&object), want, "{object}");
        }
    }

    #[test]
    fn custom_resources_have_images_where_they_evidently_are() {
        for (object, want) in [
            (
                "kind: Prometheus\nmetadata: {name: p}\nspec: {image: quay.io/p/p:v2, baseImage: p/p:1}\n",
                &[
                    "Prometheus/p spec.image quay.io/p/p:v2",
                    "Prometheus/p spec.baseImage p/p:1",
                ][..],
            ),
            (
                "kind: Cluster\nmetadata: {name: p}\nspec: {imageName: a/pg:16, image: a/pg}\n",
                &["Cluster/p spec.imageName a/pg:16", "Cluster/p spec.image a/pg"],
            ),
            (
                "kind: X\nspec: {image: {repository: a}, image2: a:1, noImage: a}\n",
                &[],
            ),
            ("kind: X\nspec: {image: auto}\n", &[]),
            (
                "kind: CustomResourceDefinition\nmetadata: {name: p}\nspec: {image: a/b:1}\n",
                &[],
            ),
            (
                "kind: Pod\nmetadata: {name: a}\nspec: {containers: [{image: a:1}]}\n---\nnot: [yaml\nimage: b:1\n---\nkind: Pod\nmetadata: {name: c}\nspec: {containers: [{image: c:1}]}\n",
                &[
                    "Pod/a spec.containers[0].image a:1",
                    "Pod/c spec.containers[0].image c:1",
                ],
            ),
        ] {
            assert_eq!(images(object), want, "{object}");
        }
    }
}
