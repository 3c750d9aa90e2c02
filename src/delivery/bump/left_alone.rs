//! What a file has of an image besides the places that move: references and repositories that no convention and no template leads to a tag
//! of, each with the reason.

use std::collections::HashSet;

use crate::delivery::image::{ImagePlace, ImageReference, same_repository};
use crate::text::edit::{Step, YamlPath};
use crate::text::limits::{EDITS, SEARCHED_LEVELS};
use crate::text::yaml::{NodeId, NodeKind, Tree};

/// A sentence for each scalar of a file that names the image and is not moved; `places` are those that are.
pub(super) fn left_alone(tree: &Tree<'_>, file: &str, image: &ImageReference, places: &[ImagePlace]) -> Vec<String> {
    let own = places
        .iter()
        .filter(|place| same_repository(&place.repository, &image.repository));
    let moved = own.filter_map(|place| Some((place.document, place.path()?)));
    let moved = moved.flat_map(|(document, path)| [(document, path.clone()), (document, parent(path))]);
    let mut search = Search {
        tree,
        file,
        image,
        moved: moved.collect(),
        document: 0,
        path: YamlPath::default(),
        sentences: Vec::new(),
    };
    for (number, document) in tree.documents().iter().enumerate() {
        search.document = number;
        search.walk(document.root);
    }
    search.sentences
}

struct Search<'s> {
    tree: &'s Tree<'s>,
    file: &'s str,
    image: &'s ImageReference,
    /// The scalars that move, and the mappings that have them, by their documents.
    moved: HashSet<(usize, YamlPath)>,
    document: usize,
    path: YamlPath,
    sentences: Vec<String>,
}

impl Search<'_> {
    fn walk(&mut self, node: NodeId) {
        if self.path.0.len() >= SEARCHED_LEVELS || self.sentences.len() > EDITS {
            return;
        }
        match self.tree.kind(node) {
            NodeKind::Mapping => {
                let pairs: Vec<_> = self.tree.pairs(node).collect();
                for (key, value) in pairs {
                    let key = self.tree.text(self.tree.target(key)).to_owned();
                    self.path.0.push(Step::Key(key));
                    self.walk(value);
                    self.path.0.pop();
                }
            }
            NodeKind::Sequence => {
                let items: Vec<_> = self.tree.children(node).collect();
                for (index, item) in items.into_iter().enumerate() {
                    self.path.0.push(Step::Index(index));
                    self.walk(item);
                    self.path.0.pop();
                }
            }
            NodeKind::Scalar(_) => self.scalar(node),
            NodeKind::Alias => {}
        }
    }

    fn scalar(&mut self, node: NodeId) {
        let text = self.tree.text(node).trim();
        let Ok(reference) = ImageReference::parse(text) else {
            return;
        };
        let is_versioned = reference.tag.is_some() || reference.digest.is_some();
        // A word is a name of anything.
        let is_evident = is_versioned || text.contains('/') || self.is_key_of_image();
        if !is_evident || !same_repository(&reference.repository, &self.image.repository) || self.is_moved() {
            return;
        }
        let reason = if is_versioned {
            "its key does not say that it is an image: set it with --set"
        } else {
            "no tag or digest is beside it"
        };
        self.sentences.push(format!(
            "{text} is left alone: `{}` ({}:{}) has it, and {reason}",
            self.path,
            self.file,
            self.tree.line(node)
        ));
    }

    fn is_key_of_image(&self) -> bool {
        let key = self.path.0.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(key.to_ascii_lowercase()),
            Step::Index(_) | Step::Item { .. } => None,
        });
        key.is_some_and(|key| key.contains("image") || key.contains("repo"))
    }

    /// Whether this is a scalar that moves, or is beside one.
    fn is_moved(&self) -> bool {
        let has = |path: YamlPath| self.moved.contains(&(self.document, path));
        has(self.path.clone()) || has(parent(&self.path))
    }
}

/// The path of the mapping or list that has a value.
fn parent(path: &YamlPath) -> YamlPath {
    let above = path.0.split_last().map_or(&[][..], |(_, above)| above);
    YamlPath(above.to_vec())
}

#[cfg(test)]
mod tests {
    use super::left_alone;
    use crate::delivery::image::{ImageReference, image_places};
    use crate::text::yaml;

    #[test]
    fn what_names_an_image_and_stays_is_said_with_the_reason() {
        for (source, want) in [
            ("image: {repository: acme/web, tag: '1'}\n", &[][..]),
            ("image: acme/web:1\nrepository: acme/web\n", &[]),
            ("image: acme/other\nname: web\n", &[]),
            (
                "a: {image: acme/web:1}\nurl: acme/web:1\n",
                &[
                    "acme/web:1 is left alone: `url` (v.yaml:2) has it, and its key does not say that it is an image: set it with --set",
                ],
            ),
            (
                "side:\n  image: docker.io/acme/web\n",
                &[
                    "docker.io/acme/web is left alone: `side.image` (v.yaml:2) has it, and no tag or digest is beside it",
                ],
            ),
        ] {
            let tree = yaml::parse_all(source.as_bytes()).expect(source);
            let image = ImageReference::parse("acme/web:2").expect("an image");
            assert_eq!(
                left_alone(&tree, "v.yaml", &image, &image_places(&tree)),
                want,
                "{source}"
            );
        }
    }
}
