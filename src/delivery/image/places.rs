//! Where a values file, or another YAML file, names images, whatever they are.
//!
//! In: the tree of a file. Out: for each image the paths of its repository, tag and digest, and what they hold. Covers the spellings
//! of charts in use: `repository` beside `tag`, `image: repository:tag`, `image` or `repo` beside `tag` or `version`, `registry`,
//! `prefix`, `hub` and `org` before the name, `webImageRepository` beside `webImageTag`, and digests under keys of their own.

use super::reference::ImageReference;
use crate::text::edit::{Step, YamlPath};
use crate::text::limits::{EDITS, SEARCHED_LEVELS};
use crate::text::yaml::{KeyIndex, NodeId, NodeKind, Scalar, ScalarStyle, Tree};

/// A scalar and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its path.
    pub path: YamlPath,
    /// Its text; empty for null.
    pub text: String,
    /// The line breaks after the text that belong to the value: a block scalar (`|`) has one.
    pub ending: String,
    /// The line, from 1, on which it is written: that of the anchor where an alias stands for it.
    pub line: u32,
}

impl Place {
    /// A scalar, or the one that an alias stands for; nothing for maps and lists.
    pub fn of(tree: &Tree<'_>, node: NodeId, path: YamlPath) -> Option<Self> {
        let (text, ending) = scalar(tree, node)?;
        Some(Self {
            path,
            text: text.to_owned(),
            ending: ending.to_owned(),
            line: tree.line(tree.target(node)),
        })
    }
}

/// The text of a scalar, which is empty for null, and the line breaks at the end of a block scalar with one line; nothing for maps and
/// lists. Aliases are followed.
fn scalar<'t>(tree: &'t Tree<'_>, node: NodeId) -> Option<(&'t str, &'t str)> {
    let node = tree.target(node);
    let NodeKind::Scalar(style) = tree.kind(node) else {
        return None;
    };
    if matches!(tree.scalar(node), Ok(Scalar::Null)) {
        return Some(("", ""));
    }
    let text = tree.text(node);
    if !matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
        return Some((text, ""));
    }
    Some(
        text.split_at_checked(text.trim_end_matches('\n').len())
            .unwrap_or((text, "")),
    )
}

/// How an image is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spelling {
    /// The whole reference in one scalar.
    Whole(Place),
    /// A tag, a digest or both under keys of their own, beside the repository.
    Apart {
        /// The tag, where the file has its key.
        tag: Option<Place>,
        /// The digest, where the file has its key.
        digest: Option<Place>,
    },
}

/// An image that a file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImagePlace {
    /// The document, from 0.
    pub document: usize,
    /// The line, from 1, of what changes when the image moves: the tag, else the digest.
    pub line: u32,
    /// The repository as the file names it, with the registry where that is beside it.
    pub repository: String,
    /// How it is written.
    pub spelling: Spelling,
}

impl ImagePlace {
    /// What the file says: repository, tag and digest.
    pub fn reference(&self) -> ImageReference {
        let (tag, digest) = match &self.spelling {
            Spelling::Whole(place) => {
                let whole = ImageReference::parse(&place.text).ok();
                whole.map_or((None, None), |whole| (whole.tag, whole.digest))
            }
            Spelling::Apart { tag, digest } => {
                let text = |place: &Option<Place>| place.as_ref().map(|place| place.text.clone());
                let (tag, digest) = (text(tag), text(digest).filter(|digest| !digest.is_empty()));
                match tag.as_deref().and_then(|tag| tag.split_once('@')) {
                    Some((tag, pinned)) => (Some(tag.to_owned()), Some(pinned.to_owned())),
                    None => (tag, digest),
                }
            }
        };
        ImageReference {
            repository: self.repository.clone(),
            tag: tag.filter(|tag| !tag.is_empty()),
            digest,
        }
    }
}

/// The images that a file names, in the order of the file: down to [`SEARCHED_LEVELS`], and one more than [`EDITS`] at most.
pub fn image_places(tree: &Tree<'_>) -> Vec<ImagePlace> {
    let mut search = Search {
        tree,
        keys: KeyIndex::new(tree),
        document: 0,
        path: YamlPath::default(),
        found: Vec::new(),
    };
    for (number, document) in tree.documents().iter().enumerate() {
        search.document = number;
        search.walk(document.root);
    }
    search.found
}

/// Keys that name a repository by themselves.
const REPOSITORY_KEYS: [&str; 6] = ["repository", "repo", "image", "name", "imageName", "imageRepository"];
/// Ends of keys that name a repository: what is before them begins the key of the tag.
const REPOSITORY_ENDS: [&str; 4] = ["Repository", "Name", "Repo", ""];

struct Search<'t> {
    tree: &'t Tree<'t>,
    keys: KeyIndex<'t>,
    document: usize,
    /// Where the search is.
    path: YamlPath,
    found: Vec<ImagePlace>,
}

impl Search<'_> {
    fn walk(&mut self, node: NodeId) {
        if self.path.0.len() >= SEARCHED_LEVELS || self.found.len() > EDITS {
            return;
        }
        match self.tree.kind(node) {
            NodeKind::Mapping => {
                let pairs: Vec<_> = self.tree.pairs(node).collect();
                for (key, value) in pairs {
                    let name = self.tree.text(key);
                    let is_apart = self.apart(node, name);
                    self.path.0.push(Step::Key(name.to_owned()));
                    if !is_apart {
                        self.whole(value);
                    }
                    self.walk(value);
                    self.path.0.pop();
                }
            }
            NodeKind::Sequence => {
                let items: Vec<_> = self.tree.children(node).collect();
                for (index, item) in items.into_iter().enumerate() {
                    self.path.0.push(Step::Index(index));
                    self.whole(item);
                    self.walk(item);
                    self.path.0.pop();
                }
            }
            NodeKind::Scalar(_) | NodeKind::Alias => {}
        }
    }

    /// The text of a scalar, as [`scalar`] reads it.
    fn text(&self, node: NodeId) -> Option<&str> {
        scalar(self.tree, node).map(|(text, _)| text)
    }

    /// The text of a scalar below a node; empty if it is not there.
    fn below(&self, node: NodeId, key: &str) -> &str {
        let value = self.keys.get(node, key);
        value.and_then(|value| self.text(value)).unwrap_or_default()
    }

    /// The first of several keys that a mapping has, with a scalar.
    fn first(&self, node: NodeId, keys: &[String]) -> Option<Place> {
        keys.iter()
            .find_map(|key| Place::of(self.tree, self.keys.get(node, key)?, self.path.key(key)))
    }

    /// Takes a key for a repository if its tag or digest is beside it; says whether it is one.
    fn apart(&mut self, node: NodeId, key: &str) -> bool {
        let name = self.below(node, key);
        if name.is_empty() || !ImageReference::is_repository(name) {
            return false;
        }
        let (tags, digests) = version_keys(key);
        let (tag, digest) = (self.first(node, &tags), self.first(node, &digests));
        if tag.is_none() && digest.is_none() {
            return false;
        }
        let repository = self.with_registry(node, name);
        let line = tag.as_ref().or(digest.as_ref()).map_or(0, |place| place.line);
        self.found.push(ImagePlace {
            document: self.document,
            line,
            repository,
            spelling: Spelling::Apart { tag, digest },
        });
        true
    }

    /// A repository after what is written beside it: `prefix` as it is, `registry` or `hub`, and `org` with slashes.
    fn with_registry(&self, node: NodeId, name: &str) -> String {
        let text = |key: &str| self.below(node, key).trim_end_matches('/');
        let organization = [text("org"), text("organization")]
            .into_iter()
            .find(|text| !text.is_empty());
        let host = [text("registry"), text("hub")]
            .into_iter()
            .find(|text| !text.is_empty());
        let parts = [host, organization, Some(name)];
        let joined = parts.into_iter().flatten().collect::<Vec<_>>().join("/");
        format!("{}{joined}", self.below(node, "prefix"))
    }

    /// A scalar with the whole reference, under a key with `image` in its name.
    fn whole(&mut self, node: NodeId) {
        if !names_image(&self.path) {
            return;
        }
        let Some(place) = Place::of(self.tree, node, self.path.clone()) else {
            return;
        };
        // A digest alone reads like a repository `sha256` with a tag.
        let reference = ImageReference::parse(&place.text).ok();
        let Some(reference) = reference.filter(|_| !ImageReference::is_digest(&place.text)) else {
            return;
        };
        if reference.tag.is_none() && reference.digest.is_none() {
            return;
        }
        self.found.push(ImagePlace {
            document: self.document,
            line: place.line,
            repository: reference.repository,
            spelling: Spelling::Whole(place),
        });
    }
}

/// The keys that may hold the tag and the digest of the repository under `key`, the likeliest first.
fn version_keys(key: &str) -> (Vec<String>, Vec<String>) {
    let owned = |keys: &[&str]| keys.iter().map(|&key| key.to_owned()).collect::<Vec<_>>();
    let (mut tags, mut digests) = (Vec::new(), Vec::new());
    if REPOSITORY_KEYS.contains(&key) {
        tags = owned(&["tag", "imageTag"]);
        // A name with a version is a chart or a program; a repository with a version is an image.
        if key != "name" {
            tags.push("version".to_owned());
        }
        digests = owned(&["digest", "sha", "imageDigest", "imageSha"]);
    }
    let stems = REPOSITORY_ENDS.iter().filter_map(|end| key.strip_suffix(end));
    for stem in stems.filter(|stem| !stem.is_empty()) {
        tags.extend(["Tag", "ImageTag"].map(|end| format!("{stem}{end}")));
        digests.extend(["Digest", "Sha"].map(|end| format!("{stem}{end}")));
    }
    (tags, digests)
}

/// Whether the last key of a path has `image` in its name.
fn names_image(path: &YamlPath) -> bool {
    let key = path.0.iter().rev().find_map(|step| match step {
        Step::Key(key) => Some(key),
        Step::Index(_) | Step::Item { .. } => None,
    });
    key.is_some_and(|key| key.to_ascii_lowercase().contains("image"))
}
