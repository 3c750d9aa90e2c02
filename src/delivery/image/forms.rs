//! Files of other tools, in which keys mean what the tool says: a mapping of such a file in, the images that it names out.
//!
//! Follows the documentation of kustomize (`images`), Argo CD (`Application`, `spec.source.helm`), GitLab CI (`image`, `services`) and GitHub
//! Actions (`container`, `uses`). Flux's `HelmRelease` has ordinary values, and docker-compose ordinary `image` keys.

use super::conventions::{REPOSITORY_KEYS, Search, inner_places, version_keys};
use super::markers::updater_aliases;
use super::places::{Place, Spelling};
use super::reference::ImageReference;
use crate::text::edit::{Step, YamlPath};
use crate::text::yaml::{self, NodeId, NodeKind, ScalarStyle, Tree};

/// What a document is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Form {
    /// Values, a manifest, or anything else.
    #[default]
    Any,
    /// kustomization.yaml with its kind, or a Kustomization of Flux.
    Kustomization,
    /// An object of Argo CD.
    Argo,
    /// A workflow of GitHub.
    Workflow,
}

impl Form {
    /// The form of the document with this root.
    pub(super) fn of(tree: &Tree<'_>, root: NodeId) -> Self {
        let text = |key: &str| tree.get(root, key).map_or("", |value| tree.text(tree.target(value)));
        let is_mapping = |key: &str| {
            let value = tree.get(root, key).map(|value| tree.target(value));
            value.is_some_and(|value| tree.kind(value) == NodeKind::Mapping)
        };
        if text("apiVersion").starts_with("argoproj.io/") {
            Self::Argo
        } else if text("kind") == "Kustomization" {
            Self::Kustomization
        } else if (is_mapping("jobs") && tree.get(root, "on").is_some()) || is_mapping("runs") {
            Self::Workflow
        } else {
            Self::Any
        }
    }
}

/// Keys beside `services` that only GitLab has with a list of images.
const GITLAB_KEYS: [&str; 5] = ["image", "script", "stages", "before_script", "stage"];

impl Search<'_> {
    /// The images that the form of the document gives to the keys of a mapping.
    pub(super) fn by_form(&mut self, node: NodeId) {
        match self.form {
            Form::Kustomization => self.kustomize_images(node),
            Form::Argo => self.argo(node),
            Form::Workflow => self.workflow(node),
            Form::Any => {
                self.kustomize_images(node);
                self.gitlab(node);
            }
        }
    }

    /// The items of a list below a mapping at `path`, with their paths.
    fn items(&self, path: &YamlPath, node: NodeId, key: &str) -> Vec<(YamlPath, NodeId)> {
        let Some(list) = self.keys.get(node, key).map(|list| self.tree.target(list)) else {
            return Vec::new();
        };
        if self.tree.kind(list) != NodeKind::Sequence {
            return Vec::new();
        }
        let at = |index: usize| path.key(key).child(Step::Index(index));
        let items = self.tree.children(list).enumerate();
        items.map(|(index, item)| (at(index), self.tree.target(item))).collect()
    }

    fn place(&self, node: NodeId, key: &str, path: &YamlPath) -> Option<Place> {
        Place::of(self.tree, self.keys.get(node, key)?, path.key(key))
    }

    /// `images` of kustomize: `newTag` and `digest` of the image `newName`, or else `name`.
    fn kustomize_images(&mut self, node: NodeId) {
        for (path, item) in self.items(&self.path, node, "images") {
            let name = [self.below(item, "newName"), self.below(item, "name")];
            let name = name
                .into_iter()
                .find(|name| !name.is_empty())
                .unwrap_or_default()
                .to_owned();
            let (tag, digest) = (self.place(item, "newTag", &path), self.place(item, "digest", &path));
            // A kustomization.yaml need not say its kind, and other files have lists of images too.
            let is_sure = self.form == Form::Kustomization
                || ["newTag", "newName"]
                    .iter()
                    .any(|key| self.keys.get(item, key).is_some());
            if !is_sure || !ImageReference::is_repository(&name) {
                continue;
            }
            self.known.insert(item);
            if tag.is_some() || digest.is_some() {
                self.add(name, Spelling::Apart { tag, digest });
            }
        }
    }

    /// `helm` and `kustomize` of a source, and the annotations of the image updater.
    fn argo(&mut self, node: NodeId) {
        if let Some(helm) = self.keys.get(node, "helm") {
            let path = self.path.key("helm");
            self.values_text(helm, &path);
            self.parameters(helm, &path);
        }
        if let Some(kustomize) = self.keys.get(node, "kustomize") {
            for (path, item) in self.items(&self.path.key("kustomize"), kustomize, "images") {
                self.known.insert(item);
                self.reference(item, path);
            }
        }
    }

    /// `values: |` with the text of a values file.
    fn values_text(&mut self, helm: NodeId, path: &YamlPath) {
        let Some(text) = self.keys.get(helm, "values").map(|node| self.tree.target(node)) else {
            return;
        };
        let is_literal = self.tree.kind(text) == NodeKind::Scalar(ScalarStyle::Literal);
        if !is_literal || !self.is_outer {
            return;
        }
        let Ok(inner) = yaml::parse_all(self.tree.text(text).as_bytes()) else {
            return;
        };
        let line = self.tree.line(text);
        let outer = |place: Place| Place {
            inside: Some(place.path),
            path: path.key("values"),
            line: line + place.line,
            ..place
        };
        for place in inner_places(&inner) {
            let spelling = match place.spelling {
                Spelling::Whole(whole) => Spelling::Whole(outer(whole)),
                Spelling::Apart { tag, digest } => Spelling::Apart {
                    tag: tag.map(outer),
                    digest: digest.map(outer),
                },
            };
            self.add(place.repository, spelling);
        }
    }

    /// `parameters` with names that are paths of values, as `--set` has them.
    fn parameters(&mut self, helm: NodeId, path: &YamlPath) {
        let items = self.items(path, helm, "parameters");
        let mut parameters: Vec<(String, Place)> = Vec::new();
        for (path, item) in items {
            let name = self.below(item, "name").to_owned();
            self.known.insert(item);
            if let Some(value) = self.place(item, "value", &path) {
                parameters.push((name, value));
            }
        }
        let named = |name: &str| {
            parameters
                .iter()
                .find(|(other, _)| other == name)
                .map(|(_, value)| value.clone())
        };
        let mut found = Vec::new();
        for (name, value) in &parameters {
            let (above, key) = name
                .rsplit_once('.')
                .map_or(("", name.as_str()), |(above, key)| (above, key));
            let beside = |key: &str| {
                if above.is_empty() {
                    key.to_owned()
                } else {
                    format!("{above}.{key}")
                }
            };
            let (tags, digests) = version_keys(key);
            let first = |keys: &[String]| keys.iter().find_map(|key| named(&beside(key)));
            let (tag, digest) = (first(&tags), first(&digests));
            if (tag.is_some() || digest.is_some()) && ImageReference::is_repository(&value.text) {
                let registry = named(&beside("registry")).map(|registry| registry.text);
                let repository = match registry.filter(|registry| !registry.is_empty()) {
                    Some(registry) => format!("{}/{}", registry.trim_end_matches('/'), value.text),
                    None => value.text.clone(),
                };
                found.push((repository, Spelling::Apart { tag, digest }));
            } else if key.to_ascii_lowercase().contains("image") && !REPOSITORY_KEYS.contains(&key) || key == "image" {
                let whole = ImageReference::parse(&value.text).ok();
                let whole = whole.filter(|whole| whole.tag.is_some() || whole.digest.is_some());
                found.extend(whole.map(|whole| (whole.repository, Spelling::Whole(value.clone()))));
            }
        }
        // The image updater says which image a parameter is the tag of.
        for alias in updater_aliases(self.tree) {
            let name = named(&alias.name_parameter).map(|value| value.text);
            let repository = name.unwrap_or_else(|| alias.repository.clone());
            let is_known = found.iter().any(|(known, _)| *known == repository);
            if let Some(tag) = named(&alias.tag_parameter).filter(|_| !is_known) {
                let spelling = Spelling::Apart {
                    tag: Some(tag),
                    digest: None,
                };
                found.push((repository, spelling));
            }
        }
        for (repository, spelling) in found {
            self.add(repository, spelling);
        }
    }

    /// `image` and `services` of GitLab's jobs, each a text or a mapping with the image as `name`.
    fn gitlab(&mut self, node: NodeId) {
        if let Some(image) = self.keys.get(node, "image").map(|image| self.tree.target(image)) {
            let path = self.path.key("image");
            self.name_of(image, &path);
        }
        if !GITLAB_KEYS.iter().any(|key| self.keys.get(node, key).is_some()) {
            return;
        }
        for (path, item) in self.items(&self.path, node, "services") {
            if self.tree.kind(item) == NodeKind::Mapping {
                self.name_of(item, &path);
            } else {
                self.known.insert(item);
                self.reference(item, path);
            }
        }
    }

    /// `name` of a mapping, where it is a whole reference.
    fn name_of(&mut self, node: NodeId, path: &YamlPath) {
        if self.tree.kind(node) != NodeKind::Mapping {
            return;
        }
        let has_tag = ["tag", "imageTag", "version", "digest"]
            .iter()
            .any(|key| self.keys.get(node, key).is_some());
        if let Some(name) = self.keys.get(node, "name").filter(|_| !has_tag) {
            self.reference(name, path.key("name"));
        }
    }

    /// `container: image` of a job, and `uses: docker://image` of a step.
    fn workflow(&mut self, node: NodeId) {
        let is_job = matches!(self.path.0.as_slice(), [Step::Key(jobs), Step::Key(_)] if jobs == "jobs");
        if let Some(container) = self.keys.get(node, "container").filter(|_| is_job) {
            self.reference(container, self.path.key("container"));
        }
        if let Some(uses) = self.keys.get(node, "uses")
            && self.below(node, "uses").starts_with("docker://")
        {
            self.reference(uses, self.path.key("uses"));
        }
    }
}
