//! The edits that move an image in a file that names it, or in one that sets the tag of an image that its chart names.

use std::collections::HashSet;

use crate::delivery::image::{ImagePlace, ImageReference, Place, Spelling, image_places, same_repository, with_traced};
use crate::engine::template::{Map, Value};
use crate::text::edit::{Change, NewValue, Step, YamlPath};
use crate::text::limits::EDITS;
use crate::text::yaml::{NodeKind, Tree};

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
    /// A template adds something to the value, and the new tag lacks it.
    #[error(
        "`{path}` is only a part of the tag, since a template makes `{tag}` of it: give a tag that begins and ends the same"
    )]
    PartOfTag {
        /// The value's path.
        path: YamlPath,
        /// The tag that it makes now.
        tag: String,
    },
    /// The file names too many images.
    #[error("it names more than {EDITS} images")]
    TooMany,
    /// Nothing names the image.
    #[error("no value names the image `{0}`")]
    NotFound(String),
}

/// The edits that move the image that a file names at one place.
///
/// # Errors
/// When the place pins a digest that would win over the tag, or has no place for the digest of the image.
pub fn place_changes(place: &ImagePlace, image: &ImageReference) -> Result<Vec<Change>, TargetError> {
    let mut moved = Moved::to(image);
    moved.place(place);
    moved.finish()
}

/// The edits that move `image` in the values of one file. `defaults` are the paths (see [`image_paths`]) under which the
/// chart's own values name the repository that the file may leave out; `traced` are the places that the chart's templates lead to, and
/// `pinned` the tags that a digest elsewhere wins over.
///
/// # Errors
/// When the image has neither tag nor digest, the file does not name it, or pins a digest that would win over the tag.
pub fn image_changes(
    tree: &Tree<'_>,
    image: &ImageReference,
    defaults: &[YamlPath],
    traced: &[ImagePlace],
    pinned: &[YamlPath],
) -> Result<Vec<Change>, TargetError> {
    if image.tag.is_none() && image.digest.is_none() {
        return Err(TargetError::NoTag(image.to_string()));
    }
    let mut moved = Moved::to(image);
    let places = with_traced(&image_places(tree), traced, pinned);
    if places.len() > EDITS {
        return Err(TargetError::TooMany);
    }
    for place in &places {
        if same_repository(&place.repository, &image.repository) {
            moved.place(place);
        }
    }
    let is_placed = |path: &YamlPath| {
        let tag = path.key("tag");
        pinned.contains(&tag) || places.iter().any(|place| place.path() == Some(&tag))
    };
    for path in defaults.iter().filter(|path| !is_placed(path)) {
        moved.by_default(tree, path);
    }
    let changes = moved.finish()?;
    if changes.is_empty() {
        return Err(TargetError::NotFound(image.repository.clone()));
    }
    Ok(changes)
}

/// The edits for an image.
struct Moved<'i> {
    image: &'i ImageReference,
    changes: Vec<Change>,
    /// The same.
    known: HashSet<Change>,
    /// Why one of the places cannot be changed.
    obstacle: Option<TargetError>,
}

impl<'i> Moved<'i> {
    fn to(image: &'i ImageReference) -> Self {
        Self {
            image,
            changes: Vec::new(),
            known: HashSet::new(),
            obstacle: None,
        }
    }

    fn finish(self) -> Result<Vec<Change>, TargetError> {
        self.obstacle.map_or(Ok(self.changes), Err)
    }

    fn place(&mut self, place: &ImagePlace) {
        match &place.spelling {
            Spelling::Whole(written) => self.whole(place, written),
            Spelling::Apart { tag, digest } => {
                let new_tag = self.image.tag.as_deref().map(|tag| place.fit.value(tag));
                if let (Some(None), Some(tag)) = (&new_tag, tag) {
                    self.obstacle = Some(TargetError::PartOfTag {
                        path: tag.path.clone(),
                        tag: place.fit.tag(&tag.text),
                    });
                    return;
                }
                self.apart(place.document, tag.as_ref(), digest.as_ref(), new_tag.flatten());
            }
        }
    }

    fn whole(&mut self, place: &ImagePlace, written: &Place) {
        if place.reference().digest.is_some() && self.image.digest.is_none() {
            return self.pin(written);
        }
        // A template may add the registry to what is written.
        let repository = ImageReference::parse(&written.text).map(|written| written.repository);
        let reference = ImageReference {
            repository: repository.unwrap_or_else(|_| place.repository.clone()),
            ..self.image.clone()
        };
        self.add(place.document, written, &reference.to_string());
    }

    /// The tag, and the digest wherever the file keeps one: under a key of its own, or in the tag as `1.2@sha256:…`.
    fn apart(&mut self, document: usize, tag: Option<&Place>, digest: Option<&Place>, wanted_tag: Option<String>) {
        let pinned_tag = tag.and_then(|tag| tag.text.split_once('@')).map(|(tag, _)| tag);
        let new_tag = match (&self.image.digest, digest) {
            (Some(digest), _) if pinned_tag.is_some() => {
                let tag = wanted_tag.as_deref().or(pinned_tag).unwrap_or_default();
                Some(format!("{tag}@{digest}"))
            }
            (Some(_), None) => {
                if let Some(tag) = tag {
                    self.obstacle = Some(TargetError::NoPlaceForDigest { path: tag.path.clone() });
                }
                return;
            }
            (None, _) if pinned_tag.is_some() => return tag.map_or((), |tag| self.pin(tag)),
            (None, Some(old)) if !old.text.is_empty() => return self.pin(old),
            _ => wanted_tag,
        };
        if let (Some(new), Some(digest)) = (self.image.digest.clone(), digest) {
            self.add(document, digest, &new);
        }
        if let (Some(new), Some(tag)) = (new_tag, tag) {
            self.add(document, tag, &new);
        }
    }

    fn pin(&mut self, place: &Place) {
        self.obstacle = Some(TargetError::Pinned {
            path: place.path.clone(),
        });
    }

    /// A tag that the file sets for an image that only the chart's own values name.
    fn by_default(&mut self, tree: &Tree<'_>, path: &YamlPath) {
        let Some(root) = tree.documents().first().map(|document| document.root) else {
            return;
        };
        let steps: Vec<String> = path.0.iter().map(step_text).collect();
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        let Some(node) = tree.find(root, &steps) else {
            return;
        };
        let scalar = |key: &str| Place::of(tree, tree.get(node, key)?, path.key(key));
        let names_another = scalar("repository").is_some_and(|repository| !repository.text.is_empty());
        if tree.kind(node) == NodeKind::Mapping && !names_another {
            let (tag, digest) = (scalar("tag"), scalar("digest"));
            self.apart(0, tag.as_ref(), digest.as_ref(), self.image.tag.clone());
        }
    }

    fn add(&mut self, document: usize, place: &Place, text: &str) {
        let text = format!("{}{text}{}", place.before, place.ending);
        let change = Change {
            document: Some(document),
            path: place.path.clone(),
            value: match &place.inside {
                Some(path) => NewValue::Inside {
                    path: path.clone(),
                    text,
                },
                None => NewValue::Text(text),
            },
        };
        if self.known.insert(change.clone()) {
            self.changes.push(change);
        }
    }
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
        let changes = image_changes(&tree, &image, &[YamlPath::parse("sub.image").unwrap()], &[], &[]);
        changes.map_err(|error| error.to_string()).map(|changes| {
            changes
                .into_iter()
                .map(|change| match change.value {
                    NewValue::Text(text) | NewValue::Typed(text) | NewValue::Inside { text, .. } => {
                        (change.path.to_string(), text)
                    }
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
        let changes = image_changes(&tree, &image, &[], &[], &[]).unwrap();
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
