//! Where a values file names an image: `repository` and `tag` side by side, `image: repository:tag`, `imageTag` beside
//! its repository, at any depth (so below the names of subcharts too).

use crate::delivery::image::{ImageReference, same_repository};
use crate::engine::template::{Map, Value};
use crate::text::edit::{Change, NewValue, Step, YamlPath};
use crate::text::yaml::{NodeId, NodeKind, Scalar, Tree};

/// An image whose tag cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The new image has neither tag nor digest.
    #[error("`{0}` has no tag: name the image as REPOSITORY:TAG")]
    NoTag(String),
    /// The values pin a digest, which would win over the new tag.
    #[error("`{path}` pins a digest, which wins over the tag: name the image as REPOSITORY:TAG@DIGEST")]
    Pinned {
        /// The digest's path.
        path: YamlPath,
    },
    /// The new image has a digest, and the values have no place for one.
    #[error(
        "`{path}` has no digest, so the new image's digest would be lost: leave it out, or add a digest to the values"
    )]
    NoPlaceForDigest {
        /// The tag's path.
        path: YamlPath,
    },
    /// Nothing names the image.
    #[error("no value names the image `{0}`")]
    NotFound(String),
}

/// How a place spells an image.
enum Spelling {
    /// `repository` (with `registry`), and beside it the keys of tag and digest.
    Apart { tag: String, digest: Option<String> },
    /// The whole reference in one scalar.
    Whole { written: String },
}

/// The edits that move `image` in the values of one file. `defaults` are the paths (see [`image_paths`]) under which the
/// chart's own values name the repository that the file may leave out.
///
/// # Errors
/// When the image has neither tag nor digest, the file does not name it, or pins a digest that would win over the tag.
pub fn image_changes(
    tree: &Tree<'_>,
    image: &ImageReference,
    defaults: &[YamlPath],
) -> Result<Vec<Change>, TargetError> {
    if image.tag.is_none() && image.digest.is_none() {
        return Err(TargetError::NoTag(image.to_string()));
    }
    let mut found = Found {
        tree,
        image,
        changes: Vec::new(),
        obstacle: None,
        document: 0,
    };
    for (number, document) in tree.documents().iter().enumerate() {
        found.document = number;
        found.walk(document.root, &YamlPath::default());
    }
    found.document = 0;
    for path in defaults {
        found.by_default(path);
    }
    match (found.obstacle, found.changes) {
        (Some(error), _) => Err(error),
        (None, changes) if changes.is_empty() => Err(TargetError::NotFound(image.repository.clone())),
        (None, changes) => Ok(changes),
    }
}

struct Found<'f> {
    tree: &'f Tree<'f>,
    image: &'f ImageReference,
    changes: Vec<Change>,
    /// Why one of the places cannot be changed.
    obstacle: Option<TargetError>,
    /// The document that is searched.
    document: usize,
}

impl Found<'_> {
    fn walk(&mut self, node: NodeId, path: &YamlPath) {
        match self.tree.kind(node) {
            NodeKind::Mapping => {
                self.mapping(node, path);
                let pairs: Vec<_> = self.tree.pairs(node).collect();
                for (key, value) in pairs {
                    let path = path.key(self.tree.text(key));
                    self.whole(value, &path);
                    self.walk(value, &path);
                }
            }
            NodeKind::Sequence => {
                let items: Vec<_> = self.tree.children(node).collect();
                for (index, item) in items.into_iter().enumerate() {
                    let path = path.child(Step::Index(index));
                    self.whole(item, &path);
                    self.walk(item, &path);
                }
            }
            NodeKind::Scalar(_) | NodeKind::Alias => {}
        }
    }

    /// The text of a scalar below `node`; empty if it has none, or a null.
    fn text(&self, node: NodeId, key: &str) -> &str {
        let value = self.tree.get(node, key);
        value
            .filter(|&value| matches!(self.tree.kind(value), NodeKind::Scalar(_)))
            .filter(|&value| !matches!(self.tree.scalar(value), Ok(Scalar::Null)))
            .map_or("", |value| self.tree.text(value))
    }

    fn mapping(&mut self, node: NodeId, path: &YamlPath) {
        let keys: Vec<String> = self
            .tree
            .pairs(node)
            .map(|(key, _)| self.tree.text(key).to_owned())
            .collect();
        for key in &keys {
            let Some(pair) = tag_keys(key, &keys) else { continue };
            let repository = join_registry(self.text(node, "registry"), self.text(node, key));
            if key == "repository"
                && !same_repository(&repository, &self.image.repository)
                && !same_repository(self.text(node, key), &self.image.repository)
            {
                continue;
            }
            if key != "repository" && !same_repository(self.text(node, key), &self.image.repository) {
                continue;
            }
            self.apply(&pair, path, node);
        }
    }

    fn apply(&mut self, spelling: &Spelling, path: &YamlPath, node: NodeId) {
        match spelling {
            Spelling::Whole { written } => {
                let reference = ImageReference {
                    repository: written.clone(),
                    ..self.image.clone()
                };
                self.add(path.clone(), reference.to_string());
            }
            Spelling::Apart { tag, digest } => self.apart(tag, digest.as_deref(), path, node),
        }
    }

    /// The tag, and the digest wherever the file keeps one: under a key of its own, or in the tag as `1.2@sha256:…`.
    fn apart(&mut self, tag_key: &str, digest_key: Option<&str>, path: &YamlPath, node: NodeId) {
        let old_digest = digest_key.map_or("", |key| self.text(node, key));
        let has_old_digest = !old_digest.is_empty();
        let old_tag = self.text(node, tag_key).to_owned();
        let pinned_tag = old_tag.split_once('@').map(|(tag, _)| tag);
        let has_tag = self.tree.get(node, tag_key).is_some();
        let tag = match (&self.image.digest, digest_key) {
            (Some(digest), _) if pinned_tag.is_some() => {
                let tag = self.image.tag.as_deref().or(pinned_tag).unwrap_or_default();
                Some(format!("{tag}@{digest}"))
            }
            (Some(_), None) if has_tag => {
                self.obstacle = Some(TargetError::NoPlaceForDigest {
                    path: path.key(tag_key),
                });
                return;
            }
            (None, _) if pinned_tag.is_some() => return self.pin(path.key(tag_key)),
            (None, Some(key)) if has_old_digest => return self.pin(path.key(key)),
            _ => self.image.tag.clone(),
        };
        if let (Some(digest), Some(key)) = (&self.image.digest, digest_key) {
            self.add(path.key(key), digest.clone());
        }
        if let Some(tag) = tag
            && has_tag
        {
            self.add(path.key(tag_key), tag);
        }
    }

    fn pin(&mut self, path: YamlPath) {
        self.obstacle = Some(TargetError::Pinned { path });
    }

    /// A scalar with the whole reference, under a key with `image` in its name.
    fn whole(&mut self, node: NodeId, path: &YamlPath) {
        if !matches!(self.tree.kind(node), NodeKind::Scalar(_)) || !names_image(path) {
            return;
        }
        let Ok(reference) = ImageReference::parse(self.tree.text(node)) else {
            return;
        };
        let is_versioned = reference.tag.is_some() || reference.digest.is_some();
        if !is_versioned || !same_repository(&reference.repository, &self.image.repository) {
            return;
        }
        if reference.digest.is_some() && self.image.digest.is_none() {
            return self.pin(path.clone());
        }
        self.apply(
            &Spelling::Whole {
                written: reference.repository,
            },
            path,
            node,
        );
    }

    /// A tag that the file sets for an image that only the chart's own values name.
    fn by_default(&mut self, path: &YamlPath) {
        let Some(root) = self.tree.documents().first().map(|document| document.root) else {
            return;
        };
        let steps: Vec<String> = path.0.iter().map(step_text).collect();
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        let Some(node) = self.tree.find(root, &steps) else {
            return;
        };
        if self.tree.kind(node) != NodeKind::Mapping || !self.text(node, "repository").is_empty() {
            return;
        }
        let digest = self.tree.get(node, "digest").map(|_| "digest".to_owned());
        self.apply(
            &Spelling::Apart {
                tag: "tag".to_owned(),
                digest,
            },
            path,
            node,
        );
    }

    fn add(&mut self, path: YamlPath, text: String) {
        let change = Change {
            document: Some(self.document),
            path,
            value: NewValue::Text(text),
        };
        if !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }
}

/// The tag's key that belongs to a repository's key, when both are among `keys`.
fn tag_keys(key: &str, keys: &[String]) -> Option<Spelling> {
    let has = |wanted: &str| keys.iter().any(|key| key == wanted);
    let apart = |tag: String, digest: &str| {
        has(&tag).then(|| Spelling::Apart {
            tag,
            digest: has(digest).then(|| digest.to_owned()),
        })
    };
    if key == "repository" || key == "name" {
        return (has("tag") || has("digest")).then(|| Spelling::Apart {
            tag: "tag".to_owned(),
            digest: has("digest").then(|| "digest".to_owned()),
        });
    }
    let stem = ["Repository", "Name", "Repo"]
        .iter()
        .find_map(|suffix| key.strip_suffix(suffix))
        .unwrap_or(key);
    apart(format!("{stem}Tag"), &format!("{stem}Digest"))
}

fn join_registry(registry: &str, repository: &str) -> String {
    if registry.is_empty() {
        repository.to_owned()
    } else {
        format!("{}/{repository}", registry.trim_end_matches('/'))
    }
}

fn step_text(step: &Step) -> String {
    match step {
        Step::Key(key) => key.clone(),
        Step::Index(index) => index.to_string(),
        Step::Item { .. } => step.to_string(),
    }
}

/// Whether the last key of a path has `image` in its name.
fn names_image(path: &YamlPath) -> bool {
    let key = path.0.iter().rev().find_map(|step| match step {
        Step::Key(key) => Some(key),
        Step::Index(_) | Step::Item { .. } => None,
    });
    key.is_some_and(|key| key.to_lowercase().contains("image"))
}

/// The paths of tables in merged values whose `repository` is that of `image`.
pub fn image_paths(values: &Map, image: &ImageReference) -> Vec<YamlPath> {
    let mut paths = Vec::new();
    collect_paths(values, image, &YamlPath::default(), &mut paths);
    paths
}

fn collect_paths(values: &Map, image: &ImageReference, path: &YamlPath, paths: &mut Vec<YamlPath>) {
    let text = |key: &str| match values.get(key.as_bytes()) {
        Some(Value::Str(text)) => text.to_str_lossy().into_owned(),
        _ => String::new(),
    };
    let repository = text("repository");
    if !repository.is_empty() {
        let full = join_registry(&text("registry"), &repository);
        if same_repository(&full, &image.repository) || same_repository(&repository, &image.repository) {
            paths.push(path.clone());
        }
    }
    for (key, value) in values.snapshot() {
        if let Value::Map(inner) = value {
            collect_paths(&inner, image, &path.key(&key.to_str_lossy()), paths);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::edit::apply_changes;
    use crate::text::yaml;

    fn changes(source: &str, image: &str) -> Result<Vec<(String, String)>, String> {
        let tree = yaml::parse_all(source.as_bytes()).unwrap();
        let image = ImageReference::parse(image).unwrap();
        let changes = image_changes(&tree, &image, &[YamlPath::parse("sub.image").unwrap()]);
        changes.map_err(|error| error.to_string()).map(|changes| {
            changes
                .into_iter()
                .map(|change| match change.value {
                    NewValue::Text(text) | NewValue::Typed(text) => (change.path.to_string(), text),
                })
                .collect()
        })
    }

    #[test]
    fn images_are_found_in_every_spelling() {
        for (source, want) in [
            ("image:\n  repository: acme/app\n  tag: 1\n", ("image.tag", "2.0")),
            (
                "image: {registry: docker.io, repository: acme/app, tag: ''}\n",
                ("image.tag", "2.0"),
            ),
            ("web:\n  image: acme/app:1.0\n", ("web.image", "acme/app:2.0")),
            ("image: docker.io/acme/app:1.0\n", ("image", "docker.io/acme/app:2.0")),
            ("image: acme/app\nimageTag: '1'\n", ("imageTag", "2.0")),
            (
                "sidecarImageRepository: acme/app\nsidecarImageTag: '1'\n",
                ("sidecarImageTag", "2.0"),
            ),
            (
                "initImages:\n- acme/other:1\n- acme/app:1\n",
                ("initImages[1]", "acme/app:2.0"),
            ),
            ("sub:\n  image:\n    tag: v1\n", ("sub.image.tag", "2.0")),
        ] {
            let want = vec![(want.0.to_owned(), want.1.to_owned())];
            assert_eq!(changes(source, "acme/app:2.0"), Ok(want), "{source}");
        }
    }

    #[test]
    fn a_change_is_made_in_the_document_that_names_the_image() {
        let source = b"spec: {image: acme/other:1}\n---\nspec: {image: acme/app:1}\n---\nspec: {image: acme/app:1}\n";
        let tree = yaml::parse_all(source).unwrap();
        let image = ImageReference::parse("acme/app:2").unwrap();
        let changes = image_changes(&tree, &image, &[]).unwrap();
        let (edited, applied) = apply_changes(source, &changes).unwrap();
        assert_eq!(
            String::from_utf8(edited).unwrap(),
            "spec: {image: acme/other:1}\n---\nspec: {image: acme/app:2}\n---\nspec: {image: acme/app:2}\n"
        );
        let lines: Vec<u32> = applied.iter().map(|applied| applied.line).collect();
        assert_eq!(lines, [3, 5]);
    }

    #[test]
    fn other_images_and_other_keys_are_left_alone() {
        for source in [
            "image: {repository: acme/application, tag: 1}\n",
            "url: acme/app:1.0\n",
            "image: acme/app\n",
            // The defaults count only where the file does not name another image.
            "sub: {image: {repository: acme/other, tag: v1}}\n",
            "sub: {image: v1}\n",
        ] {
            assert_eq!(
                changes(source, "acme/app:2.0").unwrap_err(),
                "no value names the image `acme/app`",
                "{source}"
            );
        }
    }

    #[test]
    fn a_pinned_digest_needs_a_new_one() {
        let old = format!("sha256:{}", "a".repeat(64));
        let new = format!("sha256:{}", "b".repeat(64));
        let source = format!("image: {{repository: a/b, tag: '1', digest: '{old}'}}\n");
        assert!(
            changes(&source, "a/b:2")
                .unwrap_err()
                .contains("`image.digest` pins a digest")
        );
        let want = vec![
            ("image.digest".to_owned(), new.clone()),
            ("image.tag".to_owned(), "2".to_owned()),
        ];
        assert_eq!(changes(&source, &format!("a/b:2@{new}")), Ok(want));
    }

    #[test]
    fn digests_are_neither_dropped_nor_invented() {
        let old = format!("sha256:{}", "a".repeat(64));
        let new = format!("sha256:{}", "b".repeat(64));
        let both = format!("a/b:2@{new}");
        let only = format!("a/b@{new}");
        let pinned_tag = format!("image: {{repository: a/b, tag: '1@{old}'}}\n");
        let image = |key: &str, text: &str| (format!("image.{key}"), text.to_owned());
        for (source, reference, want) in [
            (
                pinned_tag.as_str(),
                both.as_str(),
                Ok(vec![image("tag", &format!("2@{new}"))]),
            ),
            (&pinned_tag, &only, Ok(vec![image("tag", &format!("1@{new}"))])),
            (&pinned_tag, "a/b:2", Err("`image.tag` pins a digest")),
            (
                "image: {repository: a/b, tag: '1'}\n",
                &both,
                Err("`image.tag` has no digest, so the new image's digest would be lost"),
            ),
            (
                "sub: {image: {pullPolicy: Always}}\n",
                &both,
                Err("no value names the image `a/b`"),
            ),
            (
                "image: {repository: a/b, tag: '1', digest: null}\n",
                "a/b:2",
                Ok(vec![image("tag", "2")]),
            ),
            (
                "image: {repository: a/b, tag: '1', digest: ~}\n",
                "a/b:2",
                Ok(vec![image("tag", "2")]),
            ),
            (
                "image: {repository: a/b, tag: '1', digest: ''}\n",
                "a/b:2",
                Ok(vec![image("tag", "2")]),
            ),
            (
                "image: {repository: a/b, tag: '1', digest: null}\n",
                &both,
                Ok(vec![image("digest", &new), image("tag", "2")]),
            ),
        ] {
            match (changes(source, reference), want) {
                (Err(error), Err(want)) => assert!(error.starts_with(want), "{source}: {error}"),
                (outcome, want) => assert_eq!(outcome, want.map_err(str::to_owned), "{source} {reference}"),
            }
        }
    }

    #[test]
    fn a_registry_of_its_own_belongs_to_the_repository() {
        for (source, image, is_found) in [
            (
                "image: {registry: ghcr.io, repository: acme/app, tag: '1'}\n",
                "ghcr.io/acme/app:2",
                true,
            ),
            (
                "image: {registry: ghcr.io/, repository: acme/app, tag: '1'}\n",
                "ghcr.io/acme/app:2",
                true,
            ),
            (
                "image: {registry: quay.io, repository: acme/app, tag: '1'}\n",
                "ghcr.io/acme/app:2",
                false,
            ),
            (
                "image: {registry: ghcr.io, repository: acme/other, tag: '1'}\n",
                "ghcr.io/acme/app:2",
                false,
            ),
            ("appImageName: acme/other\nappImageTag: '1'\n", "acme/app:2", false),
        ] {
            let want = if is_found {
                Ok(vec![("image.tag".to_owned(), "2".to_owned())])
            } else {
                Err(format!("no value names the image `{}`", image.trim_end_matches(":2")))
            };
            assert_eq!(changes(source, image), want, "{source}");
        }
    }
}
